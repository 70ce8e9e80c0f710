/* The commands that only look. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/file.h"
#include "sme-case/sme-case.h"
#include "stream/writer.h"

#define LIMIT_MAX 100000

static const char *
one(char **operands, const char *what)
{
	if (!operands[0] || operands[1])
		cli_usage("expected %s", what);
	return operands[0];
}

static void
none(char **operands)
{
	if (operands[0])
		cli_usage("unexpected operand \"%s\"", operands[0]);
}

static int64_t
limit(void)
{
	if (opt.limit < 1 || opt.limit > LIMIT_MAX)
		cli_usage("--limit: expected a number from 1 to %d", LIMIT_MAX);
	return opt.limit;
}

int
list_main(char **operands)
{
	static const char *const columns[] = {"case", "queue", "priority", "due_at", "late", "agent", "holder",
	    "department", "department_due_at", "handle", "subject", NULL};
	struct case_filter f = {.tenant = desk_tenant(),
	    .queue = slice_of(opt.queue),
	    .status = slice_of(opt.status),
	    .agent = slice_of(opt.agent),
	    .tag = slice_of(opt.tag),
	    .author = slice_of(opt.author),
	    .late = opt.late,
	    .unassigned = opt.unassigned,
	    .limit = limit(),
	    .after = opt.page > 1 ? (opt.page - 1) * limit() : 0,
	    .behind = slice_of(opt.after),
	    .order = opt.order};
	struct cases *c;
	struct table *t = table_new(columns);
	struct sme_err err;

	none(operands);
	if (opt.after && opt.page)
		cli_usage("--after and --page are two ways to say where the page begins");
	if (opt.order && strcmp(opt.order, "priority") != 0 && strcmp(opt.order, "due") != 0 &&
	    strcmp(opt.order, "last") != 0)
		cli_usage("--order: expected priority, due or last, got \"%s\"", opt.order);
	c = desk_look();
	desk_check(cases_list(c, &f, table_row, t, &err), &err);
	table_end(t);
	cases_close(c);
	return SME_OK;
}

int
search_main(char **operands)
{
	static const char *const columns[] = {"case", "status", "at", "author", "snippet", NULL};
	struct cases *c;
	struct table *t = table_new(columns);
	struct buf words = BUF_INIT;
	struct sme_err err;

	for (; *operands; operands++)
		buf_printf(&words, "%s%s", words.n ? " " : "", *operands);
	if (!words.n)
		cli_usage("expected words to search for");
	c = desk_look();
	desk_check(cases_search(c, desk_tenant(), buf_slice(&words), limit(), table_row, t, &err), &err);
	table_end(t);
	cases_close(c);
	buf_release(&words);
	return SME_OK;
}

int
journey_main(char **operands)
{
	static const char *const columns[] = {"at", "network", "type", "case", "text", NULL};
	const char *author = one(operands, "the id of an author");
	struct cases *c = desk_look();
	struct table *t = table_new(columns);
	struct sme_err err;

	desk_check(cases_journey(c, desk_tenant(), slice_of(author), table_row, t, &err), &err);
	table_end(t);
	cases_close(c);
	return SME_OK;
}

int
queue_main(char **operands)
{
	static const char *const columns[] = {"queue", "open", "unassigned", "unanswered", "late", "forwarded",
	    "oldest", "next_due", NULL};
	struct cases *c;
	struct table *t = table_new(columns);
	struct sme_err err;

	none(operands);
	c = desk_look();
	desk_check(cases_queues(c, desk_tenant(), table_row, t, &err), &err);
	table_end(t);
	cases_close(c);
	return SME_OK;
}

/* ---- one case, for people ---- */

static void
show_list(const struct json_node *list, const char *const *columns)
{
	struct table *t = table_new(columns);
	struct buf b = BUF_INIT;

	for (NODE_EACH(it, list)) {
		buf_clear(&b);
		node_put(&b, it);
		table_row(t, buf_slice(&b));
	}
	table_end(t);
	buf_release(&b);
}

static void
show_people(struct slice json)
{
	static const char *const head[] = {"case", "status", "queue", "priority", "due_at", "agent", "holder", "tags",
	    NULL};
	static const char *const messages[] = {"at", "type", "author", "text", NULL};
	static const char *const events[] = {"n", "at", "actor", "action", "data", NULL};
	struct arena a = ARENA_INIT;
	struct sme_err err;
	const struct json_node *n = json_tree(&a, json, &err);
	struct table *t = table_new(head);

	table_row(t, json);
	table_end(t);
	fputs("\n", stdout);
	fflush(stdout);
	show_list(node_get(n, "messages"), messages);
	fputs("\n", stdout);
	fflush(stdout);
	show_list(node_get(n, "events"), events);
	arena_release(&a);
}

int
show_main(char **operands)
{
	const char *key = one(operands, "a case");
	struct cases *c = desk_look();
	struct buf b = BUF_INIT;
	struct sme_err err;

	desk_check(cases_show(c, desk_tenant(), slice_of(key), &b, &err), &err);
	if (opt.json) {
		buf_addc(&b, '\n');
		if (file_write_all(STDOUT_FILENO, b.p, b.n) < 0)
			sme_die(SME_IOERR, "stdout: cannot be written");
	} else {
		show_people(buf_slice(&b));
	}
	buf_release(&b);
	cases_close(c);
	return SME_OK;
}

int
verify_main(char **operands)
{
	struct cases *c;
	struct sme_err err;
	int64_t n;

	none(operands);
	c = desk_open();
	desk_check(cases_verify(c, &n, &err), &err);
	printf("%lld events, all well\n", (long long)n);
	cli_flush();
	cases_close(c);
	return SME_OK;
}
