/* A number for some authors, from a table: what a customer is worth, how much influence somebody has. */
#ifndef SME_SCORE_PEOPLE_H
#define SME_SCORE_PEOPLE_H

#include "core/err.h"
#include "core/slice.h"

struct people;

/* Load PATH: an author's id, or "NETWORK:@HANDLE", and a number from 0 to MAX, with a tab between them.  NULL
 * with ERR naming file and line. */
struct people *people_load(const char *path, double max, struct sme_err *err);
void people_free(struct people *p);

/* The number of the author with ID, else of HANDLE on NETWORK (texts that are not known: p == NULL);
 * -1 when the table has neither.  The case of ASCII letters in handles does not matter. */
double people_find(const struct people *p, struct slice id, struct slice network, struct slice handle);

#endif
