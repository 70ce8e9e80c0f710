#include <stdlib.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "net/fetch_int.h"
#include "stream/reader.h"

/* What changes when the file does. */
static bool
stamp_of(const char *path, struct buf *stamp)
{
	struct stat sb;

	if (strcmp(path, "-") == 0 || stat(path, &sb) < 0 || !S_ISREG(sb.st_mode))
		return false;
	buf_printf(stamp, "%llu %llu %lld %lld.%09ld", (unsigned long long)sb.st_dev,
	    (unsigned long long)sb.st_ino, (long long)sb.st_size, (long long)sb.st_mtim.tv_sec,
	    sb.st_mtim.tv_nsec);
	return true;
}

static int
push_blocks(struct task *t, struct reader *reader, struct intake *in, struct sme_err *err)
{
	struct block b;
	enum reader_kind kind;

	while (!run_stopped(t->run)) {
		if (reader_would_block(reader))
			writer_flush(t->run->intake.out);
		kind = reader_next(reader, &b, err);
		if (kind == READER_END)
			return 0;
		if (kind == READER_ERROR)
			return -1;
		if (intake_push(in, (struct slice){b.p, b.n}, err) < 0)
			return -1;
		if (kind == READER_OVERSIZE && b.last && intake_push(in, SLICE("\n"), err) < 0)
			return -1;
	}
	return err_set(err, SME_TEMPFAIL, "interrupted");
}

static void
read_file(struct task *t, const char *stamp)
{
	char *files[] = {xstrdup(t->src->path), NULL};
	struct reader *reader = reader_open(files);
	struct intake *in = intake_open(&t->run->intake, t->src, "", (struct slice){NULL, 0}, task_known(t));
	const char *place = strcmp(t->src->path, "-") == 0 ? "stdin" : t->src->path;
	struct sme_err err;
	int r = push_blocks(t, reader, in, &err);

	if (r == 0)
		r = intake_finish(in, &err);
	task_count(t, in);
	if (r == 0) {
		cursor_stamp(&t->cursor, slice_of(stamp));
		task_commit(t);
	} else {
		writer_flush(t->run->intake.out);
		if (!slice_starts(slice_of(err.text), slice_of(place)))
			err_prefix(&err, "%s", place);
		task_fail(t, &err);
	}
	intake_close(in);
	reader_close(reader);
	free(files[0]);
}

void
task_read_file(struct task *t)
{
	struct buf stamp = BUF_INIT;
	struct sme_err err;

	if (task_load(t, &err) < 0) {
		task_fail(t, &err);
	} else if (stamp_of(t->src->path, &stamp) && task_known(t) &&
	           slice_eq(buf_slice(&stamp), t->cursor.stamp)) {
		t->run->totals->unchanged++;
		t->stat->failed = false;
	} else {
		read_file(t, buf_str(&stamp));
	}
	buf_release(&stamp);
}
