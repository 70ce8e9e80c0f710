/* The scalar types of a schema. */
#ifndef SME_CONFIG_KINDS_H
#define SME_CONFIG_KINDS_H

#include "config/schema.h"

extern const struct schema kind_any, kind_text, kind_name, kind_bool, kind_duration, kind_time,
    kind_date, kind_holiday, kind_hours, kind_zone, kind_condition, kind_query, kind_keyword,
    kind_snippet, kind_path, kind_pattern, kind_network, kind_url;

/* For rows with a range or a list of words. */
bool schema_number(const struct schema *s, const struct json_node *n, struct sme_err *why);
bool schema_word(const struct schema *s, const struct json_node *n, struct sme_err *why);

#endif
