/* Requests as a connector makes them, with secrets filled in; and OAuth 1.0a. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "connector/auth.h"
#include "connector/classify.h"
#include "connector/oauth1.h"
#include "connector/program.h"
#include "connector/request.h"
#include "connector/value.h"

static struct slice
secret(void *ctx, struct slice name)
{
	(void)ctx;
	if (slice_is(name, "token"))
		return SLICE("12:ab/c d");
	if (slice_is(name, "broken"))
		return SLICE("a\r\nX-Evil: 1");
	return (struct slice){NULL, 0};
}

static const struct account account = {
    .name = {"a", 1}, .base = {"https://h.example/sub/", 22}, .handle = {"@us", 3}};

/* What JSON becomes, as text; "error: ..." when it is no request. */
static char *
built(const char *json, bool show, bool *is_secret)
{
	struct filler f = {.secret = show ? NULL : secret};
	struct request r = REQUEST_INIT;
	struct buf out = BUF_INIT;
	struct sme_err err;
	jv value = jv_parse(json);

	if (request_build(&r, value, &account, &f, &err) < 0)
		buf_printf(&out, "error: %s", err.text);
	else
		request_show(&r, &out);
	if (is_secret)
		*is_secret = r.secret;
	request_release(&r);
	jv_free(value);
	return buf_detach(&out);
}

static void
check(const char *json, const char *expected)
{
	char *got = built(json, false, NULL);

	assert_string_equal(got, expected);
	free(got);
}

static void
test_build(void **state)
{
	(void)state;
	check("{\"url\":\"https://x.example/a\"}", "GET https://x.example/a\n");
	check("{\"url\":\"/a\",\"query\":{\"q\":\"a b&c=d\xc3\xa4\",\"n\":3,\"no\":null,\"l\":[1,\"x\"],"
	      "\"t\":true}}", "GET https://h.example/sub/a?q=a%20b%26c%3Dd%C3%A4&n=3&l=1&l=x&t=true\n");
	check("{\"url\":\"/a?b=1\",\"query\":{\"c\":\"2\"}}", "GET https://h.example/sub/a?b=1&c=2\n");
	check("{\"url\":\"/a\",\"form\":{\"a\":\"x y\",\"b\":\"+\"},\"headers\":{\"X-A\":\"1\",\"X-B\":null}}",
	    "POST https://h.example/sub/a\nX-A: 1\nContent-Type: application/x-www-form-urlencoded\n\n"
	    "a=x%20y&b=%2B\n");
	check("{\"method\":\"PUT\",\"url\":\"/a\",\"json\":{\"t\":\"\\\"\\n\",\"n\":[1,null,true]}}",
	    "PUT https://h.example/sub/a\nContent-Type: application/json\n\n"
	    "{\"t\":\"\\\"\\n\",\"n\":[1,null,true]}\n");
	check("{\"url\":\"/a\",\"body\":\"<x/>\",\"headers\":{\"Content-Type\":\"text/xml\"}}",
	    "POST https://h.example/sub/a\nContent-Type: text/xml\n\n<x/>\n");
	check("{\"url\":\"/a b\\u0000\\n\"}", "GET https://h.example/sub/a%20b%00%0A\n");
}

static void
test_refused(void **state)
{
	(void)state;
	check("[]", "error: a request is no object");
	check("{}", "error: a request without \"url\"");
	check("{\"url\":\"/\",\"query\":[1]}", "error: \"query\" is no object");
	check("{\"url\":\"/\",\"query\":{\"a\":{}}}", "error: query: \"a\" is neither text nor number");
	check("{\"url\":\"/\",\"json\":1,\"form\":{}}",
	    "error: a request has one of \"json\", \"form\" and \"body\"");
	check("{\"url\":\"/\",\"body\":{}}", "error: \"body\" is no text; \"json\" takes other values");
	check("{\"url\":\"/\",\"headers\":{\"A\":\"x\\r\\nB: 1\"}}",
	    "error: header A: its value has a line break, or is too long");
	check("{\"url\":\"/\",\"headers\":{\"A B\":\"x\"}}", "error: \"A B\" is no name of a header");
	check("{\"url\":\"/\",\"method\":\"GET /x HTTP/1.1\"}", "error: \"method\" is no method");
	check("{\"url\":\"/{secret:none}\"}", "error: there is no secret \"none\"");
	check("{\"url\":\"/\",\"headers\":{\"A\":\"{secret:broken}\"}}",
	    "error: header A: its value has a line break, or is too long");
}

static void
test_secrets(void **state)
{
	static const char json[] =
	    "{\"url\":\"/bot{secret:token}/x\",\"query\":{\"k\":\"{secret:token}\"},"
	    "\"headers\":{\"K\":\"T {secret:token}\"},\"json\":{\"a\":\"{secret:token}!\"}}";
	bool is;
	char *text;

	(void)state;
	check(json, "POST https://h.example/sub/bot12:ab%2Fc%20d/x?k=12%3Aab%2Fc%20d\n"
	            "Content-Type: application/json\nK: T 12:ab/c d\n\n{\"a\":\"12:ab/c d!\"}\n");
	text = built(json, true, NULL);
	assert_string_equal(text, "POST https://h.example/sub/bot{secret:token}/x?k={secret:token}\n"
	                          "K: T {secret:token}\nContent-Type: application/json\n\n"
	                          "{\"a\":\"{secret:token}!\"}\n");
	free(text);
	free(built("{\"url\":\"/\"}", false, &is));
	assert_false(is);
	free(built("{\"url\":\"/\",\"form\":{\"a\":\"{secret:token}\"}}", false, &is));
	assert_true(is);
}

/* What came from outside is never filled, and comes out as it went in. */
static void
test_guard(void **state)
{
	static const char *const texts[] = {"{secret:token}", "x {secret:token} y {secret:", "{secret}",
	    "{\xee\x80\x80secret:token}", "{{\xee\x80\x80\xee\x80\x80secret:token}{secret:token}", "{",
	    "", "{account:handle}"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		jv v = fill_guard(JV_ARRAY(JV_OBJECT(jv_string(texts[i]), jv_string(texts[i]))));
		jv text = value_path(v, SLICE("0")), back = fill_unguard(jv_copy(v)), json;
		struct filler f = {.secret = secret};
		struct buf out = BUF_INIT, want = BUF_INIT;
		struct sme_err err;

		jv_free(text);
		text = jv_object_get(jv_array_get(jv_copy(v), 0),
		    jv_array_get(jv_keys(jv_array_get(jv_copy(v), 0)), 0));
		assert_int_equal(fill(&f, &out, value_text(text), FILL_RAW, &err), 0);
		assert_string_equal(buf_str(&out), texts[i]);
		assert_false(f.filled);
		json = JV_ARRAY(JV_OBJECT(jv_string(texts[i]), jv_string(texts[i])));
		assert_true(jv_equal(back, json));
		buf_release(&out);
		buf_release(&want);
		jv_free(text);
		jv_free(v);
	}
}

/* RFC 5849, 1.2 and 3.4.1.1. */
static void
test_oauth1(void **state)
{
	struct oauth1 o = {.consumer_key = SLICE("dpf43f3p2l4k3l03"),
	    .consumer_secret = SLICE("kd94hf93k423kf44"),
	    .token = SLICE("nnch734d00sl2jdk"),
	    .token_secret = SLICE("pfkkdhi9sl3r4s00"),
	    .realm = SLICE("Photos"),
	    .timestamp = 137131202,
	    .nonce = SLICE("chapoH"),
	    .without_version = true};
	struct buf out = BUF_INIT;

	(void)state;
	oauth1_header(&out, &o, SLICE("GET"),
	    SLICE("http://photos.example.net/photos?file=vacation.jpg&size=original"), SLICE(""));
	assert_string_equal(buf_str(&out),
	    "OAuth realm=\"Photos\", oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_nonce=\"chapoH\", "
	    "oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"137131202\", "
	    "oauth_token=\"nnch734d00sl2jdk\", oauth_signature=\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\"");
	buf_clear(&out);
	o = (struct oauth1){.consumer_key = SLICE("9djdj82h48djs9d2"),
	    .token = SLICE("kkk9d7dh3k39sjv7"),
	    .timestamp = 137131201,
	    .nonce = SLICE("7d8f3e4a"),
	    .without_version = true};
	oauth1_base(&out, &o, SLICE("post"),
	    SLICE("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"),
	    SLICE("c2&a3=2+q"));
	assert_string_equal(buf_str(&out),
	    "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D"
	    "%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a"
	    "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh"
	    "3k39sjv7");
	buf_release(&out);
}

/* The secret headers of a request under the auth of META, one a line. */
static char *
authorized(const char *meta, bool show)
{
	struct filler f = {.secret = show ? NULL : secret};
	struct arena arena = ARENA_INIT;
	struct request r = REQUEST_INIT;
	struct buf out = BUF_INIT;
	struct sme_err err;
	struct meta m = {.root = json_tree(&arena, slice_of(meta), &err)};
	struct auth auth;
	jv value = jv_parse("{\"url\":\"/a\"}");

	assert_non_null(m.root);
	auth_init(&auth, &m, &account);
	assert_int_equal(request_build(&r, value, &account, &f, &err), 0);
	if (auth_add(&auth, &r, &f, INT64_C(1795255200000), &err) < 0)
		buf_printf(&out, "error: %s", err.text);
	else
		assert_int_equal(r.headers.n, 0);
	for (size_t i = 0; i < r.secret_headers.n; i++)
		buf_printf(&out, "%s%s", i ? "\n" : "", r.secret_headers.lines[i]);
	request_release(&r);
	jv_free(value);
	arena_release(&arena);
	return buf_detach(&out);
}

static void
test_auth(void **state)
{
	static const struct {
		const char *meta, *sent, *shown;
	} rows[] = {
	    {"{\"auth\":{\"scheme\":\"bearer\",\"token\":\"token\"}}", "Authorization: Bearer 12:ab/c d",
	        "Authorization: Bearer {secret:token}"},
	    {"{\"auth\":{\"scheme\":\"bearer\"}}",
	        "error: header Authorization: there is no secret \"access_token\"",
	        "Authorization: Bearer {secret:access_token}"},
	    {"{\"auth\":{\"scheme\":\"basic\",\"fields\":[\"token\",\"token\"]}}",
	        "Authorization: Basic MTI6YWIvYyBkOjEyOmFiL2MgZA==",
	        "Authorization: Basic {secret:token}:{secret:token}"},
	    {"{\"auth\":{\"scheme\":\"header\",\"header\":{\"Api-Key\":\"k={secret:token}\",\"Api-User\":"
	     "\"me\"}}}", "Api-Key: k=12:ab/c d\nApi-User: me", "Api-Key: k={secret:token}\nApi-User: me"},
	    {"{\"auth\":{\"scheme\":\"header\",\"header\":{\"Api-Key\":\"{secret:broken}\"}}}",
	        "error: header Api-Key: its value has a line break, or is too long",
	        "Api-Key: {secret:broken}"},
	    {"{\"auth\":{\"scheme\":\"none\"}}", "", ""},
	    {"{}", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *sent = authorized(rows[i].meta, false), *shown = authorized(rows[i].meta, true);

		assert_string_equal(sent ? sent : "", rows[i].sent);
		assert_string_equal(shown ? shown : "", rows[i].shown);
		free(sent);
		free(shown);
	}
}

static enum answer_class
class_of(const struct meta *m, long status, const char *json)
{
	jv body = jv_parse(json);
	enum answer_class c = answer_classify(m, status, body);

	jv_free(body);
	return c;
}

static void
test_classes(void **state)
{
	struct json_node code = {.type = JSON_NUMBER, .number = 190};
	const struct meta_error rows[] = {
	    {.status = 400, .path = SLICE("error.code"), .value = &code, .class = ANSWER_AUTH},
	    {.path = SLICE("json.errors.0"), .present = true, .class = ANSWER_RULE},
	    {.status = 404, .class = ANSWER_OK},
	};
	const struct meta none = {0}, m = {.errors = rows, .nerrors = 3};
	struct buf reason = BUF_INIT;
	jv body;

	(void)state;
	assert_int_equal(class_of(&none, 200, "{}"), ANSWER_OK);
	assert_int_equal(class_of(&none, 302, "{}"), ANSWER_PERMANENT);
	assert_int_equal(class_of(&none, 400, "{}"), ANSWER_PERMANENT);
	assert_int_equal(class_of(&none, 401, "{}"), ANSWER_AUTH);
	assert_int_equal(class_of(&none, 408, "{}"), ANSWER_TRANSIENT);
	assert_int_equal(class_of(&none, 429, "{}"), ANSWER_TRANSIENT);
	assert_int_equal(class_of(&none, 503, "{}"), ANSWER_TRANSIENT);
	assert_int_equal(class_of(&m, 400, "{\"error\":{\"code\":190}}"), ANSWER_AUTH);
	assert_int_equal(class_of(&m, 400, "{\"error\":{\"code\":191}}"), ANSWER_PERMANENT);
	assert_int_equal(class_of(&m, 400, "[]"), ANSWER_PERMANENT);
	assert_int_equal(class_of(&m, 200, "{\"json\":{\"errors\":[[\"RATELIMIT\"]]}}"), ANSWER_RULE);
	assert_int_equal(class_of(&m, 200, "{\"json\":{\"errors\":[]}}"), ANSWER_OK);
	assert_int_equal(class_of(&m, 404, "null"), ANSWER_OK);
	body = jv_parse("{\"error\":{\"message\":\"no\\u001b[31m\\nway\"}}");
	answer_reason(&reason, body);
	assert_string_equal(buf_str(&reason), "no [31m way");
	jv_free(body);
	buf_release(&reason);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_build),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_guard),
	    cmocka_unit_test(test_auth),
	    cmocka_unit_test(test_oauth1),
	    cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
