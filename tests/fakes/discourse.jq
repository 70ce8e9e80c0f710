# A Discourse forum.  state: {posts: [...], topics: [...]}; topics with `private` are conversations
def me: "talvio";
def topic($id): [.topics[]? | select(.id == $id)][0];
def add_post($user; $raw; $topic; $now):
	((.post // 30) + 1) as $n | .post = $n |
		([.posts[]? | select(.topic_id == $topic)] | length + 1) as $number | topic($topic) as $t |
	.last = {id: $n, name: $user, username: $user,
		created_at: ($now | floor | todate | sub("Z$"; ".000Z")), cooked: "<p>\($raw | @html)</p>",
		raw: $raw,
		post_number: $number, post_type: 1, updated_at: ($now | floor | todate), reply_count: 0,
			reply_to_post_number: null, reads: 1, version: 1,
		topic_id: $topic, topic_slug: "t", topic_title: $t.title, actions_summary: []} |
	.posts = (.posts // []) + [.last];
def add_topic($title; $private; $now):
	((.topic // 10) + 1) as $n | .topic = $n | .topics = (.topics // [])
		+ [{id: $n, title: $title, private: $private, created_at: ($now | floor | todate)}];

def act($do; $now):
	if $do.do == "topic" then add_topic($do.title; $do.private // false; $now) |
		add_post($do.user // "kim"; $do.text; .topic; $now)
	elif $do.do == "post" then add_post($do.user // "kim"; $do.text; $do.topic; $now)
	elif $do.do == "edit" then .posts |= map(if .id == $do.id then .cooked = "<p>\($do.text)</p>" |
		.raw = $do.text | .version += 1 else . end)
	elif $do.do == "delete" then .posts |= map(select(.id != $do.id))
	else . end;

def no($status; $why): answer($status; {errors: [$why], action: "create_post"});

def create($r):
	$r.body as $b | .state as $s |
	if ($b.raw // "" | length) < 5 then .answer = no(422; "Body is too short")
	elif any($s.posts[]?; .username == me and .raw == $b.raw)
		then .answer = no(422; "Body is too similar to what you recently posted")
	elif $b.topic_id and ($s | topic($b.topic_id)) == null then .answer = no(422; "Topic is invalid")
	elif $b.topic_id then .state |= add_post(me; $b.raw; $b.topic_id; $r.now) |
		.answer = answer(200; .state.last)
	elif ($b.title // "") == "" then .answer = no(422; "Title can't be blank")
	else .state |= (add_topic($b.title; $b.archetype == "private_message"; $r.now) |
		add_post(me; $b.raw; .topic; $r.now)) | .answer = answer(200; .state.last) end;

def handle:
	.request as $r | .state as $s | ($s.posts // []) as $all | ($r.method + " " + $r.path) as $what |
	([$r.path | scan("[0-9]+")][-1] // "0" | tonumber) as $id |
	if $r.headers["api-key"] != "key" or $r.headers["api-username"] != me then
		.answer = answer(403; {errors: ["You are not permitted to view the requested resource. The API username or key is invalid."], error_type: "invalid_access"})
	elif $what == "GET /posts.json" then
		.answer = answer(200; {latest_posts: ([$all[] | select(.topic_id as $t | $s | topic($t).private | not) |
			select($r.query.before == null or .id < ($r.query.before | tonumber))] | reverse |
			.[:($s.page // 50)])})
	elif $what | test("^GET /topics/private-messages(-sent)?/talvio.json$") then
		.answer = answer(200; {topic_list: {topics: [$s.topics[]? | select(.private) | del(.private) | .id as $t |
			.last_posted_at = ([$all[] | select(.topic_id == $t) | .created_at] | max)] | reverse}})
	elif $what | test("^GET /t/[0-9]+.json$") then
		if $s | topic($id) then .answer = answer(200;
			{id: $id, title: ($s | topic($id).title),
			post_stream: {stream: [$all[] | select(.topic_id == $id) | .id], posts: []}})
		else .answer = answer(404; {errors: ["not found"], error_type: "not_found"}) end
	elif $what == "POST /posts.json" then create($r)
	elif any($all[]; .id == $id) | not
		then .answer = answer(404; {errors: ["not found"], error_type: "not_found"})
	elif $what | test("^GET /posts/") then .answer = answer(200; [$all[] | select(.id == $id)][0] | del(.topic_title))
	elif $what | test("^PUT /posts/") then
		.state.posts |= map(if .id == $id then .raw = $r.body.post.raw | .version += 1 else . end) |
			.answer = answer(200; {post: [.state.posts[] | select(.id == $id)][0]})
	elif $what | test("^DELETE /posts/") then .state.posts |= map(select(.id != $id)) |
		.answer = answer(200; {})
	else .answer = answer(404; {}) end;
