#include <linear.h>
#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
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
	size_t *at;
	double *label;
	size_t count, at_cap, label_cap;
	uint32_t *sorted;
	size_t sorted_cap;
};

static void
put_node(struct rows *r, int index, double value)
{
	r->nodes = xgrow(r->nodes, r->n, &r->cap, sizeof *r->nodes);
	r->nodes[r->n++] = (struct feature_node){index, value};
}

/* Add the sum of the vectors of the N features IDS, as numbers behind those of features. */
static void
put_vectors(struct rows *r, const uint32_t *ids, size_t n, double unit)
{
	int32_t sum[VECTORS_DIMS];

	vectors_sum(r->m, ids, n, sum);
	for (size_t d = 0; d < VECTORS_DIMS; d++) {
		put_node(r, (int)(r->m->features + d) + 1, sum[d] * unit);
		r->vector_squares += sum[d] * unit * sum[d] * unit;
	}
}

/* How many numbers a row may have, without the bias. */
static uint32_t
columns_of(const struct rows *r)
{
	return r->m->features + (r->vectors ? VECTORS_DIMS : 0);
}

/* Add the N features IDS of a row with LABEL as liblinear wants them: numbers from 1, rising,
 * repeated ones added up, vectors, bias, end. */
static void
put_row(struct rows *r, uint32_t label, const uint32_t *ids, size_t n)
{
	double unit = (double)matrix_unit(r->m, ids, n);
	size_t first = r->n;

	r->at = xgrow(r->at, r->count, &r->at_cap, sizeof *r->at);
	r->label = xgrow(r->label, r->count, &r->label_cap, sizeof *r->label);
	r->at[r->count] = first;
	r->label[r->count++] = label;
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
		double x = unit * (double)r->value[id];

		if (r->n > first && r->nodes[r->n - 1].index == (int)id + 1)
			r->nodes[r->n - 1].value += x;
		else
			put_node(r, (int)id + 1, x);
	}
	for (size_t i = first; i < r->n; i++)
		r->squares += r->nodes[i].value * r->nodes[i].value;
	if (r->vectors)
		put_vectors(r, ids, n, unit);
	put_node(r, (int)columns_of(r) + 1, 1);
	put_node(r, -1, 0);
}

/* Add the rows that ROWS names, each with its pieces. */
static void
put_rows(struct rows *r, const size_t *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t label = r->m->label[rows[i]];
		const uint32_t *ids;
		size_t n = matrix_row(r->m, rows[i], &ids);

		put_row(r, label, ids, n);
		for (unsigned k = matrix_pieces(r->m, rows[i]); k; k--) {
			n = matrix_piece(
			    r->m, rows[i], hash_mix(rows[i] + ((uint64_t)k << 40)), &ids);
			put_row(r, label, ids, n);
		}
	}
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
		if (r->nodes[i].index > (int)r->m->features &&
		    r->nodes[i].index <= (int)columns_of(r))
			r->nodes[i].value *= scale;
	return scale;
}

static void
rows_release(struct rows *r)
{
	free(r->value);
	free(r->nodes);
	free(r->at);
	free(r->label);
	free(r->sorted);
}

static void
copy_weights(
    const struct model *found, const struct rows *r, double vector_scale, struct solution *s)
{
	const struct matrix *m = r->m;
	bool two = found->nr_class == 2;
	int columns = two ? 1 : found->nr_class;

	for (int k = 0; k < found->nr_class; k++) {
		size_t c = (size_t)found->label[k];
		double sign =
		    two ? (k == 0 ? 0.5 : -0.5) : 1; /* of two, one score stands for both */

		for (uint32_t f = 0; f < m->features; f++) {
			double w = found->w[(size_t)f * (size_t)columns + (two ? 0 : (size_t)k)];

			w *= (double)r->value[f];
			s->weights[(size_t)f * m->labels + c] = (float)(sign * w);
		}
		for (uint32_t d = 0; s->vector_weights && d < VECTORS_DIMS; d++) {
			size_t at = (size_t)(m->features + d) * (size_t)columns;

			s->vector_weights[d * m->labels + c] =
			    (float)(sign * vector_scale * found->w[at + (two ? 0 : (size_t)k)]);
		}
		s->bias[c] = (float)(sign * found->w[(size_t)columns_of(r) * (size_t)columns +
						     (two ? 0 : (size_t)k)]);
	}
}

/* Of the labels that occur only: liblinear complains of others on standard error. */
static void
put_weights(const struct problem *problem, uint32_t labels, const struct solve_options *o,
    struct parameter *parameter)
{
	bool *occurs = xcalloc(labels, sizeof *occurs);

	for (int i = 0; i < problem->l; i++)
		occurs[(size_t)problem->y[i]] = true;
	for (uint32_t c = 0; c < labels; c++) {
		if (!occurs[c])
			continue;
		parameter->weight_label[parameter->nr_weight] = (int)c;
		parameter->weight[parameter->nr_weight++] = o->label_weight[c];
	}
	free(occurs);
}

void
solve_liblinear(const struct matrix *m, const size_t *rows, size_t count,
    const struct solve_options *o, struct solution *s)
{
	struct rows r = {.m = m, .o = o, .vectors = m->vectors && o->vector_share > 0};
	struct problem problem = {.n = (int)columns_of(&r) + 1, .bias = 1};
	struct parameter parameter = {.solver_type = L2R_LR, .eps = 0.01, .C = o->strength};
	struct model *found;
	double vector_scale;

	r.value = rarity_or_not(m, rows, count, o);
	put_rows(&r, rows, count);
	vector_scale = r.vectors ? scale_vectors(&r) : 0;
	problem.l = (int)r.count;
	problem.y = r.label;
	problem.x = xcalloc(r.count + 1, sizeof *problem.x);
	for (size_t i = 0; i < r.count; i++)
		problem.x[i] = r.nodes + r.at[i];
	parameter.weight_label = xcalloc(m->labels, sizeof *parameter.weight_label);
	parameter.weight = xcalloc(m->labels, sizeof *parameter.weight);
	put_weights(&problem, m->labels, o, &parameter);
	set_print_string_function(say_nothing);
	found = train(&problem, &parameter);
	s->features = m->features;
	s->labels = m->labels;
	s->weights = xcalloc((size_t)m->features * m->labels + 1, sizeof *s->weights);
	s->bias = xcalloc(m->labels, sizeof *s->bias);
	for (uint32_t c = 0; c < m->labels; c++)
		s->bias[c] = ABSENT;
	if (r.vectors)
		s->vector_weights =
		    xcalloc((size_t)VECTORS_DIMS * m->labels, sizeof *s->vector_weights);
	copy_weights(found, &r, vector_scale, s);
	if (r.vectors)
		vectors_add(m, s);
	free_and_destroy_model(&found);
	free(parameter.weight_label);
	free(parameter.weight);
	free(problem.x);
	rows_release(&r);
}
