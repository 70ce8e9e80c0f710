#include "sme-score/mentions.h"

#include <sys/stat.h>

#include "core/cli.h"
#include "core/rfc3339.h"
#include "log/cat.h"
#include "stream/reader.h"
#include "stream/writer.h"

struct reading {
	const char *tenant;
	int type, of; /* the paths "type" and "tenant" */
	struct scanner *scanner;
	mentions_fn *fn;
	void *ctx;
	struct buf line, text;
	uint64_t bad;
};

static bool
is_wanted(struct reading *r)
{
	const struct json_value *v = r->scanner->values;
	struct slice of;

	if (!json_is(&v[r->type], SLICE("mention")))
		return false;
	if (!r->tenant)
		return true;
	buf_clear(&r->text);
	of = json_string(&v[r->of], &r->text);
	return slice_is(of.p ? of : SLICE("default"), r->tenant);
}

static void
take_line(struct reading *r, struct slice line)
{
	buf_clear(&r->line);
	buf_adds(&r->line, line);
	if (!buf_reserve(&r->line, SCAN_PADDING) ||
	    scanner_scan(r->scanner, r->line.p, r->line.n) < 0)
		r->bad++;
	else if (is_wanted(r))
		r->fn(r->ctx, r->scanner->values);
}

static void
take_lines(void *ctx, struct slice lines)
{
	struct slice line;

	while (slice_cut(&lines, '\n', &line))
		if (slice_trim(line).n)
			take_line(ctx, line);
}

static void
say(const char *text)
{
	sme_warn("%s", text);
}

static void
read_log(struct reading *r, const char *dir)
{
	struct cat_options o = {.tenant = r->tenant, .since = TIME_NONE, .until = TIME_NONE};
	struct writer w;
	struct sme_err err;

	writer_init_sink(&w, take_lines, r);
	if (log_cat(dir, &o, &w, say, &err) < 0)
		sme_die(err.status, "%s", err.text);
	writer_release(&w);
}

static void
read_file(struct reading *r, char *name)
{
	struct reader *in = reader_open((char *const[]){name, NULL});
	enum reader_kind kind;
	struct sme_err err;
	struct block b;

	while ((kind = reader_next(in, &b, &err)) != READER_END) {
		if (kind == READER_ERROR)
			sme_die(err.status, "%s", err.text);
		if (kind == READER_OVERSIZE)
			r->bad += b.last;
		else
			take_lines(r, (struct slice){b.p, b.n});
	}
	reader_close(in);
}

uint64_t
mentions_read(char **names, const char *tenant, struct scan_plan *plan, mentions_fn *fn, void *ctx)
{
	struct reading r = {.tenant = tenant,
	    .type = scan_plan_add(plan, "type"),
	    .of = scan_plan_add(plan, "tenant"),
	    .scanner = scanner_new(plan),
	    .fn = fn,
	    .ctx = ctx,
	    .line = BUF_INIT_MAX(SCAN_LINE_MAX + SCAN_PADDING + 1),
	    .text = BUF_INIT};
	struct stat st;

	if (!*names)
		read_file(&r, (char[]){"-"});
	for (; *names; names++) {
		if (stat(*names, &st) == 0 && S_ISDIR(st.st_mode))
			read_log(&r, *names);
		else
			read_file(&r, *names);
	}
	if (r.bad)
		sme_warn("%llu lines could not be read and were left out; sme-score --rejects shows why",
		    (unsigned long long)r.bad);
	scanner_free(r.scanner);
	buf_release(&r.line);
	buf_release(&r.text);
	return r.bad;
}
