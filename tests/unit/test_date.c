#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rfc3339.h"
#include "net/date.h"

static const struct {
	const char *text, *utc; /* NULL: refused */
} dates[] = {
    /* RFC 3339 and its relatives */
    {"2026-11-21T14:05:00Z", "2026-11-21T14:05:00Z"},
    {"2026-11-21T14:05:00.250+01:00", "2026-11-21T13:05:00.250Z"},
    {"2026-11-21 14:05:00", "2026-11-21T14:05:00Z"},
    {"2026-11-21 14:05:00 +0100", "2026-11-21T13:05:00Z"},
    {"2026-11-21T14:05+01:00", "2026-11-21T13:05:00Z"},
    {"2026-11-21T14:05:00,5Z", "2026-11-21T14:05:00.500Z"},
    {"2026-11-21", "2026-11-21T00:00:00Z"},
    {"2026/11/21 14:05", "2026-11-21T14:05:00Z"},
    {"20261121T140500Z", "2026-11-21T14:05:00Z"},
    {"20261121", "2026-11-21T00:00:00Z"},
    {"2026-11-21T24:00:00Z", "2026-11-22T00:00:00Z"},
    /* RFC 822 and what passes for it */
    {"Sat, 21 Nov 2026 14:05:00 GMT", "2026-11-21T14:05:00Z"},
    {"Mon, 21 Nov 2026 14:05:00 GMT", "2026-11-21T14:05:00Z"},
    {"21 Nov 26 14:05 UT", "2026-11-21T14:05:00Z"},
    {"Sat, 21 Nov 2026 14:05:00 -0500", "2026-11-21T19:05:00Z"},
    {"Sat, 21 Nov 2026 14:05:00 EST", "2026-11-21T19:05:00Z"},
    {"Sat, 21 Nov 2026 14:05:00 CEST", "2026-11-21T12:05:00Z"},
    {"Sat, 21 Nov 2026 14:05:00 MEZ", "2026-11-21T13:05:00Z"},
    {"Sat, 21 Nov 2026 14:05:00 +0200 (CEST)", "2026-11-21T12:05:00Z"},
    {"Sat, 21 Nov 2026 14:05:00 GMT+2", "2026-11-21T12:05:00Z"},
    {"Sat, 21 Nov 2026 14:05:00 Nowhere", "2026-11-21T14:05:00Z"},
    {"Sat, 1 Nov 126 14:05:00 GMT", "2026-11-01T14:05:00Z"},
    {"Sat,21 Nov 2026 14:05:00 Z", "2026-11-21T14:05:00Z"},
    {"Samstag, 21. November 2026 14:05 Uhr", "2026-11-21T14:05:00Z"},
    {"Sa, 21 Dez 2026 14:05:00 +0100", "2026-12-21T13:05:00Z"},
    {"mardi 24 novembre 2026 08:00", "2026-11-24T08:00:00Z"},
    {"mar, 24 nov 2026 08:00:00 +0100", "2026-11-24T07:00:00Z"},
    {"24 mars 2026", "2026-03-24T00:00:00Z"},
    /* others */
    {"Saturday, 21-Nov-26 14:05:00 GMT", "2026-11-21T14:05:00Z"},
    {"Sat Nov 21 14:05:00 2026", "2026-11-21T14:05:00Z"},
    {"Sat Nov 21 14:05:00 +0100 2026", "2026-11-21T13:05:00Z"},
    {"21.11.2026 14:05", "2026-11-21T14:05:00Z"},
    {"21.11.26, 14:05:09", "2026-11-21T14:05:09Z"},
    {"1.2.2026", "2026-02-01T00:00:00Z"},
    {"Nov 21, 2026 2:05 PM", "2026-11-21T14:05:00Z"},
    {"Nov 21, 2026 12:05 AM", "2026-11-21T00:05:00Z"},
    {"21/11/2026 14:05", "2026-11-21T14:05:00Z"},
    {"11/21/2026 14:05", "2026-11-21T14:05:00Z"},
    {"11/11/2026", "2026-11-11T00:00:00Z"},
    {"1795269900", "2026-11-21T14:05:00Z"},
    {"1795269900123", "2026-11-21T14:05:00.123Z"},
    {"1795269900.5", "2026-11-21T14:05:00Z"},
    {"1795269900123456", "2026-11-21T14:05:00.123Z"},
    /* two days, no day, or nonsense */
    {"03/04/2026", NULL},
    {"2026-02-30", NULL},
    {"2026-13-01T00:00:00Z", NULL},
    {"Sat, 21 Nov 2026 25:00:00 GMT", NULL},
    {"yesterday", NULL},
    {"12:30", NULL},
    {"21 Nov", NULL},
    {"", NULL},
    {"<b>2026</b>", NULL},
    {"99999999999999999999", NULL},
};

static void
parses_what_is_seen_in_the_wild(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		int64_t ms, want = 0;
		bool ok = date_parse(slice_of(dates[i].text), &ms);

		if (dates[i].utc)
			assert_true(rfc3339_parse(slice_of(dates[i].utc), &want));
		if (ok != (dates[i].utc != NULL) || (ok && ms != want)) {
			char got[RFC3339_SIZE] = "refused";

			if (ok)
				rfc3339_format(ms, got);
			fail_msg("%s: %s", dates[i].text, got);
		}
	}
}

static void
knows_whether_a_zone_was_given(void **state)
{
	int64_t ms;
	bool zoned;

	(void)state;
	assert_true(date_parse_zoned(SLICE("21.11.2026 14:05"), &ms, &zoned) && !zoned);
	assert_true(date_parse_zoned(SLICE("21 Nov 2026 14:05 CET"), &ms, &zoned) && zoned);
	assert_true(date_parse_zoned(SLICE("2026-11-21T14:05:00Z"), &ms, &zoned) && zoned);
}

static void
follows_a_format(void **state)
{
	int64_t ms, want;
	bool zoned;

	(void)state;
	assert_true(rfc3339_parse(SLICE("2026-04-03T14:05:00Z"), &want));
	assert_true(date_parse_format(SLICE(" 03/04/2026 14:05 "), "%d/%m/%Y %H:%M", &ms, &zoned));
	assert_true(ms == want && !zoned);
	assert_true(date_parse_format(SLICE("04-03-26 15:05 +0100"), "%m-%d-%y %H:%M %z", &ms, &zoned));
	assert_true(ms == want && zoned);
	assert_false(date_parse_format(SLICE("03/04/2026 x"), "%d/%m/%Y", &ms, &zoned));
	assert_false(date_parse_format(SLICE("03/04"), "%d/%m/%Y", &ms, &zoned));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses_what_is_seen_in_the_wild),
	    cmocka_unit_test(knows_whether_a_zone_was_given),
	    cmocka_unit_test(follows_a_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
