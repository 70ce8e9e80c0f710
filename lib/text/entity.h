/*
 * What in a text is worth routing on, or has to be masked: e-mail addresses, IBANs, card and phone
 * numbers, numbers that a cue word makes an order, a customer, a contract ..., and whatever the
 * patterns of the configuration describe.  What counts is described in sme-classify(1), ENTITIES.
 *
 * A text without a digit and without "@" is only passed over, 16 bytes at a time.  Otherwise each
 * digit and each "@" is looked at once, with bounded looks back and ahead, so that the time grows
 * with the length of the text alone.
 *
 * Sources: IBAN by ISO 13616 and the lengths of its registry; card numbers by ISO/IEC 7812-1
 * (Luhn); phone numbers by ITU-T E.164 and E.123, DIN 5008, and the national plans of Germany,
 * Austria, Switzerland, the United Kingdom and North America.
 */
#ifndef SME_TEXT_ENTITY_H
#define SME_TEXT_ENTITY_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"

/* The built-in types; those of the configuration's own follow from ENTITY_OWN on. */
enum entity_type {
	ENTITY_ORDER,
	ENTITY_CUSTOMER,
	ENTITY_CONTRACT,
	ENTITY_TICKET,
	ENTITY_INVOICE,
	ENTITY_SHIPMENT,
	ENTITY_PHONE,
	ENTITY_EMAIL,
	ENTITY_IBAN,
	ENTITY_CARD,
	ENTITY_PLACE,  /* see places.h */
	ENTITY_USER,   /* a handle; only for masking */
	ENTITY_NUMBER, /* a long number of no known kind; only for masking */
	ENTITY_OWN
};

struct entity {
	uint32_t start, end; /* bytes of the text */
	uint32_t type;
	uint32_t value, value_n; /* in entity_scratch.values */
};

/* ---- the patterns of a configuration ---- */

/* A longer pattern is refused. */
#define ENTITY_PATTERN_MAX 64

/*
 * Is TEXT a pattern?  "#" is a digit, "@" a letter from A to Z, "+" behind one of them: one or more
 * of it; "\" makes the next character itself; everything else stands for itself, letters in either
 * case.  0, or -1 with ERR (SME_CONFIG) such as
 *	column 3: "+" stands behind "#" or "@" only; write \+ for the character itself
 */
int entity_check_pattern(struct slice text, struct sme_err *err);

/* May TYPE have patterns?  Built-in types but places, and names of one's own in small letters. */
int entity_check_type(struct slice type, struct sme_err *err);

struct entity_set;

struct entity_set *entity_set_new(void);
void entity_set_free(struct entity_set *set);

/* Add PATTERN for entities of type TYPE, a built-in name or any other, to SCOPE (as in query.h).
 * -1 with ERR as entity_check_pattern. */
int entity_set_add(struct entity_set *set, struct slice type, struct slice pattern, int scope,
    struct sme_err *err);

/* The name of a type, such as "order".  SET may be NULL for the built-in ones. */
struct slice entity_type_name(const struct entity_set *set, uint32_t type);

/* ---- finding ---- */

/* One thread's memory, reused from text to text. */
struct entity_scratch {
	struct entity *list; /* in order of the text, none overlapping another */
	size_t n, cap;
	struct buf values; /* normalised */
};

/* clang-format off */
#define ENTITY_SCRATCH_INIT {NULL, 0, 0, BUF_INIT}
/* clang-format on */

void entity_scratch_release(struct entity_scratch *s);

/*
 * Replace what S holds by the entities of TEXT (UTF-8; at most 4 GiB).  SET may be NULL; its
 * patterns of SCOPE and of all (0) count.  With MASKS handles and long numbers are listed, too.
 */
void entity_find(const struct entity_set *set, struct entity_scratch *s, struct slice text,
    int scope, bool masks);

static inline struct slice
entity_value(const struct entity_scratch *s, const struct entity *e)
{
	return (struct slice){s->values.p + e->value, e->value_n};
}

/* Is it personal, so that entity_redact masks it?  All are but places. */
static inline bool
entity_is_masked(const struct entity *e)
{
	return e->type != ENTITY_PLACE;
}

/* Append TEXT with each entity that is masked replaced by its type in angle brackets, "<iban>". */
void entity_redact(const struct entity_set *set, const struct entity_scratch *s, struct slice text,
    struct buf *out);

#endif
