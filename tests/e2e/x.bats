#!/usr/bin/env bats
# X, by a server made from the official description of its API: every request of the connector is one
# that it allows.
bats_require_minimum_version 1.5.0
load peers
load replay

description=${SME_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/contracts/x-api-v2.openapi.json

setup_file() {
	peers_open
	peer_need x npm:@stoplight/prism-cli "$description" || return 0
	prism_start x "$description"
}

teardown_file() {
	peers_close
}

setup() {
	peers_ready
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME=$PWD/home SME_CONFIG=$PWD/sme.jq
	unset SME_SHARE
	cat >sme.jq <<-EOF
		{sources: [{name: "x", connector: "x", tenant: "talvio", channel: "@talvio", handle: "talvio",
			base: "$PRISM", allow_private: ["127.0.0.1"],
			settings: {user_id: "2244994945", query: "talvio"}}]}
	EOF
	sme-vault init
	printf token | sme-vault put --tenant talvio x access_token
}

# It was asked for that, such as "get /2/dm_events".
asked() {
	grep -q "HTTP SERVER. $1 " "$PEERS/x.log" || { echo "not asked: $1"; tail -n 5 "$PEERS/x.log"; false; }
}

# No request was against the description.
allowed() {
	run prism_complaints x
	[ -z "$output" ] || { echo "$output"; false; }
}

@test "reading: mentions, a search, messages" {
	sme-fetch --all --rejects rejects >events 2>err || cat err
	for path in /2/users/2244994945/mentions /2/tweets/search/recent /2/dm_events; do
		asked "get $path"
	done
	allowed
}

@test "answers, in public and in private, and a post" {
	mention() {
		printf '{"type":"mention","id":"x:x.com:199000000000000000%s","tenant":"talvio","network":"x","channel":"@talvio",' "$1"
		printf '"kind":"post","created_at":"%s","author":{"id":"x:x.com:134688943662625996%s","handle":"kim"},' "$(date -u +%FT%TZ)" "$1"
		printf '"text":"@talvio Netz weg","direct":false,"ref":%s,"reply":{"state":"approved","text":["%s"],"key":"answer-%s",' "$2" "$3" "$1"
		printf '"private":%s,"by":"lea"}}\n' "$4"
	}
	mention 1 '{"id":"1990000000000000001","summoned":true}' 'Wir prüfen das.' false >in
	mention 2 '{"id":"1990000000000000002","summoned":true}' 'Bitte Ihre Nummer' true >>in
	printf '{"type":"post","id":"p1","tenant":"talvio","network":"x","channel":"@talvio","state":"approved","text":"Neu","key":"post-0001","by":"lea"}\n' >>in
	sme-publish --wait 1s <in >out 2>err || cat err
	asked 'post /2/tweets'
	asked 'post /2/dm_conversations/with/1346889436626259962/messages'
	[ "$(grep -c 'HTTP SERVER. post ' "$PEERS/x.log")" -ge 3 ]
	allowed
}

@test "every request of the recorded cases" {
	replay x "$PRISM" >statuses
	[ "$(wc -l <statuses)" -ge 15 ]
	run ! grep -v '^20[01] ' statuses
	allowed
}

# The last test: what it does stays in the log.
@test "the check sees what is not allowed" {
	curl -sS -H 'Authorization: Bearer x' "$PRISM/2/users/1/mentions?max_results=1000" >/dev/null
	prism_complaints x | grep -q max_results
}
