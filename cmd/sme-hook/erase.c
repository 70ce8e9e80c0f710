/* sme-hook erase - for who asks for the data about them to be erased */
#include <stdio.h>
#include <stdlib.h>

#include "core/cli.h"
#include "hook/chat.h"
#include "sme-hook/hook.h"

static struct {
	const char *config, *spool;
} opt;

static const struct cli_opt options[] = {
    {'c', "config", CLI_STRING, &opt.config, "FILE", "configuration, see sme.jq(5)"},
    {0, "spool", CLI_STRING, &opt.spool, "DIR", "where to keep what arrives"},
    CLI_END,
};

static const struct cli_tool tool = {
    .name = "sme-hook erase",
    .what = ERASE_WHAT,
    .operands = "source user",
    .opts = options,
};

static void
note(const char *text)
{
	sme_warn("%s", text);
}

/* How many entries were erased. */
static int64_t
erase(const struct config *c, const char *dir, const char *name, const char *user,
    struct sme_err *err)
{
	struct sources *sources = sources_open(c, NULL, note, err);
	struct hook_source *source = NULL;
	int64_t n = -1;

	if (sources && sources_open_chats(sources, dir, err) == 0) {
		source = sources_find(sources, slice_of(name));
		if (source && source->chat)
			n = threads_erase(chat_threads(source->chat), slice_of(user), err);
		else
			err_set(err, SME_USAGE, "%s: no source of this name has a chat", name);
	}
	sources_close(sources);
	return n;
}

int
erase_main(int argc, char **argv)
{
	char **operands = cli_parse(&tool, argc, argv), *dir;
	struct config config;
	struct sme_err err;
	int64_t n;

	if (!operands[0] || !operands[1] || operands[2])
		cli_usage("expected a source and the id of a user");
	if (config_load(&config, opt.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	dir = take_spool(&config, opt.spool);
	n = erase(&config, dir, operands[0], operands[1], &err);
	free(dir);
	config_release(&config);
	if (n < 0)
		sme_die(err.status, "%s", err.text);
	sme_verbose("%lld entries erased", (long long)n);
	return n ? SME_OK : SME_REJECTED;
}
