#include "model/dataset.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/rows.h"
#include "stream/scan.h"

#define SPLIT_SEED UINT64_C(0x5b1d5e0c0ffee123)

/* Of so many odd rows the members are noted, at most so many, down to such a depth. */
#define MEMBERS_ROWS 200
#define MEMBERS_MAX 100
#define MEMBERS_DEPTH 3

/* A reading of the input: the scanner and where the wanted members are in its values. */
struct input {
	struct dataset *d;
	struct scan_plan *plan;
	struct scanner *scanner;
	int text, label, id, group, together; /* the last two are -1 without a key */
	struct buf string, scratch, id_text, group_text, together_text;
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

struct slice
dataset_label(const struct json_value *v, struct buf *scratch)
{
	buf_clear(scratch);
	if (v->type == JSON_STRING)
		return json_string(v, scratch);
	if (v->type == JSON_NUMBER || v->type == JSON_TRUE || v->type == JSON_FALSE)
		return json_raw(v);
	return (struct slice){NULL, 0};
}

bool
dataset_label_is_odd(struct slice label)
{
	for (size_t i = 0; i < label.n; i++)
		if ((unsigned char)label.p[i] < ' ' || label.p[i] == 0x7f)
			return true;
	return false;
}

/* Remember the id of the row that comes next; false when it is not wanted any more. */
static bool
note_id(struct dataset *d, const struct dataset_row *row, uint32_t label)
{
	union map_value *seen;
	struct row_pair pair;

	if (!row->id.p)
		return true;
	seen = map_put(&d->ids, row->id);
	if (!seen->u) {
		seen->u = d->n + 1;
		return true;
	}
	if (row->corrected)
		return true; /* of another tenant */
	pair = (struct row_pair){seen->u - 1, d->n};
	if (d->rows[pair.first].corrected) {
		d->overruled++;
		return false;
	}
	if (d->rows[pair.first].label == label && !d->duplicate_ids++)
		d->duplicate = pair;
	if (d->rows[pair.first].label != label && !d->conflicts++)
		d->conflict = pair;
	return true;
}

void
dataset_add(struct dataset *d, const struct dataset_row *row)
{
	struct sample s = {.file = row->file, .line = row->line, .corrected = row->corrected};

	norm_run(&d->norm, row->text);
	if (d->norm.n == 0) {
		d->empty_text++;
		return;
	}
	s.label = number_of(&d->labels, row->label);
	if (!note_id(d, row, s.label))
		return;
	s.text = arena_dup(&d->texts, row->text);
	if (row->id.p)
		s.id = arena_dup(&d->texts, row->id);
	s.key = s.side = hash64(d->norm.text.p, d->norm.text.n, SPLIT_SEED);
	if (row->together.n)
		s.side = hash64(row->together.p, row->together.n, SPLIT_SEED);
	if (row->group.p)
		s.group = number_of(&d->groups, row->group);
	d->rows = xgrow(d->rows, d->n, &d->cap, sizeof *d->rows);
	d->rows[d->n++] = s;
}

/* Note the paths of all members below the object V, whose own path is in PATH. */
static void
note_members(struct dataset *d, const struct json_value *v, struct buf *path, int depth)
{
	struct json_iter it = json_each(v);
	struct json_value key, value;
	size_t before = path->n;

	while (d->members.n < MEMBERS_MAX && json_next(&it, &key, &value)) {
		struct buf scratch = BUF_INIT;

		if (before)
			buf_addc(path, '.');
		buf_adds(path, json_string(&key, &scratch));
		buf_release(&scratch);
		if (value.type == JSON_OBJECT && depth < MEMBERS_DEPTH)
			note_members(d, &value, path, depth + 1);
		else
			map_put(&d->members, buf_slice(path));
		path->n = before;
	}
}

/* A row is left out and counted in WHAT. */
static void
leave_out(struct input *in, size_t *what)
{
	struct buf path = BUF_INIT;

	if (++*what > MEMBERS_ROWS)
		return;
	note_members(in->d, &in->scanner->root, &path, 1);
	buf_release(&path);
}

static int
add_row(void *ctx, const struct json_value *values, const char *file, size_t lineno, struct sme_err *err)
{
	struct input *in = ctx;
	struct dataset *d = in->d;
	struct dataset_row row = {.file = file, .line = lineno};

	d->lines++;
	row.label = dataset_label(&values[in->label], &in->scratch);
	if (!row.label.p || row.label.n == 0) {
		leave_out(in, &d->unlabelled);
		return 0;
	}
	if (dataset_label_is_odd(row.label)) {
		struct buf shown = BUF_INIT;
		int r;

		json_put_string(&shown, row.label);
		r = err_set(err, SME_DATA, "%s:%zu: the label %.80s has a control character in it",
		    file, lineno, buf_str(&shown));
		buf_release(&shown);
		return r;
	}
	if (values[in->text].type != JSON_STRING) {
		leave_out(in, &d->no_text);
		return 0;
	}
	buf_clear(&in->string);
	row.text = json_string(&values[in->text], &in->string);
	row.id = dataset_label(&values[in->id], &in->id_text);
	if (in->group >= 0) {
		row.group = dataset_label(&values[in->group], &in->group_text);
		if (!row.group.p)
			row.group = SLICE("");
	}
	if (in->together >= 0)
		row.together = dataset_label(&values[in->together], &in->together_text);
	dataset_add(d, &row);
	return 0;
}

int
dataset_read(
    struct dataset *d, char *const *files, const struct dataset_keys *keys, struct sme_err *err)
{
	struct input in = {.d = d, .group = -1, .together = -1};
	int status;

	in.scratch = in.string = in.id_text = in.group_text = in.together_text =
	    (struct buf)BUF_INIT;
	in.plan = scan_plan_new();
	in.text = scan_plan_add(in.plan, keys->text);
	in.label = scan_plan_add(in.plan, keys->label);
	in.id = scan_plan_add(in.plan, keys->id);
	if (keys->group)
		in.group = scan_plan_add(in.plan, keys->group);
	if (keys->together)
		in.together = scan_plan_add(in.plan, keys->together);
	in.scanner = scanner_new(in.plan);
	status = rows_read(files, in.scanner, add_row, &in, err);
	scanner_free(in.scanner);
	scan_plan_free(in.plan);
	buf_release(&in.scratch);
	buf_release(&in.id_text);
	buf_release(&in.group_text);
	buf_release(&in.together_text);
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
		if (s->side % 100 >= holdout)
			s->part = PART_TRAIN;
		else
			s->part = s->side / 100 % 2 ? PART_TUNE : PART_TEST;
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

size_t *
dataset_label_rows(const struct dataset *d)
{
	size_t *rows = xcalloc(d->labels.n + 1, sizeof *rows);

	for (size_t i = 0; i < d->n; i++)
		rows[d->rows[i].label]++;
	return rows;
}

/* A row by its text. */
struct keyed {
	uint64_t key;
	size_t row;
};

static int
by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

size_t
dataset_disputed(const struct dataset *d, struct row_pair *pair)
{
	struct keyed *list = xcalloc(d->n + 1, sizeof *list);
	size_t n = 0, first = 0;

	for (size_t i = 0; i < d->n; i++)
		list[i] = (struct keyed){d->rows[i].key, i};
	qsort(list, d->n, sizeof *list, by_key);
	for (size_t i = 1; i < d->n; i++) {
		struct row_pair at;

		if (list[i].key != list[first].key)
			first = i;
		at = (struct row_pair){list[first].row, list[i].row};
		if (d->rows[at.first].label == d->rows[at.second].label)
			continue;
		if (!n++ || at.second < pair->second)
			*pair = at;
	}
	free(list);
	return n;
}

bool
dataset_alike(const struct dataset *d, const char **one, const char **other)
{
	struct map seen = MAP_INIT;
	struct buf folded = BUF_INIT;
	bool found = false;

	for (size_t i = 0; i < d->labels.n && !found; i++) {
		union map_value *v;

		buf_clear(&folded);
		buf_adds(&folded, slice_trim(d->labels.items[i].key));
		for (size_t j = 0; j < folded.n; j++)
			if (folded.p[j] >= 'A' && folded.p[j] <= 'Z')
				folded.p[j] |= 0x20;
		v = map_put(&seen, buf_slice(&folded));
		found = v->u != 0;
		*one = v->u ? d->labels.items[v->u - 1].key.p : NULL;
		*other = d->labels.items[i].key.p;
		v->u = i + 1;
	}
	map_release(&seen);
	buf_release(&folded);
	return found;
}

void
dataset_release(struct dataset *d)
{
	free(d->rows);
	map_release(&d->labels);
	map_release(&d->groups);
	map_release(&d->ids);
	map_release(&d->members);
	norm_release(&d->norm);
	arena_release(&d->texts);
	*d = (struct dataset)DATASET_INIT;
}
