#!/usr/bin/env bats
# Servers made from the descriptions of the networks' APIs: they accept what the description allows, and
# complain of everything else.  The descriptions are not part of the project: SME_SHARED says where
# contracts/ is, and without it these tests are skipped.
bats_require_minimum_version 1.5.0
load peers
load replay

contracts=${SME_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/contracts

setup_file() {
	peers_open
	peer_need prism curl jq npm:@stoplight/prism-cli || return 0
}

teardown_file() {
	peers_close
}

setup() {
	peers_ready
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=$PWD/sme.jq SME_HOME=$PWD/home XDG_CONFIG_HOME=$PWD/none
}

teardown() {
	[ -z "$network" ] || peer_stop "$network"
}

# network NAME DESCRIPTION MEMBERS SECRETS: an account of that network at a server made of its description.
network() {
	network=$1
	[ -e "$contracts/$2" ] || skip "prism: $contracts/$2 is not there; SME_SHARED says where contracts/ is"
	prism_start "$1" "$contracts/$2"
	cat >sme.jq <<-EOF
		{sources: [{name: "account", connector: "$1", tenant: "north", channel: "@talvio", handle: "talvio",
			base: "$PRISM", allow_private: ["127.0.0.1"]} + $3],
		 tenants: {north: {}}}
	EOF
	sme-vault init
	printf '%s' "$4" | sme-vault put --tenant north account
}

# Nothing was said against any request.
accepted() {
	[ "$(wc -l <replayed)" -ge 10 ]
	run ! prism_complaints "$network"
}

# reply ID REF [MEMBERS]: a mention with an approved reply.
mention() {
	jq -nc --arg id "$network:$1:$2" --argjson ref "$3" '{type: "mention", id: $id, tenant: "north", network: ($id | split(":")[0]),
		channel: "@talvio", kind: "post", created_at: (now | todate), author: {id: "\($id):kim", handle: "kim", name: "Kim"},
		text: "Kein Netz", thread: $id, direct: false, ref: $ref,
		reply: {state: "approved", text: ["Guten Tag, wir schauen sofort nach.", "Alle 30 Minuten neu auf unserer Seite."], source: "snippet:s", p: null,
			why: [], key: "0123456789abcdef0123456789abcdef"}}'
}

@test "Mastodon accepts what the connector asks and sends" {
	network mastodon mastodon-4.7.openapi.json \
		'{settings: {tags: ["talvio"], search: ["talvio netz"]}}' '{"access_token":"token"}'
	sme-fetch -q --all --rejects rejects >polled || :
	grep -q '^{"type":"coverage"' polled
	mention 127.0.0.1 115591 '{"acct":"kim@other.example","visibility":"unlisted"}' >in
	sme-publish in >published
	jq -e 'select(.type == "reply") | .state == "sent"' published
	replay "$network" "$PRISM" >replayed
	accepted
	# It does complain when there is reason to.
	curl -sS -o answer "$PRISM/api/v1/statuses" -H 'authorization: Bearer token' \
		-H 'content-type: application/json' -d '{"status":5}'
	prism_complaints mastodon
	curl -sS -o answer "$PRISM/api/v1/nothing" -H 'authorization: Bearer token'
	prism_complaints mastodon | grep -q NO_PATH
}

@test "Discourse accepts what the connector asks and sends" {
	network discourse discourse.openapi.json '{settings: {category: 3}}' '{"api_key":"key"}'
	sme-fetch -q --all --rejects rejects >polled || :
	sed -i 's/settings: {category: 3}/settings: {read: "mentions", direct: false}/' sme.jq
	sme-fetch -q --all --rejects rejects >>polled || :
	[ "$(grep -c '^{"type":"coverage"' polled)" -eq 2 ]
	mention 127.0.0.1 33 '{"topic":"13","number":4,"title":"Kein Netz","username":"kim","private":false}' >in
	sme-publish in >published
	jq -e 'select(.type == "reply") | .state == "sent"' published
	replay discourse "$PRISM" 'Api-Key: key' 'Api-Username: talvio' >replayed
	accepted
}

@test "YouTube accepts what the connector asks and sends" {
	network youtube youtube-v3.openapi.json '{settings: {channel_id: "UCbrand", videos: ["v1"]}}' \
		'{"access_token":"token","client_id":"i","client_secret":"s","refresh_token":"r"}'
	sme-fetch -q --all --rejects rejects >polled || :
	grep -q '^{"type":"coverage"' polled
	mention youtube Ug1.a '{"thread":"Ug1","video":"v1"}' >in
	sme-publish in >published
	replay "$network" "$PRISM" >replayed
	accepted
}
