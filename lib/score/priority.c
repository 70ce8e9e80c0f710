#include "score/priority.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"

#define MAX_TENTHS 1000

void
priority_release(struct priority *p)
{
	free(p->terms);
	*p = (struct priority){0};
}

static void
add_tenths(struct priority *p, struct slice why, long tenths)
{
	if (!tenths)
		return;
	p->terms = xgrow(p->terms, p->n, &p->cap, sizeof *p->terms);
	p->terms[p->n++] = (struct priority_term){why, tenths};
	p->tenths += tenths;
}

void
priority_add(struct priority *p, struct slice why, double points)
{
	add_tenths(p, why, lround(points * 10));
}

bool
priority_has(const struct priority *p, struct slice why)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->terms[i].why.p == why.p)
			return true;
	return false;
}

static bool
before(const struct priority_term *a, const struct priority_term *b)
{
	long x = labs(a->tenths), y = labs(b->tenths);

	return x != y ? x > y : slice_cmp(a->why, b->why) < 0;
}

void
priority_finish(struct priority *p)
{
	if (p->tenths > MAX_TENTHS)
		add_tenths(p, SLICE("\"cap\""), MAX_TENTHS - p->tenths);
	else if (p->tenths < 0)
		add_tenths(p, SLICE("\"cap\""), -p->tenths);
	/* A handful, mostly in order already. */
	for (size_t i = 1; i < p->n; i++) {
		struct priority_term t = p->terms[i];
		size_t j = i;

		for (; j > 0 && before(&t, &p->terms[j - 1]); j--)
			p->terms[j] = p->terms[j - 1];
		p->terms[j] = t;
	}
}

void
put_tenths(struct buf *b, long tenths)
{
	char text[24], *p = text + sizeof text;
	unsigned long v = (unsigned long)labs(tenths);

	if (v % 10) {
		*--p = (char)('0' + v % 10);
		*--p = '.';
	}
	v /= 10;
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	if (tenths < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof text - p));
}

void
priority_put(const struct priority *p, struct buf *b)
{
	put_tenths(b, p->tenths);
}

void
priority_put_why(const struct priority *p, struct buf *b)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < p->n; i++) {
		buf_puts(b, i ? ",[" : "[");
		buf_adds(b, p->terms[i].why);
		buf_addc(b, ',');
		put_tenths(b, p->terms[i].tenths);
		buf_addc(b, ']');
	}
	buf_addc(b, ']');
}

/* What a terminal shows as it is. */
static void
put_plain(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_addc(b, (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
}

/* A term's name without its quotes and escapes, so that a terminal shows what is meant and no more. */
static void
put_row(struct buf *b, struct slice why, long tenths, struct slice note)
{
	size_t width = 0;

	put_plain(b, (struct slice){why.p + 1, why.n - 2});
	for (size_t i = 1; i + 1 < why.n; i++)
		width += ((unsigned char)why.p[i] & 0xc0) != 0x80;
	for (; width < 24; width++)
		buf_addc(b, ' ');
	buf_printf(b, " %6.1f", (double)tenths / 10);
	if (note.n) {
		buf_puts(b, "  ");
		put_plain(b, note);
	}
	buf_addc(b, '\n');
}

void
priority_put_table(const struct priority *p, struct slice why, struct slice note, struct buf *b)
{
	for (size_t i = 0; i < p->n; i++)
		put_row(b, p->terms[i].why, p->terms[i].tenths,
		    slice_eq(p->terms[i].why, why) ? note : SLICE(""));
	put_row(b, SLICE("\"= priority\""), p->tenths, SLICE(""));
}
