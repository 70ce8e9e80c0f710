#include <stdio.h>
#include <unistd.h>

#include "core/rfc3339.h"
#include "outbox/tell.h"
#include "outbox/channels.h"
#include "sme-publish/sme-publish.h"
#include "stream/json.h"
#include "stream/writer.h"

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
put_row(struct buf *b, const struct reply_row *r, int64_t n, const struct part_row *part)
{
	buf_puts(b, "{\"key\":");
	json_put_string(b, r->id.key);
	buf_printf(b, ",\"part\":%lld,\"parts\":%lld", (long long)n, (long long)r->parts);
	put_text(b, "tenant", r->id.tenant);
	put_text(b, "network", r->network);
	put_text(b, "channel", r->channel);
	put_text(b, "account", r->account);
	put_text(b, "kind", r->kind);
	put_text(b, "in_reply_to", r->mention);
	put_text(b, "to", r->author);
	put_text(b, "text", part->text);
	buf_puts(b, ",\"tried_at\":\"");
	rfc3339_put(b, part->p.intent ? part->p.intent : part->p.created);
	buf_puts(b, "\",\"next_look\":");
	if (part->p.due == PART_NEVER) {
		buf_puts(b, "null");
	} else {
		buf_addc(b, '"');
		rfc3339_put(b, part->p.due);
		buf_addc(b, '"');
	}
	put_text(b, "reason", part->reason);
	buf_puts(b, "}\n");
}

/* The part of R that it hangs on. */
static int
put_reply(struct ledger *l, const struct reply_row *r, struct arena *a, struct buf *b,
    struct sme_err *err)
{
	for (int64_t n = 0; n < r->parts; n++) {
		struct part_row part;

		if (ledger_part(l, &r->id, n, a, &part, err) < 0)
			return -1;
		if (part.p.state == PART_UNKNOWN)
			put_row(b, r, n, &part);
	}
	return 0;
}

int
list_unknown(const char *db, const char *tenant)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct reply_key after = {0};
	struct reply_row r;
	struct ledger *l;
	struct writer w;
	struct sme_err err;
	int found = 0;

	if (ledger_open_to_look(db, &l, &err) < 0)
		sme_die(err.status, "%s", err.text);
	writer_init(&w, STDOUT_FILENO, "stdout");
	while (l && (found = ledger_next_unknown(l, slice_of(tenant), &after, &a, &r, &err)) == 1) {
		buf_clear(&b);
		if (put_reply(l, &r, &a, &b, &err) < 0)
			sme_die(err.status, "%s", err.text);
		writer_put(&w, buf_slice(&b));
		after = r.id;
	}
	if (found < 0)
		sme_die(err.status, "%s", err.text);
	writer_release(&w);
	ledger_close(l);
	buf_release(&b);
	arena_release(&a);
	return SME_OK;
}
