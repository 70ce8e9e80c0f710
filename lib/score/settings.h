/* Private to lib/score: what one tenant's mentions are scored by. */
#ifndef SME_SCORE_SETTINGS_H
#define SME_SCORE_SETTINGS_H

#include "config/config.h"
#include "core/map.h"
#include "score/people.h"
#include "score/reach.h"
#include "score/sources.h"
#include "score/words.h"

/* The weight of one intent, topic or query; what a label may add is bounded by these. */
struct label {
	struct slice why; /* "topic:network" as a JSON string, ready to be written */
	double points;    /* to the priority, -100 to 100 */
	double urgency;   /* 0 to 1 */
};

struct score_settings {
	/* Points at full strength. */
	double sentiment, reach, urgency, direct, bot, age, credibility, customer, influence;
	double age_full; /* how old, in ms, a mention must be for all of `age` */

	struct map intents, topics, queries; /* struct label * */
	struct reach_table *table;
	struct sources *sources; /* NULL: no list of domains */
	struct people *customers; /* their value, 0 to 1; NULL: none is known */
	struct people *influencers; /* 0 to 100; NULL: nothing is known */
	struct people *heard; /* their h; NULL: nothing is known */

	/* What each sign of haste is worth, 0 to 1. */
	struct {
		double sentiment, direct, question;
		struct words *words;
	} haste;

	struct arena arena;
};

/* The built-in settings, changed by .score of the configuration and then by SCORE, the tenant's
 * (may be NULL). */
struct score_settings *score_settings_new(
    const struct config *c, const struct json_node *score, struct sme_err *err);
void score_settings_free(struct score_settings *s);

#endif
