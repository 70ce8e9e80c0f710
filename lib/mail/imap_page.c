/* The mails of a folder, page after page by UID. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "mail/imap_int.h"
#include "mail/mailbox.h"
#include "mail/put.h"
#include "net/date.h"
#include "stream/json.h"

/* UIDs that a search looks at; times WIDER each time it finds nothing. */
#define WINDOW 10000
#define WIDER 16
#define UIDS_MAX 4000000 /* what a line can hold */
#define UID_MAX UINT64_C(4294967295)

/* Mails in one command: what is lost when the connection breaks is fetched again. */
#define BATCH 10

struct uids {
	uint64_t *p;
	size_t n, cap;
	uint64_t from;
};

/* ---- which ---- */

static void
on_search(void *ctx, struct slice line, struct slice literals)
{
	struct uids *u = ctx;
	struct slice word;
	uint64_t uid;

	(void)literals;
	slice_cut(&line, ' ', &word);
	if (!slice_eq_nocase(word, SLICE("SEARCH")))
		return;
	while (slice_cut(&line, ' ', &word)) {
		/* "n:*" also finds the last mail when it is below n. */
		if (!imap_number(&word, &uid) || uid < u->from || uid > UID_MAX || u->n >= UIDS_MAX)
			continue;
		u->p = xgrow(u->p, u->n, &u->cap, sizeof *u->p);
		u->p[u->n++] = uid;
	}
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
sort_unique(struct uids *u)
{
	size_t kept = 0;

	if (u->n)
		qsort(u->p, u->n, sizeof *u->p, by_number);
	for (size_t i = 0; i < u->n; i++)
		if (!kept || u->p[kept - 1] != u->p[i])
			u->p[kept++] = u->p[i];
	u->n = kept;
}

/* " SINCE 21-Nov-2026" */
static void
put_since(struct buf *out, int64_t since)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	    "Oct", "Nov", "Dec"};
	int year, month, day;

	if (since == TIME_NONE)
		return;
	civil_from_days(since / 86400000, &year, &month, &day);
	buf_printf(out, " SINCE %d-%s-%04d", day, months[month - 1], year);
}

/* Find at least LIMIT mails from U->from on, or all; *LAST is the last UID that was looked at. */
static int
search(struct imap *m, struct uids *u, int64_t since, size_t limit, uint64_t *last,
    struct sme_err *err)
{
	uint64_t end = m->uidnext ? m->uidnext - 1 : UID_MAX, from = u->from, width = WINDOW;
	struct buf command = BUF_INIT;
	int r = 0;

	*last = from - 1;
	while (r == 0 && from <= end && u->n < limit) {
		uint64_t to = m->uidnext && end - from >= width ? from + width - 1 : end;

		buf_clear(&command);
		buf_printf(&command, "UID SEARCH UID %llu:", (unsigned long long)from);
		if (m->uidnext)
			buf_printf(&command, "%llu", (unsigned long long)to);
		else
			buf_addc(&command, '*');
		put_since(&command, since);
		r = imap_must(m, buf_slice(&command), on_search, u, err);
		from = to + 1;
		width *= WIDER;
		/* Without UIDNEXT nobody knows what comes behind the last mail. */
		*last = m->uidnext ? to : *last;
	}
	buf_release(&command);
	sort_unique(u);
	if (!m->uidnext && u->n)
		*last = u->p[u->n - 1];
	return r;
}

/* ---- one mail ---- */

struct fetch {
	struct mime *mime;
	struct buf *messages;
	size_t n;
	const uint64_t *uids; /* that are asked for */
	bool *got;
	size_t nuids;
};

/* What a FETCH answer says; what is not in it stays as it was. */
struct item {
	uint64_t uid, size;
	int64_t date;
	struct slice flags, body;
	bool has_body;
};

static struct slice
skip(struct slice s, size_t n)
{
	return n < s.n ? (struct slice){s.p + n, s.n - n} : (struct slice){s.p + s.n, 0};
}

/* The end of a parenthesised list or quoted string at the start of S. */
static size_t
token_end(struct slice s)
{
	char close = s.n && *s.p == '(' ? ')' : s.n && *s.p == '"' ? '"' : ' ';
	size_t i = close != ' ';

	while (i < s.n && s.p[i] != close && !(close == ' ' && s.p[i] == ')'))
		i += s.p[i] == '\\' && close == '"' ? 2 : 1;
	if (i < s.n && close != ' ')
		i++;
	return i < s.n ? i : s.n;
}

static bool
take_value(struct item *it, struct slice name, struct slice value, struct slice *literals)
{
	struct slice inner = value.n > 1 ? (struct slice){value.p + 1, value.n - 2} : value;
	uint64_t n;

	if (value.n && *value.p == '{') {
		value = skip(value, 1);
		if (!imap_number(&value, &n) || n > literals->n)
			return false;
		inner = (struct slice){literals->p, (size_t)n};
		*literals = skip(*literals, (size_t)n);
	}
	if (slice_eq_nocase(name, SLICE("UID")))
		return imap_number(&value, &it->uid);
	if (slice_eq_nocase(name, SLICE("RFC822.SIZE")))
		return imap_number(&value, &it->size);
	if (slice_eq_nocase(name, SLICE("FLAGS")))
		it->flags = inner;
	else if (slice_eq_nocase(name, SLICE("INTERNALDATE")))
		date_parse(inner, &it->date);
	else if (name.n >= 5 && strncasecmp(name.p, "BODY[", 5) == 0) {
		it->body = slice_eq_nocase(value, SLICE("NIL")) ? SLICE("") : inner;
		it->has_body = true;
	}
	return true;
}

/* "12 FETCH (UID 5 FLAGS (\Seen) ... BODY[]<0> {n})" */
static bool
read_item(struct item *it, struct slice line, struct slice literals)
{
	uint64_t seq;

	*it = (struct item){.date = TIME_NONE};
	if (!imap_number(&line, &seq) || line.n < 8 || strncasecmp(line.p, " FETCH (", 8) != 0)
		return false;
	line = skip(line, 8);
	while (line.n && *line.p != ')') {
		struct slice name = {line.p, token_end(line)}, value;

		line = skip(line, name.n + 1);
		value = (struct slice){line.p, token_end(line)};
		if (!name.n || !value.n || !take_value(it, name, value, &literals))
			return false;
		line = skip(line, value.n);
		while (line.n && *line.p == ' ')
			line = skip(line, 1);
	}
	return true;
}

static void
put_flags(struct slice flags, struct buf *out)
{
	static const struct {
		struct slice flag, word;
	} known[] = {{{"\\Seen", 5}, {"seen", 4}}, {{"\\Answered", 9}, {"answered", 8}},
	    {{"\\Flagged", 8}, {"flagged", 7}}, {{"\\Deleted", 8}, {"deleted", 7}},
	    {{"\\Draft", 6}, {"draft", 5}}, {{"$Forwarded", 10}, {"forwarded", 9}}};
	struct slice word;
	bool any = false;

	buf_puts(out, "\"flags\":[");
	while (flags.n && slice_cut(&flags, ' ', &word))
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			if (slice_eq_nocase(word, known[i].flag)) {
				if (any)
					buf_addc(out, ',');
				json_put_string(out, known[i].word);
				any = true;
			}
	buf_puts(out, "],");
}

/* News of other mails, and of what was handed out already, are passed over. */
static bool
is_wanted(struct fetch *f, uint64_t uid)
{
	for (size_t i = 0; i < f->nuids; i++)
		if (f->uids[i] == uid && !f->got[i]) {
			f->got[i] = true;
			return true;
		}
	return false;
}

static void
on_fetch(void *ctx, struct slice line, struct slice literals)
{
	struct fetch *f = ctx;
	struct mime_origin o;
	struct buf extra = BUF_INIT;
	struct item it;

	if (!read_item(&it, line, literals) || !it.has_body || !is_wanted(f, it.uid))
		return;
	buf_printf(&extra, "\"uid\":%llu,", (unsigned long long)it.uid);
	put_flags(it.flags, &extra);
	o = (struct mime_origin){it.date, it.size, buf_slice(&extra)};
	if (f->n++)
		buf_addc(f->messages, ',');
	mime_put(f->mime, it.body, &o, f->messages);
	buf_release(&extra);
}

/* ---- a page ---- */

static int
fetch_some(struct imap *m, struct fetch *f, const uint64_t *uids, bool *got, size_t n,
    struct sme_err *err)
{
	struct buf command = BUF_INIT;
	int r;

	f->uids = uids;
	f->got = got;
	f->nuids = n;
	buf_puts(&command, "UID FETCH ");
	for (size_t i = 0; i < n; i++)
		buf_printf(&command, i ? ",%llu" : "%llu", (unsigned long long)uids[i]);
	buf_printf(&command, " (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.%zu>)", MIME_MAX);
	m->budget = n * (uint64_t)MIME_MAX + IMAP_SAID_MAX;
	r = imap_command(m, buf_slice(&command), (struct slice){NULL, 0}, on_fetch, f, err);
	buf_release(&command);
	return r;
}

/* What passes by itself is no reason to leave a mail out. */
static bool
is_passing(const struct imap *m)
{
	static const char *const codes[] = {"[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[OVERQUOTA]",
	    "[AUTHORIZATIONFAILED]", "[EXPIRED]", "[PRIVACYREQUIRED]"};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (slice_starts(buf_slice(&m->text), slice_of(codes[i])))
			return true;
	return false;
}

static int
refused(struct imap *m, struct sme_err *err)
{
	struct buf place = BUF_INIT;

	mail_place(&m->link, &place);
	err_set(err, SME_UNAVAILABLE, "%s: %.150s", buf_str(&place), buf_str(&m->text));
	buf_release(&place);
	return -1;
}

/* A server that cannot read one mail refuses the whole command: then one by one. */
static int
fetch_batch(struct imap *m, struct fetch *f, const uint64_t *uids, size_t n, struct buf *unreadable,
    struct sme_err *err)
{
	bool got[BATCH] = {false};
	int r = fetch_some(m, f, uids, got, n, err);

	if (r <= 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (is_passing(m))
			return refused(m, err);
		if (got[i])
			continue;
		r = fetch_some(m, f, uids + i, got + i, 1, err);
		if (r < 0)
			return -1;
		if (r > 0 && !is_passing(m))
			buf_printf(unreadable, unreadable->n ? ",%llu" : "%llu", (unsigned long long)uids[i]);
	}
	return is_passing(m) && r > 0 ? refused(m, err) : 0;
}

static uint64_t
cursor_number(const struct json_node *cursor, const char *key)
{
	double n = node_number(cursor, key, 0);

	return n >= 1 && n <= (double)UID_MAX ? (uint64_t)n : 0;
}

static int
read_page(struct imap *m, struct fetch *f, const struct imap_query *q, struct uids *u,
    struct buf *unreadable, uint64_t *last, bool *more, struct sme_err *err)
{
	size_t i = 0, n = 0;

	if (search(m, u, u->from > 1 ? TIME_NONE : q->since, q->limit, last, err) < 0)
		return -1;
	for (; i < u->n && i < q->limit && f->messages->n < MAIL_PAGE_BYTES; i += n) {
		n = u->n - i < BATCH ? u->n - i : BATCH;
		n = n < q->limit - i ? n : q->limit - i;
		if (fetch_batch(m, f, u->p + i, n, unreadable, err) < 0)
			return -1;
	}
	*more = i < u->n || (m->uidnext && *last + 1 < m->uidnext);
	if (i < u->n)
		*last = u->p[i] - 1;
	return 0;
}

int
imap_page(struct imap *m, struct mime *mime, const struct imap_query *q, struct buf *body,
    struct sme_err *err)
{
	uint64_t before = cursor_number(q->cursor, "uidvalidity"), last = 0;
	struct buf messages = BUF_INIT, unreadable = BUF_INIT;
	struct fetch f = {.mime = mime, .messages = &messages};
	struct uids u = {.from = cursor_number(q->cursor, "uid") + 1};
	bool more = false, changed;
	int r = imap_select(m, q->folder, false, err);

	changed = before && before != m->uidvalidity;
	if (changed || !before)
		u.from = 1;
	if (r == 0)
		r = read_page(m, &f, q, &u, &unreadable, &last, &more, err);
	if (r == 0) {
		buf_puts(body, "{\"kind\":\"imap\",\"messages\":[");
		buf_adds(body, buf_slice(&messages));
		buf_printf(body, "],\"cursor\":{\"uid\":%llu,\"uidvalidity\":%llu},\"more\":%s",
		    (unsigned long long)last, (unsigned long long)m->uidvalidity, more ? "true" : "false");
		put_or_null(body, "gap", changed ? SLICE("the folder's UIDVALIDITY changed") : SLICE(""));
		buf_printf(body, ",\"unreadable\":[%s]}", buf_str(&unreadable));
	}
	buf_release(&messages);
	buf_release(&unreadable);
	free(u.p);
	return r;
}
