#include "net/mapping.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/date.h"

/*
 * The usual names, the best first, without punctuation and in lower case.  A path such as
 * "user.screen_name" counts as "userscreenname".
 */
static const struct {
	const char *target;
	const char *names;
} targets[TO_MAX] = {
    [TO_ID] = {"id", "id idstr tweetid statusid postid messageid commentid mentionid reviewid guid uuid nr"},
    [TO_REVISION] = {"revision", "revision"},
    [TO_TENANT] = {"tenant", "tenant mandant"},
    [TO_NETWORK] = {"network", "network platform netzwerk plattform"},
    [TO_CHANNEL] = {"channel", "channel kanal page inbox"},
    [TO_KIND] = {"kind", "kind posttype messagetype contenttype"},
    [TO_CREATED_AT] = {"created_at", "createdat created createdtime published publishedat publishdate "
                                     "publicationdate pubdate postedat posted senttime sentat "
                                     "timestamp datetime date dateutc time datum zeitstempel "
                                     "erstelltam veröffentlicht"},
    [TO_AUTHOR_ID] = {"author.id", "authorid userid useridstr fromid"},
    [TO_AUTHOR_HANDLE] = {"author.handle", "authorhandle handle authorusername userscreenname "
                                           "userusername username screenname benutzername "
                                           "accountacct accountusername account user"},
    [TO_AUTHOR_NAME] = {"author.name", "authorname name displayname fullname "
                                       "accountdisplayname author autor verfasser sender fromname"},
    [TO_AUTHOR_FOLLOWERS] = {"author.followers", "authorfollowers followers followerscount "
                                                 "followercount userfollowerscount "
                                                 "accountfollowerscount"},
    [TO_AUTHOR_FOLLOWING] = {"author.following", "authorfollowing following followingcount "
                                                 "friendscount userfriendscount "
                                                 "accountfollowingcount"},
    [TO_AUTHOR_POSTS] = {"author.posts", "authorposts statusescount userstatusescount postscount "
                                         "accountstatusescount"},
    [TO_AUTHOR_CREATED_AT] = {"author.created_at", "authorcreatedat usercreatedat accountcreatedat"},
    [TO_AUTHOR_VERIFIED] = {"author.verified", "authorverified verified userverified"},
    [TO_AUTHOR_BOT] = {"author.bot", "authorbot bot isbot accountbot"},
    [TO_TITLE] = {"title", "title headline subject titel betreff überschrift"},
    [TO_TEXT] = {"text", "fulltext text tweettext posttext messagetext reviewtext mentiontext "
                         "content message body tweet post comment review caption snippet beitrag "
                         "nachricht kommentar inhalt description rezension bewertung"},
    [TO_LANG_HINT] = {"lang_hint", "langhint lang language languagecode sprache"},
    [TO_URL] = {"url", "url permalink link posturl tweeturl mentionurl uri"},
    [TO_IN_REPLY_TO] = {"in_reply_to", "inreplyto inreplytoid inreplytostatusidstr "
                                       "inreplytostatusid parentid replyto"},
    [TO_THREAD] = {"thread", "thread threadid conversationid"},
    [TO_DIRECT] = {"direct", "direct isdirect isprivate private"},
    [TO_LIKES] = {"metrics.likes", "metricslikes likes likecount likescount favoritecount "
                                   "favouritescount favorites reactions"},
    [TO_SHARES] = {"metrics.shares", "metricsshares shares sharecount retweetcount retweets reposts "
                                     "repostcount reblogscount"},
    [TO_REPLIES] = {"metrics.replies", "metricsreplies replies replycount repliescount commentcount "
                                       "commentscount comments antworten"},
    [TO_VIEWS] = {"metrics.views", "metricsviews views viewcount impressions impressioncount"},
    [TO_MEDIA] = {"media", "media mediaurl mediaurls imageurl"},
    [TO_LINKS] = {"links", "links urls entitiesurls"},
    [TO_LABEL] = {"label", "label"},
};

/* Objects that only wrap what we look for. */
static const char *const wrappers[] = {"publicmetrics", "data", "attributes", "properties"};

static int
bad_target(struct slice target, struct sme_err *err)
{
	struct buf list = BUF_INIT;
	int r;

	for (size_t t = 0; t < TO_MAX; t++)
		buf_printf(&list, "%s%s", t ? ", " : "", targets[t].target);
	r = err_set(err, SME_USAGE, "map: no field \"%.*s\"; the fields are %s, date_format, timezone",
	    SLICE_ARG(target), buf_str(&list));
	buf_release(&list);
	return r;
}

int
mapping_set(struct mapping *m, struct slice target, struct slice column, struct sme_err *err)
{
	if (slice_is(target, "date_format")) {
		free(m->date_format);
		m->date_format = xslicedup(column);
		return 0;
	}
	if (slice_is(target, "timezone")) {
		zone_close(m->zone);
		m->zone = zone_open(column, err);
		return m->zone ? 0 : -1;
	}
	for (size_t t = 0; t < TO_MAX; t++)
		if (slice_is(target, targets[t].target)) {
			m->column[t] = column;
			return 0;
		}
	return bad_target(target, err);
}

void
mapping_release(struct mapping *m)
{
	free(m->date_format);
	zone_close(m->zone);
	*m = (struct mapping){0};
}

/* NAME in lower case without punctuation; too long a name is no usual one. */
static struct slice
squeeze(struct slice name, char out[64])
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < 63; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (isalnum(c) || c >= 0x80)
			out[n++] = (char)tolower(c);
	}
	for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
		size_t w = strlen(wrappers[i]);

		if (n > w && memcmp(out, wrappers[i], w) == 0 && memchr(name.p, '.', name.n))
			return (struct slice){out + w, n - w};
	}
	return (struct slice){out, n};
}

int
mapping_rank(const struct mapping *m, struct slice name, enum target *to)
{
	char text[64];
	struct slice plain = squeeze(name, text), list, word;
	int best = -1;

	for (size_t t = 0; t < TO_MAX; t++)
		if (m->column[t].p && slice_eq(slice_trim(m->column[t]), slice_trim(name))) {
			*to = (enum target)t;
			return 0;
		}
	for (size_t t = 0; t < TO_MAX && plain.n; t++) {
		int rank = 1;

		if (m->column[t].p)
			continue;
		list = slice_of(targets[t].names);
		for (; slice_cut(&list, ' ', &word); rank++)
			if (slice_eq(word, plain) && (best < 0 || rank < best)) {
				best = rank;
				*to = (enum target)t;
			}
	}
	return best;
}

/* ---- values ---- */

/* What exports write where they know nothing. */
static bool
is_blank(struct slice s)
{
	static const char *const words[] = {"", "-", "n/a", "na", "null", "none", "nan", "unknown"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_eq_nocase(s, slice_of(words[i])))
			return true;
	return false;
}

/* "1840", "1,840", "1.840", "1 840", "12.0", "1.8k", "3,4 Mio": all of S, or false. */
static bool
parse_count(struct slice s, int64_t *out)
{
	double v = 0, scale = 1;
	size_t i = 0, digits = 0, group = 0;
	char mark = '\0';

	for (; i < s.n && (isdigit((unsigned char)s.p[i]) || strchr(",. '", s.p[i])); i++) {
		if (!isdigit((unsigned char)s.p[i])) {
			if (i + 1 == s.n || !isdigit((unsigned char)s.p[i + 1]))
				break;
			if (!digits || (mark && group != 3))
				return false;
			mark = s.p[i];
			group = 0;
			continue;
		}
		v = v * 10 + (s.p[i] - '0');
		digits++;
		group++;
	}
	if (!digits)
		return false;
	s = slice_trim((struct slice){s.p + i, s.n - i});
	if (slice_eq_nocase(s, SLICE("k")))
		scale = 1e3;
	else if (slice_eq_nocase(s, SLICE("m")) || slice_eq_nocase(s, SLICE("mio")))
		scale = 1e6;
	else if (s.n)
		return false;
	/* Three digits behind the last mark are thousands, unless a unit says otherwise. */
	if (mark && (group != 3 || scale > 1))
		for (; group; group--)
			v /= 10;
	v *= scale;
	if (v < 0 || v > 9e15)
		return false;
	*out = (int64_t)v;
	return true;
}

static bool
parse_bool(struct slice s, enum maybe *out)
{
	static const char *const yes[] = {"true", "1", "yes", "y", "ja", "wahr", "oui", "x", "t"};
	static const char *const no[] = {"false", "0", "no", "n", "nein", "falsch", "non", "f"};

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (slice_eq_nocase(s, slice_of(yes[i]))) {
			*out = MAYBE_YES;
			return true;
		}
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (slice_eq_nocase(s, slice_of(no[i]))) {
			*out = MAYBE_NO;
			return true;
		}
	return false;
}

static bool
parse_time(const struct mapping *m, struct slice s, int64_t *ms)
{
	bool zoned;
	int64_t local;

	if (m->date_format ? !date_parse_format(s, m->date_format, ms, &zoned)
	                   : !date_parse_zoned(s, ms, &zoned))
		return false;
	if (zoned || !m->zone)
		return true;
	/* The offset that holds at the time it gives; in the hour that comes twice, the later one. */
	local = *ms / 1000;
	local -= zone_offset(m->zone, local - zone_offset(m->zone, local));
	*ms = local * 1000 + *ms % 1000;
	return true;
}

struct convert {
	const struct record *r;
	const struct mapping *m;
	struct sme_err *err;
	bool bad;
};

static struct slice
value(const struct convert *c, enum target t)
{
	return slice_trim(c->r->value[t]);
}

static void
complain(struct convert *c, enum target t, const char *expected)
{
	struct slice s = value(c, t);

	if (!c->bad)
		err_set(c->err, SME_DATA, "%s: expected %s, got \"%.*s\"", targets[t].target, expected,
		    (int)(s.n < 60 ? s.n : 60), s.p);
	c->bad = true;
}

static int64_t
count(struct convert *c, enum target t)
{
	int64_t n = COUNT_NONE;

	if (!is_blank(value(c, t)) && !parse_count(value(c, t), &n))
		complain(c, t, "a number");
	return n;
}

static enum maybe
truth(struct convert *c, enum target t)
{
	enum maybe b = MAYBE_UNKNOWN;

	if (!is_blank(value(c, t)) && !parse_bool(value(c, t), &b))
		complain(c, t, "true or false");
	return b;
}

static int64_t
when(struct convert *c, enum target t)
{
	int64_t ms = TIME_NONE;

	if (!is_blank(value(c, t)) && !parse_time(c->m, value(c, t), &ms))
		complain(c, t, c->m->date_format ? "a time in the date_format"
		                                 : "a time (or say its form with date_format)");
	return ms;
}

static struct slice
text_or(const struct convert *c, enum target t, struct slice fallback)
{
	struct slice s = value(c, t);

	return s.n ? s : fallback;
}

/* The addresses in S, between blanks, commas, semicolons or "|". */
static void
take_urls(struct slice s, struct refs *refs, struct arena *a, bool media)
{
	for (size_t i = 0; i < s.n;) {
		size_t n = 0;
		struct slice url;

		while (i + n < s.n && !strchr(" \t\r\n;|", s.p[i + n]) &&
		       !(s.p[i + n] == ',' && (i + n + 1 == s.n || strchr(" h", s.p[i + n + 1]))))
			n++;
		url = (struct slice){s.p + i, n};
		if (media)
			refs_media(refs, a, media_kind((struct slice){NULL, 0}, url), url,
			    (struct slice){NULL, 0});
		else
			refs_link(refs, a, url);
		i += n + 1;
	}
}

/* ---- the mention ---- */

static struct slice
lower(struct arena *a, struct slice s)
{
	struct slice copy = arena_dup(a, s);

	for (size_t i = 0; i < copy.n; i++)
		((char *)(size_t)copy.p)[i] = (char)tolower((unsigned char)s.p[i]);
	return copy;
}

/* An id of its own already, such as "mastodon:social.example:1139", or one that is made so. */
static struct slice
full_id(struct arena *a, const struct mention *m, const struct record_source *src, struct slice id)
{
	struct buf b = BUF_INIT;
	struct slice s;

	if (!id.n)
		return id;
	if (id.n > m->network.n && slice_starts(id, m->network) && id.p[m->network.n] == ':')
		buf_adds(&b, id);
	else
		mention_id(&b, m->network, src->instance, id);
	s = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return s;
}

/* A name in place of an id: "Kim Vogel" → "Kim_Vogel". */
static struct slice
one_word(struct arena *a, struct slice name)
{
	struct slice copy = arena_dup(a, name);

	for (size_t i = 0; i < copy.n; i++)
		if (copy.p[i] == ' ')
			((char *)(size_t)copy.p)[i] = '_';
	return copy;
}

/* Without an id of its own a record is what it says, by whom, when and where. */
static struct slice
hashed_id(struct arena *a, const struct record *r)
{
	static const enum target parts[] = {TO_CREATED_AT, TO_AUTHOR_ID, TO_AUTHOR_HANDLE,
	    TO_AUTHOR_NAME, TO_URL, TO_TITLE, TO_TEXT};
	uint64_t h = 0;
	char text[24];

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		h = hash64(r->value[parts[i]].p, r->value[parts[i]].n, h + i);
	snprintf(text, sizeof text, "h%016llx", (unsigned long long)h);
	return arena_dup(a, slice_of(text));
}

static void
take_author(struct convert *c, struct mention *m, struct arena *a, const struct record_source *src)
{
	struct mention_author *au = &m->author;

	au->handle = value(c, TO_AUTHOR_HANDLE);
	if (au->handle.n > 1 && *au->handle.p == '@')
		au->handle = (struct slice){au->handle.p + 1, au->handle.n - 1};
	au->name = text_or(c, TO_AUTHOR_NAME, au->handle);
	if (!au->handle.n)
		au->handle = au->name;
	au->id = full_id(a, m, src, text_or(c, TO_AUTHOR_ID, one_word(a, au->handle)));
	au->followers = count(c, TO_AUTHOR_FOLLOWERS);
	au->following = count(c, TO_AUTHOR_FOLLOWING);
	au->posts = count(c, TO_AUTHOR_POSTS);
	au->created_at = when(c, TO_AUTHOR_CREATED_AT);
	au->verified = truth(c, TO_AUTHOR_VERIFIED);
	au->bot = truth(c, TO_AUTHOR_BOT);
}

static bool
is_empty(const struct record *r)
{
	for (size_t t = 0; t < TO_MAX; t++)
		if (slice_trim(r->value[t]).n)
			return false;
	return true;
}

static void
take_numbers(struct convert *c, struct mention *m)
{
	int64_t revision = count(c, TO_REVISION);

	m->revision = revision == COUNT_NONE ? 0 : revision;
	m->likes = count(c, TO_LIKES);
	m->shares = count(c, TO_SHARES);
	m->replies = count(c, TO_REPLIES);
	m->views = count(c, TO_VIEWS);
	m->direct = truth(c, TO_DIRECT) == MAYBE_YES;
}

int
record_put(const struct record *r, const struct mapping *map, const struct record_source *src,
    struct buf *out, struct sme_err *err)
{
	struct convert c = {r, map, err, false};
	struct arena a = ARENA_INIT;
	struct refs refs = {0};
	struct mention m;

	if (is_empty(r))
		return 0;
	mention_init(&m);
	m.network = lower(&a, text_or(&c, TO_NETWORK, src->network));
	m.tenant = text_or(&c, TO_TENANT, src->tenant);
	m.channel = text_or(&c, TO_CHANNEL, src->channel);
	m.in_reply_to = full_id(&a, &m, src, value(&c, TO_IN_REPLY_TO));
	m.kind = text_or(&c, TO_KIND, src->kind.n ? src->kind
	                              : m.in_reply_to.n ? SLICE("comment") : SLICE("post"));
	m.id = value(&c, TO_ID);
	m.id = full_id(&a, &m, src, m.id.n ? m.id : hashed_id(&a, r));
	m.thread = full_id(&a, &m, src, value(&c, TO_THREAD));
	m.created_at = when(&c, TO_CREATED_AT);
	m.fetched_at = src->now;
	if (m.created_at == TIME_NONE)
		m.created_at = src->now;
	take_author(&c, &m, &a, src);
	take_numbers(&c, &m);
	m.text = text_or(&c, TO_TEXT, value(&c, TO_TITLE));
	m.title = value(&c, TO_TEXT).n ? value(&c, TO_TITLE) : (struct slice){NULL, 0};
	m.lang_hint = lower(&a, text_or(&c, TO_LANG_HINT, src->lang));
	m.url = value(&c, TO_URL);
	m.label = value(&c, TO_LABEL);
	take_urls(value(&c, TO_LINKS), &refs, &a, false);
	take_urls(value(&c, TO_MEDIA), &refs, &a, true);
	m.refs = &refs;
	if (!c.bad)
		mention_put(out, &m);
	refs_release(&refs);
	arena_release(&a);
	return c.bad ? -1 : 0;
}
