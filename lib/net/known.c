#include "net/known.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/url.h"

/* From so many bytes on, equal content is no coincidence. */
#define LONG_TEXT 80

/* Texts of at least so many words are compared by simhash; up to so many of its 64 bits may differ. */
#define SIMHASH_WORDS 12
#define SIMHASH_NEAR 10

/* Different seeds, so that a title never equals a guid. */
enum { SEED_GUID = 1, SEED_LINK, SEED_TITLE, SEED_TEXT, SEED_WORD };

static uint64_t
hash_or_0(struct slice s, uint64_t seed)
{
	uint64_t h = s.n ? hash64(s.p, s.n, seed) : 0;

	return s.n && !h ? 1 : h;
}

/* Charikar's fingerprint over pairs of words: small edits change few bits. */
static uint64_t
simhash(struct slice s)
{
	int bits[64] = {0};
	uint64_t last = 0, result = 0;
	size_t words = 0;

	for (size_t i = 0; i < s.n;) {
		char word[64];
		size_t n = 0;

		while (i < s.n && !isalnum((unsigned char)s.p[i]) && (unsigned char)s.p[i] < 0x80)
			i++;
		for (; i < s.n && (isalnum((unsigned char)s.p[i]) || (unsigned char)s.p[i] >= 0x80); i++)
			if (n < sizeof word)
				word[n++] = (char)tolower((unsigned char)s.p[i]);
		if (!n)
			break;
		uint64_t h = hash64(word, n, SEED_WORD), pair = hash_mix(h ^ last << 1);
		for (int b = 0; b < 64; b++)
			bits[b] += pair >> b & 1 ? 1 : -1;
		last = h;
		words++;
	}
	for (int b = 0; b < 64; b++)
		result |= (uint64_t)(bits[b] > 0) << b;
	return words >= SIMHASH_WORDS ? result : 0;
}

static struct marks
marks_of(const struct known_key *k)
{
	struct buf link = BUF_INIT;
	struct marks m;

	if (k->link.n)
		url_canonical(&link, k->link);
	m = (struct marks){
	    .guid = hash_or_0(k->guid, SEED_GUID),
	    .link = hash_or_0(buf_slice(&link), SEED_LINK),
	    .title = hash_or_0(k->title, SEED_TITLE),
	    .content = hash_or_0(k->text, SEED_TEXT),
	    .simhash = simhash(k->text),
	    .date = k->date,
	    .long_text = k->text.n >= LONG_TEXT,
	};
	buf_release(&link);
	return m;
}

/*
 * The weights answer to these cases (tests/unit/test_known.c):
 *   same guid, all else changed but the date         same: an edited and moved page
 *   same guid, all else changed and the date, too    other: a feed whose guid is always the same
 *   new guid, same link and title                    same: a guid that changes with every edit
 *   no guid, same link, all else changed             same: the page is what is identified
 *   new guid and link, same title, text and date     same: the site has moved
 *   other link and other date, guid no help          other, even with the same text: posted again
 */
int
known_score(const struct marks *a, const struct marks *b, struct known_shared shared)
{
	bool guids = a->guid && b->guid && !shared.guid, links = a->link && b->link && !shared.link;
	bool dates = a->date != TIME_NONE && b->date != TIME_NONE;
	bool same_guid = guids && a->guid == b->guid, same_link = links && a->link == b->link;
	bool same_title = a->title && a->title == b->title;
	int score = 0;

	if (links && !same_link && !same_guid && dates && a->date != b->date)
		return 0;
	if (guids)
		score += same_guid ? 6 : -2;
	if (links)
		score += !same_link ? -3 : guids ? 3 : 5;
	if (same_link && same_title)
		score += 2;
	if (a->title && b->title)
		score += !same_title ? -1 : shared.title ? 1 : 2;
	if (a->content && b->content) {
		if (a->content == b->content)
			score += shared.content ? 1 : a->long_text ? 4 : 3;
		else if (a->simhash && b->simhash &&
		         __builtin_popcountll(a->simhash ^ b->simhash) <= SIMHASH_NEAR)
			score += 1;
		else
			score -= 1;
	}
	if (dates)
		score += a->date == b->date ? 1 : -1;
	return score;
}

/* ---- who has which mark ---- */

/* An open table from a mark to how many have it and who has it last. */
struct index {
	struct {
		uint64_t mark;
		uint32_t count, last;
	} *slots;
	size_t mask;
};

static void
index_init(struct index *x, size_t n)
{
	size_t size = 16;

	while (size < n * 2 + 1)
		size *= 2;
	x->slots = xcalloc(size, sizeof *x->slots);
	x->mask = size - 1;
}

static size_t
index_slot(const struct index *x, uint64_t mark)
{
	size_t at = hash_mix(mark) & x->mask;

	while (x->slots[at].mark && x->slots[at].mark != mark)
		at = (at + 1) & x->mask;
	return at;
}

static void
index_add(struct index *x, uint64_t mark, size_t who)
{
	size_t at = index_slot(x, mark);

	if (!mark)
		return;
	x->slots[at].mark = mark;
	x->slots[at].count++;
	x->slots[at].last = (uint32_t)who;
}

static unsigned
index_count(const struct index *x, uint64_t mark)
{
	return mark ? x->slots[index_slot(x, mark)].count : 0;
}

/* The four marks by which an item can be found. */
enum { BY_GUID, BY_LINK, BY_TITLE, BY_CONTENT, BY_MAX };

static uint64_t
mark_by(const struct marks *m, int by)
{
	return by == BY_GUID ? m->guid : by == BY_LINK ? m->link : by == BY_TITLE ? m->title
	                                                                          : m->content;
}

struct match {
	int score;
	uint32_t entry, item;
};

/* One comparison of a document with what was seen. */
struct compare {
	struct known *seen;
	struct marks *marks; /* of the document's items */
	size_t n;
	struct index doc[BY_MAX], old[BY_MAX];
	struct match *matches;
	size_t nmatches, matchcap;
	size_t *of_entry; /* index of the item + 1 */
	struct map natives;
};

static bool
is_shared(const struct compare *c, uint64_t mark, int by)
{
	return index_count(&c->doc[by], mark) > 1 || index_count(&c->old[by], mark) > 1;
}

static void
add_match(struct compare *c, size_t entry, size_t item)
{
	const struct marks *a = &c->marks[entry], *b = &c->seen->items[item].marks;
	struct known_shared shared = {
	    is_shared(c, a->guid, BY_GUID) || is_shared(c, b->guid, BY_GUID),
	    is_shared(c, a->link, BY_LINK) || is_shared(c, b->link, BY_LINK),
	    is_shared(c, a->title, BY_TITLE), is_shared(c, a->content, BY_CONTENT)};
	int score = known_score(a, b, shared);

	if (score < KNOWN_SURE)
		return;
	c->matches = xgrow(c->matches, c->nmatches, &c->matchcap, sizeof *c->matches);
	c->matches[c->nmatches++] = (struct match){score, (uint32_t)entry, (uint32_t)item};
}

/* Every seen item that shares a mark with ENTRY, where only one has that mark. */
static void
find_matches(struct compare *c, size_t entry)
{
	for (int by = 0; by < BY_MAX; by++) {
		uint64_t mark = mark_by(&c->marks[entry], by);
		size_t at = mark ? index_slot(&c->old[by], mark) : 0;

		if (mark && c->old[by].slots[at].count == 1)
			add_match(c, entry, c->old[by].slots[at].last);
	}
}

static int
by_score(const void *a, const void *b)
{
	const struct match *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->entry != y->entry)
		return x->entry < y->entry ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

/* The surest pairs first; each entry and each item once. */
static void
assign(struct compare *c)
{
	bool *taken = xcalloc(c->seen->n + 1, sizeof *taken);

	if (c->nmatches)
		qsort(c->matches, c->nmatches, sizeof *c->matches, by_score);
	for (size_t i = 0; i < c->nmatches; i++) {
		const struct match *m = &c->matches[i];

		if (c->of_entry[m->entry] || taken[m->item])
			continue;
		c->of_entry[m->entry] = (size_t)m->item + 1;
		taken[m->item] = true;
	}
	free(taken);
}

/* ---- names ---- */

static bool
claim(struct compare *c, struct slice native)
{
	union map_value *v = map_put(&c->natives, native);

	if (v->u)
		return false;
	v->u = 1;
	return true;
}

/* The name of a new item: its guid or else its link, if that is its alone; else a hash of it all. */
static struct slice
name_item(struct compare *c, const struct known_key *k, const struct marks *m)
{
	struct buf b = BUF_INIT;
	struct slice name;

	if (m->guid && index_count(&c->doc[BY_GUID], m->guid) == 1 &&
	    !index_count(&c->old[BY_GUID], m->guid) && claim(c, k->guid))
		return arena_dup(&c->seen->arena, k->guid);
	if (k->link.n)
		url_canonical(&b, k->link);
	if (!m->link || index_count(&c->doc[BY_LINK], m->link) != 1 ||
	    index_count(&c->old[BY_LINK], m->link) || !claim(c, buf_slice(&b))) {
		uint64_t all[] = {m->guid, m->link, m->title, m->content, (uint64_t)m->date};
		uint64_t h = hash64(all, sizeof all, 0);

		do {
			buf_clear(&b);
			buf_printf(&b, "h%016llx", (unsigned long long)h++);
		} while (!claim(c, buf_slice(&b)));
	}
	name = arena_dup(&c->seen->arena, buf_slice(&b));
	buf_release(&b);
	return name;
}

/* ---- the document ---- */

static bool
equal_marks(const struct marks *a, const struct marks *b)
{
	return a->guid == b->guid && a->link == b->link && a->title == b->title &&
	       a->content == b->content && a->date == b->date;
}

/* Items that the document has twice, to the letter, are told once and make nothing "shared". */
static void
drop_twins(struct compare *c, struct known_verdict *out)
{
	struct index all;

	index_init(&all, c->n);
	for (size_t i = 0; i < c->n; i++) {
		const struct marks *m = &c->marks[i];
		uint64_t mark = hash64(m, offsetof(struct marks, long_text), 7) | 1;
		size_t at = index_slot(&all, mark);

		out[i] = (struct known_verdict){KNOWN_NEW, 0};
		if (all.slots[at].count && equal_marks(m, &c->marks[all.slots[at].last]))
			out[i].kind = KNOWN_TWICE;
		else
			index_add(&all, mark, i);
	}
	free(all.slots);
}

static void
build_indexes(struct compare *c, const struct known_verdict *out)
{
	for (int by = 0; by < BY_MAX; by++) {
		index_init(&c->doc[by], c->n);
		index_init(&c->old[by], c->seen->n);
		for (size_t i = 0; i < c->n; i++)
			if (out[i].kind != KNOWN_TWICE)
				index_add(&c->doc[by], mark_by(&c->marks[i], by), i);
		for (size_t i = 0; i < c->seen->n; i++)
			index_add(&c->old[by], mark_by(&c->seen->items[i].marks, by), i);
	}
	for (size_t i = 0; i < c->seen->n; i++)
		claim(c, c->seen->items[i].native);
}

static void
remember(struct compare *c, const struct known_key *keys, struct known_verdict *out)
{
	struct known *s = c->seen;

	for (size_t i = 0; i < c->n; i++) {
		struct known_item *it;

		if (out[i].kind == KNOWN_TWICE)
			continue;
		if (c->of_entry[i]) {
			out[i].item = c->of_entry[i] - 1;
			it = &s->items[out[i].item];
			out[i].kind = it->marks.title == c->marks[i].title &&
			              it->marks.content == c->marks[i].content ? KNOWN_SAME : KNOWN_CHANGED;
			it->revision += out[i].kind == KNOWN_CHANGED;
		} else {
			s->items = xgrow(s->items, s->n, &s->cap, sizeof *s->items);
			out[i].item = s->n;
			it = &s->items[s->n++];
			*it = (struct known_item){.native = name_item(c, &keys[i], &c->marks[i]),
			    .created_at = keys[i].created_at};
		}
		it->marks = c->marks[i];
		it->generation = s->generation;
	}
}

void
known_document(struct known *s, const struct known_key *keys, size_t n, struct known_verdict *out)
{
	struct compare c = {.seen = s, .n = n, .natives = MAP_INIT};

	if (!n)
		return;
	s->generation++;
	c.marks = xcalloc(n, sizeof *c.marks);
	c.of_entry = xcalloc(n, sizeof *c.of_entry);
	for (size_t i = 0; i < n; i++)
		c.marks[i] = marks_of(&keys[i]);
	drop_twins(&c, out);
	build_indexes(&c, out);
	for (size_t i = 0; i < n; i++)
		if (out[i].kind != KNOWN_TWICE)
			find_matches(&c, i);
	assign(&c);
	remember(&c, keys, out);
	for (int by = 0; by < BY_MAX; by++) {
		free(c.doc[by].slots);
		free(c.old[by].slots);
	}
	map_release(&c.natives);
	free(c.matches);
	free(c.of_entry);
	free(c.marks);
}

void
known_restore(struct known *s, const struct known_item *item)
{
	struct known_item *it;

	s->items = xgrow(s->items, s->n, &s->cap, sizeof *s->items);
	it = &s->items[s->n++];
	*it = *item;
	it->native = arena_dup(&s->arena, item->native);
	if (it->generation > s->generation)
		s->generation = it->generation;
}

void
known_release(struct known *s)
{
	free(s->items);
	arena_release(&s->arena);
	*s = (struct known){0};
}
