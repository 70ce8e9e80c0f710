# LinkedIn, page of an organisation: comments on its posts, where it is named; answers and posts.
# See sme-connector(5).
#
# In the vault: access_token (r_organization_social, w_organization_social, rw_organization_admin); to renew
# it refresh_token, client_id and client_secret.
# settings:
#   organization  number of the organisation
#   version       of the API, YYYYMM ("202607"); each one ends about a year after it came
#   posts         how many of the last posts a poll looks at for new comments (10)
def meta: {
	name: "linkedin",
	title: "LinkedIn organisation",
	version: "2026-11-26",
	as_of: {date: "2026-08-13",
		source: "learn.microsoft.com, LinkedIn Marketing: Comments API, Posts API, organization social action notifications, versioning (202607 the latest), migrations"},
	base: "https://api.linkedin.com",
	can: ["read.comment", "read.mention", "post", "reply", "thread", "edit", "delete"],
	text: {limit: 1250, count: "points"},
	records: {
		comment: {required: {"commentUrn": "string", "actor": "string", "created.time": "number|string",
			"message.text": "string", "object": "string", "parentComment": "string?"}},
		notice: {required: {"notificationId": "number|string", "action": "string",
			"sourcePost": "string?"}}
	},
	auth: {
		scheme: "bearer", fields: ["access_token"], token: "access_token",
		refresh: {method: "POST", url: "https://www.linkedin.com/oauth/v2/accessToken",
			form: {grant_type: "refresh_token", refresh_token: "{secret:refresh_token}",
				client_id: "{secret:client_id}", client_secret: "{secret:client_secret}"}},
		take: {access_token: "access_token", refresh_token: "refresh_token", expires_in: "expires_in"}
	},
	limits: {buckets: {read: {n: 500, per: "1d"}, write: {n: 100, per: "1d"}}},
	errors: [
		{status: 401, class: "auth"},
		{status: 426, class: "auth"},
		{status: 429, class: "transient"},
		{path: "serviceErrorCode", value: 65600, class: "auth"},
		{path: "serviceErrorCode", value: 65601, class: "auth"},
		{path: "serviceErrorCode", value: 65602, class: "auth"},
		{path: "serviceErrorCode", value: 100, class: "auth"},
		{status: 403, class: "rule"}
	],
	reply: {},
	publish: {idempotency: "none", lookup: true, delay: "5s"}
};

def headers($account): {
	"LinkedIn-Version": ($account.settings.version // "202607" | tostring),
	"X-Restli-Protocol-Version": "2.0.0"
};
def organization($account): "urn:li:organization:\($account.settings.organization)";

def get($account; $url; $tag; $context): {
	url: $url, headers: headers($account), tag: $tag, bucket: "read", idempotent: true,
		context: $context
};

# Names are parts of the path and have to be encoded there, their colons and parentheses too.
def encoded: @uri | gsub("\\("; "%28") | gsub("\\)"; "%29");

def comments($account; $urn; $start; $context):
	get($account; "/rest/socialActions/\($urn | encoded)/comments?count=100&start=\($start)";
		"comments";
		$context + {urn: $urn, start: $start});

def epoch: sub("\\.[0-9]+"; "") | fromdateiso8601;

# Only the last page of all says how far the poll came: what follows is read depth first.
def ordered: if length > 0 then .[:-1] + [.[-1] | .context.last = true] else . end;
def over($request; $next): if $request.last and ($next | length) == 0
	then {next: [], cursor: {at: $request.at}, coverage: {from: $request.from, to: $request.at}}
	else {next: (if $request.last then $next | ordered else $next end)} end;

def start($account; $cursor):
	{at: $account.now, from: ($cursor.at // null)} as $context |
	organization($account) as $org |
	[
		(get($account; "/rest/organizationalEntityNotifications?q=criteria&actions=List(SHARE_MENTION)&organizationalEntity=\($org | encoded)"; "notices"; $context)
			+ {optional: true}),
		get($account; "/rest/posts?q=author&author=\($org | encoded)&count=\($account.settings.posts // 10)&sortBy=LAST_MODIFIED"; "posts"; $context)
	] | ordered;

def page($account; $cursor):
	.request as $request | .body as $body |
	($request | {at, from}) as $context |
	if $request.tag == "posts"
		then over($request; [($body.elements // [])[] | comments($account; .id; 0; $context)])
	elif $request.tag == "comments" then {records: {comment: ($body.elements // [])}}
		+ over($request; [
			(if any(($body.paging.links // [])[]; .rel == "next")
				then comments($account; $request.urn; $request.start + 100; $context) else empty end),
			(($body.elements // [])[] |
				select((.parentComment | not)
				and (.commentsSummary.aggregatedTotalComments
				// .commentsSummary.totalFirstLevelComments // 0) > 0) |
				comments($account; .commentUrn; 0; $context))
		])
	else {records: {notice: ($body.elements // [])}, next: []} end;

def event($account):
	.kind as $kind | .data |
	if $kind == "comment" then
		((.lastModified.time // .created.time | tonumber) - (.created.time | tonumber)) as $changed | {
			native: .commentUrn,
			revision: (if $changed > 0 then $changed else null end),
			type: (if .actor == organization($account) then "reply" else "mention" end),
			kind: "comment", created_at: ((.created.time | tonumber) / 1000 | floor),
			author: {native: .actor}, text: .message.text,
			url: "https://www.linkedin.com/feed/update/\(.object)?commentUrn=\(.commentUrn | encoded)",
			in_reply_to: (.parentComment // .object), thread: .object, direct: false,
			metrics: {
				likes: (.likesSummary.totalLikes // .likesSummary.aggregatedTotalLikes), shares: null,
				replies: (.commentsSummary.aggregatedTotalComments
					// .commentsSummary.totalFirstLevelComments), views: null
			},
			# There is one level below a comment.
			ref: {object: .object, top: (.parentComment // .commentUrn)}
		}
	else
		(.decoratedGeneratedActivity.share // {}) as $share |
		if .action != "SHARE_MENTION" or ($share.owner // "") == organization($account) then empty
			else {
			native: ($share.entity // .generatedActivity), kind: "post",
			created_at: ((.lastModifiedAt | tonumber) / 1000 | floor),
			author: {native: ($share.owner // "unknown")}, text: ($share.text // ""),
			url: "https://www.linkedin.com/feed/update/\($share.entity // .generatedActivity)",
			in_reply_to: null, thread: ($share.entity // .generatedActivity), direct: false,
			ref: {object: ($share.entity // .generatedActivity)}
		} end
	end;

def post_text: gsub("(?<c>[\\\\|{}@\\[\\]()<>#*_~])"; "\\\(.c)");

def target($reply): $reply.mention.ref.top // $reply.mention.ref.object // $reply.previous.id;

def publish($account; $reply):
	if $reply.mention == null and $reply.previous == null then {
		method: "POST", url: "/rest/posts", headers: headers($account),
		json: {
			author: organization($account), commentary: ($reply.text | post_text), visibility: "PUBLIC",
			distribution: {feedDistribution: "MAIN_FEED", targetEntities: [],
				thirdPartyDistributionChannels: []},
			lifecycleState: "PUBLISHED", isReshareDisabledByAuthor: false
		},
		bucket: "write"
	} else {
		method: "POST", url: "/rest/socialActions/\(target($reply) | encoded)/comments",
			headers: headers($account),
		json: ({actor: organization($account),
			object: ($reply.mention.ref.object // $reply.previous.ref.object // $reply.previous.id),
			message: {text: $reply.text}}
			+ (if $reply.mention.ref.top then {parentComment: $reply.mention.ref.top} else {} end)),
		bucket: "write"
	} end;

def published($account):
	(.body | if type == "object" then . else {} end) as $body |
	if .status >= 200 and .status < 300 then
		($body.commentUrn // .headers["x-restli-id"] // .headers["x-linkedin-id"] // .request.id
			// "") as $id |
		{id: $id, url: "https://www.linkedin.com/feed/update/\($body.object // $id)",
			ref: {object: ($body.object // $id)}}
	else {error: ($body.message // "status \(.status)")} end;

def find($account; $reply):
	if $reply.mention == null and $reply.previous == null then
		get($account; "/rest/posts?q=author&author=\(organization($account) | encoded)&count=50&sortBy=LAST_MODIFIED"; "posts"; {})
	else comments($account; target($reply); 0; {}) end;

def found($account; $reply):
	.request as $request | .body as $body |
	(($reply.created_at | epoch) - 60) as $since |
	if .status != 200 or ($body.elements | type) != "array" then {unsure: "status \(.status)"}
	elif $request.tag == "posts" then
		[$body.elements[] | select(.commentary == ($reply.text | post_text)
			and ((.createdAt // .created.time | tonumber) / 1000) >= $since)][-1] as $hit |
		if $hit then {id: $hit.id, url: "https://www.linkedin.com/feed/update/\($hit.id)",
			ref: {object: $hit.id}} else null end
	else
		[$body.elements[] | select(.actor == organization($account) and .message.text == $reply.text
			and ((.created.time | tonumber) / 1000) >= $since)][-1] as $hit |
		if $hit then {id: $hit.commentUrn, url: "https://www.linkedin.com/feed/update/\($hit.object)",
			ref: {object: $hit.object}}
		elif any(($body.paging.links // [])[]; .rel == "next")
			then {next: [comments($account; $request.urn; $request.start + 100; {})]}
		else null end
	end;

# urn:li:comment:(urn:li:activity:1,2) is number 2 below urn:li:activity:1
def comment_path($urn):
	($urn | capture("^urn:li:comment:\\((?<object>.*),(?<id>[0-9]+)\\)$")) as $c |
	"/rest/socialActions/\($c.object | encoded)/comments/\($c.id)";

def edit($account; $reply):
	if $reply.sent.id | startswith("urn:li:comment:") then {
		method: "POST", url: "\(comment_path($reply.sent.id))?actor=\(organization($account) | encoded)",
		headers: (headers($account) + {"X-RestLi-Method": "PARTIAL_UPDATE"}),
		json: {patch: {message: {"$set": {text: $reply.text}}}}, bucket: "write", idempotent: true,
			context: {id: $reply.sent.id}
	} else {
		method: "POST", url: "/rest/posts/\($reply.sent.id | encoded)",
		headers: (headers($account) + {"X-RestLi-Method": "PARTIAL_UPDATE"}),
		json: {patch: {"$set": {commentary: ($reply.text | post_text)}}}, bucket: "write",
			idempotent: true, context: {id: $reply.sent.id}
	} end;

def delete($account; $reply):
	{
		method: "DELETE",
		url: (if $reply.sent.id | startswith("urn:li:comment:")
			then "\(comment_path($reply.sent.id))?actor=\(organization($account) | encoded)"
			else "/rest/posts/\($reply.sent.id | encoded)" end),
		headers: headers($account), bucket: "write", idempotent: true, context: {id: $reply.sent.id}
	};
