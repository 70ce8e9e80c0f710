/*
 * The sources of sme.jq that are pushed to us: which connector maps them, how they are signed, and
 * with what secret.
 */
#ifndef SME_HOOK_SOURCES_H
#define SME_HOOK_SOURCES_H

#include "connector/account.h"
#include "connector/program.h"
#include "hook/verify.h"
#include "vault/secret.h"

struct chat;

struct hook_source {
	struct slice name;
	struct account account;
	struct connector *connector; /* for one thread: the one that maps */
	const struct verify_scheme *scheme; /* NULL: takes no deliveries */
	const char *header;     /* where the signature stands */
	struct slice challenge; /* "meta", "crc", or p == NULL */
	struct secret secret;   /* see sources_secret */
	struct chat *chat;      /* the in-app channel, or NULL */
	char *position;         /* the file that says how much of it is mapped */
};

struct sources;

/*
 * Load the sources of TENANT (NULL: all) that have a webhook or a chat.  C must stay.  SAY gets notes
 * for the user.  NULL with ERR naming the source.
 */
struct sources *sources_open(const struct config *c, const char *tenant,
    void (*say)(const char *text), struct sme_err *err);
void sources_close(struct sources *s);

/* Open the conversations of all that have a chat, below DIR. */
int sources_open_chats(struct sources *s, const char *dir, struct sme_err *err);

/* Open the vault and read the secrets; later read them anew.  On failure the old ones stay.  A source
 * whose entry lacks something is noted, and closed to what needs it. */
int sources_unlock_vault(struct sources *s, struct sme_err *err);
int sources_reload(struct sources *s, struct sme_err *err);

struct hook_source *sources_find(struct sources *s, struct slice name);
size_t sources_count(const struct sources *s);
struct hook_source *sources_at(struct sources *s, size_t i);

/* The field of the source's vault entry; empty when it is not there.  Valid until sources_unlock, which
 * must follow. */
struct slice sources_secret(struct sources *s, const struct hook_source *source, const char *field);
void sources_unlock(struct sources *s);

#endif
