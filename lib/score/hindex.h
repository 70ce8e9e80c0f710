/*
 * How often an author is heard, as a log shows it: h of his posts have at least h reactions each (Hirsch
 * 2005).  One post that went round the world does not lift it, nor do a thousand that nobody answers.
 *
 * A post counts once, however often it comes, with the most likes, shares and replies that were ever told
 * of it; what its own author answered to it is taken off the replies.  A post of which no figure is known
 * says nothing, and an author of whom there are only such has no h.
 */
#ifndef SME_SCORE_HINDEX_H
#define SME_SCORE_HINDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct hindex;

/* A mention.  Texts that are not known are empty, numbers below 0. */
struct hindex_post {
	struct slice id;      /* without one no other is the same */
	struct slice answers; /* the id of what it answers */
	struct slice author, network;
	double likes, shares, replies;
	double bot; /* how likely it is that a program writes the account, 0 to 1 */
};

struct hindex_author {
	struct slice name, network;
	uint32_t h; /* 0 for a likely bot */
	bool person; /* no likely bot, by what was last said of it */
};

struct hindex *hindex_new(void);
void hindex_free(struct hindex *x);

/* One more mention, whose author must be known. */
void hindex_add(struct hindex *x, const struct hindex_post *post);

/* All authors that have an h, N of them: the highest first, then by name.  Memory of X; nothing may be added
 * afterwards. */
const struct hindex_author *hindex_list(struct hindex *x, size_t *n);

/* The h of the author NAME, -1 when there is none. */
long hindex_of(struct hindex *x, struct slice name);

#endif
