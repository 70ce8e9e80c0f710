#include "config/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* A longer key is never a slip of the pen. */
#define WORD_MAX 48

static void check(struct schema_check *c, const struct schema *s, const struct json_node *n);

void
schema_error(struct schema_check *c, const char *sub, const char *fmt, ...)
{
	va_list ap;
	size_t start;

	if (c->errors++ >= SCHEMA_REPORT_MAX)
		return;
	buf_printf(
	    c->report, "%s: %s%s: ", c->file, c->path.n || *sub ? buf_str(&c->path) : ".", sub);
	start = c->report->n;
	va_start(ap, fmt);
	buf_vprintf(c->report, fmt, ap);
	va_end(ap);
	/* A message may quote what stands in the file. */
	for (size_t i = start; i < c->report->n; i++)
		if (c->report->p[i] == '\n')
			c->report->p[i] = ' ';
	buf_addc(c->report, '\n');
}

/* How much of S is shown: a long text is cut between two characters. */
static size_t
shown(struct slice s, size_t max)
{
	size_t n = s.n < max ? s.n : max;

	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void
schema_put_value(struct buf *b, const struct json_node *n)
{
	size_t len;

	switch (n->type) {
	case JSON_STRING:
		len = shown(n->text, 60);
		json_put_string(b, (struct slice){n->text.p, len});
		if (len < n->text.n)
			buf_puts(b, "...");
		break;
	case JSON_NUMBER:
		buf_add(b, n->text.p, shown(n->text, 40));
		break;
	case JSON_ARRAY:
		buf_puts(b, "a list");
		break;
	case JSON_OBJECT:
		buf_puts(b, "an object");
		break;
	case JSON_TRUE:
		buf_puts(b, "true");
		break;
	case JSON_FALSE:
		buf_puts(b, "false");
		break;
	default:
		buf_puts(b, "null");
	}
}

static bool
is_identifier(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];

		if (!(ch == '_' || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			(i > 0 && ch >= '0' && ch <= '9')))
			return false;
	}
	return s.n > 0;
}

/* Step down to the member KEY; the caller cuts the path back. */
static void
enter_key(struct schema_check *c, struct slice key)
{
	if (is_identifier(key)) {
		buf_addc(&c->path, '.');
		buf_adds(&c->path, key);
		return;
	}
	buf_puts(&c->path, c->path.n ? "[" : ".[");
	json_put_string(&c->path, key);
	buf_addc(&c->path, ']');
}

static void
leave(struct schema_check *c, size_t n)
{
	c->path.n = n;
	if (c->path.p)
		c->path.p[n] = '\0';
}

static void
wrong_type(struct schema_check *c, const struct schema *s, const struct json_node *n)
{
	struct buf got = BUF_INIT;

	schema_put_value(&got, n);
	schema_error(c, "", "expected %s, got %s", s->expected, buf_str(&got));
	buf_release(&got);
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Damerau-Levenshtein: insert, delete, replace or swap two neighbours, each counts one. */
static size_t
distance(struct slice a, struct slice b)
{
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= a.n; i++) {
		d[i][0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			if (i == 0) {
				d[i][j] = j;
				continue;
			}
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + (a.p[i - 1] != b.p[j - 1]));
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] && d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[a.n][b.n];
}

const char *
schema_nearest(
    struct slice word, const char *(*words)(const void *list, size_t i), const void *list)
{
	const char *best = NULL, *w;
	size_t least = word.n / 3 + 1;

	if (word.n > WORD_MAX)
		return NULL;
	for (size_t i = 0; (w = words(list, i)); i++) {
		size_t d = strlen(w) > WORD_MAX ? SIZE_MAX : distance(word, slice_of(w));

		if (d < least || (d == least && !best)) {
			least = d;
			best = w;
		}
	}
	return best;
}

static const char *
field_key(const void *list, size_t i)
{
	return ((const struct schema_field *)list)[i].key;
}

static void
unknown_key(struct schema_check *c, const struct schema *s, struct slice key)
{
	const char *near = schema_nearest(key, field_key, s->fields);
	struct buf known = BUF_INIT;

	if (near) {
		schema_error(c, "", "unknown key, did you mean \"%s\"?", near);
		return;
	}
	for (const struct schema_field *f = s->fields; f->key; f++)
		buf_printf(&known, "%s%s", f == s->fields ? "" : ", ", f->key);
	schema_error(c, "", "unknown key; known here: %s", buf_str(&known));
	buf_release(&known);
}

static void
check_member(struct schema_check *c, const struct schema *s, const struct json_node *n)
{
	const struct schema_field *f = s->fields;
	size_t at = c->path.n;

	/* A key that begins with "_" is a note for people. */
	if (n->key.n && n->key.p[0] == '_')
		return;
	enter_key(c, n->key);
	while (f->key && !slice_is(n->key, f->key))
		f++;
	if (!f->key)
		unknown_key(c, s, n->key);
	else
		check(c, f->type, n);
	leave(c, at);
}

static void
check_object(struct schema_check *c, const struct schema *s, const struct json_node *n)
{
	for (const struct json_node *m = n->child; m; m = m->next)
		check_member(c, s, m);
	for (const struct schema_field *f = s->fields; f->key; f++) {
		if (f->required && !node_get(n, f->key))
			schema_error(c, "", "\"%s\" is missing: %s", f->key, f->type->expected);
	}
}

static void
check_items(struct schema_check *c, const struct schema *s, const struct json_node *n)
{
	size_t i = 0, at = c->path.n;

	for (const struct json_node *m = n->child; m; m = m->next, i++) {
		if (s->map)
			enter_key(c, m->key);
		else
			buf_printf(&c->path, "[%zu]", i);
		check(c, s->item, m);
		leave(c, at);
	}
}

static void
check_scalar(struct schema_check *c, const struct schema *s, const struct json_node *n)
{
	struct sme_err why = {.text = ""};

	if (s->scalar(s, n, &why) && (!c->deep || !s->deep || s->deep(n, &why)))
		return;
	if (why.text[0])
		schema_error(c, "", "%s", why.text);
	else
		wrong_type(c, s, n);
}

static void
check(struct schema_check *c, const struct schema *s, const struct json_node *n)
{
	size_t before = c->errors;

	if (s->scalar) {
		check_scalar(c, s, n);
		return;
	}
	if (!s->fields && !s->item)
		return;
	if (n->type != (s->item && !s->map ? JSON_ARRAY : JSON_OBJECT)) {
		wrong_type(c, s, n);
		return;
	}
	if (s->fields)
		check_object(c, s, n);
	else
		check_items(c, s, n);
	if (s->cross && c->errors == before)
		s->cross(c, n);
}

size_t
schema_check(const struct schema *schema, const struct json_node *root, const char *file, bool deep,
    struct buf *report)
{
	struct schema_check c = {
	    .root = root, .path = BUF_INIT, .file = file, .report = report, .deep = deep};

	check(&c, schema, root);
	if (c.errors > SCHEMA_REPORT_MAX)
		buf_printf(report, "%s: and %zu more errors\n", file, c.errors - SCHEMA_REPORT_MAX);
	buf_release(&c.path);
	return c.errors;
}
