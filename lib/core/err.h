/*
 * One error idiom.  A library function that can fail returns -1 or NULL (or false) and fills the
 * caller's struct sme_err; only main(), cli, filter_run and out-of-memory end the process.
 * A message reads "place: what is wrong", lower case, no full stop, and says what the user can do.
 */
#ifndef SME_CORE_ERR_H
#define SME_CORE_ERR_H

#include <stdarg.h>

/* Exit statuses, sysexits(3); the same in every tool. */
enum sme_status {
	SME_OK = 0,
	SME_REJECTED = 1, /* some input was rejected, or (sme-grep) nothing matched */
	SME_USAGE = 64,
	SME_DATA = 65,
	SME_NOINPUT = 66,
	SME_UNAVAILABLE = 69,
	SME_BUG = 70,
	SME_OSERR = 71,
	SME_CANTCREAT = 73,
	SME_IOERR = 74,
	SME_TEMPFAIL = 75,
	SME_NOPERM = 77,
	SME_CONFIG = 78
};

struct sme_err {
	enum sme_status status; /* what main() should exit with if this ends the run */
	char text[512];
};

/* Fill ERR (which may be NULL) and return -1, so that "return err_set(...)" reads well. */
int err_set(struct sme_err *err, enum sme_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set, with ": strerror(errno)" behind the text. */
int err_sys(struct sme_err *err, enum sme_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "fmt: " before the text that is already in ERR; returns -1. */
int err_prefix(struct sme_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The tool's name, printed before every message; set once by cli_parse. */
extern const char *sme_tool;

/* 0 normal, 1 with -v, -1 with -q; set by cli_parse. */
extern int sme_verbosity;

/*
 * Print "tool: message\n" to standard error in one write; control bytes of the message are shown
 * as \xNN so that text from outside cannot drive a terminal.  sme_warn is silent under -q,
 * sme_verbose speaks only under -v.
 */
void sme_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void sme_verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print as sme_warn (even under -q) and exit with STATUS. */
_Noreturn void sme_die(enum sme_status status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
