/* What the files of the training share; nobody else includes it. */
#ifndef SME_MODEL_TRAIN_INT_H
#define SME_MODEL_TRAIN_INT_H

#include "model/heads.h"
#include "model/train.h"

struct training {
	const struct dataset *d;
	const struct train_options *o;
	struct train_report *report;
	struct matrix *m;
	solve_fn *solve;
	struct solve_options how;
	/* As given or 1; with rare labels counting more; with all labels counting the same. */
	double *label_weight, *even_weight, *full_weight;
	double *kind_weight; /* [experts][labels], with experts */
	const char **names;
	struct model_label *labels;
	uint32_t *gate;     /* for each label its scripts */
	float *thresholds;  /* for each label, 0: none; NULL: nobody asked for any */
	float linear_share; /* with hidden units */
	struct solution found;
};

/* Tell people of a step. */
void train_say(const struct training *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A row that is not held out, one that is, and one that sets the calibration. */
bool train_in_training(const struct sample *s);
bool train_held_out(const struct sample *s);
bool train_in_tuning(const struct sample *s);

/* Make the matrix of the rows that PICK chooses, in place of an earlier one. */
void train_prepare(struct training *t, pick_fn *pick);

/* The rows of the matrix to cross-validate on, and the fold of each; returns how many. */
size_t train_grid_rows(const struct training *t, size_t *rows, unsigned *fold);

/* train_grid.c: choose the strength, whether rare n-grams count more and vectors help, and what
 * rows of rare labels count. */
void train_search_grid(struct training *t);

/* train_weights.c: weights by which rare labels count more, but not as much as frequent ones: 1 /
 * sqrt(their rows); and the same: 1 / their rows.  Both are 1 in the mean of all rows. */
void train_fill_label_weights(struct training *t);

/* Such weights within each kind of rows; with --balance labels count the same. */
void train_fill_kind_weights(struct training *t);

/* What a word counts, with or without rare n-grams counting more. */
double train_word_weight(const struct training *t, bool rarity);

/* train_hidden.c: choose how many hidden units to learn, and what the linear part counts beside
 * them. */
void train_choose_hidden(struct training *t);

/* Learn from all rows of the matrix. */
void train_learn(struct training *t);

/* Put the model as it is now into OUT. */
int train_build(struct training *t, const char *release, struct slice meta, struct buf *out,
    struct sme_err *err);

/* Guess every row held out with the model in FILE: the report's guesses and figures. */
int train_measure(struct training *t, const struct buf *file, struct sme_err *err);

/* aim.c: choose the thresholds that were asked for, by the model in FILE on the tuning rows; and
 * once more for the file that is written, on all rows held out. */
int train_aim(struct training *t, const struct buf *file, struct sme_err *err);
int train_aim_again(struct training *t, const struct buf *file, struct sme_err *err);

/* curve.c: measure models that learn from parts of the rows, with OUT for their files.  The matrix
 * is another one then. */
int train_curve(struct training *t, struct buf *out, struct sme_err *err);

/* A model file at work on rows of the dataset. */
struct trial {
	struct model *model;
	struct heads *heads;
	struct heads_run *run;
};

int trial_open(struct trial *tr, const struct buf *file, struct sme_err *err);
void trial_close(struct trial *tr);

/* What the model says of row ROW. */
struct guess trial_guess(struct trial *tr, const struct dataset *d, size_t row);

#endif
