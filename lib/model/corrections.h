/*
 * Labels from the desk: the `case` events of a log say of mentions what they really are.
 *
 *	{"type":"case","id":..,"tenant":..,"mention":ID,"created_at":..,"correct":{HEAD:LABEL}}
 *
 * The stream is read twice, so that memory grows with the number of corrected mentions and not
 * with the log: first what was corrected is noted (corrections_note), then the mentions are found
 * (corrections_find).  The later correction of a head counts, by created_at, and by its place
 * where the times are equal or missing; null takes it back.  The text is that of the highest
 * revision.  A mention that its author has deleted is not learned from.
 */
#ifndef SME_MODEL_CORRECTIONS_H
#define SME_MODEL_CORRECTIONS_H

#include "model/dataset.h"

struct corrections_options {
	const char *head;                /* its corrections count */
	const char *tenant;              /* only events of this one; NULL: all */
	const struct dataset_keys *keys; /* text and group are read from the mentions */
	const char *source;              /* the name of the stream, for messages and for the rows */
};

struct corrections_count {
	size_t events;    /* corrections of the head */
	size_t withdrawn; /* mentions whose last correction is null */
	size_t deleted;   /* mentions that were corrected, and deleted */
	size_t missing;   /* mentions that are not in the stream, or have no text */
	size_t odd;       /* corrections that are no label */
	size_t learned;   /* mentions with a correction and a text */
};

struct corrections;

/* O must outlive it. */
struct corrections *corrections_new(const struct corrections_options *o);
void corrections_free(struct corrections *c);

/* Read whole lines, of which the first has number LINENO; -1 with ERR when one is no event. */
int corrections_note(struct corrections *c, struct slice lines, size_t lineno, struct sme_err *err);
int corrections_find(struct corrections *c, struct slice lines, size_t lineno, struct sme_err *err);

/* Add what was found to D, in the order in which it was corrected first. */
void corrections_add(struct corrections *c, struct dataset *d);

const struct corrections_count *corrections_count(const struct corrections *c);

#endif
