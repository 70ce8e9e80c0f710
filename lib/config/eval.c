#include "config/eval.h"

#include <jq.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

extern char **environ;

struct complaint {
	const char *path;
	struct buf text; /* of the first error; those after it are mostly its echo */
};

static jv
text_of(const char *s)
{
	return jv_string_sized(s, (int)strlen(s));
}

/*
 * libjq says "jq: error: WHAT at FILE, line N:\nSOURCE", where FILE is "<top-level>" for the
 * program itself; we say "FILE:N: WHAT".
 */
static void
put_compile_error(struct buf *b, const char *path, const char *message)
{
	static const char lead[] = "jq: error: ", shell[] = " (Unix shell quoting issues?)";
	size_t end;
	const char *at = NULL, *line, *what_end;

	if (strncmp(message, lead, sizeof lead - 1) == 0)
		message += sizeof lead - 1;
	end = strcspn(message, "\n");
	for (const char *p = message; (p = strstr(p, " at ")) && p < message + end; p++)
		at = p;
	line = at ? strstr(at, ", line ") : NULL;
	if (!line || line > message + end) {
		buf_printf(b, "%s: %.*s", path, (int)end, message);
		return;
	}
	what_end = strstr(message, shell);
	if (!what_end || what_end > at)
		what_end = at;
	if (strncmp(at, " at <top-level>,", 16) == 0)
		buf_puts(b, path);
	else
		buf_add(b, at + 4, (size_t)(line - at - 4));
	buf_printf(b, ":%ld: %.*s", strtol(line + 7, NULL, 10), (int)(what_end - message), message);
}

static void
on_error(void *data, jv message)
{
	struct complaint *c = data;

	message = jq_format_error(message);
	if (!c->text.n)
		put_compile_error(&c->text, c->path, jv_string_value(message));
	jv_free(message);
}

static void
on_debug(void *data, jv message)
{
	(void)data;
	jv_free(message);
}

static jv
no_input(jq_state *jq, void *data)
{
	(void)jq;
	(void)data;
	return jv_invalid_with_msg(text_of("a configuration has no input to read"));
}

/* The directory of PATH, which has just been read, without symbolic links. */
static char *
directory_of(const char *path)
{
	char *real = realpath(path, NULL), *slash;

	if (!real)
		return xstrdup(".");
	slash = strrchr(real, '/');
	slash[slash == real] = '\0';
	return real;
}

static jq_state *
start(const char *path, struct complaint *c)
{
	jq_state *jq = jq_init();
	char *dir;

	if (!jq)
		return NULL;
	/* libjq 1.6 does not initialise these two: without them `debug` and `input` crash. */
	jq_set_debug_cb(jq, on_debug, NULL);
	jq_set_input_cb(jq, no_input, NULL);
	jq_set_error_cb(jq, on_error, c);
	dir = directory_of(path);
	jq_set_attr(jq, text_of("JQ_LIBRARY_PATH"), JV_ARRAY(text_of(dir)));
	jq_set_attr(jq, text_of("PROGRAM_ORIGIN"), text_of(dir));
	jq_set_attr(jq, text_of("JQ_ORIGIN"), text_of(dir));
	free(dir);
	return jq;
}

/* Why the last jq_next gave END, which is consumed: an error of the program, or the end of it. */
static int
check_end(jq_state *jq, jv end, const char *path, struct sme_err *err)
{
	jv message;
	int r;

	if (jq_halted(jq)) {
		jv_free(end);
		return err_set(err, SME_CONFIG, "%s: halt has no place in a configuration", path);
	}
	if (!jv_invalid_has_msg(jv_copy(end))) {
		jv_free(end);
		return 0;
	}
	message = jv_invalid_get_msg(end);
	if (jv_get_kind(message) != JV_KIND_STRING)
		message = jv_dump_string(message, 0);
	r = err_set(err, SME_CONFIG, "%s: jq: %s", path, jv_string_value(message));
	jv_free(message);
	return r;
}

static int
run(jq_state *jq, const char *path, struct buf *out, struct sme_err *err)
{
	size_t outputs = 0;
	jv v;

	jq_start(jq, jv_null(), 0);
	for (; jv_is_valid(v = jq_next(jq)) && outputs < 2; outputs++) {
		v = jv_dump_string(v, 0);
		if (!outputs)
			buf_puts(out, jv_string_value(v)); /* no NUL: JSON escapes it */
		jv_free(v);
	}
	if (outputs < 2 && check_end(jq, jv_copy(v), path, err) < 0) {
		jv_free(v);
		return -1;
	}
	jv_free(v);
	if (outputs != 1)
		return err_set(err, SME_CONFIG, "%s: expected one object, got %s", path,
		    outputs ? "several values" : "no value (empty)");
	if (out->over)
		return err_set(err, SME_CONFIG, "%s: the configuration is larger than %zu bytes",
		    path, out->max);
	return 0;
}

int
config_eval(const char *path, const char *program, struct buf *out, struct sme_err *err)
{
	static char *nothing[] = {NULL};
	struct complaint c = {path, BUF_INIT_MAX(4096)};
	char **env = environ;
	jq_state *jq;
	int r;

	environ = nothing;
	jq = start(path, &c);
	if (!jq)
		r = err_set(err, SME_OSERR, "%s: libjq does not start", path);
	else if (!jq_compile(jq, program))
		r = err_set(err, SME_CONFIG, "%s", c.text.n ? c.text.p : path);
	else
		r = run(jq, path, out, err);
	if (jq)
		jq_teardown(&jq);
	environ = env;
	buf_release(&c.text);
	return r;
}
