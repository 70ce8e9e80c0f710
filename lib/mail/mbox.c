/* An mbox: mails one after the other, each after a line "From sender date". */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "mail/mailbox_int.h"
#include "net/date.h"

#define CHUNK ((size_t)64 << 10)

/* The start of the file by which a rewritten one is known. */
#define HEAD_MAX 1024

struct mbox {
	char *path;
	int fd; /* for locks; belongs to FILE */
	gzFile file;
	char *chunk; /* what was read and is not used up: from AT to END */
	size_t at, end;
	uint64_t pos; /* of AT in the unpacked file */
	char head[HEAD_MAX];
	size_t nhead;
	bool ended, regular;
	bool cut; /* it is gzip, and its end is missing */
	/* The line "From " of the next mail, when it was read. */
	bool pending;
	uint64_t pending_pos;
	int64_t pending_date;
};

bool
mbox_from_line(struct slice line, int64_t *date)
{
	if (!slice_starts(line, SLICE("From ")) || line.n > 500)
		return false;
	line = slice_trim((struct slice){line.p + 5, line.n - 5});
	/* The sender has no form of its own, so the date is what some word begins. */
	for (int words = 0; words < 6 && line.n; words++) {
		struct slice word;

		if (date_parse(line, date) && line.n >= 16)
			return true;
		slice_cut(&line, ' ', &word);
		line = slice_trim(line);
	}
	return false;
}

struct mbox *
mbox_open(const char *path, struct sme_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct mbox *m;
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) < 0) {
		err_sys(err, SME_NOINPUT, "%s", path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	m = xcalloc(1, sizeof *m);
	m->path = xstrdup(path);
	m->fd = fd;
	m->file = gzdopen(fd, "r");
	m->chunk = xmalloc(CHUNK);
	m->regular = S_ISREG(sb.st_mode);
	return m;
}

void
mbox_close(struct mbox *m)
{
	if (!m)
		return;
	if (m->file)
		gzclose(m->file);
	else
		close(m->fd);
	free(m->path);
	free(m->chunk);
	free(m);
}

/* ---- reading ---- */

static int
read_error(struct mbox *m, struct sme_err *err)
{
	int number;
	const char *text = gzerror(m->file, &number);

	if (number == Z_ERRNO)
		return err_sys(err, SME_IOERR, "%s", m->path);
	return err_set(err, SME_DATA, "%s: %s", m->path, text);
}

/* Read more; at the end of the file nothing is left between AT and END. */
static int
fill(struct mbox *m, struct sme_err *err)
{
	int n, status;

	if (m->at < m->end || m->ended)
		return 0;
	n = gzread(m->file, m->chunk, (unsigned)CHUNK);
	if (n < 0)
		return read_error(m, err);
	m->at = 0;
	m->end = (size_t)n;
	m->ended = n == 0;
	gzerror(m->file, &status);
	m->cut = m->ended && status == Z_BUF_ERROR;
	if (m->nhead < HEAD_MAX && m->pos == m->nhead) {
		size_t take = m->end < HEAD_MAX - m->nhead ? m->end : HEAD_MAX - m->nhead;

		memcpy(m->head + m->nhead, m->chunk, take);
		m->nhead += take;
	}
	return 0;
}

/* Append the next line to LINE, without its end, at most MAX bytes of it; 0 at the end of the file. */
static int
next_line(struct mbox *m, struct buf *line, size_t max, struct sme_err *err)
{
	bool any = false;

	buf_clear(line);
	for (;;) {
		const char *p, *nl;
		size_t n;

		if (fill(m, err) < 0)
			return -1;
		if (m->at == m->end)
			return any;
		any = true;
		p = m->chunk + m->at;
		nl = memchr(p, '\n', m->end - m->at);
		n = nl ? (size_t)(nl - p) : m->end - m->at;
		buf_add(line, p, line->n + n <= max ? n : max - line->n);
		m->at += n + (nl != NULL);
		m->pos += n + (nl != NULL);
		if (nl)
			return 1;
	}
}

static int
move_to(struct mbox *m, uint64_t pos, struct sme_err *err)
{
	if (m->pending && m->pending_pos == pos)
		return 0;
	m->pending = false;
	if (m->pos == pos)
		return 0;
	if (gzseek(m->file, (z_off_t)pos, SEEK_SET) < 0)
		return read_error(m, err);
	m->at = m->end = 0;
	m->pos = pos;
	m->ended = false;
	return 0;
}

/* ---- where to begin ---- */

static uint64_t
head_hash(const struct mbox *m, size_t n)
{
	return hash64(m->head, n, 0);
}

/* Is the file still the one that CURSOR was made of, only longer? */
static bool
still_the_same(const struct mbox *m, uint64_t offset, const struct json_node *cursor)
{
	size_t n = offset < HEAD_MAX ? (size_t)offset : HEAD_MAX;
	char text[20];
	struct stat sb;

	snprintf(text, sizeof text, "%016llx", (unsigned long long)head_hash(m, n));
	if (m->nhead < n || !slice_is(node_text(cursor, "head"), text))
		return false;
	return !m->regular || !gzdirect(m->file) || fstat(m->fd, &sb) < 0 ||
	       (uint64_t)sb.st_size >= offset;
}

/* Find the line "From " at POS; *FOUND is false at the end of the file. */
static int
find_from(struct mbox *m, bool *found, struct sme_err *err)
{
	struct buf line = BUF_INIT;
	uint64_t pos = m->pos;
	int r = 1;

	*found = m->pending;
	while (!*found && r > 0) {
		pos = m->pos;
		r = next_line(m, &line, 512, err);
		if (r > 0 && slice_trim(buf_slice(&line)).n)
			break;
	}
	if (!*found && r > 0) {
		*found = m->pending = mbox_from_line(buf_slice(&line), &m->pending_date);
		m->pending_pos = pos;
		if (!*found)
			r = err_set(err, SME_DATA, "%s: byte %llu: expected a line \"From sender date\"",
			    m->path, (unsigned long long)pos + 1);
	}
	buf_release(&line);
	return r < 0 ? -1 : 0;
}

static int
begin(struct mbox *m, struct page *p, bool *found, struct sme_err *err)
{
	double number = node_number(p->cursor, "offset", -1);
	uint64_t offset = number > 0 && number < 9e15 ? (uint64_t)number : 0;

	if (m->pos == 0 && fill(m, err) < 0)
		return -1;
	if (offset && !(m->pos == offset || (m->pending && m->pending_pos == offset)) &&
	    !still_the_same(m, offset, p->cursor)) {
		p->gap = "the mbox was rewritten";
		offset = 0;
	}
	m->ended = false; /* it may have grown */
	gzclearerr(m->file);
	if (move_to(m, offset, err) < 0)
		return -1;
	if (find_from(m, found, err) == 0)
		return 0;
	if (!offset)
		return -1;
	/* No mail begins where one ought to: it was rewritten behind its first bytes. */
	p->gap = "the mbox was rewritten";
	return move_to(m, 0, err) < 0 ? -1 : find_from(m, found, err);
}

/* ---- one mail ---- */

/* Dovecot and others keep their own data in a first mail that no one wrote. */
static bool
is_internal(struct slice raw)
{
	struct slice head = {raw.p, raw.n < 2048 ? raw.n : 2048};

	return slice_find(head, SLICE("DON'T DELETE THIS MESSAGE")) >= 0 &&
	       slice_find(head, SLICE("X-IMAP")) >= 0;
}

/* mboxrd: a ">" was put before lines that begin like "From " or ">From ". */
static struct slice
unquoted(struct slice line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == '>')
		n++;
	if (n && slice_starts((struct slice){line.p + n, line.n - n}, SLICE("From ")))
		return (struct slice){line.p + 1, line.n - 1};
	return line;
}

/* Read the mail behind the line "From " that is pending; *SIZE counts what is not kept, too. */
static int
read_mail(struct mbox *m, struct buf *raw, uint64_t *size, struct sme_err *err)
{
	struct buf line = BUF_INIT_MAX(MIME_MAX + 2);
	bool blank = true;
	int r;

	m->pending = false;
	for (;;) {
		uint64_t pos = m->pos;
		struct slice s;

		r = next_line(m, &line, MIME_MAX, err);
		if (r <= 0)
			break;
		s = buf_slice(&line);
		if (blank && mbox_from_line(s, &m->pending_date)) {
			m->pending = true;
			m->pending_pos = pos;
			break;
		}
		blank = !slice_trim(s).n;
		s = unquoted(s);
		*size += s.n + 1;
		if (raw->n + s.n + 1 <= MIME_MAX) {
			buf_adds(raw, s);
			buf_addc(raw, '\n');
		}
	}
	buf_release(&line);
	return r < 0 ? -1 : 0;
}

static int
add_mail(struct mbox *m, struct page *p, struct sme_err *err)
{
	struct buf raw = BUF_INIT_MAX(MIME_MAX + 2);
	struct mime_origin o = {.received_at = m->pending_date, .extra = SLICE("\"flags\":[],")};
	int r = read_mail(m, &raw, &o.size, err);

	if (r == 0 && !is_internal(buf_slice(&raw)))
		page_add(p, buf_slice(&raw), &o);
	buf_release(&raw);
	return r;
}

static int
read_page(struct mbox *m, struct page *p, struct sme_err *err)
{
	uint64_t offset;
	bool found;

	if (begin(m, p, &found, err) < 0)
		return -1;
	while (m->pending && !page_full(p))
		if (add_mail(m, p, err) < 0)
			return -1;
	/* What could be read goes out before the error. */
	if (m->cut && !p->n)
		return err_set(err, SME_DATA, "%s: damaged gzip data", m->path);
	p->more = m->pending || m->cut;
	offset = m->pending ? m->pending_pos : m->pos;
	buf_printf(&p->next, "{\"offset\":%llu,\"head\":\"%016llx\"}", (unsigned long long)offset,
	    (unsigned long long)head_hash(m, offset < m->nhead ? (size_t)offset : m->nhead));
	return 0;
}

/* Who delivers a mail holds a lock of the file meanwhile. */
static int
lock(struct mbox *m, short type, struct sme_err *err)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET};

	if (!m->regular || fcntl(m->fd, F_OFD_SETLK, &l) == 0 || (errno != EAGAIN && errno != EACCES))
		return 0;
	return err_set(err, SME_TEMPFAIL, "%s: another program is writing to it; try again", m->path);
}

int
mbox_page(struct mbox *m, struct page *p, struct sme_err *err)
{
	int r;

	if (lock(m, F_RDLCK, err) < 0)
		return -1;
	r = read_page(m, p, err);
	lock(m, F_UNLCK, NULL);
	return r;
}
