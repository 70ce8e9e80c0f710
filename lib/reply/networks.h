/* How long a text may be on each network: data, not code (share/networks.json). */
#ifndef SME_REPLY_NETWORKS_H
#define SME_REPLY_NETWORKS_H

#include "core/err.h"
#include "core/map.h"
#include "text/length.h"

struct network {
	struct text_limit text, direct; /* of public and of private texts */
};

struct networks {
	struct map by_name;
	struct arena arena;
};

#define NETWORKS_INIT {MAP_INIT, ARENA_INIT}

/* Read PATH.  -1 with ERR when it cannot be read or is not what it should be. */
int networks_load(struct networks *n, const char *path, struct sme_err *err);
void networks_release(struct networks *n);

/* The network NAME, or one without limits. */
const struct network *networks_get(const struct networks *n, struct slice name);

#endif
