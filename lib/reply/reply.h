/*
 * What to answer: the snippets of each tenant, compiled once, and the one that fits a mention.
 * sme-reply(1) says in which order they are tried and what the value means.
 */
#ifndef SME_REPLY_REPLY_H
#define SME_REPLY_REPLY_H

#include "config/config.h"
#include "core/buf.h"
#include "stream/event.h"
#include "stream/scan.h"

struct replier;

/*
 * Compile what CONFIG says; the paths that are needed are added to PLAN.  CONFIG must outlive the
 * replier.  NETWORKS is the file with the limits of the networks; it is only read when there are
 * snippets.  NULL with ERR.
 */
struct replier *replier_open(const struct config *config, const char *networks,
    struct scan_plan *plan, struct sme_err *err);
void replier_close(struct replier *r);

/* One thread's scratch memory. */
struct replier_run;
struct replier_run *replier_run_new(const struct replier *r);
void replier_run_free(struct replier_run *run);

/* Append the `reply` value of the mention EV to VALUE. */
void reply_event(const struct replier *r, struct replier_run *run, const struct event *ev,
    struct buf *value);

#endif
