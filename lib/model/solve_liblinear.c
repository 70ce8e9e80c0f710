#include <linear.h>
#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/solve.h"

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

/* Row ROW as liblinear wants it: numbers from 1, rising, repeated ones added up, bias, end. */
static size_t
put_row(const struct matrix *m, size_t row, const struct solve_options *o, uint32_t *sorted,
    struct feature_node *out)
{
	const uint32_t *ids;
	size_t n = matrix_row(m, row, &ids), at = 0;
	double unit = n ? 1 / sqrt((double)n) : 0;

	if (n)
		memcpy(sorted, ids, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, by_number);
	for (size_t i = 0; i < n; i++) {
		double x = m->is_word[sorted[i]] ? unit * o->word_weight : unit;

		if (at && out[at - 1].index == (int)sorted[i] + 1)
			out[at - 1].value += x;
		else
			out[at++] = (struct feature_node){(int)sorted[i] + 1, x};
	}
	out[at++] = (struct feature_node){(int)m->features + 1, 1};
	out[at++] = (struct feature_node){-1, 0};
	return at;
}

static void
copy_weights(const struct model *found, const struct matrix *m, const struct solve_options *o,
    struct solution *s)
{
	bool two = found->nr_class == 2;
	int columns = two ? 1 : found->nr_class;

	for (int k = 0; k < found->nr_class; k++) {
		size_t c = (size_t)found->label[k];
		double sign =
		    two ? (k == 0 ? 0.5 : -0.5) : 1; /* of two, one score stands for both */

		for (uint32_t f = 0; f < m->features; f++) {
			double w = found->w[(size_t)f * (size_t)columns + (two ? 0 : (size_t)k)];

			if (m->is_word[f])
				w *= o->word_weight;
			s->weights[(size_t)f * m->labels + c] = (float)(sign * w);
		}
		s->bias[c] = (float)(sign * found->w[(size_t)m->features * (size_t)columns +
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
	struct problem problem = {.l = (int)count, .n = (int)m->features + 1, .bias = 1};
	struct parameter parameter = {
	    .solver_type = L2R_LR, .eps = 0.01, .C = o->strength};
	size_t nodes = 0, most = 0, at = 0;
	struct feature_node *node;
	uint32_t *sorted;
	struct model *found;

	for (size_t i = 0; i < count; i++) {
		size_t n = m->start[rows[i] + 1] - m->start[rows[i]];

		nodes += n + 2;
		most = n > most ? n : most;
	}
	node = xcalloc(nodes + 1, sizeof *node);
	sorted = xcalloc(most + 1, sizeof *sorted);
	problem.y = xcalloc(count + 1, sizeof *problem.y);
	problem.x = xcalloc(count + 1, sizeof *problem.x);
	for (size_t i = 0; i < count; i++) {
		problem.y[i] = m->label[rows[i]];
		problem.x[i] = node + at;
		at += put_row(m, rows[i], o, sorted, node + at);
	}
	parameter.weight_label = xcalloc(m->labels, sizeof *parameter.weight_label);
	parameter.weight = xcalloc(m->labels, sizeof *parameter.weight);
	put_weights(&problem, m->labels, o, &parameter);
	set_print_string_function(say_nothing);
	found = train(&problem, &parameter);
	s->features = m->features;
	s->labels = m->labels;
	s->weights = xcalloc((size_t)m->features * m->labels + 1, sizeof *s->weights);
	s->bias = xcalloc(m->labels, sizeof *s->bias);
	copy_weights(found, m, o, s);
	free_and_destroy_model(&found);
	free(parameter.weight_label);
	free(parameter.weight);
	free(problem.x);
	free(problem.y);
	free(sorted);
	free(node);
}
