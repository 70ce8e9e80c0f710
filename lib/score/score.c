#include "score/score.h"

#include <math.h>
#include <stdlib.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "score/bot.h"
#include "score/priority.h"
#include "score/settings.h"

#define DAY_MS 86400000.0

/* What is read of an event, by index into the plan. */
struct paths {
	int id, tenant, network, direct, text, created_at, fetched_at;
	int followers, following, posts, listed, favourites, since, verified, declared, picture;
	int default_profile, author_url, location, handle, name, description, clients, client;
	int counts[REACH_TOLD];
	int sentiment, intent, topics, queries, links, author;
};

struct score_model {
	struct score_settings *general;
	struct map tenants; /* struct score_settings *; only those with a .score of their own */
	struct paths at;
	struct trees *trees; /* who is a bot */
	int64_t now;
};

struct worker {
	struct priority priority;
	struct buf text, handle, description; /* decoded strings of the event at hand */
};

/* What is known about one mention; below 0: unknown. */
struct facts {
	const struct score_settings *s;
	double negative;      /* 0 to 1 */
	double reach;         /* whole points */
	double bot, urgency;  /* hundredths as a fraction */
	double age;           /* 0 to 1 */
	double credibility;   /* hundredths as a fraction */
	double customer;      /* 0 to 1 */
	double influence;     /* 0 to 100 */
	double h;
	struct slice imitated; /* the domain that a link pretends to be; p == NULL */
	double label_urgency; /* 0 to 1: the most urgent intent, topic or query */
	bool direct;
};

static void
add_paths(struct paths *at, struct scan_plan *plan)
{
	at->id = scan_plan_add(plan, "id");
	at->tenant = scan_plan_add(plan, "tenant");
	at->network = scan_plan_add(plan, "network");
	at->direct = scan_plan_add(plan, "direct");
	at->text = scan_plan_add(plan, "text");
	at->created_at = scan_plan_add(plan, "created_at");
	at->fetched_at = scan_plan_add(plan, "fetched_at");
	at->followers = scan_plan_add(plan, "author.followers");
	at->following = scan_plan_add(plan, "author.following");
	at->posts = scan_plan_add(plan, "author.posts");
	at->listed = scan_plan_add(plan, "author.listed");
	at->favourites = scan_plan_add(plan, "author.favourites");
	at->since = scan_plan_add(plan, "author.created_at");
	at->default_profile = scan_plan_add(plan, "author.default_profile");
	at->author_url = scan_plan_add(plan, "author.url");
	at->location = scan_plan_add(plan, "author.location");
	at->description = scan_plan_add(plan, "author.description");
	at->clients = scan_plan_add(plan, "author.clients");
	at->client = scan_plan_add(plan, "client");
	at->verified = scan_plan_add(plan, "author.verified");
	at->declared = scan_plan_add(plan, "author.bot");
	at->picture = scan_plan_add(plan, "author.default_picture");
	at->handle = scan_plan_add(plan, "author.handle");
	at->name = scan_plan_add(plan, "author.name");
	at->counts[REACH_FOLLOWERS] = at->followers;
	at->counts[REACH_LIKES] = scan_plan_add(plan, "metrics.likes");
	at->counts[REACH_SHARES] = scan_plan_add(plan, "metrics.shares");
	at->counts[REACH_REPLIES] = scan_plan_add(plan, "metrics.replies");
	at->counts[REACH_VIEWS] = scan_plan_add(plan, "metrics.views");
	at->author = scan_plan_add(plan, "author.id");
	at->links = scan_plan_add(plan, "links");
	at->sentiment = scan_plan_add(plan, "class.sentiment.score");
	at->intent = scan_plan_add(plan, "class.intent");
	at->topics = scan_plan_add(plan, "class.topics");
	at->queries = scan_plan_add(plan, "class.queries");
}

static int
open_tenants(struct score_model *m, const struct config *c, struct sme_err *err)
{
	for (NODE_EACH(t, node_get(c->root, "tenants"))) {
		const struct json_node *score = node_get(t, "score");
		struct score_settings *s = score ? score_settings_new(c, score, err) : NULL;

		if (score && !s)
			return -1;
		if (s)
			map_put(&m->tenants, t->key)->ptr = s;
	}
	return 0;
}

struct score_model *
score_model_new(const struct config *c, int64_t now, struct scan_plan *plan, struct sme_err *err)
{
	struct score_model *m = xcalloc(1, sizeof *m);

	m->now = now;
	add_paths(&m->at, plan);
	m->trees = bot_trees(err);
	m->general = m->trees ? score_settings_new(c, NULL, err) : NULL;
	if (!m->general || open_tenants(m, c, err) < 0) {
		score_model_free(m);
		return NULL;
	}
	return m;
}

void
score_model_free(struct score_model *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->tenants.n; i++)
		score_settings_free(m->tenants.items[i].value.ptr);
	map_release(&m->tenants);
	score_settings_free(m->general);
	trees_free(m->trees);
	free(m);
}

void *
score_worker_open(const void *model)
{
	struct worker *w = xcalloc(1, sizeof *w);

	(void)model;
	w->text = w->handle = w->description = (struct buf)BUF_INIT;
	return w;
}

void
score_worker_close(void *worker)
{
	struct worker *w = worker;

	priority_release(&w->priority);
	buf_release(&w->text);
	buf_release(&w->handle);
	buf_release(&w->description);
	free(w);
}

/* The string V, valid until the next call. */
static struct slice
text(struct worker *w, const struct json_value *v)
{
	buf_clear(&w->text);
	return json_string(v, &w->text);
}

static const struct score_settings *
settings_of(const struct score_model *m, struct worker *w, const struct json_value *tenant)
{
	struct slice id = m->tenants.n ? text(w, tenant) : SLICE("");
	const struct score_settings *s;

	s = m->tenants.n ? map_ptr(&m->tenants, id.p ? id : SLICE("default")) : NULL;
	return s ? s : m->general;
}

/* When the mention was written, as far as it says; TIME_NONE otherwise. */
static int64_t
written_at(const struct score_model *m, struct worker *w, const struct json_value *values)
{
	int64_t ms;

	if (rfc3339_parse(text(w, &values[m->at.created_at]), &ms) ||
	    rfc3339_parse(text(w, &values[m->at.fetched_at]), &ms))
		return ms;
	return TIME_NONE;
}

/* -1 when nothing is said; a text is as good as true. */
static int
truth(const struct json_value *v)
{
	if (v->type == JSON_MISSING)
		return -1;
	return v->type == JSON_TRUE || (v->type == JSON_STRING && v->n > 2);
}

static void
take_client(struct worker *w, struct bot_account *a, const struct json_value *v)
{
	struct slice name = text(w, v);

	if (!name.n)
		return;
	a->clients |= 1u << client_kind(name);
	a->nclients++;
}

/* Those of the account, else the one of this mention. */
static void
take_clients(struct worker *w, struct bot_account *a, const struct json_value *list,
    const struct json_value *one)
{
	struct json_value item;
	struct json_iter it;

	if (list->type == JSON_ARRAY)
		for (it = json_each(list); json_next(&it, NULL, &item);)
			take_client(w, a, &item);
	if (!a->nclients)
		take_client(w, a, one);
}

static double
bot_of(const struct score_model *m, struct worker *w, const struct json_value *v, int64_t written)
{
	const struct paths *at = &m->at;
	struct bot_account a = BOT_ACCOUNT_UNKNOWN;
	int64_t since;
	double p;

	a.followers = json_number(&v[at->followers], -1);
	a.following = json_number(&v[at->following], -1);
	a.posts = json_number(&v[at->posts], -1);
	a.listed = json_number(&v[at->listed], -1);
	a.favourites = json_number(&v[at->favourites], -1);
	a.verified = truth(&v[at->verified]);
	a.default_profile = truth(&v[at->default_profile]);
	a.default_picture = truth(&v[at->picture]);
	a.has_url = truth(&v[at->author_url]);
	a.has_location = truth(&v[at->location]);
	a.declared = json_bool(&v[at->declared]);
	take_clients(w, &a, &v[at->clients], &v[at->client]);
	if (written != TIME_NONE && rfc3339_parse(text(w, &v[at->since]), &since))
		a.age_days = written > since ? (double)(written - since) / DAY_MS : 0;
	buf_clear(&w->text);
	buf_clear(&w->handle);
	buf_clear(&w->description);
	a.name = json_string(&v[at->name], &w->text);
	a.handle = json_string(&v[at->handle], &w->handle);
	a.description = json_string(&v[at->description], &w->description);
	p = bot_likelihood(m->trees, &a);
	return p < 0 ? -1 : round(p * 100) / 100;
}

static void
find_counts(const struct score_model *m, const struct facts *f, const struct json_value *v,
    double counts[REACH_FIELDS])
{
	for (int i = 0; i < REACH_TOLD; i++)
		counts[i] = json_number(&v[m->at.counts[i]], -1);
	counts[REACH_H] = f->h;
}

static double
reach_of(const struct score_model *m, struct worker *w, const struct facts *f,
    const struct json_value *v)
{
	double counts[REACH_FIELDS], p;

	find_counts(m, f, v, counts);
	p = reach_points(f->s->table, text(w, &v[m->at.network]), counts);
	return p < 0 ? -1 : round(p);
}

static const struct label *
find_label(struct worker *w, const struct map *labels, const struct json_value *v)
{
	struct slice name = text(w, v);

	return name.p ? map_ptr(labels, name) : NULL;
}

/* Count the label L at strength P, once. */
static void
take_label(struct worker *w, struct facts *f, const struct label *l, double p)
{
	if (!l)
		return;
	if (l->points != 0 && !priority_has(&w->priority, l->why))
		priority_add(&w->priority, l->why, l->points * p);
	if (l->urgency * p > f->label_urgency)
		f->label_urgency = l->urgency * p;
}

static void
take_labels(
    struct worker *w, struct facts *f, const struct map *labels, const struct json_value *list)
{
	struct json_value item;
	struct json_iter it;

	if (!labels->n || list->type != JSON_ARRAY)
		return;
	for (it = json_each(list); json_next(&it, NULL, &item);)
		take_label(w, f, find_label(w, labels, &item), 1);
}

static double
between_0_and_1(double x)
{
	return x > 0 ? (x < 1 ? x : 1) : 0;
}

static void
take_intent(
    struct worker *w, struct facts *f, const struct map *labels, const struct json_value *intent)
{
	struct json_value label, p;

	if (!labels->n || intent->type != JSON_OBJECT)
		return;
	label = json_member(intent, SLICE("label"));
	p = json_member(intent, SLICE("p"));
	take_label(w, f, find_label(w, labels, &label), between_0_and_1(json_number(&p, 1)));
}

/* Signs that do not depend on each other: each takes its share of what the others leave open. */
static double
urgency_of(struct worker *w, const struct facts *f, const struct json_value *v)
{
	const struct score_settings *s = f->s;
	struct slice t = text(w, v);
	double calm = (1 - f->label_urgency) * (1 - s->haste.sentiment * f->negative);

	if (f->direct)
		calm *= 1 - s->haste.direct;
	if (t.n && memchr(t.p, '?', t.n))
		calm *= 1 - s->haste.question;
	calm *= 1 - words_best(s->haste.words, t);
	return round((1 - calm) * 100) / 100;
}

/* The least credible of the pages that are linked to. */
static void
judge_links(const struct score_model *m, struct worker *w, struct facts *f,
    const struct json_value *v)
{
	struct json_value item;
	struct json_iter it;

	if (!f->s->sources || v[m->at.links].type != JSON_ARRAY)
		return;
	for (it = json_each(&v[m->at.links]); json_next(&it, NULL, &item);) {
		struct slice url = text(w, &item), imitated;
		double c = url.p ? sources_credibility(f->s->sources, url, &imitated) : -1;

		if (c < 0 || (f->credibility >= 0 && c >= f->credibility))
			continue;
		f->credibility = round(c * 100) / 100;
		f->imitated = imitated;
	}
}

/* What the tables say about the author. */
static void
look_up_author(const struct score_model *m, struct worker *w, struct facts *f,
    const struct json_value *v)
{
	struct slice id, network, handle;

	if (!f->s->customers && !f->s->influencers && !f->s->heard)
		return;
	buf_clear(&w->text);
	buf_clear(&w->handle);
	buf_clear(&w->description);
	id = json_string(&v[m->at.author], &w->text);
	handle = json_string(&v[m->at.handle], &w->handle);
	network = json_string(&v[m->at.network], &w->description);
	if (f->s->customers)
		f->customer = people_find(f->s->customers, id, network, handle);
	if (f->s->influencers)
		f->influence = people_find(f->s->influencers, id, network, handle);
	if (f->s->heard)
		f->h = people_find(f->s->heard, id, network, handle);
}

/* Half of the accounts that the likelihood was made for are bots.  Among those who write to a company one in
 * ten is more like it (Varol et al. 2017: 9 to 15 %): the same by Bayes' rule. */
static double
bot_among_few(double p)
{
	return p > 0 ? p * 0.1 / (p * 0.1 + (1 - p) * 0.9) : 0;
}

/* The terms that every mention may have; those of labels are there already. */
static void
add_terms(struct priority *p, const struct facts *f)
{
	const struct score_settings *s = f->s;
	double bot;

	priority_add(p, SLICE("\"sentiment\""), s->sentiment * f->negative);
	priority_add(p, SLICE("\"urgency\""), s->urgency * f->urgency);
	if (f->reach > 0)
		priority_add(p, SLICE("\"reach\""), s->reach * f->reach / 100);
	if (f->direct)
		priority_add(p, SLICE("\"direct\""), s->direct);
	bot = bot_among_few(f->bot);
	if (bot > 0.5)
		priority_add(p, SLICE("\"bot\""), -s->bot * (2 * bot - 1));
	priority_add(p, SLICE("\"age\""), s->age * f->age);
	if (f->credibility >= 0)
		priority_add(p, SLICE("\"credibility\""), s->credibility * (1 - f->credibility));
	if (f->customer > 0)
		priority_add(p, SLICE("\"customer\""), s->customer * f->customer);
	if (f->influence > 0)
		priority_add(p, SLICE("\"influence\""), s->influence * f->influence / 100);
	priority_finish(p);
}

/* X, a whole number of hundredths from 0 to 1. */
static void
put_hundredths(struct buf *b, double x)
{
	static const char digits[] = "0123456789";
	int n = (int)lround(x * 100);

	if (n % 100 == 0) {
		buf_addc(b, digits[n / 100]);
		return;
	}
	buf_add(b, "0.", 2);
	buf_addc(b, digits[n / 10]);
	if (n % 10)
		buf_addc(b, digits[n % 10]);
}

static void
put_score(struct buf *b, const struct facts *f, const struct priority *p)
{
	buf_puts(b, "{\"priority\":");
	priority_put(p, b);
	buf_puts(b, ",\"reach\":");
	if (f->reach < 0)
		buf_puts(b, "null");
	else
		put_tenths(b, lround(f->reach) * 10);
	buf_puts(b, ",\"bot\":");
	if (f->bot < 0)
		buf_puts(b, "null");
	else
		put_hundredths(b, f->bot);
	buf_puts(b, ",\"credibility\":");
	if (f->credibility < 0)
		buf_puts(b, "null");
	else
		put_hundredths(b, f->credibility);
	if (f->imitated.p) {
		buf_puts(b, ",\"imitates\":");
		json_put_string(b, f->imitated);
	}
	if (f->influence >= 0) {
		buf_puts(b, ",\"influence\":");
		put_tenths(b, lround(f->influence * 10));
	}
	buf_puts(b, ",\"urgency\":");
	put_hundredths(b, f->urgency);
	buf_puts(b, ",\"why\":");
	priority_put_why(p, b);
	buf_addc(b, '}');
}

/* How much of the weight for age a mention of AGE ms has. */
static double
age_share(double age, double full)
{
	return full > 0 ? between_0_and_1(age / full) : 1;
}

/* All that is known about EV, and the terms of its priority in W. */
static struct facts
find_facts(const struct score_model *m, struct worker *w, const struct event *ev)
{
	const struct json_value *v = ev->values;
	const struct paths *at = &m->at;
	const struct score_settings *s = settings_of(m, w, &v[at->tenant]);
	int64_t written = written_at(m, w, v);
	struct facts f = {.s = s,
	    .negative = between_0_and_1(-json_number(&v[at->sentiment], 0)),
	    .bot = bot_of(m, w, v, written),
	    .direct = json_bool(&v[at->direct]),
	    .credibility = -1,
	    .customer = -1,
	    .influence = -1,
	    .h = -1};

	priority_clear(&w->priority);
	take_intent(w, &f, &s->intents, &v[at->intent]);
	take_labels(w, &f, &s->topics, &v[at->topics]);
	take_labels(w, &f, &s->queries, &v[at->queries]);
	f.urgency = urgency_of(w, &f, &v[at->text]);
	if (s->age > 0 && written != TIME_NONE && m->now > written)
		f.age = age_share((double)(m->now - written), s->age_full);
	judge_links(m, w, &f, v);
	look_up_author(m, w, &f, v);
	f.reach = reach_of(m, w, &f, v);
	add_terms(&w->priority, &f);
	return f;
}

void
score_write(const struct score_model *m, void *worker, const struct event *ev, struct buf *out)
{
	struct worker *w = worker;
	struct facts f = find_facts(m, w, ev);

	put_score(out, &f, &w->priority);
}

void
score_explain(const struct score_model *m, void *worker, const struct event *ev, struct buf *out)
{
	struct worker *w = worker;
	struct facts f = find_facts(m, w, ev);
	double counts[REACH_FIELDS];
	struct buf reach = BUF_INIT;
	struct slice id;

	id = text(w, &ev->values[m->at.id]);
	for (size_t i = 0; i < id.n; i++)
		buf_addc(out, (unsigned char)id.p[i] < 0x20 || id.p[i] == 0x7f ? '?' : id.p[i]);
	buf_addc(out, '\n');
	find_counts(m, &f, ev->values, counts);
	if (f.reach > 0)
		reach_explain(f.s->table, text(w, &ev->values[m->at.network]), counts, &reach);
	priority_put_table(&w->priority, SLICE("\"reach\""), buf_slice(&reach), out);
	buf_addc(out, '\n');
	buf_release(&reach);
}
