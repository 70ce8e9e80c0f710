/* What the desk corrected, joined with what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/corrections.h"

static const struct dataset_keys keys = {
    .text = "text", .label = "label", .id = "id", .group = "lang"};

/* Read the lines twice; the rows in *D. */
static struct corrections_count
join(const char *lines, const char *tenant, struct dataset *d)
{
	struct corrections_options o = {"intent", tenant, &keys, "log"};
	struct corrections *c = corrections_new(&o);
	struct corrections_count count;
	struct sme_err err;

	*d = (struct dataset)DATASET_INIT;
	assert_int_equal(corrections_note(c, slice_of(lines), 1, &err), 0);
	assert_int_equal(corrections_find(c, slice_of(lines), 1, &err), 0);
	corrections_add(c, d);
	count = *corrections_count(c);
	corrections_free(c);
	return count;
}

static bool
row_is(const struct dataset *d, size_t i, const char *id, const char *text, const char *label)
{
	const struct sample *s = &d->rows[i];

	return i < d->n && slice_is(s->id, id) && slice_is(s->text, text) && s->corrected &&
	       strcmp(d->labels.items[s->label].key.p, label) == 0;
}

static void
test_join(void **state)
{
	struct dataset d;
	struct corrections_count n = join(
	    "{\"type\":\"mention\",\"id\":\"a\",\"text\":\"kein Netz\",\"lang\":\"de\"}\n"
	    "{\"type\":\"mention\",\"id\":\"b\",\"text\":\"nobody said a thing about me\"}\n"
	    "{\"type\":\"case\",\"id\":\"1\",\"mention\":\"c\",\"correct\":{\"intent\":\"billing\"}"
	    "}\n"
	    "{\"type\":\"case\",\"id\":\"2\",\"mention\":\"a\",\"correct\":{\"intent\":\"outage\"}}"
	    "\n"
	    "\n"
	    "{\"type\":\"mention\",\"id\":\"c\",\"text\":\"meine Rechnung\"}\n"
	    "{\"type\":\"case\",\"id\":\"3\",\"mention\":\"b\",\"correct\":{\"sentiment\":\"x\"}}\n"
	    "{\"type\":\"case\",\"id\":\"4\",\"mention\":\"b\",\"state\":\"closed\"}\n"
	    "[]\n7",
	    NULL, &d);

	(void)state;
	assert_int_equal(n.events, 2);
	assert_int_equal(n.learned, 2);
	assert_int_equal(d.n, 2);
	assert_true(row_is(&d, 0, "c", "meine Rechnung", "billing"));
	assert_true(row_is(&d, 1, "a", "kein Netz", "outage"));
	assert_true(slice_is(d.groups.items[d.rows[1].group].key, "de"));
	dataset_release(&d);
}

/* The later one counts, by time; by place where times are equal or missing; null takes it back. */
static void
test_later_wins(void **state)
{
#define CASE(id, time, label)                                                                      \
	"{\"type\":\"case\",\"mention\":\"" id "\"" time ",\"correct\":{\"intent\":" label "}}\n"
#define AT(t) ",\"created_at\":\"2026-11-2" t "T08:00:00Z\""
	struct dataset d;
	struct corrections_count n = join(
	    "{\"type\":\"mention\",\"id\":\"a\",\"text\":\"one\"}\n"
	    "{\"type\":\"mention\",\"id\":\"b\",\"text\":\"two\"}\n"
	    "{\"type\":\"mention\",\"id\":\"c\",\"text\":\"three\"}\n"
	    "{\"type\":\"mention\",\"id\":\"d\",\"text\":\"four\"}\n"
	    "{\"type\":\"mention\",\"id\":\"e\",\"text\":\"five\"}\n" CASE("a", AT("2"), "\"late\"")
		CASE("a", AT("1"), "\"early\"") CASE("b", AT("1"), "\"first\"") CASE("b", AT("1"),
		    "\"second\"") CASE("c", "", "\"first\"") CASE("c", "", "\"second\"")
		    CASE("d", AT("1"), "\"gone\"") CASE("d", AT("2"), "null")
			CASE("e", AT("1"), "null") CASE("e", AT("2"), "true"),
	    NULL, &d);

	(void)state;
	assert_int_equal(n.events, 10);
	assert_int_equal(n.withdrawn, 1);
	assert_int_equal(d.n, 4);
	assert_true(row_is(&d, 0, "a", "one", "late"));
	assert_true(row_is(&d, 1, "b", "two", "second"));
	assert_true(row_is(&d, 2, "c", "three", "second"));
	assert_true(row_is(&d, 3, "e", "five", "true"));
	dataset_release(&d);
}

static void
test_revisions_and_deletes(void **state)
{
	struct dataset d;
	struct corrections_count n =
	    join("{\"type\":\"mention\",\"id\":\"a\",\"revision\":2,\"text\":\"newest\"}\n"
		 "{\"type\":\"mention\",\"id\":\"a\",\"revision\":1,\"text\":\"newer\"}\n"
		 "{\"type\":\"mention\",\"id\":\"a\",\"text\":\"old\"}\n"
		 "{\"type\":\"mention\",\"id\":\"b\",\"text\":\"taken back by its author\"}\n"
		 "{\"type\":\"delete\",\"id\":\"b\"}\n"
		 "{\"type\":\"mention\",\"id\":\"b\",\"text\":\"and seen again\"}\n"
		 "{\"type\":\"delete\",\"id\":\"c\"}\n"
		 "{\"type\":\"mention\",\"id\":\"d\",\"text\":null}\n" CASE("a", "", "\"x\"")
		     CASE("b", "", "\"x\"") CASE("c", "", "\"x\"") CASE("d", "", "\"x\"")
			 CASE("e", "", "\"x\""),
		NULL, &d);

	(void)state;
	assert_int_equal(d.n, 1);
	assert_true(row_is(&d, 0, "a", "newest", "x"));
	assert_int_equal(n.deleted, 2);
	assert_int_equal(n.missing, 2);
	assert_int_equal(n.learned, 1);
	dataset_release(&d);
}

/* The same id of two tenants is two mentions. */
static void
test_tenants(void **state)
{
	static const char lines[] =
	    "{\"type\":\"mention\",\"id\":\"a\",\"tenant\":\"o2\",\"text\":\"one\"}\n"
	    "{\"type\":\"mention\",\"id\":\"a\",\"tenant\":\"dm\",\"text\":\"two\"}\n"
	    "{\"type\":\"mention\",\"id\":\"a\",\"text\":\"three\"}\n"
	    "{\"type\":\"case\",\"mention\":\"a\",\"tenant\":\"dm\",\"correct\":{\"intent\":\"x\"}}"
	    "\n"
	    "{\"type\":\"case\",\"mention\":\"a\",\"tenant\":\"o2\",\"correct\":{\"intent\":\"y\"}}"
	    "\n"
	    "{\"type\":\"case\",\"mention\":\"a\",\"tenant\":\"default\",\"correct\":{\"intent\":"
	    "\"z\"}}\n";
	struct dataset d;

	(void)state;
	join(lines, NULL, &d);
	assert_int_equal(d.n, 3);
	assert_true(row_is(&d, 0, "a", "two", "x"));
	assert_true(row_is(&d, 1, "a", "one", "y"));
	assert_true(row_is(&d, 2, "a", "three", "z"));
	assert_int_equal(d.duplicate_ids + d.conflicts + d.overruled, 0);
	dataset_release(&d);
	join(lines, "o2", &d);
	assert_int_equal(d.n, 1);
	assert_true(row_is(&d, 0, "a", "one", "y"));
	dataset_release(&d);
	join(lines, "nobody", &d);
	assert_int_equal(d.n, 0);
	dataset_release(&d);
}

static void
test_odd(void **state)
{
	struct corrections_options o = {"intent", NULL, &keys, "log"};
	struct corrections *c = corrections_new(&o);
	struct dataset d;
	struct sme_err err;
	struct corrections_count n = join(
	    "{\"type\":\"mention\",\"id\":\"a\",\"text\":\"one\"}\n" CASE("a", "", "{}") CASE(
		"a", "", "[\"x\"]") CASE("a", "", "\"\"") CASE("a", "",
		"\"a\\nb\"") "{\"type\":\"case\",\"mention\":7,\"correct\":{\"intent\":\"x\"}}\n"
			     "{\"type\":\"case\",\"mention\":\"\",\"correct\":{\"intent\":\"x\"}}\n"
			     "{\"type\":\"case\",\"mention\":\"a\",\"correct\":\"intent\"}\n",
	    NULL, &d);

	(void)state;
	assert_int_equal(n.events, 4);
	assert_int_equal(n.odd, 4);
	assert_int_equal(d.n, 0);
	dataset_release(&d);
	assert_int_equal(corrections_note(c, SLICE("{}\n{}\n{"), 41, &err), -1);
	assert_int_equal(err.status, SME_DATA);
	assert_memory_equal(err.text, "log:43: byte 1", 14);
	corrections_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_join),
	    cmocka_unit_test(test_later_wins),
	    cmocka_unit_test(test_revisions_and_deletes),
	    cmocka_unit_test(test_tenants),
	    cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
