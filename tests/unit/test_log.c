/* The segment format, the index of seen ids, identities and names of sme-log. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/hash.h"
#include "log/ident.h"
#include "log/names.h"
#include "log/seen.h"
#include "log/segment.h"

static char dir[] = "/tmp/sme-test-log-XXXXXX";

static const char *
in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static struct hash128
some_hash(uint64_t i)
{
	struct siphash_key key = {1, 2};

	return siphash128(&key, &i, sizeof i);
}

/* The vector of the reference implementation: key 00..0f, messages of 0 and 15 bytes 00..0e. */
static void
siphash_is_siphash(void **state)
{
	struct siphash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	unsigned char text[15];
	struct hash128 h = siphash128(&key, "", 0);

	(void)state;
	assert_true(h.a == UINT64_C(0xe6a825ba047f81a3) && h.b == UINT64_C(0x930255c71472f66d));
	for (int i = 0; i < 15; i++)
		text[i] = (unsigned char)i;
	h = siphash128(&key, text, sizeof text);
	assert_true(h.a == UINT64_C(0x11a8b03399e99354) && h.b == UINT64_C(0xd9c3cf970fec087e));
}

/* Records that the tests write: LEN grows and shrinks, every seventh is erased. */
static struct record
some_record(uint64_t i, char *line)
{
	struct record r = {
	    .id = some_hash(i), .time = (int64_t)(i * 7919 % 86400000), .seq = i + 1};

	if (i % 7 == 3) {
		r.kind = RECORD_ERASED;
		return r;
	}
	r.line.n = (size_t)snprintf(line, 600, "{\"n\":%llu,\"x\":\"%*s\"}\n",
	    (unsigned long long)i, (int)(i * 31 % 500), "");
	r.line.p = line;
	return r;
}

static void
check_same(const struct record *a, const struct record *b)
{
	assert_int_equal(hash128_cmp(a->id, b->id), 0);
	assert_int_equal(a->time, b->time);
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->kind, b->kind);
	assert_true(slice_eq(a->line, b->line));
}

static void
write_open(const char *path, uint64_t n)
{
	struct seg_writer w;
	struct sme_err err;
	char line[700];

	assert_int_equal(seg_writer_open(&w, path, 0, &err), 0);
	for (uint64_t i = 0; i < n; i++) {
		struct record r = some_record(i, line);

		assert_int_equal(seg_writer_add(&w, &r, &err), 0);
	}
	assert_int_equal(seg_writer_finish(&w, &err), 0);
	seg_writer_release(&w);
}

static void
blocks_come_back_as_they_were(void **state)
{
	char path[256], line[700];
	struct seg_reader r;
	struct record got, want;
	struct sme_err err;
	uint64_t i = 0;

	(void)state;
	snprintf(path, sizeof path, "%s", in_dir("a.seg"));
	write_open(path, 3000);
	assert_int_equal(seg_open(&r, path, false, &err), 0);
	while (seg_next(&r, true, &err) == SEG_BLOCK) {
		struct block_walk walk = {0};

		while (block_next(&r.head, r.stored, r.body, &walk, &got)) {
			want = some_record(i++, line);
			check_same(&got, &want);
		}
	}
	assert_int_equal(i, 3000);
	seg_close(&r);
}

static void
compressing_sorts_and_loses_nothing(void **state)
{
	char from[256], to[256], line[700];
	struct record got, want;
	struct seg_reader r;
	struct sme_err err;
	int64_t last = INT64_MIN;
	uint64_t n = 0;
	uint32_t blocks = 0;

	(void)state;
	snprintf(from, sizeof from, "%s", in_dir("b.seg"));
	snprintf(to, sizeof to, "%s", in_dir("b.segz"));
	write_open(from, 3000);
	assert_int_equal(seg_compress(from, to, &err), 0);
	assert_int_equal(access(from, F_OK), -1);
	assert_int_equal(seg_open(&r, to, true, &err), 0);
	for (; seg_next(&r, true, &err) == SEG_BLOCK; blocks++) {
		struct block_walk walk = {0};

		assert_true(r.head.flags & BLOCK_DEFLATED);
		assert_int_equal(get64(r.index + 24 * blocks), r.at);
		assert_int_equal(get64(r.index + 24 * blocks + 8), r.head.first);
		assert_int_equal(get64(r.index + 24 * blocks + 16), r.head.last);
		while (block_next(&r.head, r.stored, r.body, &walk, &got)) {
			want = some_record(got.seq - 1, line);
			check_same(&got, &want);
			assert_true(got.time >= last);
			last = got.time;
			n++;
		}
	}
	assert_int_equal(n, 3000);
	assert_int_equal(blocks, r.blocks);
	seg_close(&r);
}

static void
flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	char c;

	assert_int_equal(pread(fd, &c, 1, at), 1);
	c = (char)(c ^ 0x40);
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static off_t
size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* A changed byte is found: as damage while a durable block follows, else as a torn tail. */
static void
a_changed_byte_is_found(void **state)
{
	char path[256];
	off_t size;

	(void)state;
	snprintf(path, sizeof path, "%s", in_dir("c.seg"));
	write_open(path, 2000);
	size = size_of(path);
	for (off_t at = 0; at < size; at += 1009) {
		enum seg_state st, seen = SEG_END;
		struct seg_reader r;
		struct sme_err err;

		flip(path, at);
		assert_int_equal(seg_open(&r, path, false, &err), 0);
		while ((st = seg_next(&r, true, &err)) != SEG_END) {
			if (st != SEG_BLOCK)
				seen = st;
			if (st == SEG_TORN)
				break;
		}
		assert_true(seen == SEG_DAMAGED ||
			    (seen == SEG_TORN && r.at + (256 << 10) > (uint64_t)size));
		seg_close(&r);
		flip(path, at);
	}
}

static void
a_cut_file_is_torn_not_damaged(void **state)
{
	char path[256];
	off_t size;

	(void)state;
	snprintf(path, sizeof path, "%s", in_dir("d.seg"));
	write_open(path, 2000);
	for (size = size_of(path) - 1; size > 0; size -= 4093) {
		enum seg_state st;
		struct seg_reader r;
		struct sme_err err;

		assert_int_equal(truncate(path, size), 0);
		assert_int_equal(seg_open(&r, path, false, &err), 0);
		while ((st = seg_next(&r, true, &err)) == SEG_BLOCK)
			;
		assert_true(st == SEG_TORN || (st == SEG_END && r.at == (uint64_t)size));
		seg_close(&r);
	}
}

static void
commit(struct seen *s, uint64_t next)
{
	struct sme_err err;

	assert_int_equal(seen_spill(s, &err), 0);
	assert_int_equal(seen_commit(s, next, &err), 0);
}

static void
index_knows_what_it_was_given(void **state)
{
	const uint64_t n = 60000;
	struct seen s;
	struct sme_err err;

	(void)state;
	assert_int_equal(file_mkdirs(in_dir("log/seen"), &err), 0);
	seen_init(&s, in_dir("log"));
	assert_int_equal(seen_load(&s, &err), -1);
	for (uint64_t i = 0; i < n; i++) {
		assert_true(seen_add(&s, some_hash(i)));
		assert_false(seen_add(&s, some_hash(i / 2)));
		if (hash64(&i, sizeof i, 0) % 3000 == 0)
			commit(&s, i);
	}
	seen_cover_set(&s, SLICE("t/2026-11-20.000001"), (struct seen_cover){17, 4711});
	commit(&s, n);
	assert_int_equal(seen_count(&s), n);
	assert_int_equal(seen_verify(&s, &err), 0);
	seen_release(&s);

	seen_init(&s, in_dir("log"));
	assert_int_equal(seen_load(&s, &err), 0);
	assert_int_equal(s.next_seq, n);
	assert_int_equal(seen_cover_get(&s, SLICE("t/2026-11-20.000001"))->length, 4711);
	assert_null(seen_cover_get(&s, SLICE("t/2026-11-20.000002")));
	for (uint64_t i = 0; i < n; i++) {
		struct hash128 near = some_hash(i);

		assert_true(seen_has(&s, near));
		assert_false(seen_has(&s, some_hash(n + i)));
		near.b ^= 1; /* the same place in the run, and not the same id */
		assert_false(seen_has(&s, near));
	}
	for (size_t i = 1; i < s.nruns; i++)
		assert_true(s.runs[i - 1].n > 2 * s.runs[i].n);
	seen_release(&s);
}

/* Ids that are not evenly spread are found as well, only slower. */
static void
index_copes_with_a_crowd(void **state)
{
	struct seen s;
	struct sme_err err;

	(void)state;
	assert_int_equal(file_mkdirs(in_dir("crowd/seen"), &err), 0);
	seen_init(&s, in_dir("crowd"));
	for (uint64_t i = 0; i < 5000; i++) {
		seen_add(&s, (struct hash128){i, 1});
		seen_add(&s, (struct hash128){UINT64_MAX - i, 2});
		seen_add(&s, (struct hash128){UINT64_C(1) << 63, i + 1});
	}
	commit(&s, 1);
	for (uint64_t i = 0; i < 5000; i++) {
		assert_true(seen_has(&s, (struct hash128){i, 1}));
		assert_true(seen_has(&s, (struct hash128){UINT64_MAX - i, 2}));
		assert_true(seen_has(&s, (struct hash128){UINT64_C(1) << 63, i + 1}));
		assert_false(seen_has(&s, (struct hash128){i, 3}));
		assert_false(seen_has(&s, (struct hash128){UINT64_C(1) << 63, i + 6000}));
	}
	seen_release(&s);
}

static void
a_damaged_manifest_is_refused(void **state)
{
	struct buf text = BUF_INIT;
	struct sme_err err;
	struct seen s;

	(void)state;
	assert_int_equal(file_read(in_dir("log/seen/manifest"), &text, &err), 0);
	for (size_t i = 0; i < text.n; i++) {
		text.p[i] ^= 1;
		assert_int_equal(
		    file_write_atomic(in_dir("log/seen/manifest"), buf_slice(&text), 0600, &err),
		    0);
		seen_init(&s, in_dir("log"));
		assert_int_equal(seen_load(&s, &err), -1);
		assert_int_equal(seen_count(&s), 0);
		seen_release(&s);
		text.p[i] ^= 1;
	}
	buf_release(&text);
}

static void
scan_text(struct scanner *sc, const char *text, struct buf *line)
{
	buf_clear(line);
	buf_puts(line, text);
	buf_reserve(line, SCAN_PADDING);
	assert_int_equal(scanner_scan(sc, line->p, line->n), 0);
}

static struct hash128
identity(const char *text, char *tenant, size_t size)
{
	struct ident_scratch scratch = IDENT_SCRATCH_INIT;
	struct siphash_key key = {5, 6};
	struct ident_plan plan;
	struct scanner *sc;
	struct ident id;
	struct buf line = BUF_INIT;

	ident_plan_init(&plan);
	sc = scanner_new(plan.plan);
	/* What an earlier line had must not show in this one; its length changes with each text. */
	scan_text(sc,
	    "{\"state\":\"old\",\"id\":\"old\",\"type\":\"old\",\"revision\":9,"
	    "\"tenant\":\"old\",\"created_at\":\"old\"}",
	    &line);
	scan_text(sc, text, &line);
	ident_of(&plan, sc, buf_slice(&line), &key, &scratch, &id);
	if (tenant)
		snprintf(tenant, size, "%.*s", SLICE_ARG(id.tenant));
	buf_release(&line);
	scanner_free(sc);
	ident_plan_release(&plan);
	ident_scratch_release(&scratch);
	return id.id;
}

#define SAME(a, b) assert_int_equal(hash128_cmp(identity(a, NULL, 0), identity(b, NULL, 0)), 0)
#define OTHER(a, b) assert_int_not_equal(hash128_cmp(identity(a, NULL, 0), identity(b, NULL, 0)), 0)

static void
identity_is_what_the_manual_says(void **state)
{
	char tenant[64];

	(void)state;
	SAME("{\"type\":\"mention\",\"id\":\"a\"}",
	    "{ \"id\" : \"\\u0061\", \"type\":\"mention\",\"x\":1}");
	SAME("{\"type\":\"mention\",\"id\":\"a\"}",
	    "{\"type\":\"mention\",\"id\":\"a\",\"revision\":0}");
	SAME("{\"type\":\"mention\",\"id\":\"a\"}",
	    "{\"type\":\"mention\",\"id\":\"a\",\"revision\":null}");
	SAME("{\"type\":\"mention\",\"id\":\"a\",\"revision\":2}",
	    "{\"type\":\"mention\",\"id\":\"a\",\"revision\":2.0}");
	SAME("{\"type\":\"mention\",\"id\":\"a\",\"state\":\"x\"}",
	    "{\"type\":\"mention\",\"id\":\"a\"}");
	SAME("{\"type\":\"mention\",\"id\":\"a\",\"tenant\":\"default\"}",
	    "{\"type\":\"mention\",\"id\":\"a\",\"tenant\":null}");
	OTHER("{\"type\":\"mention\",\"id\":\"a\"}", "{\"type\":\"mention\",\"id\":\"b\"}");
	OTHER("{\"type\":\"mention\",\"id\":\"a\"}", "{\"type\":\"delete\",\"id\":\"a\"}");
	OTHER("{\"type\":\"mention\",\"id\":\"a\"}",
	    "{\"type\":\"mention\",\"id\":\"a\",\"tenant\":\"t\"}");
	OTHER("{\"type\":\"mention\",\"id\":\"1\"}", "{\"type\":\"mention\",\"id\":1}");
	OTHER("{\"type\":\"mention\",\"id\":\"a\",\"revision\":1}",
	    "{\"type\":\"mention\",\"id\":\"a\",\"revision\":2}");
	OTHER("{\"type\":\"reply\",\"id\":\"a\",\"state\":\"held\"}",
	    "{\"type\":\"reply\",\"id\":\"a\",\"state\":\"approved\"}");
	SAME("{\"type\":\"reply\",\"id\":\"a\"}",
	    "{\"id\":\"a\",\"type\":\"reply\",\"text\":\"longer\"}");
	SAME("{\"id\":\"a\"}", "{\"text\":\"longer\",\"id\":\"a\"}");
	OTHER("{\"type\":\"mention\"}", "{\"type\":\"mention\",\"x\":1}");
	SAME("{\"type\":\"mention\"}", "{\"type\":\"mention\"}");
	identity("{\"id\":\"a\"}", tenant, sizeof tenant);
	assert_string_equal(tenant, "default");
	identity("{\"id\":\"a\",\"tenant\":\"\\u006f2\"}", tenant, sizeof tenant);
	assert_string_equal(tenant, "o2");
}

static void
check_name(const char *tenant, const char *want)
{
	struct buf b = BUF_INIT;

	names_tenant(&b, slice_of(tenant));
	assert_string_equal(b.p, want);
	buf_release(&b);
}

static void
tenants_become_safe_names(void **state)
{
	char longer[400];
	struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	check_name("o2", "o2");
	check_name("", "%");
	check_name(".", "%2E");
	check_name("..", "%2E.");
	check_name("../etc", "%2E.%2Fetc");
	check_name("a b\n", "a%20b%0A");
	check_name("%41", "%2541");
	check_name("\xc3\xa4", "%C3%A4");
	memset(longer, 'x', sizeof longer);
	names_tenant(&a, (struct slice){longer, 399});
	names_tenant(&b, (struct slice){longer, 400});
	assert_true(a.n < 220 && b.n < 220);
	assert_string_not_equal(a.p, b.p);
	buf_release(&a);
	buf_release(&b);
}

static void
days_begin_at_midnight(void **state)
{
	(void)state;
	assert_int_equal(names_day(0), 0);
	assert_int_equal(names_day(86399999), 0);
	assert_int_equal(names_day(86400000), 1);
	assert_int_equal(names_day(-1), -1);
	assert_int_equal(names_day(-86400000), -1);
	assert_int_equal(names_day(-86400001), -2);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(siphash_is_siphash),
	    cmocka_unit_test(blocks_come_back_as_they_were),
	    cmocka_unit_test(compressing_sorts_and_loses_nothing),
	    cmocka_unit_test(a_changed_byte_is_found),
	    cmocka_unit_test(a_cut_file_is_torn_not_damaged),
	    cmocka_unit_test(index_knows_what_it_was_given),
	    cmocka_unit_test(index_copes_with_a_crowd),
	    cmocka_unit_test(a_damaged_manifest_is_refused),
	    cmocka_unit_test(identity_is_what_the_manual_says),
	    cmocka_unit_test(tenants_become_safe_names),
	    cmocka_unit_test(days_begin_at_midnight),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
