/* The members of a partial event, a row for each. */
#include "connector/event_members.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/date.h"

/* Beyond this, a number of seconds since 1970 is one of milliseconds. */
#define SECONDS_MAX 1e11

/* How a member is taken; false when V, which is not consumed, is not of its type. */
typedef bool taker(struct making *k, jv v);

struct member {
	struct slice name;
	taker *take;
};

/* ---- values ---- */

static bool
take_text(struct slice *to, jv v)
{
	*to = value_text(v);
	return to->p != NULL;
}

/* An id is a text; a number is made one. */
static bool
take_id(struct making *k, struct slice *to, jv v)
{
	char digits[32];
	double x;

	if (jv_get_kind(v) != JV_KIND_NUMBER)
		return take_text(to, v);
	x = jv_number_value(v);
	if (x != trunc(x) || fabs(x) > 9007199254740992.0)
		return false;
	snprintf(digits, sizeof digits, "%.0f", x);
	*to = arena_dup(&k->maker->arena, slice_of(digits));
	return true;
}

/* Networks write counts as numbers or as texts. */
static bool
take_count(int64_t *to, jv v)
{
	unsigned long long n;
	double x;

	if (jv_get_kind(v) == JV_KIND_STRING) {
		if (!slice_u64(value_text(v), &n) || n > INT64_C(9007199254740992))
			return false;
		*to = (int64_t)n;
		return true;
	}
	if (jv_get_kind(v) != JV_KIND_NUMBER)
		return false;
	x = jv_number_value(v);
	if (!(x >= 0 && x <= 9007199254740992.0))
		return false;
	*to = (int64_t)x;
	return true;
}

static bool
take_bool(enum maybe *to, jv v)
{
	jv_kind kind = jv_get_kind(v);

	*to = kind == JV_KIND_TRUE ? MAYBE_YES : kind == JV_KIND_FALSE ? MAYBE_NO : MAYBE_UNKNOWN;
	return *to != MAYBE_UNKNOWN;
}

static bool
take_time(int64_t *to, jv v)
{
	double x;

	if (jv_get_kind(v) == JV_KIND_STRING)
		return rfc3339_parse(value_text(v), to) || date_parse(value_text(v), to);
	if (jv_get_kind(v) != JV_KIND_NUMBER)
		return false;
	x = jv_number_value(v);
	if (fabs(x) <= SECONDS_MAX)
		x *= 1000;
	if (!(fabs(x) <= SECONDS_MAX * 1000))
		return false;
	*to = (int64_t)x;
	return true;
}

struct slice
event_json(struct making *k, jv v)
{
	struct buf *b = &k->maker->text;
	size_t at = b->n;
	struct slice s;

	value_dump(b, jv_copy(v));
	s = arena_dup(&k->maker->arena, (struct slice){b->p + at, b->n - at});
	b->n = at;
	return s;
}

/* ---- members ---- */

/* Note the member that could not be used. */
static void
odd(struct making *k, const char *outer, const char *name)
{
	char *to = k->maker->odd;

	if (!to[0])
		snprintf(to, sizeof k->maker->odd, "%s%s%.40s", outer, *outer ? "." : "", name);
}

/* The row NAME of TABLE, or its end.  Members mostly come in the same order: *NEXT is where to look
 * first. */
static const struct member *
find_member(const struct member *table, const struct member **next, struct slice name)
{
	const struct member *row = *next;

	if (!row->name.p || !slice_eq(name, row->name))
		for (row = table; row->name.p && !slice_eq(name, row->name);)
			row++;
	*next = row->name.p ? row + 1 : table;
	return row;
}

/* Give each member of the object V to its row of TABLE; null is as good as not there. */
static void
take_members(struct making *k, const struct member *table, const char *outer, jv v)
{
	const struct member *next = table;

	jv_object_foreach(v, key, x)
	{
		const struct member *row = find_member(table, &next, value_text(key));

		if (!row->name.p || (jv_get_kind(x) != JV_KIND_NULL && !row->take(k, x)))
			odd(k, outer, jv_string_value(key));
		jv_free(key);
		jv_free(x); /* the object has it still */
	}
}

static bool
take_object(struct making *k, const struct member *table, const char *outer, jv v)
{
	if (jv_get_kind(v) != JV_KIND_OBJECT)
		return false;
	take_members(k, table, outer, v);
	return true;
}

static struct slice
without_at(struct slice s)
{
	return s.n > 1 && *s.p == '@' ? (struct slice){s.p + 1, s.n - 1} : s;
}

static bool
author_native(struct making *k, jv v)
{
	return take_id(k, &k->author_native, v);
}

static bool
author_handle(struct making *k, jv v)
{
	bool ok = take_text(&k->m.author.handle, v);

	k->m.author.handle = without_at(k->m.author.handle);
	return ok;
}

#define TAKE(function, kind, field)                                                                \
	static bool function(struct making *k, jv v)                                               \
	{                                                                                          \
		return take_##kind(&k->m.field, v);                                                \
	}

TAKE(author_name, text, author.name)
TAKE(author_followers, count, author.followers)
TAKE(author_following, count, author.following)
TAKE(author_posts, count, author.posts)
TAKE(author_created_at, time, author.created_at)
TAKE(author_verified, bool, author.verified)
TAKE(author_bot, bool, author.bot)
TAKE(metric_likes, count, likes)
TAKE(metric_shares, count, shares)
TAKE(metric_replies, count, replies)
TAKE(metric_views, count, views)
TAKE(event_revision, count, revision)
TAKE(event_kind, text, kind)
TAKE(event_channel, text, channel)
TAKE(event_title, text, title)
TAKE(event_url, text, url)
TAKE(event_indexed_at, time, indexed_at)

static bool
event_author(struct making *k, jv v)
{
	static const struct member table[] = {
	    {SLICE_INIT("native"), author_native},
	    {SLICE_INIT("handle"), author_handle},
	    {SLICE_INIT("name"), author_name},
	    {SLICE_INIT("followers"), author_followers},
	    {SLICE_INIT("following"), author_following},
	    {SLICE_INIT("posts"), author_posts},
	    {SLICE_INIT("created_at"), author_created_at},
	    {SLICE_INIT("verified"), author_verified},
	    {SLICE_INIT("bot"), author_bot},
	    {{NULL, 0}, NULL},
	};

	return take_object(k, table, "author", v);
}

static bool
event_metrics(struct making *k, jv v)
{
	static const struct member table[] = {
	    {SLICE_INIT("likes"), metric_likes},
	    {SLICE_INIT("shares"), metric_shares},
	    {SLICE_INIT("replies"), metric_replies},
	    {SLICE_INIT("views"), metric_views},
	    {{NULL, 0}, NULL},
	};

	return take_object(k, table, "metrics", v);
}

static bool
event_native(struct making *k, jv v)
{
	return take_id(k, &k->native, v);
}

static bool
event_type(struct making *k, jv v)
{
	static const char *const types[] = {
	    [TYPE_MENTION] = "mention", [TYPE_DELETE] = "delete", [TYPE_REPLY] = "reply"};
	struct slice s = value_text(v);

	k->type = 0;
	while (k->type < TYPE_BAD && !slice_is(s, types[k->type]))
		k->type++;
	return k->type < TYPE_BAD;
}

/* What a person wrote may not get lost. */
static bool
take_written(struct making *k, struct slice *to, const char *name, jv v)
{
	if (take_text(to, v))
		return true;
	k->lost = name;
	k->lost_kind = jv_get_kind(v);
	return false;
}

static bool
event_text(struct making *k, jv v)
{
	return take_written(k, &k->m.text, "text", v);
}

static bool
event_html(struct making *k, jv v)
{
	return take_written(k, &k->html, "html", v);
}

static bool
event_created_at(struct making *k, jv v)
{
	k->dated = true;
	k->created = v;
	return take_time(&k->m.created_at, v);
}

static bool
event_lang(struct making *k, jv v)
{
	struct slice s = value_text(v);
	char code[9];

	if (s.p && mention_lang_code(s, code))
		k->m.lang_hint = arena_dup(&k->maker->arena, slice_of(code));
	return s.p != NULL;
}

/* What the network tells of an answer after it has gone out. */
static bool
event_state(struct making *k, jv v)
{
	static const char *const states[] = {"sent", "delivered", "read", "failed", NULL};
	struct slice s = value_text(v);

	for (const char *const *state = states; *state; state++)
		if (slice_is(s, *state))
			k->state = slice_of(*state);
	return s.n && slice_eq(k->state, s);
}

static bool
event_part_key(struct making *k, jv v)
{
	return take_text(&k->part_key, v);
}

static bool
event_error(struct making *k, jv v)
{
	return take_text(&k->error, v);
}

static bool
event_in_reply_to(struct making *k, jv v)
{
	return take_id(k, &k->in_reply_to, v);
}

static bool
event_thread(struct making *k, jv v)
{
	return take_id(k, &k->thread, v);
}

static bool
event_direct(struct making *k, jv v)
{
	k->m.direct = jv_get_kind(v) == JV_KIND_TRUE;
	return k->m.direct || jv_get_kind(v) == JV_KIND_FALSE;
}

static bool
event_auto(struct making *k, jv v)
{
	k->m.automatic = jv_get_kind(v) == JV_KIND_TRUE;
	return k->m.automatic || jv_get_kind(v) == JV_KIND_FALSE;
}

/* The URL of a medium may be of any scheme: mxc: and cid: are references, too. */
static bool
add_media(struct making *k, jv v)
{
	struct refs *r = &k->maker->refs;
	struct arena *a = &k->maker->arena;
	jv type = value_get(v, "type"), url = value_get(v, "url"), alt = value_get(v, "alt");
	struct slice place = value_text(url), kind = value_text(type);
	bool ok = place.n > 0;

	if (ok && r->nmedia < REFS_MAX) {
		r->media = xgrow(r->media, r->nmedia, &r->mediacap, sizeof *r->media);
		r->media[r->nmedia++] = (struct media){
		    kind.n ? arena_dup(a, kind) : media_kind((struct slice){NULL, 0}, place),
		    arena_dup(a, place), arena_dup(a, value_text(alt))};
	}
	jv_free(type);
	jv_free(url);
	jv_free(alt);
	return ok;
}

static bool
add_link(struct making *k, jv v)
{
	refs_link(&k->maker->refs, &k->maker->arena, value_text(v));
	return jv_get_kind(v) == JV_KIND_STRING;
}

static bool
take_list(struct making *k, jv v, taker *add)
{
	bool ok = jv_get_kind(v) == JV_KIND_ARRAY;

	if (!ok)
		return false;
	jv_array_foreach(v, i, x)
	{
		ok &= add(k, x);
		jv_free(x);
	}
	return ok;
}

static bool
event_media(struct making *k, jv v)
{
	return take_list(k, v, add_media);
}

static bool
event_links(struct making *k, jv v)
{
	return take_list(k, v, add_link);
}

static bool
event_ref(struct making *k, jv v)
{
	if (jv_get_kind(v) != JV_KIND_OBJECT)
		return false;
	k->m.ref = event_json(k, v);
	return true;
}

static const struct member members[] = {
    {SLICE_INIT("native"), event_native},
    {SLICE_INIT("kind"), event_kind},
    {SLICE_INIT("created_at"), event_created_at},
    {SLICE_INIT("author"), event_author},
    {SLICE_INIT("html"), event_html},
    {SLICE_INIT("text"), event_text},
    {SLICE_INIT("url"), event_url},
    {SLICE_INIT("lang_hint"), event_lang},
    {SLICE_INIT("in_reply_to"), event_in_reply_to},
    {SLICE_INIT("thread"), event_thread},
    {SLICE_INIT("direct"), event_direct},
    {SLICE_INIT("metrics"), event_metrics},
    {SLICE_INIT("media"), event_media},
    {SLICE_INIT("links"), event_links},
    {SLICE_INIT("ref"), event_ref},
    {SLICE_INIT("revision"), event_revision},
    {SLICE_INIT("title"), event_title},
    {SLICE_INIT("type"), event_type},
    {SLICE_INIT("indexed_at"), event_indexed_at},
    {SLICE_INIT("channel"), event_channel},
    {SLICE_INIT("auto"), event_auto},
    {SLICE_INIT("state"), event_state},
    {SLICE_INIT("part_key"), event_part_key},
    {SLICE_INIT("error"), event_error},
    {{NULL, 0}, NULL},
};

void
event_take(struct making *k, jv partial)
{
	take_members(k, members, "", partial);
}
