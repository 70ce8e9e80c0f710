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

enum sla_clock { CLOCK_UNSAID, CLOCK_WALL, CLOCK_BUSINESS };

/* Hours of its own for some channels, queues or rules. */
struct calendar {
	struct slice name;
	struct hours *hours;              /* NULL: always open */
	const struct json_node *channels; /* those that keep it; or NULL */
};

struct queue {
	struct slice name;
	const struct json_node *skills; /* a list of strings, or NULL */
	struct sla sla;
	enum sla_clock clock;
	const struct calendar *calendar; /* NULL: that of the channel */
	const struct json_node *relax;    /* steps {after, skills}, or NULL */
	const struct json_node *overflow; /* {queue, after}, or NULL */
};

struct rule {
	struct slice name;
	size_t id;         /* over all tenants, an index into the runs of a thread */
	struct expr *when; /* NULL: always */
	const struct queue *queue; /* NULL: it leaves that to others */
	const struct json_node *skills;
	struct sla sla;
	enum sla_clock clock;
	const struct calendar *calendar; /* NULL: that of the queue */
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
	enum sla_clock clock;
	struct calendar *calendars;
	size_t ncalendars;
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
