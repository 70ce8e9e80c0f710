/* The query language: text to nodes, by recursive descent. */
#include "core/mem.h"
#include "text/query_lex.h"

#include <string.h>

static int parse_or(struct parser *p, uint8_t field);

static struct node *
push(struct parser *p, enum node_op op, uint32_t arg, size_t at)
{
	struct query_set *set = p->set;

	set->nodes = xgrow(set->nodes, set->nnodes, &set->nodes_cap, sizeof *set->nodes);
	set->nodes[set->nnodes] =
	    (struct node){.op = (uint8_t)op, .arg = arg, .size = 1, .at = (uint32_t)at};
	return &set->nodes[set->nnodes++];
}

/* Put a node in front of those from FIRST on, which become its children. */
static struct node *
wrap(struct parser *p, size_t first, enum node_op op, size_t at)
{
	struct node *nodes, made = *push(p, op, 0, at);

	nodes = p->set->nodes;
	memmove(nodes + first + 1, nodes + first, (p->set->nnodes - first - 1) * sizeof *nodes);
	nodes[first] = made;
	return &nodes[first];
}

static void
close_node(struct parser *p, size_t first)
{
	p->set->nodes[first].size = (uint32_t)(p->set->nnodes - first);
}

static int
count_term(struct parser *p, size_t at)
{
	if (++p->terms > QUERY_TERMS_MAX)
		return query_fail(p, at, "more than %d words in one query", QUERY_TERMS_MAX);
	return 0;
}

static bool
only_wild(struct slice key)
{
	size_t i = *key.p == '#' || *key.p == '@' || term_is_field(key);

	for (; i < key.n; i++)
		if (key.p[i] != WILD_MANY && key.p[i] != WILD_ONE)
			return false;
	return true;
}

/* Add the words of VALUE to set->phrases; how many, or -1.  RAW (may be NULL) gets their place. */
static int
add_words(struct parser *p, struct slice value, bool wild, struct raw *raw)
{
	struct words w = {.text = value, .wild = wild};
	size_t base = (size_t)(value.p - p->text.p);
	int n = 0;

	while (words_next(&w)) {
		struct query_set *set = p->set;
		size_t at = base + w.start;

		if (w.kind == WORD_LINK)
			return query_fail(p, at,
			    "web addresses in a text are not searched; site: looks at where it is "
			    "from");
		if (!w.n)
			return query_fail(p, at, "a word of more than %d bytes", QUERY_WORD_MAX);
		if (only_wild((struct slice){w.key, w.n}))
			return query_fail(p, at, "a wildcard must touch a word");
		if (count_term(p, at) < 0)
			return -1;
		if (n++ == QUERY_PHRASE_MAX)
			return query_fail(
			    p, at, "a phrase of more than %d words", QUERY_PHRASE_MAX);
		if (raw) {
			raw->lead = n == 1 ? (uint32_t)w.start : raw->lead;
			raw->end = (uint32_t)w.end;
		}
		set->phrases =
		    xgrow(set->phrases, set->nphrases, &set->phrases_cap, sizeof *set->phrases);
		set->phrases[set->nphrases++] =
		    query_term(set, (struct slice){w.key, w.n}, w.has_wild);
	}
	return n;
}

/* A word, or several that must stand side by side, as in a phrase. */
static int
add_phrase(struct parser *p, struct slice value, size_t at, bool wild)
{
	struct query_set *set = p->set;
	size_t first = set->nphrases;
	int n = add_words(p, value, wild, NULL);
	struct node *node;

	if (n < 0)
		return -1;
	if (n == 0)
		return query_fail(p, at, "there is no word in this");
	if (n == 1) {
		push(p, NODE_TERM, set->phrases[first], at);
		set->nphrases = first;
		return 0;
	}
	node = push(p, NODE_PHRASE, (uint32_t)first, at);
	node->n = (uint16_t)n;
	return 0;
}

static int
add_raw(struct parser *p, struct slice value, size_t at)
{
	struct query_set *set = p->set;
	struct raw raw = {.terms = (uint32_t)set->nphrases};
	int n = add_words(p, value, false, &raw);

	if (n < 0)
		return -1;
	if (n == 0)
		return query_fail(p, at, "raw: needs a letter, digit or emoji");
	set->raws = xgrow(set->raws, set->nraws, &set->raws_cap, sizeof *set->raws);
	raw.n = (uint32_t)n;
	raw.text = arena_dup(&set->arena, value);
	set->raws[set->nraws] = raw;
	push(p, NODE_RAW, (uint32_t)set->nraws++, at);
	return 0;
}

static int
add_field(struct parser *p, uint8_t field, struct slice value, size_t at)
{
	char key[QUERY_WORD_MAX + 1];
	bool wild = memchr(value.p, '*', value.n) != NULL;
	int n;

	value = slice_trim(value);
	if ((field == FIELD_AUTHOR || field == FIELD_CHANNEL) && value.n && *value.p == '@')
		value = (struct slice){value.p + 1, value.n - 1};
	if (field == FIELD_SITE && memchr(value.p, '/', value.n))
		return query_fail(p, at, "site: takes a host name such as example.com");
	key[0] = (char)field;
	n = fold_field(value, wild, key + 1);
	if (n < 0 || n >= QUERY_WORD_MAX)
		return query_fail(p, at, "a value of more than %d bytes", QUERY_WORD_MAX - 1);
	if (n == 0 || only_wild((struct slice){key, (size_t)n + 1}))
		return query_fail(p, at, "the value is empty");
	if (count_term(p, at) < 0)
		return -1;
	push(p, NODE_TERM, query_term(p->set, (struct slice){key, (size_t)n + 1}, wild), at);
	return 0;
}

static int
parse_group(struct parser *p, uint8_t field)
{
	size_t open = p->token.at;

	if (++p->depth > QUERY_DEPTH_MAX)
		return query_fail(p, open, "more than %d levels", QUERY_DEPTH_MAX);
	if (query_advance(p) < 0 || parse_or(p, field) < 0)
		return -1;
	if (p->token.kind != TOKEN_CLOSE)
		return query_fail(p, open, "the parenthesis that opens here is not closed");
	p->depth--;
	return query_advance(p);
}

static int
parse_value(struct parser *p, uint8_t field)
{
	struct token t = p->token;
	int status;

	if (field == VALUE_RAW)
		status = add_raw(p, t.value, t.at);
	else if (field)
		status = add_field(p, field, t.value, t.at);
	else
		status = add_phrase(p, t.value, t.at, true);
	return status < 0 ? -1 : query_advance(p);
}

static int
parse_primary(struct parser *p, uint8_t field)
{
	char found[64];

	switch (p->token.kind) {
	case TOKEN_OPEN:
		return parse_group(p, field);
	case TOKEN_FIELD:
		if (field)
			return query_fail(
			    p, p->token.at, "one operator with a colon inside the other");
		field = p->token.field;
		if (query_advance_value(p) < 0)
			return -1;
		return p->token.kind == TOKEN_OPEN ? parse_group(p, field) : parse_value(p, field);
	case TOKEN_PHRASE:
	case TOKEN_WORD:
		return parse_value(p, field);
	case TOKEN_CLOSE:
	case TOKEN_END:
		if (p->token.kind == TOKEN_END && !slice_trim(p->text).n)
			return query_fail(p, 0, "the query is empty");
		/* fall through */
	default:
		return query_fail(p, p->token.at, "expected a word or \"(\", found %s",
		    query_token_name(p, found));
	}
}

/* What stands beside NEAR must have a place in the text. */
static int
check_near(struct parser *p, size_t first)
{
	const struct query_set *set = p->set;

	for (size_t i = first; i < set->nnodes; i++) {
		const struct node *n = &set->nodes[i];

		if (n->op == NODE_AND || n->op == NODE_NOT ||
		    (n->op == NODE_TERM && term_is_field(set->terms[n->arg].key)))
			return query_fail(
			    p, n->at, "NEAR takes words, phrases, and groups of them joined by OR");
	}
	return 0;
}

static int
parse_near(struct parser *p, uint8_t field)
{
	size_t first = p->set->nnodes;
	int links = 0;

	if (parse_primary(p, field) < 0)
		return -1;
	while (p->token.kind == TOKEN_NEAR) {
		struct token t = p->token;
		struct node *node;

		if (p->depth + ++links > QUERY_DEPTH_MAX)
			return query_fail(p, t.at, "more than %d levels", QUERY_DEPTH_MAX);
		if (query_advance(p) < 0)
			return -1;
		if (p->token.kind == TOKEN_NOT)
			return query_fail(p, p->token.at,
			    "NEAR takes words, phrases, and groups of them joined by OR");
		if (parse_primary(p, field) < 0 || check_near(p, first) < 0)
			return -1;
		node = wrap(p, first, NODE_NEAR, t.at);
		node->n = t.n;
		node->ordered = t.ordered;
		close_node(p, first);
	}
	return 0;
}

static int
parse_not(struct parser *p, uint8_t field)
{
	size_t first = p->set->nnodes, at = p->token.at;

	if (p->token.kind != TOKEN_NOT)
		return parse_near(p, field);
	if (++p->depth > QUERY_DEPTH_MAX)
		return query_fail(p, at, "more than %d levels", QUERY_DEPTH_MAX);
	push(p, NODE_NOT, 0, at);
	if (query_advance(p) < 0 || parse_not(p, field) < 0)
		return -1;
	p->depth--;
	close_node(p, first);
	return 0;
}

/* AND may be left out: "a b" and "a NOT b". */
static int
parse_and(struct parser *p, uint8_t field)
{
	size_t first = p->set->nnodes, at = p->token.at;
	bool wrapped = false;

	if (parse_not(p, field) < 0)
		return -1;
	while (p->token.kind != TOKEN_OR && p->token.kind != TOKEN_CLOSE &&
	       p->token.kind != TOKEN_END) {
		if (p->token.kind == TOKEN_AND && query_advance(p) < 0)
			return -1;
		if (!wrapped)
			wrap(p, first, NODE_AND, at);
		wrapped = true;
		if (parse_not(p, field) < 0)
			return -1;
	}
	if (wrapped)
		close_node(p, first);
	return 0;
}

static int
parse_or(struct parser *p, uint8_t field)
{
	size_t first = p->set->nnodes, at = p->token.at;
	bool wrapped = false;

	if (parse_and(p, field) < 0)
		return -1;
	while (p->token.kind == TOKEN_OR) {
		if (query_advance(p) < 0)
			return -1;
		if (!wrapped)
			wrap(p, first, NODE_OR, at);
		wrapped = true;
		if (parse_and(p, field) < 0)
			return -1;
	}
	if (wrapped)
		close_node(p, first);
	return 0;
}

static int
parse_all(struct parser *p)
{
	if (p->text.n > QUERY_TEXT_MAX)
		return err_set(
		    p->err, SME_CONFIG, "a query of more than %zu bytes", QUERY_TEXT_MAX);
	if (query_advance(p) < 0 || parse_or(p, VALUE_WORDS) < 0)
		return -1;
	if (p->token.kind == TOKEN_CLOSE)
		return query_fail(p, p->token.at, "no parenthesis is open here");
	return 0;
}

int
query_parse(struct query_set *set, struct slice text, struct sme_err *err)
{
	struct parser p = {.set = set, .text = text, .err = err};
	size_t nodes = set->nnodes, phrases = set->nphrases, raws = set->nraws;

	if (parse_all(&p) == 0)
		return 0;
	set->nnodes = nodes;
	set->nphrases = phrases;
	set->nraws = raws;
	return -1;
}

int
query_parse_keyword(struct query_set *set, struct slice text, struct sme_err *err)
{
	struct parser p = {.set = set, .text = text, .err = err};
	size_t phrases = set->nphrases;

	if (text.n > QUERY_TEXT_MAX)
		return err_set(err, SME_CONFIG, "a keyword of more than %zu bytes", QUERY_TEXT_MAX);
	if (add_phrase(&p, text, 0, false) == 0)
		return 0;
	set->nphrases = phrases;
	return -1;
}
