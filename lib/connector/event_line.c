#include "connector/event_line.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/date.h"
#include "net/mention.h"
#include "stream/scan.h"

/* Beyond this, a number of seconds since 1970 is one of milliseconds. */
#define SECONDS_MAX 1e11

enum event_type { TYPE_MENTION, TYPE_DELETE, TYPE_REPLY, TYPE_BAD };

/* What was read so far of one partial event. */
struct making {
	struct event_maker *maker;
	struct mention m;
	enum event_type type;
	struct slice native, author_native, in_reply_to, thread; /* as the network has them */
	struct slice html;
	struct slice state, part_key, error; /* of a reply; state: "sent" unless the network says more */
	bool dated; /* created_at was given, good or not */
	jv created; /* and this is it; borrowed */
	const char *lost; /* the member with what a person wrote that is no text */
	jv_kind lost_kind;
};

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

static bool
believable(const struct making *k, int64_t time)
{
	return time != TIME_NONE && time >= EVENT_EARLIEST && time <= k->maker->now + EVENT_AHEAD;
}

static struct slice
dump(struct making *k, jv v)
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
	k->m.ref = dump(k, v);
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

/* ---- the whole ---- */

/* What the author's client wrote is kept beside the time that stands in for it. */
static void
settle_time(struct making *k)
{
	struct mention *m = &k->m;

	if (!believable(k, m->indexed_at))
		m->indexed_at = TIME_NONE;
	if (believable(k, m->created_at))
		return;
	m->claimed_at = k->dated ? dump(k, k->created) : SLICE("null");
	m->created_at = m->indexed_at != TIME_NONE ? m->indexed_at : k->maker->now;
}

static struct slice
whole_id(struct making *k, struct slice native)
{
	struct buf *b = &k->maker->text;
	size_t at = b->n;
	struct slice s;

	if (!native.n)
		return (struct slice){NULL, 0};
	mention_id(b, k->maker->account->network, k->maker->account->instance, native);
	s = arena_dup(&k->maker->arena, (struct slice){b->p + at, b->n - at});
	b->n = at;
	return s;
}

static void
settle_text(struct making *k)
{
	struct event_maker *maker = k->maker;
	struct slice base = k->m.url.n ? k->m.url : maker->account->base;
	size_t at = maker->text.n;

	if (k->m.text.p || !k->html.p)
		return;
	html_text(maker->html, k->html, base, &maker->text, &maker->refs, &maker->arena);
	k->m.text = arena_dup(&maker->arena, (struct slice){maker->text.p + at, maker->text.n - at});
	maker->text.n = at;
}

static void
settle_ids(struct making *k)
{
	struct mention *m = &k->m;

	m->id = whole_id(k, k->native);
	m->author.id = whole_id(k, k->author_native.n ? k->author_native : m->author.handle);
	m->in_reply_to = whole_id(k, k->in_reply_to);
	m->thread = k->thread.n ? whole_id(k, k->thread) : m->in_reply_to;
	if (!m->kind.n)
		m->kind = m->direct          ? SLICE("message") :
		          m->in_reply_to.n ? SLICE("comment") :
		                               SLICE("post");
}

static void
put_text(struct buf *out, const char *key, struct slice s)
{
	buf_printf(out, ",\"%s\":", key);
	json_put_string(out, s.p ? s : SLICE(""));
}

static void
put_or_null(struct buf *out, const char *key, struct slice s)
{
	if (s.n)
		put_text(out, key, s);
	else
		buf_printf(out, ",\"%s\":null", key);
}

static void
put_time(struct buf *out, const char *key, int64_t time)
{
	char text[RFC3339_SIZE];

	put_text(out, key, slice_of(rfc3339_format(time, text)));
}

static void
put_head(struct buf *out, const char *type, const struct mention *m)
{
	buf_printf(out, "{\"type\":\"%s\"", type);
	put_text(out, "id", m->id);
	if (m->revision > 0)
		buf_printf(out, ",\"revision\":%lld", (long long)m->revision);
	put_text(out, "tenant", m->tenant);
	put_text(out, "network", m->network);
	put_text(out, "channel", m->channel);
	put_time(out, "created_at", m->created_at);
	put_time(out, "fetched_at", m->fetched_at);
}

static void
put_delete(struct buf *out, const struct mention *m)
{
	put_head(out, "delete", m);
	buf_puts(out, "}\n");
}

/* What our own account wrote, whoever did it. */
static void
put_reply(struct buf *out, const struct making *k)
{
	const struct mention *m = &k->m;

	put_head(out, "reply", m);
	put_text(out, "text", m->text);
	put_text(out, "state", k->state.n ? k->state : SLICE("sent"));
	put_text(out, "via", m->network);
	put_or_null(out, "url", m->url);
	put_or_null(out, "in_reply_to", m->in_reply_to);
	put_text(out, "thread", m->thread.n ? m->thread : m->id);
	buf_printf(out, ",\"direct\":%s", m->direct ? "true" : "false");
	if (m->automatic)
		buf_puts(out, ",\"auto\":true");
	if (k->part_key.n)
		put_text(out, "part_key", k->part_key);
	if (k->error.n)
		put_text(out, "error", k->error);
	buf_puts(out, "}\n");
}

static void
begin(struct making *k, struct event_maker *maker)
{
	const struct account *a = maker->account;

	*k = (struct making){.maker = maker};
	mention_init(&k->m);
	k->m.tenant = a->tenant;
	k->m.network = a->network;
	k->m.channel = a->channel.n ? a->channel : a->name;
	k->m.fetched_at = maker->now;
	k->m.refs = &maker->refs;
	maker->refs.nlinks = maker->refs.nmedia = 0;
	maker->odd[0] = '\0';
	buf_clear(&maker->text);
}

/* What has no name, or would lose what a person wrote, is no event. */
static int
check(const struct making *k, struct sme_err *err)
{
	if (k->type == TYPE_BAD)
		return err_set(err, SME_DATA, "event: type: expected mention, delete or reply");
	if (!k->native.n)
		return err_set(err, SME_DATA, "event: native: expected the id of the record, a text");
	if (k->lost)
		return err_set(err, SME_DATA, "event: %s: expected a text, got %s", k->lost,
		    jv_kind_name(k->lost_kind));
	return 0;
}

int
event_line(struct event_maker *maker, jv partial, struct buf *out, struct sme_err *err)
{
	struct making k;
	size_t start = out->n;
	int r = 0;

	if (jv_get_kind(partial) != JV_KIND_OBJECT)
		return err_set(err, SME_DATA, "event: expected an object, got %s",
		    jv_kind_name(jv_get_kind(partial)));
	begin(&k, maker);
	take_members(&k, members, "", partial);
	if (check(&k, err) < 0) {
		arena_release(&maker->arena);
		return -1;
	}
	settle_time(&k);
	settle_text(&k);
	settle_ids(&k);
	if (k.type == TYPE_MENTION)
		mention_put(out, &k.m);
	else if (k.type == TYPE_DELETE)
		put_delete(out, &k.m);
	else
		put_reply(out, &k);
	if (out->n - start > SCAN_LINE_MAX) {
		out->n = start;
		r = err_set(err, SME_DATA, "event: it would be longer than 16 MiB");
	}
	arena_release(&maker->arena);
	return r;
}

void
event_maker_init(struct event_maker *m, const struct account *account, struct html *html, int64_t now)
{
	*m = (struct event_maker){.account = account, .html = html, .now = now, .text = BUF_INIT};
}

void
event_maker_release(struct event_maker *m)
{
	arena_release(&m->arena);
	refs_release(&m->refs);
	buf_release(&m->text);
}
