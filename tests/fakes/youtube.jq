# YouTube comments.  state: {comments: [...], used, quota}
def brand: "UCbrand";
def add_comment($channel; $name; $text; $parent; $now):
	((.n // 0) + 1) as $n | .n = $n | ($now | floor | todate) as $at |
	.last = {kind: "youtube#comment", id: (if $parent then "\($parent).r\($n)" else "Ug\($n)" end),
		snippet: ({channelId: brand, videoId: "v1", textDisplay: $text,
		textOriginal: $text, authorDisplayName: $name, authorChannelId: {value: $channel}, likeCount: 0,
			publishedAt: $at, updatedAt: $at}
		+ (if $parent then {parentId: $parent} else {} end))} |
	.comments = (.comments // []) + [.last];

def act($do; $now):
	if $do.do == "comment" then add_comment($do.channel // "UCkim"; $do.name // "@kim"; $do.text;
		$do.parent; $now)
	elif $do.do == "edit" then .comments |= map(if .id == $do.id then .snippet.textDisplay = $do.text |
		.snippet.updatedAt = ($now + 60 | floor | todate) else . end)
	else . end;

def no($status; $reason): answer($status;
	{error: {code: $status, message: $reason,
	errors: [{message: $reason, domain: "youtube", reason: $reason}]}});
def items($all; $r): (.page // ($r.query.maxResults | tonumber)) as $n |
	($r.query.pageToken // "0" | tonumber) as $at |
	answer(200; {items: $all[$at:$at + $n]}
		+ (if ($all | length) > $at + $n then {nextPageToken: "\($at + $n)"} else {} end));

def handle:
	.request as $r | .state as $s | ($s.comments // []) as $all | ($r.method + " " + $r.path) as $what |
	(if $r.method == "GET" then 1 else 50 end) as $cost |
	if $r.headers.authorization != "Bearer \($s.token // "token")" then .answer = no(401; "authError")
	elif ($s.used // 0) + $cost > ($s.quota // 10000) then .answer = no(403; "quotaExceeded")
	else .state.used = ($s.used // 0) + $cost |
		if $what == "GET /youtube/v3/commentThreads" then
			.answer = ($s | items([$all[] | select(.snippet.parentId == null)] | reverse |
				map(.id as $id | [$all[] | select(.snippet.parentId == $id)] as $below |
				{kind: "youtube#commentThread", id: $id,
					snippet: {channelId: brand, videoId: "v1", topLevelComment: .,
					totalReplyCount: ($below | length), isPublic: true}}
				+ (if $below == [] then {} else {replies: {comments: $below[-2:]}} end)); $r))
		elif $what == "GET /youtube/v3/comments"
			then .answer = ($s | items([$all[] | select(.snippet.parentId == $r.query.parentId)]; $r))
		elif $what == "POST /youtube/v3/comments" then
			if $s.disabled then .answer = no(403; "commentsDisabled")
			elif any($all[]; .id == $r.body.snippet.parentId) | not
				then .answer = no(404; "parentCommentNotFound")
			else .state |= add_comment(brand; "@talvio"; $r.body.snippet.textOriginal;
				$r.body.snippet.parentId; $r.now) | .answer = answer(200; .state.last) end
		elif $what == "PUT /youtube/v3/comments" then
			.state.comments |= map(if .id == $r.body.id
				then .snippet.textOriginal = $r.body.snippet.textOriginal else . end) |
			.answer = answer(200; [.state.comments[] | select(.id == $r.body.id)][0])
		elif $what == "DELETE /youtube/v3/comments"
			then .state.comments |= map(select(.id != $r.query.id)) | .answer = answer(204; "")
		else .answer = no(404; "notFound") end
	end;
