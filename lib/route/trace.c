#include "route/trace.h"

#include <string.h>

/* Append S so that it cannot drive a terminal. */
static void
put_safe(struct buf *t, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool c1 = c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;

		if (c < 0x20 || c == 0x7f || c1)
			buf_addc(t, '?');
		else
			buf_addc(t, (char)c);
		i += c1;
	}
}

static void
put_value(struct buf *t, const struct json_value *v)
{
	struct buf scratch = BUF_INIT;

	put_safe(t, json_string(v, &scratch));
	buf_release(&scratch);
}

void
trace_mention(struct buf *t, const struct json_value *id, const struct json_value *tenant)
{
	put_value(t, id);
	if (tenant->type == JSON_STRING) {
		buf_puts(t, " of ");
		put_value(t, tenant);
	}
	buf_addc(t, '\n');
}

/* What RULE says, in a few words. */
static void
put_effects(struct buf *t, const struct rule *rule)
{
	if (rule->queue)
		buf_printf(t, "  queue %.*s", SLICE_ARG(rule->queue->name));
	if (rule->sla.text.p)
		buf_printf(t, "  sla %.*s", SLICE_ARG(rule->sla.text));
	if (rule->priority != 0) {
		buf_puts(t, rule->priority > 0 ? "  priority +" : "  priority ");
		json_put_fixed(t, rule->priority, 4);
	}
	if (rule->action.p)
		buf_printf(t, "  %.*s", SLICE_ARG(rule->action));
}

void
trace_rule(struct buf *t, const struct rule *rule, bool done, enum expr_result result,
    const char *error)
{
	const char *what = done ? "not tried" :
	    result == EXPR_TRUE ? "hit" :
	    result == EXPR_FALSE ? "miss" : "error";

	buf_printf(t, "  %-9s  %.*s", what, SLICE_ARG(rule->name));
	if (result == EXPR_TRUE)
		put_effects(t, rule);
	if (result == EXPR_ERROR) {
		buf_puts(t, "  ");
		put_safe(t, slice_of(error));
	}
	buf_addc(t, '\n');
}

void
trace_own(struct buf *t)
{
	buf_puts(t, "  own account: not routed\n");
}

void
trace_result(struct buf *t, struct slice value)
{
	buf_puts(t, "  = ");
	put_safe(t, value);
	buf_addc(t, '\n');
}
