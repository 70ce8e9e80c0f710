/*
 * Records on disk before anyone is told that they have arrived: a directory of segment files that
 * are only ever added to.
 *
 *	DIR/0000000000000001.seg	"SMEspl1\n", u64 seed, then records
 *	record				u32 mark, u32 length, u64 checksum, the bytes
 *
 * Numbers are little-endian.  The checksum is keyed with the segment's seed: bytes from outside can
 * not pretend to be a record of their own behind damage.  One writer and some readers may work at the same
 * time, each on its thread; each opening starts a new segment, so what a crash left unfinished
 * stays at the end of an old one and is passed over.
 */
#ifndef SME_HOOK_SPOOL_H
#define SME_HOOK_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"

/* A longer record is refused, in bytes; a segment that is larger or older (ms) is not added to. */
#define SPOOL_RECORD_MAX ((size_t)32 << 20)
#define SPOOL_SEGMENT ((uint64_t)16 << 20)
#define SPOOL_AGE (INT64_C(24) * 60 * 60 * 1000)

/* Where the next record to be read begins.  {0, 0}: at the very first one. */
struct spool_pos {
	uint64_t segment, offset;
};

struct spool;

/*
 * Made (mode 0700) when it is not there.  POS is where reading will go on: segments before it may be
 * gone, and their numbers are not given again.  SAY gets notes on damage; it may be NULL.  The
 * caller makes sure that nobody else has DIR open.
 */
struct spool *spool_open(const char *dir, struct spool_pos pos, void (*say)(const char *text),
    struct sme_err *err);
void spool_close(struct spool *s);

/*
 * Add the N records and make them durable, with one write and one fdatasync.  AT (may be NULL) has
 * room for N positions: where each record begins.  -1 with ERR: none of them counts as added
 * (SME_IOERR; a full disk says so), and the next call tries anew.
 */
int spool_append(struct spool *s, const struct slice *records, size_t n, struct spool_pos *at,
    struct sme_err *err);

/* One who reads S: it may be used by one thread at a time. */
struct spool_reader;
struct spool_reader *spool_reader_open(struct spool *s);
void spool_reader_close(struct spool_reader *r);

/*
 * The record at POS, which moves behind it.  1: OUT holds it.  0: there is none yet.  -1 with ERR.
 * Damaged bytes are passed over and noted, and their segment is kept as NAME.damaged.  START (may be
 * NULL) becomes where the record begins.
 */
int spool_read(struct spool_reader *r, struct spool_pos *pos, struct buf *out,
    struct spool_pos *start, struct sme_err *err);

/*
 * All before POS is done with: delete the segments that hold nothing else.  CURRENT: the one that is
 * being written too, when POS is at its end; the next record then begins another.
 */
int spool_forget(struct spool *s, struct spool_pos pos, bool current, struct sme_err *err);

/*
 * Put zeros over the record at POS, which spool_read gave with N bytes, but for its first two, which
 * become "E1"; durable when it returns.  Not while the spool is written.  A crash in the middle leaves
 * what counts as damage, and neither the old bytes.
 */
int spool_erase(struct spool *s, struct spool_pos pos, size_t n, struct sme_err *err);

/* Is RECORD what spool_erase leaves? */
bool spool_is_erased(struct slice record);

/* Bytes that are on disk behind POS. */
uint64_t spool_behind(struct spool *s, struct spool_pos pos);

/* Bytes that were found damaged since opening. */
uint64_t spool_damaged(struct spool *s);

/* A position that was saved in PATH; {0, 0} when there is no such file. */
int spool_pos_load(const char *path, struct spool_pos *pos, struct sme_err *err);
int spool_pos_save(const char *path, struct spool_pos pos, struct sme_err *err);

#endif
