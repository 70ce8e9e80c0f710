#include "outbox/tell.h"

#include "core/mem.h"
#include "core/rfc3339.h"
#include "stream/tree.h"

static void
put_text(struct buf *b, const char *name, struct slice s)
{
	buf_printf(b, ",\"%s\":", name);
	if (s.p)
		json_put_string(b, s);
	else
		buf_puts(b, "null");
}

static void
put_node(struct buf *b, const char *name, const struct json_node *n)
{
	buf_printf(b, ",\"%s\":", name);
	if (n)
		node_put(b, n);
	else
		buf_puts(b, "null");
}

static void
put_bool(struct buf *b, const char *name, bool yes)
{
	buf_printf(b, ",\"%s\":%s", name, yes ? "true" : "false");
}

/* Sent, it has the name that the network gave it, as when it is seen there; else one of ours. */
static void
put_id(struct buf *b, const struct reply_row *r, struct slice instance, const struct part_row *first)
{
	struct buf id = BUF_INIT;

	if (slice_is(r->state, "sent") && first->id.p && instance.p)
		buf_printf(&id, "%.*s:%.*s:%.*s", SLICE_ARG(r->network), SLICE_ARG(instance),
		    SLICE_ARG(first->id));
	else
		buf_printf(&id, "outbox:%.*s:%.*s", SLICE_ARG(r->id.tenant), SLICE_ARG(r->id.key));
	json_put_string(b, buf_slice(&id));
	buf_release(&id);
}

static void
put_parts(struct buf *b, const struct part_row *parts, int64_t n)
{
	struct buf all = BUF_INIT;

	for (int64_t i = 0; i < n; i++) {
		if (i)
			buf_addc(&all, ' ');
		buf_adds(&all, parts[i].text);
	}
	put_text(b, "text", all.p ? buf_slice(&all) : SLICE(""));
	buf_release(&all);
	buf_puts(b, ",\"parts\":[");
	for (int64_t i = 0; i < n; i++) {
		if (i)
			buf_addc(b, ',');
		json_put_string(b, parts[i].text);
	}
	buf_addc(b, ']');
}

/* What is out: all of it, or of several parts the first ones. */
static void
put_sent(struct buf *b, const struct part_row *parts, int64_t n)
{
	bool first = true;

	buf_puts(b, ",\"sent\":[");
	for (int64_t i = 0; i < n; i++) {
		if (parts[i].p.state != PART_SENT)
			continue;
		buf_puts(b, first ? "{\"id\":" : ",{\"id\":");
		first = false;
		json_put_string(b, parts[i].id);
		put_text(b, "url", parts[i].url);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static void
put_to(struct buf *b, const struct json_node *mention)
{
	const struct json_node *author = node_get(mention, "author");

	buf_puts(b, ",\"to\":{\"id\":");
	if (node_text(author, "id").p)
		json_put_string(b, node_text(author, "id"));
	else
		buf_puts(b, "null");
	put_text(b, "handle", node_text(author, "handle"));
	buf_addc(b, '}');
}

static void
put_event(struct buf *b, const struct reply_row *r, struct slice instance,
    const struct json_node *job, const struct part_row *parts)
{
	const struct json_node *mention = node_get(job, "mention");
	bool sent = slice_is(r->state, "sent");

	buf_printf(b, "{\"type\":\"%s\",\"id\":", slice_is(r->kind, "post") ? "post" : "reply");
	put_id(b, r, instance, parts);
	put_text(b, "tenant", r->id.tenant);
	put_text(b, "network", r->network);
	put_text(b, "channel", r->channel);
	put_text(b, "in_reply_to", r->mention);
	buf_puts(b, ",\"created_at\":\"");
	rfc3339_put(b, sent ? parts[0].sent_at : r->changed);
	buf_puts(b, "\"");
	/* The same answer told again is another event, until it is out. */
	if (!sent)
		buf_printf(b, ",\"revision\":%lld", (long long)r->revision);
	if (!slice_is(r->kind, "reply") && !slice_is(r->kind, "post"))
		put_text(b, "kind", r->kind);
	put_text(b, "state", r->state);
	if (r->gate.p)
		put_text(b, "gate", r->gate);
	if (r->reason.p)
		put_text(b, "reason", r->reason);
	put_text(b, "key", r->id.key);
	put_text(b, "via", r->network);
	put_text(b, "account", r->account);
	put_parts(b, parts, r->parts);
	put_sent(b, parts, r->parts);
	put_node(b, "source", node_get(job, "source"));
	put_bool(b, "auto", r->automatic);
	if (node_text(job, "by").p)
		put_text(b, "by", node_text(job, "by"));
	put_text(b, "url", parts[0].url);
	put_bool(b, "direct", r->private);
	if (mention && mention->type == JSON_OBJECT) {
		put_node(b, "thread", node_get(mention, "thread"));
		put_to(b, mention);
	}
	buf_puts(b, "}\n");
}

int
tell(struct ledger *l, const struct reply_row *r, struct slice instance, struct buf *out,
    struct sme_err *err)
{
	struct arena a = ARENA_INIT;
	struct part_row *parts = arena_zalloc(&a, (size_t)(r->parts + 1) * sizeof *parts);
	const struct json_node *job = json_tree(&a, r->job, err);
	int found = job ? 1 : -1;

	for (int64_t i = 0; found == 1 && i < r->parts; i++)
		found = ledger_part(l, &r->id, i, &a, &parts[i], err);
	if (found == 0)
		err_set(err, SME_DATA, "sme.db: %.*s has lost a part", SLICE_ARG(r->id.key));
	if (found == 1)
		put_event(out, r, instance, job, parts);
	arena_release(&a);
	return found == 1 ? 0 : -1;
}
