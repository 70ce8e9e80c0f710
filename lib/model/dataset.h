/* Labelled texts for training, read from NDJSON. */
#ifndef SME_MODEL_DATASET_H
#define SME_MODEL_DATASET_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"
#include "stream/json.h"
#include "text/normalize.h"

/* What a row is used for; decided by its normalised text alone, or by what it is to stay together
 * with, so that copies stay together and a row stays on its side when others come or go. */
enum sample_part {
	PART_TRAIN,
	PART_TUNE, /* held out: half of it sets the temperature ... */
	PART_TEST  /* ... and the figures come from both halves, calibration from this one */
};

struct sample {
	struct slice text;
	struct slice id; /* as text; p is NULL without one */
	uint64_t key;    /* hash of the normalised text */
	uint64_t side;   /* the same, or of what the row stays together with: decides every split */
	const char *file;
	size_t line; /* 0: the file is a log, and places in it mean nothing */
	uint32_t label;
	uint32_t group;
	enum sample_part part;
	bool corrected; /* the label is what somebody at the desk said */
};

/* Which members of a row are read; member names joined by dots.  GROUP and TOGETHER may be NULL. */
struct dataset_keys {
	const char *text, *label, *id, *group;
	const char *together; /* rows with the same value are on the same side of every split */
};

/* Two rows that cannot both be right. */
struct row_pair {
	size_t first, second;
};

struct dataset {
	struct sample *rows;
	size_t n, cap;
	struct map labels;  /* label → number, from 0, in order of spelling once all is read */
	struct map groups;  /* the same for the group's values; "" when a row has none */
	struct map ids;     /* → 1 + its first row */
	struct map members; /* of rows that lack the label or the text, as paths: what there is */
	struct arena texts;
	struct norm norm;
	/* What was left out or looks odd, for messages. */
	size_t lines, unlabelled, no_text, empty_text;
	size_t overruled;                    /* rows of an id whose label was corrected */
	size_t duplicate_ids;                /* rows that repeat an id with the same label ... */
	size_t conflicts;                    /* ... and with another one */
	struct row_pair duplicate, conflict; /* the first of each */
};

/* clang-format off */
#define DATASET_INIT {.norm = NORM_INIT}
/* clang-format on */

/*
 * Add the rows of FILES (NULL-terminated; "-" is standard input; gzip is recognised), which must
 * outlive D.  A line that is no JSON object, or whose label holds a control character, is an error
 * that names it; a row without a label or without text is left out and counted.  Labels are
 * strings, or numbers and true/false as they are spelled.
 */
int dataset_read(
    struct dataset *d, char *const *files, const struct dataset_keys *keys, struct sme_err *err);

/* One more row; all slices are copied, FILE is not.  GROUP, TOGETHER and an id may have no text. */
struct dataset_row {
	struct slice text, label, id, group, together;
	const char *file;
	size_t line;
	bool corrected; /* rows of the same id that come later are left out */
};

void dataset_add(struct dataset *d, const struct dataset_row *row);

/* Does LABEL hold a character that has no place in a line of text? */
bool dataset_label_is_odd(struct slice label);

/* A label as text: a string's content, or a number or truth value as it is spelled; p is NULL for
 * anything else.  SCRATCH is cleared and may be used. */
struct slice dataset_label(const struct json_value *v, struct buf *scratch);

/* Number the labels in order of spelling, and hold out HOLDOUT per cent of the rows. */
void dataset_finish(struct dataset *d, unsigned holdout);

size_t dataset_count(const struct dataset *d, enum sample_part part);

/* How many rows each label has; the caller frees. */
size_t *dataset_label_rows(const struct dataset *d);

/* How many rows have the normalised text of an earlier row and another label than that; *PAIR is
 * the first of them. */
size_t dataset_disputed(const struct dataset *d, struct row_pair *pair);

/* Two labels that are the same but for ASCII case and white space around them; false: there are
 * none. */
bool dataset_alike(const struct dataset *d, const char **one, const char **other);

void dataset_release(struct dataset *d);

#endif
