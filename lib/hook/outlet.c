#include "hook/outlet.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "log/append.h"
#include "net/settle.h"

/* Old segments of the log are looked for so often. */
#define MAINTAIN_MS INT64_C(60000)

struct outlet {
	struct writer w;
	struct append *log; /* NULL: standard output */
	struct rejects *rejects;
	struct buf lines; /* on their way to the log */
	int64_t maintained;
	size_t lineno;
	volatile sig_atomic_t hurry;
};

static void
gather(void *ctx, struct slice s)
{
	struct outlet *o = ctx;

	buf_adds(&o->lines, s);
}

struct outlet *
outlet_open(
    const char *log, struct rejects *rejects, void (*say)(const char *text), struct sme_err *err)
{
	struct outlet *o = xcalloc(1, sizeof *o);

	o->rejects = rejects;
	o->lines = (struct buf)BUF_INIT_MAX((size_t)1 << 30);
	if (!log) {
		writer_init(&o->w, STDOUT_FILENO, "stdout");
		return o;
	}
	o->log = append_open(log, NULL, say, err);
	if (!o->log) {
		free(o);
		return NULL;
	}
	writer_init_sink(&o->w, gather, o);
	return o;
}

void
outlet_close(struct outlet *o)
{
	if (!o)
		return;
	writer_release(&o->w);
	if (o->log)
		append_close(o->log);
	buf_release(&o->lines);
	free(o);
}

struct writer *
outlet_writer(struct outlet *o)
{
	return &o->w;
}

static int
commit(struct outlet *o, struct sme_err *err)
{
	struct slice out;

	return append_commit(o->log, &out, err);
}

static int
put_line(struct outlet *o, struct slice line, int64_t now, struct sme_err *err)
{
	struct sme_err why;

	o->lineno++;
	switch (append_line(o->log, line, now, &why)) {
	case APPEND_TAKEN:
		break;
	case APPEND_FULL:
		return commit(o, err);
	case APPEND_REJECT:
		rejects_add(o->rejects, "event", o->lineno, why.text, line);
		break;
	}
	return 0;
}

static int
to_log(struct outlet *o, struct sme_err *err)
{
	int64_t now = time_now_ms();
	struct slice rest, line;

	/* The scanner may look behind the last line. */
	if (!buf_reserve(&o->lines, SCAN_PADDING))
		return err_set(err, SME_DATA, "more events at once than fit into memory");
	memset(o->lines.p + o->lines.n, 0, SCAN_PADDING);
	rest = buf_slice(&o->lines);
	while (slice_cut(&rest, '\n', &line))
		if (line.n && put_line(o, line, now, err) < 0)
			return -1;
	if (commit(o, err) < 0)
		return -1;
	buf_clear(&o->lines);
	if (now - o->maintained < MAINTAIN_MS)
		return 0;
	o->maintained = now;
	return append_maintain(o->log, now, err);
}

int
outlet_settle(struct outlet *o, struct sme_err *err)
{
	writer_flush(&o->w);
	if (o->log)
		return to_log(o, err) < 0 ? -1 : 1;
	return settle(STDOUT_FILENO, &o->hurry, err);
}

void
outlet_interrupt(struct outlet *o)
{
	o->hurry = 1;
}
