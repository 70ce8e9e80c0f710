/*
 * The filter loop that every tool of the stream runs in: lines in, each scanned once and handed to
 * a callback, its verdict carried out, output in input order whatever the number of threads.
 */
#ifndef SME_STREAM_FILTER_H
#define SME_STREAM_FILTER_H

#include <stdint.h>

#include "core/buf.h"
#include "core/cli.h"
#include "core/err.h"
#include "core/rfc3339.h"
#include "stream/event.h"

enum filter_verdict {
	FILTER_PASS,   /* the line goes on untouched */
	FILTER_ADD,    /* value holds the JSON of the tool's key; it is spliced in as the last member */
	FILTER_DROP,   /* the line is not handed on (sme-grep; a tool that only reads) */
	FILTER_LAST,   /* as FILTER_PASS, and no further line is read; only with jobs == 1 */
	FILTER_STOP,   /* as FILTER_DROP, and no further line is read; only with jobs == 1 */
	FILTER_REJECT  /* err says why; the loop writes the reject */
};

/* What a callback may write; the memory belongs to the loop and comes empty. */
struct filter_out {
	struct buf *value; /* for FILTER_ADD: one JSON value */
	struct buf *after; /* whole lines, each with its "\n", that follow this one on the output */
};

/*
 * What a tool does to one event.  EV's slices point into the raw line and die when the call
 * returns.  With --jobs it runs on several threads at once, so CTX is const; WORKER is the thread's
 * own (see worker_open).  It neither prints nor exits.
 */
typedef enum filter_verdict filter_fn(const void *ctx, void *worker, const struct event *ev,
    struct filter_out *out, struct sme_err *err);

struct filter {
	const char *key; /* the top-level key that this tool adds; NULL for one that adds none */

	/*
	 * The paths the tool needs.  NULL: none but "type".  Made by the tool, which frees it after
	 * filter_run; filter_run adds "type" and the tool's own key to it.
	 */
	struct scan_plan *plan;

	/* Scratch memory of one thread, made and freed around its work.  Both NULL: no such thing. */
	void *(*worker_open)(const void *ctx);
	void (*worker_close)(void *worker);

	/*
	 * Work that does not come from the input: called each `idle_ms` for which no input comes, with what
	 * came before written out already.  Whole lines that it appends to AFTER go to the output.  NULL:
	 * there is none.  Only with jobs == 1.
	 */
	void (*idle)(const void *ctx, void *worker, struct buf *after);
	int idle_ms;

	/* Options, see FILTER_OPTIONS. */
	const char *config;  /* --config; NULL: look in the usual places */
	const char *rejects; /* --rejects */
	const char *metrics; /* --metrics */
	const char *tenant;  /* --tenant: only events of this tenant are handled, others pass */
	int64_t now;         /* --now in milliseconds; filter_now() gives the clock when it was not set */
	long jobs;           /* --jobs; 0 counts as 1 */
	bool check_config;   /* --check-config */

	/* Totals, valid when filter_run has returned. */
	uint64_t lines, bytes, passed, added, dropped, rejected;
};

#define FILTER_INIT .now = TIME_NONE

/* The rows that all filters share.  F is a struct filter with static storage. */
#define FILTER_OPTIONS(f)                                                                          \
	{'c', "config", CLI_STRING, &(f).config, "FILE", "configuration, see sme.jq(5)"},          \
	    {0, "check-config", CLI_FLAG, &(f).check_config, NULL, "check the configuration and exit"}, \
	    FILTER_STREAM_OPTIONS(f),                                                              \
	    {0, "now", CLI_TIME, &(f).now, "TIME", "take this for the current time"},              \
	    {0, "tenant", CLI_STRING, &(f).tenant, "NAME", "handle only events of this tenant"}

/* For a tool that needs neither configuration nor clock. */
#define FILTER_STREAM_OPTIONS(f)                                                                   \
	{'j', "jobs", CLI_INT, &(f).jobs, "N", "work on N threads; the output is the same"},       \
	    {0, "rejects", CLI_STRING, &(f).rejects, "FILE", "append rejected lines to FILE"},     \
	    {0, "metrics", CLI_STRING, &(f).metrics, "FILE", "write Prometheus metrics to FILE"}

/* --now, or else the time of the first call, which then stays the same. */
int64_t filter_now(struct filter *f);

/*
 * Call FN for every line of FILES and write the events in input order.  FILES is NULL-terminated;
 * "-", or no file at all, is standard input; gzip is recognised.  A last line without a newline is a
 * line and gets one.  Output is flushed before a read that may block, and checked at the end.  Lines
 * that are no JSON object, or too long, are rejected before FN sees them; an empty line is skipped
 * (white space only).  Returns SME_OK or SME_REJECTED; a file that cannot be opened is reported, the
 * others are still read, and the status is then SME_NOINPUT.  Exits SME_IOERR itself when it cannot
 * read or write; a closed pipe ends the process quietly.
 */
int filter_run(struct filter *f, char *const *files, filter_fn *fn, const void *ctx);

#endif
