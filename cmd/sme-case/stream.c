/* sme-case ingest and rebuild: the stream and the log into cases. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "sme-case/sme-case.h"
#include "stream/reader.h"
#include "stream/writer.h"

/* The lines of a block; -1 with ERR when the database fails.  Lines that are no events count as BAD. */
static int
take_block(struct cases *c, const struct block *b, uint64_t *bad, struct sme_err *err)
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
		} else {
			sme_warn("%s:%zu: %s", b->file, lineno, n ? "not a JSON object" : err->text);
			++*bad;
		}
		arena_release(&a);
		if (r < 0)
			return -1;
	}
	return 0;
}

/* A block is in the database before it goes on. */
int
ingest_main(char **operands)
{
	struct cases *c = desk_open();
	struct reader *in = reader_open(operands);
	enum reader_kind kind;
	struct writer out;
	struct sme_err err;
	struct block b;
	uint64_t bad = 0;
	int status = SME_OK;

	writer_init(&out, STDOUT_FILENO, "stdout");
	while ((kind = reader_next(in, &b, &err)) != READER_END) {
		if (kind == READER_ERROR) {
			sme_warn("%s", err.text);
			status = err.status;
			continue;
		}
		if (kind == READER_LINES) {
			desk_check(cases_begin(c, &err), &err);
			if (take_block(c, &b, &bad, &err) < 0) {
				cases_rollback(c);
				sme_die(err.status, "%s", err.text);
			}
			desk_check(cases_commit(c, &err), &err);
		} else {
			bad += b.last;
		}
		writer_put(&out, (struct slice){b.p, b.n});
		if (kind == READER_LINES && b.n && b.p[b.n - 1] != '\n')
			writer_put(&out, SLICE("\n"));
		if (reader_would_block(in))
			writer_flush(&out);
	}
	writer_release(&out);
	reader_close(in);
	desk_close(c);
	return status == SME_OK && bad ? SME_REJECTED : status;
}

/* The old file stays beside the new one. */
static void
put_aside(const char *db)
{
	struct buf aside = BUF_INIT, wal = BUF_INIT, shm = BUF_INIT;

	if (access(db, F_OK) < 0)
		return;
	buf_printf(&aside, "%s.before-rebuild", db);
	buf_printf(&wal, "%s-wal", db);
	buf_printf(&shm, "%s-shm", db);
	if (rename(db, buf_str(&aside)) < 0)
		sme_die(SME_CANTCREAT, "%s: cannot be put aside", db);
	unlink(buf_str(&wal));
	unlink(buf_str(&shm));
	sme_warn("the old database is now %s", buf_str(&aside));
	buf_release(&aside);
	buf_release(&wal);
	buf_release(&shm);
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
	if (opt.as_of == TIME_NONE) {
		/* What is in it alone must be in the log before it goes. */
		if (access(db, F_OK) == 0)
			desk_close(desk_open());
		put_aside(db);
	}
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
