/* Evaluating one query on the hits of one text. */
#include <string.h>

#include "core/mem.h"
#include "text/query_local.h"

/* Do the terms TERMS[1..N-1] follow the hit AT, each in the next word?  The last one's hit, or
 * NONE. */
static uint32_t
phrase_at(const struct query_scratch *s, uint32_t at, const uint32_t *terms, uint32_t n)
{
	uint32_t word = s->hits[at].word;

	for (uint32_t k = 1; k < n; k++) {
		word++;
		while (at < s->nhits && s->hits[at].word < word)
			at++;
		while (at < s->nhits && s->hits[at].word == word && s->hits[at].term != terms[k])
			at++;
		if (at >= s->nhits || s->hits[at].word != word)
			return NONE;
	}
	return at;
}

/* Do the words that begin with the hit AT and end with LAST stand there as RAW has them? */
static bool
raw_at(const struct query_scratch *s, uint32_t at, uint32_t last, const struct raw *raw)
{
	size_t start = s->hits[at].start;

	if (start < raw->lead)
		return false;
	start -= raw->lead;
	return s->hits[last].end == start + raw->end && s->text.n - start >= raw->text.n &&
	       memcmp(s->text.p + start, raw->text.p, raw->text.n) == 0;
}

static void
push_span(struct query_scratch *s, uint32_t from, uint32_t to)
{
	s->spans = xgrow(s->spans, s->nspans, &s->spans_cap, sizeof *s->spans);
	s->spans[s->nspans++] = (struct span){from, to};
}

/*
 * Where does the phrase of N terms stand (for RAW: byte for byte)?  Pushes the places, or with
 * FIRST only looks for one and pushes nothing.
 */
static bool
phrase(
    struct query_scratch *s, const uint32_t *terms, uint32_t n, const struct raw *raw, bool first)
{
	bool any = false;

	for (uint32_t k = 0; k < n; k++)
		if (!query_present(s, terms[k]))
			return false;
	for (uint32_t at = s->chains[terms[0]].first; at != NONE; at = s->hits[at].next) {
		uint32_t last = phrase_at(s, at, terms, n);

		if (last == NONE || (raw && !raw_at(s, at, last, raw)))
			continue;
		if (first)
			return true;
		any = true;
		push_span(s, s->hits[at].word, s->hits[at].word + n - 1);
	}
	return any;
}

static bool list(struct query_scratch *s, const struct list *l, bool first);

static bool
leaf(struct query_scratch *s, const struct node *node, bool first)
{
	const struct query_set *set = s->set;
	const struct range *range;
	const struct raw *raw;

	switch (node->op) {
	case NODE_PHRASE:
		return phrase(s, set->phrases + node->arg, node->n, NULL, first);
	case NODE_RAW:
		raw = &set->raws[node->arg];
		return phrase(s, set->phrases + raw->terms, raw->n, raw, first);
	case NODE_NUMBER:
		range = &set->ranges[node->arg];
		return s->followers >= range->low && s->followers <= range->high;
	case NODE_LIST:
		return list(s, &set->lists[node->arg], first);
	default:
		return first ? query_present(s, node->arg) : phrase(s, &node->arg, 1, NULL, false);
	}
}

/* The first entry of the list that TERM guards, or the one behind the last. */
static size_t
first_entry(const struct list *l, uint32_t term)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->index[mid].term < term)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A list is asked for what is in the text, not the text for what is in the list. */
static bool
list(struct query_scratch *s, const struct list *l, bool first)
{
	bool any = false;

	for (size_t i = 0; i < s->nterms; i++) {
		size_t at = first_entry(l, s->terms[i]);

		for (; at < l->n && l->index[at].term == s->terms[i]; at++) {
			any |= leaf(s, &l->nodes[l->index[at].node], first);
			if (any && first)
				return true;
		}
	}
	return any;
}

static bool
span_before(struct span a, struct span b)
{
	return a.from != b.from ? a.from < b.from : a.to < b.to;
}

/* Put the spans from BASE on in order, each once.  The lists are short; qsort(3) may allocate. */
static void
sort_spans(struct query_scratch *s, size_t base)
{
	struct span *v = s->spans + base;
	size_t n = s->nspans - base, kept = 0;

	for (size_t gap = n / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (size_t i = gap; i < n; i++) {
			struct span x = v[i];
			size_t j = i;

			for (; j >= gap && span_before(x, v[j - gap]); j -= gap)
				v[j] = v[j - gap];
			v[j] = x;
		}
	for (size_t i = 0; i < n; i++)
		if (!kept || span_before(v[kept - 1], v[i]))
			v[kept++] = v[i];
	s->nspans = base + kept;
}

/* Are there at most N words between A and B, which do not overlap? */
static bool
near(struct span a, struct span b, const struct node *node)
{
	if (a.to < b.from)
		return b.from - a.to - 1 <= node->n;
	return !node->ordered && b.to < a.from && a.from - b.to - 1 <= node->n;
}

/* Keep of the spans MID.. those that have one of BASE..MID near; they move to BASE. */
static void
keep_near(struct query_scratch *s, size_t base, size_t mid, const struct node *node)
{
	struct span *v = s->spans;
	size_t low = base, kept = base;

	for (size_t i = mid; i < s->nspans; i++) {
		struct span b = v[i];
		bool found = false;

		while (low < mid && v[low].from + node->n + QUERY_PHRASE_MAX < b.from)
			low++;
		for (size_t j = low; !found && j < mid && v[j].from <= b.to + node->n + 1; j++)
			found = near(v[j], b, node);
		v[i].from = found ? b.from : NONE;
	}
	for (size_t i = mid; i < s->nspans; i++)
		if (v[i].from != NONE)
			v[kept++] = v[i];
	s->nspans = kept;
}

size_t
query_places(struct query_scratch *s, const struct node *node)
{
	const struct node *child = node + 1, *end = node + node->size;
	size_t base = s->nspans, mid, parts = 0;

	switch (node->op) {
	case NODE_OR:
		for (; child < end; child += child->size)
			parts += query_places(s, child) != 0;
		if (parts > 1)
			sort_spans(s, base);
		break;
	case NODE_NEAR:
		if (!query_places(s, child))
			break;
		mid = s->nspans;
		if (query_places(s, child + child->size))
			keep_near(s, base, mid, node);
		else
			s->nspans = base;
		break;
	case NODE_LIST:
		leaf(s, node, false);
		sort_spans(s, base);
		break;
	default:
		leaf(s, node, false);
	}
	return s->nspans - base;
}

bool
query_eval(struct query_scratch *s, const struct node *node)
{
	const struct node *child = node + 1, *end = node + node->size;

	switch (node->op) {
	case NODE_TERM:
		return query_present(s, node->arg);
	case NODE_AND:
		for (; child < end; child += child->size)
			if (!query_eval(s, child))
				return false;
		return true;
	case NODE_OR:
		for (; child < end; child += child->size)
			if (query_eval(s, child))
				return true;
		return false;
	case NODE_NOT:
		return !query_eval(s, child);
	case NODE_NEAR:
		s->nspans = 0;
		return query_places(s, node) != 0;
	default:
		return leaf(s, node, true);
	}
}
