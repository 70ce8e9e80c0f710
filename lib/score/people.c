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
	for (size_t i = 0; i < s.n; i++)
		buf_addc(b, s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i]);
}

/* Is it written as "network:@handle"? */
static bool
is_handle(struct slice s)
{
	struct slice head;

	slice_cut(&s, ':', &head);
	return s.p && s.n > 1 && *s.p == '@' && !memchr(s.p, ':', s.n);
}

struct people *
people_load(const char *path, double max, struct sme_err *err)
{
	struct people *p = xcalloc(1, sizeof *p);
	struct buf key = BUF_INIT;
	struct table in;
	int r = table_open(&in, path, err);

	if (r == 0) {
		while ((r = table_row(&in, 2, err)) > 0) {
			double value;

			if ((r = table_number(&in, 1, max, &value, err)) < 0)
				break;
			buf_clear(&key);
			if (is_handle(in.fields[0]))
				put_lower(&key, in.fields[0]);
			else
				buf_adds(&key, in.fields[0]);
			map_put(&p->numbers, buf_slice(&key))->d = value;
		}
		table_close(&in);
	}
	buf_release(&key);
	if (r == 0)
		return p;
	people_free(p);
	return NULL;
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
		put_lower(&key, network);
		buf_puts(&key, ":@");
		put_lower(&key, *handle.p == '@' ? (struct slice){handle.p + 1, handle.n - 1} : handle);
		v = map_get(&p->numbers, buf_slice(&key));
		buf_release(&key);
	}
	return v ? v->d : -1;
}
