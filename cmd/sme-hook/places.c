#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "core/file.h"
#include "sme-hook/hook.h"

/* What was asked for, .hook.spool, or $SME_HOME/hook. */
static char *
spool_dir(const struct config *c, const char *given)
{
	struct slice set = node_text(node_get(c->root, "hook"), "spool");
	struct buf b = BUF_INIT;
	char *home;

	if (!given && set.p)
		return config_path(c, set);
	if (given) {
		buf_puts(&b, given);
	} else {
		home = sme_home();
		buf_printf(&b, "%s/hook", home);
		free(home);
	}
	return buf_detach(&b);
}

char *
take_spool(const struct config *c, const char *given)
{
	char *dir = spool_dir(c, given);
	struct buf path = BUF_INIT;
	struct sme_err err;
	int fd;

	if (file_mkdirs(dir, &err) < 0)
		sme_die(err.status, "%s", err.text);
	buf_printf(&path, "%s/lock", dir);
	fd = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		sme_die(SME_CANTCREAT, "%s: %s", path.p, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		sme_die(SME_TEMPFAIL, "%s is in use by another sme-hook", dir);
	buf_release(&path);
	return dir;
}
