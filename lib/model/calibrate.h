/*
 * Making the probabilities of a head come true on rows that it has not learned from: all logarithms
 * are divided by a temperature (Guo et al. 2017), and, where that does better, the likeliest
 * label's probability goes through a table that rises (isotonic regression by pooling adjacent
 * violators, Zadrozny and Elkan 2002).
 */
#ifndef SME_MODEL_CALIBRATE_H
#define SME_MODEL_CALIBRATE_H

#include "model/model.h"

/* Logarithms of the probabilities that a head gives to tuning rows, the right label's first. */
struct tuning {
	double *logs; /* [n][labels] */
	size_t n;
	uint32_t labels;
};

/* Below so many rows the temperature stays 1, and there is no table. */
#define CALIBRATE_MIN 20
#define CALIBRATE_TABLE_MIN 200

struct calibration {
	double temperature;
	uint16_t n; /* knots of the table; 0: the temperature alone */
	struct model_knot knots[MODEL_KNOTS_MAX];
	size_t rows; /* that it was set with */
	/* Calibration error of either way on those rows, each half judged by what the other half
	 * gave.  The smaller one decides.  0 when there are too few rows to ask. */
	double error_temperature, error_table;
};

void calibration_fit(const struct tuning *u, struct calibration *c);

/* A head said that its label has probability P, and was right or not. */
struct outcome {
	double p;
	bool right;
};

/* The table for N outcomes, which are put in order; how many knots it has. */
uint16_t calibration_table(struct outcome *list, size_t n, struct model_knot *knots);

#endif
