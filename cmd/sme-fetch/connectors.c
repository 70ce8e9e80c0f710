/* sme-fetch --connector check, and --capabilities */
#include "sme-fetch/connectors.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "connector/account.h"
#include "connector/check.h"
#include "connector/program.h"
#include "core/cli.h"
#include "core/file.h"
#include "core/rfc3339.h"
#include "stream/writer.h"

/* ---- --connector check ---- */

static size_t
check(const char *name, const struct check_options *options)
{
	struct check_result result;
	struct buf report = BUF_INIT;
	struct slice rest, line;
	struct sme_err err;

	if (connector_check(name, options, &report, &result, &err) < 0)
		sme_die(err.status, "%s", err.text);
	for (rest = buf_slice(&report); slice_cut(&rest, '\n', &line);)
		if (line.n)
			sme_warn("%.*s", SLICE_ARG(line));
	if (!result.problems && !result.recorded)
		sme_warn("%s: no cases are recorded for it, see sme-connector(5)", name);
	sme_verbose("%s: %zu cases, %zu with one thing broken, %zu problems", name, result.cases,
	    result.broken, result.problems);
	buf_release(&report);
	return result.problems;
}

int
connector_command(const char *command, char *const *names, int64_t now, bool as_recorded)
{
	struct check_options options = {now == TIME_NONE ? CHECK_NOW : now, as_recorded};
	size_t problems = 0;

	if (strcmp(command, "check") != 0)
		cli_usage("--connector: expected check, got \"%s\"", command);
	if (!*names)
		cli_usage("--connector check: name the connectors or their files");
	for (; *names; names++)
		problems += check(*names, &options);
	return problems ? SME_REJECTED : SME_OK;
}

/* ---- --capabilities ---- */

static void
put_node(struct buf *b, const char *key, const struct json_node *node)
{
	buf_printf(b, ",\"%s\":", key);
	if (node)
		node_put(b, node);
	else
		buf_puts(b, "null");
}

/* Of `limits`, the price has a member of its own. */
static void
put_limits(struct buf *b, const struct json_node *limits)
{
	bool first = true;

	buf_puts(b, ",\"limits\":{");
	for (NODE_EACH(it, limits)) {
		if (slice_is(it->key, "price"))
			continue;
		if (!first)
			buf_addc(b, ',');
		json_put_string(b, it->key);
		buf_addc(b, ':');
		node_put(b, it);
		first = false;
	}
	buf_addc(b, '}');
	put_node(b, "price", node_get(limits, "price"));
}

static void
put_connector(struct writer *out, struct slice name, const struct json_node *meta)
{
	static const char *const members[] = {"name", "title", "version", "can", "text", "reply", "publish"};
	struct buf line = BUF_INIT;

	buf_puts(&line, "{\"connector\":");
	json_put_string(&line, name);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		put_node(&line, members[i], node_get(meta, members[i]));
	put_limits(&line, node_get(meta, "limits"));
	put_node(&line, "as_of", node_get(meta, "as_of"));
	buf_puts(&line, "}\n");
	writer_put(out, buf_slice(&line));
	buf_release(&line);
}

/* One that does not open is told of, and costs the others nothing. */
static int
tell(struct writer *out, const char *name, const char *dir)
{
	struct sme_err err;
	struct connector *c = connector_open(name, dir, &err);

	if (!c) {
		sme_warn("%s", err.text);
		return SME_CONFIG;
	}
	put_connector(out, slice_of(name), connector_meta(c));
	connector_close(c);
	return SME_OK;
}

static int
is_connector(const struct dirent *e)
{
	return slice_ends(slice_of(e->d_name), SLICE(".jq"));
}

static int
tell_installed(struct writer *out)
{
	char *dir = sme_share("connectors");
	struct dirent **files = NULL;
	int n = scandir(dir, &files, is_connector, alphasort), status = SME_OK;

	if (n < 0 && errno != ENOENT)
		sme_die(SME_NOINPUT, "%s: %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		files[i]->d_name[strlen(files[i]->d_name) - strlen(".jq")] = '\0';
		if (tell(out, files[i]->d_name, NULL))
			status = SME_CONFIG;
		free(files[i]);
	}
	free(files);
	free(dir);
	return status;
}

/* Has a source before THIS one the same connector? */
static bool
told_before(const struct json_node *sources, const struct json_node *this)
{
	for (NODE_EACH(it, sources)) {
		if (it == this)
			return false;
		if (slice_eq(node_text(it, "connector"), node_text(this, "connector")))
			return true;
	}
	return false;
}

static int
tell_configured(struct writer *out, const struct config *config)
{
	const struct json_node *sources = node_get(config->root, "sources");
	int status = SME_OK;

	for (NODE_EACH(it, sources)) {
		struct account a;
		struct sme_err err;

		if (!slice_ends(node_text(it, "connector"), SLICE(".jq")) || told_before(sources, it))
			continue;
		if (account_load(&a, config, it, &err) < 0)
			sme_die(err.status, "%s", err.text);
		if (tell(out, a.connector.p, a.dir))
			status = SME_CONFIG;
		account_release(&a);
	}
	return status;
}

int
connector_capabilities(const struct config *config)
{
	struct writer out;
	int installed, configured;

	writer_init(&out, STDOUT_FILENO, "stdout");
	installed = tell_installed(&out);
	configured = tell_configured(&out, config);
	writer_release(&out);
	return installed ? installed : configured;
}
