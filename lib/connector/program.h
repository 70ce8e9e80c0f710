/*
 * A connector: one network as a file of pure jq functions, see sme-connector(5).  The file is
 * compiled once; calling a function is all that happens later.  It reads nothing, sees no
 * environment and no clock, and never gets a secret.  One connector belongs to one thread.
 */
#ifndef SME_CONNECTOR_PROGRAM_H
#define SME_CONNECTOR_PROGRAM_H

#include <jq.h>
#include <stdbool.h>

#include "connector/meta.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"
#include "stream/tree.h"

/* A longer file is refused, and so are more outputs of one call. */
#define CONNECTOR_FILE_MAX ((size_t)1 << 20)
#define CONNECTOR_OUTPUTS_MAX 100000

struct connector;

enum connector_call {
	CALL_EVENT,
	CALL_START,
	CALL_PAGE,
	CALL_WEBHOOK,
	CALL_PUBLISH,
	CALL_PUBLISHED,
	CALL_FIND,
	CALL_FOUND,
	CALL_EDIT,
	CALL_DELETE,
	CALL_COUNT
};

/*
 * Open NAME: a file when it ends in ".jq", relative to DIR (NULL: the working directory), otherwise
 * the connector NAME of the installed ones.  NULL with ERR (SME_NOINPUT when there is none, else
 * SME_CONFIG), which names the file and the line or the member of `meta`.  Not for several threads at
 * once, see jq_program.
 */
struct connector *connector_open(const char *name, const char *dir, struct sme_err *err);
void connector_close(struct connector *c);

/* What `meta` says, as it is and ready for use; both live as long as C. */
const struct json_node *connector_meta(const struct connector *c);
const struct meta *connector_facts(const struct connector *c);

/* The path of the file, for messages. */
const char *connector_path(const struct connector *c);

/* Does the file itself define the function? */
bool connector_has(const struct connector *c, enum connector_call call);

/* The function's name, such as "publish", and the other way round; false for any other text. */
const char *connector_call_name(enum connector_call call);
bool connector_call_parse(struct slice name, enum connector_call *call);

/*
 * Call a function: ACCOUNT is its first argument, ARG its second (cursor or reply; null where it has
 * one only), INPUT what stands before it.  All three are consumed.  *OUT becomes the array of all
 * outputs, [null] for a function that the file does not define.  -1 with ERR (SME_DATA, names file
 * and function) when the function ends with an error; *OUT is then invalid and needs no jv_free.
 */
int connector_run(struct connector *c, enum connector_call call, jv account, jv arg, jv input,
    jv *out, struct sme_err *err);

/*
 * A page or a delivery that `page` or `webhook` stumbles over is read without the elements that it
 * stumbles over.  What was left out in the last call of either, an array of {path, at, value, error};
 * afterwards it is empty.  record_events rejects it.  The caller frees it.
 */
jv connector_left_out(struct connector *c);

/*
 * `event` for each of INPUTS, an array of its inputs, in one go.  *OUT becomes an array as long as
 * INPUTS: for each input the array of its partial events, or the text of the error it ended with.
 * Consumes ACCOUNT and INPUTS.  -1 with ERR as above when libjq itself gives up.
 */
int connector_events(struct connector *c, jv account, jv inputs, jv *out, struct sme_err *err);

/*
 * TEXT, any JSON, for the functions of a connector.  Whole numbers beyond 2^53 become strings, so
 * that no id changes; invalid with ERR (SME_DATA, "byte N: ...") when TEXT is no JSON.  The caller
 * frees the value.
 */
jv connector_parse(struct slice text, struct sme_err *err);

#endif
