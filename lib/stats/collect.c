#include "stats/collect.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "config/accounts.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "stats/collector.h"

/* Of each kind, so many topics, keywords and queries of one mention count. */
#define TAGS_MAX 256

enum path {
	P_ID,
	P_TENANT,
	P_REVISION,
	P_CREATED,
	P_FETCHED,
	P_NETWORK,
	P_CHANNEL,
	P_TEXT,
	P_DIRECT,
	P_IN_REPLY_TO,
	P_AUTHOR_ID,
	P_AUTHOR_HANDLE,
	P_AUTHOR_NAME,
	P_AUTHOR_FOLLOWERS,
	P_AUTHOR_BOT,
	P_LANG_HINT,
	P_CLASS,
	P_LANG,
	P_SENTIMENT,
	P_SENTIMENT_SCORE,
	P_TOPICS,
	P_KEYWORDS,
	P_QUERIES,
	P_SCORE,
	P_REACH,
	P_ROUTE,
	P_QUEUE,
	P_DUE,
	P_ACTION,
	P_REPLY,
	P_DRAFT,
	P_MENTION,
	P_STATE,
	P_SOURCE,
	P_AUTO,
	P_BY,
	PATHS
};

static const char *const paths[PATHS] = {
    [P_ID] = "id",
    [P_TENANT] = "tenant",
    [P_REVISION] = "revision",
    [P_CREATED] = "created_at",
    [P_FETCHED] = "fetched_at",
    [P_NETWORK] = "network",
    [P_CHANNEL] = "channel",
    [P_TEXT] = "text",
    [P_DIRECT] = "direct",
    [P_IN_REPLY_TO] = "in_reply_to",
    [P_AUTHOR_ID] = "author.id",
    [P_AUTHOR_HANDLE] = "author.handle",
    [P_AUTHOR_NAME] = "author.name",
    [P_AUTHOR_FOLLOWERS] = "author.followers",
    [P_AUTHOR_BOT] = "author.bot",
    [P_LANG_HINT] = "lang_hint",
    [P_CLASS] = "class",
    [P_LANG] = "class.lang.code",
    [P_SENTIMENT] = "class.sentiment.label",
    [P_SENTIMENT_SCORE] = "class.sentiment.score",
    [P_TOPICS] = "class.topics",
    [P_KEYWORDS] = "class.keywords",
    [P_QUERIES] = "class.queries",
    [P_SCORE] = "score",
    [P_REACH] = "score.reach",
    [P_ROUTE] = "route",
    [P_QUEUE] = "route.queue",
    [P_DUE] = "route.due_at",
    [P_ACTION] = "route.action",
    [P_REPLY] = "reply",
    [P_DRAFT] = "reply.state",
    [P_MENTION] = "mention",
    [P_STATE] = "state",
    [P_SOURCE] = "source",
    [P_AUTO] = "auto",
    [P_BY] = "by",
};

int *
stats_plan_paths(struct scan_plan *plan)
{
	int *index = xcalloc(PATHS, sizeof *index);

	for (size_t i = 0; i < PATHS; i++)
		index[i] = scan_plan_add(plan, paths[i]);
	return index;
}

static const struct json_value *
value_at(const struct stats_collector *c, const struct event *ev, enum path path)
{
	return &ev->values[c->index[path]];
}

/* The text at PATH, empty when it is none.  Valid until the next call with the same BUF. */
static struct slice
text_in(struct stats_collector *c, const struct event *ev, enum path path, int buf)
{
	buf_clear(&c->scratch[buf]);
	return json_string(value_at(c, ev, path), &c->scratch[buf]);
}

static struct slice
text_at(struct stats_collector *c, const struct event *ev, enum path path)
{
	return text_in(c, ev, path, 0);
}

static int64_t
time_at(struct stats_collector *c, const struct event *ev, enum path path)
{
	int64_t ms;

	return rfc3339_parse(text_at(c, ev, path), &ms) ? ms : TIME_NONE;
}

/* The number of the name at PATH in M, or STATS_NAME_NONE. */
static uint32_t
name_at(struct stats_collector *c, const struct event *ev, enum path path, struct map *m)
{
	struct slice name = text_at(c, ev, path);

	return name.n ? stats_name(m, name) : STATS_NAME_NONE;
}

static struct slice
without_at(struct slice s)
{
	return s.n && s.p[0] == '@' ? (struct slice){s.p + 1, s.n - 1} : s;
}

static bool
is_handle(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_';
}

/* Does TEXT, as it stands in the line, address the account NAME as "@name"? */
static bool
addresses(struct slice text, struct slice name)
{
	const char *at = text.p, *end = text.p + text.n;

	if (!name.n)
		return false;
	while ((at = memchr(at, '@', (size_t)(end - at))) != NULL) {
		size_t rest = (size_t)(end - ++at);

		if (rest >= name.n && slice_eq_nocase((struct slice){at, name.n}, name) &&
		    (rest == name.n || !is_handle(at[name.n])))
			return true;
	}
	return false;
}

/* The channel's account, when the channel is one. */
static struct slice
channel_account(struct stats_collector *c, const struct event *ev)
{
	struct slice channel = text_in(c, ev, P_CHANNEL, 1);

	return channel.n > 1 && channel.p[0] == '@' ? without_at(channel) : (struct slice){NULL, 0};
}

static bool
is_own(struct stats_collector *c, const struct event *ev, const struct stats_tenant *t)
{
	struct slice handle = without_at(text_at(c, ev, P_AUTHOR_HANDLE));

	if (handle.n && slice_eq_nocase(handle, channel_account(c, ev)))
		return true;
	return config_own_account(t->config, handle);
}

static bool
is_addressed(struct stats_collector *c, const struct event *ev, const struct stats_tenant *t)
{
	struct slice text = json_raw(value_at(c, ev, P_TEXT));

	if (value_at(c, ev, P_TEXT)->type != JSON_STRING || !memchr(text.p, '@', text.n))
		return false;
	if (addresses(text, channel_account(c, ev)))
		return true;
	for (NODE_EACH(account, node_get(t->config, "accounts")))
		if (addresses(text, without_at(account->text)))
			return true;
	return false;
}

static unsigned
flags_of(struct stats_collector *c, const struct event *ev, const struct stats_tenant *t)
{
	unsigned flags = 0;

	if (json_bool(value_at(c, ev, P_DIRECT)))
		flags |= STATS_DIRECT;
	if (json_bool(value_at(c, ev, P_AUTHOR_BOT)))
		flags |= STATS_BOT;
	if (is_own(c, ev, t))
		return flags | STATS_OWN;
	if (json_is(value_at(c, ev, P_ACTION), SLICE("ignore")))
		return flags | STATS_IGNORED;
	if (text_at(c, ev, P_QUEUE).n || (flags & STATS_DIRECT) || is_addressed(c, ev, t))
		flags |= STATS_ASKS;
	return flags;
}

/* A label of null is a sentiment that its model was not sure of. */
static enum stats_sentiment
sentiment_of(const struct json_value *v, bool scored)
{
	if (json_is(v, SLICE("negative")))
		return STATS_NEGATIVE;
	if (json_is(v, SLICE("neutral")))
		return STATS_NEUTRAL;
	if (json_is(v, SLICE("positive")))
		return STATS_POSITIVE;
	return v->type != JSON_MISSING || scored ? STATS_UNCLEAR : STATS_UNKNOWN;
}

static enum stats_draft
draft_of(const struct json_value *v)
{
	if (json_is(v, SLICE("suggested")))
		return STATS_DRAFT_SUGGESTED;
	if (json_is(v, SLICE("approved")))
		return STATS_DRAFT_APPROVED;
	return json_is(v, SLICE("held")) ? STATS_DRAFT_HELD : STATS_DRAFT_NONE;
}

/* V times SCALE as a whole number within LOW and HIGH; NONE when it is no number. */
static int
scaled(const struct json_value *v, double scale, int low, int high, int none)
{
	double x = json_number(v, NAN) * scale;

	if (isnan(x))
		return none;
	return x <= low ? low : x >= high ? high : (int)lrint(x);
}

/* Sums are kept in whole numbers, so that they do not depend on the order of the lines. */
static void
take_filters(struct stats_collector *c, const struct event *ev, struct stats_rec *rec)
{
	static const enum path stages[] = {P_CLASS, P_SCORE, P_ROUTE, P_REPLY};

	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		rec->stages += value_at(c, ev, stages[i])->type == JSON_OBJECT;
	rec->lang = name_at(c, ev, P_LANG, &c->langs);
	if (rec->lang == STATS_NAME_NONE)
		rec->lang = name_at(c, ev, P_LANG_HINT, &c->langs);
	rec->score = (int16_t)scaled(
	    value_at(c, ev, P_SENTIMENT_SCORE), 10000, -10000, 10000, STATS_SCORE_NONE);
	rec->sentiment =
	    (uint8_t)sentiment_of(value_at(c, ev, P_SENTIMENT), rec->score != STATS_SCORE_NONE);
	rec->reach = (int8_t)scaled(value_at(c, ev, P_REACH), 1, 0, 100, -1);
	rec->queue = name_at(c, ev, P_QUEUE, &c->queues);
	rec->due = time_at(c, ev, P_DUE);
	rec->draft = (uint8_t)draft_of(value_at(c, ev, P_DRAFT));
}

/* The label of an author is that of the latest mention; of equally late ones the greater one. */
static void
label_author(
    struct stats_collector *c, const struct event *ev, struct stats_author *a, int64_t time)
{
	struct slice label = text_at(c, ev, P_AUTHOR_HANDLE);

	if (!label.n)
		label = text_at(c, ev, P_AUTHOR_NAME);
	if (!label.n || (a->label.p && time < a->label_time))
		return;
	if (a->label.p && time == a->label_time && slice_cmp(label, a->label) <= 0)
		return;
	a->label_time = time;
	if (!slice_eq(label, a->label) || !a->label.p)
		a->label = arena_dup(&c->arena, label);
}

static uint32_t
author_number(struct stats_collector *c, struct slice id)
{
	uint32_t at = stats_name(&c->author_ids, id);

	if (at == c->nauthors) {
		c->authors = xgrow(c->authors, at, &c->authors_cap, sizeof *c->authors);
		c->authors[c->nauthors++] =
		    (struct stats_author){.followers = -1, .network = STATS_NAME_NONE};
	}
	return at;
}

/* Does name A of M stand before B in byte order?  "None" stands behind every name. */
static bool
names_before(const struct map *m, uint32_t a, uint32_t b)
{
	if (a == b || a == STATS_NAME_NONE)
		return false;
	return b == STATS_NAME_NONE || slice_cmp(m->items[a].key, m->items[b].key) < 0;
}

/* An author without an id is known by network and handle. */
static uint32_t
take_author(struct stats_collector *c, const struct event *ev, const struct stats_rec *rec)
{
	struct slice id = text_at(c, ev, P_AUTHOR_ID);
	struct stats_author *a;
	uint32_t at;
	int64_t followers;

	if (!id.n) {
		struct buf *b = &c->scratch[1];
		struct slice handle = text_at(c, ev, P_AUTHOR_HANDLE);

		if (!handle.n)
			return STATS_NAME_NONE;
		buf_clear(b);
		if (rec->network != STATS_NAME_NONE)
			buf_adds(b, c->networks.items[rec->network].key);
		buf_addc(b, ':');
		buf_adds(b, handle);
		id = buf_slice(b);
	}
	at = author_number(c, id);
	a = &c->authors[at];
	label_author(c, ev, a, rec->time);
	if (json_int(value_at(c, ev, P_AUTHOR_FOLLOWERS), &followers) && followers > a->followers)
		a->followers = followers;
	if (names_before(&c->networks, rec->network, a->network))
		a->network = rec->network;
	return at;
}

static bool
has(const uint32_t *list, size_t n, uint32_t x)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == x)
			return true;
	return false;
}

static void
take_tags(struct stats_collector *c, const struct json_value *v, struct stats_rec *rec,
    enum stats_tag kind)
{
	size_t start = c->ntags;
	struct json_value name;
	struct json_iter it;

	if (v->type != JSON_ARRAY)
		return;
	it = json_each(v);
	while (c->ntags - start < TAGS_MAX && json_next(&it, NULL, &name)) {
		struct slice text;
		uint32_t number;

		buf_clear(&c->scratch[0]);
		text = json_string(&name, &c->scratch[0]);
		if (!text.n)
			continue;
		number = stats_name(&c->tagnames[kind], text);
		if (has(c->tags + start, c->ntags - start, number))
			continue;
		c->tags = xgrow(c->tags, c->ntags, &c->tags_cap, sizeof *c->tags);
		c->tags[c->ntags++] = number;
	}
	rec->ntags[kind] = (uint16_t)(c->ntags - start);
}

static uint32_t
add_key(struct stats_keys *keys, struct stats_key key)
{
	keys->keys = xgrow(keys->keys, keys->n, &keys->cap, sizeof *keys->keys);
	keys->keys[keys->n] = key;
	return (uint32_t)++keys->n;
}

/* The version that counts: the highest revision, then the one that more filters have seen. */
static bool
replaces(const struct stats_rec *a, const struct stats_rec *b)
{
	if (a->revision != b->revision)
		return a->revision > b->revision;
	if (a->stages != b->stages)
		return a->stages > b->stages;
	return a->tie > b->tie;
}

/* A mention without an id is its own identity. */
static struct stats_key
key_of(struct stats_collector *c, const struct event *ev, struct slice tenant)
{
	struct slice id = text_at(c, ev, P_ID);

	return stats_key(tenant, id.n ? id : ev->line);
}

static bool
in_window(const struct stats_options *o, int64_t time)
{
	if (time == TIME_NONE)
		return o->since == TIME_NONE && o->until == TIME_NONE;
	return time <= o->now && (o->since == TIME_NONE || time >= o->since) &&
	       (o->until == TIME_NONE || time < o->until);
}

static void
store_mention(
    struct stats_collector *c, const struct event *ev, struct stats_rec *rec, struct slice tenant)
{
	struct stats_rec *old;
	struct slice parent;
	bool fresh;

	rec->tie = hash64(ev->line.p, ev->line.n, 0);
	old = stats_store_put(&c->store, rec->key, &fresh);
	if (!fresh && !replaces(rec, old))
		return;
	rec->tags = (uint32_t)c->ntags;
	take_tags(c, value_at(c, ev, P_TOPICS), rec, STATS_TOPIC);
	take_tags(c, value_at(c, ev, P_KEYWORDS), rec, STATS_KEYWORD);
	take_tags(c, value_at(c, ev, P_QUERIES), rec, STATS_QUERY);
	parent = text_at(c, ev, P_IN_REPLY_TO);
	if (parent.n)
		rec->link = add_key(&c->links, stats_key(tenant, parent));
	*old = *rec;
}

/* Own posts count for what they answer, whenever they were written. */
static void
take_mention(struct stats_collector *c, const struct event *ev, struct slice tenant)
{
	struct stats_rec rec = {.tenant = stats_tenant_number(c, tenant)};
	const struct stats_tenant *t = &c->tenants[rec.tenant];
	int64_t revision;

	tenant = t->id;
	rec.time = time_at(c, ev, P_CREATED);
	if (rec.time == TIME_NONE)
		rec.time = time_at(c, ev, P_FETCHED);
	rec.flags = (uint16_t)flags_of(c, ev, t);
	if (!in_window(c->options, rec.time)) {
		c->outside += !(rec.flags & STATS_OWN);
		if (!(rec.flags & STATS_OWN) || rec.time > c->options->now)
			return;
		rec.flags |= STATS_OUTSIDE;
	}
	rec.key = key_of(c, ev, tenant);
	if (json_int(value_at(c, ev, P_REVISION), &revision) && revision > 0)
		rec.revision = revision < UINT32_MAX ? (uint32_t)revision : UINT32_MAX;
	rec.network = name_at(c, ev, P_NETWORK, &c->networks);
	rec.author = take_author(c, ev, &rec);
	take_filters(c, ev, &rec);
	store_mention(c, ev, &rec, tenant);
}

/* What names a source but nobody who approved it went out by itself. */
static enum stats_by
answered_by(struct stats_collector *c, const struct event *ev)
{
	const struct json_value *automatic = value_at(c, ev, P_AUTO);

	if (automatic->type == JSON_TRUE)
		return STATS_BY_AUTOMATIC;
	if (automatic->type == JSON_FALSE || text_at(c, ev, P_BY).n)
		return STATS_BY_HUMAN;
	return text_at(c, ev, P_SOURCE).n ? STATS_BY_AUTOMATIC : STATS_BY_UNKNOWN;
}

static void
take_reply(struct stats_collector *c, const struct event *ev, struct slice tenant)
{
	int64_t time = time_at(c, ev, P_CREATED);
	struct stats_answer answer = {.time = time, .by = (uint8_t)answered_by(c, ev)};
	struct slice parent;

	if (!json_is(value_at(c, ev, P_STATE), SLICE("sent")))
		return;
	if (time != TIME_NONE && time > c->options->now)
		return;
	parent = text_at(c, ev, P_IN_REPLY_TO);
	if (!parent.n)
		parent = text_at(c, ev, P_MENTION);
	if (!parent.n)
		return;
	answer.self = key_of(c, ev, tenant);
	answer.key = stats_key(tenant, parent);
	c->answers = xgrow(c->answers, c->nanswers, &c->answers_cap, sizeof *c->answers);
	c->answers[c->nanswers++] = answer;
}

static void
take_delete(struct stats_collector *c, const struct event *ev, struct slice tenant)
{
	int64_t time = time_at(c, ev, P_CREATED);
	struct slice id;

	if (time != TIME_NONE && time > c->options->now)
		return;
	id = text_at(c, ev, P_ID);
	if (id.n)
		add_key(&c->deletes, stats_key(tenant, id));
}

void
stats_collect(struct stats_collector *c, const struct event *ev)
{
	struct slice tenant = text_in(c, ev, P_TENANT, 1);
	uint32_t number;
	enum stats_event type = event_is(ev, "mention")  ? STATS_MENTION
	                        : event_is(ev, "reply")  ? STATS_REPLY
	                        : event_is(ev, "delete") ? STATS_DELETE
	                                                 : STATS_OTHER;

	if (!tenant.n)
		tenant = SLICE("default");
	if (c->options->tenant && !slice_is(tenant, c->options->tenant))
		return;
	c->events[type]++;
	/* From here on a copy that stays: TENANT may stand in scratch memory. */
	number = stats_tenant_number(c, tenant);
	tenant = c->tenants[number].id;
	if (type == STATS_MENTION)
		take_mention(c, ev, tenant);
	else if (type == STATS_REPLY)
		take_reply(c, ev, tenant);
	else if (type == STATS_DELETE)
		take_delete(c, ev, tenant);
}
