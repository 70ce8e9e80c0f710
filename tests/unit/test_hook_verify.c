/* Signatures of deliveries, and handshakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "hook/verify.h"

static bool
check(const char *scheme, const char *value, const char *secret, const char *body)
{
	const struct verify_scheme *s = verify_scheme(slice_of(scheme));

	assert_non_null(s);
	return verify_signature(s, slice_of(value), slice_of(secret), slice_of(body));
}

/* RFC 4231: keys shorter and longer than a block. */
static void
macs(void **state)
{
	char key[131], hex[VERIFY_HEX];

	(void)state;
	verify_hex(SLICE("Jefe"), SLICE("what do ya want for nothing?"), hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	verify_hex((struct slice){key, sizeof key},
	    SLICE("Test Using Larger Than Block-Size Key - Hash Key First"), hex);
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

#define HELLO "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define EVERYBODY "It's a Secret to Everybody"

static void
hex(void **state)
{
	static const char *const schemes[] = {"meta", "discourse", "hmac"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char changed[] = HELLO;

		assert_true(check(schemes[i], HELLO, EVERYBODY, "Hello, World!"));
		assert_false(check(schemes[i], HELLO, EVERYBODY, "Hello, World"));
		assert_false(check(schemes[i], HELLO, "other", "Hello, World!"));
		for (size_t at = 0; at < strlen(HELLO); at++) {
			changed[at] ^= 1;
			assert_false(check(schemes[i], changed, EVERYBODY, "Hello, World!"));
			changed[at] ^= 1;
			assert_false(verify_signature(verify_scheme(slice_of(schemes[i])),
			    (struct slice){HELLO, at}, SLICE(EVERYBODY), SLICE("Hello, World!")));
		}
		assert_false(check(schemes[i], HELLO "00", EVERYBODY, "Hello, World!"));
		assert_false(check(schemes[i], &HELLO[7], EVERYBODY, "Hello, World!"));
		assert_false(check(schemes[i], NULL, EVERYBODY, "Hello, World!"));
		assert_false(check(schemes[i], "", EVERYBODY, "Hello, World!"));
	}
}

/* An empty secret would let everybody sign. */
static void
empty_secret(void **state)
{
	char value[7 + VERIFY_HEX] = "sha256=";

	(void)state;
	verify_hex(SLICE(""), SLICE("x"), value + 7);
	assert_false(check("meta", value, "", "x"));
	assert_false(check("telegram", "", "", "x"));
	assert_false(verify_equal(SLICE(""), SLICE("")));
}

static void
base64(void **state)
{
	(void)state;
	assert_true(check("x", "sha256=SCrUXMw6UY2FVLSoXJe/9MtN5I4aoL9iDAw4l2Lo0hE=", "cs", "{\"for_user_id\":\"1\"}"));
	assert_false(check("x", "sha256=SCrUXMw6UY2FVLSoXJe/9MtN5I4aoL9iDAw4l2Lo0hE=", "cs", "{\"for_user_id\":\"2\"}"));
	assert_false(check("x", "sha256=SCrUXMw6UY2FVLSoXJe/9MtN5I4aoL9iDAw4l2Lo0hE==", "cs", "{\"for_user_id\":\"1\"}"));
	assert_false(check("x", "sha256=", "cs", "{\"for_user_id\":\"1\"}"));
}

static void
plain(void **state)
{
	(void)state;
	assert_true(check("telegram", "s3cret_token", "s3cret_token", "{}"));
	assert_false(check("telegram", "s3cret_toke", "s3cret_token", "{}"));
	assert_false(check("telegram", "s3cret_token ", "s3cret_token", "{}"));
	assert_false(check("telegram", NULL, "s3cret_token", "{}"));
}

static void
hub(void **state)
{
	struct slice mode = SLICE("subscribe"), token = SLICE("tok");
	char many[300];

	(void)state;
	memset(many, '1', sizeof many);
	assert_true(verify_hub(mode, token, SLICE("1158201444"), token));
	assert_false(verify_hub(SLICE("unsubscribe"), token, SLICE("1"), token));
	assert_false(verify_hub(mode, SLICE("tuk"), SLICE("1"), token));
	assert_false(verify_hub(mode, SLICE(""), SLICE("1"), SLICE("")));
	assert_false(verify_hub(mode, token, SLICE("<script>"), token));
	assert_false(verify_hub(mode, token, SLICE(""), token));
	assert_false(verify_hub(mode, token, (struct slice){many, sizeof many}, token));
}

static void
crc(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_true(verify_crc(SLICE("abc123"), SLICE("cs"), &b));
	assert_string_equal(buf_str(&b), "{\"response_token\":\"sha256=mD/cdR08Ucb245RQKrmlOXt+euDlXyZlFhDNecpY40w=\"}");
	/* The answer would be a signature of this delivery. */
	assert_false(verify_crc(SLICE("{\"for_user_id\":\"1\"}"), SLICE("cs"), &b));
	assert_false(verify_crc(SLICE("[1]"), SLICE("cs"), &b));
	assert_false(verify_crc(SLICE("\"a\""), SLICE("cs"), &b));
	assert_false(verify_crc(SLICE(""), SLICE("cs"), &b));
	assert_false(verify_crc(SLICE("abc123"), SLICE(""), &b));
	buf_release(&b);
}

static void
unknown(void **state)
{
	(void)state;
	assert_null(verify_scheme(SLICE("none")));
	assert_null(verify_scheme(SLICE("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(macs),
	    cmocka_unit_test(hex),
	    cmocka_unit_test(empty_secret),
	    cmocka_unit_test(base64),
	    cmocka_unit_test(plain),
	    cmocka_unit_test(hub),
	    cmocka_unit_test(crc),
	    cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
