#include "score/table.h"

#include <stdlib.h>

#include "core/file.h"

int
table_open(struct table *t, const char *path, struct sme_err *err)
{
	*t = (struct table){.text = BUF_INIT_MAX(TABLE_MAX), .path = path};
	if (file_read(path, &t->text, err) < 0) {
		table_close(t);
		return -1;
	}
	t->rest = buf_slice(&t->text);
	return 0;
}

int
table_open_text(struct table *t, struct slice text, const char *name, struct sme_err *err)
{
	*t = (struct table){.text = BUF_INIT_MAX(TABLE_MAX), .path = name};
	buf_adds(&t->text, text);
	if (t->text.over) {
		table_close(t);
		return err_set(err, SME_CONFIG, "%s: larger than %zu bytes", name, TABLE_MAX);
	}
	t->rest = buf_slice(&t->text);
	return 0;
}

void
table_close(struct table *t)
{
	buf_release(&t->text);
}

static void
split(struct table *t, struct slice line)
{
	struct slice field;

	t->n = 0;
	while (t->n < TABLE_FIELDS_MAX && slice_cut(&line, '\t', &field))
		t->fields[t->n++] = slice_trim(field);
	if (line.p)
		t->n = TABLE_FIELDS_MAX + 1;
}

/* 1 when there is a row, whatever its fields. */
static int
next_row(struct table *t)
{
	struct slice line;

	while (slice_cut(&t->rest, '\n', &line)) {
		struct slice bare = slice_trim(line);

		t->line++;
		if (!bare.n || bare.p[0] == '#')
			continue;
		split(t, line);
		return 1;
	}
	return 0;
}

int
table_row(struct table *t, size_t n, struct sme_err *err)
{
	int r = next_row(t);

	if (r == 0 || t->n == n)
		return r;
	return err_set(err, SME_CONFIG, "%s:%zu: expected %zu fields with tabs between them", t->path,
	    t->line, n);
}

int
table_row_or_more(struct table *t, size_t n, struct sme_err *err)
{
	int r = next_row(t);

	if (r == 0 || t->n == n || t->n == n + 1)
		return r;
	return err_set(err, SME_CONFIG, "%s:%zu: expected %zu or %zu fields with tabs between them",
	    t->path, t->line, n, n + 1);
}

int
table_number(const struct table *t, size_t i, double max, double *out, struct sme_err *err)
{
	struct slice f = t->fields[i];
	char *end;

	/* strtod stops at what stands behind the field: white space or the buffer's NUL. */
	*out = f.n && f.p[0] >= '0' && f.p[0] <= '9' ? strtod(f.p, &end) : -1;
	if (*out >= 0 && *out <= max && end == f.p + f.n)
		return 0;
	return err_set(err, SME_CONFIG, "%s:%zu: expected a number from 0 to %g, got \"%.*s\"",
	    t->path, t->line, max, SLICE_ARG(f));
}
