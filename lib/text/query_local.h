/* Private to the queries: what a set is made of. */
#ifndef SME_TEXT_QUERY_LOCAL_H
#define SME_TEXT_QUERY_LOCAL_H

#include "core/arena.h"
#include "core/map.h"
#include "text/query.h"
#include "text/query_word.h"

#define NONE UINT32_MAX

/*
 * A term is whatever is looked up as one key: a folded word, "#tag", "@handle", or the value of a
 * field behind one of these bytes, which no folded word begins with.
 */
enum term_field {
	FIELD_AUTHOR = 3,
	FIELD_SITE,
	FIELD_LANG,
	FIELD_CHANNEL,
	FIELD_NETWORK,
	FIELD_KIND,
	FIELD_END
};

static inline bool
term_is_field(struct slice key)
{
	return *key.p >= FIELD_AUTHOR && *key.p < FIELD_END;
}

struct term {
	struct slice key; /* followed by 8 zero bytes */
	bool wild;
	uint32_t uses;
};

enum node_op {
	NODE_TERM,   /* arg: term */
	NODE_PHRASE, /* arg: first of n terms in set->phrases */
	NODE_RAW,    /* arg: in set->raws */
	NODE_AND,
	NODE_OR,
	NODE_NOT,
	NODE_NEAR /* n: distance, ordered; two children */
};

/* A query is an array of nodes, each followed by its children. */
struct node {
	uint8_t op; /* enum node_op */
	bool ordered;
	uint16_t n;
	uint32_t arg;
	uint32_t size; /* this node and all below it */
	uint32_t at;   /* byte offset in the query's text */
};

/* A phrase that must stand in the text byte for byte. */
struct raw {
	uint32_t terms, n; /* in set->phrases */
	uint32_t lead;     /* bytes of text before its first word */
	uint32_t end;      /* where its last word ends in text */
	struct slice text;
};

struct query {
	struct slice name;
	int scope;
	uint32_t nodes; /* the first one, in set->nodes */
};

/* Key → term, for terms without wildcards. */
struct exact {
	struct {
		uint32_t hash, term; /* term + 1, 0 = free */
	} * slots;
	size_t mask;
};

/* Literal starts (or ends, or insides) of wildcard terms; each node may have a list of them. */
struct trie {
	uint32_t root[256]; /* child + 1 */
	struct {
		uint32_t key, child; /* node << 8 | byte; child + 1, 0 = free */
	} * edges;
	size_t mask, nedges;
	uint32_t *lists; /* by node: first in set->wilds, or NONE */
	size_t nnodes, cap;
};

/* One wildcard term in one trie. */
struct wild {
	uint32_t term, next;
	bool sure; /* to be here is to match; otherwise the whole pattern is compared */
};

struct query_set {
	struct query *queries;
	size_t nqueries, queries_cap;
	struct node *nodes;
	size_t nnodes, nodes_cap;
	uint32_t *phrases;
	size_t nphrases, phrases_cap;
	struct raw *raws;
	size_t nraws, raws_cap;
	struct term *terms;
	size_t nterms, terms_cap;
	struct map keys;   /* key → term, while the set is filled */
	struct map scopes; /* tenant → scope */
	struct arena arena;

	/* Made by query_set_compile. */
	struct fold_table table;
	struct exact exact;
	struct trie prefixes, suffixes, insides;
	struct wild *wilds;
	size_t nwilds, wilds_cap;
	/* The queries to evaluate when a term is there: post[post_at[term] .. post_at[term + 1]].
	 */
	uint32_t *post, *post_at;
	uint32_t *always; /* queries that can match without any term */
	size_t nalways;
	bool has_field[FIELD_END];
};

/* query_parse.c: add the nodes of the query TEXT, or none of them when it fails. */
int query_parse(struct query_set *set, struct slice text, struct sme_err *err);
int query_parse_keyword(struct query_set *set, struct slice text, struct sme_err *err);

/* The term with this KEY, made if it is new. */
uint32_t query_term(struct query_set *set, struct slice key, bool wild);

/* query_dict.c: the lookup of all terms of the set. */
void query_dict_build(struct query_set *set);
void query_dict_release(struct query_set *set);

/* KEY is N bytes, followed by 8 zero bytes.  The term, or NONE. */
uint32_t query_dict_exact(const struct query_set *set, const char *key, size_t n);

/*
 * Call FOUND for each wildcard term that matches KEY; a term may come more than once.  WORD says
 * that KEY is a plain word, which alone may match at its end or inside.
 */
typedef void query_found(void *ctx, uint32_t term);
void query_dict_wild(
    const struct query_set *set, struct slice key, bool word, query_found *found, void *ctx);

/* query_guard.c: choose the terms without which a query cannot match. */
void query_guard_build(struct query_set *set);

/* query_eval.c: one text's hits, and the evaluation of queries on them. */
struct hit {
	uint32_t term;
	uint32_t word;  /* the how many-th of the text */
	uint32_t start; /* byte offsets */
	uint32_t end;
	uint32_t next; /* of the same term, or NONE */
};

struct span {
	uint32_t from, to; /* words, both included */
};

/* The first and the last hit of a term. */
struct chain {
	uint32_t first, last;
};

struct query_scratch {
	const struct query_set *set;
	struct slice text;
	uint32_t epoch;
	uint32_t word, start, end; /* where the word being looked up stands */
	struct hit *hits;
	size_t nhits, hits_cap;
	uint64_t *present;    /* a bit for each term: few bytes, for this is what is asked most */
	struct chain *chains; /* by term, of those that are present */
	uint32_t *terms;      /* the distinct terms of this text */
	size_t nterms;
	uint32_t *tried; /* by query: the epoch it was last tried in */
	uint32_t *found;
	size_t nfound;
	struct span *spans; /* a stack */
	size_t nspans, spans_cap;
};

static inline bool
query_present(const struct query_scratch *s, uint32_t term)
{
	return s->present[term >> 6] >> (term & 63) & 1;
}

bool query_eval(struct query_scratch *s, const struct node *node);

#endif
