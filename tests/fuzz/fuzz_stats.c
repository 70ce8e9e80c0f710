/*
 * Lines of events: whatever they hold, the JSON is JSON, the same for both orders of the lines, and
 * the page is well-formed XML.
 */
#include <libxml/parser.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "stats/collect.h"
#include "stats/output.h"

#define LINES_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
split(struct slice text, struct slice lines[LINES_MAX])
{
	size_t n = 0;

	while (n < LINES_MAX && slice_cut(&text, '\n', &lines[n]))
		n++;
	return n;
}

static void
take(struct stats_collector *c, struct scanner *s, int type, struct slice line)
{
	char *padded = xcalloc(line.n + SCAN_PADDING, 1);

	if (line.n)
		memcpy(padded, line.p, line.n);
	if (scanner_scan(s, padded, line.n) == 0 && s->root.type == JSON_OBJECT) {
		struct event ev = {.line = {padded, line.n},
		    .file = "fuzz",
		    .lineno = 1,
		    .values = s->values,
		    .type = s->values[type]};

		stats_collect(c, &ev);
	}
	free(padded);
}

/* The JSON of N lines into JSON and, when PAGE is not NULL, the page into PAGE. */
static void
run(const struct slice *lines, size_t n, bool reverse, struct buf *json, struct buf *page)
{
	const struct stats_options options = {
	    .now = INT64_C(1800000000000), .since = TIME_NONE, .until = TIME_NONE, .top = 3};
	const struct config config = {0};
	struct scan_plan *plan = scan_plan_new();
	int type = scan_plan_add(plan, "type");
	struct stats_collector *c = stats_collector_new(&options, &config, plan, NULL);
	struct scanner *s = scanner_new(plan);
	struct stats_figures f;

	for (size_t i = 0; i < n; i++)
		take(c, s, type, lines[reverse ? n - 1 - i : i]);
	stats_figures(c, &f);
	stats_put_json(json, &f);
	if (page) {
		stats_put_summary(page, &f, STATS_EN);
		buf_clear(page);
		stats_put_page(page, &f, STATS_DE);
	}
	stats_figures_release(&f);
	scanner_free(s);
	stats_collector_free(c);
	scan_plan_free(plan);
}

static void
silent(void *ctx, const char *msg, ...)
{
	(void)ctx;
	(void)msg;
}

static void
check_page(const struct buf *page)
{
	xmlDocPtr doc;

	xmlSetGenericErrorFunc(NULL, silent);
	doc = xmlReadMemory(page->p, (int)page->n, "page", "UTF-8",
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE);
	if (!doc)
		abort();
	xmlFreeDoc(doc);
}

static void
check_json(const struct buf *json)
{
	struct arena a = ARENA_INIT;

	if (!json_tree(&a, buf_slice(json), NULL))
		abort();
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice lines[LINES_MAX];
	size_t n = split((struct slice){(const char *)data, size}, lines);
	struct buf json = BUF_INIT, again = BUF_INIT, page = BUF_INIT;

	run(lines, n, false, &json, &page);
	run(lines, n, true, &again, NULL);
	if (!slice_eq(buf_slice(&json), buf_slice(&again)))
		abort();
	check_json(&json);
	check_page(&page);
	buf_release(&json);
	buf_release(&again);
	buf_release(&page);
	return 0;
}
