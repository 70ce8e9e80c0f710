#!/usr/bin/env bats
# Secrets are planted in the vault, and then looked for: in all that the tools print, write and log, in
# their arguments and in their environment while they run.
bats_require_minimum_version 1.5.0

# Long enough to be nobody else's text; one with what JSON and URLs escape.
token=Pl4nted-T0ken-7f3a91c2
phrase='Pl4nted-Phr4se "c2/é+& 55'

setup() {
	PATH="$BATS_TEST_DIRNAME/../../${B:-build}:$PATH"
	unset CREDENTIALS_DIRECTORY
	export LC_ALL=C SME_CONFIG=$BATS_TEST_TMPDIR/sme.jq SME_HOME=$BATS_TEST_TMPDIR/home
	cd "$BATS_TEST_TMPDIR" || return
	echo '{tenants: {t: {}, u: {}}}' >sme.jq
	watcher=
}

teardown() {
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
}

# Arguments and environment of every sme tool that runs, again and again, into the file "seen".
watch() {
	(
		set +e # a process may be gone at any moment
		while :; do
			for p in /proc/[0-9]*; do
				read -r comm <"$p/comm" || continue
				[[ $comm == sme-* ]] || continue
				echo "$comm"
				tr '\0' '\n' <"$p/cmdline"
				tr '\0' '\n' <"$p/environ"
			done
		done >>seen 2>/dev/null
	) &
	watcher=$!
}

# held INPUT TOOL...: run it; it gets its input only when it has been seen.
held() {
	input=$1
	shift
	rm -f hold
	mkfifo hold
	"$@" <hold &
	pid=$!
	exec 8>hold
	wait_seen "$1"
	printf '%s' "$input" >&8
	exec 8>&-
	wait $pid
}

# Was TOOL seen while it ran?
wait_seen() {
	for _ in $(seq 400); do
		grep -qx "$1" seen && return
		sleep 0.05
	done
	echo "$1 was not seen"
	false
}

plant() {
	sme-vault init
	printf '%s' "$token" | sme-vault put --tenant t api access_token
	printf '%s' "$phrase" | sme-vault put --tenant t api password
	printf '%s' "$token" | sme-vault put --tenant u other
}

# No file below here, but for those of a network, holds a secret: as it is, as JSON, in base64, percent-encoded.
nowhere() {
	{
		for s in "$token" "$phrase"; do
			printf '%s\n' "$s"
			jq -rn --arg s "$s" '$s | tojson | .[1:-1]'
			jq -rn --arg s "$s" '$s | @uri'
			# Within base64 the first and last bytes depend on what is beside them.
			for skip in 0 1 2; do
				printf '%s' "${s:$skip}" | head -c $(((${#s} - skip) / 3 * 3)) | base64 -w0 | cut -c 1-20
				echo
			done
		done
	} | sed '/^$/d' | sort -u >/tmp/sme-wanted.$$
	run grep -raFl --exclude-dir=api -f /tmp/sme-wanted.$$ .
	rm -f /tmp/sme-wanted.$$
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "the search finds what it is to find" {
	printf 'x%sx' "$token" >here
	run nowhere
	[ "$status" -ne 0 ]
	jq -n --arg s "$phrase" '{a: $s}' >here
	run nowhere
	[ "$status" -ne 0 ]
	printf 'user:%s' "$token" | base64 -w0 >here
	run nowhere
	[ "$status" -ne 0 ]
	rm here
	nowhere
}

@test "sme-vault: nothing in files, messages, arguments or environment" {
	watch
	plant
	held "$token" sme-vault put -v --tenant t slow 2>err1
	sme-vault list -v --warn 9999d >list 2>err2
	for command in 'get --tenant u api' 'get --tenant t none' 'get --tenant t api none' 'rm --tenant u api' \
		'get --key-file nowhere x' 'put --tenant t api expires_at'; do
		# shellcheck disable=SC2086  # a list of words
		printf '%s' "$token" | sme-vault $command >>out3 2>>err3 && false
	done
	printf '{"a":"%s"' "$token" | sme-vault put x 2>>err3 && false
	printf '{"a":{"b":"%s"}}' "$token" | sme-vault put x 2>>err3 && false
	sme-vault rotate
	sme-vault export --new-key-file k copy
	head -c 150 home/vault >cut
	sme-vault get --vault cut --key-file home/vault.key x 2>>err3 && false
	nowhere
}

@test "a passphrase is nowhere either" {
	printf '%s\n' "$token" | sme-vault init --passphrase --key-fd 0
	watch
	held "$token"$'\nx' sme-vault put --key-fd 0 x
	printf '%sx\n' "$token" | sme-vault get --key-fd 0 x 2>err && false
	grep -q 'does not open it' err
	nowhere
}

# A network in api/ whose password and first tokens are the secrets, and an account on it.
network() {
	mkdir api
	cp "$BATS_TEST_DIRNAME/connector/chirp.jq" .
	printf '%s' "$token" >api/password
	"$(dirname "$(command -v sme-fetch)")/tools/api_test" api 3>&- &
	server=$!
	for _ in $(seq 100); do [ -s api/port ] && break; sleep 0.05; done
	cat >sme.jq <<-END
		{tenants: {t: {}, u: {}}, sources: [{name: "chirp", connector: "chirp.jq", handle: "@us", channel: "@us",
			tenant: "t", base: "http://127.0.0.1:$(cat api/port)", allow_private: ["127.0.0.1"]}]}
	END
	sme-vault init
	printf '%s' "$token" | sme-vault put --tenant t chirp password
	for i in 1 2 3; do
		echo "{\"id\":$i,\"text\":\"mention $i\",\"at\":\"2026-11-20T10:00:00Z\",\"by\":{\"name\":\"kim\"}}"
	done >api/mentions
}

@test "sme-fetch: a login, a renewed token, errors that say secrets back" {
	network
	echo none >api/token
	watch
	echo '/v1/mentions 1 slow 2500' >api/faults
	sme-fetch -v --all --rejects rejects --metrics metrics >out1 2>err1 &
	pid=$!
	wait_seen sme-fetch
	wait $pid
	[ "$(grep -c '"mention"' out1)" -eq 3 ]
	# The tokens that the login brought are secrets now too.
	session=$(sme-vault get --tenant t chirp access_token)
	refresh=$(sme-vault get --tenant t chirp refresh_token)
	[ -n "$session" ]
	for fault in "body {\"problem\":\"no\",\"message\":\"bad token $token for you\"}" \
		"body {\"problem\":\"no\",\"error\":\"$session\"}" "body $token" "body {\"data\":[{\"id\":9,\"text\":\"$token\",\"by\":{\"name\":\"x\"}}],\"next\":null}" \
		'status 401' 'status 403' 'status 500' 'status 429 Retry-After: 1' cut drop headers; do
		printf '/v1/mentions 9 %s\n' "$fault" >api/faults
		sme-fetch -v --all --backoff 1ms --tries 2 --rejects rejects >>out2 2>>err2 || true
	done
	grep -q 'bad token \*\*\*' err2
	printf '/login 9 status 500\n/refresh 9 status 500\n' >api/faults
	echo other >api/token
	sme-fetch -v --all --backoff 1ms --tries 2 >>out3 2>>err3 || true
	nowhere
	run grep -raF --exclude-dir=api -e "$session" -e "$refresh" .
	[ "$status" -eq 1 ] || { echo "$output"; false; }
	# Who used the entry is known.
	[ "$(jq -r 'select(.name == "chirp" and .tool == "sme-fetch") | .tenant' home/vault.audit | sort -u)" = t ]
	grep -q '"tool":"sme-fetch".*"action":"update"' home/vault.audit
}

@test "sme-publish: sent, refused, said back, and a dry run" {
	network
	echo none >api/token
	watch
	sme-fetch --all 2>>err1 | jq -c 'select(.type == "mention") | .reply =
		{state: "approved", key: "5eedc0ffee0\(.id[-1:])", text: ["Danke \(.id[-1:])"], source: "snippet:x", by: "agent-7"}' >todo
	[ "$(wc -l <todo)" -eq 3 ]
	sme-publish -n todo >dry 2>dry.err
	grep -q '/v1/posts' dry.err
	echo '/v1/posts 1 slow 2500' >api/faults
	head -n 1 todo | sme-publish -v >out2 2>err2 &
	pid=$!
	wait_seen sme-publish
	wait $pid
	[ "$(jq -r 'select(.type == "reply") | .state' out2)" = sent ]
	for fault in "body {\"problem\":\"no\",\"message\":\"bad token $token for you\"}" 'status 500' cut drop 'status 401'; do
		printf '/v1/posts 9 %s\n' "$fault" >api/faults
		sme-publish -v todo >>out3 2>>err3 || true
	done
	sme-publish --unknown >>out3 2>>err3 || true
	sme-fetch --capabilities >out4
	session=$(sme-vault get --tenant t chirp access_token)
	nowhere
	run grep -raF --exclude-dir=api -e "$session" .
	[ "$status" -eq 1 ] || { echo "$output"; false; }
}

@test "sme-fetch says when credentials are about to end" {
	network
	sme-vault put --tenant t chirp password_expires_at <<<2027-01-31T00:00:00Z
	sme-fetch --all --now 2027-01-01T00:00:00Z 2>err >out
	[ ! -s err ]
	sme-fetch --all --now 2027-01-20T00:00:00Z 2>err >out
	grep -q 'chirp: the credentials end at 2027-01-31T00:00:00Z; bring new ones to entry chirp of the vault' err
}

@test "an account of another tenant gets nothing" {
	network
	sed -i 's/tenant: "t"/tenant: "u"/' sme.jq
	run sme-fetch --all
	[ "$status" -ne 0 ]
	[[ $output == *"another tenant's entry"* ]]
	run grep -c POST api/log
	[ "$output" -eq 0 ]
	grep -q '"outcome":"denied"' home/vault.audit
	nowhere
}

@test "no core file, and nobody looks into the memory" {
	plant
	ulimit -c unlimited 2>/dev/null || true
	mkfifo hold
	sme-vault put --tenant t api password <hold &
	pid=$!
	exec 8>hold
	# The key is in memory, locked (the address sanitizer makes mlock do nothing); core files are off.
	lock='^VmLck:.*[1-9]'
	! grep -q __asan_init "$(command -v sme-vault)" || lock=VmLck
	for _ in $(seq 100); do
		grep -q "$lock" "/proc/$pid/status" && break
		sleep 0.02
	done
	grep -q "$lock" "/proc/$pid/status"
	[ "$(awk '/^Max core/ { print $5, $6 }' "/proc/$pid/limits")" = '0 0' ]
	printf '%s' "$token" >&8
	kill -SEGV $pid
	wait $pid || true
	exec 8>&-
	[ -z "$(find . -name 'core*')" ]
	nowhere
}

@test "the other tools find no way to it" {
	plant
	event='{"type":"mention","id":"x:a:1","tenant":"t","network":"x","text":"Kein Netz in Kiel"}'
	for tool in sme-classify sme-score sme-route sme-reply 'sme-publish -o out' 'sme-grep true' 'sme-log append log'; do
		# shellcheck disable=SC2086  # a list of words
		echo "$event" | $tool >>out1 2>>err1
	done
	sme-stats summary </dev/null >>out1
	before=$(wc -l <home/vault.audit)
	nowhere
	[ "$(wc -l <home/vault.audit)" -eq "$before" ]
	# They are not even linked with what could open it.
	for tool in classify score route reply grep log stats train; do
		run grep -c sodium "$(command -v sme-$tool)"
		[ "$output" -eq 0 ] || { echo "sme-$tool"; false; }
	done
}
