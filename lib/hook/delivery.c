#include "hook/delivery.h"

#include "hook/spool_int.h"

/* "D1", then u64 received and the four lengths. */
#define HEAD (2 + 8 + 4 * 4)

void
delivery_pair(struct buf *pairs, struct slice name, struct slice value)
{
	buf_adds(pairs, name);
	buf_addc(pairs, '\0');
	buf_adds(pairs, value);
	buf_addc(pairs, '\0');
}

bool
delivery_next(struct slice *pairs, struct slice *name, struct slice *value)
{
	return pairs->n && slice_cut(pairs, '\0', name) && slice_cut(pairs, '\0', value) &&
	       pairs->p;
}

void
delivery_put(struct buf *out, const struct delivery *d)
{
	const struct slice parts[] = {d->source, d->query, d->headers, d->body};
	unsigned char head[HEAD] = "D1";

	spool_put(head + 2, (uint64_t)d->received, 8);
	for (int i = 0; i < 4; i++)
		spool_put(head + 10 + 4 * i, parts[i].n, 4);
	buf_add(out, (const char *)head, sizeof head);
	for (int i = 0; i < 4; i++)
		buf_adds(out, parts[i]);
}

bool
delivery_read(struct slice record, struct delivery *d)
{
	struct slice *parts[] = {&d->source, &d->query, &d->headers, &d->body};
	const unsigned char *head = (const unsigned char *)record.p;
	size_t at = HEAD;

	if (record.n < HEAD || head[0] != 'D' || head[1] != '1')
		return false;
	d->received = (int64_t)spool_u64(head + 2);
	for (int i = 0; i < 4; i++) {
		size_t n = spool_u32(head + 10 + 4 * i);

		if (n > record.n - at)
			return false;
		*parts[i] = (struct slice){record.p + at, n};
		at += n;
	}
	return at == record.n;
}

bool
delivery_keeps(struct slice name)
{
	return slice_is(name, "content-type") || slice_is(name, "user-agent") ||
	       (slice_starts(name, SLICE("x-")) && !slice_starts(name, SLICE("x-forwarded-")) &&
		   !slice_starts(name, SLICE("x-real-")) && slice_find(name, SLICE("token")) < 0 &&
		   slice_find(name, SLICE("auth")) < 0 && slice_find(name, SLICE("signature")) < 0);
}
