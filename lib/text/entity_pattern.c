/* The patterns of a configuration. */
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/mem.h"
#include "text/entity_local.h"
#include "text/query.h"

/* Longest run that "+" stands for: a longer one is no match. */
#define REPEAT_MAX 64

enum step_kind { STEP_BYTE, STEP_DIGIT, STEP_LETTER };

struct step {
	uint8_t kind;       /* enum step_kind */
	unsigned char byte; /* small, when it is a letter */
	bool more;          /* "+" */
};

struct pattern {
	struct step *steps;
	size_t n;
	uint32_t type;
	int scope;
};

struct entity_set {
	struct pattern *patterns;
	size_t n, cap;
	struct slice *types; /* from ENTITY_OWN on */
	size_t ntypes, types_cap;
	bool first[256]; /* bytes that some pattern may begin with */
	size_t lead;     /* bytes at most from a pattern's beginning to its first digit */
	struct arena arena;
};

static const char *const names[ENTITY_OWN] = {
    [ENTITY_ORDER] = "order",
    [ENTITY_CUSTOMER] = "customer",
    [ENTITY_CONTRACT] = "contract",
    [ENTITY_TICKET] = "ticket",
    [ENTITY_INVOICE] = "invoice",
    [ENTITY_SHIPMENT] = "shipment",
    [ENTITY_PHONE] = "phone",
    [ENTITY_EMAIL] = "email",
    [ENTITY_IBAN] = "iban",
    [ENTITY_CARD] = "card",
    [ENTITY_PLACE] = "place",
    [ENTITY_USER] = "user",
    [ENTITY_NUMBER] = "number",
};

struct entity_set *
entity_set_new(void)
{
	return xcalloc(1, sizeof(struct entity_set));
}

void
entity_set_free(struct entity_set *set)
{
	if (!set)
		return;
	free(set->patterns);
	free(set->types);
	arena_release(&set->arena);
	free(set);
}

struct slice
entity_type_name(const struct entity_set *set, uint32_t type)
{
	return type < ENTITY_OWN ? slice_of(names[type]) : set->types[type - ENTITY_OWN];
}

static uint32_t
type_number(struct entity_set *set, struct slice type)
{
	for (uint32_t i = 0; i < ENTITY_OWN; i++)
		if (slice_is(type, names[i]))
			return i;
	for (size_t i = 0; i < set->ntypes; i++)
		if (slice_eq(type, set->types[i]))
			return ENTITY_OWN + (uint32_t)i;
	set->types = xgrow(set->types, set->ntypes, &set->types_cap, sizeof *set->types);
	set->types[set->ntypes] = arena_dup(&set->arena, type);
	return ENTITY_OWN + (uint32_t)set->ntypes++;
}

static size_t
column(struct slice text, size_t at)
{
	size_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += (text.p[i] & 0xc0) != 0x80;
	return n;
}

/* Compile TEXT into STEPS, which has room for its bytes; how many, or -1 with ERR. */
static int
compile(struct slice text, struct step *steps, struct sme_err *err)
{
	int n = 0;
	bool digit = false;

	if (text.n > ENTITY_PATTERN_MAX)
		return err_set(err, SME_CONFIG, "a pattern has at most %d bytes, this has %zu",
		    ENTITY_PATTERN_MAX, text.n);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		struct step s = {STEP_BYTE, lower(c), false};

		if (c < 0x20 || c == 0x7f)
			return err_set(err, SME_CONFIG,
			    "column %zu: a control character cannot be looked for",
			    column(text, i));
		if (c == '+') {
			if (i == 0 || n == 0 || steps[n - 1].kind == STEP_BYTE || steps[n - 1].more)
				return err_set(err, SME_CONFIG,
				    "column %zu: \"+\" stands behind \"#\" or \"@\" only; write "
				    "\\+ for the "
				    "character itself",
				    column(text, i));
			steps[n - 1].more = true;
			continue;
		}
		if (c == '\\') {
			if (++i == text.n)
				return err_set(err, SME_CONFIG,
				    "column %zu: expected a character behind \"\\\"",
				    column(text, i));
			s.byte = lower((unsigned char)text.p[i]);
		} else if (c == '#' || c == '@') {
			s.kind = c == '#' ? STEP_DIGIT : STEP_LETTER;
			digit |= c == '#';
		}
		steps[n++] = s;
	}
	if (!digit)
		return err_set(
		    err, SME_CONFIG, "expected at least one \"#\", which stands for a digit");
	return n;
}

int
entity_check_pattern(struct slice text, struct sme_err *err)
{
	struct step steps[ENTITY_PATTERN_MAX];

	return compile(text, steps, err) < 0 ? -1 : 0;
}

static void
note_beginning(struct entity_set *set, const struct pattern *p)
{
	size_t lead = 0;

	for (unsigned c = 0; c < 256; c++)
		if (p->steps[0].kind == STEP_DIGIT    ? is_digit((unsigned char)c)
		    : p->steps[0].kind == STEP_LETTER ? is_alpha((unsigned char)c)
						      : lower((unsigned char)c) == p->steps[0].byte)
			set->first[c] = true;
	for (size_t i = 0; i < p->n && p->steps[i].kind != STEP_DIGIT; i++) {
		/* A digit to be taken as it is also stops the search for the first digit. */
		if (p->steps[i].kind == STEP_BYTE && is_digit(p->steps[i].byte))
			break;
		lead += p->steps[i].more ? REPEAT_MAX : 1;
	}
	if (lead > set->lead)
		set->lead = lead;
}

int
entity_check_type(struct slice type, struct sme_err *err)
{
	for (size_t i = 0; i < type.n; i++)
		if ((type.p[i] < 'a' || type.p[i] > 'z') &&
		    (i == 0 || (!is_digit((unsigned char)type.p[i]) && type.p[i] != '_' &&
				   type.p[i] != '-')))
			return err_set(err, SME_CONFIG,
			    "\"%.*s\": a type is written in small letters from a to z, digits, "
			    "\"_\" "
			    "and \"-\"",
			    SLICE_ARG(type));
	if (type.n == 0 || type.n > ENTITY_PATTERN_MAX)
		return err_set(err, SME_CONFIG, "a type has 1 to %d letters", ENTITY_PATTERN_MAX);
	for (uint32_t i = ENTITY_PLACE; i < ENTITY_OWN; i++)
		if (slice_is(type, names[i]))
			return err_set(err, SME_CONFIG,
			    "\"%s\" takes no patterns; choose another name", names[i]);
	return 0;
}

int
entity_set_add(
    struct entity_set *set, struct slice type, struct slice text, int scope, struct sme_err *err)
{
	struct step steps[ENTITY_PATTERN_MAX];
	int n = compile(text, steps, err);
	struct pattern *p;

	if (n < 0 || entity_check_type(type, err) < 0)
		return -1;
	set->patterns = xgrow(set->patterns, set->n, &set->cap, sizeof *set->patterns);
	p = &set->patterns[set->n++];
	p->steps = arena_alloc(&set->arena, (size_t)n * sizeof *steps);
	memcpy(p->steps, steps, (size_t)n * sizeof *steps);
	p->n = (size_t)n;
	p->type = type_number(set, type);
	p->scope = scope;
	note_beginning(set, p);
	return 0;
}

static bool
step_takes(const struct step *s, unsigned char c)
{
	return s->kind == STEP_DIGIT    ? is_digit(c)
	       : s->kind == STEP_LETTER ? is_alpha(c)
	                                : lower(c) == s->byte;
}

/*
 * Where P ends when it begins at AT, or 0.  "+" takes all it can: what follows it is tried with the
 * longest run only, which is enough unless it is followed by its own kind.
 */
static size_t
pattern_end(const struct scan_text *t, const struct pattern *p, size_t at)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t from = at;

		if (at >= t->n || !step_takes(&p->steps[i], t->p[at]))
			return 0;
		at++;
		while (p->steps[i].more && at < t->n && step_takes(&p->steps[i], t->p[at]))
			if (++at - from > REPEAT_MAX)
				return 0;
	}
	return at;
}

/* Nothing that would make the match a part of something longer. */
static bool
stands_alone(const struct scan_text *t, size_t start, size_t end)
{
	return !(letter_after(t, start) && letter_before(t, start)) &&
	       !(letter_before(t, end) && letter_after(t, end));
}

bool
match_pattern(const struct entity_set *set, const struct scan_text *t, size_t at, int scope,
    struct found *f, struct buf *value)
{
	size_t from = at - t->done > set->lead ? at - set->lead : t->done;

	for (f->end = 0; from <= at && !f->end; from++) {
		if (!set->first[t->p[from]])
			continue;
		for (size_t i = 0; i < set->n; i++) {
			const struct pattern *p = &set->patterns[i];
			size_t end;

			if (p->scope != QUERY_GLOBAL && p->scope != scope)
				continue;
			end = pattern_end(t, p, from);
			if (end <= at || end <= f->end || !stands_alone(t, from, end))
				continue;
			*f = (struct found){from, end, p->type};
		}
	}
	if (!f->end)
		return false;
	for (size_t i = f->start; i < f->end; i++)
		buf_addc(value, (char)upper(t->p[i]));
	return true;
}
