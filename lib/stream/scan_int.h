/* What the files of the scanner share.  Not for others. */
#ifndef SME_STREAM_SCAN_INT_H
#define SME_STREAM_SCAN_INT_H

#include "core/buf.h"
#include "stream/scan.h"

#define SCAN_HEADS 256

/* So many entries before scan_state.place are allocated, too: place[-1] is readable. */
#define SCAN_PLACE_FRONT 64

/* A member name on the way to a wanted path.  Its value goes to scanner->values[value]. */
struct scan_node {
	struct slice key; /* decoded; owned by the plan */
	int value;        /* -1 for the root */
	int first_child, next_sibling; /* indices into plan->nodes, 0 for none */
	uint64_t head; /* for the kernels: its first eight bytes as they lie in memory, the rest 0 */
};

struct scan_plan {
	struct scan_node *nodes; /* nodes[0] is the root: the top-level object */
	size_t n, cap;
	/*
	 * For the kernels, to sort out most names that nobody wants, on whatever level.  SPANS has 0xff
	 * at the length modulo 64 of each wanted name, its quotes included.  HEADS has each head at its
	 * hash under MULTIPLIER, which is chosen so that no two collide; 0: none was found.
	 */
	unsigned char spans[64];
	uint64_t multiplier;
	uint64_t heads[SCAN_HEADS];
};

static inline unsigned
scan_hash(uint64_t head, uint64_t multiplier)
{
	return (unsigned)(head * multiplier >> 56);
}

/* An array or object that is open. */
struct scan_level {
	const struct scan_node *node; /* NULL when nothing below is wanted */
	uint32_t start;               /* its bracket, in bytes from the start of the line */
	int value;                    /* where its text belongs when it closes, or -1 */
	bool object;
};

struct scan_state {
	const struct scan_plan *plan;
	const struct scan_kernel *kernel; /* NULL: plain C */
	size_t nvalues;
	struct buf key; /* a member name with escapes, decoded */
	struct scan_level stack[SCAN_DEPTH_MAX];
	/* The kernels' tokens: first byte and place of each.  Grown to the longest line so far. */
	unsigned char *token;
	uint16_t *place;
	size_t ntokens_max;
};

/* One instruction set's fast path. */
struct scan_kernel {
	const char *name;
	/*
	 * Scan the line that ends before the first newline, or after MAX bytes, and set *N to its
	 * length.  Returns 0, or -1 for a bad line without saying why: then scan_plain finds out.
	 */
	int (*scan)(struct scanner *s, const char *line, size_t max, size_t *n);
};

/* Longer lines are so rare that the kernels do without: places fit 16 bits. */
#define SCAN_KERNEL_MAX ((size_t)65472)

/* NULL when the machine lacks the instructions (or the compiler the target). */
const struct scan_kernel *scan_kernel_avx512(void);
const struct scan_kernel *scan_kernel_avx2(void);
const struct scan_kernel *scan_kernel_sse2(void);

/* The plain C scanner: the reference that the kernels are tested against, and the source of all
 * error messages. */
int scan_plain(struct scanner *s, const char *line, size_t n);

/* The child of NODE whose name is the raw (still escaped if ESCAPED) text KEY, or NULL. */
const struct scan_node *scan_find_child(struct scan_state *st, const struct scan_node *node,
    struct slice key, bool escaped);

/* NODE was met again: forget what an earlier member of the same name gave. */
void scan_forget(struct scanner *s, const struct scan_node *node);

/* The end of the number or literal at P, or NULL when it is none.  Reads at most up to END. */
const char *scan_scalar(const char *p, const char *end, const char **error);

/*
 * The end of the UTF-8 sequence at P (whose first byte is >= 0x80), or NULL when it is none:
 * Unicode 15, table 3-7.
 */
const char *scan_utf8(const char *p, const char *end);

#endif
