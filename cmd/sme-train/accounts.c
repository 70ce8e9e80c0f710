/* sme-train --accounts: which authors are bots, for sme-score, instead of a head. */
#include <math.h>
#include <stdlib.h>

#include "core/err.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "score/bot.h"
#include "score/trees_learn.h"
#include "sme-train/sme-train.h"
#include "stream/reader.h"
#include "stream/tree.h"
#include "stream/writer.h"

#define DAY_MS 86400000.0
#define FOLDS  5
#define LEAST  50 /* bots, and people, to learn from or to test with */

/* Each row and copies of it in which a group of facts is missing, so that the trees can do without; together
 * they count as much as the row itself. */
#define COPIES 6

/* Chosen by cross-validation on both sets of share/models/CARD.md. */
static const struct trees_options how = {.count = 150,
    .rate = 0.15,
    .lambda = 4,
    .min_hess = 4,
    .rows = 0.7,
    .columns = 0.4,
    .seed = 1};

struct account {
	float x[BOT_FEATURES];
	bool bot;
	unsigned fold;
	size_t group;
};

struct accounts {
	struct account *list;
	size_t n, cap, skipped;
	struct map groups;
};

static double
count_of(const struct json_node *a, const char *key)
{
	return node_number(a, key, -1);
}

/* -1 when nothing is said; a text is as good as true, null as false. */
static int
truth_of(const struct json_node *a, const char *key)
{
	const struct json_node *n = node_get(a, key);

	if (!n)
		return -1;
	return n->type == JSON_TRUE || (n->type == JSON_STRING && n->text.n);
}

static void
take_client(struct bot_account *b, struct slice name)
{
	if (!name.n)
		return;
	b->clients |= 1u << client_kind(name);
	b->nclients++;
}

static struct bot_account
read_author(const struct json_node *mention)
{
	const struct json_node *a = node_get(mention, "author");
	struct bot_account b = BOT_ACCOUNT_UNKNOWN;
	int64_t wrote, since;

	b.followers = count_of(a, "followers");
	b.following = count_of(a, "following");
	b.posts = count_of(a, "posts");
	b.listed = count_of(a, "listed");
	b.favourites = count_of(a, "favourites");
	if (rfc3339_parse(node_text(mention, "created_at"), &wrote) &&
	    rfc3339_parse(node_text(a, "created_at"), &since))
		b.age_days = wrote > since ? (double)(wrote - since) / DAY_MS : 0;
	b.handle = node_text(a, "handle");
	b.name = node_text(a, "name");
	b.description = node_text(a, "description");
	b.verified = truth_of(a, "verified");
	b.default_profile = truth_of(a, "default_profile");
	b.default_picture = truth_of(a, "default_picture");
	b.has_url = truth_of(a, "url");
	b.has_location = truth_of(a, "location");
	for (NODE_EACH(it, node_get(a, "clients")))
		take_client(&b, it->text);
	if (!b.nclients)
		take_client(&b, node_text(mention, "client"));
	return b;
}

static void
add_row(struct accounts *all, const struct json_node *n, const struct dataset_keys *keys)
{
	struct slice label = node_text(n, keys->label), id = node_text(n, keys->id);
	struct slice group = keys->group ? node_text(n, keys->group) : SLICE("");
	struct bot_account b = read_author(n);
	struct account *a;

	if (!slice_is(label, "bot") && !slice_is(label, "human")) {
		all->skipped++;
		return;
	}
	all->list = xgrow(all->list, all->n, &all->cap, sizeof *all->list);
	a = &all->list[all->n++];
	bot_features(&b, a->x);
	a->bot = slice_is(label, "bot");
	a->fold = (unsigned)(hash64(id.p, id.n, 7) % FOLDS);
	map_put(&all->groups, group)->u++;
	for (a->group = 0; !slice_eq(all->groups.items[a->group].key, group);)
		a->group++;
}

static void
read_block(struct accounts *all, const struct block *b, const struct dataset_keys *keys)
{
	struct slice rest = {b->p, b->n}, line;
	size_t at = b->lineno;
	struct sme_err err;

	for (; slice_cut(&rest, '\n', &line); at++) {
		struct arena memory = {0};
		const struct json_node *n;

		if (!slice_trim(line).n)
			continue;
		n = json_tree(&memory, line, &err);
		if (n)
			add_row(all, n, keys);
		else
			rows_odd("%s:%zu: %s", b->file, at, err.text);
		arena_release(&memory);
	}
}

static void
read_files(struct accounts *all, char *const *files, const struct dataset_keys *keys)
{
	struct reader *in = reader_open(files);
	enum reader_kind kind;
	struct sme_err err;
	struct block b;

	while ((kind = reader_next(in, &b, &err)) != READER_END) {
		if (kind == READER_ERROR)
			sme_die(err.status, "%s", err.text);
		if (kind == READER_LINES)
			read_block(all, &b, keys);
		else if (b.last)
			rows_odd("%s:%zu: the line is too long", b.file, b.lineno);
	}
	reader_close(in);
}

/* ---- learning ---- */

/* What a copy of a row does without. */
static bool
is_missing(unsigned copy, int feature)
{
	switch (copy) {
	case 1: /* what only some networks tell */
		return feature == BOT_LISTED || feature == BOT_FAVOURITES ||
		       feature == BOT_FAVOURITES_A_POST || feature == BOT_LISTED_A_FOLLOWER ||
		       (feature >= BOT_DEFAULT_PROFILE && feature <= BOT_HAS_LOCATION) ||
		       feature >= BOT_CLIENTS;
	case 2: /* and texts */
		return is_missing(1, feature) || feature >= BOT_NAME_LENGTH;
	case 3:
		return feature >= BOT_HANDLE_LENGTH;
	case 4: /* one of those of which three must be there */
		return is_missing(1, feature) || feature == BOT_AGE || feature == BOT_POSTS_A_DAY;
	case 5:
		return is_missing(1, feature) || feature == BOT_FOLLOWING ||
		       feature == BOT_FOLLOWERS_A_FOLLOWED;
	default:
		return false;
	}
}

/* Which rows are kept for testing: a fold, or a group; FOLDS and SIZE_MAX: none. */
struct held_out {
	unsigned fold;
	size_t group;
};

static bool
is_held_out(const struct account *a, const struct held_out *h)
{
	return a->fold == h->fold || a->group == h->group;
}

/* All rows but those held out, with copies. */
static struct trees *
learn(const struct accounts *all, const struct held_out *h)
{
	struct trees_rows r = {.features = BOT_FEATURES};
	float *x = xcalloc(all->n * COPIES * BOT_FEATURES + 1, sizeof *x);
	bool *positive = xcalloc(all->n * COPIES + 1, sizeof *positive);
	double *weight = xcalloc(all->n * COPIES + 1, sizeof *weight);
	struct trees *t;

	for (size_t i = 0; i < all->n; i++) {
		for (unsigned copy = 0; copy < COPIES && !is_held_out(&all->list[i], h); copy++) {
			for (int f = 0; f < BOT_FEATURES; f++)
				x[r.n * BOT_FEATURES + f] =
				    is_missing(copy, f) ? NAN : all->list[i].x[f];
			positive[r.n] = all->list[i].bot;
			weight[r.n++] = copy == 0 ? 0.5 : 0.5 / (COPIES - 1);
		}
	}
	r.x = x;
	r.positive = positive;
	r.weight = weight;
	t = trees_learn(&r, &how, BOT_KIND);
	free(x);
	free(positive);
	free(weight);
	return t;
}

/* ---- the report ---- */

/* Expected calibration error in ten equal bins. */
static double
calibration_error(const double *p, const bool *positive, size_t n)
{
	double sum[10] = {0}, hits[10] = {0}, error = 0;

	for (size_t i = 0; i < n; i++) {
		int b = p[i] < 1 ? (int)(p[i] * 10) : 9;

		sum[b] += p[i];
		hits[b] += positive[i];
	}
	for (int b = 0; b < 10; b++)
		error += fabs(sum[b] - hits[b]);
	return n ? error / (double)n : 0;
}

/* Half of the 95 % interval of an area under the curve (Hanley and McNeil 1982). */
static double
auc_margin(double a, double pos, double neg)
{
	double q1 = a / (2 - a), q2 = 2 * a * a / (1 + a);

	return 1.96 * sqrt((a * (1 - a) + (pos - 1) * (q1 - a * a) + (neg - 1) * (q2 - a * a)) / (pos * neg));
}

static bool
is_enough(size_t bots, size_t people)
{
	return bots >= LEAST && people >= LEAST;
}

/* The area for GROUP by trees that have learned from the other groups only; NAN when that cannot be said.
 * This is nearer to what a new network or year will see than other rows of the same set are. */
static double
unseen_auc(const struct accounts *all, size_t group)
{
	struct held_out h = {FOLDS, group};
	double *sums = xcalloc(all->n + 1, sizeof *sums), auc = NAN;
	bool *positive = xcalloc(all->n + 1, sizeof *positive);
	size_t n = 0, bots[2] = {0}, people[2] = {0};

	for (size_t i = 0; i < all->n; i++) {
		bool own = all->list[i].group == group;

		bots[own] += all->list[i].bot;
		people[own] += !all->list[i].bot;
	}
	if (group != SIZE_MAX && is_enough(bots[0], people[0]) && is_enough(bots[1], people[1])) {
		struct trees *t = learn(all, &h);

		for (size_t i = 0; i < all->n; i++)
			if (all->list[i].group == group) {
				sums[n] = trees_sum(t, all->list[i].x);
				positive[n++] = all->list[i].bot;
			}
		trees_free(t);
		auc = trees_auc(sums, positive, n);
	}
	free(sums);
	free(positive);
	return auc;
}

static void
put_group(const struct accounts *all, size_t group, const double *p, struct buf *text)
{
	double auc, unseen = unseen_auc(all, group);
	double *of = xcalloc(all->n + 1, sizeof *of);
	bool *positive = xcalloc(all->n + 1, sizeof *positive);
	size_t n = 0, bots = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (group != SIZE_MAX && all->list[i].group != group)
			continue;
		of[n] = p[i];
		bots += positive[n++] = all->list[i].bot;
	}
	auc = trees_auc(of, positive, n);
	buf_printf(text, "%-20s %7zu %7zu  %.4f  %.4f  %.4f", group == SIZE_MAX ? "all" :
	    all->groups.items[group].key.p, n, bots, auc, calibration_error(of, positive, n),
	    auc_margin(auc, (double)bots, (double)(n - bots)));
	if (isnan(unseen))
		buf_puts(text, "       -\n");
	else
		buf_printf(text, "  %.4f\n", unseen);
	free(of);
	free(positive);
}

static void
print_report(const struct accounts *all, const double *p)
{
	struct buf text = BUF_INIT;
	struct writer w;

	buf_printf(&text, "%d folds             accounts    bots     AUC     ECE  AUC +/-  unseen\n", FOLDS);
	for (size_t g = 0; g < all->groups.n && all->groups.n > 1; g++)
		put_group(all, g, p, &text);
	put_group(all, SIZE_MAX, p, &text);
	writer_init(&w, 1, "stdout");
	writer_put(&w, buf_slice(&text));
	writer_release(&w);
	buf_release(&text);
}

/* Sums of each account by trees that have not seen it. */
static double *
cross_validate(const struct accounts *all)
{
	double *sums = xcalloc(all->n + 1, sizeof *sums);

	for (unsigned fold = 0; fold < FOLDS; fold++) {
		struct trees *t = learn(all, &(struct held_out){fold, SIZE_MAX});

		for (size_t i = 0; i < all->n; i++)
			if (all->list[i].fold == fold)
				sums[i] = trees_sum(t, all->list[i].x);
		trees_free(t);
	}
	return sums;
}

static void
check_rows(const struct accounts *all, const struct dataset_keys *keys)
{
	size_t bots = 0;

	for (size_t i = 0; i < all->n; i++)
		bots += all->list[i].bot;
	if (all->skipped)
		sme_warn("%zu rows left out: .%s is neither \"bot\" nor \"human\"", all->skipped,
		    keys->label);
	if (!is_enough(bots, all->n - bots))
		sme_die(SME_DATA, "%zu bots and %zu people are too few to learn from; there must be %d "
		    "of each", bots, all->n - bots, LEAST);
}

int
accounts_main(char *const *files, const struct dataset_keys *keys, const char *output)
{
	struct accounts all = {0};
	struct buf file = BUF_INIT;
	struct trees *t;
	struct sme_err err;
	double *sums;
	bool *bots;

	read_files(&all, files, keys);
	check_rows(&all, keys);
	bots = xcalloc(all.n, sizeof *bots);
	for (size_t i = 0; i < all.n; i++)
		bots[i] = all.list[i].bot;
	sums = cross_validate(&all);
	t = learn(&all, &(struct held_out){FOLDS, SIZE_MAX});
	trees_calibrate(t, sums, bots, all.n);
	for (size_t i = 0; i < all.n; i++)
		sums[i] = 1 / (1 + exp(-(t->header.slope * sums[i] + t->header.shift)));
	if (sme_verbosity >= 0)
		print_report(&all, sums);
	trees_put(t, &file);
	if (file_write_atomic(output, buf_slice(&file), 0644, &err) < 0)
		sme_die(err.status, "%s", err.text);
	trees_free(t);
	buf_release(&file);
	map_release(&all.groups);
	free(all.list);
	free(sums);
	free(bots);
	return SME_OK;
}
