#include "stream/reject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "stream/json.h"
#include "stream/scan_int.h"

/* So many messages are given at once; later ones at most one a second. */
#define MESSAGES_MAX 10

/* The worst case of a 16 MiB line: six bytes for each of its own. */
#define REJECT_MAX (6 * SCAN_LINE_MAX + ((size_t)1 << 20))

struct rejects {
	const char *path;
	int fd;
	struct buf buf;
	uint64_t count, silent;
	time_t last_message;
	bool in_piece;
	/* Bytes of an oversize line that did not fill a base64 group of three yet. */
	unsigned char carry[3];
	size_t ncarry;
};

struct rejects *
rejects_open(const char *path, struct sme_err *err)
{
	struct rejects *r = xcalloc(1, sizeof *r);

	r->path = path;
	r->fd = -1;
	r->buf = (struct buf)BUF_INIT_MAX(REJECT_MAX);
	if (path) {
		r->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (r->fd < 0) {
			err_sys(err, SME_CANTCREAT, "%s", path);
			free(r);
			return NULL;
		}
	}
	return r;
}

static void
flush(struct rejects *r)
{
	if (r->fd >= 0 && r->buf.n && file_write_all(r->fd, r->buf.p, r->buf.n) < 0)
		sme_die(SME_IOERR, "%s: %s", r->path, strerror(errno));
	buf_clear(&r->buf);
}

static void
put_base64(struct buf *b, const unsigned char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)p[i] << 16 | (i + 1 < n ? p[i + 1] << 8 : 0) |
			     (i + 2 < n ? p[i + 2] : 0);
		char group[4] = {digits[v >> 18], digits[v >> 12 & 63],
		    i + 1 < n ? digits[v >> 6 & 63] : '=', i + 2 < n ? digits[v & 63] : '='};

		buf_add(b, group, 4);
	}
}

static bool
is_utf8(struct slice s)
{
	const char *p = s.p, *end = s.p + s.n;

	while (p && p < end)
		p = (unsigned char)*p < 0x80 ? p + 1 : scan_utf8(p, end);
	return p != NULL;
}

static void
message(struct rejects *r, const char *file, size_t lineno, const char *error)
{
	time_t now = time(NULL);

	if (++r->count > MESSAGES_MAX && now == r->last_message) {
		r->silent++;
		return;
	}
	r->last_message = now;
	sme_warn("%s:%zu: %s", file, lineno, error);
}

static void
put_head(struct rejects *r, const char *file, size_t lineno, const char *error)
{
	buf_puts(&r->buf, "{\"type\":\"reject\",\"tool\":");
	json_put_string(&r->buf, slice_of(sme_tool));
	buf_puts(&r->buf, ",\"file\":");
	json_put_string(&r->buf, slice_of(file));
	buf_printf(&r->buf, ",\"line\":%zu,\"error\":", lineno);
	json_put_string(&r->buf, slice_of(error));
}

void
rejects_add(struct rejects *r, const char *file, size_t lineno, const char *error, struct slice raw)
{
	message(r, file, lineno, error);
	if (r->fd < 0)
		return;
	put_head(r, file, lineno, error);
	if (is_utf8(raw)) {
		buf_puts(&r->buf, ",\"raw\":");
		json_put_string(&r->buf, raw);
	} else {
		buf_puts(&r->buf, ",\"raw_base64\":\"");
		put_base64(&r->buf, (const unsigned char *)raw.p, raw.n);
		buf_addc(&r->buf, '"');
	}
	buf_puts(&r->buf, "}\n");
	flush(r);
}

void
rejects_piece(struct rejects *r, const char *file, size_t lineno, const char *error,
    struct slice piece, bool last)
{
	const unsigned char *p = (const unsigned char *)piece.p, *end = p + piece.n;

	if (!r->in_piece) {
		message(r, file, lineno, error);
		if (r->fd >= 0) {
			put_head(r, file, lineno, error);
			buf_puts(&r->buf, ",\"raw_base64\":\"");
		}
		r->ncarry = 0;
	}
	r->in_piece = !last;
	if (r->fd < 0)
		return;
	while (r->ncarry && p < end) {
		r->carry[r->ncarry++] = *p++;
		if (r->ncarry == 3) {
			put_base64(&r->buf, r->carry, 3);
			r->ncarry = 0;
		}
	}
	put_base64(&r->buf, p, (size_t)(end - p) / 3 * 3);
	for (p += (size_t)(end - p) / 3 * 3; p < end; p++)
		r->carry[r->ncarry++] = *p;
	if (last) {
		put_base64(&r->buf, r->carry, r->ncarry);
		buf_puts(&r->buf, "\"}\n");
	}
	flush(r);
}

uint64_t
rejects_count(const struct rejects *r)
{
	return r->count;
}

void
rejects_close(struct rejects *r)
{
	if (r->count && (r->silent || !r->path))
		sme_warn("%llu %s rejected%s", (unsigned long long)r->count,
		    r->count == 1 ? "line" : "lines",
		    r->path ? "" : " (--rejects FILE keeps them)");
	if (r->fd >= 0 && close(r->fd) < 0)
		sme_die(SME_IOERR, "%s: %s", r->path, strerror(errno));
	buf_release(&r->buf);
	free(r);
}
