/* What the one-thread loop and the many-thread loop of filter_run share.  Not for others. */
#ifndef SME_STREAM_FILTER_INT_H
#define SME_STREAM_FILTER_INT_H


#include "stream/filter.h"
#include "stream/reader.h"
#include "stream/reject.h"
#include "stream/writer.h"

/* Why a line of READER_OVERSIZE pieces is rejected. */
#define FILTER_OVERSIZE "line longer than 16 MiB"

/* A line that was rejected, kept until its turn in the output order. */
struct lane_reject {
	size_t lineno;
	struct slice raw; /* in the block */
	char error[256];
};

/* What one block gave besides its output. */
struct lane_result {
	struct lane_reject *rejects;
	size_t nrejects, cap;
	uint64_t lines, passed, added, dropped;
};

/* The work of one thread. */
struct lane {
	struct filter *f;
	filter_fn *fn;
	const void *ctx;
	void *worker;
	struct scanner *scanner;
	int type_slot, key_slot, tenant_slot; /* in the plan; -1: not asked for */
	struct buf value, after;

	/* Where output goes: straight to the writer, or (many threads) gathered for its turn. */
	struct writer *w;
	struct buf *out;
	/* Lines that pass and lie next to each other go out as one. */
	struct slice run;

	struct lane_result *result;
	bool stop;
};

void lane_open(struct lane *l, struct filter *f, filter_fn *fn, const void *ctx);
void lane_close(struct lane *l);

/* Work on every line of B.  Returns how many there were; the rest is left in l->result. */
size_t lane_block(struct lane *l, const struct block *b);

/* Report the rejects of B, add its counters to the filter's, and clear R for the next block. */
void lane_finish(struct lane_result *r, struct filter *f, const struct block *b,
    struct rejects *rejects);

/* A READER_ERROR.  Ends the process when reading itself failed; else remembers the status. */
void filter_input_error(const struct sme_err *err, int *status);

/* The loop with f->jobs threads. */
int filter_run_jobs(struct filter *f, struct reader *r, struct rejects *rejects, filter_fn *fn,
    const void *ctx);

/* Write the metrics file if it is due (every ten seconds), or FINALLY. */
void filter_metrics(struct filter *f, const struct rejects *rejects, bool finally);

#endif
