#!/usr/bin/env bats
# X, by a server made from the official description of its API: every request of the connector is one
# that it allows.
bats_require_minimum_version 1.5.0
load peers

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

@test "the check sees what is not allowed" {
	curl -sS -H 'Authorization: Bearer x' "$PRISM/2/users/1/mentions?max_results=1000" >/dev/null
	prism_complaints x | grep -q max_results
	: >"$PEERS/x.log"
}

@test "reading: mentions, a search, messages" {
	sme-fetch --all --rejects rejects >events 2>err || cat err
	for path in /2/users/2244994945/mentions /2/tweets/search/recent /2/dm_events; do
		asked "get $path"
	done
	allowed
}
