/* One event: a raw line and what the scanner found in it. */
#ifndef SME_STREAM_EVENT_H
#define SME_STREAM_EVENT_H

#include "stream/scan.h"

struct event {
	struct slice line; /* without the newline */
	const char *file;  /* "stdin", or as named on the command line */
	size_t lineno;     /* from 1 */
	const struct json_value *values; /* by index of the filter's plan */
	struct json_value type;          /* the top-level member "type" */
};

/* Is the event of this type, such as "mention"? */
static inline bool
event_is(const struct event *ev, const char *type)
{
	return json_is(&ev->type, slice_of(type));
}

#endif
