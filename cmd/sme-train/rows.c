/* What is odd in the rows, in words. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/schema.h"
#include "core/mem.h"
#include "sme-train/sme-train.h"

/* A label in fewer rows is warned about; so many names are shown. */
#define RARE_ROWS 5
#define NAMES_SHOWN 6

bool rows_strict;

void
rows_odd(const char *fmt, ...)
{
	struct sme_err err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err.text, sizeof err.text, fmt, ap);
	va_end(ap);
	if (rows_strict)
		sme_die(SME_DATA, "%s", err.text);
	sme_warn("%s", err.text);
}

/* Where a row stands, such as "labelled.ndjson:17". */
static const char *
place(const struct sample *s, struct buf *b)
{
	buf_clear(b);
	buf_puts(b, s->file);
	if (s->line)
		buf_printf(b, ":%zu", s->line);
	return b->p;
}

static void
warn_about_ids(const struct dataset *d)
{
	const struct sample *rows = d->rows;
	struct buf one = BUF_INIT, two = BUF_INIT;

	if (d->duplicate_ids)
		rows_odd("%zu rows repeat an id and its label, \"%.80s\" first (%s and %s); all "
			 "were used",
		    d->duplicate_ids, rows[d->duplicate.first].id.p,
		    place(&rows[d->duplicate.first], &one),
		    place(&rows[d->duplicate.second], &two));
	if (d->conflicts)
		rows_odd("%zu rows repeat an id with another label, \"%.80s\" first: \"%s\" (%s) "
			 "and \"%s\" "
			 "(%s); all were used",
		    d->conflicts, rows[d->conflict.first].id.p,
		    label_at(d, rows[d->conflict.first].label),
		    place(&rows[d->conflict.first], &one),
		    label_at(d, rows[d->conflict.second].label),
		    place(&rows[d->conflict.second], &two));
	buf_release(&one);
	buf_release(&two);
}

static void
warn_about_texts(const struct dataset *d)
{
	struct row_pair pair;
	size_t n = dataset_disputed(d, &pair);
	struct buf one = BUF_INIT, two = BUF_INIT;

	if (n)
		rows_odd("%zu rows have a text that others have with another label, such as %s "
			 "(\"%.80s\") and %s (\"%.80s\")",
		    n, place(&d->rows[pair.first], &one), label_at(d, d->rows[pair.first].label),
		    place(&d->rows[pair.second], &two), label_at(d, d->rows[pair.second].label));
	buf_release(&one);
	buf_release(&two);
}

/* Labels that can hardly be learned, the first few of them by name. */
static void
warn_about_labels(const struct dataset *d)
{
	size_t *rows = dataset_label_rows(d), rare = 0;
	struct buf list = BUF_INIT;
	const char *one, *other;

	for (size_t c = 0; c < d->labels.n; c++) {
		if (rows[c] >= RARE_ROWS)
			continue;
		if (++rare <= NAMES_SHOWN)
			buf_printf(&list, "%s\"%.40s\" (%zu)", rare > 1 ? ", " : "", label_at(d, c),
			    rows[c]);
	}
	if (rare > NAMES_SHOWN)
		buf_printf(&list, " and %zu more", rare - NAMES_SHOWN);
	if (rare)
		rows_odd(
		    "too few rows, fewer than %d, to learn a label from: %s", RARE_ROWS, list.p);
	if (dataset_alike(d, &one, &other))
		rows_odd("the labels \"%.80s\" and \"%.80s\" are the same but for case or spaces",
		    one, other);
	buf_release(&list);
	free(rows);
}

void
rows_warn(const struct dataset *d, const struct dataset_keys *keys)
{
	if (d->unlabelled)
		rows_odd("%zu of %zu rows have no label \"%s\" and were left out", d->unlabelled,
		    d->lines, keys->label);
	if (d->no_text)
		rows_odd(
		    "%zu rows have no text under \"%s\" and were left out", d->no_text, keys->text);
	if (d->empty_text)
		rows_odd("%zu rows have nothing readable in their text and were left out",
		    d->empty_text);
	if (d->overruled)
		sme_verbose("%zu rows were left out: their labels were corrected", d->overruled);
	warn_about_ids(d);
	warn_about_texts(d);
	warn_about_labels(d);
}

static const char *
member_at(const void *members, size_t i)
{
	const struct map *m = members;

	return i < m->n ? m->items[i].key.p : NULL;
}

/* No row has KEY: what else is there? */
static _Noreturn void
wrong_key(const struct dataset *d, const char *what, const char *key, const char *option)
{
	const char *near = schema_nearest(slice_of(key), member_at, &d->members);
	struct buf list = BUF_INIT;

	for (size_t i = 0; i < d->members.n && i < NAMES_SHOWN * 4; i++)
		buf_printf(&list, "%s%.40s", i ? ", " : "", d->members.items[i].key.p);
	if (near)
		sme_die(SME_DATA, "no row has %s under \"%s\"; did you mean %s %s?", what, key,
		    option, near);
	sme_die(SME_DATA, "no row has %s under \"%s\", see %s; the rows have: %s", what, key,
	    option, d->members.n ? list.p : "nothing");
}

void
rows_need(const struct dataset *d, const struct dataset_keys *keys)
{
	if (d->n || !d->lines)
		return;
	if (d->unlabelled == d->lines)
		wrong_key(d, "a label", keys->label, "--label-key");
	if (d->unlabelled + d->no_text == d->lines)
		wrong_key(d, "a text", keys->text, "--text-key");
}
