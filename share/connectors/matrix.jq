# Matrix, client-server API v3.  See sme-connector(5).
#
# In the vault: access_token.  The account's handle is the user, such as @talvio:matrix.example.
# settings:
#   rooms         ids of the rooms to read; default: all that the account is in
#   join          true: accept invitations, so that people can write to the account at all
#   backlog       events per room that the first poll reads; default 20
#
# Encrypted rooms cannot be read here: their messages are counted as gaps of the coverage.

def meta: {
	name: "matrix", title: "Matrix", version: "2026-11-26",
	as_of: {
		date: "2026-11-26",
		source: "spec.matrix.org, client-server API: sync, messages, send, redact, replacements, size limits"
	},
	can: ["read.post", "read.comment", "read.direct", "post", "reply", "thread", "edit", "delete", "media"],
	# An event has at most 65 536 bytes, with all that servers add; an edit holds the text twice.
	text: {limit: 30000, count: "bytes"},
	records: {
		message: {required: {
			room: "string", "event.event_id": "string", "event.sender": "string",
			"event.origin_server_ts": "number|string", "event.content.body": "string",
			"event.content.msgtype": "string"
		}},
		redaction: {required: {id: "string"}}
	},
	auth: {scheme: "bearer", fields: ["access_token"], token: "access_token",
		refresh: {method: "POST", url: "/_matrix/client/v3/refresh", json: {refresh_token: "{secret:refresh_token}"}},
		take: {access_token: "access_token", refresh_token: "refresh_token"}},
	limits: {
		retry_after: {body: "retry_after_ms", unit: "ms"},
		# What Synapse allows by default: 0.2 messages a second after a burst of 10.
		buckets: {read: {n: 600, per: "1m"}, write: {n: 12, per: "1m"}}
	},
	errors: [
		{status: 403, path: "errcode", value: "M_UNKNOWN_TOKEN", class: "auth"},
		{status: 403, path: "errcode", value: "M_FORBIDDEN", class: "rule"},
		{status: 413, class: "rule"}
	],
	reply: {visibility: "keep"},
	# The same transaction id in the same session is the same event.  Servers remember it for a while
	# (Synapse: half an hour at least); later the room shows whether the event is there.
	publish: {idempotency: "txn", repeat: "20m", lookup: true, delay: "5s"}
};

def arr: if type == "array" then . else [] end;
# The list itself: an answer without it is no empty one.
def must: if type == "array" then . else error("the answer lacks its list") end;
def api: "/_matrix/client/v3" + .;

# ---- reading ----

def filter($account): {
	presence: {types: []}, account_data: {types: ["m.direct"]},
	room: {
		rooms: $account.settings.rooms,
		account_data: {types: []}, ephemeral: {types: []},
		state: {types: ["m.room.member", "m.room.name"], lazy_load_members: true, include_redundant_members: true},
		timeline: {limit: 50, types: ["m.room.message", "m.room.redaction", "m.room.member", "m.room.encrypted"],
			lazy_load_members: true, include_redundant_members: true}
	} | with_entries(select(.value != null))
};

def start($account; $cursor): [{
	url: ("/sync" | api), tag: "sync", bucket: "read", context: {since: $cursor.since},
	query: {since: $cursor.since, timeout: "0", filter: (filter($account) | tojson)}
}];

# {user: name} of the members that came along.
def names: [.[] | select(.type == "m.room.member" and .state_key) | {key: .state_key, value: .content.displayname}]
	| from_entries;

def told($room; $events; $names; $direct): {
	message: [$events[] | select(.type == "m.room.message" and .content != {})
		| {room: $room, event: ., name: $names[.sender // ""], direct: $direct}],
	redaction: [$events[] | select(.type == "m.room.redaction") | {id: (.redacts // .content.redacts), room: $room}
		| select(.id)]
};

def older($room; $from; $to; $context): {
	url: ("/rooms/\($room | @uri)/messages" | api), tag: "older", bucket: "read",
	query: {dir: "b", from: $from, to: $to, limit: "100", filter: ({lazy_load_members: true} | tojson)},
	context: ($context + {room: $room, to: $to})
};

def both: reduce .[] as $r ({message: [], redaction: []};
	.message += $r.message | .redaction += $r.redaction);

def synced($account; $cursor):
	.body as $b | .request.since as $since
	| (if $b.next_batch | type == "string" then . else error("the answer lacks its next_batch") end)
	| ([($b.account_data.events | arr)[] | select(.type == "m.direct") | .content[][]]) as $said
	# A room is private when it has been marked so, or when it has two members.
	| (reduce (($b.rooms.join // {}) | to_entries[]) as $room ($cursor.direct // {};
		(($room.value.summary["m.joined_member_count"] // null)) as $n
		| if any($said[]; . == $room.key) then .[$room.key] = true
		  elif $n then .[$room.key] = ($n <= 2) else . end)) as $direct
	| [($b.rooms.join // {}) | to_entries[] | .key as $room
		| (.value.timeline.events | arr) as $events
		| {room: $room, events: $events, names: (((.value.state.events | arr) + $events) | names),
		   limited: .value.timeline.limited, prev: .value.timeline.prev_batch}] as $rooms
	| {
		records: ([$rooms[] | told(.room; .events; .names; $direct[.room] == true)] | both),
		# What came between two polls and did not fit; a first poll has no before.
		next: ([$rooms[] | select(.limited and .prev and $since) | older(.room; .prev; $since; {direct: ($direct[.room] == true)})]
			+ [select($account.settings.join == true) | ($b.rooms.invite // {}) | keys[] | {
				method: "POST", url: ("/rooms/\(. | @uri)/join" | api), tag: "join", bucket: "write",
				json: {}, idempotent: true, optional: true, context: {}}]),
		cursor: ({direct: $direct} + (if $b.next_batch then {since: $b.next_batch} else {} end)),
		coverage: (if [$rooms[].events[] | select(.type == "m.room.encrypted")] == [] then {}
			else {gaps: [{reason: "encrypted messages"}]} end)
	};

def page($account; $cursor):
	.request as $r
	| if $r.tag == "sync" then synced($account; $cursor)
	  elif $r.tag == "older" then
		(.body.chunk | must) as $events
		| {records: told($r.room; $events; ($events + (.body.state | arr)) | names; $r.direct == true),
		   next: (if .body.end and $events != [] then [older($r.room; .body.end; $r.to; {direct: $r.direct})] else [] end)}
	  else {} end;

# Clients used to put what is answered before the answer.
def own_words: if startswith("> ") then sub("^(> [^\n]*\n)+\n"; "") else . end;

def media: {"m.image": "image", "m.video": "video", "m.audio": "audio", "m.file": "file"}[.msgtype // ""];

def event($account):
	if .kind == "redaction" then {type: "delete", native: .data.id}
	else .data | .room as $room | .event as $e | $e.content as $c
		| ($c["m.relates_to"] // {}) as $rel | ($rel.rel_type == "m.replace") as $edit
		| (if $edit then $c["m.new_content"] // $c else $c end) as $said
		| {
			type: (if $e.sender == $account.handle then "reply" else null end),
			native: (if $edit then $rel.event_id else $e.event_id end),
			# Only later ones win, whatever the order in which they come.
			revision: (if $edit then $e.origin_server_ts | tonumber else null end),
			kind: (if .direct then "message" elif $rel["m.in_reply_to"] or $rel.rel_type == "m.thread" then "comment"
				else "post" end),
			created_at: ($e.origin_server_ts | tonumber / 1000),
			author: {native: $e.sender, handle: $e.sender, name: .name},
			text: ($said.body | own_words),
			url: "https://matrix.to/#/\($room | @uri)/\($e.event_id | @uri)",
			in_reply_to: $rel["m.in_reply_to"].event_id,
			thread: (if $rel.rel_type == "m.thread" then $rel.event_id else $room end),
			direct: .direct,
			media: [$said | select(media) | {type: media, url: (.url // .file.url), alt: .body}],
			auto: (if $said.msgtype == "m.notice" then true else null end),
			ref: {room: $room, thread: (if $rel.rel_type == "m.thread" then $rel.event_id else null end)}
		} end;

# ---- writing ----

def content($reply):
	($reply.previous.id // $reply.mention.native) as $answered
	| {msgtype: "m.text", body: $reply.text}
	+ (if $answered == null then {}
	   else {"m.relates_to": ({"m.in_reply_to": {event_id: $answered}}
		+ (if $reply.mention.ref.thread then {rel_type: "m.thread", event_id: $reply.mention.ref.thread} else {} end))}
	   end)
	+ (if $reply.mention.author.native then {"m.mentions": {user_ids: [$reply.mention.author.native]}} else {} end);

def room($account; $reply): $reply.mention.ref.room // $reply.sent.ref.room // $account.settings.post_room;

def put($account; $reply; $content):
	room($account; $reply) as $room | {
		method: "PUT", url: ("/rooms/\($room | @uri)/send/m.room.message/\($reply.part_key | @uri)" | api),
		tag: "send", bucket: "write", idempotent: true, json: $content, context: {room: $room}
	};

def publish($account; $reply): put($account; $reply; content($reply));

def edit($account; $reply):
	put($account; $reply; {
		msgtype: "m.text", body: "* \($reply.text)", "m.new_content": {msgtype: "m.text", body: $reply.text},
		"m.relates_to": {rel_type: "m.replace", event_id: $reply.sent.id}});

def delete($account; $reply):
	room($account; $reply) as $room | {
		method: "PUT", url: ("/rooms/\($room | @uri)/redact/\($reply.sent.id | @uri)/\($reply.part_key | @uri)" | api),
		tag: "redact", bucket: "write", idempotent: true, json: {}, context: {room: $room}
	};

def sent($room; $id): {id: $id, url: "https://matrix.to/#/\($room | @uri)/\($id | @uri)", ref: {room: $room}};

def published($account):
	.request.room as $room
	| if .body.event_id then sent($room; .body.event_id) else {error: "the server's answer has no event_id"} end;

def find($account; $reply):
	room($account; $reply) as $room | {
		url: ("/rooms/\($room | @uri)/messages" | api), tag: "look", bucket: "read",
		query: {dir: "b", limit: "100"}, context: {room: $room}
	};

# Our own events come back with their transaction id to the session that sent them; to any other,
# sender and text tell.
def looked_up($account; $reply):
	.request.room as $room | (.body.chunk | must) as $events
	| (try ($reply.created_at[0:19] + "Z" | fromdateiso8601) catch 0) as $since
	| [$events[] | select(.unsigned.transaction_id == $reply.part_key
		or (.sender == $account.handle and .content.body == $reply.text and (.origin_server_ts | tonumber / 1000) >= $since - 60))] as $ours
	| if $ours != [] then sent($room; $ours[0].event_id)
	  elif .body.end and $events != [] and ($events | last.origin_server_ts | tonumber / 1000) >= $since then
		{next: [{url: ("/rooms/\($room | @uri)/messages" | api), tag: "look", bucket: "read",
			query: {dir: "b", limit: "100", from: .body.end}, context: {room: $room}}]}
	  else null end;

# An answer that cannot be read does not say that nothing is there.
def found($account; $reply): try looked_up($account; $reply) catch {unsure: .};
