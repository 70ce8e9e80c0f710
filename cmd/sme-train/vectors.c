/* sme-train --vectors: vectors of words, instead of a head. */
#include "core/err.h"
#include "core/file.h"
#include "sme-train/sme-train.h"
#include "stream/writer.h"

static void
print_vectors(const struct vectors_report *report, size_t bytes)
{
	struct buf text = BUF_INIT;
	struct writer w;

	buf_printf(&text,
	    "vectors of %zu words, %d numbers each, %zu bytes\n"
	    "read %zu rows, left out %zu repeated texts and %zu rows without text; these words "
	    "stand "
	    "in the others %zu times\n",
	    report->words, VECTORS_DIMS, bytes, report->lines, report->copies, report->no_text,
	    report->tokens);
	writer_init(&w, 1, "stdout");
	writer_put(&w, buf_slice(&text));
	writer_release(&w);
	buf_release(&text);
}

int
vectors_main(char *const *files, const struct vectors_options *o, const char *output)
{
	struct buf file = BUF_INIT_MAX((size_t)1 << 30);
	struct vectors_report report;
	struct sme_err err;

	if (vectors_build(files, o, &file, &report, &err) < 0 ||
	    file_write_atomic(output, buf_slice(&file), 0644, &err) < 0)
		sme_die(err.status, "%s", err.text);
	if (sme_verbosity >= 0)
		print_vectors(&report, file.n);
	buf_release(&file);
	return SME_OK;
}
