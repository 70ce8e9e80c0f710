/* Private to lib/score: the words that make a mention urgent unless the configuration names others. */
#ifndef SME_SCORE_URGENCY_WORDS_H
#define SME_SCORE_URGENCY_WORDS_H

struct urgency_word {
	const char *term;
	double weight;
};

/* Ends with a NULL term.  share/score/urgency.tsv says the same, as a start for one's own. */
extern const struct urgency_word urgency_words[];

#endif
