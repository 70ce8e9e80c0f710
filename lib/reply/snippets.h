/* Private to lib/reply: what the configuration says, compiled. */
#ifndef SME_REPLY_SNIPPETS_H
#define SME_REPLY_SNIPPETS_H

#include <stdbool.h>

#include "clock/hours.h"
#include "clock/zone.h"
#include "config/config.h"
#include "core/map.h"
#include "expr/expr.h"
#include "reply/template.h"

struct snippet {
	struct slice name;
	struct slice lang, intent, topic; /* p == NULL: any */
	struct expr *when;                /* NULL: always */
	size_t id;                        /* over all tenants */
	struct template text;
	bool automatic; /* approved without a person */
};

struct brand {
	const struct json_node *tenant; /* NULL: nothing is configured */
	struct snippet *snippets;
	size_t n;
	struct zone *zone;   /* NULL: UTC */
	struct hours *hours; /* NULL: always open */
};

struct brands {
	struct map by_tenant; /* → struct brand */
	size_t nsnippets;
	struct arena arena;
};

int brands_open(struct brands *b, const struct config *config, struct scan_plan *plan,
    struct sme_err *err);
void brands_close(struct brands *b);

/* The brand of tenant ID; one without snippets when it is not configured. */
const struct brand *brands_get(const struct brands *b, struct slice id);

#endif
