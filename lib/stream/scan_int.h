/* What the files of the scanner share.  Not for others. */
#ifndef SME_STREAM_SCAN_INT_H
#define SME_STREAM_SCAN_INT_H

#include "core/buf.h"
#include "stream/scan.h"

#define SCAN_HEADS 256

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

/* So many bytes are indexed at once: some thirty lines, whose tokens fit the first-level cache. */
#define SCAN_BATCH ((size_t)16 << 10)

/* A longer line is left to the plain scanner: places fit 16 bits. */
#define SCAN_KERNEL_MAX ((size_t)65472)

/*
 * What a kernel found in a stretch of whole lines: the first byte and the place of every token, a
 * newline being one.  The last newline is always there, even where the text has none.
 */
struct scan_batch {
	const char *base; /* places count from here */
	size_t at;        /* the first token of the next line */
	size_t ntokens;   /* the last newline is not counted */
	bool spaced;      /* there is white space between tokens */
	/* token[-SCAN_FRONT] on and 64 behind the last are allocated, and so are places. */
	unsigned char *token;
	uint16_t *place;
	uint64_t escapes[SCAN_KERNEL_MAX / 64 / 64 + 1]; /* a bit for each 64 bytes with a backslash */
	uint16_t high[SCAN_KERNEL_MAX / 64 + 2];         /* where bytes >= 0x80 are, for the index */
};

#define SCAN_FRONT 64

/*
 * A shape: the tokens of a line but for what its strings, numbers and literals are.  The lines of a
 * stream have few shapes.  Of one that was found good before, and has the same names where paths are
 * wanted, only the numbers and literals are still to be checked, and the values are where they were.
 */
#define SCAN_SHAPES 32 /* direct-mapped by the number of tokens */
#define SCAN_SHAPE_TOKENS 256
#define SCAN_SHAPE_NAMES 64
#define SCAN_SHAPE_VALUES 32

struct scan_shape_name {
	uint64_t bytes, mask; /* of the first eight bytes from the quote on, those of the name */
	size_t token;
};

struct scan_shape_value {
	const struct scan_node *node;
	uint16_t token, close; /* CLOSE: of an array or object, else 0 */
};

struct scan_shape {
	size_t ntokens; /* 0: no shape is known here */
	size_t nnames, nvalues;
	unsigned misses;
	unsigned char skeleton[SCAN_SHAPE_TOKENS]; /* first bytes, SCAN_LEAF for strings and scalars */
	uint64_t leaves[SCAN_SHAPE_TOKENS / 64];
	struct scan_shape_name names[SCAN_SHAPE_NAMES];
	struct scan_shape_value values[SCAN_SHAPE_VALUES];
};

#define SCAN_LEAF 'L'

struct scan_state {
	const struct scan_plan *plan;
	const struct scan_kernel *kernel; /* NULL: plain C */
	size_t nvalues;
	struct buf key; /* a member name with escapes, decoded */
	struct scan_level stack[SCAN_DEPTH_MAX];
	struct scan_batch batch;
	struct scan_shape *shapes; /* SCAN_SHAPES of them */
	/* scanner_start: the lines that are left. */
	const char *at, *end;
	/* Up to here something is wrong somewhere: lines are indexed one by one. */
	const char *careful;
};

/* One instruction set's fast path. */
struct scan_kernel {
	const char *name;
	/*
	 * Fill the batch with the tokens of the N bytes at P, N <= SCAN_KERNEL_MAX, as if a newline
	 * followed.  False when something is wrong in a string or the text ends inside one.
	 */
	bool (*index)(struct scan_batch *b, const char *p, size_t n, bool final);
	/*
	 * Check and evaluate the next line of the batch, which begins at LINE.  True: its length is in
	 * *N.  False when something is wrong with it; the batch has not moved on then.
	 */
	bool (*walk)(struct scanner *s, const char *line, size_t *n);
};

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
