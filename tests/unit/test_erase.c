/* Erasing at the desk and in the log go together: a chain without gaps, and links that can be undone. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases/cases.h"
#include "core/rfc3339.h"
#include "log/append.h"
#include "log/cat.h"
#include "log/erase.h"
#include "stream/scan.h"

#define NOW INT64_C(1795737600000) /* 2026-11-26 */

static char dir[64], log_dir[80];
static int made;

static struct cases *
desk(void)
{
	char path[96];
	struct sme_err err;
	struct cases *c;

	snprintf(path, sizeof path, "%s/sme.db.%d", dir, made);
	c = cases_open(&(struct cases_options){.path = path, .log = log_dir, .now = NOW}, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

static int
setup(void **state)
{
	snprintf(dir, sizeof dir, "/tmp/test_erase.%ld.XXXXXX", (long)getpid());
	snprintf(log_dir, sizeof log_dir, "%s/log", mkdtemp(dir));
	*state = desk();
	return 0;
}

static int
drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static int
teardown(void **state)
{
	cases_close(*state);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* To the log and to the desk, as a pipe of sme-log and sme-case would. */
static void
take(struct cases *c, const char *line)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct sme_err err;
	struct append *log = append_open(log_dir, NULL, NULL, &err);
	struct slice out;

	assert_non_null(log);
	buf_puts(&b, line);
	buf_reserve(&b, SCAN_PADDING);
	append_line(log, buf_slice(&b), NOW, &err);
	assert_int_equal(append_commit(log, &out, &err), 0);
	append_close(log);
	assert_int_equal(cases_begin(c, &err), 0);
	assert_int_equal(cases_take(c, json_tree(&a, slice_of(line), &err), &err), 0);
	assert_int_equal(cases_commit(c, &err), 0);
	arena_release(&a);
	buf_release(&b);
}

static void
mention(struct cases *c, const char *tenant, const char *id, const char *author, const char *thread)
{
	char line[400];

	snprintf(line, sizeof line,
	    "{\"type\":\"mention\",\"id\":\"%s\",\"tenant\":\"%s\",\"network\":\"x\",\"channel\":\"@us\","
	    "\"created_at\":\"2026-11-20T10:00:00Z\",\"author\":{\"id\":\"%s\"},\"text\":\"%s\",\"thread\":\"%s\","
	    "\"route\":{\"queue\":\"inbox\"}}",
	    id, tenant, author, id, thread);
	take(c, line);
}

static void
act(struct cases *c, const char *tenant, const char *key, const char *action, const char *data)
{
	struct case_action a = {.tenant = slice_of(tenant),
	    .key = key ? slice_of(key) : (struct slice){NULL, 0},
	    .actor = SLICE("lea"),
	    .action = slice_of(action),
	    .data = slice_of(data),
	    .at = TIME_NONE};
	struct sme_err err;

	if (cases_do(c, &a, &err) < 0)
		fail_msg("%s", err.text);
}

static int64_t
verified(struct cases *c)
{
	struct sme_err err;
	int64_t n;

	if (cases_verify(c, &n, &err) < 0)
		fail_msg("%s", err.text);
	return n;
}

static void
erase_in_log(const char *author, const char *id)
{
	struct erase_request q = {.author = author, .id = id, .now = NOW};
	struct buf receipts = BUF_INIT;
	struct sme_err err;

	if (log_erase(log_dir, &q, NULL, &receipts, &err) < 0)
		fail_msg("%s", err.text);
	buf_release(&receipts);
}

/* A new database from the log; *STATE is closed for it. */
static struct cases *
rebuilt(void **state)
{
	struct sme_err err;
	struct cases *c = *state;

	assert_int_equal(cases_to_log(c, &err), 0);
	cases_close(c);
	made++;
	*state = c = desk();
	if (cases_rebuild(c, log_dir, TIME_NONE, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static void
take_lines(void *ctx, struct slice lines)
{
	buf_adds(ctx, lines);
}

static void
count_account(void *ctx, struct slice id)
{
	(void)id;
	++*(int *)ctx;
}

static bool
log_has(const char *what)
{
	struct cat_options o = {.since = TIME_NONE, .until = TIME_NONE};
	struct buf all = BUF_INIT;
	struct writer w;
	struct sme_err err;
	bool found;

	writer_init_sink(&w, take_lines, &all);
	assert_int_equal(log_cat(log_dir, &o, &w, NULL, &err), 0);
	writer_release(&w);
	found = all.n && strstr(buf_str(&all), what);
	buf_release(&all);
	return found;
}

/* What an agent corrected about kim's words, and answered to them, stands in the case of lou. */
static void
test_words_in_the_case_of_another(void **state)
{
	struct cases *c = *state;
	struct sme_err err;
	int64_t n;
	int accounts = 0;

	mention(c, "default", "m1", "lou", "m1");
	mention(c, "default", "m2", "kim", "m1");
	act(c, "default", "m1", "correct", "{\"mention\":\"m2\",\"labels\":{\"intent\":\"praise\"}}");
	act(c, "default", "m1", "reply", "{\"mention\":\"m2\",\"text\":\"Hello @kim\"}");
	act(c, "default", "m1", "tag", "{\"tag\":\"vip\"}");
	assert_int_equal(cases_erase(c, SLICE("default"), SLICE("kim"), count_account, &accounts, &err), 0);
	assert_int_equal(accounts, 1);
	n = verified(c);
	assert_int_equal(cases_to_log(c, &err), 0);
	assert_true(log_has("kim"));
	erase_in_log("kim", NULL);
	assert_false(log_has("kim"));
	assert_true(log_has("vip"));
	c = rebuilt(state);
	assert_int_equal(verified(c), n);
}

/* One message is erased, in the log alone; the correction of it goes with it, the chain has its hash. */
static void
test_by_id(void **state)
{
	struct cases *c = *state;
	struct sme_err err;
	int64_t n;

	mention(c, "default", "m1", "lou", "m1");
	act(c, "default", "m1", "correct", "{\"mention\":\"m1\",\"labels\":{\"intent\":\"praise\"}}");
	act(c, "default", "m1", "tag", "{\"tag\":\"vip\"}");
	n = verified(c);
	assert_int_equal(cases_to_log(c, &err), 0);
	erase_in_log(NULL, "m1");
	c = rebuilt(state);
	assert_int_equal(verified(c), n);
}

/* ---- identity links ---- */

struct history {
	struct buf text;
};

static void
put_line(void *ctx, struct slice json)
{
	struct history *h = ctx;

	buf_adds(&h->text, json);
	buf_addc(&h->text, '\n');
}

/* All that is known of AUTHOR.  The caller releases. */
static struct buf
journey(struct cases *c, const char *tenant, const char *author)
{
	struct history h = {.text = BUF_INIT};
	struct sme_err err;

	if (cases_journey(c, slice_of(tenant), slice_of(author), put_line, &h, &err) < 0)
		fail_msg("%s", err.text);
	return h.text;
}

#define KIMS 2
static const char *const kims[KIMS] = {"x:kim", "m:kim"};

static void
expect(struct cases *c, const char *tenant, const struct buf want[KIMS])
{
	for (int i = 0; i < KIMS; i++) {
		struct buf got = journey(c, tenant, kims[i]);

		assert_string_equal(buf_str(&got), buf_str(&want[i]));
		buf_release(&got);
	}
}

/*
 * Complaint 12, "identity merges: wrong or missing": other desks merged different customers, even those
 * of two companies, and could not take it back.  Here a link is a record: undone, both histories are what
 * they were, byte for byte, and another tenant's are never touched.
 */
static void
test_complaint_12_links_are_reversible(void **state)
{
	static const char link[] = "{\"a\":\"x:kim\",\"b\":\"m:kim\",\"evidence\":\"same mail\",\"confidence\":0.6}";
	static const char *const tenants[] = {"one", "two"};
	struct cases *c = *state;
	struct buf before[2][KIMS], both;

	for (int t = 0; t < 2; t++)
		for (int i = 0; i < KIMS; i++) {
			char id[40];

			snprintf(id, sizeof id, "%s:%s:1", tenants[t], kims[i]);
			mention(c, tenants[t], id, kims[i], id);
			snprintf(id, sizeof id, "%s:%s:2", tenants[t], kims[i]);
			mention(c, tenants[t], id, kims[i], id);
		}
	for (int t = 0; t < 2; t++)
		for (int i = 0; i < KIMS; i++)
			before[t][i] = journey(c, tenants[t], kims[i]);
	assert_true(strcmp(buf_str(&before[0][0]), buf_str(&before[0][1])) != 0);
	act(c, "one", NULL, "link", link);
	/* One person in one tenant: both see the same. */
	both = journey(c, "one", "m:kim");
	assert_non_null(strstr(buf_str(&both), "one:x:kim:2"));
	assert_non_null(strstr(buf_str(&both), "one:m:kim:2"));
	expect(c, "two", before[1]);
	act(c, "one", NULL, "unlink", "{\"a\":\"m:kim\",\"b\":\"x:kim\"}");
	for (int t = 0; t < 2; t++)
		expect(c, tenants[t], before[t]);
	/* What one of them writes while they are linked is theirs alone afterwards. */
	act(c, "one", NULL, "link", link);
	mention(c, "one", "later", "x:kim", "later");
	act(c, "one", NULL, "unlink", "{\"a\":\"x:kim\",\"b\":\"m:kim\"}");
	buf_release(&before[0][0]);
	before[0][0] = journey(c, "one", "x:kim");
	assert_non_null(strstr(buf_str(&before[0][0]), "\"later\""));
	for (int t = 0; t < 2; t++)
		expect(c, tenants[t], before[t]);
	/* A database that is made again from the log says the same. */
	c = rebuilt(state);
	for (int t = 0; t < 2; t++) {
		expect(c, tenants[t], before[t]);
		for (int i = 0; i < KIMS; i++)
			buf_release(&before[t][i]);
	}
	buf_release(&both);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_words_in_the_case_of_another, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_by_id, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_complaint_12_links_are_reversible, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
