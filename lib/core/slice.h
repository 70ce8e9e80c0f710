/* A counted run of bytes that somebody else owns.  Never assumed to end in NUL. */
#ifndef SME_CORE_SLICE_H
#define SME_CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

/* A slice of a string literal; its length is known to the compiler. */
#define SLICE(lit) ((struct slice){(lit), sizeof(lit) - 1})

/* The same as an initialiser of something static. */
#define SLICE_INIT(lit) {(lit), sizeof(lit) - 1}

/* For printf("%.*s", SLICE_ARG(s)). */
#define SLICE_ARG(s) (int)(s).n, (s).p

/* The bytes of the C string S; NULL gives the empty slice. */
static inline struct slice
slice_of(const char *s)
{
	return (struct slice){s, s ? strlen(s) : 0};
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Is S the C string C? */
static inline bool
slice_is(struct slice s, const char *c)
{
	return slice_eq(s, slice_of(c));
}

/* Byte order, shorter first when one is the start of the other: <0, 0, >0 as memcmp. */
int slice_cmp(struct slice a, struct slice b);

bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);

/* ASCII case is ignored; other bytes compare as they are. */
bool slice_eq_nocase(struct slice a, struct slice b);

/* Where NEEDLE begins in S, or -1. */
ptrdiff_t slice_find(struct slice s, struct slice needle);

/* The same as slice_eq_nocase compares. */
ptrdiff_t slice_find_nocase(struct slice s, struct slice needle);

/* S without ASCII white space at both ends. */
struct slice slice_trim(struct slice s);

/*
 * Cut S at the first byte SEP: *HEAD is what stands before it, and S becomes what stands behind it.
 * Without SEP, *HEAD is all of S and S becomes empty with p == NULL.  Returns false when S was
 * already used up (p == NULL), so that "while (slice_cut(&s, ',', &head))" sees every field.
 */
bool slice_cut(struct slice *s, char sep, struct slice *head);

/* A whole decimal number without sign; false when S is anything else or too large. */
bool slice_u64(struct slice s, unsigned long long *out);

#endif
