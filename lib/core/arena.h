/*
 * Many small things with one life: config trees, compiled rules, dictionaries.  Memory comes in
 * blocks and is released all at once; single things are never freed.  Not for threads to share
 * while it grows.
 */
#ifndef SME_CORE_ARENA_H
#define SME_CORE_ARENA_H

#include <stddef.h>

#include "core/slice.h"

struct arena {
	struct arena_block *head;
};

#define ARENA_INIT {NULL}

void *arena_alloc(struct arena *a, size_t n);  /* aligned for any type, not zeroed */
void *arena_zalloc(struct arena *a, size_t n); /* zeroed */
struct slice arena_dup(struct arena *a, struct slice s); /* a copy with a NUL behind it */
char *arena_strdup(struct arena *a, const char *s);
void arena_release(struct arena *a);

#endif
