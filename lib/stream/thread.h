/*
 * What belongs together: the private messages of a person on a channel, and what is public by its
 * thread.  A case at the desk has this as its key, and of one such thread automatic answers are counted.
 */
#ifndef SME_STREAM_THREAD_H
#define SME_STREAM_THREAD_H

#include <stdbool.h>

#include "core/buf.h"

/*
 * Append the key of a message: DIRECT ones with an AUTHOR belong to the two sides, others to their THREAD,
 * or to nothing but themselves (ID).  p == NULL: not known.
 */
void thread_put(struct buf *b, bool direct, struct slice channel, struct slice author, struct slice thread,
    struct slice id);

#endif
