/* Suggested terms for people and for programs, see sme-classify(1). */
#ifndef SME_MODEL_SUGGEST_PUT_H
#define SME_MODEL_SUGGEST_PUT_H

#include "core/buf.h"
#include "text/suggest.h"

/* A table with a line above it that says what was compared; terms are written as in a query. */
void suggest_put_table(
    struct buf *b, const struct suggest *s, const struct suggestion *terms, size_t n);

/* A JSON object and a newline for each term. */
void suggest_put_json(struct buf *b, const struct suggestion *terms, size_t n);

#endif
