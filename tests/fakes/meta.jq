# Meta, Graph API: a Page (posts, comments, conversations), an Instagram account, a WhatsApp number.
# state: {token, page, instagram, phone, people: [...], posts: [...], comments: [...], messages: [...], shuffle, double}
def clean: with_entries(select(.value != null));
def no($code; $sub; $why): answer(400;
	{error: ({message: $why, type: "OAuthException", code: $code, error_subcode: $sub,
	fbtrace_id: "AbCd"} | clean)});
def time($now): $now | floor | todate | sub("Z$"; "+0000");
def page: .page // {id: "104000000000001", name: "Talvio"};
def instagram: .instagram // {id: "17841400000000001", username: "talvio"};
def phone: .phone // "106540352242922";
def person($id): [.people[]? | select(.id == $id)][0];

def fresh: .n = (.n // 1000) + 1;

def add_comment($on; $parent; $from; $text; $now):
	fresh | "\($on | split("_")[-1])_\(.n)" as $id |
	.comments = (.comments // [])
		+ [{$id, on: $on, parent: $parent, from: $from, message: $text, created_time: time($now),
		permalink_url: "https://www.facebook.com/\($id)"}] | .last = .comments[-1];

def add_message($network; $person; $from; $text; $more; $now):
	fresh | ({whatsapp: "wamid.", messenger: "m_", instagram: "aWd_"}[$network] + "\(.n)") as $id |
	.messages = (.messages // [])
		+ [{$id, network: $network, person: $person, from: $from, message: $text,
		created_time: time($now), at: ($now | floor)} + $more] | .last = .messages[-1];

# What the network tells a webhook of the last that happened; `deliver` says it again and in one batch.
def told($now):
	. as $s | .last as $l |
	if $l.network == "whatsapp" then
		{object: "whatsapp_business_account",
			entry: [{id: "419561257915477", changes: [{field: "messages", value: {
			messaging_product: "whatsapp",
				metadata: {display_phone_number: "15550783881", phone_number_id: phone},
			contacts: [{profile: {name: ($s | person($l.person).name)}, wa_id: $l.person}],
			messages: [{from: $l.person, id: $l.id, timestamp: ($l.at | tostring), type: "text",
				text: {body: $l.message}}]}}]}]}
	elif $l.network then
		{object: (if $l.network == "instagram" then "instagram" else "page" end),
			entry: [{id: (if $l.network == "instagram" then instagram.id else page.id end),
				time: ($now * 1000 | floor), messaging: [
				{sender: {id: $l.person},
					recipient: {id: (if $l.network == "instagram" then instagram.id else page.id end)},
					timestamp: ($l.at * 1000), message: {mid: $l.id, text: $l.message}}]}]}
	else
		{object: "page", entry: [{id: page.id, time: ($now | floor),
			changes: [{field: "feed", value: {item: "comment", verb: "add",
			from: $l.from, post_id: $l.on, comment_id: $l.id, parent_id: ($l.parent // $l.on),
				created_time: ($now | floor), message: $l.message}}]}]}
	end;

def act($do; $now):
	if $do.do == "post" then
		fresh | .posts = (.posts // [])
			+ [{id: "\(page.id)_\(.n)", from: (person($do.person) // page), message: $do.text,
			created_time: time($now)}] | .last = .posts[-1]
	elif $do.do == "comment" then add_comment($do.on; $do.parent; person($do.person); $do.text; $now) |
		.last.told = told($now)
	elif $do.do == "message" then add_message($do.network; $do.person; {id: $do.person}; $do.text; {};
		$now) | .last.told = told($now)
	elif $do.do == "delete" then .comments |= map(select(.id != $do.id)) |
		.messages |= map(select(.id != $do.id))
	else . end;

def shuffled($list): . as $s | $list | (if $s.shuffle then reverse else . end) |
	(if $s.double then . + .[:1] else . end);

def shown: {id, message, from, created_time, permalink_url,
	parent: (if .parent then {id: .parent} else null end), like_count: 0, comment_count: 0} | clean;

def conversations($network; $own; $only):
	. as $s |
	[$s.messages[]? | select(.network == $network)] | group_by(.person) |
		map(select($only == null or .[0].person == $only)) |
	map({id: "t_\(.[0].person)", updated_time: .[-1].created_time,
		messages: {data: (. as $m | $s | shuffled($m | reverse)) |
			map({id, message, from, created_time, to: {data: [{id: $own}]}})}}) |
	sort_by(.updated_time) | reverse;

def send_message($network; $r):
	.state as $s | $r.body as $b |
	(if $network == "whatsapp" then $b.to else $b.recipient.id // (
		[$s.comments[]? | select(.id == $b.recipient.comment_id) | .from.id][0]) end) as $to |
	([$s.messages[]? | select(.network == $network and .person == $to and .from.id == $to) | .at] |
		max) as $wrote |
	if $to == null then .answer = no(100; 33; "Unsupported post request. Object does not exist")
	elif $b.recipient.comment_id and any($s.messages[]?; .private == $b.recipient.comment_id)
		then .answer = no(10900; null; "(#10900) Activity already replied to")
	elif ($b.recipient.comment_id | not) and ($wrote == null or $r.now - $wrote > 86400)
		and $b.tag != "HUMAN_AGENT"
		then .answer = (if $network == "whatsapp"
			then no(131047; null; "(#131047) Re-engagement message")
			else no(10; 2018278; "(#10) This message is sent outside of allowed window.") end)
	else
		.state |= add_message($network; $to;
			{id: (if $network == "instagram" then instagram.id elif $network == "whatsapp" then phone
			else page.id end)};
			(if $network == "whatsapp" then $b.text.body else $b.message.text end);
			{private: $b.recipient.comment_id,
				mark: ($b.biz_opaque_callback_data // $b.message.metadata)}; $r.now) |
		.answer = (if $network == "whatsapp"
			then answer(200; {messaging_product: "whatsapp", contacts: [{input: $to, wa_id: $to}],
				messages: [{id: .state.last.id}]})
			else answer(200; {recipient_id: $to, message_id: .state.last.id}) end)
	end;

def handle:
	.request as $r | .state as $s |
	($s | page.id) as $page | ($s | instagram.id) as $ig | ($s | phone) as $phone |
	($r.path | sub("^/v[0-9.]+/"; "") | split("/")) as $p |
	($r.method + " " + ($p[1] // "")) as $what |
	if $r.path == "/refresh_access_token" then
		.state.token = "renewed" |
			.answer = answer(200; {access_token: "renewed", token_type: "bearer", expires_in: 5183944})
	elif ($r.headers.authorization // "") != "Bearer \($s.token // "token")" then
		.answer = no(190; (if $s.password then 460 else 463 end);
			"Error validating access token: Session has expired.") |
			.answer.status = (if $s.password then 400 else 401 end)
	elif $what == "POST messages" and $p[0] == $phone then send_message("whatsapp"; $r)
	elif $what == "POST messages" and $p[0] == $page then
		([$s.messages[]? | select(.person == $r.body.recipient.id) | .network][0]
			// "messenger") as $network | send_message($network; $r)
	elif $what == "GET conversations" then
		($r.query.platform // "messenger") as $network |
		.answer = answer(200; {data: ($s |
			conversations($network; (if $network == "instagram" then instagram.id else page.id end);
			$r.query.user_id))})
	elif $what == "GET feed" then
		.answer = answer(200; {data: [$s.posts[]? | . as $post | .
			+ {comments: {data: [($s |
			shuffled([$s.comments[]? | select(.on == $post.id)] | reverse))[] | shown]}}] | reverse})
	elif $what == "GET published_posts"
		then .answer = answer(200; {data: [$s.posts[]? | select(.from.id == $page)] | reverse})
	elif $what == "GET tagged" or $what == "GET ratings" or $what == "GET tags"
		then .answer = answer(200; {data: []})
	elif $what == "GET media" then
		.answer = answer(200; {data: [$s.posts[]? | select(.instagram) | . as $post |
			{id, permalink: "https://www.instagram.com/p/x/", timestamp: .created_time,
			comments: {data: [$s.comments[]? | select(.on == $post.id and .parent == null) | . as $c |
				{id, text: .message, timestamp: .created_time, username: .from.username, from,
				replies: {data: [$s.comments[]? | select(.parent == $c.id) |
					{id, text: .message, timestamp: .created_time, username: .from.username, from,
					parent_id: $c.id}]}}]}}]})
	elif $what == "GET comments" then
		.answer = answer(200; {data: [$s.comments[]? | select(.parent == $p[0] or .on == $p[0])] |
			reverse | map(shown)})
	elif $what == "GET replies" then
		.answer = answer(200; {data: [$s.comments[]? | select(.parent == $p[0]) |
			{id, text: .message, timestamp: .created_time, username: .from.username, from}] | reverse})
	elif $what == "POST comments" or $what == "POST replies" then
		([$s.comments[]? | select(.id == $p[0])][0]) as $to |
		(if $what == "POST replies" then $s | instagram else $s | page end) as $own |
		if $to == null and (any($s.posts[]?; .id == $p[0]) | not)
			then .answer = no(100; 33; "Unsupported post request. Object with ID does not exist")
		else .state |= add_comment($to.on // $p[0]; $to.id; $own; $r.body.message; $r.now) |
			.answer = answer(200; {id: .state.last.id}) end
	elif $what == "POST feed" then
		.state |= act({do: "post", text: $r.body.message}; $r.now) |
			.answer = answer(200; {id: .state.last.id})
	elif ($p | length) == 1 and $r.method == "GET" then
		([$s.messages[]? | select(.private == $p[0])][0]) as $private |
		.answer = answer(200; {id: $p[0], can_reply_privately: ($private == null)}
			+ (if $private then {private_reply_conversation: {id: "t_\($private.person)"}} else {} end))
	elif ($p | length) == 1 and ($r.method == "POST" or $r.method == "DELETE") then
		if any($s.comments[]?; .id == $p[0]) then
			.state.comments |= (if $r.method == "DELETE" then map(select(.id != $p[0]))
				else map(if .id == $p[0] then .message = $r.body.message else . end) end) |
			.answer = answer(200; {success: true})
		else .answer = no(100; 33; "Unsupported request. Object does not exist") end
	else .answer = no(2500; null; "Unknown path components: \($r.path)") end |
	.answer.headers += {"X-Business-Use-Case-Usage": ({($page): [{type: "pages", call_count: 3,
		total_cputime: 1, total_time: 2, estimated_time_to_regain_access: 0}]} | tojson),
		"facebook-api-version": "v25.0"};
