/* Times and whole numbers as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/rfc3339.h"
#include "stream/json.h"

static void
test_format(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		/* Years 0000 to 9999. */
		int64_t ms = (int64_t)(hash_mix(++seed) % 315569520000000u) - INT64_C(62167219200000), back;
		time_t t = (time_t)((ms - (ms % 1000 + 1000) % 1000) / 1000);
		char got[RFC3339_SIZE], want[64];
		struct tm tm;

		if (i % 2)
			ms = (int64_t)t * 1000;
		gmtime_r(&t, &tm);
		snprintf(want, sizeof want, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		if (ms - (int64_t)t * 1000)
			snprintf(want + 19, sizeof want - 19, ".%03d", (int)(ms - (int64_t)t * 1000));
		strcat(want, "Z");
		assert_string_equal(rfc3339_format(ms, got), want);
		assert_true(rfc3339_parse(slice_of(got), &back));
		assert_true(back == ms);
	}
}

static void
test_format_ends(void **state)
{
	char got[RFC3339_SIZE];

	(void)state;
	assert_string_equal(rfc3339_format(0, got), "1970-01-01T00:00:00Z");
	assert_string_equal(rfc3339_format(-1, got), "1969-12-31T23:59:59.999Z");
	assert_string_equal(rfc3339_format(INT64_MAX, got), "9999-12-31T23:59:59.999Z");
	assert_string_equal(rfc3339_format(INT64_MIN, got), "0000-01-01T00:00:00Z");
}

static void
check_number(double x, int digits, const char *want)
{
	struct buf b = BUF_INIT;

	if (digits < 0)
		json_put_number(&b, x);
	else
		json_put_fixed(&b, x, digits);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
test_numbers(void **state)
{
	(void)state;
	check_number(0, -1, "0");
	check_number(-0.0, -1, "0");
	check_number(-0.0, 4, "0");
	check_number(-0.00001, 4, "0");
	check_number(78, 4, "78");
	check_number(-78, 4, "-78");
	check_number(78.25, 4, "78.25");
	check_number(78.99999, 4, "79");
	check_number(999999999999999, 0, "999999999999999");
	check_number(1e15, -1, "1e+15");
	check_number(-123456789, -1, "-123456789");
	check_number(1e300, -1, "1e+300");
	check_number(0.1, -1, "0.1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_format_ends),
	    cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
