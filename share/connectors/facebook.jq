# Facebook Page: what is written on it, comments, where it is tagged, reviews; answers in public and
# once in private.  Conversations are messenger's.  See sme-connector(5).
#
# In the vault: access_token, of the Page (pages_read_engagement, pages_read_user_content,
# pages_manage_engagement, pages_manage_posts; pages_messaging for private answers); app_secret and
# verify_token when webhooks are received (fields feed, mention, ratings).
# settings:
#   page_id   number of the Page
#   version   of the Graph API ("v25.0")
#   posts     how many of the last posts a poll looks at for new comments (25)
#   tagged    false: do not ask where the Page is tagged
#   reviews   false: do not ask for reviews
def meta: {
	name: "facebook",
	title: "Facebook Page",
	version: "2026-11-26",
	as_of: {date: "2026-05-05",
		source: "developers.facebook.com: Pages API, webhooks for Pages, private replies; Graph API: comment, handling errors, rate limits"},
	base: "https://graph.facebook.com",
	can: ["read.post", "read.comment", "read.mention", "read.review", "webhook", "post", "reply",
		"reply.private",
		"thread", "edit", "delete", "media"],
	text: {limit: 8000, count: "points", direct: {limit: 2000, count: "points"}},
	records: {
		post: {required: {"id": "string", "created_time": "string", "from.id": "string?",
			"message": "string?"}},
		comment: {required: {"id": "string", "created_time": "string", "post": "string",
			"from.id": "string?",
			"message": "string?"}},
		review: {required: {"created_time": "string", "open_graph_story.id": "string?"}},
		change: {required: {"value.item": "string", "value.verb": "string", "value.post_id": "string?",
			"value.comment_id": "string?", "value.message": "string?",
				"value.created_time": "number|string?"}},
		rating: {required: {"value.verb": "string", "value.open_graph_story_id": "string"}},
		tag: {required: {"value.post_id": "string", "value.verb": "string?"}}
	},
	auth: {scheme: "bearer", fields: ["access_token"], token: "access_token"},
	limits: {
		headers: {used: "x-business-use-case-usage", style: "percent"},
		buckets: {read: {n: 200, per: "1h"}, write: {n: 200, per: "1h"}}
	},
	errors: [
		{path: "error.error_subcode", value: 2018278, class: "rule"},
		{path: "error.error_subcode", value: 458, class: "auth"},
		{path: "error.error_subcode", value: 459, class: "auth"},
		{path: "error.error_subcode", value: 460, class: "auth"},
		{path: "error.error_subcode", value: 463, class: "auth"},
		{path: "error.error_subcode", value: 464, class: "auth"},
		{path: "error.error_subcode", value: 467, class: "auth"},
		{path: "error.error_subcode", value: 492, class: "auth"},
		{path: "error.code", value: 102, class: "auth"},
		{path: "error.code", value: 190, class: "auth"},
		{path: "error.code", value: 200, class: "auth"},
		{path: "error.code", value: 230, class: "auth"},
		{path: "error.code", value: 1, class: "transient"},
		{path: "error.code", value: 2, class: "transient"},
		{path: "error.code", value: 4, class: "transient"},
		{path: "error.code", value: 17, class: "transient"},
		{path: "error.code", value: 32, class: "transient"},
		{path: "error.code", value: 341, class: "transient"},
		{path: "error.code", value: 613, class: "transient"},
		{path: "error.code", value: 80001, class: "transient"},
		# The same post once more: it may be there, see `published`.
		{path: "error.code", value: 506, class: "ok"},
		{path: "error.code", value: 10, class: "rule"},
		{path: "error.code", value: 368, class: "rule"},
		{path: "error", present: true, class: "permanent"}
	],
	reply: {private: "once", window_direct: "7d"},
	publish: {idempotency: "none", lookup: true, delay: "5s"},
	webhook: {verify: "meta", header: "X-Hub-Signature-256", challenge: "meta"}
};

def graph($account): "/\($account.settings.version // "v25.0")";
def own($account): $account.settings.page_id | tostring;
def epoch: sub("\\.[0-9]+"; "") | sub("\\+0000$"; "Z") | fromdateiso8601;
# Is the time T of now or not known?  A record that is odd is told of, not left out.
def recent(t; $since): ((try (t | epoch) catch null) // $since) >= $since;

def comment_fields: "id,message,from,created_time,parent{id},permalink_url,like_count,comment_count,attachment,is_hidden";
def post_fields: "id,message,from,created_time,permalink_url,shares,attachments{media_type,url,unshimmed_url,media,description},reactions.limit(0).summary(total_count)";

def get($path; $query; $tag; $context): {
	url: $path, query: $query, tag: $tag, bucket: "read", idempotent: true, context: $context
};

# Only the last page of all says how far the poll came: what follows is read depth first.
def ordered: if length > 0 then .[:-1] + [.[-1] | .context.last = true] else . end;
def over($request; $next): if $request.last and ($next | length) == 0
	then {next: [], cursor: {at: $request.at}, coverage: {from: $request.from, to: $request.at}}
	else {next: (if $request.last then $next | ordered else $next end)} end;

def start($account; $cursor):
	"\(graph($account))/\(own($account))" as $page |
	{at: $account.now, from: ($cursor.at // null)} as $context |
	[
		(if $account.settings.tagged == false then empty else
			get("\($page)/tagged"; {limit: 25, fields: post_fields}; "tagged"; $context)
				+ {optional: true} end),
		(if $account.settings.reviews == false then empty else
			get("\($page)/ratings"; {limit: 25,
				fields: "reviewer,created_time,review_text,recommendation_type,rating,open_graph_story"};
				"ratings"; $context) + {optional: true} end),
		get("\($page)/feed"; {
			limit: ($account.settings.posts // 25),
			fields: "\(post_fields),comments.order(reverse_chronological).filter(stream).limit(50).summary(total_count){\(comment_fields)}"
		}; "feed"; $context)
	] | ordered;

# Comments come with the newest first: a page is followed as long as its last one is new.
def more($account; $post; $list; $since; $context):
	if $list.paging.next and recent($list.data[-1].created_time; $since) then
		get("\(graph($account))/\($post)/comments";
			{order: "reverse_chronological", filter: "stream", limit: 50,
			after: $list.paging.cursors.after, fields: comment_fields}; "comments"; $context
				+ {post: $post})
	else empty end;

def page($account; $cursor):
	.request as $request | .body as $body |
	($request | {at, from}) as $context |
	($request.from | if . then epoch - 600 else 0 end) as $since |
	if $request.tag == "feed" then {
		records: {
			post: [($body.data // [])[] | del(.comments)
				+ {comments_total: .comments.summary.total_count}],
			comment: [($body.data // [])[] | .id as $post | .comments.data[]? | . + {post: $post}]
		}
	} + over($request; [if $request.from then ($body.data // [])[] |
		more($account; .id; .comments; $since; $context) else empty end])
	elif $request.tag == "comments" then {
		records: {comment: [($body.data // [])[] | . + {post: $request.post}]}
	} + over($request; [more($account; $request.post; $body; $since; $context)])
	elif $request.tag == "tagged" then {records: {post: ($body.data // [])}, next: []}
	else {records: {review: ($body.data // [])}, next: []} end;

def once: reduce .[] as $r ([]; if any(.[]; . == $r) then . else . + [$r] end);

def webhook($account):
	[.body | select(.object == "page") | .entry[]? |
		select($account.settings.page_id == null or (.id | tostring) == own($account)) |
		.time as $time | .changes[]? | . + {time: $time}] as $all |
	{records: {
		change: ([$all[] | select(.field == "feed") |
			select(.value.item | . == "comment" or . == "status" or . == "post"
			or . == "photo" or . == "video" or . == "share" or . == "album")] | once),
		rating: ([$all[] | select(.field == "ratings" and .value.item == "rating")] | once),
		tag: ([$all[] | select(.field == "mention")] | once)
	}};

def person: if .from.id then {native: (.from.id | tostring), name: .from.name}
	else {native: "unknown"} end;

def media: [.attachments.data[]? | select(.media.image.src) |
	{type: (if .media_type == "video" then "video" else "image" end),
		url: (.media.source // .media.image.src), alt: .description}];

def post_event($account):
	if (.from.id | tostring) == own($account) then empty else {
		native: .id, kind: "post", created_at: (.created_time | epoch), author: person,
			text: (.message // ""),
		url: .permalink_url, in_reply_to: null, thread: .id, direct: false,
		metrics: {likes: .reactions.summary.total_count, shares: .shares.count,
			replies: .comments_total, views: null},
		media: media, links: [.attachments.data[]? | select(.media_type == "link") | .unshimmed_url
			// .url | select(.)],
		ref: {post: .id}
	} end;

def comment_event($account): {
	native: .id,
	type: (if (.from.id | tostring) == own($account) then "reply" else "mention" end),
	kind: "comment", created_at: (.created_time | epoch), author: person, text: (.message // ""),
		url: .permalink_url,
	in_reply_to: (.parent.id // .post), thread: .post, direct: false,
	metrics: {likes: .like_count, shares: null, replies: .comment_count, views: null},
	media: [.attachment | select(.) | select(.media.image.src) |
		{type: "image", url: .media.image.src, alt: .description}],
	links: [.attachment | select(.) | select(.type == "share") | .url | select(.)],
	# Facebook has one level below a comment: an answer to an answer goes below the same comment.
	ref: {comment: .id, top: (.parent.id // .id)}
};

def change_event($account):
	.time as $time | .value |
	(.comment_id // .post_id) as $native |
	(.item == "comment") as $comment |
	if .verb == "remove" then {type: "delete", native: $native}
	elif .verb != "add" and .verb != "edit" and .verb != "edited" then empty
	elif (.from.id | tostring) == own($account) and ($comment | not) then empty
	else {
		native: $native,
		revision: (if .verb == "add" then null else $time | tonumber end),
		type: (if (.from.id | tostring) == own($account) then "reply" else "mention" end),
		kind: (if $comment then "comment" else "post" end),
		created_at: (.created_time // $time), author: person, text: (.message // ""),
		url: (if $comment then null else .post.permalink_url // .permalink_url end),
		in_reply_to: (if $comment then .parent_id // .post_id else null end),
		thread: .post_id, direct: false,
		media: [(.photo // .video) | select(.) | {type: "image", url: ., alt: null}],
		links: [.link | select(.)],
		ref: (if $comment
			then {comment: .comment_id,
				top: (if .parent_id and .parent_id != .post_id then .parent_id else .comment_id end)}
			else {post: .post_id} end)
	} end;

def event($account):
	.kind as $kind | .data |
	if $kind == "post" then post_event($account)
	elif $kind == "comment" then comment_event($account)
	elif $kind == "change" then change_event($account)
	elif $kind == "review" then
		# A review has no number of its own: the story that shows it has.
		(.open_graph_story.id // "review/\(.reviewer.id // "unknown")/\(.created_time)") as $id | {
			native: $id, kind: "review", created_at: (.created_time | epoch),
			author: {native: (.reviewer.id // "unknown" | tostring), name: .reviewer.name},
			text: (.review_text // ""),
				title: (.recommendation_type // (.rating | select(.) | "\(.) of 5")),
			in_reply_to: null, thread: $id, direct: false, ref: {post: $id}
		}
	elif $kind == "rating" then
		.time as $time | .value |
		if .verb == "remove" then {type: "delete", native: .open_graph_story_id}
		else {
			native: .open_graph_story_id, kind: "review", created_at: (.created_time // $time),
			revision: (if .verb == "add" then null else $time | tonumber end),
			author: {native: (.reviewer_id // "unknown" | tostring), name: .reviewer_name},
			text: (.review_text // ""), title: .recommendation_type,
			in_reply_to: null, thread: .open_graph_story_id, direct: false,
				ref: {post: .open_graph_story_id}
		} end
	else
		.time as $time | .value |
		if (.verb // "add") == "remove" then {type: "delete", native: (.comment_id // .post_id)}
		else {
			native: (.comment_id // .post_id), kind: (if .comment_id then "comment" else "post" end),
			created_at: (.created_time // $time),
				author: {native: (.sender_id // .from.id // "unknown" | tostring),
				name: (.sender_name // .from.name)},
			text: (.message // ""), in_reply_to: null, thread: .post_id, direct: false,
			ref: (if .comment_id then {comment: .comment_id, top: .comment_id}
				else {post: .post_id} end)
		} end
	end;

def target($account; $reply):
	if $reply.mention == null then $reply.previous.id // own($account)
	else $reply.mention.ref | .top // .comment // .post // $reply.mention.native end;

def publish($account; $reply):
	if $reply.private then {
		method: "POST", url: "\(graph($account))/\(own($account))/messages",
		json: {
			recipient: ($reply.mention.ref | if .comment then {comment_id: .comment}
				else {post_id: (.post // $reply.mention.native)} end),
			message: {text: $reply.text}, messaging_type: "RESPONSE"
		},
		bucket: "write"
	} else {
		method: "POST",
		# The further parts of a post are comments on it.
		url: "\(graph($account))/\(target($account; $reply))/\(if $reply.mention == null and $reply.previous == null then "feed" else "comments" end)",
		json: {message: $reply.text}, bucket: "write"
	} end;

def published($account):
	(.body | if type == "object" then . else {} end) as $body |
	if $body.id then {id: $body.id}
	elif $body.message_id then {id: $body.message_id}
	elif $body.success == true then {id: (.request.id // "")}
	elif $body.error.code == 506 then {unsure: $body.error.message}
	else {error: ($body.error.message // "status \(.status)")} end;

def find($account; $reply):
	graph($account) as $graph |
	if $reply.private then
		get("\($graph)/\($reply.mention.native)";
			{fields: "can_reply_privately,private_reply_conversation{id}"}; "private"; {})
	elif $reply.mention == null and $reply.previous == null then
		get("\($graph)/\(own($account))/published_posts";
			{limit: 25, fields: "id,message,from,created_time,permalink_url"}; "posts"; {})
	else
		get("\($graph)/\(target($account; $reply))/comments";
			{order: "reverse_chronological", filter: "stream", limit: 100,
				fields: "id,message,from,created_time,permalink_url"}; "comments"; {})
	end;

def found($account; $reply):
	.body as $body |
	if .status != 200 then {unsure: "status \(.status)"}
	elif .request.tag == "private" then
		if $body.private_reply_conversation.id then {id: $body.private_reply_conversation.id}
		elif $body.can_reply_privately == true then null
		else {unsure: "Facebook does not say whether the private answer is there"} end
	elif ($body.data | type) != "array" then {unsure: "no list came"}
	else
		[$body.data[] | select((.from.id | tostring) == own($account) and .message == $reply.text
			and (.created_time | epoch) >= ($reply.created_at | epoch) - 60)][-1] as $hit |
		if $hit then {id: $hit.id, url: $hit.permalink_url}
		elif $body.paging.next and (($body.data[-1].created_time | epoch) >= ($reply.created_at |
			epoch) - 60) then
			{next: [find($account; $reply) | .query += {after: $body.paging.cursors.after}]}
		else null end
	end;

def edit($account; $reply): {
	method: "POST", url: "\(graph($account))/\($reply.sent.id)", json: {message: $reply.text},
		bucket: "write",
	idempotent: true, context: {id: $reply.sent.id}
};

def delete($account; $reply): {
	method: "DELETE", url: "\(graph($account))/\($reply.sent.id)", bucket: "write", idempotent: true,
	context: {id: $reply.sent.id}
};
