/* sme-train --background: how frequent words are, instead of a head. */
#include "core/err.h"
#include "core/file.h"
#include "sme-train/sme-train.h"
#include "stream/writer.h"

static void
print_background(const struct buf *file, const struct background_options *o,
    const struct background_report *report)
{
	struct sme_err err;
	struct background *b = background_from_memory(buf_slice(file), "background", &err);
	const struct background_header *h;
	struct buf text = BUF_INIT;
	struct writer w;

	if (!b)
		sme_die(SME_BUG, "%s", err.text);
	h = background_header(b);
	buf_printf(&text,
	    "background    %u languages, %u words, %zu bytes\n"
	    "read          %zu rows, %zu stop words; left out %zu repeated texts, %zu rows without "
	    "text, %zu languages with fewer than %u texts\n",
	    h->langs, h->words, file->n, report->lines, report->stopwords, report->copies,
	    report->no_text, report->small, o->lang_texts);
	buf_puts(&text, "language  texts    words\n");
	for (uint32_t i = 0; i < h->langs; i++)
		buf_printf(&text, "%-8s %6u %8u\n", background_langs(b)[i].code,
		    background_langs(b)[i].texts, background_langs(b)[i].words);
	writer_init(&w, 1, "stdout");
	writer_put(&w, buf_slice(&text));
	writer_release(&w);
	buf_release(&text);
	background_close(b);
}

int
background_main(char *const *files, const struct background_options *o, const char *output)
{
	struct buf file = BUF_INIT_MAX((size_t)1 << 30);
	struct background_report report;
	struct sme_err err;

	if (background_build(files, o, &file, &report, &err) < 0 ||
	    file_write_atomic(output, buf_slice(&file), 0644, &err) < 0)
		sme_die(err.status, "%s", err.text);
	if (sme_verbosity >= 0)
		print_background(&file, o, &report);
	buf_release(&file);
	return SME_OK;
}
