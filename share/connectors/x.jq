# X, API v2: mentions, a search, direct messages; replies, posts, private messages.  See sme-connector(5).
#
# In the vault: access_token (scopes tweet.read, tweet.write, users.read, dm.read, dm.write); to renew it
# refresh_token and client_id (scope offline.access); consumer_secret when webhooks are received.
# settings:
#   user_id    number of the own account; asked of the network when it is not given
#   query      also collect what this search finds (recent search, at most 512 characters)
#   direct     false: leave direct messages alone
#   reposts    true: collect reposts too
#   overlap    seconds that each poll looks back behind the last one (600): posts may turn up late
#   auth       "confidential": renewing the token needs the secret of the client, too, in the vault as
#              client_basic (base64 of ID:SECRET); "oauth1": OAuth 1.0a instead, with consumer_key,
#              consumer_secret, access_token and access_token_secret in the vault
#   dialect    "tweet": the names of fields from before API 2.160 (tweet.fields, referenced_tweets)
def meta: {
	name: "x",
	title: "X",
	version: "2026-11-26",
	as_of: {date: "2026-08-22",
		source: "docs.x.com: rate limits, pricing, edit posts, manage posts, response codes; API description 2.167; X account limits of 2026-05-18 (posts and messages a day)"},
	base: "https://api.x.com",
	instance: "x.com",
	can: ["read.post", "read.comment", "read.mention", "read.direct", "webhook", "post", "reply",
		"reply.private",
		"thread", "edit", "delete", "media"],
	text: {limit: 280, count: "weighted", url: 23, direct: {limit: 10000, count: "points"}},
	records: {
		post: {required: {"id": "string", "text": "string", "author_id": "string",
			"created_at": "string",
			"author.username": "string?", "public_metrics": "object?", "entities": "object?"}},
		direct: {required: {"id": "string", "sender_id": "string", "created_at": "string",
			"dm_conversation_id": "string", "text": "string?"}},
		gone: {required: {"id": "string"}},
		status: {required: {"id_str": "string", "created_at": "string", "user.id_str": "string"}},
		message: {required: {"id": "string", "created_timestamp": "string|number",
			"message_create.sender_id": "string",
			"message_create.target.recipient_id": "string",
				"message_create.message_data.text": "string?"}}
	},
	auth: {
		scheme: "bearer",
		fields: ["access_token"],
		token: "access_token",
		refresh: {
			method: "POST",
			url: "/2/oauth2/token",
			form: {grant_type: "refresh_token", refresh_token: "{secret:refresh_token}",
				client_id: "{secret:client_id}"}
		},
		take: {access_token: "access_token", refresh_token: "refresh_token", expires_in: "expires_in"},
		alternatives: {
			confidential: {
				scheme: "bearer",
				fields: ["access_token"],
				token: "access_token",
				refresh: {
					method: "POST",
					url: "/2/oauth2/token",
					headers: {Authorization: "Basic {secret:client_basic}"},
					form: {grant_type: "refresh_token", refresh_token: "{secret:refresh_token}"}
				},
				take: {access_token: "access_token", refresh_token: "refresh_token",
					expires_in: "expires_in"}
			},
			oauth1: {scheme: "oauth1",
				fields: ["consumer_key", "consumer_secret", "access_token", "access_token_secret"]}
		}
	},
	limits: {
		headers: {limit: "x-rate-limit-limit", remaining: "x-rate-limit-remaining",
			reset: "x-rate-limit-reset",
			style: "epoch"},
		buckets: {
			mentions: {n: 300, per: "15m"},
			search: {n: 300, per: "15m"},
			timeline: {n: 900, per: "15m"},
			me: {n: 75, per: "15m"},
			direct: {n: 15, per: "15m"},
			write: {n: 100, per: "15m"},
			write_older: {n: 300, per: "3h"},
			message: {n: 15, per: "15m"},
			message_day: {n: 500, per: "1d"},
			delete: {n: 50, per: "15m"}
		},
		price: {read: 0.005, user: 0.01, read_owned: 0.001, post: 0.015, post_url: 0.2, reply: 0.01,
			message: 0.015}
	},
	errors: [
		{status: 401, class: "auth"},
		{status: 402, class: "auth"},
		{path: "type", value: "https://api.x.com/2/problems/usage-capped", class: "rule"},
		{status: 429, class: "transient"},
		{path: "type", value: "https://api.x.com/2/problems/client-forbidden", class: "auth"},
		{path: "type", value: "https://api.x.com/2/problems/oauth1-permissions", class: "auth"},
		{path: "type", value: "https://api.x.com/2/problems/unsupported-authentication", class: "auth"},
		# `published` sees to it.
		{path: "detail", value: "You are not allowed to create a Tweet with duplicate content.",
			class: "ok"},
		{path: "detail", value: "You are not allowed to create a Post with duplicate content.",
			class: "ok"},
		{status: 403, class: "rule"},
		{status: 404, class: "permanent"}
	],
	reply: {summoned: true},
	publish: {idempotency: "none", lookup: true, delay: "10s"},
	webhook: {verify: "x", header: "X-Twitter-Webhooks-Signature", challenge: "crc"}
};

def tweet_dialect: .settings.dialect == "tweet";

def post_fields:
	if tweet_dialect then {
		"tweet.fields": "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,lang,note_tweet,public_metrics,referenced_tweets",
		expansions: "author_id,attachments.media_keys"
	} else {
		"post.fields": "attachments,conversation_id,created_at,entities,id,lang,note_post,public_metrics,text",
		expansions: "author_id,attachments.media_keys,referenced_posts,in_reply_to_user_id,edit_history_post_ids"
	} end
	+ {
		"user.fields": "created_at,id,name,public_metrics,username,verified",
		"media.fields": "alt_text,media_key,preview_image_url,type,url"
	};

def epoch: sub("\\.[0-9]+"; "") | fromdateiso8601;
# Is the time T of now or not known?  A record that is odd is told of, not left out.
def recent(t; $since): ((try (t | epoch) catch null) // $since) >= $since;
def own($account): $account.settings.user_id // $account.public.user_id // null;

# From when on a poll asks: behind the last one, and never further than the network searches (7 days).
def from($account; $mark):
	($account.now | epoch) as $now |
	(($account.settings.overlap // 600) | tonumber) as $overlap |
	[(if $mark then ($mark | epoch) - $overlap else $now - 86400 end), $now - 604800 + 60] | max |
		todate;

# One list; $context is what its further pages need to be asked for in the same way.
def list($account; $tag; $context): {
	url: {mentions: "/2/users/\($context.user)/mentions", search: "/2/tweets/search/recent",
		direct: "/2/dm_events"}[$tag],
	query: (
		if $tag == "direct" then {
			"dm_event.fields": "attachments,created_at,dm_conversation_id,entities,event_type,id,text",
			event_types: "MessageCreate", expansions: "sender_id,attachments.media_keys",
				max_results: 100,
			"user.fields": "created_at,id,name,public_metrics,username,verified",
			"media.fields": "alt_text,media_key,preview_image_url,type,url"
		} else
			($account | post_fields) + {max_results: 100, start_time: $context.from}
			+ (if $tag == "search" then {query: $account.settings.query, sort_order: "recency"}
				else {} end)
		end),
	tag: $tag, bucket: $tag, idempotent: true, context: $context
} + (if $tag == "direct" then {optional: true} else {} end);

def polls($account; $cursor; $user):
	("mentions", (if $account.settings.query then "search" else empty end),
		(if $account.settings.direct == false then empty else "direct" end)) |
	list($account; .; {at: $account.now, from: from($account; $cursor[.]), user: $user});

def whoami: {url: "/2/users/me", tag: "me", bucket: "me", idempotent: true};

def start($account; $cursor):
	(own($account) // $cursor.user_id) as $user |
	if $user then [polls($account; $cursor; $user)] else [whoami] end;

# What the expansions say, beside each record; a post that is only an expansion is no record.
def joined:
	(reduce (.includes.users // [])[] as $u ({}; .[$u.id | tostring] = $u)) as $users |
	(reduce (.includes.media // [])[] as $m ({}; .[$m.media_key | tostring] = $m)) as $media |
	(.data // []) | map(. + {
		author: ($users[.author_id // .sender_id // ""] // null),
		media: [(.attachments.media_keys // [])[] | $media[.] // empty]
	});

def once: reduce .[] as $r ({seen: {}, list: []};
	if $r.id and .seen[$r.id | tostring] then .
	else .seen[$r.id | tostring] = true | .list += [$r] end) | .list;

def page($account; $cursor):
	.request as $request | .body as $body |
	if $request.tag == "me" then
		{next: [polls($account; $cursor; $body.data.id)], cursor: {user_id: $body.data.id}}
	else
		($body | joined | once) as $all |
		# Messages come newest first and cannot be asked for from a time on.
		(if $request.tag == "direct"
			then $all | map(select(recent(.created_at; $request.from | epoch)))
				else $all end) as $data |
		(if $request.tag == "direct" and ($data | length) < ($all | length) then null
			else $body.meta.next_token end) as $next |
		# A page that names itself as the next one would go on for ever.
		(if $next == $request.token then null else $next end) as $token |
		{
			records: (if $request.tag == "direct" then {direct: $data} else {post: $data} end),
			next: (if $token then
				[list($account; $request.tag; ($request | {at, from, user}) + {token: $token}) |
					.query.pagination_token = $token] else [] end),
			cursor: (if $token then {} else {($request.tag): $request.at} end),
			coverage: (if $token then {} else {from: $request.from, to: $request.at} end)
		}
	end;

# X Activity API, and the older Account Activity API.
def webhook($account):
	.body as $body |
	(if $body.data.event_type then
		($body.data.event_type) as $type |
		# The payload may come with its expansions.
		({data: [$body.data.payload], includes: ($body.data.includes // $body.includes)} |
			joined) as $payload |
		if $type == "post.create" or $type == "post.mention.create" then {post: $payload}
		elif $type == "post.delete" then {gone: [$body.data.payload]}
		elif ($type == "dm.received" or $type == "dm.sent") and $body.data.payload.sender_id
			then {direct: $payload}
		else {} end
	else {
		status: ($body.tweet_create_events // []),
		gone: [($body.tweet_delete_events // [])[].status | {id, author_id: .user_id}],
		message: [($body.direct_message_events // [])[] | select(.type == "message_create") | .
			+ {users: $body.users}]
	} end) |
	{records: .};

def unescaped:
	if type == "string" and contains("&") then
		split("&lt;") | join("<") | split("&gt;") | join(">") | split("&amp;") | join("&")
	else . end;

def person:
	if . then {
		native: .id, handle: .username, name,
		followers: .public_metrics.followers_count, following: .public_metrics.following_count,
		posts: (.public_metrics.post_count // .public_metrics.tweet_count),
		created_at, verified: (.verified // false)
	} else null end;

def media: {
	type: ({photo: "image", animated_gif: "gif"}[.type] // .type),
	url: (.url // .preview_image_url), alt: .alt_text
};

def links: [(.entities.urls // [])[] | select(.media_key | not) | .expanded_url // .url | select(.)];

def post_event($account):
	own($account) as $own |
	# An edit has a new number; the first one stays the identity.
	(.edit_history_post_ids // .edit_history_tweet_ids // [.id]) as $versions |
	(reduce (.referenced_posts // .referenced_tweets // [])[] as $r ({}; .[$r.type | tostring] = $r.id))
		as $refers |
	if $refers.retweeted and ($account.settings.reposts | not) then empty
	elif .author_id == $own and ($refers.replied_to | not) then empty
	else
		(.author.username // .username // null) as $handle | {
			native: $versions[0],
			revision: (if ($versions | length) > 1 then
				(.id as $id | [range($versions | length) | select($versions[.] == $id)][0]
					// ($versions | length - 1)) | select(. > 0) // null
				else null end),
			type: (if .author_id == $own then "reply" else "mention" end),
			kind: (if $refers.replied_to then "comment" else "post" end),
			created_at,
			author: ((.author | person) // {native: .author_id}),
			text: (.note_post.text // .note_tweet.text // .text | unescaped),
			lang_hint: (if (.lang | type) != "string" or .lang == "und" or .lang == "zxx"
				or (.lang | startswith("q") and length == 3)
				then null else .lang end),
			url: "https://x.com/\($handle // "i/web")/status/\(.id)",
			in_reply_to: $refers.replied_to,
			thread: .conversation_id,
			direct: false,
			metrics: (.public_metrics // {} | {
				likes: .like_count, shares: ((.repost_count // .retweet_count // 0)
					+ (.quote_count // 0)),
				replies: .reply_count, views: .impression_count
			}),
			media: [.media[]? | media],
			links: links,
			ref: {
				id: .id,
				# Whether the author called us by name or quoted us: only then may software answer.
				summoned: (any((.entities.mentions // [])[];
						(.id != null and .id == $own)
							or ((.username // "") | ascii_downcase) == ($account.handle // "" |
							ltrimstr("@") | ascii_downcase))
					or ($refers.quoted != null and .in_reply_to_user_id == $own))
			}
		}
	end;

def direct_event($account):
	{
		native: .id,
		type: (if .sender_id == own($account) then "reply" else "mention" end),
		kind: "message", created_at,
		author: ((.author | person) // {native: .sender_id}),
		text: (.text // "" | unescaped),
		url: null, in_reply_to: null, thread: .dm_conversation_id, direct: true,
		media: [.media[]? | media], links: links,
		ref: {conversation: .dm_conversation_id, participant: .sender_id}
	};

# "Wed Oct 10 20:19:24 +0000 2018"
def old_time: strptime("%a %b %d %H:%M:%S %z %Y") | mktime;

def status_event($account):
	{
		id: .id_str,
		author_id: .user.id_str,
		created_at: (.created_at | old_time | todate),
		text: (.extended_tweet.full_text // .full_text // .text),
		lang,
		conversation_id: null,
		edit_history_tweet_ids: (.edit_history.initial_tweet_id as $first |
			if $first and $first != .id_str then [$first, .id_str] else [.id_str] end),
		in_reply_to_user_id: .in_reply_to_user_id_str,
		referenced_tweets: [
			(.in_reply_to_status_id_str | select(.) | {type: "replied_to", id: .}),
			(.quoted_status_id_str | select(.) | {type: "quoted", id: .}),
			(.retweeted_status.id_str | select(.) | {type: "retweeted", id: .})
		],
		entities: {
			mentions: [(.extended_tweet.entities // .entities // {}).user_mentions[]? |
				{id: .id_str, username: .screen_name}],
			urls: [(.extended_tweet.entities // .entities // {}).urls[]? | {expanded_url}]
		},
		public_metrics: {like_count: .favorite_count, retweet_count, quote_count, reply_count},
		author: (.user | {
			id: .id_str, username: .screen_name, name, verified,
			created_at: (.created_at | select(.) | old_time | todate),
			public_metrics: {followers_count, following_count: .friends_count,
				tweet_count: .statuses_count}
		}),
		media: [(.extended_tweet.extended_entities // .extended_entities // {}).media[]? |
			{type, url: .media_url_https, alt_text: .ext_alt_text}]
	} | post_event($account);

def message_event($account):
	.message_create as $m | .users[$m.sender_id] as $sender |
	# The conversation of two is named after both, the smaller number first.
	([$m.sender_id, $m.target.recipient_id] | sort_by(length, .) | join("-")) as $conversation |
	{
		native: .id,
		type: (if $m.sender_id == own($account) then "reply" else "mention" end),
		kind: "message", created_at: ((.created_timestamp | tonumber) / 1000 | floor),
		author: (if $sender then {
			native: $m.sender_id, handle: $sender.screen_name, name: $sender.name,
			followers: $sender.followers_count, following: $sender.friends_count,
				posts: $sender.statuses_count,
			verified: ($sender.verified // false)
		} else {native: $m.sender_id} end),
		text: ($m.message_data.text // "" | unescaped),
		url: null, in_reply_to: null, thread: $conversation, direct: true,
		media: [$m.message_data.attachment.media | select(.) |
			{type, url: .media_url_https, alt: null}],
		links: [$m.message_data.entities.urls[]? | .expanded_url],
		ref: {conversation: $conversation, participant: $m.sender_id}
	};

def event($account):
	.kind as $kind | .data |
	if $kind == "post" then post_event($account)
	elif $kind == "direct" then direct_event($account)
	elif $kind == "status" then status_event($account)
	elif $kind == "message" then message_event($account)
	else {type: "delete", native: .id} end;

def private($reply): $reply.private or ($reply.mention.direct // false);

def parent($reply): $reply.previous.id // $reply.mention.ref.id // $reply.mention.native // null;

def publish($account; $reply):
	if private($reply) then {
		method: "POST",
		url: (if $reply.mention.ref.conversation
			then "/2/dm_conversations/\($reply.mention.ref.conversation | @uri)/messages"
			else "/2/dm_conversations/with/\($reply.mention.author.native | @uri)/messages" end),
		json: {text: $reply.text},
		bucket: "message", context: {direct: true}
	} else {
		method: "POST",
		url: "/2/tweets",
		json: ({text: $reply.text}
			+ (parent($reply) | if . then {reply: {in_reply_to_tweet_id: .}} else {} end)),
		bucket: "write"
	} end;

def link($account; $id): "https://x.com/\($account.handle // "i/web" | ltrimstr("@"))/status/\($id)";

# A refusal of the same words a second time says that the first ones may have arrived: found out by
# looking, not by giving up.
def published($account):
	(.body | if type == "object" then . else {} end) as $body |
	if $body.data.id then {id: $body.data.id, url: link($account; $body.data.id)}
	elif $body.data.dm_event_id then {
		id: $body.data.dm_event_id, ref: {conversation: $body.data.dm_conversation_id}
	}
	elif $body.data.deleted then {id: (.request.id // "")}
	else
		($body | .detail // .errors[0].detail // .errors[0].message // .title) as $why |
		if ($why // "") | test("duplicate content"; "i") then {unsure: $why}
		else {error: ($why // "status \(.status)")} end
	end;

def since($reply): ($reply.created_at | epoch) - 60 | todate;

def timeline($account; $reply; $user): {
	url: "/2/users/\($user)/tweets",
	query: (($account | post_fields) + {max_results: 100, start_time: since($reply)}),
	tag: "own", bucket: "timeline", idempotent: true, context: {user: $user}
};

def find($account; $reply):
	if private($reply) then {
		url: (if $reply.mention.ref.conversation
			then "/2/dm_conversations/\($reply.mention.ref.conversation | @uri)/dm_events"
			else "/2/dm_conversations/with/\($reply.mention.author.native | @uri)/dm_events" end),
		query: {"dm_event.fields": "created_at,dm_conversation_id,entities,event_type,id,text",
			event_types: "MessageCreate", expansions: "sender_id", max_results: 100},
		tag: "messages", bucket: "direct", idempotent: true
	}
	elif own($account) then timeline($account; $reply; own($account))
	else whoami end;

# The text as we sent it: t.co addresses and the names that X puts before a reply taken back.
def as_sent:
	(.note_post.text // .note_tweet.text // .text // "" | unescaped) as $text |
	reduce ((.entities.urls // [])[] | select(.url)) as $u ($text; split($u.url) |
		join($u.expanded_url // $u.url));
def plain: sub("^(@[A-Za-z0-9_]+ +)+"; "") | gsub("\\s+"; " ") | sub("^ "; "") | sub(" $"; "") |
	gsub("/(?= |$)"; "");

def found($account; $reply):
	(.body | if type == "object" then . else {} end) as $body | .request as $request |
	if .status != 200 then {unsure: "status \(.status)"}
	elif $request.tag == "me" then
		if $body.data.id then {next: [timeline($account; $reply; $body.data.id)]}
			else {unsure: "own number unknown"} end
	elif ($body.data == null) and (($body.meta.result_count // -1) != 0)
		then {unsure: "no list of posts came"}
	elif $request.tag == "messages" then
		[($body.data // [])[] | select(.text == $reply.text or as_sent == $reply.text) |
			select(.sender_id != $reply.mention.author.native) |
			select((.created_at | epoch) >= (since($reply) | epoch))][-1] as $hit |
		if $hit then {id: $hit.id, ref: {conversation: $hit.dm_conversation_id}} else null end
	else
		parent($reply) as $parent |
		[($body.data // [])[] | select((as_sent | plain) == ($reply.text | plain)) |
			select(([(.referenced_posts // .referenced_tweets // [])[] | select(.type == "replied_to") |
				.id][0] // null) == $parent)
		][-1] as $hit |
		if $hit then {id: $hit.id, url: link($account; $hit.id)}
		elif $body.meta.next_token then
			{next: [timeline($account; $reply; $request.user) |
				.query += {pagination_token: $body.meta.next_token}]}
		else null end
	end;

# Only a post of our own that is no answer to somebody else can be edited, for 30 minutes.
def edit($account; $reply):
	if $reply.mention then error("X does not let an answer be edited: delete it and answer again")
	else {
		method: "POST", url: "/2/tweets",
		json: {text: $reply.text, edit_options: {previous_post_id: $reply.sent.id}}, bucket: "write"
	} end;

def delete($account; $reply):
	if private($reply)
	then {method: "DELETE", url: "/2/dm_events/\($reply.sent.id | @uri)", bucket: "delete",
		idempotent: true, context: {id: $reply.sent.id}}
	else {method: "DELETE", url: "/2/tweets/\($reply.sent.id | @uri)", bucket: "delete",
		idempotent: true, context: {id: $reply.sent.id}} end;
