/*
 * An answer of a network, whatever its headers and body: a header says the same however often it is
 * asked, links are absolute, no network can silence an account for more than a day, what is remembered
 * of the limits is what was learned, and what is told of the body is one line.  The first byte chooses the
 * style of the limits; headers end at an empty line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "connector/classify.h"
#include "connector/limits.h"
#include "connector/program.h"
#include "connector/response.h"
#include "connector/value.h"
#include "net/url.h"

#define NOW INT64_C(1795255200000)
#define DAY INT64_C(86400000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;

static struct meta
meta_of(unsigned style)
{
	static const char *const texts[] = {
	    "{\"limits\":{\"headers\":{\"remaining\":\"X-Left\",\"reset\":\"X-Reset\",\"style\":\"epoch\"},"
	    "\"retry_after\":{\"body\":\"p.retry_after\",\"unit\":\"s\"}}}",
	    "{\"limits\":{\"headers\":{\"limit\":\"x-limit\",\"used\":\"x-used\",\"reset\":\"x-reset\","
	    "\"style\":\"seconds\"},\"retry_after\":{\"body\":\"retry_after_ms\",\"unit\":\"ms\"}}}",
	    "{\"limits\":{\"headers\":{\"remaining\":\"x-left\",\"reset\":\"x-reset\","
	    "\"style\":\"timestamp\"}}}",
	    "{\"limits\":{\"headers\":{\"used\":\"x-usage\",\"style\":\"percent\"}}}"};
	static const struct json_node *roots[4];
	static struct json_node code = {.type = JSON_NUMBER, .number = 190};
	static const struct meta_bucket bucket = {SLICE("read"), 10, 60000};
	static struct meta_error errors[] = {
	    {.status = 400, .path = SLICE("error.code"), .value = &code, .class = ANSWER_AUTH},
	    {.path = SLICE("errors.0"), .present = true, .class = ANSWER_RULE},
	};

	style %= 4;
	if (!roots[style])
		roots[style] = json_tree(&arena, slice_of(texts[style]), NULL);
	return (struct meta){.root = roots[style], .buckets = &bucket, .nbuckets = 1, .errors = errors,
	    .nerrors = 2};
}

static void
check_links(jv headers)
{
	jv links = response_links(headers, SLICE("https://h.example/a/b?c"));
	struct url u;

	jv_object_foreach(links, rel, to) {
		url_split(value_text(to), &u);
		if (!value_text(rel).n || !u.scheme.n)
			abort();
		jv_free(rel);
		jv_free(to);
	}
	jv_free(links);
}

static void
check_limits(const struct meta *meta, jv response, int status)
{
	struct limits one, two;
	int64_t wait;

	limits_init(&one, meta);
	limits_init(&two, meta);
	limits_take(&one, SLICE("read"), 1, NOW);
	wait = limits_learn(&one, SLICE("read"), response, status & 1 ? ANSWER_OK : ANSWER_TRANSIENT, 0, NOW);
	if (wait < 0 || wait > DAY || limits_wait(&one, SLICE("read"), 1, NOW) > DAY)
		abort();
	limits_restore(&two, limits_state(&one));
	if (limits_wait(&one, SLICE("read"), 1, NOW) > 0 &&
	    limits_wait(&two, SLICE("read"), 1, NOW) != limits_wait(&one, SLICE("read"), 1, NOW))
		abort();
	limits_restore(&two, value_get(response, "body"));
	limits_wait(&two, SLICE("read"), 1, NOW);
	limits_release(&one);
	limits_release(&two);
}

static void
check_reason(jv body)
{
	struct buf reason = BUF_INIT;

	answer_reason(&reason, body);
	if (reason.n > 200)
		abort();
	for (size_t i = 0; i < reason.n; i++)
		if ((unsigned char)reason.p[i] < 0x20 || reason.p[i] == 0x7f)
			abort();
	buf_release(&reason);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 400, 401, 429, 503};
	struct slice text = {(const char *)data + 1, size - 1}, head;
	struct meta meta;
	ptrdiff_t end;
	jv headers, body, response;
	int status;

	if (!size)
		return 0;
	meta = meta_of(data[0]);
	status = statuses[data[0] / 4 % 5];
	end = slice_find(text, SLICE("\n\n"));
	head = end < 0 ? text : (struct slice){text.p, (size_t)end};
	body = end < 0 ? jv_null()
	               : connector_parse((struct slice){head.p + head.n + 2, text.n - head.n - 2}, NULL);
	if (!jv_is_valid(body)) {
		jv_free(body);
		body = jv_null();
	}
	headers = response_headers(head);
	check_links(headers);
	check_reason(body);
	response = jv_object_set(jv_object(), jv_string("headers"), headers);
	response = jv_object_set(response, jv_string("status"), jv_number(status));
	response = jv_object_set(response, jv_string("body"), jv_copy(body));
	if (answer_classify(&meta, status, body) > ANSWER_RULE)
		abort();
	check_limits(&meta, response, status);
	jv_free(response);
	jv_free(body);
	return 0;
}
