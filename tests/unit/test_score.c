/* Scores: words, bots, priorities, and the value as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/rfc3339.h"
#include "score/bot.h"
#include "score/priority.h"
#include "score/score.h"
#include "score/settings.h"
#include "score/table.h"
#include "score/urgency_words.h"

#define NOW INT64_C(1763737200000) /* 2025-11-21T15:00:00Z */

/* A file of this process alone. */
static const char *
scratch(const char *text)
{
	static char path[64];
	struct sme_err err;

	snprintf(path, sizeof path, "/tmp/test_score.%ld", (long)getpid());
	assert_int_equal(file_write_atomic(path, slice_of(text), 0600, &err), 0);
	return path;
}

static void
near(double a, double b)
{
	if (a - b > 1e-9 || b - a > 1e-9)
		fail_msg("%.12g is not %.12g", a, b);
}

/* The file under share/ is what is built in, for people to start from. */
static void
test_shipped_words(void **state)
{
	struct sme_err err;
	struct table t;
	size_t rows = 0;
	double w;

	(void)state;
	assert_int_equal(table_open(&t, "share/score/urgency.tsv", &err), 0);
	for (; table_row(&t, 2, &err) > 0; rows++) {
		assert_int_equal(table_number(&t, 1, 1, &w, &err), 0);
		assert_true(slice_is(t.fields[0], urgency_words[rows].term));
		near(w, urgency_words[rows].weight);
	}
	assert_null(urgency_words[rows].term);
	table_close(&t);
}

static void
test_words(void **state)
{
	struct words *w = words_new();
	char term[32];

	(void)state;
	assert_true(words_best(w, SLICE("outage")) == 0);
	assert_true(words_set(w, SLICE("Outage"), 0.7));
	assert_true(words_set(w, SLICE("kein Netz"), 0.8));
	assert_true(words_set(w, SLICE("STÖRUNG"), 0.6));
	assert_true(words_set(w, SLICE("doesn't work"), 0.5));
	assert_false(words_set(w, SLICE(" .,! "), 1));
	assert_false(words_set(w, SLICE("a b c d e f g h i"), 1));
	near(words_best(w, SLICE("An OUTAGE!")), 0.7);
	near(words_best(w, SLICE("#outage")), 0.7);
	near(words_best(w, SLICE("outages")), 0);
	near(words_best(w, SLICE("x outage, kein\n netz.")), 0.8);
	near(words_best(w, SLICE("netz kein")), 0);
	near(words_best(w, SLICE("kein gutes netz")), 0);
	near(words_best(w, SLICE("Störung")), 0.6);
	near(words_best(w, SLICE("\xf0\x9f\x98\xa1störung\xe2\x80\x9c")), 0.6);
	near(words_best(w, SLICE("it doesn\xe2\x80\x99t work")), 0.5);
	near(words_best(w, SLICE("\xc3")), 0);
	assert_true(words_set(w, SLICE("outage"), 0));
	near(words_best(w, SLICE("outage")), 0);
	/* Many terms, so that the table grows. */
	for (int i = 0; i < 5000; i++) {
		snprintf(term, sizeof term, "word%d more", i);
		assert_true(words_set(w, slice_of(term), 0.25));
	}
	near(words_best(w, SLICE("a word4999 more")), 0.25);
	near(words_best(w, SLICE("a word5000 more")), 0);
	near(words_best(w, SLICE("kein Netz")), 0.8);
	words_free(w);
}

static struct trees *trees;

static int
open_trees(void **state)
{
	struct sme_err err;

	(void)state;
	setenv("SME_SHARE", "share", 1);
	trees = bot_trees(&err);
	return trees ? 0 : -1;
}

static int
close_trees(void **state)
{
	(void)state;
	trees_free(trees);
	return 0;
}

static struct bot_account
account(void)
{
	struct bot_account a = BOT_ACCOUNT_UNKNOWN;

	a.followers = 300;
	a.following = 250;
	a.posts = 4000;
	a.listed = 8;
	a.favourites = 2500;
	a.age_days = 2000;
	a.handle = SLICE("kim");
	a.name = SLICE("Kim");
	a.default_profile = a.default_picture = a.verified = 0;
	a.clients = 1 << CLIENT_MOBILE;
	a.nclients = 1;
	return a;
}

static void
test_bot(void **state)
{
	struct bot_account a = account(), b;
	double usual = bot_likelihood(trees, &a);

	(void)state;
	assert_true(usual > 0 && usual < 0.3);
	b = account(), b.following = 0, b.favourites = 0;
	assert_true(bot_likelihood(trees, &b) > usual + 0.1);
	b = account(), b.clients = 1 << CLIENT_AUTOMATION;
	assert_true(bot_likelihood(trees, &b) > usual + 0.1);
	b = account(), b.verified = 1, b.followers = 100000;
	assert_true(bot_likelihood(trees, &b) < usual);
	b = account(), b.description = SLICE("A bot that posts the weather every hour");
	assert_true(bot_likelihood(trees, &b) > usual);
	b = account(), b.declared = true;
	near(bot_likelihood(trees, &b), 1);
	/* Too little is known. */
	b = (struct bot_account)BOT_ACCOUNT_UNKNOWN;
	b.handle = SLICE("newsbot");
	near(bot_likelihood(trees, &b), -1);
	b.followers = 10;
	near(bot_likelihood(trees, &b), -1);
	b.age_days = 10;
	near(bot_likelihood(trees, &b), -1);
	b.posts = 10;
	assert_true(bot_likelihood(trees, &b) > 0);
}

static void
test_bot_names(void **state)
{
	static const char *const bots[] = {
	    "newsbot", "bot_7", "NewsBot", "weather_bot", "BotNews", "my bot", "BOT"};
	static const char *const people[] = {
	    "bottega", "botanist", "abbott", "J. Abbot", "talbot", "bothe", "bo"};
	float x[BOT_FEATURES];
	struct bot_account a = account();

	(void)state;
	for (size_t i = 0; i < sizeof bots / sizeof *bots; i++) {
		a.name = slice_of(bots[i]);
		bot_features(&a, x);
		if (x[BOT_SAYS_BOT] != 1)
			fail_msg("%s", bots[i]);
	}
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		a.name = slice_of(people[i]);
		bot_features(&a, x);
		if (x[BOT_SAYS_BOT] != 0)
			fail_msg("%s", people[i]);
	}
}

static void
test_client(void **state)
{
	(void)state;
	assert_int_equal(client_kind(SLICE("Twitter for iPhone")), CLIENT_MOBILE);
	assert_int_equal(client_kind(SLICE("Twitter Web Client")), CLIENT_WEB);
	assert_int_equal(client_kind(SLICE("Mobile Web (M5)")), CLIENT_MOBILE);
	assert_int_equal(client_kind(SLICE("Cheap Bots, Done Quick!")), CLIENT_AUTOMATION);
	assert_int_equal(client_kind(SLICE("Hootsuite Inc.")), CLIENT_MANAGER);
	assert_int_equal(client_kind(SLICE("Twitter Ads")), CLIENT_MARKETING);
	assert_int_equal(client_kind(SLICE("news")), CLIENT_NEWS);
	assert_int_equal(client_kind(SLICE("Paper Kite")), CLIENT_OTHER);
}

static void
test_priority(void **state)
{
	struct priority p = {0};
	struct buf b = BUF_INIT;

	(void)state;
	priority_add(&p, SLICE("\"b\""), 5);
	priority_add(&p, SLICE("\"a\""), 5.04);
	priority_add(&p, SLICE("\"none\""), 0.04);
	priority_add(&p, SLICE("\"c\""), -7.25);
	priority_finish(&p);
	priority_put(&p, &b);
	buf_addc(&b, ' ');
	priority_put_why(&p, &b);
	assert_string_equal(b.p, "2.7 [[\"c\",-7.3],[\"a\",5],[\"b\",5]]");
	buf_clear(&b);
	priority_clear(&p);
	priority_add(&p, SLICE("\"a\""), 90);
	priority_add(&p, SLICE("\"b\""), 30.5);
	priority_finish(&p);
	priority_put(&p, &b);
	priority_put_why(&p, &b);
	assert_string_equal(b.p, "100[[\"a\",90],[\"b\",30.5],[\"cap\",-20.5]]");
	buf_clear(&b);
	priority_clear(&p);
	priority_add(&p, SLICE("\"bot\""), -3);
	priority_finish(&p);
	priority_put(&p, &b);
	priority_put_why(&p, &b);
	assert_string_equal(b.p, "0[[\"bot\",-3],[\"cap\",3]]");
	buf_release(&b);
	priority_release(&p);
}

/* The score of LINE under CONFIG (JSON), as a tree in A. */
static const struct json_node *
score(struct arena *a, const char *config, const char *line)
{
	const char *path = scratch(config);
	struct scan_plan *plan = scan_plan_new();
	struct buf padded = BUF_INIT, out = BUF_INIT;
	struct score_model *m = NULL;
	struct scanner *s;
	struct config c;
	struct sme_err err = {.text = ""};
	struct json_node *tree;
	void *worker;

	if (config_load(&c, path, &err) < 0 || !(m = score_model_new(&c, NOW, plan, &err)))
		fail_msg("%s", err.text);
	unlink(path);
	config_release(&c);
	buf_puts(&padded, line);
	buf_reserve(&padded, SCAN_PADDING);
	memset(padded.p + padded.n, 0, SCAN_PADDING);
	s = scanner_new(plan);
	assert_int_equal(scanner_scan(s, padded.p, padded.n), 0);
	worker = score_worker_open(m);
	score_write(
	    m, worker, &(struct event){.line = buf_slice(&padded), .values = s->values}, &out);
	tree = json_tree(a, buf_slice(&out), &err);
	assert_non_null(tree);
	score_worker_close(worker);
	scanner_free(s);
	scan_plan_free(plan);
	score_model_free(m);
	buf_release(&padded);
	buf_release(&out);
	return tree;
}

static double
term(const struct json_node *tree, const char *name)
{
	for (NODE_EACH(t, node_get(tree, "why")))
		if (slice_is(t->child->text, name))
			return t->child->next->number;
	return 0;
}

#define OUTAGE                                                                                     \
	"{\"tenant\":\"t\",\"network\":\"x\",\"created_at\":\"2025-11-21T09:00:00Z\",\"direct\":"  \
	"true,"                                                                                    \
	"\"text\":\"kein Netz?\",\"author\":{\"followers\":5000,\"following\":9,\"posts\":100,"    \
	"\"created_at\":\"2025-11-20T09:00:00Z\",\"handle\":\"b\\u006ft\",\"name\":\"K\\u0069m\"}" \
	","                                                                                        \
	"\"metrics\":{\"likes\":3,\"shares\":null},\"class\":{\"sentiment\":{\"score\":-0.5},"     \
	"\"intent\":{\"label\":\"out\\u0061ge\",\"p\":0.5},\"topics\":[\"n\",\"n\",7,\"m\"],"      \
	"\"queries\":[\"q\"]}}"

static void
test_score(void **state)
{
	struct arena a = ARENA_INIT;
	const struct json_node *s = score(&a, "{}", OUTAGE);
	double sum = 0;

	(void)state;
	near(term(s, "sentiment"), 12.5);
	near(term(s, "direct"), 10);
	assert_true(node_number(s, "reach", -1) >= 70);
	near(node_number(s, "urgency", -1), 0.84); /* 1 - 0.8 * 0.75 * 0.9 * 0.3 */
	assert_true(node_number(s, "bot", -1) > 0.5);
	assert_int_equal(node_get(s, "credibility")->type, JSON_NULL);
	for (NODE_EACH(t, node_get(s, "why")))
		sum += t->child->next->number;
	near(sum, node_number(s, "priority", -1));
	/* What labels add: once each, the intent by its probability. */
	s = score(&a,
	    "{\"score\":{\"intents\":{\"outage\":8},\"topics\":{\"n\":3,\"x\":50},"
	    "\"queries\":{\"q\":-2},\"urgency\":{\"topics\":{\"m\":1}}}}",
	    OUTAGE);
	near(term(s, "intent:outage"), 4);
	near(term(s, "topic:n"), 3);
	near(term(s, "topic:x"), 0);
	near(term(s, "query:q"), -2);
	near(node_number(s, "urgency", -1), 1);
	arena_release(&a);
}

/* More followers, likes or anger never make a mention less important, but for what they say of bots. */
static void
test_score_rises(void **state)
{
	static const char form[] =
	    "{\"author\":{\"followers\":%.0f,\"following\":%d,\"posts\":900},"
	    "\"metrics\":{\"likes\":%.0f},\"class\":{\"sentiment\":{\"score\":%.2f}}}";
	struct arena a = ARENA_INIT;
	char line[256];

	(void)state;
	for (int what = 0; what < 3; what++)
		for (int following = 0; following < 30; following += 12) {
			double last = -1;

			for (int step = 0; step < 24; step++) {
				double x = step * step * step * step, p;
				const struct json_node *s;

				snprintf(line, sizeof line, form, what == 0 ? x : 40, following,
				    what == 1 ? x : 3, what == 2 ? 0.2 - step * 0.05 : -0.4);
				s = score(&a, "{}", line);
				p = node_number(s, "priority", -1) - term(s, "bot") - term(s, "cap");
				if (p < last)
					fail_msg("%s: %g after %g", line, p, last);
				last = p;
			}
		}
	arena_release(&a);
}

static void
test_score_settings(void **state)
{
	struct arena a = ARENA_INIT;
	const struct json_node *s;

	(void)state;
	/* The tenant's weights stand before the general ones, which stand before the built-in ones.
	 */
	s = score(&a,
	    "{\"score\":{\"weights\":{\"direct\":1,\"sentiment\":2}},"
	    "\"tenants\":{\"t\":{\"score\":{\"weights\":{\"direct\":3}}}}}",
	    OUTAGE);
	near(term(s, "direct"), 3);
	near(term(s, "sentiment"), 1);
	/* Age counts from created_at to now, six hours here. */
	near(term(s, "age"), 0);
	s = score(&a, "{\"score\":{\"weights\":{\"age\":20},\"age\":\"12h\"}}", OUTAGE);
	near(term(s, "age"), 10);
	s = score(&a, "{\"score\":{\"weights\":{\"age\":20},\"age\":\"1h\"}}", OUTAGE);
	near(term(s, "age"), 20);
	/* Words of one's own, and none. */
	s = score(&a, "{\"score\":{\"urgency\":{\"words\":{\"kein netz\":0}}}}", OUTAGE);
	near(node_number(s, "urgency", -1), 0.46); /* 1 - 0.8 * 0.75 * 0.9 */
	arena_release(&a);
}

static void
test_score_of_little(void **state)
{
	static const char *const lines[] = {"{}", "{\"text\":7,\"author\":[],\"metrics\":\"x\"}",
	    "{\"author\":{\"followers\":\"12\",\"name\":null},\"class\":null,\"tenant\":5}",
	    "{\"class\":{\"intent\":[],\"topics\":{},\"sentiment\":{\"score\":\"-1\"}}}"};
	struct arena a = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const struct json_node *s =
		    score(&a, "{\"score\":{\"topics\":{\"n\":3}}}", lines[i]);

		near(node_number(s, "priority", -1), 0);
		near(node_number(s, "urgency", -1), 0);
		assert_int_equal(node_get(s, "reach")->type, JSON_NULL);
		assert_int_equal(node_get(s, "bot")->type, JSON_NULL);
		assert_int_equal(node_get(s, "why")->count, 0);
	}
	arena_release(&a);
}

/* Numbers that no network means. */
static void
test_score_of_odd_numbers(void **state)
{
	struct arena a = ARENA_INIT;
	const struct json_node *s = score(&a, "{}",
	    "{\"author\":{\"followers\":1e999,\"following\":-1e999,\"posts\":1e308},"
	    "\"metrics\":{\"likes\":-5},\"class\":{\"sentiment\":{\"score\":-1e999}}}");

	(void)state;
	near(node_number(s, "reach", -1), 100);
	near(term(s, "sentiment"), 25);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shipped_words),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_bot),
	    cmocka_unit_test(test_bot_names),
	    cmocka_unit_test(test_client),
	    cmocka_unit_test(test_priority),
	    cmocka_unit_test(test_score),
	    cmocka_unit_test(test_score_rises),
	    cmocka_unit_test(test_score_settings),
	    cmocka_unit_test(test_score_of_little),
	    cmocka_unit_test(test_score_of_odd_numbers),
	};

	return cmocka_run_group_tests(tests, open_trees, close_trees);
}
