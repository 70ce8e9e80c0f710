/*
 * Output in large writes.  A failed write ends the process with SME_IOERR, for a stream with a hole
 * is worth nothing; a closed pipe ends it quietly, as SIGPIPE would.
 */
#ifndef SME_STREAM_WRITER_H
#define SME_STREAM_WRITER_H

#include <stdint.h>

#include "core/buf.h"

/* Takes what would be written; the pieces are what was put, one or more of them at a time. */
typedef void writer_sink(void *ctx, struct slice s);

struct writer {
	int fd;
	const char *name;  /* for messages */
	writer_sink *sink; /* in place of the descriptor, with CTX */
	void *ctx;
	struct buf buf;
	uint64_t written; /* bytes, those in the buffer included */
};

/* FD stays the caller's.  NAME must outlive the writer. */
void writer_init(struct writer *w, int fd, const char *name);

/* The same for what goes to a function. */
void writer_init_sink(struct writer *w, writer_sink *sink, void *ctx);

/* Add S; large pieces go out directly, small ones are gathered. */
void writer_put(struct writer *w, struct slice s);

void writer_flush(struct writer *w);

/* Flush and free.  Does not close the descriptor. */
void writer_release(struct writer *w);

#endif
