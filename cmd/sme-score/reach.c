#include "sme-score/reach.h"

#include "core/cli.h"
#include "score/reach_learn.h"
#include "sme-score/author.h"
#include "sme-score/heard.h"
#include "sme-score/mentions.h"
#include "stream/writer.h"

static const char *tenant;
static long least = REACH_LEAST;

static const struct cli_opt options[] = {
    {0, "least", CLI_INT, &least, "N", "learn a line from at least N accounts or posts (1000)"},
    {0, "tenant", CLI_STRING, &tenant, "NAME", "only mentions of this tenant"},
    CLI_END,
};

static const struct cli_tool tool = {
    .name = "sme-score reach",
    .what = REACH_WHAT,
    .operands = "[log-or-file ...]",
    .opts = options,
};

enum field { F_ID, F_NETWORK, F_AUTHOR, F_HANDLE, F_COUNTS, FIELDS = F_COUNTS + REACH_TOLD };

/* The counts in the order of enum reach_field. */
static const char *const paths[FIELDS] = {"id", "network", "author.id", "author.handle",
    "author.followers", "metrics.likes", "metrics.shares", "metrics.replies", "metrics.views"};

struct learning {
	int fields[FIELDS];
	struct reach_sample *sample;
	struct author_reader author;
	struct heard_reader heard;
	struct buf network, id;
};

static struct slice
text_of(const struct learning *l, const struct json_value *values, enum field f, struct buf *b)
{
	buf_clear(b);
	return json_string(&values[l->fields[f]], b);
}

static void
take_mention(void *ctx, const struct json_value *values)
{
	struct learning *l = ctx;
	struct slice network = text_of(l, values, F_NETWORK, &l->network), id;
	double counts[REACH_FIELDS];

	for (int i = 0; i < REACH_TOLD; i++)
		counts[i] = json_number(&values[l->fields[F_COUNTS + i]], -1);
	id = text_of(l, values, F_AUTHOR, &l->id);
	if (!id.n)
		id = text_of(l, values, F_HANDLE, &l->id);
	reach_sample_account(l->sample, network, id, counts[REACH_FOLLOWERS]);
	reach_sample_post(l->sample, network, text_of(l, values, F_ID, &l->id), counts);
	if (author_name(&l->author, values, &l->id))
		heard_take(&l->heard, values, buf_slice(&l->id));
}

/* What a likely bot has is not usual. */
static void
take_h(struct learning *l)
{
	size_t n;
	const struct hindex_author *list = hindex_list(l->heard.h, &n);

	for (size_t i = 0; i < n; i++)
		if (list[i].person)
			reach_sample_h(l->sample, list[i].network, list[i].name, list[i].h);
}

/* False when nothing was learned. */
static bool
write_table(struct reach_sample *sample)
{
	struct buf b = BUF_INIT;
	struct writer w;
	size_t learned;

	buf_printf(&b,
	    "# Which counts are usual, for .score.reach: a line with a seventh field was learned from so\n"
	    "# many accounts or posts, at least %ld; the others are built in.  See sme-score(1).\n"
	    "# network\tfield\tp50\tp90\tp99\tp99.9\tof\n",
	    least);
	learned = reach_sample_put(sample, (size_t)least, &b);
	writer_init(&w, 1, "stdout");
	writer_put(&w, buf_slice(&b));
	writer_release(&w);
	buf_release(&b);
	return learned > 0;
}

int
reach_main(int argc, char **argv)
{
	char **names = cli_parse(&tool, argc, argv);
	struct scan_plan *plan = scan_plan_new();
	struct learning l = {.sample = reach_sample_new(), .network = BUF_INIT, .id = BUF_INIT};
	uint64_t bad;

	if (least < 1)
		sme_die(SME_USAGE, "--least must be at least 1");
	author_reader_init(&l.author, plan);
	heard_reader_init(&l.heard, plan);
	for (int f = 0; f < FIELDS; f++)
		l.fields[f] = scan_plan_add(plan, paths[f]);
	bad = mentions_read(names, tenant, plan, take_mention, &l);
	take_h(&l);
	if (!write_table(l.sample))
		sme_warn("no network has %ld accounts or posts with a count, so that all lines are the built-in ones; --least takes less",
		    least);
	scan_plan_free(plan);
	reach_sample_free(l.sample);
	author_reader_release(&l.author);
	heard_reader_release(&l.heard);
	buf_release(&l.network);
	buf_release(&l.id);
	return bad ? SME_REJECTED : SME_OK;
}
