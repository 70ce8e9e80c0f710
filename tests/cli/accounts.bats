#!/usr/bin/env bats
# sme-fetch on accounts: whole polls of a small network, tests/tools/api_test.c, read by
# tests/cli/connector/chirp.jq.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME=$BATS_TEST_TMPDIR/home SME_CONFIG=$BATS_TEST_TMPDIR/sme.jq
	unset http_proxy https_proxy all_proxy
	mkdir api
	cp "$BATS_TEST_DIRNAME/connector/chirp.jq" .
	tool=$(command -v sme-fetch)
	"${API_TEST:-${tool%/*}/tools/api_test}" api 3>&- &
	server=$!
	for _ in $(seq 100); do
		[ -s api/port ] && break
		sleep 0.05
	done
	base=http://127.0.0.1:$(cat api/port)
	printf right >api/password
	echo none >api/token
	account
	sme-vault init
	printf right | sme-vault put chirp password
}

teardown() {
	kill "$server"
}

# The account, with more members.
account() {
	cat >sme.jq <<-EOF
	{sources: [{name: "chirp", connector: "chirp.jq", handle: "@us", base: "$base", channel: "@us",
		allow_private: ["127.0.0.1"]} + {${1-}}]}
	EOF
}

# Mentions FROM to TO.
mentions() {
	for i in $(seq "$1" "$2"); do
		printf '{"id":%s,"text":"mention %s","at":"2026-11-20T10:%02d:%02dZ","by":{"name":"kim"}}\n' \
			"$i" "$i" $((i / 60 % 60)) $((i % 60))
	done >>api/mentions
}

poll() {
	run --separate-stderr sme-fetch --backoff 10ms --tries 2 --all "$@"
	printf '%s\n' "$output" >>out
}

# The native ids of the mentions in a file, in order.
ids() {
	jq -r 'select(.type == "mention").id | sub(".*:"; "")' "$1" | paste -s -d ' '
}

coverage() {
	tail -n 1 <<<"$output"
}

asked() {
	grep -c "$1" api/log || true
}

@test "pages, events and a cursor: the second poll gives what is new" {
	mentions 1 12
	poll
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(ids out)" = "12 11 10 9 8 7 6 5 4 3 2 1" ]
	[ "$(coverage | jq -c '[.type, .network, .channel, .tenant, .from, .gaps, .events]')" = \
		'["coverage","chirp","@us","default",null,[],12]' ]
	to=$(coverage | jq -r .to)
	mentions 13 13
	: >out
	poll
	[ "$(ids out)" = 13 ]
	[ "$(coverage | jq -r .from)" = "$to" ]
	[ "$(asked 'GET /v1/mentions')" -eq 4 ]
	poll --again
	[ "$(ids out | wc -w)" -eq 14 ]
}

@test "ids of 64 bits stay what they are, as numbers and as texts" {
	for id in 9007199254740993 1234567890123456789 18446744073709551614 \
		17841400000000000017; do
		printf '{"id":%s,"text":"a","by":{"name":"x"}}\n{"id":"%s1","text":"a","by":{"name":"x"}}\n' \
			"$id" "${id%?}"
	done | sort -t : -k 2 >api/mentions
	account 'settings: {way: "up", size: 50}'
	poll
	[ "$status" -eq 0 ]
	for id in 9007199254740993 1234567890123456789 18446744073709551614 17841400000000000017; do
		grep -q "\"id\":\"chirp:127.0.0.1:$id\"" out
		grep -q "\"id\":\"chirp:127.0.0.1:${id%?}1\"" out
	done
}

@test "a login comes first, its token is kept and renewed, no secret is shown" {
	mentions 1 2
	poll -v
	[ "$(asked 'POST /login')" -eq 1 ]
	grep -q 'POST /login .*"user":"@us","password":"right"' api/log
	poll
	[ "$(asked 'POST /login')" -eq 1 ]
	# The token is no longer accepted.
	echo other >api/token
	poll -v
	[ "$status" -eq 0 ]
	[ "$(asked 'POST /refresh')" -eq 1 ]
	[ "$(asked 'POST /login')" -eq 1 ]
	# Nor is the refresh token.
	echo other >api/token
	echo other >api/refresh
	poll -v
	[ "$status" -eq 0 ]
	[ "$(asked 'POST /login')" -eq 2 ]
	# Nor is the password.
	echo other >api/token
	echo other >api/refresh
	echo other >api/password
	poll -v
	[ "$status" -eq 77 ]
	[[ "$stderr" == *"chirp: login: POST /login: HTTP 400: the password is not valid"* ]]
	run ! grep -rqE 'right|token-|refresh-' out home/cursors <<<"$stderr"
	[[ "$stderr" != *token-* ]]
}

@test "what the login told of the account stays what it is where it is mentioned" {
	echo '{"id":1,"text":"ask did:us:0123456789abcdef for it","by":{"name":"kim"}}' >api/mentions
	poll
	[ "$(jq -r 'select(.type == "mention").text' out)" = "ask did:us:0123456789abcdef for it" ]
}

@test "a secret that is not there to be filled in is text, wherever it stands" {
	printf '{"id":%s,"text":"%s","by":{"name":"{secret:password}"}}\n' 1 '{secret:access_token}' \
		2 '{secret:password} {\u0073ecret:password}' >api/mentions
	poll
	[ "$status" -eq 0 ]
	[ "$(jq -r 'select(.type == "mention").text' out | head -n 1)" = "{secret:password} {secret:password}" ]
	[ "$(jq -r 'select(.type == "mention").author.handle' out | sort -u)" = "{secret:password}" ]
	run ! grep -q right out
}

@test "a token that is about to end is renewed before it does" {
	mentions 1 1
	poll
	sme-vault put chirp expires_at <<<"$(date -u -d '+30 seconds' +%Y-%m-%dT%H:%M:%SZ)"
	poll
	[ "$(asked 'POST /refresh')" -eq 1 ]
	[ "$(asked 'HTTP 401')" -eq 0 ]
	poll
	[ "$(asked 'POST /refresh')" -eq 1 ]
}

@test "without credentials the account says what to do, the others go on" {
	mentions 1 1
	cat >sme.jq <<-EOF
	[{connector: "chirp.jq", base: "$base", allow_private: ["127.0.0.1"]}] as [\$a] | {sources: [
		\$a + {name: "none"}, \$a + {name: "chirp", handle: "@us"},
		\$a + {name: "broken", connector: "broken.jq"}]}
	EOF
	echo 'def meta: {' >broken.jq
	poll
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"none: "*"no "*"none"* ]]
	[[ "$stderr" == *"source broken: "*"broken.jq"* ]]
	[ "$(ids out)" = 1 ]
}

@test "limits: 429 with each style of header, Retry-After, in the body" {
	mentions 1 3
	poll
	last=10
	for fault in 'Retry-After: 1' 'X-Remaining: 0|X-Reset: @+1' \
		'{"parameters":{"retry_after":1}}'; do
		last=$((last + 1))
		printf '/v1 1 status 429 %s\n# %s\n' "$fault" "$last" >api/faults
		mentions $last $last
		poll
		[ "$status" -eq 0 ]
		[ "$(coverage | jq -c '[.gaps, .events]')" = '[[],1]' ]
		[ "$(asked "after=$((last == 11 ? 3 : last - 1))")" -eq 2 ]
	done
	[ "$(ids out)" = "3 2 1 11 12 13" ]
}

@test "a long pause ends the poll, over runs, and the next one goes on where it was" {
	mentions 1 12
	echo '/v1/mentions?limit=5&before=8 1 status 429 Retry-After: 100' >api/faults
	poll
	[ "$status" -eq 0 ]
	[ "$(ids out)" = "12 11 10 9 8" ]
	[ "$(coverage | jq -r '.gaps[0].reason')" = "rate limit" ]
	asked=$(asked GET)
	# Not before the pause is over.
	poll
	[ "$(asked GET)" -eq "$asked" ]
	[ "$(coverage | jq -r '.gaps[0].reason')" = "rate limit" ]
	# As if it were.
	sed -i 's/"not_before":"[^"]*"/"not_before":"2026-01-01T00:00:00Z"/' home/cursors/*.cursor
	mentions 13 13
	poll
	[ "$(coverage | jq -c '.gaps')" = '[]' ]
	[ "$(ids out)" = "12 11 10 9 8 7 6 5 4 3 2 1 13" ]
	run grep -c 'GET /v1/mentions?limit=5 ' api/log
	[ "$output" -eq 1 ]
}

@test "the page limit names the gap, and the next polls close it" {
	mentions 1 12
	poll --requests 1
	[ "$(coverage | jq -r '.gaps[0].reason')" = "page limit" ]
	poll --requests 1
	mentions 13 14
	poll --requests 10
	[ "$(coverage | jq -c '.gaps')" = '[]' ]
	[ "$(ids out)" = "12 11 10 9 8 7 6 5 4 3 2 1 14 13" ]
}

@test "errors: 5xx and cut answers are asked for again, others are told" {
	mentions 1 3
	poll
	last=3
	for fault in 'status 503' 'cut' 'drop' 'body {"problem":"busy"}' 'body {"data":['; do
		last=$((last + 1))
		printf '/v1 1 %s\n# %s\n' "$fault" "$last" >api/faults
		mentions $last $last
		poll
		[ "$status" -eq 0 ] || { echo "$fault: $stderr"; false; }
	done
	[ "$(ids out)" = "3 2 1 4 5 6 7 8" ]
	# Twice in a row is too much for two tries; nothing is lost.
	printf '/v1 2 status 500\n' >api/faults
	mentions 9 9
	poll
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"chirp: GET /v1/mentions: HTTP 500: a fault"* ]]
	[ "$(coverage | jq -r '.gaps[0].reason')" = error ]
	poll
	[ "$status" -eq 0 ]
	[ "$(ids out)" = "3 2 1 4 5 6 7 8 9" ]
	printf '/v1 1 body {"problem":"no way"}\n' >api/faults
	poll
	[ "$status" -eq 69 ]
}

@test "a page that fails in the middle is asked for once more, then the poll begins anew" {
	mentions 1 12
	echo '/v1/mentions?limit=5&before=8 4 status 500' >api/faults
	poll
	[ "$(ids out)" = "12 11 10 9 8" ]
	poll
	[ "$status" -eq 69 ]
	poll
	[ "$status" -eq 0 ]
	jq -r 'select(.type == "mention").id' out | sort -u | wc -l | grep -qx 12
}

@test "drift: the record is kept, the rest comes, an alert is out in the same run" {
	mentions 1 2
	echo '{"id":3,"text":null,"by":{"name":"kim"}}' >>api/mentions
	mentions 4 4
	poll --rejects rej
	[ "$status" -eq 1 ]
	[ "$(ids out)" = "4 2 1" ]
	run jq -c 'select(.type == "alert") | [.kind, .record, .path, .expected, .got, .count]' out
	[ "$output" = '["drift","post","text","string","null",1]' ]
	jq -e '.raw | contains("null")' rej
}

@test "an answer that the connector cannot read is kept" {
	mentions 1 2
	printf '/v1 1 body {"data":"odd","next":7}\n' >api/faults
	poll --rejects rej
	[ "$status" -eq 1 ]
	[[ "$(jq -r .raw rej)" == *odd* ]]
	poll
	[ "$(ids out)" = "2 1" ]
}

@test "duplicates and pages out of order are all handed on; sme-log drops the repeats" {
	mentions 5 6
	mentions 1 4
	mentions 5 5
	account 'settings: {way: "up", size: 3}'
	poll
	[ "$status" -eq 0 ]
	run sme-log append log <out
	[ "$(jq -r 'select(.type == "mention").id' <<<"$output" | sort | uniq -d)" = "" ]
}

@test "a bucket of the connector is kept over runs" {
	plain 'settings: {bucket: "read"}'
	poll
	poll
	[ "$status" -eq 0 ]
	poll
	[ "$status" -eq 0 ]
	[ "$(coverage | jq -r '.gaps[0].reason')" = "rate limit" ]
	[ "$(asked GET)" -eq 2 ]
}

@test "a poll that is killed in its middle goes on from there" {
	mentions 1 60
	echo '/v1/mentions 100 slow 400' >api/faults
	sme-fetch --all >out 2>err &
	pid=$!
	for _ in $(seq 200); do
		[ "$(asked GET)" -ge 6 ] && break
		sleep 0.05
	done
	kill -9 "$pid"
	wait "$pid" || true
	echo >api/faults
	poll
	[ "$status" -eq 0 ]
	[ "$(jq -r 'select(.type == "mention").id' out | sort -u | wc -l)" -eq 60 ]
	[ "$(asked 'GET /v1/mentions?limit=5 ')" -eq 1 ]
}

@test "what is optional may be missing; where nothing is asked for nothing was seen" {
	plain 'settings: {url: "/v1/none"}'
	poll
	[ "$status" -eq 69 ]
	[ "$(coverage | jq -r '.gaps[0].reason')" = error ]
	plain 'settings: {url: "/v1/none", optional: true}'
	poll -v
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"GET /v1/none: HTTP 404: not found"* ]]
	[ "$(coverage | jq -c .gaps)" = '[]' ]
	plain 'settings: {nothing: true}'
	poll -v
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ "$stderr" == *"by sme-hook"* ]]
}

# ---- hostile servers ----

# An account with a token and a key, read by plain.jq.
plain() {
	cp "$BATS_TEST_DIRNAME/connector/plain.jq" .
	rm -f api/token
	sme-vault put plain <<<'{"token": "T-planted", "key": "K-planted"}'
	cat >sme.jq <<-EOF
	{sources: [{name: "plain", connector: "plain.jq", base: "$base", allow_private: ["127.0.0.1"]} + {${1-}}]}
	EOF
	mentions 1 1
}

@test "a redirect takes no credentials to another host, and goes to no private one" {
	plain 'settings: {url: "/v1/x"}, allow_private: ["127.0.0.1", "::1"]'
	echo "/v1/x 1 status 302 Location: http://localhost:${base##*:}/v1/up" >api/faults
	poll
	[ "$status" -eq 0 ]
	grep -q '^GET /v1/x auth=Bearer T-planted key=K-planted' api/log
	grep -q '^GET /v1/up auth= key= ' api/log
	# To the same host they go along.
	printf '/v1/x 1 status 302 Location: /v1/up\n#\n' >api/faults
	poll
	grep -q '^GET /v1/up auth=Bearer T-planted key=K-planted' api/log
	for to in "http://127.0.0.2:${base##*:}/v1/up" "http://[::1]:${base##*:}/" 'http://10.0.0.1/' \
		'http://169.254.169.254/latest' "http://0.0.0.0:${base##*:}/" \
		"http://[::ffff:127.0.0.2]:${base##*:}/"; do
		plain 'settings: {url: "/v1/x"}'
		printf '/v1/x 1 status 302 Location: %s\n' "$to" >api/faults
		poll
		[ "$status" -eq 77 ] || { echo "$to: $status"; false; }
		[[ "$stderr" == *"not public; list it in allow_private"* ]] || { echo "$to: $stderr"; false; }
	done
	for to in file:///etc/passwd gopher://127.0.0.1/ ftp://127.0.0.1/; do
		printf '/v1/x 2 status 302 Location: %s\n' "$to" >api/faults
		poll
		[ "$status" -eq 69 ]
		[[ "$stderr" == *"only http and https are followed"* ]]
		[[ "$output$stderr" != *root:* ]]
	done
}

@test "behind a proxy hosts are judged by name" {
	export http_proxy=$base
	mentions 1 1
	run --separate-stderr sme-fetch --tries 1 http://news.example/feed
	grep -q '^GET http://news.example/feed ' api/log
	for to in http://10.0.0.1/feed http://nas/feed http://localhost:1/feed 'http://[::1]/feed'; do
		printf 'http://news.example 1 status 302 Location: %s\n' "$to" >api/faults
		run --separate-stderr sme-fetch --tries 1 http://news.example/feed
		[ "$status" -eq 69 ]
		[[ "$stderr" == *"not public; list"* || "$stderr" == *"is not a public host"* ]] || { echo "$stderr"; false; }
		run ! grep -q "GET $to" api/log
	done
	plain 'base: "http://api.example"'
	poll
	[ "$status" -eq 78 ]
	run ! grep -q planted api/log
}

@test "credentials go to the hosts of the account only, whatever a page links to" {
	plain 'settings: {follow: true, url: "/v1/mentions?limit=1"}, allow_private: ["127.0.0.1", "::1"]'
	echo "/v1/mentions 1 status 200 Link: <http://localhost:${base##*:}/v1/up>; rel=\"next\"|{\"data\":[]}" \
		>api/faults
	poll
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"no credentials are sent to localhost"* ]]
	run ! grep -q '/v1/up' api/log
}

@test "no secret goes over plain HTTP to an address that is not listed" {
	plain 'allow_private: []'
	poll
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"plain http would show the secret to everybody on the way; use https, or list 127.0.0.1"* ]]
	[ ! -s api/log ]
	plain 'allow_private: ["10.0.0.0/8"]'
	poll
	[ "$status" -eq 78 ]
	plain 'allow_private: ["127.0.0.0/8"]'
	poll
	[ "$status" -eq 0 ]
}

@test "a login is not redirected, whatever the network says" {
	echo '/login 1 status 307 Location: /v1/posts' >api/faults
	poll
	[ "$status" -eq 77 ]
	[[ "$stderr" == *"POST /login: HTTP 307"* ]]
	[ ! -e api/posts ]
}

@test "endless answers and headers, and those that drip, are given up" {
	plain
	for fault in endless:'larger than 67108864 bytes' headers:'headers are larger' \
		drip:'drips, with less than 100 bytes'; do
		echo "/v1 2 ${fault%%:*}" >api/faults
		poll --timeout 3s
		[ "$status" -eq 69 ] || { echo "$fault: $status $stderr"; false; }
		[[ "$stderr" == *"${fault#*:}"* ]] || { echo "$fault: $stderr"; false; }
	done
}

@test "certificates are checked, and an account may bring its own authority" {
	command -v openssl >/dev/null || skip "no openssl"
	plain
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost 2>/dev/null
	mkdir -p www/v1
	printf 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n%s' \
		'{"data":[{"id":7,"text":"over TLS","by":{"name":"kim"}}]}' >www/v1/up
	(cd www && exec openssl s_server -accept 127.0.0.1:0 -cert ../cert.pem -key ../key.pem -HTTP >../tls 2>&1 3>&-) &
	tls=$!
	for _ in $(seq 100); do
		grep -q ACCEPT tls && break
		sleep 0.05
	done
	port=$(sed -n 's/^ACCEPT .*://p' tls)
	plain "base: \"https://localhost:$port\""
	poll
	[ "$status" -eq 69 ]
	[[ "$stderr" == *certificate* ]] || { echo "$stderr"; cat tls; false; }
	[ "$(coverage | jq -r .events)" -eq 0 ]
	plain "base: \"https://localhost:$port\", ca: \"cert.pem\""
	poll
	[ "$status" -eq 0 ]
	[ "$(ids out)" = 7 ]
	# Right authority, wrong name.
	plain "base: \"https://127.0.0.1:$port\", ca: \"cert.pem\""
	poll
	kill $tls
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"subject name"* ]]
}

# ---- more than one ----

@test "two processes that find the token dead renew it once" {
	sed 's/^{sources/{vault: {path: "home\/vault"}, sources/' sme.jq >two.jq
	export SME_CONFIG=$PWD/two.jq
	mentions 1 3
	poll
	[ "$status" -eq 0 ]
	for n in 1 2 3 4; do
		echo "dead $n" >api/token
		SME_HOME=$PWD/a sme-fetch --all >a.out 2>a.err &
		one=$!
		SME_HOME=$PWD/b sme-fetch --all >b.out 2>b.err &
		two=$!
		wait $one
		wait $two
		[ ! -s a.err ]
		[ ! -s b.err ]
	done
	[ "$(asked 'POST /refresh')" -eq 4 ]
	[ "$(asked 'POST /login')" -eq 1 ]
	sme-vault list | jq -e '.fields | contains(["password", "access_token", "refresh_token"])'
}

@test "two accounts of one entry, in one run, renew its token once" {
	mentions 1 3
	poll
	echo dead >api/token
	cat >sme.jq <<-EOF
	[{connector: "chirp.jq", handle: "@us", base: "$base", secret: "chirp",
		allow_private: ["127.0.0.1"]}] as [\$a] | {sources: [range(8) | \$a + {name: "n\(.)"}]}
	EOF
	poll
	[ "$status" -eq 0 ]
	[ "$(asked 'POST /refresh')" -eq 1 ]
	[ "$(jq -s '[.[] | select(.type == "coverage" and .gaps == [])] | length' out)" -eq 9 ]
}

@test "--follow polls each account at its own interval until it is told to stop" {
	mentions 1 2
	account 'interval: "100ms"'
	sme-fetch --all --follow 1h >followed 2>err &
	pid=$!
	for _ in $(seq 100); do
		[ "$(ids followed | wc -w)" -eq 2 ] && break
		sleep 0.05
	done
	mentions 3 3
	for _ in $(seq 100); do
		[ "$(ids followed | wc -w)" -eq 3 ] && break
		sleep 0.05
	done
	kill "$pid"
	wait "$pid"
	[ "$(ids followed)" = "2 1 3" ]
	[ ! -s err ]
}

@test "accounts, feeds and files in one run; a kill by a signal saves nothing half" {
	mentions 1 2
	cp "$BATS_TEST_DIRNAME/fetch/rss.xml" .
	account
	sed -i 's/{sources: \[/&{name: "file", type: "feed", path: "rss.xml"}, /' sme.jq
	poll
	[ "$status" -eq 0 ]
	[ "$(jq -s '[.[] | select(.type == "mention")] | length' out)" -eq 4 ]
	[ "$(jq -rs '[.[] | select(.type == "mention").network] | unique | join(" ")' out)" = "chirp feed" ]
}

@test "a reader that leaves early gets everything again next time" {
	mentions 1 400
	account 'settings: {size: 200}'
	sme-fetch --all | head -n 1 >first
	poll
	[ "$(jq -r 'select(.type == "mention").id' out | sort -u | wc -l)" -eq 400 ]
}
