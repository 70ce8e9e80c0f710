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
#include "model/threshold.h"

#define TRAIN_GRID_MAX 16

/* Fewer usable rows than this teach nothing. */
#define TRAIN_ROWS_MIN 20

enum train_solver {
	TRAIN_AUTO, /* liblinear up to TRAIN_LIBLINEAR_LABELS labels, else softmax */
	TRAIN_LIBLINEAR,
	TRAIN_SOFTMAX
};

#define TRAIN_LIBLINEAR_LABELS 8

enum train_wish {
	TRAIN_TRY, /* whatever cross-validation finds better */
	TRAIN_YES,
	TRAIN_NO
};

/* What is wanted of one label. */
struct train_aim {
	uint32_t label;
	double miss, alarm; /* what a row costs that is missed, and one that is taken for it */
	double recall;      /* or, if above 0: this share of its rows is to be found */
};

struct train_options {
	const char *name, *release; /* release "": taken from the content */
	const char *langs;          /* for texts in these languages only, "de,nl"; NULL: in any */
	struct slice card;          /* JSON object that goes into the file as "card", or empty */
	struct matrix_options matrix;
	double word_weight;     /* 0: by the rest */
	enum train_wish rarity; /* do rare n-grams count more? */
	enum train_wish once;   /* does an n-gram count once a text, see struct ngram_spec? */
	bool vectors_tried;     /* use the vectors only if cross-validation finds them better */
	bool adaptive;
	enum train_solver solver;
	double grid[TRAIN_GRID_MAX];
	size_t grid_n;
	unsigned folds, epochs;
	size_t grid_rows; /* cross-validate on at most so many rows */
	/* Hidden units, a multiple of 16 up to SOLVE_HIDDEN_MAX; 0: none; below 0: some where there
	 * are many labels, if cross-validation shows that they help. */
	int hidden;
	/* For each label, or NULL: where the grid has several strengths, rows of rare labels count
	 * more, or so much that all labels count the same, if cross-validation finds that better;
	 * else all rows count 1. */
	const double *label_weight;
	bool balance; /* with experts: the labels of each kind count the same, not by label_weight,
	               * but for those kinds of which this is true, or NULL */
	const bool *keep_shares;
	double min_p;
	bool scripts; /* a label only wins in a script that it was seen in */
	bool experts; /* one for each group of rows, see experts.h; liblinear, linear, no scripts */
	bool refit;   /* learn from all rows in the end */
	bool curve;   /* measure what parts of the rows teach */
	unsigned holdout; /* what dataset_finish held out, for the file to tell */
	const struct train_aim *aims;
	size_t aims_n;
	/* Told about each step, for people; may be NULL. */
	void (*say)(const char *text);
};

struct aim_result {
	double threshold; /* by the tuning rows: what is measured */
	double written;   /* by all rows held out, if the model is learned from all rows */
	bool few;         /* hardly any tuning row has the label */
	struct scored *tune, *test; /* the rows that chose it, and those that did not; in order */
	size_t tune_n, test_n;
};

/* How good guesses in cross-validation are.  The mean of both decides. */
struct train_score {
	double accuracy, macro_f1;
};

/* Guesses with something and without it. */
struct train_choice {
	bool tried;
	struct train_score with, without;
};

#define CURVE_POINTS 4

struct curve_point {
	const char *share; /* of the rows, such as "1/8" */
	size_t rows;
	struct figures figures;
};

struct train_report {
	double strength; /* the chosen one */
	struct train_score grid[TRAIN_GRID_MAX];
	const char *solver;
	struct train_choice rarity, once, vectors, evening, balance;
	uint32_t hidden;             /* units in the model */
	double linear_share;         /* what the linear part counts beside them */
	double linear_f1, hidden_f1; /* in cross-validation without and with them; 0: not tried */
	struct calibration calibration;
	uint32_t features;
	struct guess *guesses; /* of the rows held out */
	size_t n;
	struct figures all;
	struct aim_result *aims;                /* one for each in the options */
	struct curve_point curve[CURVE_POINTS]; /* the last one is the model itself */
};

/* Put the model file into OUT.  D has been through dataset_finish.  -1 with ERR (SME_DATA) when D
 * cannot teach anything. */
int train_model(const struct dataset *d, const struct train_options *o, struct buf *out,
    struct train_report *report, struct sme_err *err);

/* O as it was given to train_model. */
void train_report_release(struct train_report *report, const struct train_options *o);

#endif
