/*
 * Actions and claims as requests that any process with the database open can do, see store/db.h (db_call).
 * They stay on the machine and live as long as the call: numbers are written as they are in memory.
 */
#include "cases/cases_int.h"
#include "core/rfc3339.h"

enum request { DO, CLAIM };

static void
put_number(struct buf *b, int64_t n)
{
	buf_add(b, (const char *)&n, sizeof n);
}

/* The length first; -1 for none. */
static void
put_text(struct buf *b, struct slice s)
{
	put_number(b, s.p ? (int64_t)s.n : -1);
	buf_adds(b, s);
}

/* false when IN ends before. */
static bool
get_number(struct slice *in, int64_t *n)
{
	if (in->n < sizeof *n)
		return false;
	memcpy(n, in->p, sizeof *n);
	in->p += sizeof *n;
	in->n -= sizeof *n;
	return true;
}

static bool
get_text(struct slice *in, struct slice *s)
{
	int64_t n;

	if (!get_number(in, &n) || n < -1 || n > (int64_t)in->n)
		return false;
	*s = n < 0 ? (struct slice){NULL, 0} : (struct slice){in->p, (size_t)n};
	in->p += s->n;
	in->n -= s->n;
	return true;
}

/* ---- doing them ---- */

static int
serve_do(struct cases *c, struct slice in, struct sme_err *err)
{
	struct case_action a;

	if (!get_text(&in, &a.tenant) || !get_text(&in, &a.key) || !get_text(&in, &a.actor) || !get_text(&in, &a.action) ||
	    !get_text(&in, &a.data) || !get_text(&in, &a.author) || !get_number(&in, &a.at))
		return err_set(err, SME_BUG, "a request to the desk was cut off");
	return case_do(c, &a, err) < 0 ? -1 : 1;
}

static int
serve_claim(struct cases *c, struct slice in, struct buf *answer, struct sme_err *err)
{
	struct slice tenant, key, agent;
	struct case_claim claim = {.key = BUF_INIT};
	int64_t lease;
	int r;

	if (!get_text(&in, &tenant) || !get_text(&in, &key) || !get_text(&in, &agent) || !get_number(&in, &lease))
		return err_set(err, SME_BUG, "a request to the desk was cut off");
	r = case_claim(c, tenant, key, agent, lease, &claim, err);
	if (r > 0) {
		put_number(answer, claim.id);
		put_number(answer, claim.fence);
		put_number(answer, claim.lease);
		put_text(answer, buf_slice(&claim.key));
	}
	buf_release(&claim.key);
	return r;
}

int
case_serve(void *ctx, struct slice in, struct buf *answer, struct sme_err *err)
{
	struct cases *c = ctx;
	int64_t kind, now, mine = c->o.now;
	int r;

	if (!get_number(&in, &kind) || !get_number(&in, &now))
		return err_set(err, SME_BUG, "a request to the desk was cut off");
	c->o.now = now; /* of the one who asks */
	r = kind == DO ? serve_do(c, in, err) : serve_claim(c, in, answer, err);
	c->o.now = mine;
	return r;
}

/* ---- asking for them ---- */

static void
begin_request(struct cases *c, enum request kind)
{
	buf_clear(&c->text);
	put_number(&c->text, kind);
	put_number(&c->text, cases_now(c));
}

int
cases_do(struct cases *c, const struct case_action *a, struct sme_err *err)
{
	struct buf answer = BUF_INIT;
	int r;

	begin_request(c, DO);
	put_text(&c->text, a->tenant);
	put_text(&c->text, a->key);
	put_text(&c->text, a->actor);
	put_text(&c->text, a->action);
	put_text(&c->text, a->data);
	put_text(&c->text, a->author);
	put_number(&c->text, a->at);
	r = db_call(c->db, buf_slice(&c->text), &answer, err);
	buf_release(&answer);
	return r < 0 ? -1 : 0;
}

int
cases_claim(struct cases *c, struct slice tenant, struct slice key, struct slice agent, int64_t lease,
    struct case_claim *claim, struct sme_err *err)
{
	struct buf answer = BUF_INIT;
	struct slice in, got;
	int r;

	claim->key = (struct buf)BUF_INIT;
	begin_request(c, CLAIM);
	put_text(&c->text, tenant);
	put_text(&c->text, key);
	put_text(&c->text, agent);
	put_number(&c->text, lease);
	r = db_call(c->db, buf_slice(&c->text), &answer, err);
	in = buf_slice(&answer);
	if (r > 0 && get_number(&in, &claim->id) && get_number(&in, &claim->fence) && get_number(&in, &claim->lease) &&
	    get_text(&in, &got))
		buf_adds(&claim->key, got);
	buf_release(&answer);
	return r;
}
