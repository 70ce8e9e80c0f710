/*
 * Preloaded into a tool: its Nth call that changes something on disk does not come to an end.
 *
 *	STOP_AT=N                the process is killed; of a write, half has been done
 *	STOP_AT=N STOP_HOW=fail  the call fails with ENOSPC (fsync: EIO), and every later one of its
 * kind
 *
 * Calls that change something are write, pwrite, fsync, fdatasync, syncfs, rename, unlink,
 * ftruncate, mkdir.  Writes to standard output and standard error do not count.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls, stop_at = -1;
static int fails;

/* Is it this call's turn? */
static int
turn(void)
{
	if (stop_at < 0) {
		const char *at = getenv("STOP_AT"), *how = getenv("STOP_HOW");

		stop_at = at ? atol(at) : 0;
		fails = how && strcmp(how, "fail") == 0;
	}
	calls++;
	return stop_at && (fails ? calls >= stop_at : calls == stop_at);
}

static int
stop(int error)
{
	if (!fails)
		kill(getpid(), SIGKILL);
	errno = error;
	return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t
write(int fd, const void *p, size_t n)
{
	if (fd <= STDERR_FILENO || !turn())
		return REAL(write)(fd, p, n);
	REAL(write)(fd, p, n / 2);
	return stop(ENOSPC);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (!turn())
		return REAL(pwrite)(fd, p, n, at);
	REAL(pwrite)(fd, p, n / 2, at);
	return stop(ENOSPC);
}

int
fsync(int fd)
{
	return turn() ? stop(EIO) : REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
	return turn() ? stop(EIO) : REAL(fdatasync)(fd);
}

int
syncfs(int fd)
{
	return turn() ? stop(EIO) : REAL(syncfs)(fd);
}

int
rename(const char *from, const char *to)
{
	return turn() ? stop(ENOSPC) : REAL(rename)(from, to);
}

/* Removing and cutting work on a full disk. */
int
unlink(const char *path)
{
	return turn() && !fails ? stop(EIO) : REAL(unlink)(path);
}

int
ftruncate(int fd, off_t n)
{
	return turn() && !fails ? stop(EIO) : REAL(ftruncate)(fd, n);
}

int
mkdir(const char *path, mode_t mode)
{
	return turn() ? stop(ENOSPC) : REAL(mkdir)(path, mode);
}
