/* The models of a classifier: which files they come from, and who they are for. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "model/classify_int.h"

/* A tenant's own paths are numbered from here on. */
#define OWN_PATHS 65536

/* For what words say to a tenant's own heads, see HEADS_MEMORY: there may be many of them. */
#define TENANT_MEMORY ((size_t)2 << 20)

/* Threads that open the models of a directory, the calling one among them. */
#define OPEN_THREADS 4

static bool
is_wanted(const char *names, const char *name)
{
	struct slice rest = slice_of(names), one;

	if (!names)
		return true;
	while (slice_cut(&rest, ',', &one))
		if (slice_is(slice_trim(one), name))
			return true;
	return false;
}

/* Close model number I, unless it is for all tenants. */
static void
drop_model(struct classifier *c, size_t i)
{
	for (size_t j = 0; c->base && j < c->base->n; j++)
		if (c->base->models[j] == c->models[i])
			return;
	model_close(c->models[i]);
}

/* Does M, found under path PATH, take the place of model number I?  Those of one path stand beside
 * each other when they are for different languages. */
static bool
replaces(const struct classifier *c, const struct model *m, unsigned path, size_t i)
{
	if (strcmp(c->models[i]->name, m->name) != 0)
		return false;
	return strcmp(c->models[i]->langs, m->langs) == 0 ||
	       (c->loaded[i].path != path && !*m->langs);
}

/* Take over M, which is from path PATH of the list. */
static void
add_model(struct classifier *c, struct model *m, unsigned path, bool added)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (replaces(c, m, path, i)) {
			drop_model(c, i);
			continue;
		}
		c->models[n] = c->models[i];
		c->loaded[n++] = c->loaded[i];
	}
	c->n = n;
	c->models = xgrow(c->models, n, &c->cap, sizeof *c->models);
	c->loaded = xgrow(c->loaded, n, &c->loaded_cap, sizeof *c->loaded);
	c->models[n] = m;
	c->loaded[n] = (struct loaded){.path = path, .added = added};
	c->n++;
}

/* Where models are looked for, and which are wanted. */
struct source {
	unsigned path;
	bool added;
	const char *wanted;
};

/* Nobody asked for the language, but other heads may need to know it. */
static void
keep_lang(struct classifier *c, struct model *m, const struct source *from)
{
	add_model(c, m, from->path, from->added);
	c->hide_lang = true;
}

/* A file of models: one of both, or neither with the reason. */
struct opened {
	char *path;
	off_t size; /* of the file, or 0 */
	struct model *model;
	struct background *background;
	struct sme_err err;
};

static void
open_one(struct opened *o)
{
	if (background_is(o->path))
		o->background = background_open(o->path, &o->err);
	else
		o->model = model_open(o->path, &o->err);
}

/* In place of an earlier one. */
static int
take_background(struct classifier *c, struct opened *o, struct sme_err *err)
{
	if (c->base) {
		background_close(o->background);
		return err_set(err, SME_CONFIG,
		    "%s: word frequencies are for all tenants; name them in .models", o->path);
	}
	background_close(c->background);
	c->background = o->background;
	return 0;
}

/* What was opened becomes C's. */
static int
take_opened(struct classifier *c, struct opened *o, const struct source *from, struct sme_err *err)
{
	struct model *m = o->model;

	if (o->background)
		return take_background(c, o, err);
	if (!m) {
		*err = o->err;
		return -1;
	}
	if (is_wanted(from->wanted, m->name))
		add_model(c, m, from->path, from->added);
	else if (strcmp(m->name, "lang") == 0)
		keep_lang(c, m, from);
	else
		model_close(m);
	return 0;
}

static void
drop_opened(struct opened *o)
{
	background_close(o->background);
	model_close(o->model);
}

static int
open_file(struct classifier *c, const char *path, const struct source *from, struct sme_err *err)
{
	struct opened o = {.path = (char *)(size_t)path};

	open_one(&o);
	return take_opened(c, &o, from, err);
}

/* The files of a directory, which threads open one after the other. */
struct queue {
	struct opened *files;
	struct opened **order; /* the largest first, so that the threads end together */
	size_t n;
	_Atomic size_t next;
};

static void *
open_next(void *arg)
{
	struct queue *q = arg;

	for (size_t i; (i = atomic_fetch_add(&q->next, 1)) < q->n;)
		open_one(q->order[i]);
	return NULL;
}

static int
by_size(const void *a, const void *b)
{
	const struct opened *x = *(struct opened *const *)a, *y = *(struct opened *const *)b;

	return (x->size < y->size) - (x->size > y->size);
}

static void
put_in_order(struct queue *q)
{
	q->order = xcalloc(q->n, sizeof *q->order);
	for (size_t i = 0; i < q->n; i++) {
		struct stat st;

		q->order[i] = &q->files[i];
		if (stat(q->files[i].path, &st) == 0)
			q->files[i].size = st.st_size;
	}
	qsort(q->order, q->n, sizeof *q->order, by_size);
}

/* Opening reads every byte for the checksum, so a second core nearly halves the start of a tool. */
static void
open_all(struct queue *q)
{
	pthread_t threads[OPEN_THREADS - 1];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = 0;

	put_in_order(q);
	while (n + 1 < q->n && (long)n + 1 < cores && n < OPEN_THREADS - 1 &&
	       pthread_create(&threads[n], NULL, open_next, q) == 0)
		n++;
	open_next(q);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	free(q->order);
}

static int
is_model_name(const struct dirent *d)
{
	return slice_ends(slice_of(d->d_name), SLICE(MODEL_SUFFIX));
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
open_directory(
    struct classifier *c, const char *path, const struct source *from, struct sme_err *err)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, is_model_name, by_bytes), r = 0;
	struct queue q = {.n = n > 0 ? (size_t)n : 0};

	if (n < 0)
		return err_sys(err, SME_NOINPUT, "%s", path);
	q.files = xcalloc(q.n + 1, sizeof *q.files);
	for (size_t i = 0; i < q.n; i++) {
		struct buf file = BUF_INIT;

		buf_printf(&file, "%s/%s", path, list[i]->d_name);
		q.files[i].path = buf_detach(&file);
		free(list[i]);
	}
	free(list);
	open_all(&q);
	for (size_t i = 0; i < q.n; i++) {
		if (r == 0)
			r = take_opened(c, &q.files[i], from, err);
		else
			drop_opened(&q.files[i]);
		free(q.files[i].path);
	}
	free(q.files);
	if (n == 0)
		return err_set(err, SME_NOINPUT, "%s: no *%s files in it", path, MODEL_SUFFIX);
	return r;
}

static int
open_path(struct classifier *c, const char *path, const struct source *from, struct sme_err *err)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return open_directory(c, path, from, err);
	return open_file(c, path, from, err);
}

static bool
is_hidden(const struct classifier *c, size_t i)
{
	return c->hide_lang && strcmp(c->models[i]->name, "lang") == 0;
}

/* The releases of all heads, each once, joined by "+". */
static char *
join_releases(const struct classifier *c)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < c->n; i++) {
		bool seen = c->models[i]->release[0] == '\0' || is_hidden(c, i);

		for (size_t j = 0; j < i; j++)
			seen |= !is_hidden(c, j) &&
			        strcmp(c->models[j]->release, c->models[i]->release) == 0;
		if (seen)
			continue;
		if (b.n)
			buf_addc(&b, '+');
		buf_puts(&b, c->models[i]->release);
	}
	return b.p ? buf_detach(&b) : xstrdup("");
}

static bool
has_head(const struct classifier *c, struct slice name)
{
	for (size_t i = 0; i < c->n; i++)
		if (slice_is(name, c->models[i]->name))
			return true;
	return false;
}

/* Every name in WANTED must be there, or a typing error would silently give nothing. */
static int
check_wanted(const struct classifier *c, const char *wanted, struct sme_err *err)
{
	struct slice rest = slice_of(wanted), one;

	while (slice_cut(&rest, ',', &one)) {
		bool found = false;

		one = slice_trim(one);
		found = has_head(c, one);
		for (size_t i = 0; details_names[i]; i++)
			found |= slice_is(one, details_names[i]);
		for (size_t i = 0; i < c->tenants.n; i++)
			found |= has_head(c->own[i], one);
		if (!found)
			return err_set(err, SME_USAGE, "--heads: there is no model named \"%.*s\"",
			    SLICE_ARG(one));
	}
	return 0;
}

/* A language that nobody asked for is only worth knowing when it chooses between heads. */
static void
drop_idle_lang(struct classifier *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (*c->models[i]->langs)
			return;
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->models[i]->name, "lang") == 0) {
			drop_model(c, i);
			continue;
		}
		c->models[n] = c->models[i];
		c->loaded[n++] = c->loaded[i];
	}
	c->n = n;
}

/* Put the models to work. */
static void
arrange(struct classifier *c)
{
	if (c->base)
		c->heads = heads_new_on(c->base->heads, c->models, c->n, TENANT_MEMORY);
	else
		c->heads = heads_new(c->models, c->n, HEADS_MEMORY);
	c->release = join_releases(c);
	classifier_arrange(c);
}

/* Use the models of BASE, and those of T in their places. */
static struct classifier *
tenant_new(const struct classifier *base, const struct classifier_tenant *t, const char *wanted,
    struct sme_err *err)
{
	struct classifier *c = xcalloc(1, sizeof *c);
	int r = 0;

	c->base = base;
	c->hide_lang = base->hide_lang;
	c->min_p = base->min_p;
	c->explain = base->explain;
	c->watch = base->watch;
	c->plan = base->plan;
	for (size_t i = 0; i < base->n; i++) {
		c->models = xgrow(c->models, i, &c->cap, sizeof *c->models);
		c->loaded = xgrow(c->loaded, i, &c->loaded_cap, sizeof *c->loaded);
		c->models[i] = base->models[i];
		c->loaded[i] = base->loaded[i];
		c->n++;
	}
	for (size_t i = 0; i < t->npaths && r == 0; i++) {
		const struct source from = {OWN_PATHS + (unsigned)i, true, wanted};

		r = open_path(c, t->paths[i], &from, err);
	}
	if (r == 0) {
		arrange(c);
		return c;
	}
	err_prefix(err, ".tenants.%s.models", t->id);
	classifier_free(c);
	return NULL;
}

static int
open_tenants(struct classifier *c, const struct classifier_options *o, struct sme_err *err)
{
	c->own = xcalloc(o->ntenants + 1, sizeof *c->own);
	for (size_t i = 0; i < o->ntenants; i++) {
		c->own[i] = tenant_new(c, &o->tenants[i], o->heads, err);
		if (!c->own[i])
			return -1;
		map_put(&c->tenants, slice_of(o->tenants[i].id))->u = i;
	}
	return 0;
}

/* Masking needs the entities. */
static void
choose_details(struct classifier *c, const struct classifier_options *o)
{
	c->details = (struct details){
	    .patterns = o->patterns, .places = o->places, .background = c->background};
	for (unsigned i = 0; details_names[i]; i++)
		if (is_wanted(o->heads, details_names[i]))
			c->details.parts |= 1u << i;
	if (o->redact)
		c->details.parts |= DETAILS_ENTITIES | DETAILS_REDACTED;
}

struct classifier *
classifier_new(const struct classifier_options *o, const struct watch *watch,
    struct scan_plan *plan, struct sme_err *err)
{
	struct classifier *c = xcalloc(1, sizeof *c);
	int r = 0;

	mention_plan_add(&c->plan, plan);
	c->watch = watch;
	c->min_p = o->min_p;
	c->explain = o->explain;
	for (size_t i = 0; i < o->npaths && r == 0; i++) {
		const struct source from = {(unsigned)i, i > 0 || !o->shipped, o->heads};

		r = open_path(c, o->paths[i], &from, err);
	}
	if (r == 0 && c->hide_lang)
		drop_idle_lang(c);
	if (r == 0) {
		arrange(c);
		choose_details(c, o);
		r = open_tenants(c, o, err);
	}
	if (r == 0)
		r = check_wanted(c, o->heads, err);
	if (r < 0) {
		classifier_free(c);
		return NULL;
	}
	return c;
}

void
classifier_free(struct classifier *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->tenants.n; i++)
		classifier_free(c->own[i]);
	free(c->own);
	map_release(&c->tenants);
	heads_free(c->heads);
	for (size_t i = 0; i < c->n; i++)
		drop_model(c, i);
	background_close(c->background);
	for (size_t i = 0; i < c->answers_n; i++)
		free(c->answers[i].by_lang);
	free(c->answers);
	free(c->models);
	free(c->loaded);
	free(c->release);
	free(c);
}
