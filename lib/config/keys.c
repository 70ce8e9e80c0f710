/*
 * The keys of sme.jq, from the leaves up.  To add one: a row here, a paragraph in man/sme.jq.5.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/kinds.h"
#include "config/tenant.h"
#include "core/map.h"
#include "text/entity.h"

/* clang-format off */
#define END {NULL, NULL, false}
#define LIST_OF(type, text) {.expected = (text), .item = &(type)}
#define MAP_OF(type, text) {.expected = (text), .item = &(type), .map = true}
/* clang-format on */

static void entities_cross(struct schema_check *c, const struct json_node *map);
static void names_cross(struct schema_check *c, const struct json_node *list);
static void sources_cross(struct schema_check *c, const struct json_node *list);

static const struct schema names = LIST_OF(kind_name, "a list of names");
static const struct schema texts = MAP_OF(kind_text, "an object of texts");
static const struct schema queries = MAP_OF(kind_query, "an object of boolean queries by name");
static const struct schema keywords = LIST_OF(kind_keyword, "a list of words and phrases");
static const struct schema models = LIST_OF(kind_path, "a list of files and directories of models");
static const struct schema patterns = LIST_OF(kind_pattern, "a list of patterns");
static const struct schema entities = {
    .expected = "an object of lists of patterns by type",
    .item = &patterns,
    .map = true,
    .cross = entities_cross,
};
static const struct schema holidays = LIST_OF(kind_holiday, "a list of dates, regions and files");
static const struct schema networks = LIST_OF(kind_network, "a list of addresses");
static const struct schema columns = MAP_OF(kind_name, "an object of column names by field");

static const struct schema weight = {
    .expected = "a number from 0 to 100",
    .scalar = schema_number,
    .min = 0,
    .max = 100,
};
static const struct schema points = {
    .expected = "a number from -100 to 100",
    .scalar = schema_number,
    .min = -100,
    .max = 100,
};
static const struct schema share = {
    .expected = "a number from 0 to 1",
    .scalar = schema_number,
    .min = 0,
    .max = 1,
};
static const struct schema points_map = MAP_OF(points, "an object of numbers by name");
static const struct schema share_map = MAP_OF(share, "an object of numbers from 0 to 1 by name");
static const struct schema priority = {
    .expected = "a number from -1000 to 1000",
    .scalar = schema_number,
    .min = -1000,
    .max = 1000,
};

static const char *const match_words[] = {"first", "all", NULL};
static const struct schema match = {
    .expected = "\"first\" or \"all\"",
    .scalar = schema_word,
    .words = match_words,
};
static const char *const clock_words[] = {"wall", "business", NULL};
static const struct schema sla_clock = {
    .expected = "\"wall\" or \"business\"",
    .scalar = schema_word,
    .words = clock_words,
};
static const char *const action_words[] = {"ack", "hold", "ignore", NULL};
static const struct schema action = {
    .expected = "\"ack\", \"hold\" or \"ignore\"",
    .scalar = schema_word,
    .words = action_words,
};
static const char *const source_words[] = {"feed", "ndjson", "csv", NULL};
static const struct schema source_type = {
    .expected = "\"feed\", \"ndjson\" or \"csv\"",
    .scalar = schema_word,
    .words = source_words,
};

static const struct schema spans = LIST_OF(kind_hours, "a list of spans such as \"08:00-20:00\"");
static const struct schema_field hours_fields[] = {
    {"mon", &spans, false},
    {"tue", &spans, false},
    {"wed", &spans, false},
    {"thu", &spans, false},
    {"fri", &spans, false},
    {"sat", &spans, false},
    {"sun", &spans, false},
    END,
};
static const struct schema hours = {
    .expected = "an object with mon, tue ... sun", .fields = hours_fields};

static const struct schema_field calendar_fields[] = {
    {"timezone", &kind_zone, false},
    {"hours", &hours, false},
    {"holidays", &holidays, false},
    {"channels", &names, false},
    END,
};
static const struct schema calendar = {
    .expected = "a calendar such as {hours: {mon: [\"08:00-20:00\"]}}", .fields = calendar_fields};
static const struct schema calendars = MAP_OF(calendar, "an object of calendars by name");

static const struct schema_field relax_fields[] = {
    {"after", &kind_duration, true},
    {"skills", &names, true},
    END,
};
static const struct schema relax = {
    .expected = "a step such as {after: \"10m\", skills: [\"network\"]}", .fields = relax_fields};
static const struct schema relaxes = LIST_OF(relax, "a list of steps");
static const struct schema_field overflow_fields[] = {
    {"queue", &kind_name, true},
    {"after", &kind_duration, true},
    END,
};
static const struct schema overflow = {
    .expected = "an object such as {queue: \"inbox\", after: \"30m\"}", .fields = overflow_fields};

static const struct schema_field queue_fields[] = {
    {"name", &kind_name, true},
    {"skills", &names, false},
    {"sla", &kind_duration, false},
    {"clock", &sla_clock, false},
    {"calendar", &kind_name, false},
    {"relax", &relaxes, false},
    {"overflow", &overflow, false},
    END,
};
static const struct schema queue = {
    .expected = "a queue such as {name: \"inbox\"}", .fields = queue_fields};
static const struct schema queues = {
    .expected = "a list of queues",
    .item = &queue,
    .cross = names_cross,
};

static const struct schema_field rule_fields[] = {
    {"name", &kind_name, true},
    {"when", &kind_condition, false},
    {"queue", &kind_name, false},
    {"skills", &names, false},
    {"sla", &kind_duration, false},
    {"clock", &sla_clock, false},
    {"calendar", &kind_name, false},
    {"priority", &priority, false},
    {"action", &action, false},
    END,
};
static const struct schema rule = {
    .expected = "a rule such as {name: \"all\", queue: \"inbox\"}", .fields = rule_fields};
static const struct schema rules = {
    .expected = "a list of rules",
    .item = &rule,
    .cross = names_cross,
};

static const struct schema_field snippet_fields[] = {
    {"name", &kind_name, true},
    {"text", &kind_snippet, true},
    {"lang", &kind_name, false},
    {"intent", &kind_name, false},
    {"topic", &kind_name, false},
    {"when", &kind_condition, false},
    {"auto", &kind_bool, false},
    END,
};
static const struct schema snippet = {
    .expected = "a snippet such as {name: \"hi\", text: \"...\"}", .fields = snippet_fields};
static const struct schema snippets = {
    .expected = "a list of snippets",
    .item = &snippet,
    .cross = names_cross,
};

static const struct schema_field weights_fields[] = {
    {"sentiment", &weight, false},
    {"reach", &weight, false},
    {"urgency", &weight, false},
    {"direct", &weight, false},
    {"bot", &weight, false},
    {"age", &weight, false},
    {"credibility", &weight, false},
    {"customer", &weight, false},
    {"influence", &weight, false},
    END,
};
static const struct schema weights = {.expected = "an object of weights", .fields = weights_fields};
static const struct schema_field urgency_fields[] = {
    {"file", &kind_path, false},
    {"words", &share_map, false},
    {"topics", &share_map, false},
    {"queries", &share_map, false},
    {"intents", &share_map, false},
    {"sentiment", &share, false},
    {"direct", &share, false},
    {"question", &share, false},
    END,
};
static const struct schema urgency = {.expected = "an object", .fields = urgency_fields};
static const struct schema_field score_fields[] = {
    {"weights", &weights, false},
    {"intents", &points_map, false},
    {"topics", &points_map, false},
    {"queries", &points_map, false},
    {"age", &kind_duration, false},
    {"reach", &kind_path, false},
    {"sources", &kind_path, false},
    {"customers", &kind_path, false},
    {"influence", &kind_path, false},
    {"h_index", &kind_path, false},
    {"urgency", &urgency, false},
    END,
};
static const struct schema score = {.expected = "an object", .fields = score_fields};

static const struct schema_field sweep_fields[] = {
    {"page", &priority, false},
    END,
};
static const struct schema sweep = {.expected = "an object such as {page: 70}", .fields = sweep_fields};

static const struct schema_field tenant_fields[] = {
    {"name", &kind_name, false},
    {"timezone", &kind_zone, false},
    {"accounts", &names, false},
    {"languages", &names, false},
    {"hours", &hours, false},
    {"holidays", &holidays, false},
    {"calendars", &calendars, false},
    {"clock", &sla_clock, false},
    {"vars", &texts, false},
    {"queries", &queries, false},
    {"topics", &queries, false},
    {"keywords", &keywords, false},
    {"entities", &entities, false},
    {"models", &models, false},
    {"queues", &queues, false},
    {"match", &match, false},
    {"rules", &rules, false},
    {"snippets", &snippets, false},
    {"score", &score, false},
    {"sweep", &sweep, false},
    END,
};
static const struct schema tenant = {
    .expected = "an object",
    .fields = tenant_fields,
    .cross = tenant_cross,
};
static const struct schema tenants = MAP_OF(tenant, "an object of tenants by name");

static const struct schema settings = MAP_OF(kind_any, "an object");
static const struct schema_field source_fields[] = {
    {"name", &kind_name, true},
    {"type", &source_type, false},
    {"url", &kind_name, false},
    {"path", &kind_path, false},
    {"connector", &kind_path, false},
    {"tenant", &kind_name, false},
    {"network", &kind_name, false},
    {"channel", &kind_name, false},
    {"kind", &kind_name, false},
    {"lang", &kind_name, false},
    {"map", &columns, false},
    {"handle", &kind_name, false},
    {"base", &kind_url, false},
    {"instance", &kind_name, false},
    {"secret", &kind_name, false},
    {"settings", &settings, false},
    {"ca", &kind_path, false},
    {"allow_private", &networks, false},
    {"interval", &kind_duration, false},
    END,
};
static const struct schema source = {
    .expected = "a source such as {name: \"blog\", type: \"feed\", url: \"https://...\"}",
    .fields = source_fields,
};
static const struct schema sources = {
    .expected = "a list of sources",
    .item = &source,
    .cross = sources_cross,
};

static const struct schema money = {
    .expected = "a number from 0 to 1e9",
    .scalar = schema_number,
    .min = 0,
    .max = 1e9,
};
static const struct schema_field spending_fields[] = {
    {"day", &money, false},
    {"month", &money, false},
    END,
};
static const struct schema spending = {
    .expected = "an object such as {day: 20}", .fields = spending_fields};
static const struct schema spendings = MAP_OF(spending, "an object of budgets by account");
static const struct schema_field budget_fields[] = {
    {"accounts", &spendings, false},
    {"day", &money, false},
    {"month", &money, false},
    END,
};
static const struct schema budget = {
    .expected = "an object such as {day: 50}", .fields = budget_fields};
static const struct schema answers = {
    .scalar = schema_number,
    .expected = "a number of answers, at least 1",
    .min = 1,
    .max = 1e6,
};
static const struct schema_field loop_fields[] = {
    {"answers", &answers, false},
    {"within", &kind_duration, false},
    END,
};
static const struct schema loop = {
    .expected = "an object such as {answers: 10, within: \"1d\"}", .fields = loop_fields};
static const struct schema_field publish_fields[] = {
    {"backoff", &kind_duration, false},
    {"budget", &budget, false},
    {"loop", &loop, false},
    {"outbox", &kind_path, false},
    {"person", &kind_duration, false},
    {"same_text", &kind_duration, false},
    END,
};
static const struct schema publish = {.expected = "an object", .fields = publish_fields};

static const struct schema_field vault_fields[] = {
    {"path", &kind_path, false},
    {"key_file", &kind_path, false},
    END,
};
static const struct schema vault = {.expected = "an object", .fields = vault_fields};

static const struct schema hook_body = {
    .expected = "a whole number of bytes from 1024 to 16777216",
    .scalar = schema_number,
    .min = 1024,
    .max = 16 << 20,
};
static const struct schema hook_connections = {
    .expected = "a number from 1 to 10000",
    .scalar = schema_number,
    .min = 1,
    .max = 10000,
};
static const struct schema hook_per_ip = {
    .expected = "a number from 0 to 10000",
    .scalar = schema_number,
    .min = 0,
    .max = 10000,
};
static const struct schema_field hook_fields[] = {
    {"listen", &kind_name, false},
    {"spool", &kind_path, false},
    {"body", &hook_body, false},
    {"connections", &hook_connections, false},
    {"per_ip", &hook_per_ip, false},
    {"timeout", &kind_duration, false},
    END,
};
static const struct schema hook = {.expected = "an object", .fields = hook_fields};

static const struct schema_field root_fields[] = {
    {"tenants", &tenants, false},
    {"queries", &queries, false},
    {"topics", &queries, false},
    {"keywords", &keywords, false},
    {"entities", &entities, false},
    {"places", &kind_path, false},
    {"models", &models, false},
    {"score", &score, false},
    {"sources", &sources, false},
    {"publish", &publish, false},
    {"hook", &hook, false},
    {"vault", &vault, false},
    END,
};
const struct schema config_schema = {.expected = "an object", .fields = root_fields};

/* A type becomes part of a mask, "<order>", and of conditions. */
static void
entities_cross(struct schema_check *c, const struct json_node *map)
{
	for (NODE_EACH(it, map)) {
		struct sme_err err;

		if (entity_check_type(it->key, &err) < 0)
			schema_error(c, "", "%s", err.text);
	}
}

/* The names in a list of objects are what others point at: each only once. */
static void
names_cross(struct schema_check *c, const struct json_node *list)
{
	struct map seen = MAP_INIT;
	size_t i = 0;
	char sub[40];

	for (NODE_EACH(it, list)) {
		struct slice name = node_text(it, "name");
		union map_value *first = map_put(&seen, name);

		snprintf(sub, sizeof sub, "[%zu].name", i++);
		if (first->u)
			schema_error(c, sub, "\"%.*s\" is already the name of [%zu]",
			    SLICE_ARG(name), (size_t)first->u - 1);
		else
			first->u = i;
	}
	map_release(&seen);
}

/* What only one kind of source has. */
static void
source_keys(struct schema_check *c, const char *sub, const struct json_node *it, bool account)
{
	static const char *const of_account[] = {"handle", "base", "instance", "secret", "settings", "ca"};
	static const char *const of_feed[] = {"type", "url", "path", "kind", "lang", "map"};
	const char *const *keys = account ? of_feed : of_account;

	for (size_t i = 0; i < 6; i++)
		if (node_get(it, keys[i]))
			schema_error(c, sub, account ? "a source with \"connector\" has no \"%s\""
			                             : "only a source with \"connector\" has \"%s\"",
			    keys[i]);
	if (account)
		return;
	if (!node_get(it, "type"))
		schema_error(c, sub, "\"type\" is missing: %s", source_type.expected);
	if (!node_get(it, "url") == !node_get(it, "path"))
		schema_error(c, sub, "expected either \"url\" or \"path\"");
}

/* A source has one place, and the tenant it is for must be there when any is. */
static void
sources_cross(struct schema_check *c, const struct json_node *list)
{
	const struct json_node *known = node_get(c->root, "tenants");
	size_t i = 0;
	char sub[48];

	names_cross(c, list);
	for (NODE_EACH(it, list)) {
		struct slice to = node_text(it, "tenant");

		snprintf(sub, sizeof sub, "[%zu]", i);
		source_keys(c, sub, it, node_get(it, "connector") != NULL);
		snprintf(sub, sizeof sub, "[%zu].tenant", i++);
		if (known && to.p && !slice_is(to, "default") && !node_get(known, to.p))
			schema_error(c, sub, "no tenant \"%.*s\" in .tenants", SLICE_ARG(to));
	}
}
