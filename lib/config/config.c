#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/eval.h"
#include "config/schema.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"

/* No sane configuration is larger, in bytes. */
#define CONFIG_MAX ((size_t)4 << 20)

static const struct json_node empty = {.type = JSON_OBJECT};

static char *
join(const char *a, const char *b)
{
	struct buf path = BUF_INIT;

	buf_printf(&path, "%s%s", a, b);
	return buf_detach(&path);
}

/* The file to read when none was named, or NULL.  $SME_CONFIG is taken at its word. */
static char *
usual_place(void)
{
	const char *named = getenv("SME_CONFIG"), *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	char *path = NULL;

	if (named && *named)
		return xstrdup(named);
	if (xdg && *xdg)
		path = join(xdg, "/sme/sme.jq");
	else if (home && *home)
		path = join(home, "/.config/sme/sme.jq");
	if (path && access(path, F_OK) == 0)
		return path;
	free(path);
	return access("/etc/sme/sme.jq", F_OK) == 0 ? xstrdup("/etc/sme/sme.jq") : NULL;
}

/* A member that is null counts as absent: take it out, so that no tool has to think of it. */
static void
drop_nulls(struct json_node *n)
{
	struct json_node **at = &n->child;

	while (*at) {
		if (n->type == JSON_OBJECT && (*at)->type == JSON_NULL) {
			*at = (*at)->next;
			n->count--;
			continue;
		}
		drop_nulls(*at);
		at = &(*at)->next;
	}
}

static int
read_text(const char *path, struct buf *text, struct sme_err *err)
{
	/* file_read wants room for one more block than the file has. */
	text->max = CONFIG_MAX + (128 << 10);
	if (file_read(path, text, err) < 0)
		return -1;
	if (text->n > CONFIG_MAX)
		return err_set(err, SME_CONFIG, "%s: larger than %zu bytes", path, CONFIG_MAX);
	if (text->n && memchr(text->p, '\0', text->n))
		return err_set(err, SME_CONFIG, "%s: contains a NUL byte", path);
	return 0;
}

/* Plain JSON needs no libjq, which takes some 36 ms to start. */
static struct json_node *
parse(struct arena *a, const char *path, const struct buf *text, struct sme_err *err)
{
	bool blank = slice_trim(buf_slice(text)).n == 0;
	struct json_node *root = json_tree(a, blank ? SLICE("null") : buf_slice(text), NULL);
	struct buf out = BUF_INIT;

	if (root)
		return root;
	if (config_eval(path, buf_str(text), &out, err) == 0) {
		root = json_tree(a, buf_slice(&out), err);
		if (!root)
			err_prefix(err, "%s: the result", path);
	}
	buf_release(&out);
	return root;
}

/* Read PATH into C->root; it is not yet compared with the schema. */
static int
read_tree(struct config *c, const char *path, struct sme_err *err)
{
	struct buf text = BUF_INIT;
	struct json_node *root = NULL;

	*c = (struct config){&empty, path ? xstrdup(path) : usual_place(), ARENA_INIT};
	if (!c->path)
		return 0;
	if (read_text(c->path, &text, err) == 0)
		root = parse(&c->arena, c->path, &text, err);
	buf_release(&text);
	if (!root)
		return -1;
	drop_nulls(root);
	/* Nothing, or comments alone, is jq's identity and gives the null that it was fed. */
	if (root->type != JSON_NULL)
		c->root = root;
	return 0;
}

static int
first_error(struct buf *report, size_t errors, struct sme_err *err)
{
	struct slice all = buf_slice(report), line;

	slice_cut(&all, '\n', &line);
	if (errors == 1)
		return err_set(err, SME_CONFIG, "%.*s", SLICE_ARG(line));
	return err_set(err, SME_CONFIG, "%.*s (and %zu more: try --check-config)", SLICE_ARG(line),
	    errors - 1);
}

int
config_load(struct config *c, const char *path, struct sme_err *err)
{
	struct buf report = BUF_INIT;
	int r = read_tree(c, path, err);
	size_t errors = r < 0 ? 0 : schema_check(&config_schema, c->root, c->path ? c->path : "", false, &report);

	if (errors)
		r = first_error(&report, errors, err);
	if (r < 0)
		config_release(c);
	buf_release(&report);
	return r;
}

int
config_check(const char *path, struct buf *report, struct sme_err *err)
{
	struct config c;
	size_t errors = 0;
	int r = read_tree(&c, path, err);

	if (r == 0)
		errors = schema_check(&config_schema, c.root, c.path ? c.path : "", true, report);
	if (errors)
		r = err_set(err, SME_CONFIG, "%s: %zu %s", c.path, errors,
		    errors == 1 ? "error" : "errors");
	config_release(&c);
	return r;
}

int
config_check_main(const char *path)
{
	struct buf report = BUF_INIT;
	struct sme_err err;
	struct slice all, line;
	int r = config_check(path, &report, &err);

	all = buf_slice(&report);
	while (slice_cut(&all, '\n', &line))
		if (line.n)
			sme_warn("%.*s", SLICE_ARG(line));
	if (r < 0 && !report.n)
		sme_warn("%s", err.text);
	buf_release(&report);
	return r < 0 ? (int)err.status : SME_OK;
}

void
config_release(struct config *c)
{
	free(c->path);
	arena_release(&c->arena);
	*c = (struct config){&empty, NULL, ARENA_INIT};
}

const struct json_node *
config_tenant(const struct config *c, struct slice id)
{
	for (NODE_EACH(it, node_get(c->root, "tenants")))
		if (slice_eq(it->key, id))
			return it;
	return NULL;
}

int64_t
config_duration(const struct json_node *node, const char *key, int64_t fallback)
{
	int64_t ms;

	return duration_parse(node_text(node, key), &ms) ? ms : fallback;
}

char *
config_path(const struct config *c, struct slice path)
{
	const char *slash = c->path ? strrchr(c->path, '/') : NULL;
	struct buf b = BUF_INIT;

	if (slash && !(path.n && path.p[0] == '/'))
		buf_add(&b, c->path, (size_t)(slash - c->path) + 1);
	buf_adds(&b, path);
	return buf_detach(&b);
}
