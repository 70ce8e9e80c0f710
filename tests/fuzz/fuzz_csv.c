/*
 * Bytes as an export: whatever they are, each row becomes an event that is JSON, or a reject with a
 * reason.  Cut into two pieces anywhere, the rows are the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "net/csv.h"
#include "net/mapping.h"
#include "stream/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
on_row(void *ctx, const struct csv_row *row)
{
	struct buf *out = ctx;

	buf_printf(out, "%zu %s\n", row->line, row->error ? row->error : "");
	for (size_t i = 0; i < row->n; i++) {
		buf_adds(out, row->fields[i]);
		buf_addc(out, '\n');
	}
	return true;
}

static void
read_rows(struct slice s, size_t cut, struct buf *out)
{
	struct csv *c = csv_open('\0', on_row, out);

	csv_push(c, (struct slice){s.p, cut});
	csv_push(c, (struct slice){s.p + cut, s.n - cut});
	csv_finish(c);
	csv_close(c);
}

/* The same bytes as the values of a record, one field after the other. */
static void
check_record(struct slice s)
{
	struct record record = {0};
	struct mapping m = {0};
	struct record_source src = {.tenant = SLICE("t"), .network = SLICE("x"), .instance = SLICE("i")};
	struct sme_err err = {.text = ""};
	struct buf out = BUF_INIT;
	struct arena a = ARENA_INIT;

	for (size_t t = 0; t < TO_MAX && s.p; t++)
		slice_cut(&s, ',', &record.value[t]);
	if (record_put(&record, &m, &src, &out, &err) < 0) {
		if (!err.text[0])
			abort();
	} else if (out.n && !json_tree(&a, (struct slice){out.p, out.n - 1}, &err)) {
		abort();
	}
	arena_release(&a);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = {(const char *)data, size};
	struct buf whole = BUF_INIT, cut = BUF_INIT;

	read_rows(s, 0, &whole);
	read_rows(s, size ? data[0] % size : 0, &cut);
	if (!slice_eq(buf_slice(&whole), buf_slice(&cut)))
		abort();
	check_record(s);
	buf_release(&whole);
	buf_release(&cut);
	return 0;
}
