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
    /*
     * The desk, see cases/cases.h: all of it can be made again from the log.  What may change is said by
     * the rows of case_event, whose hashes are a chain; case_message holds what was written.
     */
    "CREATE TABLE case_file ("
    "	id INTEGER PRIMARY KEY,"
    "	tenant TEXT NOT NULL, key TEXT NOT NULL," /* the thread, or who writes privately */
    "	network TEXT, channel TEXT, author TEXT, handle TEXT, name TEXT, subject TEXT,"
    "	direct INTEGER NOT NULL DEFAULT 0,"
    "	status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'waiting', 'closed')),"
    "	queue TEXT NOT NULL DEFAULT 'inbox', skills TEXT NOT NULL DEFAULT '[]', relax TEXT,"
    "	overflow TEXT, priority REAL NOT NULL DEFAULT 0, due INTEGER, sla TEXT, lang TEXT,"
    "	agent TEXT," /* whose case it is */
    "	holder TEXT, lease INTEGER NOT NULL DEFAULT 0," /* who works on it now, and until when */
    "	fence INTEGER NOT NULL DEFAULT 0," /* grows when somebody else gets it */
    "	department TEXT, department_due INTEGER," /* where it was forwarded to */
    "	opened INTEGER, last INTEGER, first_answer INTEGER, unanswered INTEGER, closed INTEGER,"
    "	changed INTEGER NOT NULL DEFAULT 0," /* seq of the last event */
    /*
     * Who comes first: a point of priority is worth a minute of waiting.  Priority plus age, put so that it does
     * not depend on the time; nobody waits for ever behind those who come later.
     */
    "	rank INTEGER GENERATED ALWAYS AS (coalesce(opened, 0) - CAST(priority * 60000 AS INTEGER)) STORED,"
    "	UNIQUE (tenant, key)"
    ") STRICT;"
    "CREATE INDEX case_file_free ON case_file (tenant, queue, rank, id)"
    "	WHERE status = 'open' AND agent IS NULL;"
    "CREATE INDEX case_file_lease ON case_file (tenant, lease) WHERE holder IS NOT NULL;"
    "CREATE INDEX case_file_work ON case_file (tenant, status, rank, id);"
    "CREATE INDEX case_file_due ON case_file (tenant, status, due, id);"
    "CREATE INDEX case_file_agent ON case_file (tenant, agent, status);"
    "CREATE INDEX case_file_author ON case_file (tenant, author);"
    "CREATE INDEX case_file_last ON case_file (tenant, last DESC, id);"

    "CREATE TABLE case_message ("
    "	id INTEGER PRIMARY KEY,"
    "	file INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,"
    "	tenant TEXT NOT NULL, event TEXT NOT NULL," /* the id of the mention or reply */
    "	type TEXT NOT NULL CHECK (type IN ('mention', 'reply', 'note')),"
    "	at INTEGER NOT NULL, author TEXT, text TEXT, url TEXT, state TEXT, auto INTEGER NOT NULL DEFAULT 0,"
    "	revision INTEGER NOT NULL DEFAULT 0,"
    "	raw TEXT," /* the mention, which an answer needs */
    "	UNIQUE (tenant, event)"
    ") STRICT;"
    "CREATE INDEX case_message_file ON case_message (file, at, id);"
    /* Kept by hand: a trigger may not touch it when the schema is not trusted. */
    "CREATE VIRTUAL TABLE case_search USING fts5 (text, tokenize=\"unicode61 remove_diacritics 2\");"

    "CREATE TABLE case_tag ("
    "	file INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE, tag TEXT NOT NULL,"
    "	PRIMARY KEY (file, tag)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX case_tag_tag ON case_tag (tag, file);"

    "CREATE TABLE case_agent ("
    "	tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT,"
    "	skills TEXT NOT NULL DEFAULT '[]', queues TEXT NOT NULL DEFAULT '[]'," /* []: all */
    "	capacity INTEGER NOT NULL DEFAULT 5, networks TEXT NOT NULL DEFAULT '{}',"
    "	online INTEGER NOT NULL DEFAULT 0, served INTEGER NOT NULL DEFAULT 0,"
    "	turn INTEGER NOT NULL DEFAULT 0," /* seq of the last case given */
    "	PRIMARY KEY (tenant, id)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE case_link ("
    "	tenant TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL," /* two accounts of one person */
    "	evidence TEXT NOT NULL, confidence REAL NOT NULL, actor TEXT, at INTEGER NOT NULL,"
    "	PRIMARY KEY (tenant, a, b)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE case_event ("
    "	seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL,"
    "	key TEXT, author TEXT, at INTEGER, actor TEXT, action TEXT, data TEXT, salt TEXT,"
    "	content TEXT NOT NULL, hash TEXT NOT NULL" /* of all that stands above; and the chain */
    ") STRICT;"
    "CREATE INDEX case_event_key ON case_event (tenant, key, seq);"
    "CREATE TABLE case_logged (seq INTEGER NOT NULL) STRICT;" /* up to here they are in the log */
    "INSERT INTO case_logged (seq) VALUES (0);",
    /* Fewer places to change when a case is claimed and closed; what a list may be narrowed to. */
    "DROP INDEX case_file_free; DROP INDEX case_file_agent;"
    "CREATE INDEX case_file_free ON case_file (tenant, queue, rank, id)"
    "	WHERE status = 'open' AND agent IS NULL AND unanswered IS NOT NULL;"
    "CREATE INDEX case_file_agent ON case_file (tenant, agent, rank, id)"
    "	WHERE status = 'open' AND agent IS NOT NULL;"
    "CREATE INDEX case_file_queue ON case_file (tenant, queue, rank, id) WHERE status = 'open';"
    "CREATE INDEX case_file_department ON case_file (tenant, department_due) WHERE department_due IS NOT NULL;"
    "CREATE INDEX case_message_author ON case_message (tenant, author) WHERE author IS NOT NULL;",
    /* Whom an answer was for: it goes when that mention goes. */
    "ALTER TABLE case_message ADD COLUMN answers TEXT;",
    /*
     * In which thread a reply stands (hash of its key, see stream/thread.h; 0: not known), and when a person
     * of ours last wrote in one, on whatever way.
     */
    "ALTER TABLE outbox_reply ADD COLUMN thread INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX outbox_reply_thread ON outbox_reply (tenant, thread);"
    "CREATE INDEX outbox_part_sent ON outbox_part (tenant, sent_id) WHERE sent_id IS NOT NULL;"
    "CREATE TABLE outbox_person ("
    "	tenant TEXT NOT NULL, thread INTEGER NOT NULL, at INTEGER NOT NULL,"
    "	PRIMARY KEY (tenant, thread)"
    ") STRICT, WITHOUT ROWID;",
    /* The last transaction that did requests of several processes, see store/combine.c. */
    "CREATE TABLE store_batch (n INTEGER NOT NULL) STRICT; INSERT INTO store_batch (n) VALUES (0);"
    /*
     * need: the skills that suffice by now; step: when that changes next, or the queue.  All cases that the same
     * agents may have stand together, so that the next one for an agent is found without looking at the others.
     */
    "ALTER TABLE case_file ADD COLUMN need TEXT NOT NULL DEFAULT '[]';"
    "ALTER TABLE case_file ADD COLUMN step INTEGER;"
    "UPDATE case_file SET need = skills, step = CASE WHEN relax IS NOT NULL OR overflow IS NOT NULL THEN 0 END;"
    "CREATE INDEX case_file_step ON case_file (tenant, step) WHERE step IS NOT NULL;"
    "DROP INDEX case_file_free;"
    "CREATE INDEX case_file_free ON case_file (tenant, queue, need, rank, id)"
    "	WHERE status = 'open' AND agent IS NULL AND unanswered IS NOT NULL;",
    /* For pages of lists, in each order and far from the start. */
    "DROP INDEX case_file_due; DROP INDEX case_file_last;"
    "CREATE INDEX case_file_due ON case_file (tenant, status, coalesce(due, 9223372036854775807), id);"
    "CREATE INDEX case_file_last ON case_file (tenant, status, coalesce(last, 0) DESC, id);"
    "CREATE TABLE case_count ("
    "	tenant TEXT NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL,"
    "	PRIMARY KEY (tenant, status)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO case_count (tenant, status, n) SELECT tenant, status, count(*) FROM case_file GROUP BY tenant, status;"
    "CREATE TRIGGER case_count_new AFTER INSERT ON case_file BEGIN"
    "	INSERT INTO case_count (tenant, status, n) VALUES (new.tenant, new.status, 1)"
    "		ON CONFLICT (tenant, status) DO UPDATE SET n = n + 1;"
    "END;"
    "CREATE TRIGGER case_count_gone AFTER DELETE ON case_file BEGIN"
    "	UPDATE case_count SET n = n - 1 WHERE tenant = old.tenant AND status = old.status;"
    "END;"
    "CREATE TRIGGER case_count_status AFTER UPDATE OF status ON case_file WHEN new.status IS NOT old.status BEGIN"
    "	UPDATE case_count SET n = n - 1 WHERE tenant = old.tenant AND status = old.status;"
    "	INSERT INTO case_count (tenant, status, n) VALUES (new.tenant, new.status, 1)"
    "		ON CONFLICT (tenant, status) DO UPDATE SET n = n + 1;"
    "END;",
    /* Some databases came to step 3 before it made these. */
    "CREATE INDEX IF NOT EXISTS case_file_queue ON case_file (tenant, queue, rank, id) WHERE status = 'open';"
    "CREATE INDEX IF NOT EXISTS case_file_department ON case_file (tenant, department_due)"
    "	WHERE department_due IS NOT NULL;",
    NULL};
