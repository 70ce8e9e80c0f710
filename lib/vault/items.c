#include "vault/items.h"

#include <stdlib.h>
#include <string.h>

#include "core/rfc3339.h"
#include "vault/seal.h"

#define FIXED 18

static uint64_t
get_le(const char *p, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

static char *
put_le(char *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (char)v;
	return p + n;
}

/* The record at the start of REST, when it is all there. */
static bool
read_item(struct slice rest, struct item *it, size_t *size)
{
	size_t n[4], at = FIXED;
	struct slice *to[] = {&it->tenant, &it->name, &it->field, &it->value};

	if (rest.n < FIXED)
		return false;
	for (int i = 0; i < 3; i++)
		n[i] = get_le(rest.p + 2 * i, 2);
	n[3] = get_le(rest.p + 6, 4);
	it->updated_at = (int64_t)get_le(rest.p + 10, 8);
	for (int i = 0; i < 4; i++) {
		if (n[i] > rest.n - at)
			return false;
		*to[i] = (struct slice){rest.p + at, n[i]};
		at += n[i];
	}
	*size = at;
	return true;
}

bool
item_next(struct slice *rest, struct item *it)
{
	size_t size;

	if (!read_item(*rest, it, &size))
		return false;
	rest->p += size;
	rest->n -= size;
	return true;
}

static int
item_cmp(const struct item *a, const struct item *b)
{
	int r = slice_cmp(a->tenant, b->tenant);

	if (r == 0)
		r = slice_cmp(a->name, b->name);
	return r ? r : slice_cmp(a->field, b->field);
}

static int
check_name(struct slice s, const char *what, struct sme_err *err)
{
	if (!s.n)
		return err_set(err, SME_DATA, "the name of the %s is empty", what);
	if (s.n > ITEM_NAME_MAX)
		return err_set(err, SME_DATA, "the name of the %s is longer than %d bytes", what,
		    ITEM_NAME_MAX);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return err_set(err, SME_DATA, "the name of the %s has a control character", what);
	return 0;
}

bool
item_is_expiry(struct slice field)
{
	return slice_is(field, "expires_at") || slice_ends(field, SLICE("_expires_at"));
}

int
item_check(const struct item *it, struct sme_err *err)
{
	int64_t ms;

	if (check_name(it->tenant, "tenant", err) < 0 || check_name(it->name, "entry", err) < 0 ||
	    check_name(it->field, "field", err) < 0)
		return -1;
	if (it->value.n > ITEM_VALUE_MAX)
		return err_set(err, SME_DATA, "field \"%.*s\": longer than %zu bytes",
		    SLICE_ARG(it->field), ITEM_VALUE_MAX);
	if (it->value.n && memchr(it->value.p, 0, it->value.n))
		return err_set(err, SME_DATA, "field \"%.*s\": has a NUL byte", SLICE_ARG(it->field));
	if (it->value.n && item_is_expiry(it->field) && !rfc3339_parse(it->value, &ms))
		return err_set(err, SME_DATA,
		    "field \"%.*s\": expected a time such as 2027-01-31T00:00:00Z", SLICE_ARG(it->field));
	return 0;
}

int
items_check(struct slice content, const char *path, struct sme_err *err)
{
	struct item it, last = {.tenant = {NULL, 0}};
	size_t size;
	struct sme_err why;

	while (content.n) {
		if (!read_item(content, &it, &size) || item_check(&it, &why) < 0 ||
		    (last.tenant.p && item_cmp(&last, &it) >= 0))
			return err_set(err, SME_DATA, "%s: its content is damaged; bring it back from a backup",
			    path);
		content.p += size;
		content.n -= size;
		last = it;
	}
	return 0;
}

static char *
write_item(char *p, const struct item *it)
{
	const struct slice *from[] = {&it->tenant, &it->name, &it->field, &it->value};

	for (int i = 0; i < 3; i++)
		p = put_le(p, from[i]->n, 2);
	p = put_le(p, it->value.n, 4);
	p = put_le(p, (uint64_t)it->updated_at, 8);
	for (int i = 0; i < 4; i++) {
		if (from[i]->n)
			memcpy(p, from[i]->p, from[i]->n);
		p += from[i]->n;
	}
	return p;
}

static int
cmp_void(const void *a, const void *b)
{
	return item_cmp(a, b);
}

/* What becomes of OLD (NULL: it is new) by CHANGE: the item to write, or NULL for none. */
static const struct item *
outcome(const struct item *old, const struct item *change, bool *changed)
{
	if (change->value.p && !change->value.n)
		return old;
	if (!old && !change->value.p)
		return NULL;
	if (old && change->value.p && slice_eq(old->value, change->value))
		return old;
	*changed = true;
	return change->value.p ? change : NULL;
}

/* The most that CONTENT with CHANGES can take up; 0 with ERR when they are not in order. */
static size_t
check_changes(struct slice content, struct item *changes, size_t n, struct sme_err *err)
{
	size_t size = content.n + 1;

	for (size_t i = 0; i < n; i++) {
		if (item_check(&changes[i], err) < 0)
			return 0;
		size += FIXED + changes[i].tenant.n + changes[i].name.n + changes[i].field.n +
		    changes[i].value.n;
	}
	qsort(changes, n, sizeof *changes, cmp_void);
	for (size_t i = 1; i < n; i++)
		if (item_cmp(&changes[i - 1], &changes[i]) == 0) {
			err_set(err, SME_DATA, "field \"%.*s\" is there twice", SLICE_ARG(changes[i].field));
			return 0;
		}
	return size;
}

int
items_merge(struct slice content, struct item *changes, size_t n, struct locked *out, bool *changed,
    struct sme_err *err)
{
	size_t size = check_changes(content, changes, n, err), i = 0;
	struct item old;
	bool more = item_next(&content, &old);
	char *p;

	*changed = false;
	*out = (struct locked){NULL, 0};
	if (!size)
		return -1;
	*out = locked_new(size);
	p = out->p;
	while (more || i < n) {
		int order = !more ? 1 : i == n ? -1 : item_cmp(&old, &changes[i]);
		const struct item *it =
		    order < 0 ? &old : outcome(order ? NULL : &old, &changes[i], changed);

		if (it)
			p = write_item(p, it);
		if (order >= 0)
			i++;
		if (order <= 0)
			more = item_next(&content, &old);
	}
	out->n = (size_t)(p - out->p);
	if (out->n + SEAL_HEADER + 16 <= SEAL_MAX)
		return 0;
	locked_release(out);
	return err_set(err, SME_DATA, "the vault would be larger than %zu MiB", SEAL_MAX >> 20);
}
