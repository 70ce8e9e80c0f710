#include <linear.h>
#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/columns.h"
#include "model/rarity.h"
#include "model/solve.h"
#include "model/vectors_int.h"

/* The score of a label that no row has: others must win, however little speaks for them. */
#define ABSENT (-30.0f)

static void
say_nothing(const char *text)
{
	(void)text;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* A gate is learned with so many times the strength of the labels: kinds are easier. */
#define GATE_STRENGTH 4

/* With kinds, rows are repeated so many times their weight, for liblinear has no weights of rows;
 * none more often than the last number says. */
#define REPEATS 2
#define REPEATS_MAX 16

/* What liblinear learns from.  Rows are places in NODES until all are there, for it moves. */
struct rows {
	const struct matrix *m;
	const struct solve_options *o;
	float *value; /* [features] what an occurrence counts */
	bool vectors; /* do rows have them? */
	/* The squares of the numbers of all rows: of features, of vectors. */
	double squares, vector_squares;
	struct feature_node *nodes;
	size_t n, cap;
	size_t *at, *all; /* where a row begins, and in it what is for all kinds */
	uint32_t *label;
	uint8_t *kind;
	size_t count, at_cap, all_cap, label_cap, kind_cap;
	uint32_t *sorted;
	size_t sorted_cap;
};

static void
put_node(struct rows *r, int index, double value)
{
	r->nodes = xgrow(r->nodes, r->n, &r->cap, sizeof *r->nodes);
	r->nodes[r->n++] = (struct feature_node){index, value};
}

/* How many numbers a row may have, without the bias. */
static uint32_t
columns_of(const struct rows *r)
{
	return r->m->features + (r->vectors ? VECTORS_DIMS : 0);
}

/* The numbers that are for kind KIND begin behind this one; those for all kinds behind that of the
 * kind that would come next. */
static int
block(const struct rows *r, uint32_t kind)
{
	return (int)(kind * (columns_of(r) + 1));
}

/* Add the sum of the vectors of the N features IDS, as numbers behind those of features. */
static void
put_vectors(struct rows *r, const uint32_t *ids, size_t n, double unit)
{
	int32_t sum[VECTORS_DIMS];
	int first = block(r, r->o->experts) + (int)r->m->features + 1;

	vectors_sum(r->m, ids, n, sum);
	for (size_t d = 0; d < VECTORS_DIMS; d++) {
		put_node(r, first + (int)d, sum[d] * unit);
		r->vector_squares += sum[d] * unit * sum[d] * unit;
	}
}

/* Add the N features IDS of a row as liblinear wants them, for all kinds: numbers from 1, rising,
 * repeated ones added up, vectors, bias. */
static void
put_features(struct rows *r, const uint32_t *ids, size_t n)
{
	double unit = (double)matrix_unit(r->m, ids, n);
	size_t first = r->n;
	int before = block(r, r->o->experts);

	if (n > r->sorted_cap) {
		r->sorted_cap = 2 * n;
		r->sorted = xreallocarray(r->sorted, r->sorted_cap, sizeof *r->sorted);
	}
	if (n) {
		memcpy(r->sorted, ids, n * sizeof *r->sorted);
		qsort(r->sorted, n, sizeof *r->sorted, by_number);
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t id = r->sorted[i];
		int index = before + (int)id + 1;
		double x = unit * (double)r->value[id];

		if (r->n > first && r->nodes[r->n - 1].index == index)
			r->nodes[r->n - 1].value += x;
		else
			put_node(r, index, x);
	}
	for (size_t i = first; i < r->n; i++)
		r->squares += r->nodes[i].value * r->nodes[i].value;
	if (r->vectors)
		put_vectors(r, ids, n, unit);
	put_node(r, before + (int)columns_of(r) + 1, 1);
}

/* What the row that begins at FIRST has for all kinds it has for KIND as well, before that. */
static void
put_own(struct rows *r, size_t first, uint8_t kind)
{
	size_t n = r->n - first;
	int down = block(r, r->o->experts) - block(r, kind);

	for (size_t i = 0; i < n; i++)
		put_node(r, 0, 0);
	memmove(r->nodes + first + n, r->nodes + first, n * sizeof *r->nodes);
	for (size_t i = first; i < first + n; i++)
		r->nodes[i].index -= down;
	r->all[r->count] = first + n;
}

/* Add a row with LABEL, of KIND, and the N features IDS. */
static void
put_row(struct rows *r, uint32_t label, uint8_t kind, const uint32_t *ids, size_t n)
{
	r->at = xgrow(r->at, r->count, &r->at_cap, sizeof *r->at);
	r->all = xgrow(r->all, r->count, &r->all_cap, sizeof *r->all);
	r->label = xgrow(r->label, r->count, &r->label_cap, sizeof *r->label);
	r->kind = xgrow(r->kind, r->count, &r->kind_cap, sizeof *r->kind);
	r->at[r->count] = r->all[r->count] = r->n;
	r->label[r->count] = label;
	r->kind[r->count] = kind;
	put_features(r, ids, n);
	if (r->o->experts)
		put_own(r, r->at[r->count], kind);
	put_node(r, -1, 0);
	r->count++;
}

/* Add the rows that ROWS names, each with its pieces. */
static void
put_rows(struct rows *r, const size_t *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t label = r->m->label[rows[i]];
		uint8_t kind = r->m->kind[rows[i]];
		const uint32_t *ids;
		size_t n = matrix_row(r->m, rows[i], &ids);

		put_row(r, label, kind, ids, n);
		for (unsigned k = matrix_pieces(r->m, rows[i]); k; k--) {
			n = matrix_piece(
			    r->m, rows[i], hash_mix(rows[i] + ((uint64_t)k << 40)), &ids);
			put_row(r, label, kind, ids, n);
		}
	}
}

static bool
is_vector(const struct rows *r, int index)
{
	uint32_t column = (uint32_t)(index - 1) % (columns_of(r) + 1);

	return index > 0 && column >= r->m->features && column < columns_of(r);
}

/* The vectors of all rows are to be o->vector_share as long as their features: what they are
 * multiplied by. */
static double
scale_vectors(struct rows *r)
{
	double scale;

	if (r->vector_squares <= 0)
		return 0;
	scale = r->o->vector_share * sqrt(r->squares / r->vector_squares);
	for (size_t i = 0; i < r->n; i++)
		if (is_vector(r, r->nodes[i].index))
			r->nodes[i].value *= scale;
	return scale;
}

static void
rows_release(struct rows *r)
{
	free(r->value);
	free(r->nodes);
	free(r->at);
	free(r->all);
	free(r->label);
	free(r->kind);
	free(r->sorted);
}

/* ---- learning ---- */

/* How often a row is to stand among those that are learned from. */
static unsigned
repeats(const struct rows *r, size_t row)
{
	double wish;

	if (!r->o->experts)
		return 1;
	wish = r->o->kind_weight[r->kind[row] * r->m->labels + r->label[row]] * REPEATS;
	return wish < 1 ? 1 : wish > REPEATS_MAX ? REPEATS_MAX : (unsigned)(wish + 0.5);
}

/* Put a row into the problem, to be taken for CLASS. */
static void
add_row(struct problem *p, const struct rows *r, size_t begin, uint32_t class)
{
	p->y[p->l] = class;
	p->x[p->l++] = r->nodes + begin;
}

/* Weights of the classes that occur only: liblinear complains of others on standard error. */
static void
put_weights(const struct problem *problem, uint32_t classes, const double *weight,
    struct parameter *parameter)
{
	bool *occurs = xcalloc(classes, sizeof *occurs);

	for (int i = 0; i < problem->l; i++)
		occurs[(size_t)problem->y[i]] = true;
	for (uint32_t c = 0; c < classes; c++) {
		if (!occurs[c])
			continue;
		parameter->weight_label[parameter->nr_weight] = (int)c;
		parameter->weight[parameter->nr_weight++] = weight[c];
	}
	free(occurs);
}

/* Learn to tell CLASSES classes; WEIGHT for each, or NULL. */
static struct model *
learn(struct problem *p, const struct rows *r, uint32_t classes, const double *weight,
    double strength)
{
	struct parameter parameter = {.solver_type = L2R_LR, .eps = 0.01, .C = strength};
	struct model *found;

	p->n = block(r, r->o->experts + 1);
	p->bias = 1;
	parameter.weight_label = xcalloc(classes, sizeof *parameter.weight_label);
	parameter.weight = xcalloc(classes, sizeof *parameter.weight);
	if (weight)
		put_weights(p, classes, weight, &parameter);
	set_print_string_function(say_nothing);
	found = train(p, &parameter);
	free(parameter.weight_label);
	free(parameter.weight);
	return found;
}

static void
problem_init(struct problem *p, size_t rows)
{
	*p = (struct problem){0};
	p->y = xcalloc(rows + 1, sizeof *p->y);
	p->x = xcalloc(rows + 1, sizeof *p->x);
}

static void
problem_release(struct problem *p)
{
	free(p->y);
	free(p->x);
}

static struct model *
learn_labels(const struct rows *r)
{
	double strength = r->o->strength / (r->o->experts ? REPEATS : 1);
	struct problem p;
	struct model *found;
	size_t all = 0;

	for (size_t i = 0; i < r->count; i++)
		all += repeats(r, i);
	problem_init(&p, all);
	for (size_t i = 0; i < r->count; i++)
		for (unsigned k = repeats(r, i); k; k--)
			add_row(&p, r, r->at[i], r->label[i]);
	found = learn(&p, r, r->m->labels, r->o->experts ? NULL : r->o->label_weight, strength);
	problem_release(&p);
	return found;
}

static struct model *
learn_gate(const struct rows *r)
{
	struct problem p;
	struct model *found;

	problem_init(&p, r->count);
	for (size_t i = 0; i < r->count; i++)
		add_row(&p, r, r->all[i], r->kind[i]);
	found = learn(&p, r, r->o->experts, NULL, r->o->strength * GATE_STRENGTH);
	problem_release(&p);
	return found;
}

/* ---- what was found ---- */

/* What class K of FOUND makes of number INDEX, from 0. */
static double
weight_of(const struct model *found, int k, size_t index)
{
	if (found->nr_class > 2)
		return found->w[index * (size_t)found->nr_class + (size_t)k];
	return (k == 0 ? 0.5 : -0.5) * found->w[index]; /* one score stands for both */
}

/* Column COLUMN of S is class K of FOUND for all kinds, and, unless KIND is none, for that one. */
static void
copy_column(const struct model *found, int k, const struct rows *r, uint32_t kind,
    double vector_scale, struct solution *s, size_t column)
{
	size_t all = (size_t)block(r, r->o->experts), own = (size_t)block(r, kind);
	uint32_t features = r->m->features;

	for (uint32_t i = 0; i <= columns_of(r); i++) {
		double w = weight_of(found, k, all + i);

		if (kind < r->o->experts)
			w += weight_of(found, k, own + i);
		if (i < features)
			s->weights[(size_t)i * s->labels + column] =
			    (float)(w * (double)r->value[i]);
		else if (i < columns_of(r))
			s->vector_weights[(i - features) * s->labels + column] =
			    (float)(w * vector_scale);
		else
			s->bias[column] = (float)w;
	}
}

static void
copy_weights(const struct model *labels, const struct model *gate, const struct rows *r,
    double vector_scale, struct solution *s)
{
	uint32_t experts = r->o->experts, n = r->m->labels;

	for (int k = 0; k < labels->nr_class; k++) {
		uint32_t c = (uint32_t)labels->label[k];

		for (uint32_t e = 0; e < (experts ? experts : 1); e++)
			copy_column(labels, k, r, e, vector_scale, s, e * n + c);
	}
	for (int k = 0; gate && k < gate->nr_class; k++)
		copy_column(
		    gate, k, r, experts, vector_scale, s, experts * n + (uint32_t)gate->label[k]);
}

static void
solution_init(struct solution *s, const struct rows *r)
{
	s->features = r->m->features;
	s->experts = r->o->experts;
	s->labels = model_columns(r->m->labels, s->experts);
	s->weights = xcalloc((size_t)s->features * s->labels + 1, sizeof *s->weights);
	s->bias = xcalloc(s->labels, sizeof *s->bias);
	for (uint32_t c = 0; c < s->labels; c++)
		s->bias[c] = ABSENT;
	if (r->vectors)
		s->vector_weights =
		    xcalloc((size_t)VECTORS_DIMS * s->labels, sizeof *s->vector_weights);
}

void
solve_liblinear(const struct matrix *m, const size_t *rows, size_t count,
    const struct solve_options *o, struct solution *s)
{
	struct rows r = {.m = m, .o = o, .vectors = m->vectors && o->vector_share > 0};
	struct model *labels, *gate;
	double vector_scale;

	r.value = rarity_or_not(m, rows, count, o);
	put_rows(&r, rows, count);
	vector_scale = r.vectors ? scale_vectors(&r) : 0;
	labels = learn_labels(&r);
	gate = o->experts ? learn_gate(&r) : NULL;
	solution_init(s, &r);
	copy_weights(labels, gate, &r, vector_scale, s);
	if (r.vectors)
		vectors_add(m, s);
	free_and_destroy_model(&labels);
	if (gate)
		free_and_destroy_model(&gate);
	rows_release(&r);
}
