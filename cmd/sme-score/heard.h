/* The h of authors from mentions, for the commands that read a log. */
#ifndef SME_SCORE_HEARD_H
#define SME_SCORE_HEARD_H

#include "score/hindex.h"
#include "stream/scan.h"

struct heard_reader {
	struct hindex *h;
	int numbers[4], texts[3]; /* indices of the plan */
	struct buf buffers[3];
};

/* Adds to PLAN what heard_take needs. */
void heard_reader_init(struct heard_reader *r, struct scan_plan *plan);
void heard_reader_release(struct heard_reader *r);

/* A mention by AUTHOR, named as in tables. */
void heard_take(struct heard_reader *r, const struct json_value *values, struct slice author);

#endif
