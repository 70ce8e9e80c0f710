/*
 * The conversations of an in-app channel: what each user wrote and what was answered, in a spool that
 * is kept (see spool.h) with an index in memory.
 *
 * An entry's id is the time it arrived, in milliseconds, moved on where that is taken: it only ever
 * grows within a conversation, also across restarts and when old entries go, and says nothing of how
 * much others write.
 */
#ifndef SME_HOOK_THREAD_H
#define SME_HOOK_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"
#include "hook/spool.h"

enum entry_from {
	ENTRY_USER = 'u', /* written by the user */
	ENTRY_AGENT = 'a' /* an answer, or a change to one */
};

/* An entry as it lies in the spool. */
struct entry {
	enum entry_from from;
	int64_t id;
	struct slice user;
	struct slice key;  /* the client's own id, or the key of the answer: the same is added once */
	struct slice json; /* what readers get: one object, one line */
};

void entry_put(struct buf *out, const struct entry *e);

/* E points into RECORD.  False when it is no entry. */
bool entry_read(struct slice record, struct entry *e);

/* Who is told of new entries; see threads_watch. */
typedef void threads_news(void *ctx, struct slice user);

struct threads;

/* Open the conversations in DIR, which have been mapped up to POS.  SAY (may be NULL) gets notes on
 * damage.  NULL with ERR. */
struct threads *threads_open(const char *dir, struct spool_pos pos, void (*say)(const char *text),
    struct sme_err *err);
void threads_close(struct threads *t);
struct spool *threads_spool(struct threads *t);

/* The functions below may be called from any thread. */

enum claim {
	CLAIM_NEW,     /* *ID is for the entry, to be given to threads_added or threads_dropped */
	CLAIM_KNOWN,   /* it is there already, as *ID */
	CLAIM_UNDERWAY /* the same is being added right now */
};

/*
 * Before an entry is added: has USER (of an answer: anybody) added one with KEY?  NOW in ms.
 */
enum claim threads_claim(struct threads *t, enum entry_from from, struct slice user,
    struct slice key, int64_t now, int64_t *id);

/* The entry is durable at POS; who watches is told. */
void threads_added(struct threads *t, const struct entry *e, struct spool_pos pos);

/* It could not be added. */
void threads_dropped(struct threads *t, enum entry_from from, struct slice user, struct slice key);

/* Has USER a conversation? */
bool threads_has(struct threads *t, struct slice user);

/* The entry of an answer by its KEY: its id, or 0. */
int64_t threads_answer(struct threads *t, struct slice key);

/*
 * Call FN for the entries of USER behind the id AFTER, in order, until it returns false.  Under the
 * lock: FN calls no function of this header.  -1 with ERR.
 */
typedef bool threads_fn(void *ctx, const struct entry *e);
int threads_read(struct threads *t, struct slice user, int64_t after, threads_fn *fn, void *ctx,
    struct sme_err *err);

/* The id of the last entry of USER, 0 when there is none. */
int64_t threads_last(struct threads *t, struct slice user);

void threads_watch(struct threads *t, threads_news *news, void *ctx);

/* May USER add another one at NOW, when PER_MINUTE are allowed? */
bool threads_allow(struct threads *t, struct slice user, unsigned per_minute, int64_t now);

/* Erase all that USER wrote and was answered: how many entries that were, or -1 with ERR.  Nobody may
 * use T meanwhile, and nothing but threads_close may follow. */
int64_t threads_erase(struct threads *t, struct slice user, struct sme_err *err);

/* Delete segments all of whose entries are older than BEFORE (ms), and that lie before POS.  What
 * the index has of them is passed over. */
int threads_expire(struct threads *t, int64_t before, struct spool_pos pos, struct sme_err *err);

#endif
