/* Reading a log in order of time. */
#ifndef SME_LOG_CAT_H
#define SME_LOG_CAT_H

#include <stdint.h>

#include "core/err.h"
#include "stream/writer.h"

struct cat_options {
	const char *tenant; /* NULL: all */
	const char *type;   /* NULL: all */
	int64_t since,
	    until; /* the first moment, and the one behind the last; TIME_NONE: no bound */
};

/*
 * Write the events of the log DIR to W in order of (time, sequence number): the same order in every
 * run.  Events that are appended meanwhile may be left out, none is torn.  A damaged place is noted
 * with SAY and left out; the result is then 1, else 0, or -1 with ERR when reading fails.
 */
int log_cat(const char *dir, const struct cat_options *o, struct writer *w,
    void (*say)(const char *text), struct sme_err *err);

#endif
