#include "net/settle.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* From 1 ms up to this many between two looks at a pipe. */
#define PAUSE_MAX 50

/* The reader has closed its end; what it had not read yet is lost. */
static bool
is_gone(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

int
settle(int fd, const volatile sig_atomic_t *stop, struct sme_err *err)
{
	struct stat sb;
	int pause = 1, left;

	if (fstat(fd, &sb) < 0)
		return err_sys(err, SME_IOERR, "stdout");
	if (S_ISREG(sb.st_mode))
		return fdatasync(fd) < 0 ? err_sys(err, SME_IOERR, "stdout") : 1;
	if (!S_ISFIFO(sb.st_mode))
		return 1;
	while (ioctl(fd, FIONREAD, &left) == 0 && left > 0) {
		if (is_gone(fd))
			return 0;
		if (stop && *stop)
			return 0;
		poll(NULL, 0, pause);
		pause = pause * 2 < PAUSE_MAX ? pause * 2 : PAUSE_MAX;
	}
	/* An empty pipe whose reader left may have been emptied by its end. */
	return is_gone(fd) ? 0 : 1;
}
