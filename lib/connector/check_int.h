/* What only the check sees: one connector under test, and one case of it. */
#ifndef SME_CONNECTOR_CHECK_INT_H
#define SME_CONNECTOR_CHECK_INT_H

#include "connector/account.h"
#include "connector/check.h"
#include "connector/program.h"
#include "connector/record.h"

struct check {
	struct connector *c;
	const struct check_options *options;
	struct buf *report;
	struct check_result *result;
	struct html *html;
	const char *place; /* the file that is looked at */
	size_t line;       /* of a case; 0: none */
	struct slice name; /* of the case */
};

/* Add a line to the report: where, and what is wrong. */
void check_problem(struct check *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct check_case {
	jv all;     /* the line */
	jv account; /* $account */
	jv input;   /* response or delivery, complete */
	struct account a;
	struct arena arena;
	enum connector_call call;
	int64_t now;
};

/* What came of a page or a delivery. */
struct check_page {
	jv output;          /* as the function yielded it */
	jv events, alerts;  /* the lines as objects */
	uint64_t rejected;
	struct buf reasons; /* why, a line each */
	char odd[64];       /* see record_sink */
};

/* Run page or webhook on INPUT, which is consumed, and map its records.  -1 with ERR. */
int check_page(struct check *k, const struct check_case *t, jv input, struct check_page *page,
    struct sme_err *err);
void check_page_release(struct check_page *page);

/* --- check_lint.c --- */

/* What `can` claims needs functions, and functions are there for something. */
void lint_meta(struct check *k);

/* V, which is not consumed, is a request (WHAT says where it stands), or a list of them. */
void lint_request(struct check *k, const char *what, jv v);
void lint_requests(struct check *k, const char *what, jv v);

/* The members of V are among NAMES, which end with NULL. */
void lint_members(struct check *k, const char *what, jv v, const char *const *names);

/* --- check_break.c --- */

/* The case once more, with one thing broken at a time; PAGE is what came of it whole. */
void check_broken(struct check *k, const struct check_case *t, const struct check_page *page);

/* --- check_fields.c --- */

/* The same for each member of the body, required or not. */
void check_fields(struct check *k, const struct check_case *t, const struct check_page *whole);

#endif
