#include "stream/thread.h"

void
thread_put(struct buf *b, bool direct, struct slice channel, struct slice author, struct slice thread,
    struct slice id)
{
	struct slice key = thread.n ? thread : id;

	if (direct && author.n) {
		buf_puts(b, "direct:");
		buf_adds(b, channel);
		buf_addc(b, ':');
		buf_adds(b, author);
	} else {
		/* What is public must not get among private messages, whatever its thread is called. */
		buf_puts(b, slice_starts(key, SLICE("direct:")) ? "public:" : "");
		buf_adds(b, key);
	}
}
