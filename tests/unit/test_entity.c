/* Entities by examples: what is found, and what must not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "text/entity.h"

struct example {
	const char *text, *want; /* "type=value" for each, separated by one space */
};

static void
show(const struct entity_set *set, const char *text, int scope, bool masks, struct buf *out)
{
	struct entity_scratch s = ENTITY_SCRATCH_INIT;
	struct slice t = slice_of(text);

	entity_find(set, &s, t, scope, masks);
	buf_clear(out);
	for (size_t i = 0; i < s.n; i++) {
		const struct entity *e = &s.list[i];

		assert_true(e->start < e->end && e->end <= t.n);
		assert_true(i == 0 || s.list[i - 1].end <= e->start);
		if (i)
			buf_addc(out, ' ');
		buf_adds(out, entity_type_name(set, e->type));
		buf_addc(out, '=');
		buf_adds(out, entity_value(&s, e));
	}
	entity_scratch_release(&s);
}

static void
check(const struct entity_set *set, int scope, const struct example *examples, size_t n)
{
	struct buf got = BUF_INIT;
	bool bad = false;

	for (size_t i = 0; i < n; i++) {
		show(set, examples[i].text, scope, false, &got);
		if (strcmp(buf_str(&got), examples[i].want) == 0)
			continue;
		print_error("%s\n  want \"%s\"\n  got  \"%s\"\n", examples[i].text,
		    examples[i].want, buf_str(&got));
		bad = true;
	}
	buf_release(&got);
	assert_false(bad);
}

#define CHECK(examples) check(NULL, 0, examples, sizeof(examples) / sizeof *(examples))

static void
test_mail(void **state)
{
	static const struct example examples[] = {
	    {"Schreibt an Kim.Muster+o2@Mail.Example.org bitte",
		"email=kim.muster+o2@mail.example.org"},
	    {"kim99@example.org", "email=kim99@example.org"},
	    {"mailto:kim@example.org.", "email=kim@example.org"},
	    {"(kim_k@example.co.uk), danke", "email=kim_k@example.co.uk"},
	    {"a@b.de,c@d.de;e@f.de", "email=a@b.de email=c@d.de email=e@f.de"},
	    {"post@b\xc3\xbc"
	     "cher.example und m\xc3\xbcller@example.org",
		"email=post@b\xc3\xbc"
		"cher.example email=m\xc3\xbcller@example.org"},
	    {"https://x.example/?mail=kim@example.org&x=1", "email=kim@example.org"},
	    {"...kim@example.org", "email=kim@example.org"},
	    {"7@example.org", "email=7@example.org"},
	    {"kim@127.0.0.1", ""},
	    {"kim@localhost", ""},
	    {"@kim", ""},
	    {"@kim.example danke", ""},
	    {"@kim@social.example", ""},
	    {"meet @ 5 pm @ the.place", ""},
	    {"kim@ example.org", ""},
	    {"kim@@example.org", ""},
	    {"kim.@example.org", ""},
	    {"a@b.c", ""},
	    {"@user123456789 hallo", ""},
	    {"\xe2\x86\x92kim@example.org", "email=kim@example.org"},
	    {"kim@example.org-", "email=kim@example.org"},
	    {"kim@ex-ample.org", "email=kim@ex-ample.org"},
	    {"@", ""},
	    {"@@@@", ""},
	};

	(void)state;
	CHECK(examples);
}

static void
test_iban(void **state)
{
	static const struct example examples[] = {
	    {"DE89370400440532013000", "iban=DE89370400440532013000"},
	    {"IBAN: DE89 3704 0044 0532 0130 00.", "iban=DE89370400440532013000"},
	    {"de89 3704 0044 0532 0130 00 danke", "iban=DE89370400440532013000"},
	    {"DE89\xc2\xa0"
	     "3704\xc2\xa0"
	     "0044\xc2\xa0"
	     "0532\xc2\xa0"
	     "0130\xc2\xa0"
	     "00",
		"iban=DE89370400440532013000"},
	    {"DE 89 3704 0044 0532 0130 00", "iban=DE89370400440532013000"},
	    {"DE89-3704-0044-0532-0130-00", "iban=DE89370400440532013000"},
	    {"AT611904300234573201", "iban=AT611904300234573201"},
	    {"CH93 0076 2011 6238 5295 7", "iban=CH9300762011623852957"},
	    {"GB29 NWBK 6016 1331 9268 19", "iban=GB29NWBK60161331926819"},
	    {"FR1420041010050500013M02606", "iban=FR1420041010050500013M02606"},
	    {"NO9386011117947", "iban=NO9386011117947"},
	    {"MT84MALT011000012345MTLCAST001S", "iban=MT84MALT011000012345MTLCAST001S"},
	    {"Vertragsnummer DE89370400440532013000", "iban=DE89370400440532013000"},
	    {"DE88370400440532013000", ""},                   /* a wrong digit */
	    {"DE89370400440523013000", ""},                   /* two changed places */
	    {"DE8937040044053201300", ""},                    /* one too few */
	    {"DE893704004405320130001", ""},                  /* one too many */
	    {"XDE89370400440532013000", ""},                  /* inside a word */
	    {"ZZ89370400440532013000", ""},                   /* no such country */
	    {"FR89370400440532013000", ""},                   /* another length */
	    {"is 23rd of july the day they were formed", ""}, /* 97 divides it */
	    {"DE8 93704 0044 0532 0130 00", ""},              /* other groups */
	    {"DE89  3704 0044 0532 0130 00", ""},             /* two spaces */
	    {"DE89 3704 0044 0532 0130 0O", ""},              /* a letter for a zero */
	    {"D89 3704 0044 0532 0130 00", ""},
	};

	(void)state;
	CHECK(examples);
}

static void
test_card(void **state)
{
	static const struct example examples[] = {
	    {"4111 1111 1111 1111", "card=*1111"},
	    {"Karte 4111-1111-1111-1111 gesperrt", "card=*1111"},
	    {"5555555555554444", "card=*4444"},
	    {"3782 822463 10005", "card=*0005"},
	    {"4111 1111 1111 1112", ""},   /* Luhn fails */
	    {"1234 5678 9012 3452", ""},   /* nobody issues such */
	    {"4111 1111-1111 1111", ""},   /* mixed */
	    {"4111 1111 1111 1111 1", ""}, /* more behind it */
	    {"4111111111111111 EUR", ""},
	    {"https://x.example/4111111111111111", ""},
	    {"a4111111111111111", ""},
	};

	(void)state;
	CHECK(examples);
}

static void
test_cued(void **state)
{
	static const struct example examples[] = {
	    {"Kundennummer 4711123", "customer=4711123"},
	    {"Kundennummer: 4711123.", "customer=4711123"},
	    {"KUNDENNUMMER=4711123", "customer=4711123"},
	    {"Kd.-Nr. 123456", "customer=123456"},
	    {"Kd-Nr.: 123456", "customer=123456"},
	    {"KdNr4711", "customer=4711"},
	    {"kdnr.4711", "customer=4711"},
	    {"Kunden-Nr. 123/456", "customer=123/456"},
	    {"meine Kundennummer ist die 123456789", "customer=123456789"},
	    {"Kundennummer lautet 123 456 789 und nun?", "customer=123456789"},
	    {"Kundennummern: 4711123, 4711124 und 4711125",
		"customer=4711123 customer=4711124 customer=4711125"},
	    {"Bestellnr. AB-12345-x", "order=AB-12345-X"},
	    {"Bestellung 302-1234567-1234567 fehlt", "order=302-1234567-1234567"},
	    {"Bestellung mit der Nummer 12345", "order=12345"},
	    {"Bestellung #1234", "order=1234"},
	    {"Auftragsnummer 2026/00815", "order=2026/00815"},
	    {"Auftrags-Nr.: A12345", "order=A12345"},
	    {"order no. 5512", "order=5512"},
	    {"Order number: #5512-77", "order=5512-77"},
	    {"order 10023445 is late", "order=10023445"},
	    {"my order id is 10023445", "order=10023445"},
	    {"booking ref 998877", "ticket=998877"},
	    {"customer number 00123456", "customer=00123456"},
	    {"account no 00123456", "customer=00123456"},
	    {"Ticket 4821399", "ticket=4821399"},
	    {"Ticket-ID: INC-004821", "ticket=INC-004821"},
	    {"Ticket#4821", "ticket=4821"},
	    {"ticket #42", ""},
	    {"case id 99812", "ticket=99812"},
	    {"Ref: 2026-11-0815-7", "ticket=2026-11-0815-7"},
	    {"reference (771-22-9)", "ticket=771-22-9"},
	    {"Vorgangsnummer 77 12 34 und", "ticket=771234"},
	    {"Vertragsnummer V0012345678", "contract=V0012345678"},
	    {"Vertragsnr 0431123456", "contract=0431123456"},
	    {"Rechnungsnummer RE-2026-1234", "invoice=RE-2026-1234"},
	    {"invoice 20261234", "invoice=20261234"},
	    {"Sendungsnummer 00340434123456789012", "shipment=00340434123456789012"},
	    {"tracking number JJD000390007882", "shipment=JJD000390007882"},
	    {"St\xc3\xb6rungsnummer 445566", "ticket=445566"},
	    {"Bestellung 12345.Danke", "order=12345"},
	    {"Request no. 1742725", "ticket=1742725"},
	    {"Claim 4016688561", "ticket=4016688561"},
	    {"account 14272658163", "customer=14272658163"},
	    {"PNR-4439383383", "order=4439383383"},
	    {"about the contract.#RSM337", ""},
	    {"https://x.example/?kundennummer=4711123", "customer=4711123"},
	    /* not those */
	    {"Bestellung vom 20.11.2026", ""},
	    {"Bestellung vom 20.11.26", ""},
	    {"Auftrag 11/2026", ""},
	    {"Bestellung 12345,67 Euro", ""},
	    {"Bestellung 12345 Euro", ""},
	    {"Rechnung 12345 \xe2\x82\xac", ""},
	    {"invoice 12345 USD", ""},
	    {"Rechnung \xc3\xbc"
	     "ber 12345 Taler",
		""},
	    {"Bestellung 12", ""},
	    {"order 2 pizzas", ""},
	    {"Kundennummer 12", ""},
	    {"Vertrag 24 Monate", ""},
	    {"Ticket 49 Euro, 2026", ""},
	    {"in case 100000 people come", ""},
	    {"no 123456", ""},
	    {"Nr. 123456", ""},
	    {"Kunden 100000", ""},
	    {"Ich habe bestellt. 12345 Leute warten", ""},
	    {"Eine Bestellung. 123456 davon", ""},
	    {"Bestellung um 20:15:00", ""},
	    {"order 10:30", ""},
	    {"Kundennummer? 4711123", ""},
	    {"ISBN 978-3-16-148410-0", ""},
	    {"Bestellungen 123456", ""},
	    {"Kundennummer4711abcdefgh", ""},
	    {"Die Auftragslage 2026", ""},
	    {"https://x.example/order/12345678", ""},
	    {"order", ""},
	    {"Kundennummer", ""},
	};

	(void)state;
	CHECK(examples);
}

static void
test_phone(void **state)
{
	static const struct example examples[] = {
	    {"0431 123456", "phone=0431123456"},
	    {"0431/12 34 56", "phone=0431123456"},
	    {"0431-123456", "phone=0431123456"},
	    {"(0431) 123456", "phone=0431123456"},
	    {"(0431)123456", "phone=0431123456"},
	    {"0431 / 123 45-67", "phone=04311234567"},
	    {"Ruf 0171 1234567 an", "phone=01711234567"},
	    {"0171-1234567", "phone=01711234567"},
	    {"01711234567", "phone=01711234567"},
	    {"0171.123.45.67", "phone=01711234567"},
	    {"+49 431 123456", "phone=+49431123456"},
	    {"+49431123456", "phone=+49431123456"},
	    {"+49 (0) 431 123456", "phone=+49431123456"},
	    {"+49 (0)431 123456", "phone=+49431123456"},
	    {"+49(0)431/123456", "phone=+49431123456"},
	    {"+49 0431 123456", "phone=+49431123456"},
	    {"+49 (431) 123456", "phone=+49431123456"},
	    {"(+49) 431 123456", "phone=+49431123456"},
	    {"0049 431 123456", "phone=+49431123456"},
	    {"0049431123456", "phone=+49431123456"},
	    {"+49-431-123456", "phone=+49431123456"},
	    {"+43 1 58858-0", "phone=+431588580"},
	    {"01/58858-0", "phone=01588580"},
	    {"01 58858 42", "phone=015885842"},
	    {"0664 1234567", "phone=06641234567"},
	    {"044 668 18 00", "phone=0446681800"},
	    {"+41 44 668 18 00", "phone=+41446681800"},
	    {"020 7946 0958", "phone=02079460958"},
	    {"+44 20 7946 0958", "phone=+442079460958"},
	    {"+44 (0)20 7946 0958", "phone=+442079460958"},
	    {"07700 900123", "phone=07700900123"},
	    {"01632 960001", "phone=01632960001"},
	    {"+1 (555) 234-5678", "phone=+15552345678"},
	    {"(555) 234-5678", "phone=5552345678"},
	    {"555-234-5678", "phone=5552345678"},
	    {"1-800-234-5678", "phone=18002345678"},
	    {"+33 1 23 45 67 89", "phone=+33123456789"},
	    {"+48 601 234 567", "phone=+48601234567"},
	    {"+358 40 1234567", "phone=+358401234567"},
	    {"0800 330 1000", "phone=08003301000"},
	    {"0180 5 123456", "phone=01805123456"},
	    {"Tel. 123456", "phone=123456"},
	    {"Tel.: 12 34 56", "phone=123456"},
	    {"Telefonnummer 4711 22", "phone=471122"},
	    {"Handy: 0171/1234567.", "phone=01711234567"},
	    {"call me on 234567", "phone=234567"},
	    {"Contact 9310404065", "phone=9310404065"},
	    {"tel:+49431123456", "phone=+49431123456"},
	    {"0431\xc2\xa0"
	     "123456",
		"phone=0431123456"},
	    {"0431 123\xe2\x80\x93"
	     "456",
		"phone=0431123456"},
	    {"\xf0\x9f\x93\x9e"
	     "0431 123456",
		"phone=0431123456"},
	    {"0431 123456 0171 1234567", "phone=0431123456 phone=01711234567"},
	    {"0431 123456, 0171 1234567", "phone=0431123456 phone=01711234567"},
	    {"0431 123456 20 Uhr", "phone=0431123456"},
	    {"0431 123456 ab 20:15", "phone=0431123456"},
	    {"Tel 0431 123456, Kundennr. 815815", "phone=0431123456 customer=815815"},
	    /* not those */
	    {"01.02.2026", ""},
	    {"01/02/2026", ""},
	    {"01-02-2026", ""},
	    {"2026-11-20", ""},
	    {"20.11.2026 um 08:00", ""},
	    {"am 05 11 2026", ""},
	    {"0,99 Euro", ""},
	    {"0.123456789", ""},
	    {"0,1234567890", ""},
	    {"1.000.000 Euro", ""},
	    {"12345678", ""},
	    {"1234567890", ""},
	    {"0800-1800", ""},
	    {"08:00-18:00", ""},
	    {"0815 4711", "phone=08154711"},
	    {"0123/2024", ""},
	    {"02 05 11 23 45", ""},
	    {"2026", ""},
	    {"1990-2026", ""},
	    {"00340434123456789012", ""},
	    {"000000000", ""},
	    {"0000123456", ""},
	    {"#0431123456", ""},
	    {"+49", ""},
	    {"+500000 Follower", ""},
	    {"+1234567890", ""},
	    {"+2000000000", ""},
	    {"+3 Tage", ""},
	    {"\xe2\x82\xac 0431 123456", "phone=0431123456"},
	    {"0431 123456 \xe2\x82\xac", ""},
	    {"x0431 123456", ""},
	    {"1.0431 123456", ""},
	    {"https://x.example/0431123456", ""},
	    {"www.x.example/0431123456", ""},
	    {"192.168.100.200", ""},
	    {"10.0.0.1", ""},
	    {"3-3-4", ""},
	    {"155-234-5678", ""},
	    {"555-134-5678", ""},
	    {"555 234 5678", ""},
	    {"ISBN 0306406157", ""},
	    {"IMEI 490154203237518", ""},
	    {"EAN 4006381333931", ""},
	    {"PLZ 01067 Dresden", ""},
	    {"01067 Dresden", ""},
	    {"Tel. 12", ""},
	    {"Telefon am 20.11.2026", ""},
	    {"5G und 100 Mbit", ""},
	    {"100000 200000 300000", ""},
	    {"v0.8.15-4711", ""},
	};

	(void)state;
	CHECK(examples);
}

static void
test_pattern(void **state)
{
	static const struct example examples[] = {
	    {"A-123456789 fehlt", "order=A-123456789"},
	    {"a-123456789", "order=A-123456789"},
	    {"xA-123456789", ""},
	    {"A-1234567890", ""},
	    {"A-12345678", ""},
	    {"(A-123456789)", "order=A-123456789"},
	    {"KT12 345", "meter=KT12 345"},
	    {"1+1=23", "sum=1+1=23"},
	    {"Z\xc3\xa4hler-77", "meter=Z\xc3\xa4HLER-77"},
	    {"ABC/5", "code=ABC/5"},
	    {"A-123456789 und 0431 123456", "order=A-123456789 phone=0431123456"},
	    {"Kundennummer A-123456789", "order=A-123456789"},
	};
	struct entity_set *set = entity_set_new();
	struct sme_err err;

	(void)state;
	assert_int_equal(entity_set_add(set, SLICE("order"), SLICE("A-#########"), 0, &err), 0);
	assert_int_equal(entity_set_add(set, SLICE("meter"), SLICE("KT## ###"), 0, &err), 0);
	assert_int_equal(entity_set_add(set, SLICE("sum"), SLICE("1\\+1=#+"), 0, &err), 0);
	assert_int_equal(
	    entity_set_add(set, SLICE("meter"), SLICE("Z\xc3\xa4hler-#+"), 0, &err), 0);
	assert_int_equal(entity_set_add(set, SLICE("code"), SLICE("@+/#"), 1, &err), 0);
	check(set, 1, examples, sizeof examples / sizeof *examples);
	/* Another tenant does not have it. */
	check(set, 2, &(struct example){"ABC/5", ""}, 1);
	entity_set_free(set);
}

static void
test_pattern_errors(void **state)
{
	static const struct {
		const char *pattern, *error;
	} bad[] = {
	    {"", "expected at least one \"#\", which stands for a digit"},
	    {"ABC", "expected at least one \"#\", which stands for a digit"},
	    {"+#", "column 1: \"+\" stands behind \"#\" or \"@\" only; write \\+ for the character "
		   "itself"},
	    {"\xc3\xa4+#", "column 2: \"+\" stands behind \"#\" or \"@\" only; write \\+ for the "
			   "character itself"},
	    {"#++", "column 3: \"+\" stands behind \"#\" or \"@\" only; write \\+ for the "
		    "character itself"},
	    {"#\\", "column 3: expected a character behind \"\\\""},
	    {"#\n", "column 2: a control character cannot be looked for"},
	    {"#################################################################",
		"a pattern has at most 64 bytes, this has 65"},
	};
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(entity_check_pattern(slice_of(bad[i].pattern), &err), -1);
		assert_string_equal(err.text, bad[i].error);
		assert_int_equal(err.status, SME_CONFIG);
	}
	assert_int_equal(entity_check_type(SLICE("Order"), &err), -1);
	assert_int_equal(entity_check_type(SLICE(""), &err), -1);
	assert_int_equal(entity_check_type(SLICE("user"), &err), -1);
	assert_int_equal(entity_check_type(SLICE("place"), &err), -1);
	assert_int_equal(entity_check_type(SLICE("order"), &err), 0);
	assert_int_equal(entity_check_type(SLICE("meter_2"), &err), 0);
}

static void
test_redact(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", ""},
	    {"nothing here", "nothing here"},
	    {"@kim: kim@example.org, 0431 123456", "<user>: <email>, <phone>"},
	    {"DE89 3704 0044 0532 0130 00!", "<iban>!"},
	    {"4111111111111111", "<card>"},
	    {"Kundennr. 4711 von @kim@social.example", "Kundennr. <customer> von <user>"},
	    {"12345678 und X1234567Y und 123456", "<number> und <number> und 123456"},
	    {"https://social.example/@kim/112233445566",
		"https://social.example/<user>/112233445566"},
	    {"@kim99 @lou.", "<user> <user>."},
	    {"M\xc3\xbcller: m\xc3\xbcller@example.org", "M\xc3\xbcller: <email>"},
	    {"am 20.11.2026 um 20:15", "am 20.11.2026 um 20:15"},
	};
	struct entity_scratch s = ENTITY_SCRATCH_INIT;
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&out);
		entity_find(NULL, &s, slice_of(cases[i].text), 0, true);
		entity_redact(NULL, &s, slice_of(cases[i].text), &out);
		assert_string_equal(buf_str(&out), cases[i].want);
	}
	entity_scratch_release(&s);
	buf_release(&out);
}

/* What is found does not depend on where in a block of 16 bytes it stands. */
static void
test_everywhere(void **state)
{
	struct buf text = BUF_INIT, got = BUF_INIT;

	(void)state;
	for (int before = 0; before < 40; before++)
		for (int behind = 0; behind < 20; behind++) {
			buf_clear(&text);
			for (int i = 0; i < before; i++)
				buf_addc(&text, i + 1 < before ? 'x' : ' ');
			buf_puts(&text, "k@e.org 0431 123456");
			for (int i = 0; i < behind; i++)
				buf_addc(&text, i ? 'y' : ' ');
			show(NULL, buf_str(&text), 0, false, &got);
			assert_string_equal(buf_str(&got), "email=k@e.org phone=0431123456");
		}
	buf_release(&text);
	buf_release(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mail),
	    cmocka_unit_test(test_iban),
	    cmocka_unit_test(test_card),
	    cmocka_unit_test(test_cued),
	    cmocka_unit_test(test_phone),
	    cmocka_unit_test(test_pattern),
	    cmocka_unit_test(test_pattern_errors),
	    cmocka_unit_test(test_redact),
	    cmocka_unit_test(test_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
