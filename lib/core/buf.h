/*
 * A growable run of bytes, counted and always NUL-terminated.  Cleared and used again for every
 * event, so a steady stream allocates nothing.  It has a maximum from birth; what would pass it
 * is not added and sets `over`, which whoever fills the buffer checks once at the end.
 *
 *	struct buf b = BUF_INIT;
 *	buf_puts(&b, "text");
 *	buf_release(&b);
 */
#ifndef SME_CORE_BUF_H
#define SME_CORE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/slice.h"

/* What a buffer may hold unless it is told otherwise, in bytes. */
#define BUF_MAX ((size_t)64 << 20)

struct buf {
	char *p; /* NULL while nothing was ever added */
	size_t n, cap;
	size_t max;
	bool over; /* something did not fit */
};

#define BUF_INIT {NULL, 0, 0, BUF_MAX, false}
#define BUF_INIT_MAX(m) {NULL, 0, 0, (m), false}

/* Make room for MORE bytes; false (and `over`) when the maximum would be passed. */
bool buf_reserve(struct buf *b, size_t more);

void buf_add_slow(struct buf *b, const char *p, size_t n);

static inline void
buf_add(struct buf *b, const char *p, size_t n)
{
	if (b->cap > b->n + n) {
		if (n)
			memcpy(b->p + b->n, p, n);
		b->n += n;
		b->p[b->n] = '\0';
	} else {
		buf_add_slow(b, p, n);
	}
}

static inline void
buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

static inline void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void
buf_adds(struct buf *b, struct slice s)
{
	buf_add(b, s.p, s.n);
}

void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);

static inline struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){b->p, b->n};
}

/* The content as a C string, "" when empty; dies with the next change. */
static inline const char *
buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}

/* Empty it, keep the memory. */
static inline void
buf_clear(struct buf *b)
{
	b->n = 0;
	b->over = false;
	if (b->p)
		b->p[0] = '\0';
}

/* Give the content away: the caller frees it; the buffer is as new. */
char *buf_detach(struct buf *b);

void buf_release(struct buf *b);

/* Append the code point C as UTF-8; what is none becomes U+FFFD. */
void buf_put_utf8(struct buf *b, uint32_t c);

#endif
