#include "core/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"

bool
buf_reserve(struct buf *b, size_t more)
{
	size_t want, cap;

	if (more >= b->max || b->n >= b->max - more) {
		b->over = true;
		return false;
	}
	want = b->n + more + 1;
	if (want <= b->cap)
		return true;
	cap = b->cap ? b->cap : 128;
	while (cap < want)
		cap *= 2;
	/* What fits the memory is added without another look at the maximum. */
	if (cap > b->max)
		cap = b->max;
	b->p = xreallocarray(b->p, cap, 1);
	b->p[b->n] = '\0';
	b->cap = cap;
	return true;
}

void
buf_add_slow(struct buf *b, const char *p, size_t n)
{
	if (!buf_reserve(b, n))
		return;
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || !buf_reserve(b, (size_t)n))
		return;
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

char *
buf_detach(struct buf *b)
{
	char *p = b->p ? b->p : xcalloc(1, 1);

	b->p = NULL;
	b->n = b->cap = 0;
	b->over = false;
	return p;
}

void
buf_release(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}

void
buf_put_utf8(struct buf *b, uint32_t c)
{
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		buf_addc(b, (char)c);
	} else if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
		buf_addc(b, (char)(0x80 | (c & 0x3f)));
	} else {
		if (c < 0x10000) {
			buf_addc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_addc(b, (char)(0xf0 | c >> 18));
			buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(b, (char)(0x80 | (c & 0x3f)));
	}
}
