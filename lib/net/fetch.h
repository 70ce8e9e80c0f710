/* All sources of a run: fetched at once, handed on one after the other, remembered last. */
#ifndef SME_NET_FETCH_H
#define SME_NET_FETCH_H

#include <signal.h>

#include "net/http.h"
#include "net/intake.h"
#include "net/source.h"

struct fetch_report {
	/* A source could not be read; MESSAGE is ready to print. */
	void (*failed)(void *ctx, const char *message);
	/* Something that is worth a word, though it worked. */
	void (*note)(void *ctx, const char *message);
	/* One more source is done. */
	void (*progress)(void *ctx, size_t done, size_t total, uint64_t events);
	/* A round of --follow is over. */
	void (*round)(void *ctx);
	void *ctx;
};

struct fetch_options {
	struct http_options http;
	int64_t follow;   /* milliseconds between two looks at a source; 0: once */
	int64_t now;      /* fetched_at; TIME_NONE: the clock */
	bool again;       /* as if nothing had been seen */
	const volatile sig_atomic_t *stop; /* ends the run when it is set */
	struct fetch_report report;
};

struct fetch_totals {
	uint64_t events, rejected;
	size_t sources, failed, unchanged;
	bool gone;              /* nobody takes the output any more */
	enum sme_status status; /* of the run, for main() */
};

/* What one source has given so far. */
struct fetch_source_stat {
	uint64_t events;
	int64_t last_success; /* TIME_NONE: none yet */
	bool failed;          /* the last time */
};

/*
 * Fetch the N SOURCES and write their events to OUT.  Each source's events stand together; in a
 * single run they come in the order of SOURCES.  What was fetched is remembered only when OUT has
 * taken it: the write has succeeded, a reader at the other end of a pipe has taken every byte out of
 * it, a regular file has been synced.  So a crash at any instant loses nothing: it comes again.
 * STATS (N of them, may be NULL) are kept up to date.  -1 with ERR when nothing could be begun.
 */
int fetch_run(const struct source *sources, size_t n, const struct fetch_options *o,
    struct writer *out, struct rejects *rejects, struct fetch_source_stat *stats,
    struct fetch_totals *totals, struct sme_err *err);

#endif
