/* Private to sme-publish: what it does instead of reading a stream. */
#ifndef CMD_SME_PUBLISH_H
#define CMD_SME_PUBLISH_H

#include "config/config.h"
#include "core/err.h"

/* --unknown: the replies that wait for a person, one JSON object a line.  The exit status. */
int list_unknown(const char *db, const char *tenant);

/* --resolve KEY: WORDS are "sent ID" or "not-sent".  The exit status. */
int resolve(const struct config *config, const char *db, const char *tenant, const char *key,
    char *const *words, int64_t now);

/* --plan FILE: what cannot be served in a day, and what it costs.  The exit status. */
int plan_volumes(const struct config *config, const char *file);


#endif
