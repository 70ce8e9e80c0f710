#include "config/eval.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "expr/program.h"

extern char **environ;

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
	if (outputs < 2 && jq_program_end(jq, jv_copy(v), err) < 0) {
		jv_free(v);
		err->status = SME_CONFIG;
		return err_prefix(err, "%s", path);
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
	char **env = environ, *library = directory_of(path);
	jq_state *jq = jq_program(path, library, program, err);
	int r = -1;

	free(library);
	environ = nothing; /* `env` looks at it while it runs */
	if (jq) {
		r = run(jq, path, out, err);
		jq_teardown(&jq);
	}
	environ = env;
	return r;
}
