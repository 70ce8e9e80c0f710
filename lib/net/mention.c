#include "net/mention.h"

#include <ctype.h>

#include "core/hash.h"
#include "core/rfc3339.h"
#include "stream/json.h"

#define NATIVE_MAX 200

void
mention_init(struct mention *m)
{
	*m = (struct mention){
	    .created_at = TIME_NONE,
	    .fetched_at = TIME_NONE,
	    .indexed_at = TIME_NONE,
	    .author = {.followers = COUNT_NONE,
	        .following = COUNT_NONE,
	        .posts = COUNT_NONE,
	        .created_at = TIME_NONE,
	        .verified = MAYBE_UNKNOWN,
	        .bot = MAYBE_UNKNOWN},
	    .likes = COUNT_NONE,
	    .shares = COUNT_NONE,
	    .replies = COUNT_NONE,
	    .views = COUNT_NONE,
	};
}

/* Add `,"KEY":`, without the comma at the start of an object. */
static void
put_key(struct buf *out, const char *key)
{
	if (out->n && out->p[out->n - 1] != '{')
		buf_addc(out, ',');
	buf_addc(out, '"');
	buf_puts(out, key);
	buf_puts(out, "\":");
}

static void
put_text(struct buf *out, const char *key, struct slice s)
{
	put_key(out, key);
	json_put_string(out, s.p ? s : SLICE(""));
}

static void
put_known(struct buf *out, const char *key, struct slice s)
{
	if (s.n)
		put_text(out, key, s);
}

static void
put_or_null(struct buf *out, const char *key, struct slice s)
{
	if (s.n) {
		put_text(out, key, s);
		return;
	}
	put_key(out, key);
	buf_puts(out, "null");
}

static void
put_json(struct buf *out, const char *key, struct slice json)
{
	if (!json.p)
		return;
	put_key(out, key);
	buf_adds(out, json);
}

static void
put_count(struct buf *out, const char *key, int64_t n)
{
	char digits[24];
	size_t at = sizeof digits;

	if (n == COUNT_NONE)
		return;
	put_key(out, key);
	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	buf_add(out, digits + at, sizeof digits - at);
}

static void
put_time(struct buf *out, const char *key, int64_t ms)
{
	if (ms == TIME_NONE)
		return;
	put_key(out, key);
	buf_addc(out, '"');
	rfc3339_put(out, ms);
	buf_addc(out, '"');
}

static void
put_maybe(struct buf *out, const char *key, enum maybe m)
{
	if (m == MAYBE_UNKNOWN)
		return;
	put_key(out, key);
	buf_puts(out, m == MAYBE_YES ? "true" : "false");
}

static void
put_author(struct buf *out, const struct mention_author *a)
{
	put_key(out, "author");
	buf_addc(out, '{');
	put_known(out, "id", a->id);
	put_known(out, "handle", a->handle);
	put_known(out, "name", a->name);
	put_count(out, "followers", a->followers);
	put_count(out, "following", a->following);
	put_count(out, "posts", a->posts);
	put_time(out, "created_at", a->created_at);
	put_maybe(out, "verified", a->verified);
	put_maybe(out, "bot", a->bot);
	buf_addc(out, '}');
}

static void
put_metrics(struct buf *out, const struct mention *m)
{
	if (m->likes == COUNT_NONE && m->shares == COUNT_NONE && m->replies == COUNT_NONE &&
	    m->views == COUNT_NONE)
		return;
	put_key(out, "metrics");
	buf_addc(out, '{');
	put_count(out, "likes", m->likes);
	put_count(out, "shares", m->shares);
	put_count(out, "replies", m->replies);
	put_count(out, "views", m->views);
	buf_addc(out, '}');
}

static void
put_refs(struct buf *out, const struct refs *refs)
{
	put_key(out, "media");
	buf_addc(out, '[');
	for (size_t i = 0; refs && i < refs->nmedia; i++) {
		buf_puts(out, i ? ",{" : "{");
		put_text(out, "type", refs->media[i].type);
		put_text(out, "url", refs->media[i].url);
		put_known(out, "alt", refs->media[i].alt);
		buf_addc(out, '}');
	}
	buf_puts(out, "],\"links\":[");
	for (size_t i = 0; refs && i < refs->nlinks; i++) {
		if (i)
			buf_addc(out, ',');
		json_put_string(out, refs->links[i]);
	}
	buf_addc(out, ']');
}

void
mention_put(struct buf *out, const struct mention *m)
{
	buf_puts(out, "{\"type\":\"mention\"");
	put_text(out, "id", m->id);
	if (m->revision)
		put_count(out, "revision", m->revision);
	put_text(out, "tenant", m->tenant);
	put_text(out, "network", m->network);
	put_text(out, "channel", m->channel);
	put_text(out, "kind", m->kind);
	put_time(out, "created_at", m->created_at);
	put_json(out, "claimed_at", m->claimed_at);
	put_time(out, "indexed_at", m->indexed_at);
	put_time(out, "fetched_at", m->fetched_at);
	put_author(out, &m->author);
	put_known(out, "title", m->title);
	put_text(out, "text", m->text);
	put_or_null(out, "lang_hint", m->lang_hint);
	put_or_null(out, "url", m->url);
	put_or_null(out, "in_reply_to", m->in_reply_to);
	put_text(out, "thread", m->thread.n ? m->thread : m->id);
	put_maybe(out, "direct", m->direct ? MAYBE_YES : MAYBE_NO);
	put_metrics(out, m);
	put_refs(out, m->refs);
	put_known(out, "label", m->label);
	if (m->automatic)
		put_maybe(out, "auto", MAYBE_YES);
	put_json(out, "ref", m->ref);
	buf_puts(out, "}\n");
}

bool
mention_lang_code(struct slice tag, char out[9])
{
	size_t n = 0;

	while (n < tag.n && n < 8 && isalpha((unsigned char)tag.p[n])) {
		out[n] = (char)tolower((unsigned char)tag.p[n]);
		n++;
	}
	out[n] = '\0';
	return n >= 2;
}

static bool
is_plain(unsigned char c)
{
	return c > 0x20 && c != 0x7f;
}

static void
put_part(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_plain((unsigned char)s.p[i]) && s.p[i] != ':')
			buf_addc(out, s.p[i]);
	buf_addc(out, ':');
}

void
mention_id(struct buf *out, struct slice network, struct slice instance, struct slice native)
{
	bool plain = native.n && native.n <= NATIVE_MAX;

	for (size_t i = 0; plain && i < native.n; i++)
		plain = is_plain((unsigned char)native.p[i]);
	put_part(out, network);
	put_part(out, instance);
	if (plain)
		buf_adds(out, native);
	else
		buf_printf(out, "h%016llx", (unsigned long long)hash64(native.p, native.n, 0));
}
