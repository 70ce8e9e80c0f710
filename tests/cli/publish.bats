#!/usr/bin/env bats
# sme-publish as a stranger uses it.
bats_require_minimum_version 1.5.0

setup() {
	PATH="$BATS_TEST_DIRNAME/../../${B:-build}:$PATH"
	unset SME_CONFIG
	export LC_ALL=C XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/none" SME_HOME="$BATS_TEST_TMPDIR/home"
	cd "$BATS_TEST_TMPDIR" || return
	now=2026-11-22T09:30:00Z
}

# mention N STATE [MEMBERS]: with a reply in that state.
mention() {
	printf '{"type":"mention","id":"x:%s","tenant":"north","network":"x","channel":"@north","author":{"id":"u:%s","handle":"kim"},"thread":"t\\/1","direct":true%s,"reply":{"state":"%s","text":["Hallo \\u00e4","zwei"],"source":"snippet:s","p":null,"why":[],"key":"%032d"}}\n' \
		"$1" "$1" "$3" "$2" "$1"
}

@test "an approved reply becomes a file, and then an event" {
	mention 1 approved >in
	run --separate-stderr sme-publish -o out --now $now in
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "${lines[0]}" = "$(cat in)" ]
	[ "${lines[1]}" = '{"type":"reply","id":"outbox:north:00000000000000000000000000000001","tenant":"north","network":"x","channel":"@north","in_reply_to":"x:1","created_at":"2026-11-22T09:30:00Z","text":"Hallo \u00e4 zwei","state":"sent","key":"00000000000000000000000000000001","via":"outbox","parts":["Hallo \u00e4","zwei"],"source":"snippet:s","thread":"t\/1","url":null,"direct":true,"to":{"id":"u:1","handle":"kim"}}' ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(cat out/00000000000000000000000000000001.json)" = "${lines[1]}" ]
	[ "$(stat -c %a out/00000000000000000000000000000001.json)" = 600 ]
	[ "$(stat -c %a out)" = 700 ]
}

@test "twice, and later, changes nothing" {
	for i in 1 2 3; do mention $i approved; done >in
	sme-publish -o out --now $now in >once
	cp -a out before
	sme-publish -o out --now 2027-01-01T00:00:00Z in >twice
	cmp once twice
	diff -r out before
	# Its own output as input: the reply events do not come a second time.
	sme-publish -o out once | cmp - once
	[ "$(find out -type f | wc -l)" -eq 3 ]
}

@test "several at once send each reply once and say the same" {
	for i in $(seq 60); do mention "$i" approved; done >in
	for p in 1 2 3 4 5; do sme-publish -j 2 -o out in >"out.$p" & done
	wait
	for p in 2 3 4 5; do cmp out.1 "out.$p"; done
	[ "$(find out -type f | wc -l)" -eq 60 ]
	[ "$(grep -c '"type":"reply"' out.1)" -eq 60 ]
}

@test "what is not approved is not sent, and every line passes untouched" {
	{
		mention 1 suggested
		mention 2 held
		mention 3 none
		mention 4 sent
		echo ' { "type" : "mention" , "n":[1.10, 9007199254740993,1E2,-0.0],"text":"\u006b\/","x":1,"x":2 }	'
		echo '{"type":"reply","id":"r","reply":{"state":"approved","text":["x"],"key":"00000001"}}'
		echo '{"type":"mention","reply":"approved"}'
		echo '{"type":"mention","reply":{"state":["approved"]}}'
	} >in
	sme-publish -o out in | cmp - in
	[ -z "$(find out -type f)" ]
}

@test "a reply that cannot be sent is rejected with the reason" {
	bad() {
		echo "$1" >in
		run sme-publish -o out in
		[ "$status" -eq 1 ]
		echo "$output"
		[[ "$output" == *"$2"* ]]
		[ -z "$(find out -type f)" ]
	}
	for key in '"../../../tmp/x"' '"short"' '""' 'null' '12345678' '"a/bcdefgh"' '"abc\u0041defgh"' '".abcdefgh"'; do
		bad "{\"type\":\"mention\",\"id\":\"x\",\"reply\":{\"state\":\"approved\",\"text\":[\"x\"],\"key\":$key}}" reply.key
	done
	for text in '[]' '""' '"x"' '[""]' '[1]' 'null' '["x",null]'; do
		bad "{\"type\":\"mention\",\"id\":\"x\",\"reply\":{\"state\":\"approved\",\"text\":$text,\"key\":\"00000001\"}}" reply.text
	done
	bad '{"type":"mention","reply":{"state":"approved","text":["x"],"key":"00000001"}}' 'id: '
}

@test "a file that is damaged or belongs to another mention is not passed off as ours" {
	mention 1 approved >in
	mkdir -p out
	file=out/00000000000000000000000000000001.json
	for content in '' 'x' '{"type":"reply","in_reply_to":"x:2","tenant":"north"}' \
		'{"type":"reply","in_reply_to":"x:1","tenant":"south"}' \
		"$(printf '{"type":"reply","in_reply_to":"x:1","tenant":"north"}\n{}')"; do
		echo "$content" >$file
		cp $file before
		run sme-publish -o out in
		[ "$status" -eq 1 ]
		[[ "$output" == *"damaged or answers another"* ]]
		cmp $file before
	done
	printf '{"type":"reply","in_reply_to":"x:1","tenant":"north"' >$file
	run sme-publish -o out in
	[ "$status" -eq 1 ]
	rm $file
	ln -s /etc/passwd $file
	run sme-publish -o out in
	[ "$status" -eq 74 ]
}

@test "where the outbox is: option, configuration, state" {
	mention 1 approved >in
	echo '{publish: {outbox: "from-config"}}' >sme.jq
	sme-publish -c sme.jq -o from-option in >/dev/null
	[ -f from-option/00000000000000000000000000000001.json ]
	(cd / && sme-publish -c "$BATS_TEST_TMPDIR/sme.jq" "$BATS_TEST_TMPDIR/in") >/dev/null
	[ -f from-config/00000000000000000000000000000001.json ]
	sme-publish in >/dev/null
	[ -f home/outbox/00000000000000000000000000000001.json ]
}

@test "--dry-run only says what would be sent" {
	{ mention 1 approved; mention 2 suggested; mention 3 approved; } >in
	mkdir kept
	sme-publish -o kept in -q >/dev/null
	rm kept/*1.json
	run --separate-stderr sme-publish -n -o kept in
	[ "$status" -eq 0 ]
	[ "$output" = "$(cat in)" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ "$stderr" == *"would send "*'"in_reply_to":"x:1"'* ]]
	[ ! -e kept/00000000000000000000000000000001.json ]
	sme-publish -n -o nowhere in 2>/dev/null >/dev/null
	[ ! -e nowhere ]
}

@test "an outbox that cannot be made or written" {
	mention 1 approved >in
	run sme-publish -o in in
	[ "$status" -eq 73 ]
	run sme-publish -o /proc/nowhere in
	[ "$status" -eq 73 ]
	[ "$(id -u)" -ne 0 ] || skip "root may write everywhere"
	mkdir -m 500 locked
	run sme-publish -o locked in
	[ "$status" -eq 73 ]
}

@test "a full disk: status 74, nothing half, and the next run makes it good" {
	for i in 1 2 3; do mention $i approved; done >in
	run bash -c 'set -o pipefail; (trap "" XFSZ; ulimit -f 0; exec sme-publish -o out in 2>&1) | cat'
	[ "$status" -eq 74 ]
	[[ "$output" == *"sme-publish: outbox out: "* ]]
	[[ "$output" != *'"type":"reply"'* ]]
	[ -z "$(find out -type f)" ]
	sme-publish -o out in | grep -c '"type":"reply"' | grep -Fx 3
	[ "$(find out -name '*.json' | wc -l)" -eq 3 ]
	[ -w /dev/full ] || skip
	run bash -c 'sme-publish -o out in >/dev/full'
	[ "$status" -eq 74 ]
}

@test "remains of killed runs are cleared away, young ones are left alone" {
	mkdir out
	touch out/.unfinished-young out/other
	touch -d '2 hours ago' out/.unfinished-old
	mention 1 approved | sme-publish -o out >/dev/null
	[ ! -e out/.unfinished-old ]
	[ -e out/.unfinished-young ]
	[ -e out/other ]
}

@test "a closed pipe, empty input, usage" {
	yes "$(mention 1 suggested)" | head -n 5000 >in
	run --separate-stderr bash -c 'sme-publish -o out in | head -n 1'
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 1 ]
	run bash -c 'sme-publish -o out </dev/null'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run sme-publish --nonsense
	[ "$status" -eq 64 ]
	run bash -c 'echo "{x}" | sme-publish -o out -q'
	[ "$status" -eq 1 ]
}

@test "what was written under a claim that is stale does not become a file" {
	mention 1 approved | sed 's/,"reply":.*/,"route":{"queue":"inbox"}}/' | sme-case ingest >/dev/null
	desk() { sme-case "$@" --tenant north; }
	key=$(desk list --json | jq -r .case)
	old=$(desk claim -a lea --lease 1s --now 2026-11-22T09:00:00Z "$key" | jq .fence)
	echo 'Von Lea' | desk reply -a lea --fence "$old" --now 2026-11-22T09:00:00Z "$key" >lea
	new=$(desk claim -a ben --now 2026-11-22T09:01:00Z "$key" | jq .fence)
	echo 'Von Ben' | desk reply -a ben --fence "$new" --now 2026-11-22T09:01:00Z "$key" >ben
	run --separate-stderr sme-publish -n -o out lea
	[[ "$stderr" == "sme-publish: would not send "*": the claim is stale: its token is $old, that of the case $new" ]]
	cat lea ben | sme-publish -o out --now $now >once
	[ "$(jq -r 'select(.type == "reply") | [.state, .gate, .reason, .text] | map(. // "-") | join("|")' once)" = \
		"held|claim|the claim is stale: its token is $old, that of the case $new|Von Lea
sent|-|-|Von Ben" ]
	[ "$(cat out/*.json)" = "$(tail -n 1 once)" ]
	# Its own output as input: nothing stands there twice, and nothing more is sent.
	sme-publish -o out --now 2026-11-22T10:00:00Z once >twice
	[ "$(jq -c 'del(.created_at)' twice)" = "$(jq -c 'del(.created_at)' once)" ]
	[ "$(find out -name '*.json' | wc -l)" -eq 1 ]
	# What is out stays out, also when somebody else claims the case afterwards.
	desk release -a ben --now 2026-11-22T09:02:00Z "$key"
	desk claim -a max --now 2026-11-22T09:03:00Z "$key" >/dev/null
	[ "$(sme-publish -o out ben | tail -n 1)" = "$(tail -n 1 once)" ]
	# Another tenant, a case that the desk does not know, or no desk: there is nothing to compare with.
	sed 's/"tenant":"north"/"tenant":"south"/; s/"key":"../"key":"ff/' lea | sme-publish -o out --now $now | grep -q '"state":"sent"'
	SME_HOME=$PWD/nowhere sme-publish -o elsewhere --now $now lea | grep -q '"state":"sent"'
	[ ! -e nowhere ]
}
