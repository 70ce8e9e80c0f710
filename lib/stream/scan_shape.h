/*
 * Lines of a known shape, see struct scan_shape.  Part of scan_kernel.h.
 */

/* A name with its quotes: the first eight bytes as they lie in memory, and which of them count. */
KERNEL void
shape_name_bytes(const char *quote, size_t n, uint64_t *bytes, uint64_t *mask)
{
	*mask = n + 2 >= 8 ? ~UINT64_C(0) : (UINT64_C(1) << 8 * (n + 2)) - 1;
	memcpy(bytes, quote, 8);
	*bytes &= *mask;
}

static inline void
shape_give_up(struct kernel_walk *w)
{
	w->shape->ntokens = 0;
	w->shape = NULL;
}

/* Does a name that begins with BYTES (MASK) begin like the child NODE? */
static inline bool
shape_is_like(const struct scan_node *node, uint64_t bytes)
{
	char text[8] = {'"'};
	uint64_t want, mask;
	size_t n = node->key.n < 7 ? node->key.n : 7;

	memcpy(text + 1, node->key.p, n);
	if (n < 7)
		text[n + 1] = '"';
	memcpy(&want, text, 8);
	mask = n + 2 >= 8 ? ~UINT64_C(0) : (UINT64_C(1) << 8 * (n + 2)) - 1;
	return ((bytes ^ want) & mask) == 0;
}

/* The name at token I, a member of an object in which children of PARENT are wanted. */
TARGET static void
shape_note_name(struct kernel_walk *w, const struct scan_node *parent, size_t i,
    const struct scan_node *found)
{
	const struct scan_node *nodes = w->s->state->plan->nodes;
	struct scan_shape *shape = w->shape;
	struct scan_shape_name *name = &shape->names[shape->nnames];
	const char *quote = w->base + w->place[i];
	size_t n;

	/* A backslash could make another name of the same first bytes. */
	if (shape->nnames == SCAN_SHAPE_NAMES || w->token[i] != '"' ||
	    kernel_escaped(w, quote, (size_t)(w->place[i + 1] - w->place[i]))) {
		shape_give_up(w);
		return;
	}
	n = (size_t)(kernel_last_byte(w, i) - quote) - 1;
	name->token = i - w->from;
	shape_name_bytes(quote, n, &name->bytes, &name->mask);
	shape->nnames++;
	/* If it began like a wanted one, another with this beginning could be wanted. */
	for (int c = parent->first_child; c && w->shape; c = nodes[c].next_sibling)
		if (&nodes[c] != found && shape_is_like(&nodes[c], name->bytes))
			shape_give_up(w);
}

TARGET static void
shape_note_value(struct kernel_walk *w, const struct scan_node *node, size_t i)
{
	struct scan_shape *shape = w->shape;

	/* A duplicate name: the earlier value is to be forgotten. */
	if (shape->nvalues == SCAN_SHAPE_VALUES || w->s->values[node->value].type != JSON_MISSING) {
		shape_give_up(w);
		return;
	}
	shape->values[shape->nvalues++] = (struct scan_shape_value){node, (uint16_t)(i - w->from), 0};
}

/* The array or object that is the value number VALUE closes with token I. */
TARGET static void
shape_note_close(struct kernel_walk *w, int value, size_t i)
{
	for (size_t v = w->shape->nvalues; v-- > 0;)
		if (w->shape->values[v].node->value == value) {
			w->shape->values[v].close = (uint16_t)(i - w->from);
			return;
		}
}

/* The line is good and ends with token END, or (END == 0) it is not. */
TARGET static void
shape_finish(struct kernel_walk *w, size_t end)
{
	struct scan_shape *shape = w->shape;

	if (!end) {
		shape_give_up(w);
		return;
	}
	shape->ntokens = end - w->from;
	for (size_t i = 0; i <= shape->ntokens; i += 64) {
		size_t left = shape->ntokens - i;
		uint64_t valid = left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);

		token_skeleton(w->token + w->from + i, shape->skeleton + i);
		shape->leaves[i / 64] = token_equal(shape->skeleton + i, SCAN_LEAF) & valid;
	}
}

/* The line is of another shape than the one in its place: every fourth time take the place. */
static inline void
shape_miss(struct kernel_walk *w, struct scan_shape *shape)
{
	if (shape->ntokens && ++shape->misses % 4)
		return;
	shape->ntokens = shape->nnames = shape->nvalues = 0;
	w->shape = shape;
}

/* Are tokens, names, numbers and literals of the line those of SHAPE? */
KERNEL bool
shape_matches(const struct kernel_walk *w, const struct scan_shape *shape)
{
	const struct scan_batch *b = &w->s->state->batch;
	const unsigned char *token = w->token + w->from;
	const uint16_t *place = w->place + w->from;
	const char *end = w->base + w->place[b->ntokens];
	uint64_t differs = 0;
	bool good = true;

	for (size_t i = 0; i <= shape->ntokens; i += 64) {
		size_t left = shape->ntokens - i;
		uint64_t valid = left < 63 ? (UINT64_C(2) << left) - 1 : ~UINT64_C(0);

		differs |= token_differs(token + i, shape->skeleton + i) & valid;
	}
	for (size_t i = 0; i < shape->nnames; i++) {
		uint64_t bytes;

		memcpy(&bytes, w->base + place[shape->names[i].token], 8);
		differs |= (bytes ^ shape->names[i].bytes) & shape->names[i].mask;
	}
	if (differs)
		return false;
	for (size_t i = 0; i < shape->ntokens; i += 64)
		good &= token_scalars(w->base, place + i,
		    shape->leaves[i / 64] & ~token_equal(token + i, '"'), end);
	for (size_t i = 0; i < shape->nvalues; i++) {
		const struct scan_node *node = shape->values[i].node;
		const char *name = w->base + place[shape->values[i].token - 2] + 1;

		/* Of longer names only the beginning was compared. */
		if (node->key.n > 6)
			good &= memcmp(name, node->key.p, node->key.n) == 0 && name[node->key.n] == '"';
	}
	return good;
}

KERNEL void
shape_take_value(struct kernel_walk *w, const struct scan_shape_value *value)
{
	struct json_value *v = &w->s->values[value->node->value];
	size_t i = w->from + value->token;
	const char *p = w->base + w->place[i];

	v->p = p;
	v->type = kernel_types[w->token[i]];
	if (value->close)
		v->n = (uint32_t)(w->place[w->from + value->close] + 1u - w->place[i]);
	else
		v->n = (uint32_t)(kernel_last_byte(w, i) + 1 - p);
	v->escaped = v->type == JSON_STRING && kernel_escaped(w, p, v->n);
}

/*
 * If the shape of the line is known, take its values.  The number of the newline that ends it, or 0
 * when the line is to be walked; w->shape is then set if its shape shall be noted.
 */
KERNEL size_t
shape_known(struct kernel_walk *w)
{
	const unsigned char *token = w->token + w->from;
	struct scan_shape *shape;
	uint64_t newline;
	size_t n;

	for (n = 0; !(newline = token_equal(token + n, '\n')); n += 64)
		;
	n += (size_t)__builtin_ctzll(newline);
	if (n < 2 || n >= SCAN_SHAPE_TOKENS)
		return 0;
	shape = &w->s->state->shapes[n % SCAN_SHAPES];
	if (shape->ntokens != n || !shape_matches(w, shape)) {
		shape_miss(w, shape);
		return 0;
	}
	for (size_t i = 0; i < shape->nvalues; i++)
		shape_take_value(w, &shape->values[i]);
	w->s->root.n = w->place[w->from + n - 1] + 1u - w->place[w->from];
	return w->from + n;
}
