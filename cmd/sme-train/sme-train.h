/* What sme-train is made of besides its options and main().  All of it may print and exit. */
#ifndef SME_TRAIN_H
#define SME_TRAIN_H

#include "core/cli.h"
#include "model/background.h"
#include "model/corrections.h"
#include "model/dataset.h"
#include "model/lexicon.h"
#include "model/train.h"
#include "model/vectors.h"

/* The name of label number C. */
static inline const char *
label_at(const struct dataset *d, size_t c)
{
	return d->labels.items[c].key.p;
}

/* With --strict, what is odd is the end. */
extern bool rows_strict;

/* Something is odd in the rows: a warning, or SME_DATA. */
void rows_odd(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* End with SME_DATA when no row has the label or the text, and say which members there are. */
void rows_need(const struct dataset *d, const struct dataset_keys *keys);

/* Say what was left out, what stands twice, and which labels are too rare. */
void rows_warn(const struct dataset *d, const struct dataset_keys *keys);

/* One weight for each label, from --balance and --label-weight.  The caller frees. */
double *labels_weights(const struct dataset *d, const struct cli_list *weights, bool balance);

/* For each value of --by: is it one of KINDS, from --keep-shares?  The caller frees. */
bool *labels_kept(const struct dataset *d, const struct cli_list *kinds);

/* What --cost and --recall ask for.  The caller frees. */
struct train_aim *labels_aims(const struct dataset *d, const struct cli_list *costs,
    const struct cli_list *recalls, size_t *n);

/* Add the mentions of a log whose labels were corrected: a directory of sme-log, a file, or a pipe
 * such as "-". */
void log_learn(struct dataset *d, const struct corrections_options *o);

/* The word lists in the files LISTS, and those that the labelled rows in ROWS teach; NULL when
 * there are none. */
struct lexicon *lexicon_open(const struct cli_list *lists, const struct cli_list *rows,
    const struct dataset_keys *keys, bool negation);

/* With --background: learn from FILES what O says, into OUTPUT.  Returns the exit status. */
int background_main(char *const *files, const struct background_options *o, const char *output);

/* With --vectors: learn vectors of words from FILES, into OUTPUT.  Returns the exit status. */
int vectors_main(char *const *files, const struct vectors_options *o, const char *output);

/* With --accounts: learn from the authors of FILES, labelled "bot" or "human", which are bots, into
 * OUTPUT.  Returns the exit status. */
int accounts_main(char *const *files, const struct dataset_keys *keys, const char *output);

#endif
