# Messenger, Page of Facebook: messages by webhook, the last conversations by polling; answers.
# See sme-connector(5).
#
# In the vault: access_token, of the Page (pages_messaging, pages_manage_metadata); app_secret and
# verify_token for webhooks (fields messages, message_echoes, message_edits, messaging_postbacks).
# settings:
#   page_id        number of the Page
#   version        of the Graph API ("v25.0")
#   conversations  how many conversations a poll looks at (25); 0: webhooks alone
def meta: {
	name: "messenger",
	title: "Messenger",
	version: "2026-11-26",
	as_of: {date: "2026-05-05",
		source: "developers.facebook.com, Messenger Platform: webhook events, send messages, common error codes; Graph API: handling errors, rate limits"},
	base: "https://graph.facebook.com",
	can: ["read.direct", "webhook", "reply", "reply.private", "thread", "media"],
	text: {limit: 2000, count: "points"},
	records: {
		message: {required: {"sender.id": "string", "recipient.id": "string",
			"timestamp": "number|string",
			"message.mid": "string", "message.text": "string?"}},
		edit: {required: {"sender.id": "string", "timestamp": "number|string",
			"message_edit.mid": "string",
			"message_edit.text": "string?"}},
		postback: {required: {"sender.id": "string", "timestamp": "number|string",
			"postback": "object"}},
		stored: {required: {"id": "string", "created_time": "string", "from.id": "string",
			"message": "string?"}}
	},
	auth: {scheme: "bearer", fields: ["access_token"], token: "access_token"},
	limits: {buckets: {read: {n: 200, per: "1h"}, send: {n: 200, per: "1h"}}},
	errors: [
		{path: "error.error_subcode", value: 2018278, class: "rule"},
		{path: "error.error_subcode", value: 2534022, class: "rule"},
		{path: "error.error_subcode", value: 1545041, class: "rule"},
		{path: "error.error_subcode", value: 2018108, class: "rule"},
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
		{path: "error.code", value: 1200, class: "transient"},
		{path: "error.code", value: 80001, class: "transient"},
		{path: "error.code", value: 80006, class: "transient"},
		{path: "error.code", value: 10, class: "rule"},
		{path: "error.code", value: 368, class: "rule"},
		{path: "error.code", value: 551, class: "rule"},
		{path: "error", present: true, class: "permanent"}
	],
	reply: {window: "24h", tag_window: "7d"},
	publish: {idempotency: "echo", lookup: true, delay: "5s"},
	webhook: {verify: "meta", header: "X-Hub-Signature-256", challenge: "meta"}
};

def graph($account): "/\($account.settings.version // "v25.0")";
def own($account): $account.settings.page_id | tostring;
def epoch: sub("\\.[0-9]+"; "") | sub("\\+0000$"; "Z") | fromdateiso8601;
# Is the time T of now or not known?  A record that is odd is told of, not left out.
def recent(t; $since): ((try (t | epoch) catch null) // $since) >= $since;
def thousandth: tonumber / 1000 | floor;

def conversations($account; $query): {
	url: "\(graph($account))/\(own($account))/conversations",
	query: ({platform: "messenger"} + $query),
	bucket: "read", idempotent: true
};

def stored_fields: "messages.limit(25){id,message,from,created_time,attachments{mime_type,name,image_data,video_data,file_url}}";

def start($account; $cursor):
	($account.settings.conversations // 25) as $n |
	if $n == 0 then [] else
		[conversations($account; {limit: $n, fields: "id,updated_time,\(stored_fields)"})
			+ {tag: "conversations", optional: true,
				context: {at: $account.now, from: ($cursor.at // null)}}]
	end;

# Conversations come with the last one first; those without a new message end the poll.
def page($account; $cursor):
	.request as $request |
	($request.from | if . then epoch - 600 else 0 end) as $since |
	(.body.data // []) as $all |
	[$all[] | select(recent(.updated_time; $since))] as $data |
	(if ($data | length) == ($all | length) and $request.from then .body.paging.next
		else null end) as $next |
	{
		records: {stored: [$data[] | .id as $thread | .messages.data[]? |
			select(recent(.created_time; $since))]},
		next: (if $next then [conversations($account; {limit: ($account.settings.conversations // 25),
			after: .body.paging.cursors.after, fields: "id,updated_time,\(stored_fields)"})
			+ {tag: "conversations", context: {at: $request.at, from: $request.from}}] else [] end),
		cursor: (if $next then {} else {at: $request.at} end),
		coverage: (if $next then {} else {from: $request.from, to: $request.at} end)
	};

# What happened in the conversations of this Page; also those another app leads (standby).
def once(f): reduce .[] as $r ([]; if any(.[]; f == ($r | f)) then . else . + [$r] end);

def webhook($account):
	[.body | select(.object == "page") | .entry[]? |
		select($account.settings.page_id == null or (.id | tostring) == own($account)) |
		(.messaging // [])[], (.standby // [])[]] as $all |
	{records: {
		message: ([$all[] | select(.message)] | once(.message.mid)),
		edit: ([$all[] | select(.message_edit)] | once([.message_edit.mid, .message_edit.num_edit])),
		postback: ([$all[] | select(.postback)] | once([.sender.id, .timestamp, .postback]))
	}};

def media: [.attachments[]? | select(.payload.url) |
	{type: ({image: "image", video: "video", audio: "audio"}[.type] // "document"), url: .payload.url,
		alt: null}];

def stored_media: [.attachments.data[]? | {
	type: (.mime_type // "" | split("/")[0] | {image: "image", video: "video", audio: "audio"}[.]
		// "document"),
	url: (.image_data.url // .video_data.url // .file_url), alt: .name
} | select(.url)];

def event($account):
	.kind as $kind | .data |
	if $kind == "stored" then
		(.from.id | tostring) as $from | {
			native: .id,
			type: (if $from == own($account) then "reply" else "mention" end),
			kind: "message", created_at: (.created_time | epoch),
			author: {native: $from, name: .from.name},
			text: (.message // ""), in_reply_to: null, direct: true,
			thread: (if $from == own($account) then .to.data[0].id? // null else $from end),
			media: stored_media,
			ref: {to: $from}
		}
	else
		(.message.is_echo == true) as $echo |
		(if $echo then .recipient.id else .sender.id end) as $person |
		if $kind == "message" and .message.is_deleted == true
			then {type: "delete", native: .message.mid}
		else {
			native: (.message.mid // .message_edit.mid // .postback.mid
				// "postback/\($person)/\(.timestamp)"),
			revision: (if $kind == "edit" then .message_edit.num_edit // 1 else null end),
			type: (if $echo then "reply" else "mention" end),
			kind: "message", created_at: (.timestamp | thousandth),
			author: {native: .sender.id},
			text: (.message.text // .message_edit.text // .postback.title // ""),
			url: null, in_reply_to: .message.reply_to.mid, thread: $person, direct: true,
			media: (.message // {} | media),
			links: [.message.attachments[]? | select(.type == "fallback") | .url // .payload.url |
				select(.)],
			part_key: (if $echo then .message.metadata else null end),
			ref: (if $echo then null else {to: $person} end)
		} end
	end;

# Later than 24 hours after the person wrote only what a person writes may go out, and says so.
def late($reply):
	$reply.auto == false and (($reply.now | epoch) - ($reply.mention.created_at | epoch)) >= 86400;

def publish($account; $reply):
	if $reply.mention == null then error("Messenger has no posts: answers only")
	else {
		method: "POST", url: "\(graph($account))/\(own($account))/messages",
		json: ({
			recipient: {id: ($reply.mention.ref.to // $reply.mention.author.native)},
			message: {text: $reply.text, metadata: $reply.part_key}
		} + (if late($reply) then {messaging_type: "MESSAGE_TAG", tag: "HUMAN_AGENT"}
			else {messaging_type: "RESPONSE"} end)),
		bucket: "send"
	} end;

def published($account):
	(.body | if type == "object" then . else {} end) as $body |
	if $body.message_id then {id: $body.message_id}
	else {error: ($body.error.message // "status \(.status)")} end;

def find($account; $reply):
	conversations($account; {user_id: ($reply.mention.ref.to // $reply.mention.author.native),
		fields: stored_fields})
	+ {tag: "find"};

def found($account; $reply):
	if .status != 200 or (.body | type) != "object" or (.body.data | type) != "array"
		then {unsure: "status \(.status)"}
	else
		[.body.data[].messages.data[]? |
			select((.from.id | tostring) == own($account) and .message == $reply.text
				and (.created_time | epoch) >= ($reply.created_at | epoch) - 60)][-1] as $hit |
		if $hit then {id: $hit.id} else null end
	end;
