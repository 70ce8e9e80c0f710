/* What the configuration looks for in texts: queries, topics and keywords, its own for each tenant
 * and for all. */
#ifndef SME_MODEL_WATCH_H
#define SME_MODEL_WATCH_H

#include "config/config.h"
#include "core/buf.h"
#include "core/err.h"
#include "stream/tree.h"
#include "text/query.h"

struct watch;

/*
 * NULL with ERR (SME_CONFIG) such as "sme.jq: .topics.network: column 3: ...".  Reads the list
 * files that queries name.
 */
struct watch *watch_new(const struct config *config, struct sme_err *err);
void watch_free(struct watch *w);

/*
 * The text of the query, or else the topic, NAME: that of TENANT (which may be NULL) if it has one,
 * or the one for all.  p == NULL: there is none.
 */
struct slice watch_query_text(const struct config *config, const char *tenant, const char *name);

/* A compiled set of the one query TEXT, with lists as in CONFIG; NULL with ERR as query_check. */
struct query_set *watch_query_set(
    const struct config *config, struct slice text, struct sme_err *err);

/*
 * Append a line "PATH: column N: ..." to OUT for each clause that looks like a mistake, see
 * query_lint, and for each query that is there twice.  How many lines.
 */
size_t watch_lint(const struct watch *w, struct buf *out);

struct query_scratch *watch_scratch(const struct watch *w);

/* The scope of TENANT, for watch_put.  Without one (p == NULL) an event belongs to "default". */
int watch_scope(const struct watch *w, struct slice tenant);

enum watch_kind { WATCH_TOPIC, WATCH_KEYWORD, WATCH_QUERY, WATCH_KINDS };

/* What others have to say to the lists. */
struct watch_more {
	/* Called at the end of each list, which begins at FROM in OUT. */
	void (*put)(void *ctx, enum watch_kind kind, size_t from, struct buf *out);
	/* Is TEXT, a keyword that matched or a clause of a query, not to be shown? */
	bool (*hides)(void *ctx, struct slice text);
	void *ctx;
};

/*
 * Append `"topics":[...],"keywords":[...],"queries":[...]`: the names of what matches, each once,
 * in the order of the configuration, those of all tenants first, and then what MORE adds.  With
 * EXPLAIN `,"why_queries":[...]` as well, see sme-classify(1).
 */
void watch_put(const struct watch *w, struct query_scratch *scratch, struct slice text,
    const struct query_fields *fields, int scope, bool explain, const struct watch_more *more,
    struct buf *out);

#endif
