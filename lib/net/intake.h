/*
 * The content of a source into events.  Bytes are pushed in as they come, from a file or an answer;
 * lines of NDJSON and rows of CSV go out at once, a feed when it is whole.
 */
#ifndef SME_NET_INTAKE_H
#define SME_NET_INTAKE_H

#include "net/feed.h"
#include "net/known.h"
#include "net/source.h"
#include "stream/reject.h"
#include "stream/writer.h"

/* What one run shares. */
struct intake_run {
	struct writer *out;
	struct rejects *rejects;
	struct html *html;
	int64_t now; /* fetched_at */
};

/* What came of a source. */
struct intake_count {
	uint64_t events, rejected;
	bool repaired; /* the feed was not well-formed */
	int64_t ttl;   /* milliseconds that the feed asks to be left alone, or 0 */
};

struct intake;

/*
 * Begin a document.  URL is where it came from, after redirects ("" for a file), CONTENT_TYPE what
 * the server called it.  SEEN holds what was seen before of a feed and takes what is seen now; NULL
 * for a document that stands alone.  All must stay alive.
 */
struct intake *intake_open(struct intake_run *run, const struct source *src, const char *url,
    struct slice content_type, struct known *seen);

/* Take more bytes; gzip is recognised at the start of the first of them.  -1 with ERR. */
int intake_push(struct intake *in, struct slice bytes, struct sme_err *err);

/* The end.  -1 with ERR when the whole was not what was expected. */
int intake_finish(struct intake *in, struct sme_err *err);

/* What came of it so far. */
struct intake_count intake_counted(const struct intake *in);
void intake_close(struct intake *in);

#endif
