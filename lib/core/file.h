/* Whole files, replaced by rename; and where state and shared data live. */
#ifndef SME_CORE_FILE_H
#define SME_CORE_FILE_H

#include "core/buf.h"
#include "core/err.h"

/* Append the content of PATH ("-" is standard input) to B.  Fails when it is larger than B allows. */
int file_read(const char *path, struct buf *b, struct sme_err *err);

/*
 * Put DATA at PATH so that after a crash at any instruction there is the old file or the new one,
 * whole: a temporary file beside it, fsync, rename, fsync of the directory.  MODE as in open(2).
 * What is no file, such as a pipe or /dev/stdout, is written to and stays what it is.
 */
int file_write_atomic(const char *path, struct slice data, unsigned mode, struct sme_err *err);

/* Make a change of names in the directory of PATH durable; -1 with errno set. */
int file_sync_parent(const char *path);

/*
 * For a file that root makes in somebody else's place, so that what an administrator changes stays
 * readable by the service.  FD, which is to become PATH or has just been made there, gets the owner and
 * group of what PATH was, or, if it is new, of its directory.  Does nothing for other users.
 * file_write_atomic does it.
 */
void file_adopt(int fd, const char *path);

/*
 * As file_write_atomic, but without waiting for the directory: after a power cut the old file may be
 * there again, whole.  For what may go back a step.  file_sync_parent makes it last.
 */
int file_replace(const char *path, struct slice data, unsigned mode, struct sme_err *err);

/* Make the directory PATH and the missing ones above it (mode 0700). */
int file_mkdirs(const char *path, struct sme_err *err);

/* write(2) until all N bytes are out; -1 with errno set. */
int file_write_all(int fd, const void *p, size_t n);

/* $SME_HOME, or $XDG_STATE_HOME/sme, or ~/.local/state/sme.  The caller frees. */
char *sme_home(void);

/* $SME_SHARE, or a share/ beside the running binary, or where `make install` put it.
 * The path of SUB below it.  The caller frees. */
char *sme_share(const char *sub);

#endif
