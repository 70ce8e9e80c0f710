/* What the parts of sme-hook share. */
#ifndef SME_HOOK_CMD_H
#define SME_HOOK_CMD_H

#include "hook/consume.h"
#include "hook/listen.h"
#include "hook/server.h"

struct hook {
	struct config config;
	struct sources *sources;
	char *dir, *position, *rejects_path;
	struct rejects *rejects;
	struct spool *spool;
	struct spool_pos pos;
	struct server_options server_options;
	struct consumer_options consumer_options;
	struct committer *committer;
	struct consumer *consumer;
	struct server *server;
	/* As they were when each part was stopped. */
	struct server_stats served;
	struct commit_stats committed;
	struct consumer_stats consumed;
	int64_t measured;
	bool failed; /* to start: err says why */
	struct sme_err err;
};

/*
 * The directory GIVEN, or where the configuration or $SME_HOME says, made and locked for this
 * process; the caller frees the name.  Exits SME_TEMPFAIL when another has it.
 */
char *take_spool(const struct config *c, const char *given);

#define ERASE_WHAT "erase a person's conversation in an in-app channel"

/* The command "erase". */
int erase_main(int argc, char **argv);

/* Write what was counted to PATH. */
int hook_metrics(const struct hook *h, const char *path, struct sme_err *err);

/* Tell systemd (or whoever set $NOTIFY_SOCKET) STATE, see sd_notify(3); nothing when nobody asked. */
void tell_manager(const char *state);

#endif
