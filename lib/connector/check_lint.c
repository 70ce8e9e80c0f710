#include "connector/check_int.h"
#include "connector/select.h"
#include "connector/value.h"

/* An ability, and the functions that it takes. */
static const struct need {
	const char *ability;
	enum connector_call calls[2];
	size_t n;
} needs[] = {
    {"post", {CALL_PUBLISH, CALL_PUBLISHED}, 2},
    {"reply", {CALL_PUBLISH, CALL_PUBLISHED}, 2},
    {"reply.private", {CALL_PUBLISH, CALL_PUBLISHED}, 2},
    {"thread", {CALL_PUBLISH, CALL_PUBLISHED}, 2},
    {"edit", {CALL_EDIT, CALL_PUBLISHED}, 2},
    {"delete", {CALL_DELETE, CALL_PUBLISHED}, 2},
    {"webhook", {CALL_WEBHOOK, CALL_EVENT}, 2},
};

/* And the other way round: a function that no ability speaks of is never called. */
static const struct {
	enum connector_call call;
	const char *abilities[4];
} serves[] = {
    {CALL_WEBHOOK, {"webhook"}},
    {CALL_PUBLISH, {"post", "reply", "reply.private", "thread"}},
    {CALL_EDIT, {"edit"}},
    {CALL_DELETE, {"delete"}},
};

static void
lint_needs(struct check *k, const struct meta *m)
{
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		const struct need *need = &needs[i];

		for (size_t j = 0; meta_can(m, need->ability) && j < need->n; j++)
			if (!connector_has(k->c, need->calls[j]))
				check_problem(k, "meta: can \"%s\", but \"%s\" is not defined",
				    need->ability, connector_call_name(need->calls[j]));
	}
}

static void
lint_serves(struct check *k, const struct meta *m)
{
	for (size_t i = 0; i < sizeof serves / sizeof *serves; i++) {
		bool serving = false;

		for (size_t j = 0; j < 4 && serves[i].abilities[j]; j++)
			serving |= meta_can(m, serves[i].abilities[j]);
		if (connector_has(k->c, serves[i].call) && !serving)
			check_problem(k, "\"%s\" is defined, but meta.can has no \"%s\"",
			    connector_call_name(serves[i].call), serves[i].abilities[0]);
	}
}

static bool
can_read(const struct meta *m)
{
	for (NODE_EACH(it, node_get(m->root, "can")))
		if (slice_starts(it->text, SLICE("read.")))
			return true;
	return false;
}

/* A file without functions tells what a network can do that is read or written by other means. */
static bool
has_functions(const struct connector *c)
{
	for (int i = 0; i < CALL_COUNT; i++)
		if (connector_has(c, (enum connector_call)i))
			return true;
	return false;
}

static void
lint_reading(struct check *k, const struct meta *m)
{
	bool polls = connector_has(k->c, CALL_START) && connector_has(k->c, CALL_PAGE);
	bool hook = connector_has(k->c, CALL_WEBHOOK);

	if (can_read(m) && !polls && !hook)
		check_problem(k, "meta: can read, but there is neither \"start\" with \"page\" nor "
				 "\"webhook\"");
	if (can_read(m) && !connector_has(k->c, CALL_EVENT))
		check_problem(k, "meta: can read, but \"event\" is not defined");
	if ((polls || hook) && !can_read(m))
		check_problem(k, "meta.can says of nothing that it is read, such as \"read.post\"");
	if ((polls || hook) && !m->nrecords)
		check_problem(k, "meta.records is missing: without it, drift goes unnoticed");
	if (meta_can(m, "webhook") && !node_get(m->root, "webhook"))
		check_problem(k, "meta: can \"webhook\", but meta.webhook does not say how a delivery is "
				 "verified");
}

static void
lint_publishing(struct check *k, const struct meta *m)
{
	const struct json_node *publish = node_get(m->root, "publish");
	bool writes = meta_can(m, "reply") || meta_can(m, "post");

	if (writes && !m->text.limit)
		check_problem(k, "meta.text.limit is missing: how long may a text be?");
	if (writes && !publish)
		check_problem(k, "meta.publish is missing: how is a repeated request recognised?");
	if (node_bool(publish, "lookup", false) &&
	    !(connector_has(k->c, CALL_FIND) && connector_has(k->c, CALL_FOUND)))
		check_problem(k, "meta.publish.lookup is true, but \"find\" and \"found\" are not both "
				 "defined");
}

static void
lint_auth(struct check *k, const struct meta *m)
{
	const struct json_node *auth = node_get(m->root, "auth");
	struct slice scheme = node_text(auth, "scheme");

	if (slice_is(scheme, "header") && !node_get(auth, "header"))
		check_problem(k, "meta.auth.header is missing: which headers carry the secret?");
	if (slice_is(scheme, "session") && (!node_get(auth, "session") || !node_get(auth, "take")))
		check_problem(k, "meta.auth: a session needs \"session\", the request, and \"take\", what is "
				 "taken from its answer");
	if (scheme.p && !slice_is(scheme, "none") && !node_get(auth, "fields"))
		check_problem(k, "meta.auth.fields is missing: what must stand in the vault?");
}

/* The file is found by its name, and so is the network's name in what was read long ago. */
static void
lint_name(struct check *k, const struct meta *m)
{
	struct slice path = slice_of(connector_path(k->c)), name = path;
	const char *slash = memrchr(path.p, '/', path.n);

	if (slash)
		name = (struct slice){slash + 1, path.n - (size_t)(slash + 1 - path.p)};
	name.n -= strlen(".jq");
	if (!slice_eq(name, m->name))
		check_problem(k, "meta.name is \"%.*s\", but the file is called \"%.*s.jq\"",
		    SLICE_ARG(m->name), SLICE_ARG(name));
	for (size_t i = 0; i < m->name.n; i++) {
		char c = m->name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
			check_problem(k, "meta.name: expected small letters, digits and \"-\"");
			break;
		}
	}
}

void
lint_meta(struct check *k)
{
	const struct meta *m = connector_facts(k->c);

	lint_name(k, m);
	if (!has_functions(k->c))
		return;
	lint_needs(k, m);
	lint_serves(k, m);
	lint_reading(k, m);
	lint_publishing(k, m);
	lint_auth(k, m);
}

/* ---- what functions yield ---- */

void
lint_members(struct check *k, const char *what, jv v, const char *const *names)
{
	jv_object_foreach(v, key, x)
	{
		const char *const *n = names;

		while (*n && !slice_is(value_text(key), *n))
			n++;
		if (!*n)
			check_problem(k, "%s: unknown member \"%s\"", what, jv_string_value(key));
		jv_free(key);
		jv_free(x);
	}
}

static void
lint_bucket(struct check *k, const char *what, jv request)
{
	const struct meta *m = connector_facts(k->c);
	jv bucket = value_get(request, "bucket");
	bool known = jv_get_kind(bucket) == JV_KIND_NULL;

	for (size_t i = 0; i < m->nbuckets; i++)
		known |= slice_eq(m->buckets[i].name, value_text(bucket));
	if (!known)
		check_problem(k, "%s: the bucket is none of meta.limits.buckets", what);
	jv_free(bucket);
}

static void
lint_select(struct check *k, const char *what, jv request)
{
	jv select = value_get(request, "select");
	struct sme_err err;

	if (jv_get_kind(select) == JV_KIND_NULL)
		jv_free(select);
	else if (select_check(select, &err) < 0)
		check_problem(k, "%s: %s", what, err.text);
}

void
lint_request(struct check *k, const char *what, jv v)
{
	static const char *const members[] = {"method", "url", "query", "headers", "json", "form",
	    "body", "auth", "tag", "context", "bucket", "cost", "select", "idempotent", "optional",
	    "mail", "xmpp", NULL};
	jv url;

	if (jv_get_kind(v) == JV_KIND_NULL)
		return;
	if (jv_get_kind(v) != JV_KIND_OBJECT) {
		check_problem(k, "%s: expected a request object, got %s", what,
		    jv_kind_name(jv_get_kind(v)));
		return;
	}
	url = value_get(v, "url");
	if (!value_text(url).n)
		check_problem(k, "%s: the request has no url", what);
	jv_free(url);
	lint_members(k, what, v, members);
	lint_bucket(k, what, v);
	lint_select(k, what, v);
}

void
lint_requests(struct check *k, const char *what, jv v)
{
	if (jv_get_kind(v) == JV_KIND_NULL)
		return;
	if (jv_get_kind(v) != JV_KIND_ARRAY) {
		check_problem(k, "%s: expected a list of requests, got %s", what,
		    jv_kind_name(jv_get_kind(v)));
		return;
	}
	jv_array_foreach(v, i, request)
	{
		lint_request(k, what, request);
		jv_free(request);
	}
}
