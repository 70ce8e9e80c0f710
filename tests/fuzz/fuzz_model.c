/*
 * Made-up model files.  Size and checksum are put right first, so that what lies behind them is
 * tried as well; a file that is accepted must be safe to predict with.
 */
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "model/heads.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(const char *p, size_t n)
{
	struct sme_err err;
	struct model *m = model_from_memory((struct slice){p, n}, "fuzz", &err);
	struct head_reason why[3];
	struct heads *heads;
	struct heads_run *run;
	const struct head_result *r;

	if (!m)
		return;
	heads = heads_new(&m, 1, HEADS_MEMORY);
	run = heads_run_new(heads);
	r = heads_predict(run, SLICE("Kein Netz in Kiel, so ein Mist! :( http://x.example"));
	if (r->best >= (int)m->header->labels || !(r->p >= 0 && r->p <= 1))
		abort();
	if (r->best >= 0)
		heads_explain(run, 0, r->best, why, 3);
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t from = offsetof(struct model_header, checksum) + sizeof(uint64_t);
	char *copy = malloc(size ? size : 1);
	struct model_header *h = (struct model_header *)copy;

	if (size)
		memcpy(copy, data, size);
	use(copy, size);
	if (size >= sizeof *h) {
		memcpy(h->magic, MODEL_MAGIC, sizeof h->magic);
		h->version = MODEL_VERSION;
		h->header_size = sizeof *h;
		h->file_size = size;
		h->normalize_version = NORMALIZE_VERSION;
		h->checksum = hash64(copy + from, size - from, MODEL_VERSION);
		use(copy, size);
	}
	free(copy);
	return 0;
}
