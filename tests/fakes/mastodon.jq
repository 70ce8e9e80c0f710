# Mastodon 4.  state: {me: ACCT, users: [account], statuses: [...], notes: [...], keys: {Idempotency-Key: id}}
def me: .me // "talvio";
def account($acct): [.users[]? | select(.acct == $acct)][0]
	// {id: "9", username: $acct, acct: $acct, display_name: "", bot: false,
	created_at: "2020-01-01T00:00:00.000Z", followers_count: 1, following_count: 2, statuses_count: 3};
# What every account has, and is of no matter here.
def full: {avatar: "https://m.example/a.png", avatar_static: "https://m.example/a.png", header: "https://m.example/h.png", header_static: "https://m.example/h.png",
	emojis: [], fields: [], group: false, indexable: true, locked: false, note: "", uri: "https://m.example/users/\(.acct)"} + .;
def html: gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;") | gsub("\n"; "<br />") |
	gsub("(?<u>https?://[^ <]+)";
	"<a href=\"\(.u)\" rel=\"nofollow\"><span class=\"invisible\">https://</span><span>\(.u | sub("^https?://"; ""))</span></a>")
	| gsub("@(?<n>[a-z]+)(?<h>@[a-z.]+)?";
		"<span class=\"h-card\"><a class=\"u-url mention\">@<span>\(.n)</span></a></span>") |
		"<p>\(.)</p>";

def add_status($acct; $text; $to; $visibility; $now):
	((.status // 1000) + 1) as $n | .status = $n | (account($acct) | full) as $who |
	.last = {id: "\($n)", created_at: ($now | floor | todate | sub("Z$"; ".000Z")), edited_at: null,
		in_reply_to_id: $to, visibility: $visibility,
		spoiler_text: "", language: "de", uri: "https://m.example/\($n)",
			url: "https://m.example/@\($acct)/\($n)", content: ($text | html),
		replies_count: 0, reblogs_count: 0, favourites_count: 0, account: $who, media_attachments: [],
			mentions: [], tags: [], emojis: [], sensitive: false, plain: $text} |
	.statuses = (.statuses // []) + [.last] |
	me as $me |
	if $acct != $me and ($text | contains("@" + $me)) then
		((.note // 30) + 1) as $k | .note = $k |
		.notes = (.notes // []) + [{id: $k, status: .last.id}]
	else . end;

def act($do; $now):
	if $do.do == "post" then add_status($do.author // "kim"; $do.text; $do.to; $do.visibility
		// "public"; $now)
	elif $do.do == "edit" then
		.statuses |= map(if .id == $do.id then .content = ($do.text | html) |
			.edited_at = ($now + 60 | floor | todate | sub("Z$"; ".000Z")) else . end)
	elif $do.do == "delete" then
		.statuses |= map(select(.id != $do.id)) | .notes |= map(select(.status != $do.id))
	else . end;

# Items in the order of their ids, as pages: forward from min_id, or the newest.
def paged($items; id; $r):
	($r.query.limit // "20" | tonumber) as $asked |
		(if .page then [.page, $asked] | min else $asked end) as $limit |
	(if $r.query.min_id then [$items[] |
		select((id | tonumber) > ($r.query.min_id | tonumber))][:$limit]
	 elif $r.query.max_id then [$items[] |
		select((id | tonumber) < ($r.query.max_id | tonumber))][-$limit:]
	 else $items[-$limit:] end | reverse) as $page |
	"http://\($r.headers.host)\($r.path)" as $base |
	answer(200; $page) | if $page == [] then . else .headers.Link =
		"<\($base)?limit=\($limit)&max_id=\($page[-1].id)>; rel=\"next\", <\($base)?limit=\($limit)&min_id=\($page[0].id)>; rel=\"prev\"" end;

def shown: del(.plain);

def write($r):
	.state as $s |
	($r.headers["idempotency-key"] // "") as $key |
	([$s.statuses[]? | select(.id == ($r.body.in_reply_to_id // ""))][0]) as $to |
	if $key != "" and ($s.keys[$key]) then $s.keys[$key] as $id |
		.answer = answer(200; [$s.statuses[] | select(.id == $id)][0] // {} | shown)
	elif ($r.body.status // "") == ""
		then .answer = answer(422; {error: "Validation failed: Text can't be blank"})
	elif $r.body.in_reply_to_id and $to == null then .answer = answer(404; {error: "Record not found"})
	else
		.state |= add_status(me; $r.body.status; $r.body.in_reply_to_id; $r.body.visibility // "public";
			$r.now) |
		.state.keys[$key] = .state.last.id | .answer = answer(200; .state.last | shown)
	end;

def handle:
	.request as $r | .state as $s | ($s | me) as $me | ($s.statuses // []) as $all |
	($r.method + " " + $r.path) as $what | ($r.path | split("/") | .[4]) as $id |
	if $r.headers.authorization != "Bearer \($s.token // "token")"
		then .answer = answer(401; {error: "The access token is invalid"})
	elif $what == "GET /api/v1/notifications" then
		.answer = ($s | paged([.notes[]? | .status as $of |
			{id: "\(.id)", group_key: "ungrouped-\(.id)", type: "mention", created_at: "2026-11-22T00:00:00.000Z",
			status: ($all[] | select(.id == $of) | shown)} | .account = .status.account]; .id; $r))
	elif $what == "GET /api/v1/accounts/verify_credentials"
		then .answer = answer(200; $s | account($me) | full | .role = {id: "-99", name: "", permissions: "0", color: "", highlighted: false} | .source = {note: "", fields: [], privacy: "public", sensitive: false, language: "de", follow_requests_count: 0, indexable: true})
	elif $what | test("^GET /api/v1/accounts/[0-9]+/statuses$") then
		.answer = ($s | paged([$all[] | select(.account.acct == $me) | shown]; .id; $r))
	elif $what | test("^GET /api/v1/timelines/tag/") then
		($r.path | split("/") | last) as $tag |
		.answer = ($s | paged([$all[] | select(.plain | contains("#" + $tag)) | shown]; .id; $r))
	elif $what == "GET /api/v1/statuses" then
		($r.query["id[]"] // []) as $ids |
			.answer = answer(200; [$all[] | select(.id as $i | $ids | index($i)) | shown])
	elif $what | test("^GET /api/v1/statuses/[0-9]+/context$") then
		def below($id): $all[] | select(.in_reply_to_id == $id) | ., below(.id);
		if any($all[]; .id == $id)
			then .answer = answer(200; {ancestors: [], descendants: [below($id) | shown]})
		else .answer = answer(404; {error: "Record not found"}) end
	elif $what == "POST /api/v1/statuses" then write($r)
	elif $what | test("^(PUT|DELETE) /api/v1/statuses/[0-9]+$") then
		([$all[] | select(.id == $id and .account.acct == $me)][0]) as $mine |
		if $mine == null then .answer = answer(404; {error: "Record not found"})
		elif $r.method == "DELETE" then .state.statuses |= map(select(.id != $id)) |
			.answer = answer(200; $mine | shown)
		else .state.statuses |= map(if .id == $id then .content = ($r.body.status | html) |
			.plain = $r.body.status else . end) |
			.answer = answer(200; [.state.statuses[] | select(.id == $id)][0] | shown) end
	else .answer = answer(404; {error: "Not found"}) end;
