/* Private to lib/reply: what a mention says that an answer may need, decoded. */
#ifndef SME_REPLY_MENTION_H
#define SME_REPLY_MENTION_H

#include "core/arena.h"
#include "reply/snippets.h"
#include "stream/event.h"

enum mention_field {
	M_ID,
	M_TENANT,
	M_NETWORK,
	M_CHANNEL,
	M_URL,
	M_CREATED,
	M_FETCHED,
	M_DIRECT,
	M_NAME,
	M_HANDLE,
	M_AUTHOR_ID,
	M_BOT,
	M_AUTO,
	M_LANG,
	M_LANG_HINT,
	M_INTENT,
	M_TOPICS,
	M_SCORE_BOT,
	M_QUEUE,
	M_DUE_AT,
	M_OPENS_AT,
	M_ACTION,
	M_COUNT
};

void mention_plan(struct scan_plan *plan, int fields[M_COUNT]);

struct mention {
	const struct event *ev;
	const int *fields;
	const struct brand *brand;
	struct arena *arena; /* for texts with escapes */
	struct slice tenant, id, lang;
};

/* The raw value of a field. */
const struct json_value *mention_value(const struct mention *m, enum mention_field f);

/* A field decoded; p == NULL when it is missing or no string. */
struct slice mention_text(const struct mention *m, enum mention_field f);

/*
 * When it opens next for the mention: what its route says, otherwise by the hours of the tenant after it
 * came.  TIME_NONE when it is always open, never opens again, or the mention has no time.
 */
int64_t mention_opens_at(const struct mention *m);

/* The language of the mention, "de" of "de-AT"; p == NULL when it is not known. */
struct slice mention_language(const struct mention *m);

/*
 * The value of a snippet's variable, see sme-reply(1): what the mention says, otherwise what the
 * tenant's `vars` say.  What outsiders wrote is only let into an
 * answer when it looks like a name: it must not carry links, handles or control characters out
 * under our account.  A template_lookup; CTX is the mention.
 */
bool mention_variable(void *ctx, struct slice name, struct buf *out);

#endif
