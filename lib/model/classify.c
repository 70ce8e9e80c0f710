#include "model/classify.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "model/decide.h"
#include "model/heads.h"
#include "stream/json.h"

/* With --explain, so many words at most for each head. */
#define REASONS_MAX 5

/* The members of a mention that are read, by index into plan[]. */
enum field {
	F_TEXT,
	F_TENANT,
	F_HANDLE,
	F_NAME,
	F_URL,
	F_CHANNEL,
	F_NETWORK,
	F_KIND,
	F_LANG_HINT,
	F_FOLLOWERS,
	F_AUTHOR_COUNTRY,
	F_COUNTRY,
	F_PLACE_COUNTRY,
	F_LINKS,
	FIELDS
};

static const char *const paths[FIELDS] = {"text", "tenant", "author.handle", "author.name", "url",
    "channel", "network", "kind", "lang_hint", "author.followers", "author.country", "country",
    "place.country", "links"};

/* So many links of a mention are looked at. */
#define LINKS_MAX 64

struct classifier {
	struct model **models;
	size_t n, cap;
	struct heads *heads;
	const struct watch *watch;
	int lang, sentiment;    /* index of these heads, or -1 */
	int negative, positive; /* labels of sentiment, or -1 */
	int plan[FIELDS];
	double min_p;
	bool explain;
	char *release; /* for "model" */
};

struct classifier_run {
	const struct classifier *c;
	struct heads_run *heads;
	struct query_scratch *queries;
	struct slice links[LINKS_MAX];
	struct buf strings; /* decoded values */
};

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

/* Take over M, in place of an earlier one of its name. */
static void
add_model(struct classifier *c, struct model *m, const char *wanted)
{
	if (!is_wanted(wanted, m->name)) {
		model_close(m);
		return;
	}
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->models[i]->name, m->name) != 0)
			continue;
		model_close(c->models[i]);
		c->models[i] = m;
		return;
	}
	c->models = xgrow(c->models, c->n, &c->cap, sizeof *c->models);
	c->models[c->n++] = m;
}

static int
open_file(struct classifier *c, const char *path, const char *wanted, struct sme_err *err)
{
	struct model *m = model_open(path, err);

	if (!m)
		return -1;
	add_model(c, m, wanted);
	return 0;
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
open_directory(struct classifier *c, const char *path, const char *wanted, struct sme_err *err)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, is_model_name, by_bytes), r = 0;

	if (n < 0)
		return err_sys(err, SME_NOINPUT, "%s", path);
	for (int i = 0; i < n; i++) {
		struct buf file = BUF_INIT;

		buf_printf(&file, "%s/%s", path, list[i]->d_name);
		if (r == 0)
			r = open_file(c, buf_str(&file), wanted, err);
		buf_release(&file);
		free(list[i]);
	}
	free(list);
	if (n == 0)
		return err_set(err, SME_NOINPUT, "%s: no *%s files in it", path, MODEL_SUFFIX);
	return r;
}

static int
open_path(struct classifier *c, const char *path, const char *wanted, struct sme_err *err)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return open_directory(c, path, wanted, err);
	return open_file(c, path, wanted, err);
}

static int
find_label(const struct model *m, const char *label)
{
	for (uint32_t i = 0; i < m->header->labels; i++)
		if (strcmp(m->names[i], label) == 0)
			return (int)i;
	return -1;
}

/* The releases of all heads, each once, joined by "+". */
static char *
join_releases(const struct classifier *c)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < c->n; i++) {
		bool seen = c->models[i]->release[0] == '\0';

		for (size_t j = 0; j < i; j++)
			seen |= strcmp(c->models[j]->release, c->models[i]->release) == 0;
		if (seen)
			continue;
		if (b.n)
			buf_addc(&b, '+');
		buf_puts(&b, c->models[i]->release);
	}
	return b.p ? buf_detach(&b) : xstrdup("");
}

static void
find_heads(struct classifier *c)
{
	c->lang = c->sentiment = c->negative = c->positive = -1;
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->models[i]->name, "lang") == 0)
			c->lang = (int)i;
		if (strcmp(c->models[i]->name, "sentiment") != 0)
			continue;
		c->sentiment = (int)i;
		c->negative = find_label(c->models[i], "negative");
		c->positive = find_label(c->models[i], "positive");
	}
}

/* Every name in WANTED must be there, or a typing error would silently give nothing. */
static int
check_wanted(const struct classifier *c, const char *wanted, struct sme_err *err)
{
	struct slice rest = slice_of(wanted), one;

	while (slice_cut(&rest, ',', &one)) {
		bool found = false;

		one = slice_trim(one);
		for (size_t i = 0; i < c->n; i++)
			found |= slice_is(one, c->models[i]->name);
		if (!found)
			return err_set(err, SME_USAGE, "--heads: there is no model named \"%.*s\"",
			    SLICE_ARG(one));
	}
	return 0;
}

struct classifier *
classifier_new(const struct classifier_options *o, const struct watch *watch,
    struct scan_plan *plan, struct sme_err *err)
{
	struct classifier *c = xcalloc(1, sizeof *c);
	int r = 0;

	for (size_t i = 0; i < o->npaths && r == 0; i++)
		r = open_path(c, o->paths[i], o->heads, err);
	if (r == 0)
		r = check_wanted(c, o->heads, err);
	if (r < 0) {
		classifier_free(c);
		return NULL;
	}
	for (int i = 0; i < FIELDS; i++)
		c->plan[i] = scan_plan_add(plan, paths[i]);
	c->heads = heads_new(c->models, c->n);
	c->watch = watch;
	c->min_p = o->min_p;
	c->explain = o->explain;
	c->release = join_releases(c);
	find_heads(c);
	return c;
}

void
classifier_free(struct classifier *c)
{
	if (!c)
		return;
	heads_free(c->heads);
	for (size_t i = 0; i < c->n; i++)
		model_close(c->models[i]);
	free(c->models);
	free(c->release);
	free(c);
}

struct classifier_run *
classifier_run_new(const struct classifier *c)
{
	struct classifier_run *run = xcalloc(1, sizeof *run);

	run->c = c;
	run->heads = heads_run_new(c->heads, HEADS_MEMORY);
	run->queries = watch_scratch(c->watch);
	run->strings = (struct buf)BUF_INIT;
	return run;
}

void
classifier_run_free(struct classifier_run *run)
{
	if (!run)
		return;
	heads_run_free(run->heads);
	query_scratch_free(run->queries);
	buf_release(&run->strings);
	free(run);
}

/* The label that is sure enough, or NULL. */
static const char *
sure_label(const struct classifier *c, size_t head, const struct head_result *r)
{
	double min = c->min_p;

	if (min < 0 && r->best >= 0)
		min = decide_floor(c->models[head], r->best);
	return r->best < 0 || r->p < min ? NULL : c->models[head]->names[r->best];
}

static void
put_why(struct classifier_run *run, size_t head, const struct head_result *r, struct buf *out)
{
	struct head_reason why[REASONS_MAX];
	const struct norm *norm = heads_norm(run->heads);
	size_t n = r->best < 0 ? 0 : heads_explain(run->heads, head, r->best, why, REASONS_MAX);

	buf_puts(out, ",\"why\":[");
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i ? ",[" : "[");
		json_put_string(out, norm_token(norm, why[i].token));
		buf_addc(out, ',');
		json_put_fixed(out, why[i].weight, 4);
		buf_addc(out, ']');
	}
	buf_addc(out, ']');
}

/* {"KEY":label,"p":...  of one head, left open. */
static void
put_head(struct classifier_run *run, const char *key, size_t head, const struct head_result *r,
    struct buf *out)
{
	const char *label = sure_label(run->c, head, r);

	buf_puts(out, "{\"");
	buf_puts(out, key);
	buf_puts(out, "\":");
	if (label)
		json_put_string(out, slice_of(label));
	else
		buf_puts(out, "null");
	buf_puts(out, ",\"p\":");
	json_put_fixed(out, r->p, 4);
}

static void
end_head(struct classifier_run *run, size_t head, const struct head_result *r, struct buf *out)
{
	if (run->c->explain)
		put_why(run, head, r, out);
	buf_addc(out, '}');
}

static void
put_lang(struct classifier_run *run, const struct head_result *r, struct buf *out)
{
	buf_puts(out, "\"lang\":");
	put_head(run, "code", (size_t)run->c->lang, r, out);
	end_head(run, (size_t)run->c->lang, r, out);
	buf_addc(out, ',');
}

/* The score is what speaks for positive less what speaks for negative, -1 to 1. */
static void
put_sentiment(struct classifier_run *run, const struct head_result *r, struct buf *out)
{
	const struct classifier *c = run->c;
	double score = 0;

	if (c->positive >= 0)
		score += r->probs[c->positive];
	if (c->negative >= 0)
		score -= r->probs[c->negative];
	buf_puts(out, "\"sentiment\":");
	put_head(run, "label", (size_t)c->sentiment, r, out);
	buf_puts(out, ",\"score\":");
	json_put_fixed(out, score, 4);
	end_head(run, (size_t)c->sentiment, r, out);
	buf_addc(out, ',');
}

static void
put_other_heads(struct classifier_run *run, const struct head_result *results, struct buf *out)
{
	const struct classifier *c = run->c;
	size_t known = (c->lang >= 0) + (c->sentiment >= 0);
	bool first = true;

	if (c->n == known)
		return;
	buf_puts(out, "\"heads\":{");
	for (size_t i = 0; i < c->n; i++) {
		if ((int)i == c->lang || (int)i == c->sentiment)
			continue;
		if (!first)
			buf_addc(out, ',');
		first = false;
		json_put_string(out, slice_of(c->models[i]->name));
		buf_addc(out, ':');
		put_head(run, "label", i, &results[i], out);
		end_head(run, i, &results[i], out);
	}
	buf_puts(out, "},");
}

static struct slice
field(struct classifier_run *run, const struct event *ev, enum field f)
{
	return json_string(&ev->values[run->c->plan[f]], &run->strings);
}

/* The language for lang: in queries; what the network says when the text does not tell. */
static struct slice
query_lang(struct classifier_run *run, const struct event *ev, const struct head_result *results)
{
	const struct classifier *c = run->c;
	const char *code = c->lang >= 0 ? sure_label(c, (size_t)c->lang, &results[c->lang]) : NULL;

	return code ? slice_of(code) : field(run, ev, F_LANG_HINT);
}

static size_t
read_links(struct classifier_run *run, const struct event *ev)
{
	struct json_iter it = json_each(&ev->values[run->c->plan[F_LINKS]]);
	struct json_value value;
	size_t n = 0;

	while (n < LINKS_MAX && json_next(&it, NULL, &value))
		run->links[n++] = json_string(&value, &run->strings);
	return n;
}

static void
put_queries(struct classifier_run *run, const struct event *ev, struct slice text,
    const struct head_result *results, struct buf *out)
{
	const struct classifier *c = run->c;
	const struct json_value *followers = &ev->values[c->plan[F_FOLLOWERS]];
	struct query_fields fields = {
	    .author = field(run, ev, F_HANDLE),
	    .author_name = field(run, ev, F_NAME),
	    .url = field(run, ev, F_URL),
	    .lang = query_lang(run, ev, results),
	    .channel = field(run, ev, F_CHANNEL),
	    .network = field(run, ev, F_NETWORK),
	    .kind = field(run, ev, F_KIND),
	    .country = {field(run, ev, F_AUTHOR_COUNTRY), field(run, ev, F_COUNTRY),
		field(run, ev, F_PLACE_COUNTRY)},
	    .links = run->links,
	    .nlinks = read_links(run, ev),
	    .has_followers = followers->type == JSON_NUMBER,
	    .followers = json_number(followers, 0),
	};

	watch_put(c->watch, run->queries, text, &fields,
	    watch_scope(c->watch, field(run, ev, F_TENANT)), c->explain, out);
}

/* All strings together are not longer than the line, so that nothing moves when one is added. */
static void
clear_strings(struct classifier_run *run, const struct event *ev)
{
	buf_clear(&run->strings);
	buf_reserve(&run->strings, ev->line.n + FIELDS + LINKS_MAX);
}

void
classify(struct classifier_run *run, const struct event *ev, struct buf *out)
{
	const struct classifier *c = run->c;
	const struct head_result *results;
	struct slice text;

	clear_strings(run, ev);
	text = field(run, ev, F_TEXT);
	results = heads_predict(run->heads, text);
	buf_addc(out, '{');
	if (c->lang >= 0)
		put_lang(run, &results[c->lang], out);
	if (c->sentiment >= 0)
		put_sentiment(run, &results[c->sentiment], out);
	put_other_heads(run, results, out);
	put_queries(run, ev, text, results, out);
	buf_puts(out, ",\"model\":");
	json_put_string(out, slice_of(c->release));
	buf_addc(out, '}');
}
