#include "mail/imap.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "mail/imap_int.h"

/* Of the mails that one command names; servers take lines of 8 KiB at least. */
#define SET_MAX 4000

/* ---- the session ---- */

static void
on_capability(void *ctx, struct slice line, struct slice literals)
{
	struct imap *m = ctx;
	struct slice word;

	(void)literals;
	slice_cut(&line, ' ', &word);
	if (!slice_eq_nocase(word, SLICE("CAPABILITY")))
		return;
	while (slice_cut(&line, ' ', &word)) {
		m->can_move |= slice_eq_nocase(word, SLICE("MOVE"));
		m->has_uidplus |= slice_eq_nocase(word, SLICE("UIDPLUS"));
	}
}

struct imap *
imap_new(void)
{
	struct imap *m = xcalloc(1, sizeof *m);

	m->recv = curl_easy_recv;
	m->send = curl_easy_send;
	m->in = m->out = m->text = (struct buf)BUF_INIT;
	m->line = (struct buf)BUF_INIT_MAX(IMAP_LINE_MAX);
	m->literals = (struct buf)BUF_INIT_MAX(IMAP_LITERALS_MAX + 1);
	return m;
}

struct imap *
imap_open(const struct mail_server *s, struct sme_err *err)
{
	struct imap *m = imap_new();
	CURLcode code;

	m->easy = mail_easy(&m->link, s, "imap", err);
	if (!m->easy) {
		imap_close(m);
		return NULL;
	}
	curl_easy_setopt(m->easy, CURLOPT_CONNECT_ONLY, 1L);
	code = curl_easy_perform(m->easy);
	if (code != CURLE_OK)
		mail_failed(&m->link, code, err);
	if (code != CURLE_OK || imap_must(m, SLICE("CAPABILITY"), on_capability, m, err) < 0) {
		m->lost = true;
		imap_close(m);
		return NULL;
	}
	return m;
}

bool
imap_alive(struct imap *m)
{
	return !m->lost && imap_must(m, SLICE("NOOP"), NULL, NULL, NULL) == 0;
}

void
imap_close(struct imap *m)
{
	if (!m)
		return;
	if (m->easy && !m->lost)
		imap_command(m, SLICE("LOGOUT"), (struct slice){NULL, 0}, NULL, NULL, NULL);
	if (m->easy)
		curl_easy_cleanup(m->easy);
	buf_release(&m->in);
	buf_release(&m->line);
	buf_release(&m->literals);
	buf_release(&m->out);
	buf_release(&m->text);
	free(m);
}

/* ---- folders ---- */

/* One UTF-16 unit after the other, in base64 with "," for "/". */
struct utf7 {
	unsigned bits, n;
	bool open;
};

static void
utf7_unit(struct utf7 *u, struct buf *out, unsigned unit)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

	if (!u->open)
		buf_addc(out, '&');
	u->open = true;
	u->bits = u->bits << 16 | unit;
	for (u->n += 16; u->n >= 6; u->n -= 6)
		buf_addc(out, digits[u->bits >> (u->n - 6) & 63]);
	u->bits &= (1u << u->n) - 1;
}

static void
utf7_end(struct utf7 *u, struct buf *out)
{
	if (!u->open)
		return;
	if (u->n) {
		unsigned rest = u->bits << (6 - u->n);

		u->bits = u->n = 0;
		buf_addc(out,
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,"[rest & 63]);
	}
	buf_addc(out, '-');
	u->open = false;
}

/* The character at the start of *S, which moves on. */
static unsigned
next_char(struct slice *s)
{
	unsigned char c = (unsigned char)*s->p;
	size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	unsigned value = n == 1 ? c : c & (0x7fu >> n);

	for (size_t i = 1; i < n && i < s->n; i++)
		value = value << 6 | ((unsigned char)s->p[i] & 0x3f);
	n = n < s->n ? n : s->n;
	*s = (struct slice){s->p + n, s->n - n};
	return value;
}

void
imap_put_folder(struct buf *out, struct slice folder)
{
	struct utf7 u = {0, 0, false};

	buf_addc(out, '"');
	while (folder.n) {
		unsigned c = next_char(&folder);

		if (c >= 0x20 && c < 0x7f) {
			utf7_end(&u, out);
			if (c == '"' || c == '\\')
				buf_addc(out, '\\');
			buf_addc(out, (char)c);
			if (c == '&')
				buf_addc(out, '-');
		} else if (c > 0xffff) {
			utf7_unit(&u, out, 0xd7c0 + (c >> 10));
			utf7_unit(&u, out, 0xdc00 + (c & 0x3ff));
		} else {
			utf7_unit(&u, out, c);
		}
	}
	utf7_end(&u, out);
	buf_addc(out, '"');
}

/* "OK [UIDVALIDITY 3857529045] UIDs valid" */
static void
on_select(void *ctx, struct slice line, struct slice literals)
{
	static const struct slice validity = {"UIDVALIDITY ", 12}, next = {"UIDNEXT ", 8};
	struct imap *m = ctx;
	ptrdiff_t at;
	uint64_t n;

	(void)literals;
	if (!slice_starts(line, SLICE("OK [")))
		return;
	line = (struct slice){line.p + 4, line.n - 4};
	at = slice_starts(line, validity) ? (ptrdiff_t)validity.n
	     : slice_starts(line, next)   ? (ptrdiff_t)next.n
	                                  : 0;
	line = (struct slice){line.p + at, line.n - (size_t)at};
	if (at && imap_number(&line, &n))
		*((size_t)at == next.n ? &m->uidnext : &m->uidvalidity) = n;
}

int
imap_select(struct imap *m, struct slice folder, bool writable, struct sme_err *err)
{
	struct buf command = BUF_INIT;
	int r;

	buf_puts(&command, writable ? "SELECT " : "EXAMINE ");
	imap_put_folder(&command, folder);
	m->uidvalidity = m->uidnext = 0;
	r = imap_command(m, buf_slice(&command), (struct slice){NULL, 0}, on_select, m, err);
	buf_release(&command);
	if (r < 0)
		return -1;
	if (r > 0)
		return err_set(err, SME_NOINPUT, "folder \"%.100s\": %.150s", folder.n ? folder.p : "",
		    buf_str(&m->text));
	if (!m->uidvalidity)
		return err_set(err, SME_DATA, "folder \"%.100s\": the server has no UIDVALIDITY", folder.p);
	return 0;
}

/* ---- what is done to mails ---- */

/* "5:7,9": the numbers of UIDS in ascending order, at most SET_MAX bytes; *AT moves on. */
static void
put_set(struct buf *out, const struct json_node **at)
{
	const struct json_node *it = *at;

	while (it && out->n < SET_MAX) {
		uint64_t first = it->type == JSON_NUMBER && it->number >= 1 ? (uint64_t)it->number : 0, last = first;

		for (it = it->next; first && it && it->type == JSON_NUMBER &&
		     it->number == (double)last + 1; it = it->next)
			last++;
		if (!first)
			continue;
		buf_printf(out, out->n ? ",%llu" : "%llu", (unsigned long long)first);
		if (last > first)
			buf_printf(out, ":%llu", (unsigned long long)last);
	}
	*at = it;
}

static int
run(struct imap *m, const char *before, struct slice set, const char *after, struct slice folder,
    struct sme_err *err)
{
	struct buf command = BUF_INIT;
	int r;

	buf_puts(&command, before);
	buf_adds(&command, set);
	buf_puts(&command, after);
	if (folder.p)
		imap_put_folder(&command, folder);
	r = imap_must(m, buf_slice(&command), NULL, NULL, err);
	buf_release(&command);
	return r;
}

static int
move(struct imap *m, struct slice set, struct slice target, struct sme_err *err)
{
	struct slice none = {NULL, 0};

	if (m->can_move)
		return run(m, "UID MOVE ", set, " ", target, err);
	if (run(m, "UID COPY ", set, " ", target, err) < 0 ||
	    run(m, "UID STORE ", set, " +FLAGS.SILENT (\\Seen \\Deleted)", none, err) < 0)
		return -1;
	/* A plain EXPUNGE would take what others have marked, too. */
	return m->has_uidplus ? run(m, "UID EXPUNGE ", set, "", none, err) : 0;
}

int
imap_mark(struct imap *m, struct slice folder, uint64_t uidvalidity, const struct json_node *uids,
    struct slice target, struct sme_err *err)
{
	const struct json_node *at = uids ? uids->child : NULL;
	struct slice none = {NULL, 0};
	int r = imap_select(m, folder, true, err);

	while (r == 0 && at && m->uidvalidity == uidvalidity) {
		struct buf set = BUF_INIT;

		put_set(&set, &at);
		if (set.n)
			r = target.p ? move(m, buf_slice(&set), target, err)
			             : run(m, "UID STORE ", buf_slice(&set), " +FLAGS.SILENT (\\Seen)", none, err);
		buf_release(&set);
	}
	return r;
}

static void
on_found(void *ctx, struct slice line, struct slice literals)
{
	size_t *found = ctx;
	struct slice word;

	(void)literals;
	slice_cut(&line, ' ', &word);
	if (!slice_eq_nocase(word, SLICE("SEARCH")))
		return;
	while (slice_cut(&line, ' ', &word))
		*found += word.n && isdigit((unsigned char)*word.p);
}

int
imap_find(struct imap *m, struct slice folder, struct slice message_id, size_t *found,
    struct sme_err *err)
{
	struct buf command = BUF_INIT;
	int r;

	*found = 0;
	for (size_t i = 0; i < message_id.n; i++)
		if ((unsigned char)message_id.p[i] <= ' ' || (unsigned char)message_id.p[i] > '~' ||
		    strchr("\"\\<>", message_id.p[i]))
			return err_set(err, SME_DATA, "what is looked for is no Message-ID");
	if (imap_select(m, folder, false, err) < 0)
		return -1;
	buf_printf(&command, "UID SEARCH HEADER Message-ID \"<%.*s>\"", SLICE_ARG(message_id));
	r = imap_must(m, buf_slice(&command), on_found, found, err);
	buf_release(&command);
	return r;
}

int
imap_append(struct imap *m, struct slice folder, struct slice raw, struct sme_err *err)
{
	struct buf command = BUF_INIT;
	int r;

	buf_puts(&command, "APPEND ");
	imap_put_folder(&command, folder);
	buf_puts(&command, " (\\Seen)");
	r = imap_command(m, buf_slice(&command), raw, NULL, NULL, err);
	buf_release(&command);
	if (r > 0)
		return err_set(err, SME_NOINPUT, "folder \"%.100s\": %.150s", folder.n ? folder.p : "",
		    buf_str(&m->text));
	return r;
}
