# Discourse forums.  See sme-connector(5).
#
# In the vault: api_key, and webhook_secret when the forum sends webhooks.  The account's handle is the
# name of the user that the key belongs to, or may act as.
# settings:
#   read          all (default): every post of the forum; mentions: what concerns the account
#   direct        false: no private messages
#   category      number of the category of new topics
#   topics        title of private answers; default "Re: " and the topic's title
#
# `cooked` is what readers see, `raw` what was typed: events are made from cooked, our own answers are
# found again by raw.

def meta: {
	name: "discourse", title: "Discourse", version: "2026-11-26",
	as_of: {
		date: "2026-11-26",
		source: "docs.discourse.org (OpenAPI); meta.discourse.org/t/78612 (rate limits), /t/49045 (webhooks)"
	},
	can: ["read.post", "read.comment", "read.mention", "read.direct", "webhook", "post", "reply",
	    "reply.private", "thread", "edit", "delete", "media"],
	# The setting max_post_length; it counts characters.
	text: {limit: 32000, count: "points"},
	records: {
		post: {required: {
			id: "string|number", username: "string", created_at: "string", cooked: "string",
			topic_id: "string|number", post_number: "number", "version": "number?",
			updated_at: "string?"
		}},
		gone: {required: {id: "string|number"}}
	},
	auth: {scheme: "header", fields: ["api_key"],
		header: {"Api-Key": "{secret:api_key}", "Api-Username": "{account:handle}"}},
	limits: {
		# 60 a minute for a key; from one address 200 a minute.
		buckets: {read: {n: 60, per: "1m"}, write: {n: 60, per: "1m"}},
		retry_after: {body: "extras.wait_seconds", unit: "s"}
	},
	errors: [
		{status: 403, path: "errors.0", class: "auth", value:
			"You are not permitted to view the requested resource. The API username or key is invalid."},
		# Too similar to the last one, too short, closed.
		{status: 422, class: "rule"}
	],
	reply: {visibility: "keep"},
	publish: {idempotency: "none", lookup: true, delay: "5s"},
	webhook: {verify: "discourse", header: "X-Discourse-Event-Signature"}
};

def arr: if type == "array" then . else [] end;
# The list itself: an answer without it is no empty one.
def must: if type == "array" then . else error("the answer lacks its list") end;
def me($account): $account.handle // "" | ltrimstr("@") | ascii_downcase;
def seconds: try (.[0:19] + "Z" | fromdateiso8601) catch 0;

# ---- reading ----

def latest($before; $context): {
	url: "/posts.json", tag: "latest", bucket: "read", query: {before: $before}, context: $context
};

def one($id; $context): {
	url: "/posts/\($id).json", tag: "post", bucket: "read", optional: true, context: $context
};

def start($account; $cursor): [
	(if $account.settings.read == "mentions" then
		{url: "/notifications.json", tag: "notifications", bucket: "read", context: {}}
	 else latest(null; {page: 1}) end),
	(select($account.settings.direct != false and me($account) != "")
		| {url: "/topics/private-messages/\(me($account) | @uri).json", tag: "private", bucket: "read",
		   optional: true, context: {}})
];

# All posts, the newest first.  The first page is read each time: an edited post is seen by its
# version, and one that has left its place between two others is gone.
def posts($account; $cursor):
	.request as $r | [(.body.latest_posts | must)[]] as $posts
	| [$posts[].id | numbers] as $ids | ($cursor.latest // null) as $old
	| ($cursor.seen // {}) as $seen
	# An empty forum is read up to its beginning: what comes next is all new.
	| ($r.top // ($ids | max) // (if $posts == [] then 0 else null end)) as $top
	| (if $ids == [] or $old == null or ($ids | min) <= $old then null
	   else latest($ids | min; {page: ($r.page + 1), top: $top}) end) as $following
	| {
		records: {
			post: [$posts[] | select(.id == null or $seen["\(.id)"] == null or $seen["\(.id)"] != (.version // 1))],
			# Only when each has its number is one that is not among them gone.
			gone: (if $r.page > 1 or $ids == [] or ($ids | length) < ($posts | length) then [] else
				[(($seen | keys | map(tonumber)) - $ids)[] | select(. > ($ids | min)) | {id: .}] end)
		},
		next: [$following | select(.)],
		cursor: ((if $r.page == 1 and $ids != [] then
				{seen: ([$posts[] | select(.id | type == "number") | {key: "\(.id)", value: (.version // 1)}] | from_entries)}
			else {} end)
			+ (if $following or $top == null then {} else {latest: $top} end))
	};

# 1 mentioned, 2 replied, 3 quoted, 9 posted, 15 group mentioned; the newest first.
def notified($cursor):
	[(.body.notifications | must)[]
		| select(.notification_type | . == null or IN(1, 2, 3, 9, 15))] as $all
	| [$all[] | select(.id > ($cursor.notified // 0))] as $new
	| {
		next: [$new[] | .data.original_post_id // empty | one(.; {})],
		cursor: (if $all == [] then {} else {notified: ([$all[].id, $cursor.notified // 0] | max)} end)
	};

# Conversations that went on since ten minutes before the last look.
def conversations($account; $cursor):
	[(.body.topic_list.topics | must)[]] as $topics
	| (if $cursor.private then ($cursor.private | seconds) - 600 else 0 end) as $until
	| {
		next: [$topics[] | select((.last_posted_at // .created_at // "9999" | seconds) >= $until) | {
			url: "/t/\(.id).json", tag: "topic", bucket: "read", optional: true,
			context: {after: ($cursor["pm:\(.id)"] // 0)}}],
		cursor: ([$topics[] | .last_posted_at // .created_at // empty] | if . == [] then {private: $account.now} else {private: max} end)
	};

def conversation:
	.request as $r | .body as $topic | [$topic.post_stream.stream | must | .[] | numbers] as $ids
	| {
		next: [$ids[] | select(. > $r.after)
			| one(.; {direct: true, title: $topic.title})],
		cursor: (if $ids == [] then {} else {"pm:\($topic.id)": ($ids | max)} end)
	};

def page($account; $cursor):
	.request as $r
	| if $r.tag == "latest" then posts($account; $cursor)
	  elif $r.tag == "notifications" then notified($cursor)
	  elif $r.tag == "private" then conversations($account; $cursor)
	  elif $r.tag == "topic" then conversation
	  else {records: {post: [.body | if $r.direct then .topic_archetype = "private_message" | .topic_title = $r.title else . end]}}
	  end;

def webhook($account):
	(.headers["x-discourse-event"] // "") as $what
	| {records:
		(if $what == "post_destroyed" then {gone: [.body.post | {id}]}
		 elif $what | startswith("post_") then {post: [.body.post]}
		 else {} end)};

# What others said comes in a frame before one's own words.
def own_words: gsub("<aside class=\"quote.*?</aside>"; ""; "m");

def event($account):
	if .kind == "gone" then {type: "delete", native: (.data.id | tostring)}
	else .data | select(.username != "system" and (.post_type // 1) == 1) | {
		type: (if (.username | ascii_downcase) == me($account) then "reply" else null end),
		native: (.id | tostring),
		revision: (if (.version // 1) > 1 then .version - 1 else null end),
		kind: (if .topic_archetype == "private_message" then "message"
			elif .post_number > 1 then "comment" else "post" end),
		created_at: .created_at,
		author: {native: .username, handle: .username, name: .name},
		html: (.cooked | own_words),
		title: (if .post_number == 1 then .topic_title else null end),
		url: "\($account.base // "")/t/\(.topic_slug // "-")/\(.topic_id)/\(.post_number)",
		thread: "topic/\(.topic_id)",
		direct: (.topic_archetype == "private_message"),
		metrics: {likes: ([(.actions_summary | arr)[] | select(.id == 2) | .count // 0][0]),
			replies: .reply_count, views: .reads},
		media: [.cooked | scan("<img [^>]*>") | select(test("class=\"(emoji|avatar)") | not)
			| {type: "image", url: (capture("src=\"(?<u>[^\"]*)\"") // {} | .u),
			   alt: ([capture("alt=\"(?<u>[^\"]*)\"")][0].u)} | select(.url)],
		ref: {topic: (.topic_id | tostring), number: .post_number, title: .topic_title, username: .username,
			private: (.topic_archetype == "private_message")}
	} end;

# ---- writing ----

def title($account; $reply):
	if $reply.mention then $account.settings.topics // "Re: \($reply.mention.ref.title // "" | .[:200])"
	else $reply.text | split("\n")[0] | .[:200] end;

def publish($account; $reply):
	($reply.previous.ref // $reply.mention.ref) as $at
	| {
		method: "POST", url: "/posts.json", tag: "publish", bucket: "write",
		context: {private: ($reply.private or $at.private == true)},
		json: (if $reply.private and ($at.private | not) then
			{title: title($account; $reply), raw: $reply.text, archetype: "private_message",
			 target_recipients: $reply.mention.ref.username}
		elif $at then
			{topic_id: ($at.topic | tonumber), raw: $reply.text, reply_to_post_number: $at.number}
		else
			{title: title($account; $reply), raw: $reply.text, category: $account.settings.category}
		end | with_entries(select(.value != null)))
	};

def sent($account; $private): {
	id: (.id | tostring),
	url: "\($account.base // "")/t/\(.topic_slug // "-")/\(.topic_id)/\(.post_number)",
	ref: {topic: (.topic_id | tostring), number: .post_number, private: ($private == true)}
};

def published($account):
	.request as $r | (.body.post // .body) as $post
	| if $r.tag == "delete" then {id: $r.id}
	  elif .body.action == "enqueued" then {id: "waiting/\(.body.pending_post.id // "")"}
	  elif $post.id then $post | sent($account; $r.private)
	  else {error: ([(.body.errors | arr)[] | strings] | join(", ")
		| if . == "" then "the server's answer has no id" else . end), class: "rule"} end;

def edit($account; $reply): {
	method: "PUT", url: "/posts/\($reply.sent.id | @uri).json", tag: "edit", bucket: "write", context: {},
	json: {post: {raw: $reply.text}}
};

def delete($account; $reply): {
	method: "DELETE", url: "/posts/\($reply.sent.id | @uri).json", tag: "delete", bucket: "write",
	context: {id: $reply.sent.id}, json: {force_destroy: false}
};

# An answer stands in the topic; a new topic, and a new conversation, among those the account began.
def find($account; $reply):
	($reply.previous.ref // $reply.mention.ref) as $at
	| if $reply.private and ($at.private | not) then
		{url: "/topics/private-messages-sent/\(me($account) | @uri).json", tag: "topics", bucket: "read", context: {}}
	  elif $at then {url: "/t/\($at.topic | @uri).json", tag: "topic", bucket: "read", context: {}}
	  else latest(null; {}) end;

def ours($account; $reply):
	(.username | ascii_downcase) == me($account) and (.raw // "" | gsub("\\s+$"; "")) == ($reply.text | gsub("\\s+$"; ""))
		and (.created_at | seconds) >= ($reply.created_at | seconds) - 60;

# The ids of a topic are walked from the newest back to the time of the intent.
def walk($ids): if $ids == [] then null else {next: [one($ids[0]; {rest: $ids[1:]})]} end;

def looked_up($account; $reply):
	.request as $r
	| if $r.tag == "latest" then
		[(.body.latest_posts | must)[] | select(ours($account; $reply))]
		| if . == [] then null else .[0] | sent($account; false) end
	  elif $r.tag == "topics" then
		[(.body.topic_list.topics | must)[] | select((.created_at | seconds) >= ($reply.created_at | seconds) - 60)]
		| if . == [] then null
		  else {next: [{url: "/t/\(.[0].id).json", tag: "topic", bucket: "read", context: {}}]} end
	  elif $r.tag == "topic" then walk([.body.post_stream.stream | must | .[] | numbers] | reverse | .[:20])
	  elif .body.id == null then walk($r.rest)
	  elif .body | ours($account; $reply) then
		.body | sent($account; $reply.private or ($reply.previous.ref // $reply.mention.ref).private)
	  elif (.body.created_at | seconds) < ($reply.created_at | seconds) - 60 then null
	  else walk($r.rest) end;

# An answer that cannot be read does not say that nothing is there.
def found($account; $reply): try looked_up($account; $reply) catch {unsure: .};
