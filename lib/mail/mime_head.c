/* The headers of a mail. */
#include <ctype.h>

#include "core/rfc3339.h"
#include "mail/mime_int.h"
#include "mail/put.h"
#include "mail/words.h"
#include "net/charset.h"
#include "net/date.h"
#include "stream/json.h"

/* A mail is not older than mail, and a clock not more than a day ahead. */
#define OLDEST INT64_C(315532800000) /* 1980 */
#define AHEAD INT64_C(86400000)

void
mime_clean(struct slice s, struct buf *out)
{
	size_t start = out->n;

	html_plain(s, out);
	for (size_t i = start; i < out->n; i++)
		if (out->p[i] == '\n')
			out->p[i] = ' ';
}

struct slice
mime_header(GMimeObject *object, const char *name)
{
	GMimeHeader *h = g_mime_header_list_get_header(g_mime_object_get_header_list(object), name);

	return slice_of(h ? g_mime_header_get_raw_value(h) : NULL);
}

bool
mime_next_id(struct slice *s, struct buf *id)
{
	bool brackets = s->n && memchr(s->p, '<', s->n);
	size_t at = 0, from;

	buf_clear(id);
	while (s->n && !id->n) {
		for (at = 0; at < s->n && (brackets ? s->p[at] != '<' : isspace((unsigned char)s->p[at]));)
			at++;
		at += brackets && at < s->n;
		for (from = at; at < s->n &&
		     (brackets ? s->p[at] != '>' && s->p[at] != '<' : !isspace((unsigned char)s->p[at]));
		     at++)
			if ((unsigned char)s->p[at] > ' ' && s->p[at] != 0x7f)
				buf_addc(id, s->p[at]);
		if (!brackets && !memchr(s->p + from, '@', at - from))
			buf_clear(id);
		*s = (struct slice){s->p + at, s->n - at};
	}
	return id->n > 0;
}

static void
put_id(GMimeMessage *message, const char *header, const char *key, struct buf *out)
{
	struct slice value = mime_header(GMIME_OBJECT(message), header);
	struct buf id = BUF_INIT;

	mime_next_id(&value, &id);
	put_or_null(out, key, buf_slice(&id));
	buf_release(&id);
}

static size_t
count_ids(struct slice value)
{
	struct buf id = BUF_INIT;
	size_t n = 0;

	while (mime_next_id(&value, &id))
		n++;
	buf_release(&id);
	return n;
}

/* Of very many the first one, which is the thread, and the last ones. */
static void
put_references(GMimeMessage *message, struct buf *out)
{
	struct slice value = mime_header(GMIME_OBJECT(message), "References");
	struct buf id = BUF_INIT;
	bool any = false;
	size_t n;

	if (value.n > REFERENCES_BYTES)
		value.n = REFERENCES_BYTES;
	n = count_ids(value);

	put_key(out, "references");
	buf_addc(out, '[');
	for (size_t i = 0; mime_next_id(&value, &id); i++) {
		if (i && i + REFERENCES_MAX <= n)
			continue;
		if (any)
			buf_addc(out, ',');
		json_put_string(out, buf_slice(&id));
		any = true;
	}
	buf_addc(out, ']');
	buf_release(&id);
}

static void
put_words(struct slice raw, const char *key, struct buf *out)
{
	struct buf words = BUF_INIT, clean = BUF_INIT;

	words_decode(raw, &words);
	mime_clean(buf_slice(&words), &clean);
	put_or_null(out, key, buf_slice(&clean));
	buf_release(&words);
	buf_release(&clean);
}

/* ---- addresses ---- */

/* Stands for the "=" of "=?" while GMime looks at addresses, so that it leaves encoded words alone:
 * a character of private use. */
#define VEIL "\xee\x80\x80"

static void
replace(struct slice s, struct slice from, struct slice to, struct buf *out)
{
	ptrdiff_t at;

	while (s.n && (at = slice_find(s, from)) >= 0) {
		buf_add(out, s.p, (size_t)at);
		buf_adds(out, to);
		s = (struct slice){s.p + at + from.n, s.n - (size_t)at - from.n};
	}
	buf_adds(out, s);
}

static void
put_name(InternetAddress *ia, struct buf *out)
{
	struct buf name = BUF_INIT;

	replace(slice_of(internet_address_get_name(ia)), SLICE(VEIL "?"), SLICE("=?"), &name);
	put_words(buf_slice(&name), "name", out);
	buf_release(&name);
}

static void
put_mailbox(InternetAddress *ia, struct buf *out, size_t *n)
{
	struct slice address =
	    slice_of(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(ia)));
	struct buf clean = BUF_INIT;

	mime_clean(address, &clean);
	if (clean.n && *n < ADDRESSES_MAX) {
		if ((*n)++)
			buf_addc(out, ',');
		buf_addc(out, '{');
		put_string(out, "address", buf_slice(&clean));
		put_name(ia, out);
		buf_addc(out, '}');
	}
	buf_release(&clean);
}

/* The members of a group stand for it; a group within a group does not exist. */
static void
put_addresses(InternetAddressList *list, bool groups, struct buf *out, size_t *n)
{
	int count = list ? internet_address_list_length(list) : 0;

	for (int i = 0; i < count && *n < ADDRESSES_MAX; i++) {
		InternetAddress *ia = internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(ia))
			put_mailbox(ia, out, n);
		else if (groups && INTERNET_ADDRESS_IS_GROUP(ia))
			put_addresses(
			    internet_address_group_get_members(INTERNET_ADDRESS_GROUP(ia)), false, out, n);
	}
}

static void
put_address_header(GMimeMessage *message, const char *header, const char *key, struct buf *out)
{
	struct buf text = BUF_INIT, veiled = BUF_INIT;
	InternetAddressList *list;
	size_t n = 0;

	charset_decode(&text, mime_header(GMIME_OBJECT(message), header), SLICE(""));
	replace(buf_slice(&text), SLICE("=?"), SLICE(VEIL "?"), &veiled);
	list = internet_address_list_parse(NULL, buf_str(&veiled));
	put_key(out, key);
	buf_addc(out, '[');
	put_addresses(list, true, out, &n);
	buf_addc(out, ']');
	if (list)
		g_object_unref(list);
	buf_release(&text);
	buf_release(&veiled);
}

/* ---- the rest ---- */

static void
put_text_header(GMimeMessage *message, const char *header, const char *key, struct buf *out)
{
	put_words(mime_header(GMIME_OBJECT(message), header), key, out);
}

/* The word at the start, in lower case: "auto-replied" of "Auto-Replied; owner=..." . */
static void
put_word_header(GMimeMessage *message, const char *header, const char *key, struct buf *out)
{
	struct slice s = slice_trim(mime_header(GMIME_OBJECT(message), header));
	char word[41];
	size_t n = 0;

	while (n < s.n && n < 40 && (isalnum((unsigned char)s.p[n]) || s.p[n] == '-')) {
		word[n] = (char)tolower((unsigned char)s.p[n]);
		n++;
	}
	put_or_null(out, key, (struct slice){word, n});
}

static void
put_date(GMimeMessage *message, const struct mime_origin *o, struct buf *out)
{
	struct slice s = slice_trim(mime_header(GMIME_OBJECT(message), "Date"));
	int64_t limit = o->received_at == TIME_NONE ? INT64_MAX : o->received_at + AHEAD, date;

	if (!date_parse(s, &date) || date < OLDEST || date > limit)
		date = TIME_NONE;
	put_moment(out, "date", date);
	put_moment(out, "received_at", o->received_at);
}

static void
put_return_path(GMimeMessage *message, struct buf *out)
{
	struct slice s = slice_trim(mime_header(GMIME_OBJECT(message), "Return-Path"));
	struct buf id = BUF_INIT;

	put_key(out, "return_path");
	if (mime_next_id(&s, &id) || s.p)
		json_put_string(out, buf_slice(&id));
	else
		buf_puts(out, "null");
	buf_release(&id);
}

static bool
has_header(GMimeMessage *message, const char *name)
{
	return g_mime_header_list_contains(g_mime_object_get_header_list(GMIME_OBJECT(message)), name);
}

static void
put_autoreply(GMimeMessage *message, struct buf *out)
{
	static const char *const names[] = {"X-Autoreply", "X-Autorespond", "X-Auto-Reply",
	    "X-Autoresponder", "X-Auto-Respond", "X-AutoReply-From", "X-Mail-Autoreply",
	    "X-POST-MessageClass", "X-Failed-Recipients", "X-Loop"};
	const char *found = NULL;

	for (size_t i = 0; !found && i < sizeof names / sizeof *names; i++)
		if (has_header(message, names[i]))
			found = names[i];
	put_or_null(out, "autoreply", slice_of(found));
	put_key(out, "bulk");
	buf_puts(out, has_header(message, "List-Unsubscribe") || has_header(message, "Feedback-ID")
	                  ? "true"
	                  : "false");
}

/* Without a message every member is there all the same. */
void
mime_put_head(GMimeMessage *message, const struct mime_origin *o, struct buf *out)
{
	static const struct {
		const char *header, *key;
	} lists[] = {{"From", "from"}, {"Sender", "sender"}, {"To", "to"}, {"Cc", "cc"},
	    {"Reply-To", "reply_to"}};
	GMimeMessage *empty = message ? NULL : g_mime_message_new(FALSE);

	message = message ? message : empty;
	put_id(message, "Message-ID", "message_id", out);
	put_id(message, "In-Reply-To", "in_reply_to", out);
	put_references(message, out);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		put_address_header(message, lists[i].header, lists[i].key, out);
	put_text_header(message, "Subject", "subject", out);
	put_date(message, o, out);
	put_return_path(message, out);
	put_word_header(message, "Auto-Submitted", "auto_submitted", out);
	put_word_header(message, "Precedence", "precedence", out);
	put_text_header(message, "List-Id", "list_id", out);
	put_text_header(message, "X-Auto-Response-Suppress", "auto_response_suppress", out);
	put_autoreply(message, out);
	if (empty)
		g_object_unref(empty);
}
