#include "sme-route/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "reply/machine.h"
#include "stream/tree.h"

/* Above so much priority somebody is woken, unless .sweep.page says otherwise. */
#define PAGE_DEFAULT 70

/* A screen: the head, what is urgent, the channels, and a line for what had no room of either. */
#define SCREEN       24
#define CHANNEL_LINES 11
#define TEXT_MAX     60

struct item {
	double priority;
	char *text;
	bool paged;
};

struct channel {
	int64_t from, to;
	size_t mentions, gaps;
	bool covered; /* by a coverage event, not only by what came */
};

struct sweep {
	const struct config *config;
	int64_t now;
	struct item *items;
	size_t n, cap;
	size_t mentions, paged, acknowledged, left;
	struct map channels; /* "tenant network channel" → struct channel */
};

struct sweep *
sweep_new(const struct config *config, int64_t now)
{
	struct sweep *s = xcalloc(1, sizeof *s);

	s->config = config;
	s->now = now;
	return s;
}

void
sweep_free(struct sweep *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i].text);
	for (size_t i = 0; i < s->channels.n; i++)
		free(s->channels.items[i].value.ptr);
	map_release(&s->channels);
	free(s->items);
	free(s);
}

static int64_t
time_of(const struct json_node *n, const char *key)
{
	int64_t ms;

	return rfc3339_parse(node_text(n, key), &ms) ? ms : TIME_NONE;
}

static struct slice
tenant_of(const struct json_node *n)
{
	struct slice t = node_text(n, "tenant");

	return t.n ? t : SLICE("default");
}

static struct channel *
channel_of(struct sweep *s, const struct json_node *event)
{
	struct buf key = BUF_INIT;
	union map_value *v;

	buf_adds(&key, tenant_of(event));
	buf_addc(&key, ' ');
	buf_adds(&key, node_text(event, "network"));
	buf_addc(&key, ' ');
	buf_adds(&key, node_text(event, "channel"));
	v = map_put(&s->channels, buf_slice(&key));
	buf_release(&key);
	if (!v->ptr) {
		struct channel *c = v->ptr = xcalloc(1, sizeof *c);

		c->from = c->to = TIME_NONE;
	}
	return v->ptr;
}

static void
widen(struct channel *c, int64_t from, int64_t to)
{
	if (from != TIME_NONE && (c->from == TIME_NONE || from < c->from))
		c->from = from;
	if (to != TIME_NONE && (c->to == TIME_NONE || to > c->to))
		c->to = to;
}

/* ---- what becomes of a mention ---- */

/* Somebody whom an automatic answer must not go to, for it would answer itself. */
static bool
is_machine(const struct json_node *mention)
{
	const struct json_node *author = node_get(mention, "author");

	return node_bool(mention, "auto", false) || node_bool(author, "bot", false) ||
	       node_number(node_get(mention, "score"), "bot", 0) >= REPLY_BOT ||
	       machine_address(node_text(author, "handle")) || machine_address(node_text(author, "id"));
}

static double
page_from(const struct sweep *s, struct slice tenant)
{
	const struct json_node *t = config_tenant(s->config, tenant);

	return node_number(node_get(t, "sweep"), "page", PAGE_DEFAULT);
}

/* Control bytes of texts from outside do not reach a terminal. */
static void
put_plain(struct buf *b, struct slice text, size_t max)
{
	size_t width = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char ch = (unsigned char)text.p[i];

		if ((ch & 0xc0) != 0x80 && ++width > max)
			return;
		if (ch < 0x20 || ch == 0x7f || (ch == 0xc2 && i + 1 < text.n && (unsigned char)text.p[i + 1] < 0xa0)) {
			buf_addc(b, ' ');
			i += ch == 0xc2;
		} else {
			buf_addc(b, (char)ch);
		}
	}
}

/* Why it is in the digest: the rule, and the largest term of its score. */
static void
put_reason(struct buf *b, const struct json_node *mention, const struct json_node *route)
{
	const struct json_node *why = node_get(node_get(mention, "score"), "why");
	struct slice rule = node_text(route, "rule");

	if (rule.p)
		put_plain(b, rule, TEXT_MAX / 2);
	if (why && why->child && why->child->child) {
		buf_puts(b, rule.p ? ", " : "");
		put_plain(b, why->child->child->text, TEXT_MAX / 2);
	}
	if (!rule.p && !(why && why->child))
		buf_puts(b, "priority");
}

static void
note(struct sweep *s, const struct json_node *mention, const struct json_node *route, double priority,
    bool paged)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s%6.1f  ", paged ? "!" : " ", priority);
	put_plain(&b, node_text(mention, "network"), 12);
	buf_puts(&b, " @");
	put_plain(&b, node_text(node_get(mention, "author"), "handle"), 20);
	buf_puts(&b, "  [");
	put_reason(&b, mention, route);
	buf_puts(&b, "]  ");
	put_plain(&b, node_text(mention, "text"), TEXT_MAX);
	buf_addc(&b, '\n');
	s->items = xgrow(s->items, s->n, &s->cap, sizeof *s->items);
	s->items[s->n++] = (struct item){priority, buf_detach(&b), paged};
}

/* An event that wakes somebody: one for each mention, whoever sweeps how often. */
static void
put_page(const struct sweep *s, const struct json_node *mention, const struct json_node *route,
    double priority, struct buf *out)
{
	struct buf text = BUF_INIT;

	buf_puts(out, "{\"type\":\"alert\",\"id\":\"page:");
	json_put_escaped(out, node_text(mention, "id"));
	buf_puts(out, "\",\"tenant\":");
	json_put_string(out, tenant_of(mention));
	buf_puts(out, ",\"network\":");
	json_put_string(out, node_text(mention, "network"));
	buf_puts(out, ",\"channel\":");
	json_put_string(out, node_text(mention, "channel"));
	buf_puts(out, ",\"kind\":\"page\",\"created_at\":\"");
	rfc3339_put(out, s->now);
	buf_puts(out, "\",\"mention\":");
	json_put_string(out, node_text(mention, "id"));
	buf_puts(out, ",\"queue\":");
	json_put_string(out, node_text(route, "queue"));
	buf_printf(out, ",\"priority\":%.1f,\"text\":", priority);
	put_reason(&text, mention, route);
	buf_puts(&text, ": ");
	buf_adds(&text, node_text(mention, "text"));
	json_put_string(out, buf_slice(&text));
	buf_puts(out, "}\n");
	buf_release(&text);
}

/* ROUTE with another action. */
static void
put_route(struct buf *b, const struct json_node *route, const char *action)
{
	const char *comma = "";

	buf_addc(b, '{');
	for (NODE_EACH(it, route)) {
		buf_puts(b, comma);
		json_put_string(b, it->key);
		buf_addc(b, ':');
		if (slice_is(it->key, "action"))
			json_put_string(b, slice_of(action));
		else
			node_put(b, it);
		comma = ",";
	}
	buf_addc(b, '}');
}

/* Is it open again?  Then people are there, and "we are back at 8" has nothing to say. */
static bool
is_over(const struct sweep *s, const struct json_node *route)
{
	int64_t opens = time_of(route, "opens_at");

	return opens != TIME_NONE && s->now >= opens;
}

static void
decide(struct sweep *s, const struct json_node *mention, const struct json_node *route,
    struct slice as_it_was, struct buf *value, struct buf *after)
{
	double priority = node_number(route, "priority", 0);
	struct slice action = node_text(route, "action");
	bool closed = node_bool(route, "after_hours", false);

	if (slice_is(action, "ignore") || !closed) {
		s->left++;
		buf_adds(value, as_it_was);
	} else if (priority >= page_from(s, tenant_of(mention))) {
		s->paged++;
		note(s, mention, route, priority, true);
		put_page(s, mention, route, priority, after);
		buf_adds(value, as_it_was);
	} else if (!action.p && !is_machine(mention) && !is_over(s, route)) {
		s->acknowledged++;
		note(s, mention, route, priority, false);
		put_route(value, route, "ack");
	} else {
		s->left++;
		note(s, mention, route, priority, false);
		buf_adds(value, as_it_was);
	}
}

void
sweep_mention(struct sweep *s, struct slice line, struct slice route, struct buf *value,
    struct buf *after)
{
	struct arena a = ARENA_INIT;
	struct sme_err err;
	const struct json_node *mention = json_tree(&a, line, &err), *tree = json_tree(&a, route, &err);
	struct channel *c;
	int64_t at = time_of(mention, "created_at");

	s->mentions++;
	c = channel_of(s, mention);
	c->mentions++;
	if (!c->covered)
		widen(c, at, at);
	decide(s, mention, tree, route, value, after);
	arena_release(&a);
}

void
sweep_event(struct sweep *s, struct slice line)
{
	struct arena a = ARENA_INIT;
	struct sme_err err;
	const struct json_node *n = json_tree(&a, line, &err), *gaps = node_get(n, "gaps");
	struct channel *c;

	if (n && slice_is(node_text(n, "type"), "coverage")) {
		c = channel_of(s, n);
		if (!c->covered) {
			c->covered = true;
			c->from = c->to = TIME_NONE;
		}
		c->gaps += gaps ? gaps->count : 0;
		widen(c, time_of(n, "from"), time_of(n, "to"));
	}
	arena_release(&a);
}

/* ---- the digest ---- */

static int
by_priority(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? 1 : -1;
	return strcmp(x->text, y->text);
}

static void
put_channel(struct buf *out, struct slice name, const struct channel *c)
{
	char from[RFC3339_SIZE], to[RFC3339_SIZE];

	put_plain(out, name, 40);
	if (c->from == TIME_NONE || c->to == TIME_NONE)
		buf_puts(out, ": nothing is known about when it was looked at");
	else
		buf_printf(out, ": %s to %s", rfc3339_format(c->from, from), rfc3339_format(c->to, to));
	buf_printf(out, ", %zu mentions%s", c->mentions, c->covered ? "" : " (no word about what was covered)");
	if (c->gaps)
		buf_printf(out, ", %zu gaps", c->gaps);
	buf_addc(out, '\n');
}

void
sweep_digest(const struct sweep *s, struct buf *out)
{
	struct item *list = xcalloc(s->n + 1, sizeof *list);
	size_t channels = s->channels.n < CHANNEL_LINES ? s->channels.n : CHANNEL_LINES;
	size_t room = SCREEN - 3 - channels, shown = s->n < room ? s->n : room;
	char now[RFC3339_SIZE];

	if (s->n)
		memcpy(list, s->items, s->n * sizeof *list);
	qsort(list, s->n, sizeof *list, by_priority);
	buf_printf(out, "sweep at %s: %zu mentions, %zu paged (!), %zu acknowledged, %zu left\n",
	    rfc3339_format(s->now, now), s->mentions, s->paged, s->acknowledged, s->left);
	for (size_t i = 0; i < shown; i++)
		buf_puts(out, list[i].text);
	if (s->n > shown)
		buf_printf(out, "... and %zu more of lower priority\n", s->n - shown);
	for (size_t i = 0; i < channels; i++)
		put_channel(out, s->channels.items[i].key, s->channels.items[i].value.ptr);
	if (s->channels.n > channels)
		buf_printf(out, "... and %zu more channels\n", s->channels.n - channels);
	free(list);
}
