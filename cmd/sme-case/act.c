/* The commands that change something. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "sme-case/sme-case.h"
#include "stream/json.h"

/* A note or an answer is not longer. */
#define TEXT_MAX ((size_t)1 << 20)

#define LEASE_DEFAULT INT64_C(900000)

static void
at_least_one(char **operands)
{
	if (!*operands)
		cli_usage("expected the case; sme-case list shows them");
}

/* ACTION to each case. */
static int
each(char **operands, const char *action, const char *data)
{
	struct cases *c;

	at_least_one(operands);
	c = desk_open();
	for (; *operands; operands++)
		desk_do(c, *operands, action, data);
	desk_close(c);
	return SME_OK;
}

int
close_main(char **operands)
{
	return each(operands, "close", NULL);
}

int
reopen_main(char **operands)
{
	return each(operands, "reopen", NULL);
}

int
release_main(char **operands)
{
	return each(operands, "release", NULL);
}

int
wait_main(char **operands)
{
	return each(operands, "wait", NULL);
}

/* {"KEY": TEXT} */
static char *
member(const char *key, const char *text)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "{\"%s\":", key);
	if (text)
		json_put_string(&b, slice_of(text));
	else
		buf_puts(&b, "null");
	buf_addc(&b, '}');
	return buf_detach(&b);
}

int
tag_main(char **operands)
{
	const char *key = *operands;
	struct cases *c;

	if (!key || !operands[1])
		cli_usage("expected a case and tags");
	c = desk_open();
	for (operands++; *operands; operands++) {
		char *data = member("tag", *operands);

		desk_do(c, key, opt.back ? "untag" : "tag", data);
		free(data);
	}
	desk_close(c);
	return SME_OK;
}

static void
read_text(struct buf *b)
{
	struct sme_err err;

	*b = (struct buf)BUF_INIT_MAX(TEXT_MAX);
	if (file_read("-", b, &err) < 0)
		sme_die(err.status, "%s", err.text);
	while (b->n && (b->p[b->n - 1] == '\n' || b->p[b->n - 1] == '\r'))
		b->p[--b->n] = '\0';
	if (!b->n)
		sme_die(SME_DATA, "stdin: there is no text");
}

static const char *
one_case(char **operands)
{
	at_least_one(operands);
	if (operands[1])
		cli_usage("one case at a time");
	return *operands;
}

int
note_main(char **operands)
{
	const char *key = one_case(operands);
	struct cases *c = desk_open();
	struct buf text, data = BUF_INIT;

	read_text(&text);
	/* The same note at the same moment is the same note. */
	buf_printf(&data, "{\"id\":\"note:%016" PRIx64 "\",\"text\":",
	    hash64(text.p, text.n, hash64(key, strlen(key), (uint64_t)cases_now(c))));
	json_put_string(&data, buf_slice(&text));
	buf_addc(&data, '}');
	desk_do(c, key, "note", buf_str(&data));
	buf_release(&text);
	buf_release(&data);
	desk_close(c);
	return SME_OK;
}

static void
note_agent(void *ctx, struct slice json)
{
	struct arena a = ARENA_INIT;
	struct sme_err err;

	if (slice_eq(node_text(json_tree(&a, json, &err), "agent"), desk_agent()))
		*(bool *)ctx = true;
	arena_release(&a);
}

/* Somebody whom the tenant does not know gets nothing, however long is waited. */
static void
warn_of_stranger(struct cases *c)
{
	struct sme_err err;
	bool known = false;

	desk_check(cases_agents(c, desk_tenant(), note_agent, &known, &err), &err);
	if (!known)
		sme_warn("\"%.*s\" is no agent of tenant \"%.*s\"; sme-case agents makes one", SLICE_ARG(desk_agent()),
		    SLICE_ARG(desk_tenant()));
}

int
claim_main(char **operands)
{
	struct cases *c;
	struct case_claim claim;
	struct buf b = BUF_INIT;
	struct sme_err err;
	int r;

	if (operands[0] && operands[1])
		cli_usage("one case at a time");
	if (opt.lease >= 0 && opt.lease < 1000)
		cli_usage("--lease: expected at least 1s");
	c = desk_open();
	r = cases_claim(c, desk_tenant(), slice_of(operands[0]), desk_agent(), opt.lease < 0 ? LEASE_DEFAULT : opt.lease,
	    &claim, &err);
	desk_check(r, &err);
	if (r == 0)
		warn_of_stranger(c);
	if (r > 0) {
		buf_puts(&b, "{\"case\":");
		json_put_string(&b, buf_slice(&claim.key));
		buf_printf(&b, ",\"fence\":%" PRId64 ",\"lease_until\":\"", claim.fence);
		rfc3339_put(&b, claim.lease);
		buf_puts(&b, "\"}\n");
		fputs(buf_str(&b), stdout);
		cli_flush();
	}
	buf_release(&claim.key);
	buf_release(&b);
	desk_close(c);
	return r > 0 ? SME_OK : SME_REJECTED;
}

static enum case_strategy
strategy(void)
{
	if (strcmp(opt.strategy, "round-robin") == 0)
		return ASSIGN_ROUND_ROBIN;
	if (strcmp(opt.strategy, "least-loaded") == 0)
		return ASSIGN_LEAST_LOADED;
	if (strcmp(opt.strategy, "longest-waiting") != 0)
		cli_usage("--auto: expected round-robin, least-loaded or longest-waiting, got \"%s\"", opt.strategy);
	return ASSIGN_LONGEST_WAITING;
}

int
assign_main(char **operands)
{
	struct sme_err err;
	struct cases *c;
	int64_t n;
	char *data;

	if (!opt.strategy) {
		if (!opt.to)
			cli_usage("--to is missing: who gets the case? --auto gives all free ones away");
		data = member("agent", *opt.to ? opt.to : NULL);
		each(operands, "assign", data);
		free(data);
		return SME_OK;
	}
	if (*operands || opt.to)
		cli_usage("--auto chooses cases and agents by itself");
	(void)strategy();
	c = desk_open();
	n = cases_assign(c, desk_tenant(), strategy(), &err);
	desk_check(n, &err);
	printf("%lld cases assigned\n", (long long)n);
	cli_flush();
	desk_close(c);
	return SME_OK;
}

int
forward_main(char **operands)
{
	const char *key = one_case(operands);
	struct cases *c = desk_open();
	struct buf data = BUF_INIT;

	if (opt.back) {
		desk_do(c, key, "return", NULL);
	} else {
		if (!opt.to || !*opt.to)
			cli_usage("--to is missing: which department?");
		buf_puts(&data, "{\"department\":");
		json_put_string(&data, slice_of(opt.to));
		if (opt.due)
			buf_printf(&data, ",\"due\":%" PRId64, cases_now(c) + opt.due);
		buf_addc(&data, '}');
		desk_do(c, key, "forward", buf_str(&data));
	}
	buf_release(&data);
	desk_close(c);
	return SME_OK;
}

int
reply_main(char **operands)
{
	const char *key = one_case(operands);
	struct cases *c = desk_open();
	struct buf text, line = BUF_INIT;
	struct sme_err err;

	read_text(&text);
	desk_check(cases_reply(c, desk_tenant(), slice_of(key), desk_agent(), opt.fence, buf_slice(&text), &line, &err),
	    &err);
	if (file_write_all(STDOUT_FILENO, line.p, line.n) < 0)
		sme_die(SME_IOERR, "stdout: cannot be written; the answer is noted, reply again with the same text");
	buf_release(&text);
	buf_release(&line);
	desk_close(c);
	return SME_OK;
}

int
approve_main(char **operands)
{
	struct cases *c;
	char *data;

	if (!operands[0] || !operands[1] || operands[2])
		cli_usage("expected a case and the key of a reply");
	c = desk_open();
	data = member("key", operands[1]);
	desk_do(c, operands[0], "approve", data);
	free(data);
	desk_close(c);
	return SME_OK;
}

/* ---- people ---- */

static int
link_accounts(char **operands, const char *action)
{
	struct cases *c;
	struct buf data = BUF_INIT;

	if (!operands[0] || !operands[1] || operands[2])
		cli_usage("expected the ids of two authors");
	if (!(opt.confidence >= 0 && opt.confidence <= 1))
		cli_usage("--confidence: expected a number from 0 to 1");
	buf_puts(&data, "{\"a\":");
	json_put_string(&data, slice_of(operands[0]));
	buf_puts(&data, ",\"b\":");
	json_put_string(&data, slice_of(operands[1]));
	buf_puts(&data, ",\"evidence\":");
	json_put_string(&data, slice_of(opt.evidence ? opt.evidence : ""));
	buf_puts(&data, ",\"confidence\":");
	json_put_number(&data, opt.confidence);
	buf_addc(&data, '}');
	c = desk_open();
	desk_do(c, NULL, action, buf_str(&data));
	desk_close(c);
	buf_release(&data);
	return SME_OK;
}

int
link_main(char **operands)
{
	return link_accounts(operands, "link");
}

int
unlink_main(char **operands)
{
	return link_accounts(operands, "unlink");
}

/* An argument for a shell. */
static void
put_quoted(struct buf *b, struct slice s)
{
	buf_addc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			buf_puts(b, "'\\''");
		else
			buf_addc(b, (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
	}
	buf_addc(b, '\'');
}

static void
list_account(void *ctx, struct slice id)
{
	struct buf *b = ctx;

	buf_puts(b, "sme-log erase --tenant ");
	put_quoted(b, desk_tenant());
	buf_puts(b, " --author ");
	put_quoted(b, id);
	buf_addc(b, '\n');
}

/* Afterwards nobody can say any more which accounts were linked: what to do with the log stands here. */
int
erase_main(char **operands)
{
	struct buf accounts = BUF_INIT;
	struct cases *c;
	struct sme_err err;
	int64_t n;

	if (!operands[0] || operands[1])
		cli_usage("expected the id of an author");
	c = desk_open();
	n = cases_erase(c, desk_tenant(), slice_of(operands[0]), list_account, &accounts, &err);
	desk_check(n, &err);
	printf("%lld cases erased; erase the log, too:\n%s", (long long)n, buf_str(&accounts));
	buf_release(&accounts);
	cli_flush();
	desk_close(c);
	return SME_OK;
}

static bool
is_list(const struct json_node *n)
{
	if (n && n->type != JSON_ARRAY)
		return false;
	for (NODE_EACH(it, n))
		if (it->type != JSON_STRING)
			return false;
	return true;
}

static bool
is_capacity(const struct json_node *n)
{
	return !n || (n->type == JSON_NUMBER && n->number >= 0 && n->number <= 1e6 && n->number == (int)n->number);
}

/* What is wrong with an agent; NULL when nothing is. */
static const char *
agent_fault(const struct json_node *n)
{
	const struct json_node *online = node_get(n, "online"), *networks = node_get(n, "networks");
	const struct json_node *name = node_get(n, "name");

	if (!node_text(n, "id").n || (name && name->type != JSON_STRING))
		return "id and name are texts";
	if (!is_list(node_get(n, "skills")) || !is_list(node_get(n, "queues")))
		return "skills and queues are lists of texts";
	if (!is_capacity(node_get(n, "capacity")))
		return "capacity is a whole number";
	if (online && online->type != JSON_TRUE && online->type != JSON_FALSE)
		return "online is true or false";
	if (networks && networks->type != JSON_OBJECT)
		return "networks is an object of capacities";
	for (NODE_EACH(it, networks))
		if (!is_capacity(it))
			return "networks is an object of capacities";
	return NULL;
}

/* An object for each agent: what is not said stays as it was. */
static void
change_agents(struct cases *c, const char *file)
{
	struct buf text = BUF_INIT_MAX(TEXT_MAX);
	struct slice rest, line;
	struct sme_err err;

	if (file_read(file, &text, &err) < 0)
		sme_die(err.status, "%s", err.text);
	rest = buf_slice(&text);
	while (slice_cut(&rest, '\n', &line)) {
		struct arena a = ARENA_INIT;
		const struct json_node *n;
		const char *fault;
		struct buf data = BUF_INIT;

		if (!slice_trim(line).n)
			continue;
		n = json_tree(&a, line, &err);
		fault = n ? agent_fault(n) : "not JSON";
		if (fault)
			sme_die(SME_DATA, "%s: %s; expected an agent such as {\"id\":\"kim\",\"skills\":[\"de\"],"
			    "\"capacity\":5,\"online\":true}", file, fault);
		node_put(&data, n);
		desk_do(c, NULL, "agent", buf_str(&data));
		buf_release(&data);
		arena_release(&a);
	}
	buf_release(&text);
}

int
agents_main(char **operands)
{
	static const char *const columns[] = {"agent", "name", "online", "open", "capacity", "served", "skills", "queues",
	    NULL};
	struct cases *c = desk_open();
	struct sme_err err;
	struct table *t;

	if (*operands) {
		change_agents(c, *operands);
	} else {
		t = table_new(columns);
		desk_check(cases_agents(c, desk_tenant(), table_row, t, &err), &err);
		table_end(t);
	}
	desk_close(c);
	return SME_OK;
}
