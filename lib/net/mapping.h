/*
 * Records of exports (rows of CSV, objects of JSON) into mentions: which column goes where.  What
 * the user did not map is found by the usual names of columns.
 */
#ifndef SME_NET_MAPPING_H
#define SME_NET_MAPPING_H

#include "clock/zone.h"
#include "core/err.h"
#include "net/mention.h"

enum target {
	TO_ID,
	TO_REVISION,
	TO_TENANT,
	TO_NETWORK,
	TO_CHANNEL,
	TO_KIND,
	TO_CREATED_AT,
	TO_AUTHOR_ID,
	TO_AUTHOR_HANDLE,
	TO_AUTHOR_NAME,
	TO_AUTHOR_FOLLOWERS,
	TO_AUTHOR_FOLLOWING,
	TO_AUTHOR_POSTS,
	TO_AUTHOR_CREATED_AT,
	TO_AUTHOR_VERIFIED,
	TO_AUTHOR_BOT,
	TO_TITLE,
	TO_TEXT,
	TO_LANG_HINT,
	TO_URL,
	TO_IN_REPLY_TO,
	TO_THREAD,
	TO_DIRECT,
	TO_LIKES,
	TO_SHARES,
	TO_REPLIES,
	TO_VIEWS,
	TO_MEDIA,
	TO_LINKS,
	TO_LABEL,
	TO_MAX
};

struct mapping {
	struct slice column[TO_MAX]; /* as given by the user; p == NULL: by the usual names */
	char *date_format;           /* NULL: the common forms */
	struct zone *zone;           /* of dates that do not say theirs; NULL: UTC */
};

/*
 * Take "TARGET <- COLUMN", such as "author.handle" and "User".  Besides the fields of a mention:
 * "date_format", strptime(3), and "timezone", such as "Europe/Berlin".  COLUMN must stay alive.
 */
int mapping_set(struct mapping *m, struct slice target, struct slice column, struct sme_err *err);
void mapping_release(struct mapping *m);

/*
 * Where the column NAME goes: 0 for an explicit mapping, more for a usual name (the smaller, the
 * better), -1 for nowhere.  A name may be a path, such as "user.screen_name".
 */
int mapping_rank(const struct mapping *m, struct slice name, enum target *to);

/* What holds for all records of a source. */
struct record_source {
	struct slice tenant, network, channel, kind, lang;
	struct slice instance; /* the middle part of ids */
	int64_t now;           /* fetched_at */
};

/* The values of one record, by target; p == NULL where it has none. */
struct record {
	struct slice value[TO_MAX];
};

/*
 * Append the record as a mention with its newline.  -1 with ERR when a value is not what its target
 * needs ("created_at: ...").  A record with no value at all adds nothing.
 */
int record_put(const struct record *r, const struct mapping *m, const struct record_source *src,
    struct buf *out, struct sme_err *err);

#endif
