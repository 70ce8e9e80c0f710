/*
 * A query, a NUL, a text, a NUL, what every list file holds: whatever the bytes, an error with its
 * place or an answer.  The answer must be the opposite for NOT (query), and the same when the text
 * is run again; what is explained must lie in the text; and what the linter says of the query must
 * be true of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "text/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_keyword(struct slice text)
{
	struct sme_err err = {.text = ""};

	if (query_check_keyword(text, &err) < 0 && !err.text[0])
		abort();
}

static int
read_list(void *ctx, const char *file, struct buf *out, struct sme_err *err)
{
	const struct slice *content = ctx;

	if (strcmp(file, "none") == 0)
		return err_set(err, SME_NOINPUT, "none: No such file or directory");
	buf_adds(out, *content);
	return 0;
}

static void
check_clause(void *ctx, const struct query_clause *clause)
{
	const struct slice *text = ctx;

	if (!clause->text.n || clause->n > QUERY_PLACES_MAX)
		abort();
	for (size_t i = 0; i < clause->n; i++)
		if (clause->places[i].start >= clause->places[i].end ||
		    clause->places[i].end > text->n)
			abort();
}

static void
check_lint(const struct query_set *set, bool matched)
{
	struct buf lint = BUF_INIT;

	query_lint(set, 0, &lint);
	if ((matched && strstr(buf_str(&lint), "this never matches")) ||
	    (!matched && strstr(buf_str(&lint), "this matches every mention")))
		abort();
	buf_release(&lint);
}

/* BOTH: the second query is the opposite of the first one. */
static void
check_matches(const struct query_set *set, struct slice text, bool both)
{
	struct query_scratch *scratch = query_scratch_new(set);
	struct query_fields f = {
	    .author = text,
	    .channel = text,
	    .url = text,
	    .lang = SLICE("de"),
	    .network = SLICE("x"),
	    .country = {SLICE("de"), text},
	    .links = &text,
	    .nlinks = 1,
	    .has_followers = text.n % 3 != 0,
	    .followers = (double)text.n,
	};
	const uint32_t *hits;
	size_t n = query_run(scratch, text, &f, QUERY_GLOBAL, &hits);
	bool matched = n && hits[0] == 0;

	if (both && n != 1)
		abort();
	if (n)
		query_explain(scratch, hits[0], check_clause, &text);
	query_knows(scratch, SLICE("netz"));
	query_run(scratch, SLICE("netz"), &f, QUERY_GLOBAL, &hits);
	if (query_run(scratch, text, &f, QUERY_GLOBAL, &hits) != n)
		abort();
	check_lint(set, matched);
	query_scratch_free(scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size}, query, text, list;
	struct query_set *set = query_set_new();
	struct buf opposite = BUF_INIT;
	struct sme_err err = {.text = ""};

	slice_cut(&rest, '\0', &query);
	if (!slice_cut(&rest, '\0', &text))
		text = query;
	list = rest.p ? rest : text;
	query_set_reader(set, read_list, &list);
	check_keyword(query);
	buf_puts(&opposite, "NOT (");
	buf_adds(&opposite, query);
	buf_puts(&opposite, ")");
	if (query_set_add(set, SLICE("a"), query, QUERY_GLOBAL, &err) < 0) {
		if (!strstr(err.text, "<-- here ") && !strstr(err.text, "more than"))
			abort();
	} else {
		/* Two levels more may be too many. */
		bool both =
		    query_set_add(set, SLICE("b"), buf_slice(&opposite), QUERY_GLOBAL, &err) >= 0;

		query_set_compile(set);
		check_matches(set, text, both);
	}
	query_set_free(set);
	buf_release(&opposite);
	return 0;
}
