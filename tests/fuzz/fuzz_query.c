/*
 * A query, a NUL, a text: whatever the bytes, an error with its place or an answer.  The answer
 * must be the opposite for NOT (query), and the same when the text is run again.
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size}, query, text;
	struct query_fields f = {.lang = SLICE("de"), .network = SLICE("x")};
	struct query_set *set = query_set_new();
	struct query_scratch *scratch;
	struct buf opposite = BUF_INIT;
	struct sme_err err = {.text = ""};
	const uint32_t *hits;
	size_t n;

	slice_cut(&rest, '\0', &query);
	text = rest.p ? rest : query;
	f.author = f.channel = f.url = text;
	check_keyword(query);
	buf_puts(&opposite, "NOT (");
	buf_adds(&opposite, query);
	buf_puts(&opposite, ")");
	if (query_set_add(set, query, query, QUERY_GLOBAL, &err) < 0) {
		if (!strstr(err.text, "<-- here ") && !strstr(err.text, "more than"))
			abort();
	} else {
		/* Two levels more may be too many. */
		bool both =
		    query_set_add(set, query, buf_slice(&opposite), QUERY_GLOBAL, &err) >= 0;

		query_set_compile(set);
		scratch = query_scratch_new(set);
		n = query_run(scratch, text, &f, QUERY_GLOBAL, &hits);
		if (both && n != 1)
			abort();
		query_run(scratch, SLICE("netz"), &f, QUERY_GLOBAL, &hits);
		if (query_run(scratch, text, &f, QUERY_GLOBAL, &hits) != n)
			abort();
		query_scratch_free(scratch);
	}
	query_set_free(set);
	buf_release(&opposite);
	return 0;
}
