# Reddit, the OAuth API.  See sme-connector(5).
#
# In the vault: client_id, client_secret, refresh_token (of a token that does not expire: duration
# permanent), basic (client_id:client_secret in base64); access_token is kept there by sme itself.
# settings:
#   subreddits    names without r/: every post and comment there
#   search        queries over all of Reddit; finds posts, not comments
#   inbox         false: no answers, mentions and private messages
#   own           false: do not fetch what the account itself wrote
#   post          name of the subreddit where posts go
#   backlog       pages that the first poll reads; default 1
#
# Reddit answers 200 when it refuses: the errors are in the body.

def meta: {
	name: "reddit", title: "Reddit", version: "2026-11-26",
	as_of: {
		date: "2026-11-26",
		source: "support.reddithelp.com/hc/en-us/articles/16160319875092 (Data API Wiki); reddit.com/dev/api; reddit-archive wiki (User-Agent, JSON)"
	},
	base: "https://oauth.reddit.com", instance: "reddit",
	can: ["read.post", "read.comment", "read.mention", "read.direct", "post", "reply", "reply.private",
	    "thread", "edit", "delete", "media"],
	text: {limit: 10000, count: "points"},
	records: {
		post: {required: {
			name: "string", author: "string", title: "string", created_utc: "number|string",
			selftext: "string?", permalink: "string", subreddit: "string"
		}},
		comment: {required: {
			name: "string", author: "string", body: "string", created_utc: "number|string",
			parent_id: "string", link_id: "string?", subreddit: "string"
		}},
		message: {required: {
			name: "string", author: "string|null", body: "string", created_utc: "number|string",
			subject: "string"
		}},
		gone: {required: {name: "string"}}
	},
	auth: {
		scheme: "bearer", fields: ["refresh_token", "basic"], token: "access_token",
		refresh: {method: "POST", url: "https://www.reddit.com/api/v1/access_token",
			headers: {authorization: "Basic {secret:basic}", "user-agent": "linux:sme:v1 (by /u/{account:handle})"},
			form: {grant_type: "refresh_token", refresh_token: "{secret:refresh_token}"}},
		take: {access_token: "access_token", refresh_token: "refresh_token", expires_in: "expires_in"}
	},
	limits: {
		headers: {remaining: "x-ratelimit-remaining", used: "x-ratelimit-used", reset: "x-ratelimit-reset",
			style: "seconds"},
		# 100 a minute for an OAuth client, averaged over ten minutes.
		buckets: {read: {n: 100, per: "1m"}, write: {n: 100, per: "1m"}}
	},
	reply: {visibility: "keep"},
	publish: {idempotency: "none", lookup: true, delay: "10s"}
};

def arr: if type == "array" then . else [] end;
# The list itself: an answer without it is no empty one.
def must: if type == "array" then . else error("the answer lacks its list") end;
def me($account): $account.handle // "" | ltrimstr("@") | ltrimstr("u/") | ltrimstr("/u/");

# Requests with a usual User-Agent are slowed down to nearly nothing.
def ask($account): .headers = {"user-agent": "linux:sme:v1 (by /u/\(me($account)))"};

# ---- reading ----

# Lists come newest first and end after about a thousand.  They are read down to ten minutes before
# the newest of the last poll.
def list($account; $path; $query; $key; $cursor): {
	url: $path, tag: "list", bucket: "read", query: ({limit: "100", raw_json: "1"} + $query),
	context: {path: $path, ask: $query, key: $key, page: 1,
		until: (if $cursor[$key] then $cursor[$key] - 600 else null end), recent: ($cursor.recent // [])}
} | ask($account);

def start($account; $cursor): [
	(select($account.settings.inbox != false)
		| list($account; "/message/inbox"; {mark: "false"}; "inbox"; $cursor)),
	(($cursor.recent // []) - ($cursor.gone // []) | select(. != [])
		| {url: "/api/info", tag: "again", bucket: "read", query: {id: join(","), raw_json: "1"}, context: {ids: .}}
		| ask($account)),
	(($account.settings.subreddits // [])[] | . as $r
		| list($account; "/r/\($r | @uri)/new"; {}; "new:\($r)"; $cursor),
		  list($account; "/r/\($r | @uri)/comments"; {}; "comments:\($r)"; $cursor)),
	(($account.settings.search // [])[] | . as $q
		| list($account; "/search"; {q: $q, sort: "new", type: "link"}; "search:\($q)"; $cursor)),
	(select($account.settings.own != false and me($account) != "")
		| list($account; "/user/\(me($account) | @uri)/overview"; {}; "own"; $cursor))
];

# A listing as records; `was_comment` tells comments in the inbox from messages.
def records($things): {
	post: [$things[] | select(.kind == "t3") | .data],
	comment: [$things[] | select(.kind == "t1") | .data],
	message: [$things[] | select(.kind == "t4") | .data]
};

def seconds: try (.[0:19] + "Z" | fromdateiso8601) catch null;
def number: if type == "string" then tonumber? // null else . end;

def listed($account):
	.request as $r | [(.body.data.children | must)[]] as $all
	| [$all[] | select($r.until == null or ((.data.created_utc | number) // $r.until) >= $r.until)] as $kept
	| ([$all[].data.created_utc | number | numbers] | max) as $newest
	# An empty list is read up to now: what comes next is all new.
	| (if $r.page == 1 then $newest // ($account.now | seconds) else $r.top end) as $top
	| .body.data.after as $after
	| (if $after == null or ($kept | length) < ($all | length) then null
	   elif $r.until == null and $r.page >= ($account.settings.backlog // 1) then null
	   else {url: $r.path, tag: "list", bucket: "read",
		query: ({limit: "100", raw_json: "1", after: $after} + $r.ask),
		context: ($r | {path, ask, key, until, recent} + {page: ($r.page + 1), top: $top})} | ask($account) end) as $following
	| {
		records: records($kept),
		next: [$following | select(.)],
		cursor: ((if $following or $top == null then {} else {($r.key): $top} end)
			+ (if $r.key == "inbox" and $r.page == 1 then
				{recent: (([$kept[] | select(.kind == "t1") | .data.name] + $r.recent)
					| reduce .[] as $n ([]; if any(.[]; . == $n) then . else . + [$n] end) | .[:100])}
			   else {} end)),
		# A thousand is all there is: what lies between is lost, and said so.
		coverage: (if $after == null and $r.until != null and $r.page >= 10 and ($kept | length) == ($all | length)
			then {gaps: [{reason: "more than a thousand new entries in \($r.path)"}]} else {} end)
	};

# Of comments to the account, what became of them: changed or gone.
def compared($cursor):
	.request.ids as $ids | [(.body.data.children | must)[] | .data] as $found
	# When none of them comes it is not they who are gone.
	| (if $found == [] or ([$found[].name | strings] | length) < ($found | length) then [] else $ids - [$found[].name] end) as $lost
	| [$found[] | select(.author == "[deleted]" or .body == "[deleted]" or .body == "[removed]") | .name] as $gone
	| ($lost + $gone | unique) as $gone
	| {
		records: {
			comment: [$found[] | select(.edited | numbers) | select(.name as $n | any($gone[]; . == $n) | not)],
			gone: [$gone[] | {name: .}]
		},
		cursor: {gone: ((($cursor.gone // []) + $gone)[-200:])}
	};

def page($account; $cursor):
	if .request.tag == "again" then compared($cursor) else listed($account) end;

def gone($text): .author == "[deleted]" or $text == "[deleted]" or $text == "[removed]";

def common($account; $text): {
	type: (if (.author | ascii_downcase) == (me($account) | ascii_downcase) then "reply" else null end),
	native: .name,
	revision: (if (.edited | type) == "number" then [1, .edited - (.created_utc | number) | floor] | max else null end),
	created_at: (.created_utc | number),
	author: {native: .author, handle: .author, created_at: null},
	text: $text,
	url: (if .permalink then "https://www.reddit.com\(.permalink)" else null end),
	direct: false,
	metrics: {likes: (if (.score | type) == "number" then [0, .score] | max else null end), replies: .num_comments},
	# Reddit's own helper answers in public, too.
	auto: (if .author == "AutoModerator" then true else null end)
};

def event($account):
	if .kind == "gone" then {type: "delete", native: .data.name}
	elif .kind == "post" then .data
		| if gone(.selftext) then {type: "delete", native: .name}
		  else common($account; if (.selftext // "") == "" then .title else .selftext end)
			+ {kind: "post", title: .title, thread: .name,
			   media: [(.preview.images | arr)[] | {type: "image", url: .source.url, alt: null}],
			   links: (if .is_self == false and .url then [.url] else [] end),
			   ref: {thing: .name, subreddit: .subreddit}} end
	elif .kind == "comment" then .data
		| if gone(.body) then {type: "delete", native: .name}
		  else common($account; .body)
			+ {kind: "comment", in_reply_to: .parent_id, thread: (.link_id // .parent_id),
			   ref: {thing: .name, subreddit: .subreddit}}
			| if .url == null and .context then .url = "https://www.reddit.com\(.context)" else . end end
	else .data | select(.author != null) | common($account; .body)
		+ {kind: "message", title: .subject, direct: true, in_reply_to: .parent_id,
		   thread: (.first_message_name // .name), ref: {thing: .name, direct: true}} end;

# ---- writing ----

def publish($account; $reply):
	($reply.previous.id // $reply.mention.ref.thing) as $thing
	| {method: "POST", bucket: "write", context: {}}
	+ (if $reply.private and ($reply.mention.ref.direct | not) then
		{url: "/api/compose", tag: "compose", form: {api_type: "json", to: $reply.mention.author.handle,
			subject: ($account.settings.subject // "Re: r/\($reply.mention.ref.subreddit)" | .[:100]), text: $reply.text}}
	   elif $thing then
		{url: "/api/comment", tag: "comment", form: {api_type: "json", thing_id: $thing, text: $reply.text}}
	   else
		{url: "/api/submit", tag: "submit", form: {api_type: "json", kind: "self", sr: $account.settings.post,
			title: ($reply.text | split("\n")[0] | .[:300]), text: $reply.text}} end)
	| ask($account);

def edit($account; $reply): {
	method: "POST", url: "/api/editusertext", tag: "comment", bucket: "write", context: {},
	form: {api_type: "json", thing_id: $reply.sent.id, text: $reply.text}
} | ask($account);

def delete($account; $reply): {
	method: "POST", url: "/api/del", tag: "delete", bucket: "write", idempotent: true,
	context: {id: $reply.sent.id}, form: {id: $reply.sent.id}
} | ask($account);

def sent: {id: .name, url: (if .permalink then "https://www.reddit.com\(.permalink)" else .url end), ref: {thing: .name}};

# Errors are [name, text, field]; the wait that new accounts get ends by itself.
def refused: .body.json.errors | arr | map(arr) | .[0] // null;

def published($account):
	.request as $r | refused as $no
	| if $no then {error: "\($no[0]): \($no[1])",
			class: (if $no[0] == "RATELIMIT" then "transient" else "rule" end)}
	  elif $r.tag == "delete" then {id: $r.id}
	  elif $r.tag == "compose" then {id: "sent"}
	  elif $r.tag == "submit" and .body.json.data.name then .body.json.data | sent
	  elif .body.json.data.things[0].data.name then .body.json.data.things[0].data | sent
	  else {error: "the server's answer has no name"} end;

def looked($account; $reply; $after):
	(if $reply.private or $reply.mention.ref.direct then "/message/sent" else "/user/\(me($account) | @uri)/overview" end) as $path
	| {url: $path, tag: "look", bucket: "read", query: {limit: "100", raw_json: "1", sort: "new", after: $after}, context: {}}
	| ask($account);

def find($account; $reply): looked($account; $reply; null);

def words: gsub("\\s+"; " ") | gsub("^ | $"; "");

def looked_up($account; $reply):
	($reply.previous.id // $reply.mention.ref.thing) as $thing
	| ($reply.created_at[0:19] + "Z" | fromdateiso8601) as $since
	| [(.body.data.children | must)[] | .data] as $all
	| [$all[] | select((.created_utc | number) >= $since - 60)
		| select((.body // .selftext // "" | words) == ($reply.text | words))
		| select($thing == null or .parent_id == $thing
			or ($reply.private and (.dest // "" | ascii_downcase) == ($reply.mention.author.handle // "" | ascii_downcase)))] as $ours
	| if $ours != [] then $ours[0] | sent
	  elif .body.data.after and $all != [] and ($all | last.created_utc | number) >= $since then
		{next: [looked($account; $reply; .body.data.after)]}
	  else null end;

# An answer that cannot be read does not say that nothing is there.
def found($account; $reply): try looked_up($account; $reply) catch {unsure: .};
