/*
 * Allocation that does not fail: when memory is out the process says so and ends with SME_OSERR,
 * since no tool of a stream can do anything better.  Everything is released with free(3).
 */
#ifndef SME_CORE_MEM_H
#define SME_CORE_MEM_H

#include <stddef.h>

#include "core/slice.h"

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size); /* zeroed; count * size is checked for overflow */
void *xreallocarray(void *p, size_t count, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xslicedup(struct slice s); /* with a NUL behind it */

/*
 * Keep up to BYTES of freed memory for the next piece of work, rather than give it back to the system
 * and fault it in again for every page of a network.  Of the whole process, so only main calls it.
 */
void mem_keep(size_t bytes);

/* P, just allocated, is a table of N bytes that is going to be read all over: have it in large
 * pages, where the system can, so that finding a page does not take longer than reading it. */
void mem_large(void *p, size_t n);

/* Make room for one more in the growing array P of *CAP elements of SIZE bytes, N of them in use. */
void *xgrow(void *p, size_t n, size_t *cap, size_t size);

#endif
