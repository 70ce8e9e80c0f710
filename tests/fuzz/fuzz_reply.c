/* Snippets: compile, fill in, cut.  The first two bytes choose limit and way of counting. */
#include <stdint.h>
#include <stdlib.h>

#include "reply/split.h"
#include "reply/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A variable that begins with "x" has no value; any other is its own name in braces. */
static bool
lookup(void *ctx, struct slice name, struct buf *out)
{
	(void)ctx;
	if (name.n == 0)
		abort();
	if (name.p[0] == 'x')
		return false;
	buf_printf(out, "{%.*s}", SLICE_ARG(name));
	return true;
}

static void
cut(struct slice text, size_t limit, enum text_count count)
{
	struct text_limit fit = {.limit = (int64_t)limit, .count = count};
	size_t left = text.n + 1;

	while (text.n) {
		struct slice part = text_split(&text, &fit);

		if (text.n >= left || part.n > left || (part.n == 0 && text.n))
			abort();
		left = text.n;
		text_length(part, &fit);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct slice text, missing = {NULL, 0};
	struct template t;
	struct sme_err err = {.text = ""};

	if (size < 2)
		return 0;
	text = (struct slice){(const char *)data + 2, size - 2};
	cut(text, data[0], (enum text_count)(data[1] % 5));
	if (template_compile(&a, text, &t, &err) == 0 &&
	    template_render(&t, lookup, NULL, &out, &missing))
		cut(buf_slice(&out), data[0], (enum text_count)(data[1] % 5));
	else if (!err.text[0] && !missing.n)
		abort();
	arena_release(&a);
	buf_release(&out);
	return 0;
}
