/*
 * The SIMD scanner, written once for all instruction sets.  A kernel file defines TARGET, the block
 * primitives below, and includes this.
 *
 * Step one (kernel_index) goes over a stretch of lines in blocks of 64 bytes, one bit a byte, in the manner of
 * Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (VLDB Journal 2019): it finds which
 * bytes are inside strings, and gathers the first byte and the place of every token: brackets,
 * braces, colons, commas, opening quotes, newlines, and the start of each number or literal.
 *
 * Step two (kernel_walk) takes line by line.  It looks little at the text any more but at the gathered
 * first bytes, 64 tokens at once: what may follow what is decided by shifted masks.  Only the brackets are visited
 * one by one, because a comma means another thing in an array than in an object; and the colons of
 * those objects in which a path is wanted.
 */
struct kernel_state {
	uint64_t in_string; /* all ones when the block starts inside a string */
	uint64_t escaped;   /* 1 when the block's first byte is escaped */
	uint64_t scalar;    /* 1 when the byte before the block belongs to a scalar */
	uint64_t control;   /* control characters of the block */
	uint64_t bad;       /* something is wrong */
	uint64_t spaced;    /* there is white space between tokens */
};

static inline bool
kernel_hex(char c)
{
	return (unsigned char)(c - '0') <= 9 || (unsigned char)((c | 0x20) - 'a') <= 5;
}

/* Which bytes of the block are escaped; checks the escapes (RFC 8259, 7).  They are rare. */
KERNEL uint64_t
kernel_escapes(struct kernel_state *k, const char *p, uint64_t backslash)
{
	uint64_t escaped = k->escaped;

	backslash &= ~k->escaped;
	k->escaped = 0;
	while (backslash) {
		unsigned i = (unsigned)__builtin_ctzll(backslash);
		char c = p[i + 1];

		if (c == 'u')
			k->bad |= !(kernel_hex(p[i + 2]) && kernel_hex(p[i + 3]) &&
			    kernel_hex(p[i + 4]) && kernel_hex(p[i + 5]));
		else
			k->bad |= !(c == 'n' || c == '"' || c == '\\' || c == '/' || c == 't' ||
			    c == 'r' || c == 'b' || c == 'f');
		if (i == 63)
			k->escaped = 1;
		else
			escaped |= UINT64_C(2) << i;
		backslash &= ~(UINT64_C(3) << i);
	}
	return escaped;
}

/* Backslashes and control characters in the block at base + AT. */
KERNEL void
kernel_unusual(struct kernel_state *k, struct scan_batch *batch, struct block_bits *b, size_t at,
    uint64_t valid)
{
	struct unusual_bits u = block_unusual(batch->base + at);

	u.backslash &= valid;
	if (u.backslash | k->escaped)
		b->quote &= ~kernel_escapes(k, batch->base + at, u.backslash);
	if (u.backslash)
		batch->escapes[at >> 12] |= UINT64_C(1) << (at >> 6 & 63);
	k->control = u.control & valid;
}

/* The tokens of a block whose bytes in VALID belong to the text. */
KERNEL uint64_t
kernel_block(struct kernel_state *k, struct block_bits b, uint64_t valid)
{
	uint64_t in_string, scalar, start;

	b.quote &= valid;
	b.op &= valid;
	in_string = prefix_xor(b.quote) ^ k->in_string;
	k->in_string = (uint64_t)((int64_t)in_string >> 63);
	k->bad |= (k->control | b.newline) & in_string & valid;
	k->control = 0;
	k->spaced |= b.space & ~in_string & valid;
	scalar = valid & ~(b.op | b.space | in_string | b.quote);
	start = scalar & ~(scalar << 1 | k->scalar);
	k->scalar = scalar >> 63;
	return (b.op & ~in_string) | (b.quote & in_string) | start;
}

/* UTF-8 of the blocks that were noted. */
KERNEL uint64_t
kernel_utf8(const struct scan_batch *b, size_t nhigh, size_t n)
{
	uint64_t bad = 0;

	for (size_t i = 0; i < nhigh; i++) {
		size_t at = b->high[i], left = n - at;
		uint64_t valid = left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);

		if (at) {
			bad |= block_bad_utf8(b->base + at) & valid;
		} else {
			/* Nothing may be read before the text. */
			char first[3 + 64] = {0};

			memcpy(first + 3, b->base, 64);
			bad |= block_bad_utf8(first + 3) & valid;
		}
	}
	return bad;
}

/* Step one. */
TARGET static bool
kernel_index(struct scan_batch *b, const char *p, size_t n, bool final)
{
	/* Locals that no store through a byte pointer can alias stay in registers. */
	struct kernel_state k = {0};
	unsigned char *token = b->token;
	uint16_t *place = b->place;
	uint64_t high = 0;
	size_t nhigh = 0;

	b->base = p;
	memset(b->escapes, 0, sizeof b->escapes);
	for (size_t at = 0; at < n; at += 64) {
		struct block_bits bits = block_classify(p + at);
		uint64_t valid = n - at < 64 ? (UINT64_C(1) << (n - at)) - 1 : ~UINT64_C(0);
		size_t count;

		/* The gap between two stretches would let the processor's own prefetching lapse. */
		__builtin_prefetch(p + at + 2048);
		if ((bits.unusual & valid) | k.escaped)
			kernel_unusual(&k, b, &bits, at, valid);
		/* No branch, for which blocks are not ASCII cannot be foretold.  A sequence may end in
		 * the next block. */
		b->high[nhigh] = (uint16_t)at;
		nhigh += ((bits.high & valid) | high >> 61) != 0;
		high = bits.high;
		count = block_store(p + at, kernel_block(&k, bits, valid), at, token, place);
		token += count;
		place += count;
	}
	*token = '\n';
	*place = (uint16_t)n;
	b->at = 0;
	b->ntokens = (size_t)(token - b->token);
	b->spaced = k.spaced != 0;
	if (final)
		k.bad |= k.in_string;
	return !(k.bad | kernel_utf8(b, nhigh, n));
}

struct kernel_walk {
	struct scanner *s;
	const char *base; /* places count from here */
	const uint16_t *place;
	const unsigned char *token;
	size_t depth;
	bool object;                     /* the innermost level is an object */
	const struct scan_node *node;    /* what is wanted in it, or NULL */
	const struct scan_node *pending; /* the path whose value is the token PENDING_AT */
	size_t pending_at;
	struct scan_shape *shape; /* where the line's shape is being noted, or NULL */
	size_t from;              /* the line's first token */
	bool bad;
};

/* May there be a backslash in bytes FROM to TO of the batch?  Sure only to 64 bytes. */
static inline bool
kernel_near_escape(const struct scan_batch *b, size_t from, size_t to)
{
	size_t first = from >> 6, last = to >> 6;

	for (; first < last && first >> 6 != last >> 6; first++)
		if (b->escapes[first >> 6] >> (first & 63) & 1)
			return true;
	return (b->escapes[last >> 6] >> (first & 63) & (~UINT64_C(0) >> (63 - (last - first)))) != 0;
}

/* Is there a backslash in the N bytes at P? */
static inline bool
kernel_escaped(const struct kernel_walk *w, const char *p, size_t n)
{
	size_t from = (size_t)(p - w->base);

	return kernel_near_escape(&w->s->state->batch, from, from + n) && memchr(p, '\\', n) != NULL;
}

/* The last byte before the token after token I, white space left out. */
KERNEL const char *
kernel_last_byte(const struct kernel_walk *w, size_t i)
{
	const char *p = w->base + w->place[i], *e = w->base + w->place[i + 1] - 1;

	while (e > p && (*e == ' ' || *e == '\t' || *e == '\n' || *e == '\r'))
		e--;
	return e;
}

/* The type of a value by its first byte; the rest are numbers. */
static const uint8_t kernel_types[256] = {['"'] = JSON_STRING, ['{'] = JSON_OBJECT, ['['] = JSON_ARRAY,
    ['t'] = JSON_TRUE, ['f'] = JSON_FALSE, ['n'] = JSON_NULL, ['-'] = JSON_NUMBER,
    ['0' ... '9'] = JSON_NUMBER};

/* Four bytes as they lie in the memory of an x86. */
#define KERNEL_WORD(a, b, c, d)                                                                    \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* What may stand behind a number or literal. */
static const bool kernel_ends[256] = {[' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true,
    [','] = true, [']'] = true, ['}'] = true};

/* Is the scalar at P well formed?  Whole numbers of up to seven digits need no loop. */
KERNEL bool
kernel_scalar(const char *p, const char *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const char *why;
	uint64_t x, other;
	uint32_t word;
	unsigned n;

	memcpy(&x, p, 8);
	/* The top bits of the bytes that are no digits; a carry can only spoil those behind one. */
	other = ((x + ones * (0x80 - '9' - 1)) | (x - ones * '0')) & ones * 0x80;
	n = (unsigned)__builtin_ctzll(other | UINT64_C(1) << 63) / 8;
	if (n) {
		if (kernel_ends[(unsigned char)p[n]] & ((*p != '0') | (n == 1)))
			return true;
		return scan_scalar(p, end, &why) != NULL;
	}
	word = (uint32_t)x;
	if (word == KERNEL_WORD('t', 'r', 'u', 'e') || word == KERNEL_WORD('n', 'u', 'l', 'l'))
		return kernel_ends[(unsigned char)p[4]];
	if (word == KERNEL_WORD('f', 'a', 'l', 's') && p[4] == 'e')
		return kernel_ends[(unsigned char)p[5]];
	return scan_scalar(p, end, &why) != NULL;
}

/* Are the tokens in SCALARS, whose places begin at PLACE, well-formed numbers and literals?  END is
 * behind all of them. */
KERNEL bool
token_scalars(const char *base, const uint16_t *place, uint64_t scalars, const char *end)
{
	bool good = true;

	for (; scalars; scalars &= scalars - 1)
		good &= kernel_scalar(base + place[__builtin_ctzll(scalars)], end);
	return good;
}

#include "stream/scan_shape.h"

/* NODE's value is token I. */
KERNEL void
kernel_value(struct kernel_walk *w, const struct scan_node *node, size_t i)
{
	struct json_value *v = &w->s->values[node->value];
	const char *p = w->base + w->place[i], *e;

	if (w->shape)
		shape_note_value(w, node, i);
	if (__builtin_expect(v->type != JSON_MISSING, 0))
		scan_forget(w->s, node);
	/* The end of the line is no value; it is refused for that. */
	if (w->token[i] == '\n')
		return;
	e = kernel_last_byte(w, i);
	v->p = p;
	v->n = (uint32_t)(e + 1 - p);
	v->type = kernel_types[w->token[i]];
	v->escaped = v->type == JSON_STRING && kernel_escaped(w, p, v->n);
	if (v->type >= JSON_ARRAY) {
		w->pending = node;
		w->pending_at = i;
	}
}

/*
 * The first eight bytes of the name at KEY as scan_node.head has them: nothing from its closing quote
 * on.  The bit trick finds the first zero byte of x (Warren, Hacker's Delight, 6-1).
 */
KERNEL uint64_t
kernel_head(const char *key)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t head, x, quote;

	memcpy(&head, key, 8);
	x = head ^ ones * '"';
	quote = (x - ones) & ~x & ones * 0x80;
	/* The bits below the quote's byte: all when there is no quote. */
	return head & ((quote & -quote) / 0x80 - 1);
}

/* The child of PARENT whose name stands at KEY. */
KERNEL const struct scan_node *
kernel_find(const struct scan_node *nodes, const struct scan_node *parent, const char *key)
{
	uint64_t head = kernel_head(key);

	for (int i = parent->first_child; i; i = nodes[i].next_sibling) {
		const struct scan_node *node = &nodes[i];

		/* Shorter names are equal then, closing quote and all. */
		if (node->head == head && (node->key.n < 8 ||
		    (memcmp(key, node->key.p, node->key.n) == 0 && key[node->key.n] == '"')))
			return node;
	}
	return NULL;
}

/* Of COLONS, those behind a name with a backslash near, which may spell any name. */
KERNEL uint64_t
kernel_escaped_names(const struct kernel_walk *w, uint64_t colons, size_t base)
{
	uint64_t names = 0;

	for (; colons; colons &= colons - 1) {
		size_t i = base + (size_t)__builtin_ctzll(colons);

		if (kernel_near_escape(&w->s->state->batch, w->place[(ptrdiff_t)i - 1], w->place[i]))
			names |= colons & -colons;
	}
	return names;
}

/*
 * Of COLONS, those behind a name that begins like a wanted one of whatever level.  ESCAPES: there is
 * a backslash among these 64 tokens.
 */
KERNEL uint64_t
kernel_names(const struct kernel_walk *w, uint64_t colons, size_t base, bool escapes)
{
	const struct scan_state *st = w->s->state;
	const struct scan_plan *plan = st->plan;
	const uint16_t *place = w->place + base;
	uint64_t left = colons, names = 0;

	if (!plan->multiplier || w->shape)
		return colons;
	/* With white space a colon need not follow its name directly. */
	if (!st->batch.spaced)
		left &= token_spans(place, plan->spans);
	for (; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		uint64_t head = kernel_head(w->base + place[(ptrdiff_t)i - 1] + 1);

		names |= (uint64_t)(plan->heads[scan_hash(head, plan->multiplier)] == head) << i;
	}
	return escapes ? names | kernel_escaped_names(w, colons, base) : names;
}

/* The members whose colons are COLONS (bits of the 64 tokens from BASE) of an object on a path. */
KERNEL void
kernel_members(struct kernel_walk *w, uint64_t colons, size_t base, bool escapes)
{
	const struct scan_node *nodes = w->s->state->plan->nodes, *parent = w->node, *found;

	for (; colons; colons &= colons - 1) {
		size_t i = base + (size_t)__builtin_ctzll(colons);
		const char *key = w->base + w->place[(ptrdiff_t)i - 1] + 1;

		if (escapes && kernel_escaped(w, key, (size_t)(w->base + w->place[i] - key)))
			found = scan_find_child(w->s->state, parent,
			    (struct slice){key, (size_t)(kernel_last_byte(w, i - 1) - key)}, true);
		else
			found = kernel_find(nodes, parent, key);
		if (w->shape)
			shape_note_name(w, parent, i - 1, found);
		if (found)
			kernel_value(w, found, i + 1);
	}
}

KERNEL void
kernel_open(struct kernel_walk *w, size_t i)
{
	struct scan_state *st = w->s->state;
	bool wanted = w->pending && w->pending_at == i;
	struct scan_level *l;

	if (w->depth == SCAN_DEPTH_MAX) {
		w->bad = true;
		return;
	}
	l = &st->stack[w->depth++];
	l->start = w->place[i];
	l->object = w->object = w->token[i] == '{';
	l->value = wanted ? w->pending->value : -2;
	l->node = wanted && l->object ? w->pending : NULL;
	w->node = l->node;
}

/* False when the top-level value is complete. */
KERNEL bool
kernel_close(struct kernel_walk *w, size_t i)
{
	struct scan_state *st = w->s->state;
	const struct scan_level *l;
	uint32_t end = w->place[i] + 1u;

	if (w->depth == 0 || w->object != (w->token[i] == '}')) {
		w->bad = true;
		return false;
	}
	l = &st->stack[--w->depth];
	if (l->value >= 0)
		w->s->values[l->value].n = end - l->start;
	if (w->shape && l->value >= 0)
		shape_note_close(w, l->value, i);
	if (w->depth == 0) {
		w->s->root.n = end - l->start;
		w->bad |= w->token[i + 1] != '\n';
		return false;
	}
	w->object = l[-1].object;
	w->node = l[-1].node;
	return true;
}

/*
 * The brackets among 64 tokens, and between them the check that needs to know whether it is an
 * array or an object: LOOSE are the tokens that show a comma with no member behind it.
 */
KERNEL void
kernel_levels(struct kernel_walk *w, const struct token_bits *t, uint64_t loose, size_t base,
    bool escapes)
{
	uint64_t names = kernel_names(w, t->colon, base, escapes);
	uint64_t opens = t->open_object | t->open_array;
	uint64_t brackets = opens | t->close_object | t->close_array;
	uint64_t left = ~UINT64_C(0), bad = 0;

	for (;;) {
		uint64_t upto = brackets ? brackets ^ (brackets - 1) : ~UINT64_C(0);
		uint64_t segment = upto & left;

		bad |= segment & (w->object ? loose : t->colon);
		if (w->node)
			kernel_members(w, names & segment, base, escapes);
		if (!brackets)
			break;
		left &= ~upto;
		if (opens & brackets & -brackets)
			kernel_open(w, base + (size_t)__builtin_ctzll(brackets));
		else if (!kernel_close(w, base + (size_t)__builtin_ctzll(brackets)))
			break;
		if (w->bad)
			break;
		brackets &= brackets - 1;
	}
	w->bad |= bad != 0;
}

/* What the 64 tokens before had at their end. */
struct kernel_carry {
	uint64_t colon, comma, open_object, open_array, quote, value_end;
};

/* A token's bit moved on by one or two places, with what comes from the 64 before. */
#define AFTER(now, before) ((now) << 1 | (before) >> 63)
#define AFTER2(now, before) ((now) << 2 | (before) >> 62)

/* What may follow what.  Returns misplaced tokens; *LOOSE as in kernel_levels. */
KERNEL uint64_t
kernel_grammar(const struct token_bits *t, struct kernel_carry *c, uint64_t *loose)
{
	uint64_t begin = t->quote | t->scalar | t->open_object | t->open_array;
	uint64_t end = t->quote | t->scalar | t->close_object | t->close_array;
	uint64_t after_colon = AFTER(t->colon, c->colon);
	uint64_t after_comma = AFTER(t->comma, c->comma);
	uint64_t after_object = AFTER(t->open_object, c->open_object);
	uint64_t after_array = AFTER(t->open_array, c->open_array);
	uint64_t after_quote = AFTER(t->quote, c->quote);
	uint64_t after_end = AFTER(end, c->value_end);
	uint64_t after2_comma = AFTER2(t->comma, c->comma);
	uint64_t after2_object = AFTER2(t->open_object, c->open_object);
	uint64_t bad;

	/* A value or name begins after a colon, comma or opening bracket; after the first two it must. */
	bad = begin & ~(after_colon | after_comma | after_object | after_array);
	bad |= (after_colon | after_comma) & ~begin;
	/* A colon stands behind a name, and that at the start of a member. */
	bad |= t->colon & ~(after_quote & (after2_comma | after2_object));
	/* A new object has a name, and a colon behind it, or ends at once. */
	bad |= after_object & ~(t->quote | t->close_object);
	bad |= after2_object & after_quote & ~t->colon;
	/* Commas and closing brackets come after a value; the latter also after their opening ones. */
	bad |= t->comma & ~after_end;
	bad |= t->close_object & ~(after_end | after_object);
	bad |= t->close_array & ~(after_end | after_array);
	*loose = (after_comma & ~t->quote) | (after2_comma & after_quote & ~t->colon);
	*c = (struct kernel_carry){t->colon, t->comma, t->open_object, t->open_array, t->quote, end};
	return bad;
}

/* Leave only the tokens in VALID. */
KERNEL void
kernel_restrict(struct token_bits *t, uint64_t valid)
{
	t->colon &= valid;
	t->scalar &= valid;
	t->open_object &= valid;
	t->open_array &= valid;
	t->close_object &= valid;
	t->close_array &= valid;
}

/* Step two.  The number of the newline that ends the line, or 0 when something is wrong. */
KERNEL size_t
kernel_tokens(struct kernel_walk *w, size_t from)
{
	/* The first token is where a value may begin, as if a colon stood before it. */
	struct kernel_carry carry = {.colon = UINT64_C(1) << 63};
	const struct scan_batch *b = &w->s->state->batch;
	uint64_t bad = 0, newline = 0;

	for (size_t at = from; !newline; at += 64) {
		struct token_bits t = token_classify(w->token + at);
		uint64_t valid, loose;
		size_t last = 63;

		newline = t.newline;
		valid = newline ? (newline & -newline) - 1 : ~UINT64_C(0);
		if (newline)
			last = (size_t)__builtin_ctzll(newline);
		kernel_restrict(&t, valid);
		bad |= kernel_grammar(&t, &carry, &loose) & valid;
		bad |= !token_scalars(w->base, w->place + at, t.scalar, w->base + w->place[b->ntokens]);
		/* From here on a colon is known to stand behind a string. */
		if (bad)
			return 0;
		kernel_levels(w, &t, loose & valid, at,
		    kernel_near_escape(b, w->place[(ptrdiff_t)at - (at > 0)], w->place[at + last]));
		if (w->bad)
			return 0;
		from = at + last;
	}
	return w->depth ? 0 : from;
}

TARGET static bool
kernel_walk(struct scanner *s, const char *line, size_t *n)
{
	struct scan_state *st = s->state;
	struct scan_batch *b = &st->batch;
	struct kernel_walk w = {.s = s, .base = b->base, .place = b->place, .token = b->token};
	unsigned char first = b->token[b->at];
	size_t end;

	/* A top-level string, number or literal is no event: leave it to the plain scanner. */
	if (first != '{' && first != '[')
		return false;
	s->root = (struct json_value){b->base + b->place[b->at], 0,
	    first == '{' ? JSON_OBJECT : JSON_ARRAY, false};
	w.from = b->at;
	end = shape_known(&w);
	if (!end) {
		w.pending = &st->plan->nodes[0];
		w.pending_at = b->at;
		end = kernel_tokens(&w, b->at);
		if (w.shape)
			shape_finish(&w, end);
	}
	if (!end)
		return false;
	*n = (size_t)(b->base + b->place[end] - line);
	b->at = end + 1;
	return true;
}
