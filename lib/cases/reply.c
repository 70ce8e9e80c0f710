/* An answer by a person, on its way to sme-publish. */
#include <inttypes.h>
#include <stdio.h>

#include "cases/cases_int.h"
#include "core/hash.h"
#include "core/rfc3339.h"

/* The mention to answer, copied into MENTION and its id into ID. */
static int
find_mention(struct cases *c, struct slice tenant, struct slice key, struct buf *mention, struct buf *id,
    struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db,
	    "SELECT m.raw, m.event FROM case_message m, case_file f WHERE f.tenant = ?1 AND f.key = ?2 AND m.file = f.id AND "
	    "m.type = 'mention' AND m.raw IS NOT NULL ORDER BY m.at < coalesce(f.unanswered, 9223372036854775807), "
	    "CASE WHEN f.unanswered IS NULL THEN -m.at ELSE m.at END, m.id LIMIT 1", err, "tt", tenant, key);
	int r = st ? db_step(c->db, st, err) : -1;

	if (r == 0)
		return err_set(err, SME_NOINPUT, "nothing in \"%.*s\" can be answered", SLICE_ARG(key));
	if (r < 0)
		return -1;
	buf_adds(mention, db_text(st, 0));
	buf_adds(id, db_text(st, 1));
	db_done(st);
	return 0;
}

/* The same answer to the same mention is the same reply, however often it is given. */
static void
put_key(struct buf *b, struct slice tenant, struct slice id, struct slice text)
{
	uint64_t h = hash64(tenant.p, tenant.n, 11), g;

	h = hash64(id.p, id.n, h);
	g = hash64(text.p, text.n, h);
	buf_printf(b, "%016" PRIx64 "%016" PRIx64, h, g);
}

/* A route or reply of an earlier stage is replaced: jq and people read the last one. */
static void
put_line(struct buf *out, struct slice mention, struct slice reply)
{
	mention.n--; /* the closing brace */
	buf_adds(out, mention);
	buf_puts(out, ",\"reply\":");
	buf_adds(out, reply);
	buf_puts(out, "}\n");
}

/* The token of the claim that AGENT has now, -1 when it has none; -2 with ERR. */
static int64_t
own_fence(struct cases *c, struct slice tenant, struct slice key, struct slice agent, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT fence FROM case_file WHERE tenant = ? AND key = ? AND holder = ? "
	    "AND lease > ?", err, "ttti", tenant, key, agent, cases_now(c));
	int r = st ? db_step(c->db, st, err) : -1;
	int64_t fence;

	if (r <= 0)
		return r < 0 ? -2 : -1;
	fence = db_int(st, 0);
	db_done(st);
	return fence;
}

int
cases_reply(struct cases *c, struct slice tenant, struct slice key, struct slice agent, int64_t fence,
    struct slice text, struct buf *out, struct sme_err *err)
{
	struct case_action a = {.tenant = tenant, .key = key, .actor = agent, .action = SLICE("reply"),
	    .at = TIME_NONE};
	struct buf mention = BUF_INIT, id = BUF_INIT, data = BUF_INIT, reply = BUF_INIT;
	int r = find_mention(c, tenant, key, &mention, &id, err);

	if (r == 0 && fence < 0)
		fence = own_fence(c, tenant, key, agent, err);
	if (fence < -1)
		r = -1;
	if (r == 0) {
		buf_puts(&data, "{\"key\":\"");
		put_key(&data, tenant, buf_slice(&id), text);
		buf_puts(&data, "\",\"text\":");
		json_put_string(&data, text);
		buf_puts(&data, ",\"mention\":");
		json_put_string(&data, buf_slice(&id));
		if (fence >= 0)
			buf_printf(&data, ",\"fence\":%" PRId64, fence);
		buf_addc(&data, '}');
		a.data = buf_slice(&data);
		r = cases_do(c, &a, err);
	}
	if (r == 0) {
		buf_puts(&reply, "{\"state\":\"approved\",\"text\":[");
		json_put_string(&reply, text);
		buf_puts(&reply, "],\"source\":\"desk\",\"by\":");
		json_put_string(&reply, agent);
		buf_puts(&reply, ",\"auto\":false,\"case\":");
		json_put_string(&reply, key);
		if (fence >= 0)
			buf_printf(&reply, ",\"fence\":%" PRId64, fence);
		buf_puts(&reply, ",\"key\":\"");
		put_key(&reply, tenant, buf_slice(&id), text);
		buf_puts(&reply, "\"}");
		put_line(out, buf_slice(&mention), buf_slice(&reply));
	}
	buf_release(&mention);
	buf_release(&id);
	buf_release(&data);
	buf_release(&reply);
	return r;
}
