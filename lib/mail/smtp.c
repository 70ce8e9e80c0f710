#include "mail/smtp.h"

#include <ctype.h>
#include <string.h>

struct upload {
	struct slice rest;
	struct smtp_result *result;
};

static size_t
on_read(char *p, size_t size, size_t n, void *ctx)
{
	struct upload *u = ctx;

	n *= size;
	n = n < u->rest.n ? n : u->rest.n;
	if (n)
		memcpy(p, u->rest.p, n);
	u->rest = (struct slice){u->rest.p + n, u->rest.n - n};
	return n;
}

/* Each line of the server; the last one is kept. */
static size_t
on_line(char *p, size_t size, size_t n, void *ctx)
{
	struct upload *u = ctx;
	char *to = u->result->text;
	size_t len = 0;

	n *= size;
	for (size_t i = 0; i < n && len + 1 < sizeof u->result->text; i++)
		if (isprint((unsigned char)p[i]))
			to[len++] = p[i];
	to[len] = '\0';
	return n;
}

static struct curl_slist *
recipients(const struct draft *d)
{
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < d->nto; i++)
		list = curl_slist_append(list, d->to[i]);
	return list;
}

/* "smtp://host/domain": libcurl greets with the domain. */
static void
set_helo(CURL *e, const struct mail_link *link, const char *helo)
{
	struct buf url = BUF_INIT;

	if (!helo || !*helo)
		return;
	mail_place(link, &url);
	buf_addc(&url, '/');
	for (const char *p = helo; *p; p++)
		if (isalnum((unsigned char)*p) || *p == '.' || *p == '-')
			buf_addc(&url, *p);
	curl_easy_setopt(e, CURLOPT_URL, buf_str(&url));
	buf_release(&url);
}

static int
failed(const struct mail_link *link, CURLcode code, const struct upload *u, struct sme_err *err)
{
	struct smtp_result *r = u->result;
	bool refused = r->status >= 400 && r->status < 600;
	struct buf place = BUF_INIT;

	/* All of the mail was handed over, and no answer said no. */
	r->maybe_sent = !u->rest.n && !refused;
	if (!refused || code == CURLE_LOGIN_DENIED)
		return mail_failed(link, code, err);
	mail_place(link, &place);
	err_set(err, r->status < 500 ? SME_TEMPFAIL : SME_DATA, "%s: %s", buf_str(&place), r->text);
	buf_release(&place);
	return -1;
}

int
smtp_send(const struct mail_server *s, const struct draft *d, const char *helo,
    struct smtp_result *result, struct sme_err *err)
{
	struct upload u = {buf_slice(&d->raw), result};
	struct curl_slist *to;
	struct mail_link link;
	CURLcode code;
	CURL *e;
	int r = 0;

	*result = (struct smtp_result){.sent = false};
	e = mail_easy(&link, s, "smtp", err);
	if (!e)
		return -1;
	to = recipients(d);
	set_helo(e, &link, helo);
	curl_easy_setopt(e, CURLOPT_MAIL_FROM, d->from);
	curl_easy_setopt(e, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(e, CURLOPT_READDATA, &u);
	curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)d->raw.n);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, &u);
	code = curl_easy_perform(e);
	curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &result->status);
	result->sent = code == CURLE_OK;
	if (code != CURLE_OK)
		r = failed(&link, code, &u, err);
	curl_slist_free_all(to);
	curl_easy_cleanup(e);
	return r;
}
