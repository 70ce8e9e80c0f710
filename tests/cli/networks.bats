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
