/* Service-level clocks: what they count, and mistakes that other products have shipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/sla.h"
#include "core/rfc3339.h"

#define MIN  INT64_C(60000)
#define HOUR (60 * MIN)

/* Monday, 23 November 2026, UTC. */
static int64_t
at(int day, int hour, int minute)
{
	return (days_from_civil(2026, 11, 23 + day) * 24 + hour) * HOUR + minute * MIN;
}

static struct hours *
weekdays(const char *span)
{
	struct hours *h = hours_new(NULL);
	struct sme_err err;

	for (int day = 0; day < 5; day++)
		assert_int_equal(hours_add(h, day, slice_of(span), &err), 0);
	return h;
}

static const struct sla_terms terms = {.target = {36 * MIN, HOUR, 8 * HOUR}, .warn = 0.75};

static void
test_wall_clock_is_not_business_time(void **state)
{
	struct hours *h = weekdays("08:00-18:00");
	struct sla s;
	struct sla_view v;

	(void)state;
	sla_init(&s);
	sla_note(&s, SLA_CUSTOMER_WRITES, at(4, 17, 50)); /* Friday */
	v = sla_view(&s, h, &terms, SLA_FIRST_ANSWER, at(6, 12, 0));
	assert_int_equal(v.state, SLA_RUNNING);
	assert_int_equal(v.elapsed, 10 * MIN);
	assert_int_equal(v.due, at(7, 8, 26));
	assert_int_equal(v.warn_at, at(7, 8, 17));
	assert_int_equal(sla_view(&s, h, &terms, SLA_FIRST_ANSWER, at(7, 8, 17)).state, SLA_WARNED);
	assert_int_equal(sla_view(&s, h, &terms, SLA_FIRST_ANSWER, at(7, 8, 26)).state, SLA_WARNED);
	assert_int_equal(sla_view(&s, h, &terms, SLA_FIRST_ANSWER, at(7, 8, 27)).state, SLA_MISSED);
	sla_note(&s, SLA_AGENT_ANSWERS, at(7, 8, 26));
	assert_int_equal(sla_view(&s, h, &terms, SLA_FIRST_ANSWER, at(9, 0, 0)).state, SLA_MET);
	sla_release(&s);
	hours_free(h);
}

/* The due time of the first answer does not move when the customer writes again, nor with an
 * update. */
static void
test_first_answer_stays(void **state)
{
	struct sla s;

	(void)state;
	sla_init(&s);
	sla_note(&s, SLA_CUSTOMER_WRITES, at(0, 9, 0));
	sla_note(&s, SLA_CUSTOMER_WRITES, at(0, 9, 30));
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_FIRST_ANSWER, at(0, 9, 31)).due, at(0, 9, 36));
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_NEXT_ANSWER, at(0, 9, 31)).state, SLA_OFF);
	sla_release(&s);
}

/* The next answer counts from the oldest message that waits, and ends when the case is closed. */
static void
test_next_answer(void **state)
{
	struct sla s;

	(void)state;
	sla_init(&s);
	sla_note(&s, SLA_CUSTOMER_WRITES, at(0, 9, 0));
	sla_note(&s, SLA_AGENT_ANSWERS, at(0, 9, 10));
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_NEXT_ANSWER, at(0, 9, 20)).state, SLA_OFF);
	sla_note(&s, SLA_CUSTOMER_WRITES, at(0, 10, 0));
	sla_note(&s, SLA_CUSTOMER_WRITES, at(0, 10, 30));
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_NEXT_ANSWER, at(0, 10, 40)).due, at(0, 11, 0));
	sla_note(&s, SLA_CLOSE, at(0, 10, 50));
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_NEXT_ANSWER, at(3, 0, 0)).state, SLA_OFF);
	sla_note(&s, SLA_CUSTOMER_WRITES, at(3, 1, 0));
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_NEXT_ANSWER, at(3, 1, 0)).due, at(3, 2, 0));
	sla_release(&s);
}

/* A pause that pauses, twice, and one that is not over. */
static void
test_pauses(void **state)
{
	struct sla s;
	struct sla_view v;

	(void)state;
	sla_init(&s);
	sla_note(&s, SLA_CUSTOMER_WRITES, at(0, 8, 0));
	sla_note(&s, SLA_WAIT, at(0, 9, 0));
	sla_note(&s, SLA_WAIT, at(0, 9, 30));
	v = sla_view(&s, NULL, &terms, SLA_RESOLUTION, at(2, 0, 0));
	assert_int_equal(v.state, SLA_PAUSED);
	assert_int_equal(v.elapsed, HOUR);
	assert_true(v.due == TIME_NONE);
	sla_note(&s, SLA_CUSTOMER_WRITES, at(2, 9, 0));
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_RESOLUTION, at(2, 9, 0)).due, at(2, 16, 0));
	sla_note(&s, SLA_WAIT, at(2, 10, 0));
	sla_note(&s, SLA_RESUME, at(2, 12, 0));
	v = sla_view(&s, NULL, &terms, SLA_RESOLUTION, at(2, 12, 0));
	assert_int_equal(v.due, at(2, 18, 0));
	assert_int_equal(v.elapsed, 2 * HOUR);
	/* An answer that is owed is owed, pause or not. */
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_FIRST_ANSWER, at(0, 9, 0)).due, at(0, 8, 36));
	sla_release(&s);
}

/* Closed and opened again: the time between belongs to nobody. */
static void
test_reopen(void **state)
{
	struct sla s;
	struct sla_view v;

	(void)state;
	sla_init(&s);
	sla_note(&s, SLA_CUSTOMER_WRITES, at(0, 8, 0));
	sla_note(&s, SLA_AGENT_ANSWERS, at(0, 8, 10));
	sla_note(&s, SLA_CLOSE, at(0, 8, 10));
	v = sla_view(&s, NULL, &terms, SLA_RESOLUTION, at(4, 0, 0));
	assert_int_equal(v.state, SLA_MET);
	assert_int_equal(v.elapsed, 10 * MIN);
	sla_note(&s, SLA_RESUME, at(2, 8, 0)); /* of a closed case: nothing */
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_RESOLUTION, at(4, 0, 0)).elapsed, 10 * MIN);
	sla_note(&s, SLA_CUSTOMER_WRITES, at(5, 8, 0));
	v = sla_view(&s, NULL, &terms, SLA_RESOLUTION, at(5, 8, 20));
	assert_int_equal(v.state, SLA_RUNNING);
	assert_int_equal(v.elapsed, 30 * MIN);
	sla_release(&s);
}

/* A clock that jumps back makes no time negative. */
static void
test_jump(void **state)
{
	struct sla s;

	(void)state;
	sla_init(&s);
	sla_note(&s, SLA_AGENT_ANSWERS, at(0, 7, 0));
	sla_note(&s, SLA_CUSTOMER_WRITES, at(0, 8, 0));
	sla_note(&s, SLA_AGENT_ANSWERS, at(0, 7, 0));
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_FIRST_ANSWER, at(0, 9, 0)).elapsed, 0);
	assert_int_equal(sla_view(&s, NULL, &terms, SLA_FIRST_ANSWER, at(0, 9, 0)).state, SLA_MET);
	sla_release(&s);
}

/* Always open has no minute at midnight that is closed; a span up to 00:00 ends the search. */
static void
test_midnight(void **state)
{
	struct hours *h = hours_new(NULL);
	struct sme_err err;

	(void)state;
	for (int day = 0; day < 7; day++)
		assert_int_equal(hours_add(h, day, SLICE("00:00-24:00"), &err), 0);
	assert_int_equal(hours_after(h, at(0, 23, 0), 2 * HOUR), at(1, 1, 0));
	assert_int_equal(hours_between(h, at(0, 0, 0), at(7, 0, 0)), 7 * 24 * HOUR);
	hours_free(h);
	h = weekdays("09:00-00:00");
	assert_int_equal(hours_after(h, at(0, 23, 0), 2 * HOUR), at(1, 10, 0));
	hours_free(h);
	h = hours_new(NULL);
	assert_true(hours_after(h, at(0, 0, 0), MIN) == TIME_NONE);
	assert_int_equal(hours_after(h, at(0, 0, 0), 0), at(0, 0, 0));
	assert_int_equal(hours_between(h, at(0, 0, 0), at(9, 0, 0)), 0);
	hours_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wall_clock_is_not_business_time),
	    cmocka_unit_test(test_first_answer_stays),
	    cmocka_unit_test(test_next_answer),
	    cmocka_unit_test(test_pauses),
	    cmocka_unit_test(test_reopen),
	    cmocka_unit_test(test_jump),
	    cmocka_unit_test(test_midnight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
