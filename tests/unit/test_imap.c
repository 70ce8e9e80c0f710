#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rfc3339.h"
#include "mail/imap.h"
#include "mail/imap_int.h"
#include "mail_peer.h"

static struct mime *mime;
static struct arena arena = ARENA_INIT;
static struct buf body = BUF_INIT;
static struct sme_err err;
static struct peer peer;
static const char *const *script;
static int64_t timeout = 5000;

/* What libcurl says first, and we. */
#define LOGIN                                                                                      \
	"S * OK hello\r\n", "C %t CAPABILITY", "S * CAPABILITY IMAP4rev1\r\n%t OK\r\n",             \
	    "C %t LOGIN kim \"s3 cret\"", "S %t OK\r\n", "C s1 CAPABILITY",                         \
	    "S * CAPABILITY IMAP4rev1 UIDPLUS\r\n%t OK\r\n"
#define SELECTED                                                                                   \
	"C %t EXAMINE \"INBOX\"",                                                                   \
	    "S * 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 12] x\r\n%t OK [READ-ONLY] x\r\n"

static struct imap *
opened(const char *const *steps)
{
	char url[60];
	struct mail_server s = {.url = url, .user = "kim", .password = "s3 cret", .allowed = loopback(),
	    .plain = true, .timeout = timeout};
	struct imap *m;

	script = steps;
	peer_start(&peer, script);
	snprintf(url, sizeof url, "imap://127.0.0.1:%u", peer.port);
	err.text[0] = '\0';
	m = imap_open(&s, &err);
	if (m)
		m->link.server.url = "imap://mail.example";
	return m;
}

static void
ended(struct imap *m)
{
	const char *missed;

	imap_close(m);
	missed = peer_end(&peer);
	if (missed)
		fail_msg("not met: %s; got: %s", missed, buf_str(&peer.got));
	buf_release(&peer.got);
}

/* A page after CURSOR (may be NULL), or NULL with ERR. */
static const struct json_node *
page(struct imap *m, const char *cursor, size_t limit, int64_t since)
{
	struct imap_query q = {.folder = SLICE("INBOX"), .since = since, .limit = limit};
	const struct json_node *root;

	if (cursor)
		q.cursor = json_tree(&arena, slice_of(cursor), NULL);
	buf_clear(&body);
	if (imap_page(m, mime, &q, &body, &err) < 0)
		return NULL;
	root = json_tree(&arena, buf_slice(&body), &err);
	if (!root)
		fail_msg("%s: %s", err.text, buf_str(&body));
	return root;
}

static const char *
dump(const struct json_node *root, const char *key)
{
	static struct buf b = BUF_INIT;

	buf_clear(&b);
	node_put(&b, node_get(root, key));
	return buf_str(&b);
}

static const char *
subjects(const struct json_node *root)
{
	static struct buf b = BUF_INIT;

	buf_clear(&b);
	for (NODE_EACH(it, node_get(root, "messages")))
		buf_printf(&b, "%g:%s ", node_number(it, "uid", 0), node_text(it, "subject").p);
	return buf_str(&b);
}

static void
fetches_by_uid(void **state)
{
	static const char *const steps[] = {LOGIN, SELECTED, "C %t UID SEARCH UID 5:11\r\n",
	    "S * SEARCH 4 9 5 9\r\n%t OK\r\n",
	    "C %t UID FETCH 5,9 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.33554432>)",
	    "S * 1 FETCH (UID 5 FLAGS (\\Seen $Forwarded) INTERNALDATE \"22-Nov-2026 10:30:00 +0100\" "
	    "RFC822.SIZE 33 BODY[]<0> {33}\r\nSubject: one\r\n\r\ns3 OK\r\n* BYE\r\n)\r\n)\r\n"
	    "* 7 FETCH (FLAGS (\\Deleted))\r\n* 9 EXISTS\r\n"
	    "* 2 fetch (body[]<0> \"Subject: two\" uid 9)\r\n"
	    "* 3 FETCH (UID 77 BODY[] \"Subject: unasked\")\r\n"
	    "* 2 FETCH (UID 9 BODY[] \"Subject: again\")\r\n%t OK\r\n",
	    "C %t LOGOUT", NULL};
	struct imap *m = opened(steps);
	const struct json_node *root = page(m, "{\"uid\":4,\"uidvalidity\":7}", 10, TIME_NONE), *first;

	(void)state;
	assert_non_null(root);
	assert_string_equal(subjects(root), "5:one 9:two ");
	assert_string_equal(dump(root, "cursor"), "{\"uid\":11,\"uidvalidity\":7}");
	assert_string_equal(dump(root, "gap"), "null");
	assert_string_equal(dump(root, "more"), "false");
	first = node_get(root, "messages")->child;
	assert_string_equal(dump(first, "flags"), "[\"seen\",\"forwarded\"]");
	assert_string_equal(node_text(first, "received_at").p, "2026-11-22T09:30:00Z");
	assert_string_equal(node_text(first, "text").p, "s3 OK\n* BYE\n)");
	ended(m);
}

static void
starts_over_when_uids_count_anew(void **state)
{
	static const char *const steps[] = {LOGIN, SELECTED,
	    "C %t UID SEARCH UID 1:11 SINCE 2-Nov-2026\r\n", "S * SEARCH 3 4\r\n%t OK\r\n",
	    "C %t UID FETCH 3 ", "S * 1 FETCH (UID 3 BODY[] \"Subject: x\")\r\n%t OK\r\n", "C %t LOGOUT",
	    NULL};
	struct imap *m = opened(steps);
	int64_t since;
	const struct json_node *root;

	(void)state;
	rfc3339_parse(SLICE("2026-11-02T10:00:00Z"), &since);
	root = page(m, "{\"uid\":900,\"uidvalidity\":6}", 1, since);
	assert_non_null(root);
	assert_string_equal(subjects(root), "3:x ");
	assert_string_equal(dump(root, "gap"), "\"the folder's UIDVALIDITY changed\"");
	assert_string_equal(dump(root, "more"), "true");
	assert_string_equal(dump(root, "cursor"), "{\"uid\":3,\"uidvalidity\":7}");
	ended(m);
}

/* A server refuses all when it cannot read one. */
static void
gets_past_a_mail_that_cannot_be_read(void **state)
{
	static const char *const steps[] = {LOGIN, SELECTED, "C %t UID SEARCH",
	    "S * SEARCH 1 2 3\r\n%t OK\r\n", "C %t UID FETCH 1,2,3 ",
	    "S * 1 FETCH (UID 1 BODY[] \"Subject: a\")\r\n%t NO [SERVERBUG] broken\r\n",
	    "C %t UID FETCH 2 ", "S %t NO [SERVERBUG] broken\r\n", "C %t UID FETCH 3 ",
	    "S * 3 FETCH (UID 3 BODY[] \"Subject: c\")\r\n%t OK\r\n", "C %t LOGOUT", NULL};
	struct imap *m = opened(steps);
	const struct json_node *root = page(m, NULL, 10, TIME_NONE);

	(void)state;
	assert_non_null(root);
	assert_string_equal(subjects(root), "1:a 3:c ");
	assert_string_equal(dump(root, "unreadable"), "[2]");
	ended(m);
}

static void
leaves_no_mail_out_for_what_passes(void **state)
{
	static const char *const steps[] = {LOGIN, SELECTED, "C %t UID SEARCH", "S * SEARCH 1\r\n%t OK\r\n",
	    "C %t UID FETCH 1 ", "S %t NO [UNAVAILABLE] later\r\n", "C %t LOGOUT", NULL};
	struct imap *m = opened(steps);

	(void)state;
	assert_null(page(m, NULL, 10, TIME_NONE));
	assert_int_equal(err.status, SME_UNAVAILABLE);
	assert_string_equal(err.text, "imap://mail.example: [UNAVAILABLE] later");
	assert_false(imap_lost(m));
	ended(m);
}

/* Each of these answers to UID FETCH ends the connection with an error. */
static void
bears_hostile_servers(void **state)
{
	static const struct {
		const char *answer;
		enum sme_status status;
	} cases[] = {
	    {"S * 1 FETCH (UID 1 BODY[] {99999999999}\r\nx", SME_DATA},
	    {"S * 1 FETCH (UID 1 BODY[] {40}\r\nshort", SME_UNAVAILABLE},
	    {"S * 1 FETCH (UID 1 BODY[", SME_UNAVAILABLE},
	    {"S + go on\r\n", SME_DATA},
	    {"S HTTP/1.1 200 OK\r\n", SME_DATA},
	    {"S %t BAD what\r\n", SME_DATA},
	    {"S s99 OK\r\n", SME_DATA},
	    {"S * BYE\r\n", SME_UNAVAILABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *steps[] = {LOGIN, SELECTED, "C %t UID SEARCH", "S * SEARCH 1\r\n%t OK\r\n",
		    "C %t UID FETCH", cases[i].answer, "X", NULL};
		struct imap *m = opened(steps);

		assert_null(page(m, NULL, 10, TIME_NONE));
		assert_int_equal(err.status, cases[i].status);
		assert_true(imap_lost(m));
		assert_false(imap_alive(m));
		ended(m);
	}
}

/* What never ends is ended, however fast it comes. */
static CURLcode
pour(CURL *easy, void *p, size_t n, size_t *got)
{
	static const char line[] = "* 1 EXISTS\r\n";

	(void)easy;
	for (*got = 0; *got + sizeof line - 1 <= n; *got += sizeof line - 1)
		memcpy((char *)p + *got, line, sizeof line - 1);
	return CURLE_OK;
}

static CURLcode
swallow(CURL *easy, const void *p, size_t n, size_t *sent)
{
	(void)easy;
	(void)p;
	*sent = n;
	return CURLE_OK;
}

static void
ends_an_endless_answer(void **state)
{
	struct imap *m = imap_new();

	(void)state;
	m->recv = pour;
	m->send = swallow;
	m->link.server.url = "imap://mail.example";
	assert_int_equal(imap_must(m, SLICE("NOOP"), NULL, NULL, &err), -1);
	assert_string_equal(err.text, "imap://mail.example: the server sends more than it was asked for");
	assert_true(imap_lost(m));
	imap_close(m);
}

/* And these are just passed over. */
static void
passes_over_nonsense(void **state)
{
	static const char *const answers[] = {"S * 1 FETCH (\r\n%t OK\r\n",
	    "S * 1 FETCH (UID x BODY[] NIL)\r\n%t OK\r\n", "S * FETCH (UID 1 BODY[] {0}\r\n)\r\n%t OK\r\n",
	    "S * 1 FETCH (UID 1)\r\n%t OK\r\n", "S * 1 FETCH (BODY[] {3}\r\nabc UID)\r\n%t OK\r\n",
	    "S * \r\n* \r\n%t OK\r\n", "S * 1 FETCH (UID 1 BODY[] \"\\\r\n%t OK\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		const char *steps[] = {LOGIN, SELECTED, "C %t UID SEARCH", "S * SEARCH 1\r\n%t OK\r\n",
		    "C %t UID FETCH", answers[i], "C %t LOGOUT", NULL};
		struct imap *m = opened(steps);
		const struct json_node *root = page(m, NULL, 10, TIME_NONE);

		assert_non_null(root);
		assert_true(node_get(root, "messages")->count <= 1);
		ended(m);
	}
}

static void
does_not_wait_for_ever(void **state)
{
	static const char *const steps[] = {LOGIN, "C %t EXAMINE", "H", NULL};
	struct imap *m;

	(void)state;
	timeout = 300;
	m = opened(steps);
	timeout = 5000;
	assert_null(page(m, NULL, 10, TIME_NONE));
	assert_string_equal(err.text, "imap://mail.example: the server takes too long");
	ended(m);
}

static void
takes_no_pause_for_a_refusal(void **state)
{
	static const char *const steps[] = {"S * OK hello\r\n", "C %t CAPABILITY",
	    "S * CAPABILITY IMAP4rev1\r\n%t OK\r\n", "C %t LOGIN", "S %t NO [UNAVAILABLE] later\r\n", "H",
	    NULL};

	(void)state;
	assert_null(opened(steps));
	assert_int_equal(err.status, SME_UNAVAILABLE);
	assert_non_null(strstr(err.text, "[UNAVAILABLE] later"));
	peer_end(&peer);
	buf_release(&peer.got);
}

static void
names_a_refused_login(void **state)
{
	static const char *const steps[] = {"S * OK hello\r\n", "C %t CAPABILITY",
	    "S * CAPABILITY IMAP4rev1\r\n%t OK\r\n", "C %t LOGIN", "S %t NO wrong s3 cret\r\n", "H", NULL};

	(void)state;
	assert_null(opened(steps));
	assert_int_equal(err.status, SME_NOPERM);
	assert_null(strstr(err.text, "s3 cret"));
	peer_end(&peer);
	buf_release(&peer.got);
}

/* A token goes out as XOAUTH2 wants it, and nothing does before there is TLS. */
static void
logs_in_with_a_token(void **state)
{
	static const char *const steps[] = {"S * OK hello\r\n", "C %t CAPABILITY",
	    "S * CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n%t OK\r\n",
	    "C %t AUTHENTICATE XOAUTH2 dXNlcj1raW0BYXV0aD1CZWFyZXIgdDBrZW4BAQ==\r\n", "S %t OK\r\n",
	    "C s1 CAPABILITY", "S * CAPABILITY IMAP4rev1\r\n%t OK\r\n", "C %t LOGOUT", NULL};
	char url[60];
	struct mail_server s = {.url = url, .user = "kim", .bearer = "t0ken", .allowed = loopback(),
	    .plain = true, .timeout = timeout};
	struct imap *m;

	(void)state;
	peer_start(&peer, steps);
	snprintf(url, sizeof url, "imap://127.0.0.1:%u", peer.port);
	m = imap_open(&s, &err);
	assert_non_null(m);
	ended(m);
}

static void
insists_on_tls(void **state)
{
	static const char *const steps[] = {"S * OK hello\r\n", "C %t CAPABILITY",
	    "S * CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%t OK\r\n", "H", NULL};
	char url[60];
	struct mail_server s = {.url = url, .user = "kim", .password = "s3 cret", .allowed = loopback(),
	    .timeout = timeout};

	(void)state;
	peer_start(&peer, steps);
	snprintf(url, sizeof url, "imap://127.0.0.1:%u", peer.port);
	assert_null(imap_open(&s, &err));
	assert_int_equal(err.status, SME_CONFIG);
	assert_non_null(strstr(err.text, "the server offers no STARTTLS"));
	peer_end(&peer);
	assert_null(strstr(buf_str(&peer.got), "cret"));
	assert_null(strstr(buf_str(&peer.got), "AUTHENTICATE"));
	buf_release(&peer.got);
}

/* Mails are moved without MOVE by copying; only what was copied is expunged. */
static void
moves_and_marks(void **state)
{
	static const char *const steps[] = {LOGIN, "C %t SELECT \"INBOX\"",
	    "S * OK [UIDVALIDITY 7] x\r\n%t OK\r\n", "C %t UID COPY 3:5,9 \"Entw&APw-rfe &- \\\"x\\\"\"\r\n",
	    "S %t OK\r\n", "C %t UID STORE 3:5,9 +FLAGS.SILENT (\\Seen \\Deleted)\r\n", "S %t OK\r\n",
	    "C %t UID EXPUNGE 3:5,9\r\n", "S %t OK\r\n", "C %t SELECT", "S * OK [UIDVALIDITY 7] x\r\n%t OK\r\n",
	    "C %t UID STORE 1 +FLAGS.SILENT (\\Seen)\r\n", "S %t OK\r\n", "C %t SELECT",
	    "S * OK [UIDVALIDITY 7] x\r\n%t OK\r\n", "C %t LOGOUT", NULL};
	struct imap *m = opened(steps);
	const struct json_node *uids = json_tree(&arena, SLICE("[3,4,5,9,\"x\",-1]"), NULL);
	const struct json_node *one = json_tree(&arena, SLICE("[1]"), NULL);
	struct slice none = {NULL, 0};

	(void)state;
	assert_int_equal(
	    imap_mark(m, SLICE("INBOX"), 7, uids, SLICE("Entw\xc3\xbcrfe & \"x\""), &err), 0);
	assert_int_equal(imap_mark(m, SLICE("INBOX"), 7, one, none, &err), 0);
	/* Counted anew: these uids are other mails. */
	assert_int_equal(imap_mark(m, SLICE("INBOX"), 8, one, none, &err), 0);
	ended(m);
}

static void
finds_and_appends(void **state)
{
	static const char *const steps[] = {LOGIN, SELECTED,
	    "C %t UID SEARCH HEADER Message-ID \"<a-0@b.example>\"\r\n", "S * SEARCH 4\r\n%t OK\r\n",
	    "C %t APPEND \"INBOX\" (\\Seen) {12}\r\n", "S + go\r\n", "N 12", "C ", "S %t OK\r\n",
	    "C %t LOGOUT", NULL};
	struct imap *m = opened(steps);
	size_t found;

	(void)state;
	assert_int_equal(imap_find(m, SLICE("INBOX"), SLICE("a-0@b.example"), &found, &err), 0);
	assert_int_equal(found, 1);
	assert_int_equal(imap_find(m, SLICE("INBOX"), SLICE("a\" UNSEEN \"@b"), &found, &err), -1);
	assert_int_equal(imap_append(m, SLICE("INBOX"), SLICE("To: x\r\n\r\nab\n"), &err), 0);
	assert_non_null(strstr(buf_str(&peer.got), "To: x\r\n\r\nab\n\r\n"));
	ended(m);
}

static void
writes_folders(void **state)
{
	static const char *const cases[][2] = {
	    {"INBOX", "\"INBOX\""},
	    {"a\"b\\c", "\"a\\\"b\\\\c\""},
	    {"R&D", "\"R&-D\""},
	    {"\xe5\x8f\xb0\xe5\x8c\x97", "\"&U,BTFw-\""},
	    {"\xf0\x9f\x98\x80", "\"&2D3eAA-\""},
	    {"x\r\ny", "\"x&AA0ACg-y\""},
	    {"\xff", "\"&AP8-\""},
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&b);
		imap_put_folder(&b, slice_of(cases[i][0]));
		if (i < 6)
			assert_string_equal(buf_str(&b), cases[i][1]);
		assert_null(strchr(buf_str(&b), '\n'));
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fetches_by_uid),
	    cmocka_unit_test(starts_over_when_uids_count_anew),
	    cmocka_unit_test(gets_past_a_mail_that_cannot_be_read),
	    cmocka_unit_test(leaves_no_mail_out_for_what_passes),
	    cmocka_unit_test(bears_hostile_servers),
	    cmocka_unit_test(ends_an_endless_answer),
	    cmocka_unit_test(passes_over_nonsense),
	    cmocka_unit_test(does_not_wait_for_ever),
	    cmocka_unit_test(takes_no_pause_for_a_refusal),
	    cmocka_unit_test(names_a_refused_login),
	    cmocka_unit_test(logs_in_with_a_token),
	    cmocka_unit_test(insists_on_tls),
	    cmocka_unit_test(moves_and_marks),
	    cmocka_unit_test(finds_and_appends),
	    cmocka_unit_test(writes_folders),
	};
	int failed;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	mime = mime_open();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	mime_close(mime);
	arena_release(&arena);
	buf_release(&body);
	curl_global_cleanup();
	return failed;
}
