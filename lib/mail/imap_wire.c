/* Lines and literals of IMAP over libcurl's connection. */
#include <ctype.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "mail/imap_int.h"

/* Bytes a millisecond: what comes at least so fast does not use up the time-out. */
#define SLOWEST 10

static int
lost(struct imap *m, enum sme_status status, const char *why, struct sme_err *err)
{
	struct buf place = BUF_INIT;

	m->lost = true;
	mail_place(&m->link, &place);
	err_set(err, status, "%s: %s", buf_str(&place), why);
	buf_release(&place);
	return -1;
}

bool
imap_lost(const struct imap *m)
{
	return m->lost;
}

/* ---- bytes ---- */

static int
wait_for(struct imap *m, short events, struct sme_err *err)
{
	int64_t left = m->deadline - mail_clock();
	struct pollfd p[2] = {{.events = events}, {.fd = m->link.server.stop_fd, .events = POLLIN}};
	curl_socket_t fd = -1;

	if (mail_stopped(&m->link.server))
		return lost(m, SME_TEMPFAIL, "interrupted", err);
	if (left <= 0)
		return lost(m, SME_UNAVAILABLE, "the server takes too long", err);
	curl_easy_getinfo(m->easy, CURLINFO_ACTIVESOCKET, &fd);
	p[0].fd = (int)fd;
	poll(p, p[1].fd > 0 ? 2 : 1, (int)(left < 60000 ? left : 60000));
	return 0;
}

static int
receive(struct imap *m, struct sme_err *err)
{
	CURLcode code;
	size_t n = 0;

	if (m->at == m->in.n) {
		buf_clear(&m->in);
		m->at = 0;
	}
	for (;;) {
		if (!buf_reserve(&m->in, 65536))
			return lost(m, SME_DATA, "an answer is too long", err);
		code = m->recv(m->easy, m->in.p + m->in.n, 65535, &n);
		if (code != CURLE_AGAIN)
			break;
		if (wait_for(m, POLLIN, err) < 0)
			return -1;
	}
	if (code != CURLE_OK || n == 0)
		return lost(m, SME_UNAVAILABLE, "the connection was lost", err);
	if (n > m->budget)
		return lost(m, SME_DATA, "the server sends more than it was asked for", err);
	m->budget -= n;
	m->in.n += n;
	m->in.p[m->in.n] = '\0';
	m->deadline += (int64_t)(n / SLOWEST);
	return 0;
}

static int
transmit(struct imap *m, struct slice s, struct sme_err *err)
{
	while (s.n) {
		size_t n = 0;
		CURLcode code = m->send(m->easy, s.p, s.n, &n);

		if (code == CURLE_AGAIN) {
			if (wait_for(m, POLLOUT, err) < 0)
				return -1;
			continue;
		}
		if (code != CURLE_OK)
			return lost(m, SME_UNAVAILABLE, "the connection was lost", err);
		s = (struct slice){s.p + n, s.n - n};
	}
	return 0;
}

/* Append the next line to `line`, without its end. */
static int
read_line(struct imap *m, struct sme_err *err)
{
	for (;;) {
		struct slice rest = {m->in.p + m->at, m->in.n - m->at};
		const char *nl = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
		size_t n = nl ? (size_t)(nl - rest.p) : rest.n;

		buf_add(&m->line, rest.p, n);
		m->at += n + (nl != NULL);
		if (m->line.over)
			return lost(m, SME_DATA, "an answer is too long", err);
		if (nl) {
			if (m->line.n && m->line.p[m->line.n - 1] == '\r')
				m->line.p[--m->line.n] = '\0';
			return 0;
		}
		if (receive(m, err) < 0)
			return -1;
	}
}

/* Does the line end in "{n}" or "{n+}"? */
static bool
literal_follows(struct slice line, uint64_t *n)
{
	size_t at = line.n;
	struct slice s;

	if (!line.n || line.p[line.n - 1] != '}')
		return false;
	while (at && line.p[at - 1] != '{')
		at--;
	s = (struct slice){line.p + at, line.n - at};
	return at && imap_number(&s, n) && (slice_is(s, "}") || slice_is(s, "+}"));
}

static int
read_literal(struct imap *m, uint64_t n, struct sme_err *err)
{
	if (n > IMAP_LITERALS_MAX - m->literals.n)
		return lost(m, SME_DATA, "the server sends more than it was asked for", err);
	while (n) {
		size_t have = m->in.n - m->at;

		have = have < n ? have : (size_t)n;
		buf_add(&m->literals, m->in.p + m->at, have);
		m->at += have;
		n -= have;
		if (n && receive(m, err) < 0)
			return -1;
	}
	return 0;
}

/* One answer with all its literals. */
static int
read_answer(struct imap *m, struct sme_err *err)
{
	uint64_t n;

	buf_clear(&m->line);
	buf_clear(&m->literals);
	if (read_line(m, err) < 0)
		return -1;
	while (literal_follows(buf_slice(&m->line), &n))
		if (read_literal(m, n, err) < 0 || read_line(m, err) < 0)
			return -1;
	return 0;
}

/* ---- commands ---- */

bool
imap_number(struct slice *s, uint64_t *n)
{
	size_t i = 0;

	*n = 0;
	for (; i < s->n && i < 18 && isdigit((unsigned char)s->p[i]); i++)
		*n = *n * 10 + (uint64_t)(s->p[i] - '0');
	*s = (struct slice){s->p + i, s->n - i};
	return i > 0;
}

/* What comes after the tag: 0 for OK, 1 for NO. */
static int
tagged(struct imap *m, struct slice rest, struct sme_err *err)
{
	struct slice word;

	slice_cut(&rest, ' ', &word);
	buf_clear(&m->text);
	buf_add(&m->text, rest.p, rest.n < 200 ? rest.n : 200);
	if (slice_eq_nocase(word, SLICE("OK")))
		return 0;
	if (slice_eq_nocase(word, SLICE("NO")))
		return 1;
	return lost(m, SME_DATA, "the server does not understand a command", err);
}

static int
await(struct imap *m, struct slice tag, struct slice literal, imap_untagged *fn, void *ctx,
    struct sme_err *err)
{
	for (;;) {
		struct slice line;

		if (read_answer(m, err) < 0)
			return -1;
		line = buf_slice(&m->line);
		if (slice_starts(line, SLICE("* "))) {
			if (fn)
				fn(ctx, (struct slice){line.p + 2, line.n - 2}, buf_slice(&m->literals));
		} else if (slice_starts(line, SLICE("+"))) {
			if (!literal.p)
				return lost(m, SME_DATA, "the server asks for more without a reason", err);
			if (transmit(m, literal, err) < 0 || transmit(m, SLICE("\r\n"), err) < 0)
				return -1;
			literal = (struct slice){NULL, 0};
		} else if (slice_starts(line, tag)) {
			return tagged(m, (struct slice){line.p + tag.n, line.n - tag.n}, err);
		} else {
			return lost(m, SME_DATA, "the server does not speak IMAP", err);
		}
	}
}

int
imap_command(struct imap *m, struct slice command, struct slice literal, imap_untagged *fn,
    void *ctx, struct sme_err *err)
{
	struct buf tag = BUF_INIT;
	int r;

	if (m->lost)
		return lost(m, SME_UNAVAILABLE, "the connection was lost", err);
	m->budget = m->budget ? m->budget : IMAP_SAID_MAX;
	m->deadline = mail_clock() + (m->link.server.timeout ? m->link.server.timeout : 60000);
	buf_printf(&tag, "s%u ", ++m->tag);
	buf_clear(&m->out);
	buf_adds(&m->out, buf_slice(&tag));
	buf_adds(&m->out, command);
	if (literal.p)
		buf_printf(&m->out, " {%zu}", literal.n);
	buf_puts(&m->out, "\r\n");
	r = transmit(m, buf_slice(&m->out), err);
	if (r == 0)
		r = await(m, buf_slice(&tag), literal, fn, ctx, err);
	m->budget = 0;
	buf_release(&tag);
	return r;
}

int
imap_must(struct imap *m, struct slice command, imap_untagged *fn, void *ctx, struct sme_err *err)
{
	int r = imap_command(m, command, (struct slice){NULL, 0}, fn, ctx, err);
	struct buf place = BUF_INIT;

	if (r <= 0)
		return r;
	mail_place(&m->link, &place);
	err_set(err, SME_UNAVAILABLE, "%s: %.150s", buf_str(&place), buf_str(&m->text));
	buf_release(&place);
	return -1;
}
