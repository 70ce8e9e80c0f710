#include "stream/writer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/file.h"

/* What is gathered before it goes out, and from what size on a piece is not copied first. */
#define GATHER ((size_t)256 << 10)
#define DIRECT ((size_t)32 << 10)

void
writer_init(struct writer *w, int fd, const char *name)
{
	*w = (struct writer){.fd = fd, .name = name, .buf = BUF_INIT};
}

void
writer_init_sink(struct writer *w, writer_sink *sink, void *ctx)
{
	*w = (struct writer){.fd = -1, .sink = sink, .ctx = ctx, .buf = BUF_INIT};
}

/* SIGPIPE was ignored by whoever started us: die of it all the same, as head(1) expects. */
static void
closed_pipe(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
	_exit(128 + SIGPIPE);
}

static void
out(struct writer *w, const char *p, size_t n)
{
	if (w->sink) {
		w->sink(w->ctx, (struct slice){p, n});
		return;
	}
	if (file_write_all(w->fd, p, n) == 0)
		return;
	if (errno == EPIPE)
		closed_pipe();
	sme_die(SME_IOERR, "%s: %s", w->name, strerror(errno));
}

void
writer_flush(struct writer *w)
{
	if (w->buf.n)
		out(w, w->buf.p, w->buf.n);
	buf_clear(&w->buf);
}

void
writer_put(struct writer *w, struct slice s)
{
	w->written += s.n;
	if (s.n < DIRECT && w->buf.n + s.n <= GATHER) {
		buf_adds(&w->buf, s);
		return;
	}
	writer_flush(w);
	if (s.n < DIRECT)
		buf_adds(&w->buf, s);
	else
		out(w, s.p, s.n);
}

void
writer_release(struct writer *w)
{
	writer_flush(w);
	buf_release(&w->buf);
}
