# A Matrix server with one room.  state: {events: [...], txns: {ID: event_id}, limit}
def room: "!r:m.example";
def me: "@talvio:m.example";
def add_event($sender; $type; $content; $more; $now):
	((.events // []) | length + 1) as $n |
	.last = ({type: $type, event_id: "$e\($n)", sender: $sender,
		origin_server_ts: ($now * 1000 | floor), content: $content, unsigned: {}} + $more) |
	.events = (.events // []) + [.last];

def act($do; $now):
	if $do.do == "say" then add_event($do.user // "@kim:o.example"; "m.room.message";
		{msgtype: "m.text", body: $do.text} + ($do.content // {}); {}; $now)
	elif $do.do == "redact" then
		.events |= map(if .event_id == $do.id then .content = {} else . end) |
		add_event("@kim:o.example"; "m.room.redaction"; {}; {redacts: $do.id}; $now)
	else . end;

def place: ltrimstr("s") | tonumber;
def member: {type: "m.room.member", state_key: "@kim:o.example", sender: "@kim:o.example",
	event_id: "$m", origin_server_ts: 1,
	content: {membership: "join", displayname: "Kim"}};

# To the session that sent it, an event comes back with its transaction id.
def seen($txns): .event_id as $id | [$txns | to_entries[] | select(.value == $id) | .key][0] as $txn |
	if $txn then .unsigned.transaction_id = $txn else . end;

def send($r; $txn; $type; $content; $more):
	if .state.txns[$txn] then .answer = answer(200; {event_id: .state.txns[$txn]})
	else
		.state |= add_event(me; $type; $content; $more; $r.now) |
			.state.txns[$txn] = .state.last.event_id |
		.answer = answer(200; {event_id: .state.last.event_id})
	end;

def handle:
	.request as $r | .state as $s | ($s.events // []) as $all | ($s.txns // {}) as $txns |
		($r.method + " " + $r.path) as $what |
	if $r.headers.authorization != "Bearer \($s.token // "token")"
		then .answer = answer(401; {errcode: "M_UNKNOWN_TOKEN", error: "Unknown token"})
	elif $what == "GET /_matrix/client/v3/sync" then
		($r.query.since // "s0" | place) as $from | ($s.limit // 10) as $limit | $all[$from:] as $new |
		($new | length > $limit) as $limited |
		.answer = answer(200; {next_batch: "s\($all | length)",
			rooms: (if $new == [] then {} else {join: {(room): {
			summary: {"m.joined_member_count": 2}, state: {events: [member]},
			timeline: {events: [$new[-$limit:][] | seen($txns)], limited: $limited,
				prev_batch: "s\([$all | length - $limit, 0] | max)"}}}} end)})
	elif $what == "GET /_matrix/client/v3/rooms/\(room)/messages" then
		($r.query.from // "s\($all | length)" | place) as $from | ($r.query.to // "s0" | place) as $to |
		([$from - ($s.limit // 10), $to] | max) as $stop |
		.answer = answer(200; {start: "s\($from)", chunk: [$all[$stop:$from] | reverse[] | seen($txns)],
			state: [member]}
			+ (if $stop > $to then {end: "s\($stop)"} else {} end))
	elif $what | test("^PUT /_matrix/client/v3/rooms/[^/]+/send/m.room.message/") then
		send($r; $r.path | split("/") | last; "m.room.message"; $r.body; {})
	elif $what | test("^PUT /_matrix/client/v3/rooms/[^/]+/redact/") then
		($r.path | split("/")) as $p | send($r; $p[-1]; "m.room.redaction"; {}; {redacts: $p[-2]})
	else .answer = answer(404; {errcode: "M_UNRECOGNIZED", error: "Unrecognized request"}) end;
