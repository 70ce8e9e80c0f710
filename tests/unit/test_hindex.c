/* The h of authors: what counts once, what does not count, and a count by hand over many logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "score/hindex.h"

static struct hindex_post
post(const char *id, const char *author, double likes, double replies)
{
	return (struct hindex_post){slice_of(id), SLICE(""), slice_of(author), SLICE("x"), likes, -1, replies, -1};
}

static void
add(struct hindex *x, const char *id, const char *author, double likes, double replies)
{
	struct hindex_post p = post(id, author, likes, replies);

	hindex_add(x, &p);
}

static void
answer(struct hindex *x, const char *id, const char *author, const char *to)
{
	struct hindex_post p = post(id, author, -1, -1);

	p.answers = slice_of(to);
	hindex_add(x, &p);
}

static long
h_of(struct hindex *x, const char *author)
{
	return hindex_of(x, slice_of(author));
}

static void
test_once(void **state)
{
	struct hindex *x = hindex_new();

	(void)state;
	/* The most that was told, of each count, in whatever order. */
	add(x, "1", "kim", 2, -1);
	add(x, "1", "kim", -1, 1);
	add(x, "1", "kim", 1, 0);
	for (int i = 0; i < 5; i++)
		add(x, "2", "kim", 3, -1);
	add(x, "3", "kim", 3, -1);
	/* One without an id is always another. */
	for (int i = 0; i < 3; i++)
		add(x, "", "lou", 9, -1);
	/* Nothing known is not nothing; what no network means is not known. */
	add(x, "4", "max", -1, -1);
	add(x, "5", "eva", 0, -1);
	add(x, "6", "ida", 1e300, -1);
	assert_int_equal(h_of(x, "kim"), 3);
	assert_int_equal(h_of(x, "lou"), 3);
	assert_int_equal(h_of(x, "max"), -1);
	assert_int_equal(h_of(x, "eva"), 0);
	assert_int_equal(h_of(x, "ida"), -1);
	assert_int_equal(h_of(x, "nobody"), -1);
	hindex_free(x);
}

/* Whoever answers himself is not heard by others. */
static void
test_own_answers(void **state)
{
	struct hindex *x = hindex_new();

	(void)state;
	answer(x, "3", "kim", "1"); /* before what it answers */
	add(x, "1", "kim", -1, 3);
	add(x, "2", "kim", -1, 2);
	answer(x, "4", "kim", "1");
	answer(x, "4", "kim", "1"); /* again */
	answer(x, "5", "lou", "2");
	answer(x, "6", "lou", "2");
	answer(x, "7", "lou", "never came");
	answer(x, "8", "kim", "8");
	assert_int_equal(h_of(x, "kim"), 1); /* 1 and 2 */
	assert_int_equal(h_of(x, "lou"), -1);
	hindex_free(x);

	x = hindex_new();
	add(x, "1", "kim", 1, 1);
	answer(x, "2", "kim", "1");
	answer(x, "3", "kim", "1"); /* more than are told take nothing from the likes */
	assert_int_equal(h_of(x, "kim"), 1);
	hindex_free(x);
}

static void
test_list(void **state)
{
	static const char *const want[] = {"zoe", "abe", "lou", "bot"};
	struct hindex *x = hindex_new();
	struct hindex_post bot = post("9", "bot", 100, 100);
	const struct hindex_author *list;
	size_t n;

	(void)state;
	list = hindex_list(x, &n);
	assert_int_equal(n, 0);
	hindex_free(x);
	x = hindex_new();
	bot.bot = 0.9;
	hindex_add(x, &bot);
	add(x, "1", "zoe", 2, -1);
	add(x, "2", "zoe", 2, -1);
	add(x, "3", "lou", 1, -1);
	add(x, "4", "abe", 50, -1);
	answer(x, "5", "max", "1");
	list = hindex_list(x, &n);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < 3; i++) {
		assert_true(slice_is(list[i].name, want[i]));
		assert_true(slice_is(list[i].network, "x"));
		assert_true(list[i].person);
	}
	assert_true(slice_is(list[3].name, "bot"));
	assert_int_equal(list[3].h, 0);
	assert_false(list[3].person);
	hindex_free(x);
}

/* Against the definition: the largest h so that h posts have h reactions; and more is never less. */
static void
test_definition(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 500; seed++) {
		uint64_t r = seed * UINT64_C(0x9e3779b97f4a7c15);
		struct hindex *x = hindex_new(), *more = hindex_new();
		unsigned counts[40], n = 0, h = 0;
		char id[8];

		for (; n < seed % 40; n++) {
			r = r * UINT64_C(6364136223846793005) + 1442695040888963407u;
			counts[n] = (unsigned)(r >> 33) % (1 + (unsigned)seed % 31);
			snprintf(id, sizeof id, "%u", n);
			add(x, id, "kim", counts[n], -1);
			add(more, id, "kim", counts[n] + (r >> 60), 1);
		}
		for (unsigned k = 1; k <= n; k++) {
			unsigned reach = 0;

			for (unsigned i = 0; i < n; i++)
				reach += counts[i] >= k;
			if (reach >= k)
				h = k;
		}
		assert_int_equal(h_of(x, "kim"), n ? (long)h : -1);
		assert_true(h_of(more, "kim") >= h_of(x, "kim"));
		hindex_free(x);
		hindex_free(more);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_once),
	    cmocka_unit_test(test_own_answers),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
