# TikTok, API for Business.  state: {token, videos: [...], comments: [...]}; errors come inside of a 200.
def ok($data): answer(200; {code: 0, message: "OK", request_id: "r", data: $data});
def no($code; $why): answer(200; {code: $code, message: $why, request_id: "r", data: {}});

def add_comment($video; $parent; $user; $text; $now):
	(.n // 7301242590496705 | floor) as $n | .n = $n + 1 |
	.comments = (.comments // []) + [{
		comment_id: "\($n)999", video_id: $video, text: $text, create_time: ($now | floor | tostring),
			user_id: $user, username: $user,
		display_name: $user, owner: ($user == "-000open"), likes: 0, replies: 0, status: "PUBLIC"
	} + (if $parent then {parent_comment_id: $parent} else {} end)] | .last = .comments[-1];

def act($do; $now):
	if $do.do == "comment" then add_comment($do.video; $do.parent; $do.user; $do.text; $now) else . end;

def handle:
	.request as $r | .state as $s |
		($r.path | ltrimstr("/open_api/v1.3/business/") | rtrimstr("/")) as $what |
	if ($r.headers["access-token"] // "") != ($s.token // "token")
		then .answer = no(40105; "Access token is incorrect or has been revoked.")
	elif $what == "video/list"
		then .answer = ok({videos: ($s.videos // []), has_more: false, cursor: 0})
	elif $what == "comment/list" then
		.answer = ok({comments: ([$s.comments[]? |
			select(.video_id == $r.query.video_id and (has("parent_comment_id") | not)) | . as $c |
			.reply_list = [$s.comments[] | select(.parent_comment_id == $c.comment_id)]] | reverse),
				has_more: false, cursor: 0})
	elif $what == "comment/reply/list" then
		.answer = ok({comments: ([$s.comments[]? | select(.parent_comment_id == $r.query.comment_id)] |
			reverse), has_more: false, cursor: 0})
	elif $what == "comment/reply/create" then
		.state |= add_comment($r.body.video_id; $r.body.comment_id; "-000open"; $r.body.text; $r.now) |
			.answer = ok({comment_id: .state.last.comment_id})
	elif $what == "comment/delete" then
		.state.comments |= map(select(.comment_id != $r.body.comment_id)) | .answer = ok({})
	else .answer = no(40002; "no such path") end;
