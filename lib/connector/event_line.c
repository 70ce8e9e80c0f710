#include "connector/event_line.h"

#include "connector/event_members.h"
#include "core/rfc3339.h"
#include "stream/scan.h"

static bool
believable(const struct making *k, int64_t time)
{
	return time != TIME_NONE && time >= EVENT_EARLIEST && time <= k->maker->now + EVENT_AHEAD;
}

/* What the author's client wrote is kept beside the time that stands in for it. */
static void
settle_time(struct making *k)
{
	struct mention *m = &k->m;

	if (!believable(k, m->indexed_at))
		m->indexed_at = TIME_NONE;
	if (believable(k, m->created_at))
		return;
	m->claimed_at = k->dated ? event_json(k, k->created) : SLICE("null");
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
	event_take(&k, partial);
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
