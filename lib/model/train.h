/*
 * From labelled texts to a model file: choose the strength by cross-validation, learn, quantise,
 * measure the quantised model on rows held out, set the temperature, and learn again from all rows.
 */
#ifndef SME_MODEL_TRAIN_H
#define SME_MODEL_TRAIN_H

#include "core/buf.h"
#include "core/err.h"
#include "model/calibrate.h"
#include "model/dataset.h"
#include "model/figures.h"
#include "model/solve.h"

#define TRAIN_GRID_MAX 16

/* Fewer usable rows than this teach nothing. */
#define TRAIN_ROWS_MIN 20

enum train_solver {
	TRAIN_AUTO, /* liblinear up to TRAIN_LIBLINEAR_LABELS labels, else softmax */
	TRAIN_LIBLINEAR,
	TRAIN_SOFTMAX
};

#define TRAIN_LIBLINEAR_LABELS 8

struct train_options {
	const char *name, *release; /* release "": taken from the content */
	struct slice card;          /* JSON object that goes into the file as "card", or empty */
	struct matrix_options matrix;
	double word_weight;
	enum train_solver solver;
	double grid[TRAIN_GRID_MAX];
	size_t grid_n;
	unsigned folds, epochs;
	size_t grid_rows;           /* cross-validate on at most so many rows */
	const double *label_weight; /* for each label, or NULL: all 1 */
	double min_p;
	bool scripts; /* a label only wins in a script that it was seen in */
	bool refit;   /* learn from all rows in the end */
	/* Told about each step, for people; may be NULL. */
	void (*say)(const char *text);
};

struct train_report {
	double strength; /* the chosen one */
	double grid_f1[TRAIN_GRID_MAX];
	const char *solver;
	struct calibration calibration;
	uint32_t features;
	struct guess *guesses; /* of the rows held out */
	size_t n;
	struct figures all;
};

/* Put the model file into OUT.  D has been through dataset_finish.  -1 with ERR (SME_DATA) when D
 * cannot teach anything. */
int train_model(const struct dataset *d, const struct train_options *o, struct buf *out,
    struct train_report *report, struct sme_err *err);

void train_report_release(struct train_report *report);

#endif
