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
	double brier;  /* squared distance of all probabilities from the truth, 0 to 2 */
	bool answered; /* sure enough to be given as an answer */
	bool tuned;    /* was used to calibrate: counts for everything but calibration */
	uint32_t row;  /* of the dataset */
};

/* What was promised and what was kept, in bins of equal width. */
#define FIGURES_BINS 15

struct reliability {
	size_t rows[FIGURES_BINS];
	double promised[FIGURES_BINS]; /* sums */
	double variance[FIGURES_BINS]; /* sums, of what would be right if all promises were true */
	size_t right[FIGURES_BINS];
};

void reliability_add(struct reliability *r, double p, bool right);

/* Add the guesses that were not used to calibrate, of GROUP or FIGURES_ALL. */
void reliability_add_guesses(
    struct reliability *r, const struct guess *list, size_t n, uint32_t group);

/* The expected calibration error: the mean distance of what is promised from what is kept. */
double reliability_ece(const struct reliability *r);

/* The error that chance alone would give on these rows if all promises were true: with few rows it
 * is large. */
double reliability_chance(const struct reliability *r);

struct figures {
	size_t rows;
	double accuracy;
	double macro_f1;       /* over labels that occur */
	double macro_recall;   /* likewise */
	double ece;            /* see reliability_ece */
	double ece_chance;     /* see reliability_chance */
	double brier;          /* mean, of the rows not used to calibrate */
	double answered;       /* share with an answer */
	double answered_right; /* of those, the share that is right */
};

/* Figures of the guesses of GROUP, or of all of them with FIGURES_ALL. */
#define FIGURES_ALL UINT32_MAX

struct figures figures_of(const struct guess *list, size_t n, uint32_t labels, uint32_t group);

/* Add LIST to MATRIX[label][labels + 1], whose last column is "no answer". */
void figures_confusion(const struct guess *list, size_t n, uint32_t labels, size_t *matrix);

/* Precision, recall and F1 of one label out of the matrix. */
struct label_figures {
	size_t rows;
	double precision, recall, f1;
};

struct label_figures figures_label(const size_t *matrix, uint32_t labels, uint32_t label);

#endif
