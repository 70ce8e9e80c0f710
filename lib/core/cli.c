#include "core/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rfc3339.h"

#ifndef SME_VERSION
#define SME_VERSION "unknown"
#endif

/* getopt_long values of options without a letter: their row number above every letter. */
#define LONG_ONLY 256

static const struct cli_opt common[] = {
    {'h', "help", CLI_FLAG, NULL, NULL, "show this text and exit"},
    {'q', "quiet", CLI_FLAG, NULL, NULL, "no messages but the last"},
    {'v', "verbose", CLI_FLAG, NULL, NULL, "say more on standard error"},
    {'V', "version", CLI_FLAG, NULL, NULL, "show the version and exit"},
    CLI_END,
};

static size_t
count(const struct cli_opt *opts)
{
	size_t n = 0;

	while (opts && opts[n].name)
		n++;
	return n;
}

/* The tool's own rows come first and win: a common letter that the tool uses itself, as sme-grep uses
 * -v, is left to it. */
static struct cli_opt *
all_options(const struct cli_opt *own, size_t *n)
{
	size_t mine = count(own);
	struct cli_opt *all = xcalloc(mine + sizeof common / sizeof *common, sizeof *all);

	if (mine)
		memcpy(all, own, mine * sizeof *all);
	*n = mine;
	for (const struct cli_opt *c = common; c->name; c++) {
		all[*n] = *c;
		for (size_t i = 0; i < mine; i++)
			if (own[i].letter == c->letter)
				all[*n].letter = 0;
		++*n;
	}
	return all;
}

static void
print_option(const struct cli_opt *o)
{
	char left[64];
	int n;

	if (o->kind == CLI_GROUP) {
		printf("\n%s:\n", o->name);
		return;
	}
	n = o->letter ? snprintf(left, sizeof left, "-%c, ", o->letter)
			  : snprintf(left, sizeof left, "    ");

	snprintf(left + n, sizeof left - (size_t)n, "--%s%s%s", o->name, o->arg ? " " : "",
	    o->arg ? o->arg : "");
	printf("  %-28s %s\n", left, o->help);
}

static void
finish_stdout(void)
{
	if (fflush(stdout) || ferror(stdout))
		sme_die(SME_IOERR, "stdout: %s", strerror(errno));
	exit(SME_OK);
}

static void
list_commands(const char *tool, const struct cli_command *commands)
{
	puts("\ncommands:");
	for (; commands->name; commands++)
		printf("  %-14s %s\n", commands->name, commands->what);
	printf("\n'%s COMMAND --help' shows the options of one.\n", tool);
}

static void
help(const struct cli_tool *tool)
{
	size_t n;
	struct cli_opt *all = all_options(tool->opts, &n);

	printf("%s - %s\n\nusage: %s [options]%s%s\n", tool->name, tool->what, tool->name,
	    tool->operands ? " " : "", tool->operands ? tool->operands : "");
	if (tool->commands)
		list_commands(tool->name, tool->commands);
	puts("\noptions:");
	for (size_t i = 0; i < n; i++) {
		if (i == count(tool->opts) && n && all[0].kind == CLI_GROUP)
			puts("\nin every tool:");
		print_option(&all[i]);
	}
	free(all);
	finish_stdout();
}

static void
version(const char *tool)
{
	printf("%.*s %s\n", (int)strcspn(tool, " "), tool, SME_VERSION);
	finish_stdout();
}

void
cli_usage(const char *fmt, ...)
{
	struct sme_err err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err.text, sizeof err.text, fmt, ap);
	va_end(ap);
	sme_die(SME_USAGE, "%s (try --help)", err.text);
}

static void
set_int(const struct cli_opt *o, const char *arg)
{
	unsigned long long v;

	if (!slice_u64(slice_of(arg), &v) || v > INT32_MAX)
		cli_usage("--%s: expected a number, got \"%s\"", o->name, arg);
	*(long *)o->to = (long)v;
}

static void
set_number(const struct cli_opt *o, const char *arg)
{
	char *end;
	double v = strtod(arg, &end);

	if (end == arg || *end)
		cli_usage("--%s: expected a number, got \"%s\"", o->name, arg);
	*(double *)o->to = v;
}

static void
set_option(const struct cli_opt *o, const char *arg)
{
	struct cli_list *list;

	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)o->to = true;
		break;
	case CLI_COUNT:
		++*(int *)o->to;
		break;
	case CLI_STRING:
		*(const char **)o->to = arg;
		break;
	case CLI_INT:
		set_int(o, arg);
		break;
	case CLI_NUMBER:
		set_number(o, arg);
		break;
	case CLI_TIME:
		if (!rfc3339_parse(slice_of(arg), o->to))
			cli_usage("--%s: expected a time such as 2026-11-22T09:30:00Z, got \"%s\"", o->name,
			    arg);
		break;
	case CLI_DURATION:
		if (!duration_parse(slice_of(arg), o->to))
			cli_usage("--%s: expected a duration such as 36m, got \"%s\"", o->name, arg);
		break;
	case CLI_LIST:
		list = o->to;
		list->items = xgrow(list->items, list->n, &list->cap, sizeof *list->items);
		list->items[list->n++] = arg;
		break;
	case CLI_GROUP:
		break;
	}
}

/* getopt_long's two descriptions of the table OPTS of N rows; the caller frees *LONGS. */
static void
describe(const struct cli_opt *opts, size_t n, struct option **longs, char *letters)
{
	size_t l = 0;
	struct option *to = *longs = xcalloc(n + 1, sizeof **longs);

	letters[l++] = ':';
	for (size_t i = 0; i < n; i++) {
		if (opts[i].kind == CLI_GROUP)
			continue;
		to->name = opts[i].name;
		to->has_arg = opts[i].arg ? required_argument : no_argument;
		to++->val = opts[i].letter ? opts[i].letter : LONG_ONLY + (int)i;
		if (opts[i].letter) {
			letters[l++] = (char)opts[i].letter;
			if (opts[i].arg)
				letters[l++] = ':';
		}
	}
	letters[l] = '\0';
}

static const struct cli_opt *
find_option(const struct cli_opt *opts, size_t n, int val)
{
	for (size_t i = 0; i < n; i++)
		if (val == (opts[i].letter ? opts[i].letter : LONG_ONLY + (int)i))
			return &opts[i];
	return NULL;
}

static void
take_option(const struct cli_tool *tool, const struct cli_opt *o)
{
	if (o->to) {
		set_option(o, optarg);
		return;
	}
	if (strcmp(o->name, "help") == 0)
		help(tool);
	else if (strcmp(o->name, "version") == 0)
		version(tool->name);
	else
		sme_verbosity = strcmp(o->name, "verbose") == 0 ? 1 : -1;
}

/*
 * When standard input, output or error is closed, the next file that is opened gets its number: a log
 * would be read as input, or events written into it.  A file that fails to be used the way its number
 * is used keeps the place, so that the tool says so instead.
 */
static void
hold_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(SME_IOERR);
}

char **
cli_parse(const struct cli_tool *tool, int argc, char **argv)
{
	/* Static, so that a usage error may end the process without what a leak checker calls a leak. */
	static struct cli_opt *all;
	static char *letters;
	static struct option *longs;
	size_t n;
	int val;

	hold_standard_files();
	sme_tool = tool->name;
	all = all_options(tool->opts, &n);
	letters = xmalloc(2 * n + 2);
	describe(all, n, &longs, letters);
	opterr = 0;
	optind = 0;
	while ((val = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const char *given = optind > 0 && optind <= argc ? argv[optind - 1] : "";

		if (val == ':')
			cli_usage("%s: an argument is missing", given);
		if (val == '?' && optopt && optopt < LONG_ONLY && strncmp(given, "--", 2) != 0)
			cli_usage("unknown option -%c", optopt);
		if (val == '?')
			cli_usage("unknown option %s", given);
		take_option(tool, find_option(all, n, val));
	}
	free(longs);
	free(letters);
	free(all);
	if (!tool->operands && argv[optind])
		cli_usage("unexpected argument \"%s\"", argv[optind]);
	return argv + optind;
}

static void
help_commands(const char *tool, const char *what, const struct cli_command *commands)
{
	printf("%s - %s\n\nusage: %s command [options] ...\n", tool, what, tool);
	list_commands(tool, commands);
	finish_stdout();
}

int
cli_dispatch(const char *tool, const char *what, const struct cli_command *commands, int argc,
    char **argv)
{
	hold_standard_files();
	sme_tool = tool;
	if (argc < 2)
		cli_usage("a command is missing");
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		help_commands(tool, what, commands);
	if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0)
		version(tool);
	for (const struct cli_command *c = commands; c->name; c++)
		if (strcmp(argv[1], c->name) == 0)
			return c->run(argc - 1, argv + 1);
	cli_usage("unknown command \"%s\"", argv[1]);
}

const struct cli_command *
cli_command(const struct cli_tool *tool, int argc, char **argv)
{
	for (const struct cli_command *c = tool->commands; argc > 1 && c->name; c++)
		if (strcmp(argv[1], c->name) == 0)
			return c;
	return NULL;
}

void
cli_flush(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		sme_die(SME_IOERR, "stdout: %s", strerror(errno));
}
