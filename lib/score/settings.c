#include "score/settings.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "score/table.h"
#include "score/urgency_words.h"

#define DAY_MS INT64_C(86400000)

static const struct score_settings built_in = {
    .sentiment = 25,
    .reach = 25,
    .urgency = 30,
    .direct = 10,
    .bot = 20,
    .age = 0,
    .customer = 15,
    .influence = 10,
    .age_full = DAY_MS,
    .haste = {.sentiment = 0.4, .direct = 0.25, .question = 0.1},
};

static struct words *
built_in_words(void)
{
	struct words *w = words_new();

	for (const struct urgency_word *u = urgency_words; u->term; u++)
		words_set(w, slice_of(u->term), u->weight);
	return w;
}

static int
read_words(struct words *w, struct table *in, struct sme_err *err)
{
	double weight;
	int r;

	while ((r = table_row(in, 2, err)) > 0) {
		if (table_number(in, 1, 1, &weight, err) < 0)
			return -1;
		if (!words_set(w, in->fields[0], weight))
			return err_set(err, SME_CONFIG,
			    "%s:%zu: expected one to %d words, got \"%.*s\"", in->path, in->line,
			    WORDS_PHRASE_MAX, SLICE_ARG(in->fields[0]));
	}
	return r;
}

/* Replace the words by those in the file NAME. */
static int
load_words(struct score_settings *s, const struct config *c, struct slice name, struct sme_err *err)
{
	char *path = config_path(c, name);
	struct table in;
	int r = table_open(&in, path, err);

	if (r == 0) {
		words_free(s->haste.words);
		s->haste.words = words_new();
		r = read_words(s->haste.words, &in, err);
		table_close(&in);
	}
	free(path);
	return r;
}

static int
load_reach(struct score_settings *s, const struct config *c, struct slice name, struct sme_err *err)
{
	char *path = config_path(c, name);
	struct reach_table *t = reach_table_load(path, err);

	free(path);
	if (!t)
		return -1;
	reach_table_free(s->table);
	s->table = t;
	return 0;
}

static int
load_sources(struct score_settings *s, const struct config *c, struct slice name, struct sme_err *err)
{
	char *path = config_path(c, name);
	struct sources *list = sources_load(path, err);

	free(path);
	if (!list)
		return -1;
	sources_free(s->sources);
	s->sources = list;
	return 0;
}

static int
load_people(struct people **list, const struct config *c, struct slice name, double max,
    struct sme_err *err)
{
	char *path = config_path(c, name);
	struct people *p = people_load(path, max, err);

	free(path);
	if (!p)
		return -1;
	people_free(*list);
	*list = p;
	return 0;
}

static int
load_heard(struct score_settings *s, const struct config *c, struct slice name, struct sme_err *err)
{
	char *path = config_path(c, name);
	struct people *p = people_load_counts(path, REACH_COUNT_MAX, err);

	free(path);
	if (!p)
		return -1;
	people_free(s->heard);
	s->heard = p;
	return 0;
}

/* The files that SCORE names. */
static int
load_files(struct score_settings *s, const struct config *c, const struct json_node *score,
    struct sme_err *err)
{
	struct slice reach = node_text(score, "reach"), sources = node_text(score, "sources");
	struct slice customers = node_text(score, "customers"), influence = node_text(score, "influence");
	struct slice heard = node_text(score, "h_index");

	if ((reach.p && load_reach(s, c, reach, err) < 0) ||
	    (sources.p && load_sources(s, c, sources, err) < 0) ||
	    (customers.p && load_people(&s->customers, c, customers, 1, err) < 0) ||
	    (influence.p && load_people(&s->influencers, c, influence, 100, err) < 0) ||
	    (heard.p && load_heard(s, c, heard, err) < 0))
		return -1;
	return 0;
}

/* The label NAME in MAP, made if it is new. */
static struct label *
label(struct score_settings *s, struct map *map, const char *kind, struct slice name)
{
	union map_value *v = map_put(map, name);
	struct buf why = BUF_INIT;
	struct label *l = v->ptr;

	if (l)
		return l;
	v->ptr = l = arena_zalloc(&s->arena, sizeof *l);
	buf_printf(&why, "\"%s:", kind);
	json_put_escaped(&why, name);
	buf_addc(&why, '"');
	l->why = arena_dup(&s->arena, buf_slice(&why));
	buf_release(&why);
	return l;
}

static void
take_labels(struct score_settings *s, struct map *map, const char *kind,
    const struct json_node *points, const struct json_node *urgency)
{
	for (NODE_EACH(p, points))
		label(s, map, kind, p->key)->points = p->number;
	for (NODE_EACH(u, urgency))
		label(s, map, kind, u->key)->urgency = u->number;
}

static int
take_words(struct score_settings *s, const struct config *c, const struct json_node *urgency,
    struct sme_err *err)
{
	struct slice file = node_text(urgency, "file");

	if (file.p && load_words(s, c, file, err) < 0)
		return -1;
	for (NODE_EACH(w, node_get(urgency, "words")))
		if (!words_set(s->haste.words, w->key, w->number))
			return err_set(err, SME_CONFIG,
			    "%s: .score.urgency.words: expected one to %d words, "
			    "got \"%.*s\"",
			    c->path, WORDS_PHRASE_MAX, SLICE_ARG(w->key));
	return 0;
}

/* Change S by one .score object, which the schema has checked. */
static int
apply(struct score_settings *s, const struct config *c, const struct json_node *score,
    struct sme_err *err)
{
	const struct json_node *w = node_get(score, "weights"), *u = node_get(score, "urgency");

	s->sentiment = node_number(w, "sentiment", s->sentiment);
	s->reach = node_number(w, "reach", s->reach);
	s->urgency = node_number(w, "urgency", s->urgency);
	s->direct = node_number(w, "direct", s->direct);
	s->bot = node_number(w, "bot", s->bot);
	s->age = node_number(w, "age", s->age);
	s->credibility = node_number(w, "credibility", s->credibility);
	s->customer = node_number(w, "customer", s->customer);
	s->influence = node_number(w, "influence", s->influence);
	s->age_full = (double)config_duration(score, "age", (int64_t)s->age_full);
	s->haste.sentiment = node_number(u, "sentiment", s->haste.sentiment);
	s->haste.direct = node_number(u, "direct", s->haste.direct);
	s->haste.question = node_number(u, "question", s->haste.question);
	take_labels(s, &s->intents, "intent", node_get(score, "intents"), node_get(u, "intents"));
	take_labels(s, &s->topics, "topic", node_get(score, "topics"), node_get(u, "topics"));
	take_labels(s, &s->queries, "query", node_get(score, "queries"), node_get(u, "queries"));
	if (load_files(s, c, score, err) < 0)
		return -1;
	return take_words(s, c, u, err);
}

struct score_settings *
score_settings_new(const struct config *c, const struct json_node *score, struct sme_err *err)
{
	struct score_settings *s = xmalloc(sizeof *s);

	*s = built_in;
	s->table = reach_table_new();
	s->haste.words = built_in_words();
	if (apply(s, c, node_get(c->root, "score"), err) < 0 || apply(s, c, score, err) < 0) {
		score_settings_free(s);
		return NULL;
	}
	return s;
}

void
score_settings_free(struct score_settings *s)
{
	if (!s)
		return;
	map_release(&s->intents);
	map_release(&s->topics);
	map_release(&s->queries);
	reach_table_free(s->table);
	sources_free(s->sources);
	people_free(s->customers);
	people_free(s->influencers);
	people_free(s->heard);
	words_free(s->haste.words);
	arena_release(&s->arena);
	free(s);
}
