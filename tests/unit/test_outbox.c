/* The outbox from several threads, and what may name a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/accounts.h"
#include "outbox/outbox.h"

#define THREADS 6
#define KEYS 60

struct job {
	struct outbox *box;
	int number;
	char *stored[KEYS];
};

/* Each thread brings its own text; the first one stays. */
static void *
put_all(void *arg)
{
	struct job *job = arg;

	for (int i = 0; i < KEYS; i++) {
		struct buf stored = BUF_INIT;
		struct sme_err err;
		char key[16], text[64];

		snprintf(key, sizeof key, "key-%04d", i);
		snprintf(text, sizeof text, "text %d of thread %d\n", i, job->number);
		if (outbox_put(job->box, slice_of(key), slice_of(text), &stored, &err) == 0)
			job->stored[i] = buf_detach(&stored);
		buf_release(&stored);
	}
	return NULL;
}

static int
count_files(const char *dir, bool unlink_them)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[512];
	int n = 0;

	while ((e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (unlink_them)
			unlink(path);
	}
	closedir(d);
	return n;
}

static void
test_threads(void **state)
{
	char dir[] = "/tmp/sme-outboxXXXXXX";
	struct sme_err err;
	struct job jobs[THREADS];
	pthread_t threads[THREADS];
	struct outbox *box;

	(void)state;
	assert_non_null(mkdtemp(dir));
	box = outbox_open(dir, &err);
	assert_non_null(box);
	for (int t = 0; t < THREADS; t++) {
		jobs[t] = (struct job){.box = box, .number = t};
		assert_int_equal(pthread_create(&threads[t], NULL, put_all, &jobs[t]), 0);
	}
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	for (int i = 0; i < KEYS; i++)
		for (int t = 0; t < THREADS; t++) {
			assert_non_null(jobs[t].stored[i]);
			assert_string_equal(jobs[t].stored[i], jobs[0].stored[i]);
		}
	for (int t = 0; t < THREADS; t++)
		for (int i = 0; i < KEYS; i++)
			free(jobs[t].stored[i]);
	assert_true(outbox_has(dir, SLICE("key-0000")));
	assert_false(outbox_has(dir, SLICE("key-9999")));
	assert_false(outbox_has("/nonexistent", SLICE("key-0000")));
	outbox_close(box);
	assert_int_equal(count_files(dir, true), KEYS);
	rmdir(dir);
}

static void
test_keys(void **state)
{
	static const char *const good[] = {"00000000", "a-b_C-9z", "0123456789abcdef0123456789abcdef"};
	static const char *const bad[] = {"", "short", "../../etc", "abc/defgh", "abcdefg.", ".abcdefgh",
	    "abcdefg\n", "abcdefg\xc3\xa4",
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(outbox_key_ok(slice_of(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(outbox_key_ok(slice_of(bad[i])));
	assert_false(outbox_key_ok((struct slice){"abcd\0efgh", 9}));
}

static void
test_own_accounts(void **state)
{
	struct arena a = ARENA_INIT;
	struct sme_err err;
	const struct json_node *tenant = json_tree(&a,
	    SLICE("{\"accounts\":[\"@Brand\",\"help@brand.example\",\"\"]}"), &err);

	(void)state;
	assert_true(config_own_account(tenant, SLICE("brand")));
	assert_true(config_own_account(tenant, SLICE("@BRAND")));
	assert_true(config_own_account(tenant, SLICE("@help@brand.example")));
	assert_false(config_own_account(tenant, SLICE("brand2")));
	assert_false(config_own_account(tenant, SLICE("bran")));
	assert_false(config_own_account(tenant, SLICE("")));
	assert_false(config_own_account(tenant, SLICE("@")));
	assert_false(config_own_account(tenant, (struct slice){NULL, 0}));
	assert_false(config_own_account(NULL, SLICE("brand")));
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_own_accounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
