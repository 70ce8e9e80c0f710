#include "stream/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/mem.h"
#include "stream/scan.h"

#define INPUT_SIZE ((size_t)64 << 10)

/* What is mapped at once: small enough that memory stays flat. */
#define MAP_WINDOW ((size_t)2 << 20)

struct reader {
	char *const *files;
	size_t next_file;

	int fd;           /* -1: no file is open */
	const char *name; /* for messages */
	size_t lineno;    /* of the next line */
	bool regular, eof;
	bool first; /* nothing of the file was given out yet */

	/* The block: what was given out last is data[0..given), what is left over stands behind it. */
	char *data;
	size_t size, given, used;
	bool oversize; /* in the middle of a line that is too long */
	bool counted;  /* lineno is behind the block already */

	/* A regular file that is mapped, window by window. */
	bool allow_map, mapping;
	char *map;
	size_t map_size;
	off_t map_at; /* what was not given out yet begins here */

	/* gzip: compressed input that was read ahead. */
	bool sniffed, gzip, gzip_open, gzip_member;
	z_stream z;
	unsigned char *input;
};

static char *const stdin_only[] = {(char *)"-", NULL};

struct reader *
reader_open(char *const *files)
{
	struct reader *r = xcalloc(1, sizeof *r);

	r->files = files && files[0] ? files : stdin_only;
	r->fd = -1;
	r->data = reader_memory(&r->size);
	return r;
}

char *
reader_memory(size_t *size)
{
	*size = READER_BLOCK;
	return xmalloc(READER_BLOCK + SCAN_PADDING);
}

void
reader_allow_map(struct reader *r)
{
	r->allow_map = true;
}

static void
unmap(struct reader *r)
{
	if (r->map)
		munmap(r->map, r->map_size);
	r->map = NULL;
}

static void
close_file(struct reader *r)
{
	unmap(r);
	if (r->gzip_open)
		inflateEnd(&r->z);
	r->gzip = r->gzip_open = r->gzip_member = r->sniffed = false;
	if (r->fd > STDIN_FILENO)
		close(r->fd);
	r->fd = -1;
}

void
reader_close(struct reader *r)
{
	if (!r)
		return;
	close_file(r);
	free(r->input);
	free(r->data);
	free(r);
}

/* For a file that can be read at any place. */
static bool
is_gzip(const struct reader *r)
{
	unsigned char magic[2];

	return pread(r->fd, magic, 2, r->map_at) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
}

/* Returns 1 for an open file, 0 when there is none left, -1 when it cannot be opened. */
static int
open_next(struct reader *r, struct sme_err *err)
{
	const char *path = r->files[r->next_file];
	struct stat sb;

	if (!path)
		return 0;
	r->next_file++;
	r->lineno = 1;
	r->given = r->used = 0;
	r->eof = r->oversize = false;
	r->first = true;
	if (strcmp(path, "-") == 0) {
		r->fd = STDIN_FILENO;
		r->name = "stdin";
	} else {
		r->fd = open(path, O_RDONLY | O_CLOEXEC);
		r->name = path;
	}
	if (r->fd < 0)
		return err_sys(err, errno == EACCES ? SME_NOPERM : SME_NOINPUT, "%s", path);
	if (fstat(r->fd, &sb) == 0 && S_ISDIR(sb.st_mode)) {
		close_file(r);
		errno = EISDIR;
		return err_sys(err, SME_NOINPUT, "%s", path);
	}
	r->regular = S_ISREG(sb.st_mode);
	r->map_at = r->allow_map && r->regular ? lseek(r->fd, 0, SEEK_CUR) : -1;
	r->mapping = r->map_at >= 0 && sb.st_size - r->map_at >= (off_t)MAP_WINDOW && !is_gzip(r);
	return 1;
}

static ssize_t
read_retry(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* More compressed bytes; 0 at the end of the file, -1 on error. */
static int
fill_input(struct reader *r, struct sme_err *err)
{
	ssize_t n;

	if (r->z.avail_in)
		return 1;
	n = read_retry(r->fd, r->input, INPUT_SIZE);
	if (n < 0)
		return err_sys(err, SME_IOERR, "%s", r->name);
	r->z.next_in = r->input;
	r->z.avail_in = (unsigned)n;
	return n > 0;
}

/*
 * Unpack into P.  The bytes, 0 at the end, -1 for damaged input.  Members that follow one another
 * are one text (RFC 1952, 2.2).
 */
static ssize_t
read_gzip(struct reader *r, char *p, size_t n, struct sme_err *err)
{
	r->z.next_out = (unsigned char *)p;
	r->z.avail_out = (unsigned)n;
	while (r->z.avail_out == n) {
		int more = fill_input(r, err), status;

		if (more < 0)
			return -1;
		if (!more && r->gzip_member)
			return err_set(err, SME_DATA, "%s: gzip data ends too early", r->name);
		if (!more)
			return 0;
		if (!r->gzip_member)
			inflateReset(&r->z);
		r->gzip_member = true;
		status = inflate(&r->z, Z_NO_FLUSH);
		if (status == Z_STREAM_END)
			r->gzip_member = false;
		else if (status != Z_OK && status != Z_BUF_ERROR)
			return err_set(err, SME_DATA, "%s: damaged gzip data: %s", r->name,
			    r->z.msg ? r->z.msg : "unexpected end");
	}
	return (ssize_t)(n - r->z.avail_out);
}

/* The first bytes of a file decide whether it is gzip (RFC 1952, 2.3.1); they may come singly. */
static int
sniff(struct reader *r, struct sme_err *err)
{
	unsigned char *p = (unsigned char *)r->data;
	ssize_t n;

	while (r->used < 2) {
		n = read_retry(r->fd, p + r->used, r->used ? 1 : READER_BLOCK);
		if (n < 0)
			return err_sys(err, SME_IOERR, "%s", r->name);
		r->used += (size_t)n;
		if (n == 0 || p[0] != 0x1f)
			break;
	}
	r->sniffed = true;
	if (r->used < 2 || p[0] != 0x1f || p[1] != 0x8b)
		return 0;
	if (!r->input)
		r->input = xmalloc(READER_BLOCK > INPUT_SIZE ? READER_BLOCK : INPUT_SIZE);
	memcpy(r->input, p, r->used);
	r->z = (z_stream){.next_in = r->input, .avail_in = (unsigned)r->used};
	r->used = 0;
	if (inflateInit2(&r->z, 15 + 16) != Z_OK)
		return err_set(err, SME_OSERR, "%s: cannot start zlib", r->name);
	r->gzip = r->gzip_open = true;
	return 0;
}

/* Add input behind what is there.  -1 on error; at the end of the file `eof` is set. */
static int
fill(struct reader *r, struct sme_err *err)
{
	size_t had = r->used;
	ssize_t n;

	if (!r->sniffed) {
		if (sniff(r, err) < 0)
			return -1;
		if (r->used > had)
			return 0;
	}
	if (r->gzip)
		n = read_gzip(r, r->data + r->used, r->size - r->used, err);
	else
		n = read_retry(r->fd, r->data + r->used, r->size - r->used);
	if (n < 0 && !r->gzip)
		err_sys(err, SME_IOERR, "%s", r->name);
	if (n < 0)
		return -1;
	r->used += (size_t)n;
	r->eof = n == 0;
	return 0;
}

/* N bytes at P are the next block.  A byte order mark before the first line of a file is no part of
 * the line. */
static void
give_at(struct reader *r, struct block *b, char *p, size_t n)
{
	*b = (struct block){p, n, r->name, r->lineno, false};
	r->counted = false;
	if (r->first && n >= 3 && memcmp(b->p, "\xef\xbb\xbf", 3) == 0) {
		b->p += 3;
		b->n -= 3;
	}
	r->first = false;
}

/* The first N bytes of the data are the next block. */
static void
give(struct reader *r, struct block *b, size_t n)
{
	give_at(r, b, r->data, n);
	r->given = n;
}

/*
 * Whole lines as they lie in the page cache.  READER_END: go on with read(2), at the end of the file
 * or in front of a line that is larger than the window.
 */
static enum reader_kind
next_mapped(struct reader *r, struct block *b)
{
	static const off_t page = 4096;
	off_t start = r->map_at & ~(page - 1);
	size_t skip = (size_t)(r->map_at - start), usable;
	struct stat sb;
	char *nl = NULL;

	unmap(r);
	if (fstat(r->fd, &sb) == 0 && sb.st_size - start >= (off_t)MAP_WINDOW) {
		r->map_size = MAP_WINDOW;
		r->map = mmap(NULL, r->map_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, r->fd, start);
		if (r->map == MAP_FAILED)
			r->map = NULL;
	}
	if (r->map) {
		usable = r->map_size - SCAN_PADDING - skip;
		nl = memrchr(r->map + skip, '\n', usable);
	}
	if (!nl) {
		unmap(r);
		r->mapping = false;
		lseek(r->fd, r->map_at, SEEK_SET);
		return READER_END;
	}
	give_at(r, b, r->map + skip, (size_t)(nl + 1 - (r->map + skip)));
	r->map_at += nl + 1 - (r->map + skip);
	return READER_LINES;
}

/* How much of the data is whole lines. */
static size_t
whole_lines(const struct reader *r, size_t from)
{
	const char *nl = r->used > from ? memrchr(r->data + from, '\n', r->used - from) : NULL;

	return nl ? (size_t)(nl + 1 - r->data) : 0;
}

void
reader_counted(struct reader *r, size_t lines)
{
	r->lineno += lines;
	r->counted = true;
}

static void
count_lines(struct reader *r)
{
	if (r->counted)
		return;
	for (const char *p = r->data, *end = p + r->given; p < end; r->lineno++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (!nl)
			break;
		p = nl + 1;
	}
}

/* Move what was not given out yet to the front. */
static void
shift(struct reader *r)
{
	if (r->given) {
		if (!r->oversize)
			count_lines(r);
		memmove(r->data, r->data + r->given, r->used - r->given);
		r->used -= r->given;
		r->given = 0;
	}
}

/* The buffer is full and holds no newline: make it larger, or give the line up in pieces. */
static bool
enlarge(struct reader *r)
{
	if (r->size > SCAN_LINE_MAX)
		return false;
	r->size *= 2;
	if (r->size > SCAN_LINE_MAX + 1)
		r->size = SCAN_LINE_MAX + 1;
	r->data = xreallocarray(r->data, r->size + SCAN_PADDING, 1);
	return true;
}

/* Back to a small buffer when one long line is past, so that memory stays flat. */
static void
shrink(struct reader *r)
{
	if (r->size > READER_BLOCK && r->used <= READER_BLOCK) {
		r->size = READER_BLOCK;
		r->data = xreallocarray(r->data, r->size + SCAN_PADDING, 1);
	}
}

/* The next piece of a line that is too long. */
static enum reader_kind
next_piece(struct reader *r, struct block *b, struct sme_err *err)
{
	char *nl;

	while (!r->used && !r->eof)
		if (fill(r, err) < 0) {
			close_file(r);
			return READER_ERROR;
		}
	nl = memchr(r->data, '\n', r->used);
	give(r, b, nl ? (size_t)(nl - r->data) : r->used);
	if (nl || r->eof) {
		b->last = true;
		r->oversize = false;
		if (nl)
			r->given++;
	}
	return READER_OVERSIZE;
}

/* Lines of the open file.  READER_END at its end. */
static enum reader_kind
next_lines(struct reader *r, struct block *b, struct sme_err *err)
{
	size_t n, from = 0;

	if (r->mapping && next_mapped(r, b) == READER_LINES)
		return READER_LINES;
	shift(r);
	shrink(r);
	if (r->oversize)
		return next_piece(r, b, err);
	while (!(n = whole_lines(r, from))) {
		from = r->used;
		if (r->eof) {
			if (!r->used)
				return READER_END;
			give(r, b, r->used);
			return READER_LINES;
		}
		if (r->used == r->size && !enlarge(r)) {
			r->oversize = true;
			give(r, b, r->used);
			return READER_OVERSIZE;
		}
		if (fill(r, err) < 0) {
			close_file(r);
			return READER_ERROR;
		}
	}
	give(r, b, n);
	return READER_LINES;
}

enum reader_kind
reader_next(struct reader *r, struct block *b, struct sme_err *err)
{
	for (;;) {
		enum reader_kind kind;
		int opened;

		if (r->fd < 0) {
			opened = open_next(r, err);
			if (opened < 0)
				return READER_ERROR;
			if (!opened)
				return READER_END;
		}
		kind = next_lines(r, b, err);
		if (kind != READER_END)
			return kind;
		close_file(r);
	}
}

bool
reader_would_block(struct reader *r)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};

	if (r->fd < 0 || r->regular || r->eof)
		return false;
	if (r->gzip && r->z.avail_in)
		return false;
	/* A whole line is left over already. */
	if (whole_lines(r, r->given))
		return false;
	return poll(&p, 1, 0) == 0;
}

bool
reader_wait(struct reader *r, int ms)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};

	return poll(&p, 1, ms) != 0;
}

char *
reader_detach(struct reader *r, char *memory, size_t memory_size, size_t *size)
{
	char *given = r->data;
	size_t left = r->used - r->given;

	*size = r->size;
	count_lines(r);
	if (memory_size < left || memory_size < READER_BLOCK) {
		memory_size = left > READER_BLOCK ? left : READER_BLOCK;
		memory = xreallocarray(memory, memory_size + SCAN_PADDING, 1);
	}
	memcpy(memory, r->data + r->given, left);
	r->data = memory;
	r->size = memory_size;
	r->used = left;
	r->given = 0;
	return given;
}

bool
block_line(const struct block *b, size_t *at, struct slice *line)
{
	const char *p = b->p + *at, *nl;

	if (*at >= b->n)
		return false;
	nl = memchr(p, '\n', b->n - *at);
	*line = (struct slice){p, nl ? (size_t)(nl - p) : b->n - *at};
	*at += line->n + (nl != NULL);
	return true;
}
