#include <string.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/rfc3339.h"
#include "outbox/channels.h"
#include "outbox/tell.h"
#include "sme-publish/sme-publish.h"
#include "stream/writer.h"

struct answer {
	struct ledger *ledger;
	bool sent;
	struct slice id; /* what the network calls it */
	int64_t now;
};

static bool
answer_part(struct part_row *row, void *ctx)
{
	const struct answer *a = ctx;

	if (!part_resolve(&row->p, a->sent, ledger_alive(a->ledger, row->p.owner)))
		return false;
	row->gate = (struct slice){NULL, 0};
	row->reason = a->sent ? row->gate : SLICE("a person says that it is not there");
	if (a->sent) {
		row->id = a->id;
		row->sent_at = a->now;
	}
	return true;
}

/* The first part that hangs. */
static int
resolve_reply(const struct answer *ctx, const struct reply_row *r, struct arena *a,
    struct sme_err *err)
{
	for (int64_t n = 0; n < r->parts; n++) {
		struct answer copy = *ctx;
		struct part_row part;
		int done = ledger_part(ctx->ledger, &r->id, n, a, &part, err);

		if (done < 0)
			return -1;
		if (part.p.state == PART_SENT)
			continue;
		done = ledger_change(ctx->ledger, &r->id, n, answer_part, &copy, ctx->now, a, &part, err);
		if (done == 0)
			return err_set(err, SME_TEMPFAIL, "%.*s: it does not wait for a person: it is "
			    "still to be sent, has failed, or is being sent", SLICE_ARG(r->id.key));
		return done < 0 ? -1 : 0;
	}
	return err_set(err, SME_DATA, "%.*s: it is sent already", SLICE_ARG(r->id.key));
}

static int
find(struct ledger *l, const struct reply_key *id, struct arena *a, struct reply_row *r,
    struct sme_err *err)
{
	int found = l ? ledger_find(l, id, a, r, err) : 0;

	if (found == 0)
		return err_set(err, SME_NOINPUT, "no reply %.*s of tenant \"%.*s\" in sme.db (--unknown "
		    "lists those that wait, --tenant names the tenant)", SLICE_ARG(id->key),
		    SLICE_ARG(id->tenant));
	return found < 0 ? -1 : 0;
}

static void
read_words(char *const *words, struct answer *a)
{
	a->sent = words[0] && strcmp(words[0], "sent") == 0;
	if (a->sent && words[1] && *words[1] && !words[2])
		a->id = slice_of(words[1]);
	else if (!words[0] || words[1] || strcmp(words[0], "not-sent") != 0)
		cli_usage("--resolve: expected \"sent ID\" or \"not-sent\"");
}

static void
print_event(const struct config *config, struct ledger *l, const struct reply_key *id,
    struct arena *a)
{
	struct http_options http = {0};
	struct channels *c;
	struct buf line = BUF_INIT;
	struct reply_row r;
	struct writer w;
	struct sme_err err;

	c = channels_open(config, &http, TIME_NONE, &err);
	if (!c || find(l, id, a, &r, &err) < 0 ||
	    tell(l, &r, channels_instance(c, r.account), &line, &err) < 0)
		sme_die(err.status, "%s", err.text);
	writer_init(&w, STDOUT_FILENO, "stdout");
	writer_put(&w, buf_slice(&line));
	writer_release(&w);
	if (ledger_told(l, id, r.revision, &err) < 0)
		sme_die(err.status, "%s", err.text);
	channels_close(c);
	buf_release(&line);
}

int
resolve(const struct config *config, const char *db, const char *tenant, const char *key,
    char *const *words, int64_t now)
{
	struct reply_key id = {slice_of(tenant ? tenant : "default"), slice_of(key)};
	struct answer ctx = {.now = now == TIME_NONE ? time_now_ms() : now};
	struct arena a = ARENA_INIT;
	struct reply_row r;
	struct sme_err err;

	read_words(words, &ctx);
	ctx.ledger = ledger_open(db, &err);
	if (!ctx.ledger || find(ctx.ledger, &id, &a, &r, &err) < 0 ||
	    resolve_reply(&ctx, &r, &a, &err) < 0)
		sme_die(err.status, "%s", err.text);
	print_event(config, ctx.ledger, &id, &a);
	ledger_close(ctx.ledger);
	arena_release(&a);
	return SME_OK;
}
