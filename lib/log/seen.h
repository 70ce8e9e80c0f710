/*
 * The index of all ids that a log has: sorted runs of 16-byte hashes on disk, mapped into memory,
 * and a set in memory of what came since.  16 bytes an id and one or two cache misses a look-up:
 * hashes are evenly spread, so their place in a run can be computed.
 *
 *	DIR/seen/manifest     the runs, and how much of each open segment they cover
 *	DIR/seen/NNNNNN.run   u64 a, u64 b (little-endian) for each id, sorted
 *
 * The index is derived: without it, or when it is damaged, it is made again from the segments. What
 * it does not cover yet is the tail of open segments, and is read when a log is opened.  All
 * records of closed segments are covered.
 */
#ifndef SME_LOG_SEEN_H
#define SME_LOG_SEEN_H

#include "core/err.h"
#include "core/map.h"
#include "log/idset.h"

/* So many ids in memory are made a run: 8 MiB of slots. */
#define SEEN_MEMORY ((size_t)256 << 10)

struct seen_run {
	struct hash128 *ids; /* mapped, read-only */
	size_t n;
	uint32_t crc;
	unsigned number;
};

struct seen_cover {
	uint64_t inode, length; /* of an open segment: so much of this file is in the runs */
};

struct seen {
	char *dir;                /* DIR/seen */
	struct seen_run runs[64]; /* largest first, each more than twice the next */
	size_t nruns;
	unsigned last_number;
	unsigned old[64]; /* merged away, removed with the next manifest */
	size_t nold;
	struct idset memory;
	uint64_t generation; /* of the manifest */
	bool rebuilding;     /* there is no manifest to keep the runs of, until seen_commit */
	uint64_t next_seq;   /* as the manifest says */
	struct map covers;   /* "TENANT/2026-11-20.000001" → struct seen_cover * */
	struct arena arena;  /* of covers */
};

void seen_init(struct seen *s, const char *log_dir);
void seen_release(struct seen *s);

/* Read the manifest and map the runs; memory is emptied.  -1 when there is none or it cannot be
 * used: then everything is empty, and the caller makes the index again. */
int seen_load(struct seen *s, struct sme_err *err);

/* Forget everything to make the index again; the files stay.  The next manifest is the one after
 * GENERATION. */
void seen_reset(struct seen *s, uint64_t generation);

/* Remove run files that are not in use, and half-written ones.  Only for who holds the log's lock
 * and has just loaded or reset the index. */
void seen_sweep(const struct seen *s);

bool seen_has(const struct seen *s, struct hash128 id);
bool seen_in_runs(const struct seen *s, struct hash128 id);

/* Add ID unless it is there; false when it was. */
bool seen_add(struct seen *s, struct hash128 id);

uint64_t seen_count(const struct seen *s);

/* Make a run of what is in memory, merged with the runs that are not much larger. */
int seen_spill(struct seen *s, struct sme_err *err);

/* Note how much of an open segment is in the index; what was noted before is first dropped. */
void seen_cover_clear(struct seen *s);
void seen_cover_set(struct seen *s, struct slice name, struct seen_cover cover);
const struct seen_cover *seen_cover_get(const struct seen *s, struct slice name);

/* Write the manifest: runs and covers count from now on.  Memory must have been spilled. */
int seen_commit(struct seen *s, uint64_t next_seq, struct sme_err *err);

/* Check runs for order, checksums and ids that are in two of them. */
int seen_verify(const struct seen *s, struct sme_err *err);

#endif
