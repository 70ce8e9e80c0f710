/*
 * Which items of a feed are new, changed, or known.  Feeds keep no promise about what identifies an
 * item: one gives all its items the same guid, another a new guid to an old item whenever it is
 * touched, a third moves its pages.  So an item is recognised by a score over guid, link, title,
 * content and date, where what is shared by several items counts for little, and it then keeps the
 * name that it was first given.
 */
#ifndef SME_NET_KNOWN_H
#define SME_NET_KNOWN_H

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

struct known_item {
	struct slice native; /* its name behind "network:instance:" */
	struct marks marks;
	int64_t created_at; /* what was handed on as such */
	int64_t revision;
	uint64_t generation; /* of the last document that held it */
};

struct known {
	struct known_item *items;
	size_t n, cap;
	uint64_t generation; /* documents so far */
	struct arena arena;
};

/* An item of a document, as the feed has it; empty slices where it is silent. */
struct known_key {
	struct slice guid, link, title, text;
	int64_t date;       /* TIME_NONE */
	int64_t created_at; /* to be handed on if the item is new */
};

enum known_kind {
	KNOWN_NEW,
	KNOWN_CHANGED, /* its title or text is not what was handed on before */
	KNOWN_SAME,
	KNOWN_TWICE    /* the same item stands earlier in the same document */
};

struct known_verdict {
	enum known_kind kind;
	size_t item; /* index into seen->items; not for KNOWN_TWICE */
};

/* Remember at most so many items that the last document no longer held, and twice as many as it did. */
#define KNOWN_KEEP 2000

/*
 * Compare the N KEYS of one document with what was seen, fill OUT with a verdict for each, and
 * remember them.  Two items of one document are never taken for the same, unless they are equal in
 * everything.
 */
void known_document(struct known *s, const struct known_key *keys, size_t n, struct known_verdict *out);

/* Add an item that was remembered earlier; NATIVE is copied. */
void known_restore(struct known *s, const struct known_item *item);

void known_release(struct known *s);

/* How sure it is that A, new, is B, seen; KNOWN_SURE and more is a match.  SHARED_* tell that some
 * other item has the same.  For tests. */
#define KNOWN_SURE 2
struct known_shared {
	bool guid, link, title, content;
};
int known_score(const struct marks *a, const struct marks *b, struct known_shared shared);

#endif
