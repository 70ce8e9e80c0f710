/* The plan, the choice of a kernel, and what the scanners share. */
#include "stream/scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"
#include "stream/scan_int.h"

struct scan_plan *
scan_plan_new(void)
{
	struct scan_plan *plan = xcalloc(1, sizeof *plan);

	plan->nodes = xgrow(NULL, 0, &plan->cap, sizeof *plan->nodes);
	plan->nodes[0] = (struct scan_node){.value = -1};
	plan->n = 1;
	return plan;
}

void
scan_plan_free(struct scan_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 1; i < plan->n; i++)
		free((void *)plan->nodes[i].key.p);
	free(plan->nodes);
	free(plan);
}

size_t
scan_plan_count(const struct scan_plan *plan)
{
	return plan->n - 1;
}

/* Try one multiplier: false when two different heads collide. */
static bool
place_heads(struct scan_plan *plan)
{
	/* No name begins like that: it is not UTF-8. */
	memset(plan->heads, 0xff, sizeof plan->heads);
	for (size_t i = 1; i < plan->n; i++) {
		uint64_t head = plan->nodes[i].head;
		uint64_t *slot = &plan->heads[scan_hash(head, plan->multiplier)];

		if (*slot != UINT64_MAX && *slot != head)
			return false;
		*slot = head;
	}
	return true;
}

/* Make the last node known to the kernels. */
static void
add_name(struct scan_plan *plan)
{
	struct scan_node *node = &plan->nodes[plan->n - 1];

	memcpy(&node->head, node->key.p, node->key.n < 8 ? node->key.n : 8);
	plan->spans[(node->key.n + 2) % sizeof plan->spans] = 0xff;
	for (uint64_t i = 1; i <= 1000; i++) {
		plan->multiplier = hash_mix(i) | 1;
		if (place_heads(plan))
			return;
	}
	plan->multiplier = 0;
}

/* The child KEY of node AT, added if it is not there. */
static int
child(struct scan_plan *plan, int at, struct slice key)
{
	int *link = &plan->nodes[at].first_child;

	for (; *link; link = &plan->nodes[*link].next_sibling)
		if (slice_eq(plan->nodes[*link].key, key))
			return *link;
	*link = (int)plan->n;
	plan->nodes = xgrow(plan->nodes, plan->n, &plan->cap, sizeof *plan->nodes);
	plan->nodes[plan->n] =
	    (struct scan_node){.key = {xslicedup(key), key.n}, .value = (int)plan->n - 1};
	plan->n++;
	add_name(plan);
	return (int)plan->n - 1;
}

int
scan_plan_add_keys(struct scan_plan *plan, const struct slice *keys, size_t n)
{
	int at = 0;

	for (size_t i = 0; i < n; i++)
		at = child(plan, at, keys[i]);
	return plan->nodes[at].value;
}

int
scan_plan_add(struct scan_plan *plan, const char *path)
{
	struct slice rest = slice_of(path), key;
	int at = 0;

	while (slice_cut(&rest, '.', &key))
		at = child(plan, at, key);
	return plan->nodes[at].value;
}

const struct scan_node *
scan_find_child(struct scan_state *st, const struct scan_node *node, struct slice key, bool escaped)
{
	const struct scan_node *nodes = st->plan->nodes;

	if (escaped) {
		struct json_value v = {key.p - 1, (uint32_t)key.n + 2, JSON_STRING, true};

		buf_clear(&st->key);
		key = json_string(&v, &st->key);
	}
	for (int i = node->first_child; i; i = nodes[i].next_sibling)
		if (slice_eq(nodes[i].key, key))
			return &nodes[i];
	return NULL;
}

void
scan_forget(struct scanner *s, const struct scan_node *node)
{
	const struct scan_node *nodes = s->state->plan->nodes;

	s->values[node->value].type = JSON_MISSING;
	for (int i = node->first_child; i; i = nodes[i].next_sibling)
		if (s->values[nodes[i].value].type != JSON_MISSING)
			scan_forget(s, &nodes[i]);
}

static const struct scan_kernel *
best_kernel(void)
{
	const struct scan_kernel *const all[] = {scan_kernel_avx512(), scan_kernel_avx2(),
	    scan_kernel_sse2()};
	const char *forced = getenv("SME_SIMD");

	if (forced && strcmp(forced, "plain") == 0)
		return NULL;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i] && (!forced || strcmp(forced, all[i]->name) == 0))
			return all[i];
	return NULL;
}

const char *
scan_simd(void)
{
	const struct scan_kernel *kernel = best_kernel();

	return kernel ? kernel->name : "plain";
}

static void
batch_open(struct scan_batch *b)
{
	size_t n = SCAN_FRONT + SCAN_KERNEL_MAX + 2 * 64;

	b->token = xcalloc(n, sizeof *b->token);
	b->place = xcalloc(n, sizeof *b->place);
	b->token += SCAN_FRONT;
	b->place += SCAN_FRONT;
}

struct scanner *
scanner_new(const struct scan_plan *plan)
{
	struct scanner *s = scanner_new_once(plan);

	s->state->kernel = best_kernel();
	if (s->state->kernel) {
		batch_open(&s->state->batch);
		s->state->shapes = xcalloc(SCAN_SHAPES, sizeof *s->state->shapes);
	}
	return s;
}

struct scanner *
scanner_new_once(const struct scan_plan *plan)
{
	struct scanner *s = xcalloc(1, sizeof *s);

	s->state = xcalloc(1, sizeof *s->state);
	s->state->plan = plan;
	s->state->key = (struct buf)BUF_INIT;
	s->state->nvalues = scan_plan_count(plan);
	s->values = xcalloc(s->state->nvalues, sizeof *s->values);
	return s;
}

void
scanner_free(struct scanner *s)
{
	if (!s)
		return;
	buf_release(&s->state->key);
	free(s->state->shapes);
	if (s->state->kernel) {
		free(s->state->batch.token - SCAN_FRONT);
		free(s->state->batch.place - SCAN_FRONT);
	}
	free(s->state);
	free(s->values);
	free(s);
}

static void
clear(struct scanner *s)
{
	for (size_t i = 0; i < s->state->nvalues; i++)
		s->values[i].type = JSON_MISSING;
}

static int
plain(struct scanner *s, const char *line, size_t n)
{
	if (n > SCAN_LINE_MAX) {
		s->error = "line too long";
		s->error_at = SCAN_LINE_MAX;
		return -1;
	}
	clear(s);
	return scan_plain(s, line, n);
}

/* Index and walk one text in which no newline counts as the end; true when it is good. */
static bool
kernel_single(struct scanner *s, const char *line, size_t n)
{
	struct scan_state *st = s->state;
	size_t found;
	bool good = n <= SCAN_KERNEL_MAX && st->kernel->index(&st->batch, line, n, true) &&
	    st->kernel->walk(s, line, &found) && found == n;

	st->batch.at = st->batch.ntokens = 0;
	return good;
}

int
scanner_scan(struct scanner *s, const char *line, size_t n)
{
	clear(s);
	if (s->state->kernel && kernel_single(s, line, n))
		return 0;
	return plain(s, line, n);
}

void
scanner_start(struct scanner *s, const char *p, size_t n)
{
	s->state->at = s->state->careful = p;
	s->state->end = p + n;
	s->state->batch.at = s->state->batch.ntokens = 0;
}

/* Index the next stretch of whole lines.  False: go on line by line. */
static bool
refill(struct scan_state *st)
{
	struct scan_batch *b = &st->batch;
	size_t left = (size_t)(st->end - st->at);
	const unsigned char *last;

	if (st->at < st->careful)
		return false;
	for (size_t n = SCAN_BATCH; n <= 4 * SCAN_BATCH; n *= 4) {
		size_t part = n < SCAN_KERNEL_MAX ? n : SCAN_KERNEL_MAX;
		bool final = left <= part;

		if (!st->kernel->index(b, st->at, final ? left : part, final)) {
			st->careful = st->at + (final ? left : part);
			break;
		}
		if (final)
			return true;
		last = memrchr(b->token, '\n', b->ntokens);
		if (last) {
			b->ntokens = (size_t)(last - b->token);
			return true;
		}
	}
	b->at = b->ntokens = 0;
	return false;
}

/* The next line is not to the kernel's liking: pass over it in the batch. */
static void
skip_in_batch(struct scan_batch *b)
{
	const unsigned char *nl = memchr(b->token + b->at, '\n', b->ntokens - b->at);

	b->at = nl ? (size_t)(nl + 1 - b->token) : b->ntokens;
}

int
scanner_next(struct scanner *s, struct slice *line)
{
	struct scan_state *st = s->state;
	struct scan_batch *b = &st->batch;
	const char *nl;
	bool batched;

	if (st->at >= st->end)
		return 0;
	clear(s);
	line->p = st->at;
	batched = st->kernel && (b->at < b->ntokens || refill(st));
	if (batched && st->kernel->walk(s, st->at, &line->n)) {
		st->at += line->n + 1;
		return 1;
	}
	nl = memchr(st->at, '\n', (size_t)(st->end - st->at));
	line->n = (size_t)((nl ? nl : st->end) - st->at);
	st->at += line->n + 1;
	clear(s);
	if (batched)
		skip_in_batch(b);
	else if (st->kernel && kernel_single(s, line->p, line->n))
		return 1;
	return plain(s, line->p, line->n) < 0 ? -1 : 1;
}
