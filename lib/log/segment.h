/* Segment files: read block by block, and written whole (see block.h for the format). */
#ifndef SME_LOG_SEGMENT_H
#define SME_LOG_SEGMENT_H

#include "core/err.h"
#include "log/block.h"

/* Bytes of heads and lines in a block of a closed segment. */
#define SEG_BLOCK_SIZE ((size_t)128 << 10)

/* How hard closed segments are deflated: level 6 takes half as long again for 8 % less. */
#define SEG_LEVEL 4

/* Part of a file in memory, moved as needed. */
struct seg_window {
	int fd;
	uint64_t at; /* where in the file the buffer begins */
	struct buf buf;
};

/* The N bytes at OFFSET, valid until the next call; NULL when the file is shorter or cannot be
 * read. AHEAD bytes are read beyond them, when there are so many. */
const char *seg_window(struct seg_window *w, uint64_t offset, size_t n, size_t ahead);

struct seg_reader {
	struct seg_window window;
	uint64_t end;  /* of the blocks; appended blocks are not seen */
	uint64_t next; /* where seg_next goes on */
	/* The block that seg_next gave last. */
	uint64_t at;
	struct block_head head;
	const char *stored, *body;
	struct buf scratch;
	bool closed;
	/* A closed segment's index block: 24 bytes a block. */
	char *index;
	uint32_t blocks;
	char path[512]; /* for messages; cut when longer */
};

enum seg_state {
	SEG_BLOCK,   /* there it is */
	SEG_END,     /* all read */
	SEG_TORN,    /* what follows at `at` was being written, now or when a machine went down */
	SEG_DAMAGED, /* what was durable at `at` is broken; the next call goes on behind */
};

/* -1 when the file cannot be opened (errno is kept: ENOENT) or is a closed segment without its
 * trailer (SME_DATA). */
int seg_open(struct seg_reader *r, const char *path, bool closed, struct sme_err *err);
void seg_close(struct seg_reader *r);

/* The next block; `body` is set when BODY is asked for.  SEG_DAMAGED fills ERR. */
enum seg_state seg_next(struct seg_reader *r, bool body, struct sme_err *err);

/* A segment on the way to disk: a file beside the final one, renamed when it is durable. */
struct seg_writer {
	int fd;
	int level; /* 0: an open segment */
	char *path, *tmp;
	uint64_t at, count;
	struct block_maker maker;
	struct buf out, index;
	int64_t first, last;
	uint64_t top;
};

int seg_writer_open(struct seg_writer *w, const char *path, int level, struct sme_err *err);

/* Records of a closed segment come sorted by time and sequence number. */
int seg_writer_add(struct seg_writer *w, const struct record *r, struct sme_err *err);

/* Make it durable and put it in place of whatever PATH was. */
int seg_writer_finish(struct seg_writer *w, struct sme_err *err);
void seg_writer_release(struct seg_writer *w); /* removes the file unless it was finished */

/* fsync the directory PATH, or with PARENT the one it is in. */
int seg_sync_dir(const char *path, bool parent, struct sme_err *err);

/*
 * Read the open segment at OPEN, sort it, and write it as the closed segment CLOSED.  A torn tail
 * must have been cut.  Fails with SME_DATA when the segment is damaged.
 */
int seg_compress(const char *open, const char *closed, struct sme_err *err);

#endif
