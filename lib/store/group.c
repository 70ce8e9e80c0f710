#include "store/group.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"

/*
 * What the processes share.  Robust mutexes: who dies with one passes it on.  A file that an earlier boot of the
 * machine left behind may hold one that nobody would ever pass on, so it is begun anew then.
 */
struct shared {
	char boot[40]; /* of the machine when this was begun */
	pthread_mutex_t write, sync;
	_Atomic uint64_t written; /* commits that wait or have waited */
	_Atomic uint64_t synced;  /* of these on disk */
};

struct group {
	char *path, *wal;
	int fd;
	struct shared *shared;
};

static void
boot_id(char out[40])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, 39);

	memset(out + (n > 0 ? n : 0), 0, (size_t)(40 - (n > 0 ? n : 0)));
	if (fd >= 0)
		close(fd);
}

static void
make_mutex(pthread_mutex_t *m)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

/* Only one process at a time looks whether there is something to begin. */
static int
begin(struct group *g, struct sme_err *err)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char boot[40];

	boot_id(boot);
	while (fcntl(g->fd, F_OFD_SETLKW, &all) < 0)
		if (errno != EINTR)
			return err_sys(err, SME_IOERR, "%s", g->path);
	if (memcmp(g->shared->boot, boot, sizeof boot) != 0) {
		make_mutex(&g->shared->write);
		make_mutex(&g->shared->sync);
		memcpy(g->shared->boot, boot, sizeof boot);
	}
	all.l_type = F_UNLCK;
	if (fcntl(g->fd, F_OFD_SETLK, &all) < 0)
		return err_sys(err, SME_IOERR, "%s", g->path);
	return 0;
}

struct group *
group_open(const char *path, struct sme_err *err)
{
	struct group *g = xcalloc(1, sizeof *g);
	struct buf name = BUF_INIT, wal = BUF_INIT;
	void *map = MAP_FAILED;

	buf_printf(&name, "%s-group", path);
	buf_printf(&wal, "%s-wal", path);
	g->path = buf_detach(&name);
	g->wal = buf_detach(&wal);
	g->fd = open(g->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (g->fd >= 0 && ftruncate(g->fd, sizeof *g->shared) == 0)
		map = mmap(NULL, sizeof *g->shared, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, 0);
	if (map == MAP_FAILED) {
		err_sys(err, SME_CANTCREAT, "%s", g->path);
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
	if (g->shared)
		munmap(g->shared, sizeof *g->shared);
	if (g->fd >= 0)
		close(g->fd);
	free(g->path);
	free(g->wal);
	free(g);
}

/* What a dead owner may have left half done is SQLite's to mend, and the counters are never half. */
static int
take(struct group *g, pthread_mutex_t *m, struct sme_err *err)
{
	int r = pthread_mutex_lock(m);

	if (r == EOWNERDEAD)
		r = pthread_mutex_consistent(m);
	if (r == 0)
		return 0;
	errno = r;
	return err_sys(err, SME_IOERR, "%s", g->path);
}

int
group_enter(struct group *g, struct sme_err *err)
{
	return take(g, &g->shared->write, err);
}

void
group_leave(struct group *g)
{
	pthread_mutex_unlock(&g->shared->write);
}

/* There is no write-ahead log when a checkpoint has brought all of it into the database, with syncs. */
static int
sync_wal(struct group *g, struct sme_err *err)
{
	int fd = open(g->wal, O_RDWR | O_CLOEXEC), r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, SME_IOERR, "%s", g->wal);
	if (fdatasync(fd) < 0)
		r = err_sys(err, SME_IOERR, "%s", g->wal);
	close(fd);
	return r;
}

int
group_sync(struct group *g, struct sme_err *err)
{
	uint64_t mine = atomic_fetch_add(&g->shared->written, 1) + 1, all;
	int r = 0;

	while (r == 0 && atomic_load(&g->shared->synced) < mine) {
		if (take(g, &g->shared->sync, err) < 0)
			return -1;
		if (atomic_load(&g->shared->synced) < mine) {
			all = atomic_load(&g->shared->written);
			r = sync_wal(g, err);
			if (r == 0)
				atomic_store(&g->shared->synced, all);
		}
		pthread_mutex_unlock(&g->shared->sync);
	}
	return r;
}
