#include "score/people.h"

#include <stdlib.h>

#include "core/buf.h"
#include "core/map.h"
#include "core/mem.h"
#include "score/table.h"

struct people {
	struct map numbers;
};

/* Handles are compared in small letters, ids as they are. */
static void
put_lower(struct buf *b, struct slice s)
{
	size_t at = b->n;

	if (!s.n)
		return;
	buf_adds(b, s);
	for (; at < b->n; at++)
		if (b->p[at] >= 'A' && b->p[at] <= 'Z')
			b->p[at] |= 0x20;
}

/* Is it written as "network:@handle"? */
static bool
is_handle(struct slice s)
{
	struct slice head;

	slice_cut(&s, ':', &head);
	return s.p && s.n > 1 && *s.p == '@' && !memchr(s.p, ':', s.n);
}

/* The id or "network:@handle" S as it stands in the map. */
static void
put_key(struct buf *b, struct slice s)
{
	if (is_handle(s))
		put_lower(b, s);
	else
		buf_adds(b, s);
}

static void
put_handle(struct buf *b, struct slice network, struct slice handle)
{
	put_lower(b, network);
	buf_puts(b, ":@");
	put_lower(b, *handle.p == '@' ? (struct slice){handle.p + 1, handle.n - 1} : handle);
}

static int
take_row(struct people *p, const struct table *in, double max, struct buf *key, struct sme_err *err)
{
	double value;

	if (table_number(in, 1, max, &value, err) < 0)
		return -1;
	buf_clear(key);
	put_key(key, in->fields[0]);
	map_put(&p->numbers, buf_slice(key))->d = value;
	return 0;
}

/* A count is whole, and of an author there is one. */
static int
take_count(struct people *p, const struct table *in, double max, struct buf *key, struct sme_err *err)
{
	size_t before = p->numbers.n;
	unsigned long long whole;

	if (!in->fields[0].n)
		return err_set(err, SME_CONFIG, "%s:%zu: the author is missing", in->path, in->line);
	if (!slice_u64(in->fields[1], &whole))
		return err_set(err, SME_CONFIG, "%s:%zu: expected a whole number, got \"%.*s\"", in->path,
		    in->line, SLICE_ARG(in->fields[1]));
	if (take_row(p, in, max, key, err) < 0)
		return -1;
	if (p->numbers.n == before)
		return err_set(err, SME_CONFIG, "%s:%zu: %.*s has a line already", in->path, in->line,
		    SLICE_ARG(in->fields[0]));
	return 0;
}

typedef int row_fn(
    struct people *p, const struct table *in, double max, struct buf *key, struct sme_err *err);

/* The rows of IN, which is closed. */
static struct people *
read_rows(struct table *in, row_fn *take, double max, struct sme_err *err)
{
	struct people *p = xcalloc(1, sizeof *p);
	struct buf key = BUF_INIT;
	int r;

	while ((r = table_row(in, 2, err)) > 0)
		if ((r = take(p, in, max, &key, err)) < 0)
			break;
	table_close(in);
	buf_release(&key);
	if (r == 0)
		return p;
	people_free(p);
	return NULL;
}

struct people *
people_load(const char *path, double max, struct sme_err *err)
{
	struct table in;

	return table_open(&in, path, err) < 0 ? NULL : read_rows(&in, take_row, max, err);
}

struct people *
people_load_counts(const char *path, double max, struct sme_err *err)
{
	struct table in;

	return table_open(&in, path, err) < 0 ? NULL : read_rows(&in, take_count, max, err);
}

struct people *
people_text_counts(struct slice text, const char *name, double max, struct sme_err *err)
{
	struct table in;

	return table_open_text(&in, text, name, err) < 0 ? NULL : read_rows(&in, take_count, max, err);
}

void
people_free(struct people *p)
{
	if (!p)
		return;
	map_release(&p->numbers);
	free(p);
}

double
people_find(const struct people *p, struct slice id, struct slice network, struct slice handle)
{
	union map_value *v = id.p ? map_get(&p->numbers, id) : NULL;
	struct buf key = BUF_INIT;

	if (!v && network.p && handle.n) {
		put_handle(&key, network, handle);
		v = map_get(&p->numbers, buf_slice(&key));
		buf_release(&key);
	}
	return v ? v->d : -1;
}

bool
people_name(struct slice id, struct slice network, struct slice handle, struct buf *out)
{
	if (handle.n > 1 || (handle.n && *handle.p != '@'))
		put_handle(out, network, handle);
	else if (id.n)
		put_key(out, id);
	return out->n > 0;
}

bool
people_fits(struct slice name)
{
	if (!name.n || *name.p == '#' || slice_trim(name).n != name.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return false;
	return true;
}
