/* What a kernel file needs before its block primitives; scan_kernel.h comes behind them. */
#include <string.h>

#include "core/mem.h"
#include "stream/scan_int.h"

#define KERNEL TARGET static inline __attribute__((always_inline))

/* Bytes of a block, bit i for byte i. */
struct block_bits {
	uint64_t quote, newline, high;
	uint64_t space;   /* white space but a newline */
	uint64_t op;      /* one of {}[]:, or a newline */
	uint64_t unusual; /* a control character but a newline, or a backslash */
};

/* Of the unusual ones. */
struct unusual_bits {
	uint64_t backslash, control;
};

/* Tokens, bit i for token i.  Bits behind the last token are 0. */
struct token_bits {
	uint64_t quote, colon, comma, open_object, open_array, close_object, close_array;
	uint64_t scalar, newline;
};

/* The primitives of a kernel file:
 *
 * KERNEL struct block_bits block_classify(const char *p)
 *	The 64 bytes at P.
 * KERNEL struct unusual_bits block_unusual(const char *p)
 *	The same, when there is something unusual.
 * KERNEL size_t block_store(const char *p, uint64_t tokens, size_t at, unsigned char *token,
 *     uint16_t *place)
 *	Store first bytes and places (AT is that of P) of the bits in TOKENS.  May write 64 entries.
 *	Returns how many there are.
 * KERNEL uint64_t block_bad_utf8(const char *p)
 *	Which bytes of the block end an invalid sequence; P[-3] is readable.
 * KERNEL uint64_t prefix_xor(uint64_t x)
 *	Bit i: the parity of bits 0 to i.
 * KERNEL uint64_t token_spans(const uint16_t *place, const unsigned char spans[64])
 *	Bit i: place[i] - place[i - 1] modulo 64 may be one of SPANS; place[-1] is readable.
 * KERNEL uint64_t token_equal(const unsigned char *token, char c)
 *	Which of 64 tokens begin with C.
 * KERNEL void token_skeleton(const unsigned char *token, unsigned char *skeleton)
 *	Copy 64 tokens, strings and scalars as SCAN_LEAF.
 * KERNEL uint64_t token_differs(const unsigned char *token, const unsigned char *skeleton)
 *	Which of 64 tokens are not as in SKELETON.
 * KERNEL struct token_bits token_classify(const unsigned char *token)
 *	64 tokens; those behind the last one count as scalars here.
 */
