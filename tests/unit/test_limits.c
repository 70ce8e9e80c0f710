/* How fast an account may ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "connector/limits.h"
#include "connector/value.h"
#include "core/rfc3339.h"

#define NOW INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define MINUTE INT64_C(60000)

static struct arena arena;

/* A meta whose `limits` is JSON. */
static struct meta
meta_of(const char *json)
{
	static struct meta_bucket buckets[] = {{SLICE("read"), 4, 20 * MINUTE}};
	struct buf b = BUF_INIT;
	struct sme_err err;
	struct meta m = {.buckets = buckets, .nbuckets = 1};

	buf_printf(&b, "{\"limits\":%s}", json);
	m.root = json_tree(&arena, arena_dup(&arena, buf_slice(&b)), &err);
	assert_non_null(m.root);
	buf_release(&b);
	return m;
}

static int64_t
learn(struct limits *l, const char *response, enum answer_class class, int64_t retry_after)
{
	jv v = jv_parse(response);
	int64_t wait = limits_learn(l, SLICE("read"), v, class, retry_after, NOW);

	jv_free(v);
	return wait;
}

/* Never more than n in any span of the bucket's length, however the requests fall. */
static void
test_bucket(void **state)
{
	struct meta m = meta_of("{}");
	struct limits l;
	int64_t went[200];
	size_t n = 0;

	(void)state;
	limits_init(&l, &m);
	for (int64_t t = NOW; t < NOW + 300 * MINUTE && n < 200; t += 37000) {
		int64_t wait = limits_wait(&l, SLICE("read"), 1, t);

		assert_int_equal(limits_wait(&l, SLICE("write"), 1, t), 0);
		if (wait) {
			/* It is right about when. */
			assert_true(limits_wait(&l, SLICE("read"), 1, t + wait) == 0);
			assert_true(limits_wait(&l, SLICE("read"), 1, t + wait - 1) > 0);
			continue;
		}
		limits_take(&l, SLICE("read"), 1, t);
		went[n++] = t;
	}
	/* Not too strict, either: the fifth comes within the span and a twentieth of it. */
	assert_true(n >= 52);
	for (size_t i = 4; i < n; i++)
		assert_true(went[i] - went[i - 4] >= 20 * MINUTE);
	limits_release(&l);
}

/* A day that begins at midnight somewhere: all comes back then, also when the clocks are changed. */
static void
test_day(void **state)
{
	static const struct {
		const char *now, *midnight;
	} rows[] = {
	    {"2026-11-21T10:00:00Z", "2026-11-22T08:00:00Z"},
	    {"2026-07-01T06:59:59Z", "2026-07-01T07:00:00Z"},
	    {"2026-11-01T08:30:00Z", "2026-11-02T08:00:00Z"}, /* 25 hours */
	    {"2026-03-08T09:00:00Z", "2026-03-09T07:00:00Z"}, /* 23 hours */
	};
	static const struct meta_bucket units = {SLICE("units"), 100, INT64_C(86400000)};
	struct meta m = meta_of("{}");
	struct sme_err err;

	(void)state;
	m.buckets = &units;
	m.root = json_tree(&arena, SLICE("{\"quota_day\":{\"reset\":\"America/Los_Angeles midnight\"}}"), &err);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct limits l, again;
		int64_t now, midnight;

		rfc3339_parse(slice_of(rows[i].now), &now);
		rfc3339_parse(slice_of(rows[i].midnight), &midnight);
		limits_init(&l, &m);
		limits_take(&l, SLICE("units"), 60, now - 100);
		limits_take(&l, SLICE("units"), 30, now);
		assert_int_equal(limits_wait(&l, SLICE("units"), 10, now), 0);
		assert_int_equal(limits_wait(&l, SLICE("units"), 11, now), midnight - now);
		assert_true(limits_wait(&l, SLICE("units"), 11, midnight - 1) > 0);
		assert_int_equal(limits_wait(&l, SLICE("units"), 100, midnight), 0);
		limits_init(&again, &m);
		limits_restore(&again, limits_state(&l));
		assert_int_equal(limits_wait(&again, SLICE("units"), 11, now), midnight - now);
		limits_release(&again);
		limits_release(&l);
	}
}

static void
test_cost(void **state)
{
	struct meta m = meta_of("{}");
	struct limits l;

	(void)state;
	limits_init(&l, &m);
	limits_take(&l, SLICE("read"), 3, NOW);
	assert_int_equal(limits_wait(&l, SLICE("read"), 1, NOW), 0);
	assert_true(limits_wait(&l, SLICE("read"), 2, NOW) > 0);
	limits_release(&l);
	limits_init(&l, &m);
	/* What never fits goes alone. */
	assert_int_equal(limits_wait(&l, SLICE("read"), 9, NOW), 0);
	limits_release(&l);
}

static void
test_styles(void **state)
{
	static const struct {
		const char *style, *reset;
		int64_t wait;
	} rows[] = {
	    {"epoch", "1795255230", 30000},
	    {"epoch", "1795255230.5", 30500},
	    {"epoch", "1795255100", 0},
	    {"epoch", "17952552300000000", 0},
	    {"epoch", "soon", 0},
	    {"seconds", "30", 30000},
	    {"seconds", "30.25", 30250},
	    {"seconds", "-5", 0},
	    {"seconds", "9999999999", INT64_C(86400000)},
	    {"timestamp", "2026-11-21T10:00:30.000000Z", 30000},
	    {"timestamp", "Sat, 21 Nov 2026 10:00:30 GMT", 30000},
	    {"timestamp", "30", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char limits[300], response[300];
		struct limits l;
		struct meta m;
		int64_t wait;

		snprintf(limits, sizeof limits, "{\"headers\":{\"remaining\":\"X-Left\",\"reset\":\"X-Reset\","
		    "\"style\":\"%s\"}}", rows[i].style);
		snprintf(response, sizeof response, "{\"status\":200,\"headers\":{\"x-left\":\"0\","
		    "\"x-reset\":\"%s\"}}", rows[i].reset);
		m = meta_of(limits);
		limits_init(&l, &m);
		assert_int_equal(learn(&l, response, ANSWER_OK, 0), 0);
		wait = limits_wait(&l, SLICE("read"), 1, NOW);
		if (wait != rows[i].wait)
			fail_msg("%s %s: waits %lld", rows[i].style, rows[i].reset, (long long)wait);
		limits_release(&l);
	}
}

static void
test_used(void **state)
{
	struct meta m = meta_of("{\"headers\":{\"limit\":\"x-limit\",\"used\":\"x-used\",\"reset\":\"x-reset\","
	                        "\"style\":\"seconds\"}}");
	struct limits l;

	(void)state;
	limits_init(&l, &m);
	learn(&l, "{\"status\":200,\"headers\":{\"x-limit\":\"100\",\"x-used\":\"99.0\",\"x-reset\":\"60\"}}",
	    ANSWER_OK, 0);
	assert_int_equal(limits_wait(&l, SLICE("read"), 1, NOW), 0);
	limits_take(&l, SLICE("read"), 1, NOW);
	assert_int_equal(limits_wait(&l, SLICE("read"), 1, NOW), 60000);
	limits_release(&l);
}

/* As a share of what is allowed, in JSON. */
static void
test_percent(void **state)
{
	static const struct {
		const char *usage;
		int64_t wait;
	} rows[] = {
	    {"{\\\"call_count\\\":28,\\\"total_time\\\":25,\\\"total_cputime\\\":99}", 0},
	    {"{\\\"call_count\\\":28,\\\"total_time\\\":100,\\\"total_cputime\\\":25}", 300000},
	    {"{\\\"17841\\\":[{\\\"type\\\":\\\"pages\\\",\\\"call_count\\\":120,"
	     "\\\"estimated_time_to_regain_access\\\":19},{\\\"call_count\\\":1}]}", 19 * MINUTE},
	    {"{\\\"call_count\\\":\\\"x\\\"}", 0},
	    {"{\\\"a\\\":[1,", 0},
	};
	struct meta m = meta_of("{\"headers\":{\"used\":\"X-Usage\",\"style\":\"percent\"}}");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char response[300];
		struct limits l;

		snprintf(response, sizeof response, "{\"status\":200,\"headers\":{\"x-usage\":\"%s\"}}",
		    rows[i].usage);
		limits_init(&l, &m);
		learn(&l, response, ANSWER_OK, 0);
		assert_int_equal(limits_wait(&l, SLICE("read"), 1, NOW), rows[i].wait);
		/* Better again. */
		learn(&l, "{\"headers\":{\"x-usage\":\"{}\"}}", ANSWER_OK, 0);
		assert_int_equal(limits_wait(&l, SLICE("read"), 1, NOW), 0);
		limits_release(&l);
	}
}

static void
test_retry_after(void **state)
{
	struct meta m = meta_of("{\"retry_after\":{\"body\":\"parameters.retry_after\",\"unit\":\"s\"},"
	                        "\"headers\":{\"remaining\":\"r\",\"reset\":\"t\",\"style\":\"seconds\"}}");
	struct limits l;

	(void)state;
	limits_init(&l, &m);
	assert_int_equal(learn(&l, "{\"status\":429}", ANSWER_TRANSIENT, 7000), 7000);
	assert_int_equal(limits_wait(&l, SLICE("read"), 1, NOW), 7000);
	limits_release(&l);
	limits_init(&l, &m);
	assert_int_equal(learn(&l, "{\"status\":429,\"body\":{\"parameters\":{\"retry_after\":35}}}",
	                     ANSWER_TRANSIENT, 0), 35000);
	assert_int_equal(learn(&l, "{\"status\":429,\"body\":{\"parameters\":{\"retry_after\":\"x\"}}}",
	                     ANSWER_TRANSIENT, 0), 0);
	assert_int_equal(learn(&l, "{\"status\":429,\"body\":[],\"headers\":{\"r\":\"0\",\"t\":\"9\"}}",
	                     ANSWER_TRANSIENT, 0), 9000);
	/* What went well asks for no pause. */
	assert_int_equal(learn(&l, "{\"status\":200,\"body\":{\"parameters\":{\"retry_after\":35}}}",
	                     ANSWER_OK, 5000), 0);
	limits_release(&l);
}

/* What is remembered is what was forgotten. */
static void
test_state(void **state)
{
	struct meta m = meta_of("{\"headers\":{\"remaining\":\"r\",\"reset\":\"t\",\"style\":\"seconds\"}}");
	struct limits l, again;
	jv odd = jv_parse("{\"read\":{\"per\":1200000,\"used\":[[1,2,3],[\"x\",{}],7,[-1,5],[1e300,1]],"
	                  "\"remaining\":[],\"reset\":7},\"\":3}");

	(void)state;
	limits_init(&l, &m);
	for (int i = 0; i < 3; i++)
		limits_take(&l, SLICE("read"), 1, NOW - i * MINUTE);
	learn(&l, "{\"status\":200,\"headers\":{\"r\":\"0\",\"t\":\"90\"}}", ANSWER_OK, 0);
	limits_init(&again, &m);
	limits_restore(&again, limits_state(&l));
	limits_restore(&again, limits_state(&again)); /* it is set, not added */
	for (int64_t t = NOW; t < NOW + 30 * MINUTE; t += 10000)
		for (int cost = 1; cost < 4; cost++)
			assert_int_equal(limits_wait(&l, SLICE("read"), cost, t),
			    limits_wait(&again, SLICE("read"), cost, t));
	limits_release(&again);
	limits_init(&again, &m);
	limits_restore(&again, odd);
	assert_int_equal(limits_wait(&again, SLICE("read"), 1, NOW), 0);
	limits_restore(&again, jv_parse("[1,2]"));
	limits_release(&again);
	limits_release(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bucket),
	    cmocka_unit_test(test_day),
	    cmocka_unit_test(test_cost),
	    cmocka_unit_test(test_styles),
	    cmocka_unit_test(test_used),
	    cmocka_unit_test(test_percent),
	    cmocka_unit_test(test_retry_after),
	    cmocka_unit_test(test_state),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return r;
}
