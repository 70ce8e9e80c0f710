/* Private to the linter: what one clause says about another. */
#ifndef SME_TEXT_QUERY_LINT_H
#define SME_TEXT_QUERY_LINT_H

#include "text/query_local.h"

/* A clause is a leaf or a NEAR.  Does B hold wherever A does?  False when that is not known. */
bool clause_implies(const struct query_set *set, const struct node *a, const struct node *b);

/* Can A and B never hold for the same mention?  False when that is not known. */
bool clause_excludes(const struct query_set *set, const struct node *a, const struct node *b);

/* The same for two terms, as to words: does each word that A finds find B? */
bool term_implies(const struct query_set *set, uint32_t a, uint32_t b);

#endif
