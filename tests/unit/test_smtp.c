#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rfc3339.h"
#include "mail/mime.h"
#include "mail/smtp.h"
#include "mail_peer.h"

static struct arena arena = ARENA_INIT;
static struct sme_err err;

#define MAIL                                                                                       \
	"{\"from\":{\"address\":\"help@brand.example\",\"name\":\"Hilfe f\xc3\xbcr, alle\"},"       \
	"\"to\":[{\"address\":\"kim@example.org\",\"name\":null}],\"subject\":\"Re: Gr\xc3\xbc\xc3\x9f" \
	"e\","                                                                                      \
	"\"text\":\"L\xc3\xa4uft wieder.\\n\\n.punkt\",\"date\":\"2026-11-22T10:05:00Z\","          \
	"\"message_id\":\"c0ffee-0@brand.example\",\"in_reply_to\":\"a2@example.org\","             \
	"\"references\":[\"q0@example.org\",\"a2@example.org\"]}"

static const struct json_node *
tree(const char *json)
{
	const struct json_node *root = json_tree(&arena, slice_of(json), &err);

	if (!root)
		fail_msg("%s", err.text);
	return root;
}

static void
makes_a_mail(void **state)
{
	struct draft d = DRAFT_INIT, again = DRAFT_INIT;
	struct mime *mime = mime_open();
	struct mime_origin o = {.received_at = TIME_NONE};
	struct buf out = BUF_INIT;
	const struct json_node *m;

	(void)state;
	assert_int_equal(draft_make(&d, tree(MAIL), &err), 0);
	assert_int_equal(draft_make(&again, tree(MAIL), &err), 0);
	assert_string_equal(buf_str(&d.raw), buf_str(&again.raw));
	for (size_t i = 0; i < d.raw.n; i++)
		assert_true((unsigned char)d.raw.p[i] < 0x80 && (d.raw.p[i] != '\n' || d.raw.p[i - 1] == '\r'));
	assert_null(strstr(buf_str(&d.raw), "Auto-Submitted"));
	mime_put(mime, buf_slice(&d.raw), &o, &out);
	m = tree(buf_str(&out));
	assert_string_equal(node_text(m, "message_id").p, "c0ffee-0@brand.example");
	assert_string_equal(node_text(m, "in_reply_to").p, "a2@example.org");
	assert_string_equal(node_get(m, "references")->child->text.p, "q0@example.org");
	assert_string_equal(node_text(m, "subject").p, "Re: Gr\xc3\xbc\xc3\x9f"
	                                               "e");
	assert_string_equal(node_text(node_get(m, "from")->child, "name").p, "Hilfe f\xc3\xbcr, alle");
	assert_string_equal(node_text(m, "date").p, "2026-11-22T10:05:00Z");
	assert_string_equal(node_text(m, "text").p, "L\xc3\xa4uft wieder.\n\n.punkt");
	assert_string_equal(d.from, "help@brand.example");
	assert_string_equal(d.to[0], "kim@example.org");
	assert_null(d.to[1]);
	buf_release(&out);
	mime_close(mime);
	draft_release(&d);
	draft_release(&again);
}

/* The text of DRAFT as a reader gets it. */
static void
reads_back(const char *text, const char *want)
{
	struct mime *mime = mime_open();
	struct mime_origin o = {.received_at = TIME_NONE};
	struct buf mail = BUF_INIT, out = BUF_INIT;
	struct draft d = DRAFT_INIT;

	buf_puts(&mail, "{\"from\":{\"address\":\"a@b.example\"},\"to\":[{\"address\":\"k@e.org\"}],"
	                "\"bcc\":[{\"address\":\"self@b.example\"}],\"auto\":true,"
	                "\"date\":\"2026-11-22T10:05:00Z\",\"message_id\":\"x-0@b.example\",\"text\":");
	json_put_string(&mail, slice_of(text));
	buf_addc(&mail, '}');
	assert_int_equal(draft_make(&d, tree(buf_str(&mail)), &err), 0);
	for (struct slice rest = buf_slice(&d.raw), line; slice_cut(&rest, '\n', &line);)
		assert_true(line.n <= 998);
	assert_non_null(strstr(buf_str(&d.raw), "Auto-Submitted: auto-replied\r\n"));
	assert_null(strstr(buf_str(&d.raw), "self@b.example"));
	assert_string_equal(d.to[1], "self@b.example");
	mime_put(mime, buf_slice(&d.raw), &o, &out);
	assert_string_equal(node_text(tree(buf_str(&out)), "text").p, want);
	buf_release(&mail);
	buf_release(&out);
	draft_release(&d);
	mime_close(mime);
}

static void
keeps_every_text(void **state)
{
	struct buf words = BUF_INIT, letters = BUF_INIT;

	(void)state;
	for (int i = 0; i < 500; i++)
		buf_printf(&words, i ? " w\xc3\xb6rd%d" : "w\xc3\xb6rd%d", i);
	for (int i = 0; i < 3000; i++)
		buf_addc(&letters, 'x');
	reads_back("short", "short");
	reads_back("From here\n>not quoted\n space", "From here\nspace");
	reads_back("one\n\n\ntwo \nthree", "one\n\ntwo\nthree");
	reads_back("a line that is just about as long as it may be before it is broken here and",
	    "a line that is just about as long as it may be before it is broken here and");
	reads_back(buf_str(&words), buf_str(&words));
	reads_back(buf_str(&letters), buf_str(&letters));
	reads_back("Hello\n-- \nThe desk", "Hello");
	reads_back("\x1b[31mred\r\n.\r\nMAIL FROM:<x@y>", "[31mred\n.\nMAIL FROM:<x@y>");
	buf_release(&words);
	buf_release(&letters);
}

/* Whatever stands in it: no header more than there ought to be, no recipient more. */
static void
lets_no_header_in(void **state)
{
	struct draft d = DRAFT_INIT;
	const char *mail = "{\"from\":{\"address\":\"a@b.example\",\"name\":\"x\\r\\nBcc: evil@e.org\"},"
	                   "\"to\":[{\"address\":\"k@e.org\",\"name\":\"\\\"\\nBcc: evil@e.org\"}],"
	                   "\"subject\":\"s\\r\\nBcc: evil@e.org\\n\\nbody\",\"text\":\"t\","
	                   "\"in_reply_to\":\"x@y>\\r\\nBcc: evil@e.org\",\"references\":[\"<bad\",\"ok@e.org\"],"
	                   "\"lang\":\"de\\r\\nBcc: evil@e.org\","
	                   "\"date\":\"2026-11-22T10:05:00Z\",\"message_id\":\"x-0@b.example\"}";
	struct slice rest, line;

	(void)state;
	assert_int_equal(draft_make(&d, tree(mail), &err), 0);
	rest = buf_slice(&d.raw);
	while (slice_cut(&rest, '\n', &line) && line.n > 1) {
		assert_false(slice_starts(line, SLICE("Bcc")));
		assert_false(slice_starts(line, SLICE("In-Reply-To")));
	}
	assert_non_null(strstr(buf_str(&d.raw), "References: <ok@e.org>\r\n"));
	assert_int_equal(d.nto, 1);
	draft_release(&d);
}

static void
refuses_what_is_no_address(void **state)
{
	static const char *const bad[] = {"", "x", "@y", "x@", "x@y z", "x@y>\\r\\nRCPT TO:<z@y", "a@b@c",
	    "\\\"a b\\\"@c", "a@b,c@d", "\xc3\xbc@b.example"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct draft d = DRAFT_INIT;
		char mail[400];

		snprintf(mail, sizeof mail,
		    "{\"from\":{\"address\":\"a@b.example\"},\"to\":[{\"address\":\"%s\"}],\"text\":\"t\","
		    "\"date\":\"2026-11-22T10:05:00Z\",\"message_id\":\"x-0@b.example\"}", bad[i]);
		assert_int_equal(draft_make(&d, tree(mail), &err), -1);
		assert_int_equal(err.status, SME_DATA);
		draft_release(&d);
	}
}

#define GREETING "S 220 mx\r\n", "C EHLO brand.example\r\n", "S 250-mx\r\n250 8BITMIME\r\n",        \
	"C MAIL FROM:<help@brand.example>"

/* libcurl does not say. */
#define ANY (-1)

static void
tells_what_became_of_it(void **state)
{
	static const struct {
		const char *const steps[16];
		bool sent, maybe;
		enum sme_status status;
		long code;
	} cases[] = {
	    {{GREETING, "S 250 ok\r\n", "C RCPT TO:<kim@example.org>", "S 250 ok\r\n", "C DATA",
	         "S 354 go\r\n", "D", "S 250 queued as 5\r\n", "C QUIT", "S 221 bye\r\n"},
	        true, false, SME_OK, 250},
	    {{GREETING, "S 452 full\r\n", "H"}, false, false, SME_TEMPFAIL, 452},
	    {{GREETING, "S 250 ok\r\n", "C RCPT", "S 550 no such user\r\n", "H"}, false, false, SME_DATA, 550},
	    {{GREETING, "S 250 ok\r\n", "C RCPT", "S 250 ok\r\n", "C DATA", "S 354 go\r\n", "D",
	         "S 451 later\r\n", "H"},
	        false, false, SME_TEMPFAIL, 451},
	    {{GREETING, "S 250 ok\r\n", "C RCPT", "S 250 ok\r\n", "C DATA", "S 354 go\r\n", "D",
	         "S 554 spam\r\n", "H"},
	        false, false, SME_DATA, 554},
	    /* Nobody knows. */
	    {{GREETING, "S 250 ok\r\n", "C RCPT", "S 250 ok\r\n", "C DATA", "S 354 go\r\n", "D", "X"}, false,
	        true, SME_UNAVAILABLE, ANY},
	    {{GREETING, "S 250 ok\r\n", "C RCPT", "S 250 ok\r\n", "C DATA", "S 354 go\r\n", "D", "S 25", "X"},
	        false, true, SME_UNAVAILABLE, ANY},
	    {{GREETING, "S 250 ok\r\n", "C RCPT", "S 250 ok\r\n", "C DATA", "S 354 go\r\n", "D", "H"}, false,
	        true, SME_UNAVAILABLE, ANY},
	    /* And here it is known: the end of the mail never came. */
	    {{GREETING, "S 250 ok\r\n", "C RCPT", "S 250 ok\r\n", "C DATA", "X"}, false, false,
	        SME_UNAVAILABLE, ANY},
	    {{"S 554 go away\r\n", "H"}, false, false, SME_DATA, 554},
	    {{"X"}, false, false, SME_UNAVAILABLE, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char url[60];
		struct mail_server s = {.url = url, .allowed = loopback(), .plain = true, .timeout = 700};
		struct smtp_result r;
		struct draft d = DRAFT_INIT;
		struct peer peer;
		const char *missed;
		int got;

		assert_int_equal(draft_make(&d, tree(MAIL), &err), 0);
		peer_start(&peer, cases[i].steps);
		snprintf(url, sizeof url, "smtp://127.0.0.1:%u", peer.port);
		err.status = SME_OK;
		got = smtp_send(&s, &d, "brand.example", &r, &err);
		missed = peer_end(&peer);
		if (missed)
			fail_msg("case %zu: not met: %s; got: %s", i, missed, buf_str(&peer.got));
		if (r.maybe_sent != cases[i].maybe || r.sent != cases[i].sent || err.status != cases[i].status)
			fail_msg("case %zu: %d %d %d %s", i, r.sent, r.maybe_sent, err.status, err.text);
		assert_int_equal(got, cases[i].sent ? 0 : -1);
		if (cases[i].code != ANY)
			assert_int_equal(r.status, cases[i].code);
		if (cases[i].sent) {
			assert_string_equal(r.text, "250 queued as 5");
			assert_non_null(strstr(buf_str(&peer.got), "\r\n..punkt\r\n.\r\n"));
		}
		buf_release(&peer.got);
		draft_release(&d);
	}
}

static void
tells_a_login_that_is_refused(void **state)
{
	static const struct {
		const char *const steps[10];
		enum sme_status status;
	} cases[] = {
	    {{"S 220 mx\r\n", "C EHLO", "S 250-mx\r\n250 AUTH PLAIN\r\n",
	         "C AUTH PLAIN\r\n", "S 334 \r\n", "C AGtpbQBzMyBjcmV0\r\n", "S 535 s3 cret is wrong\r\n", "H"},
	        SME_NOPERM},
	    {{"S 220 mx\r\n", "C EHLO", "S 250-mx\r\n250 AUTH PLAIN\r\n", "C AUTH PLAIN",
	         "S 454 try later\r\n", "H"},
	        SME_UNAVAILABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char url[60];
		struct mail_server s = {.url = url, .user = "kim", .password = "s3 cret",
		    .allowed = loopback(), .plain = true, .timeout = 700};
		struct smtp_result r;
		struct draft d = DRAFT_INIT;
		struct peer peer;

		assert_int_equal(draft_make(&d, tree(MAIL), &err), 0);
		peer_start(&peer, cases[i].steps);
		snprintf(url, sizeof url, "smtp://127.0.0.1:%u", peer.port);
		assert_int_equal(smtp_send(&s, &d, "brand.example", &r, &err), -1);
		assert_null(peer_end(&peer));
		assert_int_equal(err.status, cases[i].status);
		assert_false(r.maybe_sent);
		assert_null(strstr(err.text, "cret"));
		buf_release(&peer.got);
		draft_release(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_a_mail),
	    cmocka_unit_test(keeps_every_text),
	    cmocka_unit_test(lets_no_header_in),
	    cmocka_unit_test(refuses_what_is_no_address),
	    cmocka_unit_test(tells_what_became_of_it),
	    cmocka_unit_test(tells_a_login_that_is_refused),
	};
	int failed;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	curl_global_cleanup();
	return failed;
}
