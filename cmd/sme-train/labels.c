/* What options say of single labels. */
#include <stdlib.h>

#include "core/mem.h"
#include "sme-train/sme-train.h"

/* So many names are shown. */
#define NAMES_SHOWN 24

/* The label that ARG, an argument of OPTION, begins with; *VALUE is what follows the "=". */
static uint32_t
label_of(const struct dataset *d, const char *option, const char *arg, const char *expected,
    const char **value)
{
	const char *eq = strrchr(arg, '=');
	const union map_value *label;
	struct buf list = BUF_INIT;

	if (!eq)
		cli_usage("--%s: expected %s, got \"%s\"", option, expected, arg);
	*value = eq + 1;
	label = map_get(&d->labels, (struct slice){arg, (size_t)(eq - arg)});
	if (label)
		return (uint32_t)label->u;
	for (size_t c = 0; c < d->labels.n && c < NAMES_SHOWN * 4; c++)
		buf_printf(&list, "%s%.40s", c ? ", " : "", label_at(d, c));
	cli_usage(
	    "--%s: no row has the label of \"%s\"; labels are: %s", option, arg, buf_str(&list));
}

double *
labels_weights(const struct dataset *d, const struct cli_list *weights, bool balance)
{
	double *w = xcalloc(d->labels.n + 1, sizeof *w);
	size_t *rows = dataset_label_rows(d);

	for (size_t c = 0; c < d->labels.n; c++)
		w[c] = balance ? (double)d->n / ((double)d->labels.n * (double)rows[c]) : 1;
	for (size_t i = 0; i < weights->n; i++) {
		const char *value;
		char *end;
		uint32_t c = label_of(d, "label-weight", weights->items[i], "LABEL=NUMBER", &value);
		double v = strtod(value, &end);

		if (!(v > 0) || *end)
			cli_usage(
			    "--label-weight: expected LABEL=NUMBER, got \"%s\"", weights->items[i]);
		w[c] *= v;
	}
	free(rows);
	return w;
}

bool *
labels_kept(const struct dataset *d, const struct cli_list *kinds)
{
	bool *kept = xcalloc(d->groups.n + 1, sizeof *kept);

	for (size_t i = 0; i < kinds->n; i++) {
		const union map_value *kind = map_get(&d->groups, slice_of(kinds->items[i]));

		if (!kind)
			cli_usage(
			    "--keep-shares: no row has the value \"%s\" of --by", kinds->items[i]);
		kept[kind->u] = true;
	}
	return kept;
}

/* A label may be aimed at in one way only. */
static void
add_aim(struct train_aim *aims, size_t *n, struct train_aim aim, const char *arg)
{
	for (size_t i = 0; i < *n; i++)
		if (aims[i].label == aim.label)
			cli_usage(
			    "\"%s\": there is another --cost or --recall for this label", arg);
	aims[(*n)++] = aim;
}

struct train_aim *
labels_aims(const struct dataset *d, const struct cli_list *costs, const struct cli_list *recalls,
    size_t *n)
{
	static const char cost[] = "LABEL=MISS:FALSE such as outage=10:1",
			  recall[] = "LABEL=SHARE such as outage=0.95";
	struct train_aim *aims = xcalloc(costs->n + recalls->n + 1, sizeof *aims);
	const char *value;
	char *end;

	*n = 0;
	for (size_t i = 0; i < costs->n; i++) {
		struct train_aim a = {.label = label_of(d, "cost", costs->items[i], cost, &value)};

		a.miss = strtod(value, &end);
		a.alarm = *end == ':' ? strtod(end + 1, &end) : 0;
		if (*end || !(a.miss > 0 && a.miss < 1e9) || !(a.alarm > 0 && a.alarm < 1e9))
			cli_usage("--cost: expected %s, got \"%s\"", cost, costs->items[i]);
		add_aim(aims, n, a, costs->items[i]);
	}
	for (size_t i = 0; i < recalls->n; i++) {
		struct train_aim a = {
		    .label = label_of(d, "recall", recalls->items[i], recall, &value)};

		a.recall = strtod(value, &end);
		if (*end || !(a.recall > 0 && a.recall <= 1))
			cli_usage("--recall: expected %s, got \"%s\"", recall, recalls->items[i]);
		add_aim(aims, n, a, recalls->items[i]);
	}
	return aims;
}
