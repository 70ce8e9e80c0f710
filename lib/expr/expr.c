#include "expr/expr.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "expr/expr_int.h"

static struct expr *
expr_new(struct slice text)
{
	struct expr *e = xcalloc(1, sizeof *e);

	e->text = arena_dup(&e->arena, text);
	atomic_init(&e->spare, NULL);
	return e;
}

void
expr_free(struct expr *e)
{
	jq_state *jq;

	if (!e)
		return;
	jq = atomic_load(&e->spare);
	if (jq)
		jq_teardown(&jq);
	arena_release(&e->arena);
	free(e);
}

static int
check_text(struct slice text, struct sme_err *err)
{
	if (text.n > EXPR_TEXT_MAX)
		return err_set(err, SME_USAGE, "condition: longer than %zu bytes", EXPR_TEXT_MAX);
	for (size_t i = 0; i < text.n; i++) {
		size_t len = utf8_length(text, i);

		if (!len)
			return expr_err_at(err, text, i, "this is not UTF-8");
		i += len - 1;
	}
	return expr_refuse(text, err);
}

struct expr *
expr_compile_libjq(const char *text, struct sme_err *err)
{
	struct expr *e = expr_new(slice_of(text));

	atomic_store(&e->spare, jq_open(e->text, err));
	if (atomic_load(&e->spare))
		return e;
	expr_free(e);
	return NULL;
}

struct expr *
expr_compile(const char *text, struct scan_plan *plan, struct sme_err *err)
{
	struct parsed p;
	struct expr *e;

	if (check_text(slice_of(text), err) < 0)
		return NULL;
	e = expr_new(slice_of(text));
	expr_parse(&e->arena, e->text, &p);
	e->root = p.root;
	e->regexes = p.regexes;
	e->why = p.why;
	e->why_at = p.at;
	if (e->root) {
		expr_plan(&e->arena, e->root, plan);
		if (e->regexes)
			onig_initialize((OnigEncoding[]){ONIG_ENCODING_UTF8}, 1);
		return e;
	}
	atomic_store(&e->spare, jq_open(e->text, err));
	if (atomic_load(&e->spare))
		return e;
	expr_free(e);
	return NULL;
}

struct expr_run *
expr_run_new(const struct expr *e)
{
	struct expr_run *run = xcalloc(1, sizeof *run);

	run->e = e;
	run->regexes = xcalloc(e->regexes + 1, sizeof *run->regexes);
	run->decode = (struct buf)BUF_INIT;
	run->jq_message = (struct buf)BUF_INIT;
	return run;
}

void
expr_run_free(struct expr_run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->e->regexes; i++)
		onig_free(run->regexes[i]);
	free(run->regexes);
	if (run->jq)
		jq_teardown(&run->jq);
	while (run->chunks) {
		struct chunk *c = run->chunks;

		run->chunks = c->next;
		free(c);
	}
	buf_release(&run->decode);
	buf_release(&run->jq_message);
	free(run);
}

/* --- evaluation --- */

/* The first true output of a generator is enough. */
static int
put_result(struct sink *s, struct expr_run *run, const struct val *v)
{
	(void)s;
	(void)run;
	return val_true(v) ? RES_STOP : RES_TRUE;
}

static int
native(struct expr_run *run, const struct node *root)
{
	struct sink s = {put_result};
	int res;

	if (!root->multi) {
		res = expr_truth(run, root, &run->root);
		return res == RES_EMPTY ? RES_FALSE : res;
	}
	res = expr_each(run, root, &run->root, &s);
	if (res == RES_TRUE)
		return RES_FALSE;
	return res == RES_STOP ? RES_TRUE : res;
}

static inline void
prepare(
    struct expr_run *run, struct slice line, const struct json_value *values, struct sme_err *err)
{
	/* Most lines have no white space around the object. */
	if (!line.n || *line.p != '{' || line.p[line.n - 1] != '}')
		line = slice_trim(line);
	run->values = values;
	run->err = err;
	run->root = (struct val){.type = JSON_OBJECT, .form = VAL_RAW, .p = line.p, .n = line.n};
}

int
expr_eval_native(const struct expr *e, struct expr_run *run, struct slice line,
    const struct json_value *values, struct sme_err *err)
{
	int res;

	prepare(run, line, values, err);
	res = native(run, e->root);
	if (run->chunks)
		run_reset(run, (struct scratch_mark){NULL, 0});
	return res;
}

enum expr_result
expr_eval(const struct expr *e, struct expr_run *run, struct slice line,
    const struct json_value *values, struct sme_err *err)
{
	int res = RES_PUNT;

	if (e->root)
		res = expr_eval_native(e, run, line, values, err);
	else
		prepare(run, line, values, err);
	switch (res) {
	case RES_TRUE:
		return EXPR_TRUE;
	case RES_FALSE:
		return EXPR_FALSE;
	case RES_ERROR:
		return EXPR_ERROR;
	default:
		return jq_eval(run, &run->root, err);
	}
}
