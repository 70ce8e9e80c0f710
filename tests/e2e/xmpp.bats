#!/usr/bin/env bats
# XMPP against Prosody: a message to the brand is fetched once, an answer goes out once.
bats_require_minimum_version 1.5.0
load peers

setup_file() {
	peers_open
	peer_need prosody prosody prosodyctl openssl || return 0
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

@test "TLS: an authority that is trusted, one that is not, a port without TLS" {
	say alice brand 'verschlüsselt' s1
	sed -i "s|xmpp://127.0.0.1:$XMPP|xmpps://localhost:$XMPPS|; s|handle:|ca: \"$XMPP_CA\", handle:|" sme.jq
	sed -i 's/"127.0.0.1"\]/"127.0.0.1", "::1"]/' sme.jq
	sme-fetch --all >out
	mentions <out | jq -r .text | grep -qx verschlüsselt
	sed -i 's/ca: "[^"]*", //' sme.jq
	run sme-fetch --all --tries 1
	[ "$status" -ne 0 ]
	[[ $output == *certificate* ]]
	# STARTTLS is not spoken; and TLS is not spoken where there is none.
	sed -i "s|$XMPPS|$XMPP|" sme.jq
	run sme-fetch --all --tries 1
	[ "$status" -ne 0 ]
}

# The mention on stdin with an approved reply.
approved() {
	jq -c --arg key "$1" '.reply = {state: "approved", key: $key, text: ["Läuft <wieder> & gut."], source: "snippet:ok", by: "agent-7"}'
}

# What USER's archive holds, by the tools themselves.
archive() {
	account "$1"
	SME_HOME=$PWD/other.$1 sme-fetch --all >/dev/null 2>&1 || true
	rm -rf "other.$1/cursors"
	sme-vault export --new-key-file "key.$1" "vault.$1" 2>/dev/null || true
	mkdir -p "other.$1"
	cp "vault.$1" "other.$1/vault"
	cp "key.$1" "other.$1/vault.key"
	SME_HOME=$PWD/other.$1 sme-fetch --all
	account brand
}

@test "an answer arrives once, in the thread; the archive tells what became of it" {
	say alice brand 'Wann geht es wieder?' q1 '<thread>t7</thread>'
	sme-fetch --all | mentions | jq -c 'select(.ref.id == "q1")' >seen
	[ "$(wc -l <seen)" -eq 1 ]
	approved 5eedc0ffee <seen >todo
	sme-publish todo >out
	[ "$(jq -r 'select(.type == "reply") | [.state, .id] | join(" ")' out)" = \
		'sent xmpp:localhost:brand@localhost/5eedc0ffee-0' ]
	sme-publish todo >/dev/null
	sme-publish todo >/dev/null & sme-publish todo >/dev/null
	wait
	archive alice | mentions | jq -c 'select(.ref.id == "5eedc0ffee-0")' >got
	[ "$(wc -l <got)" -eq 1 ]
	jq -e '.text == "Läuft <wieder> & gut." and .author.handle == "brand@localhost" and .ref.thread == "t7"' got
	# Our own answer is seen as ours.
	[ "$(sme-fetch --all | jq -r 'select(.type == "reply") | .id')" = 'xmpp:localhost:brand@localhost/5eedc0ffee-0' ]
}

@test "killed while it sends: the answer is there once" {
	say alice brand 'Und jetzt?' q2
	sme-fetch --all | mentions | jq -c 'select(.ref.id == "q2")' >seen
	for i in $(seq 8); do approved "5eedc0de0$i" <seen | jq -c ".reply.text = [\"Antwort $i\"]"; done >todo
	for i in $(seq 10); do
		sme-publish todo >>out 2>/dev/null &
		sleep "0.0$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || :
		wait $! || :
	done
	for i in 1 2 3 4 5 6 7 8; do
		sme-publish --wait 10s todo >last 2>>err || true
		[ "$(jq -r 'select(.type == "reply" and .state == "sent") | .key' last | sort -u | wc -l)" -lt 8 ] || break
		sleep 0.5
	done
	[ "$(jq -r 'select(.type == "reply" and .state == "sent") | .key' last | sort -u | wc -l)" -eq 8 ]
	archive alice | mentions | jq -r .text | grep '^Antwort' | sort >got
	seq -f 'Antwort %.0f' 8 | diff - got
}

@test "to nobody: a clear reason, and nothing is sent again" {
	say alice brand 'Hallo?' q3
	sme-fetch --all | mentions | jq -c 'select(.ref.id == "q3") | .ref.from = "nobody@localhost/x" | .author.native = "nobody@localhost"' |
		approved 5eedc0ffe9 >todo
	sme-publish todo >out 2>err || true
	[ "$(jq -r 'select(.type == "reply") | .state' out)" = failed ] || { cat out err; false; }
	jq -r 'select(.type == "reply")' out | grep -q service-unavailable
}
