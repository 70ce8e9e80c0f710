/* Labelled texts for training, read from NDJSON. */
#ifndef SME_MODEL_DATASET_H
#define SME_MODEL_DATASET_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"

/* What a row is used for; decided by its normalised text alone, so that copies stay together and a
 * row stays on its side when others come or go. */
enum sample_part {
	PART_TRAIN,
	PART_TUNE, /* held out: half of it sets the temperature ... */
	PART_TEST  /* ... and the figures come from both halves, calibration from this one */
};

struct sample {
	struct slice text;
	uint64_t key; /* hash of the normalised text */
	uint32_t label;
	uint32_t group;
	enum sample_part part;
};

/* Which members of a row are read; member names joined by dots.  GROUP may be NULL. */
struct dataset_keys {
	const char *text, *label, *id, *group;
};

struct dataset {
	struct sample *rows;
	size_t n, cap;
	struct map labels; /* label → number, from 0, in order of spelling once all is read */
	struct map groups; /* the same for the group's values; "" when a row has none */
	struct map ids;
	struct arena texts;
	/* What was left out or looks odd, for messages. */
	size_t lines, unlabelled, no_text, empty_text, duplicate_ids;
	char duplicate_id[128]; /* the first one */
};

/* clang-format off */
#define DATASET_INIT {0}
/* clang-format on */

/*
 * Add the rows of FILES (NULL-terminated; "-" is standard input; gzip is recognised).  A line that
 * is no JSON object is an error that names it; a row without a label or without text is left out
 * and counted.  Labels are strings, or numbers and true/false as they are spelled.
 */
int dataset_read(
    struct dataset *d, char *const *files, const struct dataset_keys *keys, struct sme_err *err);

/* Number the labels in order of spelling, and hold out HOLDOUT per cent of the rows. */
void dataset_finish(struct dataset *d, unsigned holdout);

size_t dataset_count(const struct dataset *d, enum sample_part part);

void dataset_release(struct dataset *d);

#endif
