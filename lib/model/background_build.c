/* Counting words over many texts. */
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/map.h"
#include "core/mem.h"
#include "model/background.h"
#include "model/rows.h"
#include "stream/scan.h"
#include "text/word_list.h"

/* What stands in one text of so many or more is as good as a stop word. */
#define STOP_SHARE 50

struct count {
	uint64_t key; /* 0: free */
	uint32_t texts;
	uint32_t last; /* the text that it was counted in last */
	uint32_t lang;
	bool stop;
};

struct counts {
	struct count *slots;
	size_t n, mask;
};

struct builder {
	const struct background_options *o;
	struct background_report *report;
	struct map langs; /* code → number */
	struct background_lang *lang;
	size_t lang_cap;
	struct counts counts;
	struct counts seen; /* texts, by the hash of their words */
	struct word_list words;
	struct scan_plan *plan;
	struct scanner *scanner;
	int text, code, label;
	struct buf string, scratch;
	uint32_t number; /* of the text at hand */
};

static struct count *
slot_of(const struct counts *c, uint64_t key)
{
	size_t at = (size_t)key & c->mask;

	while (c->slots[at].key && c->slots[at].key != key)
		at = (at + 1) & c->mask;
	return &c->slots[at];
}

static void
grow(struct counts *c)
{
	struct counts old = *c;
	size_t n = c->mask ? (c->mask + 1) * 2 : (size_t)1 << 16;

	c->slots = xcalloc(n, sizeof *c->slots);
	c->mask = n - 1;
	for (size_t i = 0; old.mask && i <= old.mask; i++)
		if (old.slots[i].key)
			*slot_of(c, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

/* The count of KEY, made if it is new. */
static struct count *
count_of(struct counts *c, uint64_t key)
{
	struct count *s;

	if (!c->mask || (c->n + 1) * 2 > c->mask)
		grow(c);
	s = slot_of(c, key ? key : 1);
	if (!s->key) {
		s->key = key ? key : 1;
		c->n++;
	}
	return s;
}

static uint32_t
lang_of(struct builder *b, struct slice code)
{
	union map_value *v = map_get(&b->langs, code);
	size_t n = b->langs.n;

	if (v)
		return (uint32_t)v->u;
	map_put(&b->langs, code)->u = n;
	b->lang = xgrow(b->lang, n, &b->lang_cap, sizeof *b->lang);
	b->lang[n] = (struct background_lang){.texts = 0};
	memcpy(b->lang[n].code, code.p, code.n);
	return (uint32_t)n;
}

static bool
is_counted(const struct listed_word *w)
{
	return w->hash && !w->digits && (w->kind == LISTED_WORD || w->kind == LISTED_TAG);
}

/* Was there a text of the same words? */
static bool
is_copy(struct builder *b)
{
	uint64_t h = 0;
	struct count *seen;

	for (size_t i = 0; i < b->words.n; i++)
		if (is_counted(&b->words.words[i]))
			h = hash_mix(h * UINT64_C(0x9e3779b97f4a7c15) + b->words.words[i].copies);
	seen = count_of(&b->seen, h);
	return seen->texts++ > 0;
}

static void
add_text(struct builder *b, struct slice code)
{
	uint32_t lang = lang_of(b, code);

	if (is_copy(b)) {
		b->report->copies++;
		return;
	}
	b->number++;
	b->lang[lang].texts++;
	for (size_t i = 0; i < b->words.n; i++) {
		const struct listed_word *w = &b->words.words[i];
		struct count *c;

		if (!is_counted(w))
			continue;
		c = count_of(&b->counts, background_key(code, w->hash));
		c->lang = lang;
		if (c->last == b->number)
			continue;
		c->last = b->number;
		c->texts++;
		b->lang[lang].words++;
	}
}

/* A stop word of several words is none. */
static void
add_stopword(struct builder *b, struct slice code)
{
	struct count *c;

	if (b->words.n != 1 || !is_counted(&b->words.words[0]))
		return;
	c = count_of(&b->counts, background_key(code, b->words.words[0].hash));
	c->lang = lang_of(b, code);
	c->stop = true;
	b->report->stopwords++;
}

static int
add_row(void *ctx, const struct json_value *values, const char *file, size_t lineno, struct sme_err *err)
{
	struct builder *b = ctx;
	struct slice code, text;

	(void)file, (void)lineno, (void)err;
	b->report->lines++;
	buf_clear(&b->scratch);
	buf_clear(&b->string);
	code = json_string(&values[b->code], &b->scratch);
	text = json_string(&values[b->text], &b->string);
	if (!text.n || !code.n || code.n >= sizeof b->lang->code || memchr(code.p, '\0', code.n)) {
		b->report->no_text++;
		return 0;
	}
	word_list_fill(&b->words, text);
	if (json_is(&values[b->label], SLICE("stopword")))
		add_stopword(b, code);
	else
		add_text(b, code);
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct background_word *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static int
by_code(const void *a, const void *b)
{
	return strcmp(
	    ((const struct background_lang *)a)->code, ((const struct background_lang *)b)->code);
}

/* The power of two nearest to N, by its exponent: 2 to 2.8 is 1, up to 5.6 is 2 ... */
static uint8_t
level_of(uint32_t n)
{
	unsigned level = 0;

	while (level + 1 < BACKGROUND_LEVELS && (uint64_t)n * n >= (uint64_t)2 << 2 * level)
		level++;
	return (uint8_t)(level ? level : 1);
}

/* What is kept of the counts, in order of the keys. */
static struct background_word *
collect(const struct builder *b, size_t *n)
{
	struct background_word *list = xcalloc(b->counts.n + 1, sizeof *list);

	*n = 0;
	for (size_t i = 0; b->counts.mask && i <= b->counts.mask; i++) {
		const struct count *c = &b->counts.slots[i];
		uint32_t texts;

		if (!c->key || b->lang[c->lang].texts < b->o->lang_texts)
			continue;
		texts = b->lang[c->lang].texts;
		if (c->stop || (uint64_t)c->texts * STOP_SHARE > texts)
			list[(*n)++] = (struct background_word){c->key, BACKGROUND_STOP};
		else if (c->texts >= b->o->min_texts)
			list[(*n)++] = (struct background_word){c->key, level_of(c->texts)};
	}
	qsort(list, *n, sizeof *list, by_key);
	return list;
}

static int
finish(struct builder *b, struct buf *out, struct sme_err *err)
{
	struct background_word *words;
	size_t n, langs = 0;
	int r;

	words = collect(b, &n);
	for (size_t i = 0; i < b->langs.n; i++)
		if (b->lang[i].texts >= b->o->lang_texts && b->lang[i].words)
			b->lang[langs++] = b->lang[i];
	b->report->small = b->langs.n - langs;
	if (langs)
		qsort(b->lang, langs, sizeof *b->lang, by_code);
	if (langs == 0)
		r = err_set(err, SME_DATA,
		    "no language has %u texts or more; give more texts, each with its language",
		    b->o->lang_texts);
	else
		r = background_write(b->lang, langs, words, n, b->o->release, b->o->card, out, err);
	free(words);
	return r;
}

static void
release(struct builder *b)
{
	scanner_free(b->scanner);
	scan_plan_free(b->plan);
	word_list_release(&b->words);
	map_release(&b->langs);
	free(b->lang);
	free(b->counts.slots);
	free(b->seen.slots);
	buf_release(&b->string);
	buf_release(&b->scratch);
}

int
background_build(char *const *files, const struct background_options *o, struct buf *out,
    struct background_report *report, struct sme_err *err)
{
	struct builder b = {.o = o, .report = report, .string = BUF_INIT, .scratch = BUF_INIT};
	int status;

	*report = (struct background_report){0};
	word_list_init(&b.words);
	b.plan = scan_plan_new();
	b.text = scan_plan_add(b.plan, o->text_key);
	b.code = scan_plan_add(b.plan, o->lang_key);
	b.label = scan_plan_add(b.plan, o->label_key);
	b.scanner = scanner_new(b.plan);
	status = rows_read(files, b.scanner, add_row, &b, err);
	if (status == 0)
		status = finish(&b, out, err);
	release(&b);
	return status;
}
