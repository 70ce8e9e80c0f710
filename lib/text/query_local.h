/* Private to the queries: what a set is made of. */
#ifndef SME_TEXT_QUERY_LOCAL_H
#define SME_TEXT_QUERY_LOCAL_H

#include "core/arena.h"
#include "core/map.h"
#include "text/query.h"
#include "text/query_fuzzy.h"
#include "text/query_stem.h"
#include "text/query_word.h"

#define NONE UINT32_MAX

/* So many web addresses of a text are looked at. */
#define QUERY_LINKS_MAX 32

/*
 * A term is whatever is looked up as one key: a folded word, "#tag", "@handle", or the value of a
 * field or a word in another light behind one of these bytes, which no folded word begins with.
 */
enum term_field {
	FIELD_AUTHOR = 3,
	FIELD_SITE,
	FIELD_LANG,
	FIELD_CHANNEL,
	FIELD_NETWORK,
	FIELD_KIND,
	FIELD_COUNTRY,
	FIELD_LINKS,
	FIELD_FOLLOWERS, /* a number: a node, not a term */
	FIELD_END,
	MARK_FUZZY, /* then the distance, then the word */
	MARK_PART,  /* then the word */
	MARK_STEM   /* then the language, then the stem */
};

static inline bool
term_is_field(struct slice key)
{
	return *key.p >= FIELD_AUTHOR && *key.p < FIELD_END;
}

enum term_kind {
	TERM_EXACT, /* a word or a value */
	TERM_WILD,  /* with "*" or "?" */
	TERM_FUZZY,
	TERM_PART,
	TERM_STEM
};

struct term {
	struct slice key; /* followed by 8 zero bytes */
	uint8_t kind;     /* enum term_kind */
	uint32_t uses;
};

enum node_op {
	NODE_TERM,   /* arg: term */
	NODE_PHRASE, /* arg: first of n terms in set->phrases */
	NODE_RAW,    /* arg: in set->raws */
	NODE_NUMBER, /* arg: in set->ranges; of author.followers */
	NODE_LIST,   /* arg: in set->lists */
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
};

/* Where a node stands in the query's text; kept apart, for matching does not need it. */
struct where {
	uint32_t at, end;
};

/* Both ends belong to it. */
struct range {
	double low, high;
};

/* The entries of a list file, each a leaf.  One file asked for in one way is one list. */
struct list {
	struct node *nodes;
	size_t n, cap;
	uint8_t mode; /* the field or the like that it was asked for with */
	/* Made by query_set_compile: (guarding term, entry), in order. */
	struct list_entry {
		uint32_t term, node;
	} * index;
};

/* A phrase that must stand in the text byte for byte. */
struct raw {
	uint32_t terms, n; /* in set->phrases */
	uint32_t lead;     /* bytes of text before its first word */
	uint32_t end;      /* where its last word ends in text */
	struct slice text;
};

struct query {
	int32_t scope;
	uint32_t nodes; /* the first one, in set->nodes */
};

/* What matching does not need. */
struct query_title {
	struct slice name, text;
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
	struct query_title *titles; /* by query */
	size_t titles_cap;
	struct node *nodes;
	size_t nnodes, nodes_cap;
	struct where *where; /* by node */
	size_t where_cap;
	struct range *ranges;
	size_t nranges, ranges_cap;
	struct list *lists;
	size_t nlists, lists_cap;
	uint32_t *phrases;
	size_t nphrases, phrases_cap;
	struct raw *raws;
	size_t nraws, raws_cap;
	struct term *terms;
	size_t nterms, terms_cap;
	struct map keys;   /* key → term, while the set is filled */
	struct map scopes; /* tenant → scope */
	struct map files;  /* mode and list file → list + 1 */
	struct stemmers *stemmers;
	query_read_fn *read; /* of list files; NULL: they are not looked at */
	void *read_ctx;
	struct arena arena;

	/* Made by query_set_compile. */
	struct fold_table table;
	struct exact exact;
	struct trie prefixes, suffixes, insides, parts;
	struct fuzzy fuzzy;
	uint32_t stem_langs; /* a bit for each language of a stem */
	bool has_slow;       /* terms that a hash table alone does not find */
	bool has_paths;      /* links: with a path */
	struct wild *wilds;
	size_t nwilds, wilds_cap;
	/* The queries to evaluate when a term is there: post[post_at[term] .. post_at[term + 1]].
	 */
	uint32_t *post, *post_at;
	uint32_t *always; /* queries that can match without any term */
	size_t nalways;
	bool has_field[FIELD_END];
};

/* Does the pattern match the whole of S? */
bool query_wild_match(struct slice pattern, struct slice s);

/* query_parse.c: add the nodes of the query TEXT, or none of them when it fails. */
int query_parse(struct query_set *set, struct slice text, struct sme_err *err);
int query_parse_keyword(struct query_set *set, struct slice text, struct sme_err *err);

/* The term with this KEY, made if it is new. */
uint32_t query_term(struct query_set *set, struct slice key, enum term_kind kind);

/* query_dict.c: the lookup of all terms of the set. */
void query_dict_build(struct query_set *set);
void query_dict_release(struct query_set *set);

/* KEY is N bytes, followed by 8 zero bytes.  The term, or NONE. */
uint32_t query_dict_exact(const struct query_set *set, const char *key, size_t n);

/* Call FOUND for each term that matches KEY; a term may come more than once. */
typedef void query_found(void *ctx, uint32_t term);

/* The wildcard terms that have a start. */
void query_dict_starts(
    const struct query_set *set, struct slice key, query_found *found, void *ctx);

/* Those that have none, which match plain words only. */
void query_dict_rest(const struct query_set *set, struct slice key, query_found *found, void *ctx);

/*
 * query_fuzzy.c: the fuzzy terms.  STAMP is a number that SEEN, by term, does not hold yet; terms
 * that were compared get it.
 */
void query_fuzzy_build(struct query_set *set);
void query_fuzzy_release(struct query_set *set);
void query_fuzzy_find(const struct query_set *set, struct slice key, uint32_t *seen, uint32_t stamp,
    query_found *found, void *ctx);

/* Is the word of N letters near enough to the fuzzy term T? */
bool query_fuzzy_same(const struct term *t, const int32_t *word, size_t n);

/* query_part.c: the words that KEY is made of. */
void query_part_find(const struct query_set *set, struct slice key, query_found *found, void *ctx);

/* Is the literal of LEN bytes at AT one of the words that the folded word KEY is made of? */
bool query_part_fits(struct slice key, size_t at, size_t len);

/* The child of NODE over BYTE, or 0. */
uint32_t query_trie_step(const struct trie *t, uint32_t node, unsigned char byte);

/* query_guard.c: choose the terms without which a query cannot match. */
void query_guard_build(struct query_set *set);

/* The term without which the leaf NODE (no number, no list) cannot match. */
uint32_t query_guard_leaf(const struct query_set *set, const struct node *node);

/* query_list.c: file the entries of all lists by the terms that guard them. */
void query_lists_build(struct query_set *set);

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
	uint32_t word, start, end;           /* where the word being looked up stands */
	double followers;                    /* below 0: not known */
	struct slice links[QUERY_LINKS_MAX]; /* web addresses in the text */
	size_t nlinks;
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
	struct slow *slow; /* NULL when no term needs it */
};

static inline bool
query_present(const struct query_scratch *s, uint32_t term)
{
	return s->present[term >> 6] >> (term & 63) & 1;
}

bool query_eval(struct query_scratch *s, const struct node *node);

/* Push the places of NODE, which stands beside or below NEAR or is a leaf, in order; how many. */
size_t query_places(struct query_scratch *s, const struct node *node);

/* query_run.c: TERM is in the text, at the word being looked up. */
void query_add_hit(void *scratch, uint32_t term);

/* query_field.c: look up the fields of the event, and the values of one of them. */
void query_look_up_fields(struct query_scratch *s, const struct query_fields *f);
void query_look_up(struct query_scratch *s, const char *key, size_t n);

/* query_slow.c: all terms that a plain word finds, also those that take time; remembers the
 * answers. */
struct slow *query_slow_new(const struct query_set *set);
void query_slow_free(struct slow *slow);
void query_slow(struct query_scratch *s, const char *key, size_t n);

#endif
