#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/rfc3339.h"
#include "net/known.h"

#define LONG_A "Seit heute frueh gibt es in Kiel und Umgebung kein Netz mehr, wir arbeiten mit Hochdruck."
#define LONG_B "Am Sonntag wird zwischen zwei und vier Uhr gewartet, bitte rechnen Sie mit Ausfaellen."

enum outcome { SAME, CHANGED, NEW };

static struct known_key
key(const char *guid, const char *link, const char *title, const char *text, int64_t date)
{
	return (struct known_key){slice_of(guid), slice_of(link), slice_of(title), slice_of(text), date, date};
}

/* What a second document, with one item in place of the first, makes of it. */
static enum outcome
second(struct known_key first, struct known_key then)
{
	struct known s = {0};
	struct known_verdict v[1];
	enum outcome r;

	known_document(&s, &first, 1, v);
	assert_int_equal(v[0].kind, KNOWN_NEW);
	known_document(&s, &then, 1, v);
	r = v[0].kind == KNOWN_SAME ? SAME : v[0].kind == KNOWN_CHANGED ? CHANGED : NEW;
	assert_int_equal(s.n, r == NEW ? 2 : 1);
	if (r == NEW)
		assert_false(slice_eq(s.items[0].native, s.items[1].native));
	known_release(&s);
	return r;
}

static void
survives_change(void **state)
{
	const char *l = "https://a.example/1", *l2 = "https://a.example/2";

	(void)state;
	/* nothing but the date; nothing but tracking in the link */
	assert_int_equal(second(key("g", l, "T", LONG_A, 1000), key("g", l, "T", LONG_A, 9000)), SAME);
	assert_int_equal(second(key("g", l, "T", LONG_A, 1000),
	    key("g", "http://www.a.example/1/?utm_source=x", "T", LONG_A, 1000)), SAME);
	/* title, text, or both, with and without guid */
	assert_int_equal(second(key("g", l, "T", LONG_A, 1), key("g", l, "U", LONG_A, 2)), CHANGED);
	assert_int_equal(second(key("g", l, "T", LONG_A, 1), key("g", l, "U", LONG_B, 2)), CHANGED);
	assert_int_equal(second(key(0, l, "T", LONG_A, 1), key(0, l, "U", LONG_B, 2)), CHANGED);
	/* a guid that changes with every edit */
	assert_int_equal(second(key("g1", l, "T", LONG_A, 1), key("g2", l, "T", LONG_A, 2)), SAME);
	assert_int_equal(second(key("g1", l, "T", LONG_A, 1), key("g2", l, "T", LONG_B, 2)), CHANGED);
	/* a page that has moved and was rewritten on the same day; a site that has moved */
	assert_int_equal(second(key("g", l, "T", LONG_A, 1), key("g", l2, "U", LONG_B, 1)), CHANGED);
	assert_int_equal(second(key("g1", l, "T", LONG_A, 1), key("g2", l2, "T", LONG_A, 1)), SAME);
	/* neither guid nor link */
	assert_int_equal(second(key(0, 0, "T", LONG_A, 1), key(0, 0, "T", LONG_A, 2)), SAME);
	assert_int_equal(second(key(0, 0, "T", LONG_A, 1), key(0, 0, "U", LONG_A, 2)), CHANGED);
	assert_int_equal(second(key(0, 0, 0, LONG_A, 1), key(0, 0, 0, LONG_A, 1)), SAME);
}

static void
tells_items_apart(void **state)
{
	const char *l = "https://a.example/1", *l2 = "https://a.example/2";

	(void)state;
	/* a feed whose guid, or whose link, is always the same */
	assert_int_equal(second(key("g", l, "T", LONG_A, 1), key("g", l2, "U", LONG_B, 2)), NEW);
	assert_int_equal(second(key("g1", l, "T", LONG_A, 1), key("g2", l, "U", LONG_B, 2)), NEW);
	/* the same words again, somewhere else, some other day */
	assert_int_equal(second(key("g1", l, "T", LONG_A, 1), key("g2", l2, "T", LONG_A, 2)), NEW);
	assert_int_equal(second(key(0, l, "T", LONG_A, 1), key(0, l2, "T", LONG_A, 2)), NEW);
	assert_int_equal(second(key(0, 0, "T", LONG_A, 1), key(0, 0, "T", LONG_B, 2)), NEW);
	assert_int_equal(second(key("g1", 0, "T", "yes", 1), key("g2", 0, "U", "no", 1)), NEW);
}

/* Ten items with one guid; then the same ten again, one of them edited, and a new one. */
static void
shared_guids_swallow_nothing(void **state)
{
	struct known s = {0};
	struct known_key keys[12];
	struct known_verdict v[12];
	char links[11][40], texts[11][40];

	(void)state;
	for (int i = 0; i < 11; i++) {
		snprintf(links[i], sizeof links[i], "https://a.example/%d", i);
		snprintf(texts[i], sizeof texts[i], "Text number %d", i);
		keys[i] = key("all", links[i], "Same title", texts[i], 1000);
	}
	known_document(&s, keys, 10, v);
	for (int i = 0; i < 10; i++)
		assert_int_equal(v[i].kind, KNOWN_NEW);
	keys[3].text = SLICE("Edited");
	keys[11] = keys[5];
	known_document(&s, keys, 12, v);
	for (int i = 0; i < 12; i++)
		assert_int_equal(v[i].kind, i == 3    ? KNOWN_CHANGED
		                            : i == 10 ? KNOWN_NEW
		                            : i == 11 ? KNOWN_TWICE
		                                      : KNOWN_SAME);
	assert_int_equal(s.items[v[3].item].revision, 1);
	assert_int_equal(s.n, 11);
	known_release(&s);
}

/* Neither guid nor link, and one title for all: the content is what there is. */
static void
content_alone_identifies(void **state)
{
	struct known s = {0};
	struct known_key keys[3] = {key(0, 0, "News", "first", TIME_NONE),
	    key(0, 0, "News", "second", TIME_NONE), key(0, 0, "News", "third", TIME_NONE)};
	struct known_verdict v[3];

	(void)state;
	known_document(&s, keys, 2, v);
	assert_int_equal(v[0].kind, KNOWN_NEW);
	assert_int_equal(v[1].kind, KNOWN_NEW);
	known_document(&s, keys, 3, v);
	assert_int_equal(v[0].kind, KNOWN_SAME);
	assert_int_equal(v[1].kind, KNOWN_SAME);
	assert_int_equal(v[2].kind, KNOWN_NEW);
	known_release(&s);
}

/*
 * A feed of a window that moves over 300 items, in 200 documents, each item edited now and then:
 * whatever way its guids misbehave, each item gets one name and keeps it, and no two share one.
 */
static void
windows_move(void **state)
{
	enum { ITEMS = 300, WINDOW = 20, STEPS = ITEMS - WINDOW };

	(void)state;
	for (int mode = 0; mode < 4; mode++) {
		struct known s = {0};
		size_t name_of[ITEMS];
		static char guid[WINDOW][60], link[WINDOW][60], title[WINDOW][60], text[WINDOW][200];

		for (int i = 0; i < ITEMS; i++)
			name_of[i] = SIZE_MAX;
		srand(7);
		for (int step = 0; step < STEPS; step++) {
			struct known_key keys[WINDOW];
			struct known_verdict v[WINDOW];

			for (int k = 0; k < WINDOW; k++) {
				int item = step + k, edit = rand() % 10 == 0;

				snprintf(guid[k], 60, mode == 1 ? "constant" : mode == 2 ? "g%d-%d" : "g%d", item,
				    step);
				snprintf(link[k], 60, "https://a.example/%d", item);
				snprintf(title[k], 60, "Title of number %d%s", item, edit ? " (edited)" : "");
				snprintf(text[k], 200, "Item %d says %d things about the network in town %d and more",
				    item, item * 7919 % 1000, item * 31 % 97);
				keys[k] = key(mode == 3 ? NULL : guid[k], link[k], title[k], text[k],
				    (int64_t)item * 60000 + step % 3);
			}
			known_document(&s, keys, WINDOW, v);
			for (int k = 0; k < WINDOW; k++) {
				if (name_of[step + k] == SIZE_MAX)
					name_of[step + k] = v[k].item;
				if (name_of[step + k] != v[k].item)
					fail_msg("mode %d, step %d: item %d", mode, step, step + k);
			}
		}
		assert_int_equal(s.n, ITEMS - 1);
		known_release(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(survives_change),
	    cmocka_unit_test(tells_items_apart),
	    cmocka_unit_test(shared_guids_swallow_nothing),
	    cmocka_unit_test(content_alone_identifies),
	    cmocka_unit_test(windows_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
