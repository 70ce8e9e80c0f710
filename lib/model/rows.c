#include "model/rows.h"

#include "stream/reader.h"

static int
read_line(struct scanner *s, rows_take *take, void *ctx, const struct block *b, struct slice line, size_t lineno,
    struct sme_err *err)
{
	if (slice_trim(line).n == 0)
		return 0;
	if (scanner_scan(s, line.p, line.n) < 0)
		return err_set(err, SME_DATA, "%s:%zu: byte %zu: %s", b->file, lineno, s->error_at, s->error);
	if (s->root.type != JSON_OBJECT)
		return err_set(err, SME_DATA, "%s:%zu: expected a JSON object", b->file, lineno);
	return take(ctx, s->values, b->file, lineno, err);
}

static int
read_blocks(struct reader *r, struct scanner *s, rows_take *take, void *ctx, struct sme_err *err)
{
	struct block b;

	for (;;) {
		struct slice line;
		size_t at = 0, lineno;

		switch (reader_next(r, &b, err)) {
		case READER_END:
			return 0;
		case READER_ERROR:
			return -1;
		case READER_OVERSIZE:
			return err_set(err, SME_DATA, "%s:%zu: the line is longer than %zu bytes", b.file, b.lineno,
			    SCAN_LINE_MAX);
		case READER_LINES:
			break;
		}
		lineno = b.lineno;
		while (block_line(&b, &at, &line))
			if (read_line(s, take, ctx, &b, line, lineno++, err) < 0)
				return -1;
	}
}

int
rows_read(char *const *files, struct scanner *s, rows_take *take, void *ctx, struct sme_err *err)
{
	struct reader *r = reader_open(files);
	int status = read_blocks(r, s, take, ctx, err);

	reader_close(r);
	return status;
}
