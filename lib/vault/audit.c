#include "vault/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/file.h"
#include "core/rfc3339.h"
#include "stream/json.h"

static void
put_line(struct buf *b, const struct audit *a)
{
	buf_puts(b, "{\"at\":\"");
	rfc3339_put(b, time_now_ms());
	buf_puts(b, "\",\"tool\":");
	json_put_string(b, slice_of(a->tool));
	buf_printf(b, ",\"pid\":%ld,\"uid\":%ld,\"action\":\"%s\"", (long)getpid(), (long)getuid(),
	    a->action);
	if (a->tenant.p) {
		buf_puts(b, ",\"tenant\":");
		json_put_string(b, a->tenant);
	}
	if (a->name.p) {
		buf_puts(b, ",\"name\":");
		json_put_string(b, a->name);
	}
	buf_printf(b, ",\"outcome\":\"%s\"}\n", a->outcome);
}

/* A line that a full disk or a crash cut short must not swallow this one. */
static bool
torn(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char last = '\n';

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

int
audit_append(const char *path, const struct audit *a, struct sme_err *err)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct buf b = BUF_INIT;
	int r;

	if (fd < 0)
		return err_sys(err, SME_CANTCREAT, "%s: nobody may use the vault unnoticed", path);
	file_adopt(fd, path);
	while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	if (torn(fd))
		buf_addc(&b, '\n');
	put_line(&b, a);
	r = file_write_all(fd, b.p, b.n);
	if (r < 0)
		err_sys(err, SME_IOERR, "%s: nobody may use the vault unnoticed", path);
	buf_release(&b);
	close(fd);
	return r;
}
