/*
 * Reading an account: what its connector's `start` asks for, page by page, into events.  What was read
 * counts as read only when the output has taken it; a poll that is cut short, by a limit or a kill,
 * goes on where it was.  Each poll ends with a coverage event, and with an alert event for each kind of
 * record that is no longer what the connector knows.
 */
#ifndef SME_CONNECTOR_POLL_H
#define SME_CONNECTOR_POLL_H

#include "connector/account.h"
#include "connector/program.h"
#include "net/driver.h"
#include "vault/vault.h"

/* Requests of one poll, unless it is told otherwise. */
#define POLL_REQUESTS_MAX 200

struct poll;

/*
 * A, completed, and C (which others may share) must outlive the poll.  V may be NULL.  REQUESTS_MAX 0:
 * the default.
 */
struct poll *poll_open(const struct account *a, struct connector *c, struct vault *v,
    unsigned requests_max);

/* What P reads is a document that stands alone: no coverage event closes it. */
void poll_alone(struct poll *p);

/* After the run. */
void poll_close(struct poll *p);

/* The driver, whose state is a struct poll. */
extern const struct source_driver poll_driver;

#endif
