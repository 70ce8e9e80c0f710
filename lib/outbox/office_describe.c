/* The dry run: what would be sent, for a person to read. */
#include "core/rfc3339.h"
#include "outbox/office_int.h"

/* The gates that depend on what else was sent, without booking anything. */
static int
try_to_book(struct office *o, struct channel *c, const struct outgoing *out,
    const struct prepared *p, struct gate_verdict *v, struct sme_err *err)
{
	int64_t booked;
	int r;

	v->gate = NULL;
	if (!o->ledger)
		return 1;
	if (db_begin(ledger_db(o->ledger), err) < 0)
		return -1;
	r = gates_book(o->ledger, &o->deliverer.rules, c, out, p, office_clock(o), v, &booked, err);
	db_rollback(ledger_db(o->ledger));
	return r;
}

static int
describe_part(struct office *o, struct channel *c, const struct outgoing *out, struct buf *text,
    struct sme_err *err)
{
	const struct reply_row *r = out->reply;
	struct gate_verdict v;
	struct prepared p = {.cost = 1};
	int64_t inbound = TIME_NONE;

	buf_printf(text, "would send %.*s %.*s, part %lld of %lld, by %.*s\n", SLICE_ARG(r->kind),
	    SLICE_ARG(r->id.key), (long long)out->part + 1, (long long)r->parts, SLICE_ARG(c->name));
	if (o->ledger && gate_inbound(o->ledger, r, &inbound, err) < 0)
		return -1;
	if (!gates_pass(c, out, inbound, office_clock(o), &v)) {
		buf_printf(text, "  not sent: %s: %s\n", v.gate, v.reason);
		return 0;
	}
	if (c->ops->prepare(c->ctx, out, &p, err) < 0 || c->ops->describe(c->ctx, text, err) < 0) {
		buf_printf(text, "  not sent: %s\n", err->text);
		return 0;
	}
	if (try_to_book(o, c, out, &p, &v, err) < 0)
		return -1;
	if (text->n && text->p[text->n - 1] != '\n')
		buf_addc(text, '\n');
	if (p.price > 0)
		buf_printf(text, "  costs %.4g\n", p.price);
	if (v.gate)
		buf_printf(text, "  not sent now: %s: %s\n", v.gate, v.reason);
	return 0;
}

enum office_result
office_describe(struct office *o, struct channel *c, const struct job *job, struct arena *a,
    struct buf *text, struct sme_err *err)
{
	const struct json_node *tree = json_tree(a, job->row.job, err);
	/* What only the network can say. */
	struct sent_part before = {SLICE("ID"), SLICE("URL"), SLICE("null")};

	for (int64_t i = 0; tree && i < job->row.parts; i++) {
		struct outgoing out = {
		    .reply = &job->row,
		    .job = tree,
		    .part = i,
		    .text = job->texts[i],
		    .created = office_clock(o),
		};

		if (i)
			out.previous = before;
		if (node_text(tree, "of").p)
			out.sent = before;
		if (describe_part(o, c, &out, text, err) < 0)
			return OFFICE_FAILED;
	}
	return tree ? OFFICE_TAKEN : OFFICE_FAILED;
}
