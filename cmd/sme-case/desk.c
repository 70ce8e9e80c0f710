/* What all commands of sme-case share. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "sme-case/sme-case.h"
#include "stream/writer.h"

static char *
in_home(const char *given, const char *name)
{
	struct buf b = BUF_INIT;
	char *home;

	if (given)
		return xstrdup(given);
	home = sme_home();
	buf_printf(&b, "%s/%s", home, name);
	free(home);
	return buf_detach(&b);
}

char *
desk_db(void)
{
	return in_home(opt.db, "sme.db");
}

char *
desk_log(void)
{
	return in_home(opt.log, "log");
}

void
desk_say(const char *text)
{
	sme_warn("%s", text);
}

struct cases *
desk_open(void)
{
	char *db = desk_db(), *log = desk_log();
	struct cases_options o = {.path = db, .log = log, .now = opt.now, .say = desk_say};
	struct sme_err err;
	struct cases *c = cases_open(&o, &err);

	if (!c)
		sme_die(err.status, "%s", err.text);
	free(db);
	free(log);
	return c;
}

/* ---- as it was ---- */

static char *as_of_dir; /* removed at the end */

static void
remove_as_of(void)
{
	static const char *const names[] = {"sme.db", "sme.db-wal", "sme.db-shm", "sme.db-group"};
	struct buf path = BUF_INIT;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		buf_clear(&path);
		buf_printf(&path, "%s/%s", as_of_dir, names[i]);
		unlink(buf_str(&path));
	}
	rmdir(as_of_dir);
	buf_release(&path);
	free(as_of_dir);
}

/* The name of a file in a new directory that only we can read and that goes when we end. */
static char *
temporary_db(void)
{
	const char *tmp = getenv("TMPDIR");
	struct buf dir = BUF_INIT, path = BUF_INIT;

	buf_printf(&dir, "%s/sme-case.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir.p))
		sme_die(SME_CANTCREAT, "%s: a directory cannot be made there; set TMPDIR to one that can be written", dir.p);
	as_of_dir = buf_detach(&dir);
	atexit(remove_as_of);
	buf_printf(&path, "%s/sme.db", as_of_dir);
	return buf_detach(&path);
}

struct cases *
desk_look(void)
{
	struct cases_options o = {.now = opt.as_of, .say = desk_say};
	char *path, *log;
	struct cases *c;
	struct sme_err err;

	if (opt.as_of == TIME_NONE)
		return desk_open();
	if (opt.now != TIME_NONE)
		cli_usage("--as-of is the current time of what is shown; --now cannot be another one");
	desk_close(desk_open()); /* what only the database knows goes to the log */
	path = temporary_db();
	log = desk_log();
	o.path = path;
	c = cases_open(&o, &err);
	if (!c)
		sme_die(err.status, "%s", err.text);
	desk_check(cases_rebuild(c, log, opt.as_of, &err), &err);
	free(path);
	free(log);
	return c;
}

void
desk_close(struct cases *c)
{
	struct sme_err err;

	if (cases_to_log(c, &err) < 0)
		sme_die(err.status, "%s; what was done is in the database and goes to the log next time", err.text);
	cases_close(c);
}

struct slice
desk_tenant(void)
{
	return slice_of(opt.tenant ? opt.tenant : "default");
}

struct slice
desk_agent(void)
{
	const char *user = getenv("USER");

	if (opt.agent)
		return slice_of(opt.agent);
	if (!user || !*user)
		cli_usage("--agent is missing: who does it?");
	return slice_of(user);
}

void
desk_check(int64_t r, const struct sme_err *err)
{
	if (r < 0)
		sme_die(err->status, "%s", err->text);
}

void
desk_do(struct cases *c, const char *key, const char *action, const char *data)
{
	struct case_action a = {.tenant = desk_tenant(),
	    .key = slice_of(key),
	    .actor = desk_agent(),
	    .action = slice_of(action),
	    .data = slice_of(data),
	    .at = TIME_NONE};
	struct sme_err err;

	if (cases_do(c, &a, &err) < 0)
		sme_die(err.status, "%s%s%s", key ? key : "", key ? ": " : "", err.text);
}

/* ---- tables ---- */

#define COLUMNS_MAX 12
#define WIDTH_MAX   60

struct table {
	const char *const *columns;
	size_t n, nrows, cap;
	size_t width[COLUMNS_MAX];
	char *(*rows)[COLUMNS_MAX];
	struct writer out;
};

struct table *
table_new(const char *const *columns)
{
	struct table *t = xcalloc(1, sizeof *t);

	t->columns = columns;
	while (columns[t->n]) {
		t->width[t->n] = strlen(columns[t->n]);
		t->n++;
	}
	writer_init(&t->out, STDOUT_FILENO, "stdout");
	return t;
}

/* What a terminal shows of a text from outside: one line, no control bytes, not too long.  Returns how many
 * characters it has. */
static size_t
put_cell(struct buf *b, const struct json_node *n)
{
	struct buf raw = BUF_INIT;
	size_t width = 0;

	if (n && n->type == JSON_STRING)
		buf_adds(&raw, n->text);
	else if (n && n->type == JSON_ARRAY)
		for (NODE_EACH(it, n))
			buf_printf(&raw, "%s%s", raw.n ? "," : "", it->text.p ? it->text.p : "");
	else if (n && n->type != JSON_NULL)
		node_put(&raw, n);
	for (size_t i = 0; i < raw.n; i++) {
		unsigned char ch = (unsigned char)raw.p[i];
		bool first = (ch & 0xc0) != 0x80;

		if (first && width == WIDTH_MAX)
			break;
		width += first;
		/* C1 controls are two bytes in UTF-8, the second of them below 0xa0. */
		if (ch < 0x20 || ch == 0x7f || (ch == 0xc2 && i + 1 < raw.n && (unsigned char)raw.p[i + 1] < 0xa0)) {
			buf_addc(b, ' ');
			i += ch == 0xc2;
		} else {
			buf_addc(b, (char)ch);
		}
	}
	buf_release(&raw);
	return width;
}

void
table_row(void *table, struct slice json)
{
	struct table *t = table;
	struct arena a = ARENA_INIT;
	struct sme_err err;
	const struct json_node *row;

	if (opt.json) {
		writer_put(&t->out, json);
		writer_put(&t->out, SLICE("\n"));
		return;
	}
	row = json_tree(&a, json, &err);
	t->rows = xgrow(t->rows, t->nrows, &t->cap, sizeof *t->rows);
	for (size_t i = 0; i < t->n; i++) {
		struct buf cell = BUF_INIT;
		size_t width = put_cell(&cell, node_get(row, t->columns[i]));

		if (width > t->width[i])
			t->width[i] = width;
		t->rows[t->nrows][i] = cell.p ? buf_detach(&cell) : xstrdup("");
	}
	t->nrows++;
	arena_release(&a);
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void
put_line(struct table *t, const char *const *cells)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < t->n; i++) {
		buf_puts(&b, cells[i]);
		for (size_t k = characters(cells[i]); i + 1 < t->n && k < t->width[i] + 2; k++)
			buf_addc(&b, ' ');
	}
	buf_addc(&b, '\n');
	writer_put(&t->out, buf_slice(&b));
	buf_release(&b);
}

void
table_end(struct table *t)
{
	if (!opt.json)
		put_line(t, t->columns);
	for (size_t r = 0; r < t->nrows; r++) {
		put_line(t, (const char *const *)t->rows[r]);
		for (size_t i = 0; i < t->n; i++)
			free(t->rows[r][i]);
	}
	writer_release(&t->out);
	free(t->rows);
	free(t);
}
