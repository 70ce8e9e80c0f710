/* sme-publish - send approved replies exactly once */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "core/cli.h"
#include "core/err.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "outbox/office.h"
#include "outbox/publish.h"
#include "sme-publish/sme-publish.h"
#include "stream/filter.h"
#include "stream/writer.h"
#include "vault/secret.h"

static struct filter filter = {FILTER_INIT};
static const char *outbox_option;
static bool dry_run, unknown;
static const char *resolve_key, *plan_file;

/* How often a stream that goes on is left for what has to be tried again, in ms. */
#define TEND_MS    1000
#define TEND_SHARE 250

/* At the end of the input, what can be tried again so soon is waited for. */
static int64_t wait_ms = 60000;

static const struct cli_opt options[] = {
	FILTER_OPTIONS(filter),
	{'n', "dry-run", CLI_FLAG, &dry_run, NULL, "only say what would be sent"},
	{0, "plan", CLI_STRING, &plan_file, "FILE", "can so many be answered in a day, at what cost"},
	{0, "resolve", CLI_STRING, &resolve_key, "KEY", "say of a reply: sent ID, or not-sent"},
	{0, "unknown", CLI_FLAG, &unknown, NULL, "list what may be sent or not, and nobody knows"},
	{0, "wait", CLI_DURATION, &wait_ms, "TIME", "for what can be tried again by then (1m)"},
	{'o', "outbox", CLI_STRING, &outbox_option, "DIR", "where the replies are put"},
	CLI_END
};

static const struct cli_tool tool = {
	.name = "sme-publish",
	.what = "send approved replies exactly once",
	.operands = "[file ...]",
	.opts = options
};

struct context {
	const struct publisher *publisher;
	struct outbox *outbox; /* NULL: dry run */
	const char *dir, *db; /* of the outbox; sme.db */
	struct office *office; /* NULL: no account has a connector */
};

struct worker {
	struct publisher_run *run;
	int64_t tended; /* when */
	struct buf last; /* the reply event that was written just before */
	bool held;       /* it says that the reply was not sent through the directory */
	struct db *desk; /* NULL: not needed yet, or there is none */
};

static void *
worker_open(const void *ctx)
{
	struct worker *w = xcalloc(1, sizeof *w);

	w->run = publisher_run_new(((const struct context *)ctx)->publisher);
	w->last = (struct buf)BUF_INIT;
	return w;
}

static void
worker_close(void *worker)
{
	struct worker *w = worker;

	publisher_run_free(w->run);
	db_close(w->desk);
	buf_release(&w->last);
	free(w);
}

/* The time of the sending, not of the start: a stream may be followed for days. */
static int64_t
now(void)
{
	return filter.now == TIME_NONE ? time_now_ms() : filter.now;
}

/* sme.db, where EV needs it and it is there. */
static struct db *
desk_for(const struct context *c, struct worker *w, const struct event *ev)
{
	struct sme_err err;

	if (!w->desk && publish_is_claimed(c->publisher, ev) && db_open_existing(c->db, &w->desk, &err) < 0)
		sme_die(err.status, "%s", err.text);
	return w->desk;
}

static enum filter_verdict
say(const struct context *c, struct worker *w, const struct event *ev, struct sme_err *err)
{
	struct buf line = BUF_INIT;
	struct gate_verdict v = {0};
	struct slice key;
	enum publish_result r = publish_preview(c->publisher, ev, now(), &key, &line, err);

	if (r == PUBLISH_SENT && !outbox_has(c->dir, key)) {
		r = publish_claim(c->publisher, w->run, desk_for(c, w, ev), ev, &v, err);
		if (r == PUBLISH_FAILED)
			sme_die(err->status, "%s", err->text);
		if (r == PUBLISH_HELD)
			sme_warn("would not send %.*s: %s", SLICE_ARG(key), v.reason);
		else
			sme_warn("would send %.*s", SLICE_ARG(slice_trim(buf_slice(&line))));
	}
	buf_release(&line);
	return r == PUBLISH_BAD ? FILTER_REJECT : FILTER_PASS;
}

static enum filter_verdict
publish_mention(const struct context *c, struct worker *w, const struct event *ev,
    struct filter_out *out, struct sme_err *err)
{
	if (!c->outbox)
		return say(c, w, ev, err);
	switch (publish_event(c->publisher, w->run, c->outbox, desk_for(c, w, ev), ev, now(), out->after,
	    err)) {
	case PUBLISH_NOTHING:
		return FILTER_PASS;
	case PUBLISH_HELD:
		w->held = true;
		/* fall through */
	case PUBLISH_SENT:
		buf_adds(&w->last, buf_slice(out->after));
		return FILTER_PASS;
	case PUBLISH_BAD:
		return FILTER_REJECT;
	case PUBLISH_FAILED:
		break;
	}
	/* What could not be sent must not look sent; the next run takes it up again. */
	sme_die(err->status, "%s", err->text);
}

/* A text of several lines, each a message. */
static void
warn_lines(struct slice text)
{
	struct slice line;

	while (slice_cut(&text, '\n', &line))
		if (line.n)
			sme_warn("%.*s", SLICE_ARG(line));
}

/* By the account's network, or else through the directory. */
static enum filter_verdict
send_event(const struct context *c, struct worker *w, const struct event *ev,
    struct filter_out *out, struct sme_err *err)
{
	enum office_result r = c->office ? office_take(c->office, ev, out->after, err) : OFFICE_NOT_OURS;

	switch (r) {
	case OFFICE_NOT_OURS:
		return event_is(ev, "mention") ? publish_mention(c, w, ev, out, err) : FILTER_PASS;
	case OFFICE_BAD:
		return FILTER_REJECT;
	case OFFICE_FAILED:
		sme_die(err->status, "%s", err->text);
	case OFFICE_TAKEN:
		break;
	}
	if (dry_run) {
		warn_lines(buf_slice(out->after));
		buf_clear(out->after);
	}
	buf_adds(&w->last, buf_slice(out->after));
	return FILTER_PASS;
}

/* What is due while the stream goes on, or waits: of each second a part, so that live answers go out while a
 * campaign does; all the time when nothing comes in. */
static void
tend(const void *ctx, void *worker, struct buf *after)
{
	struct office *office = ((const struct context *)ctx)->office;
	struct worker *w = worker;
	struct sme_err err;
	int64_t wait;
	int more = 0;

	if (!office)
		return;
	w->tended = time_now_ms();
	if (office_next(office, 0, &wait, &err) < 0 ||
	    (wait && (more = office_resume(office, TEND_SHARE, after, &err)) < 0))
		sme_die(err.status, "%s", err.text);
	filter.idle_ms = more ? 0 : TEND_MS;
}

static bool
is_time(const struct worker *w)
{
	int64_t at = time_now_ms();

	return at < w->tended || at >= w->tended + TEND_MS;
}

/* Cuts LINE behind what tells when it was created; p == NULL when nothing does. */
static struct slice
cut_time(struct slice *line)
{
	static const char key[] = "\"created_at\":\"";
	const char *at = memmem(line->p, line->n, key, sizeof key - 1);
	struct slice head = {NULL, 0}, time;

	if (at) {
		head = (struct slice){line->p, (size_t)(at - line->p)};
		*line = (struct slice){at + sizeof key - 1, line->n - head.n - (sizeof key - 1)};
		slice_cut(line, '"', &time);
	}
	return head;
}

/* Is LINE the event that was written just before?  What is held through the directory is found out anew in
 * every run, so that its time is another one. */
static bool
is_last(const struct worker *w, struct slice line)
{
	struct slice last = slice_trim(buf_slice(&w->last));

	if (!w->held || slice_eq(last, line))
		return slice_eq(last, line);
	return slice_eq(cut_time(&last), cut_time(&line)) && slice_eq(last, line);
}

static void
note_reply(const struct context *c, const struct event *ev)
{
	if (c->office)
		office_see(c->office, ev);
}

/* A stream that has been here before holds the reply event already, right behind its mention: it
 * is not to stand there twice. */
static enum filter_verdict
publish(const void *ctx, void *worker, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	struct worker *w = worker;
	bool again = is_last(w, ev->line);
	enum filter_verdict verdict = FILTER_PASS;

	buf_clear(&w->last);
	w->held = false;
	if (again)
		return FILTER_DROP;
	if (event_is(ev, "mention") || event_is(ev, "post"))
		verdict = send_event(ctx, w, ev, out, err);
	else if (event_is(ev, "reply"))
		note_reply(ctx, ev);
	/* The events of a reply stand right behind its mention. */
	if (!out->after->n && is_time(w))
		tend(ctx, worker, out->after);
	return verdict;
}

/* --outbox, what the configuration says, or the place for state. */
static char *
find_outbox(const struct config *config)
{
	struct slice dir = node_text(node_get(config->root, "publish"), "outbox");
	struct buf b = BUF_INIT;
	char *home;

	if (outbox_option)
		return xstrdup(outbox_option);
	if (dir.p)
		return config_path(config, dir);
	home = sme_home();
	buf_printf(&b, "%s/outbox", home);
	free(home);
	return buf_detach(&b);
}

static char *
database(void)
{
	struct buf b = BUF_INIT;
	char *home = sme_home();

	buf_printf(&b, "%s/sme.db", home);
	free(home);
	return buf_detach(&b);
}

/* Take up what is due, and let its events out. */
static void
resume(struct office *office, int64_t longest)
{
	struct buf events = BUF_INIT;
	struct writer w;
	struct sme_err err;

	if (office_resume(office, longest, &events, &err) < 0)
		sme_die(err.status, "%s", err.text);
	writer_init(&w, STDOUT_FILENO, "stdout");
	writer_put(&w, buf_slice(&events));
	writer_release(&w);
	buf_release(&events);
}

/* What can be tried again within --wait is. */
static void
wait_for_rest(struct office *office)
{
	int64_t left = wait_ms, wait;
	struct sme_err err;

	for (;;) {
		resume(office, OFFICE_ALL);
		if (office_next(office, left, &wait, &err) < 0)
			sme_die(err.status, "%s", err.text);
		if (wait <= 0 || wait > left)
			return;
		nanosleep(&(struct timespec){wait / 1000, wait % 1000 * 1000000}, NULL);
		office_waited(office, wait);
		left -= wait;
	}
}

/* The end of a run: STATUS, or that something is still to be done. */
static int
finish(struct office *office, int status)
{
	size_t later, person;
	struct sme_err err;

	if (!office)
		return status;
	wait_for_rest(office);
	if (office_told(office, &err) < 0)
		sme_die(err.status, "%s", err.text);
	office_left(office, &later, &person);
	if (person)
		sme_warn("sent or not, nobody knows: %zu (sme-publish --unknown lists them)", person);
	if (later)
		sme_warn("still to be sent: %zu (the next run tries again)", later);
	office_close(office);
	return later && status == SME_OK ? SME_TEMPFAIL : status;
}

static struct office *
open_office(const struct config *config, const char *db, const char *dir)
{
	struct office_options office_options = {
	    .config = config,
	    .db = db,
	    .outbox = dir,
	    .tenant = filter.tenant,
	    .now = filter.now,
	    .dry_run = dry_run,
	};
	struct office *office;
	struct sme_err err;

	if (office_open(&office_options, filter.plan, &office, &err) < 0)
		sme_die(err.status, "%s", err.text);
	if (office)
		resume(office, TEND_SHARE);
	return office;
}

static int
run(const struct config *config, const char *db, char *const *files)
{
	char *dir = find_outbox(config);
	struct context c = {.dir = dir, .db = db};
	struct publisher *publisher;
	struct sme_err err;
	int status;

	if (!dry_run && !(c.outbox = outbox_open(dir, &err)))
		sme_die(err.status, "%s", err.text);
	filter.plan = scan_plan_new();
	c.publisher = publisher = publisher_new(filter.plan);
	c.office = open_office(config, db, dir);
	filter.worker_open = worker_open;
	filter.worker_close = worker_close;
	filter.idle = tend;
	filter.idle_ms = TEND_MS;
	filter.jobs = 1; /* replies go out in order, one after another */
	status = finish(c.office, filter_run(&filter, files, publish, &c));
	publisher_free(publisher);
	scan_plan_free(filter.plan);
	outbox_close(c.outbox);
	free(dir);
	return status;
}

int
main(int argc, char **argv)
{
	char **files = cli_parse(&tool, argc, argv), *db;
	struct config config;
	struct sme_err err;
	int status;

	if (secret_protect(&err) < 0)
		sme_die(err.status, "%s", err.text);
	if (filter.check_config)
		return config_check_main(filter.config);
	if (config_load(&config, filter.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	db = database();
	if (plan_file)
		status = plan_volumes(&config, plan_file);
	else if (unknown)
		status = list_unknown(db, filter.tenant);
	else if (resolve_key)
		status = resolve(&config, db, filter.tenant, resolve_key, files, filter.now);
	else
		status = run(&config, db, files);
	config_release(&config);
	free(db);
	return status;
}
