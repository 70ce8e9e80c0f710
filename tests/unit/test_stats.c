/* The figures of small streams that were worked out by hand, and how they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "stats/collector.h"
#include "stats/output.h"
#include "stats/svg.h"

#define MINUTE INT64_C(60000)

/* A run of the whole room over lines. */
struct run {
	struct stats_options options;
	struct config config;
	struct scan_plan *plan;
	int type;
	struct stats_collector *c;
	struct stats_figures f;
};

static int64_t
at(const char *text)
{
	int64_t ms;

	assert_true(rfc3339_parse(slice_of(text), &ms));
	return ms;
}

static void
run_open(struct run *r, const char *zone)
{
	struct sme_err err;

	*r = (struct run){.options = {.now = at("2026-11-23T00:00:00Z"),
			      .since = TIME_NONE,
			      .until = TIME_NONE,
			      .zone = zone,
			      .top = 10}};
	r->plan = scan_plan_new();
	r->type = scan_plan_add(r->plan, "type");
	r->c = stats_collector_new(&r->options, &r->config, r->plan, &err);
	assert_non_null(r->c);
}

static void
run_line(struct run *r, const char *text)
{
	struct scanner *s = scanner_new(r->plan);
	size_t n = strlen(text);
	char *line = xcalloc(n + SCAN_PADDING, 1);
	struct event ev;

	memcpy(line, text, n);
	assert_int_equal(scanner_scan(s, line, n), 0);
	ev = (struct event){.line = {line, n},
	    .file = "test",
	    .lineno = 1,
	    .values = s->values,
	    .type = s->values[r->type]};
	stats_collect(r->c, &ev);
	scanner_free(s);
	free(line);
}

static void
run_close(struct run *r)
{
	stats_figures_release(&r->f);
	stats_collector_free(r->c);
	scan_plan_free(r->plan);
}

static void
nearest_rank(void **state)
{
	int64_t one[] = {7}, two[] = {9, 3}, ten[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
	int64_t eleven[] = {11, 1, 10, 2, 9, 3, 8, 4, 7, 5, 6};
	struct stats_times t;

	(void)state;
	t = stats_times_of(NULL, 0);
	assert_int_equal(t.n, 0);
	t = stats_times_of(one, 1);
	assert_true(t.median == 7 && t.p90 == 7 && t.max == 7 && t.mean == 7);
	t = stats_times_of(two, 2);
	assert_true(t.median == 3 && t.p90 == 9 && t.mean == 6);
	t = stats_times_of(ten, 10);
	assert_true(t.median == 5 && t.p90 == 9 && t.max == 10);
	t = stats_times_of(eleven, 11);
	assert_true(t.median == 6 && t.p90 == 10 && t.mean == 6);
}

static void
many_keys(void **state)
{
	struct stats_store s = {0};
	char id[32];
	bool fresh;

	(void)state;
	assert_null(stats_store_get(&s, stats_key(SLICE("t"), SLICE("x"))));
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 20000; i++) {
			struct stats_rec *rec;

			snprintf(id, sizeof id, "x:%d", i);
			rec = stats_store_put(&s, stats_key(SLICE("t"), slice_of(id)), &fresh);
			assert_int_equal(fresh, round == 0);
			if (fresh)
				rec->revision = (uint32_t)i;
			assert_int_equal(rec->revision, i);
		}
	assert_int_equal(s.n, 20000);
	assert_null(stats_store_get(&s, stats_key(SLICE("u"), SLICE("x:1"))));
	stats_store_release(&s);
}

static const char *const small[] = {
    "{\"type\":\"mention\",\"id\":\"1\",\"created_at\":\"2026-11-20T10:00:00Z\",\"network\":\"x\","
    "\"direct\":true,\"author\":{\"id\":\"a\",\"handle\":\"kim\",\"followers\":5},"
    "\"class\":{\"sentiment\":{\"label\":\"negative\",\"score\":-0.5},\"topics\":[\"net\",\"net\"]}"
    "}",
    "{\"type\":\"mention\",\"id\":\"1\",\"revision\":1,\"created_at\":\"2026-11-20T10:00:00Z\","
    "\"network\":\"x\",\"direct\":true,\"author\":{\"id\":\"a\",\"handle\":\"kim\",\"followers\":7}"
    ","
    "\"class\":{\"sentiment\":{\"label\":\"positive\",\"score\":0.25},\"topics\":[\"bill\"]}}",
    "{\"type\":\"mention\",\"id\":\"2\",\"created_at\":\"2026-11-20T11:00:00Z\",\"network\":\"y\","
    "\"author\":{\"id\":\"a\",\"handle\":\"kim2\"},\"route\":{\"queue\":\"q\","
    "\"due_at\":\"2026-11-20T11:10:00Z\"},\"class\":{\"sentiment\":{\"score\":-0.75}}}",
    "{\"type\":\"reply\",\"in_reply_to\":\"2\",\"state\":\"sent\",\"auto\":true,"
    "\"created_at\":\"2026-11-20T11:01:00Z\"}",
    "{\"type\":\"reply\",\"in_reply_to\":\"2\",\"state\":\"sent\",\"by\":\"agent-7\","
    "\"created_at\":\"2026-11-20T11:20:00Z\"}",
};
#define SMALL (sizeof small / sizeof *small)

static void
check_small(const struct stats_section *s)
{
	assert_int_equal(s->count.mentions, 2);
	assert_int_equal(s->edited, 1);
	assert_int_equal(s->direct, 1);
	assert_int_equal(s->count.sentiment[STATS_POSITIVE], 1);
	assert_int_equal(s->count.sentiment[STATS_NEGATIVE], 0);
	assert_int_equal(s->count.sentiment[STATS_UNCLEAR], 1);
	assert_int_equal(s->score_sum, 2500 - 7500);
	assert_int_equal(s->count.open, 1);
	assert_int_equal(s->count.answered, 1);
	assert_int_equal(s->count.overdue, 0);
	assert_int_equal(s->in_time, 1);
	assert_int_equal(s->oldest_open, at("2026-11-20T10:00:00Z"));
	assert_int_equal(s->times.median, MINUTE);
	assert_int_equal(s->times_by[STATS_BY_AUTOMATIC].median, MINUTE);
	assert_int_equal(s->times_by[STATS_BY_HUMAN].median, 20 * MINUTE);
	assert_int_equal(s->times_by[STATS_BY_UNKNOWN].n, 0);
	assert_int_equal(s->time_bins[0][STATS_BY_AUTOMATIC], 1);
	assert_int_equal(s->authors.distinct, 1);
	assert_true(slice_is(s->authors.rows[0].name, "kim2"));
	assert_true(slice_is(s->authors.rows[0].network, "x"));
	assert_int_equal(s->authors.rows[0].followers, 7);
	assert_int_equal(s->topics.distinct, 1);
	assert_true(slice_is(s->topics.rows[0].name, "bill"));
	assert_int_equal(s->queues.rows[0].median, MINUTE);
	assert_int_equal(s->week[4][10], 1);
	assert_int_equal(s->nhours, 2);
}

/* All orders of the five lines, each with one line twice. */
static void
any_order(void **state)
{
	int order[SMALL];

	(void)state;
	for (int code = 0; code < 120; code++) {
		int left[SMALL] = {0, 1, 2, 3, 4}, rest = code;
		struct run r;

		for (size_t i = 0; i < SMALL; i++) {
			int n = (int)(SMALL - i), take = rest % n;

			rest /= n;
			order[i] = left[take];
			memmove(
			    left + take, left + take + 1, (size_t)(n - take - 1) * sizeof *left);
		}
		run_open(&r, NULL);
		for (size_t i = 0; i < SMALL; i++)
			run_line(&r, small[order[i]]);
		run_line(&r, small[code % 3]);
		stats_figures(r.c, &r.f);
		check_small(&r.f.all);
		run_close(&r);
	}
}

/* Ten mentions each noon on six days; BUSY of them on the seventh. */
static void
noons(struct run *r, int busy)
{
	char line[200];

	for (int day = 14; day <= 20; day++)
		for (int i = 0; i < (day == 20 ? busy : 10); i++) {
			snprintf(line, sizeof line,
			    "{\"type\":\"mention\",\"id\":\"%d-%d\",\"created_at\":"
			    "\"2026-11-%dT12:%02d:00Z\",\"network\":\"%s\"}",
			    day, i, day, i % 60, i % 3 ? "x" : "y");
			run_line(r, line);
		}
	stats_figures(r->c, &r->f);
}

static void
bursts(void **state)
{
	struct run r;

	(void)state;
	/* The mean is 10, the deviation 0, which counts as the square root of 10: 19.49 is the
	 * bound. */
	run_open(&r, NULL);
	noons(&r, 19);
	assert_int_equal(r.f.all.nbursts, 0);
	run_close(&r);

	run_open(&r, NULL);
	noons(&r, 20);
	assert_int_equal(r.f.all.nbursts, 1);
	assert_int_equal(r.f.all.bursts[0].start, at("2026-11-20T12:00:00Z"));
	assert_int_equal(r.f.all.bursts[0].end, at("2026-11-20T13:00:00Z"));
	assert_int_equal(r.f.all.bursts[0].count.mentions, 20);
	assert_true(r.f.all.bursts[0].usual == 10);
	assert_true(slice_is(r.f.all.bursts[0].network, "x"));
	assert_int_equal(r.f.all.bursts[0].network_mentions, 13);
	/* The day before is compared with five days of ten: the burst does not count as usual. */
	assert_true(r.f.all.hours[5 * 24].usual == 10);
	run_close(&r);
}

static void
local_days(void **state)
{
	struct run r;

	(void)state;
	run_open(&r, "Asia/Kolkata");
	run_line(&r, "{\"type\":\"mention\",\"id\":\"1\",\"created_at\":\"2026-11-15T18:29:59Z\"}");
	run_line(&r, "{\"type\":\"mention\",\"id\":\"2\",\"created_at\":\"2026-11-15T18:30:00Z\"}");
	stats_figures(r.c, &r.f);
	assert_int_equal(r.f.all.nhours, 2);
	assert_int_equal(r.f.all.hours[0].start, at("2026-11-15T17:30:00Z"));
	assert_int_equal(r.f.all.ndays, 2);
	assert_int_equal(r.f.all.week[6][23], 1);
	assert_int_equal(r.f.all.week[0][0], 1);
	run_close(&r);
}

#define CHECK_TEXT(call, expected)                                                                 \
	do {                                                                                       \
		struct buf b = BUF_INIT;                                                           \
		call;                                                                              \
		assert_string_equal(buf_str(&b), expected);                                        \
		buf_release(&b);                                                                   \
	} while (0)

static void
clean_text(void **state)
{
	(void)state;
	CHECK_TEXT(stats_put_clean(&b, SLICE(" a\tb\nc "), 20), "a b c");
	CHECK_TEXT(stats_put_clean(&b, SLICE("abcdef"), 6), "abcdef");
	CHECK_TEXT(stats_put_clean(&b, SLICE("abcdefg"), 6), "abcde…");
	CHECK_TEXT(stats_put_clean(&b, SLICE("日本語文"), 6), "日本…");
	CHECK_TEXT(stats_put_clean(&b, SLICE("a\x1b[1mb\0c"), 20), "a\xef\xbf\xbd[1mb\xef\xbf\xbd"
								   "c");
	CHECK_TEXT(stats_put_clean(&b, SLICE("\xc2\x9b\xe2\x80\xae\xff"), 20),
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	CHECK_TEXT(stats_put_html(&b, SLICE("<a href=\"'&"), 20), "&lt;a href=&quot;&#39;&amp;");
	/* Marks without a width do not make a text endless. */
	{
		struct buf marks = BUF_INIT, b = BUF_INIT;

		buf_puts(&marks, "a");
		for (int i = 0; i < 10000; i++)
			buf_puts(&marks, "\xcc\x81");
		stats_put_clean(&b, buf_slice(&marks), 10);
		assert_true(b.n < 200);
		buf_release(&marks);
		buf_release(&b);
	}
}

static void
numbers(void **state)
{
	(void)state;
	CHECK_TEXT(stats_put_whole(&b, STATS_EN, 0), "0");
	CHECK_TEXT(stats_put_whole(&b, STATS_EN, 999), "999");
	CHECK_TEXT(stats_put_whole(&b, STATS_DE, 1234567), "1.234.567");
	CHECK_TEXT(stats_put_decimal(&b, STATS_DE, -0.078, 2), "−0,08");
	CHECK_TEXT(stats_put_decimal(&b, STATS_EN, -0.001, 2), "0.00");
	CHECK_TEXT(stats_put_short(&b, STATS_EN, 9999), "9,999");
	CHECK_TEXT(stats_put_short(&b, STATS_EN, 10499), "10 k");
	CHECK_TEXT(stats_put_short(&b, STATS_EN, 1200000), "1.2 M");
	CHECK_TEXT(stats_put_percent(&b, STATS_EN, 0, 0), "–");
	CHECK_TEXT(stats_put_percent(&b, STATS_EN, 1, 2), "50%");
	CHECK_TEXT(stats_put_percent(&b, STATS_EN, 1, 1000), "<1%");
	CHECK_TEXT(stats_put_percent(&b, STATS_EN, 999, 1000), ">99%");
	CHECK_TEXT(stats_put_percent(&b, STATS_EN, 7, 7), "100%");
	CHECK_TEXT(stats_put_span(&b, STATS_EN, 0), "0 s");
	CHECK_TEXT(stats_put_span(&b, STATS_EN, 89 * 1000), "89 s");
	CHECK_TEXT(stats_put_span(&b, STATS_EN, 24 * 60 * 1000), "24 min");
	CHECK_TEXT(stats_put_span(&b, STATS_EN, 130 * 60 * 1000), "2 h 10 min");
	CHECK_TEXT(stats_put_span(&b, STATS_EN, 120 * 60 * 1000), "2 h");
	CHECK_TEXT(stats_put_span(&b, STATS_EN, 76.0 * 3600 * 1000), "3 d 4 h");
	CHECK_TEXT(stats_put_span(&b, STATS_DE, 96.0 * 3600 * 1000), "4 T");
	CHECK_TEXT(stats_put_day(&b, STATS_EN, days_from_civil(2026, 11, 20)), "Fri 20 Nov");
	CHECK_TEXT(stats_put_day(&b, STATS_DE, days_from_civil(1969, 12, 31)), "Mi 31. Dez.");
}

static size_t
occurrences(const char *text, const char *of)
{
	size_t n = 0;

	for (; (text = strstr(text, of)) != NULL; text++)
		n++;
	return n;
}

static void
chart(void **state)
{
	static const char *const labels[] = {"a", "b", "c"};
	static const struct chart_series series[] = {
	    {"pos", "up", CHART_UP}, {"neg", "down", CHART_DOWN}};
	static const uint64_t values[] = {3, 1, 0, 0, 7, 4};
	struct chart c = {.id = "i",
	    .title = "T",
	    .desc = "D",
	    .column_name = "C",
	    .table_name = "S",
	    .n = 3,
	    .labels = labels,
	    .nseries = 2,
	    .series = series,
	    .values = values};
	struct buf b = BUF_INIT;

	(void)state;
	svg_chart(&b, &c);
	/* Four values are drawn, and six stand in the table. */
	assert_int_equal(occurrences(buf_str(&b), "<rect class=\"pos\""), 2);
	assert_int_equal(occurrences(buf_str(&b), "<rect class=\"neg\""), 2);
	assert_int_equal(occurrences(buf_str(&b), "<td>"), 6);
	/* From 7 up to 4 down in steps of 5: two steps up, one down; 7 of 15 is 466.7 of 1000. */
	assert_non_null(strstr(buf_str(&b), "y=\"200.0\" width=\"8.00\" height=\"466.7\""));
	assert_int_equal(occurrences(buf_str(&b), "<g>"), occurrences(buf_str(&b), "</g>"));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nearest_rank),
	    cmocka_unit_test(many_keys),
	    cmocka_unit_test(any_order),
	    cmocka_unit_test(bursts),
	    cmocka_unit_test(local_days),
	    cmocka_unit_test(clean_text),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(chart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
