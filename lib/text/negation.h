/*
 * Negation: "nicht gut" is not "gut".  A word that negates reaches over the next words of its
 * sentence; a head that asks for it reads each of those as one more feature (ngram_negated).  After
 * Das and Chen 2001 and Pang, Lee and Vaithyanathan 2002, with a short reach, as tweets have hardly
 * any punctuation to end it.
 */
#ifndef SME_TEXT_NEGATION_H
#define SME_TEXT_NEGATION_H

#include "core/slice.h"
#include "text/normalize.h"

/* So many words behind one that negates. */
#define NEGATION_REACH 4

/* Does a normalised word negate?  Knows German, English, French, Spanish, Italian, Portuguese,
 * Dutch and Polish; contractions with "n't", too. */
bool negation_word(struct slice word);

/* How far a negation still reaches; start with zeros. */
struct negation {
	unsigned left;
};

/* Step over a token of KIND that is such a word or not (NEGATES).  Is the token itself negated? */
static inline bool
negation_step(struct negation *n, uint8_t kind, bool negates)
{
	bool negated = kind == TOKEN_WORD && n->left > 0;

	if (kind == TOKEN_MARK)
		n->left = 0;
	n->left -= negated;
	if (negates)
		n->left = NEGATION_REACH;
	return negated;
}

#endif
