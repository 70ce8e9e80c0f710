/* sme-publish - send approved replies exactly once */
#include <stdlib.h>

#include "config/config.h"
#include "core/cli.h"
#include "core/err.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "outbox/publish.h"
#include "stream/filter.h"
#include "vault/secret.h"

static struct filter filter = {FILTER_INIT};
static const char *outbox_option;
static bool dry_run;

static const struct cli_opt options[] = {
	FILTER_OPTIONS(filter),
	{'n', "dry-run", CLI_FLAG, &dry_run, NULL, "only say what would be sent"},
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
	const char *dir;
};

struct worker {
	struct publisher_run *run;
	struct buf last; /* the reply event that was written just before */
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
	buf_release(&w->last);
	free(w);
}

/* The time of the sending, not of the start: a stream may be followed for days. */
static int64_t
now(void)
{
	return filter.now == TIME_NONE ? time_now_ms() : filter.now;
}

static enum filter_verdict
say(const struct context *c, const struct event *ev, struct sme_err *err)
{
	struct buf line = BUF_INIT;
	struct slice key;
	enum publish_result r = publish_preview(c->publisher, ev, now(), &key, &line, err);

	if (r == PUBLISH_SENT && !outbox_has(c->dir, key))
		sme_warn("would send %.*s", SLICE_ARG(slice_trim(buf_slice(&line))));
	buf_release(&line);
	return r == PUBLISH_BAD ? FILTER_REJECT : FILTER_PASS;
}

static enum filter_verdict
publish_mention(const struct context *c, struct worker *w, const struct event *ev,
    struct filter_out *out, struct sme_err *err)
{
	if (!c->outbox)
		return say(c, ev, err);
	switch (publish_event(c->publisher, w->run, c->outbox, ev, now(), out->after, err)) {
	case PUBLISH_NOTHING:
		return FILTER_PASS;
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

/* A stream that has been here before holds the reply event already, right behind its mention: it
 * is not to stand there twice. */
static enum filter_verdict
publish(const void *ctx, void *worker, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	struct worker *w = worker;
	bool again = slice_eq(slice_trim(buf_slice(&w->last)), ev->line);

	buf_clear(&w->last);
	if (again)
		return FILTER_DROP;
	return event_is(ev, "mention") ? publish_mention(ctx, w, ev, out, err) : FILTER_PASS;
}

/* --outbox, what the configuration says, or the place for state. */
static char *
outbox_dir(const struct config *config)
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

int
main(int argc, char **argv)
{
	char **files = cli_parse(&tool, argc, argv);
	struct config config;
	struct publisher *publisher;
	struct outbox *outbox = NULL;
	struct sme_err err;
	char *dir;
	int status;

	if (secret_protect(&err) < 0)
		sme_die(err.status, "%s", err.text);
	if (filter.check_config)
		return config_check_main(filter.config);
	if (config_load(&config, filter.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	dir = outbox_dir(&config);
	if (!dry_run && !(outbox = outbox_open(dir, &err)))
		sme_die(err.status, "%s", err.text);
	filter.plan = scan_plan_new();
	publisher = publisher_new(filter.plan);
	filter.worker_open = worker_open;
	filter.worker_close = worker_close;
	filter.jobs = 1; /* replies go out in order, one after another */
	status = filter_run(&filter, files, publish,
	    &(struct context){publisher, outbox, dir});
	publisher_free(publisher);
	scan_plan_free(filter.plan);
	outbox_close(outbox);
	config_release(&config);
	free(dir);
	return status;
}
