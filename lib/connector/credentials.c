#include "connector/credentials.h"

int
credentials_load(struct credentials *c, bool again, struct sme_err *err)
{
	const struct account *a = c->account;

	if (c->loaded && !again)
		return 0;
	if (!c->vault)
		return err_set(err, SME_CONFIG, "needs credentials, and there is no vault; make one with "
		    "sme-vault(1)");
	secret_release(&c->secret);
	c->loaded = vault_get(c->vault, a->tenant, a->secret, &c->secret, err) == 0;
	return c->loaded ? 0 : -1;
}

struct slice
credentials_field(void *credentials, struct slice name)
{
	const struct credentials *c = credentials;

	for (size_t i = 0; c->loaded && i < c->secret.n; i++)
		if (slice_eq(c->secret.fields[i].name, name) && c->secret.fields[i].value.n)
			return c->secret.fields[i].value;
	return (struct slice){NULL, 0};
}

/* Names and numbers that stand in the entry, but everywhere else, too: masked they would be missed. */
static bool
is_open(struct slice field)
{
	return slice_starts(field, SLICE("public.")) || slice_ends(field, SLICE("_id")) ||
	       slice_ends(field, SLICE("_url")) || slice_ends(field, SLICE("_at")) ||
	       slice_is(field, "username") || slice_is(field, "handle");
}

/* The first and longest of the values that stands in TEXT, or -1. */
static ptrdiff_t
find_secret(const struct credentials *c, struct slice text, size_t shortest, size_t *length)
{
	ptrdiff_t first = -1;

	for (size_t i = 0; c->loaded && i < c->secret.n; i++) {
		struct slice value = c->secret.fields[i].value;
		ptrdiff_t at = value.n && value.n >= shortest ? slice_find(text, value) : -1;

		if (is_open(c->secret.fields[i].name))
			continue;
		if (at < 0 || (first >= 0 && (at > first || (at == first && value.n < *length))))
			continue;
		first = at;
		*length = value.n;
	}
	return first;
}

bool
credentials_mask(const struct credentials *c, struct slice text, size_t shortest, struct buf *out)
{
	size_t length;
	ptrdiff_t at = find_secret(c, text, shortest, &length);

	if (at < 0)
		return false;
	buf_clear(out);
	for (; at >= 0; at = find_secret(c, text, shortest, &length)) {
		buf_add(out, text.p, (size_t)at);
		buf_puts(out, "***");
		text.p += (size_t)at + length;
		text.n -= (size_t)at + length;
	}
	buf_adds(out, text);
	return true;
}

int
credentials_update(struct credentials *c, const struct vault_field *fields, size_t n,
    struct sme_err *err)
{
	const struct account *a = c->account;

	if (vault_update(c->vault, a->tenant, a->secret, fields, n, err) < 0)
		return -1;
	return credentials_load(c, true, err);
}

void
credentials_release(struct credentials *c)
{
	secret_release(&c->secret);
	c->loaded = false;
}
