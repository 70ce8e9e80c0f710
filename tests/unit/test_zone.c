/* Time zones against the C library's own reading of the same files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock/tzrule.h"
#include "clock/zone.h"
#include "core/buf.h"
#include "core/hash.h"

static const char *const names[] = {"Europe/Berlin", "Europe/London", "Europe/Dublin",
    "Europe/Istanbul", "Europe/Lisbon", "America/New_York", "America/Sao_Paulo", "America/Santiago",
    "America/St_Johns", "America/Caracas", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran",
    "Asia/Gaza", "Asia/Tokyo", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Apia",
    "Pacific/Chatham", "Pacific/Auckland", "Africa/Casablanca", "Africa/Cairo", "Africa/Monrovia",
    "Antarctica/Troll", "America/Nuuk", "Etc/GMT+5", "UTC", "Factory"};

static bool
have_zoneinfo(void)
{
	return access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0;
}

static int32_t
libc_offset(int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	localtime_r(&t, &tm);
	return (int32_t)tm.tm_gmtoff;
}

static void
compare_zone(const char *name, uint64_t *seed)
{
	struct sme_err err = {0};
	struct zone *z = zone_open(slice_of(name), &err);

	if (!z)
		fail_msg("%s", err.text);
	setenv("TZ", name, 1);
	tzset();
	for (int i = 0; i < 4000; i++) {
		uint64_t r = hash_mix(++*seed);
		/* From 1850 to 2200, most of it near today. */
		int64_t at = i % 4 ? (int64_t)(r % 2000000000u) :
		    (int64_t)(r % 11000000000u) - INT64_C(3786912000);
		int64_t change = zone_next_change(z, at);

		if (zone_offset(z, at) != libc_offset(at))
			fail_msg("%s at %lld: %d, libc %d", name, (long long)at, zone_offset(z, at),
			    libc_offset(at));
		if (change == ZONE_NEVER)
			continue;
		assert_true(change > at);
		assert_int_equal(zone_offset(z, change), libc_offset(change));
		assert_int_equal(zone_offset(z, change - 1), libc_offset(change - 1));
		assert_int_equal(zone_offset(z, change - 1), zone_offset(z, at));
	}
	zone_close(z);
}

static void
test_same_as_libc(void **state)
{
	uint64_t seed = 1;

	(void)state;
	if (!have_zoneinfo())
		skip();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		compare_zone(names[i], &seed);
	unsetenv("TZ");
	tzset();
}

static void
test_bad_names(void **state)
{
	static const char *const bad[] = {"", "/etc/passwd", "../../../etc/passwd", "Europe/../../x",
	    "Europe//Berlin", "Europe/", "Europe", ".", "Europe/Berlin\n", "Nowhere/At_All",
	    "Europe/\xc3\xa4"};
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err.text[0] = '\0';
		assert_null(zone_open(slice_of(bad[i]), &err));
		assert_non_null(strstr(err.text, "time zone"));
		assert_int_equal(err.status, SME_CONFIG);
	}
}

static void
test_utc_needs_no_file(void **state)
{
	struct zone *z;

	(void)state;
	setenv("TZDIR", "/nonexistent", 1);
	z = zone_open(SLICE("UTC"), NULL);
	assert_non_null(z);
	assert_int_equal(zone_offset(z, 1800000000), 0);
	assert_true(zone_next_change(z, 0) == ZONE_NEVER);
	zone_close(z);
	unsetenv("TZDIR");
}

/* Every prefix of a good file is refused or, at the end, accepted; nothing reads past it. */
static void
test_cut_file(void **state)
{
	struct buf b = BUF_INIT;
	struct sme_err err;
	FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "r");
	int c, good = 0;

	(void)state;
	if (!f)
		skip();
	while ((c = getc(f)) != EOF)
		buf_addc(&b, (char)c);
	fclose(f);
	for (size_t n = 0; n <= b.n; n++) {
		char *copy = malloc(n ? n : 1);
		struct zone *z;

		memcpy(copy, b.p, n);
		z = zone_parse(SLICE("cut"), (struct slice){copy, n}, &err);
		good += z != NULL;
		zone_close(z);
		free(copy);
	}
	assert_int_equal(good, 1);
	buf_release(&b);
}

static void
test_rules(void **state)
{
	static const char *const bad[] = {"", "C", "CET", "CET-1CEST", "CET-1CEST,M3.5.0",
	    "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,J0,J5",
	    "CET-1CEST,J366,J5", "CET-1CEST,366,5", "CET-1CEST,M3.5.0,M10.5.0/168", "<+03-3",
	    "CET-1CEST,M3.5.0,M10.5.0x", "CET-1:60"};
	struct tzrule r;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(tzrule_parse(slice_of(bad[i]), &r));
	assert_true(tzrule_parse(SLICE("<-03>3"), &r));
	assert_int_equal(tzrule_offset(&r, 0), -3 * 3600);
	/* Daylight-saving time all year, RFC 9636, section 3.3.1. */
	assert_true(tzrule_parse(SLICE("XXX3EDT4,0/0,J365/23"), &r));
	for (int64_t at = 1700000000; at < 1900000000; at += 3599)
		assert_int_equal(tzrule_offset(&r, at), -4 * 3600);
	/* 2024-02-29 is day 59, and not counted by J60, which is March 1. */
	assert_true(tzrule_parse(SLICE("AAA0BBB,J60/0,J61/0"), &r));
	assert_int_equal(tzrule_offset(&r, 1709164800), 0);    /* 2024-02-29T00:00Z */
	assert_int_equal(tzrule_offset(&r, 1709251200), 3600); /* 2024-03-01T00:00Z */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_as_libc),
	    cmocka_unit_test(test_bad_names),
	    cmocka_unit_test(test_utc_needs_no_file),
	    cmocka_unit_test(test_cut_file),
	    cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
