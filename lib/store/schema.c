#include "store/schema.h"

#include <stddef.h>

/* Times are milliseconds since 1970. */
const char *const db_steps[] = {
    /*
     * The outbox of sme-publish, see outbox/machine.h.  A reply (or post) and its parts; who is at
     * work; what was spent; when a person last wrote to us.
     */
    "CREATE TABLE outbox_reply ("
    "	tenant TEXT NOT NULL, key TEXT NOT NULL,"
    "	kind TEXT NOT NULL," /* reply, post, edit, delete */
    "	network TEXT NOT NULL, channel TEXT NOT NULL,"
    "	account TEXT NOT NULL," /* the source of sme.jq; '' when no account was found */
    "	mention TEXT," /* the id of what is answered */
    "	author TEXT,"
    "	text_hash INTEGER NOT NULL,"
    "	auto INTEGER NOT NULL,"
    "	private INTEGER NOT NULL,"
    "	job TEXT NOT NULL," /* JSON: all that is needed to send it without the event */
    "	parts INTEGER NOT NULL,"
    "	state TEXT NOT NULL," /* as told: sent, failed, held, unknown, waiting */
    "	gate TEXT, reason TEXT," /* why, and which gate it was, if one */
    "	due INTEGER NOT NULL," /* nothing can be done before */
    "	closed_until INTEGER," /* the end of the closed period it was answered in */
    "	created INTEGER NOT NULL, changed INTEGER NOT NULL,"
    "	revision INTEGER NOT NULL, told INTEGER NOT NULL," /* told: the revision that went out */
    "	PRIMARY KEY (tenant, key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX outbox_reply_open ON outbox_reply (state) WHERE state IN ('waiting', 'unknown');"
    "CREATE INDEX outbox_reply_untold ON outbox_reply (told) WHERE told < revision;"
    "CREATE INDEX outbox_reply_author ON outbox_reply (tenant, author, changed);"
    "CREATE INDEX outbox_reply_mention ON outbox_reply (tenant, mention);"

    "CREATE TABLE outbox_part ("
    "	tenant TEXT NOT NULL, key TEXT NOT NULL, part INTEGER NOT NULL,"
    "	text TEXT NOT NULL,"
    "	state INTEGER NOT NULL," /* enum part_state */
    "	owner INTEGER NOT NULL, fence INTEGER NOT NULL, lease INTEGER NOT NULL,"
    "	created INTEGER NOT NULL, intent INTEGER NOT NULL, unknown INTEGER NOT NULL,"
    "	due INTEGER NOT NULL, tries INTEGER NOT NULL, looks INTEGER NOT NULL,"
    "	doubt INTEGER NOT NULL, spent INTEGER NOT NULL,"
    "	request_hash INTEGER NOT NULL,"
    "	gate TEXT, reason TEXT, sent_id TEXT, sent_url TEXT, sent_ref TEXT, sent_at INTEGER NOT NULL,"
    "	PRIMARY KEY (tenant, key, part),"
    "	FOREIGN KEY (tenant, key) REFERENCES outbox_reply (tenant, key) ON DELETE CASCADE"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE outbox_owner (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "	pid INTEGER NOT NULL, started INTEGER NOT NULL) STRICT;"

    "CREATE TABLE outbox_call ("
    "	account TEXT NOT NULL, bucket TEXT NOT NULL, at INTEGER NOT NULL,"
    "	cost REAL NOT NULL, price REAL NOT NULL"
    ") STRICT;"
    "CREATE INDEX outbox_call_at ON outbox_call (account, bucket, at);"

    "CREATE TABLE outbox_inbound ("
    "	tenant TEXT NOT NULL, network TEXT NOT NULL, author TEXT NOT NULL, at INTEGER NOT NULL,"
    "	PRIMARY KEY (tenant, network, author)"
    ") STRICT, WITHOUT ROWID;",
    NULL};
