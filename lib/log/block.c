#include "log/block.h"

#include <stdlib.h>
#include <zlib.h>

#include "core/mem.h"

/* Blocks are bounded by BLOCK_RAW_MAX, which is well below this. */
#define MAKER_MAX ((size_t)128 << 20)

bool
block_head_parse(const char *p, struct block_head *h)
{
	uint64_t ids;

	if (memcmp(p, BLOCK_MAGIC, 4) != 0)
		return false;
	if (get32(p + 4) != crc32(0, (const unsigned char *)p + 8, BLOCK_HEADER - 8))
		return false;
	*h = (struct block_head){.stored = get32(p + 8),
	    .raw = get32(p + 12),
	    .crc = get32(p + 16),
	    .count = get32(p + 20),
	    .flags = get32(p + 24),
	    .first = (int64_t)get64(p + 32),
	    .last = (int64_t)get64(p + 40),
	    .synced = get64(p + 48),
	    .top = get64(p + 56)};
	if (h->raw > BLOCK_RAW_MAX || h->flags > 3 || h->stored > 2 * BLOCK_RAW_MAX)
		return false;
	if (h->flags & BLOCK_INDEX)
		return h->raw == (uint64_t)h->count * BLOCK_HEAD && h->stored == h->raw;
	ids = (uint64_t)h->count * BLOCK_ID;
	if (h->count == 0 || h->count > BLOCK_RECORDS_MAX || h->stored < ids ||
	    h->raw < (uint64_t)h->count * BLOCK_HEAD)
		return false;
	return (h->flags & BLOCK_DEFLATED) || h->stored - ids == h->raw;
}

bool
block_crc_ok(const struct block_head *h, const char *p)
{
	return h->crc == crc32(0, (const unsigned char *)p, h->stored);
}

struct hash128
block_id(const char *stored, uint32_t i)
{
	const char *p = stored + (size_t)i * BLOCK_ID;

	return (struct hash128){get64(p), get64(p + 8)};
}

static bool
head_ok(const struct block_head *h, const char *head, size_t left)
{
	uint32_t n = get32(head), kind = get32(head + 4);
	int64_t time = (int64_t)get64(head + 8);

	if (n > left || kind > RECORD_BARRED || (n == 0) != (kind != RECORD_EVENT))
		return false;
	return time >= h->first && time <= h->last && get64(head + 16) <= h->top;
}

const char *
block_body(const struct block_head *h, const char *stored, struct buf *scratch)
{
	const char *body = stored + (size_t)h->count * BLOCK_ID, *line;
	size_t left;

	if (h->flags & BLOCK_DEFLATED) {
		uLongf got = h->raw;

		buf_clear(scratch);
		if (!buf_reserve(
			scratch, h->raw + SCAN_PADDING)) /* lines are scanned where they are */
			return NULL;
		if (uncompress((Bytef *)scratch->p, &got, (const Bytef *)body,
			h->stored - h->count * BLOCK_ID) != Z_OK ||
		    got != h->raw)
			return NULL;
		body = scratch->p;
	}
	left = h->raw - (size_t)h->count * BLOCK_HEAD;
	line = body + (size_t)h->count * BLOCK_HEAD;
	for (uint32_t i = 0; i < h->count; i++) {
		const char *head = body + (size_t)i * BLOCK_HEAD;
		uint32_t n = get32(head);

		if (!head_ok(h, head, left) || (n && line[n - 1] != '\n'))
			return NULL;
		line += n;
		left -= n;
	}
	return left == 0 ? body : NULL;
}

bool
block_next(const struct block_head *h, const char *stored, const char *body, struct block_walk *at,
    struct record *r)
{
	const char *head = body + (size_t)at->i * BLOCK_HEAD;
	uint32_t n;

	if (at->i >= h->count)
		return false;
	n = get32(head);
	r->id = block_id(stored, at->i);
	r->kind = (enum record_kind)get32(head + 4);
	r->time = (int64_t)get64(head + 8);
	r->seq = get64(head + 16);
	r->line = (struct slice){body + (size_t)h->count * BLOCK_HEAD + at->line, n};
	at->i++;
	at->line += n;
	return true;
}

void
block_maker_init(struct block_maker *m)
{
	struct buf b = BUF_INIT_MAX(MAKER_MAX);

	*m = (struct block_maker){.ids = b, .heads = b, .lines = b, .raw = b, .packed = b};
}

void
block_maker_release(struct block_maker *m)
{
	if (m->deflate) {
		deflateEnd(m->deflate);
		free(m->deflate);
	}
	buf_release(&m->ids);
	buf_release(&m->heads);
	buf_release(&m->lines);
	buf_release(&m->raw);
	buf_release(&m->packed);
}

void
block_add(struct block_maker *m, const struct record *r)
{
	char id[BLOCK_ID], head[BLOCK_HEAD];

	put64(id, r->id.a);
	put64(id + 8, r->id.b);
	put32(head, (uint32_t)r->line.n);
	put32(head + 4, r->kind);
	put64(head + 8, (uint64_t)r->time);
	put64(head + 16, r->seq);
	buf_add(&m->ids, id, sizeof id);
	buf_add(&m->heads, head, sizeof head);
	buf_adds(&m->lines, r->line);
	if (m->count == 0 || r->time < m->first)
		m->first = r->time;
	if (m->count == 0 || r->time > m->last)
		m->last = r->time;
	if (m->count == 0 || r->seq > m->top)
		m->top = r->seq;
	m->count++;
}

/* Deflate heads and lines into m->packed; false when zlib has no memory for it. */
static bool
pack(struct block_maker *m, int level)
{
	z_stream *z = m->deflate;

	if (!z) {
		z = m->deflate = xcalloc(1, sizeof *z);
		if (deflateInit(z, level) != Z_OK) {
			free(z);
			m->deflate = NULL;
			return false;
		}
	} else {
		deflateReset(z);
	}
	buf_clear(&m->raw);
	buf_adds(&m->raw, buf_slice(&m->heads));
	buf_adds(&m->raw, buf_slice(&m->lines));
	buf_clear(&m->packed);
	buf_reserve(&m->packed, deflateBound(z, m->raw.n));
	z->next_in = (Bytef *)m->raw.p;
	z->avail_in = (uInt)m->raw.n;
	z->next_out = (Bytef *)m->packed.p;
	z->avail_out = (uInt)m->packed.cap;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		return false;
	m->packed.n = m->packed.cap - z->avail_out;
	return true;
}

/* The header H for a block whose stored bytes begin at START + BLOCK_HEADER in OUT. */
static void
put_header(struct buf *out, size_t start, struct block_head *h)
{
	char *p = out->p + start;

	h->stored = (uint32_t)(out->n - start - BLOCK_HEADER);
	h->crc = (uint32_t)crc32(0, (const unsigned char *)p + BLOCK_HEADER, h->stored);
	memset(p, 0, BLOCK_HEADER);
	memcpy(p, BLOCK_MAGIC, 4);
	put32(p + 8, h->stored);
	put32(p + 12, h->raw);
	put32(p + 16, h->crc);
	put32(p + 20, h->count);
	put32(p + 24, h->flags);
	put64(p + 32, (uint64_t)h->first);
	put64(p + 40, (uint64_t)h->last);
	put64(p + 48, h->synced);
	put64(p + 56, h->top);
	put32(p + 4, (uint32_t)crc32(0, (const unsigned char *)p + 8, BLOCK_HEADER - 8));
}

void
block_finish(
    struct block_maker *m, int level, uint64_t synced, struct buf *out, struct block_head *h)
{
	static const char zero[BLOCK_HEADER];
	size_t start = out->n;

	*h = (struct block_head){.raw = (uint32_t)block_raw(m),
	    .count = m->count,
	    .first = m->first,
	    .last = m->last,
	    .synced = synced,
	    .top = m->top};
	buf_add(out, zero, sizeof zero);
	buf_adds(out, buf_slice(&m->ids));
	if (level && pack(m, level)) {
		h->flags = BLOCK_DEFLATED;
		buf_adds(out, buf_slice(&m->packed));
	} else {
		buf_adds(out, buf_slice(&m->heads));
		buf_adds(out, buf_slice(&m->lines));
	}
	put_header(out, start, h);
	buf_clear(&m->ids);
	buf_clear(&m->heads);
	buf_clear(&m->lines);
	m->count = 0;
}

void
block_put_index(
    struct buf *out, struct slice body, uint32_t blocks, int64_t first, int64_t last, uint64_t top)
{
	static const char zero[BLOCK_HEADER];
	struct block_head h = {.raw = (uint32_t)body.n,
	    .count = blocks,
	    .flags = BLOCK_INDEX,
	    .first = first,
	    .last = last,
	    .top = top};
	size_t start = out->n;

	buf_add(out, zero, sizeof zero);
	buf_adds(out, body);
	put_header(out, start, &h);
}
