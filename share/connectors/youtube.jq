# YouTube: comments on the videos of a channel, Data API v3.  See sme-connector(5).
#
# In the vault: client_id, client_secret, refresh_token (scope youtube.force-ssl); access_token is kept
# there by sme itself.
# settings:
#   channel_id    the brand's channel, UC...; needed
#   videos        ids of further videos to read
#   pages         pages of 100 threads that each poll may read; default 3
#
# Threads have one level: who answers an answer writes to the thread.  The newest threads are read
# again in each poll, so that answers in them and edits are seen.

def meta: {
	name: "youtube", title: "YouTube", version: "2026-11-26",
	as_of: {
		date: "2026-11-26",
		source: "developers.google.com/youtube/v3: commentThreads, comments, determine_quota_cost, errors; the length is that of the web page's field"
	},
	base: "https://www.googleapis.com", instance: "youtube",
	can: ["read.comment", "reply", "thread", "edit", "delete"],
	text: {limit: 10000, count: "points"},
	records: {
		thread: {required: {
			id: "string", "snippet.topLevelComment.id": "string",
			"snippet.topLevelComment.snippet.textDisplay": "string",
			"snippet.topLevelComment.snippet.publishedAt": "string",
			"snippet.topLevelComment.snippet.updatedAt": "string?",
			"snippet.topLevelComment.snippet.authorDisplayName": "string?",
			"snippet.totalReplyCount": "number?", "snippet.videoId": "string?"
		}},
		comment: {required: {
			id: "string", "snippet.textDisplay": "string", "snippet.publishedAt": "string",
			"snippet.updatedAt": "string?", "snippet.authorDisplayName": "string?", "snippet.parentId": "string?"
		}}
	},
	auth: {
		scheme: "bearer", fields: ["client_id", "client_secret", "refresh_token"], token: "access_token",
		refresh: {method: "POST", url: "https://oauth2.googleapis.com/token",
			form: {grant_type: "refresh_token", client_id: "{secret:client_id}",
				client_secret: "{secret:client_secret}", refresh_token: "{secret:refresh_token}"}},
		take: {access_token: "access_token", refresh_token: "refresh_token", expires_in: "expires_in"}
	},
	limits: {
		# Units of a project: to read costs 1, to write 50, so at most 200 answers a day.
		buckets: {units: {n: 10000, per: "1d"}}
	},
	quota_day: {reset: "America/Los_Angeles midnight"},
	errors: [
		{path: "error.errors.0.reason", value: "quotaExceeded", class: "transient"},
		{path: "error.errors.0.reason", value: "rateLimitExceeded", class: "transient"},
		{path: "error.errors.0.reason", value: "userRateLimitExceeded", class: "transient"},
		{path: "error.errors.0.reason", value: "authError", class: "auth"},
		{path: "error.errors.0.reason", value: "insufficientPermissions", class: "auth"},
		{path: "error.errors.0.reason", value: "commentsDisabled", class: "rule"},
		{path: "error.errors.0.reason", value: "ineligibleAccount", class: "rule"},
		{path: "error.errors.0.reason", value: "commentTextTooLong", class: "rule"},
		{path: "error.errors.0.reason", value: "processingFailure", class: "transient"}
	],
	reply: {visibility: "keep"},
	publish: {idempotency: "none", lookup: true, delay: "30s"}
};

def arr: if type == "array" then . else [] end;
# The list itself: an answer without it is no empty one.
def must: if type == "array" then . else error("the answer lacks its list") end;
def seconds: try (.[0:19] + "Z" | fromdateiso8601) catch 0;

# ---- reading ----

def threads($query; $token; $context): {
	url: "/youtube/v3/commentThreads", tag: "threads", bucket: "units", cost: 1,
	query: ({part: "snippet,replies", order: "time", maxResults: "100", textFormat: "plainText", pageToken: $token} + $query),
	context: ($context + {ask: $query})
};

def replies($parent; $token): {
	url: "/youtube/v3/comments", tag: "replies", bucket: "units", cost: 1,
	query: {part: "snippet", parentId: $parent, maxResults: "100", textFormat: "plainText", pageToken: $token},
	context: {parent: $parent}
};

def start($account; $cursor):
	[({allThreadsRelatedToChannelId: $account.settings.channel_id} | select(.allThreadsRelatedToChannelId)),
	 (($account.settings.videos // [])[] | {videoId: .})]
	| [.[] | (.videoId // "channel") as $key
		| threads(.; null; {key: $key, page: 1, until: ($cursor[$key] // null)}) | .optional = (.query.videoId != null)];

def page($account; $cursor):
	.request as $r
	| if $r.tag == "replies" then
		{records: {comment: (.body.items | must)},
		 next: [.body.nextPageToken | select(.) | replies($r.parent; .)]}
	  else
		(.body.items | must) as $items
		| ([$items[].snippet.topLevelComment.snippet.publishedAt | strings] | max) as $newest
		# An empty list is read up to now: what comes next is all new.
		| ($r.top // $newest // (if $items == [] then $account.now else null end)) as $top
		| ($items | last | .snippet.topLevelComment.snippet.publishedAt // "") as $oldest
		| (.body.nextPageToken | select(. and $r.until and $oldest >= $r.until and $r.page < ($account.settings.pages // 3))
			// null) as $token
		| {
			records: {
				thread: $items,
				# A thread comes with its newest answers, five at most.
				comment: [$items[].replies.comments | arr | .[]]
			},
			next: ([$items[] | select((.snippet.totalReplyCount // 0) > (.replies.comments | arr | length)) | .id | replies(.; null)]
				+ [$token | select(.) | threads($r.ask; .; {key: $r.key, page: ($r.page + 1), until: $r.until, top: $top})]),
			cursor: (if $token or $top == null then {} else {($r.key): $top} end),
			coverage: (if .body.nextPageToken and $r.until and $oldest >= $r.until and $token == null
				then {gaps: [{from: $r.until, to: $oldest, reason: "more new threads than the pages allowed"}]} else {} end)
		}
	  end;

def comment($account; $thread; $replies):
	.snippet as $s | {
		type: (if $s.authorChannelId.value and $s.authorChannelId.value == $account.settings.channel_id then "reply" else null end),
		native: .id,
		revision: (if $s.updatedAt and $s.updatedAt != $s.publishedAt then
			[1, ($s.updatedAt | seconds) - ($s.publishedAt | seconds)] | max else null end),
		kind: "comment",
		created_at: $s.publishedAt,
		author: {native: ($s.authorChannelId.value // $s.authorDisplayName), handle: ($s.authorDisplayName // "" | ltrimstr("@")),
			name: $s.authorDisplayName},
		text: $s.textDisplay,
		url: (if $s.videoId then "https://www.youtube.com/watch?v=\($s.videoId)&lc=\(.id)" else null end),
		in_reply_to: $s.parentId, thread: $thread, direct: false,
		metrics: {likes: $s.likeCount, replies: $replies},
		ref: {thread: $thread, video: $s.videoId}
	};

def event($account):
	if .kind == "thread" then .data | .id as $id | .snippet as $t
		| $t.topLevelComment | .snippet.videoId = (.snippet.videoId // $t.videoId)
		| comment($account; $id; $t.totalReplyCount)
	else .data | comment($account; .snippet.parentId // (.id | split(".")[0]); null) end;

# ---- writing ----

# In a thread it is only by the name that one sees who is meant.
def addressed($reply):
	$reply.mention.author.handle as $who
	| if $reply.part > 0 or ($who // "") == "" or $reply.mention.native == $reply.mention.ref.thread
		or ($reply.text | ascii_downcase | startswith("@" + ($who | ascii_downcase))) then $reply.text
	  else "@\($who) \($reply.text)" end;

def thread($reply): $reply.mention.ref.thread // $reply.previous.ref.thread;

def publish($account; $reply): {
	method: "POST", url: "/youtube/v3/comments", tag: "publish", bucket: "units", cost: 50, query: {part: "snippet"},
	json: {snippet: {parentId: thread($reply), textOriginal: addressed($reply)}},
	context: {thread: thread($reply), video: $reply.mention.ref.video}
};

def edit($account; $reply): {
	method: "PUT", url: "/youtube/v3/comments", tag: "edit", bucket: "units", cost: 50, query: {part: "snippet"},
	json: {id: $reply.sent.id, snippet: {textOriginal: addressed($reply)}},
	context: {thread: ($reply.sent.ref.thread // thread($reply)), video: $reply.sent.ref.video}
};

def delete($account; $reply): {
	method: "DELETE", url: "/youtube/v3/comments", tag: "delete", bucket: "units", cost: 50,
	query: {id: $reply.sent.id}, context: {id: $reply.sent.id}
};

def sent($thread; $video): {
	id: .id, ref: {thread: $thread, video: $video},
	url: (if $video then "https://www.youtube.com/watch?v=\($video)&lc=\(.id)" else null end)
};

def published($account):
	.request as $r
	| if $r.tag == "delete" then {id: $r.id}
	  elif .body.id then .body | sent($r.thread; $r.video)
	  else {error: "the server's answer has no id"} end;

def find($account; $reply): replies(thread($reply); null);

def words: gsub("\\s+"; " ") | gsub("^ | $"; "");

def looked_up($account; $reply):
	.request as $r
	| [(.body.items | must)[] | select(.snippet.authorChannelId.value == $account.settings.channel_id)
		| select((.snippet.textOriginal // .snippet.textDisplay | words) == (addressed($reply) | words))
		| select((.snippet.publishedAt | seconds) >= ($reply.created_at | seconds) - 60)] as $ours
	| if $ours != [] then $ours[0] | sent($r.parent; $reply.mention.ref.video)
	  elif .body.nextPageToken then {next: [replies($r.parent; .body.nextPageToken)]}
	  else null end;

# An answer that cannot be read does not say that nothing is there.
def found($account; $reply): try looked_up($account; $reply) catch {unsure: .};
