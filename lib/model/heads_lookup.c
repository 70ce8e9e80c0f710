/*
 * Features looked for by a group of heads: in their files, and when they are many in one table made
 * of them, see heads_joint.c.  Each look-up there waits for memory twice, so many go through its
 * steps together: while one waits, the others ask.
 */
#include "model/heads_joint.h"
#include "model/sums.h"

/* The table, or NULL as long as it is not worth making, or other threads make the rest of it, or it
 * cannot be made.  To make it costs about half of what it costs to look for as many features in
 * files as are in it, and it serves all threads; so they help each other. */
static const struct joint *
find_joint(struct lookups *l)
{
	struct group *g = l->group;
	struct joint *j = atomic_load_explicit(&g->joint, memory_order_acquire);

	if (j || (l->done < g->rows / 4 && !atomic_load(&g->begun)))
		return j;
	if (!atomic_flag_test_and_set(&g->making))
		atomic_store(&g->begun, joint_begin(g));
	j = atomic_load(&g->begun);
	if (!j || !joint_make(j, g))
		return NULL;
	memos_many(g->memos);
	atomic_store_explicit(&g->joint, j, memory_order_release);
	return j;
}

static const uint32_t *
start_in(const struct model *m, uint64_t hash)
{
	return &m->starts[hash >> (64 - m->header->bucket_bits)];
}

/* Have brought near what is read first of the files for a feature, and then what is read next. */
static void
fetch_starts(const struct group *g, const struct feature *f)
{
	for (head_set s = f->set; s; s &= (head_set)(s - 1))
		__builtin_prefetch(start_in(g->models[__builtin_ctz(s)], f->hash));
}

static void
fetch_prints(const struct group *g, const struct feature *f)
{
	for (head_set s = f->set; s; s &= (head_set)(s - 1)) {
		const struct model *m = g->models[__builtin_ctz(s)];

		__builtin_prefetch(m->prints + *start_in(m, f->hash));
	}
}

/* Look for a feature in the file of head number HEAD. */
static void
add_from_file(const struct group *g, unsigned head, const struct feature *f)
{
	const struct model *m = g->models[head];
	int32_t row = model_find(m, f->hash);
	int16_t *sums = memo_sums(f->to) + g->at[head];
	const struct model_entry *e;
	unsigned count;

	if (row < 0)
		return;
	f->to->hits[head]++;
	if (!m->entries) {
		sums_add_row(sums, m->weights + (size_t)row * m->header->stride, m->header->stride);
		return;
	}
	e = model_entries(m, f->hash, (uint32_t)row, &count);
	for (unsigned i = 0; i < count; i++)
		sums[e[i].label] = (int16_t)(sums[e[i].label] + e[i].weight);
}

/* So many features ahead are fetched. */
#define AHEAD 4

static void
add_from_files(struct lookups *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct feature *f = &l->list[i];

		for (size_t next = i ? i + AHEAD : 0; next <= i + AHEAD && next < l->n; next++)
			fetch_prints(l->group, &l->list[next]);
		for (head_set s = f->set; s; s &= (head_set)(s - 1)) {
			add_from_file(l->group, (unsigned)__builtin_ctz(s), f);
			l->done++;
		}
	}
}

/* Have the bucket of HASH brought near. */
static const char *
bucket_of(const struct joint *j, uint64_t hash)
{
	const char *bucket = j->buckets + *joint_start(j, hash);

	__builtin_prefetch(bucket);
	__builtin_prefetch(bucket + CACHE_LINE);
	return bucket;
}

void
lookup_step(struct lookups *l)
{
	for (; l->joint && l->near < l->n; l->near++)
		l->list[l->near].bucket = bucket_of(l->joint, l->list[l->near].hash);
}

void
lookup_finish(struct lookups *l)
{
	if (l->joint) {
		lookup_step(l);
		l->kernel->add(l->joint, l->list, l->n);
	} else {
		add_from_files(l);
		l->joint = find_joint(l);
	}
	l->n = l->near = 0;
}

void
lookup_far(struct lookups *l, const struct hash_list *list)
{
	for (size_t i = 0; l->joint && i < list->n; i++)
		__builtin_prefetch(joint_start(l->joint, list->hash[i]));
}

void
lookup_near(struct lookups *l, const struct hash_list *list)
{
	for (size_t i = 0; l->joint && i < list->n; i++)
		bucket_of(l->joint, list->hash[i]);
}

void
lookup(struct lookups *l, uint64_t hash, head_set set, struct memo *to)
{
	if (set && l->once)
		set = once_add(l->once, hash, set);
	if (!set)
		return;
	if (l->n == LOOKUPS_MAX)
		lookup_finish(l);
	l->list[l->n] = (struct feature){.hash = hash, .to = to, .set = set};
	if (l->joint)
		__builtin_prefetch(joint_start(l->joint, hash));
	else
		fetch_starts(l->group, &l->list[l->n]);
	l->n++;
}
