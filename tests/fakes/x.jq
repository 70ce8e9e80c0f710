# X, API v2.  state: {token, refresh, me, users: [...], posts: [...], messages: [...], page: size of pages,
# shuffle, double, summoned: false}
def clean: with_entries(select(.value != null));

def problem($status; $title; $detail): answer($status;
	{title: $title, status: $status, detail: $detail, type: "about:blank"});

def me: .me // "2244994945";
def user($id): (.users // [])[] | select(.id == $id);

def limits($now): .answer.headers += {"x-rate-limit-limit": "300", "x-rate-limit-remaining": "299",
	"x-rate-limit-reset": ($now + 900 | floor | tostring)};

def metrics: {repost_count: 0, reply_count: 0, like_count: 0, quote_count: 0, bookmark_count: 0,
	impression_count: 1};

# One more post by somebody.
def add_post($author; $text; $parent; $now):
	((.next // 1990000000000000000 / 1000 | floor) + 1) as $n |
	("\($n)000") as $id |
	. as $s |
	([(.posts // [])[] | select(.id == $parent)][0]) as $to |
	.next = $n |
	.posts = (.posts // []) + [{
		id: $id, text: $text, author_id: $author,
			created_at: ($now | floor | todate | sub("Z$"; ".000Z")),
		conversation_id: ($to.conversation_id // $id), edit_history_post_ids: [$id], lang: "de",
			public_metrics: metrics,
		entities: {mentions: [$text | match("@([A-Za-z0-9_]+)"; "g") |
			{start: .offset, end: (.offset + .length),
			username: .captures[0].string,
				id: (.captures[0].string as $name |
				[$s.users[]? | select(.username == $name) | .id][0])} | clean]},
		referenced_posts: (if $parent then [{type: "replied_to", id: $parent}] else null end),
		in_reply_to_user_id: $to.author_id
	} | clean] | .last = .posts[-1];

def add_message($from; $to; $text; $now):
	((.next // 1990000000000000000 / 1000 | floor) + 1) as $n |
	.next = $n |
	.messages = (.messages // []) + [{
		id: "\($n)000", event_type: "MessageCreate", text: $text, sender_id: $from,
		dm_conversation_id: ([$from, $to] | sort_by(length, .) | join("-")),
			created_at: ($now | floor | todate | sub("Z$"; ".000Z"))
	}] | .last = .messages[-1];

def act($do; $now):
	if $do.do == "post" then add_post($do.author; $do.text; $do.parent; $now - ($do.ago // 0))
	elif $do.do == "message" then add_message($do.author; me; $do.text; $now)
	elif $do.do == "edit" then
		add_post($do.author; $do.text; null; $now) | .last.id as $id |
		([.posts[] | select(.id == $do.id) | .edit_history_post_ids][0] + [$id]) as $chain |
		.posts |= map(if .id == $id then .edit_history_post_ids = $chain else . end) |
		.posts |= map(select(.id != $do.id)) | .last = .posts[-1]
	elif $do.do == "delete" then .posts |= map(select(.id != $do.id))
	else . end;

# A page of LIST, newest first; out of order and with repeats when the state says so.
def listed($list; $request):
	. as $s |
	(($request.query.pagination_token // "page00000000000000" | sub("^page0*"; "") | if . == "" then "0"
		else . end) | tonumber) as $from |
	(.page // 100) as $size |
	($list | sort_by(.id) | reverse) as $all |
	($all[$from:$from + $size]) as $data |
	(if $s.shuffle then $data | reverse else $data end) as $data |
	(if $s.double then $data + $data[:1] else $data end) as $data |
	{
		data: $data,
		includes: {users: [$data[] | .author_id // .sender_id] | unique |
			map(. as $id | [$s.users[]? | select(.id == $id)][0]) | map(select(.))},
		meta: ({result_count: ($data | length)} +
			(if ($all | length) > $from + $size
				then {next_token: "page\("0000000000000000\($from + $size)" | .[-14:])"} else {} end))
	} | if $data == [] then {meta: {result_count: 0}} else . end;

def after($request): $request.query.start_time as $t |
	select($t == null or .created_at >= ($t | sub("Z$"; ".000Z")));

def authorized($request):
	($request.headers.authorization // "") as $a |
	$a == "Bearer \(.token // "token")" or ($a | test("^OAuth .*oauth_signature="));

def reply_post($request):
	.state as $s | $request.body as $b |
	([$s.posts[]? | select(.id == ($b.reply.in_reply_to_tweet_id // ""))][0]) as $to |
	($s | me) as $me |
	if ($b.text // "") == "" then .answer = problem(400; "Invalid Request";
		"One or more parameters to your request was invalid.")
	elif $b.reply and $to == null
		then .answer = problem(403; "Forbidden";
		"You attempted to reply to a Tweet that is deleted or not visible to you.")
	elif $b.reply and $to.author_id != $me and ($s.summoned != false)
		and (any($to.entities.mentions[]?; .id == $me) | not)
		then .answer = problem(403; "Forbidden";
			"Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.")
	elif any($s.posts[]?; .author_id == $me and .text == $b.text
		and (.referenced_posts[0].id // null) == ($b.reply.in_reply_to_tweet_id // null))
		then .answer = problem(403; "Forbidden";
			"You are not allowed to create a Tweet with duplicate content.")
	else
		.state |= add_post($me; $b.text; $b.reply.in_reply_to_tweet_id; $request.now) |
		.answer = answer(201; {data: (.state.last | {id, text, edit_history_post_ids})})
	end;

def handle:
	.request as $r | .state as $s | ($s | me) as $me |
	($r.method + " " + $r.path) as $what |
	if $what == "POST /2/oauth2/token" then
		if $r.body.refresh_token == ($s.refresh // "refresh")
			and $r.body.grant_type == "refresh_token" then
			(($s.turn // 0) + 1) as $turn |
				.state += {$turn, token: "token\($turn)", refresh: "refresh\($turn)"} |
			.answer = answer(200; {token_type: "bearer", expires_in: 7200,
				access_token: "token\($turn)", refresh_token: "refresh\($turn)", scope: "tweet.read"})
		else .answer = answer(400;
			{error: "invalid_request",
			error_description: "Value passed for the token was invalid."}) end
	elif ($s | authorized($r) | not) then .answer = problem(401; "Unauthorized"; "Unauthorized")
	elif $what == "GET /2/users/me"
		then .answer = answer(200; {data: ($s | [user($me)][0] | {id, name, username})})
	elif $what == "GET /2/users/\($me)/mentions" then
		($s | [user($me)][0].username) as $name |
		.answer = answer(200; $s |
			listed([.posts[]? | select(any(.entities.mentions[]?; .username == $name)) | after($r)];
			$r))
	elif $what == "GET /2/users/\($me)/tweets" then
		.answer = answer(200; $s | listed([.posts[]? | select(.author_id == $me) | after($r)]; $r))
	elif $what == "GET /2/tweets/search/recent" then
		($r.query.query | split(" ")[0] | ascii_downcase) as $word |
		.answer = answer(200; $s |
			listed([.posts[]? | select(.text | ascii_downcase | contains($word)) | after($r)]; $r))
	elif $what == "GET /2/dm_events" then .answer = answer(200; $s | listed(.messages // []; $r))
	elif $what | test("^GET /2/dm_conversations/[0-9-]+/dm_events$") then
		($r.path | split("/")[3]) as $c |
		.answer = answer(200; $s | listed([.messages[]? | select(.dm_conversation_id == $c)]; $r))
	elif $what == "POST /2/tweets" then reply_post($r)
	elif $what | test("^POST /2/dm_conversations/[0-9-]+/messages$") then
		($r.path | split("/")[3]) as $c |
		.state |= add_message($me; ($c | split("-") | map(select(. != $me))[0]); $r.body.text; $r.now) |
		.answer = answer(201; {data: (.state.last | {dm_conversation_id, dm_event_id: .id})})
	elif $what | test("^POST /2/dm_conversations/with/[0-9]+/messages$") then
		.state |= add_message($me; ($r.path | split("/")[4]); $r.body.text; $r.now) |
		.answer = answer(201; {data: (.state.last | {dm_conversation_id, dm_event_id: .id})})
	elif $what | test("^DELETE /2/tweets/[0-9]+$") then
		($r.path | split("/")[3]) as $id |
		.state.posts |= map(select(.id != $id)) | .answer = answer(200; {data: {deleted: true}})
	else .answer = answer(404;
		{title: "Not Found Error", type: "https://api.x.com/2/problems/resource-not-found",
		detail: "no such path",
		resource_type: "user", parameter: "id", resource_id: "", value: ""}) end |
	limits($r.now);
