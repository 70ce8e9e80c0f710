/* How good a head is on texts that it has not seen. */
#ifndef SME_MODEL_FIGURES_H
#define SME_MODEL_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One held-out text. */
struct guess {
	uint32_t label, group;
	int32_t best; /* the head's label, -1: none */
	double p;
	bool tuned; /* was used to set the temperature: counts for everything but calibration */
};

struct figures {
	size_t rows;
	double accuracy;
	double macro_f1;       /* over labels that occur */
	double macro_recall;   /* likewise */
	double ece;            /* expected calibration error, 15 bins */
	double answered;       /* share with p >= min_p */
	double answered_right; /* of those, the share that is right */
};

/* Figures of the guesses of GROUP, or of all of them with FIGURES_ALL. */
#define FIGURES_ALL UINT32_MAX

struct figures figures_of(
    const struct guess *list, size_t n, uint32_t labels, uint32_t group, double min_p);

/* Add LIST to MATRIX[label][labels + 1], whose last column is "no answer". */
void figures_confusion(const struct guess *list, size_t n, uint32_t labels, size_t *matrix);

/* Precision, recall and F1 of one label out of the matrix. */
struct label_figures {
	size_t rows;
	double precision, recall, f1;
};

struct label_figures figures_label(const size_t *matrix, uint32_t labels, uint32_t label);

#endif
