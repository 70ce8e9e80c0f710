/*
 * One option parser for all tools: a table feeds getopt_long(3), --help and the completions.
 * This file may print and exit, as main() may.
 */
#ifndef SME_CORE_CLI_H
#define SME_CORE_CLI_H

#include <stddef.h>

#include "core/err.h"

enum cli_kind {
	CLI_FLAG,     /* bool *: set to true */
	CLI_COUNT,    /* int *: one more each time */
	CLI_STRING,   /* const char **: the argument; the last one wins */
	CLI_INT,      /* long *: a decimal number, not negative */
	CLI_NUMBER,   /* double * */
	CLI_TIME,     /* int64_t *: RFC 3339 → milliseconds */
	CLI_DURATION, /* int64_t *: "36m" → milliseconds */
	CLI_LIST,     /* struct cli_list *: may be given several times */
	CLI_GROUP     /* no option: a heading of --help for those that follow, see CLI_HEADING */
};

struct cli_list {
	const char **items;
	size_t n, cap;
};

struct cli_opt {
	int letter;       /* 0: long form only */
	const char *name; /* long form without "--" */
	enum cli_kind kind;
	void *to;
	const char *arg;  /* what --help calls the argument; NULL for a flag */
	const char *help; /* a few words, lower case */
};

#define CLI_HEADING(text) {0, text, CLI_GROUP, NULL, NULL, NULL}
#define CLI_END {0, NULL, CLI_FLAG, NULL, NULL, NULL}

/* A command of a tool, such as those of sme-log. */
struct cli_command {
	const char *name;
	const char *what;
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name */
};

struct cli_tool {
	const char *name;     /* "sme-score", or "sme-log append" for a subcommand */
	const char *what;     /* one line, as NAME in the man page */
	const char *operands; /* "[file ...]", or NULL when there are none */
	const struct cli_opt *opts;
	/* Of a tool that works without one as well, see cli_command; ends with a NULL name.  NULL: it
	 * has none. */
	const struct cli_command *commands;
};

/*
 * Read the options, which may stand anywhere before "--", and return the NULL-terminated operands
 * (part of ARGV).  -h/--help prints to stdout and exits 0, -V/--version likewise; -v and -q set
 * sme_verbosity; these four need no row, and a row of the tool with one of their letters takes the
 * letter, not the long form.  A mistake is one line on stderr and exit SME_USAGE.
 */
char **cli_parse(const struct cli_tool *tool, int argc, char **argv);

/* A usage error found later: prints "MESSAGE (try --help)" and exits SME_USAGE. */
_Noreturn void cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Run the command that argv[1] names and return its status.  Handles --help and --version;
 * an unknown or missing command exits SME_USAGE.  COMMANDS ends with a NULL name.
 */
int cli_dispatch(const char *tool, const char *what, const struct cli_command *commands, int argc,
    char **argv);

/* The command of TOOL that argv[1] names, or NULL; then the arguments are the tool's own. */
const struct cli_command *cli_command(const struct cli_tool *tool, int argc, char **argv);

/* Flush what was printed with stdio; ends the process with SME_IOERR when it cannot be written. */
void cli_flush(void);

#endif
