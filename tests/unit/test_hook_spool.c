/* The spool: what was appended is read again, whatever happened to the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "hook/commit.h"
#include "hook/delivery.h"
#include "hook/spool.h"

static char dir[] = "/tmp/test_hook_spool.XXXXXX";
static char said[600];

static void
note(const char *text)
{
	snprintf(said, sizeof said, "%s", text);
}

static int
make(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_hook_spool.XXXXXX");
	said[0] = '\0';
	return mkdtemp(dir) ? 0 : -1;
}

static int
unmake(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static struct spool *
open_at(struct spool_pos pos)
{
	struct sme_err err;
	struct spool *s = spool_open(dir, pos, note, &err);

	assert_non_null(s);
	return s;
}

static void
append(struct spool *s, const char *text)
{
	struct slice record = slice_of(text);
	struct sme_err err;

	assert_int_equal(spool_append(s, &record, 1, NULL, &err), 0);
}

/* All that can be read from POS on, with "|" between. */
static const char *
rest(struct spool *s, struct spool_pos *pos)
{
	static char all[4096];
	struct spool_reader *r = spool_reader_open(s);
	struct buf b = BUF_INIT;
	struct sme_err err;
	int got;

	all[0] = '\0';
	while ((got = spool_read(r, pos, &b, NULL, &err)) == 1) {
		strcat(all, buf_str(&b));
		strcat(all, "|");
	}
	assert_int_equal(got, 0);
	buf_release(&b);
	spool_reader_close(r);
	return all;
}

static char *
path_of(int segment)
{
	static char path[100];

	snprintf(path, sizeof path, "%s/%016d.seg", dir, segment);
	return path;
}

static void
read_again(void **state)
{
	struct spool_pos pos = {0};
	struct spool *s = open_at(pos);
	struct slice two[] = {SLICE("two"), SLICE("")};
	struct sme_err err;

	(void)state;
	assert_string_equal(rest(s, &pos), "");
	append(s, "one");
	assert_string_equal(rest(s, &pos), "one|");
	assert_int_equal(spool_append(s, two, 2, NULL, &err), 0);
	assert_string_equal(rest(s, &pos), "two||");
	assert_string_equal(rest(s, &pos), "");
	spool_close(s);
	s = open_at(pos);
	append(s, "three");
	assert_string_equal(rest(s, &pos), "three|");
	pos = (struct spool_pos){0};
	assert_string_equal(rest(s, &pos), "one|two||three|");
	spool_close(s);
}

static void
forgets(void **state)
{
	struct spool_pos pos = {0};
	struct spool *s = open_at(pos);
	struct sme_err err;

	(void)state;
	append(s, "one");
	assert_int_equal(spool_forget(s, pos, true, &err), 0);
	assert_string_equal(rest(s, &pos), "one|");
	assert_int_equal(spool_forget(s, pos, false, &err), 0);
	assert_int_equal(access(path_of(1), F_OK), 0);
	assert_int_equal(spool_forget(s, pos, true, &err), 0);
	assert_int_equal(access(path_of(1), F_OK), -1);
	append(s, "two");
	assert_string_equal(rest(s, &pos), "two|");
	assert_int_equal(spool_behind(s, pos), 0);
	append(s, "123");
	assert_int_equal(spool_behind(s, pos), 19);
	assert_string_equal(rest(s, &pos), "123|");
	assert_int_equal(spool_forget(s, pos, true, &err), 0);
	spool_close(s);

	/* No file is left: numbers must go on all the same. */
	s = open_at(pos);
	append(s, "four");
	assert_string_equal(rest(s, &pos), "four|");
	spool_close(s);
}

/* A segment cut at every byte: the whole records in it come, and those of the next. */
static void
cut_anywhere(void **state)
{
	struct stat sb;
	struct sme_err err;

	(void)state;
	for (int cut = 0;; cut++) {
		struct spool_pos pos = {0};
		struct spool *s = open_at(pos);
		const char *want;

		append(s, "one");
		append(s, "two");
		spool_close(s);
		assert_int_equal(stat(path_of(1), &sb), 0);
		if (cut > sb.st_size)
			break;
		assert_int_equal(truncate(path_of(1), cut), 0);
		s = open_at(pos);
		append(s, "three");
		want = cut < 16 + 19 ? "three|" : cut < 16 + 38 ? "one|three|" : "one|two|three|";
		assert_string_equal(rest(s, &pos), want);
		assert_int_equal(spool_damaged(s), 0);
		assert_string_equal(said, "");
		spool_forget(s, pos, true, &err);
		spool_close(s);
	}
}

/* Any byte of the middle record changed: the others come, and the damage is noted and kept. */
static void
changed_anywhere(void **state)
{
	char aside[120], command[200];

	(void)state;
	for (int at = 0; at < 16 + 3 * 19; at++) {
		struct spool_pos pos = {0};
		struct spool *s = open_at(pos);
		const char *got;
		char byte;
		int fd;

		append(s, "one");
		append(s, "two");
		append(s, "thr");
		spool_close(s);
		fd = open(path_of(1), O_RDWR);
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x55;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		s = open_at(pos);
		append(s, "four");
		said[0] = '\0';
		got = rest(s, &pos);
		if (at < 16)
			assert_string_equal(got, "four|");
		else
			assert_string_equal(got, at < 35 ? "two|thr|four|" :
			    at < 54			 ? "one|thr|four|" :
							   "one|two|four|");
		snprintf(aside, sizeof aside, "%s.damaged", path_of(1));
		/* A length that grew at the very end looks like a write that was cut. */
		if (!(at >= 16 + 2 * 19 + 4 && at < 16 + 2 * 19 + 8)) {
			assert_non_null(strstr(said, "damaged"));
			assert_true(spool_damaged(s) > 0);
			assert_int_equal(access(aside, F_OK), 0);
		}
		spool_close(s);
		snprintf(command, sizeof command, "rm -f %s/*", dir);
		assert_int_equal(system(command), 0);
	}
}

/* A payload that looks like a record must not become one behind damage. */
static void
no_forgery(void **state)
{
	struct spool_pos pos = {0};
	struct spool *s = open_at(pos);
	char stolen[200];
	ssize_t n;
	int fd;

	(void)state;
	append(s, "evil");
	spool_close(s);
	fd = open(path_of(1), O_RDONLY);
	n = pread(fd, stolen, sizeof stolen, 16);
	close(fd);
	s = open_at(pos);
	{
		struct slice outer = {stolen, (size_t)n};
		struct sme_err err;

		assert_int_equal(spool_append(s, &outer, 1, NULL, &err), 0);
	}
	spool_close(s);
	fd = open(path_of(2), O_RDWR);
	assert_int_equal(pwrite(fd, "x", 1, 16), 1);
	close(fd);
	s = open_at(pos);
	assert_string_equal(rest(s, &pos), "evil|");
	assert_true(spool_damaged(s) > 0);
	spool_close(s);
}

/* A write that fails leaves nothing, and the next one goes through. */
static void
full_disk(void **state)
{
	struct rlimit old, small = {100, RLIM_INFINITY};
	struct spool_pos pos = {0};
	struct spool *s = open_at(pos);
	char long_text[300];
	struct slice both[] = {SLICE("small"), {long_text, sizeof long_text}};
	struct sme_err err;

	(void)state;
	memset(long_text, 'x', sizeof long_text);
	append(s, "one");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(spool_append(s, both, 2, NULL, &err), -1);
	assert_int_equal(err.status, SME_IOERR);
	setrlimit(RLIMIT_FSIZE, &old);
	append(s, "two");
	assert_string_equal(rest(s, &pos), "one|two|");
	assert_string_equal(said, "");
	spool_close(s);
}

static void
long_record(void **state)
{
	struct spool_pos pos = {0};
	struct spool *s = open_at(pos);
	struct slice record = {calloc(1, SPOOL_RECORD_MAX + 1), SPOOL_RECORD_MAX + 1};
	struct spool_reader *r = spool_reader_open(s);
	struct buf b = BUF_INIT;
	struct sme_err err;

	(void)state;
	assert_int_equal(spool_append(s, &record, 1, NULL, &err), -1);
	record.n--;
	assert_int_equal(spool_append(s, &record, 1, NULL, &err), 0);
	assert_int_equal(spool_read(r, &pos, &b, NULL, &err), 1);
	assert_int_equal(b.n, SPOOL_RECORD_MAX);
	/* The segment is full: the next record is in another, and the first can go. */
	append(s, "next");
	assert_string_equal(rest(s, &pos), "next|");
	assert_int_equal(spool_forget(s, pos, false, &err), 0);
	assert_int_equal(access(path_of(1), F_OK), -1);
	free((char *)(size_t)record.p);
	buf_release(&b);
	spool_reader_close(r);
	spool_close(s);
}

static void
positions(void **state)
{
	struct spool_pos pos = {7, 99};
	struct sme_err err;
	char path[100];
	FILE *f;

	(void)state;
	snprintf(path, sizeof path, "%s/position", dir);
	assert_int_equal(spool_pos_load(path, &pos, &err), 0);
	assert_int_equal(pos.segment + pos.offset, 0);
	pos = (struct spool_pos){12, 345};
	assert_int_equal(spool_pos_save(path, pos, &err), 0);
	pos = (struct spool_pos){0};
	assert_int_equal(spool_pos_load(path, &pos, &err), 0);
	assert_int_equal(pos.segment, 12);
	assert_int_equal(pos.offset, 345);
	f = fopen(path, "w");
	fputs("12 x\n", f);
	fclose(f);
	assert_int_equal(spool_pos_load(path, &pos, &err), -1);
	assert_non_null(strstr(err.text, "position"));
}

struct counted {
	struct commit_job job;
	int *done;
};

static void
count_done(struct commit_job *job, bool ok)
{
	struct counted *c = (struct counted *)job;

	assert_true(ok);
	++*c->done;
}

/* Jobs of two spools, submitted in turn: each spool's in order, all before stop returns. */
static void
commits(void **state)
{
	struct sme_err err;
	struct spool_pos pos = {0}, other = {0};
	struct committer *c = commit_start(note, &err);
	struct spool *s = open_at(pos), *t;
	static struct counted jobs[26];
	static char text[26][2];
	char sub[100];
	int done = 0;

	(void)state;
	snprintf(sub, sizeof sub, "%s/sub", dir);
	t = spool_open(sub, pos, note, &err);
	for (int i = 0; i < 26; i++) {
		text[i][0] = (char)('a' + i);
		jobs[i] = (struct counted){
		    {i % 2 ? t : s, slice_of(text[i]), count_done, {0}, NULL}, &done};
		commit_submit(c, &jobs[i].job);
	}
	commit_stop(c);
	assert_int_equal(done, 26);
	assert_string_equal(rest(s, &pos), "a|c|e|g|i|k|m|o|q|s|u|w|y|");
	assert_string_equal(rest(t, &other), "b|d|f|h|j|l|n|p|r|t|v|x|z|");
	spool_close(s);
	spool_close(t);
}

static void
deliveries(void **state)
{
	struct buf pairs = BUF_INIT, out = BUF_INIT;
	struct delivery d = {.received = 1795000000123, .source = SLICE("a")}, got;
	struct slice left, name, value;

	(void)state;
	delivery_pair(&pairs, SLICE("content-type"), SLICE("application/json"));
	delivery_pair(&pairs, SLICE("x-empty"), SLICE(""));
	d.headers = buf_slice(&pairs);
	d.body = (struct slice){"\0\1{}", 4};
	delivery_put(&out, &d);
	assert_true(delivery_read(buf_slice(&out), &got));
	assert_true(got.received == d.received);
	assert_true(slice_eq(got.source, d.source));
	assert_int_equal(got.query.n, 0);
	assert_true(slice_eq(got.body, d.body));
	left = got.headers;
	assert_true(delivery_next(&left, &name, &value));
	assert_true(slice_is(name, "content-type") && slice_is(value, "application/json"));
	assert_true(delivery_next(&left, &name, &value));
	assert_true(slice_is(name, "x-empty") && value.n == 0);
	assert_false(delivery_next(&left, &name, &value));
	/* Cut anywhere it is none. */
	for (size_t n = 0; n < out.n; n++)
		assert_false(delivery_read((struct slice){out.p, n}, &got));
	buf_release(&pairs);
	buf_release(&out);
	assert_true(delivery_keeps(SLICE("x-discourse-event")));
	assert_true(delivery_keeps(SLICE("content-type")));
	assert_false(delivery_keeps(SLICE("cookie")));
	assert_false(delivery_keeps(SLICE("authorization")));
	assert_false(delivery_keeps(SLICE("x-telegram-bot-api-secret-token")));
	assert_false(delivery_keeps(SLICE("x-hub-signature-256")));
	assert_false(delivery_keeps(SLICE("x-forwarded-for")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)
	    TEST(read_again),
	    TEST(forgets),
	    TEST(cut_anywhere),
	    TEST(changed_anywhere),
	    TEST(no_forgery),
	    TEST(full_disk),
	    TEST(long_record),
	    TEST(positions),
	    TEST(commits),
	    cmocka_unit_test(deliveries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
