/* What sme-fetch does with connectors beside reading through them. */
#ifndef SME_FETCH_CONNECTORS_H
#define SME_FETCH_CONNECTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/*
 * --connector COMMAND: do it with the connectors NAMES, which end with NULL.  NOW is TIME_NONE unless
 * it was given; AS_RECORDED leaves the cases unbroken.  Returns the exit status; exits SME_USAGE for
 * an unknown command and when there are no NAMES.
 */
int connector_command(const char *command, char *const *names, int64_t now, bool as_recorded);

/* --capabilities: a line for each installed connector, and for each that CONFIG names by its file. */
int connector_capabilities(const struct config *config);

#endif
