#include "vault/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "core/file.h"
#include "core/rfc3339.h"

int
secret_protect(struct sme_err *err)
{
	static const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(err, SME_OSERR, "cannot turn core files off");
	return 0;
}

struct locked
locked_new(size_t n)
{
	/* sodium_malloc puts the end at a page's end: only a round size is aligned for structures. */
	size_t size = (n | 15) + 1;
	struct locked m = {NULL, n};

	if (sodium_init() < 0)
		sme_die(SME_OSERR, "no source of random numbers");
	m.p = sodium_malloc(size);
	if (!m.p)
		sme_die(SME_OSERR, "out of memory for secrets");
	sodium_memzero(m.p, size);
	return m;
}

void
locked_release(struct locked *m)
{
	sodium_free(m->p); /* wipes */
	*m = (struct locked){NULL, 0};
}

/* M with room for one byte more than N and the NUL; sodium has no realloc. */
static void
make_room(struct locked *m, size_t n, size_t *cap)
{
	struct locked more;

	if (n + 1 < *cap)
		return;
	*cap = *cap ? *cap * 4 : 4096;
	more = locked_new(*cap);
	if (n)
		memcpy(more.p, m->p, n);
	locked_release(m);
	*m = more;
}

int
locked_read(struct locked *m, int fd, const char *name, size_t max, bool line, struct sme_err *err)
{
	size_t n = 0, cap = 0;

	*m = (struct locked){NULL, 0};
	for (;;) {
		ssize_t r;

		make_room(m, n, &cap);
		r = read(fd, m->p + n, line ? 1 : cap - n - 1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0) {
			err_sys(err, SME_IOERR, "%s", name);
			break;
		}
		if (r == 0 || (line && m->p[n] == '\n')) {
			m->p[n] = '\0';
			m->n = n;
			return 0;
		}
		n += (size_t)r;
		if (n > max) {
			err_set(err, SME_DATA, "%s: longer than %zu bytes", name, max);
			break;
		}
	}
	locked_release(m);
	return -1;
}

static int
ask_once(int tty, const char *prompt, struct locked *m, struct sme_err *err)
{
	struct termios with, without;
	int r;

	if (file_write_all(tty, prompt, strlen(prompt)) < 0 || tcgetattr(tty, &with) < 0)
		return err_sys(err, SME_IOERR, "/dev/tty");
	without = with;
	without.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	without.c_lflag |= ECHONL | ICANON;
	if (tcsetattr(tty, TCSAFLUSH, &without) < 0)
		return err_sys(err, SME_IOERR, "/dev/tty");
	r = locked_read(m, tty, "/dev/tty", 4000, true, err);
	tcsetattr(tty, TCSAFLUSH, &with);
	if (r == 0 && m->n == 0) {
		locked_release(m);
		return err_set(err, SME_DATA, "nothing was typed");
	}
	return r;
}

int
locked_ask(struct locked *m, const char *prompt, bool twice, struct sme_err *err)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct locked again = {NULL, 0};
	int r;

	*m = (struct locked){NULL, 0};
	if (tty < 0)
		return err_set(err, SME_NOINPUT, "no terminal to ask at");
	r = ask_once(tty, prompt, m, err);
	if (r == 0 && twice) {
		r = ask_once(tty, "once more: ", &again, err);
		if (r == 0 && !slice_eq(locked_slice(m), locked_slice(&again)))
			r = err_set(err, SME_DATA, "the two are not the same");
		locked_release(&again);
	}
	if (r < 0)
		locked_release(m);
	close(tty);
	return r;
}

struct slice
secret_field(const struct secret *s, const char *field)
{
	for (size_t i = 0; i < s->n; i++)
		if (slice_is(s->fields[i].name, field))
			return s->fields[i].value;
	return (struct slice){NULL, 0};
}

bool
secret_expires(const struct secret *s, int64_t now, int64_t within)
{
	return s->expires_at != TIME_NONE && s->expires_at - now < within;
}

int64_t
secret_ends(const struct secret *s, bool renewed)
{
	int64_t first = renewed ? TIME_NONE : s->expires_at, at;

	for (size_t i = 0; i < s->n; i++)
		if (slice_ends(s->fields[i].name, SLICE("_expires_at")) &&
		    rfc3339_parse(s->fields[i].value, &at) && (first == TIME_NONE || at < first))
			first = at;
	return first;
}

void
secret_release(struct secret *s)
{
	locked_release(&s->memory);
	*s = (struct secret){.expires_at = TIME_NONE};
}
