/*
 * Which counts are usual, as one's own log shows it: the percentiles that reach.h needs, of each network
 * that has enough accounts in the log, and what is built in for the others.
 *
 * Counts are whole numbers and often the same small one: 0 likes, 1 like.  So that the marks rise all the
 * same, those who have the count c are spread evenly between c and c + 1.
 */
#ifndef SME_SCORE_REACH_LEARN_H
#define SME_SCORE_REACH_LEARN_H

#include "score/reach.h"

/* Of fewer accounts or posts nobody can say what one in a thousand passes. */
#define REACH_LEAST 1000

struct reach_sample;

struct reach_sample *reach_sample_new(void);
void reach_sample_free(struct reach_sample *s);

/* The account ID has so many FOLLOWERS, the post ID these COUNTS (only its reactions matter).  What is
 * told again counts once, with what was said last; below 0: unknown.  Names of networks are as
 * sme-event(5) has them; others are left out. */
void reach_sample_account(
    struct reach_sample *s, struct slice network, struct slice id, double followers);
void reach_sample_post(struct reach_sample *s, struct slice network, struct slice id,
    const double counts[REACH_FIELDS]);

/* The author ID has this H, in the same way. */
void reach_sample_h(struct reach_sample *s, struct slice network, struct slice id, double h);

/* Append the table: a learned row where at least LEAST accounts or posts are known, sorted by network, and
 * built-in rows for the rest.  Returns how many rows were learned.  Nothing can be told any more afterwards. */
size_t reach_sample_put(struct reach_sample *s, size_t least, struct buf *out);

#endif
