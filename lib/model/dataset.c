#include "model/dataset.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "stream/reader.h"
#include "stream/scan.h"
#include "text/normalize.h"

#define SPLIT_SEED UINT64_C(0x5b1d5e0c0ffee123)

/* A reading of the input: the scanner and where the wanted members are in its values. */
struct input {
	struct dataset *d;
	struct scan_plan *plan;
	struct scanner *scanner;
	int text, label, id, group; /* group is -1 without a key */
	struct buf string, scratch;
	struct norm norm;
};

/* The number of NAME in MAP, new or not. */
static uint32_t
number_of(struct map *map, struct slice name)
{
	union map_value *v = map_get(map, name);

	if (v)
		return (uint32_t)v->u;
	v = map_put(map, name);
	v->u = map->n - 1;
	return (uint32_t)v->u;
}

/* A label as text: a string's content, or a number or truth value as it is spelled. */
static struct slice
label_text(const struct json_value *v, struct buf *scratch)
{
	buf_clear(scratch);
	if (v->type == JSON_STRING)
		return json_string(v, scratch);
	if (v->type == JSON_NUMBER || v->type == JSON_TRUE || v->type == JSON_FALSE)
		return json_raw(v);
	return (struct slice){NULL, 0};
}

static void
note_id(struct input *in, const struct json_value *id)
{
	struct dataset *d = in->d;
	union map_value *seen;
	struct slice text = label_text(id, &in->scratch);

	if (!text.p)
		return;
	seen = map_put(&d->ids, text);
	if (seen->u && !d->duplicate_ids++)
		snprintf(d->duplicate_id, sizeof d->duplicate_id, "%.*s", SLICE_ARG(text));
	seen->u = 1;
}

static void
add_row(struct input *in, const struct json_value *values)
{
	struct dataset *d = in->d;
	struct slice label, text;
	struct sample row = {.group = 0};

	d->lines++;
	label = label_text(&values[in->label], &in->scratch);
	if (!label.p || label.n == 0 || memchr(label.p, '\0', label.n)) {
		d->unlabelled++;
		return;
	}
	if (values[in->text].type != JSON_STRING) {
		d->no_text++;
		return;
	}
	buf_clear(&in->string);
	text = json_string(&values[in->text], &in->string);
	norm_run(&in->norm, text);
	if (in->norm.n == 0) {
		d->empty_text++;
		return;
	}
	row.label = number_of(&d->labels, label);
	row.text = arena_dup(&d->texts, text);
	row.key = hash64(in->norm.text.p, in->norm.text.n, SPLIT_SEED);
	if (in->group >= 0)
		row.group = number_of(&d->groups, label_text(&values[in->group], &in->scratch));
	note_id(in, &values[in->id]);
	d->rows = xgrow(d->rows, d->n, &d->cap, sizeof *d->rows);
	d->rows[d->n++] = row;
}

static int
add_line(
    struct input *in, const struct block *b, struct slice line, size_t lineno, struct sme_err *err)
{
	if (slice_trim(line).n == 0)
		return 0;
	if (scanner_scan(in->scanner, line.p, line.n) < 0)
		return err_set(err, SME_DATA, "%s:%zu: byte %zu: %s", b->file, lineno,
		    in->scanner->error_at, in->scanner->error);
	if (in->scanner->root.type != JSON_OBJECT)
		return err_set(err, SME_DATA, "%s:%zu: expected a JSON object", b->file, lineno);
	add_row(in, in->scanner->values);
	return 0;
}

static int
read_blocks(struct input *in, struct reader *r, struct sme_err *err)
{
	struct block b;

	for (;;) {
		struct slice line;
		size_t at = 0, lineno;

		switch (reader_next(r, &b, err)) {
		case READER_END:
			return 0;
		case READER_ERROR:
			return -1;
		case READER_OVERSIZE:
			return err_set(err, SME_DATA, "%s:%zu: the line is longer than %zu bytes",
			    b.file, b.lineno, SCAN_LINE_MAX);
		case READER_LINES:
			break;
		}
		lineno = b.lineno;
		while (block_line(&b, &at, &line))
			if (add_line(in, &b, line, lineno++, err) < 0)
				return -1;
	}
}

int
dataset_read(
    struct dataset *d, char *const *files, const struct dataset_keys *keys, struct sme_err *err)
{
	struct input in = {.d = d, .group = -1, .norm = NORM_INIT};
	struct reader *r = reader_open(files);
	int status;

	in.scratch = in.string = (struct buf)BUF_INIT;
	in.plan = scan_plan_new();
	in.text = scan_plan_add(in.plan, keys->text);
	in.label = scan_plan_add(in.plan, keys->label);
	in.id = scan_plan_add(in.plan, keys->id);
	if (keys->group)
		in.group = scan_plan_add(in.plan, keys->group);
	in.scanner = scanner_new(in.plan);
	status = read_blocks(&in, r, err);
	reader_close(r);
	scanner_free(in.scanner);
	scan_plan_free(in.plan);
	norm_release(&in.norm);
	buf_release(&in.scratch);
	buf_release(&in.string);
	return status;
}

static int
by_spelling(const void *a, const void *b)
{
	return slice_cmp(((const struct map_item *)a)->key, ((const struct map_item *)b)->key);
}

/* Renumber MAP in order of spelling; the old number's new one goes to TO. */
static uint32_t *
renumber(struct map *map)
{
	struct map sorted = MAP_INIT;
	struct map_item *items = xcalloc(map->n + 1, sizeof *items);
	uint32_t *to = xcalloc(map->n + 1, sizeof *to);

	if (map->n)
		memcpy(items, map->items, map->n * sizeof *items);
	qsort(items, map->n, sizeof *items, by_spelling);
	for (size_t i = 0; i < map->n; i++) {
		to[items[i].value.u] = (uint32_t)i;
		map_put(&sorted, items[i].key)->u = i;
	}
	free(items);
	map_release(map);
	*map = sorted;
	return to;
}

/* A label that would be held out altogether could not be learned. */
static void
keep_small_labels(struct dataset *d)
{
	size_t *left = xcalloc(d->labels.n + 1, sizeof *left);

	for (size_t i = 0; i < d->n; i++)
		left[d->rows[i].label] += d->rows[i].part == PART_TRAIN;
	for (size_t i = 0; i < d->n; i++)
		if (left[d->rows[i].label] == 0)
			d->rows[i].part = PART_TRAIN;
	free(left);
}

void
dataset_finish(struct dataset *d, unsigned holdout)
{
	uint32_t *label = renumber(&d->labels), *group = renumber(&d->groups);

	for (size_t i = 0; i < d->n; i++) {
		struct sample *s = &d->rows[i];

		s->label = label[s->label];
		s->group = d->groups.n ? group[s->group] : 0;
		if (s->key % 100 >= holdout)
			s->part = PART_TRAIN;
		else
			s->part = s->key / 100 % 2 ? PART_TUNE : PART_TEST;
	}
	keep_small_labels(d);
	free(label);
	free(group);
}

size_t
dataset_count(const struct dataset *d, enum sample_part part)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->rows[i].part == part;
	return n;
}

void
dataset_release(struct dataset *d)
{
	free(d->rows);
	map_release(&d->labels);
	map_release(&d->groups);
	map_release(&d->ids);
	arena_release(&d->texts);
	*d = (struct dataset)DATASET_INIT;
}
