/*
 * The input is a condition in one line, "\n", and an event.  The native evaluator must come through
 * with any.  Where it accepts the condition, libjq must; where both answer, alike.  libjq itself
 * runs only for native conditions: one of its own may rightly run for ever.
 */
#include <sanitizer/lsan_interface.h>
#include <stdlib.h>

#include "core/mem.h"
#include "expr/expr_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libjq takes 30 ms to compile: ask it for one condition in so many. */
#define COMPARE_EVERY 64

static void
compare(const char *condition, int native, struct slice line)
{
	static const int results[] = {
	    [EXPR_FALSE] = RES_FALSE, [EXPR_TRUE] = RES_TRUE, [EXPR_ERROR] = RES_ERROR};
	struct sme_err err;
	struct expr_run *run;
	struct expr *e;

	/* libjq loses strings now and then, which is not what we are after. */
	__lsan_disable();
	e = expr_compile_libjq(condition, &err);
	if (!e)
		__builtin_trap();
	run = expr_run_new(e);
	if (results[expr_eval(e, run, line, NULL, &err)] != native)
		__builtin_trap();
	expr_run_free(run);
	expr_free(e);
	__lsan_enable();
}

static void
evaluate(
    const char *condition, const struct expr *e, const struct scan_plan *plan, struct slice event)
{
	static unsigned turn;
	char *line = xmalloc(event.n + SCAN_PADDING);
	struct scanner *s = scanner_new(plan);
	struct expr_run *run = expr_run_new(e);
	struct sme_err err;
	int res;

	memcpy(line, event.p, event.n);
	memset(line + event.n, 0, SCAN_PADDING);
	event.p = line;
	if (scanner_scan(s, line, event.n) == 0 && s->root.type == JSON_OBJECT) {
		res = expr_eval_native(e, run, event, s->values, &err);
		if (res != RES_PUNT && turn++ % COMPARE_EVERY == 0)
			compare(condition, res, event);
	}
	expr_run_free(run);
	scanner_free(s);
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nl = size ? memchr(data, '\n', size) : NULL;
	struct scan_plan *plan = scan_plan_new();
	struct arena a = ARENA_INIT;
	struct parsed p;
	struct expr *e;
	struct sme_err err;
	char *condition;

	if (nl && !memchr(data, '\0', (size_t)(nl - data))) {
		condition = xstrndup((const char *)data, (size_t)(nl - data));
		expr_parse(&a, slice_of(condition), &p);
		e = p.root ? expr_compile(condition, plan, NULL) : NULL;
		if (e)
			evaluate(condition, e, plan,
			    (struct slice){(const char *)nl + 1, size - (size_t)(nl - data) - 1});
		if (e)
			expr_check(e, &err);
		expr_free(e);
		free(condition);
	}
	arena_release(&a);
	scan_plan_free(plan);
	return 0;
}
