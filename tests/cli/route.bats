#!/usr/bin/env bats
# sme-route as a stranger uses it.
bats_require_minimum_version 1.5.0

setup() {
	PATH="$BATS_TEST_DIRNAME/../../${B:-build}:$PATH"
	unset SME_CONFIG
	export LC_ALL=C XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/none"
	cd "$BATS_TEST_TMPDIR" || return
	cat >sme.jq <<'END'
# Two brands; neither may see the other's work.
{tenants: {
  north: {timezone: "Europe/Berlin", accounts: ["@north"], languages: ["de", "en"],
    hours: {fri: ["08:00-20:00"], sat: ["22:00-02:00"]}, holidays: ["2026-12-25"],
    queues: [{name: "inbox", sla: "4h"}, {name: "network", skills: ["network"], sla: "36m"}],
    rules: [
      {name: "outage", when: ".text | test(\"kein netz\"; \"i\")", queue: "network", priority: 10,
       skills: ["network", "cell"], action: "ack"},
      {name: "vip", when: ".author.followers > 1000", sla: "15m", priority: 5},
      {name: "night", when: "(.created_at | .[11:13]) == \"03\"", queue: "inbox"}]},
  south: {match: "all",
    queues: [{name: "south"}, {name: "money", sla: "1d"}],
    rules: [
      {name: "bill", when: ".text | contains(\"Rechnung\")", queue: "money", priority: 3, skills: ["bill"]},
      {name: "angry", when: ".class.sentiment.label == \"negative\"", queue: "south", sla: "1h", priority: 2.5,
       action: "hold"},
      {name: "everything", priority: 1, sla: "2h", action: "ignore"}]}}}
END
}

# event KEY VALUE...: a mention of north with these members besides.
event() {
	local more=""
	while [ $# -gt 0 ]; do
		more="$more,\"$1\":$2"
		shift 2
	done
	printf '{"type":"mention","id":"x:1","tenant":"north"%s}\n' "$more"
}

route() {
	sme-route -c sme.jq | jq -c .route
}

@test "without a configuration there is one queue and no service level" {
	run bash -c 'echo "{\"type\":\"mention\",\"id\":\"x:1\",\"text\":\"Hi\"}" | sme-route'
	[ "$status" -eq 0 ]
	[ "$output" = '{"type":"mention","id":"x:1","text":"Hi","route":{"queue":"inbox","skills":[],"priority":0,"rule":null,"due_at":null,"sla":null,"clock":null,"after_hours":false,"action":null}}' ]
}

@test "the first rule that holds decides" {
	run route <<<"$(event text '"Kein NETZ hier"' created_at '"2026-11-20T10:00:00Z"' author '{"followers":5000}' lang_hint '"de-AT"' score '{"priority":68.25}')"
	[ "$output" = '{"queue":"network","skills":["network","cell","de"],"priority":78.25,"rule":"outage","due_at":"2026-11-20T10:36:00Z","sla":"36m","clock":"wall","after_hours":false,"action":"ack"}' ]
}

@test "a rule without queue goes to the default one and keeps its own service level" {
	run route <<<"$(event text '"Hi"' created_at '"2026-11-20T10:00:00Z"' author '{"followers":5000}')"
	[ "$output" = '{"queue":"inbox","skills":[],"priority":5,"rule":"vip","due_at":"2026-11-20T10:15:00Z","sla":"15m","clock":"wall","after_hours":false,"action":null}' ]
}

@test "with match all, effects gather and the first word stays" {
	run route <<<'{"type":"mention","id":"x:1","tenant":"south","text":"Rechnung!","created_at":"2026-11-20T10:00:00Z","class":{"lang":{"code":"tr","p":0.9},"sentiment":{"label":"negative"}}}'
	[ "$output" = '{"queue":"money","skills":["bill","tr"],"priority":6.5,"rule":"bill","rules":["bill","angry","everything"],"due_at":"2026-11-20T11:00:00Z","sla":"1h","clock":"wall","after_hours":false,"action":"hold"}' ]
}

@test "a tenant's rules never see another tenant's events" {
	# Words that south waits for, said to north, and the other way round.
	run route <<<"$(event text '"Rechnung"' class '{"sentiment":{"label":"negative"}}')"
	[ "$(jq -r .rule <<<"$output")" = null ]
	run route <<<'{"type":"mention","id":"x:1","tenant":"south","text":"kein netz","author":{"followers":9999}}'
	[ "$(jq -c .rules <<<"$output")" = '["everything"]' ]
	run route <<<'{"type":"mention","id":"x:1","tenant":"unknown","text":"kein netz Rechnung"}'
	[ "$(jq -c '[.queue,.rule]' <<<"$output")" = '["inbox",null]' ]
	# Without a tenant it is "default", which is not configured here.
	run route <<<'{"type":"mention","id":"x:1","text":"kein netz Rechnung"}'
	[ "$(jq -c '[.queue,.rule]' <<<"$output")" = '["inbox",null]' ]
}

@test "changing one tenant's events changes no byte of another's output" {
	for i in 1 2 3 4 5 6 7 8; do
		event text "\"kein netz $i\"" created_at "\"2026-11-20T10:00:0${i}Z\""
		echo "{\"type\":\"mention\",\"id\":\"s:$i\",\"tenant\":\"south\",\"text\":\"Rechnung $i\"}"
	done >mixed
	grep -v south mixed >alone
	sme-route -c sme.jq <mixed | grep -v south >a
	sme-route -c sme.jq <alone >b
	cmp a b
	{ grep south mixed | tac; cat alone; } | sme-route -c sme.jq | grep -v south >c
	cmp a c
}

@test "the arrival is created_at, unless that lies behind fetched_at" {
	run route <<<"$(event created_at '"2099-01-01T00:00:00Z"' fetched_at '"2026-11-20T10:00:00Z"')"
	[ "$(jq -r .due_at <<<"$output")" = 2026-11-20T14:00:00Z ]
	run route <<<"$(event created_at '"2026-11-20T10:00:00+02:00"' fetched_at '"2026-11-20T10:00:00Z"')"
	[ "$(jq -r .due_at <<<"$output")" = 2026-11-20T12:00:00Z ]
	run route <<<"$(event created_at '"soon"')"
	[ "$(jq -c '[.due_at,.sla,.clock]' <<<"$output")" = '[null,"4h","wall"]' ]
}

@test "after hours: holidays of a region and of a calendar" {
	cat >regions.jq <<-'EOF'
		{tenants: {o2: {timezone: "Europe/Berlin", holidays: ["DE-BY", "own.ics"],
		  hours: {mon: ["08:00-20:00"], wed: ["08:00-20:00"], thu: ["08:00-20:00"]}}}}
	EOF
	printf 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261125\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n' >own.ics
	at() { sme-route -c regions.jq <<<"{\"type\":\"mention\",\"id\":\"x:1\",\"tenant\":\"o2\",\"created_at\":\"$1\"}" | jq .route.after_hours; }
	[ "$(at 2026-06-04T10:00:00Z)" = true ]  # Corpus Christi
	[ "$(at 2026-06-11T10:00:00Z)" = false ]
	[ "$(at 2026-11-25T10:00:00Z)" = true ]  # of the company
	[ "$(at 2026-11-18T10:00:00Z)" = false ] # off in Saxony only
}

@test "after hours: spans over midnight, holidays, the zone of the tenant" {
	hours() { route <<<"$(event created_at "\"$1\"")" | jq .after_hours; }
	[ "$(hours 2026-11-20T06:59:59Z)" = true ]  # Friday 07:59:59 in Berlin
	[ "$(hours 2026-11-20T07:00:00Z)" = false ]
	[ "$(hours 2026-11-20T19:00:00Z)" = true ]
	[ "$(hours 2026-11-22T00:59:00Z)" = false ] # Sunday 01:59, Saturday's span
	[ "$(hours 2026-11-22T01:00:00Z)" = true ]
	[ "$(hours 2026-12-25T10:00:00Z)" = true ]  # a Friday, but Christmas
	[ "$(hours 2026-07-17T06:00:00Z)" = false ] # 08:00 in summer
}

@test "a language that the tenant does not speak is no skill" {
	run route <<<"$(event lang_hint '"en"' class '{"lang":{"code":"tr"}}')"
	[ "$(jq -c .skills <<<"$output")" = '[]' ]
	run route <<<"$(event lang_hint '"en"' class '{"lang":{"code":"und"}}')"
	[ "$(jq -c .skills <<<"$output")" = '["en"]' ]
}

@test "own accounts and other types pass unchanged" {
	event author '{"handle":"North"}' text '"kein netz"' >in
	echo '{"type":"reply","id":"r:1","text":"kein netz"}' >>in
	echo '{"type":"delete","id":"x:1"}' >>in
	sme-route -c sme.jq <in | cmp - in
}

@test "twice is once, and every other byte stays" {
	cat >in <<'END'
 { "type" : "mention" , "id":"x:1",  "n":[1.10, 9007199254740993,1E2,-0.0], "text":"\u006bein \ud83d\ude21\/", "x":{"route":1}, "x":2 }	
{"route":{"old":true},"type":"mention","id":"x:2"}
{"type":"mention"}
END
	sme-route -c sme.jq <in >once
	sme-route -c sme.jq <once | cmp - once
	sed -n 1p once | grep -F ' { "type" : "mention" , "id":"x:1",  "n":[1.10, 9007199254740993,1E2,-0.0], "text":"\u006bein \ud83d\ude21\/", "x":{"route":1}, "x":2 ,"route":{"queue":"inbox"'
	sed -n 2p once | grep -E '^\{"route":\{"queue":"inbox".*\},"type":"mention","id":"x:2"\}$'
}

@test "threads do not change the output" {
	yes "$(event text '"kein netz NR"' author '{"followers":NR}')" | head -n 3000 |
		awk '{ gsub(/NR/, NR); print }' >in
	sme-route -c sme.jq <in >one
	sme-route -c sme.jq -j 4 <in | cmp - one
}

@test "--trace shows which rules were tried" {
	event text '"nichts"' created_at '"2026-11-20T03:00:00Z"' author '{"followers":2000}' >in
	sme-route -c sme.jq --trace <in >out 2>trace
	grep -E '^x:1 of north$' trace
	grep -E '^  miss +outage$' trace
	grep -E '^  hit +vip  sla 15m  priority \+5$' trace
	grep -E '^  not tried +night$' trace
	sme-route -c sme.jq <in | cmp - out
}

@test "--trace: a condition that fails does not hold, and outsiders cannot drive the terminal" {
	printf '{"type":"mention","tenant":"north","id":"x\\u001b[31m\\u009b"}\n' |
		sme-route -c sme.jq --trace 2>trace >/dev/null
	grep -E '^  error +outage' trace
	run grep -c -e "$(printf '\033')" -e "$(printf '\302\233')" trace
	[ "$output" = 0 ]
}

@test "mistakes in the configuration name their place" {
	bad() {
		echo "{tenants: {t: {$1}}}" >bad.jq
		run sme-route -c bad.jq </dev/null
		echo "$output"
		[ "$status" -eq 78 ]
		[[ "$output" == *"$2"* ]]
	}
	bad 'rules: [{name: "a", when: ".x =="}]' '.tenants.t.rules[0].when'
	# What is jq, and surely not what was meant.
	bad 'rules: [{name: "a", when: "(.text|test(3))"}]' '.tenants.t.rules[0].when: condition:1:13: test looks for a text in double quotes'
	bad 'rules: [{name: "a", when: "# .direct"}]' '.tenants.t.rules[0].when: condition:1:1: there is no condition'
	bad 'rules: [{name: "a", when: ".x = 1"}]' '.tenants.t.rules[0].when: condition:1:4: "=" changes the event; to compare, write "=="'
	bad 'rules: [{name: "a", when: ".a and (.b | test(\"(\"))"}]' '.rules[0].when: condition:1:19: Regex failure: end pattern with unmatched parenthesis'
	bad 'rules: [{name: "a", when: ".b | test(\"x\"; \"q\")"}]' 'condition:1:11: q is not a valid modifier string'
	bad 'rules: [{name: "a", when: ".a && .b"}]' 'condition:1:4: this character has no meaning here: write "and"'
	bad 'rules: [{name: "a", when: ".a || .b"}]' 'condition:1:5: syntax error: unexpected |: write "or"'
	bad "rules: [{name: \"a\", when: \".a == 'x'\"}]" 'condition:1:7: texts stand in double quotes'
	bad 'rules: [{name: "a", when: ".a | tets(\"x\")"}]' 'condition:1:6: tets/1 is not defined'
	bad 'rules: [{name: "a", when: 3}]' 'expected a jq condition such as ".direct", got 3'
	bad 'rules: [{name: "a", priority: "high"}]' 'expected a number from -1000 to 1000, got "high"'
	bad 'rules: [{name: "a", sla: "5"}]' 'expected a duration such as "36m", got "5"'
	bad 'rules: [{name: "a", queue: "nowhere"}]' '.tenants.t.rules[0].queue'
	bad 'queues: [{name: "a", sla: 36}]' '.tenants.t.queues[0].sla'
	bad 'hours: {mon: ["08:00-12:00", "11:00-13:00"]}' '.tenants.t.hours.mon[1]'
	bad 'timezone: "Europe/Atlantis", hours: {}' 'timezone'
	run sme-route -c nowhere.jq </dev/null
	[ "$status" -eq 66 ]
}

@test "bad lines are rejected, the rest goes on" {
	run --separate-stderr bash -c 'printf "%s\n" "{bad" "[]" "{\"type\":\"mention\"}" | sme-route --rejects rej'
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[ "$(wc -l <rej)" -eq 2 ]
	[ "$(jq -r .tool rej | uniq)" = sme-route ]
}

@test "a full disk and a closed pipe" {
	[ -w /dev/full ] || skip
	run bash -c 'echo "{\"type\":\"mention\"}" | sme-route >/dev/full'
	[ "$status" -eq 74 ]
	yes "$(event text '"x"')" | head -n 20000 >in
	run --separate-stderr bash -c 'sme-route <in | head -n 1'
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "a digest that cannot be written says why, and a device or pipe stays one" {
	[ -w /dev/full ] || skip
	run --separate-stderr sme-route --sweep --digest /dev/full <<<"$(event text '"x"')"
	[ "$status" -eq 74 ]
	[[ "$stderr" == *'the digest cannot be written: /dev/full: No space left'* ]]
	[ -c /dev/full ]
	run --separate-stderr sme-route --sweep --digest nowhere/digest <<<"$(event text '"x"')"
	[ "$status" -eq 73 ]
	mkfifo pipe
	cat pipe >got &
	sme-route --sweep --digest pipe --metrics /dev/null <<<"$(event text '"x"')" >out
	wait $!
	[ -p pipe ]
	grep -q '^sweep at' got
}

@test "usage errors and help" {
	run sme-route --nonsense
	[ "$status" -eq 64 ]
	run sme-route --help
	[ "$status" -eq 0 ]
	[[ "$output" == *--trace* ]]
	run sme-route nofile
	[ "$status" -eq 66 ]
	run bash -c 'sme-route </dev/null'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "clocks and calendars: of the tenant, a channel, a queue and a rule" {
	cat >clocks.jq <<-'EOF'
		{tenants: {o2: {timezone: "Europe/Berlin", clock: "business",
		  hours: {mon: ["08:00-18:00"], tue: ["08:00-18:00"], fri: ["08:00-18:00"]}, holidays: ["DE-BY"],
		  calendars: {late: {hours: {fri: ["08:00-24:00"]}, channels: ["@night"]}, always: {}},
		  queues: [{name: "inbox", sla: "1h"}, {name: "b", sla: "36m", calendar: "always"}, {name: "w", sla: "1h", clock: "wall"}],
		  rules: [{name: "b", when: ".text == \"b\"", queue: "b"}, {name: "w", when: ".text == \"w\"", queue: "w"},
		    {name: "r", when: ".text == \"r\"", clock: "wall", calendar: "late"}]}}}
	EOF
	due() {
		sme-route -c clocks.jq <<<"{\"type\":\"mention\",\"tenant\":\"o2\",\"created_at\":\"${3:-2026-11-27T16:50:00Z}\",\"channel\":\"$1\",\"text\":\"$2\"}" |
			jq -r '.route | "\(.due_at) \(.clock) \(.after_hours)"'
	}
	[ "$(due @x a)" = '2026-11-30T07:50:00Z business false' ] # ten minutes on Friday, fifty on Monday
	[ "$(due @night a)" = '2026-11-27T17:50:00Z business false' ]
	[ "$(due @x b 2026-11-28T12:00:00Z)" = '2026-11-28T12:36:00Z business false' ]
	[ "$(due @x a 2026-11-28T12:00:00Z)" = '2026-11-30T08:00:00Z business true' ]
	[ "$(due @x w 2026-11-28T12:00:00Z)" = '2026-11-28T13:00:00Z wall true' ]
	[ "$(due @x r 2026-11-27T20:00:00Z)" = '2026-11-27T21:00:00Z wall false' ]
	# When it opens again is told by the same hours, and only then.
	opens() {
		sme-route -c clocks.jq <<<"{\"type\":\"mention\",\"tenant\":\"o2\",\"created_at\":\"$3\",\"channel\":\"$1\",\"text\":\"$2\"}" |
			jq -c '.route | to_entries | map(select(.key == "opens_at").value)'
	}
	[ "$(opens @x a 2026-11-28T12:00:00Z)" = '["2026-11-30T07:00:00Z"]' ]
	[ "$(opens @night a 2026-11-28T12:00:00Z)" = '["2026-12-04T07:00:00Z"]' ]
	[ "$(opens @x b 2026-11-28T12:00:00Z)" = '[]' ]
	[ "$(echo '{tenants: {o2: {hours: {}}}}' >clocks.jq; opens @x a 2026-11-28T12:00:00Z)" = '[null]' ]
}

@test "less will do later, and another queue takes over" {
	cat >later.jq <<-'EOF'
		{tenants: {default: {queues: [{name: "a", skills: ["net:2"], sla: "1h", relax: [{after: "10m", skills: ["net:1"]}, {after: "1h", skills: []}],
		  overflow: {queue: "b", after: "2h"}}, {name: "b"}]}}}
	EOF
	run sme-route -c later.jq <<<'{"type":"mention","created_at":"2026-11-27T16:50:00Z"}'
	[ "$(jq -c '.route | [.skills, .relax, .overflow]' <<<"$output")" = '[["net:2"],[{"at":"2026-11-27T17:00:00Z","skills":["net:1"]},{"at":"2026-11-27T17:50:00Z","skills":[]}],{"at":"2026-11-27T18:50:00Z","queue":"b"}]' ]
}

@test "circles, rules out of reach, unknown calendars: each with its place" {
	cat >bad.jq <<-'EOF'
		{tenants: {a: {queues: [{name: "x", overflow: {queue: "y", after: "1h"}}, {name: "y", overflow: {queue: "x", after: "1h"}, calendar: "lat"}],
		  calendars: {late: {hours: {mon: ["08:00-12:00", "11:00-13:00"]}, channels: ["@a"]}, early: {channels: ["@a"]}},
		  rules: [{name: "1", when: ".direct"}, {name: "2", when: " .direct"}, {name: "3"}, {name: "4", when: ".x"}]}}}
	EOF
	run --separate-stderr sme-route --check-config -c bad.jq
	[ "$status" -eq 78 ]
	grep -F '.tenants.a.queues[0].overflow: what overflows comes back: x -> y -> x' <<<"$stderr"
	grep -F '.tenants.a.queues[1].calendar: no calendar "lat" in .calendars, did you mean "late"?' <<<"$stderr"
	grep -F '.tenants.a.calendars.late.hours.mon[1]: "11:00-13:00" overlaps other hours' <<<"$stderr"
	grep -F '.tenants.a.calendars.early: channel "@a" keeps the calendar "late" already' <<<"$stderr"
	grep -F '.tenants.a.rules[1]: is never reached: rules[0] has the same condition' <<<"$stderr"
	grep -F '.tenants.a.rules[3]: is never reached: rules[2] always holds' <<<"$stderr"
}

@test "--test compares the rules with what is wanted, and names those no test hits" {
	cat >rules.test <<-'EOF'
		{"name":"net","event":{"type":"mention","tenant":"north","text":"kein netz","created_at":"2026-11-20T10:00:00Z"},"want":{"rule":"outage","queue":"network"}}
		{"name":"wrong","event":{"type":"mention","tenant":"north","text":"hallo"},"want":{"queue":"network","rule":null}}
		{"event":1}
	EOF
	run --separate-stderr sme-route -c sme.jq --test rules.test
	[ "$status" -eq 1 ]
	[[ "$output" == "3 tests, 2 failed; "* ]]
	grep -F 'rules.test:2: wrong: .queue: expected "network", got ' <<<"$stderr"
	grep -F 'rules.test:3: expected {"event": {...}, "want": {...}}' <<<"$stderr"
	grep -F 'is hit by no test' <<<"$stderr"
	head -n 1 rules.test >good.test
	run sme-route -c sme.jq --test good.test
	[ "$status" -eq 0 ]
}

# One that arrived on Saturday night.
late() { # ID PRIORITY [jq]
	jq -nc --arg id "$1" --argjson p "$2" '{type: "mention", id: $id, tenant: "o2", network: "x", channel: "@o2", created_at: "2026-11-28T22:00:00Z",
		author: {handle: "kim"}, text: "Hilfe\u001b[31m", score: {priority: $p, why: [["urgency", 20]]}}'" | ${3:-.}"
}

@test "--sweep pages for what is urgent, acknowledges the rest once, and never machines" {
	echo '{tenants: {o2: {timezone: "Europe/Berlin", hours: {mon: ["08:00-18:00"], fri: ["08:00-18:00"]}, sweep: {page: 80},
		rules: [{name: "spam", when: ".text == \"spam\"", action: "ignore"}, {name: "held", when: ".text == \"held\"", action: "hold"}]}}}' >night.jq
	{
		late 1 90
		late 2 50
		late 3 40 '.author.bot = true'
		late 4 40 '.author.handle = "NoReply-Team"'
		late 5 40 '.auto = true'
		late 6 99 '.text = "spam"'
		late 7 30 '.text = "held"'
		late 8 95 '.created_at = "2026-11-27T10:00:00Z"' # in the open hours
		printf '{"type":"coverage","id":"c:1","tenant":"o2","network":"x","channel":"@o2","from":"2026-11-28T18:00:00Z","to":"2026-11-28T23:00:00Z","gaps":[{"reason":"x"}]}\n'
	} >in
	sme-route -c night.jq --sweep --now 2026-11-28T23:00:00Z --digest digest in >out
	[ "$(jq -c 'select(.type == "mention") | [.id, .route.action]' out | paste -s -d ' ')" = \
		'["1",null] ["2","ack"] ["3",null] ["4",null] ["5",null] ["6","ignore"] ["7","hold"] ["8",null]' ]
	[ "$(jq -c 'select(.type == "alert") | [.id, .kind, .mention, .priority]' out)" = '["page:1","page","1",90]' ]
	sme-route -c night.jq --sweep --now 2026-11-28T23:00:00Z --digest again in | cmp - out
	[ "$(head -n 1 digest)" = 'sweep at 2026-11-28T23:00:00Z: 8 mentions, 1 paged (!), 1 acknowledged, 6 left' ]
	# It never says "we are back at 8" to those who come to hear of it after 8.
	sme-route -c night.jq --sweep --now 2026-11-30T07:00:00Z --digest late in | jq -c .route.action | grep -c ack | grep -Fx 0
	[ "$(head -n 1 late)" = 'sweep at 2026-11-30T07:00:00Z: 8 mentions, 1 paged (!), 0 acknowledged, 7 left' ]
	diff <(sme-route -c night.jq --sweep --now 2026-11-30T06:59:59Z --digest late in | grep -v '"alert"') <(grep -v '"alert"' out)
	# A clock that runs behind the mentions changes nothing.
	sme-route -c night.jq --sweep --now 2020-01-01T00:00:00Z --digest late in >early
	diff <(grep -v '"alert"' early) <(grep -v '"alert"' out)
	[ "$(sed -n 2p digest)" = '!  90.0  x @kim  [urgency]  Hilfe [31m' ]
	[ "$(tail -n 1 digest)" = 'o2 x @o2: 2026-11-28T18:00:00Z to 2026-11-28T23:00:00Z, 8 mentions, 1 gaps' ]
	for i in $(seq 60); do late "m$i" 20 ".channel = \"@c$i\""; done | sme-route -c night.jq --sweep --digest digest >/dev/null
	[ "$(wc -l <digest)" -eq 24 ]
}

@test "curve: what each threshold would have cost" {
	{
		for p in 90 80 60; do echo "{\"type\":\"mention\",\"urgent\":true,\"score\":{\"priority\":$p}}"; done
		for p in 85 55 20 20 10; do echo "{\"type\":\"mention\",\"urgent\":false,\"score\":{\"priority\":$p}}"; done
		echo '{"type":"mention"}'
	} >labelled
	run --separate-stderr sme-route curve labelled
	[ "$status" -eq 0 ]
	[ "$stderr" = 'sme-route curve: 1 lines left out: no truth under .urgent, or no priority' ]
	[ "${lines[1]}" = '       60   1.000      0.750       0            1          1  <- least' ]
	[ "$(sme-route curve --json --miss 1 --wake 10 labelled 2>/dev/null | head -n 1 | jq -c '[.threshold, .missed, .woken_for_nothing]')" = '[90,2,0]' ]
	run sme-route curve </dev/null
	[ "$status" -eq 65 ]
}

@test "holidays without hours close the day; a calendar that is cut short is refused" {
	echo '{tenants: {o2: {holidays: ["2026-12-25", "days.ics"], queues: [{name: "q", sla: "1h", clock: "business"}]}}}' >days.jq
	printf 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261226\r\nEND:VEVENT\r\n' >days.ics
	run --separate-stderr sme-route -c days.jq </dev/null
	[ "$status" -eq 78 ]
	[[ "$stderr" == *'.tenants.o2.holidays[1]: days.ics: line 5: the file is cut short'* ]]
	printf 'END:VCALENDAR\r\n' >>days.ics
	[ "$(jq -nc '{type: "mention", tenant: "o2", created_at: "2026-12-25T12:00:00Z"}, {type: "mention", tenant: "o2", created_at: "2026-12-24T23:30:00Z"}' |
		sme-route -c days.jq | jq -c '[.route.after_hours, .route.opens_at, .route.due_at]')" = '[true,"2026-12-27T00:00:00Z","2026-12-27T01:00:00Z"]
[false,null,"2026-12-27T00:30:00Z"]' ]
}
