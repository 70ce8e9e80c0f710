#include "sme-vault/value.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/file.h"
#include "core/mem.h"
#include "stream/scan.h"
#include "vault/items.h"

/* All fields of one entry together, as JSON. */
#define INPUT_MAX ((size_t)256 << 10)

static int
add_field(struct value *v, const struct json_value *key, const struct json_value *value,
    struct buf *scratch, struct sme_err *err)
{
	struct vault_field f = {.name = json_string(key, scratch)};

	if (value->type == JSON_STRING)
		f.value = json_string(value, scratch);
	else if (value->type == JSON_NUMBER)
		f.value = json_raw(value);
	else
		return err_set(err, SME_DATA, "field \"%.*s\": expected a text", SLICE_ARG(f.name));
	v->fields = xreallocarray(v->fields, v->n + 1, sizeof *v->fields);
	v->fields[v->n++] = f;
	return 0;
}

static int
add_members(struct value *v, const struct json_value *object, struct sme_err *err)
{
	/* Decoded text is never longer than it was; a buffer that need not grow leaves no copies. */
	struct buf scratch = {v->decoded.p, 0, v->decoded.n, v->decoded.n, false};
	struct json_iter it = json_each(object);
	struct json_value key, value;

	while (json_next(&it, &key, &value))
		if (add_field(v, &key, &value, &scratch, err) < 0)
			return -1;
	if (scratch.over || scratch.p != v->decoded.p)
		return err_set(err, SME_BUG, "standard input: no room to decode it");
	return v->n ? 0 : err_set(err, SME_DATA, "standard input: an object without fields");
}

static int
read_object(struct value *v, struct slice text, struct sme_err *err)
{
	struct scan_plan *plan = scan_plan_new();
	struct scanner *s = scanner_new(plan);
	struct locked padded = locked_new(text.n + SCAN_PADDING);
	int r;

	memcpy(padded.p, text.p, text.n);
	locked_release(&v->text);
	v->text = padded;
	v->decoded = locked_new(4 * text.n + 4096);
	if (scanner_scan(s, padded.p, text.n) < 0)
		r = err_set(err, SME_DATA, "standard input: byte %zu: %s", s->error_at + 1, s->error);
	else
		r = add_members(v, &s->root, err);
	scanner_free(s);
	scan_plan_free(plan);
	return r;
}

static void
drop_newline(struct locked *m)
{
	if (m->n && m->p[m->n - 1] == '\n')
		m->p[--m->n] = '\0';
	if (m->n && m->p[m->n - 1] == '\r')
		m->p[--m->n] = '\0';
}

static int
read_text(struct locked *text, const char *field, struct sme_err *err)
{
	char prompt[300];

	if (!isatty(STDIN_FILENO))
		return locked_read(text, STDIN_FILENO, "standard input", INPUT_MAX, false, err);
	snprintf(prompt, sizeof prompt, "%.255s: ", field ? field : "secret");
	return locked_ask(text, prompt, true, err);
}

int
value_read(struct value *v, const char *field, struct sme_err *err)
{
	struct slice text;

	*v = (struct value){0};
	if (read_text(&v->text, field, err) < 0)
		return -1;
	drop_newline(&v->text);
	text = slice_trim(locked_slice(&v->text));
	if (!text.n)
		return err_set(err, SME_DATA, "standard input: nothing to put");
	if (!field && text.p[0] == '{')
		return read_object(v, text, err);
	v->fields = xcalloc(1, sizeof *v->fields);
	v->fields[0] = (struct vault_field){
	    slice_of(field ? field : "secret"), locked_slice(&v->text)};
	v->n = 1;
	return 0;
}

void
value_release(struct value *v)
{
	locked_release(&v->text);
	locked_release(&v->decoded);
	free(v->fields);
	*v = (struct value){0};
}

/* The most that TEXT can be as a JSON string. */
static size_t
json_room(struct slice text)
{
	return 6 * text.n + 8;
}

static void
put_object(struct buf *b, const struct secret *s)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_addc(b, i ? ',' : '{');
		json_put_string(b, s->fields[i].name);
		buf_addc(b, ':');
		json_put_string(b, s->fields[i].value);
	}
	buf_addc(b, '}');
}

int
value_write(const struct secret *s, const char *field, struct sme_err *err)
{
	struct slice value = field ? secret_field(s, field) : SLICE("");
	size_t room = 4096 + value.n;
	struct locked out;
	struct buf b;
	int r = 0;

	if (!value.p)
		return err_set(err, SME_NOINPUT, "the entry has no field \"%s\"", field);
	for (size_t i = 0; i < s->n; i++)
		room += json_room(s->fields[i].name) + json_room(s->fields[i].value);
	out = locked_new(room);
	b = (struct buf){out.p, 0, out.n, out.n, false};
	if (field)
		buf_adds(&b, value);
	else
		put_object(&b, s);
	buf_addc(&b, '\n');
	if (file_write_all(STDOUT_FILENO, b.p, b.n) < 0)
		r = err_sys(err, SME_IOERR, "stdout");
	locked_release(&out);
	return r;
}
