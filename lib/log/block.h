/*
 * The blocks that segment files are made of.  A segment is nothing but blocks, one behind the
 * other; an open one ("DAY.N.seg") has one block for each write that was synced, in order of
 * arrival; a closed one ("DAY.N.segz") holds the same records sorted by time, in deflated blocks,
 * with an index block and a trailer at the end.  All numbers are little-endian.
 *
 *	header, 64 bytes
 *	   0  "SMEb"
 *	   4  u32  CRC-32 of bytes 8 to 63
 *	   8  u32  bytes that follow the header
 *	  12  u32  bytes of heads and lines before deflating
 *	  16  u32  CRC-32 of the bytes that follow the header
 *	  20  u32  records
 *	  24  u32  flags: 1 heads and lines are deflated (zlib), 2 this is the index block
 *	  28  u32  0
 *	  32  i64  the earliest time in the block   40  i64  the latest
 *	  48  u64  length of the file that was durable when this block was written
 *	  56  u64  the highest sequence number in the block
 *	ids     16 bytes a record: its identity under the log's key, see ident.h
 *	heads   24 bytes a record: u32 bytes of its line, u32 kind, i64 time, u64 sequence number
 *	lines   the raw lines, each with its "\n"
 *
 * In an index block the body is 24 bytes a block: u64 offset, i64 earliest, i64 latest time.  The
 * trailer is 16 bytes: u64 offset of the index block, "SMEend1\n".
 *
 * The ids stand before the deflated part, so that the index of seen ids is rebuilt without
 * inflating anything.
 */
#ifndef SME_LOG_BLOCK_H
#define SME_LOG_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "log/siphash.h"
#include "stream/scan.h"

#define BLOCK_HEADER 64
#define BLOCK_ID 16
#define BLOCK_HEAD 24
#define BLOCK_MAGIC "SMEb"

/* What a block may hold: a group of lines that ends with one of the greatest length. */
#define BLOCK_RECORDS_MAX 65536u
#define BLOCK_RAW_MAX ((uint32_t)32 << 20)

enum block_flags { BLOCK_DEFLATED = 1, BLOCK_INDEX = 2 };

enum record_kind {
	RECORD_EVENT,  /* a line of the stream */
	RECORD_ERASED, /* there was an event; only its identity is left, so that it stays out */
	RECORD_BARRED  /* no event: the hash of an erased id, of whatever type and revision */
};

struct block_head {
	uint32_t stored, raw, crc, count, flags;
	int64_t first, last;  /* times */
	uint64_t synced, top; /* durable length; highest sequence number */
};

struct record {
	struct hash128 id;
	int64_t time; /* milliseconds since 1970 */
	uint64_t seq;
	enum record_kind kind;
	struct slice line; /* with its newline; empty unless RECORD_EVENT */
};

static inline uint32_t
get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static inline uint64_t
get64(const char *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static inline void
put32(char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (8 * i));
}

static inline void
put64(char *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

/* Is there a sound header at P (BLOCK_HEADER bytes)?  Only its own bytes are looked at. */
bool block_head_parse(const char *p, struct block_head *h);

/* Are the H->stored bytes at P those that were written? */
bool block_crc_ok(const struct block_head *h, const char *p);

/* The identity of record I; STORED is what follows the header. */
struct hash128 block_id(const char *stored, uint32_t i);

/*
 * The heads and lines of a block: a pointer into STORED, or into SCRATCH where they were inflated.
 * Checks that lengths, times and kinds are consistent, so that block_record need not.  NULL when
 * they are not.
 */
const char *block_body(const struct block_head *h, const char *stored, struct buf *scratch);

/* Walk the records of a block in order.  *AT starts as zero and is the walk's own. */
struct block_walk {
	uint32_t i;
	size_t line;
};

bool block_next(const struct block_head *h, const char *stored, const char *body,
    struct block_walk *at, struct record *r);

/* A block on the way out.  Cleared and used again. */
struct block_maker {
	struct buf ids, heads, lines;
	uint32_t count;
	int64_t first, last;
	uint64_t top;
	void *deflate; /* private */
	struct buf raw, packed;
};

void block_maker_init(struct block_maker *m);
void block_maker_release(struct block_maker *m);

void block_add(struct block_maker *m, const struct record *r);

/* Bytes of heads and lines so far. */
static inline size_t
block_raw(const struct block_maker *m)
{
	return m->heads.n + m->lines.n;
}

/* Append the finished block to OUT, deflated at LEVEL or, with 0, as it is; the maker is empty
 * again. H gets its header. */
void block_finish(
    struct block_maker *m, int level, uint64_t synced, struct buf *out, struct block_head *h);

/* Append an index block with BODY as made by the caller. */
void block_put_index(
    struct buf *out, struct slice body, uint32_t blocks, int64_t first, int64_t last, uint64_t top);

#endif
