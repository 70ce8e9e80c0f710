#include "reply/mention.h"

#include <string.h>
#include <utf8proc.h>

#include "core/rfc3339.h"

#define DAY_MS INT64_C(86400000)

/* Longer names, in code points, are hardly names. */
#define NAME_MAX_POINTS 60

static const char *const paths[M_COUNT] = {
    [M_ID] = "id",
    [M_TENANT] = "tenant",
    [M_NETWORK] = "network",
    [M_CHANNEL] = "channel",
    [M_URL] = "url",
    [M_CREATED] = "created_at",
    [M_FETCHED] = "fetched_at",
    [M_DIRECT] = "direct",
    [M_NAME] = "author.name",
    [M_HANDLE] = "author.handle",
    [M_AUTHOR_ID] = "author.id",
    [M_BOT] = "author.bot",
    [M_AUTO] = "auto",
    [M_LANG] = "class.lang.code",
    [M_LANG_HINT] = "lang_hint",
    [M_INTENT] = "class.intent.label",
    [M_TOPICS] = "class.topics",
    [M_SCORE_BOT] = "score.bot",
    [M_QUEUE] = "route.queue",
    [M_DUE_AT] = "route.due_at",
    [M_OPENS_AT] = "route.opens_at",
    [M_ACTION] = "route.action",
};

void
mention_plan(struct scan_plan *plan, int fields[M_COUNT])
{
	for (int i = 0; i < M_COUNT; i++)
		fields[i] = scan_plan_add(plan, paths[i]);
}

const struct json_value *
mention_value(const struct mention *m, enum mention_field f)
{
	return &m->ev->values[m->fields[f]];
}

struct slice
mention_text(const struct mention *m, enum mention_field f)
{
	const struct json_value *v = mention_value(m, f);
	struct buf scratch = BUF_INIT;
	struct slice s = json_string(v, &scratch);

	if (v->type == JSON_STRING && v->escaped)
		s = arena_dup(m->arena, s);
	buf_release(&scratch);
	return s;
}

static struct slice
language_part(struct slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= 'a' && s.p[n] <= 'z')
		n++;
	if (n < 2 || n > 3 || (n < s.n && s.p[n] != '-' && s.p[n] != '_'))
		return (struct slice){NULL, 0};
	s.n = n;
	if (slice_is(s, "und") || slice_is(s, "mul") || slice_is(s, "zxx"))
		return (struct slice){NULL, 0};
	return s;
}

struct slice
mention_language(const struct mention *m)
{
	struct slice lang = language_part(mention_text(m, M_LANG));

	return lang.p ? lang : language_part(mention_text(m, M_LANG_HINT));
}

/* A code point that a name may have: no control, format (such as a change of writing direction) or
 * private character, and nothing that makes a link, a handle or markup. */
static bool
may_be_in_name(utf8proc_int32_t c)
{
	utf8proc_category_t cat = utf8proc_category(c);

	if (cat == UTF8PROC_CATEGORY_CC || cat == UTF8PROC_CATEGORY_CS ||
	    cat == UTF8PROC_CATEGORY_CO || cat == UTF8PROC_CATEGORY_CN ||
	    cat == UTF8PROC_CATEGORY_ZL || cat == UTF8PROC_CATEGORY_ZP)
		return false;
	/* The joiner inside emoji and the mark of some scripts are format characters, too. */
	if (cat == UTF8PROC_CATEGORY_CF)
		return c == 0x200c || c == 0x200d;
	return !(c < 0x80 && strchr("@#/\\<>{}[]`", (int)c));
}

static bool
looks_like_name(struct slice s)
{
	size_t points = 0, at = 0;

	while (at < s.n) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p + at,
		    (utf8proc_ssize_t)(s.n - at), &c);

		if (n <= 0 || !may_be_in_name(c) || ++points > NAME_MAX_POINTS)
			return false;
		/* "example.com" becomes a link by itself; "Dr. Kim" does not. */
		if (c == '.' && at + 1 < s.n && s.p[at + 1] != ' ')
			return false;
		at += (size_t)n;
	}
	return points > 0;
}

static bool
put_name(const struct mention *m, struct buf *out)
{
	struct slice name = slice_trim(mention_text(m, M_NAME));

	if (!looks_like_name(name))
		return false;
	buf_adds(out, name);
	return true;
}

/* Letters, digits and what the networks allow in handles; without the "@" in front. */
static bool
put_handle(const struct mention *m, struct buf *out)
{
	struct slice s = mention_text(m, M_HANDLE);

	if (s.n && s.p[0] == '@') {
		s.p++;
		s.n--;
	}
	if (!s.n || s.n > 256)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x80 && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
		    !(c >= '0' && c <= '9') && !strchr("_.-@:", c))
			return false;
	}
	buf_adds(out, s);
	return true;
}

static bool
put_text(struct slice s, struct buf *out)
{
	buf_adds(out, s);
	return s.n > 0;
}

/* "2026-11-20 22:50", on the clocks of the tenant; without a zone it says UTC. */
static bool
put_time(const struct mention *m, int64_t at, struct buf *out)
{
	char text[RFC3339_SIZE];

	if (at == TIME_NONE)
		return false;
	at -= (at % 60000 + 60000) % 60000;
	if (m->brand->zone)
		at += (int64_t)zone_offset(m->brand->zone, at / 1000) * 1000;
	rfc3339_format(at, text);
	buf_printf(out, "%.10s %.5s%s", text, text + 11, m->brand->zone ? "" : " UTC");
	return true;
}

static int64_t
time_field(const struct mention *m, enum mention_field f)
{
	int64_t ms;

	return rfc3339_parse(mention_text(m, f), &ms) ? ms : TIME_NONE;
}

static bool
put_due(const struct mention *m, struct buf *out)
{
	return put_time(m, time_field(m, M_DUE_AT), out);
}

int64_t
mention_opens_at(const struct mention *m)
{
	int64_t at = time_field(m, M_OPENS_AT);

	if (at != TIME_NONE)
		return at;
	at = time_field(m, M_FETCHED);
	if (at == TIME_NONE)
		at = time_field(m, M_CREATED);
	return at == TIME_NONE || !m->brand->hours ? TIME_NONE : hours_next_open(m->brand->hours, at);
}

static bool
put_opens(const struct mention *m, struct buf *out)
{
	return put_time(m, mention_opens_at(m), out);
}

static bool
put_network(const struct mention *m, struct buf *out)
{
	return put_text(mention_text(m, M_NETWORK), out);
}

static bool
put_channel(const struct mention *m, struct buf *out)
{
	return put_text(mention_text(m, M_CHANNEL), out);
}

static bool
put_queue(const struct mention *m, struct buf *out)
{
	return put_text(mention_text(m, M_QUEUE), out);
}

static bool
put_url(const struct mention *m, struct buf *out)
{
	return put_text(mention_text(m, M_URL), out);
}

static bool
put_brand(const struct mention *m, struct buf *out)
{
	return put_text(node_text(m->brand->tenant, "name"), out);
}

static const struct {
	const char *name;
	bool (*put)(const struct mention *m, struct buf *out);
} variables[] = {
    {"brand", put_brand},
    {"channel", put_channel},
    {"due_at", put_due},
    {"handle", put_handle},
    {"name", put_name},
    {"network", put_network},
    {"opens_at", put_opens},
    {"queue", put_queue},
    {"url", put_url},
};

bool
mention_variable(void *ctx, struct slice name, struct buf *out)
{
	const struct mention *m = ctx;

	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		if (slice_is(name, variables[i].name) && variables[i].put(m, out))
			return true;
	for (NODE_EACH(it, node_get(m->brand->tenant, "vars")))
		if (slice_eq(it->key, name))
			return put_text(it->text, out);
	return false;
}
