/* Addresses to listen on. */
#ifndef SME_HOOK_LISTEN_H
#define SME_HOOK_LISTEN_H

#include "core/err.h"

/*
 * A listening socket for WHERE: "127.0.0.1:8480", "[::1]:8480", "*:8480", or "unix:PATH" (mode 0660),
 * of which a socket that nobody listens on any more is replaced; *UNLINK becomes the path to be
 * removed at the end (the caller frees), else NULL.  -1 with ERR.
 */
int listen_on(const char *where, char **to_unlink, struct sme_err *err);

/* What the socket FD, made for WHERE, listens on, such as "127.0.0.1:40123".  The caller frees. */
char *listen_address(int fd, const char *where);

/* Is WHERE such an address?  -1 with ERR (SME_CONFIG). */
int listen_check(const char *where, struct sme_err *err);

#endif
