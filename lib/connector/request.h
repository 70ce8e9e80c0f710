/* What a connector wants to have sent, as an HTTP request. */
#ifndef SME_CONNECTOR_REQUEST_H
#define SME_CONNECTOR_REQUEST_H

#include "connector/fill.h"

/* No body or URL is longer, in bytes. */
#define REQUEST_BODY_MAX ((size_t)16 << 20)
#define REQUEST_URL_MAX ((size_t)64 << 10)

struct header_list {
	char **lines; /* "Name: value", NULL-terminated once there is one */
	size_t n, cap;
};

struct request {
	char method[16];
	struct buf url, body;
	bool has_body;
	bool form;   /* the body is application/x-www-form-urlencoded */
	bool secret; /* something of it is secret */
	struct header_list headers, secret_headers;
};

#define REQUEST_INIT {.url = BUF_INIT_MAX(REQUEST_URL_MAX), .body = BUF_INIT_MAX(REQUEST_BODY_MAX)}

/*
 * Make R, which is REQUEST_INIT, of VALUE, a request object as sme-connector(5) has it, for the
 * account A.  F fills the templates.  VALUE is not consumed.  -1 with ERR (SME_DATA: the connector
 * made something that is no request; SME_CONFIG: a secret or the base is missing).
 */
int request_build(struct request *r, jv value, const struct account *a, struct filler *f,
    struct sme_err *err);

/* Append the URL alone, without its query: what tells where a request goes. */
int request_put_url(struct buf *out, jv value, const struct account *a, struct filler *f,
    struct sme_err *err);

/*
 * Add a header.  VALUE is filled; one that holds a secret, or is said to, goes only to the host of
 * the request.  -1 with ERR when name or value cannot stand in a header.
 */
int request_header(struct request *r, struct slice name, struct slice value, bool secret,
    struct filler *f, struct sme_err *err);

/* Is the method one that only reads? */
bool request_only_reads(const struct request *r);

/* As text, headers and body, for a person. */
void request_show(const struct request *r, struct buf *out);

/* Wipes. */
void request_release(struct request *r);

#endif
