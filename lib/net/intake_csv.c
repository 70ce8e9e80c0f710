#include <stdlib.h>

#include "core/mem.h"
#include "net/intake_int.h"

/* The names of all columns, for a message that helps. */
static void
list_columns(struct buf *b, const struct csv_row *row)
{
	for (size_t i = 0; i < row->n && b->n < 200; i++)
		buf_printf(b, "%s%.*s", i ? ", " : "", SLICE_ARG(row->fields[i]));
}

/* A column that the user mapped must be there. */
static int
check_mapped(struct intake *in, const struct csv_row *row)
{
	struct buf names = BUF_INIT;
	int r = 0;

	list_columns(&names, row);
	for (size_t t = 0; t < TO_MAX && r == 0; t++) {
		struct slice want = in->src->map.column[t];
		bool found = !want.p;

		for (size_t i = 0; i < in->ncolumns; i++)
			found |= in->columns[i] == (int)t;
		if (!found)
			r = err_set(in->err, SME_DATA, "no column \"%.*s\"; the columns are: %s",
			    SLICE_ARG(want), buf_str(&names));
	}
	buf_release(&names);
	return r;
}

static int
need_text(struct intake *in, const struct csv_row *row)
{
	struct buf names = BUF_INIT;
	bool found = false;
	int r = 0;

	/* A title is not taken for the text unless someone says so: the text may be in another column. */
	for (size_t i = 0; i < in->ncolumns; i++)
		found |= in->columns[i] == TO_TEXT ||
		         (in->columns[i] == TO_TITLE && in->src->map.column[TO_TITLE].p);
	list_columns(&names, row);
	if (!found)
		r = err_set(in->err, SME_DATA,
		    "no column for the text; name it with --map text=COLUMN; the columns are: %s",
		    buf_str(&names));
	buf_release(&names);
	return r;
}

/* The first row says what the columns are; of several that could be the same field the best wins. */
static bool
read_header(struct intake *in, const struct csv_row *row)
{
	int best[TO_MAX];

	for (size_t t = 0; t < TO_MAX; t++)
		best[t] = -1;
	in->columns = xcalloc(row->n + 1, sizeof *in->columns);
	in->ncolumns = row->n;
	for (size_t i = 0; i < row->n; i++) {
		enum target to = TO_MAX;
		int rank = mapping_rank(&in->src->map, slice_trim(row->fields[i]), &to);

		in->columns[i] = -1;
		if (rank < 0 || (best[to] >= 0 && best[to] <= rank))
			continue;
		for (size_t k = 0; k < i; k++)
			if (in->columns[k] == (int)to)
				in->columns[k] = -1;
		in->columns[i] = (int)to;
		best[to] = rank;
	}
	in->failed = check_mapped(in, row) < 0 || need_text(in, row) < 0;
	return !in->failed;
}

static bool
on_row(void *ctx, const struct csv_row *row)
{
	struct intake *in = ctx;
	struct record record = {0};
	struct sme_err why;
	size_t before;

	if (row->error) {
		intake_reject(in, row->line, row->error, row->raw);
		return true;
	}
	if (!in->columns)
		return read_header(in, row);
	if (row->n > in->ncolumns) {
		err_set(&why, SME_DATA, "%zu fields, but the header has %zu", row->n, in->ncolumns);
		intake_reject(in, row->line, why.text, row->raw);
		return true;
	}
	for (size_t i = 0; i < row->n; i++)
		if (in->columns[i] >= 0)
			record.value[in->columns[i]] = row->fields[i];
	before = in->event.n;
	if (record_put(&record, &in->src->map, &in->record, &in->event, &why) < 0)
		intake_reject(in, row->line, why.text, row->raw);
	else if (in->event.n > before)
		intake_emit(in, 1);
	return true;
}

void
intake_csv_open(struct intake *in)
{
	in->csv = csv_open('\0', on_row, in);
}

int
intake_csv_push(struct intake *in, struct slice s, struct sme_err *err)
{
	in->err = err;
	csv_push(in->csv, s);
	return in->failed ? -1 : 0;
}

int
intake_csv_finish(struct intake *in, struct sme_err *err)
{
	in->err = err;
	csv_finish(in->csv);
	return in->failed ? -1 : 0;
}
