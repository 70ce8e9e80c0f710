/* What sme-case is made of besides its options and main().  All of it may print and exit. */
#ifndef SME_CASE_H
#define SME_CASE_H

#include "cases/cases.h"
#include "core/cli.h"

struct case_options {
	const char *db, *log, *tenant, *agent, *author, *queue, *status, *tag, *order, *to, *strategy, *evidence, *after, *rejects;
	bool json, late, unassigned, back;
	int64_t now, as_of, lease, due;
	long limit, page, fence;
	double confidence;
};
extern struct case_options opt;

struct case_command {
	const char *name, *what, *operands;
	const struct cli_opt *options;
	int (*run)(char **operands);
};

/* Tell the user. */
void desk_say(const char *text);

/* The database and the log that the options name, open. */
struct cases *desk_open(void);

/* To look at only: with --as-of a copy as it was then, made from the log, that goes when the program ends. */
struct cases *desk_look(void);

/* Close it, with the new events in the log. */
void desk_close(struct cases *c);

/* Where they are; the caller frees. */
char *desk_db(void);
char *desk_log(void);

struct slice desk_tenant(void);
struct slice desk_agent(void);

/* End with the error, unless R is not negative. */
void desk_check(int64_t r, const struct sme_err *err);

/* Do ACTION with DATA (JSON or NULL) to the case KEY. */
void desk_do(struct cases *c, const char *key, const char *action, const char *data);

/* Print rows of JSON: as they are with --json, else the members COLUMNS, a list of names, as a table. */
struct table;
struct table *table_new(const char *const *columns);
void table_row(void *table, struct slice json);
void table_end(struct table *t);

int agents_main(char **operands);
int approve_main(char **operands);
int assign_main(char **operands);
int claim_main(char **operands);
int close_main(char **operands);
int erase_main(char **operands);
int forward_main(char **operands);
int ingest_main(char **operands);
int journey_main(char **operands);
int link_main(char **operands);
int list_main(char **operands);
int note_main(char **operands);
int queue_main(char **operands);
int rebuild_main(char **operands);
int release_main(char **operands);
int reopen_main(char **operands);
int reply_main(char **operands);
int search_main(char **operands);
int show_main(char **operands);
int tag_main(char **operands);
int unlink_main(char **operands);
int verify_main(char **operands);
int wait_main(char **operands);

#endif
