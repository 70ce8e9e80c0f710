/* Machines: nobody reads what they are answered, and two of them that answer each other never stop. */
#ifndef SME_REPLY_MACHINE_H
#define SME_REPLY_MACHINE_H

#include <stdbool.h>

#include "core/slice.h"

/* From this likelihood on an author counts as a bot. */
#define REPLY_BOT 0.9

/* Does HANDLE, or the id of an author, say that what is sent there is read by nobody, such as
 * "no-reply@example.org" and "MAILER-DAEMON"?  ASCII case does not matter; p may be NULL. */
bool machine_address(struct slice handle);

#endif
