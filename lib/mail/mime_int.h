/* What mime.c, mime_head.c, mime_parts.c and mime_report.c share. */
#ifndef SME_MAIL_MIME_INT_H
#define SME_MAIL_MIME_INT_H

#include <gmime/gmime.h>

#include "core/arena.h"
#include "mail/body.h"
#include "mail/mime.h"
#include "net/html.h"

/* Attachments that are listed, addresses of a header, message ids of References, recipients of a
 * report; and how deep parts are looked into. */
#define ATTACHMENTS_MAX 100
#define ADDRESSES_MAX 100
#define REFERENCES_MAX 100
#define REFERENCES_BYTES ((size_t)64 << 10)
#define RECIPIENTS_MAX 50
#define DEPTH_MAX 30

/* Text of one mail, in bytes, before quotations are taken off. */
#define TEXT_MAX ((size_t)1 << 20)

struct mime {
	struct html *html;
	GMimeParserOptions *options;
};

/* What was left out. */
enum cut_kind { CUT_SIZE = 1, CUT_HEADERS = 2, CUT_PARTS = 4, CUT_TEXT = 8, CUT_ATTACHMENTS = 16 };

/* What the parts of one mail have given. */
struct parts {
	struct mime *mime;
	struct buf text;          /* in order, HTML as text with "> " before what is quoted */
	struct buf attachments;   /* elements of an array */
	struct buf recipients;    /* likewise, of a report */
	struct buf original;      /* message id of what the report is about */
	struct buf report;        /* its type, empty when there is none */
	size_t nattachments, nrecipients;
	bool plain, html, encrypted;
	struct refs refs;
	struct arena arena;
	size_t read; /* bytes of text so far */
	unsigned cut;
};

/* The members from message_id to bulk. */
void mime_put_head(GMimeMessage *message, const struct mime_origin *o, struct buf *out);

/* Append S on one line, without control characters. */
void mime_clean(struct slice s, struct buf *out);

/* The raw value of the first header NAME, unfolded by nobody; an empty slice without one. */
struct slice mime_header(GMimeObject *object, const char *name);

/* Walk through the parts of MESSAGE. */
void mime_walk(struct parts *p, GMimeMessage *message);

/* The decoded content of PART; the caller unrefs it.  NULL when it has none. */
GByteArray *mime_content(GMimePart *part);

/* The machine-readable parts of a multipart/report. */
void mime_report(struct parts *p, GMimeMultipart *report);

#endif
