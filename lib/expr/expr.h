/*
 * Conditions in the jq language.  A condition in the common subset (sme-grep(1), CONDITIONS) is
 * compiled to a native evaluator that works on the raw line; anything else runs in libjq.  Both
 * give the same answer, always.
 */
#ifndef SME_EXPR_EXPR_H
#define SME_EXPR_EXPR_H

#include "core/buf.h"
#include "core/err.h"
#include "stream/scan.h"

struct expr;

/*
 * Compile TEXT.  The paths that it needs are added to PLAN, which must be the plan of the scanner
 * whose values expr_eval later gets.  NULL with ERR (SME_USAGE, the place marked) for a syntax
 * error. libjq is only started when the condition needs it.
 */
struct expr *expr_compile(const char *text, struct scan_plan *plan, struct sme_err *err);
void expr_free(struct expr *e);

/*
 * For what people write as a condition: as expr_compile, but also NULL with ERR for what is jq and surely a
 * mistake, `.a = 1` and a test() whose expression or letters are none.
 */
struct expr *expr_compile_checked(const char *text, struct scan_plan *plan, struct sme_err *err);

/* One thread's scratch memory (and its own libjq, when the condition needs one). */
struct expr_run;
struct expr_run *expr_run_new(const struct expr *e);
void expr_run_free(struct expr_run *run);

enum expr_result {
	EXPR_FALSE, /* the last value is false or null, or there is none */
	EXPR_TRUE,
	EXPR_ERROR /* jq would have ended with an error; err has its text */
};

/*
 * Does the event match, as `jq 'select(TEXT)'` would decide?  (With several outputs: true when any
 * is true.)  LINE is the whole raw event, VALUES what the scanner found in it.
 */
enum expr_result expr_eval(const struct expr *e, struct expr_run *run, struct slice line,
    const struct json_value *values, struct sme_err *err);

/*
 * For ERR of expr_compile: append the line of TEXT that is wrong and a mark under the place, both
 * indented and safe for a terminal.  Nothing when ERR names no place.
 */
void expr_mark(const char *text, const struct sme_err *err, struct buf *b);

/* "native" or "libjq". */
const char *expr_engine(const struct expr *e);

/* Say in a few lines which evaluator runs and why, and which paths are read.  Appends to B. */
void expr_explain(const struct expr *e, struct buf *b);

#endif
