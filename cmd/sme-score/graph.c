#include "sme-score/graph.h"

#include <math.h>
#include <stdlib.h>

#include "core/cli.h"
#include "core/map.h"
#include "core/mem.h"
#include "score/graph.h"
#include "sme-score/mentions.h"
#include "stream/writer.h"

/* A handle of a network is not longer. */
#define HANDLE_MAX 64

static const char *tenant;
static long top;
static bool json;

static const struct cli_opt options[] = {
    {0, "json", CLI_FLAG, &json, NULL, "a JSON object for each author instead of a table"},
    {0, "tenant", CLI_STRING, &tenant, "NAME", "only mentions of this tenant"},
    {0, "top", CLI_INT, &top, "N", "the N most influential only (all)"},
    CLI_END,
};

static const struct cli_tool tool = {
    .name = "sme-score graph",
    .what = GRAPH_WHAT,
    .operands = "[log-or-file ...]",
    .opts = options,
};

enum field { F_ID, F_NETWORK, F_TEXT, F_ANSWERS, F_AUTHOR, F_HANDLE, F_BOT, F_LIKES, F_SHARES, F_REPLIES,
	FIELDS };

static const char *const paths[FIELDS] = {"id", "network", "text", "in_reply_to",
    "author.id", "author.handle", "score.bot", "metrics.likes", "metrics.shares", "metrics.replies"};

/* An answer whose question has not come yet, or never will. */
struct answer {
	uint32_t from;
	char *to;
};

/* A post and the reactions to it. */
struct post {
	uint32_t node;
	double reactions;
};

struct reading {
	int fields[FIELDS];
	const struct json_value *values; /* of the mention at hand */
	struct graph *graph;
	struct map authors; /* id of a mention → node + 1 */
	struct answer *answers;
	size_t nanswers, cap;
	struct map seen; /* id of a mention → its post + 1: what comes again counts once, with its last figures */
	struct post *posts;
	size_t nposts, posts_cap;
	struct buf text, key;
};

/* ---- who points to whom ---- */

static const struct json_value *
field(const struct reading *r, enum field f)
{
	return &r->values[r->fields[f]];
}

static struct slice
text_of(struct reading *r, enum field f)
{
	buf_clear(&r->text);
	return json_string(field(r, f), &r->text);
}

static void
put_lower(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_addc(b, s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i]);
}

/* Accounts go by "network:@handle", as texts name them. */
static void
put_account(struct reading *r, struct slice handle)
{
	buf_clear(&r->key);
	buf_adds(&r->key, text_of(r, F_NETWORK));
	buf_puts(&r->key, ":@");
	put_lower(&r->key, handle);
}

/* The node of who wrote the mention; false when that is not known. */
static bool
author_node(struct reading *r, uint32_t *node)
{
	struct buf handle = BUF_INIT;
	struct slice s = json_string(field(r, F_HANDLE), &handle);

	if (s.n && *s.p == '@')
		s = (struct slice){s.p + 1, s.n - 1};
	if (s.n) {
		put_account(r, s);
		*node = graph_node(r->graph, buf_slice(&r->key));
	} else {
		s = text_of(r, F_AUTHOR);
		if (s.n)
			*node = graph_node(r->graph, s);
	}
	buf_release(&handle);
	return s.n > 0;
}

static bool
is_handle_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	       c == '.' || c == '-';
}

/* An edge to each "@handle" in the text; what follows a letter is an address, not a handle. */
static void
add_mentioned(struct reading *r, uint32_t from)
{
	struct buf copy = BUF_INIT;
	struct slice s = json_string(field(r, F_TEXT), &copy);

	for (size_t i = 0; i < s.n; i++) {
		size_t n = 0;

		if (s.p[i] != '@' || (i > 0 && is_handle_char(s.p[i - 1])))
			continue;
		while (i + 1 + n < s.n && is_handle_char(s.p[i + 1 + n]))
			n++;
		i += n;
		while (n && (s.p[i] == '.' || s.p[i] == '-')) {
			i--;
			n--;
		}
		if (n && n <= HANDLE_MAX) {
			put_account(r, (struct slice){s.p + i - n + 1, n});
			graph_edge(r->graph, from, graph_node(r->graph, buf_slice(&r->key)));
		}
	}
	buf_release(&copy);
}

static void
add_answer(struct reading *r, uint32_t from)
{
	struct slice to = text_of(r, F_ANSWERS);

	if (!to.n)
		return;
	r->answers = xgrow(r->answers, r->nanswers, &r->cap, sizeof *r->answers);
	r->answers[r->nanswers++] = (struct answer){from, xslicedup(to)};
}

/* False when the mention was there before: then only its figures are new.  One without an id never was. */
static bool
add_post(struct reading *r, uint32_t node)
{
	double reactions = json_number(field(r, F_LIKES), 0) + json_number(field(r, F_SHARES), 0) +
	                   json_number(field(r, F_REPLIES), 0);
	struct slice id = text_of(r, F_ID);
	union map_value none = {0}, *v = id.n ? map_put(&r->seen, id) : &none;
	bool fresh = !v->u;

	if (fresh) {
		r->posts = xgrow(r->posts, r->nposts, &r->posts_cap, sizeof *r->posts);
		v->u = ++r->nposts;
	}
	r->posts[v->u - 1] = (struct post){node, reactions};
	return fresh;
}

static void
take_mention(void *ctx, const struct json_value *values)
{
	struct reading *r = ctx;
	double bot;
	uint32_t node;

	r->values = values;
	bot = json_number(field(r, F_BOT), -1);
	if (!author_node(r, &node))
		return;
	if (bot >= 0)
		graph_trust(r->graph, node, 1 - bot);
	map_put(&r->authors, text_of(r, F_ID))->u = node + 1;
	if (!add_post(r, node))
		return;
	add_mentioned(r, node);
	add_answer(r, node);
}

/* Questions may come after their answers when several networks are read together. */
static void
settle_answers(struct reading *r)
{
	for (size_t i = 0; i < r->nanswers; i++) {
		union map_value *v = map_get(&r->authors, slice_of(r->answers[i].to));

		if (v && v->u)
			graph_edge(r->graph, r->answers[i].from, (uint32_t)v->u - 1);
		free(r->answers[i].to);
	}
	free(r->answers);
}

/* ---- the result ---- */

struct ranked {
	uint32_t node;
	double rank;
	bool person;
	struct slice id;
};

/* The highest first; of equals people before bots, then by name, in whatever order they were read. */
static int
by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	if (x->person != y->person)
		return x->person ? -1 : 1;
	return slice_cmp(x->id, y->id);
}

static int
by_author(const void *a, const void *b)
{
	const struct post *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return (x->reactions < y->reactions) - (x->reactions > y->reactions);
}

/* How many posts of each node have at least as many reactions (Hirsch 2005).  The caller frees. */
static uint32_t *
h_indexes(const struct reading *r)
{
	uint32_t *h = xcalloc(graph_size(r->graph) + 1, sizeof *h);

	if (r->nposts)
		qsort(r->posts, r->nposts, sizeof *r->posts, by_author);
	for (size_t i = 0; i < r->nposts; i++) {
		const struct post *p = &r->posts[i];

		/* The most reactions first: the next counts while it has more than there are before it. */
		if (p->reactions >= h[p->node] + 1)
			h[p->node]++;
	}
	return h;
}

static void
put_author(const struct reading *r, struct buf *b, const struct ranked *a, uint32_t h, double influence)
{
	if (!json) {
		buf_printf(b, "%.*s\t%.1f\n", SLICE_ARG(a->id), influence);
		return;
	}
	buf_puts(b, "{\"author\":");
	json_put_string(b, a->id);
	buf_printf(b, ",\"influence\":%.1f,\"rank\":%.3e,\"pointed_to_by\":%u,\"h\":%u}\n", influence, a->rank,
	    graph_in(r->graph, a->node), h);
}

/* All authors in order; PEOPLE gets how many are no likely bots.  The caller frees. */
static struct ranked *
ranked_authors(const struct reading *r, size_t *people)
{
	size_t n = graph_size(r->graph);
	const double *ranks = graph_ranks(r->graph);
	struct ranked *list = xcalloc(n + 1, sizeof *list);

	*people = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t node = (uint32_t)i;

		list[i] = (struct ranked){node, round(ranks[i] * 1e12) / 1e12,
		    graph_is_person(r->graph, node), graph_id(r->graph, node)};
		*people += list[i].person;
	}
	qsort(list, n, sizeof *list, by_rank);
	return list;
}

/* How many people of the N authors from LIST on have the rank of the first. */
static size_t
count_equals(const struct ranked *list, size_t n)
{
	size_t equal = 0;

	for (size_t i = 0; i < n && list[i].rank == list->rank; i++)
		equal += list[i].person;
	return equal;
}

/* The influence is the share of people that have a lower rank, in percent; equal ranks share it.  A likely
 * bot has none, and many bots make nobody influential by standing below. */
static void
write_ranks(const struct reading *r)
{
	size_t n = graph_size(r->graph), shown = top > 0 && (size_t)top < n ? (size_t)top : n, people;
	struct ranked *list = ranked_authors(r, &people);
	uint32_t *h = h_indexes(r);
	size_t below = people;
	struct buf b = BUF_INIT;
	struct writer w;

	writer_init(&w, 1, "stdout");
	if (!json)
		writer_put(&w, SLICE("# author\tinfluence\n"));
	for (size_t i = 0; i < shown; i++) {
		if (i == 0 || list[i].rank != list[i - 1].rank)
			below -= count_equals(&list[i], n - i);
		buf_clear(&b);
		put_author(r, &b, &list[i], h[list[i].node],
		    list[i].person && people > 1 ? 100.0 * (double)below / (double)(people - 1) : 0);
		writer_put(&w, buf_slice(&b));
	}
	writer_release(&w);
	buf_release(&b);
	free(list);
	free(h);
}

int
graph_main(int argc, char **argv)
{
	char **names = cli_parse(&tool, argc, argv);
	struct scan_plan *plan = scan_plan_new();
	struct reading r = {.graph = graph_new(), .text = BUF_INIT, .key = BUF_INIT};
	uint64_t bad;

	for (int f = 0; f < FIELDS; f++)
		r.fields[f] = scan_plan_add(plan, paths[f]);
	bad = mentions_read(names, tenant, plan, take_mention, &r);
	settle_answers(&r);
	write_ranks(&r);
	scan_plan_free(plan);
	graph_free(r.graph);
	map_release(&r.authors);
	map_release(&r.seen);
	free(r.posts);
	buf_release(&r.text);
	buf_release(&r.key);
	return bad ? SME_REJECTED : SME_OK;
}
