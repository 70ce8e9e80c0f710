/* Any bytes as a text: what comes out is UTF-8, cut into tokens that fill it, and no larger than
 * promised; it does not depend on what was read before. */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "text/ngram.h"
#include "text/normalize.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct norm *norm)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)norm->text.p;
	size_t at = 0, n = norm->text.n;

	while (at < n) {
		utf8proc_int32_t cp;
		utf8proc_ssize_t len = utf8proc_iterate(p + at, (utf8proc_ssize_t)(n - at), &cp);

		if (len <= 0)
			abort();
		at += (size_t)len;
	}
	at = 0;
	for (size_t i = 0; i < norm->n; i++) {
		const struct token *t = &norm->tokens[i];

		if (t->at != at || t->n == 0 || t->letters > NORMALIZE_WORD_MAX)
			abort();
		at += t->n;
		if (i + 1 < norm->n && norm->text.p[at++] != ' ')
			abort();
	}
	if (at != n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct norm reused = NORM_INIT;
	struct norm fresh = NORM_INIT;
	struct ngram_spec spec = {.word_max = 2, .char_min = 1, .char_max = 5, .tokens = NGRAM_ALL_TOKENS,
	    .negation = true};
	struct ngram_list list = {0};

	norm_run(&reused, (struct slice){(const char *)data, size});
	norm_run(&fresh, (struct slice){(const char *)data, size});
	check(&reused);
	if (reused.text.n != fresh.text.n || reused.n != fresh.n ||
	    (fresh.text.n && memcmp(reused.text.p, fresh.text.p, fresh.text.n) != 0))
		abort();
	ngram_collect(&list, &fresh, &spec);
	free(list.hash);
	norm_release(&fresh);
	return 0;
}
