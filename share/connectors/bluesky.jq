# Bluesky: an AT Protocol server (PDS) and, through it, the AppView.  See sme-connector(5).
#
# In the vault: app_password, made in the settings of the account; access_token and refresh_token are
# kept there by sme itself.
# settings:
#   search        queries: posts that match are fetched as well
#   direct        true: private messages too; the app password must allow them
#   own           false: do not fetch what the account itself wrote
#   backlog       pages of older notifications that the first poll reads; default 1
#
# A record key is ours to choose: the same reply always gets the same, so a repeated request changes
# nothing.  Posts cannot be edited: the AppView ignores changed records.

def meta: {
	name: "bluesky", title: "Bluesky", version: "2026-11-26",
	as_of: {
		date: "2026-11-26",
		source: "lexicons and the PDS 0.4.217 of bluesky-social/atproto (called); docs.bsky.app (rate limits)"
	},
	base: "https://bsky.social", instance: "bsky.app",
	can: ["read.post", "read.comment", "read.mention", "read.direct", "post", "reply", "reply.private",
	    "thread", "delete", "media"],
	text: {limit: 300, count: "graphemes", bytes: 3000,
		direct: {limit: 1000, count: "graphemes", bytes: 10000}},
	records: {
		post: {required: {
			"post.uri": "string", "post.cid": "string", "post.indexedAt": "string",
			"post.author.did": "string", "post.author.handle": "string",
			"post.record.text": "string", "post.record.createdAt": "string",
			"post.record.reply.root.uri": "string?", "post.record.reply.root.cid": "string?",
			"post.record.reply.parent.uri": "string?"
		}},
		own: {required: {
			"post.uri": "string", "post.cid": "string", "post.indexedAt": "string",
			"post.author.did": "string", "post.author.handle": "string",
			"post.record.text": "string", "post.record.createdAt": "string"
		}},
		message: {required: {
			"convo.id": "string", "convo.members": "array", "message.id": "string",
			"message.text": "string", "message.sender.did": "string", "message.sentAt": "string"
		}},
		gone: {required: {id: "string"}}
	},
	auth: {
		scheme: "session", fields: ["app_password"], token: "access_token",
		session: {method: "POST", url: "/xrpc/com.atproto.server.createSession",
			json: {identifier: "{account:handle}", password: "{secret:app_password}"}},
		refresh: {method: "POST", url: "/xrpc/com.atproto.server.refreshSession",
			headers: {authorization: "Bearer {secret:refresh_token}"}},
		take: {access_token: "accessJwt", refresh_token: "refreshJwt"},
		public: {did: "did"}
	},
	limits: {
		headers: {limit: "ratelimit-limit", remaining: "ratelimit-remaining", reset: "ratelimit-reset",
			style: "epoch"},
		# 3000 requests in 5 minutes from one address.  Writes are points: a new record costs 3, a
		# deleted one 1; 5000 an hour (and 35 000 a day).
		buckets: {read: {n: 3000, per: "5m"}, write: {n: 5000, per: "1h"}}
	},
	errors: [
		{status: 400, path: "error", value: "RecordNotFound", class: "ok"},
		{status: 400, path: "error", value: "ExpiredToken", class: "auth"},
		{status: 400, path: "error", value: "InvalidToken", class: "auth"},
		{status: 400, path: "error", value: "AccountTakedown", class: "auth"},
		{status: 400, path: "error", value: "BlockedActor", class: "rule"},
		{status: 400, path: "error", value: "MessagesDisabled", class: "rule"},
		{status: 400, path: "error", value: "NotFollowedBySender", class: "rule"}
	],
	reply: {visibility: "keep"},
	publish: {idempotency: "key", lookup: true, delay: "5s"}
};

def arr: if type == "array" then . else [] end;
# The list itself: an answer without it is no empty one.
def must: if type == "array" then . else error("the answer lacks its list") end;
def xrpc: "/xrpc/" + .;
def me($account): $account.public.did // $account.handle // "" | ltrimstr("@");
# Seconds of a time; what stands behind them does not matter here.
def seconds: try (.[0:19] + "Z" | fromdateiso8601) catch 0;

# ---- reading ----

# Lists come newest first, by the earlier of the author's clock and the server's.  So a post from a clock
# that is slow, or from a server that is late, stands below what is known already: lists are read down
# to an hour before the newest of the last poll.
def list($tag; $method; $query; $key; $cursor): {
	url: ($method | xrpc), tag: $tag, bucket: "read", query: ($query + {limit: "50"}),
	context: {key: $key, method: $method, ask: ($query + {limit: "50"}), page: 1,
		until: (if $cursor[$key] then ($cursor[$key] | seconds) - 3600 else null end),
		mentions: ($cursor.mentions // [])}
};

def chat: {"atproto-proxy": "did:web:api.bsky.chat#bsky_chat"};

def start($account; $cursor): [
	list("notifications"; "app.bsky.notification.listNotifications";
		{reasons: ["mention", "reply", "quote"]}; "notifications"; $cursor),
	# Posts said to be older than the network itself stand at the very end.
	({url: ("app.bsky.notification.listNotifications" | xrpc), tag: "undated", bucket: "read", optional: true,
		query: {limit: "50", cursor: "2020-01-01T00:00:00.000Z"}, context: {}}),
	(($cursor.mentions // []) - ($cursor.gone // []) | select(. != []) | {
		url: ("app.bsky.feed.getPosts" | xrpc), tag: "again", bucket: "read",
		query: {uris: (. + [$cursor.mine // empty])}, context: {ids: ., mine: $cursor.mine}}),
	(select($account.settings.own != false)
		| list("own"; "app.bsky.feed.getAuthorFeed"; {actor: me($account), filter: "posts_with_replies"};
			"own"; $cursor)),
	(($account.settings.search // [])[] | . as $q
		| list("search"; "app.bsky.feed.searchPosts"; {q: $q, sort: "latest"}; "search:\($q)"; $cursor)
		| .optional = true),
	(select($account.settings.direct == true)
		| list("convos"; "chat.bsky.convo.listConvos"; {}; "convos"; $cursor)
		| .optional = true | .headers = chat)
];

# What a list of posts gives goes on to be looked up, at most 25 at once; the cursor moves on with the
# last of them.
def look_up($posts; $done):
	[range(0; $posts | length; 25) as $i | $posts[$i:$i + 25]] as $parts
	| if $parts == [] then {next: [], cursor: $done}
	  else {
		next: [range($parts | length) as $i | $parts[$i] | {
			url: ("app.bsky.actor.getProfiles" | xrpc), tag: "profiles", bucket: "read",
			query: {actors: [.[].author.did // empty] | unique},
			context: {posts: ., done: (if $i == ($parts | length) - 1 then $done else {} end)}}],
		cursor: {}
	  } end;

# The same for notifications, of which the posts (counts, pictures) are fetched before the authors.
def look_at($notes; $done):
	[range(0; $notes | length; 25) as $i | $notes[$i:$i + 25]] as $parts
	| if $parts == [] then {next: [], cursor: $done}
	  else {
		next: [range($parts | length) as $i | $parts[$i] | {
			url: ("app.bsky.feed.getPosts" | xrpc), tag: "posts", bucket: "read",
			query: {uris: [.[].uri // empty]},
			context: {notes: ., done: (if $i == ($parts | length) - 1 then $done else {} end)}}],
		cursor: {}
	  } end;

# One page of a list: {items that are new enough, the request for the page after it, done: what the
# cursor becomes}.
def listed($account; $items; time):
	.request as $r | .body.cursor as $more
	| [$items[] | select($r.until == null or ((time // "9999") | seconds) >= $r.until)] as $kept
	# An empty list is read up to now: what comes next is all new.
	| ($r.top // ($items[0] // {} | time) // (if $items == [] then $account.now else null end)) as $top
	| (if $more == null or $items == [] or ($kept | length) < ($items | length) then null
	   elif $r.until == null and $r.page >= ($account.settings.backlog // 1) then null
	   else {url: ($r.method | xrpc), tag: $r.tag, bucket: "read", query: ($r.ask + {cursor: $more}),
		context: ($r | {key, method, ask, until, mentions} + {page: ($r.page + 1), top: $top})} end) as $following
	| {items: $kept, following: $following,
	   done: (if $following or $top == null then {} else {($r.key): $top} end)};

def notified($account):
	.request as $r
	| listed($account; .body.notifications | must; .indexedAt) as $page
	| [$page.items[] | select(.reason // "mention" | IN("mention", "reply", "quote"))] as $notes
	# The newest mentions, to see later whether they are still there.
	| (([$notes[].uri | strings] + $r.mentions | reduce .[] as $u ([]; if any(.[]; . == $u) then . else . + [$u] end))[:24]) as $ids
	| look_at($notes; $page.done + (if $page.following then {} else {mentions: $ids} end))
	| .next += [$page.following | select(.) | .context.mentions = $ids];

def joined:
	.request as $r | [(.body.posts | must)[] | {key: .uri, value: .}] | from_entries as $found
	| look_up([$r.notes[] | $found[.uri // ""] // {uri, cid, author, record, indexedAt}]; $r.done);

def profiled:
	.request as $r | ([(.body.profiles | must)[] | {key: .did, value: .}] | from_entries) as $who
	| {records: {post: [$r.posts[] | {post: ., profile: $who[.author.did // ""]}]}, cursor: $r.done};

def searched($account; $cursor):
	listed($account; .body.posts | must; .indexedAt) as $page
	| look_up([$page.items[] | select(.author.did != me($account) and .author.handle != me($account))]; $page.done)
	| .next += [$page.following | select(.) | .optional = true];

def wrote($account):
	listed($account; [(.body.feed | must)[] | select(.reason == null) | .post]; .indexedAt) as $page
	| {records: {own: [$page.items[] | {post: .}]}, next: [$page.following | select(.)],
		cursor: ($page.done + ([$page.items[0].uri | strings | {mine: .}][0] // {}))};

# Conversations come with the last used first.
def talked($account):
	listed($account; .body.convos | must; .lastMessage.sentAt) as $page
	| {
		next: ([$page.items[] | select(.lastMessage) | {
			url: ("chat.bsky.convo.getMessages" | xrpc), tag: "messages", bucket: "read", headers: chat,
			query: {convoId: .id, limit: "50"}, context: {convo: {id, members}}}]
			+ [$page.following | select(.) | .optional = true | .headers = chat]),
		cursor: $page.done
	};

def page($account; $cursor):
	.request as $r
	| if $r.tag == "notifications" then notified($account)
	  elif $r.tag == "undated" then
		look_at([(.body.notifications | must)[] | select(.reason // "mention" | IN("mention", "reply", "quote"))]; {})
	  elif $r.tag == "posts" then joined
	  elif $r.tag == "profiles" then profiled
	  elif $r.tag == "again" then
		[(.body.posts | must)[].uri] as $there
		# When none of them comes it is not they who are gone.
		| (if $there == [] or ($there | all(type == "string") | not) then [] else $r.ids - $there - [$r.mine] end) as $gone
		| {records: {gone: [$gone[] | {id: .}]}, cursor: {gone: ((($cursor.gone // []) + $gone)[-50:])}}
	  elif $r.tag == "own" then wrote($account)
	  elif $r.tag == "search" then searched($account; $cursor)
	  elif $r.tag == "convos" then talked($account)
	  else {records: {
		message: [(.body.messages | must)[] | select(."$type" // "" | test("#(deleted|system)MessageView$") | not)
			| {message: ., convo: $r.convo}],
		gone: [(.body.messages | must)[] | select(."$type" // "" | test("#deletedMessageView$"))
			| {id: "dm/\($r.convo.id)/\(.id)"}]}}
	  end;

def rkey: split("/") | last;

# The moment within a record key, in seconds; 0 when it is no TID.
def moment_of_key:
	if test("^[2-7a-j][2-7a-z]{12}$") | not then 0
	else reduce (.[:11] | explode[]) as $c (0; . * 32 + (if $c < 97 then $c - 50 else $c - 91 end)) / 1000000 | floor end;

# Authors say when they wrote, and some say the year 1 or next year.  Then what the network saw holds,
# which takes the earlier of both; and then the record's key, made when it was stored.
def written($created; $indexed; $key):
	def sane: . > 1577836800;
	if ($created | seconds | sane) and ($created | seconds) <= ($indexed | seconds) + 86400
	then $created
	elif $indexed | seconds | sane then $indexed
	elif $key | moment_of_key | sane then $key | moment_of_key | todate
	else $indexed end;

def author($a; $profile): {
	native: $a.did, handle: $a.handle, name: $a.displayName,
	followers: $profile.followersCount, following: $profile.followsCount, posts: $profile.postsCount,
	created_at: ($profile.createdAt // $a.createdAt),
	verified: (($profile.verification // $a.verification).verifiedStatus == "valid")
};

def media($embed):
	if $embed == null then empty
	elif $embed.images then $embed.images[] | {type: "image", url: .fullsize, alt}
	elif $embed.playlist then {type: "video", url: $embed.playlist, alt: $embed.alt}
	else media($embed.media) end;

def post($profile):
	. as $p | .record as $rec | ($rec.reply.root // {uri: .uri, cid: .cid}) as $root
	| {
		native: .uri,
		kind: (if $rec.reply then "comment" else "post" end),
		created_at: written($rec.createdAt; .indexedAt; .uri | rkey), indexed_at: .indexedAt,
		author: author(.author; $profile),
		text: $rec.text, lang_hint: $rec.langs[0],
		url: "https://bsky.app/profile/\(.author.handle)/post/\(.uri | rkey)",
		in_reply_to: $rec.reply.parent.uri, thread: $root.uri, direct: false,
		metrics: {likes: .likeCount, shares: (if .repostCount then .repostCount + (.quoteCount // 0) else null end),
			replies: .replyCount},
		media: [media(.embed)],
		links: ([($rec.facets | arr)[].features[]?.uri // empty] + [$rec.embed.external.uri // empty] | unique),
		ref: {uri: .uri, cid: .cid, root: ($root | {uri, cid})}
	};

def message($account):
	.message as $m | .convo as $c
	| ([$c.members[] | select(.did == $m.sender.did)][0] // {did: $m.sender.did}) as $who
	| {
		native: "dm/\($c.id)/\($m.id)", kind: "message", created_at: $m.sentAt, indexed_at: $m.sentAt,
		author: author($who; null), text: $m.text,
		links: [($m.facets | arr)[].features[]?.uri // empty],
		thread: "dm/\($c.id)", direct: true, ref: {convo: $c.id}
	}
	| if $m.sender.did == me($account) or $who.handle == ($account.handle // "" | ltrimstr("@"))
	  then .type = "reply" else . end;

def event($account):
	if .kind == "gone" then {type: "delete", native: .data.id}
	elif .kind == "message" then .data | message($account)
	elif .kind == "own" then .data.post | post(null) | .type = "reply"
	else .data.profile as $profile | .data.post | post($profile) end;

# ---- writing ----

# Numbers in the alphabet of record keys, $n digits.
def base32($n):
	"234567abcdefghijklmnopqrstuvwxyz" as $digits
	| reduce range($n) as $_ ({rest: ., text: ""};
		(.rest % 32) as $d | {rest: ((.rest - $d) / 32), text: ($digits[$d:$d + 1] + .text)})
	| .text;

# A TID: 53 bits of microseconds and 10 bits that tell clocks apart.  Ours tell replies apart: seconds
# are those of the intent, the rest comes from the reply's key; parts follow one another.
def tid($reply):
	(reduce ($reply.key | explode[]) as $c (0; (. * 257 + $c) % 1024000000)) as $mix
	| (($reply.created_at | seconds) * 1000000 + ($mix / 1024 | floor) + $reply.part | base32(11))
		+ ($mix % 1024 | base32(2));

# Places in a text count UTF-8 bytes.
def span($text; $offset; $length): {
	byteStart: ($text[:$offset] | utf8bytelength), byteEnd: ($text[:$offset + $length] | utf8bytelength)
};

def quoted: gsub("(?<c>[.*+?^${}()|\\[\\]\\\\])"; "\\" + .c);

def facets($text; $people): [
	($text | match("https?://[^\\s<>\"]+"; "g")
		| (.string | sub("[.,;:!?'\"\\])]+$"; "")) as $url
		| {index: span($text; .offset; $url | length),
		   features: [{"$type": "app.bsky.richtext.facet#link", uri: $url}]}),
	($people[] | select(.handle and .did) | . as $who
		| $text | match("@" + ($who.handle | quoted) + "(?![\\w.-]*\\w)"; "gi")
		| {index: span($text; .offset; .length),
		   features: [{"$type": "app.bsky.richtext.facet#mention", did: $who.did}]}),
	($text | match("(?:^|\\s)(#[\\p{L}\\p{N}_]*[\\p{L}_][\\p{L}\\p{N}_]*)"; "g") | .captures[0]
		| {index: span($text; .offset; .length),
		   features: [{"$type": "app.bsky.richtext.facet#tag", tag: .string[1:]}]})
] | sort_by(.index.byteStart);

def rich($account; $reply):
	facets($reply.text; [
		{handle: $reply.mention.author.handle, did: $reply.mention.author.native},
		{handle: ($account.handle // "" | ltrimstr("@")), did: $account.public.did}]) as $facets
	| {text: $reply.text} + (if $facets == [] then {} else {facets: $facets} end);

# The parts of a chain keep the order of their times.
def moment($reply): $reply.created_at[0:19] + "." + ("00\($reply.part)" | .[-3:]) + "Z";

def record($account; $reply):
	($reply.mention.ref // $reply.previous.ref | .root) as $root
	| ($reply.previous.ref // $reply.mention.ref) as $parent
	| {"$type": "app.bsky.feed.post"} + rich($account; $reply) + {createdAt: moment($reply)}
	+ (if $reply.lang then {langs: [$reply.lang]} else {} end)
	+ (if $parent then {reply: {root: ($root // $parent | {uri, cid}), parent: ($parent | {uri, cid})}} else {} end);

def send($message; $convo): {
	method: "POST", url: ("chat.bsky.convo.sendMessage" | xrpc), tag: "send", bucket: "write", headers: chat,
	json: {convoId: $convo, message: $message}, context: {convo: $convo}
};

def convo_with($reply; $context): {
	url: ("chat.bsky.convo.getConvoForMembers" | xrpc), tag: "convo", bucket: "read", headers: chat,
	query: {members: [$reply.mention.author.native]}, context: $context
};

def publish($account; $reply):
	if $reply.mention.ref.convo then send(rich($account; $reply); $reply.mention.ref.convo)
	elif $reply.private then convo_with($reply; {message: rich($account; $reply)})
	else record($account; $reply) as $record | {
		method: "POST", url: ("com.atproto.repo.putRecord" | xrpc), tag: "put", bucket: "write", cost: 3,
		idempotent: true, context: {root: ($record.reply.root // null)},
		json: {repo: me($account), collection: "app.bsky.feed.post", rkey: tid($reply), record: $record}
	} end;

def sent($root): {
	id: .uri, url: "https://bsky.app/profile/\(.uri | split("/")[2])/post/\(.uri | rkey)",
	ref: ({uri, cid} | .root = ($root // .))
};

def published($account):
	.request as $r
	| if $r.tag == "convo" then {next: [send($r.message; .body.convo.id)]}
	  elif $r.tag == "send" then {id: "dm/\($r.convo)/\(.body.id)", ref: {convo: $r.convo}}
	  elif $r.tag == "delete" then {id: $r.id}
	  elif .body.uri and .body.cid then .body | sent($r.root)
	  else {error: "the server's answer has no uri"} end;

def delete($account; $reply):
	if ($reply.sent.id // "") | startswith("at://") | not then
		error("private messages cannot be taken back on Bluesky")
	else {
		method: "POST", url: ("com.atproto.repo.deleteRecord" | xrpc), tag: "delete", bucket: "write", cost: 1,
		idempotent: true, context: {id: $reply.sent.id},
		json: {repo: me($account), collection: "app.bsky.feed.post", rkey: ($reply.sent.id | rkey)}
	} end;

def messages($convo; $cursor): {
	url: ("chat.bsky.convo.getMessages" | xrpc), tag: "sent", bucket: "read", headers: chat,
	query: {convoId: $convo, limit: "50", cursor: $cursor}, context: {convo: $convo}
};

def find($account; $reply):
	if $reply.mention.ref.convo then messages($reply.mention.ref.convo; null)
	elif $reply.private then convo_with($reply; {})
	else {
		url: ("com.atproto.repo.getRecord" | xrpc), tag: "get", bucket: "read", context: {},
		query: {repo: me($account), collection: "app.bsky.feed.post", rkey: tid($reply)}
	} end;

def looked_up($account; $reply):
	.request as $r
	| if $r.tag == "convo" then {next: [messages(.body.convo.id; null)]}
	  elif $r.tag == "sent" then
		(.body.messages | must) as $all | ($reply.created_at | seconds) as $since
		| [$all[] | select(.text == $reply.text and .sender.did == me($account) and (.sentAt | seconds) >= $since - 60)] as $ours
		| if $ours != [] then {id: "dm/\($r.convo)/\($ours[0].id)", ref: {convo: $r.convo}}
		  elif .body.cursor and $all != [] and ($all | last.sentAt | seconds) >= $since then
			{next: [messages($r.convo; .body.cursor)]}
		  else null end
	  elif .body.uri and .body.cid then record($account; $reply) as $record | .body | sent($record.reply.root)
	  elif .body.error == "RecordNotFound" then null
	  else {unsure: "the server's answer is neither a record nor that there is none"} end;

# An answer that cannot be read does not say that nothing is there.
def found($account; $reply): try looked_up($account; $reply) catch {unsure: .};
