# TikTok, business account (API for Business, Accounts API): comments on the own videos; answers.
# See sme-connector(5).
#
# In the vault: access_token (video.list, comment.list, comment.list.manage).
# settings:
#   business_id  number of the account (open_id)
#   videos       how many of the last videos a poll looks at for new comments (20)
def meta: {
	name: "tiktok",
	title: "TikTok",
	version: "2026-11-26",
	as_of: {date: "2026-08-13",
		source: "business-api.tiktok.com, Accounts API v1.3: video list, comment list, comment reply, comment delete"},
	base: "https://business-api.tiktok.com",
	can: ["read.comment", "reply", "thread", "delete"],
	text: {limit: 150, count: "points"},
	records: {
		comment: {required: {"comment_id": "string", "text": "string", "create_time": "string|number",
			"video_id": "string",
			"username": "string?", "user_id": "string?", "parent_comment_id": "string?"}}
	},
	auth: {scheme: "header", fields: ["access_token"],
		header: {"Access-Token": "{secret:access_token}"}},
	limits: {buckets: {read: {n: 600, per: "1m"}, write: {n: 60, per: "1m"}}},
	errors: [
		{path: "code", value: 40100, class: "transient"},
		{path: "code", value: 40102, class: "auth"},
		{path: "code", value: 40104, class: "auth"},
		{path: "code", value: 40105, class: "auth"},
		{path: "code", value: 40001, class: "auth"},
		{path: "code", value: 40133, class: "transient"},
		{path: "code", value: 50000, class: "transient"},
		{path: "code", value: 50002, class: "transient"},
		{path: "code", value: 0, class: "ok"},
		{path: "code", present: true, class: "permanent"}
	],
	reply: {},
	publish: {idempotency: "none", lookup: true, delay: "10s"}
};

def api($path): "/open_api/v1.3/business/\($path)/";
def own($account): $account.settings.business_id | tostring;
def epoch: sub("\\.[0-9]+"; "") | fromdateiso8601;

def get($account; $path; $query; $tag; $context): {
	url: api($path), query: ({business_id: own($account)} + $query), tag: $tag, bucket: "read",
		idempotent: true, context: $context
};

def comments($account; $video; $cursor; $context):
	get($account; "comment/list";
		{video_id: $video, include_replies: "true", sort_field: "create_time", sort_order: "desc",
		max_count: 30, cursor: $cursor}; "comments"; $context + {video: $video});

# Only the last page of all says how far the poll came: what follows is read depth first.
def ordered: if length > 0 then .[:-1] + [.[-1] | .context.last = true] else . end;
def over($request; $next): if $request.last and ($next | length) == 0
	then {next: [], cursor: {at: $request.at}, coverage: {from: $request.from, to: $request.at}}
	else {next: (if $request.last then $next | ordered else $next end)} end;

def start($account; $cursor): [
	get($account; "video/list";
		{fields: "[\"item_id\",\"create_time\",\"share_url\"]",
		max_count: ($account.settings.videos // 20)};
		"videos"; {at: $account.now, from: ($cursor.at // null)})
] | ordered;

def page($account; $cursor):
	.request as $request | .body as $body |
	($request | {at, from}) as $context |
	if $request.tag == "videos"
	then over($request; [($body.data.videos // [])[] |
		comments($account; .item_id | tostring; null; $context)])
	else
		($body.data.comments // []) as $all |
		($request.from | if . then epoch - 600 else 0 end) as $since |
		{
			records: {comment: [$all[] |
				(del(.reply_list) + {video_id: (.video_id // $request.video | tostring)}),
				(.comment_id as $parent | .reply_list[]? | {parent_comment_id: $parent} + .
					+ {video_id: (.video_id // $request.video | tostring)})]}
		# Newest first: what is older than the last poll ends the list.
		} + over($request; [if $body.data.has_more == true and $request.from
			and ((try ($all[-1].create_time | tonumber) catch 0) >= $since)
				then comments($account; $request.video; $body.data.cursor; $context) else empty end])
	end;

def event($account): .data | {
	native: .comment_id,
	type: (if .owner == true or (.user_id // "") == own($account) then "reply" else "mention" end),
	kind: "comment", created_at: (.create_time | tonumber),
	author: {native: (.user_id // .unique_identifier // .username // "unknown"), handle: .username,
		name: .display_name},
	text: .text,
	url: (if $account.handle then "https://www.tiktok.com/@\($account.handle | ltrimstr("@"))/video/\(.video_id)" else null end),
	in_reply_to: (.parent_comment_id // .video_id), thread: .video_id, direct: false,
	metrics: {likes: .likes, shares: null, replies: .replies, views: null},
	ref: {video: .video_id, top: (.parent_comment_id // .comment_id)}
};

def publish($account; $reply):
	if $reply.mention == null then error("TikTok takes no posts without a video: answers only")
	else {
		method: "POST", url: api("comment/reply/create"),
		json: {business_id: own($account), video_id: $reply.mention.ref.video,
			comment_id: $reply.mention.ref.top, text: $reply.text},
		bucket: "write"
	} end;

def published($account):
	(.body | if type == "object" then . else {} end) as $body |
	if $body.code == 0 then {id: ($body.data.comment_id // .request.id // "" | tostring)}
	else {error: ($body.message // "status \(.status)")} end;

def find($account; $reply):
	get($account; "comment/reply/list";
		{video_id: $reply.mention.ref.video, comment_id: $reply.mention.ref.top,
		sort_field: "create_time", sort_order: "desc", max_count: 30}; "replies"; {});

def found($account; $reply):
	.body as $body |
	if .status != 200 or $body.code != 0 then {unsure: ($body.message? // "status \(.status)")}
	else
		(($reply.created_at | epoch) - 60) as $since |
		[($body.data.comments // [])[] |
			select(.text == $reply.text and (.owner == true or (.user_id // "") == own($account))
			and (.create_time | tonumber) >= $since)][-1] as $hit |
		if $hit then {id: ($hit.comment_id | tostring)}
		elif $body.data.has_more == true
			then {next: [find($account; $reply) | .query += {cursor: $body.data.cursor}]}
		else null end
	end;

def delete($account; $reply): {
	method: "POST", url: api("comment/delete"),
		json: {business_id: own($account), comment_id: $reply.sent.id},
	bucket: "write", idempotent: true, context: {id: $reply.sent.id}
};
