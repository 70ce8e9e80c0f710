/* sme-grep - select events with a jq condition */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "expr/expr.h"
#include "stream/filter.h"
#include "stream/writer.h"

/* A file that is longer than any condition need not be read to its end. */
#define CONDITION_MAX ((size_t)1 << 20)

static struct filter filter = {FILTER_INIT};
static const char *condition_file;
static bool invert, count_only, or_null, explain;
static long max_matches = -1;

static const struct cli_opt options[] = {
    {'c', "count", CLI_FLAG, &count_only, NULL, "print only how many events match"},
    {0, "explain", CLI_FLAG, &explain, NULL, "say how the condition is evaluated and exit"},
    {'f', "file", CLI_STRING, &condition_file, "FILE", "take the condition from FILE"},
    {'m', "max-count", CLI_INT, &max_matches, "N", "stop after N matching events"},
    {0, "or-null", CLI_FLAG, &or_null, NULL, "an error of the condition counts as null"},
    {'v', "invert-match", CLI_FLAG, &invert, NULL, "select the events that do not match"},
    FILTER_STREAM_OPTIONS(filter),
    CLI_END,
};

static const struct cli_tool tool = {
    .name = "sme-grep",
    .what = "select events with a jq condition",
    .operands = "condition [file ...]",
    .opts = options,
};

/* What the threads share, and what one of them has for itself. */
struct search {
	struct expr *expr;
	atomic_ulong *matches;
};

struct worker {
	struct expr_run *run;
	atomic_ulong *total;
	unsigned long matches;
};

static void *
worker_open(const void *ctx)
{
	const struct search *s = ctx;
	struct worker *w = xcalloc(1, sizeof *w);

	w->run = expr_run_new(s->expr);
	w->total = s->matches;
	return w;
}

static void
worker_close(void *worker)
{
	struct worker *w = worker;

	atomic_fetch_add(w->total, w->matches);
	expr_run_free(w->run);
	free(w);
}

static enum filter_verdict
match_event(const void *ctx, void *worker, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	const struct search *s = ctx;
	struct worker *w = worker;
	enum expr_result res = expr_eval(s->expr, w->run, ev->line, ev->values, err);
	bool last;

	(void)out;
	if (res == EXPR_ERROR && !or_null)
		return FILTER_REJECT;
	if ((res == EXPR_TRUE) == invert)
		return FILTER_DROP;
	w->matches++;
	last = max_matches > 0 && w->matches == (unsigned long)max_matches;
	if (count_only)
		return last ? FILTER_STOP : FILTER_DROP;
	return last ? FILTER_LAST : FILTER_PASS;
}

/* The condition and, left in *FILES, the files to read. */
static char *
take_condition(char ***files)
{
	struct buf text = BUF_INIT_MAX(CONDITION_MAX);
	struct sme_err err;

	if (condition_file) {
		if (file_read(condition_file, &text, &err) < 0)
			sme_die(err.status, "%s", err.text);
		if (text.n && memchr(text.p, '\0', text.n))
			sme_die(SME_USAGE, "%s: a NUL byte in the condition", condition_file);
		return text.p ? text.p : xstrdup("");
	}
	if (!**files)
		cli_usage("a condition is missing");
	return xstrdup(*(*files)++);
}

static struct expr *
compile(const char *text, struct scan_plan *plan)
{
	struct sme_err err;
	struct expr *e = expr_compile_checked(text, plan, &err);
	struct buf mark = BUF_INIT;
	const char *rest;

	if (e)
		return e;
	rest = strchr(err.text, ':');
	expr_mark(text, &err, &mark);
	sme_warn("%s%s", condition_file ? condition_file : "condition", rest ? rest : "");
	if (mark.n && sme_verbosity >= 0)
		fputs(mark.p, stderr);
	buf_release(&mark);
	exit(SME_USAGE);
}

static void
print(const char *text)
{
	struct writer w;

	writer_init(&w, STDOUT_FILENO, "stdout");
	writer_put(&w, slice_of(text));
	writer_release(&w);
}

static void
print_explanation(const struct expr *e)
{
	struct buf b = BUF_INIT;

	expr_explain(e, &b);
	print(buf_str(&b));
	buf_release(&b);
}

static int
search_files(const struct search *s, char **files)
{
	char number[32];
	int status = SME_OK;
	unsigned long matches;

	filter.worker_open = worker_open;
	filter.worker_close = worker_close;
	if (max_matches > 0)
		filter.jobs = 1;
	if (max_matches != 0)
		status = filter_run(&filter, files, match_event, s);
	matches = atomic_load(s->matches);
	if (count_only) {
		snprintf(number, sizeof number, "%lu\n", matches);
		print(number);
	}
	return status == SME_OK && !matches ? SME_REJECTED : status;
}

int
main(int argc, char **argv)
{
	char **files = cli_parse(&tool, argc, argv);
	char *condition = take_condition(&files);
	atomic_ulong matches = 0;
	struct search search = {.matches = &matches};
	int status = SME_OK;

	filter.plan = scan_plan_new();
	search.expr = compile(condition, filter.plan);
	if (explain)
		print_explanation(search.expr);
	else
		status = search_files(&search, files);
	expr_free(search.expr);
	scan_plan_free(filter.plan);
	free(condition);
	return status;
}
