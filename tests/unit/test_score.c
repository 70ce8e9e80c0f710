/* Scores: reach, words, bots, priorities, and the value as a whole. */
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
#include "score/reach.h"
#include "score/reach_learn.h"
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

static double
reach(const struct reach_table *t, const char *network, double followers, double likes)
{
	return reach_points(
	    t, slice_of(network), (double[REACH_FIELDS]){followers, likes, -1, -1, -1});
}

static void
near(double a, double b)
{
	if (a - b > 1e-9 || b - a > 1e-9)
		fail_msg("%.12g is not %.12g", a, b);
}

static void
test_reach_marks(void **state)
{
	struct reach_table *t = reach_table_new();

	(void)state;
	near(reach(t, "?", 0, -1), 0);
	near(reach(t, "?", 200, -1), 40);
	near(reach(t, "?", 3000, -1), 70);
	near(reach(t, "?", 60000, -1), 90);
	near(reach(t, "?", 1e6, -1), 100);
	near(reach(t, "?", 1e300, -1), 100);
	near(reach(t, "mastodon", 1500, -1), 70);
	/* A network without marks of its own for a field has the general ones. */
	near(reach(t, "x", -1, 30), reach(t, "?", -1, 30));
	/* Nothing known, and engagement alone. */
	near(reach(t, "x", -1, -1), -1);
	near(reach(t, "?", -1, 0), 0);
	near(reach(t, "?", -1, 800), 90);
	/* Engagement adds at half its weight and never takes away. */
	near(reach(t, "?", 3000, 0), 70);
	near(reach(t, "?", 3000, 800), 100 - 30 * 0.55);
	reach_table_free(t);
}

static void
test_reach_rises(void **state)
{
	static const char *const networks[] = {"x", "mastodon", "youtube", "tiktok", "nowhere"};
	struct reach_table *t = reach_table_new();

	(void)state;
	for (size_t n = 0; n < sizeof networks / sizeof *networks; n++)
		for (double likes = 0; likes < 1e6; likes = likes * 3 + 1)
			for (double f = 0, last = -1; f < 1e8; f = f * 1.7 + 1) {
				double p = reach(t, networks[n], f, likes);

				assert_true(p >= last && p <= 100);
				assert_true(reach(t, networks[n], f, likes * 2 + 1) >= p);
				last = p;
			}
	reach_table_free(t);
}

static struct reach_table *
load_text(const char *text, struct sme_err *err)
{
	const char *path = scratch(text);
	struct reach_table *t = reach_table_load(path, err);

	unlink(path);
	return t;
}

#define GENERAL                                                                                    \
	"*\tfollowers\t1\t2\t3\t4\n*\tlikes\t1\t2\t3\t4\n*\tshares\t1\t2\t3\t4\n"                  \
	"*\treplies\t1\t2\t3\t4\n*\tviews\t1\t2\t3\t4\n"

static void
test_reach_file(void **state)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
	    {"", "the general row \"*\" of followers is missing"},
	    {GENERAL "x\tfollowers\t1\t2\t3\n", ":6: expected 6 or 7 fields with tabs between them"},
	    {GENERAL "x\tfollowers\t1\t2\t3\t4\t5\t6\n", ":6: expected 6 or 7 fields with tabs between them"},
	    {GENERAL "x\tlikes\t1\t2\t3\t4\t-5\n", ":6: expected a number from 0 to 1e+15, got \"-5\""},
	    {GENERAL "x\tlikes\t1\t2\t3\t4\nx\tlikes\t1\t2\t3\t4\n", ":7: x has a line for likes already"},
	    {GENERAL "*\tlikes\t1\t2\t3\t4\n", ":6: * has a line for likes already"},
	    {GENERAL "\tlikes\t1\t2\t3\t4\n", ":6: the network is missing"},
	    {GENERAL "# x\n\nx\tfollwers\t1\t2\t3\t4\n", ":8: expected followers, likes"},
	    {GENERAL "x\tlikes\t1\t2\t2\t4\n", ":6: the four counts must rise from above 0"},
	    {GENERAL "x\tlikes\t0\t2\t3\t4\n", ":6: the four counts must rise from above 0"},
	    {GENERAL "x\tlikes\t1\tnan\t3\t4\n",
		":6: expected a number from 0 to 2e+15, got \"nan\""},
	    {GENERAL "x\tlikes\t1\t2x\t3\t4\n",
		":6: expected a number from 0 to 2e+15, got \"2x\""},
	};
	struct sme_err err;
	struct reach_table *t = load_text(GENERAL "x\tfollowers\t10\t20\t30\t40\n", &err);

	(void)state;
	assert_non_null(t);
	near(reach(t, "x", 20, -1), 70);
	near(reach(t, "y", 2, -1), 70);
	reach_table_free(t);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_null(load_text(bad[i].text, &err));
		assert_int_equal(err.status, SME_CONFIG);
		if (!strstr(err.text, bad[i].want))
			fail_msg("%s", err.text);
	}
}

/* ---- tables that are learned ---- */

static void
post(struct reach_sample *s, const char *network, unsigned i, double likes)
{
	char id[24];

	snprintf(id, sizeof id, "%u", i);
	reach_sample_post(s, slice_of(network), slice_of(id), (double[REACH_FIELDS]){-1, likes, -1, -1, -1});
}

static struct reach_table *
learned(struct reach_sample *s, size_t least, size_t *rows, struct buf *text)
{
	struct reach_table *t;
	struct sme_err err;

	*rows = reach_sample_put(s, least, text);
	t = reach_table_text(buf_slice(text), "learned", &err);
	if (!t)
		fail_msg("%s", err.text);
	reach_sample_free(s);
	return t;
}

/* Of 1000 posts with 1 to 1000 likes half have at most 500: who has 501 has passed them. */
static void
test_reach_learned(void **state)
{
	struct reach_sample *s = reach_sample_new();
	struct buf text = BUF_INIT, why = BUF_INIT;
	struct reach_table *t;
	size_t rows;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		post(s, "x", i, 1 + i * 7 % 1000);
	for (unsigned i = 0; i < 1000; i++)
		post(s, "x", i, 1 + i * 7 % 1000); /* the same posts once more */
	for (unsigned i = 0; i < 999; i++)
		post(s, "few", i, i);
	post(s, "x", 2000, -1);
	post(s, "x", 2001, 1e300);
	post(s, "x\t", 2002, 1);
	post(s, "*", 2003, 1);
	t = learned(s, REACH_LEAST, &rows, &text);
	assert_int_equal(rows, 1);
	assert_non_null(strstr(buf_str(&text), "\nx\tlikes\t501\t901\t991\t1000\t1000\n"));
	near(reach(t, "x", -1, 501), 40);
	near(reach(t, "x", -1, 901), 70);
	near(reach(t, "x", -1, 1000), 100);
	/* What is not learned is built in. */
	near(reach(t, "few", -1, 30), 70);
	near(reach(t, "x", 5000, -1), 70);
	near(reach(t, "mastodon", 1500, -1), 70);
	reach_explain(t, SLICE("x"), (double[REACH_FIELDS]){5000, 901, 0, -1, -1}, &why);
	assert_string_equal(buf_str(&why), "followers 5000: 70 (x), likes 901: 70 (x, of 1000); learned");
	buf_clear(&why);
	reach_explain(t, SLICE("y"), (double[REACH_FIELDS]){-1, 0, 0, -1, -1}, &why);
	assert_string_equal(buf_str(&why), "likes 0: 0 (*); learned");
	reach_table_free(t);
	buf_release(&text);
	buf_release(&why);
}

/* Most posts have no likes: whoever has one stands above them, and more is always more. */
static void
test_reach_learned_ties(void **state)
{
	static const unsigned shares[] = {0, 500, 905, 995, 1000};

	(void)state;
	for (size_t k = 0; k < sizeof shares / sizeof *shares; k++) {
		struct reach_sample *s = reach_sample_new();
		struct buf text = BUF_INIT;
		struct reach_table *t;
		size_t rows;

		for (unsigned i = 0; i < 1000; i++)
			post(s, "x", i, i < shares[k] ? 0 : 1 + i % 3);
		t = learned(s, 1000, &rows, &text);
		assert_int_equal(rows, 1);
		near(reach(t, "x", -1, 0), 0);
		for (double c = 0; c < 6; c++)
			assert_true(reach(t, "x", -1, c + 1) >= reach(t, "x", -1, c));
		if (shares[k] == 905) {
			assert_true(reach(t, "x", -1, 1) > 70);
			assert_true(reach(t, "x", -1, 1) < 90);
		}
		reach_table_free(t);
		buf_release(&text);
	}
}

/* The files under share/ are what is built in, for people to start from. */
static void
test_shipped_tables(void **state)
{
	static const char *const networks[] = {"x", "mastodon", "bluesky", "instagram", "facebook",
	    "youtube", "tiktok", "linkedin", "nowhere"};
	struct sme_err err;
	struct reach_table *a = reach_table_new(),
			   *b = reach_table_load("share/score/reach.tsv", &err);
	struct table t;
	size_t rows = 0;
	double w;

	(void)state;
	assert_non_null(b);
	for (size_t n = 0; n < sizeof networks / sizeof *networks; n++)
		for (double x = 0; x < 1e8; x = x * 2 + 1)
			for (int f = 0; f < REACH_FIELDS; f++) {
				double counts[REACH_FIELDS] = {-1, -1, -1, -1, -1};

				counts[f] = x;
				near(reach_points(a, slice_of(networks[n]), counts),
				    reach_points(b, slice_of(networks[n]), counts));
			}
	reach_table_free(a);
	reach_table_free(b);
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
	    cmocka_unit_test(test_reach_marks),
	    cmocka_unit_test(test_reach_rises),
	    cmocka_unit_test(test_reach_file),
	    cmocka_unit_test(test_reach_learned),
	    cmocka_unit_test(test_reach_learned_ties),
	    cmocka_unit_test(test_shipped_tables),
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
