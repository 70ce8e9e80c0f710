#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/rfc3339.h"
#include "mail/body.h"
#include "mail/mime.h"
#include "mail/words.h"
#include "net/charset.h"
#include "stream/tree.h"

static struct mime *mime;
static struct arena arena = ARENA_INIT;
static struct buf out = BUF_INIT;

/* 2026-11-22T09:30:00Z */
#define RECEIVED INT64_C(1795339800000)

static const struct json_node *
read_bytes(struct slice mail)
{
	struct mime_origin o = {.received_at = RECEIVED};
	struct sme_err err = {.text = ""};
	const struct json_node *root;

	buf_clear(&out);
	mime_put(mime, mail, &o, &out);
	root = json_tree(&arena, buf_slice(&out), &err);
	if (!root)
		fail_msg("%s: %s", err.text, buf_str(&out));
	return root;
}

static const struct json_node *
read_mail(const char *mail)
{
	return read_bytes(slice_of(mail));
}

static const char *
text(const struct json_node *node, const char *key)
{
	struct slice s = node_text(node, key);

	return s.p ? s.p : "(none)";
}

static const struct json_node *
nth(const struct json_node *node, const char *key, size_t n)
{
	for (NODE_EACH(it, node_get(node, key)))
		if (!n--)
			return it;
	return NULL;
}

static void
reads_a_simple_mail(void **state)
{
	const struct json_node *m = read_mail(
	    "Return-Path: <kim@example.org>\n"
	    "Received: from a by b; Sun, 22 Nov 2026 10:30:00 +0100\n"
	    "Message-ID: <a1@example.org>\nIn-Reply-To: <q1@brand.example>\n"
	    "References: <root@example.org>\n <q1@brand.example>\n"
	    "From: Kim Vogel <kim@example.org>\nTo: \"Support, Team\" <help@brand.example>, x@brand.example\n"
	    "Cc: friends: a@example.org, B <b@example.org>;\nReply-To: kim.private@example.org\n"
	    "Subject: No network\nDate: Sun, 22 Nov 2026 10:29:58 +0100\n\nHello,\nno network in Kiel.\n");

	(void)state;
	assert_string_equal(text(m, "message_id"), "a1@example.org");
	assert_string_equal(text(m, "in_reply_to"), "q1@brand.example");
	assert_string_equal(nth(m, "references", 0)->text.p, "root@example.org");
	assert_string_equal(nth(m, "references", 1)->text.p, "q1@brand.example");
	assert_string_equal(text(nth(m, "from", 0), "address"), "kim@example.org");
	assert_string_equal(text(nth(m, "from", 0), "name"), "Kim Vogel");
	assert_string_equal(text(nth(m, "to", 0), "name"), "Support, Team");
	assert_string_equal(text(nth(m, "to", 1), "address"), "x@brand.example");
	assert_int_equal(node_get(nth(m, "to", 1), "name")->type, JSON_NULL);
	assert_string_equal(text(nth(m, "cc", 1), "address"), "b@example.org");
	assert_string_equal(text(nth(m, "reply_to", 0), "address"), "kim.private@example.org");
	assert_string_equal(text(m, "subject"), "No network");
	assert_string_equal(text(m, "date"), "2026-11-22T09:29:58Z");
	assert_string_equal(text(m, "received_at"), "2026-11-22T09:30:00Z");
	assert_string_equal(text(m, "return_path"), "kim@example.org");
	assert_string_equal(text(m, "text"), "Hello,\nno network in Kiel.");
	assert_string_equal(text(m, "format"), "plain");
	assert_int_equal(node_get(m, "attachments")->count, 0);
	assert_int_equal(node_get(m, "auto_submitted")->type, JSON_NULL);
	assert_int_equal(node_get(m, "report")->type, JSON_NULL);
	assert_int_equal(node_get(m, "cut")->count, 0);
}

/* "Grüße aus Köln – 5 €" where the charset has it, as subject, name and text. */
static void
reads_umlauts_in_every_encoding(void **state)
{
	static const char *const mails[] = {
	    "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=\n"
	    "From: =?UTF-8?B?SsO2cmcgTcO8bGxlcg==?= <j@example.org>\n"
	    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
	    "Gr=C3=BC=C3=9Fe aus K=C3=\n=B6ln\n",
	    "Subject: =?iso-8859-1?Q?Gr=FC=DFe_aus?= =?iso-8859-15?Q?_K=F6ln?=\n"
	    "From: =?ISO-8859-1?Q?J=F6rg?= =?ISO-8859-1?Q?_M=FCller?= <j@example.org>\n"
	    "Content-Type: text/plain; charset=\"iso-8859-1\"\n\nGr\xfc\xdf"
	    "e aus K\xf6ln\n",
	    "Subject: Gr\xc3\xbc\xc3\x9f"
	    "e aus K\xc3\xb6ln\nFrom: J\xc3\xb6rg M\xc3\xbcller <j@example.org>\n"
	    "Content-Transfer-Encoding: 8bit\n\nGr\xc3\xbc\xc3\x9f"
	    "e aus K\xc3\xb6ln\n",
	    "Subject: Gr\xfc\xdf"
	    "e aus K\xf6ln\nFrom: J\xf6rg M\xfcller <j@example.org>\n"
	    "Content-Type: text/plain; charset=utf-8\n\nGr\xfc\xdf"
	    "e aus K\xf6ln\n",
	    "Subject: =?windows-1252?B?R3L832UgYXVzIEv2bG4=?=\n"
	    "From: \"=?utf-8?Q?J=C3=B6rg_M=C3=BCller?=\" <j@example.org>\n"
	    "Content-Type: text/plain; charset=x-unknown-99\nContent-Transfer-Encoding: base64\n\n"
	    "R3L832UgYXVzIEv2bG4=\n",
	    "Subject: =?utf-8?B?R3LDvMOfZSBhdXM=?=\n =?utf-8?B?IEvDtmxu?=\n"
	    "From: j@example.org (=?utf-8?Q?J=C3=B6rg_M=C3=BCller?=)\n"
	    "Content-Type: text/html; charset=utf-8\n\n<p>Gr&uuml;&szlig;e aus K&#246;ln</p>\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof mails / sizeof *mails; i++) {
		const struct json_node *m = read_mail(mails[i]);

		assert_string_equal(text(m, "subject"), "Gr\xc3\xbc\xc3\x9f"
		                                        "e aus K\xc3\xb6ln");
		assert_string_equal(text(nth(m, "from", 0), "address"), "j@example.org");
		assert_string_equal(text(nth(m, "from", 0), "name"), "J\xc3\xb6rg M\xc3\xbcller");
		assert_string_equal(text(m, "text"), "Gr\xc3\xbc\xc3\x9f"
		                                     "e aus K\xc3\xb6ln");
	}
}

static void
reads_utf7(void **state)
{
	const struct json_node *m =
	    read_mail("Content-Type: text/plain; charset=utf-7\n\nGr+APwA3w-e\n");

	(void)state;
	assert_string_equal(text(m, "text"), "Gr\xc3\xbc\xc3\x9f"
	                                     "e");
}

static void
takes_a_wrong_date_for_none(void **state)
{
	static const char *const dates[] = {"", "Date: \n", "Date: yesterday\n",
	    "Date: Thu, 01 Jan 1970 00:00:00 +0000\n", "Date: Tue, 01 Jan 2036 00:00:00 +0000\n",
	    "Date: Sun, 99 Nov 2026 10:00:00 +0100\n"};
	char mail[200];

	(void)state;
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		snprintf(mail, sizeof mail, "From: a@example.org\n%s\nx\n", dates[i]);
		assert_int_equal(node_get(read_mail(mail), "date")->type, JSON_NULL);
	}
}

static void
separates_quotations(void **state)
{
	static const struct {
		const char *in, *text, *quoted, *signature;
	} cases[] = {
	    {"Thanks.\n\nAm 21.11.2026 um 14:05 schrieb Help Desk <help@brand.example>:\n> Have you tried\n"
	     "> it again?\n",
	        "Thanks.",
	        "Am 21.11.2026 um 14:05 schrieb Help Desk <help@brand.example>:\n> Have you tried\n"
	        "> it again?",
	        ""},
	    {"No.\n\nOn Sat, Nov 21, 2026 at 2:05 PM Help Desk\n<help@brand.example> wrote:\n\n> Tried?\n",
	        "No.", "On Sat, Nov 21, 2026 at 2:05 PM Help Desk\n<help@brand.example> wrote:\n> Tried?", ""},
	    {"Help Desk wrote:\n> When?\nYesterday.\n> Where?\nKiel: all day.\n-- \nKim\nKiel\n",
	        "Yesterday.\nKiel: all day.", "Help Desk wrote:\n> When?\n> Where?", "Kim\nKiel"},
	    {"Still broken\n\n-----Urspr\xc3\xbcngliche Nachricht-----\nVon: Help\nText\n", "Still broken",
	        "-----Urspr\xc3\xbcngliche Nachricht-----\nVon: Help\nText", ""},
	    {"Still broken\n________________________________\nVon: Help Desk <h@brand.example>\n"
	     "Gesendet: Samstag, 21. November 2026 14:05\nAn: Kim\nBetreff: Re\n\nold\n",
	        "Still broken",
	        "Von: Help Desk <h@brand.example>\nGesendet: Samstag, 21. November 2026 14:05\nAn: Kim\n"
	        "Betreff: Re\n\nold",
	        ""},
	    {"> only\n> quoted\n", "> only\n> quoted", "", ""},
	    {"Name: Kim\nDatum: 21.11.2026\nText: broken\n", "Name: Kim\nDatum: 21.11.2026\nText: broken", "",
	        ""},
	    {"These are my questions:\n1. when?\n", "These are my questions:\n1. when?", "", ""},
	    {"", "", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct body b = BODY_INIT;

		body_split(slice_of(cases[i].in), &b);
		assert_string_equal(buf_str(&b.text), cases[i].text);
		assert_string_equal(buf_str(&b.quoted), cases[i].quoted);
		assert_string_equal(buf_str(&b.signature), cases[i].signature);
		body_release(&b);
	}
}

static void
joins_flowed_lines(void **state)
{
	static const struct {
		const char *in;
		bool delsp;
		const char *out;
	} cases[] = {
	    {"one \ntwo\n\nthree\n", false, "one two\n\nthree\n"},
	    {">> a \n>> b\n> c \nd\n", false, ">> a b\n> c \nd\n"},
	    {" From here \n >no quote\n-- \nKim\n", false, "From here >no quote\n-- \nKim\n"},
	    {"ab \ncd\n", true, "abcd\n"},
	    {"end ", false, "end "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&out);
		body_unflow(slice_of(cases[i].in), cases[i].delsp, &out);
		assert_string_equal(buf_str(&out), cases[i].out);
	}
}

static void
chooses_among_parts(void **state)
{
	const struct json_node *m = read_mail(
	    "Content-Type: multipart/mixed; boundary=A\n\npreamble\n"
	    "--A\nContent-Type: multipart/related; boundary=B\n\n"
	    "--B\nContent-Type: multipart/alternative; boundary=C\n\n"
	    "--C\nContent-Type: text/plain\n\nplain words\n"
	    "--C\nContent-Type: text/html\n\n<p>HTML words</p>\n--C--\n"
	    "--B\nContent-Type: image/png; name=\"p.png\"\nContent-ID: <p1>\n"
	    "Content-Disposition: inline\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--B--\n"
	    "--A\nContent-Type: text/plain; name*=utf-8''Beschwerde%20%C3%BC.txt\n"
	    "Content-Disposition: attachment; filename*0*=utf-8''C:%5Ctmp%5CBesch;\n"
	    " filename*1=werde.txt\n\nnot the text\n"
	    "--A\nContent-Type: application/ms-tnef; name=winmail.dat\n"
	    "Content-Transfer-Encoding: base64\n\neJ8+Ig==\n"
	    "--A\nContent-Type: message/rfc822\n\nSubject: old/one\n\nforwarded\n"
	    "--A\nContent-Type: text/plain\n\nand a footer\n--A--\n");
	const struct json_node *png = nth(m, "attachments", 0);

	(void)state;
	assert_string_equal(text(m, "text"), "plain words\n\nand a footer");
	assert_string_equal(text(m, "format"), "plain");
	assert_int_equal(node_get(m, "attachments")->count, 4);
	assert_string_equal(text(png, "name"), "p.png");
	assert_string_equal(text(png, "type"), "image/png");
	assert_int_equal((int)node_number(png, "size", -1), 8);
	assert_string_equal(text(png, "sha256"),
	    "4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6");
	assert_true(node_bool(png, "inline", false));
	assert_string_equal(text(png, "content_id"), "p1");
	assert_string_equal(text(nth(m, "attachments", 1), "name"), "Beschwerde.txt");
	assert_string_equal(text(nth(m, "attachments", 2), "type"), "application/ms-tnef");
	assert_string_equal(text(nth(m, "attachments", 3), "name"), "old-one.eml");
}

static void
reads_html(void **state)
{
	const struct json_node *m = read_mail("Content-Type: multipart/alternative; boundary=A\n\n"
	    "--A\nContent-Type: text/plain\n\n \n"
	    "--A\nContent-Type: text/html\n\n<p>See <a href=\"https://e.example/x\">this</a></p>"
	    "<div class=\"gmail_quote\"><div>On 21 Nov 2026 Help wrote:</div><blockquote>old</blockquote>"
	    "</div>\n--A--\n");

	(void)state;
	assert_string_equal(text(m, "text"), "See this");
	assert_string_equal(text(m, "quoted"), "> On 21 Nov 2026 Help wrote:\n>\n> old");
	assert_string_equal(text(m, "format"), "html");
	assert_string_equal(nth(m, "links", 0)->text.p, "https://e.example/x");
}

static void
recognises_automatic_mail(void **state)
{
	const struct json_node *m = read_mail("Return-Path: <>\nAuto-Submitted: Auto-Replied; x=y\n"
	    "Precedence: BULK\nList-Id: News <news.example.org>\nX-Autoreply: yes\n"
	    "X-Auto-Response-Suppress: All\nList-Unsubscribe: <mailto:u@example.org>\n\nAway\n");

	(void)state;
	assert_string_equal(text(m, "return_path"), "");
	assert_string_equal(text(m, "auto_submitted"), "auto-replied");
	assert_string_equal(text(m, "precedence"), "bulk");
	assert_string_equal(text(m, "list_id"), "News <news.example.org>");
	assert_string_equal(text(m, "autoreply"), "X-Autoreply");
	assert_string_equal(text(m, "auto_response_suppress"), "All");
	assert_true(node_bool(m, "bulk", false));
}

static void
reads_a_bounce(void **state)
{
	const struct json_node *m = read_mail(
	    "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; boundary=A;\n"
	    " report-type=Delivery-Status\n\n"
	    "--A\n\nYour mail could not be delivered.\n"
	    "--A\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
	    "Final-Recipient: rfc822; kim@example.org\nAction: failed\nStatus: 5.1.1\n"
	    "Diagnostic-Code: smtp; 550 no such user\n"
	    "--A\nContent-Type: message/rfc822\n\nMessage-ID: <ours@brand.example>\nSubject: Re\n\nx\n--A--\n");
	const struct json_node *report = node_get(m, "report"), *to = nth(report, "recipients", 0);

	(void)state;
	assert_string_equal(text(report, "type"), "delivery-status");
	assert_string_equal(text(report, "original"), "ours@brand.example");
	assert_int_equal(node_get(report, "recipients")->count, 1);
	assert_string_equal(text(to, "address"), "kim@example.org");
	assert_string_equal(text(to, "action"), "failed");
	assert_string_equal(text(to, "status"), "5.1.1");
	assert_string_equal(text(to, "diagnostic"), "550 no such user");
	assert_string_equal(text(m, "text"), "Your mail could not be delivered.");
}

static void
finds_ids(void **state)
{
	static const struct {
		const char *in, *ids;
	} cases[] = {
	    {"<a@b> <c@d>", "a@b c@d "},
	    {"<a\n @b>(comment)<c@d", "a@b c@d "},
	    {"a@b c@d word", "a@b c@d "},
	    {"<>", ""},
	    {"no id here", ""},
	    {"<<a@b>>", "a@b "},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice s = slice_of(cases[i].in);
		struct buf id = BUF_INIT;

		buf_clear(&out);
		while (mime_next_id(&s, &id))
			buf_printf(&out, "%s ", buf_str(&id));
		assert_string_equal(buf_str(&out), cases[i].ids);
		buf_release(&id);
	}
}

static void
decodes_words(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"=?utf-8?B?w7w=?= =?utf-8?B?w7w=?=", "\xc3\xbc\xc3\xbc"},
	    {"=?utf-8?Q?=C3?= =?UTF-8?Q?=BC?=", "\xc3\xbc"},
	    {"a =?utf-8?q?b_c?= d", "a b c d"},
	    {"=?utf-8?q?b?=c", "bc"},
	    {"=?utf-8*de?q?x?=", "x"},
	    {"=?iso-2022-jp?B?GyRCMWcbKEI=?=", "\xe6\x8f\xb4"},
	    {"=?utf-8?q?open", "=?utf-8?q?open"},
	    {"=?? =?x?y?z?=", "=?? =?x?y?z?="},
	    {"=?utf-8?q?a b?=", "a b"},
	    {"\xfc", "\xc3\xbc"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&out);
		words_decode(slice_of(cases[i].in), &out);
		assert_string_equal(buf_str(&out), cases[i].out);
	}
}

static void
names_mails_without_id_alike(void **state)
{
	char first[64], second[64];

	(void)state;
	snprintf(first, sizeof first, "%s",
	    text(read_mail("X-UID: 5\nFrom: a@example.org\nSubject: s\n\nbody\n"), "hash"));
	snprintf(second, sizeof second, "%s",
	    text(read_mail("From: a@example.org\r\nSubject: s\r\nStatus: RO\r\n\r\nbody\r\n"), "hash"));
	assert_string_equal(first, second);
	assert_int_equal(strlen(first), 32);
	assert_string_not_equal(
	    first, text(read_mail("From: a@example.org\nSubject: s\n\nother\n"), "hash"));
}

/* ---- hostile ---- */

static const char *const nasty[] = {
    "From: \"a\x1b[31m\" <b@c>\nSubject: x\x1b]0;y\x07\n\nz\x1b[2J\x00\n",
    "From: <<<<>>>>,,,;;;::::\nTo: \"\"\"\"\\\\\nCc: a:b:c:d:e;;;;@@@\n\n",
    "Content-Type: multipart/mixed\n\n--\n--\n",
    "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n----\n",
    "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n",
    "Content-Type: ;;;===\nContent-Disposition: ;filename=\"\nContent-Transfer-Encoding: uuencode\n\nbegin\n",
    "Subject: =?utf-8?B?////?= =?utf-8?Q?=ZZ=?= =??Q?x?= =?utf-8?X?a?=\n\n",
    "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n=\n=Z=F=\n=3D=",
    "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!!====AAA\n",
    "Content-Type: text/plain; charset=utf-16\n\n\xd8\xd8\xd8",
    "Content-Type: multipart/report\n\n--\n",
    "Content-Type: multipart/signed; boundary=x\n\n",
    "Content-Type: text/html\n\n<blockquote<div class=gmail_quote<<<",
    "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n",
    "Content-Type: message/partial; number=1; total=9999999999; id=x\n\nx",
    "no headers at all", "\n", "\n\n\n", ":", "From a@b Sun Nov 22 09:30:00 2026\nFrom: x@y\n\nz\n", "",
};

static void
survives_every_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++)
		for (size_t n = 0; n <= strlen(nasty[i]); n++)
			assert_non_null(read_bytes((struct slice){nasty[i], n}));
}

static void
shows_no_control_bytes(void **state)
{
	const struct json_node *m = read_mail(nasty[0]);

	(void)state;
	assert_string_equal(text(nth(m, "from", 0), "name"), "a[31m");
	assert_string_equal(text(m, "subject"), "x]0;y");
	assert_string_equal(text(m, "text"), "z[2J");
}

static void
repeat(struct buf *b, const char *what, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_puts(b, what);
}

static bool
was_cut(const struct json_node *m, const char *what)
{
	for (NODE_EACH(it, node_get(m, "cut")))
		if (slice_is(it->text, what))
			return true;
	return false;
}

static void
bounds_depth_parts_and_sizes(void **state)
{
	struct buf b = BUF_INIT;
	const struct json_node *m;

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	assert_true(was_cut(read_bytes(buf_slice(&b)), "parts"));
	buf_clear(&b);
	repeat(&b, "Content-Type: message/rfc822\n\n", 5000);
	assert_true(was_cut(read_bytes(buf_slice(&b)), "parts"));
	buf_clear(&b);
	repeat(&b, "A: b\n", 1000000);
	assert_true(was_cut(read_bytes(buf_slice(&b)), "headers"));
	buf_clear(&b);
	buf_puts(&b, "To: ");
	repeat(&b, "a@b,", 1000000);
	m = read_bytes(buf_slice(&b));
	assert_true(was_cut(m, "headers"));
	assert_true(node_get(m, "to")->count <= 100);
	buf_clear(&b);
	buf_puts(&b, "To: ");
	repeat(&b, "a:", 200000);
	read_bytes(buf_slice(&b));
	buf_clear(&b);
	buf_puts(&b, "To: ");
	repeat(&b, "(", 500000);
	read_bytes(buf_slice(&b));
	buf_clear(&b);
	buf_puts(&b, "References: ");
	repeat(&b, "<a@b>\n ", 60000);
	assert_int_equal(node_get(read_bytes(buf_slice(&b)), "references")->count, 100);
	buf_clear(&b);
	buf_puts(&b, "Subject: long\n\n");
	repeat(&b, "\xc3\xbc", 4000000);
	m = read_bytes(buf_slice(&b));
	assert_true(was_cut(m, "text"));
	assert_true(node_text(m, "text").n <= 1 << 20);
	assert_true(utf8_valid(node_text(m, "text")));
	buf_clear(&b);
	buf_puts(&b, "Content-Type: multipart/mixed; boundary=x\n\n");
	repeat(&b, "--x\nContent-Type: image/png\n\ny\n", 300);
	m = read_bytes(buf_slice(&b));
	assert_int_equal(node_get(m, "attachments")->count, 100);
	assert_true(was_cut(m, "attachments"));
	buf_release(&b);
}

static void
tells_that_a_mail_was_larger(void **state)
{
	struct mime_origin o = {.received_at = TIME_NONE, .size = 5000, .extra = SLICE("\"uid\":7,")};
	const struct json_node *m;

	(void)state;
	buf_clear(&out);
	mime_put(mime, SLICE("Subject: x\n\nthe beginn"), &o, &out);
	m = json_tree(&arena, buf_slice(&out), NULL);
	assert_true(was_cut(m, "size"));
	assert_int_equal((int)node_number(m, "size", 0), 5000);
	assert_int_equal((int)node_number(m, "uid", 0), 7);
	assert_int_equal(node_get(m, "received_at")->type, JSON_NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_a_simple_mail),
	    cmocka_unit_test(reads_umlauts_in_every_encoding),
	    cmocka_unit_test(reads_utf7),
	    cmocka_unit_test(takes_a_wrong_date_for_none),
	    cmocka_unit_test(separates_quotations),
	    cmocka_unit_test(joins_flowed_lines),
	    cmocka_unit_test(chooses_among_parts),
	    cmocka_unit_test(reads_html),
	    cmocka_unit_test(recognises_automatic_mail),
	    cmocka_unit_test(reads_a_bounce),
	    cmocka_unit_test(finds_ids),
	    cmocka_unit_test(decodes_words),
	    cmocka_unit_test(names_mails_without_id_alike),
	    cmocka_unit_test(survives_every_prefix),
	    cmocka_unit_test(shows_no_control_bytes),
	    cmocka_unit_test(bounds_depth_parts_and_sizes),
	    cmocka_unit_test(tells_that_a_mail_was_larger),
	};
	int failed;

	mime = mime_open();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	mime_close(mime);
	arena_release(&arena);
	buf_release(&out);
	return failed;
}
