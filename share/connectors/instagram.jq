# Instagram, professional account: comments, tags, messages; answers in public and in private.  See
# sme-connector(5).
#
# In the vault: access_token, of the Page (instagram_basic, instagram_manage_comments,
# instagram_manage_messages, pages_read_engagement) or of Instagram Login (instagram_business_basic,
# instagram_business_manage_comments, instagram_business_manage_messages); app_secret and verify_token when
# webhooks are received (fields comments, live_comments, mentions, messages, message_edit).
# settings:
#   user_id   number of the professional account
#   page_id   number of the Page it is linked to, through which messages go; without it they go through
#             the account itself (base "https://graph.instagram.com")
#   auth      "instagram": the token is one of Instagram Login, and renewed; else it is that of the Page
#   version   of the Graph API ("v25.0")
#   posts     how many of the last posts a poll looks at for new comments (25)
#   direct    false: leave messages alone
def meta: {
	name: "instagram",
	title: "Instagram",
	version: "2026-11-26",
	as_of: {date: "2026-07-02",
		source: "developers.facebook.com, Instagram Platform: comment moderation, webhook examples, IG comment; Instagram Messaging: send a message; Graph API: handling errors"},
	base: "https://graph.facebook.com",
	can: ["read.post", "read.comment", "read.mention", "read.direct", "webhook", "reply",
		"reply.private", "thread",
		"delete", "media"],
	text: {limit: 2200, count: "bytes", direct: {limit: 1000, count: "bytes"}},
	records: {
		comment: {required: {"id": "string", "timestamp": "string", "media_id": "string",
			"text": "string?",
			"username": "string?", "from.id": "string?"}},
		tag: {required: {"id": "string", "timestamp": "string", "caption": "string?",
			"username": "string?"}},
		change: {required: {"value.id": "string", "value.text": "string?", "value.from.id": "string",
			"value.media.id": "string"}},
		mention: {required: {"value.media_id": "string", "value.comment_id": "string?"}},
		message: {required: {"sender.id": "string", "recipient.id": "string",
			"timestamp": "number|string",
			"message.mid": "string", "message.text": "string?"}},
		edit: {required: {"sender.id": "string", "timestamp": "number|string",
			"message_edit.mid": "string"}},
		postback: {required: {"sender.id": "string", "timestamp": "number|string",
			"postback": "object"}},
		stored: {required: {"id": "string", "created_time": "string", "from.id": "string",
			"message": "string?"}}
	},
	auth: {
		scheme: "bearer", fields: ["access_token"], token: "access_token",
		alternatives: {instagram: {
			scheme: "bearer", fields: ["access_token"], token: "access_token",
			refresh: {url: "https://graph.instagram.com/refresh_access_token",
				query: {grant_type: "ig_refresh_token", access_token: "{secret:access_token}"}},
			take: {access_token: "access_token", expires_in: "expires_in"},
			# 60 days from one renewal to the end; what has ended cannot be renewed.
			early: "20d"
		}}
	},
	limits: {
		headers: {used: "x-business-use-case-usage", style: "percent"},
		buckets: {read: {n: 200, per: "1h"}, write: {n: 200, per: "1h"}}
	},
	errors: [
		{path: "error.error_subcode", value: 2018278, class: "rule"},
		{path: "error.error_subcode", value: 2534022, class: "rule"},
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
		{path: "error.code", value: 1, class: "transient"},
		{path: "error.code", value: 2, class: "transient"},
		{path: "error.code", value: 4, class: "transient"},
		{path: "error.code", value: 17, class: "transient"},
		{path: "error.code", value: 32, class: "transient"},
		{path: "error.code", value: 341, class: "transient"},
		{path: "error.code", value: 613, class: "transient"},
		{path: "error.code", value: 80001, class: "transient"},
		{path: "error.code", value: 80002, class: "transient"},
		{path: "error.code", value: 10, class: "rule"},
		{path: "error.code", value: 368, class: "rule"},
		{path: "error.code", value: 551, class: "rule"},
		{path: "error", present: true, class: "permanent"}
	],
	reply: {private: "once", window_direct: "24h", tag_window: "7d"},
	publish: {idempotency: "none", lookup: true, delay: "5s"},
	webhook: {verify: "meta", header: "X-Hub-Signature-256", challenge: "meta"}
};

def graph($account): "/\($account.settings.version // "v25.0")";
def own($account): $account.settings.user_id | tostring;
def mailbox($account): "\(graph($account))/\($account.settings.page_id // $account.settings.user_id)";
def epoch: sub("\\.[0-9]+"; "") | sub("\\+0000$"; "Z") | fromdateiso8601;
# Is the time T of now or not known?  A record that is odd is told of, not left out.
def recent(t; $since): ((try (t | epoch) catch null) // $since) >= $since;

def comment_fields: "id,text,timestamp,username,from,like_count,parent_id";
def stored_fields: "messages.limit(25){id,message,from,to,created_time,attachments}";

def get($path; $query; $tag; $context): {
	url: $path, query: $query, tag: $tag, bucket: "read", idempotent: true, context: $context
};

# Only the last page of all says how far the poll came: what follows is read depth first.
def ordered: if length > 0 then .[:-1] + [.[-1] | .context.last = true] else . end;
def over($request; $next): if $request.last and ($next | length) == 0
	then {next: [], cursor: {at: $request.at}, coverage: {from: $request.from, to: $request.at}}
	else {next: (if $request.last then $next | ordered else $next end)} end;

def start($account; $cursor):
	"\(graph($account))/\(own($account))" as $user |
	{at: $account.now, from: ($cursor.at // null)} as $context |
	[
		(get("\($user)/tags"; {limit: 25,
			fields: "id,caption,permalink,timestamp,username,media_type,media_url,like_count,comments_count"};
			"tags"; $context) + {optional: true}),
		(if $account.settings.direct == false then empty else
			get("\(mailbox($account))/conversations";
				{platform: "instagram", limit: 25, fields: "id,updated_time,\(stored_fields)"};
				"conversations"; $context) + {optional: true} end),
		get("\($user)/media"; {
			limit: ($account.settings.posts // 25),
			fields: "id,permalink,timestamp,comments.limit(50){\(comment_fields),replies.limit(50){\(comment_fields)}}"
		}; "media"; $context)
	] | ordered;

# The further comments of a post, newest first, as long as they are new.
def more($account; $media; $list; $since; $context):
	if $list.paging.next and recent($list.data[-1].timestamp; $since) then
		get("\(graph($account))/\($media.id)/comments"; {limit: 50, after: $list.paging.cursors.after,
			fields: "\(comment_fields),replies.limit(50){\(comment_fields)}"}; "comments"; $context
				+ {media: $media})
	else empty end;

def below($media): {media_id: $media.id, permalink: $media.permalink};

def page($account; $cursor):
	.request as $request | .body as $body |
	($request | {at, from}) as $context |
	($request.from | if . then epoch - 600 else 0 end) as $since |
	if $request.tag == "media" then {
		records: {comment: [($body.data // [])[] | . as $media | .comments.data[]? |
			(del(.replies) + below($media)),
			(.id as $parent | .replies.data[]? | {parent_id: $parent} + . + below($media))]}
	} + over($request; [if $request.from then ($body.data // [])[] |
			more($account; {id, permalink}; .comments; $since; $context) else empty end])
	elif $request.tag == "comments" then {
		records: {comment: [($body.data // [])[] |
			(del(.replies) + below($request.media)),
			(.id as $parent | .replies.data[]? | {parent_id: $parent} + . + below($request.media))]}
	} + over($request; [more($account; $request.media; $body; $since; $context)])
	elif $request.tag == "tags" then {records: {tag: ($body.data // [])}, next: []}
	else {records: {stored: [($body.data // [])[].messages.data[]? |
		select(recent(.created_time; $since))]}, next: []} end;

def once(f): reduce .[] as $r ([]; if any(.[]; f == ($r | f)) then . else . + [$r] end);

def webhook($account):
	# The documented examples come as a list of one, deliveries as an object.
	[.body | if type == "array" then .[] else . end | select(.object == "instagram") | .entry[]? |
		select($account.settings.user_id == null or (.id | tostring) == own($account))] as $entries |
	[$entries[] | .time as $time |
		(if .changes then .changes[] elif .field then {field, value} else empty end) | .
		+ {time: $time}] as $changes |
	[$entries[].messaging[]?] as $messages |
	{records: {
		change: ([$changes[] | select(.field == "comments" or .field == "live_comments")] |
			once(.value.id)),
		mention: ([$changes[] | select(.field == "mentions")] | once(.value)),
		message: ([$messages[] | select(.message)] | once([.message.mid, .message.is_deleted])),
		edit: ([$messages[] | select(.message_edit)] |
			once([.message_edit.mid, .message_edit.num_edit])),
		postback: ([$messages[] | select(.postback)] | once([.sender.id, .timestamp, .postback]))
	}};

def person: {native: (.from.id // .username // "unknown" | tostring),
	handle: (.username // .from.username)};

def is_own($account):
	(.from.id // "" | tostring) == own($account) or
	((.username // .from.username // "") | ascii_downcase) == ($account.handle // "" | ltrimstr("@") |
		ascii_downcase);

def media: [.attachments[]? | select(.payload.url) |
	{type: ({image: "image", video: "video", audio: "audio", ig_reel: "video", reel: "video"}[.type]
		// "document"), url: .payload.url, alt: null}];

def message_event($account; $kind):
	(.message.is_echo == true) as $echo |
	(if $echo then .recipient.id else .sender.id end) as $person |
	# Taken back by its author; what is taken back on the web is never told.
	if .message.is_deleted == true then {type: "delete", native: .message.mid}
	else {
		native: (.message.mid // .message_edit.mid // .postback.mid
			// "postback/\($person)/\(.timestamp)"),
		revision: (if $kind == "edit" then .message_edit.num_edit // 1 else null end),
		type: (if $echo then "reply" else "mention" end),
		kind: "message", created_at: (.timestamp | tonumber / 1000 | floor),
		author: {native: .sender.id},
			text: (.message.text // .message_edit.text // .postback.title // ""),
		url: null, in_reply_to: .message.reply_to.mid, thread: $person, direct: true,
		media: (.message // {} | media),
		links: [.message.reply_to.story.url | select(.)],
		ref: (if $echo then null else {to: $person} end)
	} end;

def event($account):
	.kind as $kind | .data |
	if $kind == "comment" then {
		native: .id, type: (if is_own($account) then "reply" else "mention" end), kind: "comment",
		created_at: (.timestamp | epoch), author: person, text: (.text // ""), url: .permalink,
		in_reply_to: (.parent_id // .media_id), thread: .media_id, direct: false,
		metrics: {likes: .like_count, shares: null, replies: null, views: null},
		ref: {comment: .id, top: (.parent_id // .id), media: .media_id}
	}
	elif $kind == "tag" then {
		native: .id, kind: "post", created_at: (.timestamp | epoch), author: person,
			text: (.caption // ""), url: .permalink,
		in_reply_to: null, thread: .id, direct: false,
		metrics: {likes: .like_count, shares: null, replies: .comments_count, views: null},
		media: [select(.media_url) |
			{type: (if .media_type == "VIDEO" then "video" else "image" end), url: .media_url,
			alt: null}],
		ref: {media: .id, tagged: true}
	}
	elif $kind == "change" then
		.time as $time | .value | {
			native: .id, type: (if is_own($account) then "reply" else "mention" end), kind: "comment",
			created_at: $time, author: person, text: (.text // ""), url: null,
			in_reply_to: (.parent_id // .media.id), thread: .media.id, direct: false,
			ref: {comment: .id, top: (.parent_id // .id), media: .media.id}
		}
	elif $kind == "mention" then
		# Says where we were named, not what was written.
		.time as $time | .value | {
			native: (.comment_id // .media_id), kind: (if .comment_id then "comment" else "post" end),
			created_at: $time, author: {native: "unknown"}, text: "", url: null,
			in_reply_to: (if .comment_id then .media_id else null end), thread: .media_id,
				direct: false,
			ref: ({media: .media_id, tagged: true}
				+ (if .comment_id then {comment: .comment_id} else {} end))
		}
	elif $kind == "stored" then
		(.from.id | tostring) as $from | {
			native: .id, type: (if $from == own($account)
				or $from == ($account.settings.page_id // "" | tostring) then "reply"
				else "mention" end),
			kind: "message", created_at: (.created_time | epoch),
				author: {native: $from, handle: .from.username},
			text: (.message // ""), in_reply_to: null, direct: true,
			thread: (if $from == own($account) then .to.data[0].id? // null else $from end),
			media: [.attachments.data[]? |
				{type: (if .video_data then "video" else "image" end),
				url: (.image_data.url // .video_data.url // .file_url), alt: null} | select(.url)],
			ref: {to: $from}
		}
	else message_event($account; $kind) end;

def late($reply):
	$reply.auto == false and (($reply.now | epoch) - ($reply.mention.created_at | epoch)) >= 86400;

def private($reply): $reply.private or ($reply.mention.direct // false);

def publish($account; $reply):
	$reply.mention.ref as $ref |
	if $reply.mention == null then error("Instagram takes no posts without a picture: answers only")
	elif private($reply) then {
		method: "POST", url: "\(mailbox($account))/messages",
		json: ({
			recipient: (if $reply.mention.direct then {id: ($ref.to // $reply.mention.author.native)}
				else {comment_id: $ref.comment} end),
			message: {text: $reply.text}
		} + (if $reply.mention.direct and late($reply)
			then {messaging_type: "MESSAGE_TAG", tag: "HUMAN_AGENT"} else {} end)),
		bucket: "write"
	}
	elif $ref.tagged then {
		method: "POST", url: "\(graph($account))/\(own($account))/mentions",
		json: ({media_id: $ref.media, message: $reply.text}
			+ (if $ref.comment then {comment_id: $ref.comment} else {} end)),
		bucket: "write"
	}
	else {
		method: "POST", url: "\(graph($account))/\($ref.top // $ref.comment // $reply.mention.native)/replies",
		json: {message: $reply.text}, bucket: "write"
	} end;

def published($account):
	(.body | if type == "object" then . else {} end) as $body |
	if $body.id then {id: $body.id}
	elif $body.message_id then {id: $body.message_id}
	elif $body.success == true then {id: (.request.id // "")}
	else {error: ($body.error.message // "status \(.status)")} end;

def find($account; $reply):
	$reply.mention.ref as $ref |
	if $reply.mention.direct then
		get("\(mailbox($account))/conversations";
			{platform: "instagram", user_id: ($ref.to // $reply.mention.author.native),
			fields: stored_fields}; "messages"; {})
	elif $reply.private or $ref.tagged then
		# No list shows what was answered in private or to a post of others.
		get("\(graph($account))/\(own($account))"; {fields: "id"}; "blind"; {})
	else
		get("\(graph($account))/\($ref.top // $ref.comment // $reply.mention.native)/replies";
			{limit: 100, fields: "id,text,username,from,timestamp"}; "replies"; {})
	end;

def found($account; $reply):
	($reply.created_at | epoch - 60) as $since |
	if .status != 200 then {unsure: "status \(.status)"}
	elif .request.tag == "blind" then {unsure: "Instagram does not list such answers"}
	elif (.body.data | type) != "array" then {unsure: "no list came"}
	elif .request.tag == "messages" then
		[.body.data[].messages.data[]? |
			select(.message == $reply.text
			and (.from.id | tostring) != ($reply.mention.ref.to // $reply.mention.author.native)
			and (.created_time | epoch) >= $since)][-1] as $hit |
		if $hit then {id: $hit.id} else null end
	else
		[.body.data[] | select(.text == $reply.text and is_own($account)
			and (.timestamp | epoch) >= $since)][-1] as $hit |
		if $hit then {id: $hit.id}
		elif .body.paging.next then .body.paging.cursors.after as $after |
			{next: [find($account; $reply) | .query += {after: $after}]}
		else null end
	end;

def delete($account; $reply): {
	method: "DELETE", url: "\(graph($account))/\($reply.sent.id)", bucket: "write", idempotent: true,
	context: {id: $reply.sent.id}
};
