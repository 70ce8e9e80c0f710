# Threads, Graph API.  See sme-connector(5).
#
# In the vault: access_token (long-lived, 60 days; sme asks for a new one when it ends), and app_secret
# when webhooks are received.  Scopes: threads_basic, threads_content_publish, threads_manage_replies,
# threads_read_replies, threads_manage_mentions, threads_delete.
# settings:
#   posts         how many of the account's newest posts are looked at for answers; default 10
#   search        words: public posts with them (scope threads_keyword_search)
#   mentions      false: do not ask for mentions
#
# There are no private messages in this API, and no edits.  A text is published in one step
# (auto_publish_text): otherwise a container would have to be made and published.

def meta: {
	name: "threads", title: "Threads", version: "2026-11-26",
	as_of: {
		date: "2026-11-26",
		source: "developers.facebook.com/documentation/threads: overview (limits), posts, reference/publishing, reference/reply-management, mentions, webhooks, posts/delete-posts"
	},
	base: "https://graph.threads.net", instance: "threads",
	can: ["read.post", "read.comment", "read.mention", "webhook", "post", "reply", "thread", "delete", "media"],
	# 500 characters, of which emoji count as bytes: so bytes are always short enough.
	text: {limit: 500, count: "bytes"},
	records: {
		post: {required: {id: "string", username: "string", timestamp: "string", text: "string?",
			permalink: "string?", "replied_to.id": "string?", "root_post.id": "string?"}},
		gone: {required: {id: "string"}}
	},
	auth: {
		scheme: "bearer", fields: ["access_token"], token: "access_token",
		refresh: {url: "https://graph.threads.net/refresh_access_token",
			query: {grant_type: "th_refresh_token", access_token: "{secret:access_token}"}},
		take: {access_token: "access_token", expires_in: "expires_in"},
		# 60 days from one renewal to the end; what has ended cannot be renewed.
		early: "20d"
	},
	limits: {
		# In 24 hours: 250 posts, 1000 answers, 100 deletes; reading depends on how often the account is
		# seen, 48 000 at least.
		buckets: {read: {n: 48000, per: "1d"}, post: {n: 250, per: "1d"}, reply: {n: 1000, per: "1d"},
			delete: {n: 100, per: "1d"}}
	},
	errors: [
		{path: "error.code", value: 190, class: "auth"},
		{path: "error.code", value: 102, class: "auth"},
		{path: "error.code", value: 4, class: "transient"},
		{path: "error.code", value: 17, class: "transient"},
		{path: "error.code", value: 32, class: "transient"},
		{path: "error.code", value: 613, class: "transient"},
		{path: "error.is_transient", value: true, class: "transient"},
		{path: "error.code", value: 10, class: "rule"},
		{path: "error.code", value: 200, class: "rule"}
	],
	reply: {visibility: "keep"},
	publish: {idempotency: "none", lookup: true, delay: "30s"},
	webhook: {verify: "meta", header: "X-Hub-Signature-256", challenge: "meta"}
};

def arr: if type == "array" then . else [] end;
# The list itself: an answer without it is no empty one.
def must: if type == "array" then . else error("the answer lacks its list") end;
def fields: "id,text,username,permalink,timestamp,media_type,media_url,alt_text,has_replies,is_reply,replied_to,root_post,is_verified";
def me($account): $account.handle // "" | ltrimstr("@") | ascii_downcase;
# "2024-08-07T10:33:16+0000": without a colon in the zone, which is always this one.
def time: if type == "string" then sub("\\+0000$"; "Z") else . end;
def seconds: try (time | .[0:19] + "Z" | fromdateiso8601) catch 0;

# ---- reading ----

# Newest first, down to ten minutes before the newest of the last poll.
def list($tag; $path; $query; $key; $cursor): {
	url: $path, tag: $tag, bucket: "read", query: ($query + {fields: fields, limit: "50"}),
	context: {path: $path, ask: $query, key: $key, page: 1,
		until: (if $cursor[$key] then ($cursor[$key] | seconds) - 600 else null end)}
};

def start($account; $cursor): [
	list("own"; "/v1.0/me/threads"; {}; "own"; $cursor),
	list("sent"; "/v1.0/me/replies"; {}; "replies"; $cursor),
	(select($account.settings.mentions != false)
		| list("posts"; "/v1.0/me/mentions"; {}; "mentions"; $cursor) | .optional = true),
	(($account.settings.search // [])[] | . as $q
		| list("posts"; "/v1.0/keyword_search"; {q: $q, search_type: "RECENT"}; "search:\($q)"; $cursor) | .optional = true)
];

def listed($account):
	.request as $r | (.body.data | must) as $all
	| [$all[] | select($r.until == null or (.timestamp == null) or (.timestamp | seconds) >= $r.until)] as $kept
	# An empty list is read up to now: what comes next is all new.
	| ($r.top // $all[0].timestamp // (if $all == [] then $account.now else null end)) as $top
	| (.body.paging.cursors.after | select(. and $r.until and ($kept | length) == ($all | length) and $all != []) // null) as $after
	| {
		kept: $kept, all: $all,
		next: [$after | select(.) | {url: $r.path, tag: $r.tag, bucket: "read", optional: ($r.tag == "posts"),
			query: ($r.ask + {fields: fields, limit: "50", after: .}),
			context: ($r | {path, ask, key, until} + {page: ($r.page + 1), top: $top})}],
		cursor: (if $after or $top == null then {} else {($r.key): $top} end)
	};

# The whole conversation below a post, flat.
def conversation($id; $after; $page): {
	url: "/v1.0/\($id | @uri)/conversation", tag: "conversation", bucket: "read", optional: true,
	query: {fields: fields, reverse: "true", limit: "50", after: $after}, context: {post: $id, page: $page}
};

def page($account; $cursor):
	.request as $r
	| if $r.tag == "conversation" then
		(.body.data | must) as $all
		| {records: {post: $all},
		   next: [.body.paging.cursors.after | select(. and $all != [] and $r.page < 5) | conversation($r.post; .; $r.page + 1)]}
	  else listed($account) as $page
		| {
			records: {post: $page.kept},
			next: ($page.next + (if $r.tag == "own" and $r.page == 1 then
				[$page.all[:($account.settings.posts // 10)][] | select(.has_replies != false) | conversation(.id; null; 1)]
				else [] end)),
			cursor: $page.cursor
		}
	  end;

# {topic, values: {field, value}}, or a list of them.
def webhook($account):
	[.body | (.entry // .) | if type == "array" then .[] else . end
		| (.changes // .values) | if type == "array" then .[] else . end | objects] as $changes
	| {records: {
		post: [$changes[] | select(.field | IN("replies", "mentions", "publish")) | .value],
		gone: [$changes[] | select(.field == "delete") | .value | {id: (.deleted_id // .id)}]
	}};

def media: {IMAGE: "image", VIDEO: "video", AUDIO: "audio", CAROUSEL_ALBUM: "image"}[.media_type // ""];

def event($account):
	if .kind == "gone" then {type: "delete", native: (.data.id | tostring)}
	else .data | {
		type: (if (.username | ascii_downcase) == me($account) then "reply" else null end),
		native: (.id | tostring),
		kind: (if .replied_to.id then "comment" else "post" end),
		created_at: (.timestamp | time),
		author: {native: .username, handle: .username, name: null, verified: .is_verified},
		text: (.text // ""),
		url: .permalink,
		in_reply_to: .replied_to.id, thread: (.root_post.id // .replied_to.id // .id | tostring), direct: false,
		media: [select(media and .media_url) | {type: media, url: .media_url, alt: .alt_text}],
		ref: {id: (.id | tostring)}
	} end;

# ---- writing ----

def publish($account; $reply):
	($reply.previous.id // $reply.mention.native) as $parent | {
		method: "POST", url: "/v1.0/me/threads", tag: "publish",
		bucket: (if $parent then "reply" else "post" end), context: {},
		form: ({media_type: "TEXT", text: $reply.text, reply_to_id: $parent, auto_publish_text: "true"}
			| with_entries(select(.value != null)))
	};

def delete($account; $reply): {
	method: "DELETE", url: "/v1.0/\($reply.sent.id | @uri)", tag: "delete", bucket: "delete", context: {id: $reply.sent.id}
};

def sent: {id: (.id | tostring), url: .permalink, ref: {id: (.id | tostring)}};

def published($account):
	.request as $r
	| if $r.tag == "delete" then {id: $r.id}
	  elif .body.id then .body | sent
	  else {error: "the server's answer has no id"} end;

def looked($reply; $after): {
	url: (if $reply.previous.id // $reply.mention.native then "/v1.0/me/replies" else "/v1.0/me/threads" end),
	tag: "look", bucket: "read", query: {fields: fields, limit: "50", after: $after}, context: {}
};

def find($account; $reply): looked($reply; null);

def words: gsub("\\s+"; " ") | gsub("^ | $"; "");

def looked_up($account; $reply):
	($reply.previous.id // $reply.mention.native) as $parent
	| ($reply.created_at | seconds) as $since | (.body.data | must) as $all
	| [$all[] | select((.text // "" | words) == ($reply.text | words) and (.timestamp | seconds) >= $since - 60)
		| select($parent == null or .replied_to.id == $parent)] as $ours
	| if $ours != [] then $ours[0] | sent
	  elif .body.paging.cursors.after and $all != [] and ($all | last.timestamp | seconds) >= $since then
		{next: [looked($reply; .body.paging.cursors.after)]}
	  else null end;

# An answer that cannot be read does not say that nothing is there.
def found($account; $reply): try looked_up($account; $reply) catch {unsure: .};
