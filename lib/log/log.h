/*
 * A log on disk, opened for writing: its lock, key, index of seen ids and open segments.
 *
 * Any number of processes may have a log open.  Who holds DIR/lock (flock) writes, for the time of
 * one group of events; before that it takes in what others have written since (log_lock).  The
 * lock file carries four numbers, all derived and none synced: a crash of the process leaves them
 * right, and after a crash of the machine they are only ever behind the segments.
 *
 *	0  "SMElog1\n"
 *	8  u64 commits: odd while one is under way, so that who finds it odd looks for a torn tail
 *	16 u64 generation of the index manifest
 *	24 u64 the next sequence number
 *	32 u64 records in the log
 */
#ifndef SME_LOG_LOG_H
#define SME_LOG_LOG_H

#include <sys/types.h>

#include "core/buf.h"
#include "core/map.h"
#include "log/names.h"
#include "log/seen.h"
#include "log/segment.h"

/* An open segment this large is not added to, so that closing one takes little time and memory; the
 * day goes on in another. */
#define LOG_ROLL ((uint64_t)128 << 20)

struct log_state {
	uint64_t commits, manifest, next_seq, records;
};

/* One open segment file. */
struct log_open {
	struct seg_ref ref; /* tenant belongs to the day */
	char name[256];     /* as the index covers it */
	ino_t inode;
	uint64_t length; /* sound, durable, and in the index or its memory */
	int fd;          /* -1: not open */
	bool damaged;    /* not to be added to */
	bool listed;     /* private to refresh */
};

/* One tenant's day: where its next event goes. */
struct log_day {
	const char *tenant; /* directory name */
	int32_t day;
	uint32_t last;                /* the highest number of a segment file, 0: none */
	struct log_open *current;     /* that file if it is open and can be added to, or NULL */
	uint32_t head, tail, pending; /* append's own: the events that wait, see append.c */
};

struct log_dir {
	char *dir;
	int lock;
	bool locked;
	struct siphash_key key;
	struct log_state state;
	bool loaded;
	struct seen seen;
	struct map opens; /* name → struct log_open * */
	struct map days;  /* "TENANT/DAY" → struct log_day * */
	struct arena arena;
	size_t nfds;
	/* Called with a note for the user, such as a torn tail that was cut.  May be NULL. */
	void (*say)(const char *text);
};

enum log_mode {
	LOG_READ, /* only log_lock_shared and log_state_read are allowed */
	LOG_WRITE,
	LOG_CREATE /* made when it is not there */
};

/* Open the log DIR. */
int log_open(struct log_dir *l, const char *dir, enum log_mode mode, void (*say)(const char *text),
    struct sme_err *err);
void log_close(struct log_dir *l);

/* Wait for the lock, for writing, and take in what others wrote: *CHANGED (may be NULL) says
 * whether there was anything. */
int log_lock(struct log_dir *l, bool *changed, struct sme_err *err);
void log_unlock(struct log_dir *l);

/* Only the lock, for reading what nobody changes meanwhile. */
int log_lock_shared(struct log_dir *l, struct sme_err *err);

/* Read and write the numbers in the lock file. */
bool log_state_read(const struct log_dir *l, struct log_state *s);
int log_state_write(struct log_dir *l, struct sme_err *err);

/* Bring all ids that are in memory to disk and note what they cover.  Under the lock. */
int log_checkpoint(struct log_dir *l, struct sme_err *err);

/* The day of TENANT (a directory name) that MS belongs to. */
struct log_day *log_day_of(struct log_dir *l, const char *tenant, int64_t ms);

/*
 * The segment file that the next events of D go to, open for writing; made when there is none.
 * *MADE says that its directory must be synced.
 */
struct log_open *log_writable(
    struct log_dir *l, struct log_day *d, bool *made, struct sme_err *err);

/* The open segment file number N of D, which is at PATH; added when it is not known yet. */
struct log_open *log_open_add(struct log_dir *l, struct log_day *d, uint32_t n, const char *path);

/* Close the file descriptors of all open segments. */
void log_drop_fds(struct log_dir *l);

/*
 * Write the N records, all of one TENANT (a directory name) and time, and make them durable.  Their
 * sequence numbers are given here.  Under the lock, with state.commits odd.
 */
int log_put(struct log_dir *l, const char *tenant, const struct record *recs, size_t n,
    struct sme_err *err);

/* Forget all files and read the directory again: after segments were rewritten.  Under the lock. */
int log_relist(struct log_dir *l, struct sme_err *err);

/*
 * Compress the segments that are due at NOW: their day was over 24 hours ago, and they are the
 * first file of that day or larger than a mebibyte (so that a trickle of late events does not leave
 * a trail of small files).  Takes the lock for one segment at a time.
 */
int log_compress_due(struct log_dir *l, int64_t now, struct sme_err *err);

#endif
