/* The words that say what a number is: "Kundennr.", "order no.", "Ticket-ID" ... */
#include <stdlib.h>
#include <string.h>

#include "text/entity_local.h"

/* What a word does when the words before a number are read backwards. */
enum role {
	FILLER, /* may stand between the cue and the number */
	NUMBER, /* "Nr.", "no": makes a weak cue and a stem strong */
	STEM,   /* a cue only together with a NUMBER word or "#" */
	WEAK,   /* a cue by itself, for long numbers */
	FULL,   /* a cue */
	PHONE,
	OTHER
};

struct word_cue {
	const char *word; /* folded: small letters, umlauts spelled out */
	uint8_t role, type;
};

/* In order of the words; a test looks that they are. */
static const struct word_cue cues[] = {
    {"acc", STEM, ENTITY_CUSTOMER},
    {"account", WEAK, ENTITY_CUSTOMER},
    {"accountnumber", FULL, ENTITY_CUSTOMER},
    {"am", FILLER, 0},
    {"an", FILLER, 0},
    {"anfrage", STEM, ENTITY_TICKET},
    {"anschluss", STEM, ENTITY_CONTRACT},
    {"at", FILLER, 0},
    {"auftrag", WEAK, ENTITY_ORDER},
    {"auftrags", STEM, ENTITY_ORDER},
    {"auftragsnr", FULL, ENTITY_ORDER},
    {"auftragsnummer", FULL, ENTITY_ORDER},
    {"auftragsnummern", FULL, ENTITY_ORDER},
    {"beschwerde", STEM, ENTITY_TICKET},
    {"bestell", STEM, ENTITY_ORDER},
    {"bestellnr", FULL, ENTITY_ORDER},
    {"bestellnummer", FULL, ENTITY_ORDER},
    {"bestellnummern", FULL, ENTITY_ORDER},
    {"bestellung", WEAK, ENTITY_ORDER},
    {"bic", OTHER, 0},
    {"blz", OTHER, 0},
    {"booking", WEAK, ENTITY_ORDER},
    {"buchung", WEAK, ENTITY_ORDER},
    {"buchungs", STEM, ENTITY_ORDER},
    {"buchungscode", FULL, ENTITY_ORDER},
    {"buchungsnr", FULL, ENTITY_ORDER},
    {"buchungsnummer", FULL, ENTITY_ORDER},
    {"call", PHONE, 0},
    {"case", STEM, ENTITY_TICKET},
    {"caseid", FULL, ENTITY_TICKET},
    {"cell", PHONE, 0},
    {"claim", WEAK, ENTITY_TICKET},
    {"code", NUMBER, 0},
    {"complaint", STEM, ENTITY_TICKET},
    {"contact", PHONE, 0},
    {"contract", WEAK, ENTITY_CONTRACT},
    {"customer", STEM, ENTITY_CUSTOMER},
    {"customerid", FULL, ENTITY_CUSTOMER},
    {"customernumber", FULL, ENTITY_CUSTOMER},
    {"das", FILLER, 0},
    {"der", FILLER, 0},
    {"die", FILLER, 0},
    {"durchwahl", PHONE, 0},
    {"ean", OTHER, 0},
    {"enquiry", STEM, ENTITY_TICKET},
    {"fall", STEM, ENTITY_TICKET},
    {"fallnr", FULL, ENTITY_TICKET},
    {"fallnummer", FULL, ENTITY_TICKET},
    {"fax", PHONE, 0},
    {"faxnummer", PHONE, 0},
    {"festnetz", PHONE, 0},
    {"festnetznummer", PHONE, 0},
    {"fon", PHONE, 0},
    {"gtin", OTHER, 0},
    {"handy", PHONE, 0},
    {"handynr", PHONE, 0},
    {"handynummer", PHONE, 0},
    {"hotline", PHONE, 0},
    {"id", NUMBER, 0},
    {"imei", OTHER, 0},
    {"incident", WEAK, ENTITY_TICKET},
    {"inquiry", STEM, ENTITY_TICKET},
    {"invoice", WEAK, ENTITY_INVOICE},
    {"is", FILLER, 0},
    {"isbn", OTHER, 0},
    {"issn", OTHER, 0},
    {"ist", FILLER, 0},
    {"kd", STEM, ENTITY_CUSTOMER},
    {"kdn", STEM, ENTITY_CUSTOMER},
    {"kdnr", FULL, ENTITY_CUSTOMER},
    {"kunde", STEM, ENTITY_CUSTOMER},
    {"kunden", STEM, ENTITY_CUSTOMER},
    {"kundenid", FULL, ENTITY_CUSTOMER},
    {"kundenkonto", WEAK, ENTITY_CUSTOMER},
    {"kundennr", FULL, ENTITY_CUSTOMER},
    {"kundennummer", FULL, ENTITY_CUSTOMER},
    {"kundennummern", FULL, ENTITY_CUSTOMER},
    {"lautet", FILLER, 0},
    {"me", FILLER, 0},
    {"mein", FILLER, 0},
    {"meine", FILLER, 0},
    {"mich", FILLER, 0},
    {"mit", FILLER, 0},
    {"mobil", PHONE, 0},
    {"mobile", PHONE, 0},
    {"mobilnr", PHONE, 0},
    {"mobilnummer", PHONE, 0},
    {"my", FILLER, 0},
    {"no", NUMBER, 0},
    {"nr", NUMBER, 0},
    {"num", NUMBER, 0},
    {"number", NUMBER, 0},
    {"numbers", NUMBER, 0},
    {"nummer", NUMBER, 0},
    {"nummern", NUMBER, 0},
    {"on", FILLER, 0},
    {"order", WEAK, ENTITY_ORDER},
    {"orderid", FULL, ENTITY_ORDER},
    {"ordernr", FULL, ENTITY_ORDER},
    {"ordernumber", FULL, ENTITY_ORDER},
    {"orders", STEM, ENTITY_ORDER},
    {"paket", STEM, ENTITY_SHIPMENT},
    {"paketnummer", FULL, ENTITY_SHIPMENT},
    {"parcel", STEM, ENTITY_SHIPMENT},
    {"phone", PHONE, 0},
    {"plz", OTHER, 0},
    {"pnr", FULL, ENTITY_ORDER},
    {"policy", STEM, ENTITY_CONTRACT},
    {"postleitzahl", OTHER, 0},
    {"rechnung", WEAK, ENTITY_INVOICE},
    {"rechnungs", STEM, ENTITY_INVOICE},
    {"rechnungsnr", FULL, ENTITY_INVOICE},
    {"rechnungsnummer", FULL, ENTITY_INVOICE},
    {"ref", WEAK, ENTITY_TICKET},
    {"reference", WEAK, ENTITY_TICKET},
    {"referenz", WEAK, ENTITY_TICKET},
    {"referenznr", FULL, ENTITY_TICKET},
    {"referenznummer", FULL, ENTITY_TICKET},
    {"reklamation", WEAK, ENTITY_TICKET},
    {"request", STEM, ENTITY_TICKET},
    {"reservation", WEAK, ENTITY_ORDER},
    {"reservierung", WEAK, ENTITY_ORDER},
    {"reservierungsnummer", FULL, ENTITY_ORDER},
    {"ring", PHONE, 0},
    {"rufnummer", PHONE, 0},
    {"sendung", WEAK, ENTITY_SHIPMENT},
    {"sendungs", STEM, ENTITY_SHIPMENT},
    {"sendungsnr", FULL, ENTITY_SHIPMENT},
    {"sendungsnummer", FULL, ENTITY_SHIPMENT},
    {"serial", OTHER, 0},
    {"seriennummer", OTHER, 0},
    {"servicenummer", PHONE, 0},
    {"shipment", WEAK, ENTITY_SHIPMENT},
    {"steuernr", OTHER, 0},
    {"steuernummer", OTHER, 0},
    {"stoerungsnummer", FULL, ENTITY_TICKET},
    {"strnr", OTHER, 0},
    {"tel", PHONE, 0},
    {"telefon", PHONE, 0},
    {"telefonisch", PHONE, 0},
    {"telefonnr", PHONE, 0},
    {"telefonnummer", PHONE, 0},
    {"telephone", PHONE, 0},
    {"telnr", PHONE, 0},
    {"the", FILLER, 0},
    {"ticket", WEAK, ENTITY_TICKET},
    {"ticketid", FULL, ENTITY_TICKET},
    {"ticketnr", FULL, ENTITY_TICKET},
    {"ticketnummer", FULL, ENTITY_TICKET},
    {"tracking", STEM, ENTITY_SHIPMENT},
    {"trackingnr", FULL, ENTITY_SHIPMENT},
    {"trackingnummer", FULL, ENTITY_SHIPMENT},
    {"unter", FILLER, 0},
    {"ustid", OTHER, 0},
    {"version", OTHER, 0},
    {"vertrag", WEAK, ENTITY_CONTRACT},
    {"vertrags", STEM, ENTITY_CONTRACT},
    {"vertragsnr", FULL, ENTITY_CONTRACT},
    {"vertragsnummer", FULL, ENTITY_CONTRACT},
    {"vertragsnummern", FULL, ENTITY_CONTRACT},
    {"vom", FILLER, 0},
    {"von", FILLER, 0},
    {"vorgang", WEAK, ENTITY_TICKET},
    {"vorgangs", STEM, ENTITY_TICKET},
    {"vorgangsnr", FULL, ENTITY_TICKET},
    {"vorgangsnummer", FULL, ENTITY_TICKET},
    {"was", FILLER, 0},
    {"whatsapp", PHONE, 0},
    {"with", FILLER, 0},
    {"zu", FILLER, 0},
    {"zur", FILLER, 0},
};

#define FILLERS_MAX 3
#define WORDS_MAX 6
#define WORD_MAX 24
#define SIGNS_MAX 4

static int
by_word(const void *key, const void *item)
{
	return strcmp(key, ((const struct word_cue *)item)->word);
}

static const struct word_cue *
find_cue(const char *word)
{
	return bsearch(word, cues, sizeof cues / sizeof *cues, sizeof *cues, by_word);
}

/* The letters of START..END in small letters, umlauts spelled out, into OUT; false when it is no
 * such word or too long. */
static bool
fold_word(const unsigned char *p, size_t n, char out[WORD_MAX * 2 + 1])
{
	size_t k = 0;

	if (n > WORD_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < 0x80) {
			out[k++] = (char)lower(p[i]);
			continue;
		}
		if (p[i] != 0xc3 || i + 1 == n)
			return false;
		switch (p[++i] | 0x20) {
		case 0xa4:
			out[k++] = 'a';
			break;
		case 0xb6:
			out[k++] = 'o';
			break;
		case 0xbc:
			out[k++] = 'u';
			break;
		case 0xbf: /* ß, 0x9f with the bit set */
			out[k++] = 's';
			out[k++] = 's';
			continue;
		default:
			return false;
		}
		out[k++] = 'e';
	}
	out[k] = '\0';
	return k > 0;
}

/* Where the word that ends at END begins. */
static size_t
word_start(const struct scan_text *t, size_t end)
{
	size_t at = end, floor = end > WORD_MAX + 1 ? end - WORD_MAX - 1 : 0;

	while (at > floor && (is_alpha(t->p[at - 1]) || t->p[at - 1] >= 0x80))
		at--;
	return at;
}

/* Step back over what may stand between a cue and its number. */
static size_t
skip_signs(const struct scan_text *t, size_t at, bool *hash, bool *stop)
{
	size_t signs = 0;

	for (; at > 0 && signs < SIGNS_MAX; at--) {
		unsigned char c = t->p[at - 1];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		/* A no-break space. */
		if (c == 0xa0 && at > 1 && t->p[at - 2] == 0xc2) {
			at--;
			continue;
		}
		if (c == '#')
			*hash = true;
		else if (c == '.')
			*stop |= at < t->n && (t->p[at] <= ' ' || t->p[at] == '#');
		else if (!c || !strchr(":-=(/\"'*_>[", c))
			break;
		signs++;
	}
	return at;
}

/* Whether the cue's sentence may have ended before the number: short forms take a full stop. */
static bool
is_short_form(const struct word_cue *c)
{
	return c && (c->role == NUMBER || c->role == PHONE || strlen(c->word) <= 4 ||
			strcmp(c->word + strlen(c->word) - 2, "nr") == 0);
}

/* What the number gets from WORD; CUE_NONE with GO_ON to read the word before it. */
static struct cue
weigh(const struct word_cue *w, bool number, int *fillers, bool *go_on)
{
	*go_on = w->role == NUMBER || (w->role == FILLER && ++*fillers <= FILLERS_MAX);
	switch (w->role) {
	case FULL:
		return (struct cue){CUE_STRONG, w->type};
	case WEAK:
		return (struct cue){number ? CUE_STRONG : CUE_WEAK, w->type};
	case STEM:
		return (struct cue){number ? CUE_STRONG : CUE_NONE, w->type};
	case PHONE:
		return (struct cue){CUE_PHONE, ENTITY_PHONE};
	case OTHER:
		return (struct cue){CUE_OTHER, 0};
	default:
		return (struct cue){CUE_NONE, 0};
	}
}

struct cue
cue_before(const struct scan_text *t, size_t start)
{
	bool number = false, go_on = true;
	struct cue cue = {CUE_NONE, 0};
	int fillers = 0;

	for (int i = 0; i < WORDS_MAX && go_on; i++) {
		char word[WORD_MAX * 2 + 1];
		const struct word_cue *w;
		bool stop = false;
		size_t end = skip_signs(t, start, &number, &stop);

		start = word_start(t, end);
		if (start == end || !fold_word(t->p + start, end - start, word))
			break;
		w = find_cue(word);
		if (!w || (stop && !is_short_form(w)))
			break;
		if (w->role == NUMBER)
			number = true;
		cue = weigh(w, number, &fillers, &go_on);
	}
	return cue;
}

struct cue
cue_of_letters(const unsigned char *p, size_t n)
{
	char word[WORD_MAX * 2 + 1];
	const struct word_cue *w = fold_word(p, n, word) ? find_cue(word) : NULL;

	if (w && w->role == FULL)
		return (struct cue){CUE_STRONG, w->type};
	return (struct cue){CUE_NONE, 0};
}

/* ---- the number itself ---- */

#define CODE_MAX 32
#define CODE_LETTERS 4      /* in one part of it */
#define CODE_MORE_LETTERS 2 /* than digits, in all of it */
#define DIGITS_STRONG 3
#define DIGITS_WEAK 5
/* Digits of a number in groups, "123 456 789". */
#define GROUPED_MAX 16

static bool
is_connector(unsigned char c)
{
	return c == '-' || c == '/' || c == '.' || c == '_';
}

/* Is it the letters of START..END that would be a cue, or part of one? */
static bool
is_cue_word(const struct scan_text *t, size_t start, size_t end)
{
	char word[WORD_MAX * 2 + 1];

	return fold_word(t->p + start, end - start, word) && find_cue(word);
}

/* Letters before the digit AT that belong to its code: "AB123", "AB-123", but not those of a cue
 * as in "KdNr123" or "Nr-123". */
static size_t
code_start(const struct scan_text *t, size_t at)
{
	size_t start = at, run = at;

	for (;;) {
		while (run > t->done && is_alpha(t->p[run - 1]))
			run--;
		if (is_cue_word(t, run, start) || (start < at && start - run > CODE_LETTERS))
			return start < at ? start + 1 : start;
		start = run;
		if (start < t->done + 2 || !is_connector(t->p[start - 1]) ||
		    !is_alpha(t->p[start - 2]))
			return start;
		run = --start;
	}
}

/* A connector goes on with digits, or with a few letters unless it is a full stop. */
static size_t
code_end(const struct scan_text *t, size_t at, size_t start)
{
	for (;;) {
		size_t next, letters;

		while (at < t->n && is_alnum(t->p[at]) && at - start <= CODE_MAX)
			at++;
		if (at >= t->n || !is_connector(t->p[at]))
			return at;
		for (next = at + 1; next < t->n && is_alpha(t->p[next]); next++)
			;
		letters = next - at - 1;
		if (letters > CODE_LETTERS || (letters && t->p[at] == '.') ||
		    (letters == 0 && !digit_at(t, next)))
			return at;
		at = next;
	}
}

/* "123 456 789": further groups of digits, when the first is as short as a group. */
static size_t
more_groups(const struct scan_text *t, const struct found *f)
{
	size_t end = f->end, digits = end - f->start, len;

	if (digits < 2 || digits > 4)
		return end;
	while (separator_at(t, end, &len) == ' ' && digit_at(t, end + len)) {
		size_t group = end + len, n = 0;

		while (digit_at(t, group + n))
			n++;
		if (n < 2 || n > 4 || digits + n > GROUPED_MAX || letter_after(t, group + n) ||
		    is_quantity(t, group + n))
			break;
		digits += n;
		end = group + n;
	}
	return end;
}

static unsigned
number_at(const struct scan_text *t, size_t at, size_t n)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)(t->p[at + i] - '0');
	return v;
}

/* Is it a date: two or three parts of digits, one of them a year or all of two digits? */
static bool
is_date(const struct scan_text *t, const struct found *f)
{
	unsigned part[3] = {0};
	size_t n = 0, length[3] = {0}, at = f->start;

	while (n < 3 && at < f->end) {
		size_t from = at;

		while (at < f->end && is_digit(t->p[at]))
			at++;
		length[n] = at - from;
		if (length[n] == 0 || length[n] > 4 || length[n] == 3)
			return false;
		part[n] = number_at(t, from, length[n]);
		n++;
		if (at < f->end && t->p[at] != '.' && t->p[at] != '/' && t->p[at] != '-')
			return false;
		at++;
	}
	if (at < f->end || n < 2)
		return false;
	if (n == 2)
		return length[0] <= 2 && part[0] <= 31 &&
		       (length[1] == 4 ? part[1] >= 1900 && part[1] < 2100
				       : length[1] <= 2 && part[1] <= 12);
	if (length[0] == 4)
		return part[0] >= 1900 && part[0] < 2100 && part[1] <= 12 && part[2] <= 31;
	return part[0] <= 31 && part[1] <= 31 && length[2] != 1;
}

/* The digit AT may have been passed over as part of a longer number already. */
static bool
is_begun_before(const struct scan_text *t, size_t start)
{
	return letter_before(t, start) && !is_alpha(t->p[start - 1]);
}

static bool
is_plausible(const struct scan_text *t, const struct found *f, enum cue_kind cue)
{
	size_t digits = 0, letters = 0;

	for (size_t i = f->start; i < f->end; i++) {
		digits += is_digit(t->p[i]);
		letters += is_alpha(t->p[i]);
	}
	if (f->end - f->start > CODE_MAX || letters > digits + CODE_MORE_LETTERS ||
	    digits < (cue == CUE_STRONG ? DIGITS_STRONG : DIGITS_WEAK))
		return false;
	return !letter_after(t, f->end) && !is_quantity(t, f->end) && !is_date(t, f);
}

/* The cue of the code at START; letters right before it are one themselves, as in "KdNr4711". */
static struct cue
cue_of_code(const struct scan_text *t, size_t start)
{
	size_t run = start;

	while (run > t->done && is_alpha(t->p[run - 1]))
		run--;
	return run < start ? cue_of_letters(t->p + run, start - run) : cue_before(t, start);
}

/* "Kundennummern 4711 und 4712": a number behind one of the same length and nothing else between.
 */
static struct cue
cue_of_list(const struct scan_text *t, size_t start, const struct found *last)
{
	static const char *const joins[] = {"und", "and", "oder", "or"};
	size_t at = last->end;

	if (last->type >= ENTITY_PHONE || start <= at || start - at > 8 ||
	    code_end(t, start, start) - start != last->end - last->start)
		return (struct cue){CUE_NONE, 0};
	while (at < start && strchr(" ,/&", t->p[at]))
		at++;
	for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
		size_t n = strlen(joins[i]);

		if (at + n < start && memcmp(t->p + at, joins[i], n) == 0 && t->p[at + n] == ' ') {
			at += n + 1;
			break;
		}
	}
	return (struct cue){at == start ? CUE_STRONG : CUE_NONE, last->type};
}

bool
match_cued(const struct scan_text *t, size_t at, const struct found *last, struct found *f,
    struct buf *value)
{
	struct cue cue;

	f->start = code_start(t, at);
	if (is_begun_before(t, f->start))
		return false;
	cue = cue_of_code(t, f->start);
	if (cue.kind == CUE_NONE && last)
		cue = cue_of_list(t, f->start, last);
	if (cue.kind != CUE_STRONG && cue.kind != CUE_WEAK)
		return false;
	f->end = code_end(t, at, f->start);
	if (cue.kind == CUE_STRONG &&
	    copy_digits(t, f->start, f->end, NULL, 0) == f->end - f->start)
		f->end = more_groups(t, f);
	/* A weak cue does not make a number of what stands in an address. */
	if (!is_plausible(t, f, cue.kind) || (cue.kind == CUE_WEAK && in_address(t, f->start)))
		return false;
	f->type = cue.type;
	for (size_t i = f->start; i < f->end; i++)
		if (is_alnum(t->p[i]) || is_connector(t->p[i]))
			buf_addc(value, (char)upper(t->p[i]));
	return true;
}
