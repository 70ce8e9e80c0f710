/*
 * What an IMAP server may say, whatever its bytes: a page comes out as JSON, or an error with words.
 * The commands are "s1 EXAMINE", "s2 UID SEARCH", "s3 UID FETCH", and so on.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/rfc3339.h"
#include "mail/imap_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice server;

/* In small pieces, so that every state is left and entered again. */
static CURLcode
hear(CURL *easy, void *p, size_t n, size_t *got)
{
	(void)easy;
	*got = server.n < 7 ? server.n : 7;
	*got = *got < n ? *got : n;
	memcpy(p, server.p, *got);
	server = (struct slice){server.p + *got, server.n - *got};
	return CURLE_OK;
}

static CURLcode
say(CURL *easy, const void *p, size_t n, size_t *sent)
{
	(void)easy;
	(void)p;
	*sent = n;
	return CURLE_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imap_query q = {.folder = SLICE("INBOX"), .since = TIME_NONE, .limit = 3};
	struct sme_err err = {.text = ""};
	struct arena a = ARENA_INIT;
	struct buf body = BUF_INIT;
	static struct mime *mime;
	struct imap *m = imap_new();

	if (!mime)
		mime = mime_open();
	server = (struct slice){size ? (const char *)data : "", size};
	m->recv = hear;
	m->send = say;
	m->link.server.url = "imap://mail.example";
	if (imap_page(m, mime, &q, &body, &err) < 0 ? !err.text[0]
	                                             : !json_tree(&a, buf_slice(&body), NULL))
		abort();
	imap_close(m);
	arena_release(&a);
	buf_release(&body);
	return 0;
}
