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

/* Write what was counted to PATH. */
int hook_metrics(const struct hook *h, const char *path, struct sme_err *err);

/* Tell systemd (or whoever set $NOTIFY_SOCKET) STATE, see sd_notify(3); nothing when nobody asked. */
void tell_manager(const char *state);

#endif
