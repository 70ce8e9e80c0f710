/* Where mentions come from, as the configuration or the command line says. */
#ifndef SME_NET_SOURCE_H
#define SME_NET_SOURCE_H

#include "net/address.h"
#include "net/mapping.h"

enum source_type { SOURCE_GUESS, SOURCE_FEED, SOURCE_NDJSON, SOURCE_CSV };

struct source {
	const char *name; /* in messages, and of its cursor */
	enum source_type type;
	const char *url;  /* http or https; NULL: */
	const char *path; /* a file, "-" for standard input */
	struct slice tenant, network, channel, kind, lang; /* p == NULL: the default */
	struct mapping map;
	bool remember;    /* it has a cursor */
	const struct source_driver *driver; /* NULL, or see driver.h: then neither url nor path */
	void *state;        /* of the driver */
	const char *place;  /* tells it from another source of its name */
	int64_t interval;   /* between two looks, in ms; 0: as the run says */
	bool own_host;    /* the host of the URL may be at an address that is not public */
	struct address_list allowed; /* more such addresses */
};

/* "feed", "ndjson" or "csv"; false for another word. */
bool source_type_parse(struct slice word, enum source_type *type);

#endif
