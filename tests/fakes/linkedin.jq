# LinkedIn, page of an organisation.  state: {token, organization, posts: [...], comments: [...], version}
def no($status; $code; $why): answer($status;
	{status: $status, serviceErrorCode: $code, message: $why});
def organization: "urn:li:organization:\(.organization // "5583111")";

def add_comment($object; $parent; $actor; $text; $now):
	(.n // 7094977717598625000 / 1000 | floor) as $n | .n = $n + 1 | "\($n)000" as $id |
	.comments = (.comments // []) + [{
		$id, commentUrn: "urn:li:comment:(\($object),\($id))", actor: $actor, agent: $actor,
			object: $object,
		created: {actor: $actor, time: ($now * 1000 | floor)},
			lastModified: {actor: $actor, time: ($now * 1000 | floor)},
		message: {attributes: [], text: $text}, likesSummary: {totalLikes: 0}
	} + (if $parent then {parentComment: $parent} else {} end)] | .last = .comments[-1];

def act($do; $now):
	if $do.do == "post" then
		(.n // 7094977717598625000 / 1000 | floor) as $n | .n = $n + 1 |
		.posts = (.posts // []) + [{id: "urn:li:share:\($n)000", commentary: $do.text,
			createdAt: ($now * 1000 | floor)}] | .last = .posts[-1]
	elif $do.do == "comment" then add_comment($do.on; $do.parent; $do.actor; $do.text; $now)
	elif $do.do == "edit" then .comments |= map(if .commentUrn == $do.urn
		then .message.text = $do.text | .lastModified.time += 60000 else . end)
	else . end;

def counted: . as $s | map(. as $c |
	.commentsSummary = {aggregatedTotalComments: ([$s[] | select(.parentComment == $c.commentUrn)] |
	length)});

def handle:
	.request as $r | .state as $s |
	# Names in a path are encoded; here they are not any more.
	($r.method + " " + $r.path) as $what |
	if ($r.headers.authorization // "") != "Bearer \($s.token // "token")"
		then .answer = no(401; 65602; "The token used in the request has expired")
	elif $r.headers["linkedin-version"] != ($s.version // "202607")
		then .answer = no(426; 0; "Requested version \($r.headers["linkedin-version"]) is not active")
	elif $what == "GET /rest/posts"
		then .answer = answer(200;
		{elements: ($s.posts // [] | reverse), paging: {start: 0, count: 10, links: []}})
	elif $what == "GET /rest/organizationalEntityNotifications"
		then .answer = answer(200; {elements: []})
	elif $what == "POST /rest/posts" then
		.state |= act({do: "post", text: $r.body.commentary}; $r.now) | .answer = answer(201; "") |
			.answer.headers["x-restli-id"] = .state.last.id
	else
		($r.path | capture("^/rest/socialActions/(?<urn>.*)/comments(?:/(?<id>[0-9]+))?$")?
			// null) as $p |
		if $p == null then .answer = no(404; 0; "Could not find entity")
		elif $r.method == "GET" then
			.answer = answer(200; {elements: ([$s.comments[]?] | counted | map(select(
				if $p.urn | startswith("urn:li:comment:") then .parentComment == $p.urn
					else .object == $p.urn and (has("parentComment") | not) end))),
				paging: {start: 0, count: 100, links: []}})
		elif $r.method == "POST" and $p.id == null then
			.state |= add_comment($r.body.object; $r.body.parentComment; $r.body.actor;
				$r.body.message.text; $r.now) | .answer = answer(201; .state.last)
		elif $r.method == "POST" then
			.state.comments |= map(if .id == $p.id
				then .message.text = $r.body.patch.message["$set"].text else . end) |
				.answer = answer(204; "")
		elif $r.method == "DELETE" then .state.comments |= map(select(.id != $p.id)) |
			.answer = answer(204; "")
		else .answer = no(405; 0; "not allowed") end
	end;
