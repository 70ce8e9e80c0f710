/* Slices, buffers, arenas, maps, durations, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/map.h"
#include "core/rfc3339.h"

static void
test_slice(void **state)
{
	struct slice rest = SLICE("a,,b"), head;
	unsigned long long n;

	(void)state;
	assert_true(slice_cut(&rest, ',', &head) && slice_is(head, "a"));
	assert_true(slice_cut(&rest, ',', &head) && head.n == 0);
	assert_true(slice_cut(&rest, ',', &head) && slice_is(head, "b"));
	assert_false(slice_cut(&rest, ',', &head));
	assert_true(slice_cmp(SLICE("ab"), SLICE("abc")) < 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("abc")) > 0);
	assert_int_equal(slice_cmp(SLICE("\xff"), SLICE("\xff")), 0);
	assert_true(slice_eq_nocase(SLICE("Content-Type"), SLICE("content-tYPE")));
	assert_false(slice_eq_nocase(SLICE("[a"), SLICE("{a")));
	assert_int_equal(slice_find(SLICE("abcabd"), SLICE("abd")), 3);
	assert_int_equal(slice_find(SLICE("ab"), SLICE("abd")), -1);
	assert_true(slice_is(slice_trim(SLICE(" \t x y\r\n")), "x y"));
	assert_true(slice_starts(SLICE("abc"), SLICE("ab")) && !slice_starts(SLICE("a"), SLICE("ab")));
	assert_true(slice_ends(SLICE("abc"), SLICE("bc")) && !slice_ends(SLICE("c"), SLICE("bc")));
	assert_true(slice_u64(SLICE("18446744073709551615"), &n) && n == UINT64_MAX);
	assert_false(slice_u64(SLICE("18446744073709551616"), &n));
	assert_false(slice_u64(SLICE(""), &n) || slice_u64(SLICE("-1"), &n) || slice_u64(SLICE("1 "), &n));
}

/* Texts of few letters, so that most places are nearly right, and no byte behind them is ours. */
static void
test_find(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t n = hash_mix(++seed) % 90, m = 1 + hash_mix(++seed) % 40;
		char *text = malloc(n + 1), needle[40];
		const char *want;

		for (size_t i = 0; i < n; i++)
			text[i] = (char)('a' + hash_mix(++seed) % 2);
		text = realloc(text, n ? n : 1);
		for (size_t i = 0; i < m; i++)
			needle[i] = (char)('a' + hash_mix(++seed) % 2);
		want = n >= m ? memmem(text, n, needle, m) : NULL;
		assert_int_equal(slice_find((struct slice){text, n}, (struct slice){needle, m}),
		    want ? want - text : -1);
		want = NULL;
		for (size_t i = 0; i < m; i++)
			needle[i] = (char)(needle[i] ^ (hash_mix(++seed) % 2 ? 0x20 : 0));
		for (size_t i = 0; !want && i + m <= n; i++)
			if (strncasecmp(text + i, needle, m) == 0)
				want = text + i;
		assert_int_equal(slice_find_nocase((struct slice){text, n}, (struct slice){needle, m}),
		    want ? want - text : -1);
		free(text);
	}
}

static void
test_buf(void **state)
{
	struct buf b = BUF_INIT_MAX(10);
	char *p;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "12345");
	buf_printf(&b, "%d", 678);
	assert_string_equal(b.p, "12345678");
	assert_false(b.over);
	/* What does not fit is left out whole. */
	buf_puts(&b, "abc");
	assert_true(b.over);
	assert_string_equal(b.p, "12345678");
	/* The NUL needs its place, too. */
	buf_clear(&b);
	buf_puts(&b, "123456789");
	assert_false(b.over);
	buf_puts(&b, "0");
	assert_true(b.over);
	buf_clear(&b);
	assert_false(b.over);
	buf_addc(&b, 'x');
	p = buf_detach(&b);
	assert_string_equal(p, "x");
	free(p);
	assert_null(b.p);
	p = buf_detach(&b);
	assert_string_equal(p, "");
	free(p);
}

static void
test_map(void **state)
{
	struct map m = MAP_INIT;
	char key[16];

	(void)state;
	assert_null(map_get(&m, SLICE("a")));
	for (unsigned i = 0; i < 5000; i++) {
		int n = snprintf(key, sizeof key, "k%u", i * 7919 % 5000);

		map_put(&m, (struct slice){key, (size_t)n})->u += i + 1;
	}
	assert_int_equal(m.n, 5000);
	assert_true(slice_is(m.items[1].key, "k2919"));
	assert_int_equal(map_get(&m, SLICE("k0"))->u, 1);
	map_put(&m, SLICE("k0"))->u = 77;
	assert_int_equal(m.n, 5000);
	assert_int_equal(map_get(&m, SLICE("k0"))->u, 77);
	assert_null(map_get(&m, SLICE("k5000")));
	/* A key may hold any byte. */
	map_put(&m, (struct slice){"a\0b", 3})->u = 1;
	assert_null(map_get(&m, SLICE("a")));
	map_release(&m);
}

static void
test_arena(void **state)
{
	struct arena a = ARENA_INIT;
	struct slice s;

	(void)state;
	for (size_t n = 0; n < 40000; n += 777) {
		char *p = arena_zalloc(&a, n + 1);

		assert_int_equal((uintptr_t)p % 16, 0);
		assert_int_equal(p[n], 0);
		memset(p, 'x', n + 1);
	}
	s = arena_dup(&a, (struct slice){"a\0b", 3});
	assert_memory_equal(s.p, "a\0b", 4);
	arena_release(&a);
	assert_null(a.head);
}

/* Files hold hashes: they must never change. */
static void
test_hash(void **state)
{
	(void)state;
	assert_true(hash64("", 0, 0) != hash64("", 0, 1));
	assert_true(hash64("abc", 3, 0) == hash64("abcd", 3, 0));
	for (size_t n = 0; n < 40; n++)
		assert_true(hash64("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", n, 0) !=
		    hash64("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", n + 1, 0));
	assert_true(hash64("The quick brown fox", 19, 7) == UINT64_C(0x482887b34828e3a));
	assert_true(hash64("fox", 3, 7) == UINT64_C(0x62613df09efab3bc));
	assert_true(hash_mix(1) == UINT64_C(0x5692161d100b05e5));
}

static void
test_durations(void **state)
{
	static const char *const bad[] = {"", "5", "m", "1w", "5m1h", "1h1h", "-5m", "1.5h", "5 m", "1hh",
	    "99999999999999d"};
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"90s", 90000}, {"36m", 2160000}, {"2h", 7200000}, {"1d", 86400000}, {"500ms", 500},
	    {"1h30m", 5400000}, {"0s", 0}};
	int64_t ms;
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (duration_parse(slice_of(bad[i]), &ms))
			fail_msg("taken: %s", bad[i]);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(duration_parse(slice_of(good[i].text), &ms));
		assert_int_equal(ms, good[i].ms);
	}
	duration_put(&b, 5400000);
	assert_string_equal(b.p, "1h30m");
	buf_release(&b);
}

static void
test_files(void **state)
{
	char dir[] = "/tmp/sme-test-XXXXXX", path[64], deep[64];
	struct buf b = BUF_INIT, small = BUF_INIT_MAX(100);
	struct sme_err err;
	struct stat sb;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/f", dir);
	assert_int_equal(file_write_atomic(path, SLICE("one"), 0640, &err), 0);
	assert_int_equal(file_write_atomic(path, SLICE("two"), 0640, &err), 0);
	assert_int_equal(file_read(path, &b, &err), 0);
	assert_string_equal(b.p, "two");
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0640);
	assert_int_equal(file_read(path, &small, &err), -1);
	snprintf(deep, sizeof deep, "%s/a/b/c", dir);
	assert_int_equal(file_mkdirs(deep, &err), 0);
	assert_int_equal(file_mkdirs(deep, &err), 0);
	snprintf(deep, sizeof deep, "%s/f/x", dir);
	assert_int_equal(file_write_atomic(deep, SLICE("x"), 0600, &err), -1);
	assert_int_equal(err.status, SME_CANTCREAT);
	snprintf(deep, sizeof deep, "%s/none", dir);
	assert_int_equal(file_read(deep, &b, &err), -1);
	assert_int_equal(err.status, SME_NOINPUT);
	buf_release(&b);
	buf_release(&small);
	snprintf(deep, sizeof deep, "rm -r %s", dir);
	assert_int_equal(system(deep), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slice),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_buf),
	    cmocka_unit_test(test_map),
	    cmocka_unit_test(test_arena),
	    cmocka_unit_test(test_hash),
	    cmocka_unit_test(test_durations),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
