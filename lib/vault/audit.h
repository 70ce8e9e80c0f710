/*
 * Who used the vault: one line of JSON for each access, appended to PATH.audit.  It names tenant
 * and entry, never a value.
 *
 *	{"at":"2026-11-22T09:30:00Z","tool":"sme-fetch","pid":17,"uid":0,"action":"get","tenant":"t",
 *	 "name":"n","outcome":"ok"}
 */
#ifndef SME_VAULT_AUDIT_H
#define SME_VAULT_AUDIT_H

#include "core/err.h"
#include "core/slice.h"

struct audit {
	const char *tool, *action;
	struct slice tenant, name; /* p == NULL: none in particular */
	const char *outcome;
};

/* Append A to PATH.  When that fails the access must not take place. */
int audit_append(const char *path, const struct audit *a, struct sme_err *err);

#endif
