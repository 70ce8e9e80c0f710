/*
 * What takes most of the time of the heads: finding features in the table of all heads and adding
 * up.  Included by the files that have the primitives for some kind of machine:
 *
 * KERNEL unsigned match_16(const uint16_t *p, uint16_t print)
 *	A bit for each of 16 at P that is PRINT.
 * KERNEL void add_4(int16_t *sums, const int8_t *row)
 * KERNEL void add_row(int16_t *sums, const int8_t *row, uint32_t stride)
 *	SUMS += ROW, of 4 places, or of STRIDE, which is 8 or a multiple of 16.
 * KERNEL void add_hits(uint8_t *hits, head_set set)
 *	HITS, GROUP_MAX of them, one more each for the heads in SET.
 */

/* The record of the feature number I of a bucket. */
KERNEL const char *
record_of(const char *bucket, unsigned i)
{
	unsigned n = get_u16(bucket);

	return bucket + get_u16(bucket + (1 + n + i) * sizeof(uint16_t));
}

/* Which of the features FROM to FROM + 15 of BUCKET have the low bits of HASH. */
KERNEL unsigned
find_in_bucket(const char *bucket, uint64_t hash, unsigned from)
{
	const uint16_t *prints = (const uint16_t *)(const void *)(bucket + sizeof(uint16_t));
	unsigned n = get_u16(bucket) - from;

	return match_16(prints + from, (uint16_t)hash) & ((1u << (n < 16 ? n : 16)) - 1);
}

/* Look for F in its bucket, and have the record brought near; is it there?  Without a jump, for no
 * one can tell which are. */
KERNEL bool
find_one(struct feature *f)
{
	unsigned bits = find_in_bucket(f->bucket, f->hash, 0);
	unsigned at = (unsigned)__builtin_ctz(bits | 1u << 16) & 15;
	const char *record = record_of(f->bucket, at);

	for (size_t i = 0; i < FETCHED; i += CACHE_LINE)
		__builtin_prefetch(record + i);
	f->found = (uint16_t)bits;
	return (bits != 0) | (get_u16(f->bucket) > 16);
}

/* Rows that list their weights are added after those that do not: a processor waits long when it is
 * to read at once what has just been written piece by piece. */
#define SPARSE_ROWS 256

struct sparse_rows {
	size_t n;
	struct {
		int16_t *sums;
		const char *p;
	} list[SPARSE_ROWS];
};

KERNEL void
add_sparse(struct sparse_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		const char *p = rows->list[i].p;
		const struct model_entry *e = (const void *)(p + sizeof(uint16_t));
		int16_t *sums = rows->list[i].sums;
		unsigned count = get_u16(p);

		for (unsigned c = 0; c < count; c++)
			sums[e[c].label] = (int16_t)(sums[e[c].label] + e[c].weight);
	}
	rows->n = 0;
}

/* Add the row of a wide head at P, if it is WANTED; where it ends. */
KERNEL const char *
add_wide(struct sparse_rows *later, int16_t *sums, const char *p, uint32_t stride, bool wanted)
{
	unsigned count = get_u16(p);

	if (count == DENSE) {
		if (wanted)
			add_row(sums, (const int8_t *)p + sizeof(uint16_t), stride);
		return p + sizeof(uint16_t) + stride;
	}
	later->list[later->n].sums = sums;
	later->list[later->n].p = p;
	later->n += wanted;
	return p + (1 + count) * sizeof(uint16_t);
}

/* Add what a record holds for the heads in SET. */
KERNEL void
add_record(
    const struct joint *j, const char *p, head_set set, struct memo *to, struct sparse_rows *later)
{
	head_set heads = ((const struct record *)(const void *)p)->heads;
	int16_t *sums = memo_sums(to);

	p += sizeof(struct record);
	for (unsigned s = heads & j->wide; s; s &= s - 1) {
		unsigned head = (unsigned)__builtin_ctz(s);

		p = add_wide(later, sums + j->at[head], p, j->stride[head], set >> head & 1);
	}
	for (unsigned s = heads & ~(unsigned)j->wide; s; s &= s - 1) {
		unsigned head = (unsigned)__builtin_ctz(s);

		if (set >> head & 1)
			add_4(sums + j->at[head], (const int8_t *)p);
		p += NARROW;
	}
	add_hits(to->hits, set);
}

/* Add what the record number AT of F's bucket holds, if it is of F. */
KERNEL void
add_if(const struct joint *j, const struct feature *f, unsigned at, struct sparse_rows *later)
{
	uint16_t extra = (uint16_t)(f->hash << j->high >> (64 - EXTRA_BITS));
	const char *p = record_of(f->bucket, at);
	const struct record *r = (const void *)p;
	head_set set = r->heads & f->set & j->by_same[same_bits(extra, r->extra)];

	if (later->n > SPARSE_ROWS - GROUP_MAX)
		add_sparse(later);
	if (set)
		add_record(j, p, set, f->to, later);
}

/* Add what is known of F, one of those found.  Several records may have the same low bits. */
KERNEL void
add_one(const struct joint *j, const struct feature *f, struct sparse_rows *later)
{
	unsigned n = get_u16(f->bucket);

	for (unsigned bits = f->found; bits; bits &= bits - 1)
		add_if(j, f, (unsigned)__builtin_ctz(bits), later);
	for (unsigned from = 16; from < n; from += 16)
		for (unsigned bits = find_in_bucket(f->bucket, f->hash, from); bits;
		     bits &= bits - 1)
			add_if(j, f, from + (unsigned)__builtin_ctz(bits), later);
}

TARGET static void
kernel_add(const struct joint *j, struct feature *f, size_t n)
{
	uint16_t found[LOOKUPS_MAX];
	struct sparse_rows later;
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		found[k] = (uint16_t)i;
		k += find_one(&f[i]);
	}
	later.n = 0;
	for (size_t i = 0; i < k; i++)
		add_one(j, &f[found[i]], &later);
	add_sparse(&later);
}

typedef uint8_t hits16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint16_t counts16 __attribute__((vector_size(32), aligned(2), may_alias));

/* So many hits of 255 at most fit 16 bits. */
#define HITS_MAX 256

TARGET static void
kernel_hits(uint32_t *total, void *const *memo, size_t n)
{
	memset(total, 0, GROUP_MAX * sizeof *total);
	while (n > 0) {
		size_t some = n < HITS_MAX ? n : HITS_MAX;
		counts16 sum = {0};

		for (size_t i = 0; i < some; i++)
			sum += __builtin_convertvector(
			    *(const hits16 *)((const struct memo *)memo[i])->hits, counts16);
		for (unsigned k = 0; k < GROUP_MAX; k++)
			total[k] += sum[k];
		memo += some;
		n -= some;
	}
}
