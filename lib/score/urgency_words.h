/* Private to lib/score: what makes a mention urgent unless the configuration names other words. */
#ifndef SME_SCORE_URGENCY_WORDS_H
#define SME_SCORE_URGENCY_WORDS_H

struct urgency_word {
	const char *term;
	double weight;
};

/* Ends with a NULL term.  share/score/urgency.tsv says the same, as a start for one's own. */
extern const struct urgency_word urgency_words[];

#endif
