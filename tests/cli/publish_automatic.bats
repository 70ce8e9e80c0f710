#!/usr/bin/env bats
# Answers that go out by themselves, through sme-route, sme-reply and sme-publish: how often, to whom, and never
# while a person is at it.  tests/tools/counting_server.c is the network.
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
	export XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/none" SME_HOME="$BATS_TEST_TMPDIR/home" SME_CONFIG="$BATS_TEST_TMPDIR/sme.jq"
	cd "$BATS_TEST_TMPDIR" || return
	url=http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
	world=l-$BATS_TEST_NUMBER-0
	sed 's/OFFER/{lookup: true, delay: "250ms"}/' "$BATS_TEST_DIRNAME/../fault/counting.jq" >count.jq
	account="{name: \"acc\", connector: \"count.jq\", tenant: \"north\", channel: \"@n\", instance: \"i\", handle: \"north\",
		base: \"$url/$world\", allow_private: [\"127.0.0.1\"]}"
	configure
}

# configure [MEMBERS OF publish]: open on weekdays; @late on Saturdays only.
configure() {
	cat >sme.jq <<-END
		{publish: {backoff: "20ms" ${1:+, $1}},
		 tenants: {north: {accounts: ["@north"],
		  hours: ("mon tue wed thu fri" | split(" ") | map({key: ., value: ["08:00-18:00"]}) | from_entries),
		  calendars: {late: {hours: {sat: ["10:00-24:00"]}, channels: ["@late"]}},
		  snippets: [{name: "ack", when: ".route.action == \"ack\"", text: "{handle} {opens_at} {url}", auto: true},
		   {name: "faq", when: ".text == \"faq\"", text: "See {url}", auto: true}]}},
		 sources: [$account]}
	END
}

# wrote N AUTHOR THREAD TIME [JQ]: 2026-11-27 is a Friday.
wrote() {
	jq -nc --arg n "$1" --arg author "$2" --arg thread "$3" --arg at "$4" '{type: "mention", id: "count:i:\($n)",
		tenant: "north", network: "count", channel: "@n", created_at: $at, author: {id: "count:i:\($author)", handle: $author},
		thread: "count:i:\($thread)", text: "hi", url: "x.de/\($n)"}'" | ${5:-.}"
}

# sweep TIME: what is on standard input.  Status 0 or 1, a table of what became of it.
sweep() {
	sme-route --sweep --now "$1" --digest digest | sme-reply | sme-publish --now "$1" --wait 5s |
		jq -r 'select(.type == "reply") | "\(.in_reply_to | sub("count:i:"; "")) \(.state)\(.gate // "" | sub("^(?<g>.)"; " \(.g)"))"'
}

bodies() { curl -s "$url/$world/bodies"; }

@test "once an author, thread and closed period, over many sweeps" {
	scene() {
		night=2026-11-27T22:00:00Z
		wrote 1 kim t1 $night >first
		wrote 2 kim t1 2026-11-27T22:01:00Z >>first # again in the thread
		wrote 3 kim t2 2026-11-27T22:02:00Z >>first # another thread
		wrote 4 lea t1 2026-11-27T22:03:00Z >>first # another author
		[ "$(sweep 2026-11-27T22:10:00Z <first | sort | paste -sd,)" = '1 sent,2 held duplicate,3 sent,4 sent' ]
		# The next sweep of that weekend: others, and they again.
		wrote 5 kim t1 2026-11-28T09:00:00Z >second
		wrote 6 lea t2 2026-11-28T09:01:00Z >>second
		[ "$(sweep 2026-11-28T09:10:00Z <second | sort | paste -sd,)" = '5 held duplicate,6 sent' ]
		# The same again, in one, and late: nothing goes out that has not.
		cat first second | sweep 2026-11-29T20:00:00Z >again
		[ "$(grep -c sent again)" -eq 4 ]
		# The next closed period: once more each.
		wrote 7 kim t1 2026-11-30T22:00:00Z >third
		wrote 8 kim t1 2026-11-30T23:00:00Z >>third
		[ "$(sweep 2026-11-30T23:30:00Z <third | sort | paste -sd,)" = '7 sent,8 held duplicate' ]
		[ "$(sent | sort | paste -sd,)" = '1,3,4,6,7' ]
		[ "$(says 7)" = 'kim 2026-12-01 08:00 UTC x.de/7' ]
		[ "$(says 6)" = 'lea 2026-11-30 08:00 UTC x.de/6' ]
	}
	sent() { bodies | jq -r .to; }
	says() { bodies | jq -r "select(.to == \"$1\").text"; }
	scene
	# The same by the directory.
	rm -r home
	account=''
	configure
	sent() { jq -r '.in_reply_to | sub("count:i:"; "")' home/outbox/*.json; }
	says() { jq -r "select(.in_reply_to == \"count:i:$1\").text" home/outbox/*.json; }
	scene
	[ "$(find home/outbox/once -name '*.json' | wc -l)" -eq 5 ]
}

@test "the closed period is that of the channel's calendar" {
	sed -i 's/channel: "@n"/channel: "@late"/' sme.jq
	wrote 1 kim t1 2026-11-27T22:00:00Z '.channel = "@late"' >in      # Friday night
	wrote 2 kim t1 2026-11-28T09:59:59Z '.channel = "@late"' >>in     # the same, to Saturday 10:00
	wrote 3 kim t1 2026-11-29T00:00:00Z '.channel = "@late"' >>in     # the next, to the next Saturday
	[ "$(sweep 2026-11-28T09:59:59Z <in | sort | paste -sd,)" = '1 sent,2 held duplicate,3 sent' ]
	[ "$(bodies | jq -r .text | paste -sd,)" = 'kim 2026-11-28 10:00 UTC x.de/1,kim 2026-12-05 10:00 UTC x.de/3' ]
}

@test "without a route the hours of the tenant tell, and nobody without an id is answered twice in a thread" {
	approved() { wrote "$@" | jq -c 'del(.author.id) | .reply = {state: "approved", text: ["back soon \(.id)"], key: "0000000000\(.id[-1:])"}'; }
	{ approved 1 kim t1 2026-11-27T22:00:00Z; approved 2 kim t1 2026-11-28T22:00:00Z; approved 3 kim t2 2026-11-28T22:00:00Z; } >in
	sme-publish --now 2026-11-29T08:00:00Z in | jq -r 'select(.type == "reply") | .state' >states
	[ "$(paste -sd, states)" = 'sent,held,sent' ]
}

@test "we are back at 8 is not said after 8" {
	wrote 1 kim t1 2026-11-27T22:00:00Z | sme-route --sweep --now 2026-11-27T22:10:00Z --digest digest | sme-reply >in
	for now in 2026-11-30T08:00:00Z 2026-11-30T07:59:59Z; do
		sme-publish --now $now in | jq -r 'select(.type == "reply") | "\(.state) \(.gate)"'
		rm -r home
	done >states
	[ "$(paste -sd, states)" = 'held approval,sent null' ]
	sed -i 's/"count.jq"/"count.jq", channel: "@other"/' sme.jq
	sme-publish --now 2026-11-30T08:00:00Z in | jq -e 'select(.type == "reply") | .state == "held" and .gate == "approval"'
	[ -z "$(find home/outbox -maxdepth 1 -type f)" ]
}

# Mail servers, ticket systems and bots that are answered answer again (complaints: thousands of mails over night).
@test "never to bots, no-reply addresses, own accounts or what a machine sent, whatever stage is asked" {
	n=0
	for machine in '.author.bot = true' '.score.bot = 0.95' '.author.handle = "no-reply"' '.author.id = "count:i:MAILER-DAEMON@x.de"' \
		'.author.handle = "@North"' '.auto = true'; do
		n=$((n + 1))
		wrote $n kim$n t$n 2026-11-27T22:00:00Z "$machine" >m
		sme-route --sweep --digest digest <m | jq -e '.route.action != "ack"'
		# As if a rule or a snippet had wanted it, or somebody else made the reply.
		jq -c '.route = {action: "ack", after_hours: true, opens_at: "2026-11-30T08:00:00Z"}' m >acked
		[ "$(sme-reply <acked | jq -r .reply.state)" = none ]
		jq -c ".reply = {state: \"approved\", text: [\"Hello $n\"], source: \"snippet:x\", key: \"0000000$n\"}" acked >>approved
	done
	sme-publish --now 2026-11-27T22:10:00Z approved | jq -r 'select(.type == "reply") | "\(.state) \(.gate)"' >states
	[ "$(grep -c '^held' states)" -eq 6 ]
	[ -z "$(bodies)" ]
}

# Two machines that do not say that they are ones.
@test "a loop ends" {
	configure 'loop: {answers: 3, within: "1h"}'
	for i in 1 2 3 4 5; do
		wrote $i robot t$i "2026-11-27T12:0$i:00Z" '.text = "faq"' | sweep "2026-11-27T12:0$i:00Z"
	done >states
	[ "$(paste -sd, states)" = '1 sent,2 sent,3 sent,4 held duplicate,5 held duplicate' ]
	wrote 6 kim t6 2026-11-27T12:06:00Z '.text = "faq"' | sweep 2026-11-27T12:06:00Z | grep -Fx '6 sent'
	wrote 7 robot t7 2026-11-27T13:30:00Z '.text = "faq"' | sweep 2026-11-27T13:30:00Z | grep -Fx '7 sent'
}

# ---- a machine talks over a person ----
#
# Elsewhere the bot went on answering after an agent had taken over, one more message slipped out between the look
# and the sending, and what an agent wrote in the network's own app was not seen at all.

# asks N THREAD TIME: of kim, with an automatic answer ready.
asks() {
	wrote "$1" kim "$2" "$3" ".reply = {state: \"approved\", text: [\"Auto $1\"], source: \"snippet:x\", auto: true, key: \"0000000$1\"}${4:+ | $4}"
}

# becomes N TIME: of the automatic answer to N, with what is on standard input before it.
becomes() {
	sme-publish --now "$2" --wait 5s | jq -r "select(.type == \"reply\" and .in_reply_to == \"count:i:$1\" and .state) |
		\"\(.state)\(.gate // \"\" | sub(\"^(?<g>.)\"; \" \(.g)\"))\"" | tail -n 1
}

@test "a person's answer, however it went out, ends the automatic ones in the thread" {
	t=2026-11-27T12:00:00Z
	seen() { printf '{"type":"reply","id":"count:i:r%s","tenant":"north","network":"count","channel":"@n","created_at":"%s","state":"sent"%s}\n' "$1" "$t" "$2"; }
	# Seen in the stream, as echo of what was written in the network's own app; private, too.
	{ seen 1 ',"thread":"count:i:t1"'; asks 1 t1 $t; } | becomes 1 $t | grep -Fx 'held person'
	{ seen 2 ',"in_reply_to":"count:i:2"'; asks 2 t2 $t; } | becomes 2 $t | grep -Fx 'held person'
	{ seen 3 ',"direct":true,"thread":"count:i:kim"'; asks 3 t3 $t '.direct = true'; } | becomes 3 $t | grep -Fx 'held person'
	{ seen 4 ',"direct":true,"to":{"id":"count:i:lea"}'; asks 4 t4 $t '.direct = true | .author.id = "count:i:lea"'; } |
		becomes 4 $t | grep -Fx 'held person'
	# By one of our accounts.
	{ wrote 50 north t5 $t; asks 5 t5 $t; } | becomes 5 $t | grep -Fx 'held person'
	# By sme-publish.
	{ asks 60 t6 $t '.reply.by = "lea" | .reply.auto = false'; asks 6 t6 $t; } | becomes 6 $t | grep -Fx 'held person'
	# It lasts, in other runs too, and not for ever; other threads and other tenants do not mind.
	asks 7 t6 2026-11-28T11:59:59Z | becomes 7 2026-11-28T11:59:59Z | grep -Fx 'held person'
	asks 8 t6 2026-11-28T12:00:01Z | becomes 8 2026-11-28T12:00:01Z | grep -Fx sent
	{ seen 9 ',"thread":"count:i:t1"' | sed 's/"north"/"south"/'; asks 9 t9 $t; } | becomes 9 $t | grep -Fx sent
	# What machines wrote is no person's.
	{ seen 10 ',"thread":"count:i:t10","auto":true'; seen 11 ',"thread":"count:i:t10","source":"snippet:x"'
		seen 12 ',"thread":"count:i:t10"' | sed 's/"sent"/"held"/'; asks A t10 $t; } | becomes A $t | grep -Fx sent
	[ "$(bodies | jq -r .text | paste -sd,)" = 'Auto 60,Auto 8,Auto 9,Auto A' ]
}

@test "our own answer that comes back from the network is no person's" {
	t=2026-11-27T12:00:00Z
	asks 1 t1 $t | sme-publish --now $t >out
	id=$(jq -r 'select(.sent).id' out)
	{
		jq -nc --arg id "$id" '{type: "reply", id: $id, tenant: "north", network: "count", channel: "@n", thread: "count:i:t1", state: "sent"}'
		wrote 0 north t1 $t ".id = \"$id\""
		jq -nc '{type: "reply", id: "count:i:other", part_key: "00000001-0", tenant: "north", thread: "count:i:t1", state: "sent"}'
		asks 2 t1 $t
	} | becomes 2 $t | grep -Fx sent
}

@test "who holds the case at the desk is not talked over; who closes it hands it back" {
	t=2026-11-27T12:00:00Z
	desk() { sme-case "$@" --tenant north; }
	wrote 1 kim t1 $t '.route = {queue: "inbox"}' | desk ingest >/dev/null
	desk claim -a lea --lease 10m --now $t count:i:t1 >/dev/null
	asks 2 t1 2026-11-27T12:05:00Z | becomes 2 2026-11-27T12:05:00Z | grep -Fx 'held person'
	echo 'Lea here' | desk reply -a lea --now 2026-11-27T12:06:00Z count:i:t1 | becomes 1 2026-11-27T12:06:00Z | grep -Fx sent
	asks 3 t1 2026-11-27T12:20:00Z | becomes 3 2026-11-27T12:20:00Z | grep -Fx 'held person'
	desk close -a lea --now 2026-11-27T12:30:00Z count:i:t1
	asks 4 t1 2026-11-27T12:40:00Z | becomes 4 2026-11-27T12:40:00Z | grep -Fx sent
	[ "$(bodies | jq -r .text | paste -sd,)" = 'Lea here,Auto 4' ]
}

@test "in any order of customer, machine and person nothing of a machine follows a person" {
	for seed in 1 2 3; do
		rm -rf home
		awk -v seed="$seed" 'BEGIN {
			srand(seed)
			for (i = 1; i <= 120; i++) {
				t = int(rand() * 12)
				at = sprintf("2026-11-27T1%d:%02d:%02dZ", i / 60, i % 60, 0)
				head = "\"tenant\":\"north\",\"network\":\"x\",\"channel\":\"@n\",\"created_at\":\"" at "\",\"thread\":\"t" t "\""
				if (rand() < .15)
					printf "{\"type\":\"reply\",\"id\":\"x:1:r%d\",%s,\"state\":\"sent\"}\n", i, head
				else
					printf "{\"type\":\"mention\",\"id\":\"count:i:%d\",%s,\"author\":{\"id\":\"u%d\"},\"reply\":{\"state\":\"approved\",\"text\":[\"%d.%d\"],\"source\":\"s\",\"auto\":true,\"key\":\"%d-%06d\"}}\n", i, head, i, seed, i, seed, i
			}
		}' | sed 's/"network":"x"/"network":"count"/' >in
		split -l 30 in part.
		for part in part.*; do sme-publish --now 2026-11-27T12:00:00Z --wait 5s "$part"; done >out
		# Of each thread: no automatic answer behind the first of a person, and one to each mention before.
		jq -rs 'map(select(.type == "reply" or .type == "mention")) | group_by(.thread)[] |
			(map(.type == "reply" and .via == null) | index(true)) as $person |
			.[$person // length:] | map(select(.auto and .state == "sent").id)[]' out >over
		[ ! -s over ]
		[ "$(jq -r 'select(.state == "sent" and .auto).id' out | wc -l)" -gt 10 ]
		[ "$(jq -r 'select(.gate == "person").id' out | wc -l)" -gt 10 ]
	done
}
