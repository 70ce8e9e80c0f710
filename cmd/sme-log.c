/* sme-log - the durable log of events: append what is new, read it again, erase, verify */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "log/append.h"
#include "log/cat.h"
#include "log/erase.h"
#include "log/verify.h"

static struct append_run append = {.now = TIME_NONE};
static struct {
	const char *tenant, *type, *since, *until, *author, *id;
	int64_t now;
} opt = {.now = TIME_NONE};

#define NOW(to)                                                                                    \
	{                                                                                          \
		0, "now", CLI_TIME, &(to), "TIME", "take this for the current time"                \
	}
#define TENANT(to, help)                                                                           \
	{                                                                                          \
		0, "tenant", CLI_STRING, &(to), "NAME", help                                       \
	}

static const struct cli_opt append_options[] = {
    {0, "metrics", CLI_STRING, &append.metrics, "FILE", "write Prometheus metrics to FILE"},
    NOW(append.now),
    {0, "rejects", CLI_STRING, &append.rejects, "FILE", "append rejected lines to FILE"},
    TENANT(append.tenant, "log only events of this tenant"),
    CLI_END,
};

static const struct cli_opt cat_options[] = {
    NOW(opt.now),
    {0, "since", CLI_STRING, &opt.since, "TIME", "from this time on, or 7d for the last 7 days"},
    TENANT(opt.tenant, "only events of this tenant"),
    {0, "type", CLI_STRING, &opt.type, "TYPE", "only events of this type, such as mention"},
    {0, "until", CLI_STRING, &opt.until, "TIME", "before this time, or 7d for 7 days ago"},
    CLI_END,
};

static const struct cli_opt erase_options[] = {
    {0, "author", CLI_STRING, &opt.author, "ID", "erase all events of the author with this id"},
    {0, "id", CLI_STRING, &opt.id, "ID", "erase the event with this id, all revisions"},
    NOW(opt.now),
    TENANT(opt.tenant, "only events of this tenant"),
    CLI_END,
};

static const struct cli_opt verify_options[] = {CLI_END};

static void
note(const char *text)
{
	sme_warn("%s", text);
}

/* The directory that the operands name, and the operands behind it. */
static const char *
log_dir(char ***operands)
{
	static struct buf path = BUF_INIT; /* lives as long as the process */
	char *home;

	if (**operands)
		return *(*operands)++;
	home = sme_home();
	buf_printf(&path, "%s/log", home);
	free(home);
	return path.p;
}

static const char *
only_dir(char **operands)
{
	const char *dir = log_dir(&operands);

	if (*operands)
		cli_usage("unexpected argument \"%s\"", *operands);
	return dir;
}

static int64_t
now(void)
{
	return opt.now == TIME_NONE ? time_now_ms() : opt.now;
}

/* A time, or a duration before now. */
static int64_t
moment(const char *name, const char *text)
{
	int64_t ms;

	if (!text)
		return TIME_NONE;
	if (rfc3339_parse(slice_of(text), &ms))
		return ms;
	if (!duration_parse(slice_of(text), &ms))
		cli_usage(
		    "--%s: expected a time such as 2026-11-22T09:30:00Z or a duration such as 7d, "
		    "got \"%s\"",
		    name, text);
	return now() - ms;
}

static int
run_append(int argc, char **argv)
{
	static const struct cli_tool tool = {"sme-log append",
	    "append new events and hand them on once they are durable", "[dir [file ...]]",
	    append_options, NULL};
	char **operands = cli_parse(&tool, argc, argv);

	append.dir = log_dir(&operands);
	return append_run(&append, operands);
}

static int
run_cat(int argc, char **argv)
{
	static const struct cli_tool tool = {"sme-log cat",
	    "write the events of a log in order of time", "[dir]", cat_options, NULL};
	const char *dir = only_dir(cli_parse(&tool, argc, argv));
	struct cat_options o = {.tenant = opt.tenant,
	    .type = opt.type,
	    .since = moment("since", opt.since),
	    .until = moment("until", opt.until)};
	struct writer w;
	struct sme_err err;
	int r;

	writer_init(&w, STDOUT_FILENO, "stdout");
	r = log_cat(dir, &o, &w, note, &err);
	writer_release(&w);
	if (r < 0)
		sme_die(err.status, "%s", err.text);
	return r ? SME_DATA : SME_OK;
}

static int
run_erase(int argc, char **argv)
{
	static const struct cli_tool tool = {"sme-log erase",
	    "remove a person's or one event's data from a log", "[dir]", erase_options, NULL};
	const char *dir = only_dir(cli_parse(&tool, argc, argv));
	struct erase_request q = {
	    .author = opt.author, .id = opt.id, .tenant = opt.tenant, .now = now()};
	struct buf receipts = BUF_INIT;
	struct writer w;
	struct sme_err err;

	if (!opt.author == !opt.id)
		cli_usage("expected either --author or --id");
	if (log_erase(dir, &q, note, &receipts, &err) < 0)
		sme_die(err.status, "%s", err.text);
	writer_init(&w, STDOUT_FILENO, "stdout");
	writer_put(&w, buf_slice(&receipts));
	writer_release(&w);
	buf_release(&receipts);
	return SME_OK;
}

static int
run_verify(int argc, char **argv)
{
	static const struct cli_tool tool = {
	    "sme-log verify", "check every byte of a log", "[dir]", verify_options, NULL};
	const char *dir = only_dir(cli_parse(&tool, argc, argv));
	struct buf summary = BUF_INIT;
	struct writer w;
	struct sme_err err;
	int r = log_verify(dir, note, &summary, &err);

	if (r < 0)
		sme_die(err.status, "%s", err.text);
	writer_init(&w, STDOUT_FILENO, "stdout");
	writer_put(&w, buf_slice(&summary));
	writer_release(&w);
	buf_release(&summary);
	return r ? SME_DATA : SME_OK;
}

static const struct cli_command commands[] = {
    {"append", "append new events and hand them on once they are durable", run_append},
    {"cat", "write the events of a log in order of time", run_cat},
    {"erase", "remove a person's or one event's data from a log", run_erase},
    {"verify", "check every byte of a log", run_verify},
    {NULL, NULL, NULL},
};

int
main(int argc, char **argv)
{
	struct rlimit files;

	/* A day of many tenants is as many open files. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	return cli_dispatch("sme-log", "the durable log of events", commands, argc, argv);
}
