/*
 * sme.jq: one jq expression that yields an object, see sme.jq(5).  Plain JSON is read without
 * libjq; anything else is evaluated once by libjq.  The result is checked against the schema
 * (schema.h), so that a tool can take what it needs without checking types again.
 */
#ifndef SME_CONFIG_CONFIG_H
#define SME_CONFIG_CONFIG_H

#include "core/err.h"
#include "stream/tree.h"

struct config {
	const struct json_node *root; /* an object, maybe empty */
	char *path;                   /* the file, or NULL when there is none */
	struct arena arena;           /* private: the tree */
};

/*
 * Load PATH; NULL looks for $SME_CONFIG, $XDG_CONFIG_HOME/sme/sme.jq (~/.config), /etc/sme/sme.jq,
 * and without any of these gives the empty configuration.  -1 with ERR (SME_CONFIG, or SME_NOINPUT)
 * naming file, path in the tree and what was expected; C then needs no release.
 * What the tree promises: keys and types are those of the schema, a member that is null is left
 * out, and every queue that a rule names exists.  Conditions and time zones are texts: whoever
 * compiles or opens them reports what is wrong in them.  Call it before threads are started.
 */
int config_load(struct config *c, const char *path, struct sme_err *err);
void config_release(struct config *c);

/*
 * As config_load, but compile conditions and open time zones too, and append each error
 * to REPORT as a line "FILE: PATH: what is wrong" (the first twenty).  ERR counts them.
 */
int config_check(const char *path, struct buf *report, struct sme_err *err);

/* What --check-config does: prints the errors to standard error, gives the exit status. */
int config_check_main(const char *path);

/* The object of tenant ID (events without a tenant belong to "default"), or NULL. */
const struct json_node *config_tenant(const struct config *c, struct slice id);

/* A duration is a text in the tree; the schema has checked it.  In ms. */
int64_t config_duration(const struct json_node *node, const char *key, int64_t fallback);

/* A path in the configuration is relative to the file that names it.  The caller frees. */
char *config_path(const struct config *c, struct slice path);

#endif
