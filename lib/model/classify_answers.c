/* Which model answers: those of one name are for different languages. */
#include <stdlib.h>

#include "core/mem.h"
#include "model/classify_int.h"

static const char *const place_names[PLACE_COUNT] = {
    [PLACE_LANG] = "lang",
    [PLACE_SENTIMENT] = "sentiment",
    [PLACE_INTENT] = "intent",
    [PLACE_OFFENSIVE] = "offensive",
    [PLACE_PRAISE] = "praise",
    [PLACE_COMPLAINT] = "complaint",
    [PLACE_IRONY] = "irony",
    [PLACE_NEEDS_ANSWER] = "needs_answer",
    [PLACE_TOPIC] = "topic",
};

static int
find_label(const struct model *m, const char *label)
{
	for (uint32_t i = 0; i < m->header->labels; i++)
		if (strcmp(m->names[i], label) == 0)
			return (int)i;
	return -1;
}

/* Sentiment is positive or negative; a head that says yes or no has a label of its own name for
 * yes, or "true". */
static void
find_sides(const struct model *m, struct loaded *l)
{
	l->yes = find_label(m, m->name);
	if (l->yes < 0)
		l->yes = find_label(m, "true");
	l->no = -1;
	if (strcmp(m->name, place_names[PLACE_SENTIMENT]) != 0)
		return;
	l->yes = find_label(m, "positive");
	l->no = find_label(m, "negative");
}

static bool
speaks(const struct model *m, const char *lang)
{
	struct slice rest = slice_of(m->langs), one;

	while (slice_cut(&rest, ',', &one))
		if (slice_is(slice_trim(one), lang))
			return true;
	return false;
}

/* The model called NAME for texts in LANG, else the one for any. */
static int
find_speaker(const struct classifier *c, const char *name, const char *lang)
{
	int any = -1;

	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->models[i]->name, name) != 0)
			continue;
		if (lang && speaks(c->models[i], lang))
			return (int)i;
		if (!*c->models[i]->langs)
			any = (int)i;
	}
	return any;
}

static const struct model *
lang_model(const struct classifier *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->models[i]->name, place_names[PLACE_LANG]) == 0)
			return c->models[i];
	return NULL;
}

static struct answer *
answer_of(struct classifier *c, const char *name)
{
	for (size_t i = 0; i < c->answers_n; i++)
		if (strcmp(c->answers[i].name, name) == 0)
			return &c->answers[i];
	c->answers[c->answers_n] = (struct answer){.name = name};
	return &c->answers[c->answers_n++];
}

void
classifier_arrange(struct classifier *c)
{
	const struct model *lang = lang_model(c);
	uint32_t labels = lang ? lang->header->labels : 0;

	c->answers = xcalloc(c->n + 1, sizeof *c->answers);
	for (size_t i = 0; i < c->n; i++) {
		find_sides(c->models[i], &c->loaded[i]);
		answer_of(c, c->models[i]->name)->added |= c->loaded[i].added;
	}
	for (size_t p = 0; p < PLACE_COUNT; p++)
		c->places[p] = -1;
	for (size_t i = 0; i < c->answers_n; i++) {
		struct answer *a = &c->answers[i];

		a->langs = labels;
		a->by_lang = xcalloc(labels + 1, sizeof *a->by_lang);
		for (uint32_t l = 0; l <= labels; l++)
			a->by_lang[l] =
			    find_speaker(c, a->name, l < labels ? lang->names[l] : NULL);
		for (size_t p = 0; p < PLACE_COUNT; p++)
			if (strcmp(a->name, place_names[p]) == 0)
				c->places[p] = (int)i;
	}
	c->lang = c->places[PLACE_LANG] < 0 ? -1 : c->answers[c->places[PLACE_LANG]].by_lang[0];
}
