/* Corrections from a log directory, a file or a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "log/cat.h"
#include "sme-train/sme-train.h"
#include "stream/reader.h"
#include "stream/scan.h"

#define SPOOL_PIECE ((size_t)1 << 18)

typedef int pass_fn(struct corrections *c, struct slice lines, size_t lineno, struct sme_err *err);

/* One pass over the log. */
struct feed {
	const struct corrections_options *o;
	struct corrections *to;
	pass_fn *fn;
	size_t lineno;
};

static void
feed_lines(void *ctx, struct slice lines)
{
	struct feed *f = ctx;
	struct sme_err err;

	if (f->fn(f->to, lines, f->lineno, &err) < 0)
		sme_die(err.status, "%s", err.text);
}

static void
damage(const char *text)
{
	rows_odd("%s", text);
}

static void
feed_log(struct feed *f)
{
	struct cat_options o = {.tenant = f->o->tenant, .since = TIME_NONE, .until = TIME_NONE};
	struct writer w;
	struct sme_err err;

	writer_init_sink(&w, feed_lines, f);
	if (log_cat(f->o->source, &o, &w, damage, &err) < 0)
		sme_die(err.status, "%s", err.text);
	writer_release(&w);
}

static void
feed_file(struct feed *f, const char *path)
{
	char *name = xstrdup(path), *files[] = {name, NULL};
	struct reader *r = reader_open(files);
	enum reader_kind kind;
	struct block b;
	struct sme_err err;

	while ((kind = reader_next(r, &b, &err)) != READER_END) {
		if (kind == READER_ERROR)
			sme_die(err.status, "%s", err.text);
		if (kind == READER_OVERSIZE)
			sme_die(SME_DATA, "%s:%zu: the line is longer than %zu bytes", f->o->source,
			    b.lineno, SCAN_LINE_MAX);
		f->lineno = b.lineno;
		feed_lines(f, (struct slice){b.p, b.n});
	}
	reader_close(r);
	free(name);
}

/* What comes through a pipe is read twice all the same, by way of a file that has no name. */
static int
spool(int fd, const char *name)
{
	const char *dir = getenv("TMPDIR");
	char *piece = xmalloc(SPOOL_PIECE);
	struct buf path = BUF_INIT;
	ssize_t n;
	int to;

	buf_printf(&path, "%s/sme-train.XXXXXX", dir && *dir ? dir : "/tmp");
	to = mkostemp(path.p, O_CLOEXEC);
	if (to < 0)
		sme_die(SME_CANTCREAT, "%s: %s", path.p, strerror(errno));
	unlink(path.p);
	while ((n = read(fd, piece, SPOOL_PIECE)) > 0)
		if (file_write_all(to, piece, (size_t)n) < 0)
			sme_die(SME_IOERR, "%s: %s", path.p, strerror(errno));
	if (n < 0)
		sme_die(SME_IOERR, "%s: %s", name, strerror(errno));
	buf_release(&path);
	free(piece);
	return to;
}

/* Open what is no regular file; standard input is "-". */
static int
open_pipe(const char *path)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		sme_die(
		    errno == EACCES ? SME_NOPERM : SME_NOINPUT, "%s: %s", path, strerror(errno));
	return fd;
}

static void
feed_pipe(struct feed *f, pass_fn *const *passes)
{
	int file = spool(open_pipe(f->o->source), f->o->source);
	char path[32];

	snprintf(path, sizeof path, "/dev/fd/%d", file);
	for (; *passes; passes++) {
		f->fn = *passes;
		feed_file(f, path);
	}
	close(file);
}

static void
tell(const struct corrections_options *o, const struct corrections_count *n)
{
	if (n->odd)
		rows_odd("%s: %zu corrections of \"%s\" are no labels and were left out", o->source,
		    n->odd, o->head);
	if (n->missing)
		rows_odd("%s: %zu mentions that were corrected are not there, or have no text",
		    o->source, n->missing);
	if (!n->events)
		rows_odd(
		    "%s: no case event has \"correct\" with a member \"%s\"", o->source, o->head);
	sme_verbose(
	    "%s: %zu corrections of \"%s\"; %zu mentions to learn from, %zu deleted, %zu taken "
	    "back",
	    o->source, n->events, o->head, n->learned, n->deleted, n->withdrawn);
}

void
log_learn(struct dataset *d, const struct corrections_options *o)
{
	static pass_fn *const passes[] = {corrections_note, corrections_find, NULL};
	struct feed f = {.o = o, .to = corrections_new(o)};
	struct stat st = {.st_mode = 0};
	bool named = strcmp(o->source, "-") != 0 && stat(o->source, &st) == 0;

	if (!named || !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
		feed_pipe(&f, passes);
	for (size_t i = 0; named && passes[i]; i++) {
		f.fn = passes[i];
		if (S_ISDIR(st.st_mode))
			feed_log(&f);
		else if (S_ISREG(st.st_mode))
			feed_file(&f, o->source);
	}
	corrections_add(f.to, d);
	tell(o, corrections_count(f.to));
	corrections_free(f.to);
}
