/* Who wrote a mention, for the commands that count by author. */
#ifndef SME_SCORE_AUTHOR_H
#define SME_SCORE_AUTHOR_H

#include <stdbool.h>

#include "core/buf.h"
#include "stream/scan.h"

struct author_reader {
	int id, network, handle; /* indices of the plan */
	struct buf texts[3];
};

/* Adds to PLAN what author_name needs. */
void author_reader_init(struct author_reader *r, struct scan_plan *plan);
void author_reader_release(struct author_reader *r);

/* Make NAME the author's name in tables, see score/people.h; false when nobody is named. */
bool author_name(struct author_reader *r, const struct json_value *values, struct buf *name);

#endif
