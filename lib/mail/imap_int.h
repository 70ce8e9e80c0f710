/* What imap.c, imap_wire.c and imap_page.c share. */
#ifndef SME_MAIL_IMAP_INT_H
#define SME_MAIL_IMAP_INT_H

#include "mail/imap.h"

/* The longest line of a server, and the literals of one answer, in bytes. */
#define IMAP_LINE_MAX ((size_t)8 << 20)
#define IMAP_LITERALS_MAX (MIME_MAX + ((size_t)64 << 10))

/* What a server may say to one command, unless `budget` says more. */
#define IMAP_SAID_MAX ((uint64_t)64 << 20)

struct imap {
	struct mail_link link;
	CURL *easy;
	/* libcurl's, or what stands in for a server in tests. */
	CURLcode (*recv)(CURL *easy, void *p, size_t n, size_t *got);
	CURLcode (*send)(CURL *easy, const void *p, size_t n, size_t *sent);
	bool lost;
	int64_t deadline; /* of the command that is under way */
	uint64_t budget;  /* bytes that may come in answer to the next command; 0: IMAP_SAID_MAX */
	unsigned tag;
	struct buf in;    /* what came and is not used up: from AT */
	size_t at;
	struct buf line;  /* the answer: its lines, each literal as "{n}" */
	struct buf literals; /* their bytes, one after the other */
	struct buf out;   /* the command */
	struct buf text;  /* what the last tagged answer said */
	bool can_move, has_uidplus;
	/* The folder that is selected. */
	uint64_t uidvalidity, uidnext; /* 0: not known */
};

/* Not connected to anything; imap_close frees it. */
struct imap *imap_new(void);

/* One answer of the server that has no tag. */
typedef void imap_untagged(void *ctx, struct slice line, struct slice literals);

/*
 * Send COMMAND (no tag, no line end) and wait for its end; each untagged answer goes to FN (may be
 * NULL).  LITERAL, when its p is set, is sent when the server asks for it.  Returns 0 for OK, 1 for NO
 * with the server's words in `text`, -1 with ERR.
 */
int imap_command(struct imap *m, struct slice command, struct slice literal, imap_untagged *fn,
    void *ctx, struct sme_err *err);

/* As imap_command, but NO is an error, too. */
int imap_must(struct imap *m, struct slice command, imap_untagged *fn, void *ctx,
    struct sme_err *err);

/* Select FOLDER, for changes when WRITABLE. */
int imap_select(struct imap *m, struct slice folder, bool writable, struct sme_err *err);

/* Append FOLDER, which is UTF-8, as a quoted string in modified UTF-7. */
void imap_put_folder(struct buf *out, struct slice folder);

/* A number at the start of *S, which moves behind it; false when there is none. */
bool imap_number(struct slice *s, uint64_t *n);

#endif
