/* A set of 128-bit hashes in memory: open addressing, 16 bytes a slot, at most 3/4 full. */
#ifndef SME_LOG_IDSET_H
#define SME_LOG_IDSET_H

#include <stdbool.h>
#include <stddef.h>

#include "log/siphash.h"

struct idset {
	struct hash128 *slots; /* zero: free */
	size_t mask, n;
};

#define IDSET_INIT                                                                                 \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

bool idset_has(const struct idset *s, struct hash128 id);
bool idset_add(struct idset *s, struct hash128 id); /* false when it was there */
void idset_clear(struct idset *s);                  /* keeps the memory */
void idset_release(struct idset *s);

/* A sorted copy of the n members.  The caller frees. */
struct hash128 *idset_sorted(const struct idset *s);

#endif
