/* The members of `meta`, from the leaves up.  To add one: a row here, a paragraph in
 * man/sme-connector.5. */
#include <string.h>

#include "config/kinds.h"
#include "connector/meta.h"
#include "core/rfc3339.h"

/* clang-format off */
#define END {NULL, NULL, false}
#define LIST_OF(type, text) {.expected = (text), .item = &(type)}
#define MAP_OF(type, text) {.expected = (text), .item = &(type), .map = true}
/* clang-format on */

static const struct schema number = {
    .expected = "a number that is not negative",
    .scalar = schema_number,
    .min = 0,
    .max = 1e15,
};

static const struct schema status = {
    .expected = "an HTTP status from 100 to 599",
    .scalar = schema_number,
    .min = 100,
    .max = 599,
};

static const struct schema texts = MAP_OF(kind_text, "an object of texts");

static const char *const abilities[] = {"read.post", "read.comment", "read.mention", "read.direct",
    "read.review", "read.call", "webhook", "post", "reply", "reply.private", "thread", "edit",
    "delete", "media", NULL};
static const struct schema ability = {
    .expected = "an ability such as \"read.mention\" or \"reply\"",
    .scalar = schema_word,
    .words = abilities,
};
static const struct schema can = LIST_OF(ability, "a list of abilities");

static const struct schema as_of = {
    .expected = "an object with \"date\" and \"source\"",
    .fields =
        (const struct schema_field[]){
            {"date", &kind_date, true},
            {"source", &kind_text, true},
            END,
        },
};

static const char *const counts[] = {"points", "utf16", "graphemes", "bytes", "weighted", NULL};
static const struct schema count = {
    .expected = "points, utf16, graphemes, bytes or weighted",
    .scalar = schema_word,
    .words = counts,
};
static const char *const mentions[] = {"local", NULL};
static const struct schema mention = {
    .expected = "local",
    .scalar = schema_word,
    .words = mentions,
};
static const struct schema direct = {
    .expected = "an object with \"limit\" and \"count\"",
    .fields =
        (const struct schema_field[]){
            {"bytes", &number, false},
            {"count", &count, false},
            {"limit", &number, false},
            {"mention", &mention, false},
            {"url", &number, false},
            END,
        },
};
static const struct schema text = {
    .expected = "an object with \"limit\" and \"count\"",
    .fields =
        (const struct schema_field[]){
            {"bytes", &number, false},
            {"count", &count, false},
            {"direct", &direct, false},
            {"limit", &number, false},
            {"mention", &mention, false},
            {"url", &number, false},
            END,
        },
};

/* "string|number?" */
static bool
is_types(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	static const char *const types[] = {
	    "string", "number", "boolean", "object", "array", "null", NULL};
	struct slice rest = n->text, one;

	(void)s;
	(void)why;
	if (n->type != JSON_STRING || !rest.n)
		return false;
	if (rest.p[rest.n - 1] == '?')
		rest.n--;
	while (slice_cut(&rest, '|', &one)) {
		const char *const *t = types;

		while (*t && !slice_is(one, *t))
			t++;
		if (!*t)
			return false;
	}
	return true;
}

static const struct schema types = {
    .expected = "types such as \"string\", \"string|number\" or \"object?\"",
    .scalar = is_types,
};
static const struct schema required = MAP_OF(types, "an object of types by dotted path");
static const struct schema record = {
    .expected = "an object with \"required\"",
    .fields =
        (const struct schema_field[]){
            {"required", &required, false},
            END,
        },
};
static const struct schema records = MAP_OF(record, "an object of records by kind");

static const char *const schemes[] = {
    "none", "bearer", "basic", "header", "oauth1", "session", NULL};
static const struct schema scheme = {
    .expected = "none, bearer, basic, header, oauth1 or session",
    .scalar = schema_word,
    .words = schemes,
};
static const char *const signatures[] = {"HMAC-SHA1", "HMAC-SHA256", NULL};
static const struct schema signature = {
    .expected = "HMAC-SHA1 or HMAC-SHA256",
    .scalar = schema_word,
    .words = signatures,
};
static const struct schema names = LIST_OF(kind_name, "a list of names");
static bool
is_object(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	(void)s;
	(void)why;
	return n->type == JSON_OBJECT;
}
static const struct schema request = {.expected = "a request object", .scalar = is_object};
static const struct schema other_auth = {
    .expected = "an object with \"scheme\"",
    .fields =
        (const struct schema_field[]){
            {"early", &kind_duration, false},
            {"fields", &names, false},
            {"header", &texts, false},
            {"hosts", &names, false},
            {"public", &texts, false},
            {"refresh", &request, false},
            {"scheme", &scheme, true},
            {"session", &request, false},
            {"signature", &signature, false},
            {"take", &texts, false},
            {"token", &kind_name, false},
            END,
        },
};
static const struct schema other_auths = MAP_OF(other_auth, "an object of ways to authenticate");
static const struct schema auth = {
    .expected = "an object with \"scheme\"",
    .fields =
        (const struct schema_field[]){
            {"alternatives", &other_auths, false},
            {"early", &kind_duration, false},
            {"fields", &names, false},
            {"header", &texts, false},
            {"hosts", &names, false},
            {"public", &texts, false},
            {"refresh", &request, false},
            {"scheme", &scheme, true},
            {"session", &request, false},
            {"signature", &signature, false},
            {"take", &texts, false},
            {"token", &kind_name, false},
            END,
        },
};

static const char *const styles[] = {"epoch", "percent", "seconds", "timestamp", NULL};
static const struct schema style = {
    .expected = "epoch, percent, seconds or timestamp",
    .scalar = schema_word,
    .words = styles,
};
static const struct schema headers = {
    .expected = "an object of header names",
    .fields =
        (const struct schema_field[]){
            {"limit", &kind_name, false},
            {"remaining", &kind_name, false},
            {"reset", &kind_name, false},
            {"style", &style, false},
            {"used", &kind_name, false},
            END,
        },
};
static const char *const units[] = {"s", "ms", NULL};
static const struct schema unit = {
    .expected = "s or ms",
    .scalar = schema_word,
    .words = units,
};
static const struct schema retry_after = {
    .expected = "an object with \"body\", a dotted path, and \"unit\"",
    .fields =
        (const struct schema_field[]){
            {"body", &kind_name, true},
            {"unit", &unit, false},
            END,
        },
};
static const struct schema bucket = {
    .expected = "an object with \"n\" and \"per\"",
    .fields =
        (const struct schema_field[]){
            {"n", &number, true},
            {"per", &kind_duration, true},
            END,
        },
};
static const struct schema buckets = MAP_OF(bucket, "an object of buckets by name");
static const struct schema price = MAP_OF(number, "an object of prices by what is bought");
static const struct schema limits = {
    .expected = "an object",
    .fields =
        (const struct schema_field[]){
            {"buckets", &buckets, false},
            {"headers", &headers, false},
            {"interval", &kind_duration, false},
            {"price", &price, false},
            {"retry_after", &retry_after, false},
            END,
        },
};

static const char *const classes[] = {"ok", "transient", "auth", "permanent", "rule", NULL};
static const struct schema class = {
    .expected = "ok, transient, auth, permanent or rule",
    .scalar = schema_word,
    .words = classes,
};
static const struct schema error = {
    .expected = "an object with \"status\" or \"path\", and \"class\"",
    .fields =
        (const struct schema_field[]){
            {"class", &class, true},
            {"path", &kind_name, false},
            {"present", &kind_bool, false},
            {"status", &status, false},
            {"value", &kind_any, false},
            END,
        },
};
static const struct schema errors = LIST_OF(error, "a list of errors");

static const char *const visibilities[] = {"keep", NULL};
static const struct schema visibility = {
    .expected = "keep",
    .scalar = schema_word,
    .words = visibilities,
};
static const char *const privates[] = {"once", NULL};
static const struct schema private = {
    .expected = "once",
    .scalar = schema_word,
    .words = privates,
};
static const struct schema reply = {
    .expected = "an object",
    .fields =
        (const struct schema_field[]){
            {"private", &private, false},
            {"summoned", &kind_bool, false},
            {"tag_window", &kind_duration, false},
            {"visibility", &visibility, false},
            {"window", &kind_duration, false},
            {"window_direct", &kind_duration, false},
            END,
        },
};

static bool
is_repeat(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	int64_t ms;

	(void)s;
	(void)why;
	return n->type == JSON_STRING &&
	       (slice_is(n->text, "always") || duration_parse(n->text, &ms));
}

static const struct schema repeat = {
    .expected = "a duration such as \"1h\", or \"always\"",
    .scalar = is_repeat,
};
static const char *const idempotencies[] = {
    "header", "key", "txn", "message-id", "echo", "none", NULL};
static const struct schema idempotency = {
    .expected = "header, key, txn, message-id, echo or none",
    .scalar = schema_word,
    .words = idempotencies,
};
static const struct schema publish = {
    .expected = "an object",
    .fields =
        (const struct schema_field[]){
            {"delay", &kind_duration, false},
            {"idempotency", &idempotency, false},
            {"lookup", &kind_bool, false},
            {"repeat", &repeat, false},
            END,
        },
};

static const struct schema webhook = {
    .expected = "an object with \"verify\"",
    .fields =
        (const struct schema_field[]){
            {"challenge", &kind_name, false},
            {"header", &kind_name, false},
            {"verify", &kind_name, true},
            END,
        },
};

const struct schema meta_schema = {
    .expected = "an object",
    .fields =
        (const struct schema_field[]){
            {"as_of", &as_of, true},
            {"auth", &auth, false},
            {"base", &kind_name, false},
            {"can", &can, true},
            {"errors", &errors, false},
            {"instance", &kind_name, false},
            {"limits", &limits, false},
            {"name", &kind_name, true},
            {"publish", &publish, false},
            {"quota_day", &kind_any, false},
            {"records", &records, false},
            {"reply", &reply, false},
            {"text", &text, false},
            {"title", &kind_name, true},
            {"version", &kind_text, false},
            {"webhook", &webhook, false},
            END,
        },
};
