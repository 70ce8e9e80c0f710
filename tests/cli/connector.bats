#!/usr/bin/env bats
# Connectors: sme-fetch --connector check, and --capabilities.

bats_require_minimum_version 1.5.0

setup() {
	root=$BATS_TEST_DIRNAME/../..
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null SME_HOME=$BATS_TEST_TMPDIR/home
	unset SME_SHARE
}

# A connector NAME.jq with META behind its first members, and the rest of the file from stdin.
connector() {
	printf 'def meta: {name: "%s", title: "Test", as_of: {date: "2026-11-26", source: "docs"}%s};\n' \
		"$1" "${2:-, can: []}" >"$1.jq"
	cat >>"$1.jq"
}

check() {
	sme-fetch --connector check "$@"
}

# Standard error is TEXT, the last status was STATUS.
says() {
	[ "$status" = "$1" ] && diff -u <(printf '%s\n' "$2") <(printf '%s\n' "$stderr")
}

@test "every connector that is shipped passes its cases" {
	run --separate-stderr check "$root"/share/connectors/*.jq
	[ "$status" = 0 ] || { echo "$stderr"; false; }
}

@test "the example of the manual passes its cases" {
	run --separate-stderr check "$root/samples/connectors/kiosk.jq"
	says 0 ''
	run --separate-stderr check -v "$root/samples/connectors/kiosk.jq"
	[[ $stderr =~ kiosk.jq:\ 13\ cases,\ [0-9]+\ with\ one\ thing\ broken,\ 0\ problems$ ]]
	run --separate-stderr check -v --as-recorded "$root/samples/connectors/kiosk.jq"
	[[ $stderr == *'13 cases, 0 with one thing broken, 0 problems' ]]
}

@test "what cannot be compiled is told with its line" {
	connector a <<-'E'
		def event($account):
		  {native: .data.id,
		   at: now};
	E
	run --separate-stderr check a.jq
	says 1 'sme-fetch: a.jq:4: "now" cannot be used here: a connector must not depend on the clock; what it needs is in $account'
	connector a <<-'E'
		def event($account): {native: .data.id;
	E
	run --separate-stderr check a.jq
	[ "$status" = 1 ]
	[[ $stderr == 'sme-fetch: a.jq:2: syntax error'* ]]
	connector a ', can: ["raed.post"]' </dev/null
	run --separate-stderr check a.jq
	says 1 'sme-fetch: a.jq: meta: .can[0]: expected an ability such as "read.mention" or "reply", got "raed.post"; did you mean "read.post"?'
	run --separate-stderr check nowhere.jq
	[ "$status" = 66 ]
	run --separate-stderr check
	[ "$status" = 64 ]
	run --separate-stderr sme-fetch --connector run a.jq
	[ "$status" = 64 ]
}

@test "what it can do takes functions, and functions are there for something" {
	connector b ', can: ["read.post", "edit"]' <<-'E'
		def webhook($account): {};
		def publish($account; $reply): null;
	E
	run --separate-stderr check b.jq
	says 1 'sme-fetch: b.jq: meta: can "edit", but "edit" is not defined
sme-fetch: b.jq: meta: can "edit", but "published" is not defined
sme-fetch: b.jq: "webhook" is defined, but meta.can has no "webhook"
sme-fetch: b.jq: "publish" is defined, but meta.can has no "post"
sme-fetch: b.jq: meta: can read, but "event" is not defined
sme-fetch: b.jq: meta.records is missing: without it, drift goes unnoticed'
	connector c </dev/null
	mv c.jq d.jq
	run --separate-stderr check d.jq
	[ "$status" = 1 ]
	[[ ${stderr_lines[0]} == 'sme-fetch: d.jq: meta.name is "c", but the file is called "d.jq"' ]]
}

page_connector() {
	connector p ', can: ["read.post"], records: {post: {required: {id: "string"}}}' <<-'E'
		def start($account; $cursor): [{url: "/", query: {after: $cursor.last}}];
		def page($account; $cursor): {records: {post: .body.items}, cursor: {last: .body.last}};
		def event($account): {native: .data.id, text: .data.text, created_at: $account.now};
	E
}

@test "the manual shows the example as it is" {
	man=$root/man/sme-connector.5
	sed -n '/^# Kiosk/,/^\.Ed/p' "$man" | sed '$d; s/^\\&//; s/\\e/\\/g' |
		diff -u "$root/samples/connectors/kiosk.jq" -
}

@test "a case that fails says where" {
	page_connector
	cat >p.cases.ndjson <<-'E'
		{"name":"right","call":"page","response":{"body":{"items":[{"id":"1","text":"a"}]}},"want":{"events":[{"id":"p:p:1"}],"rejected":0}}

		{"name":"wrong text","call":"page","response":{"body":{"items":[{"id":"1","text":"a"}]}},"want":{"events":[{"id":"p:p:1","text":"b"}]}}
		{"name":"one more","call":"page","response":{"body":{"items":[{"id":"1","text":"a"}]}},"want":{"events":[]}}
		{"name":"one less","call":"page","response":{"body":{"items":[{"id":1}],"last":"\u001b[31m"}},"want":{"events":[{}]}}
		{"name":"cursor","call":"start","cursor":{"last":"7"},"want":[{"query":{"after":"8"}}]}
		{"name":"fails","call":"page","response":{"body":[]},"want":{}}
		{"name":"is to fail","call":"page","response":{"body":[]},"want":{"error":"Cannot index array"}}
		{"call":"pages","want":1}
		{"call":"page"}
		{"call":"page","want":{},"wnat":{}}
		not json
	E
	run --separate-stderr check --as-recorded p.jq
	says 1 'sme-fetch: p.cases.ndjson:3: wrong text: want.events[0].text: expected "b", got "a"
sme-fetch: p.cases.ndjson:4: one more: want.events[0]: expected nothing, got {"type":"mention","id":"p:p:1","tenant":"default","network":"p","channel":"p","kind":"post","created_at":"2026-11-26T12:00:00Z","fetched_at":"2026-11-26T12:00:00Z","author":{},"text":"a","lang_hint":n...
sme-fetch: p.cases.ndjson:5: one less: want.events[0]: expected {}, got nothing; rejected: post: id: expected string, got number: the network has changed
sme-fetch: p.cases.ndjson:6: cursor: want[0].query.after: expected "8", got "7"
sme-fetch: p.cases.ndjson:7: fails: p.jq: page: jq: Cannot index array with string "items"
sme-fetch: p.cases.ndjson:9: call: expected a function such as "page", or "session"
sme-fetch: p.cases.ndjson:10: "want" is missing
sme-fetch: p.cases.ndjson:11: case: unknown member "wnat"
sme-fetch: p.cases.ndjson:11: "response" is missing
sme-fetch: p.cases.ndjson:12: byte 1: expected a value'
}

@test "the time of a case is fixed" {
	page_connector
	cat >p.cases.ndjson <<-'E'
		{"name":"a","call":"page","now":"2020-01-02T03:04:05Z","response":{"body":{"items":[{"id":"1","text":"a"}]}},"want":{"events":[{"created_at":"2020-01-02T03:04:05Z"}]}}
		{"name":"b","call":"page","response":{"body":{"items":[{"id":"1","text":"a"}]}},"want":{"events":[{"created_at":"2026-01-01T00:00:00Z"}]}}
	E
	run --separate-stderr check --now 2026-01-01T00:00:00Z p.jq
	says 0 ''
}

@test "one broken record may not cost the others" {
	connector q ', can: ["read.post"], records: {post: {required: {id: "string"}}}' <<-'E'
		def start($account; $cursor): [{url: "/"}];
		def page($account; $cursor): {records: {post: (if all(.body[]; .n) then .body else [] end)}};
		def event($account): {native: .data.id, text: "t"};
	E
	echo '{"name":"two","call":"page","response":{"body":[{"id":"p1","n":1},{"id":"p2","n":2}]},"want":{"rejected":0}}' >q.cases.ndjson
	run --separate-stderr check --as-recorded q.jq
	says 0 ''
	run --separate-stderr check q.jq
	says 1 'sme-fetch: q.cases.ndjson:1: two: with .body[0].n missing, other records are lost
sme-fetch: q.cases.ndjson:1: two: with .body[1].n missing, other records are lost'
}

@test "what a connector stumbles over is left out, and told" {
	connector q ', can: ["read.post"], records: {post: {required: {id: "string"}}}' <<-'E'
		def start($account; $cursor): [{url: "/"}];
		def page($account; $cursor): {records: {post: [.body.groups[].items[] | .n = (.id | ltrimstr("p") | tonumber)]}};
		def event($account): {native: .data.id, text: "t"};
	E
	cat >q.cases.ndjson <<-'E'
		{"name":"one of three","call":"page","response":{"body":{"groups":[{"items":[{"id":"p1"},7]},{"items":[{"id":"p2"}]}]}},"want":{"events":[{"id":"q:q:p1"},{"id":"q:q:p2"}],"rejected":1,"alerts":[{"kind":"drift","record":"page","path":".body.groups[].items[]","got":"number","count":1}]}}
		{"name":"a whole group","call":"page","response":{"body":{"groups":[{"items":[{"id":"p1"}]},{"items":7},null]}},"want":{"events":[{"id":"q:q:p1"}],"rejected":2}}
		{"name":"the only one","call":"page","response":{"body":{"groups":[{"items":[7]}]}},"want":{"events":[],"rejected":1}}
		{"name":"nothing can be read","call":"page","response":{"body":{"groups":[{"items":[7,{"id":"x"}]}]}},"want":{"error":"Cannot index number"}}
		{"name":"no list","call":"page","response":{"body":{"groups":7}},"want":{"error":"Cannot iterate over number"}}
	E
	run --separate-stderr check q.jq
	says 0 ''
}

@test "the capabilities are a line a connector" {
	mkdir -p share/connectors conf
	connector a ', can: ["read.post"], text: {limit: 5, count: "bytes"}, limits: {interval: "5s", price: {read: 1}}' </dev/null
	mv a.jq share/connectors
	connector own </dev/null
	mv own.jq conf
	echo '{sources: [{name: "o", connector: "own.jq"}, {name: "p", connector: "own.jq"}, {name: "q", connector: "a"}]}' >conf/sme.jq
	SME_SHARE=$PWD/share run --separate-stderr sme-fetch --capabilities -c conf/sme.jq
	[ "$status" = 0 ]
	diff -u <(printf '%s\n' "$output") - <<-'E'
		{"connector":"a","name":"a","title":"Test","version":null,"can":["read.post"],"text":{"limit":5,"count":"bytes"},"reply":null,"publish":null,"limits":{"interval":"5s"},"price":{"read":1},"as_of":{"date":"2026-11-26","source":"docs"}}
		{"connector":"own.jq","name":"own","title":"Test","version":null,"can":[],"text":null,"reply":null,"publish":null,"limits":{},"price":null,"as_of":{"date":"2026-11-26","source":"docs"}}
	E
	echo 'def meta: {};' >share/connectors/bad.jq
	SME_SHARE=$PWD/share run --separate-stderr sme-fetch --capabilities
	[ "$status" = 78 ]
	[ "${#lines[@]}" = 1 ]
	[[ $stderr == *'bad.jq: meta: .: "as_of" is missing'* ]]
}

# ---- the example of the manual, on a network that speaks as it says ----

kiosk_start() {
	load ../fakes/fake
	unset http_proxy https_proxy all_proxy
	fake_start kiosk
	cp "$root/samples/connectors/kiosk.jq" .
	cat >sme.jq <<-EOF
		{sources: [{name: "kiosk", connector: "kiosk.jq", base: "$FAKE", handle: "talvio", channel: "@talvio",
			allow_private: ["127.0.0.1"]}]}
	EOF
	export SME_CONFIG=$PWD/sme.jq
	sme-vault init
	printf planted | sme-vault put kiosk access_token
}

teardown() {
	[ -z "$FAKE" ] || fake_stop
}

write() {
	for text; do
		fake_do "$(jq -nc --arg text "$text" '{do: "write", by: "kim", $text}')" >/dev/null
	done
}

@test "one data file reads a network, within its limits" {
	kiosk_start
	write one two three four five
	fake_state '{"per":2}'
	sme-fetch --all >first
	[ "$(jq -r 'select(.type == "mention").text' first | paste -s -d ' ')" = 'one two three four five' ]
	[ "$(jq -r 'select(.type == "mention").id' first | head -n 1)" = kiosk:127.0.0.1:1 ]
	# It was never asked more than it allows: what its headers say is kept to.
	fake_log | jq -se 'length == 3 and all(.[]; .answer.status == 200)'
	write six
	sme-fetch --all >second
	[ "$(jq -r 'select(.type == "mention").text' second)" = six ]
	jq -e 'select(.type == "coverage") | .gaps == []' second
}

@test "a network that says 429 is asked again when it allows" {
	kiosk_start
	write one two three
	fake_faults '[{"path":"notes","skip":1,"status":429,"headers":{"Retry-After":"1","Kiosk-Left":"0"},"body":{"error":"slow down"}}]'
	sme-fetch --all >first
	[ "$(jq -r 'select(.type == "mention").text' first | paste -s -d ' ')" = 'one two three' ]
	fake_log | jq -se 'map(.answer.status) == [200, 429, 200]
		and .[2].request.now - .[1].request.now >= 1'
}

@test "a network that changed its records says so, and the rest comes" {
	kiosk_start
	write one two three
	fake_state "$(fake_state | jq -c '.notes[0].by = "kim" | .notes[2].posted = "yesterday"')"
	run sme-fetch --all --rejects rejects
	[ "$status" = 1 ]
	[ "$(grep '^{' <<<"$output" | jq -r 'select(.type == "mention").text')" = two ]
	grep '^{' <<<"$output" | jq -c 'select(.type == "alert") | [.record, .path, .expected, .got, .count]' >alerts
	diff -u alerts - <<-'E'
		["note","by.nick","string","missing",1]
		["note","posted","number","string",1]
	E
	[ "$(jq -r '.raw | fromjson.text' rejects | sort -u | paste -s -d ' ')" = 'one three' ]
}

@test "one data file answers, once, whatever the network does" {
	kiosk_start
	write 'No signal'
	sme-fetch --all >first
	jq -c 'select(.type == "mention") | .reply = {state: "approved", key: "kiosk-000001", by: "lea",
		text: ["We are on it", "It will take an hour"]}' first >approved
	# The first part is out, but the answer is lost; the second is too early.
	fake_faults '[{"method":"POST","drop":true},{"method":"POST","skip":1,"lose":true,"status":429,"headers":{"Retry-After":"1"},"body":""}]'
	sme-publish --wait 15s <approved >sent
	[ "$(jq -r 'select(.type == "reply") | .state' sent | tail -n 1)" = sent ]
	fake_state | jq -c '[.notes[] | select(.by.nick == "talvio") | [.text, .parent]]' >there
	diff -u there - <<-'E'
		[["We are on it","1"],["It will take an hour","2"]]
	E
	sme-publish --wait 15s <approved >again
	[ "$(fake_state | jq '.notes | length')" = 3 ]
	# What we wrote comes back as ours.
	sme-fetch --all | jq -r 'select(.type == "reply") | [.state, .text, .in_reply_to] | @tsv' >own
	diff -u own - <<-'E'
		sent	We are on it	kiosk:127.0.0.1:1
		sent	It will take an hour	kiosk:127.0.0.1:2
	E
	run ! grep -q planted first sent again own
	fake_log | jq -se 'all(.[]; .request.headers.authorization == "Bearer planted")' >/dev/null
}

@test "a list in JSON is read by what the settings say of it" {
	kiosk_start
	cat >sme.jq <<-EOF
		{sources: [{name: "kiosk", connector: "json", base: "$FAKE", channel: "Kiosk", allow_private: ["127.0.0.1"],
			settings: {url: "/api/notes", headers: {Authorization: "Bearer {secret:access_token}"},
				items: "notes", order: "oldest", next: {cursor: "last", query: "after"},
				since: {query: "after", field: "id"},
				fields: {id: "id", text: "text", created_at: "posted", author: "by.nick", followers: "by.fans"}}}]}
	EOF
	write one two three
	export SME_SHARE=$root/share
	sme-fetch --all >first
	[ "$(jq -r 'select(.type == "mention") | "\(.text) \(.author.handle) \(.author.followers)"' first | paste -s -d ,)" = \
		'one kim 5,two kim 5,three kim 5' ]
	write four
	sme-fetch --all | jq -r 'select(.type == "mention").text' >second
	[ "$(cat second)" = four ]
}
