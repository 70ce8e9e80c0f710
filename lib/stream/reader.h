/*
 * Blocks of whole lines from files or standard input, gzip recognised by its magic bytes.
 * Each block is followed by SCAN_PADDING readable bytes.
 */
#ifndef SME_STREAM_READER_H
#define SME_STREAM_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/slice.h"

/* A read buffer; grows for a longer line, up to SCAN_LINE_MAX. */
#define READER_BLOCK ((size_t)256 << 10)

struct reader;

enum reader_kind {
	READER_END,      /* no more input */
	READER_LINES,    /* one or more whole lines; the last may lack its "\n" at the end of a file */
	READER_OVERSIZE, /* a piece of a line that is longer than SCAN_LINE_MAX; more pieces may follow */
	READER_ERROR     /* err says why; the next call goes on with the next file */
};

struct block {
	char *p; /* the reader's memory, valid until the next call, see reader_detach */
	size_t n;
	const char *file; /* "stdin" or the name; lives as long as the reader */
	size_t lineno;    /* of the first line in the block, from 1 */
	bool last;        /* READER_OVERSIZE: the line ends with this piece (newline not included) */
};

/* FILES is NULL-terminated and must outlive the reader; NULL, empty or "-" means standard input. */
struct reader *reader_open(char *const *files);
void reader_close(struct reader *r);

/*
 * Large regular files may be given out as they lie in the page cache, without a copy.  Not together
 * with reader_detach.  Should such a file be cut short while it is read, the process gets SIGBUS.
 */
void reader_allow_map(struct reader *r);

/* The next block.  READER_ERROR: status SME_NOINPUT when a file cannot be opened, else SME_IOERR
 * (or SME_DATA for damaged gzip). */
enum reader_kind reader_next(struct reader *r, struct block *b, struct sme_err *err);

/* The last block had LINES lines: a caller that counts them anyway saves the reader doing it.  Of
 * mapped blocks the caller must say. */
void reader_counted(struct reader *r, size_t lines);

/* Would reader_next have to wait for input now?  False for regular files. */
bool reader_would_block(struct reader *r);

/* Wait at most MS for input; false when none came.  Only after reader_would_block said true. */
bool reader_wait(struct reader *r, int ms);

/*
 * Take over the memory of the block that reader_next gave last; the reader goes on with MEMORY
 * instead, which must come from reader_memory or an earlier detach.  Both are freed with free(3).
 * For handing blocks to other threads.
 */
char *reader_detach(struct reader *r, char *memory, size_t memory_size, size_t *size);
char *reader_memory(size_t *size);

/*
 * Line by line, for a tool with its own loop.  The next line of B without its newline ("\r" stays:
 * JSON takes it as white space); false at the end of the block.  *AT starts as 0.
 */
bool block_line(const struct block *b, size_t *at, struct slice *line);

#endif
