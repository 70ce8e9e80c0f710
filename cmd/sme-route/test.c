#include "sme-route/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/cli.h"
#include "core/err.h"
#include "core/map.h"
#include "stream/reader.h"
#include "stream/tree.h"

struct test_run {
	const struct config *config;
	const struct router *router;
	struct router_run *run;
	struct scanner *scanner;
	struct map hit; /* "TENANT RULE" of rules that held */
	struct buf line, value;
	size_t tests, failed;
	const char *file;
	size_t lineno;
};

static void
fail(struct test_run *t, const struct json_node *test, const char *what)
{
	struct slice name = node_text(test, "name");

	fprintf(stderr, "%s:%zu: %s%s%s\n", t->file, t->lineno, name.p ? name.p : "", name.p ? ": " : "", what);
	t->failed++;
}

/* Remember which rules of the tenant held. */
static void
note_hits(struct test_run *t, struct slice tenant, const struct json_node *route)
{
	struct buf key = BUF_INIT;
	const struct json_node *list = node_get(route, "rules"), *one = node_get(route, "rule");

	if (!list && one && one->text.p) {
		buf_printf(&key, "%.*s %s", SLICE_ARG(tenant), one->text.p);
		map_put(&t->hit, buf_slice(&key))->u++;
	}
	for (NODE_EACH(it, list)) {
		buf_clear(&key);
		buf_printf(&key, "%.*s %s", SLICE_ARG(tenant), it->text.p);
		map_put(&t->hit, buf_slice(&key))->u++;
	}
	buf_release(&key);
}

/* The route of EVENT as a tree of A; NULL with ERR when it is no event. */
static const struct json_node *
route_of(struct test_run *t, const struct json_node *event, struct arena *a, struct sme_err *err)
{
	struct event ev = {.file = t->file, .lineno = t->lineno};

	buf_clear(&t->line);
	buf_clear(&t->value);
	node_put(&t->line, event);
	if (!buf_reserve(&t->line, SCAN_PADDING) || scanner_scan(t->scanner, t->line.p, t->line.n) < 0) {
		err_set(err, SME_DATA, "\"event\" cannot be read: %s", t->scanner->error);
		return NULL;
	}
	ev.line = buf_slice(&t->line);
	ev.values = t->scanner->values;
	if (!route_event(t->router, t->run, &ev, &t->value, NULL))
		buf_puts(&t->value, "null"); /* of an own account */
	return json_tree(a, buf_slice(&t->value), err);
}

static bool
same(const struct json_node *a, const struct json_node *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	bool equal;

	if (a && b && a->type == JSON_NUMBER && b->type == JSON_NUMBER)
		return a->number == b->number;
	if (a)
		node_put(&x, a);
	if (b)
		node_put(&y, b);
	equal = slice_eq(buf_slice(&x), buf_slice(&y));
	buf_release(&x);
	buf_release(&y);
	return equal;
}

static void
compare(struct test_run *t, const struct json_node *test, const struct json_node *route)
{
	struct buf text = BUF_INIT;

	for (NODE_EACH(want, node_get(test, "want"))) {
		const struct json_node *got = node_get(route, want->key.p);

		if (same(want, got))
			continue;
		buf_printf(&text, "%s.%s: expected ", text.n ? "; " : "", want->key.p);
		node_put(&text, want);
		buf_puts(&text, ", got ");
		if (got)
			node_put(&text, got);
		else
			buf_puts(&text, "nothing");
	}
	if (text.n)
		fail(t, test, buf_str(&text));
	buf_release(&text);
}

static void
run_test(struct test_run *t, struct slice line)
{
	struct arena a = ARENA_INIT;
	struct sme_err err;
	const struct json_node *test = json_tree(&a, line, &err), *event, *route;
	struct slice tenant;

	t->tests++;
	event = node_get(test, "event");
	if (!test)
		fail(t, NULL, err.text);
	else if (!event || event->type != JSON_OBJECT || !node_get(test, "want"))
		fail(t, test, "expected {\"event\": {...}, \"want\": {...}}");
	else if (!(route = route_of(t, event, &a, &err)))
		fail(t, test, err.text);
	else {
		tenant = node_text(event, "tenant");
		note_hits(t, tenant.p ? tenant : SLICE("default"), route);
		compare(t, test, route);
	}
	arena_release(&a);
}

static void
read_tests(struct test_run *t)
{
	struct reader *in = reader_open((char *const[]){(char *)(size_t)t->file, NULL});
	enum reader_kind kind;
	struct sme_err err;
	struct block b;

	while ((kind = reader_next(in, &b, &err)) != READER_END) {
		struct slice rest = {b.p, b.n}, line;

		if (kind == READER_ERROR)
			sme_die(err.status, "%s", err.text);
		t->lineno = b.lineno;
		for (; kind == READER_LINES && slice_cut(&rest, '\n', &line); t->lineno++)
			if (slice_trim(line).n)
				run_test(t, line);
	}
	reader_close(in);
}

/* Of the tenants that have tests: whoever tests one tenant need not hear of the others. */
static bool
is_tested(const struct test_run *t, struct slice tenant)
{
	for (size_t i = 0; i < t->hit.n; i++) {
		struct slice rest = t->hit.items[i].key, head;

		slice_cut(&rest, ' ', &head);
		if (slice_eq(head, tenant))
			return true;
	}
	return false;
}

static size_t
report_silent(const struct test_run *t)
{
	struct buf key = BUF_INIT;
	size_t silent = 0;

	for (NODE_EACH(tenant, node_get(t->config->root, "tenants"))) {
		size_t i = 0;

		for (NODE_EACH(rule, node_get(tenant, "rules"))) {
			buf_clear(&key);
			buf_printf(&key, "%s %s", tenant->key.p, node_text(rule, "name").p);
			if (is_tested(t, tenant->key) && !map_get(&t->hit, buf_slice(&key))) {
				sme_warn("%s: .tenants.%s.rules[%zu]: \"%s\" is hit by no test", t->config->path,
				    tenant->key.p, i, node_text(rule, "name").p);
				silent++;
			}
			i++;
		}
	}
	buf_release(&key);
	return silent;
}

int
route_test(const char *file, const struct config *config, const struct router *router,
    const struct scan_plan *plan)
{
	struct test_run t = {.config = config, .router = router, .file = file};
	size_t silent;

	t.run = router_run_new(router);
	t.scanner = scanner_new(plan);
	t.line = t.value = (struct buf)BUF_INIT;
	read_tests(&t);
	silent = report_silent(&t);
	printf("%zu tests, %zu failed; %zu rules are hit by none\n", t.tests, t.failed, silent);
	cli_flush();
	router_run_free(t.run);
	scanner_free(t.scanner);
	map_release(&t.hit);
	buf_release(&t.line);
	buf_release(&t.value);
	return t.failed || t.tests == 0 ? SME_REJECTED : SME_OK;
}
