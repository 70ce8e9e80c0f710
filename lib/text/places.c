#include "text/places.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/arena.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"

#define STEP UINT64_C(0x9e3779b97f4a7c15)
#define NAME_MAX_BYTES 255

/* Bytes of text that may stand between two words of a name. */
#define GAP_MAX 3

/* A name's words so far: a name ends here, or longer ones go on, or both. */
struct node {
	uint64_t key;     /* 0: free */
	uint32_t name;    /* index + 1 into names, or 0 */
	uint8_t capitals; /* which words of that name have one: bit 0 is the first */
	bool more;
};

struct places {
	struct slice *names; /* what is reported */
	size_t n, cap;
	struct node *nodes;
	size_t used, mask;
	/* A bit for each hash of a first word: what is asked most, and small. */
	uint64_t *first;
	unsigned first_shift;
	struct arena arena;
};

static size_t
node_slot(const struct places *p, uint64_t key)
{
	size_t at = (size_t)key & p->mask;

	while (p->nodes[at].key && p->nodes[at].key != key)
		at = (at + 1) & p->mask;
	return at;
}

static const struct node *
find_node(const struct places *p, uint64_t key)
{
	const struct node *n = &p->nodes[node_slot(p, key)];

	return n->key ? n : NULL;
}

static void
grow_nodes(struct places *p)
{
	struct node *old = p->nodes;
	size_t n = p->mask + 1;

	p->mask = n * 2 - 1;
	p->nodes = xcalloc(n * 2, sizeof *p->nodes);
	for (size_t i = 0; i < n; i++)
		if (old[i].key)
			p->nodes[node_slot(p, old[i].key)] = old[i];
	free(old);
}

static struct node *
add_node(struct places *p, uint64_t key)
{
	struct node *n = &p->nodes[node_slot(p, key)];

	if (n->key)
		return n;
	if ((p->used + 1) * 2 > p->mask) {
		grow_nodes(p);
		n = &p->nodes[node_slot(p, key)];
	}
	n->key = key;
	p->used++;
	return n;
}

/* The key of the words up to one with HASH, when those before it have BEFORE (0: none); never 0. */
static uint64_t
next_key(uint64_t before, uint64_t hash)
{
	uint64_t key = hash_mix(before * STEP + hash);

	return key ? key : 1;
}

/* ---- the list ---- */

static int
add_name(struct places *p, const struct word_list *words, struct slice value, const char *path,
    size_t line, struct sme_err *err)
{
	struct node *node = NULL;
	uint64_t key = 0;
	uint8_t capitals = 0;

	if (words->n == 0)
		return err_set(err, SME_CONFIG, "%s:%zu: no word in it", path, line);
	if (words->n > PLACES_WORDS)
		return err_set(err, SME_CONFIG, "%s:%zu: a name has at most %d words, this has %zu",
		    path, line, PLACES_WORDS, words->n);
	for (size_t i = 0; i < words->n; i++) {
		const struct listed_word *w = &words->words[i];

		if (w->kind != LISTED_WORD || !w->hash)
			return err_set(err, SME_CONFIG,
			    "%s:%zu: expected words, not a tag, handle, sign or address", path,
			    line);
		if (node)
			node->more = true;
		key = next_key(key, w->hash);
		node = add_node(p, key);
		capitals |= (uint8_t)(w->capital << i);
	}
	if (node->name)
		return 0;
	p->names = xgrow(p->names, p->n, &p->cap, sizeof *p->names);
	p->names[p->n++] = arena_dup(&p->arena, value);
	node->name = (uint32_t)p->n;
	node->capitals = capitals;
	return 0;
}

static bool
is_utf8(struct slice s)
{
	for (size_t at = 0; at < s.n;) {
		utf8proc_int32_t cp;
		utf8proc_ssize_t len = utf8proc_iterate(
		    (const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), &cp);

		if (len <= 0)
			return false;
		at += (size_t)len;
	}
	return true;
}

static int
add_line(struct places *p, struct word_list *words, struct slice line, const char *path,
    size_t lineno, struct sme_err *err)
{
	struct slice name, value = line;

	if (line.n == 0 || *line.p == '#')
		return 0;
	slice_cut(&value, '\t', &name);
	name = slice_trim(name);
	value = slice_trim(value.p ? value : name);
	if (name.n > NAME_MAX_BYTES || value.n > NAME_MAX_BYTES)
		return err_set(
		    err, SME_CONFIG, "%s:%zu: longer than %d bytes", path, lineno, NAME_MAX_BYTES);
	if (!is_utf8(line))
		return err_set(err, SME_CONFIG, "%s:%zu: not UTF-8", path, lineno);
	word_list_fill(words, name);
	return add_name(p, words, value, path, lineno, err);
}

/* Sixteen bits for each, so that few words that begin no name seem to; at most 128 KiB. */
static void
build_first(struct places *p, const uint64_t *keys, size_t n)
{
	unsigned bits = 10;

	while (bits < 20 && (size_t)1 << bits < n * 16)
		bits++;
	p->first_shift = 64 - bits;
	p->first = xcalloc(((size_t)1 << bits) / 64, sizeof *p->first);
	for (size_t i = 0; i < n; i++) {
		uint64_t bit = keys[i] >> p->first_shift;

		p->first[bit >> 6] |= UINT64_C(1) << (bit & 63);
	}
}

struct places *
places_parse(struct slice bytes, const char *path, struct sme_err *err)
{
	struct places *p = xcalloc(1, sizeof *p);
	struct word_list words;
	struct slice line;
	uint64_t *keys = NULL;
	size_t n = 0, cap = 0, lineno = 0;
	int r = 0;

	p->mask = 1023;
	p->nodes = xcalloc(p->mask + 1, sizeof *p->nodes);
	word_list_init(&words);
	if (slice_starts(bytes, SLICE("\xef\xbb\xbf")))
		bytes = (struct slice){bytes.p + 3, bytes.n - 3};
	while (r == 0 && slice_cut(&bytes, '\n', &line)) {
		words.n = 0;
		r = add_line(p, &words, slice_trim(line), path, ++lineno, err);
		if (r == 0 && words.n) {
			keys = xgrow(keys, n, &cap, sizeof *keys);
			keys[n++] = words.words[0].hash;
		}
	}
	build_first(p, keys, n);
	free(keys);
	word_list_release(&words);
	if (r == 0)
		return p;
	places_free(p);
	return NULL;
}

struct places *
places_read(const char *path, struct sme_err *err)
{
	struct buf bytes = BUF_INIT_MAX(PLACES_FILE_MAX);
	struct places *p = NULL;

	if (file_read(path, &bytes, err) == 0)
		p = places_parse(buf_slice(&bytes), path, err);
	buf_release(&bytes);
	return p;
}

void
places_free(struct places *p)
{
	if (!p)
		return;
	free(p->names);
	free(p->nodes);
	free(p->first);
	arena_release(&p->arena);
	free(p);
}

size_t
places_count(const struct places *p)
{
	return p->n;
}

/* ---- a text ---- */

static bool
has_capitals(const struct word_list *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (words->words[i].capital && words->words[i].kind == LISTED_WORD)
			return true;
	return false;
}

/* May a name go on from the word A to the word B? */
static bool
is_gap(struct slice text, const struct listed_word *a, const struct listed_word *b)
{
	size_t n = b->start - a->end;

	if (b->kind != LISTED_WORD || n > GAP_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr(" -.'/()\xe2\x80\x99\xc2\xa0", text.p[a->end + i]) ||
		    !text.p[a->end + i])
			return false;
	return true;
}

/* The longest name from word AT on: how many words it has, or 0. */
static size_t
longest(const struct places *p, const struct word_list *words, size_t at, struct slice text,
    bool any_case, uint32_t *name)
{
	uint64_t key = 0;
	uint8_t capitals = 0;
	size_t found = 0;

	for (size_t i = 0; i < PLACES_WORDS && at + i < words->n; i++) {
		const struct listed_word *w = &words->words[at + i];
		const struct node *node;

		if (i && !is_gap(text, w - 1, w))
			break;
		key = next_key(key, w->hash);
		node = find_node(p, key);
		if (!node)
			break;
		capitals |= (uint8_t)(w->capital << i);
		if (node->name && (any_case || !(node->capitals & ~capitals))) {
			found = i + 1;
			*name = node->name - 1;
		}
		if (!node->more)
			break;
	}
	return found;
}

/* Sort the places, in order from index BEFORE on, in among the entities that were there. */
static void
merge(struct entity_scratch *s, size_t before)
{
	size_t m = s->n - before, i = before, k = s->n;
	struct entity *own;

	if (m == 0 || before == 0 || s->list[before - 1].start < s->list[before].start)
		return;
	for (size_t n = s->n; n < s->n + m; n++)
		s->list = xgrow(s->list, n, &s->cap, sizeof *s->list);
	own = s->list + s->n;
	memcpy(own, s->list + before, m * sizeof *own);
	while (m)
		if (i && s->list[i - 1].start > own[m - 1].start)
			s->list[--k] = s->list[--i];
		else
			s->list[--k] = own[--m];
}

void
places_find(const struct places *p, const struct word_list *words, struct slice text,
    struct entity_scratch *s)
{
	bool small = !has_capitals(words);
	size_t before = s->n, other = 0, step;
	uint32_t name = 0;

	for (size_t i = 0; i < words->n; i += step ? step : 1) {
		const struct listed_word *w = &words->words[i];
		uint64_t bit = w->hash >> p->first_shift;
		size_t end;

		step = 0;
		if (!(p->first[bit >> 6] >> (bit & 63) & 1) ||
		    (w->kind != LISTED_WORD && w->kind != LISTED_TAG))
			continue;
		while (other < before && s->list[other].end <= w->start)
			other++;
		step = longest(p, words, i, text, small || w->kind == LISTED_TAG, &name);
		if (!step)
			continue;
		end = words->words[i + step - 1].end;
		if (other < before && s->list[other].start < end)
			continue;
		s->list = xgrow(s->list, s->n, &s->cap, sizeof *s->list);
		s->list[s->n++] = (struct entity){.start = w->start,
		    .end = (uint32_t)end,
		    .type = ENTITY_PLACE,
		    .value = (uint32_t)s->values.n,
		    .value_n = (uint32_t)p->names[name].n};
		buf_adds(&s->values, p->names[name]);
	}
	merge(s, before);
}
