#!/usr/bin/env bats
# sme-hook as a command: deliveries from their signature to events.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME="$PWD/home" SME_CONFIG="$PWD/sme.jq"
	unset SME_SHARE NOTIFY_SOCKET
	sock=$PWD/s
	for scheme in meta x telegram discourse hmac; do connector $scheme >$scheme.jq; done
	cat >sme.jq <<'JQ'
{hook: {listen: "unix:s", timeout: "2s", body: 2000},
 sources: [("meta", "x", "telegram", "discourse", "hmac") | {name: ., connector: "\(.).jq", tenant: "t"}]}
JQ
	sme-vault init
	for it in meta:app_secret meta:verify_token x:consumer_secret telegram:webhook_secret \
		discourse:webhook_secret hmac:webhook_secret; do
		printf 'planted-%s' "${it#*:}" | sme-vault put --tenant t "${it%:*}" "${it#*:}"
	done
}

teardown() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || :
}

# A connector that takes {"items":[{"id":..,"text":..}]}.
connector() {
	cat <<JQ
def meta: {name: "$1", title: "T", as_of: {date: "2026-11-26", source: "none"}, can: ["webhook"], instance: "i",
	records: {item: {required: {id: "string", text: "string"}}},
	webhook: {verify: "$1", challenge: $(case $1 in meta) echo '"meta"' ;; x) echo '"crc"' ;; *) echo null ;; esac)}}
	| if .webhook.challenge == null then del(.webhook.challenge) else . end;
def webhook(\$account): if .body.fail then error("failed") else {records: {item: .body.items}} end;
def event(\$account): .data | {native: .id, text, created_at: "2026-11-26T09:00:00Z",
	author: {native: "a"}};
JQ
}

# start OPTION...: run it, and wait until it listens.
start() {
	rm -f err
	sme-hook -v "$@" >out 2>err &
	pid=$!
	for _ in $(seq 100); do
		! grep -qs listening err || return 0
		kill -0 $pid || break
		sleep 0.05
	done
	cat err
	return 1
}

stop() {
	kill -TERM "$pid"
	got=0
	wait "$pid" || got=$?
	pid=
	return "$got"
}

hex() { printf %s "$2" | openssl dgst -sha256 -hmac "$1" | sed 's/.* //'; }
b64() { printf %s "$2" | openssl dgst -sha256 -hmac "$1" -binary | base64; }

# The header that signs BODY for SOURCE.
sign() {
	case $1 in
	meta) echo "X-Hub-Signature-256: sha256=$(hex planted-app_secret "$2")" ;;
	x) echo "x-twitter-webhooks-signature: sha256=$(b64 planted-consumer_secret "$2")" ;;
	telegram) echo "X-Telegram-Bot-Api-Secret-Token: planted-webhook_secret" ;;
	discourse) echo "X-Discourse-Event-Signature: sha256=$(hex planted-webhook_secret "$2")" ;;
	hmac) echo "X-SME-Signature: sha256=$(hex planted-webhook_secret "$2")" ;;
	esac
}

ask() { curl -s --max-time 10 --unix-socket "$sock" "$@"; }
status() { ask -o body -w '%{http_code}' "$@"; }

# deliver SOURCE BODY: the status of a delivery with a good signature.
deliver() {
	status -H "$(sign "$1" "$2")" -H 'Content-Type: application/json' --data-binary "$2" "http://h/hook/$1"
}

item() { printf '{"items":[{"id":"%s","text":"text of %s"}]}' "$1" "$1"; }

@test "what is signed becomes events, what is not gets 403 and leaves nothing" {
	start
	for source in meta x telegram discourse hmac; do
		[ "$(deliver $source "$(item "$source-1")")" = 200 ]
		[ "$(status -d "$(item "$source-2")" "http://h/hook/$source")" = 403 ]
		[ ! -s body ]
		[ "$(status -H "$(sign $source other)x" -d "$(item "$source-3")" "http://h/hook/$source")" = 403 ]
		[ ! -s body ]
	done
	stop
	[ "$(jq -r .id out | sort | paste -s -d ' ')" = \
		'discourse:i:discourse-1 hmac:i:hmac-1 meta:i:meta-1 telegram:i:telegram-1 x:i:x-1' ]
	[ "$(jq -r .tenant out | sort -u)" = t ]
}

@test "the handshakes of Meta and X" {
	start
	[ "$(ask 'http://h/hook/meta?hub.mode=subscribe&hub.verify_token=planted-verify_token&hub.challenge=42')" = 42 ]
	[ "$(status 'http://h/hook/meta?hub.mode=subscribe&hub.verify_token=no&hub.challenge=42')" = 403 ]
	[ "$(status 'http://h/hook/meta?hub.mode=subscribe&hub.verify_token=planted-verify_token&hub.challenge=<b>')" = 403 ]
	[ "$(ask 'http://h/hook/x?crc_token=abc')" = \
		"{\"response_token\":\"sha256=$(b64 planted-consumer_secret abc)\"}" ]
	# Else it would sign a delivery for whoever asks.
	[ "$(status -G --data-urlencode "crc_token=$(item 1)" http://h/hook/x)" = 403 ]
	[ "$(status http://h/hook/telegram)" = 403 ]
	stop
}

@test "too long, unknown, and not allowed" {
	start
	head -c 3000 /dev/zero | tr '\0' x >long
	[ "$(status --data-binary @long http://h/hook/hmac)" = 413 ]
	[ "$(status -H 'Transfer-Encoding: chunked' --data-binary @long http://h/hook/hmac)" = 413 ]
	[ "$(status http://h/hook/other)" = 404 ]
	[ "$(status http://h/)" = 404 ]
	[ "$(status -X PUT -d x http://h/hook/hmac)" = 405 ]
	[ "$(ask http://h/health)" = ok ]
	[ "$(deliver hmac "$(item 1)")" = 200 ]
	stop
	[ "$(wc -l <out)" = 1 ]
}

@test "neither bodies nor queries nor secrets are in the messages" {
	start
	[ "$(deliver hmac "$(item secret-text)")" = 200 ]
	status 'http://h/hook/meta?hub.mode=subscribe&hub.verify_token=planted-verify_token&hub.challenge=4711'
	status "http://h/secret-text/path"
	tr '\0' ' ' <"/proc/$pid/cmdline" >args
	stop
	grep -q 'POST /hook/hmac 200' err
	run ! grep -E 'secret-text|planted|4711|hub' err args
	run ! grep -ra planted home/hook
}

@test "what cannot be mapped goes to the rejects, and the rest comes" {
	start
	[ "$(deliver hmac 'not json')" = 200 ]
	[ "$(deliver hmac '{"fail":true}')" = 200 ]
	[ "$(deliver hmac '{"items":[{"id":"1","text":"one"},{"id":2,"text":"two"},{"id":"3","text":"three"}]}')" = 200 ]
	stop || :
	[ "$got" = 1 ]
	[ "$(jq -r 'select(.type == "mention").id' out | paste -s -d ' ')" = 'hmac:i:1 hmac:i:3' ]
	[ "$(jq -r 'select(.type == "alert").path' out)" = id ]
	[ "$(wc -l <home/hook/rejects.ndjson)" = 3 ]
	grep -q 'not json' home/hook/rejects.ndjson
	grep -q 'failed' home/hook/rejects.ndjson
}

@test "straight into a log, where what comes twice is once" {
	start --log log
	for _ in 1 2 3; do [ "$(deliver hmac "$(item 1)")" = 200 ]; done
	[ "$(deliver hmac "$(item 2)")" = 200 ]
	stop
	[ ! -s out ]
	sme-log verify log
	[ "$(sme-log cat log | jq -r .id | sort | paste -s -d ' ')" = 'hmac:i:1 hmac:i:2' ]
}

@test "killed: what had its 200 is mapped at the next start" {
	mkfifo pipe
	exec 9<>pipe
	# Nobody reads: nothing counts as taken.
	sme-hook -v >pipe 2>err &
	pid=$!
	for _ in $(seq 100); do ! grep -q listening err || break; sleep 0.05; done
	for i in 1 2 3; do [ "$(deliver hmac "$(item $i)")" = 200 ]; done
	kill -9 $pid
	wait $pid || :
	pid=
	exec 9<&-
	sme-hook --drain >out
	[ "$(jq -r .id out | paste -s -d ' ')" = 'hmac:i:1 hmac:i:2 hmac:i:3' ]
	sme-hook --drain >out
	[ ! -s out ]
}

@test "the spool is empty when all was taken" {
	start
	[ "$(deliver hmac "$(item 1)")" = 200 ]
	stop
	[ -z "$(find home/hook -name '*.seg')" ]
	start
	[ "$(deliver hmac "$(item 2)")" = 200 ]
	stop
	[ "$(jq -r .id out)" = hmac:i:2 ]
}

@test "a full disk is 503, and deliveries go on once there is room" {
	trap '' XFSZ
	start
	trap - XFSZ
	[ "$(deliver hmac "$(item 1)")" = 200 ]
	# Standard output is a file as well.
	for _ in $(seq 100); do [ ! -s out ] || break; sleep 0.05; done
	prlimit --pid "$pid" --fsize=64:unlimited
	[ "$(deliver hmac "$(item 2)")" = 503 ]
	[ "$(status http://h/health)" = 503 ]
	prlimit --pid "$pid" --fsize=unlimited
	[ "$(deliver hmac "$(item 3)")" = 200 ]
	[ "$(status http://h/health)" = 200 ]
	stop
	[ "$(jq -r .id out | paste -s -d ' ')" = 'hmac:i:1 hmac:i:3' ]
}

@test "a sync that fails is 503, and what had its 200 is there" {
	command -v strace >/dev/null || skip "no strace"
	rm -f err
	# The first sync of a thread is good, every third after it fails.
	strace -f -o trace -e trace=fdatasync -e inject=fdatasync:error=EIO:when=2+3 -- sme-hook -v --log log >out 2>err &
	tracer=$!
	for _ in $(seq 200); do ! grep -qs listening err || break; sleep 0.05; done
	grep -q listening err || skip "no tracing here: $(head -n 1 err)"
	for i in $(seq 12); do
		case $(deliver hmac "$(item "$i")") in
		200) echo "hmac:i:$i" >>kept ;;
		503) echo "$i" >>refused ;;
		esac
	done
	# It may have ended itself, for mapping needs syncs as well.
	pid=$(pgrep -P $tracer) || :
	[ -z "$pid" ] || kill -TERM "$pid" || :
	wait $tracer || :
	pid=
	[ -s kept ]
	[ -s refused ]
	sme-hook --drain --log log
	# What was refused may be there as well, for nothing is known of it: the network sends it again.
	[ -z "$(comm -23 <(sort kept) <(sme-log cat log | jq -r .id | sort))" ]
}

@test "one spool, one sme-hook" {
	start
	run -75 --separate-stderr sme-hook --listen unix:other
	[[ $stderr == *"in use by another"* ]]
	stop
}

@test "an address in use" {
	start --listen 127.0.0.1:0
	address=$(sed -n 's/.*listening on //p' err)
	run -75 --separate-stderr sme-hook --spool other --listen "$address"
	[[ $stderr == *"$address"* ]]
	stop
}

@test "who sends a byte now and then is cut off, and others are served meanwhile" {
	start --listen 127.0.0.1:0
	address=$(sed -n 's/.*listening on //p' err)
	drip() { # drip TEXT: its bytes, one every 0.3 s, until the other side closes
		trap '' PIPE
		exec 8<>"/dev/tcp/${address%:*}/${address##*:}"
		# The head at once, then slowly.
		printf '%s' "${1:0:40}" >&8
		for i in $(seq 40 80); do
			printf '%s' "${1:i:1}" >&8 2>/dev/null || break
			sleep 0.3
		done
		exec 8>&-
		echo "$i" >dripped
	}
	drip "$(printf 'GET /health HTTP/1.1\r\nHost: h\r\nX-Long: %040d' 1)" 2>/dev/null &
	one=$!
	[ "$(curl -s "http://$address/health")" = ok ]
	wait $one
	[ "$(cat dripped)" -lt 80 ]
	drip "$(printf 'POST /hook/hmac HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n%080d' 1)" 2>/dev/null
	[ "$(cat dripped)" -lt 80 ]
	[ "$(curl -s "http://$address/health")" = ok ]
	stop
}

@test "no more connections than allowed, of all and of one address" {
	sed -i 's/timeout: "2s"/timeout: "20s", per_ip: 3/' sme.jq
	start --listen 127.0.0.1:0
	address=$(sed -n 's/.*listening on //p' err)
	host=/dev/tcp/${address%:*}/${address##*:}
	exec 5<>"$host" 6<>"$host" 7<>"$host"
	run ! curl -s --max-time 2 "http://$address/health"
	exec 5>&-
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		answer=$(curl -s --max-time 2 "http://$address/health") && break
		sleep 0.1
	done
	[ "$answer" = ok ]
	exec 6>&- 7>&-
	stop
}

@test "secrets are read again at SIGHUP" {
	start
	printf 'planted-new' | sme-vault put --tenant t hmac webhook_secret
	body=$(item 1)
	[ "$(status -H "X-SME-Signature: sha256=$(hex planted-new "$body")" -d "$body" http://h/hook/hmac)" = 403 ]
	kill -HUP "$pid"
	for _ in $(seq 50); do ! grep -q 'read again' err || break; sleep 0.1; done
	[ "$(status -H "X-SME-Signature: sha256=$(hex planted-new "$body")" -d "$body" http://h/hook/hmac)" = 200 ]
	stop
}

@test "a source without its secret is closed, and a note says so" {
	sme-vault rm --tenant t hmac
	start
	grep -q 'source hmac: closed' err
	[ "$(deliver hmac "$(item 1)")" = 403 ]
	body=$(item 1)
	[ "$(status -H "X-SME-Signature: sha256=$(hex '' "$body")" -d "$body" http://h/hook/hmac)" = 403 ]
	[ "$(deliver meta "$(item 1)")" = 200 ]
	stop
}

@test "only the sources of the tenant" {
	start --tenant t
	[ "$(deliver meta "$(item 1)")" = 200 ]
	stop
	run -78 --separate-stderr sme-hook --tenant other
	[[ $stderr == *"no source"* ]]
}

@test "what it counted is in the metrics" {
	start --metrics m
	[ "$(deliver meta "$(item 1)")" = 200 ]
	[ "$(status -d x http://h/hook/meta)" = 403 ]
	stop
	grep -q '^sme_hook_deliveries_total{tool="sme-hook"} 1$' m
	grep -q '^sme_hook_refused_total{tool="sme-hook"} 1$' m
	grep -q '^sme_events_total{tool="sme-hook"} 1$' m
	grep -q '^sme_hook_behind_bytes{tool="sme-hook"} 0$' m
}

@test "the same deliveries give the same events, byte for byte" {
	start --now 2026-11-26T10:00:00Z
	for i in 1 2 3; do [ "$(deliver meta "$(item $i)")" = 200 ]; done
	stop
	mv out first
	rm -rf home/hook
	start --now 2026-11-26T10:00:00Z
	for i in 1 2 3; do [ "$(deliver meta "$(item $i)")" = 200 ]; done
	stop
	cmp first out
	grep -q '"fetched_at":"2026-11-26T10:00:00Z"' out
}

@test "what is wrong in the configuration is named" {
	echo '{sources: [{name: "a", connector: "none"}]}' >bad.jq
	run -66 --separate-stderr sme-hook -c bad.jq
	[[ $stderr == *"source a"* ]]
	echo '{hook: {listen: "nowhere"}, sources: []}' >bad.jq
	run -78 --separate-stderr sme-hook -c bad.jq
	[[ $stderr == *"127.0.0.1:8480"* ]]
	echo '{hook: {connections: 0}, sources: []}' >bad.jq
	run -78 --separate-stderr sme-hook -c bad.jq
	[[ $stderr == *".hook.connections"* ]]
	sed 's/verify: "meta"/verify: "odd"/' meta.jq >odd.jq
	echo '{sources: [{name: "a", connector: "odd.jq"}]}' >bad.jq
	run -78 --separate-stderr sme-hook -c bad.jq
	[[ $stderr == *"odd"*"there are meta"* ]]
	sme-hook --check-config
}

@test "the service manager is told" {
	command -v python3 >/dev/null || skip "no python3"
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("notify"); s.settimeout(10)
for _ in range(2): print(s.recv(100).decode(), flush=True)' >told &
	for _ in $(seq 100); do [ ! -S notify ] || break; sleep 0.05; done
	NOTIFY_SOCKET=$PWD/notify start
	stop
	wait
	[ "$(paste -s -d ' ' told)" = 'READY=1 STOPPING=1' ]
}
