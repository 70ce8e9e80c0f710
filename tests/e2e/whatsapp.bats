#!/usr/bin/env bats
# WhatsApp, by a server made from Meta's description of the Cloud API: what the connector sends is allowed.
bats_require_minimum_version 1.5.0
load peers

description=${SME_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/contracts/meta-whatsapp-business-v23.0.openapi.yaml

setup_file() {
	peers_open
	peer_need whatsapp npm:@stoplight/prism-cli "$description" || return 0
	prism_start whatsapp "$description"
}

teardown_file() {
	peers_close
}

setup() {
	peers_ready
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME=$PWD/home SME_CONFIG=$PWD/sme.jq
	unset SME_SHARE
	# The description has no biz_opaque_callback_data for messages, only for calls; Meta's pages have it.
	cat >sme.jq <<-EOF
		{sources: [{name: "whatsapp", connector: "whatsapp", tenant: "talvio", channel: "@talvio",
			base: "$PRISM", allow_private: ["127.0.0.1"],
			settings: {phone_number_id: "106540352242922", echo: false}}]}
	EOF
	sme-vault init
	printf token | sme-vault put --tenant talvio whatsapp access_token
}

@test "an answer goes out as the description wants it" {
	printf '{"type":"mention","id":"whatsapp:graph.facebook.com:wamid.A1","tenant":"talvio","network":"whatsapp","channel":"@talvio","kind":"message","created_at":"%s","author":{"id":"whatsapp:graph.facebook.com:16505551234"},"text":"Netz weg","direct":true,"thread":"whatsapp:graph.facebook.com:16505551234","ref":{"to":"16505551234","message":"wamid.A1"},"reply":{"state":"approved","text":["Wir prüfen das.","Teil zwei"],"key":"answer-1","by":"lea"}}\n' "$(date -u +%FT%TZ)" >in
	sme-publish --wait 5s <in >out 2>err || cat err
	[ "$(jq -r 'select(.type == "reply") | .state' out)" = sent ]
	[ "$(jq -r 'select(.type == "reply") | .id' out)" != null ]
	[ "$(grep -c 'HTTP SERVER. post /v23.0/106540352242922/messages' "$PEERS/whatsapp.log")" -eq 2 ]
	run prism_complaints whatsapp
	[ -z "$output" ] || { echo "$output"; false; }
}

# The last test: what it does stays in the log.
@test "the check sees what is not allowed" {
	curl -sS -H 'Authorization: Bearer x' -H 'Content-Type: application/json' -d '{"to":"1"}' \
		"$PRISM/v23.0/106540352242922/messages" >/dev/null
	prism_complaints whatsapp | grep -q 'required property'
}
