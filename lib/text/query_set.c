/* A set of queries: filled, compiled, and then read by all threads. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "text/query_local.h"

struct query_set *
query_set_new(void)
{
	return xcalloc(1, sizeof(struct query_set));
}

void
query_set_free(struct query_set *set)
{
	if (!set)
		return;
	query_dict_release(set);
	map_release(&set->keys);
	map_release(&set->scopes);
	map_release(&set->files);
	stemmers_free(set->stemmers);
	for (size_t i = 0; i < set->nlists; i++) {
		free(set->lists[i].nodes);
		free(set->lists[i].index);
	}
	free(set->lists);
	free(set->ranges);
	free(set->where);
	arena_release(&set->arena);
	free(set->queries);
	free(set->titles);
	free(set->nodes);
	free(set->phrases);
	free(set->raws);
	free(set->terms);
	free(set->post);
	free(set->post_at);
	free(set->always);
	free(set);
}

void
query_set_reader(struct query_set *set, query_read_fn *read, void *ctx)
{
	set->read = read;
	set->read_ctx = ctx;
}

int
query_set_scope(struct query_set *set, struct slice tenant)
{
	union map_value *v = map_put(&set->scopes, tenant);

	if (!v->i)
		v->i = (int64_t)set->scopes.n;
	return (int)v->i;
}

int
query_set_find_scope(const struct query_set *set, struct slice tenant)
{
	const union map_value *v = map_get(&set->scopes, tenant);

	return v ? (int)v->i : QUERY_GLOBAL;
}

uint32_t
query_term(struct query_set *set, struct slice key, enum term_kind kind)
{
	union map_value *v = map_put(&set->keys, key);

	if (!v->u) {
		char *copy = arena_zalloc(&set->arena, key.n + 8);

		memcpy(copy, key.p, key.n);
		set->terms = xgrow(set->terms, set->nterms, &set->terms_cap, sizeof *set->terms);
		set->terms[set->nterms++] =
		    (struct term){.key = {copy, key.n}, .kind = (uint8_t)kind};
		v->u = set->nterms;
	}
	set->terms[v->u - 1].uses++;
	return (uint32_t)v->u - 1;
}

typedef int parse_fn(struct query_set *set, struct slice text, struct sme_err *err);

static int
add(struct query_set *set, struct slice name, struct slice text, int scope, parse_fn *parse,
    struct sme_err *err)
{
	uint32_t first = (uint32_t)set->nnodes;

	if (parse(set, text, err) < 0)
		return -1;
	set->queries = xgrow(set->queries, set->nqueries, &set->queries_cap, sizeof *set->queries);
	set->titles = xgrow(set->titles, set->nqueries, &set->titles_cap, sizeof *set->titles);
	set->queries[set->nqueries] = (struct query){scope, first};
	set->titles[set->nqueries] =
	    (struct query_title){arena_dup(&set->arena, name), arena_dup(&set->arena, text)};
	return (int)set->nqueries++;
}

int
query_set_add(
    struct query_set *set, struct slice name, struct slice text, int scope, struct sme_err *err)
{
	return add(set, name, text, scope, query_parse, err);
}

int
query_set_add_keyword(struct query_set *set, struct slice text, int scope, struct sme_err *err)
{
	return add(set, text, text, scope, query_parse_keyword, err);
}

static int
check(struct slice text, parse_fn *parse, struct sme_err *err)
{
	struct query_set *set = query_set_new();
	int status = parse(set, text, err);

	query_set_free(set);
	return status;
}

int
query_check(struct slice text, struct sme_err *err)
{
	return check(text, query_parse, err);
}

int
query_check_keyword(struct slice text, struct sme_err *err)
{
	return check(text, query_parse_keyword, err);
}

/* What is there to be looked up at all? */
static void
note_term(struct query_set *set, const struct term *t)
{
	if (term_is_field(t->key)) {
		set->has_field[(unsigned char)*t->key.p] = true;
		set->has_paths |=
		    *t->key.p == FIELD_LINKS && memchr(t->key.p, '/', t->key.n) != NULL;
		return;
	}
	set->has_slow |= t->kind != TERM_EXACT;
}

void
query_set_compile(struct query_set *set)
{
	fold_table_fill(&set->table);
	for (size_t i = 0; i < set->nterms; i++)
		note_term(set, &set->terms[i]);
	query_lists_build(set);
	query_dict_build(set);
	query_guard_build(set);
	map_release(&set->keys);
	map_release(&set->files);
}

size_t
query_set_count(const struct query_set *set)
{
	return set->nqueries;
}

struct slice
query_set_name(const struct query_set *set, uint32_t index)
{
	return set->titles[index].name;
}

struct slice
query_set_text(const struct query_set *set, uint32_t index)
{
	return set->titles[index].text;
}

int
query_set_query_scope(const struct query_set *set, uint32_t index)
{
	return set->queries[index].scope;
}
