#include "store/group.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "store/db.h"

#define OWNER_SIZE 64

/*
 * Robust mutexes: who dies with one passes it on.  A file that an earlier boot of the machine left behind may
 * hold one that nobody would ever pass on, so it is begun anew then.
 */
struct shared {
	char owner[OWNER_SIZE]; /* the machine's boot and the file when this was begun */
	pthread_mutex_t write, sync, task;
	bool torn; /* somebody died with the lock to write */
	_Atomic uint64_t number; /* of the last transaction that asked for one */
	_Atomic uint64_t written; /* commits that wait or have waited */
	_Atomic uint64_t synced;  /* of these on disk */
	_Atomic uint64_t lost;    /* up to here a sync failed: what the kernel had of them may be gone */
	_Atomic uint32_t top; /* places that were ever taken */
	pthread_mutex_t taken[GROUP_PLACES]; /* each held by the process that has the place */
	struct group_place places[GROUP_PLACES];
};

struct group {
	char *path, *wal, *database;
	int fd, wal_fd; /* -1: not open yet */
	bool writing;
	int place; /* -1: none */
	struct shared *shared;
};

/* A copy of the file made while somebody wrote has a mutex whose owner never comes back: the file's
 * number tells it from the original.  The layout's number stands before. */
static int
owner_id(const struct group *g, char out[OWNER_SIZE], struct sme_err *err)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char boot[37] = "";
	struct stat st;

	if (fd >= 0) {
		if (read(fd, boot, sizeof boot - 1) < 0)
			boot[0] = '\0';
		close(fd);
	}
	if (fstat(g->fd, &st) < 0)
		return err_sys(err, SME_IOERR, "%s", g->path);
	memset(out, 0, OWNER_SIZE);
	snprintf(out, OWNER_SIZE, "5 %s %ju", boot, (uintmax_t)st.st_ino);
	return 0;
}

/* PRIO_INHERIT: the kernel hands the mutex to whoever has waited longest. */
static void
make_mutex(pthread_mutex_t *m, int protocol)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setprotocol(&a, protocol);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

static void
make_shared(struct shared *s, const char owner[OWNER_SIZE])
{
	memset(s, 0, sizeof *s);
	make_mutex(&s->write, PTHREAD_PRIO_INHERIT);
	make_mutex(&s->sync, PTHREAD_PRIO_NONE);
	make_mutex(&s->task, PTHREAD_PRIO_NONE);
	for (int i = 0; i < GROUP_PLACES; i++)
		make_mutex(&s->taken[i], PTHREAD_PRIO_NONE);
	/* The database remembers the number of its last transaction: none of before may come again. */
	atomic_store(&s->number, (uint64_t)time_now_ms() << 20);
	memcpy(s->owner, owner, OWNER_SIZE);
}

/* Only one process at a time looks whether there is something to begin. */
static int
begin(struct group *g, struct sme_err *err)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char owner[OWNER_SIZE];

	if (owner_id(g, owner, err) < 0)
		return -1;
	while (fcntl(g->fd, F_OFD_SETLKW, &all) < 0)
		if (errno != EINTR)
			return err_sys(err, SME_IOERR, "%s", g->path);
	if (memcmp(g->shared->owner, owner, sizeof owner) != 0)
		make_shared(g->shared, owner);
	all.l_type = F_UNLCK;
	if (fcntl(g->fd, F_OFD_SETLK, &all) < 0)
		return err_sys(err, SME_IOERR, "%s", g->path);
	return 0;
}

/* Whoever may use the database may use what lies beside it, as SQLite does with its own files: root would
 * otherwise keep the service out for good. */
static void
belong_to(int fd, const char *db)
{
	struct stat like, own;

	if (stat(db, &like) < 0 || fstat(fd, &own) < 0)
		return;
	if (geteuid() == 0 && (like.st_uid != own.st_uid || like.st_gid != own.st_gid) &&
	    fchown(fd, like.st_uid, like.st_gid) < 0)
		errno = 0; /* it stays root's */
	if (geteuid() == 0 || own.st_uid == geteuid())
		fchmod(fd, like.st_mode & 0777);
}

struct group *
group_open(const char *path, struct sme_err *err)
{
	struct group *g = xcalloc(1, sizeof *g);
	struct buf name = BUF_INIT, wal = BUF_INIT;
	void *map = MAP_FAILED;

	buf_printf(&name, "%s-group", path);
	buf_printf(&wal, "%s-wal", path);
	g->database = xstrdup(path);
	g->path = buf_detach(&name);
	g->wal = buf_detach(&wal);
	g->wal_fd = -1;
	g->place = -1;
	g->fd = open(g->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (g->fd >= 0)
		belong_to(g->fd, path);
	if (g->fd >= 0 && ftruncate(g->fd, sizeof *g->shared) == 0)
		map = mmap(NULL, sizeof *g->shared, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, 0);
	if (map == MAP_FAILED) {
		err_sys(err, errno == EACCES ? SME_NOPERM : SME_CANTCREAT, "%s", g->path);
	} else {
		g->shared = map;
		if (begin(g, err) == 0)
			return g;
	}
	group_close(g);
	return NULL;
}

void
group_close(struct group *g)
{
	if (!g)
		return;
	if (g->shared && g->place >= 0)
		pthread_mutex_unlock(&g->shared->taken[g->place]);
	if (g->shared)
		munmap(g->shared, sizeof *g->shared);
	if (g->fd >= 0)
		close(g->fd);
	if (g->wal_fd >= 0)
		close(g->wal_fd);
	free(g->path);
	free(g->wal);
	free(g->database);
	free(g);
}

/* R is what locking M said: 1 when we have it, 0 when another has it. */
static int
taken(struct group *g, pthread_mutex_t *m, int r, struct sme_err *err)
{
	if (r == EBUSY)
		return 0;
	if (r == EOWNERDEAD) {
		/* What is left half done is SQLite's to mend, but for the places. */
		if (m == &g->shared->write)
			g->shared->torn = true;
		r = pthread_mutex_consistent(m);
	}
	if (r == 0)
		return 1;
	return err_set(err, SME_IOERR, "%s: damaged (%s); end all that use the database, then remove this file",
	    g->path, strerror(r));
}

int
group_enter(struct group *g, struct sme_err *err)
{
	pthread_mutex_t *m = &g->shared->write;
	struct timespec end;
	int r;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += DB_BUSY_MS / 1000;
	r = pthread_mutex_timedlock(m, &end);
	if (r == ETIMEDOUT)
		return err_set(err, SME_TEMPFAIL, "%s: another process keeps it locked; try again", g->database);
	g->writing = taken(g, m, r, err) > 0;
	return g->writing ? 0 : -1;
}

int
group_try(struct group *g, struct sme_err *err)
{
	pthread_mutex_t *m = &g->shared->write;
	int r = taken(g, m, pthread_mutex_trylock(m), err);

	g->writing = r > 0;
	return r;
}

void
group_leave(struct group *g)
{
	if (!g->writing)
		return;
	g->writing = false;
	pthread_mutex_unlock(&g->shared->write);
}

int
group_task_begin(struct group *g, bool wait, struct sme_err *err)
{
	pthread_mutex_t *m = &g->shared->task;

	return taken(g, m, wait ? pthread_mutex_lock(m) : pthread_mutex_trylock(m), err);
}

void
group_task_end(struct group *g)
{
	pthread_mutex_unlock(&g->shared->task);
}

int
group_is_torn(const struct group *g)
{
	return g->shared->torn;
}

void
group_mended(struct group *g)
{
	g->shared->torn = false;
}

uint64_t
group_number(struct group *g)
{
	return atomic_fetch_add(&g->shared->number, 1) + 1;
}

/* There is no write-ahead log when a checkpoint has brought all of it into the database, with syncs.  SQLite
 * does not put another file in its place while the database is open. */
static int
sync_wal(struct group *g, struct sme_err *err)
{
	if (g->wal_fd < 0)
		g->wal_fd = open(g->wal, O_RDWR | O_CLOEXEC);
	if (g->wal_fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, SME_IOERR, "%s", g->wal);
	return fdatasync(g->wal_fd) < 0 ? err_sys(err, SME_IOERR, "%s", g->wal) : 0;
}

/* One sync for all that was written by now. */
static int
sync_all(struct group *g, struct sme_err *err)
{
	uint64_t all = atomic_load(&g->shared->written);

	if (sync_wal(g, err) < 0) {
		/* The kernel tells this once; a second try would find nothing left to do. */
		atomic_store(&g->shared->lost, all);
		return -1;
	}
	atomic_store(&g->shared->synced, all);
	return 0;
}

int
group_sync(struct group *g, struct sme_err *err)
{
	uint64_t mine = atomic_fetch_add(&g->shared->written, 1) + 1;
	int r = 0;

	if (taken(g, &g->shared->sync, pthread_mutex_lock(&g->shared->sync), err) < 0)
		return -1;
	if (atomic_load(&g->shared->lost) >= mine)
		r = err_set(err, SME_IOERR, "%s: could not be brought to disk; sme-case verify shows whether all is well",
		    g->wal);
	else if (atomic_load(&g->shared->synced) < mine)
		r = sync_all(g, err);
	pthread_mutex_unlock(&g->shared->sync);
	return r;
}

/* ---- places ---- */

struct group_place *
group_own_place(struct group *g)
{
	struct shared *s = g->shared;
	struct sme_err err;

	for (int i = 0; g->place < 0 && i < GROUP_PLACES; i++)
		if (taken(g, &s->taken[i], pthread_mutex_trylock(&s->taken[i]), &err) > 0)
			g->place = i;
	if (g->place < 0)
		return NULL;
	for (uint32_t top = atomic_load(&s->top); top <= (uint32_t)g->place;)
		if (atomic_compare_exchange_weak(&s->top, &top, (uint32_t)g->place + 1))
			break;
	return &s->places[g->place];
}

struct group_place *
group_places(struct group *g, size_t *n)
{
	*n = atomic_load(&g->shared->top);
	return g->shared->places;
}
