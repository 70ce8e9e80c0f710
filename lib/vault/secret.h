/*
 * Secrets in memory: locked, so that they never reach swap or a core file, between guard pages, and
 * wiped when they are released.  What holds a secret is a `struct locked` or made of one.
 */
#ifndef SME_VAULT_SECRET_H
#define SME_VAULT_SECRET_H

#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"

/*
 * For the start of every program that opens a vault: no core files, and no other process of the
 * same user may look into the memory (PR_SET_DUMPABLE).  -1 when the system refuses.
 */
int secret_protect(struct sme_err *err);

/* N bytes of locked memory, zeroed.  Out of memory ends the process, as xmalloc does. */
struct locked {
	char *p;
	size_t n;
};

struct locked locked_new(size_t n);
void locked_release(struct locked *m); /* wipes; M is then empty */

static inline struct slice
locked_slice(const struct locked *m)
{
	return (struct slice){m->p, m->n};
}

/*
 * Read FD to its end into locked memory with a NUL behind it, at most MAX bytes; NAME is for the
 * message.  With LINE only up to the first newline, which is left out, byte by byte so that what
 * follows stays in FD.
 */
int locked_read(
    struct locked *m, int fd, const char *name, size_t max, bool line, struct sme_err *err);

/*
 * Ask at the terminal (/dev/tty) without echo; with TWICE once more, and both must agree.  Fails
 * when there is no terminal, or when nothing was typed.
 */
int locked_ask(struct locked *m, const char *prompt, bool twice, struct sme_err *err);

/* One field of an entry. */
struct vault_field {
	struct slice name, value;
};

/* An entry of the vault.  All text is NUL-terminated and lives until secret_release. */
struct secret {
	const struct vault_field *fields; /* in order of name */
	size_t n;
	int64_t expires_at;   /* what its field of that name says, in ms since 1970, or TIME_NONE */
	int64_t updated_at;   /* when a field was changed last */
	struct locked memory; /* private */
};

#define SECRET_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}

/* The value of FIELD; the empty slice with p == NULL when the entry has none. */
struct slice secret_field(const struct secret *s, const char *field);

/* Does it expire before NOW + WITHIN (ms)?  True also for what has expired. */
bool secret_expires(const struct secret *s, int64_t now, int64_t within);

/*
 * When a person has to do something: the earliest of its fields "..._expires_at" (a refresh
 * token's, a password's) and, unless it is RENEWED by whoever uses it, "expires_at".  TIME_NONE:
 * never.
 */
int64_t secret_ends(const struct secret *s, bool renewed);

/* Wipe and free; may be called again, and on SECRET_INIT. */
void secret_release(struct secret *s);

#endif
