/*
 * How far does a mention reach, 0 to 100?  Each count (followers, likes ...) earns points by where
 * it stands among the counts that are usual on its network, on a logarithmic scale:
 *
 *	count   0   p50   p90   p99   p99.9
 *	points  0    40    70    90    100
 *
 * straight lines in log10(1 + count) between.  The audience is what the followers earn, the
 * engagement the best of the reactions; engagement adds to the audience at half its weight, so a fresh
 * mention that nobody has seen yet loses nothing.  The h of the author (hindex.h) adds at a quarter: how
 * often others were heard tells less of this one than its own reactions.  Nothing that is known takes away.
 *
 * What is usual stands in a table: the built-in one, or a file, which reach_learn.h makes from a log.
 */
#ifndef SME_SCORE_REACH_H
#define SME_SCORE_REACH_H

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"

enum reach_field {
	REACH_FOLLOWERS,
	REACH_LIKES,
	REACH_SHARES,
	REACH_REPLIES,
	REACH_VIEWS,
	REACH_TOLD, /* so many are in an event */
	REACH_H = REACH_TOLD,
	REACH_FIELDS
};

#define REACH_MARKS 4

/* A larger count is none. */
#define REACH_COUNT_MAX 1e15

struct reach_row {
	const char *network; /* "*": every network without a row of its own */
	enum reach_field field;
	double counts[REACH_MARKS]; /* rising, from above 0 */
};

extern const char *const reach_field_names[REACH_FIELDS];

/* The built-in rows, the general ones first; network == NULL ends them. */
extern const struct reach_row reach_built_in[];

struct reach_table;

/* The built-in table, or the one in the file PATH (sme-score(1), FILES), or in TEXT, which errors call NAME. */
struct reach_table *reach_table_new(void);
struct reach_table *reach_table_load(const char *path, struct sme_err *err);
struct reach_table *reach_table_text(struct slice text, const char *name, struct sme_err *err);
void reach_table_free(struct reach_table *t);

/*
 * The points, 0 to 100, of COUNTS on NETWORK; a count below 0 or NaN is unknown.  Without followers it is
 * the more of engagement and h.  An unknown network has the general row "*".  -1 when no count is known.
 */
double reach_points(
    const struct reach_table *t, struct slice network, const double counts[REACH_FIELDS]);

/* Append for people which counts made the points, and where it stands what is usual: "followers 3000: 70
 * (x, of 4211), likes 12: 55.1 (*); reach.tsv". */
void reach_explain(const struct reach_table *t, struct slice network, const double counts[REACH_FIELDS],
    struct buf *out);

#endif
