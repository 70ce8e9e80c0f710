/* A number for some authors, from a table: what a customer is worth, how much influence or which h somebody
 * has. */
#ifndef SME_SCORE_PEOPLE_H
#define SME_SCORE_PEOPLE_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"

struct people;

/* Load PATH: an author's id, or "NETWORK:@HANDLE", and a number from 0 to MAX, with a tab between them.  NULL
 * with ERR naming file and line. */
struct people *people_load(const char *path, double max, struct sme_err *err);
/* The same for a table that a program made: whole numbers, no author twice.  Also from TEXT, which errors
 * call NAME. */
struct people *people_load_counts(const char *path, double max, struct sme_err *err);
struct people *people_text_counts(
    struct slice text, const char *name, double max, struct sme_err *err);
void people_free(struct people *p);

/* The number of the author with ID, else of HANDLE on NETWORK (texts that are not known: p == NULL);
 * -1 when the table has neither.  The case of ASCII letters in handles does not matter. */
double people_find(const struct people *p, struct slice id, struct slice network, struct slice handle);

/* The name under which a table made from a log has an author, in OUT, which comes empty: NETWORK:@HANDLE, or
 * the id where no handle is known.  False when neither is. */
bool people_name(struct slice id, struct slice network, struct slice handle, struct buf *out);

/* Can NAME stand in a table?  Whoever calls himself by a line break cannot. */
bool people_fits(struct slice name);

#endif
