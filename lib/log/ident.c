#include "log/ident.h"

#include "core/rfc3339.h"
#include "log/block.h"

void
ident_plan_init(struct ident_plan *p)
{
	p->plan = scan_plan_new();
	p->type = scan_plan_add(p->plan, "type");
	p->id = scan_plan_add(p->plan, "id");
	p->tenant = scan_plan_add(p->plan, "tenant");
	p->revision = scan_plan_add(p->plan, "revision");
	p->state = scan_plan_add(p->plan, "state");
	p->created_at = scan_plan_add(p->plan, "created_at");
	p->at = scan_plan_add(p->plan, "at");
	p->author = scan_plan_add(p->plan, "author.id");
	p->to = scan_plan_add(p->plan, "to.id");
	p->in_reply_to = scan_plan_add(p->plan, "in_reply_to");
	p->mention = scan_plan_add(p->plan, "mention");
}

void
ident_plan_release(struct ident_plan *p)
{
	scan_plan_free(p->plan);
	p->plan = NULL;
}

void
ident_scratch_release(struct ident_scratch *s)
{
	buf_release(&s->text);
	buf_release(&s->tenant);
	buf_release(&s->id);
}

/* A string decoded, anything else as written. */
static struct slice
text_of(const struct json_value *v, struct buf *scratch)
{
	return v->type == JSON_STRING ? json_string(v, scratch) : json_raw(v);
}

struct slice
ident_tenant(const struct ident_plan *p, const struct scanner *sc, struct buf *scratch)
{
	const struct json_value *v = &sc->values[p->tenant];

	buf_clear(scratch);
	if (v->type == JSON_MISSING || v->type == JSON_NULL)
		return SLICE("default");
	return text_of(v, scratch);
}

struct slice
ident_id(const struct ident_plan *p, const struct scanner *sc, struct buf *scratch)
{
	const struct json_value *v = &sc->values[p->id];
	struct slice id = {NULL, 0};

	buf_clear(scratch);
	if (v->type == JSON_STRING || v->type == JSON_NUMBER)
		id = text_of(v, scratch);
	return id.n ? id : (struct slice){NULL, 0};
}

/* Of what is missing, the scanner sets nothing but the type. */
static struct slice
as_written(const struct json_value *v)
{
	return v->type == JSON_MISSING ? (struct slice){NULL, 0} : json_raw(v);
}

/* Fields are counted, so that no text can run into the next one. */
static void
put_field(struct buf *b, struct slice s)
{
	char n[4];

	put32(n, (uint32_t)s.n);
	buf_add(b, n, sizeof n);
	buf_adds(b, s);
}

struct hash128
ident_bar(const struct siphash_key *key, struct slice tenant, struct slice id, struct buf *scratch)
{
	buf_clear(scratch);
	buf_addc(scratch, 'B');
	put_field(scratch, tenant);
	put_field(scratch, id);
	return siphash128(key, scratch->p, scratch->n);
}

static void
put_revision(struct buf *b, const struct json_value *v)
{
	int64_t n = 0;

	if (v->type == JSON_MISSING || v->type == JSON_NULL || json_int(v, &n)) {
		char text[24];

		put64(text, (uint64_t)n);
		put_field(b, (struct slice){text, 8});
	} else {
		buf_addc(b, 'r');
		put_field(b, json_raw(v));
	}
}

void
ident_of(const struct ident_plan *p, const struct scanner *sc, struct slice line,
    const struct siphash_key *key, struct ident_scratch *s, struct ident *out)
{
	const struct json_value *type = &sc->values[p->type];
	struct slice id = ident_id(p, sc, &s->id);
	struct buf *b = &s->text;

	out->tenant = ident_tenant(p, sc, &s->tenant);
	out->has_bar = id.p != NULL;
	if (!id.p) {
		struct hash128 h = siphash128(key, line.p, line.n);

		buf_clear(b);
		buf_addc(b, 'L');
		put_field(b, out->tenant);
		buf_add(b, (const char *)&h, sizeof h);
		out->id = siphash128(key, b->p, b->n);
		return;
	}
	out->bar = ident_bar(key, out->tenant, id, b);
	buf_clear(b);
	buf_addc(b, sc->values[p->id].type == JSON_STRING ? 'S' : 'N');
	put_field(b, out->tenant);
	put_field(b, id);
	/* Other types and states count as they are written. */
	if (json_is(type, SLICE("mention")))
		put_field(b, SLICE("mention"));
	else if (json_is(type, SLICE("delete")))
		put_field(b, SLICE("delete"));
	else {
		put_field(b, as_written(type));
		put_field(b, as_written(&sc->values[p->state]));
	}
	put_revision(b, &sc->values[p->revision]);
	out->id = siphash128(key, b->p, b->n);
}

static bool
plausible(const struct json_value *v, int64_t now, struct buf *scratch, int64_t *ms)
{
	buf_clear(scratch);
	return v->type == JSON_STRING && rfc3339_parse(json_string(v, scratch), ms) &&
	       *ms >= IDENT_EARLIEST && *ms <= now + IDENT_AHEAD;
}

int64_t
ident_time(
    const struct ident_plan *p, const struct scanner *sc, int64_t now, struct ident_scratch *s)
{
	int64_t ms;

	if (plausible(&sc->values[p->created_at], now, &s->text, &ms) ||
	    plausible(&sc->values[p->at], now, &s->text, &ms))
		return ms;
	return now;
}
