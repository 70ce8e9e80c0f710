/*
 * What a connector says of its network in `meta`, checked and ready for use: sme-connector(5) has
 * each member.  What only one caller needs (sessions, webhooks) stays in the tree, `root`.
 */
#ifndef SME_CONNECTOR_META_H
#define SME_CONNECTOR_META_H

#include <jq.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/schema.h"
#include "core/arena.h"
#include "core/err.h"
#include "stream/tree.h"
#include "text/length.h"

/* What an answer means for what comes next. */
enum answer_class {
	ANSWER_OK,
	ANSWER_TRANSIENT, /* try again later */
	ANSWER_AUTH,      /* the credentials are no good (any more) */
	ANSWER_PERMANENT, /* the same request will never succeed */
	ANSWER_RULE       /* a rule of the network forbids it now */
};

/* "ok", "transient", "auth", "permanent" or "rule", and back; false for any other text. */
const char *answer_class_name(enum answer_class c);
bool answer_class_parse(struct slice s, enum answer_class *out);

/* One path of a record: what it must be. */
struct meta_field {
	struct slice path;         /* as written, without "?" */
	const jv *parts;           /* the names between the dots, and numbers for elements */
	size_t nparts;
	unsigned types; /* 1 << enum jv_kind, see jq's jv.h */
	struct slice expected; /* the types as written, for messages */
	bool optional;
};

struct meta_record {
	struct slice kind;
	const struct meta_field *fields;
	size_t n;
};

struct meta_bucket {
	struct slice name;
	double n;    /* units */
	int64_t per; /* in so many milliseconds */
};

/* How an answer is recognised as an error; the first that matches counts. */
struct meta_error {
	long status;       /* 0: any */
	struct slice path; /* dotted, in the body; p == NULL: none */
	const struct json_node *value; /* the value there; NULL: see `present` */
	bool present; /* something other than null, false and "" stands there */
	enum answer_class class;
};

struct meta {
	const struct json_node *root;
	struct slice name, title;
	struct slice base, instance; /* p == NULL: the account says */
	struct text_limit text, direct; /* direct: of private messages; as `text` unless said */
	const struct meta_record *records;
	size_t nrecords;
	const struct meta_bucket *buckets;
	size_t nbuckets;
	int64_t interval; /* milliseconds between two requests; 0: none */
	const struct meta_error *errors;
	size_t nerrors;
};

extern const struct schema meta_schema;

/* Read META from ROOT, whose memory is A's as that of META; to be ended with meta_release.  -1 with ERR (SME_CONFIG), which names
 * FILE and up to three members that are wrong. */
int meta_load(struct meta *meta, const struct json_node *root, const char *file, struct arena *a,
    struct sme_err *err);

/* Ends what libjq keeps of META; the memory is the arena's. */
void meta_release(struct meta *meta);

/* The record KIND, or NULL: nothing is required of it. */
const struct meta_record *meta_record(const struct meta *meta, struct slice kind);

/* Does `can` list WHAT, such as "reply.private"? */
bool meta_can(const struct meta *meta, const char *what);

#endif
