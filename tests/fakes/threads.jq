# Threads.  state: {posts: [...]}
def me: "talvio";
def add_post($user; $text; $to; $now):
	((.n // 170) + 1) as $n | .n = $n | ([.posts[]? | select(.id == ($to // ""))][0]) as $parent |
	.last = ({id: "\($n)", text: $text, username: $user,
		permalink: "https://www.threads.net/@\($user)/post/\($n)",
		timestamp: ($now | floor | todate | sub("Z$"; "+0000")),
		media_type: "TEXT_POST", is_reply: ($to != null)}
			+ (if $to then {replied_to: {id: $to}, root_post: ($parent.root_post // {id: $to})}
			else {} end)) |
	.posts = (.posts // []) + [.last];

def act($do; $now):
	if $do.do == "post" then add_post($do.user // "kim"; $do.text; $do.to; $now) else . end;

def no($status; $code; $why): answer($status;
	{error: {message: $why, type: "OAuthException", code: $code, fbtrace_id: "A"}});
def data($all; $r): ($all | reverse) as $all | (.page // ($r.query.limit // "25" | tonumber)) as $n |
	($r.query.after // "0" | tonumber) as $at |
	answer(200; {data: $all[$at:$at + $n]}
		+ (if ($all | length) > $at + $n then {paging: {cursors: {after: "\($at + $n)"}}} else {} end));

def handle:
	.request as $r | .state as $s | ($s.posts // []) as $all | ($r.method + " " + $r.path) as $what |
	if $r.path == "/refresh_access_token" then
		if $r.query.access_token == ($s.token // "token")
			then answer(200; {access_token: "token2", expires_in: 5183944}) as $a |
			.state.token = "token2" | .answer = $a
		else .answer = no(400; 190; "Error validating access token") end
	elif $r.headers.authorization != "Bearer \($s.token // "token")"
		then .answer = no(400; 190; "Error validating access token")
	elif $what == "GET /v1.0/me/threads"
		then .answer = ($s | data([$all[] | select(.username == me and (.is_reply | not)) | .id as $id |
		.has_replies = any($all[]; .replied_to.id == $id)]; $r))
	elif $what == "GET /v1.0/me/replies"
		then .answer = ($s | data([$all[] | select(.username == me and .is_reply)]; $r))
	elif $what == "GET /v1.0/me/mentions"
		then .answer = ($s | data([$all[] | select(.username != me and (.text | contains("@" + me)))];
		$r))
	elif $what | test("^GET /v1.0/[0-9]+/conversation$") then ($r.path | split("/")[2]) as $id |
		.answer = ($s | data([$all[] | select(.root_post.id == $id)]; $r))
	elif $what == "POST /v1.0/me/threads" then
		if ($r.body.text // "" | length) > 500
			then .answer = no(400; 100; "Param text must be at most 500 characters long.")
		elif $r.body.media_type != "TEXT" or $r.body.auto_publish_text != "true"
			then .answer = answer(200; {id: "990"})
		elif $r.body.reply_to_id and (any($all[]; .id == $r.body.reply_to_id) | not)
			then .answer = no(400; 24; "The requested resource does not exist")
		else .state |= add_post(me; $r.body.text; $r.body.reply_to_id; $r.now) |
			.answer = answer(200; {id: .state.last.id}) end
	elif $what | test("^DELETE /v1.0/[0-9]+$") then ($r.path | split("/")[2]) as $id |
		.state.posts |= map(select(.id != $id)) |
		.answer = answer(200; {success: true, deleted_id: $id})
	else .answer = no(404; 2500; "Unknown path components") end;
