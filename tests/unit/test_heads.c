/* Models at work: what they say of texts, when they are sure, and why. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/hash.h"
#include "model/decide.h"
#include "model/heads.h"
#include "model/model.h"
#include "model_make.h"

static void
test_decisions(void **state)
{
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct model *m;
	struct heads *heads;
	struct heads_run *run;
	const struct head_result *r;

	(void)state;
	make_deciding(&file, "mood", MODEL_THRESHOLDS, some, table, 2);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	assert_memory_equal(m->thresholds, some, sizeof some);
	assert_memory_equal(m->knots, table, sizeof table);
	heads = heads_new(&m, 1);
	run = heads_run_new(heads, HEADS_MEMORY);
	/* "sad" is never sure enough for its threshold of 1 */
	r = heads_predict(run, SLICE("so sad"));
	assert_int_equal(r->best, 0);
	assert_true(r->p == r->probs[0] && r->probs[2] > r->p);
	r = heads_predict(run, SLICE("I am GLAD!"));
	assert_int_equal(r->best, 1);
	assert_true(decide_floor(m, 0) == 0.25 && decide_floor(m, 1) == 0.25);
	assert_true(decide_floor(m, 2) == 1);
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

static void
predict(const char *text, uint16_t flags, int best, double at_least)
{
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct model *m;
	struct heads *heads;
	struct heads_run *run;
	const struct head_result *r;

	make_model(&file, "mood", flags);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	heads = heads_new(&m, 1);
	run = heads_run_new(heads, HEADS_MEMORY);
	for (int i = 0; i < 3; i++) { /* what is remembered changes nothing */
		double total = 0;

		r = heads_predict(run, slice_of(text));
		assert_int_equal(r->best, best);
		assert_true(r->p >= at_least && r->p <= 1);
		for (int c = 0; c < LABELS && best >= 0; c++)
			total += r->probs[c];
		assert_true(best < 0 || (total > 0.999999 && total < 1.000001));
	}
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

static void
test_predict(void **state)
{
	(void)state;
	predict("I am GLAD!", 0, 1, 0.8);
	predict("so sad", 0, 2, 0.8);
	predict("I am not glad", 0, 2, 0.7);
	predict("nothing known", 0, -1, 0);
	predict("", 0, -1, 0);
	/* In Greek, only the label that was seen in Greek can win. */
	predict("glad χαίρω πολύ", MODEL_SCRIPTS, 0, 1);
	predict("glad где ты была", MODEL_SCRIPTS, -1, 0);
	/* The script alone tells, or what is the more frequent in it. */
	predict("ωραία", MODEL_SCRIPTS, 0, 1);
	predict("nothing known", MODEL_SCRIPTS, 0, 0.34);
	predict("12345", MODEL_SCRIPTS, -1, 0);
}

/* A temperature next to nothing makes a head sure, not mad. */
static void
test_cold(void **state)
{
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct model *m;
	struct heads *heads;
	struct heads_run *run;

	(void)state;
	make_model(&file, "mood", MODEL_SCRIPTS);
	((struct model_header *)file.p)->temperature = 1e-43f;
	seal(&file);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	heads = heads_new(&m, 1);
	run = heads_run_new(heads, HEADS_MEMORY);
	assert_int_equal(heads_predict(run, SLICE("nothing known"))->best, 0);
	assert_true(heads_predict(run, SLICE("nothing known"))->p == 1);
	assert_int_equal(heads_predict(run, SLICE("glad"))->best, 1);
	assert_true(heads_predict(run, SLICE("glad"))->p == 1);
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

static void
test_explain(void **state)
{
	struct buf file = BUF_INIT;
	struct head_reason why[2];
	struct sme_err err;
	struct model *m;
	struct heads *heads;
	struct heads_run *run;

	(void)state;
	make_model(&file, "mood", 0);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	heads = heads_new(&m, 1);
	run = heads_run_new(heads, HEADS_MEMORY);
	heads_predict(run, SLICE("well, sad and glad"));
	assert_int_equal(heads_explain(run, 0, 2, why, 2), 1);
	assert_true(slice_is(norm_token(heads_norm(run), why[0].token), "sad"));
	assert_int_equal(heads_explain(run, 0, 1, why, 2), 1);
	assert_true(slice_is(norm_token(heads_norm(run), why[0].token), "glad"));
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decisions),
	    cmocka_unit_test(test_predict),
	    cmocka_unit_test(test_cold),
	    cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
