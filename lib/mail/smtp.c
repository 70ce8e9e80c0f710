#include "mail/smtp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static size_t
on_read(char *p, size_t size, size_t n, void *ctx)
{
	struct slice *rest = ctx;

	n *= size;
	n = n < rest->n ? n : rest->n;
	if (n)
		memcpy(p, rest->p, n);
	*rest = (struct slice){rest->p + n, rest->n - n};
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
failed(const struct mail_link *link, CURLcode code, struct slice rest, struct smtp_result *r,
    struct sme_err *err)
{
	bool refused = r->status >= 400 && r->status < 600;
	struct buf place = BUF_INIT;

	/* All of the mail was handed over, and no answer said no. */
	r->maybe_sent = !rest.n && !refused;
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
	struct slice rest = buf_slice(&d->raw);
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
	curl_easy_setopt(e, CURLOPT_READDATA, &rest);
	curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)d->raw.n);
	code = curl_easy_perform(e);
	curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &result->status);
	snprintf(result->text, sizeof result->text, "%s", link.said);
	result->sent = code == CURLE_OK;
	if (code != CURLE_OK)
		r = failed(&link, code, rest, result, err);
	curl_slist_free_all(to);
	curl_easy_cleanup(e);
	return r;
}
