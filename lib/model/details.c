#include "model/details.h"

#include <stdlib.h>

#include "core/mem.h"
#include "model/keywords.h"
#include "stream/json.h"
#include "text/minhash.h"
#include "text/normalize.h"

const char *const details_names[] = {"keywords", "entities", "dup", NULL};

struct details_run {
	const struct details *d;
	struct slice text;
	struct word_list words;
	struct word_list probe; /* shares the table of words */
	struct entity_scratch entities;
	struct minhash copies;
	bool has_copies;
	struct keywords_run *keywords;
	int lang; /* number of the background's language, or -1 */
	struct keyword keyword[KEYWORDS_MAX];
	size_t nkeywords;
	struct buf redacted;
	/* What is masked, normalised, a space between; made when it is asked for. */
	struct norm norm;
	struct buf hidden;
	bool is_hidden_made;
};

/* ---- the configuration ---- */

static int
add_patterns(struct entity_set *set, const struct json_node *node, int scope, struct sme_err *err)
{
	for (NODE_EACH(type, node_get(node, "entities"))) {
		size_t at = 0;

		for (NODE_EACH(pattern, type)) {
			if (entity_set_add(set, type->key, pattern->text, scope, err) < 0)
				return err_prefix(
				    err, ".entities.%.*s[%zu]", SLICE_ARG(type->key), at);
			at++;
		}
	}
	return 0;
}

struct entity_set *
details_patterns(const struct json_node *root, const struct watch *watch, struct sme_err *err)
{
	struct entity_set *set = entity_set_new();
	int r = add_patterns(set, root, QUERY_GLOBAL, err);

	for (NODE_EACH(it, r == 0 ? node_get(root, "tenants") : NULL)) {
		r = add_patterns(set, it, watch_scope(watch, it->key), err);
		if (r == 0)
			continue;
		err_prefix(err, ".tenants.%.*s", SLICE_ARG(it->key));
		break;
	}
	if (r == 0)
		return set;
	entity_set_free(set);
	return NULL;
}

/* ---- one text ---- */

struct details_run *
details_run_new(const struct details *d)
{
	struct details_run *run = xcalloc(1, sizeof *run);

	run->d = d;
	run->entities = (struct entity_scratch)ENTITY_SCRATCH_INIT;
	run->norm = (struct norm)NORM_INIT;
	run->redacted = run->hidden = (struct buf)BUF_INIT;
	word_list_init(&run->words);
	run->probe.table = run->words.table;
	run->keywords = keywords_run_new();
	return run;
}

void
details_run_free(struct details_run *run)
{
	if (!run)
		return;
	free(run->probe.words);
	word_list_release(&run->words);
	entity_scratch_release(&run->entities);
	keywords_run_free(run->keywords);
	norm_release(&run->norm);
	buf_release(&run->redacted);
	buf_release(&run->hidden);
	free(run);
}

void
details_words(struct details_run *run, struct slice text)
{
	run->text = text;
	run->nkeywords = 0;
	run->is_hidden_made = false;
	if (run->d->parts)
		word_list_fill(&run->words, text);
}

void
details_entities(struct details_run *run, int scope)
{
	const struct details *d = run->d;

	/* Keywords must know where not to look, too. */
	if (d->parts)
		entity_find(d->patterns, &run->entities, run->text, scope, true);
	if (d->places && d->parts & DETAILS_ENTITIES)
		places_find(d->places, &run->words, run->text, &run->entities);
}

void
details_copies(struct details_run *run)
{
	if (run->d->parts & DETAILS_DUP)
		run->has_copies = minhash_of(&run->words, &run->copies);
}

void
details_lang(struct details_run *run, struct slice lang)
{
	const struct background *b = run->d->background;

	run->lang = run->d->parts & DETAILS_KEYWORDS && b ? background_find_lang(b, lang) : -1;
	if (run->lang >= 0)
		keywords_begin(run->keywords, b, run->lang, &run->words, run->text);
}

void
details_keywords(struct details_run *run)
{
	if (run->lang >= 0)
		run->nkeywords = keywords_find(run->keywords, &run->entities, run->keyword);
}

/* Is NEEDLE, a JSON string with its quotes, in the list LIST of such?  ASCII case is ignored. */
static bool
is_listed(struct slice list, struct slice needle)
{
	for (size_t i = 0; i + needle.n <= list.n; i++)
		if (list.p[i] == '"' &&
		    slice_eq_nocase((struct slice){list.p + i, needle.n}, needle))
			return true;
	return false;
}

void
details_put_keywords(struct details_run *run, size_t from, struct buf *out)
{
	size_t known = out->n;

	for (size_t i = 0; i < run->nkeywords; i++) {
		const struct keyword *k = &run->keyword[i];
		size_t end = out->n, own = end + (end > from);

		if (end > from)
			buf_addc(out, ',');
		json_put_string(out, (struct slice){run->text.p + k->start, k->end - k->start});
		if (known > from && is_listed((struct slice){out->p + from, known - from},
					(struct slice){out->p + own, out->n - own}))
			out->n = end;
	}
}

/* Code points in FROM..TO: what a byte more than those that only continue one begins. */
static size_t
characters(struct slice text, size_t from, size_t to)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

static void
put_number(struct buf *out, size_t n)
{
	char digits[24];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	buf_add(out, digits + at, sizeof digits - at);
}

static void
put_entities(struct details_run *run, struct buf *out)
{
	const struct entity_scratch *s = &run->entities;
	bool redact = run->d->parts & DETAILS_REDACTED;
	size_t at = 0, start = 0, end;
	const char *comma = "";

	buf_puts(out, ",\"entities\":[");
	for (size_t i = 0; i < s->n; i++) {
		const struct entity *e = &s->list[i];

		if (e->type == ENTITY_USER || e->type == ENTITY_NUMBER)
			continue;
		start += characters(run->text, at, e->start);
		end = start + characters(run->text, e->start, e->end);
		buf_puts(out, comma);
		buf_puts(out, "{\"type\":");
		json_put_string(out, entity_type_name(run->d->patterns, e->type));
		if (!redact || !entity_is_masked(e)) {
			buf_puts(out, ",\"value\":");
			json_put_string(out, entity_value(s, e));
		}
		buf_puts(out, ",\"at\":[");
		put_number(out, start);
		buf_addc(out, ',');
		put_number(out, end);
		buf_puts(out, "]}");
		at = e->end;
		start = end;
		comma = ",";
	}
	buf_addc(out, ']');
}

static void
put_dup(struct details_run *run, struct buf *out)
{
	char text[MINHASH_SIZE];

	if (!run->has_copies) {
		buf_puts(out, ",\"dup\":null");
		return;
	}
	minhash_format(&run->copies, text);
	buf_puts(out, ",\"dup\":\"");
	buf_puts(out, text);
	buf_addc(out, '"');
}

void
details_put(struct details_run *run, struct buf *out)
{
	if (run->d->parts & DETAILS_ENTITIES)
		put_entities(run, out);
	if (run->d->parts & DETAILS_DUP)
		put_dup(run, out);
	if (!(run->d->parts & DETAILS_REDACTED))
		return;
	buf_clear(&run->redacted);
	entity_redact(run->d->patterns, &run->entities, run->text, &run->redacted);
	buf_puts(out, ",\"redacted\":");
	json_put_string(out, buf_slice(&run->redacted));
}

static void
make_hidden(struct details_run *run)
{
	const struct entity_scratch *s = &run->entities;

	run->is_hidden_made = true;
	buf_clear(&run->hidden);
	for (size_t i = 0; i < s->n; i++) {
		const struct entity *e = &s->list[i];

		if (!entity_is_masked(e))
			continue;
		norm_run(&run->norm, (struct slice){run->text.p + e->start, e->end - e->start});
		buf_addc(&run->hidden, ' ');
		buf_adds(&run->hidden, buf_slice(&run->norm.text));
	}
}

bool
details_hides_token(struct details_run *run, struct slice token)
{
	if (!(run->d->parts & DETAILS_REDACTED))
		return false;
	if (!run->is_hidden_made)
		make_hidden(run);
	return token.n && slice_find(buf_slice(&run->hidden), token) >= 0;
}

/* Does a word with HASH stand in something that is masked? */
static bool
is_masked_word(const struct details_run *run, uint64_t hash)
{
	const struct entity_scratch *s = &run->entities;
	size_t at = 0;

	for (size_t i = 0; i < run->words.n; i++) {
		const struct listed_word *w = &run->words.words[i];

		while (at < s->n && s->list[at].end <= w->start)
			at++;
		if (at == s->n)
			return false;
		if (w->hash == hash && s->list[at].start < w->end && entity_is_masked(&s->list[at]))
			return true;
	}
	return false;
}

bool
details_hides_keyword(struct details_run *run, struct slice keyword)
{
	if (!(run->d->parts & DETAILS_REDACTED))
		return false;
	word_list_fill(&run->probe, keyword);
	for (size_t i = 0; i < run->probe.n; i++)
		if (is_masked_word(run, run->probe.words[i].hash))
			return true;
	return false;
}
