/*
 * Which items of a feed are new, changed, or known.  Feeds keep no promise about what identifies an
 * item: one gives all its items the same guid, another a new guid to an old item whenever it is
 * touched, a third moves its pages.  So an item is recognised by a score over guid, link, title,
 * content and date, where what is shared by several items counts for little, and it then keeps the
 * name that it was first given.
 */
#ifndef SME_NET_SEEN_H
#define SME_NET_SEEN_H

#include <stdint.h>

#include "core/arena.h"
#include "core/map.h"
#include "core/slice.h"

/* What is remembered of an item, as hashes; 0 where it has none. */
struct marks {
	uint64_t guid, link, title, content, simhash;
	int64_t date;  /* as the feed says, or TIME_NONE */
	bool long_text; /* enough content that equality proves something */
};

struct seen_item {
	struct slice native; /* its name behind "network:instance:" */
	struct marks marks;
	int64_t created_at; /* what was handed on as such */
	int64_t revision;
	uint64_t generation; /* of the last document that held it */
};

struct seen {
	struct seen_item *items;
	size_t n, cap;
	uint64_t generation; /* documents so far */
	struct arena arena;
};

/* An item of a document, as the feed has it; empty slices where it is silent. */
struct seen_key {
	struct slice guid, link, title, text;
	int64_t date;       /* TIME_NONE */
	int64_t created_at; /* to be handed on if the item is new */
};

enum seen_kind {
	SEEN_NEW,
	SEEN_CHANGED, /* its title or text is not what was handed on before */
	SEEN_SAME,
	SEEN_TWICE    /* the same item stands earlier in the same document */
};

struct seen_verdict {
	enum seen_kind kind;
	size_t item; /* index into seen->items; not for SEEN_TWICE */
};

/* Remember at most so many items that the last document no longer held, and twice as many as it did. */
#define SEEN_KEEP 2000

/*
 * Compare the N KEYS of one document with what was seen, fill OUT with a verdict for each, and
 * remember them.  Two items of one document are never taken for the same, unless they are equal in
 * everything.
 */
void seen_document(struct seen *s, const struct seen_key *keys, size_t n, struct seen_verdict *out);

/* Add an item that was remembered earlier; NATIVE is copied. */
void seen_restore(struct seen *s, const struct seen_item *item);

void seen_release(struct seen *s);

/* How sure it is that A, new, is B, seen; SEEN_SURE and more is a match.  SHARED_* tell that some
 * other item has the same.  For tests. */
#define SEEN_SURE 2
struct seen_shared {
	bool guid, link, title;
};
int seen_score(const struct marks *a, const struct marks *b, struct seen_shared shared);

#endif
