/*
 * The value of "score": how urgent a mention is, how far it reaches, whether a bot wrote it, and a
 * priority from 0 to 100 that is exactly the sum of named terms.  See sme-score(1).
 */
#ifndef SME_SCORE_SCORE_H
#define SME_SCORE_SCORE_H

#include "config/config.h"
#include "stream/event.h"

struct score_model;

/*
 * Everything that the configuration says about scores, or the built-in weights.  NOW (ms) matters
 * only where the age of a mention has a weight.  Adds the paths it needs to PLAN.  It keeps nothing
 * of C, is read-only afterwards and may be shared by threads.
 */
struct score_model *score_model_new(
    const struct config *c, int64_t now, struct scan_plan *plan, struct sme_err *err);
void score_model_free(struct score_model *m);

/* One thread's memory; fit for a filter's worker_open and worker_close. */
void *score_worker_open(const void *model);
void score_worker_close(void *worker);

/* Append EV's score to OUT as a table for people: the id, a line for each term, the sum. */
void score_explain(
    const struct score_model *m, void *worker, const struct event *ev, struct buf *out);

/* Append the JSON of EV's score to OUT. */
void score_write(
    const struct score_model *m, void *worker, const struct event *ev, struct buf *out);

#endif
