# Reddit.  state: {me, things: [{kind, data}], n}; comments and messages to the account are in its inbox
def me: .me // "talvio";
def add_thing($kind; $data; $now):
	((.n // 35) + 1) as $n | .n = $n | "\($kind)_\($n)" as $name |
	.last = {kind: $kind, data: ({name: $name, id: "\($n)", created_utc: ($now | floor), edited: false,
		subreddit: "talvio", score: 1,
		permalink: "/r/talvio/\($n)/"} + $data)} |
	.things = (.things // []) + [.last];

def act($do; $now):
	if $do.do == "post" then add_thing("t3";
		{author: ($do.author // "kim"), title: $do.title, selftext: ($do.text // ""), is_self: true};
		$now)
	elif $do.do == "comment" then add_thing("t1";
		{author: ($do.author // "kim"), body: $do.text, parent_id: $do.on,
		link_id: ($do.link // $do.on), inbox: $do.inbox}; $now)
	elif $do.do == "message" then add_thing("t4";
		{author: ($do.author // "kim"), dest: me, body: $do.text, subject: ($do.subject // "Frage"),
		parent_id: null, inbox: true}; $now)
	elif $do.do == "edit" then .things |= map(if .data.name == $do.id then .data.body = $do.text |
		.data.edited = ($now + 60 | floor) else . end)
	elif $do.do == "delete" then .things |= map(if .data.name == $do.id then .data.body = "[deleted]" |
		.data.author = "[deleted]" else . end)
	else . end;

# Newest first, from the fullname on.
def listing($things; $r):
	($things | reverse | if .[0] == null then [] else . end) as $all |
	(([$all[].data.name] | index($r.query.after // "")) // -1) as $at |
	(.page // ($r.query.limit // "25" | tonumber)) as $n |
	$all[$at + 1:$at + 1 + $n] as $page |
	answer(200; {kind: "Listing", data: {children: $page, before: null,
		after: (if ($all | length) > $at + 1 + $n then $page[-1].data.name else null end)}}) |
	.headers = {"X-Ratelimit-Remaining": "95.0", "X-Ratelimit-Used": "5", "X-Ratelimit-Reset": "300"};

def errors($list): answer(200; {json: {errors: $list}});
def done($thing): answer(200; {json: {errors: [], data: {things: [$thing]}}});

def handle:
	.request as $r | .state as $s | ($s | me) as $me | ($s.things // []) as $all |
		($r.method + " " + $r.path) as $what |
	if $what == "POST /api/v1/access_token" then
		if $r.headers.authorization == "Basic \("id:secret" | @base64)"
			and $r.body.refresh_token == "refresh" then
			.state.token = "token\(($s.turn // 0) + 1)" | .state.turn = ($s.turn // 0) + 1 |
			.answer = answer(200; {access_token: .state.token, token_type: "bearer", expires_in: 86400,
				scope: "*"})
		else .answer = answer(400; {error: "invalid_grant"}) end
	elif ($r.headers["user-agent"] // "" | test("^[a-z]+:[^:]+:v[^ ]+ \\(by /u/[^)]+\\)$") | not)
		then .answer = answer(429; {message: "Too Many Requests", error: 429})
	elif $r.headers.authorization != "Bearer \($s.token // "token")"
		then .answer = answer(401; {message: "Unauthorized", error: 401})
	elif $what == "GET /message/inbox" then .answer = ($s | listing([$all[] | select(.data.inbox)]; $r))
	elif $what == "GET /message/sent"
		then .answer = ($s | listing([$all[] | select(.kind == "t4" and .data.author == $me)]; $r))
	elif $what == "GET /r/talvio/new"
		then .answer = ($s | listing([$all[] | select(.kind == "t3")]; $r))
	elif $what == "GET /r/talvio/comments"
		then .answer = ($s | listing([$all[] | select(.kind == "t1")]; $r))
	elif $what | test("^GET /user/[^/]+/overview$")
		then .answer = ($s | listing([$all[] | select(.data.author == $me and .kind != "t4")]; $r))
	elif $what == "GET /api/info" then
		($r.query.id | split(",")) as $ids |
			.answer = ($s | del(.page) |
			listing([$all[] | select(.data.name as $n | $ids | index($n))];
			($r | .query.limit = "100")))
	elif $what == "POST /api/comment" then
		if $s.wait then .state |= del(.wait) |
			.answer = errors([["RATELIMIT", "Take a break for 1 minute before trying again.",
			"ratelimit"]])
		elif $s.locked then .answer = errors([["THREAD_LOCKED", "Comments are locked.", "parent"]])
		elif any($all[]; .data.name == $r.body.thing_id) | not
			then .answer = errors([["NO_THING_ID", "id not specified", "id"]])
		elif $r.body.thing_id | startswith("t4") then
			.state |= add_thing("t4";
				{author: $me, body: $r.body.text, parent_id: $r.body.thing_id, subject: "re",
				dest: "kim"}; $r.now) | .answer = done(.state.last)
		else .state |= add_thing("t1";
			{author: $me, body: $r.body.text, parent_id: $r.body.thing_id, link_id: "t3_1"}; $r.now) |
			.answer = done(.state.last) end
	elif $what == "POST /api/compose" then
		.state |= add_thing("t4";
			{author: $me, body: $r.body.text, subject: $r.body.subject, dest: $r.body.to,
			parent_id: null}; $r.now) | .answer = errors([])
	elif $what == "POST /api/editusertext" then
		.state.things |= map(if .data.name == $r.body.thing_id then .data.body = $r.body.text
			else . end) |
		.answer = done([.state.things[] | select(.data.name == $r.body.thing_id)][0])
	elif $what == "POST /api/del" then .state.things |= map(select(.data.name != $r.body.id)) |
		.answer = answer(200; {})
	else .answer = answer(404; {message: "Not Found", error: 404}) end;
