#!/usr/bin/env bats
# XMPP against Prosody: a message to the brand is fetched once, an answer goes out once.
bats_require_minimum_version 1.5.0
load peers

setup_file() {
	peers_open
	peer_need prosody prosody prosodyctl || return 0
	prosody_start alice brand
}

setup() {
	peers_ready
	PATH="$BATS_TEST_DIRNAME/../../${B:-build}:$PATH"
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME=$BATS_TEST_TMPDIR/home SME_CONFIG=$BATS_TEST_TMPDIR/sme.jq LC_ALL=C
	unset CREDENTIALS_DIRECTORY
	account brand
	sme-vault init
	printf secret | sme-vault put brand password
	printf secret | sme-vault put alice password
}

teardown_file() {
	peers_close
}

# The account of USER@localhost.
account() {
	cat >sme.jq <<-END
		{sources: [{name: "$1", connector: "xmpp", handle: "$1@localhost", channel: "$1", instance: "localhost",
			allow_private: ["127.0.0.1"], settings: {server: "xmpp://127.0.0.1:$XMPP"}}]}
	END
}

# say FROM TO TEXT: a message from a client of ours, without the tools; Prosody takes it over BOSH.
bosh() {
	curl -s -H 'Content-Type: text/xml' --data-binary @- "$BOSH"
}
say() {
	local sid auth rid=$RANDOM
	sid=$(bosh <<<"<body xmlns='http://jabber.org/protocol/httpbind' rid='$rid' to='localhost' wait='5' hold='1' ver='1.6' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>" |
		sed "s/.* sid=['\"]\([^'\"]*\).*/\1/")
	auth=$(printf '\0%s\0secret' "$1" | base64)
	bosh <<<"<body xmlns='http://jabber.org/protocol/httpbind' rid='$((rid + 1))' sid='$sid'><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>$auth</auth></body>" >/dev/null
	bosh <<<"<body xmlns='http://jabber.org/protocol/httpbind' rid='$((rid + 2))' sid='$sid' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'/>" >/dev/null
	bosh <<<"<body xmlns='http://jabber.org/protocol/httpbind' rid='$((rid + 3))' sid='$sid'><iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq></body>" >/dev/null
	bosh <<<"<body xmlns='http://jabber.org/protocol/httpbind' rid='$((rid + 4))' sid='$sid'><message xmlns='jabber:client' to='$2@localhost' type='chat' id='$4'><body>$3</body><origin-id xmlns='urn:xmpp:sid:0' id='$4'/>$5</message></body>" >/dev/null
	bosh <<<"<body xmlns='http://jabber.org/protocol/httpbind' rid='$((rid + 5))' sid='$sid' type='terminate'/>" >/dev/null
}

mentions() { jq -c 'select(.type == "mention")'; }

@test "a message is fetched once, by SCRAM-SHA-256, with its author and thread" {
	say alice brand 'Kein Netz &amp; kein &lt;Bild&gt; in Kiel' m1 '<thread>t1</thread>'
	sme-fetch --all >out
	[ "$(mentions <out | wc -l)" -eq 1 ]
	mentions <out | jq -e '.id == "xmpp:localhost:alice@localhost/m1" and .text == "Kein Netz & kein <Bild> in Kiel"
		and .author.handle == "alice@localhost" and .direct == true and .thread == "xmpp:localhost:alice@localhost"
		and .ref.id == "m1" and .ref.thread == "t1"'
	[ -z "$(sme-fetch --all | mentions)" ]
	say alice brand 'und noch eins' m2
	[ "$(sme-fetch --all | mentions | jq -r .text)" = 'und noch eins' ]
}

@test "an edit and a delete" {
	say alice brand 'in Kiiel' e1
	say alice brand 'in Kiel' e2 '<replace xmlns="urn:xmpp:message-correct:0" id="e1"/>'
	sme-fetch --all >out
	jq -se '[.[] | select(.id == "xmpp:localhost:alice@localhost/e1")] | length == 2
		and .[0].text == "in Kiiel" and .[1].text == "in Kiel" and .[1].revision > 0' out
}

@test "many pages" {
	for i in $(seq 12); do say alice brand "nr $i" "p$i"; done
	sed -i 's/settings: {/settings: {limit: 5, /' sme.jq
	sme-fetch --all >out
	mentions <out | jq -r .text | grep '^nr' >got
	seq -f 'nr %.0f' 12 | diff - got
	[ -z "$(sme-fetch --all | mentions)" ]
}

@test "a wrong password, no such port, no archive id any more" {
	printf wrong | sme-vault put brand password
	run sme-fetch --all --tries 1
	[ "$status" -ne 0 ]
	[[ $output == *'the server refuses the login: not-authorized'* ]]
	printf secret | sme-vault put brand password
	sed -i 's/allow_private: [^,]*, //' sme.jq
	run sme-fetch --all --tries 1
	[[ $output == *'only addresses in allow_private'* ]]
	account brand
	sed -i "s/$XMPP/1/" sme.jq
	run sme-fetch --all --tries 1
	[ "$status" -ne 0 ]
}
