/*
 * A priority as the sum of named terms.  Terms are whole tenths of a point, so that the sum of what
 * is shown is the priority exactly.
 */
#ifndef SME_SCORE_PRIORITY_H
#define SME_SCORE_PRIORITY_H

#include "core/buf.h"
#include "core/slice.h"

struct priority_term {
	struct slice why; /* the name as a JSON string with its quotes */
	long tenths;
};

struct priority {
	struct priority_term *terms;
	size_t n, cap;
	long tenths; /* the sum */
};

void priority_release(struct priority *p);

static inline void
priority_clear(struct priority *p)
{
	p->n = 0;
	p->tenths = 0;
}

/* Add POINTS under the name WHY, which must outlive the terms; less than half a tenth is left out. */
void priority_add(struct priority *p, struct slice why, double points);

/* Is there a term of this very name (the same bytes in memory)? */
bool priority_has(const struct priority *p, struct slice why);

/* Bring the sum into 0 to 100 by a term "cap", and sort: the largest first, whatever its sign, then
 * by name. */
void priority_finish(struct priority *p);

/* Append a number of tenths, such as 78 or -1.5. */
void put_tenths(struct buf *b, long tenths);

/* Append the sum, such as 78 or 78.5; and the terms, such as [["reach",22],["bot",-1.5]]. */
void priority_put(const struct priority *p, struct buf *b);
void priority_put_why(const struct priority *p, struct buf *b);

/* Append the terms as a table for people, a line each, and the sum under them.  NOTE stands behind the
 * term WHY, if there is one. */
void priority_put_table(
    const struct priority *p, struct slice why, struct slice note, struct buf *b);

#endif
