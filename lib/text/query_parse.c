/* The query language: text to nodes, by recursive descent. */
#include "core/mem.h"
#include "text/query_lex.h"

#include <string.h>

static int parse_or(struct parser *p, uint8_t field);
static int parse_group(struct parser *p, uint8_t field);

/* Add a node that stands where the clause at hand does. */
struct node *
query_push(struct parser *p, enum node_op op, uint32_t arg)
{
	struct query_set *set = p->set;

	set->nodes = xgrow(set->nodes, set->nnodes, &set->nodes_cap, sizeof *set->nodes);
	set->where = xgrow(set->where, set->nnodes, &set->where_cap, sizeof *set->where);
	set->where[set->nnodes] = (struct where){(uint32_t)p->clause, (uint32_t)p->token.end};
	set->nodes[set->nnodes] = (struct node){.op = (uint8_t)op, .arg = arg, .size = 1};
	return &set->nodes[set->nnodes++];
}

/* Put a node in front of those from FIRST on, which become its children. */
static struct node *
wrap(struct parser *p, size_t first, enum node_op op, size_t at)
{
	struct node *nodes, made = *query_push(p, op, 0);
	struct where *where = p->set->where;
	size_t n = p->set->nnodes - first - 1;

	nodes = p->set->nodes;
	memmove(nodes + first + 1, nodes + first, n * sizeof *nodes);
	memmove(where + first + 1, where + first, n * sizeof *where);
	nodes[first] = made;
	where[first].at = (uint32_t)at;
	return &nodes[first];
}

static void
close_node(struct parser *p, size_t first)
{
	p->set->nodes[first].size = (uint32_t)(p->set->nnodes - first);
	p->set->where[first].end = (uint32_t)p->done;
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

/* The value of FIELD, which is the token at hand; with LIST the name of a file. */
static int
parse_value(struct parser *p, uint8_t field, bool list)
{
	struct token t = p->token;

	if ((list ? query_add_list : query_add_leaf)(p, field, t.value, t.at) < 0)
		return -1;
	return query_advance(p);
}

/* Behind "author:" and the like; OUTER is the field of the group that it stands in. */
static int
parse_field(struct parser *p, uint8_t outer)
{
	uint8_t field = p->token.field;
	char found[64];

	if (outer && field != VALUE_LIST)
		return query_fail(p, p->token.at, "one operator with a colon inside the other");
	if (query_advance_value(p) < 0)
		return -1;
	if (field != VALUE_LIST && p->token.kind == TOKEN_FIELD)
		return parse_field(p, field);
	if (field != VALUE_LIST)
		return p->token.kind == TOKEN_OPEN ? parse_group(p, field)
		                                   : parse_value(p, field, false);
	if (p->token.kind == TOKEN_OPEN)
		return query_fail(p, p->token.at, "expected the name of a file, found %s",
		    query_token_name(p, found));
	return parse_value(p, outer, true);
}

static int
parse_primary(struct parser *p, uint8_t field)
{
	char found[64];

	p->clause = p->token.at;
	switch (p->token.kind) {
	case TOKEN_OPEN:
		return parse_group(p, field);
	case TOKEN_FIELD:
		return parse_field(p, field);
	case TOKEN_PHRASE:
	case TOKEN_WORD:
		return parse_value(p, field, false);
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

/* Has the node a place in the text? */
static bool
is_placed(const struct query_set *set, const struct node *n)
{
	uint8_t mode;

	switch (n->op) {
	case NODE_AND:
	case NODE_NOT:
	case NODE_NUMBER:
		return false;
	case NODE_TERM:
		return !term_is_field(set->terms[n->arg].key);
	case NODE_LIST:
		mode = set->lists[n->arg].mode;
		return mode == VALUE_WORDS || mode >= FIELD_END;
	default:
		return true;
	}
}

/* What stands beside NEAR must have a place in the text. */
static int
check_near(struct parser *p, size_t first)
{
	const struct query_set *set = p->set;

	for (size_t i = first; i < set->nnodes; i++)
		if (!is_placed(set, &set->nodes[i]))
			return query_fail(p, set->where[i].at,
			    "NEAR takes words, phrases, and groups of them joined by OR");
	return 0;
}

static int
parse_near(struct parser *p, uint8_t field)
{
	size_t first = p->set->nnodes, at = p->token.at;
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
		node = wrap(p, first, NODE_NEAR, at);
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
	p->clause = at;
	query_push(p, NODE_NOT, 0);
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
	size_t ranges = set->nranges;

	if (parse_all(&p) == 0)
		return 0;
	set->nnodes = nodes;
	set->nphrases = phrases;
	set->nraws = raws;
	set->nranges = ranges;
	return -1;
}

int
query_parse_keyword(struct query_set *set, struct slice text, struct sme_err *err)
{
	struct parser p = {.set = set, .text = text, .err = err, .token.end = text.n};
	size_t phrases = set->nphrases;

	if (text.n > QUERY_TEXT_MAX)
		return err_set(err, SME_CONFIG, "a keyword of more than %zu bytes", QUERY_TEXT_MAX);
	if (query_add_leaf(&p, VALUE_KEYWORD, text, 0) == 0)
		return 0;
	set->nphrases = phrases;
	return -1;
}
