/* What comes by: when people wrote, and when one of us wrote to them. */
#include "config/accounts.h"
#include "core/rfc3339.h"
#include "outbox/office_int.h"
#include "outbox/person.h"

const struct json_value *
office_value(const struct office *o, const struct event *ev, enum job_field f)
{
	return &ev->values[o->fields[f]];
}

int64_t
office_time(const struct office *o, const struct event *ev, enum job_field f)
{
	struct buf scratch = BUF_INIT;
	int64_t at;

	if (!rfc3339_parse(json_string(office_value(o, ev, f), &scratch), &at))
		at = TIME_NONE;
	buf_release(&scratch);
	return at;
}

static void
add_key(struct buf *key, const struct json_value *v)
{
	struct buf scratch = BUF_INIT;

	buf_adds(key, json_string(v, &scratch));
	buf_addc(key, '\0');
	buf_release(&scratch);
}

static void
add_tenant(struct office *o, const struct event *ev, struct buf *key)
{
	if (office_value(o, ev, J_TENANT)->type == JSON_STRING)
		add_key(key, office_value(o, ev, J_TENANT));
	else
		buf_add(key, "default", sizeof "default");
}

/* Only private messages matter: no network limits for how long a public post may be answered. */
static void
note_inbound(struct office *o, const struct event *ev)
{
	struct buf key = BUF_INIT;
	union map_value *last;
	int64_t at = office_time(o, ev, J_CREATED);

	if (!json_bool(office_value(o, ev, J_DIRECT)) || at == TIME_NONE ||
	    office_value(o, ev, J_AUTHOR_ID)->type != JSON_STRING)
		return;
	add_tenant(o, ev, &key);
	add_key(&key, office_value(o, ev, J_NETWORK));
	add_key(&key, office_value(o, ev, J_AUTHOR_ID));
	last = map_put(&o->seen, buf_slice(&key));
	if (at > last->i)
		last->i = at;
	buf_release(&key);
}

/* ---- one of us ---- */

/* What says that it went out by itself; one that says nothing was written by a person. */
static bool
by_machine(const struct office *o, const struct event *ev)
{
	const struct json_value *automatic = office_value(o, ev, J_AUTO);

	if (automatic->type == JSON_TRUE || automatic->type == JSON_FALSE)
		return automatic->type == JSON_TRUE;
	return office_value(o, ev, J_BY)->type != JSON_STRING && office_value(o, ev, J_SOURCE)->type == JSON_STRING;
}

static bool
is_own(const struct office *o, const struct event *ev)
{
	struct json_value handle = json_member(office_value(o, ev, J_AUTHOR), SLICE("handle"));
	struct buf tenant = BUF_INIT, scratch = BUF_INIT;
	bool own = false;

	if (office_value(o, ev, J_AUTHOR)->type == JSON_OBJECT && handle.type == JSON_STRING) {
		const struct json_value *v = office_value(o, ev, J_TENANT);
		struct slice name = v->type == JSON_STRING ? json_string(v, &tenant) : SLICE("default");

		own = config_own_account(config_tenant(o->options.config, name), json_string(&handle, &scratch));
	}
	buf_release(&tenant);
	buf_release(&scratch);
	return own;
}

static void
note_thread(struct office *o, const struct event *ev, int64_t thread, int64_t at)
{
	struct buf key = BUF_INIT;
	union map_value *last;

	add_tenant(o, ev, &key);
	buf_add(&key, (const char *)&thread, sizeof thread);
	last = map_put(&o->persons, buf_slice(&key));
	if (at > last->i)
		last->i = at;
	buf_release(&key);
}

/*
 * Where somebody wrote, under every name that the thread may have in the mention that is answered: networks
 * tell of what was written in their own apps in their own ways.
 */
static void
note_person(struct office *o, const struct event *ev)
{
	struct buf text[4] = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};
	struct slice none = {NULL, 0};
	struct slice channel = json_string(office_value(o, ev, J_CHANNEL), &text[0]);
	struct slice thread = json_string(office_value(o, ev, J_THREAD), &text[1]);
	struct slice to = json_string(office_value(o, ev, J_TO_ID), &text[2]);
	struct slice answered = json_string(office_value(o, ev, J_IN_REPLY_TO), &text[3]);
	int64_t now = office_clock(o), at = office_time(o, ev, J_CREATED);
	bool direct = json_bool(office_value(o, ev, J_DIRECT));

	if (at == TIME_NONE || at > now)
		at = now;
	if (direct && to.n)
		note_thread(o, ev, job_thread(true, channel, to, none, none), at);
	if (direct && thread.n)
		note_thread(o, ev, job_thread(true, channel, thread, none, none), at);
	if (thread.n)
		note_thread(o, ev, job_thread(false, none, none, thread, none), at);
	if (answered.n)
		note_thread(o, ev, job_thread(false, none, none, none, answered), at);
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		buf_release(&text[i]);
}

/* Is it an answer of ours that comes back from the network? */
static bool
is_echo(struct office *o, const struct event *ev)
{
	struct buf tenant = BUF_INIT, id = BUF_INIT, part = BUF_INIT;
	const struct json_value *v = office_value(o, ev, J_TENANT);
	struct sme_err err;
	bool ours;

	ours = person_is_ours(o->ledger, v->type == JSON_STRING ? json_string(v, &tenant) : SLICE("default"),
	    json_string(office_value(o, ev, J_ID), &id), json_string(office_value(o, ev, J_PART_KEY), &part),
	    &err) == 1;
	buf_release(&tenant);
	buf_release(&id);
	buf_release(&part);
	return ours;
}

void
office_see(struct office *o, const struct event *ev)
{
	bool reply = event_is(ev, "reply");

	if (!reply)
		note_inbound(o, ev);
	if (!o->ledger || (reply ? !json_is(office_value(o, ev, J_STATE), SLICE("sent")) || by_machine(o, ev)
				 : !is_own(o, ev)))
		return;
	if (!is_echo(o, ev))
		note_person(o, ev);
}

/* ---- keeping it ---- */

static int
keep_inbound(struct office *o, const struct map_item *item, struct sme_err *err)
{
	struct slice rest = item->key, tenant, network, author;

	slice_cut(&rest, '\0', &tenant);
	slice_cut(&rest, '\0', &network);
	slice_cut(&rest, '\0', &author);
	return gate_note_inbound(o->ledger, tenant, network, author, item->value.i, err);
}

static int
keep_person(struct office *o, const struct map_item *item, struct sme_err *err)
{
	struct slice rest = item->key, tenant;
	int64_t thread;

	slice_cut(&rest, '\0', &tenant);
	memcpy(&thread, rest.p, sizeof thread);
	return person_note(o->ledger, tenant, thread, item->value.i, err);
}

int
office_keep_seen(struct office *o, struct sme_err *err)
{
	int r = 0;

	if (!o->seen.n && !o->persons.n)
		return 0;
	if (db_begin(ledger_db(o->ledger), err) < 0)
		return -1;
	for (size_t i = 0; r == 0 && i < o->seen.n; i++)
		r = keep_inbound(o, &o->seen.items[i], err);
	for (size_t i = 0; r == 0 && i < o->persons.n; i++)
		r = keep_person(o, &o->persons.items[i], err);
	if (r < 0) {
		db_rollback(ledger_db(o->ledger));
		return -1;
	}
	r = db_commit(ledger_db(o->ledger), err);
	map_release(&o->seen);
	map_release(&o->persons);
	o->seen = o->persons = (struct map)MAP_INIT;
	return r;
}
