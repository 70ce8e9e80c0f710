#!/usr/bin/env bats
# E-mail end to end: a customer writes through a real SMTP server, Dovecot keeps the mail, sme-fetch
# sees it once, and the answer is in the customer's mailbox once, in the right thread.

bats_require_minimum_version 1.5.0
load peers

setup_file() {
	peers_open
	peer_need Dovecot root dovecot /usr/lib/dovecot/lmtp || return 0
	peer_need OpenSMTPD smtpd || return 0
	[ "$(id -u)" = 0 ] || { echo "Dovecot: starts as root only" >"$PEERS/missing"; return 0; }
	RUN=$$
	export RUN
	dovecot_start kim help
	smtpd_start
}

teardown_file() {
	peers_close
}

setup() {
	peers_ready
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME=$PWD/home SME_CONFIG=$PWD/sme.jq
	unset SME_SHARE
	# Each test has a mailbox of its own, which Dovecot makes when it is first used.  In each run it has another
	# name: the server's queue is the machine's, and may still hold what an earlier run left there.
	help=help$RUN.$BATS_TEST_NUMBER kim=kim$RUN.$BATS_TEST_NUMBER
	mailbox="$PEERS/dovecot/home"
	configure
	sme-vault init
	printf secret | sme-vault put --tenant talvio post password
}

# The account with more SETTINGS.
configure() {
	cat >sme.jq <<-E
		{sources: [{name: "post", connector: "email", tenant: "talvio", channel: "$help@example.test",
			handle: "$help@example.test", allow_private: ["127.0.0.1"],
			settings: ({imap: "$IMAP", smtp: "$SMTP", tls: "none", login: false, name: "Talvio Hilfe"}
				+ {${1:-}})}]}
	E
}

# A mail of the customer's, from stdin, to the brand.
write() {
	curl -sS --url "$SMTP" --mail-from "$kim@example.test" --mail-rcpt "$help@example.test" -T -
}

complaint() {
	printf 'From: Kim Vogel <%s@example.test>\nTo: %s@example.test\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n%s\n\n%s\n' \
		"$kim" "$help" "Message-ID: <$1@example.test>${2:+
$2}" 'Kein Netz in Köln.'
}

# How many mails USER has, as IMAP shows them: a file may be there before.
count() {
	curl -sS --url "$IMAP" -u "$1:secret" -X 'STATUS INBOX (MESSAGES)' | sed -n 's/.*MESSAGES \([0-9]*\).*/\1/p'
}

# UIDs of INBOX that match: uids USER CONDITION.
uids() {
	curl -sS --url "$IMAP/INBOX" -u "$1:secret" -X "UID SEARCH $2" | grep -oE '[0-9]+' | wc -l
}

# Wait until USER has N mails.
arrived() {
	local n=
	for _ in $(seq 150); do
		n=$(count "$1")
		[ "${n:-0}" -lt "$2" ] || return 0
		sleep 0.2
	done
	echo "$n mails of $2 for $1" >&2
	return 1
}

fetch() {
	sme-fetch -s post "$@"
}

# What there was, when a test fails.
teardown() {
	[ -n "$BATS_TEST_COMPLETED" ] || head -c 2000 ids first seen out todo 2>/dev/null || :
}

mentions() {
	jq -c 'select(.type == "mention")'
}

# The first mention that a poll gives; a busy server may show a mail late.
the_mention() {
	for _ in $(seq 50); do
		fetch | mentions >polled
		[ ! -s polled ] || { cat polled; return; }
		sleep 0.2
	done
	return 1
}

# What the customer finds in the mailbox.
received() {
	jq -n --arg imap "$IMAP" --arg who "$kim@example.test" '{sources: [{name: "kim", connector: "email",
		tenant: "talvio", channel: "kim", handle: $who, secret: "post", allow_private: ["127.0.0.1"],
		settings: {imap: $imap, tls: "none"}}]}' >kim.jq
	SME_CONFIG=$PWD/kim.jq sme-fetch --again -s kim | mentions
}

# The mention on stdin with an approved reply.
approved() {
	jq -c --arg key "$1" '.reply = {state: "approved", key: $key, text: ["Läuft wieder."], source: "snippet:ok", by: "agent-7"}'
}

@test "a mail is seen once, and the answer is there once, in its thread" {
	complaint a1 'References: <root@example.test>' | write
	arrived "$help" 1
	the_mention >first
	[ "$(mentions <first | jq -r '[.id, .author.handle, .title, .text, .thread] | join(" | ")')" = \
		"email:$help@example.test:a1@example.test | $kim@example.test | Grüße | Kein Netz in Köln. | email:$help@example.test:root@example.test" ]
	fetch >again
	[ "$(mentions <again | wc -l)" = 0 ]
	# Reading it has left no trace.
	[ "$(uids "$help" SEEN)" = 0 ]

	mentions <first | approved 5eedc0ffee >todo
	sme-publish todo >out
	[ "$(jq -r 'select(.type == "reply") | [.state, .id] | join(" ")' out)" = \
		"sent email:$help@example.test:5eedc0ffee-0@example.test" ]
	arrived "$kim" 1
	# The same again, and by two at once: nothing more goes out.
	sme-publish todo >/dev/null
	sme-publish todo >/dev/null & sme-publish todo >/dev/null
	wait
	sleep 0.3
	[ "$(count "$kim")" = 1 ]
	received >seen
	[ "$(jq -r '[.author.name, .title, .text, .thread, .in_reply_to, .ref.message_id, .auto // false, .ref.references[]] | join(" | ")' seen)" = \
		"Talvio Hilfe | Re: Grüße | Läuft wieder. | email:$kim@example.test:root@example.test | email:$kim@example.test:a1@example.test | 5eedc0ffee-0@example.test | false | root@example.test | a1@example.test" ]
}

@test "nothing is doubled or lost when the folder counts its mails anew" {
	for i in 1 2 3; do complaint "v$i" | write; done
	arrived "$help" 3
	fetch | sme-log append log >/dev/null
	complaint v4 | write
	arrived "$help" 4
	# Without its index Dovecot gives all uids anew, with the time as UIDVALIDITY.
	rm -f "$mailbox/$help/Maildir/"dovecot*
	sleep 1.1
	fetch >second
	[ "$(jq -r 'select(.type == "coverage") | .gaps[].reason' second)" = "the folder's UIDVALIDITY changed" ]
	sme-log append log <second | mentions >new
	[ "$(jq -r .ref.message_id new)" = v4@example.test ]
	[ "$(sme-log cat log | mentions | jq -r .ref.message_id | sort | tr '\n' ' ')" = \
		'v1@example.test v2@example.test v3@example.test v4@example.test ' ]
}

@test "a kill at any moment loses nothing, and a log drops what comes twice" {
	for i in $(seq 20); do complaint "k$i" | write; done
	arrived "$help" 20
	configure 'limit: 3, mark: "seen"'
	for i in $(seq 12); do
		sme-fetch -s post >>all 2>/dev/null &
		sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || :
		wait $! || :
	done
	fetch >>all
	# A line that the kill cut off ends the earlier run's output; what was in it came again.
	jq -c -R 'fromjson? | select(.type == "mention")' all | sme-log append log | jq -r .ref.message_id >ids
	[ "$(sort -u ids | wc -l)" = 20 ]
	[ "$(wc -l <ids)" = 20 ]
	# What was handed on is marked, with the next poll.
	fetch >/dev/null
	[ "$(uids "$help" SEEN)" = 20 ]
}

@test "what was handed on can be moved" {
	complaint m1 | write
	arrived "$help" 1
	configure 'mark: "move:Erledigt Köln"'
	curl -sS --url "$IMAP" -u "$help:secret" -X 'CREATE "Erledigt K&APY-ln"'
	fetch | mentions >seen
	[ "$(wc -l <seen)" = 1 ]
	[ "$(uids "$help" ALL)" = 1 ]
	fetch | mentions >seen
	[ "$(wc -l <seen)" = 0 ]
	[ "$(uids "$help" ALL)" = 0 ]
	configure 'folders: ["Erledigt Köln"]'
	rm -r home/cursors
	[ "$(fetch | mentions | jq -r .ref.message_id)" = m1@example.test ]
}

@test "what a program wrote is marked, and a machine does not answer it" {
	complaint auto1 'Auto-Submitted: auto-replied' | write
	arrived "$help" 1
	the_mention >seen
	[ "$(jq .auto seen)" = true ]
	approved 5eedc0ffe1 <seen | jq -c 'del(.reply.by)' | sme-publish >out
	[ "$(jq -r 'select(.type == "reply") | [.state, .gate] | join(" ")' out)" = 'held duplicate' ]
	[ "$(count "$kim")" = 0 ]
}

@test "an automatic answer says that it is one" {
	complaint q1 | write
	arrived "$help" 1
	the_mention | approved 5eedc0ffe2 | jq -c 'del(.reply.by)' | sme-publish >out
	[ "$(jq -r 'select(.type == "reply") | .state' out)" = sent ]
	arrived "$kim" 1
	[ "$(received | jq .auto)" = true ]
}

@test "a copy is kept; whether an answer went out can be looked up there" {
	configure 'copies: {folder: "Sent", by: "append"}'
	curl -sS --url "$IMAP" -u "$help:secret" -X 'CREATE "Sent"'
	complaint c1 | write
	arrived "$help" 1
	the_mention | approved 5eedc0ffe3 | sme-publish >out
	[ "$(jq -r 'select(.type == "reply") | .state' out)" = sent ]
	[ "$(find "$mailbox/$help/Maildir/.Sent/" -type f -path '*/cur/*' | wc -l)" = 1 ]
	grep -q '5eedc0ffe3-0@example.test' "$mailbox/$help/Maildir/.Sent/cur/"*
}

# The account sends through a server that breaks its first connection.
cut_smtp() {
	"$BATS_TEST_DIRNAME/../../${B:-build}/tools/smtp_cut" "${SMTP##*:}" "$1" >port 2>/dev/null 3>&- &
	echo $! >"$PEERS/cut.pid"
	until [ -s port ]; do sleep 0.02; done
	SMTP=smtp://127.0.0.1:$(<port) configure 'copies: {folder: "INBOX", by: "bcc"}'
}

@test "an answer whose outcome nobody told is looked up, and not sent twice" {
	complaint u1 | write
	arrived "$help" 1
	cut_smtp after
	the_mention | approved 5eedc0ffe5 | sme-publish --wait 0s >out || :
	[ "$(jq -r 'select(.type == "reply") | .state' out)" = unknown ]
	arrived "$kim" 1
	arrived "$help" 2
	sme-publish --now "$(date -u -d '+2 minutes' +%Y-%m-%dT%H:%M:%SZ)" </dev/null >out
	[ "$(jq -r 'select(.type == "reply") | .state' out)" = sent ]
	[ "$(count "$kim")" = 1 ]
	peer_stop cut
}

@test "an answer of which there is no copy is left to a person" {
	complaint n1 | write
	arrived "$help" 1
	cut_smtp before
	the_mention | approved 5eedc0ffe6 | sme-publish --wait 0s >out || :
	[ "$(jq -r 'select(.type == "reply") | .state' out)" = unknown ]
	# A copy may be in a queue still, so that there is none proves nothing.
	sme-publish --now "$(date -u -d '+2 minutes' +%Y-%m-%dT%H:%M:%SZ)" --wait 0s </dev/null >out || :
	sme-publish --unknown >list
	grep -q 5eedc0ffe6 list
	[ "$(count "$kim")" = 0 ]
	peer_stop cut
}

@test "a publisher that is killed again and again sends no answer twice" {
	configure 'copies: {folder: "INBOX", by: "bcc"}'
	for i in 1 2 3 4 5 6; do complaint "p$i" | write; done
	arrived "$help" 6
	fetch | mentions | jq -c '.reply = {state: "approved", key: "5eedc0ff\(.ref.message_id[1:2])", text: ["Antwort \(.ref.message_id)"], by: "agent-7"}' >todo
	# What is unknown is looked up when a copy would be there; each run is a minute later than the last.
	for minute in $(seq 30); do
		now=$(date -u -d "+$minute minutes" +%Y-%m-%dT%H:%M:%SZ)
		sme-publish --now "$now" --wait 0s todo >>out 2>/dev/null 3>&- &
		if [ "$minute" -le 22 ]; then
			sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
			kill -9 $! 2>/dev/null || :
		fi
		wait $! || :
	done
	jq -r -R 'fromjson? | select(.type == "reply" and .state == "sent") | .key' out | sort -u >sent
	[ "$(wc -l <sent)" -gt 0 ]
	arrived "$kim" "$(wc -l <sent)"
	sleep 1
	received | jq -r '.ref.message_id | split("-")[0]' | sort >ids
	# What is not known to be sent is there once at most; a person says what is true of it.
	[ "$(uniq -d ids)" = "" ]
	[ "$(comm -23 sent ids)" = "" ]
	[ "$({ cat sent; sme-publish --unknown | grep -oE '5eedc0ff[1-6]'; } | sort -u | wc -l)" = 6 ]
}

@test "an address that the server refuses fails for good" {
	complaint r1 "Reply-To: nobody@elsewhere.test" | write
	arrived "$help" 1
	the_mention | approved 5eedc0ffe4 | sme-publish >out
	[ "$(jq -r 'select(.type == "reply") | .state' out)" = failed ]
	[ "$(count "$kim")" = 0 ]
}

@test "a wrong password is told, without the password" {
	complaint w1 | write
	arrived "$help" 1
	printf wr0ng | sme-vault put --tenant talvio post password
	run --separate-stderr fetch
	[ "$status" = 77 ]
	[[ $stderr == *"$IMAP: the server refuses the login"* ]]
	[[ $stderr$output != *wr0ng* ]]
	printf secret | sme-vault put --tenant talvio post password
	[ "$(fetch | mentions | wc -l)" = 1 ]
}

# A second Dovecot on the same mailboxes that wants TLS, with a certificate of its own.
tls_start() {
	local port dir=$PEERS/tls
	port=$(peer_port 2)
	mkdir -p "$dir"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
	sed -e "s|$PEERS/dovecot/run|$dir/run|; s|protocols = .*|protocols = imap|" \
		-e "s|ssl = no|ssl = required\nssl_cert = <$dir/cert.pem\nssl_key = <$dir/key.pem|" \
		-e "s|port = ${IMAP##*:}|port = $port|; s|port = 0|port = $((port + 1))|" \
		"$PEERS/dovecot/dovecot.conf" | awk '/^service lmtp/ { skip = 1 } !skip; /^}/ { skip = 0 }' >"$dir/dovecot.conf"
	mkdir -p "$dir/run"
	PATH=$PATH:/usr/sbin peer_start tls dovecot -F -c "$dir/dovecot.conf"
	peer_wait tls 20 peer_listens "$port"
	starttls=imap://127.0.0.1:$port imaps=imaps://127.0.0.1:$((port + 1))
}

@test "a server's certificate is checked, by STARTTLS and by imaps" {
	command -v openssl >/dev/null || skip "openssl is not installed"
	complaint t1 | write
	arrived "$help" 1
	tls_start
	for url in "$starttls" "$imaps"; do
		rm -rf home/cursors
		IMAP=$url configure 'tls: null'
		run --separate-stderr fetch
		[ "$status" = 78 ]
		[[ $stderr == *certificate* ]]
		sed -i "s|connector: \"email\",|& ca: \"$PEERS/tls/cert.pem\",|" sme.jq
		[ "$(fetch | mentions | jq -r .ref.message_id)" = t1@example.test ]
	done
	peer_stop tls
}
