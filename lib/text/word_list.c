#include "text/word_list.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/hash.h"
#include "core/mem.h"
#include "text/query_word.h"

/* Words kept for one text are given back above this many. */
#define WORDS_KEPT ((size_t)1 << 12)

void
word_list_init(struct word_list *list)
{
	*list = (struct word_list){.table = xmalloc(sizeof *list->table)};
	fold_table_fill(list->table);
}

void
word_list_release(struct word_list *list)
{
	free(list->words);
	free(list->table);
}

uint64_t
word_hash(const char *word, size_t n)
{
	uint64_t h = n, v;

	for (size_t i = 0; i < n; i += 8) {
		unsigned __int128 m;

		memcpy(&v, word + i, sizeof v);
		m = (unsigned __int128)(le64toh(v) ^ UINT64_C(0x9e3779b97f4a7c15)) *
		    (h ^ UINT64_C(0xe7037ed1a0b428db));
		h = (uint64_t)m ^ (uint64_t)(m >> 64);
	}
	return hash_mix(h);
}

/*
 * Cut "sooo" and "schoeoeoen" to "so" and "schoen", in place: a byte like the one before it, and
 * two like the two before them, add nothing.  That also cuts "kommt" to "komt", and a letter of two
 * bytes that is repeated; digits stay.  The N bytes get 8 zero bytes behind them.
 */
static size_t
cut_repeats(char *s, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)(s[i] - '0') >= 10) {
			if (k && s[k - 1] == s[i])
				continue;
			if (k >= 3 && s[k - 1] == s[k - 3] && s[k - 2] == s[i]) {
				k--;
				continue;
			}
		}
		s[k++] = s[i];
	}
	memset(s + k, 0, 8);
	return k;
}

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

/* The top bit of each byte of V that is zero (and perhaps of one that is 1 behind such a byte). */
static inline uint64_t
zero_bytes(uint64_t v)
{
	return (v - ONES) & ~v & TOPS;
}

/* How many bytes of V have their top bit set; no other bits may be set. */
static inline size_t
count_tops(uint64_t v)
{
	return (size_t)((v >> 7) * ONES >> 56);
}

/* Does a letter or a pair of them stand there twice?  Sometimes says so when it is not. */
static bool
has_repeats(const char *s, size_t n)
{
	/* Seven places at a time, for a pair takes two. */
	for (size_t i = 0; i + 1 < n; i += 7) {
		uint64_t a, b, c, pairs;
		size_t left = n - 1 - i;
		uint64_t in = left >= 8 ? ~UINT64_C(0) : (UINT64_C(1) << 8 * left) - 1;

		memcpy(&a, s + i, sizeof a);
		memcpy(&b, s + i + 1, sizeof b);
		memcpy(&c, s + i + 2, sizeof c);
		pairs = zero_bytes(le64toh(a ^ c));
		if ((zero_bytes(le64toh(a ^ b)) | (pairs & pairs >> 8)) & in)
			return true;
	}
	return false;
}

/* Code points, and those that are digits: what the N bytes at S begin. */
static void
count_letters(const char *s, size_t n, struct listed_word *out)
{
	size_t letters = 0, digits = 0;

	for (size_t i = 0; i < n; i += 8) {
		uint64_t v, ascii, low;
		size_t left = n - i;
		uint64_t in = left >= 8 ? TOPS : TOPS & ((UINT64_C(1) << 8 * left) - 1);

		memcpy(&v, s + i, sizeof v);
		v = le64toh(v);
		/* Continuation bytes are 10xxxxxx. */
		letters += count_tops(~(v & ~(v << 1)) & in);
		ascii = ~v & TOPS;
		low = v & ~TOPS;
		/* Within 0x30 to 0x39: the sums carry into the top bit. */
		digits += count_tops(
		    (low + ONES * (0x80 - '0')) & ~(low + ONES * (0x80 - '9' - 1)) & ascii & in);
	}
	out->letters = (uint8_t)letters;
	out->digits = digits == n;
}

/* Is it an emoji or a currency sign?  Few letters begin with these bytes, and no emoji with others
 * that matter here. */
static bool
is_sign(const struct words *w)
{
	unsigned char c = (unsigned char)w->text.p[w->start];
	utf8proc_int32_t cp;
	struct fold f;

	if (w->kind != WORD_PLAIN || (c != 0xc2 && c != 0xe2 && c != 0xf0))
		return false;
	if (utf8proc_iterate((const utf8proc_uint8_t *)w->text.p + w->start,
		(utf8proc_ssize_t)(w->end - w->start), &cp) <= 0)
		return false;
	fold_char(cp, &f);
	return f.class == FOLD_EMOJI || f.class == FOLD_FLAG || f.class == FOLD_SIGN;
}

/* Is there a letter at START that is no small one?  Scripts without case have only such. */
static bool
is_capital(const struct words *w, size_t start)
{
	unsigned char c = (unsigned char)w->text.p[start];
	utf8proc_int32_t cp;

	if (c < 0x80)
		return c >= 'A' && c <= 'Z';
	if (utf8proc_iterate((const utf8proc_uint8_t *)w->text.p + start,
		(utf8proc_ssize_t)(w->end - start), &cp) <= 0)
		return false;
	return utf8proc_category(cp) != UTF8PROC_CATEGORY_LL;
}

static void
describe(struct words *w, struct listed_word *out)
{
	size_t sign = w->kind == WORD_TAG || w->kind == WORD_HANDLE;
	char *key = w->key + sign;
	size_t n = w->n - (w->n ? sign : 0);

	*out = (struct listed_word){.start = (uint32_t)w->start, .end = (uint32_t)w->end};
	out->kind = w->kind == WORD_TAG      ? LISTED_TAG
	            : w->kind == WORD_HANDLE ? LISTED_HANDLE
	            : w->kind == WORD_LINK   ? LISTED_LINK
	            : is_sign(w)             ? LISTED_SIGN
	                                     : LISTED_WORD;
	if (!n)
		return;
	count_letters(key, n, out);
	out->capital = is_capital(w, w->start + sign);
	out->hash = out->copies = word_hash(key, n);
	if (has_repeats(key, n))
		out->copies = word_hash(key, cut_repeats(key, n));
}

void
word_list_fill(struct word_list *list, struct slice text)
{
	struct words w = {.text = text, .table = list->table};

	if (w.text.n > WORD_LIST_INPUT_MAX)
		w.text.n = WORD_LIST_INPUT_MAX;
	if (list->cap > WORDS_KEPT) {
		free(list->words);
		list->words = NULL;
		list->cap = 0;
	}
	for (list->n = 0; words_next(&w); list->n++) {
		list->words = xgrow(list->words, list->n, &list->cap, sizeof *list->words);
		describe(&w, &list->words[list->n]);
	}
}
