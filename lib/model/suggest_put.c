#include "model/suggest_put.h"

#include "stream/json.h"

void
suggest_put_table(struct buf *b, const struct suggest *s, const struct suggestion *terms, size_t n)
{
	size_t others = suggest_count(s, SUGGEST_BACKGROUND);

	buf_printf(b, "%zu mentions match, %zu do not", suggest_count(s, SUGGEST_MATCHED),
	    suggest_count(s, SUGGEST_UNMATCHED));
	if (others)
		buf_printf(b, "; compared with %zu others", others);
	buf_puts(b, "\n\n");
	if (!n) {
		buf_puts(b, "no term stands out\n");
		return;
	}
	buf_puts(b, "      g2  matched   others     gain    noise  term\n");
	for (size_t i = 0; i < n; i++) {
		const char *quote = terms[i].pair ? "\"" : "";

		buf_printf(b, "%8.1f %8zu %8zu %8zu %8zu  %s%.*s%s\n", terms[i].g2,
		    terms[i].matched, terms[i].background, terms[i].gain, terms[i].noise, quote,
		    SLICE_ARG(terms[i].term), quote);
	}
}

void
suggest_put_json(struct buf *b, const struct suggestion *terms, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_puts(b, "{\"term\":");
		json_put_string(b, terms[i].term);
		buf_printf(b, ",\"words\":%d,\"g2\":", terms[i].pair ? 2 : 1);
		json_put_fixed(b, terms[i].g2, 2);
		buf_printf(b, ",\"matched\":%zu,\"background\":%zu,\"gain\":%zu,\"noise\":%zu}\n",
		    terms[i].matched, terms[i].background, terms[i].gain, terms[i].noise);
	}
}
