#include "score/hindex.h"

#include <math.h>
#include <stdlib.h>

#include "core/map.h"
#include "core/mem.h"
#include "score/graph.h"
#include "score/reach.h"

#define NONE UINT32_MAX

enum { LIKES, SHARES, REPLIES, TOLD };

/* A post, or what one answers and has not come (yet). */
struct post {
	uint32_t author, answers; /* NONE */
	uint32_t own;             /* so many answers are by its own author */
	double most[TOLD];        /* below 0: unknown */
};

struct account {
	uint32_t network;
	double bot;
	bool known; /* figures of a post */
	uint32_t h;
};

/* A post with figures, and what they come to. */
struct heard {
	uint32_t author;
	double reactions;
};

struct hindex {
	struct map ids, names, networks; /* → number + 1 */
	struct post *posts;
	size_t nposts, posts_cap;
	struct account *accounts; /* by the number of the name */
	size_t accounts_cap;
	struct hindex_author *list; /* NULL until it is asked for */
	size_t n;
};

struct hindex *
hindex_new(void)
{
	return xcalloc(1, sizeof(struct hindex));
}

void
hindex_free(struct hindex *x)
{
	if (!x)
		return;
	map_release(&x->ids);
	map_release(&x->names);
	map_release(&x->networks);
	free(x->posts);
	free(x->accounts);
	free(x->list);
	free(x);
}

/* ---- what is told ---- */

static uint32_t
new_post(struct hindex *x)
{
	x->posts = xgrow(x->posts, x->nposts, &x->posts_cap, sizeof *x->posts);
	x->posts[x->nposts] = (struct post){NONE, NONE, 0, {-1, -1, -1}};
	return (uint32_t)x->nposts++;
}

static uint32_t
post_of(struct hindex *x, struct slice id)
{
	union map_value *v;

	if (!id.n)
		return new_post(x);
	v = map_put(&x->ids, id);
	if (!v->u)
		v->u = new_post(x) + UINT64_C(1);
	return (uint32_t)v->u - 1;
}

static uint32_t
account_of(struct hindex *x, struct slice name)
{
	union map_value *v = map_put(&x->names, name);

	if (!v->u) {
		v->u = x->names.n;
		x->accounts = xgrow(x->accounts, x->names.n - 1, &x->accounts_cap, sizeof *x->accounts);
		x->accounts[v->u - 1] = (struct account){.bot = -1};
	}
	return (uint32_t)v->u - 1;
}

static void
note(double *most, double count)
{
	if (count > *most && count <= REACH_COUNT_MAX)
		*most = count;
}

void
hindex_add(struct hindex *x, const struct hindex_post *post)
{
	uint32_t author = account_of(x, post->author);
	uint32_t answers = post->answers.n ? post_of(x, post->answers) : NONE;
	uint32_t number = post_of(x, post->id);
	union map_value *network = map_put(&x->networks, post->network);
	struct post *p = &x->posts[number]; /* both posts are there: they move no more */

	if (!network->u)
		network->u = x->networks.n;
	x->accounts[author].network = (uint32_t)network->u - 1;
	if (post->bot >= 0)
		x->accounts[author].bot = post->bot;
	p->author = author;
	if (answers != NONE)
		p->answers = answers;
	note(&p->most[LIKES], post->likes);
	note(&p->most[SHARES], post->shares);
	note(&p->most[REPLIES], post->replies);
}

/* ---- what it comes to ---- */

static void
count_own(struct hindex *x)
{
	for (size_t i = 0; i < x->nposts; i++) {
		const struct post *p = &x->posts[i];

		if (p->answers != NONE && p->answers != i && x->posts[p->answers].author == p->author)
			x->posts[p->answers].own++;
	}
}

/* The reactions of others to P; below 0 when no figure is known. */
static double
reactions(const struct post *p)
{
	double sum = -1;

	for (int i = 0; i < TOLD; i++)
		if (p->most[i] >= 0)
			sum = fmax(sum, 0) + (i == REPLIES ? fmax(p->most[i] - p->own, 0) : p->most[i]);
	return sum;
}

static int
by_author(const void *a, const void *b)
{
	const struct heard *x = a, *y = b;

	if (x->author != y->author)
		return x->author < y->author ? -1 : 1;
	return (x->reactions < y->reactions) - (x->reactions > y->reactions);
}

static void
count_h(struct hindex *x)
{
	struct heard *list = xcalloc(x->nposts + 1, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < x->nposts; i++) {
		double sum = x->posts[i].author == NONE ? -1 : reactions(&x->posts[i]);

		if (sum >= 0)
			list[n++] = (struct heard){x->posts[i].author, sum};
	}
	if (n)
		qsort(list, n, sizeof *list, by_author);
	for (size_t i = 0; i < n; i++) {
		struct account *a = &x->accounts[list[i].author];

		a->known = true;
		/* The most reactions first: the next counts while it has more than there are before it. */
		if (list[i].reactions >= a->h + 1)
			a->h++;
	}
	free(list);
}

static int
by_h(const void *a, const void *b)
{
	const struct hindex_author *x = a, *y = b;

	if (x->h != y->h)
		return x->h > y->h ? -1 : 1;
	return slice_cmp(x->name, y->name);
}

static void
settle(struct hindex *x)
{
	x->list = xcalloc(x->names.n + 1, sizeof *x->list);
	count_own(x);
	count_h(x);
	for (size_t i = 0; i < x->names.n; i++) {
		struct account *a = &x->accounts[i];
		bool person = 1 - fmax(a->bot, 0) > GRAPH_PERSON;

		if (!person)
			a->h = 0;
		if (a->known)
			x->list[x->n++] = (struct hindex_author){
			    x->names.items[i].key, x->networks.items[a->network].key, a->h, person};
	}
	qsort(x->list, x->n, sizeof *x->list, by_h);
}

const struct hindex_author *
hindex_list(struct hindex *x, size_t *n)
{
	if (!x->list)
		settle(x);
	*n = x->n;
	return x->list;
}

long
hindex_of(struct hindex *x, struct slice name)
{
	const union map_value *v = map_get(&x->names, name);

	if (!x->list)
		settle(x);
	return v && x->accounts[v->u - 1].known ? (long)x->accounts[v->u - 1].h : -1;
}
