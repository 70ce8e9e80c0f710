#include "sme-route/curve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli.h"
#include "core/err.h"
#include "core/mem.h"
#include "stream/reader.h"
#include "stream/tree.h"

static const char *label_key = "urgent";
static double miss = 20, wake = 1;
static bool json;

static const struct cli_opt options[] = {
    {0, "json", CLI_FLAG, &json, NULL, "a JSON object for each threshold instead of a table"},
    {0, "label-key", CLI_STRING, &label_key, "KEY", "member that says whether somebody was needed (urgent)"},
    {0, "miss", CLI_NUMBER, &miss, "COST", "of an urgent mention that waits until morning (20)"},
    {0, "wake", CLI_NUMBER, &wake, "COST", "of waking somebody for nothing (1)"},
    CLI_END,
};

static const struct cli_tool tool = {
    .name = "sme-route curve",
    .what = CURVE_WHAT,
    .operands = "[file ...]",
    .opts = options,
};

struct row {
	double priority;
	bool urgent;
};

struct rows {
	struct row *list;
	size_t n, cap, urgent, skipped;
};

/* The member at a dotted path. */
static const struct json_node *
at_path(const struct json_node *n, const char *path)
{
	char name[64];

	while (n && *path) {
		size_t len = strcspn(path, ".");

		if (len >= sizeof name)
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		n = node_get(n, name);
		path += len + (path[len] == '.');
	}
	return n;
}

static void
take_line(struct rows *r, struct slice line)
{
	struct arena a = ARENA_INIT;
	struct sme_err err;
	const struct json_node *n = json_tree(&a, line, &err), *label = at_path(n, label_key);
	double priority = node_number(node_get(n, "route"), "priority", -1);

	if (priority < 0)
		priority = node_number(node_get(n, "score"), "priority", -1);
	if (!label || priority < 0 || (label->type != JSON_TRUE && label->type != JSON_FALSE)) {
		r->skipped++;
	} else {
		r->list = xgrow(r->list, r->n, &r->cap, sizeof *r->list);
		r->list[r->n++] = (struct row){priority, label->type == JSON_TRUE};
		r->urgent += label->type == JSON_TRUE;
	}
	arena_release(&a);
}

static void
read_files(struct rows *r, char **files)
{
	struct reader *in = reader_open(files);
	enum reader_kind kind;
	struct sme_err err;
	struct block b;

	while ((kind = reader_next(in, &b, &err)) != READER_END) {
		struct slice rest = {b.p, b.n}, line;

		if (kind == READER_ERROR)
			sme_die(err.status, "%s", err.text);
		while (kind == READER_LINES && slice_cut(&rest, '\n', &line))
			if (slice_trim(line).n)
				take_line(r, line);
	}
	reader_close(in);
}

static int
by_priority(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->priority < y->priority) - (x->priority > y->priority);
}

struct point {
	double threshold;
	size_t found, woken; /* urgent ones above it, and all above it */
};

static double
cost_of(const struct rows *r, const struct point *p)
{
	return miss * (double)(r->urgent - p->found) + wake * (double)(p->woken - p->found);
}

static void
put_point(const struct rows *r, const struct point *p, bool best)
{
	double recall = r->urgent ? (double)p->found / (double)r->urgent : 1;
	double precision = p->woken ? (double)p->found / (double)p->woken : 1;

	if (json)
		printf("{\"threshold\":%g,\"recall\":%.4f,\"precision\":%.4f,\"missed\":%zu,\"woken_for_nothing\":%zu,"
		       "\"cost\":%g,\"best\":%s}\n", p->threshold, recall, precision, r->urgent - p->found,
		    p->woken - p->found, cost_of(r, p), best ? "true" : "false");
	else
		printf("%9g  %6.3f  %9.3f  %6zu  %11zu  %9g%s\n", p->threshold, recall, precision, r->urgent - p->found,
		    p->woken - p->found, cost_of(r, p), best ? "  <- least" : "");
}

/* A point for each tenth of a hundred, and the one that costs least wherever it lies. */
static void
print_curve(struct rows *r)
{
	struct point p = {0, 0, 0}, best = {0, 0, 0};
	struct point shown[64];
	size_t n = 0;
	double next = 100;

	qsort(r->list, r->n, sizeof *r->list, by_priority);
	best.threshold = r->n ? r->list[0].priority + 1 : 0;
	for (size_t i = 0; i < r->n;) {
		for (; n < 40 && next > r->list[i].priority; next -= 10) {
			shown[n] = p;
			shown[n++].threshold = next;
		}
		p.threshold = r->list[i].priority;
		while (i < r->n && r->list[i].priority == p.threshold) {
			p.found += r->list[i].urgent;
			p.woken++;
			i++;
		}
		if (cost_of(r, &p) < cost_of(r, &best))
			best = p;
	}
	for (; n < 40 && next >= 0; next -= 10) {
		shown[n] = p;
		shown[n++].threshold = next;
	}
	if (!json)
		printf("threshold  recall  precision  missed  for nothing       cost\n");
	put_point(r, &best, true);
	for (size_t i = 0; i < n; i++)
		put_point(r, &shown[i], false);
}

int
curve_main(int argc, char **argv)
{
	char **files = cli_parse(&tool, argc, argv);
	struct rows r = {0};

	if (!(miss >= 0) || !(wake >= 0))
		cli_usage("--miss and --wake: expected costs from 0 on");
	read_files(&r, files);
	if (r.skipped)
		sme_warn("%zu lines left out: no truth under .%s, or no priority", r.skipped, label_key);
	if (!r.n)
		sme_die(SME_DATA, "nothing to learn from: expected mentions that were scored or routed, with .%s true or "
		    "false", label_key);
	print_curve(&r);
	cli_flush();
	free(r.list);
	return SME_OK;
}
