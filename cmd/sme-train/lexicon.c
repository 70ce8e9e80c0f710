/* Word lists for sme-train. */
#include "core/err.h"
#include "sme-train/sme-train.h"

static void
learn_rows(struct lexicon *x, const char *file, const struct dataset_keys *keys)
{
	char *files[] = {(char *)file, NULL};
	struct dataset d = DATASET_INIT;
	struct sme_err err;

	if (dataset_read(&d, files, keys, &err) < 0)
		sme_die(err.status, "%s", err.text);
	rows_need(&d, keys);
	dataset_finish(&d, 0);
	lexicon_learn(x, &d);
	dataset_release(&d);
}

struct lexicon *
lexicon_open(const struct cli_list *lists, const struct cli_list *rows,
    const struct dataset_keys *keys, bool negation)
{
	struct lexicon *x;
	struct sme_err err;

	if (lists->n + rows->n == 0)
		return NULL;
	x = lexicon_new();
	for (size_t i = 0; i < lists->n; i++)
		if (lexicon_read(x, lists->items[i], &err) < 0)
			sme_die(err.status, "%s", err.text);
	for (size_t i = 0; i < rows->n; i++)
		learn_rows(x, rows->items[i], keys);
	lexicon_finish(x, negation);
	return x;
}
