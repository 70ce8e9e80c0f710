#include "connector/meta.h"

#include "core/rfc3339.h"

static const char *const classes[] = {
    [ANSWER_OK] = "ok",
    [ANSWER_TRANSIENT] = "transient",
    [ANSWER_AUTH] = "auth",
    [ANSWER_PERMANENT] = "permanent",
    [ANSWER_RULE] = "rule",
};

const char *
answer_class_name(enum answer_class c)
{
	return classes[c];
}

/* Which of the N words S is; -1 for none. */
static int
word_of(struct slice s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(s, words[i]))
			return (int)i;
	return -1;
}

bool
answer_class_parse(struct slice s, enum answer_class *out)
{
	int i = word_of(s, classes, sizeof classes / sizeof *classes);

	if (i >= 0)
		*out = (enum answer_class)i;
	return i >= 0;
}

static int64_t
whole(const struct json_node *node, const char *key, int64_t fallback)
{
	return (int64_t)node_number(node, key, (double)fallback);
}

/* What NODE does not say stays as it is. */
static void
load_text(struct text_limit *t, const struct json_node *node)
{
	static const char *const counts[] = {
	    [COUNT_POINTS] = "points",
	    [COUNT_UTF16] = "utf16",
	    [COUNT_GRAPHEMES] = "graphemes",
	    [COUNT_BYTES] = "bytes",
	    [COUNT_WEIGHTED] = "weighted",
	};
	int count = word_of(node_text(node, "count"), counts, sizeof counts / sizeof *counts);

	t->limit = whole(node, "limit", t->limit);
	t->url = whole(node, "url", t->url);
	t->bytes = whole(node, "bytes", t->bytes);
	if (count >= 0)
		t->count = (enum text_count)count;
	if (node_get(node, "mention"))
		t->mention_local = true;
}

static const jv *
split_path(struct slice path, size_t *n, struct arena *a)
{
	struct slice rest = path, part;
	size_t count = 1, i = 0;
	unsigned long long number;
	jv *parts;

	for (size_t k = 0; k < path.n; k++)
		count += path.p[k] == '.';
	parts = arena_alloc(a, count * sizeof *parts);
	while (slice_cut(&rest, '.', &part))
		parts[i++] = slice_u64(part, &number) && number < INT32_MAX ?
		                 jv_number((double)number) :
		                 jv_string_sized(part.p, (int)part.n);
	*n = count;
	return parts;
}

static unsigned
type_bits(struct slice type)
{
	static const struct {
		const char *name;
		unsigned bits;
	} types[] = {
	    {"string", 1u << JV_KIND_STRING},
	    {"number", 1u << JV_KIND_NUMBER},
	    {"boolean", 1u << JV_KIND_TRUE | 1u << JV_KIND_FALSE},
	    {"object", 1u << JV_KIND_OBJECT},
	    {"array", 1u << JV_KIND_ARRAY},
	    {"null", 1u << JV_KIND_NULL},
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (slice_is(type, types[i].name))
			return types[i].bits;
	return 0;
}

static bool
take_mark(struct slice *s)
{
	bool mark = s->n && s->p[s->n - 1] == '?';

	s->n -= mark;
	return mark;
}

static void
load_field(struct meta_field *f, const struct json_node *node, struct arena *a)
{
	struct slice types = node->text, one;

	f->path = node->key;
	f->optional = take_mark(&f->path);
	f->optional |= take_mark(&types);
	f->expected = types;
	f->parts = split_path(f->path, &f->nparts, a);
	while (slice_cut(&types, '|', &one))
		f->types |= type_bits(one);
}

static void
load_records(struct meta *m, const struct json_node *list, struct arena *a)
{
	struct meta_record *records = arena_zalloc(a, (list ? list->count : 0) * sizeof *records);

	m->records = records;
	for (NODE_EACH(it, list)) {
		struct meta_record *r = &records[m->nrecords++];
		const struct json_node *required = node_get(it, "required");
		struct meta_field *fields =
		    arena_zalloc(a, (required ? required->count : 0) * sizeof *fields);

		r->kind = it->key;
		r->fields = fields;
		for (NODE_EACH(f, required))
			load_field(&fields[r->n++], f, a);
	}
}

static void
load_buckets(struct meta *m, const struct json_node *list, struct arena *a)
{
	struct meta_bucket *buckets = arena_zalloc(a, (list ? list->count : 0) * sizeof *buckets);

	m->buckets = buckets;
	for (NODE_EACH(it, list)) {
		struct meta_bucket *b = &buckets[m->nbuckets++];

		b->name = it->key;
		b->n = node_number(it, "n", 0);
		duration_parse(node_text(it, "per"), &b->per);
	}
}

static void
load_errors(struct meta *m, const struct json_node *list, struct arena *a)
{
	struct meta_error *errors = arena_zalloc(a, (list ? list->count : 0) * sizeof *errors);

	m->errors = errors;
	for (NODE_EACH(it, list)) {
		struct meta_error *e = &errors[m->nerrors++];

		e->status = (long)node_number(it, "status", 0);
		e->path = node_text(it, "path");
		e->value = node_get(it, "value");
		e->present = node_bool(it, "present", false);
		answer_class_parse(node_text(it, "class"), &e->class);
	}
}

/* The first lines of REPORT as one message. */
static int
refuse(struct buf *report, struct sme_err *err)
{
	size_t lines = 0;

	while (report->n && report->p[report->n - 1] == '\n')
		report->p[--report->n] = '\0';
	for (size_t i = 0; i < report->n; i++) {
		if (report->p[i] != '\n')
			continue;
		if (++lines == 3)
			report->p[i] = '\0';
		else
			report->p[i] = ';';
	}
	return err_set(err, SME_CONFIG, "%s", buf_str(report));
}

int
meta_load(struct meta *meta, const struct json_node *root, const char *file, struct arena *a,
    struct sme_err *err)
{
	struct buf place = BUF_INIT, report = BUF_INIT;
	const struct json_node *limits = node_get(root, "limits"), *text = node_get(root, "text");
	int r = 0;

	buf_printf(&place, "%s: meta", file);
	if (schema_check(&meta_schema, root, buf_str(&place), false, &report))
		r = refuse(&report, err);
	buf_release(&place);
	buf_release(&report);
	if (r < 0)
		return r;
	*meta = (struct meta){.root = root,
	    .name = node_text(root, "name"),
	    .title = node_text(root, "title"),
	    .base = node_text(root, "base"),
	    .instance = node_text(root, "instance")};
	load_text(&meta->text, text);
	meta->direct = meta->text;
	load_text(&meta->direct, node_get(text, "direct"));
	load_records(meta, node_get(root, "records"), a);
	load_buckets(meta, node_get(limits, "buckets"), a);
	load_errors(meta, node_get(root, "errors"), a);
	duration_parse(node_text(limits, "interval"), &meta->interval);
	return 0;
}

void
meta_release(struct meta *meta)
{
	for (size_t i = 0; i < meta->nrecords; i++) {
		const struct meta_record *r = &meta->records[i];

		for (size_t j = 0; j < r->n; j++)
			for (size_t k = 0; k < r->fields[j].nparts; k++)
				jv_free(r->fields[j].parts[k]);
	}
}

const struct meta_record *
meta_record(const struct meta *meta, struct slice kind)
{
	for (size_t i = 0; i < meta->nrecords; i++)
		if (slice_eq(meta->records[i].kind, kind))
			return &meta->records[i];
	return NULL;
}

bool
meta_can(const struct meta *meta, const char *what)
{
	for (NODE_EACH(it, node_get(meta->root, "can")))
		if (slice_is(it->text, what))
			return true;
	return false;
}
