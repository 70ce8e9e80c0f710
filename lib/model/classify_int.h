/* What the files of the classifier share; nobody else includes it. */
#ifndef SME_MODEL_CLASSIFY_INT_H
#define SME_MODEL_CLASSIFY_INT_H

#include "core/map.h"
#include "model/classify.h"
#include "model/heads.h"
#include "model/mention.h"

/* The members of "class" that a head of this name fills, in their order. */
enum place {
	PLACE_LANG,
	PLACE_SENTIMENT,
	PLACE_INTENT,
	PLACE_OFFENSIVE,
	PLACE_PRAISE,
	PLACE_COMPLAINT,
	PLACE_IRONY,
	PLACE_NEEDS_ANSWER,
	PLACE_TOPIC,
	PLACE_COUNT
};

/* What the classifier knows of a model beside what is in the file. */
struct loaded {
	unsigned path; /* number of the path that it was found under */
	bool added;    /* it is not one of the shipped ones */
	int yes, no;   /* labels whose probabilities are shown, or -1; see find_sides */
};

/* The models of one name.  They are for different languages, and one of them speaks for a text. */
struct answer {
	const char *name;
	bool added; /* it stands under "heads", too */
	/* For each label of "lang" the model that speaks for such texts, by number, and behind them
	 * the one for texts in no known language; -1: nobody. */
	int *by_lang;
	uint32_t langs; /* labels of "lang" */
};

struct classifier {
	const struct classifier *base; /* of a tenant's: the one for all, whose models it uses */
	struct map tenants; /* id → number in own[], of those that have heads of their own */
	struct classifier **own;
	struct model **models;
	struct loaded *loaded; /* of each model */
	size_t n, cap, loaded_cap;
	struct heads *heads;
	const struct watch *watch;
	struct answer *answers; /* one for each name, in the order of the models */
	size_t answers_n;
	int lang;                /* the number of the model that tells the language, or -1 */
	int places[PLACE_COUNT]; /* index into answers, or -1 */
	bool hide_lang;          /* it was not asked for, but chooses between the others */
	struct mention_plan plan;
	double min_p;
	bool explain;
	char *release; /* for "model" */
	struct background *background;
	struct details details;
};

/* classify_answers.c: group the models by name, and find those that have places of their own. */
void classifier_arrange(struct classifier *c);

/* The number of the model that speaks for ANSWER in a text of language LANG, a label of "lang" or
 * -1; -1: nobody. */
static inline int
classifier_pick(const struct answer *answer, int lang)
{
	return answer->by_lang[lang >= 0 ? (uint32_t)lang : answer->langs];
}

#endif
