#include <stdlib.h>

#include "connector/poll_int.h"
#include "connector/value.h"
#include "core/rfc3339.h"
#include "stream/json.h"

static jv
object_or_empty(jv v)
{
	if (jv_get_kind(v) == JV_KIND_OBJECT)
		return v;
	jv_free(v);
	return jv_object();
}

static jv
array_or_empty(jv v)
{
	if (jv_get_kind(v) == JV_KIND_ARRAY)
		return v;
	jv_free(v);
	return jv_array();
}

/* The objects of LIST, consumed, with one more member. */
static jv
with_mark(jv list, const char *mark)
{
	jv out = jv_array();

	jv_array_foreach(list, i, it) {
		if (jv_get_kind(it) == JV_KIND_OBJECT)
			it = jv_object_set(it, jv_string(mark), jv_true());
		out = jv_array_append(out, it);
	}
	jv_free(list);
	return out;
}

int
poll_load(struct poll *p, struct sme_err *err)
{
	struct slice text = p->d->cursor->account;
	jv state = text.n ? connector_parse(text, err) : jv_object(), to;

	if (!jv_is_valid(state)) {
		jv_free(state);
		return err_prefix(err, "%s: damaged; remove it to start this source anew",
		    p->d->cursor->path ? p->d->cursor->path : "cursor");
	}
	jv_free(p->cursor);
	jv_free(p->stack);
	jv_free(p->later);
	p->cursor = object_or_empty(value_get(state, "cursor"));
	p->stack = with_mark(array_or_empty(value_get(state, "pending")), "again");
	p->later = jv_array();
	if (!p->looked) /* later it is the exchange that knows best */
		exchange_restore_limits(p->x, value_get(state, "limits"));
	p->looked = true;
	to = value_get(state, "seen_to");
	if (!rfc3339_parse(value_text(to), &p->seen_to))
		p->seen_to = TIME_NONE;
	jv_free(to);
	jv_free(state);
	return 0;
}

static jv
time_jv(int64_t ms)
{
	char text[RFC3339_SIZE];

	return ms == TIME_NONE ? jv_null() : jv_string(rfc3339_format(ms, text));
}

void
poll_store(struct poll *p)
{
	jv state = jv_object();
	struct buf text = BUF_INIT;

	state = jv_object_set(state, jv_string("cursor"), jv_copy(p->cursor));
	state = jv_object_set(
	    state, jv_string("pending"), jv_array_concat(jv_copy(p->later), jv_copy(p->stack)));
	state = jv_object_set(state, jv_string("seen_to"), time_jv(p->seen_to));
	state = jv_object_set(state, jv_string("limits"), exchange_limits(p->x));
	value_dump(&text, state);
	cursor_account(p->d->cursor, buf_slice(&text));
	buf_release(&text);
}

static void
put_member(struct buf *b, const char *key, struct slice text)
{
	buf_printf(b, ",\"%s\":", key);
	if (text.p)
		json_put_string(b, text);
	else
		buf_puts(b, "null");
}

static void
put_time(struct buf *b, const char *key, int64_t ms)
{
	char text[RFC3339_SIZE];

	put_member(b, key, ms == TIME_NONE ? (struct slice){NULL, 0} : slice_of(rfc3339_format(ms, text)));
}

/* {"type":"coverage","id":"coverage:SOURCE:TO",...}, see sme-event(5). */
void
poll_put_coverage(struct poll *p)
{
	const struct account *a = p->account;
	struct buf b = BUF_INIT, id = BUF_INIT;
	char to[RFC3339_SIZE];

	buf_printf(&id, "coverage:%.*s:%s", SLICE_ARG(a->name), rfc3339_format(p->began, to));
	buf_puts(&b, "{\"type\":\"coverage\"");
	put_member(&b, "id", buf_slice(&id));
	put_member(&b, "tenant", a->tenant);
	put_member(&b, "network", a->network);
	put_member(&b, "channel", a->channel.p ? a->channel : a->handle.p ? a->handle : a->name);
	put_time(&b, "from", p->from);
	put_time(&b, "to", p->began);
	buf_puts(&b, ",\"gaps\":");
	value_dump(&b, jv_copy(p->gaps));
	buf_printf(&b, ",\"events\":%llu}\n", (unsigned long long)p->sink.events);
	writer_put(p->d->out, buf_slice(&b));
	buf_release(&b);
	buf_release(&id);
}
