/* sme-case ingest and rebuild: the stream and the log into cases. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "sme-case/sme-case.h"
#include "stream/reader.h"
#include "stream/reject.h"
#include "stream/writer.h"

/* The lines of a block into the database, and the good ones into GOOD; -1 with ERR when the database fails. */
static int
take_block(struct cases *c, const struct block *b, struct rejects *bad, struct buf *good, struct sme_err *err)
{
	struct slice rest = {b->p, b->n}, line;
	size_t lineno = b->lineno;

	for (; slice_cut(&rest, '\n', &line); lineno++) {
		struct arena a = ARENA_INIT;
		const struct json_node *n;
		int r = 0;

		if (!slice_trim(line).n)
			continue;
		n = json_tree(&a, line, err);
		if (n && n->type == JSON_OBJECT) {
			r = cases_take(c, n, err);
			buf_adds(good, line);
			buf_addc(good, '\n');
		} else {
			rejects_add(bad, b->file, lineno, n ? "not a JSON object" : err->text, line);
		}
		arena_release(&a);
		if (r < 0)
			return -1;
	}
	return 0;
}

/* A block is in the database before it goes on. */
static void
ingest_block(struct cases *c, const struct block *b, struct rejects *bad, struct writer *out)
{
	struct buf good = BUF_INIT;
	struct sme_err err;

	desk_check(cases_begin(c, &err), &err);
	if (take_block(c, b, bad, &good, &err) < 0) {
		cases_rollback(c);
		sme_die(err.status, "%s", err.text);
	}
	desk_check(cases_commit(c, &err), &err);
	writer_put(out, buf_slice(&good));
	buf_release(&good);
}

int
ingest_main(char **operands)
{
	struct sme_err err;
	struct rejects *bad = rejects_open(opt.rejects, &err);
	struct reader *in = reader_open(operands);
	enum reader_kind kind;
	struct cases *c;
	struct writer out;
	struct block b;
	int status = SME_OK;

	if (!bad)
		sme_die(err.status, "%s", err.text);
	c = desk_open();
	writer_init(&out, STDOUT_FILENO, "stdout");
	while ((kind = reader_next(in, &b, &err)) != READER_END) {
		if (kind == READER_ERROR) {
			sme_warn("%s", err.text);
			status = err.status;
		} else if (kind == READER_LINES) {
			ingest_block(c, &b, bad, &out);
		} else {
			rejects_piece(bad, b.file, b.lineno, "line longer than 16 MiB", (struct slice){b.p, b.n}, b.last);
		}
		if (reader_would_block(in))
			writer_flush(&out);
	}
	writer_release(&out);
	reader_close(in);
	if (status == SME_OK && rejects_count(bad))
		status = SME_REJECTED;
	rejects_close(bad);
	desk_close(c);
	return status;
}

/* The old file stays beside the new one. */
static void
put_aside(const char *db)
{
	struct buf aside = BUF_INIT;
	struct cases *c;
	struct sme_err err;

	if (access(db, F_OK) < 0)
		return;
	buf_printf(&aside, "%s.before-rebuild", db);
	c = desk_open();
	desk_check(cases_put_aside(c, buf_str(&aside), &err), &err);
	cases_close(c);
	sme_warn("the old database is now %s", buf_str(&aside));
	buf_release(&aside);
}

int
rebuild_main(char **operands)
{
	struct cases_options o = {.now = opt.now, .say = desk_say};
	struct cases *c;
	struct sme_err err;
	char *db = desk_db(), *log = desk_log();

	if (*operands)
		cli_usage("unexpected operand \"%s\"", *operands);
	if (opt.as_of != TIME_NONE && !opt.db)
		cli_usage("--as-of needs --db: the database of today is not to be replaced");
	if (opt.as_of == TIME_NONE)
		put_aside(db);
	o.path = db;
	c = cases_open(&o, &err);
	if (!c)
		sme_die(err.status, "%s", err.text);
	desk_check(cases_rebuild(c, log, opt.as_of, &err), &err);
	cases_close(c);
	free(db);
	free(log);
	return SME_OK;
}
