#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/rfc3339.h"
#include "log/append.h"
#include "stream/metrics.h"
#include "stream/reader.h"
#include "stream/reject.h"
#include "stream/writer.h"

/* Old segments are looked for when input pauses, at most once a minute, and now and then anyway. */
#define IDLE_MS INT64_C(60000)
#define BUSY_MS INT64_C(900000)
#define METRICS_MS INT64_C(10000)

struct loop {
	const struct append_run *run;
	struct append *a;
	struct reader *reader;
	struct rejects *rejects;
	struct writer w;
	uint64_t lines, bytes;
	int64_t maintained, measured;
	int status;
};

static int64_t
arrival(const struct loop *l)
{
	return l->run->now == TIME_NONE ? time_now_ms() : l->run->now;
}

static void
note(const char *text)
{
	sme_warn("%s", text);
}

/* Make the group durable, then let it out. */
static void
commit(struct loop *l, bool idle)
{
	struct sme_err err;
	struct slice out;

	if (append_commit(l->a, &out, &err) < 0)
		sme_die(err.status, "%s", err.text);
	if (out.n)
		writer_put(&l->w, out);
	if (idle)
		writer_flush(&l->w);
}

static void
write_metrics(struct loop *l, int64_t clock, bool finally)
{
	const struct append_stats *st = append_stats(l->a);
	struct sme_err err;

	if (!l->run->metrics || (!finally && clock - l->measured < METRICS_MS))
		return;
	l->measured = clock;
#define COUNT(name, help, value)                                                                   \
	{                                                                                          \
		name, help, "counter", "tool=\"sme-log append\"", (double)(value)                  \
	}
	struct metric samples[] = {
	    COUNT("sme_lines_total", "Lines read.", l->lines),
	    COUNT("sme_read_bytes_total", "Bytes read, unpacked.", l->bytes),
	    COUNT("sme_passed_total", "Events handed on as they were.", st->passed),
	    COUNT("sme_rejected_total", "Lines rejected.", rejects_count(l->rejects)),
	    COUNT("sme_log_appended_total", "Events that were new.", st->appended),
	    COUNT("sme_log_appended_bytes_total", "Bytes of events that were new.", st->bytes),
	    COUNT("sme_log_duplicates_total", "Events the log had.", st->duplicates),
	    COUNT("sme_log_barred_total", "Events that were erased and came again.", st->barred),
	    COUNT("sme_log_groups_total", "Groups of events made durable.", st->groups),
	    {"sme_last_run_timestamp_seconds", "When this was written.", "gauge",
		"tool=\"sme-log append\"", (double)(clock / 1000)},
	};
#undef COUNT
	if (metrics_write(l->run->metrics, samples, sizeof samples / sizeof *samples, &err) < 0)
		sme_die(err.status, "%s", err.text);
}

static void
maintain(struct loop *l, int64_t clock, int64_t every)
{
	struct sme_err err;

	if (clock - l->maintained < every)
		return;
	l->maintained = clock;
	if (append_maintain(l->a, arrival(l), &err) < 0)
		sme_die(err.status, "%s", err.text);
}

static bool
is_blank(struct slice line)
{
	return line.n == 0 || (line.n < 80 && slice_trim(line).n == 0);
}

static void
take_block(struct loop *l, const struct block *b)
{
	size_t at = 0, lineno = b->lineno;
	int64_t now = arrival(l);
	struct slice line;
	struct sme_err err;

	for (; block_line(b, &at, &line); lineno++) {
		if (is_blank(line))
			continue;
		l->lines++;
		switch (append_line(l->a, line, now, &err)) {
		case APPEND_TAKEN:
			break;
		case APPEND_FULL:
			commit(l, false);
			break;
		case APPEND_REJECT:
			rejects_add(l->rejects, b->file, lineno, err.text, line);
			break;
		}
	}
}

static void
input_error(struct loop *l, const struct sme_err *err)
{
	if (err->status == SME_IOERR || err->status == SME_OSERR) {
		commit(l, true);
		sme_die(err->status, "%s", err->text);
	}
	sme_warn("%s", err->text);
	if (!l->status)
		l->status = (int)err->status;
}

static void
read_all(struct loop *l)
{
	struct sme_err err;
	struct block b;
	enum reader_kind kind;

	for (;;) {
		bool idle = reader_would_block(l->reader);
		int64_t clock = time_now_ms();

		if (idle)
			commit(l, true);
		maintain(l, clock, idle ? IDLE_MS : BUSY_MS);
		kind = reader_next(l->reader, &b, &err);
		if (kind == READER_END)
			break;
		if (kind == READER_ERROR) {
			input_error(l, &err);
			continue;
		}
		l->bytes += b.n;
		if (kind == READER_OVERSIZE)
			rejects_piece(l->rejects, b.file, b.lineno, "line longer than 16 MiB",
			    (struct slice){b.p, b.n}, b.last);
		else
			take_block(l, &b);
		write_metrics(l, clock, false);
	}
	commit(l, true);
}

int
append_run(const struct append_run *run, char *const *files)
{
	struct loop l = {.run = run};
	struct sme_err err;

	l.rejects = rejects_open(run->rejects, &err);
	if (l.rejects)
		l.a = append_open(run->dir, run->tenant, note, &err);
	if (!l.a)
		sme_die(err.status, "%s", err.text);
	l.reader = reader_open(files);
	l.maintained = l.measured = time_now_ms();
	writer_init(&l.w, STDOUT_FILENO, "stdout");
	read_all(&l);
	maintain(&l, time_now_ms(), 0);
	write_metrics(&l, time_now_ms(), true);
	sme_verbose("%llu new, %llu known, %llu erased before",
	    (unsigned long long)append_stats(l.a)->appended,
	    (unsigned long long)append_stats(l.a)->duplicates,
	    (unsigned long long)append_stats(l.a)->barred);
	if (rejects_count(l.rejects) && !l.status)
		l.status = SME_REJECTED;
	rejects_close(l.rejects);
	writer_release(&l.w);
	reader_close(l.reader);
	append_close(l.a);
	return l.status;
}
