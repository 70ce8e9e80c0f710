/*
 * Keywords and boolean queries over the text of a mention.  The language, the folding and the word
 * boundaries are described in sme-classify(1), QUERIES.
 *
 * All queries and keywords of a configuration form one set.  A text is folded and cut into words
 * once, each word is looked up once, and only queries that have one of their rarest words in the
 * text are evaluated, so the cost of a text hardly depends on the number of queries.
 *
 *	struct query_set *set = query_set_new();
 *	int scope = query_set_scope(set, SLICE("o2"));
 *	query_set_add(set, name, SLICE("netz AND (kiel OR lübeck)"), scope, &err);
 *	query_set_compile(set);
 *	...one for each thread...
 *	struct query_scratch *scratch = query_scratch_new(set);
 *	n = query_run(scratch, text, &fields, scope, &hits);
 */
#ifndef SME_TEXT_QUERY_H
#define SME_TEXT_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"

/* Bounds; what passes them is an error that names the place. */
#define QUERY_TEXT_MAX ((size_t)64 << 10) /* bytes of one query */
#define QUERY_TERMS_MAX 8192              /* words, tags, handles and fields of one query */
#define QUERY_DEPTH_MAX 64                /* parentheses and NOTs inside each other */
#define QUERY_PHRASE_MAX 64               /* words of one phrase */
#define QUERY_NEAR_MAX 1000               /* the n of NEAR/n */

#define QUERY_LIST_MAX 1000000 /* entries of one list, those of the lists in it counted in */
#define QUERY_LIST_DEPTH 8     /* lists inside each other */

/* A longer word (in bytes, folded) is refused in a query and matches nothing in a text. */
#define QUERY_WORD_MAX 255

/* The scope of what belongs to all tenants. */
#define QUERY_GLOBAL 0

/*
 * Is TEXT a query?  0, or -1 with ERR (SME_CONFIG) such as
 *	column 10: expected a word or "(", found ")": netz AND <-- here ) kiel
 * where the column counts characters from 1.
 */
int query_check(struct slice text, struct sme_err *err);

/* Is TEXT a keyword, that is, is there a word in it?  As query_check. */
int query_check_keyword(struct slice text, struct sme_err *err);

struct query_set;

struct query_set *query_set_new(void);
void query_set_free(struct query_set *set);

/*
 * How to get what a list file holds (list:FILE in a query): append it to OUT, or -1 with ERR.  FILE
 * is as it is written in the query.  Without a reader a list is taken for right and finds nothing,
 * which is enough for query_check.
 */
typedef int query_read_fn(void *ctx, const char *file, struct buf *out, struct sme_err *err);

void query_set_reader(struct query_set *set, query_read_fn *read, void *ctx);

/* The number of tenant TENANT's scope, made if it is new. */
int query_set_scope(struct query_set *set, struct slice tenant);

/* The scope to run an event of TENANT in; QUERY_GLOBAL when it has no queries of its own. */
int query_set_find_scope(const struct query_set *set, struct slice tenant);

/*
 * Add a query.  Returns its index (0, 1, 2 ... in the order of addition, keywords counted in), or
 * -1 with ERR as query_check.  NAME and TEXT are copied.
 */
int query_set_add(
    struct query_set *set, struct slice name, struct slice text, int scope, struct sme_err *err);

/*
 * Add a keyword: a word or phrase without operators, wherever it stands in the text; "#tag" and
 * "@handle" work.  Its name is TEXT as it is spelled here.  Returns as query_set_add.
 */
int query_set_add_keyword(struct query_set *set, struct slice text, int scope, struct sme_err *err);

/* Call once when all are added, before query_scratch_new.  Then the set is read-only and may be
 * shared by threads. */
void query_set_compile(struct query_set *set);

size_t query_set_count(const struct query_set *set);

/* The name of query INDEX, NUL-terminated; it lives as long as the set. */
struct slice query_set_name(const struct query_set *set, uint32_t index);

/* Its text as it was given, and its scope. */
struct slice query_set_text(const struct query_set *set, uint32_t index);
int query_set_query_scope(const struct query_set *set, uint32_t index);

/*
 * What the operators with a colon look at.  Leave out what the event lacks: an empty slice matches
 * nothing.  The text is UTF-8, decoded; no field is changed or kept.
 */
struct query_fields {
	struct slice author;      /* author.handle, with or without "@" */
	struct slice author_name; /* author.name; author: looks at both */
	struct slice url;         /* url; site: looks at its host */
	struct slice lang;        /* the detected language, such as "de" */
	struct slice channel;     /* channel, with or without "@" */
	struct slice network;     /* network */
	struct slice kind;        /* kind; type: looks at it */
	struct slice
	    country[3]; /* the author's, the mention's, its place's; country: looks at all */
	const struct slice *links; /* links; links: looks at their hosts and paths */
	size_t nlinks;
	bool has_followers;
	double followers; /* author.followers */
};

/* One thread's memory for running SET, which must outlive it. */
struct query_scratch;
struct query_scratch *query_scratch_new(const struct query_set *set);
void query_scratch_free(struct query_scratch *scratch);

/*
 * Which queries of SCOPE and of QUERY_GLOBAL match TEXT?  Returns how many; *HITS are their indices
 * in rising order, valid until the next run.  TEXT is UTF-8; a byte that is not separates words.
 * Allocates nothing once it has seen a text of this length.
 */
size_t query_run(struct query_scratch *scratch, struct slice text,
    const struct query_fields *fields, int scope, const uint32_t **hits);

/* Is something in TEXT that a query of the set, whatever its scope, looks for?  As query_run it
 * forgets the text before. */
bool query_knows(struct query_scratch *scratch, struct slice text);

/* Of one clause at most so many places are told. */
#define QUERY_PLACES_MAX 20

struct query_place {
	uint32_t start, end; /* bytes of the text */
};

/* A clause that holds: a word, phrase, field ..., a NEAR with both its sides, or a NOT. */
struct query_clause {
	struct slice
	    text; /* as it is written in the query, its field included when it stands there */
	const char
	    *field;  /* the operator it belongs to, such as "author"; NULL: the text is meant */
	bool absent; /* a NOT: what it names is not there */
	const struct query_place *places; /* where in the text, in order */
	size_t n;
};

typedef void query_clause_fn(void *ctx, const struct query_clause *clause);

/*
 * Call FN for each clause of QUERY that holds, in the order of the query.  QUERY is one of the hits
 * of the last query_run, whose text is still there.
 */
void query_explain(struct query_scratch *scratch, uint32_t query, query_clause_fn *fn, void *ctx);

/* A query of more clauses (words, phrases, fields ...) is not looked at by query_lint. */
#define QUERY_LINT_MAX 1024

/*
 * Append a line to OUT for each thing in QUERY that looks like a mistake: it never matches, matches
 * everything, or a clause of it makes no difference, such as
 *	column 1: "netz" finds nothing more than "netz*"
 * How many lines.  The set is compiled.  Not for two threads at once.
 */
size_t query_lint(const struct query_set *set, uint32_t query, struct buf *out);

#endif
