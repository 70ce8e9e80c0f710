/* The in-app channel: identities, bodies, conversations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook/chat_body.h"
#include "hook/commit.h"
#include "hook/identity.h"
#include "hook/thread.h"

static char dir[] = "/tmp/test_hook_chat.XXXXXX";

static int
make(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_hook_chat.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
unmake(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

/* ---- identities ---- */

static void
round_trip(void **state)
{
	struct identity id = {SLICE("kim/4711 \"ø\""), SLICE("Kim"), 2000000}, got;
	struct arena a = ARENA_INIT;
	struct buf token = BUF_INIT;

	(void)state;
	identity_put(&token, &id, SLICE("secret"));
	assert_int_equal(identity_check(buf_slice(&token), SLICE("secret"), 1999999, &a, &got), IDENTITY_FINE);
	assert_true(slice_eq(got.user, id.user));
	assert_true(slice_eq(got.name, id.name));
	assert_true(got.expires == 2000000);
	assert_int_equal(identity_check(buf_slice(&token), SLICE("secret"), 2000000, &a, &got), IDENTITY_EXPIRED);
	assert_int_equal(identity_check(buf_slice(&token), SLICE("secre"), 0, &a, &got), IDENTITY_BAD);
	assert_int_equal(identity_check(buf_slice(&token), SLICE(""), 0, &a, &got), IDENTITY_BAD);
	/* No byte of it may change, and none may be missing. */
	for (size_t i = 0; i < token.n; i++) {
		assert_int_equal(identity_check((struct slice){token.p, i}, SLICE("secret"), 0, &a, &got),
		    IDENTITY_BAD);
		token.p[i] ^= 1;
		assert_int_equal(identity_check(buf_slice(&token), SLICE("secret"), 0, &a, &got), IDENTITY_BAD);
		token.p[i] ^= 1;
	}
	buf_release(&token);
	arena_release(&a);
}

/* What another system signed: made with openssl, as sme-hook(1) says. */
static void
known_token(void **state)
{
	static const char token[] =
	    "v1.eyJ1c2VyIjoiNDcxMSIsImV4cCI6MTkwMDAwMDAwMCwibmFtZSI6IktpbSJ9."
	    "f728e153baf1bbb9aabcf2dadea5f6dfcc9769cfed2dca13369638f80538021c";
	struct arena a = ARENA_INIT;
	struct identity got;

	(void)state;
	assert_int_equal(identity_check(slice_of(token), SLICE("ids"), 0, &a, &got), IDENTITY_FINE);
	assert_true(slice_is(got.user, "4711"));
	assert_true(slice_is(got.name, "Kim"));
	assert_true(got.expires == INT64_C(1900000000000));
	arena_release(&a);
}

static void
long_user(void **state)
{
	char user[IDENTITY_USER_MAX + 1];
	struct identity id = {{user, sizeof user}, {NULL, 0}, 2000000}, got;
	struct arena a = ARENA_INIT;
	struct buf token = BUF_INIT;

	(void)state;
	memset(user, 'x', sizeof user);
	identity_put(&token, &id, SLICE("s"));
	assert_int_equal(identity_check(buf_slice(&token), SLICE("s"), 0, &a, &got), IDENTITY_BAD);
	buf_clear(&token);
	id.user.n--;
	identity_put(&token, &id, SLICE("s"));
	assert_int_equal(identity_check(buf_slice(&token), SLICE("s"), 0, &a, &got), IDENTITY_FINE);
	assert_null(got.name.p);
	buf_release(&token);
	arena_release(&a);
}

/* ---- bodies ---- */

static void
media_out(void **state)
{
	struct arena a = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct chat_body body;
	struct sme_err err;

	(void)state;
	assert_int_equal(chat_body_message(SLICE("{\"id\":\"1\",\"text\":\"\",\"media\":["
						 "{\"type\":\"image\",\"url\":\"https://a.example/\\\"\",\"x\":1},"
						 "{\"type\":\"file\",\"url\":\"http://b.example/\",\"alt\":\"B\"}]}"),
			     10, &a, &body, &err),
	    0);
	chat_body_media(&out, &body);
	assert_string_equal(buf_str(&out),
	    ",\"media\":[{\"type\":\"image\",\"url\":\"https://a.example/\\\"\",\"alt\":null},"
	    "{\"type\":\"file\",\"url\":\"http://b.example/\",\"alt\":\"B\"}]");
	buf_release(&out);
	arena_release(&a);
}

static void
characters_count(void **state)
{
	struct arena a = ARENA_INIT;
	struct chat_body body;
	struct sme_err err;

	(void)state;
	assert_int_equal(
	    chat_body_message(SLICE("{\"id\":\"1\",\"text\":\"\\u00f8\\ud83d\\ude00x\"}"), 3, &a, &body, &err), 0);
	assert_int_equal(
	    chat_body_message(SLICE("{\"id\":\"1\",\"text\":\"\\u00f8\\ud83d\\ude00x\"}"), 2, &a, &body, &err), -1);
	arena_release(&a);
}

static void
replies(void **state)
{
	struct arena a = ARENA_INIT;
	struct chat_body body;
	struct sme_err err;

	(void)state;
	assert_int_equal(chat_body_reply(SLICE("{\"key\":\"k\",\"user\":\"u\",\"text\":\"t\"}"), &a, &body, &err), 0);
	assert_int_equal(chat_body_reply(SLICE("{\"key\":\"k\",\"user\":\"u\"}"), &a, &body, &err), -1);
	assert_int_equal(
	    chat_body_reply(SLICE("{\"key\":\"k\",\"user\":\"u\",\"deletes\":\"1\"}"), &a, &body, &err), 0);
	assert_int_equal(chat_body_reply(SLICE("{\"key\":\"k\",\"user\":\"u\",\"deletes\":\"1\",\"edits\":\"1\"}"),
			     &a, &body, &err),
	    -1);
	assert_int_equal(chat_body_reply(SLICE("{\"key\":\"k\",\"text\":\"t\"}"), &a, &body, &err), -1);
	assert_int_equal(
	    chat_body_reply(SLICE("{\"key\":\"a\\nb\",\"user\":\"u\",\"text\":\"t\"}"), &a, &body, &err), -1);
	arena_release(&a);
}

/* ---- conversations ---- */

static struct threads *
open_threads(struct spool_pos pos)
{
	struct sme_err err;
	struct threads *t = threads_open(dir, pos, NULL, &err);

	assert_non_null(t);
	return t;
}

/* Add TEXT as sme-hook does; its id. */
static int64_t
add(struct threads *t, enum entry_from from, const char *user, const char *key, const char *text,
    int64_t now)
{
	struct entry e = {.from = from, .user = slice_of(user), .key = slice_of(key), .json = slice_of(text)};
	struct buf record = BUF_INIT;
	struct spool_pos pos;
	struct slice slice;
	struct sme_err err;

	if (threads_claim(t, from, e.user, e.key, now, &e.id) != CLAIM_NEW)
		return -e.id;
	entry_put(&record, &e);
	slice = buf_slice(&record);
	assert_int_equal(spool_append(threads_spool(t), &slice, 1, &pos, &err), 0);
	threads_added(t, &e, pos);
	buf_release(&record);
	return e.id;
}

static bool
put_json(void *ctx, const struct entry *e)
{
	buf_adds(ctx, e->json);
	buf_addc(ctx, ' ');
	return true;
}

static const char *
all(struct threads *t, const char *user, int64_t after)
{
	static struct buf b = BUF_INIT;
	struct sme_err err;

	buf_clear(&b);
	assert_int_equal(threads_read(t, slice_of(user), after, put_json, &b, &err), 0);
	return buf_str(&b);
}

static void
news(void *ctx, struct slice user)
{
	if (slice_is(user, "kim"))
		++*(int *)ctx;
}

static void
conversations(void **state)
{
	struct threads *t = open_threads((struct spool_pos){0});
	int told = 0;

	(void)state;
	threads_watch(t, news, &told);
	assert_true(add(t, ENTRY_USER, "kim", "1", "a", 1000) == 1000);
	assert_true(add(t, ENTRY_USER, "lee", "1", "x", 1000) == 1000);
	/* The same moment, and a clock that goes back: ids go on. */
	assert_true(add(t, ENTRY_USER, "kim", "2", "b", 1000) == 1001);
	assert_true(add(t, ENTRY_AGENT, "kim", "1", "c", 500) == 1002);
	assert_true(add(t, ENTRY_USER, "kim", "1", "a", 2000) == -1000);
	assert_true(add(t, ENTRY_AGENT, "kim", "1", "c", 2000) == -1002);
	assert_int_equal(told, 3);
	assert_string_equal(all(t, "kim", 0), "a b c ");
	assert_string_equal(all(t, "kim", 1000), "b c ");
	assert_string_equal(all(t, "kim", 1002), "");
	assert_string_equal(all(t, "lee", 0), "x ");
	assert_string_equal(all(t, "nobody", 0), "");
	assert_true(threads_answer(t, SLICE("1")) == 1002);
	assert_true(threads_answer(t, SLICE("2")) == 0);
	assert_true(threads_has(t, SLICE("kim")));
	assert_false(threads_has(t, SLICE("nobody")));
	threads_close(t);

	t = open_threads((struct spool_pos){0});
	assert_string_equal(all(t, "kim", 0), "a b c ");
	assert_true(add(t, ENTRY_USER, "kim", "2", "b", 3000) == -1001);
	assert_true(add(t, ENTRY_USER, "kim", "3", "d", 900) == 1003);
	assert_true(threads_answer(t, SLICE("1")) == 1002);
	threads_close(t);
}

static void
claims(void **state)
{
	struct threads *t = open_threads((struct spool_pos){0});
	int64_t id;

	(void)state;
	assert_int_equal(threads_claim(t, ENTRY_USER, SLICE("k"), SLICE("1"), 10, &id), CLAIM_NEW);
	assert_int_equal(threads_claim(t, ENTRY_USER, SLICE("k"), SLICE("1"), 10, &id), CLAIM_UNDERWAY);
	assert_int_equal(threads_claim(t, ENTRY_USER, SLICE("l"), SLICE("1"), 10, &id), CLAIM_NEW);
	threads_dropped(t, ENTRY_USER, SLICE("k"), SLICE("1"));
	assert_false(threads_has(t, SLICE("k")));
	assert_int_equal(threads_claim(t, ENTRY_USER, SLICE("k"), SLICE("1"), 10, &id), CLAIM_NEW);
	assert_true(id == 11);
	/* An answer's key is its own, whosever it is. */
	assert_int_equal(threads_claim(t, ENTRY_AGENT, SLICE("k"), SLICE("1"), 10, &id), CLAIM_NEW);
	assert_int_equal(threads_claim(t, ENTRY_AGENT, SLICE("l"), SLICE("1"), 10, &id), CLAIM_UNDERWAY);
	threads_close(t);
}

static void
allowed(void **state)
{
	struct threads *t = open_threads((struct spool_pos){0});
	int n = 0;

	(void)state;
	while (threads_allow(t, SLICE("k"), 30, 1000))
		n++;
	assert_int_equal(n, 30);
	assert_false(threads_allow(t, SLICE("k"), 30, 2000));
	assert_true(threads_allow(t, SLICE("k"), 30, 3000));
	assert_false(threads_allow(t, SLICE("k"), 30, 3000));
	assert_true(threads_allow(t, SLICE("l"), 30, 3000));
	threads_close(t);
}

/* Old segments go, and what is young or not mapped yet stays. */
static void
expiry(void **state)
{
	struct spool_pos end = {0};
	struct sme_err err;
	struct threads *t;

	(void)state;
	for (int i = 1; i <= 4; i++) { /* each opening begins a segment */
		char key[2] = {(char)('0' + i), 0};

		t = open_threads((struct spool_pos){0});
		add(t, ENTRY_USER, "kim", key, key, i * 1000);
		threads_close(t);
	}
	t = open_threads((struct spool_pos){0});
	end.segment = 2;
	assert_int_equal(threads_expire(t, 9000, end, &err), 0);
	assert_string_equal(all(t, "kim", 0), "2 3 4 ");
	end.segment = 9;
	assert_int_equal(threads_expire(t, 3000, end, &err), 0);
	assert_string_equal(all(t, "kim", 0), "3 4 ");
	assert_int_equal(threads_expire(t, 3000, end, &err), 0);
	assert_string_equal(all(t, "kim", 0), "3 4 ");
	assert_int_equal(threads_expire(t, 9000, end, &err), 0);
	assert_string_equal(all(t, "kim", 0), "");
	threads_close(t);
	/* Numbers go on behind what was mapped. */
	t = open_threads((struct spool_pos){4, 99});
	add(t, ENTRY_USER, "kim", "5", "5", 5000);
	assert_string_equal(all(t, "kim", 0), "5 ");
	assert_int_equal(spool_behind(threads_spool(t), (struct spool_pos){4, 99}), 16 + 23 + 3 + 1 + 1);
	threads_close(t);
}

static void
entries(void **state)
{
	struct entry e = {ENTRY_AGENT, 77, SLICE("kim"), SLICE("key"), SLICE("{}")}, got;
	struct buf record = BUF_INIT;

	(void)state;
	entry_put(&record, &e);
	assert_true(entry_read(buf_slice(&record), &got));
	assert_int_equal(got.from, ENTRY_AGENT);
	assert_true(got.id == 77);
	assert_true(slice_is(got.user, "kim") && slice_is(got.key, "key") && slice_is(got.json, "{}"));
	for (size_t n = 0; n < record.n; n++)
		assert_false(entry_read((struct slice){record.p, n}, &got));
	record.p[2] = 'x';
	assert_false(entry_read(buf_slice(&record), &got));
	buf_release(&record);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(known_token),
	    cmocka_unit_test(long_user),
	    cmocka_unit_test(media_out),
	    cmocka_unit_test(characters_count),
	    cmocka_unit_test(replies),
	    TEST(conversations),
	    TEST(claims),
	    TEST(allowed),
	    TEST(expiry),
	    cmocka_unit_test(entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
