/* Cases as JSON objects that SQLite puts together; private to lib/cases. */
#ifndef SME_CASES_ROWS_H
#define SME_CASES_ROWS_H

#include "cases/cases_int.h"

/* A time as RFC 3339, or null. */
#define TIME(x) "CASE WHEN " x " IS NULL THEN NULL ELSE strftime('%Y-%m-%dT%H:%M:%SZ', " x " / 1000, 'unixepoch') END"

/* The customer waits too long for an answer, or we for the department. */
#define LATE(now) "((f.unanswered IS NOT NULL AND f.due < " now ") OR f.department_due < " now ")"

/* A case as an object; ?9 is the current time. */
#define CASE_OBJECT                                                                                \
	"json_object('case', f.key, 'tenant', f.tenant, 'status', f.status, 'queue', f.queue, "     \
	"'priority', f.priority, 'due_at', " TIME("f.due") ", 'late', json(CASE WHEN " LATE("?9") " THEN 'true' ELSE " \
	"'false' END), 'agent', f.agent, "                              \
	"'holder', CASE WHEN f.lease > ?9 THEN f.holder END, 'fence', f.fence, 'network', f.network, " \
	"'channel', f.channel, 'author', f.author, 'handle', f.handle, 'name', f.name, "            \
	"'subject', f.subject, 'lang', f.lang, 'skills', json(f.skills), 'department', f.department, " \
	"'department_due_at', " TIME("f.department_due") ", 'department_late', json(CASE WHEN f.department_due < ?9 " \
	"THEN 'true' ELSE 'false' END), "                                                           \
	"'opened_at', " TIME("f.opened") ", 'last_at', " TIME("f.last") ", 'first_answer_at', "      \
	TIME("f.first_answer") ", 'waiting_since', " TIME("f.unanswered") ", 'closed_at', "           \
	TIME("f.closed") ", 'tags', (SELECT json_group_array(tag) FROM (SELECT tag FROM case_tag WHERE " \
	"file = f.id ORDER BY tag)))"

/* ROW with each row of ST; ST may be NULL, with ERR set. */
int case_rows(struct cases *c, struct sqlite3_stmt *st, case_row *row, void *ctx, struct sme_err *err);

#endif
