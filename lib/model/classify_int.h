/* What the files of the classifier share; nobody else includes it. */
#ifndef SME_MODEL_CLASSIFY_INT_H
#define SME_MODEL_CLASSIFY_INT_H

#include "core/map.h"
#include "model/classify.h"
#include "model/heads.h"
#include "model/mention.h"

struct classifier {
	const struct classifier *base; /* of a tenant's: the one for all, whose models it uses */
	struct map tenants; /* id → number in own[], of those that have heads of their own */
	struct classifier **own;
	struct model **models;
	size_t n, cap;
	struct heads *heads;
	const struct watch *watch;
	int lang, sentiment, topic; /* index of these heads, or -1 */
	int negative, positive;     /* labels of sentiment, or -1 */
	struct mention_plan plan;
	double min_p;
	bool explain;
	char *release; /* for "model" */
	struct background *background;
	struct details details;
};

#endif
