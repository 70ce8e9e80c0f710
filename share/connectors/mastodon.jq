# Mastodon, API v1, and servers that speak it (GoToSocial, Pleroma, Akkoma).  See sme-connector(5).
#
# In the vault: access_token, of an application with the scopes read and write.
# settings:
#   tags          names without #: what is posted under them
#   search        queries, where the server has a full-text search
#   visibility    of posts that answer nothing: public (default), unlisted, private
#   own           false: do not fetch what the account itself wrote
#   backlog       pages that the first poll reads; default 1
#
# Nobody is notified when a post that mentions him is edited or deleted.  So each poll asks again for
# the newest mentions, in one request; the server leaves out those that are gone.

def meta: {
	name: "mastodon", title: "Mastodon", version: "2026-11-26",
	as_of: {
		date: "2026-11-26",
		source: "docs.joinmastodon.org (methods, rate limits); app/lib/rate_limiter.rb in mastodon/mastodon"
	},
	can: ["read.post", "read.comment", "read.mention", "read.direct", "post", "reply", "reply.private",
	    "thread", "edit", "delete", "media"],
	# 500 unless the server says otherwise; any link counts 23, of @name@host only @name.  A local
	# name has 30 characters at most: what is missing to 500 is room for "@name " before an answer.
	text: {limit: 468, count: "graphemes", url: 23, mention: "local"},
	records: {
		notification: {required: {
			id: "string", type: "string", "status.id": "string", "status.content": "string",
			"status.created_at": "string", "status.visibility": "string", "status.account.acct": "string",
			"status.in_reply_to_id": "string|null?", "status.edited_at": "string|null?"
		}},
		status: {required: {
			id: "string", content: "string", created_at: "string", visibility: "string",
			"account.acct": "string", in_reply_to_id: "string|null?", edited_at: "string|null?"
		}},
		own: {required: {
			id: "string", content: "string", created_at: "string", visibility: "string",
			"account.acct": "string", in_reply_to_id: "string|null?"
		}},
		gone: {required: {id: "string"}}
	},
	auth: {scheme: "bearer", fields: ["access_token"], token: "access_token"},
	limits: {
		headers: {limit: "x-ratelimit-limit", remaining: "x-ratelimit-remaining",
			reset: "x-ratelimit-reset", style: "timestamp"},
		# Of an account: 300 requests in 5 minutes, 300 posts in 3 hours, 30 deletes in 30 minutes.
		buckets: {read: {n: 300, per: "5m"}, write: {n: 300, per: "3h"}, delete: {n: 30, per: "30m"}}
	},
	errors: [
		{status: 403, path: "error", value: "This action is outside the authorized scopes", class: "auth"},
		{status: 403, path: "error", value: "Your login is currently disabled", class: "auth"},
		{status: 422, class: "rule"}
	],
	reply: {visibility: "keep"},
	# An Idempotency-Key is kept for an hour; later the thread shows whether the answer is there.
	publish: {idempotency: "header", repeat: "1h", lookup: true, delay: "5s"}
};

def arr: if type == "array" then . else [] end;
# The list itself: an answer without it is no empty one.
def must: if type == "array" then . else error("the answer lacks its list") end;

# ---- reading ----

# {rel: {name: value}}: what the URLs of a Link header ask for.  Their host may be another one, which
# must not get the token.
def links:
	[(.headers.link // "") | scan("<([^>]*)> *; *rel=\"([a-z]+)\"")
		| {key: .[1], value: ([.[0] | scan("[?&](min_id|max_id)=([^&#]*)") | {key: .[0], value: .[1]}] | from_entries)}]
	| from_entries;

# A list from its mark on, or its newest page when there is none yet.  `at.old` lies one poll behind
# `at.new`: ids are given out before they can be seen, and one that comes late must not be missed.
def list($tag; $path; $query; $key; $cursor): ($cursor[$key] // {}) as $at | {
	url: $path, tag: $tag, bucket: "read",
	query: ($query + {limit: "40", min_id: $at.old}),
	context: {path: $path, ask: ($query + {limit: "40"}), key: $key, at: $at, page: 1, mentions: ($cursor.mentions // [])}
};

def own($account; $id; $cursor):
	select($account.settings.own != false)
	| list("own"; "/api/v1/accounts/\($id | @uri)/statuses"; {exclude_reblogs: "true"}; "own"; $cursor);

def start($account; $cursor): [
	list("notifications"; "/api/v1/notifications";
		{"types[]": ["mention", "quote"], include_filtered: "true"}; "notifications"; $cursor),
	(($cursor.mentions // []) | select(. != []) | {
		url: "/api/v1/statuses", tag: "again", bucket: "read", optional: true,
		query: {"id[]": (. + [$cursor.own.new // empty])}, context: {ids: ., mine: $cursor.own.new}}),
	(($account.settings.tags // [])[] | . as $tag
		| list("timeline"; "/api/v1/timelines/tag/\($tag | @uri)"; {}; "tag:\($tag)"; $cursor)),
	(($account.settings.search // [])[] | {
		url: "/api/v2/search", tag: "search", bucket: "read", optional: true, context: {},
		query: {q: ., type: "statuses", limit: "40"}}),
	(if $cursor.account then own($account; $cursor.account; $cursor)
	 else {url: "/api/v1/accounts/verify_credentials", tag: "me", bucket: "read", context: {}} end)
];

# Pages forward end with an empty one: a server may give fewer than it was asked for.
def following($account; $items):
	.request as $r | links as $links
	| if $items == [] then null
	  elif $r.at.old then ($links.prev | select(.min_id)) // null
	  elif $r.page < ($account.settings.backlog // 1) then ($links.next | select(.max_id)) // null
	  else null end;

# One page of a list; $keep chooses among its items.
def listed($account; $kind; $keep):
	.request as $r | (.body | must) as $items | following($account; $items) as $next
	# An empty list is read up to its beginning: what comes next is all new.
	| (if $items == [] then $r.top // $r.at.new // "0" elif $r.at.old then $items[0].id // $r.top
	   else $r.top // $items[0].id end) as $top
	| [$items[] | select($keep)] as $kept
	| {
		records: {($kind): $kept},
		next: [$next | select(.) | {url: $r.path, tag: $r.tag, bucket: "read", query: ($r.ask + .),
			context: ($r | {path, ask, key, at, mentions, page: (.page + 1), top: $top})}],
		cursor: (if $next or $top == null then {}
			else {($r.key): {old: (if $top == $r.at.new then $top else $r.at.new // $top end), new: $top}} end),
		kept: $kept
	};

# The newest mentions, to look at again.
def remembered($r):
	(($r.mentions // []) + [.kept[].status.id | strings] | unique | sort_by(length, .) | .[-19:]) as $ids
	| if .next == [] then .cursor.mentions = $ids else .next[0].context.mentions = $ids end;

# Those that changed since the last look, and those that are not there any more.
def compared($cursor):
	(.body | must) as $found | .request.ids as $ids | .request.mine as $mine | ($cursor.edited // {}) as $known
	| ([$found[] | select(.id | type == "string") | {key: .id, value: .edited_at}] | from_entries) as $now
	# When none comes, or one cannot be told, it is not they who are gone.
	| ($found != [] and ($now | length) == ($found | length)) as $sure
	| {
		records: {
			status: [$found[] | select(.id != $mine and .edited_at != null)
				| select((.id | type) != "string" or .edited_at != $known[.id])],
			gone: [$ids[] | select($sure) | . as $id | select($now | has($id) | not) | select($known[$id] != "gone") | {id: $id}]
		},
		cursor: {edited: (reduce $ids[] as $id ({}; 
			.[$id] = (if $now | has($id) then $now[$id] elif $sure then "gone" else $known[$id] end)))}
	};

def page($account; $cursor):
	.request as $r
	| if $r.tag == "notifications" then
		listed($account; "notification"; .type // "mention" | . == "mention" or . == "quote") | remembered($r)
	  elif $r.tag == "again" then compared($cursor)
	  elif $r.tag == "timeline" then listed($account; "status"; true)
	  elif $r.tag == "own" then listed($account; "own"; true)
	  elif $r.tag == "search" then {records: {status: (.body.statuses | must)}}
	  else .body.id as $id | {cursor: {account: $id}, next: [own($account; $id; $cursor)]} end
	| del(.kept);

def seconds: sub("\\.[0-9]+"; "") | fromdateiso8601;

def status($account): (.account | {
	native: "@\(.acct)", handle: .acct, name: .display_name,
	followers: .followers_count, following: .following_count, posts: .statuses_count,
	created_at, bot
}) as $author | {
	native: .id,
	revision: (if .edited_at then [1, (.edited_at | seconds) - (.created_at | seconds)] | max else null end),
	kind: (if .visibility == "direct" then "message" elif .in_reply_to_id then "comment" else "post" end),
	created_at,
	author: $author,
	html: .content,
	title: (if .spoiler_text == "" then null else .spoiler_text end),
	lang_hint: .language, url: (.url // .uri),
	in_reply_to: .in_reply_to_id, thread: (.in_reply_to_id // .id),
	direct: (.visibility == "direct"),
	metrics: {likes: .favourites_count, shares: .reblogs_count, replies: .replies_count},
	media: [.media_attachments | arr | .[] | {type, url: (.url // .remote_url), alt: .description}],
	auto: (if $author.bot == true then true else null end),
	ref: {acct: $author.handle, visibility}
};

def event($account):
	if .kind == "gone" then {type: "delete", native: .data.id}
	elif .kind == "own" then .data | status($account) | .type = "reply" | del(.auto)
	elif .kind == "notification" then .data.status | status($account)
	else .data | status($account) | select(.author.handle != ($account.handle // "" | ltrimstr("@"))) end;

# ---- writing ----

def visibility($account; $reply):
	if $reply.private then "direct"
	else $reply.mention.ref.visibility // $account.settings.visibility // "public" end;

# A private answer reaches those whom it mentions, so each part does; in the open the first is enough.
def addressed($account; $reply):
	$reply.mention.ref.acct as $acct
	| if $acct == null or ($reply.text | ascii_downcase | contains("@" + ($acct | ascii_downcase))) then $reply.text
	  elif $reply.part == 0 or visibility($account; $reply) == "direct" then "@\($acct) \($reply.text)"
	  else $reply.text end;

def publish($account; $reply): {
	method: "POST", url: "/api/v1/statuses", tag: "publish", bucket: "write", idempotent: true,
	headers: {"Idempotency-Key": $reply.part_key},
	json: ({
		status: addressed($account; $reply), visibility: visibility($account; $reply),
		in_reply_to_id: ($reply.previous.id // $reply.mention.native), language: $reply.lang
	} | with_entries(select(.value != null)))
};

def edit($account; $reply): {
	method: "PUT", url: "/api/v1/statuses/\($reply.sent.id | @uri)", tag: "edit", bucket: "write",
	json: {status: addressed($account; $reply)}
};

def delete($account; $reply): {
	method: "DELETE", url: "/api/v1/statuses/\($reply.sent.id | @uri)", tag: "delete", bucket: "delete"
};

def sent: {id: .id, url: (.url // .uri)};

def published($account):
	if .status == 200 and (.body | type) == "object" and .body.id then .body | sent
	else {error: "the server's answer has no id"} end;

# The thread has the answers; for what answers nothing the account's own list is read.
def find($account; $reply):
	($reply.previous.id // $reply.mention.native) as $parent
	| {text: addressed($account; $reply), parent: $parent, since: $reply.created_at} as $what
	| if $parent then {url: "/api/v1/statuses/\($parent | @uri)/context", tag: "thread", bucket: "read", context: $what}
	  else {url: "/api/v1/accounts/verify_credentials", tag: "me", bucket: "read", context: $what} end;

# Text is compared without what the server changes: marks, names of hosts in mentions, spaces.
def words: gsub("@(?<name>[A-Za-z0-9_.-]+)(@[A-Za-z0-9.-]+)?"; "@" + .name) | gsub("\\s+"; "");
def plain:
	gsub("<[^>]*>"; "") | gsub("&lt;"; "<") | gsub("&gt;"; ">") | gsub("&quot;"; "\"")
	| gsub("&#39;|&apos;"; "'") | gsub("&nbsp;"; " ") | gsub("&amp;"; "&") | words;

def looked_up($account; $reply):
	.request as $r
	| if $r.tag == "me" then
		{next: [{url: "/api/v1/accounts/\(.body.id | @uri)/statuses", tag: "own", bucket: "read",
			query: {limit: "40", exclude_reblogs: "true"}, context: ($r | {text, parent, since})}]}
	  else
		($account.handle // "" | ltrimstr("@") | split("@")[0] | ascii_downcase) as $me
		| [(if $r.tag == "thread" then .body.descendants else .body end | must)[]
			| select($r.tag == "own" or (.account.acct | ascii_downcase) == $me)
			| select(.in_reply_to_id == $r.parent and (.content | plain) == ($r.text | words))
			| select((.created_at | seconds) >= ($r.since | seconds) - 60)]
		| if . == [] then null else .[0] | sent end
	  end;

# An answer that cannot be read does not say that nothing is there.
def found($account; $reply): try looked_up($account; $reply) catch {unsure: .};
