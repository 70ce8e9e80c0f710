/* Which model files sme-classify opens. */
#ifndef SME_CLASSIFY_MODELS_H
#define SME_CLASSIFY_MODELS_H

#include "config/config.h"
#include "core/cli.h"
#include "model/classify.h"

/*
 * Put into O the shipped models, those of the configuration and those GIVEN by --model, so that a
 * later one of the same name takes the place of an earlier one; and those of tenants.  The shipped
 * ones may be missing when there are others.  Released with models_release.
 */
void models_list(
    struct classifier_options *o, const struct config *config, const struct cli_list *given);
void models_release(struct classifier_options *o);

#endif
