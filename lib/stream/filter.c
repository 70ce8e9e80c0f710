#include "stream/filter.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "stream/filter_int.h"
#include "stream/metrics.h"

#define METRICS_SECONDS 10

int64_t
filter_now(struct filter *f)
{
	if (f->now == TIME_NONE)
		f->now = time_now_ms();
	return f->now;
}

void
lane_open(struct lane *l, struct filter *f, filter_fn *fn, const void *ctx)
{
	*l = (struct lane){.f = f, .fn = fn, .ctx = ctx, .value = BUF_INIT, .after = BUF_INIT};
	l->type_slot = scan_plan_add(f->plan, "type");
	l->key_slot = f->key ? scan_plan_add(f->plan, f->key) : -1;
	l->tenant_slot = f->tenant ? scan_plan_add(f->plan, "tenant") : -1;
	l->scanner = scanner_new(f->plan);
	l->worker = f->worker_open ? f->worker_open(ctx) : NULL;
}

void
lane_close(struct lane *l)
{
	if (l->f->worker_close)
		l->f->worker_close(l->worker);
	scanner_free(l->scanner);
	buf_release(&l->value);
	buf_release(&l->after);
}

void
lane_finish(struct lane_result *r, struct filter *f, const struct block *b,
    struct rejects *rejects)
{
	for (size_t i = 0; i < r->nrejects; i++)
		rejects_add(rejects, b->file, r->rejects[i].lineno, r->rejects[i].error,
		    r->rejects[i].raw);
	f->lines += r->lines;
	f->passed += r->passed;
	f->added += r->added;
	f->dropped += r->dropped;
	r->nrejects = 0;
	r->lines = r->passed = r->added = r->dropped = 0;
}

static void
emit(struct lane *l, struct slice s)
{
	if (l->w)
		writer_put(l->w, s);
	else
		buf_adds(l->out, s);
}

static void
end_run(struct lane *l)
{
	if (l->run.n)
		emit(l, l->run);
	l->run = (struct slice){NULL, 0};
}

/* Hand on LINE as it is; NEWLINE says whether one follows it in the block. */
static void
pass(struct lane *l, struct slice line, bool newline)
{
	if (l->run.p + l->run.n != line.p) {
		end_run(l);
		l->run.p = line.p;
	}
	l->run.n += line.n + newline;
	if (!newline) {
		end_run(l);
		emit(l, SLICE("\n"));
	}
}

/* Is the object at ROOT without members? */
static bool
is_empty(const struct json_value *root)
{
	const char *p = root->p + root->n - 2;

	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p--;
	return p == root->p;
}

/* LINE with the tool's key added as the last member, or its value replaced. */
static void
add(struct lane *l, struct slice line)
{
	const struct json_value *root = &l->scanner->root, *old = &l->scanner->values[l->key_slot];
	const char *end = line.p + line.n, *at, *rest;

	end_run(l);
	if (old->type != JSON_MISSING) {
		at = old->p;
		rest = old->p + old->n;
		emit(l, (struct slice){line.p, (size_t)(at - line.p)});
	} else {
		at = rest = root->p + root->n - 1;
		emit(l, (struct slice){line.p, (size_t)(at - line.p)});
		emit(l, is_empty(root) ? SLICE("\"") : SLICE(",\""));
		emit(l, slice_of(l->f->key));
		emit(l, SLICE("\":"));
	}
	emit(l, buf_slice(&l->value));
	emit(l, (struct slice){rest, (size_t)(end - rest)});
	emit(l, SLICE("\n"));
}

static void
reject(struct lane *l, struct slice line, size_t lineno, const char *error)
{
	struct lane_result *res = l->result;
	struct lane_reject *r;

	res->rejects = xgrow(res->rejects, res->nrejects, &res->cap, sizeof *res->rejects);
	r = &res->rejects[res->nrejects++];
	r->lineno = lineno;
	r->raw = line;
	snprintf(r->error, sizeof r->error, "%s", error);
}

/* Does --tenant leave this event out? */
static bool
other_tenant(const struct lane *l)
{
	const struct json_value *v;

	if (l->tenant_slot < 0)
		return false;
	v = &l->scanner->values[l->tenant_slot];
	if (v->type != JSON_STRING)
		return strcmp(l->f->tenant, "default") != 0;
	return !json_is(v, slice_of(l->f->tenant));
}

/* A line that is JSON, or (scanned < 0) is not, but in any case no event. */
static void
reject_line(struct lane *l, struct slice line, size_t lineno, int scanned)
{
	char text[128];

	if (scanned < 0)
		snprintf(text, sizeof text, "byte %zu: %s", l->scanner->error_at + 1, l->scanner->error);
	else
		snprintf(text, sizeof text, "not a JSON object");
	reject(l, line, lineno, text);
}

static void
work(struct lane *l, const char *file, size_t lineno, struct slice line, bool newline)
{
	struct event ev = {line, file, lineno, l->scanner->values, {NULL, 0, JSON_MISSING, false}};
	struct filter_out out = {&l->value, &l->after};
	struct sme_err err;

	ev.type = l->scanner->values[l->type_slot];
	if (other_tenant(l)) {
		l->result->passed++;
		pass(l, line, newline);
		return;
	}
	buf_clear(&l->value);
	buf_clear(&l->after);
	switch (l->fn(l->ctx, l->worker, &ev, &out, &err)) {
	case FILTER_LAST:
		l->stop = true;
		/* fall through */
	case FILTER_PASS:
		l->result->passed++;
		pass(l, line, newline);
		break;
	case FILTER_ADD:
		l->result->added++;
		add(l, line);
		break;
	case FILTER_DROP:
		l->result->dropped++;
		break;
	case FILTER_STOP:
		l->result->dropped++;
		l->stop = true;
		break;
	case FILTER_REJECT:
		reject(l, line, lineno, err.text);
		return;
	}
	if (l->after.n) {
		end_run(l);
		emit(l, buf_slice(&l->after));
	}
}

size_t
lane_block(struct lane *l, const struct block *b)
{
	const char *end = b->p + b->n;
	size_t lineno = b->lineno;
	struct slice line;
	int scanned;

	scanner_start(l->scanner, b->p, b->n);
	for (; !l->stop && (scanned = scanner_next(l->scanner, &line)) != 0; lineno++) {
		if (scanned < 0 && slice_trim(line).n == 0)
			continue;
		l->result->lines++;
		if (scanned < 0 || l->scanner->root.type != JSON_OBJECT)
			reject_line(l, line, lineno, scanned);
		else
			work(l, b->file, lineno, line, line.p + line.n < end);
	}
	end_run(l);
	return lineno - b->lineno;
}

void
filter_input_error(const struct sme_err *err, int *status)
{
	if (err->status == SME_IOERR || err->status == SME_OSERR)
		sme_die(err->status, "%s", err->text);
	sme_warn("%s", err->text);
	if (!*status)
		*status = (int)err->status;
}

void
filter_metrics(struct filter *f, const struct rejects *rejects, bool finally)
{
	static _Thread_local time_t last;
	char labels[96];
	struct sme_err err;
	time_t now = time(NULL);

	if (!f->metrics || (!finally && now < last + METRICS_SECONDS))
		return;
	last = now;
	snprintf(labels, sizeof labels, "tool=\"%.64s\"", sme_tool);
	struct metric samples[] = {
	    {"sme_lines_total", "Lines read.", "counter", labels, (double)f->lines},
	    {"sme_read_bytes_total", "Bytes read, unpacked.", "counter", labels, (double)f->bytes},
	    {"sme_passed_total", "Events handed on as they were.", "counter", labels, (double)f->passed},
	    {"sme_added_total", "Events that got the tool's key.", "counter", labels, (double)f->added},
	    {"sme_dropped_total", "Events not handed on.", "counter", labels, (double)f->dropped},
	    {"sme_rejected_total", "Lines rejected.", "counter", labels, (double)rejects_count(rejects)},
	    {"sme_last_run_timestamp_seconds", "When this was written.", "gauge", labels, (double)now},
	};
	if (metrics_write(f->metrics, samples, sizeof samples / sizeof *samples, &err) < 0)
		sme_die(err.status, "%s", err.text);
}

/* A mapped input file was cut short.  What was read of it may be half a line: no clean way on. */
static void
on_sigbus(int sig)
{
	static const char text[] = ": an input file was cut short while it was read\n";

	(void)sig;
	if (write(STDERR_FILENO, sme_tool, strlen(sme_tool)) < 0 ||
	    write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(SME_IOERR);
	_exit(SME_IOERR);
}

/* All that there is goes out before the tool waits for more. */
static void
wait_for_input(struct filter *f, struct reader *r, struct lane *l)
{
	while (reader_would_block(r)) {
		writer_flush(l->w);
		if (!f->idle || reader_wait(r, f->idle_ms))
			return;
		buf_clear(&l->after);
		f->idle(l->ctx, l->worker, &l->after);
		writer_put(l->w, buf_slice(&l->after));
	}
}

static int
run_single(struct filter *f, struct reader *r, struct rejects *rejects, filter_fn *fn,
    const void *ctx)
{
	struct writer w;
	struct lane l;
	struct lane_result result = {0};
	struct block b;
	struct sme_err err;
	enum reader_kind kind;
	int status = 0;

	sigaction(SIGBUS, &(struct sigaction){.sa_handler = on_sigbus}, NULL);
	reader_allow_map(r);
	writer_init(&w, STDOUT_FILENO, "stdout");
	lane_open(&l, f, fn, ctx);
	l.w = &w;
	l.result = &result;
	while (!l.stop) {
		wait_for_input(f, r, &l);
		kind = reader_next(r, &b, &err);
		if (kind == READER_END)
			break;
		if (kind == READER_ERROR) {
			filter_input_error(&err, &status);
			continue;
		}
		f->bytes += b.n;
		if (kind == READER_OVERSIZE) {
			rejects_piece(rejects, b.file, b.lineno, FILTER_OVERSIZE,
			    (struct slice){b.p, b.n}, b.last);
			continue;
		}
		reader_counted(r, lane_block(&l, &b));
		lane_finish(&result, f, &b, rejects);
		filter_metrics(f, rejects, false);
	}
	lane_close(&l);
	free(result.rejects);
	writer_release(&w);
	return status;
}

int
filter_run(struct filter *f, char *const *files, filter_fn *fn, const void *ctx)
{
	bool own_plan = !f->plan;
	struct sme_err err;
	struct rejects *rejects = rejects_open(f->rejects, &err);
	struct reader *r = reader_open(files);
	int status;

	if (!rejects)
		sme_die(err.status, "%s", err.text);
	if (own_plan)
		f->plan = scan_plan_new();
	f->lines = f->bytes = f->passed = f->added = f->dropped = f->rejected = 0;
	status = f->jobs > 1 ? filter_run_jobs(f, r, rejects, fn, ctx)
			     : run_single(f, r, rejects, fn, ctx);
	f->rejected = rejects_count(rejects);
	filter_metrics(f, rejects, true);
	rejects_close(rejects);
	reader_close(r);
	if (own_plan) {
		scan_plan_free(f->plan);
		f->plan = NULL;
	}
	if (status)
		return status;
	return f->rejected ? SME_REJECTED : SME_OK;
}
