/*
 * What an XMPP server sends, whatever its bytes and however they are cut: stanzas or an error; and a
 * challenge of SCRAM, the first line, is answered or refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xmpp/sasl.h"
#include "xmpp/stanza.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look_at(const xmlNode *n, struct buf *text)
{
	buf_clear(text);
	stanza_text(n, text);
	stanza_text(stanza_child(n, "body", NULL), text);
	stanza_escape(text, stanza_attr(stanza_child(stanza_child(n, "result", NULL), "x", "jabber:client"), "id"));
	stanza_escape(text, stanza_attr(n, "from"));
}

/* How many stanzas come when the bytes come N at a time; -1: an error. */
static int
count(struct slice in, size_t n)
{
	struct stanzas *s = stanzas_open();
	struct sme_err err = {.text = ""};
	struct buf text = BUF_INIT;
	const xmlNode *stanza;
	int seen = 0, r = 0;

	while (in.n && r == 0) {
		struct slice piece = {in.p, in.n < n ? in.n : n};

		r = stanzas_feed(s, piece, &err);
		in.p += piece.n;
		in.n -= piece.n;
		while ((stanza = stanzas_next(s))) {
			look_at(stanza, &text);
			seen++;
		}
	}
	if (r < 0 && !err.text[0])
		abort();
	buf_release(&text);
	stanzas_close(s);
	return r < 0 ? -1 : seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size}, challenge;
	struct buf out = BUF_INIT;
	struct sme_err err;
	struct scram s;

	slice_cut(&in, '\n', &challenge);
	scram_begin(&s, SLICE("u"), SLICE("p"), "n", &out);
	buf_clear(&out);
	/* Many rounds only take long. */
	if (slice_find(challenge, SLICE("i=4096")) >= 0 && scram_answer(&s, challenge, &out, &err) == 0)
		scram_is_server(&s, in);
	scram_release(&s);
	buf_release(&out);
	count(in, 4096);
	count(in, 1 + size % 7);
	return 0;
}
