#!/usr/bin/env bats
# The networks end to end, on fakes of them: somebody writes, it is seen once, the answer goes out once.

bats_require_minimum_version 1.5.0
load ../fakes/fake

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME="$PWD/home" SME_CONFIG="$PWD/sme.jq"
	unset SME_SHARE NOTIFY_SOCKET http_proxy https_proxy all_proxy
	echo '{}' >sme.jq
	sme-vault init
}

teardown() {
	fake_stop
	[ -z "$hook" ] || kill -9 "$hook" 2>/dev/null || :
}

# secret SOURCE FIELD VALUE
secret() {
	printf %s "$3" | sme-vault put --tenant talvio "$1" "$2"
}

# ---- webhooks ----

hex() {
	openssl dgst -sha256 -hmac "$1" | sed 's/.* //'
}

# hook_start: sme-hook into the log, on a socket.
hook_start() {
	sme-hook -v --log log >out 2>err &
	hook=$!
	for _ in $(seq 100); do
		! grep -q listening err || return 0
		kill -0 $hook || break
		sleep 0.05
	done
	cat err
	return 1
}

hook_stop() {
	kill -TERM "$hook"
	wait "$hook"
	hook=
}

# deliver SOURCE FILE: what a network posts, signed as it does.
deliver() {
	local header
	case $1 in
	telegram) header='X-Telegram-Bot-Api-Secret-Token: planted' ;;
	x) header="x-twitter-webhooks-signature: sha256=$(openssl dgst -sha256 -hmac planted -binary <"$2" | base64)" ;;
	*) header="X-Hub-Signature-256: sha256=$(hex planted <"$2")" ;;
	esac
	[ "$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket s -H "$header" -H 'Content-Type: application/json' \
		--data-binary @"$2" "http://h/hook/$1")" = 200 ]
}

hook_config() {
	cat >sme.jq <<-'EOF'
		{hook: {listen: "unix:s"}, sources: [
			{name: "whatsapp", settings: {phone_number_id: "106540352242922"}},
			{name: "messenger", settings: {page_id: "104000000000001"}},
			{name: "facebook", settings: {page_id: "104000000000001"}},
			{name: "instagram", handle: "talvio", settings: {user_id: "17841400000000001"}},
			{name: "telegram", settings: {webhook: true}},
			{name: "x", handle: "talvio", settings: {user_id: "2244994945"}}
		] | map(. + {connector: .name, tenant: "talvio", channel: .name})}
	EOF
	for it in whatsapp messenger facebook instagram; do
		secret $it app_secret planted
		secret $it verify_token word
	done
	secret telegram webhook_secret planted
	secret x consumer_secret planted
}

@test "what the networks push is seen once, however often it comes" {
	hook_config
	hook_start
	fake_start meta
	fake_state '{"people":[{"id":"491701234567","name":"Kim"},{"id":"24000000000000017","name":"Kim"}],
		"posts":[{"id":"104000000000001_5001","from":{"id":"104000000000001"},"message":"Neu"}]}'
	fake_do '{"do":"message","network":"whatsapp","person":"491701234567","text":"Netz weg wa"}' | jq -c .told >whatsapp
	fake_do '{"do":"message","network":"messenger","person":"24000000000000017","text":"Netz weg me"}' | jq -c .told >messenger
	fake_do '{"do":"message","network":"instagram","person":"9010000000000017","text":"Netz weg ig"}' | jq -c .told >instagram
	fake_do '{"do":"comment","on":"104000000000001_5001","person":"24000000000000017","text":"Netz weg fb"}' | jq -c .told >facebook
	echo '{"update_id":9,"message":{"message_id":7,"date":1795341600,"text":"Netz weg te","chat":{"id":5000000123,"type":"private"},
		"from":{"id":5000000123,"is_bot":false,"first_name":"Kim"}}}' >telegram
	echo '{"data":{"event_type":"post.mention.create","filter":{"user_id":"2244994945"},"payload":{"id":"1990000000000000010",
		"text":"@talvio Netz weg x","author_id":"7","created_at":"2026-11-22T09:58:00.000Z"}}}' >x
	for it in whatsapp messenger instagram facebook telegram x; do
		deliver $it $it
		deliver $it $it
	done
	hook_stop
	sme-log cat log | jq -r 'select(.text | contains("Netz weg")) | [.network, .direct] | @tsv' | sort >seen
	diff -u - seen <<-EOF
		facebook	false
		instagram	true
		messenger	true
		telegram	true
		whatsapp	true
		x	false
	EOF
}

@test "a delivery that is signed with another secret is refused" {
	hook_config
	hook_start
	echo '{"object":"page","entry":[]}' >body
	run deliver telegram body
	[ "$status" -eq 0 ]
	for it in whatsapp messenger facebook instagram; do
		header="X-Hub-Signature-256: sha256=$(hex other <body)"
		[ "$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket s -H "$header" --data-binary @body "http://h/hook/$it")" = 403 ]
	done
	hook_stop
}

@test "WhatsApp: Meta's own examples become events" {
	payloads=${SME_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/payloads/meta-whatsapp-webhooks
	[ -d "$payloads" ] || skip "there are no sample payloads here"
	hook_config
	hook_start
	for file in "$payloads"/*.json; do
		deliver whatsapp "$file"
	done
	hook_stop
	# The picture and the text have the id of the contact; a changed number and a group say nothing.
	diff -u - <(sme-log cat log | jq -r '.author.handle + ": " + .text' | sort) <<-EOF
		+16505551234: Cancel
		+16505551234: Hello! Can I get more info on this?
		+16505551234: Lucía Gómez
		+16505551234: Unsubscribe
	EOF
}

# ---- polling ----

# accounts FILTER: sme.jq with the sources that FILTER yields, each on the fake.
accounts() {
	cat >sme.jq <<-EOF
		{sources: [$1 | {connector: .name, tenant: "talvio", handle: "talvio", base: "$FAKE",
			allow_private: ["127.0.0.1"]} + . + {channel: "@talvio"}]}
	EOF
}

# Everything is due now, however short ago it was asked for.
poll() {
	sme-fetch --all --backoff 10ms 2>poll.err | sme-log append log
}

texts() {
	sme-log cat log | jq -r 'select(.type == "mention") | .text' | sort
}

x_start() {
	fake_start x
	fake_state '{"users":[{"id":"2244994945","username":"talvio","name":"Talvio"},
		{"id":"1346889436626259968","username":"kim","name":"Kim"}]}'
	secret x access_token token
}

x_say() {
	fake_do "{\"do\":\"post\",\"author\":\"1346889436626259968\",\"text\":\"$1\"}" | jq -r .id
}

@test "X: each mention is seen once: pages out of order, with repeats, polls that overlap" {
	x_start
	accounts '{name: "x"}'
	for i in 1 2 3 4 5; do
		x_say "@talvio Netz weg $i" >/dev/null
	done
	fake_do '{"do":"message","author":"1346889436626259968","text":"Mein Vertrag?"}' >/dev/null
	fake_state '{"page":2,"shuffle":true,"double":true}'
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first | wc -l)" -eq 6 ]
	poll >second
	[ "$(jq -r 'select(.type == "mention")' second | wc -l)" -eq 0 ]
	x_say '@talvio noch eins' >/dev/null
	poll >third
	[ "$(jq -r 'select(.type == "mention") | .text' third)" = '@talvio noch eins' ]
	[ "$(texts | wc -l)" -eq 7 ]
	# The second poll looked ten minutes back, and no further.
	fake_log | jq -se '[.[] | select(.request.path | endswith("/mentions")) | .request.query.start_time] | unique | length >= 2'
	sme-log cat log | jq -e 'select(.type == "coverage") | .gaps == []'
}

@test "X: an edit is a revision, a token that ended is renewed, a limit is waited for" {
	x_start
	accounts '{name: "x", settings: {direct: false}}'
	id=$(x_say '@talvio Netz weg')
	secret x refresh_token refresh
	secret x client_id client
	fake_state '{"token":"other"}'
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first)" = '@talvio Netz weg' ]
	fake_do "{\"do\":\"edit\",\"author\":\"1346889436626259968\",\"id\":\"$id\",\"text\":\"@talvio Netz weg in Kiel\"}" >/dev/null
	fake_faults '[{"path":"mentions","status":429,"headers":{"x-rate-limit-remaining":"0","x-rate-limit-reset":"@epoch+1"}}]'
	poll >second
	[ -s second ] || poll >second
	[ "$(jq -c 'select(.type == "mention") | [.id, .revision, .text]' second)" = \
		"[\"x:x.com:$id\",1,\"@talvio Netz weg in Kiel\"]" ]
	! grep -rq 'token1\|refresh1' poll.err second
}

@test "X: OAuth 1.0a instead of OAuth 2" {
	x_start
	accounts '{name: "x", settings: {auth: "oauth1", direct: false}}'
	x_say '@talvio Netz weg' >/dev/null
	for it in consumer_key consumer_secret access_token_secret; do
		secret x $it $it
	done
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first)" = '@talvio Netz weg' ]
	fake_log | jq -e '.request.headers.authorization | startswith("OAuth ")' >/dev/null
	accounts '{name: "x", settings: {auth: "magic"}}'
	run sme-fetch --all
	[ "$status" -ne 0 ]
	[[ $output == *'settings.auth of x is "magic"'* ]]
}

@test "X: answers that are cut, slow, lost or no JSON cost nothing" {
	x_start
	accounts '{name: "x", settings: {direct: false}}'
	x_say '@talvio Netz weg' >/dev/null
	for fault in '{"cut":20}' '{"drop":true}' '{"status":503,"body":"busy"}' '{"pace":1}' \
		'{"status":200,"body":"<html>proxy</html>"}'; do
		fake_faults "$(jq -nc "[{path: \"mentions\"} + $fault]")"
		poll >>all || :
		poll >>all || :
	done
	[ "$(jq -r 'select(.type == "mention") | .text' all)" = '@talvio Netz weg' ]
}

telegram_start() {
	fake_start telegram
	fake_state '{"users":[{"id":5000000123,"is_bot":false,"first_name":"Kim","username":"kim","language_code":"de"}],
		"chats":[{"id":5000000123,"type":"private","first_name":"Kim","username":"kim"},
			{"id":-1001234567890,"type":"supergroup","title":"Hilfe","is_forum":true}]}'
	secret telegram token 7000000001:token
}

telegram_say() {
	fake_do "{\"do\":\"write\",\"user\":5000000123,\"chat\":5000000123,\"text\":\"$1\"}" >/dev/null
}

@test "Telegram: updates are confirmed only once they are safe, gaps are normal, an edit is a revision" {
	telegram_start
	accounts '{name: "telegram", settings: {user_id: "7000000001"}}'
	for i in $(seq 120); do
		telegram_say "Netz weg $i"
	done
	fake_do '{"do":"skip","n":7}' >/dev/null
	telegram_say 'nach der Lücke'
	fake_do '{"do":"edit","message":3,"text":"Netz weg in Kiel"}' >/dev/null
	poll >first
	[ "$(jq 'select(.type == "mention") | .id' first | sort -u | wc -l)" -eq 121 ]
	[ "$(jq -r 'select(.revision) | .text' first)" = 'Netz weg in Kiel' ]
	# What is confirmed is gone at Telegram; nothing comes twice.
	poll >second
	[ "$(jq -r 'select(.type == "mention")' second | wc -l)" -eq 0 ]
	[ "$(fake_state | jq '.updates | length')" -eq 0 ]
	fake_log | jq -se 'map(.request.body.offset) | .[0] == null and .[1] == 900000101 and .[2] == 900000130'
	! grep -q '7000000001:token' poll.err first
}

@test "Telegram: nothing is lost when the reader of the pipe dies" {
	telegram_start
	accounts '{name: "telegram"}'
	for i in 1 2 3; do
		telegram_say "Netz weg $i"
	done
	run bash -c 'sme-fetch --all 2>/dev/null | exec 0<&-'
	[ "$(fake_state | jq '.updates | length')" -eq 3 ]
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first | wc -l)" -eq 3 ]
}

@test "Telegram: the wait that a 429 asks for is in its body" {
	telegram_start
	accounts '{name: "telegram"}'
	telegram_say 'Netz weg'
	fake_faults '[{"status":429,"body":{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}}]'
	poll >first || :
	[ -s first ] || { sleep 1; poll >first; }
	[ "$(jq -r 'select(.type == "mention") | .text' first)" = 'Netz weg' ]
	fake_log | jq -se '(.[1].request.now - .[0].request.now) >= 1'
}

meta_start() {
	fake_start meta
	fake_state '{"people":[{"id":"24000000000000017","name":"Kim","username":"kim"},{"id":"491701234567","name":"Kim"}]}'
	for it in facebook instagram messenger whatsapp; do
		secret $it access_token token
	done
}

@test "Facebook, Instagram, Messenger: posts, comments and messages are seen once" {
	meta_start
	accounts '({name: "facebook", settings: {page_id: "104000000000001"}},
		{name: "messenger", settings: {page_id: "104000000000001"}},
		{name: "instagram", settings: {user_id: "17841400000000001", page_id: "104000000000001"}})'
	post=$(fake_do '{"do":"post","text":"Neu: Glasfaser"}' | jq -r .id)
	fake_do '{"do":"post","person":"24000000000000017","text":"Wann geht es?"}' >/dev/null
	top=$(fake_do "{\"do\":\"comment\",\"on\":\"$post\",\"person\":\"24000000000000017\",\"text\":\"Netz weg\"}" | jq -r .id)
	fake_do "{\"do\":\"comment\",\"on\":\"$post\",\"parent\":\"$top\",\"person\":\"24000000000000017\",\"text\":\"Immer noch\"}" >/dev/null
	fake_do '{"do":"message","network":"messenger","person":"24000000000000017","text":"Mein Vertrag?"}' >/dev/null
	fake_do '{"do":"message","network":"instagram","person":"9010000000000017","text":"Hallo?"}' >/dev/null
	fake_state '{"shuffle":true,"double":true}'
	poll >first
	jq -r 'select(.type == "mention") | [.network, .kind, .direct, .text] | @tsv' first | sort >seen
	diff -u - seen <<-EOF
		facebook	comment	false	Immer noch
		facebook	comment	false	Netz weg
		facebook	post	false	Wann geht es?
		instagram	message	true	Hallo?
		messenger	message	true	Mein Vertrag?
	EOF
	poll >second
	[ "$(jq -r 'select(.type == "mention")' second | wc -l)" -eq 0 ]
}

@test "Meta: a token that has ended says so, and what to do; the other accounts go on" {
	meta_start
	accounts '({name: "facebook", settings: {page_id: "104000000000001"}},
		{name: "messenger", settings: {page_id: "104000000000001"}})'
	printf %s dead | sme-vault put --tenant talvio facebook access_token
	fake_do '{"do":"message","network":"messenger","person":"24000000000000017","text":"Mein Vertrag?"}' >/dev/null
	run --separate-stderr sme-fetch --all
	[ "$status" -ne 0 ]
	[ "$(jq -r 'select(.type == "mention") | .text' <<<"$output")" = 'Mein Vertrag?' ]
	[[ $stderr == *facebook* ]]
	[[ $stderr != *dead* ]]
}
