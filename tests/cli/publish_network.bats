#!/usr/bin/env bats
# sme-publish with accounts: tests/tools/counting_server.c is the network.
bats_require_minimum_version 1.5.0

setup_file() {
	export LC_ALL=C
	"$BATS_TEST_DIRNAME/../../${B:-build}/tools/counting_server" "$BATS_FILE_TMPDIR/port" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/pid"
	for _ in $(seq 50); do
		[ -s "$BATS_FILE_TMPDIR/port" ] && break
		sleep 0.1
	done
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
	PATH="$BATS_TEST_DIRNAME/../../${B:-build}:$PATH"
	unset SME_CONFIG
	export XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/none" SME_HOME="$BATS_TEST_TMPDIR/home"
	cd "$BATS_TEST_TMPDIR" || return
	now=2026-11-22T09:30:00Z
	url=http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
	world=l-$BATS_TEST_NUMBER-0
	configure '{lookup: true, delay: "250ms"}'
}

# configure OFFER [MEMBERS OF publish] [SETTINGS]: one account of the tenant north, one of south.
configure() {
	sed "s/OFFER/$1/" "$BATS_TEST_DIRNAME/../fault/counting.jq" >count.jq
	cat >sme.jq <<-END
		{publish: {backoff: "20ms" ${2:+, $2}},
		 tenants: {north: {accounts: ["@north"], hours: {mon: ["08:00-18:00"]}}, south: {}},
		 sources: [
		  {name: "acc", connector: "count.jq", tenant: "north", channel: "@n", instance: "i", handle: "north",
		   base: "$url/$world", allow_private: ["127.0.0.1"], settings: {${3:-}}},
		  {name: "other", connector: "count.jq", tenant: "south", channel: "@s", instance: "j",
		   base: "$url/$world", allow_private: ["127.0.0.1"]}]}
	END
}

# mention N [TEXT] [MEMBERS] [MEMBERS OF reply]
mention() {
	printf '{"type":"mention","id":"count:i:%s","tenant":"north","network":"count","channel":"@n",' "$1"
	printf '"created_at":"2026-11-22T09:00:00Z","author":{"id":"count:i:u%s","handle":"kim%s"}%s,' "$1" "$1" "$3"
	printf '"text":"hi","reply":{"state":"approved","text":["%s"],"source":"snippet:s"%s,"key":"%016d"}}\n' \
		"${2:-Hello $1}" "$4" "$1"
}

publish() { sme-publish -c sme.jq --now $now --wait 5s "$@"; }
count() { curl -s "$url/$world/count"; }
bodies() { curl -s "$url/$world/bodies"; }
states() { jq -r 'select(.type != "mention" and .key) | "\(.state) \(.gate // "-") \(.reason // "-")"'; }

# refuses GATE REASON: of the mention on standard input.
refuses() {
	publish >out
	states <out >states
	cat states
	grep -q "^held $1 .*$2" states
	[ -z "$(count)" ]
}

@test "a reply goes out once, and the event says where it is" {
	mention 1 >in
	run --separate-stderr publish in
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "${lines[0]}" = "$(cat in)" ]
	id=$(jq -r 'select(.type == "reply") | .sent[0].id' <<<"$output")
	[ "$(jq -c 'select(.type == "reply")' <<<"$output")" = "{\"type\":\"reply\",\"id\":\"count:i:$id\",\"tenant\":\"north\",\"network\":\"count\",\"channel\":\"@n\",\"in_reply_to\":\"count:i:1\",\"created_at\":\"$now\",\"state\":\"sent\",\"key\":\"0000000000000001\",\"via\":\"count\",\"account\":\"acc\",\"text\":\"Hello 1\",\"parts\":[\"Hello 1\"],\"sent\":[{\"id\":\"$id\",\"url\":\"http://count.example/$id\"}],\"source\":\"snippet:s\",\"auto\":true,\"url\":\"http://count.example/$id\",\"direct\":false,\"thread\":null,\"to\":{\"id\":\"count:i:u1\",\"handle\":\"kim1\"}}" ]
	[ "$(bodies)" = '{"key":"0000000000000001-0","text":"Hello 1","after":null,"to":"1","at":"2026-11-22T09:30:00Z"}' ]
	# Again, later, and its own output: the same, and nothing more goes out.
	echo "$output" >once
	sme-publish -c sme.jq in | cmp - once
	sme-publish -c sme.jq once | cmp - once
	[ "$(count)" = "0000000000000001-0 1" ]
	[ "$(stat -c %a home/sme.db)" = 600 ]
}

@test "a long reply goes out in parts, each behind the one before" {
	mention 1 "This is one sentence. And this is another one, with https://example.org/a-link-that-is-long in it." >in
	publish in >out
	[ "$(bodies | jq -r .text)" = "$(printf '%s\n' "This is one sentence." "And this is another one, with" \
		"https://example.org/a-link-that-is-long" "in it.")" ]
	[ "$(bodies | jq -r .after | tail -n +2)" = "$(jq -r 'select(.sent) | .sent[:-1][].id' out)" ]
	[ "$(jq -r 'select(.sent) | .parts | length' out)" = 4 ]
}

@test "what cannot be cut is held" {
	mention 1 "https://example.org/a-link-that-is-far-too-long-for-it" | refuses length "too long"
}

@test "several publishers at once" {
	for i in $(seq 12); do mention "$i"; done >in
	for p in 1 2 3; do publish in >"out.$p" & done
	wait
	[ "$(count | grep -c ' 1$')" -eq 12 ]
	[ "$(count | wc -l)" -eq 12 ]
	for p in 1 2 3; do
		[ "$(jq -r 'select(.state == "sent") | .key' "out.$p" | sort -u | wc -l)" -eq 12 ]
	done
}

@test "other channels go to the directory, and what is there is not sent again" {
	mention 1 | sed 's/"channel":"@n"/"channel":"@elsewhere"/; s/count:i:1/count:x:1/' >in
	publish in | states | grep -Fx "sent - -"
	[ -f home/outbox/0000000000000001.json ]
	mention 1 | sed 's/count:i:1/count:x:1/' | publish | grep -c '"via":"outbox"' | grep -Fx 1
	[ -z "$(count)" ]
}

@test "gate tenant: no account of another tenant" {
	mention 1 | sed 's/"@n"/"@s"/; s/count:i:1/count:x:1/' | refuses tenant "belongs to another tenant"
}

@test "gate approval: it has an end" {
	mention 1 '' '' ',"expires_at":"2026-11-22T09:00:00Z"' | refuses approval "ended"
}

@test "gate rule: private stays private, windows, who may be answered" {
	mention 1 '' ',"direct":true' ',"private":false' | refuses rule "in private only"
	mention 2 '' ',"direct":true' | sed 's/2026-11-22T09:00/2026-11-20T09:00/' | refuses rule "window of 1d ended"
	# A person may answer later; and so may all when there was a message since.
	mention 3 '' ',"direct":true' ',"by":"agent-7"' | sed 's/2026-11-22T09:00/2026-11-20T09:00/' >in
	mention 4 '' ',"direct":true' | sed 's/2026-11-22T09:00/2026-11-20T09:00/' >>in
	{ mention 4 '' ',"direct":true' | sed 's/approved/none/'; cat in; } | publish | states >states
	[ "$(grep -c ^sent states)" -eq 2 ]
	sed -i 's/reply: {window_direct/reply: {summoned: true, window_direct/; s/"reply.private", //' count.jq
	world=l-$BATS_TEST_NUMBER-1
	mention 5 | refuses rule "mentioned or quoted"
	mention 6 '' ',"ref":{"summoned":true}' | publish | states | grep -q ^sent
	mention 7 '' '' | sed 's/"hi"/"Hey @North, hi"/' | publish | states | grep -q ^sent
	mention 8 '' '' ',"private":true' | publish | states | grep -q '^held rule .*reply.private'
}

@test "gate budget: what a network takes in a time, and money" {
	configure '{lookup: true, delay: "250ms"}' '' 'bucket: "scarce"'
	for i in 1 2 3; do mention "$i"; done >in
	run --separate-stderr publish in
	[ "$status" -eq 0 ]
	states <<<"$output" >states
	[ "$(grep -c ^sent states)" -eq 2 ]
	grep -q '^waiting budget .*"scarce" takes 2 in 1h' states
	# It opens by itself.
	now=2026-11-22T10:20:00Z
	publish </dev/null | states | grep -c . | grep -Fx 0
	now=2026-11-22T10:30:01Z
	publish </dev/null | states | grep -Fx "sent - -"
	configure '{lookup: true, delay: "250ms"}' 'budget: {day: 2, accounts: {acc: {day: 1.9}}}'
	mention 4 >in
	publish in | states | grep -q "^waiting budget the account's budget of the day: 1.5 of 1.9 spent, this one costs 0.5"
	now=2026-11-23T00:00:00Z
	publish </dev/null | states | grep -Fx "sent - -"
}

@test "gate duplicate: the same text, machines, ourselves, one automatic answer while closed" {
	mention 1 Thanks >in
	mention 2 Thanks | sed 's/u2/u1/' >>in
	publish in | states >states
	grep -Fx "sent - -" states
	grep -q "^held duplicate the same text" states
	world=l-$BATS_TEST_NUMBER-1
	configure '{lookup: true, delay: "250ms"}'
	mention 3 '' ',"auto":true' | refuses duplicate "machine"
	mention 4 | sed 's/"handle"/"bot":true,"handle"/' | refuses duplicate "bot"
	mention 5 '' '' ',"by":"agent-7"' | sed 's/kim5/NORTH/' | refuses duplicate "own accounts"
	# 2026-11-22 is a Sunday: closed all day.
	mention 6 Yes ',"thread":"t"' >in
	mention 7 No ',"thread":"t"' | sed 's/u7/u6/' >>in
	mention 8 Perhaps ',"thread":"t"' ',"by":"agent-7"' | sed 's/u8/u6/' >>in
	publish in | states >states
	[ "$(sort states | cut -c 1-60)" = "held duplicate this person got an automatic answer already i
sent - -
sent - -" ]
}

@test "gate claim: what was written under a claim that is stale does not go out" {
	mention 1 | sed 's/,"reply":.*/,"route":{"queue":"inbox"}}/' | sme-case ingest --tenant north >/dev/null
	desk() { sme-case "$@" --tenant north; }
	key=$(desk list --json | jq -r .case)
	old=$(desk claim -a lea --lease 1s --now 2026-11-22T09:00:00Z "$key" | jq .fence)
	echo 'Von Lea' | desk reply -a lea --fence "$old" --now 2026-11-22T09:00:00Z "$key" >lea
	new=$(desk claim -a ben --now 2026-11-22T09:01:00Z "$key" | jq .fence)
	refuses claim "the claim is stale: its token is $old, that of the case $new" <lea
	echo 'Von Ben' | desk reply -a ben --fence "$new" --now 2026-11-22T09:01:00Z "$key" >ben
	# Closed at once: the answer is on its way, and stays so.
	desk close -a ben --now 2026-11-22T09:01:00Z "$key"
	publish ben | states | grep -Fx 'sent - -'
	[ "$(bodies | jq -r .text)" = 'Von Ben' ]
}

@test "an answer that is lost: it is looked up, repeated, or asked of a person" {
	for offer in '{lookup: true, delay: "250ms"}' '{repeat: "1h"}'; do
		case $offer in *repeat*) world=k-f2-1 ;; *) world=l-f2-1 ;; esac
		rm -rf home
		configure "$offer"
		mention 1 | publish | states >states
		grep -q "^unknown - " states
		[ "$(tail -n 1 states)" = "sent - -" ]
		[ "$(count)" = "0000000000000001-0 1" ]
	done
	# Cut after (2) and before (1) it happened, and neither can be told apart.
	for world in n-f2-1 n-f1-1; do
		rm -rf home
		configure '{idempotency: "none"}'
		mention 1 >in
		run publish in
		[ "$status" -eq 0 ]
		[[ "$output" == *"sent or not, nobody knows: 1 (sme-publish --unknown lists them)"* ]]
		sme-publish --unknown >unknown
		[ "$(jq -r '"\(.key) \(.part) \(.account) \(.to) \(.text) \(.next_look)"' unknown)" = \
			"0000000000000001 0 acc count:i:u1 Hello 1 null" ]
		publish </dev/null
		if [ -n "$(count)" ]; then
			run sme-publish -c sme.jq --tenant north --resolve 0000000000000001 sent p77
			[ "$(jq -r '"\(.id) \(.state)"' <<<"$output")" = "count:i:p77 sent" ]
		else
			run sme-publish -c sme.jq --tenant north --resolve 0000000000000001 not-sent
			[ "$(jq -r .state <<<"$output")" = waiting ]
			publish </dev/null | states | grep -Fx "sent - -"
		fi
		[ -z "$(sme-publish --unknown)" ]
		[ "$(count)" = "0000000000000001-0 1" ]
		run sme-publish -c sme.jq --tenant north --resolve 0000000000000001 not-sent
		[ "$status" -eq 65 ]
	done
	run sme-publish -c sme.jq --resolve 0000000000000009 not-sent
	[ "$status" -eq 66 ]
	run sme-publish -c sme.jq --resolve 0000000000000001 perhaps
	[ "$status" -eq 64 ]
}

@test "too many requests: tried again, in this run or by the next" {
	world=l-f7-2
	configure '{lookup: true, delay: "250ms"}'
	mention 1 >in
	run --separate-stderr publish --wait 0s in
	[ "$status" -eq 75 ]
	[[ "$stderr" == *"still to be sent: 1"* ]]
	states <<<"$output" | grep -q "^waiting - .*429"
	now=2026-11-22T09:31:00Z
	run --separate-stderr publish
	[ "$status" -eq 0 ]
	[ "$(states <<<"$output")" = "sent - -" ]
	[ "$(count)" = "0000000000000001-0 1" ]
}

@test "a stream that waits for more is no reason not to try again" {
	world=l-f7-1
	configure '{lookup: true, delay: "250ms"}'
	mkfifo pipe
	sme-publish -c sme.jq <pipe >out &
	exec 7>pipe
	mention 1 >&7
	for _ in $(seq 300); do
		states <out | grep -q ^sent && break
		sleep 0.1
	done
	[ "$(states <out | cut -d ' ' -f 1 | tr '\n' ' ')" = "waiting sent " ]
	exec 7>&-
	wait $!
	[ "$(count)" = "0000000000000001-0 1" ]
}

@test "posts, and not before their time" {
	post='{"type":"post","id":"p","tenant":"north","network":"count","channel":"@n","state":"approved","key":"postpost1","text":"News","at":"2026-11-22T12:00:00Z"}'
	echo "$post" >in
	publish in | cmp - in
	[ -z "$(count)" ]
	now=2026-11-22T12:00:00Z
	publish in >out
	[ "$(jq -r 'select(.sent) | "\(.type) \(.state) \(.in_reply_to) \(.text)"' out)" = "post sent null News" ]
	[ "$(bodies | jq -r .to)" = null ]
	sed 's/12:00:00Z/noon/; s/postpost1/postpost2/' in >bad
	run publish bad
	[ "$status" -eq 1 ]
	[[ "$output" == *"at: expected a time"* ]]
}

# Elsewhere, at thousands a day, live messages waited half an hour behind bulk work, and came out in another order than
# they had been written.
@test "live answers do not wait behind a campaign, nor behind what an earlier run has left" {
	configure '{lookup: true, delay: "250ms"}' '' ''
	sed -i 's/write: {n: 100, per: "1h"}/write: {n: 9000, per: "1h"}/' count.jq
	for i in $(seq 100 699); do
		echo "{\"type\":\"post\",\"id\":\"p$i\",\"tenant\":\"north\",\"network\":\"count\",\"channel\":\"@n\",\"state\":\"approved\",\"key\":\"campaign$i\",\"text\":\"News $i\",\"at\":\"2026-11-22T12:00:00Z\"}"
	done >posts
	publish posts >/dev/null
	[ -z "$(count)" ]
	# At noon all of them are due; a customer's answer comes in, and one has waited since.
	now=2026-11-22T11:59:00Z
	world=l-f7-01 # not that of another test
	sed -i "s|/l-[^\"]*|/$world|" sme.jq
	mention 1 | sme-publish -c sme.jq --now $now --wait 0s >/dev/null 2>&1 || true
	now=2026-11-22T12:00:00Z
	mention 2 | publish --wait 5m >/dev/null
	bodies | jq -r .text >out
	[ "$(wc -l <out)" -eq 602 ]
	[ "$(head -n 1 out)" = 'Hello 1' ]
	[ "$(grep -n 'Hello 2' out | cut -d: -f1)" -lt 602 ]
	# The campaign goes in its order.
	grep News out | sort -c
}

@test "our own reply is changed and removed, all its parts" {
	mention 1 "This is one sentence. And this is another one." | publish >out
	ids=$(jq -r 'select(.sent) | .sent[].id' out)
	mention 2 "This was one sentence. And this was another one." '' ',"kind":"edit","of":"0000000000000001"' |
		sed 's/count:i:2/count:i:1/' | publish | jq -r 'select(.state) | "\(.kind) \(.state)"' | grep -Fx "edit sent"
	mention 3 '' '' ',"kind":"delete","of":"0000000000000001"' | publish | states | grep -Fx "sent - -"
	[ "$(bodies | jq -r '.changes // empty')" = "$ids" ]
	[ "$(bodies | jq -r '.removes // empty')" = "$ids" ]
	mention 4 '' '' ',"kind":"delete","of":"0000000000000099"' | publish | states | grep -q "^held rule what it would delete is not out"
	run bash -c "$(declare -f mention); mention 5 '' '' ',\"kind\":\"shout\"' | sme-publish -c sme.jq"
	[ "$status" -eq 1 ]
}

@test "--dry-run shows the exact requests, and no secret" {
	sed -i 's/headers: {/headers: {"Authorization": "Bearer {secret:token}", /' count.jq
	mention 1 "This is one sentence. And this is another one." >in
	run --separate-stderr publish -n in
	[ "$status" -eq 0 ]
	[ "$output" = "$(cat in)" ]
	[[ "$stderr" == *"would send reply 0000000000000001, part 1 of 2, by acc"*"POST $url/$world/post"* ]]
	[[ "$stderr" == *"Authorization: Bearer {secret:token}"*'"text":"This is one sentence."'* ]]
	[ ! -e home/sme.db ]
	mention 2 '' '' ',"expires_at":"2026-11-22T09:00:00Z"' >in
	run --separate-stderr publish -n in
	[[ "$stderr" == *"not sent: approval: the approval ended"* ]]
	[ -z "$(count)" ]
	# What was sent before closes gates, too, and looking books nothing.
	configure '{lookup: true, delay: "250ms"}' 'budget: {day: 1}'
	mention 3 | publish >/dev/null
	mention 4 >in
	for _ in 1 2 3; do
		run --separate-stderr publish -n in
		[[ "$stderr" != *"not sent"* ]]
	done
	mention 5 | publish >/dev/null
	run --separate-stderr publish -n in
	[[ "$stderr" == *"costs 0.5"*"not sent now: budget: budget of the day: 1 of 1 spent"* ]]
}

@test "the key of another reply, an account that is gone" {
	mention 1 | publish >/dev/null
	mention 1 "Something else" >in
	run publish in
	[ "$status" -eq 1 ]
	[[ "$output" == *"is in sme.db for another reply"* ]]
	world=l-f7-9
	configure '{lookup: true, delay: "250ms"}'
	mention 2 | publish --wait 0s >/dev/null 2>&1 || true
	sed -i 's/"acc"/"renamed"/' sme.jq
	now=2026-11-22T10:00:00Z
	publish </dev/null | states | grep -q "^waiting - its account is not in the configuration"
}

@test "a database that is damaged, foreign, newer or locked" {
	mention 1 >in
	mkdir home
	echo "this is no database, however long one looks at it" >home/sme.db
	run publish in
	[ "$status" -eq 65 ]
	[[ "$output" == *"home/sme.db: not a database"* ]]
	command -v sqlite3 >/dev/null || skip "no sqlite3"
	rm -r home
	publish </dev/null
	sqlite3 home/sme.db 'PRAGMA user_version = 99'
	run publish in
	[ "$status" -eq 65 ]
	[[ "$output" == *"newer version"* ]]
	sqlite3 home/sme.db 'PRAGMA user_version = 1; PRAGMA application_id = 1'
	run publish in
	[ "$status" -eq 65 ]
	[[ "$output" == *"another program"* ]]
	[ -z "$(count)" ]
}
