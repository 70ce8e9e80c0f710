/* Private to lib/route: what the configuration says, compiled. */
#ifndef SME_ROUTE_POLICY_H
#define SME_ROUTE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "clock/hours.h"
#include "config/config.h"
#include "core/map.h"
#include "expr/expr.h"

/* A service level. */
struct sla {
	int64_t ms;
	struct slice text; /* such as "36m"; p == NULL: there is none */
};

struct queue {
	struct slice name;
	const struct json_node *skills; /* a list of strings, or NULL */
	struct sla sla;
};

struct rule {
	struct slice name;
	size_t id;         /* over all tenants, an index into the runs of a thread */
	struct expr *when; /* NULL: always */
	const struct queue *queue; /* NULL: it leaves that to others */
	const struct json_node *skills;
	struct sla sla;
	double priority;
	struct slice action; /* p == NULL: none */
};

struct policy {
	const struct json_node *tenant; /* NULL: nothing is configured */
	const struct queue *queues;     /* at least one; the first is the default */
	size_t nqueues;
	struct rule *rules;
	size_t nrules;
	bool all; /* all rules that hit count, not only the first */
	struct hours *hours; /* NULL: always open */
};

struct policies {
	struct map by_tenant;   /* → struct policy */
	struct policy fallback; /* of tenants that are not configured */
	size_t nrules;
	struct arena arena;
};

int policies_open(struct policies *p, const struct config *config, struct scan_plan *plan,
    struct sme_err *err);
void policies_close(struct policies *p);

#endif
