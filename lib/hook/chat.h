/*
 * The in-app channel: a small HTTP API by which the users of a company's own app or web site write to
 * it and read what it answers.  See sme-hook(1), IN-APP MESSAGES AND WEB CHAT.
 */
#ifndef SME_HOOK_CHAT_H
#define SME_HOOK_CHAT_H

#include "core/err.h"
#include "hook/thread.h"
#include "stream/tree.h"

struct chat;
struct call;

/*
 * Open the channel that SETTINGS (settings.chat of a source; it must stay) describe, whose
 * conversations are in DIR and have been mapped up to POS.  NULL with ERR (SME_CONFIG names the
 * member).
 */
struct chat *chat_open(const struct json_node *settings, const char *dir, struct spool_pos pos,
    void (*say)(const char *text), struct sme_err *err);
void chat_close(struct chat *c);

/* Only the checks of chat_open. */
int chat_check(const struct json_node *settings, struct sme_err *err);

struct threads *chat_threads(struct chat *c);

/* How long conversations are kept, in ms; 0: for ever. */
int64_t chat_keep(const struct chat *c);

/* The routes below /chat/SOURCE: R->source and R->rest (from the "/" behind it on) are set. */
void chat_route(struct call *r);

/* About once a second: keep streams alive, end those whose time is up; with CLOSING all of them. */
void chat_tick(struct chat *c, bool closing);

#endif
