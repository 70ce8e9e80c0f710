/* The reader: every way of reading gives the same lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/file.h"
#include "core/mem.h"
#include "stream/reader.h"
#include "stream/scan.h"

static char dir[] = "/tmp/sme-test-XXXXXX";

static char *
path_of(const char *name)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s/%s", dir, name);
	return buf_detach(&b);
}

static void
write_file(const char *path, const struct buf *b, bool gzip)
{
	gzFile f = gzopen(path, gzip ? "wb1" : "wbT");

	assert_non_null(f);
	assert_int_equal(gzwrite(f, b->p, (unsigned)b->n), b->n);
	assert_int_equal(gzclose(f), Z_OK);
}

/* Reading into it cannot be left out. */
static volatile unsigned touched;

enum way {
	PLAIN,
	MAPPED,
	DETACHED
};

/* Everything that the reader gives, with the number of each block's first line checked. */
static void
read_all(char *const *files, enum way way, struct buf *out)
{
	struct reader *r = reader_open(files);
	struct block b;
	struct sme_err err;
	size_t memory_size, lines = 1;
	char *memory = reader_memory(&memory_size);
	const char *file = NULL;

	if (way == MAPPED)
		reader_allow_map(r);
	while (reader_next(r, &b, &err) == READER_LINES) {
		struct slice line;
		size_t at = 0, n = 0;

		if (!file || strcmp(file, b.file) != 0)
			lines = 1;
		file = b.file;
		assert_int_equal(b.lineno, lines);
		if (way == DETACHED)
			memory = reader_detach(r, memory, memory_size, &memory_size);
		/* The padding can be read: ASan would tell. */
		for (size_t i = 0; i < SCAN_PADDING; i++)
			touched += (unsigned char)b.p[b.n + i];
		for (; block_line(&b, &at, &line); n++) {
			buf_adds(out, line);
			buf_addc(out, '\n');
		}
		if (way == MAPPED)
			reader_counted(r, n);
		lines += n;
	}
	free(memory);
	reader_close(r);
}

/* Five megabytes of lines of all lengths; one is longer than a block, one than a mapped window. */
static void
fill(struct buf *b)
{
	uint32_t x = 1;

	while (b->n < (5u << 20)) {
		size_t n = (x = x * 1103515245 + 12345) >> 16 & 1023;

		if (b->n > (1u << 20) && b->n < (1u << 20) + 600)
			n = 400000;
		if (b->n > (2u << 20) && b->n < (2u << 20) + 600)
			n = 2500000;
		for (; n; n--)
			buf_addc(b, (char)('a' + n % 26));
		buf_addc(b, '\n');
	}
}

static void
test_same_lines(void **state)
{
	struct buf text = BUF_INIT, got = BUF_INIT, both = BUF_INIT;
	char *plain = path_of("plain"), *gzip = path_of("gzip");
	char *one[] = {plain, NULL}, *two[] = {gzip, NULL}, *all[] = {plain, gzip, plain, NULL};

	(void)state;
	fill(&text);
	write_file(plain, &text, false);
	write_file(gzip, &text, true);
	for (int way = PLAIN; way <= DETACHED; way++) {
		buf_clear(&got);
		read_all(one, (enum way)way, &got);
		assert_int_equal(got.n, text.n);
		assert_memory_equal(got.p, text.p, text.n);
		buf_clear(&got);
		read_all(two, (enum way)way, &got);
		assert_true(slice_eq(buf_slice(&got), buf_slice(&text)));
		buf_clear(&got);
		read_all(all, (enum way)way, &got);
		assert_int_equal(got.n, 3 * text.n);
	}
	buf_release(&both);
	buf_release(&got);
	buf_release(&text);
	free(plain);
	free(gzip);
}

/* A last line without a newline, a byte order mark, an empty file, one that is not there. */
static void
test_edges(void **state)
{
	struct buf b = BUF_INIT;
	char *path = path_of("edge"), *none = path_of("none");
	char *files[] = {none, path, path, NULL};
	struct reader *r = reader_open(files);
	struct block block;
	struct sme_err err;

	(void)state;
	buf_puts(&b, "\xef\xbb\xbf" "a\nb");
	write_file(path, &b, false);
	assert_int_equal(reader_next(r, &block, &err), READER_ERROR);
	assert_int_equal(err.status, SME_NOINPUT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(reader_next(r, &block, &err), READER_LINES);
		assert_memory_equal(block.p, "a\n", 2);
		assert_int_equal(reader_next(r, &block, &err), READER_LINES);
		assert_memory_equal(block.p, "b", 1);
		assert_int_equal(block.n, 1);
		assert_int_equal(block.lineno, 2);
	}
	assert_int_equal(reader_next(r, &block, &err), READER_END);
	reader_close(r);
	free(path);
	free(none);
	buf_release(&b);
}

static void
test_oversize(void **state)
{
	struct buf b = BUF_INIT_MAX(64u << 20);
	char *path = path_of("large");
	char *files[] = {path, NULL};
	size_t large = SCAN_LINE_MAX + 12345, got = 0;
	struct reader *r = reader_open(files);
	struct block block;
	struct sme_err err;
	enum reader_kind kind;

	(void)state;
	buf_puts(&b, "first\n");
	for (size_t i = 0; i < large; i++)
		buf_addc(&b, 'x');
	buf_puts(&b, "\n");
	for (size_t i = 0; i < SCAN_LINE_MAX; i++)
		buf_addc(&b, 'y');
	buf_puts(&b, "\nlast\n");
	write_file(path, &b, false);
	assert_int_equal(reader_next(r, &block, &err), READER_LINES);
	while ((kind = reader_next(r, &block, &err)) == READER_OVERSIZE) {
		got += block.n;
		if (block.last)
			break;
	}
	assert_int_equal(got, large);
	/* The longest line that is allowed, and what follows. */
	assert_int_equal(reader_next(r, &block, &err), READER_LINES);
	assert_int_equal(block.lineno, 3);
	assert_true(block.n > SCAN_LINE_MAX && block.p[SCAN_LINE_MAX] == '\n');
	while (block.n == SCAN_LINE_MAX + 1)
		assert_int_equal(reader_next(r, &block, &err), READER_LINES);
	assert_int_equal(reader_next(r, &block, &err), READER_END);
	reader_close(r);
	free(path);
	buf_release(&b);
}

static void
test_damaged_gzip(void **state)
{
	struct buf text = BUF_INIT, packed = BUF_INIT;
	char *path = path_of("damaged");
	char *files[] = {path, NULL};
	struct sme_err err;
	struct block block;
	enum reader_kind kind;
	struct reader *r;

	(void)state;
	fill(&text);
	write_file(path, &text, true);
	assert_int_equal(file_read(path, &packed, &err), 0);
	packed.n /= 2;
	write_file(path, &packed, false);
	r = reader_open(files);
	while ((kind = reader_next(r, &block, &err)) == READER_LINES)
		;
	assert_int_equal(kind, READER_ERROR);
	assert_int_equal(err.status, SME_DATA);
	assert_non_null(strstr(err.text, "ends too early"));
	assert_int_equal(reader_next(r, &block, &err), READER_END);
	reader_close(r);
	free(path);
	buf_release(&text);
	buf_release(&packed);
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
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_lines),
	    cmocka_unit_test(test_edges),
	    cmocka_unit_test(test_oversize),
	    cmocka_unit_test(test_damaged_gzip),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
