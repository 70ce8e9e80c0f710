/* Private to the in-app channel. */
#ifndef SME_HOOK_CHAT_INT_H
#define SME_HOOK_CHAT_INT_H

#include <pthread.h>

#include "hook/chat.h"
#include "hook/identity.h"
#include "hook/server_int.h"

/* Of a conversation, what one answer to GET messages holds. */
#define CHAT_PAGE 200

struct chat_settings {
	const struct json_node *origins; /* of pages that may use the channel */
	bool guests;                     /* who has no account may write */
	unsigned per_minute;             /* messages of one user */
	unsigned guests_per_minute;      /* new ones, of all */
	unsigned text_max;               /* characters of a message */
	int64_t keep;
	struct slice title;
};

struct chat {
	struct chat_settings set;
	struct threads *threads;
	pthread_mutex_t lock;  /* of what follows */
	struct stream *streams;
	bool closing;
};

/* What a handler keeps of its request until its entry is durable. */
struct chat_entry {
	struct arena arena;
	struct entry entry; /* points into the arena, but `json`, which points into r->record */
};

int chat_read_settings(const struct json_node *node, struct chat_settings *s, struct sme_err *err);

/* Who sends R?  False when an answer, 401, is set. */
bool chat_identity(struct call *r, struct arena *a, struct identity *id);

/* An answer that scripts of the allowed origins may read. */
void chat_allow_origin(struct call *r);

/*
 * Begin an entry of FROM in r->record: once it is durable (or known already) the answer is 201 (200)
 * with {"id":...}; E->entry.json is appended by PUT.  Takes E.
 */
typedef void chat_put_fn(struct buf *out, const struct chat_entry *e, void *ctx);
void chat_add(struct call *r, struct chat_entry *e, chat_put_fn *put, void *ctx);

/* Begin "{" and the members that all entries have, and end it. */
void chat_put_head(struct buf *out, const struct entry *e, int64_t now);

call_fn chat_post_message, chat_get_messages, chat_post_reply, chat_get_reply, chat_post_guest,
    chat_get_info, chat_get_page, chat_get_script, chat_get_style, chat_preflight;

/* ---- streams ---- */

/* Answer R with a stream of what USER's conversation gets behind the id AFTER, until the time UNTIL. */
void chat_stream(struct call *r, struct slice user, int64_t after, int64_t until);
threads_news chat_news;

#endif
