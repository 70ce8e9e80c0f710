/* What there is to say about a condition: which evaluator, which members, where it is wrong. */
#include <stdio.h>

#include "expr/expr_int.h"

/* Of a long line, this much before and behind the place is shown. */
#define MARK_AROUND 60

const char *
expr_engine(const struct expr *e)
{
	return e->root ? "native" : "libjq";
}

static void
explain_paths(const struct node *n, struct buf *b, struct map *seen)
{
	if (n->n_steps) {
		struct buf path = BUF_INIT;

		for (size_t i = 0; i < n->n_steps; i++) {
			buf_addc(&path, '.');
			buf_adds(&path, n->steps[i].key);
		}
		if (!map_get(seen, buf_slice(&path))) {
			map_put(seen, buf_slice(&path));
			buf_printf(b, "%s %s", seen->n > 1 ? "," : "reads:", path.p);
		}
		buf_release(&path);
	}
	if (n->a)
		explain_paths(n->a, b, seen);
	if (n->b)
		explain_paths(n->b, b, seen);
	if (n->c)
		explain_paths(n->c, b, seen);
}

/* Does N look at its input as a whole?  Behind a pipe, and in the condition of any and all, the
 * input is no longer the event. */
static bool
uses_event(const struct node *n)
{
	switch (n->op) {
	case N_PATH:
	case N_LIT:
	case N_EMPTY:
		return false;
	case N_PIPE:
	case N_ANY:
	case N_ALL:
	case N_IN2:
		return uses_event(n->a);
	default:
		if (n->op == N_DOT || (n->op >= N_NOT && n->op <= N_IN && !n->n_steps))
			return true;
		return (n->a && uses_event(n->a)) || (n->b && uses_event(n->b)) ||
		       (n->c && uses_event(n->c));
	}
}

void
expr_explain(const struct expr *e, struct buf *b)
{
	struct map seen = MAP_INIT;
	struct sme_err place;

	buf_printf(b, "evaluator: %s\n", expr_engine(e));
	if (!e->root) {
		expr_err_at(&place, e->text, e->why_at, "%.*s", SLICE_ARG(e->why));
		buf_printf(b, "because: %s is outside the native subset\nreads: the whole event\n",
		    place.text);
		return;
	}
	explain_paths(e->root, b, &seen);
	if (uses_event(e->root))
		buf_puts(b, seen.n ? ", the whole event" : "reads: the whole event");
	else if (!seen.n)
		buf_puts(b, "reads: nothing");
	buf_addc(b, '\n');
	map_release(&seen);
}

/* --- the mark --- */

/* One character of a line to B, and as wide a blank to PAD: tabs stay tabs. */
static size_t
put_char(struct buf *b, struct buf *pad, struct slice s, size_t i)
{
	size_t n = utf8_length(s, i);
	bool control =
	    (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ||
	    (n == 2 && (unsigned char)s.p[i] == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0);

	if (s.p[i] == '\t') {
		buf_addc(b, '\t');
		buf_addc(pad, '\t');
		return 1;
	}
	if (!n || control)
		buf_addc(b, '?');
	else
		buf_add(b, s.p + i, n);
	buf_addc(pad, ' ');
	return n ? n : 1;
}

void
expr_mark(const char *text, const struct sme_err *err, struct buf *b)
{
	struct slice rest = slice_of(text), line = {"", 0};
	struct buf pad = BUF_INIT;
	size_t number, column, start, end, i;

	if (sscanf(err->text, "condition:%zu:%zu:", &number, &column) != 2)
		return;
	while (number-- && slice_cut(&rest, '\n', &line))
		;
	if (--column > line.n)
		column = line.n;
	start = column > MARK_AROUND ? column - MARK_AROUND : 0;
	while (start < column && ((unsigned char)line.p[start] & 0xc0) == 0x80)
		start++;
	end = line.n - column > MARK_AROUND ? column + MARK_AROUND : line.n;
	buf_puts(b, "  ");
	buf_puts(&pad, "  ");
	for (i = start; i < column;)
		i += put_char(b, &pad, line, i);
	buf_addc(&pad, '^');
	for (size_t width = pad.n; i < end; pad.n = width)
		i += put_char(b, &pad, line, i);
	buf_addc(b, '\n');
	buf_adds(b, buf_slice(&pad));
	buf_addc(b, '\n');
	buf_release(&pad);
}
