/* sme-hook - receive what networks and apps push, keep it, and map it to events */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "core/cli.h"
#include "core/rfc3339.h"
#include "sme-hook/hook.h"
#include "vault/secret.h"

/* How long mapping may go on after SIGTERM, and with --drain. */
#define PATIENCE_MS INT64_C(5000)
#define DRAIN_MS (INT64_C(365) * 24 * 60 * 60 * 1000)

#define METRICS_MS INT64_C(10000)

static struct {
	const char *config, *listen, *log, *metrics, *rejects, *spool, *tenant;
	bool check_config, drain;
	int64_t now;
} opt = {.now = TIME_NONE};

static const struct cli_opt options[] = {
    {'c', "config", CLI_STRING, &opt.config, "FILE", "configuration, see sme.jq(5)"},
    {0, "check-config", CLI_FLAG, &opt.check_config, NULL, "check the configuration and exit"},
    {0, "drain", CLI_FLAG, &opt.drain, NULL, "map what is in the spool and exit"},
    {0, "listen", CLI_STRING, &opt.listen, "ADDRESS", "where to listen (127.0.0.1:8480)"},
    {0, "log", CLI_STRING, &opt.log, "DIR", "append events to this log, not to stdout"},
    {0, "metrics", CLI_STRING, &opt.metrics, "FILE", "write Prometheus metrics to FILE"},
    {0, "now", CLI_TIME, &opt.now, "TIME", "take this for the current time"},
    {0, "rejects", CLI_STRING, &opt.rejects, "FILE", "append what cannot be mapped to FILE"},
    {0, "spool", CLI_STRING, &opt.spool, "DIR", "where to keep what arrives"},
    {0, "tenant", CLI_STRING, &opt.tenant, "NAME", "serve only this tenant's sources"},
    CLI_END,
};

static const struct cli_command commands[] = {
    {"erase", ERASE_WHAT, erase_main},
    {NULL, NULL, NULL},
};

static const struct cli_tool tool = {
    .name = "sme-hook",
    .what = "receive what networks and apps push, durably, as events",
    .operands = NULL,
    .opts = options,
    .commands = commands,
};

static void
note(const char *text)
{
	sme_warn("%s", text);
}

/* ---- places ---- */

static char *
below(const struct hook *h, const char *name)
{
	struct buf path = BUF_INIT;

	buf_printf(&path, "%s/%s", h->dir, name);
	return buf_detach(&path);
}

static void
open_state(struct hook *h)
{
	struct sme_err err;
	char *deliveries;

	h->position = below(h, "position");
	h->rejects_path = opt.rejects ? strdup(opt.rejects) : below(h, "rejects.ndjson");
	deliveries = below(h, "deliveries");
	h->rejects = rejects_open(h->rejects_path, &err);
	if (!h->rejects || spool_pos_load(h->position, &h->pos, &err) < 0)
		sme_die(err.status, "%s", err.text);
	h->spool = spool_open(deliveries, h->pos, note, &err);
	if (!h->spool || sources_open_chats(h->sources, h->dir, &err) < 0)
		sme_die(err.status, "%s", err.text);
	free(deliveries);
}

/* ---- settings ---- */

static void
read_options(struct hook *h)
{
	const struct json_node *set = node_get(h->config.root, "hook");
	struct slice listen = node_text(set, "listen");
	struct sme_err err;

	h->server_options = (struct server_options){
	    .listen = opt.listen ? opt.listen
	              : listen.p ? listen.p
	                         : SERVER_LISTEN,
	    .body = (size_t)node_number(set, "body", (double)SERVER_BODY),
	    .connections = (unsigned)node_number(set, "connections", SERVER_CONNECTIONS),
	    .per_ip = (unsigned)node_number(set, "per_ip", 0),
	    .timeout = config_duration(set, "timeout", SERVER_TIMEOUT),
	    .now = opt.now,
	};
	if (h->server_options.timeout <= 0)
		sme_die(
		    SME_CONFIG, "%s: .hook.timeout: expected more than nothing", h->config.path);
	if (listen_check(h->server_options.listen, &err) < 0)
		sme_die(opt.listen ? SME_USAGE : SME_CONFIG, "%s", err.text);
}

static void
open_sources(struct hook *h)
{
	struct sme_err err;

	h->sources = sources_open(&h->config, opt.tenant, note, &err);
	if (!h->sources)
		sme_die(err.status, "%s", err.text);
	if (!opt.check_config && !sources_count(h->sources))
		sme_die(SME_CONFIG, "%s: no source has a connector with a webhook, or a chat",
		    h->config.path ? h->config.path : "the configuration");
}

/* ---- the run ---- */

/* A connection is an open file, and so is each segment of a log. */
static void
allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static void
arrived(void *ctx)
{
	consumer_wake(ctx);
}

static void
start_consumer(struct hook *h)
{
	struct sme_err err;

	h->consumer_options = (struct consumer_options){
	    .sources = h->sources,
	    .spool = h->spool,
	    .pos = h->pos,
	    .position = h->position,
	    .log = opt.log,
	    .rejects = h->rejects,
	    .rejects_path = h->rejects_path,
	    .say = note,
	};
	h->consumer = consumer_start(&h->consumer_options, &err);
	if (!h->consumer)
		sme_die(err.status, "%s", err.text);
}

static int
start_server(struct hook *h, struct sme_err *err)
{
	if (sources_unlock_vault(h->sources, err) < 0)
		return -1;
	h->committer = commit_start(note, err);
	if (!h->committer)
		return -1;
	h->server_options.sources = h->sources;
	h->server_options.spool = h->spool;
	h->server_options.committer = h->committer;
	h->server_options.arrived = arrived;
	h->server_options.ctx = h->consumer;
	h->server = server_start(&h->server_options, err);
	if (!h->server)
		return -1;
	sme_verbose("listening on %s", server_address(h->server));
	tell_manager("READY=1");
	return 0;
}

static void
reload(struct hook *h)
{
	struct sme_err err;

	if (sources_reload(h->sources, &err) < 0)
		sme_warn("the secrets stay as they were: %s", err.text);
	else
		sme_verbose("secrets read again");
}

static void
write_metrics(struct hook *h, int64_t every)
{
	int64_t now = time_now_ms();
	struct sme_err err;

	if (!opt.metrics || now - h->measured < every)
		return;
	h->measured = now;
	if (hook_metrics(h, opt.metrics, &err) < 0)
		sme_warn("%s", err.text);
}

/* Until SIGTERM, SIGINT, or the consumer cannot go on. */
static void
serve(struct hook *h, const sigset_t *signals)
{
	const struct timespec second = {1, 0};

	while (!consumer_ended(h->consumer)) {
		int sig = sigtimedwait(signals, NULL, &second);

		if (sig == SIGTERM || sig == SIGINT)
			break;
		if (sig == SIGHUP)
			reload(h);
		server_tick(h->server);
		write_metrics(h, METRICS_MS);
	}
}

/* In the order in which work flows, so that nothing is left on the way. */
static int
finish(struct hook *h)
{
	struct sme_err err;
	int r;

	tell_manager("STOPPING=1");
	if (h->server) {
		h->served = server_stats(h->server);
		server_stop(h->server);
		h->server = NULL;
	}
	if (h->committer) {
		h->committed = commit_stats(h->committer);
		commit_stop(h->committer);
	}
	h->consumed = consumer_stats(h->consumer);
	r = consumer_stop(h->consumer, opt.drain ? DRAIN_MS : PATIENCE_MS, &err);
	if (r < 0)
		sme_die(err.status, "%s", err.text);
	h->consumer = NULL;
	if (r > 0) { /* end as any tool whose reader has left */
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return rejects_count(h->rejects) ? SME_REJECTED : SME_OK;
}

static int
run(struct hook *h)
{
	sigset_t signals;
	int status;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL); /* of the threads as well */
	start_consumer(h);
	if (!opt.drain) {
		h->failed = start_server(h, &h->err) < 0;
		if (!h->failed)
			serve(h, &signals);
	}
	/* The second signal ends the process however busy it is. */
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	status = finish(h);
	write_metrics(h, 0);
	return status;
}

static void
close_state(struct hook *h)
{
	rejects_close(h->rejects);
	spool_close(h->spool);
	free(h->position);
	free(h->rejects_path);
	free(h->dir);
}

int
main(int argc, char **argv)
{
	const struct cli_command *command = cli_command(&tool, argc, argv);
	struct hook h = {0};
	struct sme_err err;
	int status;

	if (command)
		return command->run(argc - 1, argv + 1);
	cli_parse(&tool, argc, argv);
	if (secret_protect(&err) < 0)
		sme_die(err.status, "%s", err.text);
	if (config_load(&h.config, opt.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	read_options(&h);
	if (!opt.check_config)
		h.dir = take_spool(&h.config, opt.spool);
	open_sources(&h);
	if (opt.check_config) {
		status = config_check_main(opt.config);
	} else {
		allow_files();
		open_state(&h);
		status = run(&h);
		close_state(&h);
	}
	sources_close(h.sources);
	config_release(&h.config);
	if (h.failed)
		sme_die(h.err.status, "%s", h.err.text);
	return status;
}
