/*
 * Sources that are more than one document, such as an account on a network: something of their own
 * (a driver) asks for them, page by page, within a run of fetch_run.
 */
#ifndef SME_NET_DRIVER_H
#define SME_NET_DRIVER_H

#include "core/err.h"
#include "net/cursor.h"
#include "net/html.h"
#include "net/http.h"
#include "stream/reject.h"
#include "stream/writer.h"

/* One look at a source.  All of it is the run's. */
struct drive {
	struct http *http;
	struct writer *out;
	struct rejects *rejects;
	struct html *html;
	int64_t now;           /* TIME_NONE: the clock */
	struct cursor *cursor; /* its `account` is the driver's to read and to set */
	bool failed;           /* private */
};

struct source_driver {
	/* Begin a look.  It goes on in calls of http_wait and ends with drive_done. */
	void (*begin)(void *state, struct drive *d);
};

/* Is the run to end?  Then nothing more is to be asked; drive_done need not be called. */
bool drive_stopped(const struct drive *d);

/* So many more were written to `out`, so many rejected. */
void drive_count(struct drive *d, uint64_t events, uint64_t rejected);

/*
 * Flush, wait until the output is taken, save the cursor.  1 when it is safe; 0 when the output may
 * never be taken and -1 on an error, which has been reported: in both cases the look is over.
 */
int drive_commit(struct drive *d);

/* Report that the source failed, or something that is worth a word. */
void drive_fail(struct drive *d, const struct sme_err *err);
void drive_note(struct drive *d, const char *text);

/* The same for what somebody has to do something about soon, though nothing has failed. */
void drive_warn(struct drive *d, const char *text);

/* The look is over; WAIT: the source wants to be left alone for so long, in ms. */
void drive_done(struct drive *d, int64_t wait);

#endif
