/* What only the makers of events see: a partial event on its way to the line. */
#ifndef SME_CONNECTOR_EVENT_MEMBERS_H
#define SME_CONNECTOR_EVENT_MEMBERS_H

#include "connector/event_line.h"
#include "net/mention.h"

enum event_type { TYPE_MENTION, TYPE_DELETE, TYPE_REPLY, TYPE_BAD };

/* What was read so far of one partial event. */
struct making {
	struct event_maker *maker;
	struct mention m;
	enum event_type type;
	struct slice native, author_native, in_reply_to, thread; /* as the network has them */
	struct slice html;
	struct slice state, part_key, error; /* of a reply; state: "sent" unless the network says more */
	bool dated; /* created_at was given, good or not */
	jv created; /* and this is it; borrowed */
	const char *lost; /* the member with what a person wrote that is no text */
	jv_kind lost_kind;
};

/* Take what PARTIAL, an object that is not consumed and must outlive K, says.  What is of no use is noted
 * in the maker's `odd`. */
void event_take(struct making *k, jv partial);

/* V, which is not consumed, as JSON in the maker's arena. */
struct slice event_json(struct making *k, jv v);

#endif
