/* Has what we wrote been taken? */
#ifndef SME_NET_SETTLE_H
#define SME_NET_SETTLE_H

#include <signal.h>
#include <stdbool.h>

#include "core/err.h"

/*
 * Wait until the bytes written to FD are out of our hands: read from the pipe by whoever is at its
 * other end, or synced to the file.  1 when they are; 0 when they may never be, for the reader has
 * gone or STOP was set; -1 with ERR.
 */
int settle(int fd, const volatile sig_atomic_t *stop, struct sme_err *err);

#endif
