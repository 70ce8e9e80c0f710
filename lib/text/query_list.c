/* Lists from files: each line an entry, of which one must match. */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/mem.h"
#include "text/query_lex.h"

/* What a file is read into may hold so much. */
#define FILE_MAX ((size_t)64 << 20)

/* The files being read, one inside the other. */
struct list_file {
	struct slice name;
	const struct list_file *outer;
	size_t depth;
	size_t line; /* the one at hand, from 1 */
	struct list *list;
};

static int read_file(struct parser *p, uint8_t mode, struct list_file *file, struct sme_err *err);

/* Without a byte order mark and the line's end; empty for a remark. */
static struct slice
tidy_line(struct slice line, size_t lineno)
{
	if (lineno == 1 && slice_starts(line, SLICE("\xef\xbb\xbf")))
		line = (struct slice){line.p + 3, line.n - 3};
	line = slice_trim(line);
	/* "#tag" is an entry, "# remark" is not. */
	if (line.n && *line.p == '#' && (line.n == 1 || line.p[1] == ' ' || line.p[1] == '#'))
		line.n = 0;
	return line;
}

static bool
is_utf8(struct slice s)
{
	int32_t cp;

	for (size_t at = 0; at < s.n;) {
		utf8proc_ssize_t len = utf8proc_iterate(
		    (const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), &cp);

		if (len <= 0 || cp == 0)
			return false;
		at += (size_t)len;
	}
	return true;
}

static int
inner_list(
    struct parser *p, uint8_t mode, struct slice name, struct list_file *file, struct sme_err *err)
{
	struct list_file inner = {name, file, file->depth + 1, 0, file->list};

	for (const struct list_file *f = file; f; f = f->outer)
		if (slice_eq(f->name, name))
			return err_set(
			    err, SME_CONFIG, "the list %.*s holds itself", SLICE_ARG(name));
	if (inner.depth > QUERY_LIST_DEPTH)
		return err_set(
		    err, SME_CONFIG, "more than %d lists inside each other", QUERY_LIST_DEPTH);
	return read_file(p, mode, &inner, err);
}

/* One entry is parsed like a value in quotes, and its node moved from the tree to the list. */
static int
add_entry(struct parser *outer, uint8_t mode, struct slice line, struct list_file *file,
    struct sme_err *err)
{
	struct query_set *set = outer->set;
	struct parser p = {.set = set, .text = line, .err = err, .list = file};
	struct list *list;

	if (slice_starts(line, SLICE("list:")))
		return inner_list(
		    outer, mode, slice_trim((struct slice){line.p + 5, line.n - 5}), file, err);
	if (!is_utf8(line))
		return err_set(err, SME_CONFIG, "not UTF-8");
	if (line.n > QUERY_TEXT_MAX)
		return err_set(err, SME_CONFIG, "an entry of more than %zu bytes", QUERY_TEXT_MAX);
	p.token.end = line.n;
	if (query_add_leaf(&p, mode, line, 0) < 0)
		return -1;
	list = file->list;
	if (list->n == QUERY_LIST_MAX)
		return err_set(err, SME_CONFIG, "more than %d entries", QUERY_LIST_MAX);
	list->nodes = xgrow(list->nodes, list->n, &list->cap, sizeof *list->nodes);
	list->nodes[list->n++] = set->nodes[--set->nnodes];
	return 0;
}

/* Add the entries of FILE to its list. */
static int
read_file(struct parser *p, uint8_t mode, struct list_file *file, struct sme_err *err)
{
	struct buf text = BUF_INIT_MAX(FILE_MAX);
	char *name = xslicedup(file->name);
	size_t before = file->list->n;
	struct slice rest, line;
	int r = p->set->read(p->set->read_ctx, name, &text, err);

	rest = buf_slice(&text);
	while (r == 0 && slice_cut(&rest, '\n', &line)) {
		line = tidy_line(line, ++file->line);
		if (!line.n)
			continue;
		r = add_entry(p, mode, line, file, err);
		if (r < 0)
			err_prefix(err, "%s: line %zu", name, file->line);
	}
	if (r == 0 && file->list->n == before)
		r = err_set(err, SME_CONFIG, "%s: no entries in the list", name);
	free(name);
	buf_release(&text);
	return r;
}

/* The number of a new list of the file, or -1. */
static int
open_list(struct parser *p, uint8_t mode, struct slice name, size_t at)
{
	struct query_set *set = p->set;
	struct list list = {.mode = mode};
	struct list_file file = {name, NULL, 1, 0, &list};
	struct sme_err err = {.text = ""};

	if (set->read && read_file(p, mode, &file, &err) < 0) {
		free(list.nodes);
		return query_fail(p, at, "%s", err.text);
	}
	set->lists = xgrow(set->lists, set->nlists, &set->lists_cap, sizeof *set->lists);
	set->lists[set->nlists] = list;
	return (int)set->nlists++;
}

int
query_add_list(struct parser *p, uint8_t mode, struct slice name, size_t at)
{
	struct query_set *set = p->set;
	struct buf key = BUF_INIT;
	union map_value *known;
	int list;

	if (!name.n || memchr(name.p, '\0', name.n))
		return query_fail(p, at, "list: takes the name of a file");
	if (mode == FIELD_FOLLOWERS)
		return query_fail(p, at, "followers: takes no list");
	buf_addc(&key, (char)mode);
	buf_adds(&key, name);
	known = map_get(&set->files, buf_slice(&key));
	list = known ? (int)known->u : open_list(p, mode, name, at);
	if (list >= 0)
		map_put(&set->files, buf_slice(&key))->u = (uint64_t)list;
	buf_release(&key);
	if (list < 0)
		return -1;
	query_push(p, NODE_LIST, (uint32_t)list);
	return 0;
}

static int
by_term(const void *a, const void *b)
{
	const struct list_entry *x = a, *y = b;

	if (x->term != y->term)
		return x->term < y->term ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

void
query_lists_build(struct query_set *set)
{
	for (size_t i = 0; i < set->nlists; i++) {
		struct list *list = &set->lists[i];

		list->index = xcalloc(list->n, sizeof *list->index);
		for (uint32_t k = 0; k < list->n; k++)
			list->index[k] =
			    (struct list_entry){query_guard_leaf(set, &list->nodes[k]), k};
		qsort(list->index, list->n, sizeof *list->index, by_term);
	}
}
