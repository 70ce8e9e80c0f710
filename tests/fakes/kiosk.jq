# Kiosk, the network of sme-connector(5).  state: {notes: [...], n, size, window: {until, left}, per}
# `per` requests a second are answered, all others get 429; the headers tell what is left.
def act($do; $now):
	if $do.do == "write" then
		.n = ((.n // 0) + 1) | .n as $n
		| .last = {id: $n, text: $do.text, posted: ($now | floor),
			by: {nick: $do.by, name: $do.by, fans: 5}}
		| .notes = (.notes // []) + [.last]
	else . end;

def listed($q):
	(.notes // []) as $all | (.size // 2) as $size
	| [$all[] | select(.id > ($q.after // "n0" | ltrimstr("n") | tonumber))] as $new
	| {notes: $new[:$size], more: ($new | length > $size),
		last: (if $new == [] then null else "n\($new[:$size][-1].id)" end)};

def post($body; $now):
	([(.notes // [])[] | select(.once == $body.once)][0]) as $there
	| if $there then .last = $there
	  else .n = ((.n // 0) + 1) |
		.last = {id: .n, text: $body.text, once: $body.once, posted: ($now | floor),
			by: {nick: "talvio"}, parent: $body.parent, private: $body.private}
		| .notes = (.notes // []) + [.last] end;

# The window that this request falls into, with what is left behind it; below 0: it is refused.
def counted($now):
	.per = (.per // 1000)
	| if (.window.until // 0) <= $now then .window = {until: ($now + 1), left: .per} else . end
	| .window.left -= 1;

def handle:
	.request as $r
	| .state |= counted($r.now)
	| .state.window as $w
	| (if $w.left < 0 then .answer = answer(429; {error: "slow down"}) |
		.answer.headers["Retry-After"] = "1"
	   elif $r.headers.authorization != "Bearer planted"
		then .answer = answer(401; {error: "who are you?"})
	   elif $r.method == "POST" then .state |= post($r.body; $r.now) |
		.answer = answer(201; {id: .state.last.id})
	   elif $r.query.once then .answer = answer(200;
		{notes: [(.state.notes // [])[] | select(.once == $r.query.once)]})
	   else .answer = answer(200; .state | listed($r.query)) end)
	| .answer.headers += {"Kiosk-Left": "\([$w.left, 0] | max)", "Kiosk-Reset": "1"};
