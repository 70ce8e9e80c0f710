#include "model/classify_int.h"

#include <stdlib.h>

#include "core/mem.h"
#include "model/decide.h"
#include "stream/json.h"

/* With --explain, so many words at most for each head. */
#define REASONS_MAX 5

/* A text may be in a language with such a probability: where nobody speaks for the likeliest one.
 */
#define LANG_MIN 0.05

struct classifier_run {
	const struct classifier *c;
	struct classifier_run **tenants; /* as in c->own, made when they are needed */
	struct heads_run *heads;
	struct query_scratch *queries;
	struct details_run *details;
	struct mention *mention; /* the one at hand */
	int lang;                /* its likeliest language, a label of that head, or -1 */
	int *speaker;            /* for each answer the model that speaks for it, or -1 */
};

struct classifier_run *
classifier_run_new(const struct classifier *c)
{
	struct classifier_run *run = xcalloc(1, sizeof *run);

	run->c = c;
	run->tenants = xcalloc(c->tenants.n + 1, sizeof *run->tenants);
	run->heads = heads_run_new(c->heads);
	run->queries = watch_scratch(c->watch);
	run->details = details_run_new(&c->details);
	run->speaker = xcalloc(c->answers_n + 1, sizeof *run->speaker);
	run->mention = xcalloc(1, sizeof *run->mention);
	run->mention->strings = (struct buf)BUF_INIT;
	return run;
}

/* The same for the mentions of one tenant; whatever is not of its heads, it borrows. */
static struct classifier_run *
tenant_run_new(const struct classifier_run *run, const struct classifier *own)
{
	struct classifier_run *t = xcalloc(1, sizeof *t);

	*t = *run;
	t->c = own;
	t->tenants = NULL;
	t->heads = heads_run_new_on(run->heads, own->heads);
	t->speaker = xcalloc(own->answers_n + 1, sizeof *t->speaker);
	return t;
}

static void
tenant_run_free(struct classifier_run *t)
{
	if (!t)
		return;
	heads_run_free(t->heads);
	free(t->speaker);
	free(t);
}

void
classifier_run_free(struct classifier_run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->c->tenants.n; i++)
		tenant_run_free(run->tenants[i]);
	free(run->tenants);
	heads_run_free(run->heads);
	query_scratch_free(run->queries);
	details_run_free(run->details);
	free(run->speaker);
	mention_release(run->mention);
	free(run->mention);
	free(run);
}

/* The label that is sure enough, or NULL. */
static const char *
sure_label(const struct classifier *c, size_t head, const struct head_result *r)
{
	double min = c->min_p;

	if (min < 0 && r->best >= 0)
		min = decide_floor(c->models[head], r->best);
	return r->best < 0 || r->p < min ? NULL : c->models[head]->names[r->best];
}

static void
put_why(struct classifier_run *run, size_t head, const struct head_result *r, struct buf *out)
{
	struct head_reason why[REASONS_MAX];
	const struct norm *norm = heads_norm(run->heads);
	size_t n = r->best < 0 ? 0 : heads_explain(run->heads, head, r->best, why, REASONS_MAX);

	buf_puts(out, ",\"why\":[");
	for (size_t i = 0, shown = 0; i < n; i++) {
		struct slice token = norm_token(norm, why[i].token);

		if (details_hides_token(run->details, token))
			continue;
		buf_puts(out, shown++ ? ",[" : "[");
		json_put_string(out, token);
		buf_addc(out, ',');
		json_put_fixed(out, why[i].weight, 4);
		buf_addc(out, ']');
	}
	buf_addc(out, ']');
}

static const struct head_result *
result_of(const struct classifier_run *run, int head)
{
	return heads_answer(run->heads, (size_t)head);
}

/* The likeliest language of the text at hand that somebody speaks for in answer A, or -1. */
static int
spoken_lang(const struct classifier_run *run, const struct answer *a)
{
	int lang = run->c->lang, best = -1;
	const double *p = result_of(run, lang)->probs;

	for (uint32_t l = 0; l < run->c->models[lang]->header->labels; l++)
		if (classifier_pick(a, (int)l) >= 0 && p[l] >= LANG_MIN &&
		    (best < 0 || p[l] > p[best]))
			best = (int)l;
	return best;
}

static int
find_speaker(const struct classifier_run *run, const struct answer *a)
{
	int head = classifier_pick(a, run->lang), lang;

	if (head >= 0 || run->lang < 0)
		return head;
	lang = spoken_lang(run, a);
	return lang < 0 ? -1 : classifier_pick(a, lang);
}

/* Find out who speaks for the text at hand, and say so to the heads. */
static void
choose_speakers(struct classifier_run *run)
{
	const struct classifier *c = run->c;

	for (size_t i = 0; i < c->answers_n; i++)
		run->speaker[i] = find_speaker(run, &c->answers[i]);
	heads_ask(run->heads, run->speaker, c->answers_n);
}

/* {"KEY":label,"p":...  of one head, left open. */
static void
put_label(struct classifier_run *run, const char *key, int head, struct buf *out)
{
	const struct head_result *r = head >= 0 ? result_of(run, head) : NULL;
	const char *label = r ? sure_label(run->c, (size_t)head, r) : NULL;

	buf_puts(out, "{\"");
	buf_puts(out, key);
	buf_puts(out, "\":");
	if (label)
		json_put_string(out, slice_of(label));
	else
		buf_puts(out, "null");
	buf_puts(out, ",\"p\":");
	if (r)
		json_put_fixed(out, r->p, 4);
	else
		buf_puts(out, "null");
}

static void
end_head(struct classifier_run *run, int head, struct buf *out)
{
	if (run->c->explain && head >= 0)
		put_why(run, (size_t)head, result_of(run, head), out);
	buf_addc(out, '}');
}

static void
put_named(struct classifier_run *run, const char *key, int head, struct buf *out)
{
	put_label(run, key, head, out);
	end_head(run, head, out);
}

/* The score is what speaks for positive less what speaks for negative, -1 to 1. */
static void
put_sentiment(struct classifier_run *run, int head, struct buf *out)
{
	double score = 0;

	put_label(run, "label", head, out);
	if (head >= 0 && run->c->loaded[head].yes >= 0)
		score += result_of(run, head)->probs[run->c->loaded[head].yes];
	if (head >= 0 && run->c->loaded[head].no >= 0)
		score -= result_of(run, head)->probs[run->c->loaded[head].no];
	buf_puts(out, ",\"score\":");
	json_put_fixed(out, score, 4);
	end_head(run, head, out);
}

/* {"label":true,"p":0.97}: p is the probability of yes, whatever the label. */
static void
put_yes_no(struct classifier_run *run, int head, struct buf *out)
{
	const struct head_result *r = head >= 0 ? result_of(run, head) : NULL;
	int yes = r ? run->c->loaded[head].yes : -1;
	bool sure = r && sure_label(run->c, (size_t)head, r);

	buf_puts(out, "{\"label\":");
	buf_puts(out, !sure || yes < 0 ? "null" : r->best == yes ? "true" : "false");
	buf_puts(out, ",\"p\":");
	if (r && yes >= 0)
		json_put_fixed(out, r->probs[yes], 4);
	else
		buf_puts(out, "null");
	end_head(run, head, out);
}

/* The members that have places of their own. */
static void
put_places(struct classifier_run *run, struct buf *out)
{
	const struct classifier *c = run->c;

	for (int p = 0; p < PLACE_TOPIC; p++) {
		int head;

		if (c->places[p] < 0 || (p == PLACE_LANG && c->hide_lang))
			continue;
		head = run->speaker[c->places[p]];
		json_put_string(out, slice_of(c->answers[c->places[p]].name));
		buf_addc(out, ':');
		if (p == PLACE_LANG)
			put_named(run, "code", head, out);
		else if (p == PLACE_SENTIMENT)
			put_sentiment(run, head, out);
		else if (p == PLACE_INTENT)
			put_named(run, "label", head, out);
		else
			put_yes_no(run, head, out);
		buf_addc(out, ',');
	}
}

/* Under "heads" stands what has no place of its own, and what was not shipped.  A topic's place is
 * among the topics, but those have no room for the reasons. */
static bool
is_other_head(const struct classifier *c, size_t i)
{
	if ((int)i == c->places[PLACE_TOPIC])
		return c->explain;
	if ((int)i == c->places[PLACE_LANG])
		return false;
	for (int p = 0; p < PLACE_TOPIC; p++)
		if ((int)i == c->places[p])
			return c->answers[i].added;
	return true;
}

static void
put_other_heads(struct classifier_run *run, struct buf *out)
{
	const struct classifier *c = run->c;
	bool some = false;

	for (size_t i = 0; i < c->answers_n; i++) {
		if (!is_other_head(c, i))
			continue;
		buf_puts(out, some ? "," : "\"heads\":{");
		some = true;
		json_put_string(out, slice_of(c->answers[i].name));
		buf_addc(out, ':');
		put_named(run, "label", run->speaker[i], out);
	}
	if (some)
		buf_puts(out, "},");
}

/* Add TOPIC to the list that begins at FROM in OUT, unless it is there. */
static void
add_topic(struct slice topic, size_t from, struct buf *out)
{
	size_t end = out->n;
	struct slice own, list;

	if (end > from)
		buf_addc(out, ',');
	json_put_string(out, topic);
	if (end == from)
		return;
	/* Inside a string the quotes would have a backslash before them. */
	own = (struct slice){out->p + end + 1, out->n - end - 1};
	list = (struct slice){out->p + from, end - from};
	if (slice_find(list, own) >= 0)
		out->n = end;
}

/* What the topic head says, "network" before "network/outage". */
static void
put_topics(const struct classifier_run *run, size_t from, struct buf *out)
{
	const struct classifier *c = run->c;
	int topic = c->places[PLACE_TOPIC] < 0 ? -1 : run->speaker[c->places[PLACE_TOPIC]];
	const char *label = topic >= 0 ? sure_label(c, (size_t)topic, result_of(run, topic)) : NULL;
	struct slice whole = slice_of(label);

	for (size_t i = 1; i < whole.n; i++)
		if (label[i] == '/')
			add_topic((struct slice){label, i}, from, out);
	if (whole.n)
		add_topic(whole, from, out);
}

static void
put_more(void *ctx, enum watch_kind kind, size_t from, struct buf *out)
{
	struct classifier_run *run = ctx;

	if (kind == WATCH_TOPIC)
		put_topics(run, from, out);
	else if (kind == WATCH_KEYWORD)
		details_put_keywords(run->details, from, out);
}

static bool
hides(void *ctx, struct slice name)
{
	return details_hides_keyword(((struct classifier_run *)ctx)->details, name);
}

/* The language to compare words with: the likeliest one, however sure. */
static struct slice
words_lang(const struct classifier_run *run)
{
	return run->lang >= 0 ? slice_of(run->c->models[run->c->lang]->names[run->lang])
	                      : run->mention->fields.lang;
}

static void
put_queries(struct classifier_run *run, int scope, struct buf *out)
{
	const struct watch_more more = {put_more, hides, run};
	const struct classifier *c = run->c;
	const struct mention *m = run->mention;
	struct query_fields fields = m->fields;
	int lang = c->lang;
	const char *code = lang >= 0 ? sure_label(c, (size_t)lang, result_of(run, lang)) : NULL;

	/* What the network says holds when the text does not tell. */
	if (code)
		fields.lang = slice_of(code);
	watch_put(c->watch, run->queries, m->text, &fields, scope, c->explain, &more, out);
}

static void
classify_by(struct classifier_run *run, struct buf *out)
{
	const struct classifier *c = run->c;
	const struct mention *m = run->mention;
	int scope = watch_scope(c->watch, m->tenant), lang = c->lang;

	heads_read(run->heads, m->text);
	details_words(run->details, m->text);
	heads_step(run->heads);
	details_entities(run->details, scope);
	heads_step(run->heads);
	details_copies(run->details);
	run->lang = lang >= 0 ? heads_answer(run->heads, (size_t)lang)->best : -1;
	details_lang(run->details, words_lang(run));
	choose_speakers(run);
	details_keywords(run->details);
	buf_addc(out, '{');
	put_places(run, out);
	put_other_heads(run, out);
	put_queries(run, scope, out);
	details_put(run->details, out);
	buf_puts(out, ",\"model\":");
	json_put_string(out, slice_of(c->release));
	buf_addc(out, '}');
}

/* The heads of the mention's tenant, if it has its own. */
static struct classifier_run *
run_for(struct classifier_run *run)
{
	const struct classifier *c = run->c;
	const union map_value *own;
	struct slice tenant = run->mention->tenant;

	if (!c->tenants.n)
		return run;
	own = map_get(&c->tenants, tenant.p ? tenant : SLICE("default"));
	if (!own)
		return run;
	if (!run->tenants[own->u])
		run->tenants[own->u] = tenant_run_new(run, c->own[own->u]);
	return run->tenants[own->u];
}

void
classify(struct classifier_run *run, const struct event *ev, struct buf *out)
{
	mention_read(run->mention, &run->c->plan, ev);
	classify_by(run_for(run), out);
}
