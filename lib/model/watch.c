#include "model/watch.h"

#include <stdlib.h>

#include "core/arena.h"
#include "core/file.h"
#include "core/map.h"
#include "core/mem.h"
#include "stream/json.h"

static const char *const keys[WATCH_KINDS] = {"topics", "keywords", "queries"};

struct watch {
	struct query_set *set;
	uint8_t *kind; /* of each query of the set */
	size_t cap;
	struct slice *path; /* of each query, such as ".topics.network" */
	size_t path_cap;
	struct arena arena;
};

/* The query INDEX stands at PATH; below 0 it could not be added. */
static int
note(struct watch *w, int index, enum watch_kind kind, struct buf *path, struct sme_err *err)
{
	if (index < 0)
		return err_prefix(err, "%s", buf_str(path));
	w->kind = xgrow(w->kind, (size_t)index, &w->cap, sizeof *w->kind);
	w->path = xgrow(w->path, (size_t)index, &w->path_cap, sizeof *w->path);
	w->kind[index] = (uint8_t)kind;
	w->path[index] = arena_dup(&w->arena, buf_slice(path));
	return 0;
}

static int
add_queries(struct watch *w, const struct json_node *list, enum watch_kind kind, int scope,
    struct buf *path, struct sme_err *err)
{
	size_t at = path->n;
	int r = 0;

	for (NODE_EACH(it, list)) {
		path->n = at;
		buf_printf(path, ".%s.%.*s", keys[kind], SLICE_ARG(it->key));
		r = note(w, query_set_add(w->set, it->key, it->text, scope, err), kind, path, err);
		if (r < 0)
			break;
	}
	path->n = at;
	return r;
}

static int
add_keywords(
    struct watch *w, const struct json_node *list, int scope, struct buf *path, struct sme_err *err)
{
	size_t at = path->n, i = 0;
	int r = 0;

	for (NODE_EACH(it, list)) {
		path->n = at;
		buf_printf(path, ".keywords[%zu]", i++);
		r = note(w, query_set_add_keyword(w->set, it->text, scope, err), WATCH_KEYWORD,
		    path, err);
		if (r < 0)
			break;
	}
	path->n = at;
	return r;
}

/* What stands in NODE, the whole configuration or one tenant of it, which is at PATH. */
static int
add_scope(
    struct watch *w, const struct json_node *node, int scope, struct buf *path, struct sme_err *err)
{
	if (add_queries(w, node_get(node, "topics"), WATCH_TOPIC, scope, path, err) < 0 ||
	    add_queries(w, node_get(node, "queries"), WATCH_QUERY, scope, path, err) < 0)
		return -1;
	return add_keywords(w, node_get(node, "keywords"), scope, path, err);
}

/* A list file is looked for beside the configuration that names it. */
static int
read_list(void *ctx, const char *file, struct buf *out, struct sme_err *err)
{
	char *path = config_path(ctx, slice_of(file));
	int r = file_read(path, out, err);

	free(path);
	return r;
}

static int
add_all(struct watch *w, const struct json_node *root, struct sme_err *err)
{
	struct buf path = BUF_INIT;
	int r = add_scope(w, root, QUERY_GLOBAL, &path, err);

	for (NODE_EACH(it, r == 0 ? node_get(root, "tenants") : NULL)) {
		buf_clear(&path);
		buf_printf(&path, ".tenants.%.*s", SLICE_ARG(it->key));
		r = add_scope(w, it, query_set_scope(w->set, it->key), &path, err);
		if (r < 0)
			break;
	}
	buf_release(&path);
	return r;
}

/* In one scope. */
static struct slice
query_text(const struct json_node *scope, const char *name)
{
	struct slice text = node_text(node_get(scope, "queries"), name);

	return text.p ? text : node_text(node_get(scope, "topics"), name);
}

struct slice
watch_query_text(const struct config *config, const char *tenant, const char *name)
{
	struct slice text = query_text(config_tenant(config, slice_of(tenant)), name);

	return text.p ? text : query_text(config->root, name);
}

struct query_set *
watch_query_set(const struct config *config, struct slice text, struct sme_err *err)
{
	struct query_set *set = query_set_new();

	query_set_reader(set, read_list, (void *)(uintptr_t)config);
	if (query_set_add(set, SLICE("query"), text, QUERY_GLOBAL, err) < 0) {
		query_set_free(set);
		return NULL;
	}
	query_set_compile(set);
	return set;
}

struct watch *
watch_new(const struct config *config, struct sme_err *err)
{
	struct watch *w = xcalloc(1, sizeof *w);

	w->set = query_set_new();
	query_set_reader(w->set, read_list, (void *)(uintptr_t)config);
	if (add_all(w, config->root, err) < 0) {
		err_prefix(err, "%s", config->path);
		watch_free(w);
		return NULL;
	}
	query_set_compile(w->set);
	return w;
}

void
watch_free(struct watch *w)
{
	if (!w)
		return;
	query_set_free(w->set);
	arena_release(&w->arena);
	free(w->kind);
	free(w->path);
	free(w);
}

/* What is the same for two queries that find the same under two names. */
static void
put_identity(const struct watch *w, uint32_t query, struct buf *b)
{
	buf_clear(b);
	buf_printf(b, "%d %d ", w->kind[query], query_set_query_scope(w->set, query));
	buf_adds(b, slice_trim(query_set_text(w->set, query)));
}

size_t
watch_lint(const struct watch *w, struct buf *out)
{
	struct buf lines = BUF_INIT, identity = BUF_INIT;
	struct map seen = MAP_INIT;
	size_t found = 0;

	for (uint32_t i = 0; i < query_set_count(w->set); i++) {
		union map_value *first;
		struct slice rest, line;

		put_identity(w, i, &identity);
		first = map_put(&seen, buf_slice(&identity));
		buf_clear(&lines);
		if (first->u)
			buf_printf(&lines, "this is the same as %s\n", w->path[first->u - 1].p);
		else
			first->u = i + 1;
		query_lint(w->set, i, &lines);
		rest = buf_slice(&lines);
		while (slice_cut(&rest, '\n', &line) && line.n) {
			buf_printf(out, "%s: %.*s\n", w->path[i].p, SLICE_ARG(line));
			found++;
		}
	}
	map_release(&seen);
	buf_release(&identity);
	buf_release(&lines);
	return found;
}

struct query_scratch *
watch_scratch(const struct watch *w)
{
	return query_scratch_new(w->set);
}

int
watch_scope(const struct watch *w, struct slice tenant)
{
	return query_set_find_scope(w->set, tenant.p ? tenant : SLICE("default"));
}

/* Did an earlier hit of the same kind have the name of HITS[AT]?  A tenant may repeat what holds
 * for all. */
static bool
repeated(const struct watch *w, const uint32_t *hits, size_t at)
{
	struct slice name = query_set_name(w->set, hits[at]);

	for (size_t i = 0; i < at; i++)
		if (w->kind[hits[i]] == w->kind[hits[at]] &&
		    slice_eq(query_set_name(w->set, hits[i]), name))
			return true;
	return false;
}

/* Count characters up to a place in the text, going on where the last one was. */
struct ruler {
	struct slice text;
	size_t at, chars;
};

static size_t
chars_to(struct ruler *r, size_t at)
{
	if (at < r->at)
		r->at = r->chars = 0;
	for (; r->at < at; r->at++)
		r->chars += (r->text.p[r->at] & 0xc0) != 0x80;
	return r->chars;
}

struct why {
	const struct watch_more *more;
	struct buf *out;
	struct ruler ruler;
	bool first;
};

static void
put_clause(void *ctx, const struct query_clause *clause)
{
	struct why *why = ctx;
	struct buf *out = why->out;

	buf_puts(out, why->first ? "{\"clause\":" : ",{\"clause\":");
	why->first = false;
	if (why->more->hides(why->more->ctx, clause->text))
		buf_puts(out, "null");
	else
		json_put_string(out, clause->text);
	if (clause->absent)
		buf_puts(out, ",\"absent\":true");
	if (clause->field)
		buf_printf(out, ",\"field\":\"%s\"", clause->field);
	for (size_t i = 0; i < clause->n; i++) {
		size_t start = chars_to(&why->ruler, clause->places[i].start);

		buf_printf(out, "%s[%zu,%zu]", i ? "," : ",\"at\":[", start,
		    chars_to(&why->ruler, clause->places[i].end));
	}
	buf_puts(out, clause->n ? "]}" : "}");
}

/* Of all that matched, a name that comes twice included: each may have its own reasons. */
static void
put_why(const struct watch *w, struct query_scratch *scratch, struct slice text,
    const uint32_t *hits, size_t n, const struct watch_more *more, struct buf *out)
{
	const char *comma = "";

	buf_puts(out, ",\"why_queries\":[");
	for (size_t i = 0; i < n; i++) {
		struct why why = {more, out, {text, 0, 0}, true};

		if (w->kind[hits[i]] == WATCH_KEYWORD &&
		    more->hides(more->ctx, query_set_name(w->set, hits[i])))
			continue;
		buf_printf(out, "%s{\"in\":\"%s\",\"name\":", comma, keys[w->kind[hits[i]]]);
		comma = ",";
		json_put_string(out, query_set_name(w->set, hits[i]));
		buf_puts(out, ",\"clauses\":[");
		query_explain(scratch, hits[i], put_clause, &why);
		buf_puts(out, "]}");
	}
	buf_addc(out, ']');
}

static void
put_names(const struct watch *w, enum watch_kind kind, const uint32_t *hits, size_t n,
    const struct watch_more *more, struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		struct slice name = query_set_name(w->set, hits[i]);

		if (w->kind[hits[i]] != kind || repeated(w, hits, i))
			continue;
		if (kind == WATCH_KEYWORD && more->hides(more->ctx, name))
			continue;
		if (!first)
			buf_addc(out, ',');
		first = false;
		json_put_string(out, name);
	}
}

void
watch_put(const struct watch *w, struct query_scratch *scratch, struct slice text,
    const struct query_fields *fields, int scope, bool explain, const struct watch_more *more,
    struct buf *out)
{
	const uint32_t *hits = NULL;
	size_t n = query_run(scratch, text, fields, scope, &hits);

	for (int kind = 0; kind < WATCH_KINDS; kind++) {
		size_t from;

		buf_puts(out, kind ? ",\"" : "\"");
		buf_puts(out, keys[kind]);
		buf_puts(out, "\":[");
		from = out->n;
		put_names(w, (enum watch_kind)kind, hits, n, more, out);
		more->put(more->ctx, (enum watch_kind)kind, from, out);
		buf_addc(out, ']');
	}
	if (explain)
		put_why(w, scratch, text, hits, n, more, out);
}
