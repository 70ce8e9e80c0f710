/*
 * Days off by rule and from calendars.  With SME_SHARED naming a directory that holds
 * data/holidays, the rules are also compared with the reference answers for 2020 to 2025 there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "clock/holidays.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "stream/tree.h"

static struct holidays *
region(const char *name)
{
	struct holidays *h = calloc(1, sizeof *h);
	struct sme_err err;

	if (holidays_add_region(h, slice_of(name), &err) < 0)
		fail_msg("%s: %s", name, err.text);
	return h;
}

static int
count_year(const struct holidays *h, int year)
{
	int n = 0;

	for (int64_t d = days_from_civil(year, 1, 1); d < days_from_civil(year + 1, 1, 1); d++)
		n += holidays_has(h, d);
	return n;
}

/* From the tables of the almanac. */
static void
test_easter(void **state)
{
	static const int known[][3] = {{1970, 3, 29}, {1981, 4, 19}, {2000, 4, 23}, {2008, 3, 23},
	    {2011, 4, 24}, {2024, 3, 31}, {2025, 4, 20}, {2026, 4, 5}, {2027, 3, 28}, {2038, 4, 25},
	    {2049, 4, 18}, {2076, 4, 19}, {2100, 3, 28}, {2199, 4, 14}};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_int_equal(easter_day(known[i][0]),
		    days_from_civil(known[i][0], known[i][1], known[i][2]));
	assert_int_equal(days_from_civil(HOLIDAYS_YEAR_LAST + 1, 1, 1), HOLIDAYS_DAYS);
}

/* How many days each German Land has off in 2026. */
static void
test_laender(void **state)
{
	static const struct {
		const char *name;
		int days;
	} known[] = {{"DE", 9}, {"DE-BW", 12}, {"DE-BY", 12}, {"DE-BE", 10}, {"DE-BB", 12},
	    {"DE-HB", 10}, {"DE-HH", 10}, {"DE-HE", 10}, {"DE-MV", 11}, {"DE-NI", 10},
	    {"DE-NW", 11}, {"DE-RP", 11}, {"DE-SL", 12}, {"DE-SN", 11}, {"DE-ST", 11},
	    {"DE-SH", 10}, {"DE-TH", 11}};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct holidays *h = region(known[i].name);

		if (count_year(h, 2026) != known[i].days)
			fail_msg("%s: %d days", known[i].name, count_year(h, 2026));
		free(h);
	}
}

static void
test_special_days(void **state)
{
	static const struct {
		const char *region;
		int year, month, day;
		bool off;
	} known[] = {{"DE-SN", 2026, 11, 18, true}, {"DE-BY", 2026, 11, 18, false},
	    {"DE-BY", 1994, 11, 16, true}, {"DE-HH", 2017, 10, 31, true},
	    {"DE-HH", 2016, 10, 31, false}, {"DE-BE", 2025, 5, 8, true},
	    {"DE-MV", 2022, 3, 8, false}, {"CH-GL", 2023, 4, 13, true}, {"CH-GL", 2023, 4, 6, false},
	    {"CH-GL", 2024, 4, 4, true}, {"CH-GE", 2026, 9, 10, true}, {"CH-VD", 2026, 9, 21, true},
	    {"GB-ENG", 2022, 1, 3, true}, {"GB-SCT", 2022, 1, 4, true}, {"GB", 2026, 4, 6, true},
	    {"GB-SCT", 2026, 4, 6, false}, {"GB-WLS", 2027, 12, 28, true},
	    {"US", 2021, 12, 31, true}, {"US", 2026, 7, 3, true}, {"US", 2026, 11, 26, true},
	    {"AT-9", 2026, 10, 26, true}, {"AT", 2026, 12, 8, true}};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct holidays *h = region(known[i].region);

		if (holidays_has(h, days_from_civil(known[i].year, known[i].month, known[i].day)) !=
		    known[i].off)
			fail_msg("%s %04d-%02d-%02d", known[i].region, known[i].year, known[i].month,
			    known[i].day);
		free(h);
	}
}

static void
test_unknown(void **state)
{
	static const char *const bad[] = {"DE-XX", "ZZ", "de", "DE-", "D", "GB-1234567", "../x"};
	static struct holidays h;
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(holidays_add_region(&h, slice_of(bad[i]), &err), -1);
	assert_int_equal(holidays_add_region(&h, SLICE("DE-XX"), &err), -1);
	assert_string_equal(err.text, "no holidays are known for \"DE-XX\"; known are DE DE-BB DE-BE "
	    "DE-BW DE-BY DE-HB DE-HE DE-HH DE-MV DE-NI DE-NW DE-RP DE-SH DE-SL DE-SN DE-ST DE-TH");
	assert_int_equal(h.n, 0);
}

static void
test_bad_rules(void **state)
{
	static const char *const bad[] = {"{", "{\"holidays\":[{\"on\":\"13-01\"}]}",
	    "{\"holidays\":[{\"on\":\"easter+\"}]}", "{\"holidays\":[{\"on\":\"mon#6 01\"}]}",
	    "{\"holidays\":[{\"on\":\"mon#1 13\"}]}", "{\"holidays\":[{\"on\":\"12-25x\"}]}",
	    "{\"holidays\":[{\"dates\":[\"2026-02-30\"]}]}",
	    "{\"holidays\":[{\"on\":\"12-25\",\"move\":{\"if\":\"never\"}}]}"};
	static struct holidays h;
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(
		    holidays_add_rules(&h, SLICE("XY"), slice_of(bad[i]), "xy.json", &err), -1);
		assert_non_null(strstr(err.text, "xy.json"));
	}
}

#define CAL(x) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" x "END:VCALENDAR\r\n"
#define EVENT(x) "BEGIN:VEVENT\r\nUID:1\r\n" x "END:VEVENT\r\n"

static void
test_ical(void **state)
{
	static const char text[] = "\xef\xbb\xbf" CAL(
	    EVENT("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Weih\r\n nachten\r\n")
	    EVENT("DTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY;COUNT=8\r\nEXDATE;VALUE=DATE:20260501\r\n")
	    EVENT("DTSTART;VALUE=DATE:20200914\r\nRRULE:FREQ=YEARLY;BYMONTH=9;BYDAY=2MO;UNTIL=20261231T000000Z\r\n")
	    EVENT("DTSTART;TZID=\"Europe/Berlin:x\":20260715T090000\r\nDTEND:20260715T100000\r\n")
	    EVENT("DTSTART;VALUE=DATE:20260801\r\nSTATUS:CANCELLED\r\n")
	    EVENT("DTSTART;VALUE=DATE:20260803\r\nDURATION:P2D\r\nBEGIN:VALARM\r\nTRIGGER:-P1D\r\n"
		  "DURATION:P9D\r\nEND:VALARM\r\nRDATE;VALUE=DATE:20260810,20260817\r\n")
	    EVENT("DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY\r\n")
	    /* A meeting, a day moved, one cancelled, as Outlook says the fourth Thursday and whole days. */
	    EVENT("DTSTART;TZID=Europe/Berlin:20260105T090000\r\nRRULE:FREQ=HOURLY\r\nEXDATE:x\r\n")
	    "BEGIN:VEVENT\r\nUID:m\r\nRECURRENCE-ID;VALUE=DATE:20260606\r\nDTSTART;VALUE=DATE:20260608\r\nEND:VEVENT\r\n"
	    "BEGIN:VEVENT\r\nUID:m\r\nDTSTART;VALUE=DATE:20200606\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n"
	    "BEGIN:VEVENT\r\nUID:m\r\nRECURRENCE-ID:20270606T000000Z\r\nSTATUS:CANCELLED\r\nDTSTART:20270606T000000Z\r\nEND:VEVENT\r\n"
	    EVENT("DTSTART;VALUE=DATE:20201126\r\nRRULE:FREQ=YEARLY;BYDAY=TH;BYMONTH=11;BYSETPOS=4\r\n")
	    EVENT("DTSTART;VALUE=DATE:20201118\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=WE;BYMONTHDAY=16,17,18,19,20,21,22\r\n")
	    EVENT("DTSTART:20261005T000000\r\nDTEND:20261007T000000\r\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\n")
	    EVENT("DTSTART;VALUE=DATE:20260401\r\nDURATION:P1DT24H\r\n")
	    EVENT("DTSTART;VALUE=DATE:20260211\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4\r\n")
	    EVENT("DTSTART;VALUE=DATE:20260131\r\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20260331\r\n"));
	static const int on[][3] = {{2026, 12, 24}, {2026, 12, 26}, {2025, 5, 1}, {2027, 5, 1},
	    {2026, 9, 14}, {2026, 8, 3}, {2026, 8, 4}, {2026, 8, 11}, {2026, 8, 18}, {2028, 2, 29},
	    {2026, 6, 8}, {2028, 6, 6}, {2027, 11, 25}, {2026, 11, 18}, {2026, 10, 5}, {2026, 10, 6}, {2026, 4, 2},
	    {2026, 2, 11}, {2026, 2, 23}, {2026, 2, 25}, {2026, 3, 9}, {2026, 2, 28}, {2026, 3, 31}};
	static const int off[][3] = {{2026, 12, 27}, {2026, 5, 1}, {2028, 5, 1}, {2027, 9, 13},
	    {2026, 7, 15}, {2026, 8, 1}, {2026, 8, 5}, {2027, 3, 1}, {2019, 5, 1},
	    {2026, 1, 5}, {2026, 6, 6}, {2027, 6, 6}, {2027, 11, 18}, {2026, 11, 25}, {2026, 10, 7}, {2026, 4, 3},
	    {2026, 2, 9}, {2026, 2, 16}, {2026, 3, 11}, {2026, 4, 30}};
	static struct holidays h;
	struct sme_err err;

	(void)state;
	if (holidays_add_ical(&h, SLICE(text), "x.ics", &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < sizeof on / sizeof *on; i++)
		if (!holidays_has(&h, days_from_civil(on[i][0], on[i][1], on[i][2])))
			fail_msg("%d-%d-%d is missing", on[i][0], on[i][1], on[i][2]);
	for (size_t i = 0; i < sizeof off / sizeof *off; i++)
		if (holidays_has(&h, days_from_civil(off[i][0], off[i][1], off[i][2])))
			fail_msg("%d-%d-%d is wrong", off[i][0], off[i][1], off[i][2]);
}

static void
test_bad_ical(void **state)
{
	static const struct {
		const char *text, *error;
	} bad[] = {{"", "x.ics: line 1: this is no iCalendar file"},
	    {"<html>\n", "x.ics: line 1: this is no iCalendar file"},
	    {CAL(EVENT("SUMMARY:x\r\n")), "x.ics: line 6: an event without DTSTART"},
	    {CAL(EVENT("DTSTART;VALUE=DATE:20260231\r\n")), "x.ics: line 5: DTSTART is no date"},
	    {CAL(EVENT("DTSTART:20260201\r\nRRULE:FREQ=YEARLY;BYWEEKNO=3\r\n")),
		"x.ics: line 6: a repetition that is not understood; export the dates one by one"},
	    {CAL("BEGIN:VEVENT\r\nDTSTART:20260101\r\n"), "x.ics: line 5: an event that does not end"},
	    {"BEGIN:VCALENDAR\n" EVENT("DTSTART:20260101\r\n"),
		"x.ics: line 6: the file is cut short: END:VCALENDAR is missing"},
	    {CAL("SUMMARY:a\r\nb\r\n"),
		"x.ics: line 4: a line without a colon; what goes on from the line before begins with a space"},
	    {CAL(EVENT("DTSTART:20260201\r\nDTEND:20260101\r\n")),
		"x.ics: line 7: an event that ends before it begins, or lasts longer than two months"},
	    {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101\n",
		"x.ics: line 4: the file ends in the middle of an event"}};
	static struct holidays h;
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(holidays_add_ical(&h, slice_of(bad[i].text), "x.ics", &err), -1);
		assert_string_equal(err.text, bad[i].error);
	}
}

/* ---- reference answers ---- */

static struct holidays *
set_of(struct map *sets, const char *name)
{
	union map_value *v = map_put(sets, slice_of(name));

	if (!v->ptr)
		v->ptr = calloc(1, sizeof(struct holidays));
	return v->ptr;
}

static const char *const countries[] = {"DE", "AT", "CH", "GB", "US"};

/* Public holidays go to SETS, those of banks only to LOOSE: either answer is right for them. */
static void
read_reference(gzFile f, struct map *sets, struct map *loose)
{
	static char line[4096];

	while (gzgets(f, line, sizeof line)) {
		struct arena a = {0};
		struct sme_err err;
		const struct json_node *n = json_tree(&a, slice_trim(slice_of(line)), &err);
		struct slice country = node_text(n, "country"), s = node_text(n, "state");
		char name[32];

		for (size_t i = 0; i < sizeof countries / sizeof *countries; i++) {
			if (!slice_is(country, countries[i]))
				continue;
			snprintf(name, sizeof name, "%s%s%s", countries[i], s.n ? "-" : "", s.n ? s.p : "");
			assert_int_equal(holidays_add_date(set_of(slice_is(node_text(n, "label"), "public") ?
			    sets : loose, name), node_text(n, "date"), &err), 0);
		}
		arena_release(&a);
	}
}

static int
compare_region(const char *name, const struct holidays *want, const struct holidays *loose)
{
	struct holidays *got = region(name);
	int wrong = 0;

	for (int64_t d = days_from_civil(2020, 1, 1); d < days_from_civil(2026, 1, 1); d++) {
		int y, m, day;

		if (holidays_has(got, d) == holidays_has(want, d) || holidays_has(loose, d))
			continue;
		civil_from_days(d, &y, &m, &day);
		print_message("%s %04d-%02d-%02d: %s\n", name, y, m, day,
		    holidays_has(got, d) ? "too much" : "missing");
		wrong++;
	}
	free(got);
	return wrong;
}

/* Alderney is no part of the United Kingdom; without a state GB is England and Switzerland only what all
 * cantons have, which the reference sees in another way. */
static bool
is_compared(const char *name)
{
	return strcmp(name, "GB-ALD") != 0 && strcmp(name, "GB") != 0 && strcmp(name, "CH") != 0;
}

static void
test_reference(void **state)
{
	const char *shared = getenv("SME_SHARED");
	struct map sets = {0}, loose = {0};
	char path[4096];
	int wrong = 0;
	gzFile f;

	(void)state;
	snprintf(path, sizeof path, "%s/data/holidays/date_holidays_2020_2025.ndjson.gz",
	    shared ? shared : "");
	f = shared ? gzopen(path, "r") : NULL;
	if (!f)
		skip();
	read_reference(f, &sets, &loose);
	gzclose(f);
	assert_true(sets.n > 50);
	for (size_t i = 0; i < sets.n; i++) {
		char name[32];
		struct slice key = sets.items[i].key;

		snprintf(name, sizeof name, "%.*s", SLICE_ARG(key));
		if (is_compared(name))
			wrong += compare_region(name, set_of(&sets, name), set_of(&loose, name));
	}
	for (size_t i = 0; i < sets.n; i++)
		free(sets.items[i].value.ptr);
	for (size_t i = 0; i < loose.n; i++)
		free(loose.items[i].value.ptr);
	map_release(&sets);
	map_release(&loose);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_easter),
	    cmocka_unit_test(test_laender),
	    cmocka_unit_test(test_special_days),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_bad_rules),
	    cmocka_unit_test(test_ical),
	    cmocka_unit_test(test_bad_ical),
	    cmocka_unit_test(test_reference),
	};

	setenv("SME_SHARE", "share", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
