/*
 * How far does a mention reach, 0 to 100?  Each count (followers, likes ...) earns points by where
 * it stands among the counts that are usual on its network, on a logarithmic scale:
 *
 *	count   0   p50   p90   p99   p99.9
 *	points  0    40    70    90    100
 *
 * straight lines in log10(1 + count) between.  The audience is what the followers earn, the
 * engagement the best of the others; engagement adds to the audience at half its weight, so a fresh
 * mention that nobody has seen yet loses nothing.
 */
#ifndef SME_SCORE_REACH_H
#define SME_SCORE_REACH_H

#include "core/err.h"
#include "core/slice.h"

enum reach_field {
	REACH_FOLLOWERS,
	REACH_LIKES,
	REACH_SHARES,
	REACH_REPLIES,
	REACH_VIEWS,
	REACH_FIELDS
};

struct reach_table;

/* The built-in table, or the one in the file PATH (sme-score(1), FILES). */
struct reach_table *reach_table_new(void);
struct reach_table *reach_table_load(const char *path, struct sme_err *err);
void reach_table_free(struct reach_table *t);

/*
 * The points, 0 to 100, of COUNTS on NETWORK; a count below 0 or NaN is unknown.  An unknown
 * network has the general row "*".  -1 when no count is known.
 */
double reach_points(
    const struct reach_table *t, struct slice network, const double counts[REACH_FIELDS]);

#endif
