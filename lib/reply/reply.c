#include "reply/reply.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/accounts.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "reply/machine.h"
#include "reply/mention.h"
#include "reply/networks.h"
#include "reply/snippets.h"
#include "reply/split.h"

struct replier {
	struct brands brands;
	struct networks networks;
	int fields[M_COUNT];
};

struct replier_run {
	struct expr_run **conditions; /* by snippet id; made when first needed */
	size_t n;
	struct arena arena; /* of one mention */
	struct buf text;
	struct buf why; /* the elements of a JSON list */
};

struct replier *
replier_open(const struct config *config, const char *networks, struct scan_plan *plan,
    struct sme_err *err)
{
	struct replier *r = xcalloc(1, sizeof *r);

	mention_plan(plan, r->fields);
	if (brands_open(&r->brands, config, plan, err) < 0 ||
	    (r->brands.nsnippets && networks_load(&r->networks, networks, err) < 0)) {
		replier_close(r);
		return NULL;
	}
	return r;
}

void
replier_close(struct replier *r)
{
	if (!r)
		return;
	brands_close(&r->brands);
	networks_release(&r->networks);
	free(r);
}

struct replier_run *
replier_run_new(const struct replier *r)
{
	struct replier_run *run = xcalloc(1, sizeof *run);

	run->n = r->brands.nsnippets;
	run->conditions = xcalloc(run->n + 1, sizeof *run->conditions);
	run->text = run->why = (struct buf)BUF_INIT;
	return run;
}

void
replier_run_free(struct replier_run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->n; i++)
		expr_run_free(run->conditions[i]);
	free(run->conditions);
	arena_release(&run->arena);
	buf_release(&run->text);
	buf_release(&run->why);
	free(run);
}

static void __attribute__((format(printf, 2, 3)))
because(struct replier_run *run, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (run->why.n)
		buf_addc(&run->why, ',');
	json_put_string(&run->why, buf_slice(&text));
	buf_release(&text);
}

static void
put_none(struct replier_run *run, struct buf *value)
{
	buf_puts(value, "{\"state\":\"none\",\"why\":[");
	buf_adds(value, buf_slice(&run->why));
	buf_puts(value, "]}");
}

/* A reason to answer nothing whatever the snippets say. */
static bool
unanswerable(struct replier_run *run, const struct mention *m)
{
	if (!m->brand->n)
		because(run, "no snippets configured");
	else if (!m->id.n)
		because(run, "the mention has no id");
	else if (config_own_account(m->brand->tenant, mention_text(m, M_HANDLE)))
		because(run, "the author is one of our own accounts");
	else if (json_bool(mention_value(m, M_BOT)) ||
	         json_number(mention_value(m, M_SCORE_BOT), 0) >= REPLY_BOT)
		because(run, "the author is a bot");
	else if (json_bool(mention_value(m, M_AUTO)))
		because(run, "a machine sent it");
	else if (machine_address(mention_text(m, M_HANDLE)) ||
	         machine_address(mention_text(m, M_AUTHOR_ID)))
		because(run, "nobody reads what is sent to the author");
	else if (json_is(mention_value(m, M_ACTION), SLICE("ignore")))
		because(run, "the rule says ignore");
	else
		return false;
	return true;
}

/*
 * How far a snippet's language is from the mention's: 0 the same, 1 written for any language, 2 and
 * more the languages of the tenant in their order; -1 not to be used.
 */
static int
language_rank(const struct mention *m, const struct snippet *s)
{
	int rank = 2;

	if (!s->lang.p)
		return 1;
	if (m->lang.p && slice_eq(s->lang, m->lang))
		return 0;
	for (NODE_EACH(it, node_get(m->brand->tenant, "languages"))) {
		if (slice_eq(it->text, s->lang))
			return rank;
		rank++;
	}
	return -1;
}

static bool
has_topic(const struct mention *m, struct slice topic)
{
	struct json_iter it = json_each(mention_value(m, M_TOPICS));
	struct json_value v;

	if (mention_value(m, M_TOPICS)->type != JSON_ARRAY)
		return false;
	while (json_next(&it, NULL, &v))
		if (json_is(&v, topic))
			return true;
	return false;
}

static bool
condition_holds(struct replier_run *run, const struct mention *m, const struct snippet *s)
{
	struct sme_err err;

	if (!s->when)
		return true;
	if (!run->conditions[s->id])
		run->conditions[s->id] = expr_run_new(s->when);
	return expr_eval(s->when, run->conditions[s->id], m->ev->line, m->ev->values, &err) ==
	       EXPR_TRUE;
}

static bool
fits(struct replier_run *run, const struct mention *m, const struct snippet *s)
{
	if (s->intent.p && !json_is(mention_value(m, M_INTENT), s->intent))
		return false;
	if (s->topic.p && !has_topic(m, s->topic))
		return false;
	return condition_holds(run, m, s);
}

/* Fill in the variables; false, with the reason noted, when one has no value. */
static bool
render(struct replier_run *run, struct mention *m, const struct snippet *s)
{
	struct slice missing;

	buf_clear(&run->text);
	if (!template_render(&s->text, mention_variable, m, &run->text, &missing)) {
		because(run, "snippet \"%.*s\": no usable value for {%.*s}", SLICE_ARG(s->name),
		    SLICE_ARG(missing));
		return false;
	}
	if (slice_trim(buf_slice(&run->text)).n)
		return true;
	because(run, "snippet \"%.*s\": the text is empty", SLICE_ARG(s->name));
	return false;
}

/* The best snippet, its text in RUN; *RANK as language_rank. */
static const struct snippet *
choose(struct replier_run *run, struct mention *m, int *rank)
{
	const struct brand *b = m->brand;
	const struct json_node *spoken = node_get(b->tenant, "languages");
	int last = 1 + (spoken ? (int)spoken->count : 0);

	for (*rank = 0; *rank <= last; ++*rank)
		for (size_t i = 0; i < b->n; i++) {
			const struct snippet *s = &b->snippets[i];

			if (language_rank(m, s) == *rank && fits(run, m, s) && render(run, m, s))
				return s;
		}
	return NULL;
}

/* Why this one: what it asked for, and the language. */
static void
explain(struct replier_run *run, const struct mention *m, const struct snippet *s, int rank)
{
	if (rank == 0)
		because(run, "language %.*s", SLICE_ARG(s->lang));
	else if (rank > 1 && m->lang.p)
		because(run, "no snippet in %.*s: %.*s instead", SLICE_ARG(m->lang), SLICE_ARG(s->lang));
	else if (rank > 1)
		because(run, "language not known: %.*s", SLICE_ARG(s->lang));
	if (s->intent.p)
		because(run, "intent %.*s", SLICE_ARG(s->intent));
	if (s->topic.p)
		because(run, "topic %.*s", SLICE_ARG(s->topic));
	if (s->when)
		because(run, "condition holds");
}

static const char *
state_of(struct replier_run *run, const struct mention *m, const struct snippet *s, int rank)
{
	if (json_is(mention_value(m, M_ACTION), SLICE("hold"))) {
		because(run, "the rule says hold");
		return "held";
	}
	/* In a language that the customer did not write, a person looks first. */
	return s->automatic && rank <= 1 ? "approved" : "suggested";
}

/* Append the parts, as a JSON list, that the network takes. */
static void
put_parts(struct buf *b, const struct replier *r, const struct mention *m, struct slice text)
{
	const struct network *net = networks_get(&r->networks, mention_text(m, M_NETWORK));
	bool direct = json_bool(mention_value(m, M_DIRECT));
	struct slice rest = slice_trim(text);

	buf_addc(b, '[');
	while (rest.n) {
		json_put_string(b, text_split(&rest, direct ? &net->direct : &net->text));
		if (rest.n)
			buf_addc(b, ',');
	}
	buf_addc(b, ']');
}

/* The same for the same answer of the same tenant to the same mention, on every run and machine. */
static void
put_key(struct buf *value, const struct mention *m, struct slice text)
{
	struct buf id = BUF_INIT;

	json_put_string(&id, m->tenant);
	json_put_string(&id, m->id);
	json_put_string(&id, text);
	buf_printf(value, "%016" PRIx64 "%016" PRIx64, hash64(id.p, id.n, 0), hash64(id.p, id.n, 1));
	buf_release(&id);
}

/* "We are back at 8" is true until 8. */
static void
put_end(const struct mention *m, const struct snippet *s, const char *state, struct buf *value)
{
	int64_t end = mention_opens_at(m);
	bool named = false;

	for (size_t i = 0; i < s->text.n; i++)
		named |= s->text.parts[i].variable && slice_is(s->text.parts[i].text, "opens_at");
	if (!named || end == TIME_NONE || strcmp(state, "approved") != 0)
		return;
	buf_puts(value, ",\"expires_at\":\"");
	rfc3339_put(value, end);
	buf_puts(value, "\"");
}

static void
put_reply(const struct replier *r, struct replier_run *run, const struct mention *m,
    const struct snippet *s, int rank, struct buf *value)
{
	struct slice text = slice_trim(buf_slice(&run->text));
	const char *state;

	explain(run, m, s, rank);
	state = state_of(run, m, s, rank);
	buf_printf(value, "{\"state\":\"%s\",\"text\":", state);
	put_parts(value, r, m, text);
	buf_puts(value, ",\"source\":\"snippet:");
	json_put_escaped(value, s->name);
	buf_puts(value, "\",\"p\":null,\"why\":[");
	buf_adds(value, buf_slice(&run->why));
	buf_puts(value, "]");
	put_end(m, s, state, value);
	buf_puts(value, ",\"key\":\"");
	put_key(value, m, text);
	buf_puts(value, "\"}");
}

void
reply_event(const struct replier *r, struct replier_run *run, const struct event *ev,
    struct buf *value)
{
	struct mention m = {.ev = ev, .fields = r->fields, .arena = &run->arena};
	const struct snippet *s;
	int rank;

	arena_release(&run->arena);
	buf_clear(&run->why);
	m.tenant = mention_text(&m, M_TENANT);
	if (!m.tenant.p)
		m.tenant = SLICE("default");
	m.brand = brands_get(&r->brands, m.tenant);
	m.id = mention_text(&m, M_ID);
	m.lang = mention_language(&m);
	if (unanswerable(run, &m)) {
		put_none(run, value);
		return;
	}
	s = choose(run, &m, &rank);
	if (s) {
		put_reply(r, run, &m, s, rank, value);
		return;
	}
	because(run, "no snippet fits");
	put_none(run, value);
}
