/* XMPP without a server: the login by the numbers of the RFC, and streams that are cut, hostile or too large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xmpp/sasl.h"
#include "xmpp/stanza.h"

static struct sme_err err;

/* RFC 7677, 3. */
static void
test_scram(void **state)
{
	struct slice challenge = SLICE("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
				       "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
	struct buf out = BUF_INIT;
	struct scram s;

	(void)state;
	scram_begin(&s, SLICE("user"), SLICE("pencil"), "rOprNGfwEbeRWgbNEkqO", &out);
	assert_string_equal(out.p, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
	buf_clear(&out);
	assert_int_equal(scram_answer(&s, challenge, &out, &err), 0);
	assert_string_equal(out.p, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
				   "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	assert_true(scram_is_server(&s, SLICE("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")));
	assert_false(scram_is_server(&s, SLICE("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")));
	assert_false(scram_is_server(&s, SLICE("e=other-error")));
	scram_release(&s);
	buf_clear(&out);
	scram_begin(&s, SLICE("a=b,c"), SLICE("x"), NULL, &out);
	assert_true(slice_starts(buf_slice(&out), SLICE("n,,n=a=3Db=2Cc,r=")));
	assert_int_equal(strlen(s.nonce), 32);
	scram_release(&s);
	buf_release(&out);
}

static void
test_scram_hostile(void **state)
{
	static const struct {
		const char *challenge;
		enum sme_status status;
	} bad[] = {
	    {"", SME_DATA},
	    {"r=other,s=AAAA,i=4096", SME_DATA},
	    {"r=nonce,s=AAAA,i=4096", SME_DATA}, /* nothing of the server's */
	    {"r=nonceX,s=,i=4096", SME_DATA},
	    {"r=nonceX,s=?,i=4096", SME_DATA},
	    {"r=nonceX,s=AAAA,i=x", SME_DATA},
	    {"r=nonceX,s=AAAA,i=1", SME_CONFIG},
	    {"r=nonceX,s=AAAA,i=4294967295", SME_CONFIG},
	    {"r=nonceX,s=AAAA,i=99999999999999999999", SME_DATA},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf out = BUF_INIT;
		struct scram s;

		scram_begin(&s, SLICE("u"), SLICE("p"), "nonce", &out);
		buf_clear(&out);
		assert_int_equal(scram_answer(&s, slice_of(bad[i].challenge), &out, &err), -1);
		assert_int_equal(err.status, bad[i].status);
		assert_int_equal(out.n, 0);
		scram_release(&s);
		buf_release(&out);
	}
}

static const char stream[] =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "from='h'>\n <stream:features><a xmlns='x:y'/></stream:features>  <message from='a@b/c&amp;&quot;' id=\"1\">"
    "<body>Gr\xc3\xbc\xc3\x9f &lt;b&gt; &amp; <![CDATA[<c>]]>&#x1F600;</body><o:x xmlns:o='o:ns' id='7'/></message>\n"
    "<iq type='result'/></stream:stream>";

/* What stands in STREAM, fed in pieces of N bytes. */
static void
check_stream(size_t n)
{
	struct stanzas *s = stanzas_open();
	const xmlNode *m;
	struct buf text = BUF_INIT;
	size_t at = 0, seen = 0;

	while (at < sizeof stream - 1) {
		struct slice piece = {stream + at, sizeof stream - 1 - at};

		piece.n = piece.n < n ? piece.n : n;
		assert_int_equal(stanzas_feed(s, piece, &err), 0);
		at += piece.n;
		while ((m = stanzas_next(s))) {
			switch (seen++) {
			case 0:
				assert_true(stanza_is(m, "features", "http://etherx.jabber.org/streams"));
				assert_non_null(stanza_child(m, "a", "x:y"));
				break;
			case 1:
				assert_true(stanza_is(m, "message", "jabber:client"));
				assert_string_equal(stanza_attr(m, "from").p, "a@b/c&\"");
				assert_null(stanza_attr(m, "to").p);
				buf_clear(&text);
				stanza_text(stanza_child(m, "body", NULL), &text);
				assert_string_equal(text.p, "Gr\xc3\xbc\xc3\x9f <b> & <c>\xf0\x9f\x98\x80");
				assert_string_equal(stanza_attr(stanza_child(m, "x", "o:ns"), "id").p, "7");
				assert_null(stanza_child(m, "x", "other"));
				break;
			default:
				assert_true(stanza_is(m, "iq", NULL));
			}
		}
	}
	assert_int_equal(seen, 3);
	assert_true(stanzas_begun(s));
	assert_true(stanzas_ended(s));
	buf_release(&text);
	stanzas_close(s);
}

static void
test_pieces(void **state)
{
	(void)state;
	for (size_t n = 1; n < sizeof stream; n++)
		check_stream(n);
	/* Cut at each byte, nothing is left behind. */
	for (size_t n = 0; n < sizeof stream; n++) {
		struct stanzas *s = stanzas_open();

		assert_int_equal(stanzas_feed(s, (struct slice){stream, n}, &err), 0);
		stanzas_close(s);
	}
}

static int
feed(const char *text)
{
	struct stanzas *s = stanzas_open();
	int r = stanzas_feed(s, slice_of(text), &err);

	if (r == 0)
		r = stanzas_feed(s, SLICE(" "), &err);
	stanzas_close(s);
	return r;
}

static void
test_hostile(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(feed("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"), -1);
	assert_int_equal(feed("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), -1);
	assert_int_equal(feed("<a><?php x?></a>"), -1);
	assert_int_equal(feed("<a><!-- x --></a>"), -1);
	assert_int_equal(feed("<a>&unknown;</a>"), -1);
	assert_int_equal(feed("<a><b></a>"), -1);
	assert_int_equal(feed("HTTP/1.1 400 Bad Request"), -1);
	buf_puts(&b, "<s><m>");
	while (b.n <= STANZA_MAX)
		buf_puts(&b, "some text that never ends ");
	assert_int_equal(feed(b.p), -1);
	buf_clear(&b);
	buf_puts(&b, "<s>");
	for (int i = 0; i < 5000; i++)
		buf_puts(&b, "<m>");
	assert_int_equal(feed(b.p), -1);
	/* Many stanzas, white space in between, are no large one. */
	buf_clear(&b);
	buf_puts(&b, "<s>");
	while (b.n <= 2 * STANZA_MAX)
		buf_puts(&b, "<m>some text</m>\n\n");
	assert_int_equal(feed(b.p), 0);
	buf_clear(&b);
	stanza_escape(&b, SLICE("a<b>&'\"\x01\x1b\tc\n"));
	assert_string_equal(b.p, "a&lt;b&gt;&amp;&apos;&quot;\tc\n");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scram),
	    cmocka_unit_test(test_scram_hostile),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
