/*
 * The value of "class": what the heads say of a mention's text, and what of the configuration is in
 * it.  Its members and their order are described in sme-classify(1).
 */
#ifndef SME_MODEL_CLASSIFY_H
#define SME_MODEL_CLASSIFY_H

#include "core/buf.h"
#include "core/err.h"
#include "model/details.h"
#include "model/model.h"
#include "model/watch.h"
#include "stream/event.h"

/* Heads for the mentions of one tenant, beside those for all or in place of one of the same name.
 */
struct classifier_tenant {
	const char *id;
	char **paths; /* as in struct classifier_options */
	size_t npaths;
};

struct classifier_options {
	/* Model files and directories, the shipped ones first.  Of one name the last counts; within a
	 * directory those of one name for different languages stand beside each other. */
	char **paths;
	size_t npaths;
	bool shipped; /* the first path is that of the shipped models */
	struct classifier_tenant *tenants;
	size_t ntenants;
	/* Comma-separated names of models and of details_names: only these; NULL: all. */
	const char *heads;
	double min_p;                      /* below 0: what each model says */
	bool explain;                      /* add the words that decided */
	bool redact;                       /* mask what is personal */
	const struct entity_set *patterns; /* outlive it; may be NULL */
	const struct places *places;
};

struct classifier;

/* Open the models; NULL with ERR.  WATCH and PLAN outlive it; what it reads is added to PLAN. */
struct classifier *classifier_new(const struct classifier_options *o, const struct watch *watch,
    struct scan_plan *plan, struct sme_err *err);
void classifier_free(struct classifier *c);

/* One thread's memory. */
struct classifier_run;
struct classifier_run *classifier_run_new(const struct classifier *c);
void classifier_run_free(struct classifier_run *run);

/* Append the JSON for EV, whatever it holds: a mention without a text gets empty answers. */
void classify(struct classifier_run *run, const struct event *ev, struct buf *out);

#endif
