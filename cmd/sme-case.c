/* sme-case - the desk from the command line */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "sme-case/sme-case.h"

struct case_options opt = {.now = TIME_NONE, .lease = -1, .as_of = TIME_NONE, .fence = -1, .limit = 50, .confidence = 1};

/* clang-format off */
#define COMMON \
	{0, "db", CLI_STRING, &opt.db, "FILE", "the database ($SME_HOME/sme.db)"}, \
	{0, "json", CLI_FLAG, &opt.json, NULL, "JSON objects instead of a table"}, \
	{0, "log", CLI_STRING, &opt.log, "DIR", "the log that events go to ($SME_HOME/log)"}, \
	{0, "now", CLI_TIME, &opt.now, "TIME", "take this for the current time"}, \
	{0, "tenant", CLI_STRING, &opt.tenant, "NAME", "whose cases (default)"}
#define AS_OF {0, "as-of", CLI_TIME, &opt.as_of, "TIME", "as it was then"}
#define AGENT {'a', "agent", CLI_STRING, &opt.agent, "NAME", "who does it ($USER)"}
/* clang-format on */

static const struct cli_opt plain[] = {COMMON, AGENT, CLI_END};
static const struct cli_opt ingest_options[] = {
    COMMON,
    {0, "rejects", CLI_STRING, &opt.rejects, "FILE", "append rejected lines to FILE"},
    CLI_END,
};
static const struct cli_opt look_options[] = {COMMON, AS_OF, CLI_END};
static const struct cli_opt list_options[] = {
    COMMON,
    {0, "after", CLI_STRING, &opt.after, "CASE", "begin behind this case, in the same order"},
    {'a', "agent", CLI_STRING, &opt.agent, "NAME", "only this agent's"},
    AS_OF,
    {0, "author", CLI_STRING, &opt.author, "ID", "only of this author"},
    {0, "late", CLI_FLAG, &opt.late, NULL, "only those whose answer is overdue"},
    {0, "limit", CLI_INT, &opt.limit, "N", "so many at most (50)"},
    {0, "order", CLI_STRING, &opt.order, "WORD", "priority, due or last (priority)"},
    {0, "page", CLI_INT, &opt.page, "N", "the Nth page of so many (1)"},
    {0, "queue", CLI_STRING, &opt.queue, "NAME", "only of this queue"},
    {0, "status", CLI_STRING, &opt.status, "WORD", "open, waiting or closed (open)"},
    {0, "tag", CLI_STRING, &opt.tag, "TAG", "only with this tag"},
    {0, "unassigned", CLI_FLAG, &opt.unassigned, NULL, "only those nobody has"},
    CLI_END,
};
static const struct cli_opt claim_options[] = {
    COMMON,
    AGENT,
    {0, "lease", CLI_DURATION, &opt.lease, "TIME", "hold it so long (15m)"},
    CLI_END,
};
static const struct cli_opt assign_options[] = {
    COMMON,
    AGENT,
    {0, "auto", CLI_STRING, &opt.strategy, "HOW", "round-robin, least-loaded or longest-waiting"},
    {0, "to", CLI_STRING, &opt.to, "NAME", "the agent who gets the case"},
    CLI_END,
};
static const struct cli_opt forward_options[] = {
    COMMON,
    AGENT,
    {0, "due", CLI_DURATION, &opt.due, "TIME", "when the department should have answered"},
    {0, "return", CLI_FLAG, &opt.back, NULL, "it has come back"},
    {0, "to", CLI_STRING, &opt.to, "NAME", "the department"},
    CLI_END,
};
static const struct cli_opt tag_options[] = {
    COMMON,
    AGENT,
    {0, "remove", CLI_FLAG, &opt.back, NULL, "take the tags away"},
    CLI_END,
};
static const struct cli_opt reply_options[] = {
    COMMON,
    AGENT,
    {0, "fence", CLI_INT, &opt.fence, "N", "the token of the claim"},
    CLI_END,
};
static const struct cli_opt link_options[] = {
    COMMON,
    AGENT,
    {0, "confidence", CLI_NUMBER, &opt.confidence, "P", "how sure, 0 to 1 (1)"},
    {0, "evidence", CLI_STRING, &opt.evidence, "TEXT", "why they are one person"},
    CLI_END,
};
static const struct cli_opt rebuild_options[] = {
    COMMON,
    AS_OF,
    CLI_END,
};

static const struct case_command commands[] = {
    {"agents", "show agents, or change one from a JSON object on standard input", "[file]", plain, agents_main},
    {"approve", "note that an answer is approved", "case key", plain, approve_main},
    {"assign", "give a case to an agent, or all that are free", "[case ...]", assign_options, assign_main},
    {"claim", "take a case, or the next one, to work on it", "[case]", claim_options, claim_main},
    {"close", "end cases", "case ...", plain, close_main},
    {"erase", "erase a person and all that is known", "author", plain, erase_main},
    {"forward", "ask a department, or take the case back", "case", forward_options, forward_main},
    {"ingest", "make cases of the events that pass", "[file ...]", ingest_options, ingest_main},
    {"journey", "all that a person wrote, over all channels", "author", look_options, journey_main},
    {"link", "two accounts are one person", "author author", link_options, link_main},
    {"list", "show cases", "", list_options, list_main},
    {"note", "add a note, from standard input", "case", plain, note_main},
    {"queue", "show the queues and what waits in them", "", look_options, queue_main},
    {"rebuild", "make the database again from the log", "", rebuild_options, rebuild_main},
    {"release", "let go of cases", "case ...", plain, release_main},
    {"reopen", "open closed cases again", "case ...", plain, reopen_main},
    {"reply", "answer with the text on standard input", "case", reply_options, reply_main},
    {"search", "find words in what was written", "word ...", list_options, search_main},
    {"show", "show a case with all that happened", "case", look_options, show_main},
    {"tag", "tag a case", "case tag ...", tag_options, tag_main},
    {"unlink", "two accounts are not one person after all", "author author", plain, unlink_main},
    {"verify", "check the chain of events", "", plain, verify_main},
    {"wait", "wait for the customer", "case ...", plain, wait_main},
    {NULL, NULL, NULL, NULL, NULL},
};

static const struct case_command *running;

static int
run_command(int argc, char **argv)
{
	struct buf name = BUF_INIT;
	struct cli_tool tool = {.what = running->what, .operands = running->operands, .opts = running->options};

	buf_printf(&name, "sme-case %s", running->name);
	tool.name = buf_str(&name);
	return running->run(cli_parse(&tool, argc, argv));
}

int
main(int argc, char **argv)
{
	struct cli_command list[sizeof commands / sizeof *commands] = {{NULL, NULL, NULL}};

	for (size_t i = 0; commands[i].name; i++)
		list[i] = (struct cli_command){commands[i].name, commands[i].what, run_command};
	for (size_t i = 0; argc > 1 && commands[i].name; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			running = &commands[i];
	return cli_dispatch("sme-case", "the desk from the command line: cases, claims, answers", list, argc, argv);
}
