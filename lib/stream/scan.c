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

struct scanner *
scanner_new(const struct scan_plan *plan)
{
	struct scanner *s = xcalloc(1, sizeof *s);

	s->state = xcalloc(1, sizeof *s->state);
	s->state->plan = plan;
	s->state->kernel = best_kernel();
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
	free(s->state->token);
	if (s->state->place)
		free(s->state->place - SCAN_PLACE_FRONT);
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

int
scanner_scan(struct scanner *s, const char *line, size_t n)
{
	const struct scan_kernel *kernel = s->state->kernel;
	size_t found;

	clear(s);
	/* To a kernel a newline is the end; here it may also be white space. */
	if (kernel && n <= SCAN_KERNEL_MAX && kernel->scan(s, line, n, &found) == 0 && found == n)
		return 0;
	return plain(s, line, n);
}

int
scanner_scan_line(struct scanner *s, const char *line, size_t max, size_t *n)
{
	const struct scan_kernel *kernel = s->state->kernel;
	const char *nl;

	clear(s);
	if (kernel && kernel->scan(s, line, max, n) == 0)
		return 0;
	nl = memchr(line, '\n', max);
	*n = nl ? (size_t)(nl - line) : max;
	return plain(s, line, *n);
}
