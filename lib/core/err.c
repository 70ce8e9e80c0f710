#include "core/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *sme_tool = "sme";
int sme_verbosity;

int
err_set(struct sme_err *err, enum sme_status status, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	err->status = status;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct sme_err *err, enum sme_status status, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	if (!err)
		return -1;
	err->status = status;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(saved));
	return -1;
}

int
err_prefix(struct sme_err *err, const char *fmt, ...)
{
	char head[sizeof err->text], all[sizeof err->text * 2 + 4];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(head, sizeof head, fmt, ap);
	va_end(ap);
	snprintf(all, sizeof all, "%s: %s", head, err->text);
	memcpy(err->text, all, sizeof err->text - 1);
	err->text[sizeof err->text - 1] = '\0';
	return -1;
}

/* One write(2), so that messages of parallel tools do not mix; a lost message is nobody's error. */
static void
say(const char *fmt, va_list ap)
{
	char text[1024], out[4096];
	size_t n;

	vsnprintf(text, sizeof text, fmt, ap);
	n = (size_t)snprintf(out, sizeof out, "%.64s: ", sme_tool);
	for (const unsigned char *p = (const unsigned char *)text; *p && n < sizeof out - 8; p++) {
		/* C1 controls arrive as 0xc2 0x80..0x9f and drive terminals too. */
		if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			n += (size_t)snprintf(out + n, sizeof out - n, "\\x%02x", *++p);
		else if (*p < 0x20 || *p == 0x7f)
			n += (size_t)snprintf(out + n, sizeof out - n, "\\x%02x", *p);
		else
			out[n++] = (char)*p;
	}
	out[n++] = '\n';
	if (write(STDERR_FILENO, out, n) < 0)
		return;
}

void
sme_warn(const char *fmt, ...)
{
	va_list ap;

	if (sme_verbosity < 0)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
sme_verbose(const char *fmt, ...)
{
	va_list ap;

	if (sme_verbosity < 1)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
sme_die(enum sme_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	exit((int)status);
}
