#include "sme-score/graph.h"

#include <math.h>
#include <stdlib.h>

#include "core/cli.h"
#include "core/map.h"
#include "core/mem.h"
#include "score/graph.h"
#include "score/people.h"
#include "sme-score/author.h"
#include "sme-score/heard.h"
#include "sme-score/mentions.h"
#include "stream/writer.h"

/* A handle of a network is not longer. */
#define HANDLE_MAX 64

static const char *tenant;
static long top;
static bool json, only_h;

static const struct cli_opt options[] = {
    {0, "h-index", CLI_FLAG, &only_h, NULL, "how often each author is heard, for .score.h_index"},
    {0, "json", CLI_FLAG, &json, NULL, "a JSON object for each author instead of a table"},
    {0, "tenant", CLI_STRING, &tenant, "NAME", "only mentions of this tenant"},
    {0, "top", CLI_INT, &top, "N", "the first N only (all)"},
    CLI_END,
};

static const struct cli_tool tool = {
    .name = "sme-score graph",
    .what = GRAPH_WHAT,
    .operands = "[log-or-file ...]",
    .opts = options,
};

enum field { F_ID, F_NETWORK, F_TEXT, F_ANSWERS, F_BOT, FIELDS };

static const char *const paths[FIELDS] = {"id", "network", "text", "in_reply_to", "score.bot"};

/* An answer whose question has not come yet, or never will. */
struct answer {
	uint32_t from;
	char *to;
};

struct reading {
	int fields[FIELDS];
	const struct json_value *values; /* of the mention at hand */
	struct author_reader author;
	struct heard_reader heard;
	struct graph *graph;
	struct map authors; /* id of a mention → node + 1 */
	struct answer *answers;
	size_t nanswers, cap;
	struct map seen; /* ids of mentions: what comes again points once */
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

/* The node of who wrote the mention; false when that is not known. */
static bool
author_node(struct reading *r, uint32_t *node)
{
	if (!author_name(&r->author, r->values, &r->key))
		return false;
	*node = graph_node(r->graph, buf_slice(&r->key));
	return true;
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
			buf_clear(&r->key);
			people_name(SLICE(""), text_of(r, F_NETWORK), (struct slice){s.p + i - n + 1, n}, &r->key);
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
is_fresh(struct reading *r)
{
	struct slice id = text_of(r, F_ID);
	union map_value *v = id.n ? map_put(&r->seen, id) : NULL;

	return !v || !v->u++;
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
	if (json)
		heard_take(&r->heard, values, graph_id(r->graph, node));
	if (bot >= 0)
		graph_trust(r->graph, node, 1 - bot);
	map_put(&r->authors, text_of(r, F_ID))->u = node + 1;
	if (!is_fresh(r))
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

static void
put_author(const struct reading *r, struct buf *b, const struct ranked *a, double influence)
{
	long h;

	if (!json) {
		if (people_fits(a->id))
			buf_printf(b, "%.*s\t%.1f\n", SLICE_ARG(a->id), influence);
		return;
	}
	h = hindex_of(r->heard.h, a->id);
	buf_puts(b, "{\"author\":");
	json_put_string(b, a->id);
	buf_printf(b, ",\"influence\":%.1f,\"rank\":%.3e,\"pointed_to_by\":%u,\"h\":", influence, a->rank,
	    graph_in(r->graph, a->node));
	if (h < 0)
		buf_puts(b, "null}\n");
	else
		buf_printf(b, "%ld}\n", h);
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
		put_author(r, &b, &list[i],
		    list[i].person && people > 1 ? 100.0 * (double)below / (double)(people - 1) : 0);
		writer_put(&w, buf_slice(&b));
	}
	writer_release(&w);
	buf_release(&b);
	free(list);
}

/* ---- only h ---- */

static void
take_heard(void *ctx, const struct json_value *values)
{
	struct reading *r = ctx;

	if (author_name(&r->author, values, &r->key))
		heard_take(&r->heard, values, buf_slice(&r->key));
}

static void
write_h(const struct reading *r)
{
	size_t n, shown = 0;
	const struct hindex_author *list = hindex_list(r->heard.h, &n);
	struct buf b = BUF_INIT;
	struct writer w;

	writer_init(&w, 1, "stdout");
	writer_put(&w, SLICE("# author\th\n"));
	for (size_t i = 0; i < n && (top <= 0 || shown < (size_t)top); i++) {
		if (!people_fits(list[i].name))
			continue;
		buf_clear(&b);
		buf_printf(&b, "%.*s\t%u\n", SLICE_ARG(list[i].name), list[i].h);
		writer_put(&w, buf_slice(&b));
		shown++;
	}
	writer_release(&w);
	buf_release(&b);
}

int
graph_main(int argc, char **argv)
{
	char **names = cli_parse(&tool, argc, argv);
	struct scan_plan *plan = scan_plan_new();
	struct reading r = {.graph = graph_new(), .text = BUF_INIT, .key = BUF_INIT};
	uint64_t bad;

	if (json && only_h)
		sme_die(SME_USAGE, "--json tells h already: leave out --h-index, or --json for a table");
	author_reader_init(&r.author, plan);
	heard_reader_init(&r.heard, plan);
	for (int f = 0; f < FIELDS; f++)
		r.fields[f] = scan_plan_add(plan, paths[f]);
	bad = mentions_read(names, tenant, plan, only_h ? take_heard : take_mention, &r);
	settle_answers(&r);
	if (only_h)
		write_h(&r);
	else
		write_ranks(&r);
	scan_plan_free(plan);
	graph_free(r.graph);
	map_release(&r.authors);
	map_release(&r.seen);
	author_reader_release(&r.author);
	heard_reader_release(&r.heard);
	buf_release(&r.text);
	buf_release(&r.key);
	return bad ? SME_REJECTED : SME_OK;
}
