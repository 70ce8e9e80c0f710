#include "expr/program.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

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
drop(void *data, jv message)
{
	(void)data;
	jv_free(message);
}

static jv
no_input(jq_state *jq, void *data)
{
	(void)jq;
	(void)data;
	return jv_invalid_with_msg(text_of("there is no input to read"));
}

static void
tame(jq_state *jq, const char *library)
{
	/* libjq 1.6 does not initialise these two: without them `debug` and `input` crash. */
	jq_set_debug_cb(jq, drop, NULL);
	jq_set_input_cb(jq, no_input, NULL);
	if (!library)
		return;
	jq_set_attr(jq, text_of("JQ_LIBRARY_PATH"), JV_ARRAY(text_of(library)));
	jq_set_attr(jq, text_of("PROGRAM_ORIGIN"), text_of(library));
	jq_set_attr(jq, text_of("JQ_ORIGIN"), text_of(library));
}

jq_state *
jq_program(const char *path, const char *library, const char *program, struct sme_err *err)
{
	static char *nothing[] = {NULL};
	struct complaint c = {path, BUF_INIT_MAX(4096)};
	char **env = environ;
	jq_state *jq;

	environ = nothing; /* else libjq reads $HOME/.jq, too */
	jq = jq_init();
	if (jq) {
		tame(jq, library);
		jq_set_error_cb(jq, on_error, &c);
		if (jq_compile(jq, program)) {
			jq_set_error_cb(jq, drop, NULL);
		} else {
			err_set(err, SME_CONFIG, "%s", c.text.n ? c.text.p : path);
			jq_teardown(&jq);
		}
	} else {
		err_set(err, SME_OSERR, "%s: libjq does not start", path);
	}
	environ = env;
	buf_release(&c.text);
	return jq;
}

int
jq_program_end(jq_state *jq, jv end, struct sme_err *err)
{
	jv message;
	int r;

	if (jq_halted(jq)) {
		jv_free(end);
		return err_set(err, SME_DATA, "halt has no place here");
	}
	if (!jv_invalid_has_msg(jv_copy(end))) {
		jv_free(end);
		return 0;
	}
	message = jv_invalid_get_msg(end);
	if (jv_get_kind(message) != JV_KIND_STRING)
		message = jv_dump_string(message, 0);
	r = err_set(err, SME_DATA, "jq: %s", jv_string_value(message));
	jv_free(message);
	return r;
}
