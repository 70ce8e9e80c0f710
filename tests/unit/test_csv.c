#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "net/csv.h"
#include "net/http.h"
#include "net/mapping.h"

static bool
print_row(void *ctx, const struct csv_row *row)
{
	struct buf *b = ctx;

	buf_printf(b, "%zu", row->line);
	if (row->error)
		buf_printf(b, "!%.*s", SLICE_ARG(row->raw));
	for (size_t i = 0; i < row->n; i++)
		buf_printf(b, "[%.*s]", SLICE_ARG(row->fields[i]));
	buf_addc(b, '\n');
	return true;
}

static const char *const cases[][2] = {
    {"a,b\n1,2\n", "1[a][b]\n2[1][2]\n"},
    {"a,b\r\n1,2", "1[a][b]\n2[1][2]\n"},
    {"a;b;c\n1;\"x;y\";3\n", "1[a][b][c]\n2[1][x;y][3]\n"},
    {"a\tb\n1,5\t2\n", "1[a][b]\n2[1,5][2]\n"},
    {"a|b\n1|2\n", "1[a][b]\n2[1][2]\n"},
    {"sep=;\na,x;b\n1;2\n", "2[a,x][b]\n3[1][2]\n"},
    {"a,b\n\"x\ny\",\"say \"\"hi\"\"\"\n3,4\n", "1[a][b]\n2[x\ny][say \"hi\"]\n4[3][4]\n"},
    {"a,b\n\n\n1,\n,2\n", "1[a][b]\n4[1][]\n5[][2]\n"},
    {"a,b\n5\" disk,x\n", "1[a][b]\n2[5\" disk][x]\n"},
    {"a,b\n\"x\"y,z\n", "1[a][b]\n2[xy][z]\n"},
    {"a\n\"never closed\nx\n", "1[a]\n2!\"never closed\n3[x]\n"},
    {"a\nx\ry\n", "1[a]\n2[x\ry]\n"},
    {"\xef\xbb\xbf\"a\",b\n1,2\n", "1[a][b]\n2[1][2]\n"},
    {"a\n\xfc and \x80\n\xc3\xbc\n", "1[a]\n2[\xc3\xbc and \xe2\x82\xac]\n3[\xc3\xbc]\n"},
    {"", ""},
    {"\n\n", ""},
    {"a", "1[a]\n"},
};

/* Whole, and cut into pieces of every size. */
static void
reads_rows(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice in = slice_of(cases[i][0]);

		for (size_t piece = 1; piece <= in.n + 1; piece++) {
			struct csv *c = csv_open('\0', print_row, &out);

			buf_clear(&out);
			for (size_t at = 0; at < in.n; at += piece)
				csv_push(c, (struct slice){in.p + at, in.n - at < piece ? in.n - at : piece});
			csv_finish(c);
			csv_close(c);
			if (!slice_eq(buf_slice(&out), slice_of(cases[i][1])))
				fail_msg("case %zu in pieces of %zu: %s", i, piece, buf_str(&out));
		}
	}
	buf_release(&out);
}

static void
refuses_what_is_too_long(void **state)
{
	struct buf out = BUF_INIT, in = BUF_INIT;
	struct csv *c = csv_open('\0', print_row, &out);

	(void)state;
	buf_puts(&in, "a,b\n1,\"open\n");
	for (size_t i = 0; i < CSV_RECORD_MAX / 8; i++)
		buf_printf(&in, "x%06zu,y\n", i % 1000000);
	for (size_t at = 0; at < in.n; at += 65536)
		csv_push(c, (struct slice){in.p + at, in.n - at < 65536 ? in.n - at : 65536});
	csv_finish(c);
	csv_close(c);
	assert_true(slice_starts(buf_slice(&out), SLICE("1[a][b]\n2!1,\"open\n3[x000000][y]\n")));
	assert_true(slice_ends(buf_slice(&out), SLICE("[x131071][y]\n")));
	buf_release(&in);
	buf_release(&out);
}

/* One value through the mapping, as the event shows it. */
static void
put(struct buf *out, enum target t, const char *value)
{
	struct mapping m = {0};
	struct record r = {0};
	struct record_source src = {.tenant = SLICE("t"), .network = SLICE("x"), .instance = SLICE("i")};
	struct sme_err err;

	r.value[TO_ID] = SLICE("1");
	r.value[TO_TEXT] = SLICE("text");
	r.value[t] = slice_of(value);
	buf_clear(out);
	if (record_put(&r, &m, &src, out, &err) < 0)
		buf_puts(out, err.text);
}

static void
types_values(void **state)
{
	static const struct {
		enum target to;
		const char *value, *part;
	} values[] = {
	    {TO_LIKES, "1840", "\"likes\":1840}"},
	    {TO_LIKES, "1,840", "\"likes\":1840}"},
	    {TO_LIKES, "1.840.000", "\"likes\":1840000}"},
	    {TO_LIKES, "12.0", "\"likes\":12}"},
	    {TO_LIKES, "1.8k", "\"likes\":1800}"},
	    {TO_LIKES, "3,4 Mio", "\"likes\":3400000}"},
	    {TO_LIKES, "n/a", "\"direct\":false,\"media\""},
	    {TO_LIKES, "many", "metrics.likes: expected a number, got \"many\""},
	    {TO_LIKES, "-5", "metrics.likes: expected a number"},
	    {TO_DIRECT, "Ja", "\"direct\":true"},
	    {TO_DIRECT, "perhaps", "direct: expected true or false"},
	    {TO_AUTHOR_VERIFIED, "FALSE", "\"verified\":false"},
	    {TO_CREATED_AT, "20.11.2026 10:00", "\"created_at\":\"2026-11-20T10:00:00Z\""},
	    {TO_CREATED_AT, "03/04/2026", "created_at: expected a time"},
	    {TO_AUTHOR_HANDLE, "@kim", "\"author\":{\"id\":\"x:i:kim\",\"handle\":\"kim\""},
	    {TO_ID, "x:other:5", "\"id\":\"x:other:5\""},
	    {TO_ID, "a b", "\"id\":\"x:i:h"},
	    {TO_NETWORK, "Twitter", "\"network\":\"twitter\""},
	    {TO_LINKS, "https://a.example/1, https://b.example/2",
	        "\"links\":[\"https://a.example/1\",\"https://b.example/2\"]"},
	    {TO_MEDIA, "https://a.example/1.jpg", "{\"type\":\"image\",\"url\":\"https://a.example/1.jpg\"}"},
	    {TO_IN_REPLY_TO, "77", "\"kind\":\"comment\""},
	    {TO_TEXT, "tab\tand \"quote\"", "\"text\":\"tab\\tand \\\"quote\\\"\""},
	};
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		put(&out, values[i].to, values[i].value);
		if (slice_find(buf_slice(&out), slice_of(values[i].part)) < 0)
			fail_msg("%s: %s", values[i].value, buf_str(&out));
	}
	buf_release(&out);
}

static void
knows_usual_names(void **state)
{
	static const struct {
		const char *name;
		int to;
	} names[] = {{"Text", TO_TEXT}, {"Full Text", TO_TEXT}, {"user.screen_name", TO_AUTHOR_HANDLE},
	    {"public_metrics.like_count", TO_LIKES}, {"Created At", TO_CREATED_AT}, {"username", TO_AUTHOR_HANDLE},
	    {"Autor", TO_AUTHOR_NAME}, {"Followers", TO_AUTHOR_FOLLOWERS}, {"shoe size", -1}, {"", -1}};
	struct mapping m = {0};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		enum target to = TO_MAX;
		int rank = mapping_rank(&m, slice_of(names[i].name), &to);

		assert_int_equal(rank < 0 ? -1 : (int)to, names[i].to);
	}
	m.column[TO_TITLE] = SLICE("Text");
	enum target to = TO_MAX;
	assert_int_equal(mapping_rank(&m, SLICE("Text"), &to), 0);
	assert_int_equal(to, TO_TITLE);
}

static void
reads_retry_after(void **state)
{
	int64_t now = INT64_C(1795269900000); /* 2026-11-21T14:05:00Z */

	(void)state;
	assert_int_equal(http_retry_after(SLICE("120"), now), 120000);
	assert_int_equal(http_retry_after(SLICE("Sat, 21 Nov 2026 14:06:00 GMT"), now), 60000);
	assert_int_equal(http_retry_after(SLICE("Sat, 21 Nov 2026 14:04:00 GMT"), now), 0);
	assert_int_equal(http_retry_after(SLICE("99999999999999"), now), 0);
	assert_int_equal(http_retry_after(SLICE("soon"), now), 0);
	assert_int_equal(http_retry_after((struct slice){NULL, 0}, now), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_rows),
	    cmocka_unit_test(refuses_what_is_too_long),
	    cmocka_unit_test(types_values),
	    cmocka_unit_test(knows_usual_names),
	    cmocka_unit_test(reads_retry_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
