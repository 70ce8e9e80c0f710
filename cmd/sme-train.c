/* sme-train - learn a model for sme-classify from labelled texts */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/err.h"
#include "core/file.h"
#include "core/mem.h"
#include "model/report.h"
#include "sme-train/sme-train.h"
#include "stream/tree.h"
#include "stream/writer.h"

static struct dataset_keys keys = {.text = "text", .id = "id"};
static struct train_options train = {.name = NULL,
    .release = "",
    .matrix.spec = {.word_max = 2, .char_min = 1, .char_max = 5, .tokens = NGRAM_ALL_TOKENS}};
static const char *output, *chars = "1-5", *tokens = "all", *solver = "auto", *grid, *card_file,
			   *rarity = "try", *once = "try", *with_vectors;
static long words = 2, features = 200000, min_rows = 2, holdout = 10, folds = 5, epochs = 10,
	    grid_rows = 50000, pieces, lang_rows = 1000, hidden = -1;
static const char *from_log, *tenant, *compare_file, *misses_file;
static bool balance, no_refit, only_better, background, accounts, vectors;
static double word_weight; /* 0: by the solver */
static struct vectors *used_vectors;
static struct cli_list weights, costs, recalls, lexicons, lexicon_rows, keep_shares;

static const struct cli_opt options[] = {
    CLI_HEADING("what is read"),
    {0, "from-log", CLI_STRING, &from_log, "LOG", "learn what agents corrected, too: case events"},
    {0, "id-key", CLI_STRING, &keys.id, "KEY", "member that tells rows apart (id)"},
    {0, "label-key", CLI_STRING, &keys.label, "KEY", "member that holds the label"},
    {0, "strict", CLI_FLAG, &rows_strict, NULL, "make what is odd in the rows an error"},
    {0, "tenant", CLI_STRING, &tenant, "NAME", "of the log, read only events of this tenant"},
    {0, "text-key", CLI_STRING, &keys.text, "KEY", "member that holds the text (text)"},
    CLI_HEADING("what is written"),
    {0, "accounts", CLI_FLAG, &accounts, NULL, "which authors are bots, instead of a head"},
    {0, "background", CLI_FLAG, &background, NULL, "how frequent words are, instead of a model"},
    {0, "card", CLI_STRING, &card_file, "FILE", "put this JSON object into the model"},
    {0, "name", CLI_STRING, &train.name, "NAME", "name of the head (the label key)"},
    {0, "only-better", CLI_FLAG, &only_better, NULL, "with --compare: write no model that is not"},
    {'o', "output", CLI_STRING, &output, "MODEL", "the file to write"},
    {0, "release", CLI_STRING, &train.release, "TEXT", "what class.model shows (a checksum)"},
    {0, "vectors", CLI_FLAG, &vectors, NULL, "vectors of words, instead of a head"},
    CLI_HEADING("how the model answers"),
    {0, "cost", CLI_LIST, &costs, "LABEL=M:F",
	"give it so that misses (M), false alarms (F) cost least"},
    {0, "lang", CLI_STRING, &train.langs, "CODE,...", "answer for texts in these languages only"},
    {0, "min-p", CLI_NUMBER, &train.min_p, "P", "no answer below this probability (0)"},
    {0, "recall", CLI_LIST, &recalls, "LABEL=R", "give it so that this share of its rows is found"},
    {0, "scripts", CLI_FLAG, &train.scripts, NULL, "a label wins only in scripts it was seen in"},
    CLI_HEADING("how it is measured"),
    {0, "by", CLI_STRING, &keys.group, "KEY", "show figures for each value of KEY, such as lang"},
    {0, "compare", CLI_STRING, &compare_file, "MODEL",
	"compare with this model on the rows held out"},
    {0, "curve", CLI_FLAG, &train.curve, NULL,
	"show what an eighth, a quarter, half of the rows teach"},
    {0, "folds", CLI_INT, &folds, "N", "folds of the cross-validation (5)"},
    {0, "grid", CLI_STRING, &grid, "N,N,...", "strengths to choose from by cross-validation"},
    {0, "grid-rows", CLI_INT, &grid_rows, "N", "cross-validate on at most N rows (50000)"},
    {0, "holdout", CLI_INT, &holdout, "PERCENT", "rows to measure with (10)"},
    {0, "misses", CLI_STRING, &misses_file, "FILE",
	"write what it gets wrong of the rows held out"},
    {0, "keep-together", CLI_STRING, &keys.together, "KEY",
	"rows with the same value of KEY are held out together"},
    {0, "no-refit", CLI_FLAG, &no_refit, NULL, "do not learn from the rows held out in the end"},
    CLI_HEADING("how it learns"),
    {0, "adaptive", CLI_FLAG, &train.adaptive, NULL, "softmax: rare n-grams learn faster"},
    {0, "balance", CLI_FLAG, &balance, NULL, "let every label count the same, however frequent"},
    {0, "chars", CLI_STRING, &chars, "MIN-MAX", "lengths of character n-grams, or 0 (1-5)"},
    {0, "epochs", CLI_INT, &epochs, "N", "softmax, hidden units: how often each row is seen (10)"},
    {0, "experts", CLI_FLAG, &train.experts, NULL,
	"with --by: what labels mean differs between its values"},
    {0, "features", CLI_INT, &features, "N", "keep the N n-grams that tell most (200000)"},
    {0, "hidden", CLI_INT, &hidden, "N", "learn N hidden units, too (many labels: if they help)"},
    {0, "keep-shares", CLI_LIST, &keep_shares, "VALUE",
	"experts: but for this value of --by, whose labels count as they are"},
    {0, "label-weight", CLI_LIST, &weights, "LABEL=N", "let a label's rows count N times"},
    {0, "lang-rows", CLI_INT, &lang_rows, "N",
	"background: leave out languages with fewer rows (1000)"},
    {0, "lexicon", CLI_LIST, &lexicons, "FILE", "learn what the classes of this list of words say"},
    {0, "lexicon-rows", CLI_LIST, &lexicon_rows, "FILE",
	"learn words from these rows first, which are of another kind"},
    {0, "min-rows", CLI_INT, &min_rows, "N", "leave out n-grams in fewer rows (2)"},
    {0, "negation", CLI_FLAG, &train.matrix.spec.negation, NULL,
	"read words that \"not\" reaches as other ones, too"},
    {0, "once", CLI_STRING, &once, "WISH", "an n-gram counts once a text: yes, no or try (try)"},
    {0, "pieces", CLI_INT, &pieces, "N", "learn N runs of 1 to 3 words of each text as well (0)"},
    {0, "rarity", CLI_STRING, &rarity, "WISH", "rare n-grams count more: yes, no or try (try)"},
    {0, "solver", CLI_STRING, &solver, "NAME", "auto, liblinear or softmax"},
    {0, "tokens", CLI_STRING, &tokens, "KIND", "all, or words: no emoji, links, numbers ..."},
    {0, "with-vectors", CLI_STRING, &with_vectors, "FILE",
	"learn with these vectors of words, or none (shipped ones)"},
    {0, "word-weight", CLI_NUMBER, &word_weight, "N",
	"a word counts as N character n-grams (2 or 4)"},
    {0, "words", CLI_INT, &words, "N", "0 no words, 1 words, 2 pairs of words too (2)"},
    CLI_END,
};

static const struct cli_tool tool = {
    .name = "sme-train",
    .what = "learn a model for sme-classify from labelled texts",
    .operands = "[file ...]",
    .opts = options,
};

static void
say(const char *text)
{
	sme_verbose("%s", text);
}

/* "1-5" or "3" or "0" */
static void
parse_chars(void)
{
	char *end;
	long min = strtol(chars, &end, 10), max = *end == '-' ? strtol(end + 1, &end, 10) : min;

	if (*end || min < 0 || max < min || max > NGRAM_CHAR_MAX || (min == 0 && max > 0))
		cli_usage(
		    "--chars: expected lengths such as 1-%d, got \"%s\"", NGRAM_CHAR_MAX, chars);
	train.matrix.spec.char_min = (uint8_t)min;
	train.matrix.spec.char_max = (uint8_t)max;
}

static void
parse_grid(void)
{
	const char *at = grid;

	while (train.grid_n < TRAIN_GRID_MAX) {
		char *end;
		double v = strtod(at, &end);

		if (end == at || !(v > 0) || v > 1e6 || (*end && *end != ','))
			cli_usage("--grid: expected numbers such as 0.3,1,3, got \"%s\"", grid);
		train.grid[train.grid_n++] = v;
		if (!*end)
			return;
		at = end + 1;
	}
	cli_usage("--grid: more than %d numbers", TRAIN_GRID_MAX);
}

static bool
is_softmax(size_t labels)
{
	return train.solver == TRAIN_SOFTMAX ||
	       (train.solver == TRAIN_AUTO && labels > TRAIN_LIBLINEAR_LABELS && !train.experts);
}

static void
parse_solver(void)
{
	if (strcmp(solver, "liblinear") == 0)
		train.solver = TRAIN_LIBLINEAR;
	else if (strcmp(solver, "softmax") == 0)
		train.solver = TRAIN_SOFTMAX;
	else if (strcmp(solver, "auto") != 0)
		cli_usage("--solver: expected auto, liblinear or softmax, got \"%s\"", solver);
}

static enum train_wish
parse_wish(const char *option, const char *wish)
{
	if (strcmp(wish, "yes") == 0)
		return TRAIN_YES;
	if (strcmp(wish, "no") == 0)
		return TRAIN_NO;
	if (strcmp(wish, "try") != 0)
		cli_usage("--%s: expected yes, no or try, got \"%s\"", option, wish);
	return TRAIN_TRY;
}

static void
in_range(const char *option, double v, double min, double max)
{
	if (!(v >= min && v <= max))
		cli_usage("--%s: expected a number from %g to %g", option, min, max);
}

/* A code that no language has would make a head that never answers. */
static void
check_langs(void)
{
	struct slice rest = slice_of(train.langs), one;

	while (slice_cut(&rest, ',', &one)) {
		bool good = one.n == 2 || one.n == 3;

		for (size_t i = 0; i < one.n; i++)
			good &= one.p[i] >= 'a' && one.p[i] <= 'z';
		if (!good)
			cli_usage("--lang: expected codes such as de,nl, got \"%s\"", train.langs);
	}
}

static void
check_options(void)
{
	in_range("words", (double)words, 0, 2);
	in_range("features", (double)features, 1, 1 << 24);
	in_range("min-rows", (double)min_rows, 1, 255);
	in_range("holdout", (double)holdout, 0, 90);
	in_range("folds", (double)folds, 2, 50);
	in_range("pieces", (double)pieces, 0, 100);
	in_range("epochs", (double)epochs, 1, 1000);
	in_range("min-p", train.min_p, 0, 1);
	in_range("word-weight", word_weight, 0, 100);
	in_range("hidden", (double)hidden, -1, SOLVE_HIDDEN_MAX);
	parse_chars();
	parse_solver();
	train.rarity = parse_wish("rarity", rarity);
	train.once = parse_wish("once", once);
	if (train.once == TRAIN_YES && pieces)
		cli_usage("--once does not go with --pieces");
	if (hidden > 0 && hidden % 16 != 0)
		cli_usage("--hidden: expected a multiple of 16");
	if (hidden > 0 && (train.scripts || lexicons.n || lexicon_rows.n))
		cli_usage("--hidden does not go with --scripts or a lexicon");
	if (train.experts && !keys.group)
		cli_usage("--experts needs --by, whose values tell the kinds of rows apart");
	if (train.experts &&
	    (hidden > 0 || train.scripts || weights.n || train.solver == TRAIN_SOFTMAX))
		cli_usage(
		    "--experts does not go with --hidden, --label-weight, --scripts or softmax");
	if (words == 0 && train.matrix.spec.char_max == 0)
		cli_usage("--words 0 and --chars 0 leave nothing to learn from");
	if (strcmp(tokens, "words") == 0)
		train.matrix.spec.tokens = 1 << TOKEN_WORD;
	else if (strcmp(tokens, "all") != 0)
		cli_usage("--tokens: expected all or words, got \"%s\"", tokens);
	if (only_better && !compare_file)
		cli_usage("--only-better needs --compare: better than which model?");
	if (tenant && !from_log)
		cli_usage("--tenant is about the log, see --from-log");
	if (train.langs)
		check_langs();
	if (holdout == 0 && (costs.n || recalls.n || compare_file || misses_file || train.curve))
		cli_usage("with --holdout 0 there are no rows to measure with");
	if (strlen(train.release) > 16)
		cli_usage("--release: at most 16 bytes");
	train.matrix.spec.word_max = (uint8_t)words;
	train.matrix.max_features = (uint32_t)features;
	train.matrix.min_rows = (unsigned)min_rows;
	train.matrix.pieces = (unsigned)pieces;
	train.folds = (unsigned)folds;
	train.epochs = (unsigned)epochs;
	train.grid_rows = (size_t)grid_rows;
	train.hidden = (int)hidden;
	train.word_weight = word_weight;
	train.refit = !no_refit;
	train.holdout = (unsigned)holdout;
	train.say = say;
}

static void
read_card(struct buf *b)
{
	struct arena arena = ARENA_INIT;
	struct sme_err err;
	const struct json_node *node;

	if (file_read(card_file, b, &err) < 0)
		sme_die(err.status, "%s", err.text);
	node = json_tree(&arena, buf_slice(b), &err);
	if (!node)
		sme_die(SME_DATA, "%s: %s", card_file, err.text);
	if (node->type != JSON_OBJECT)
		sme_die(SME_DATA, "%s: expected a JSON object", card_file);
	buf_clear(b);
	node_put(b, node);
	train.card = buf_slice(b);
	arena_release(&arena);
}

/* liblinear's strength is C, for softmax it is the rate of learning. */
static void
default_grid(size_t labels)
{
	static const double c[] = {1, 3, 10, 30}, rate[] = {1, 2, 4};
	bool softmax = is_softmax(labels);

	train.grid_n = softmax ? sizeof rate / sizeof *rate : sizeof c / sizeof *c;
	memcpy(train.grid, softmax ? rate : c, softmax ? sizeof rate : sizeof c);
}

static void
put_file(const char *path, const struct buf *b, unsigned mode)
{
	struct sme_err err;

	if (file_write_atomic(path, buf_slice(b), mode, &err) < 0)
		sme_die(err.status, "%s", err.text);
}

static void
print_report(const struct dataset *d, const struct train_report *report, const struct comparison *c)
{
	struct buf b = BUF_INIT;
	struct writer w;

	report_put(&b, d, &train, report, keys.group != NULL);
	if (c)
		report_put_comparison(&b, d, report, c, compare_file);
	writer_init(&w, 1, "stdout");
	writer_put(&w, buf_slice(&b));
	writer_release(&w);
	buf_release(&b);
}

/* What people wrote stays with who asked for it. */
static void
write_misses(const struct dataset *d, const struct train_report *report)
{
	struct buf b = BUF_INIT_MAX((size_t)1 << 30);

	report_put_misses(&b, d, report);
	put_file(misses_file, &b, 0600);
	buf_release(&b);
}

/* Training may take long; what cannot be written is better said before. */
static void
check_place(const char *path)
{
	char *copy = xstrdup(path), *slash = strrchr(copy, '/');
	const char *dir = !slash ? "." : slash == copy ? "/" : copy;
	struct stat st;

	if (slash)
		*slash = '\0';
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		sme_die(SME_CANTCREAT, "%s: is a directory", path);
	if (access(*dir ? dir : "/", W_OK | X_OK) < 0)
		sme_die(SME_CANTCREAT, "%s: %s", path, strerror(errno));
	free(copy);
}

static void
check_places(void)
{
	if (!output)
		cli_usage("-o is missing: where shall the model go?");
	check_place(output);
	if (misses_file)
		check_place(misses_file);
}

/* The label key and the name of the head stand for each other. */
static void
check_names(void)
{
	if (!keys.label && from_log && train.name)
		keys.label = train.name;
	if (!keys.label)
		cli_usage("--label-key is missing: which member holds the label?");
	if (!train.name)
		train.name = strrchr(keys.label, '.') ? strrchr(keys.label, '.') + 1 : keys.label;
	if (!*train.name)
		cli_usage("--name: the name is empty");
}

/* Files, and corrections before them: those count more. */
static void
read_rows(struct dataset *d, char **files)
{
	struct corrections_options log = {train.name, tenant, &keys, from_log};
	struct sme_err err;

	if (from_log)
		log_learn(d, &log);
	if ((*files || !from_log) && dataset_read(d, files, &keys, &err) < 0)
		sme_die(err.status, "%s", err.text);
	rows_need(d, &keys);
	dataset_finish(d, (unsigned)holdout);
	rows_warn(d, &keys);
}

/* liblinear learns with vectors of words, and so do hidden units. */
static bool
reads_vectors(size_t labels)
{
	if (train.scripts || train.matrix.pieces || !train.matrix.spec.word_max ||
	    !(train.matrix.spec.tokens & 1 << TOKEN_WORD))
		return false;
	if (is_softmax(labels))
		return hidden > 0 || (hidden < 0 && labels > TRAIN_LIBLINEAR_LABELS);
	return hidden <= 0;
}

/* The vectors of words to learn with: those asked for, or else, where cross-validation chooses the
 * rest, the shipped ones. */
static void
open_vectors(size_t labels)
{
	char *shipped = with_vectors ? NULL : sme_share("models/words.vectors");
	const char *path = with_vectors ? with_vectors : shipped;
	struct sme_err err;
	bool fits = reads_vectors(labels);

	if (with_vectors && strcmp(with_vectors, "none") != 0 && !fits)
		cli_usage("--with-vectors needs words and liblinear or, with softmax, hidden "
			  "units, and does not go with --pieces or --scripts");
	if (fits && strcmp(path, "none") != 0 &&
	    (with_vectors || (train.grid_n > 1 && access(path, R_OK) == 0))) {
		train.matrix.vectors = used_vectors = vectors_open(path, &err);
		if (!used_vectors)
			sme_die(err.status, "%s", err.text);
		train.vectors_tried = !with_vectors;
	}
	free(shipped);
}

static struct model *
open_compared(void)
{
	struct sme_err err;
	struct model *m = compare_file ? model_open(compare_file, &err) : NULL;

	if (compare_file && !m)
		sme_die(err.status, "%s", err.text);
	return m;
}

/* Write the model and what else was asked for; the status to end with. */
static int
finish(const struct dataset *d, const struct train_report *report, const struct buf *model,
    struct model *used)
{
	struct comparison c = {0};
	int status = SME_OK;

	if (used)
		compare(used, d, report->guesses, report->n, (unsigned)holdout, &c);
	if (only_better && c.verdict != VERDICT_BETTER)
		status = SME_REJECTED;
	else
		put_file(output, model, 0644);
	if (misses_file)
		write_misses(d, report);
	if (sme_verbosity >= 0)
		print_report(d, report, used ? &c : NULL);
	if (status)
		sme_warn("%s: not written, for nothing shows that it is better than %s", output,
		    compare_file);
	comparison_release(&c);
	return status;
}

static int
make_background(char **files)
{
	struct buf card = BUF_INIT;
	struct background_options o = {.text_key = keys.text,
	    .lang_key = keys.group ? keys.group : "lang",
	    .label_key = keys.label ? keys.label : "label",
	    .release = train.release};
	int status;

	if (!output)
		cli_usage("-o is missing: where shall the background go?");
	in_range("min-rows", (double)min_rows, 2, 1000000);
	in_range("lang-rows", (double)lang_rows, 1, 1000000000);
	o.min_texts = (uint32_t)min_rows;
	o.lang_texts = (uint32_t)lang_rows;
	if (card_file)
		read_card(&card);
	o.card = train.card;
	status = background_main(files, &o, output);
	buf_release(&card);
	return status;
}

static int
make_vectors(char **files)
{
	struct buf card = BUF_INIT;
	struct vectors_options o = {.text_key = keys.text, .release = train.release};
	int status;

	if (!output)
		cli_usage("-o is missing: where shall the vectors go?");
	check_place(output);
	in_range("min-rows", (double)min_rows, 1, 1000000);
	in_range("epochs", (double)epochs, 1, 1000);
	if (strlen(train.release) > 16)
		cli_usage("--release: at most 16 bytes");
	o.min_count = (unsigned)min_rows;
	o.epochs = (unsigned)epochs;
	if (card_file)
		read_card(&card);
	o.card = train.card;
	status = vectors_main(files, &o, output);
	buf_release(&card);
	return status;
}

static int
make_accounts(char **files)
{
	if (!keys.label)
		keys.label = "label";
	if (!output)
		cli_usage("-o is missing: where shall the trees go?");
	check_place(output);
	return accounts_main(files, &keys, output);
}

int
main(int argc, char **argv)
{
	char **files = cli_parse(&tool, argc, argv);
	struct dataset d = DATASET_INIT;
	struct train_report report;
	struct buf model = BUF_INIT_MAX((size_t)1 << 30), card = BUF_INIT;
	struct model *used;
	struct lexicon *lexicon;
	struct train_aim *aims;
	struct sme_err err;
	double *weight;
	bool *kept;
	int status;

	if (accounts)
		return make_accounts(files);
	if (background)
		return make_background(files);
	if (vectors)
		return make_vectors(files);
	check_names();
	check_options();
	check_places();
	if (grid)
		parse_grid();
	if (card_file)
		read_card(&card);
	used = open_compared();
	train.matrix.lexicon = lexicon =
	    lexicon_open(&lexicons, &lexicon_rows, &keys, train.matrix.spec.negation);
	read_rows(&d, files);
	if (!grid)
		default_grid(d.labels.n);
	open_vectors(d.labels.n);
	weight = labels_weights(&d, &weights, balance);
	train.label_weight = balance || weights.n ? weight : NULL;
	train.balance = balance;
	train.keep_shares = kept = labels_kept(&d, &keep_shares);
	train.aims = aims = labels_aims(&d, &costs, &recalls, &train.aims_n);
	if (train_model(&d, &train, &model, &report, &err) < 0)
		sme_die(err.status, "%s", err.text);
	status = finish(&d, &report, &model, used);
	model_close(used);
	train_report_release(&report, &train);
	dataset_release(&d);
	lexicon_free(lexicon);
	vectors_close(used_vectors);
	free(lexicons.items);
	free(lexicon_rows.items);
	free(keep_shares.items);
	free(kept);
	free(weight);
	free(aims);
	free(weights.items);
	free(costs.items);
	free(recalls.items);
	buf_release(&model);
	buf_release(&card);
	return status;
}
