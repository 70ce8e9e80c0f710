#!/usr/bin/env bats
# The desk from the command line: cases of mentions, claims, answers, and what can be looked up.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null SME_HOME=$PWD/home USER=
}

# mention ID AUTHOR TEXT [jq of more members]: one that sme-route gave to a queue
mention() {
	jq -nc --arg id "$1" --arg a "$2" --arg t "$3" '{type: "mention", id: $id, network: "x", channel: "@us", created_at: "2026-11-20T10:00:00Z",
		author: {id: ("x:" + $a), handle: $a}, text: $t, thread: $id, direct: false, url: null,
		route: {queue: "inbox", skills: ["de"], priority: 10, due_at: "2026-11-20T10:36:00Z", sla: "36m", action: null}}'" | ${4:-.}"
}

take() { sme-case ingest >/dev/null; }

case_of() { sme-case show --json "$1"; }

agent() { # NAME [jq of more members]
	jq -nc --arg n "$1" "{id: \$n, skills: [\"de\"], online: true, capacity: 3} | ${2:-.}" | sme-case agents -a boss -
}

@test "ingest: mentions with a route become cases, the stream passes byte for byte, twice is once" {
	{
		mention 1 kim 'Kein Netz!'
		mention 2 lou 'Auch kein Netz' '.thread = "1"'
		mention 3 our 'von uns' 'del(.route)'
		mention 4 max 'egal' '.route.action = "ignore"'
		mention 5 kim 'privat' '.direct = true'
		mention 6 kim 'noch einmal privat' '.direct = true | .thread = "6"'
		printf '{"type":"alert","id":"a:1",  "x":1.50}'
	} >in
	sme-case ingest in >out
	cmp <(cat in; echo) out
	[ "$(sme-case list --json | jq -rs 'map(.case) | sort | join(" ")')" = '1 direct:@us:x:kim' ]
	[ "$(case_of 1 | jq -c '[.status, .queue, .priority, .due_at, .handle, (.messages | map(.text))]')" = \
		'["open","inbox",10,"2026-11-20T10:36:00Z","kim",["Kein Netz!","Auch kein Netz"]]' ]
	[ "$(case_of direct:@us:x:kim | jq '.messages | length')" = 2 ]
	before=$(sme-case verify)
	sme-case ingest in >/dev/null
	[ "$(sme-case verify)" = "$before" ]
	[ "$(case_of 1 | jq '.messages | length')" = 2 ]
}

@test "answers stop the waiting, what is edited changes, what is deleted goes, who writes again opens again" {
	mention 1 kim 'Kein Netz' | take
	[ "$(case_of 1 | jq -r .waiting_since)" = 2026-11-20T10:00:00Z ]
	echo '{"type":"reply","id":"r:1","in_reply_to":"1","created_at":"2026-11-20T10:20:00Z","state":"sent","text":"Wir sind dran","source":"desk"}' | take
	[ "$(case_of 1 | jq -c '[.waiting_since, .first_answer_at]')" = '[null,"2026-11-20T10:20:00Z"]' ]
	mention 1 kim 'Kein Netz in Kiel' '.revision = 1' | take
	[ "$(case_of 1 | jq -r '.messages[0].text')" = 'Kein Netz in Kiel' ]
	sme-case close -a lea 1
	[ "$(case_of 1 | jq -r .status)" = closed ]
	mention 2 kim 'Immer noch nicht' '.thread = "1" | .created_at = "2026-11-21T09:00:00Z"' | take
	[ "$(case_of 1 | jq -c '[.status, .waiting_since]')" = '["open","2026-11-21T09:00:00Z"]' ]
	echo '{"type":"delete","id":"2","created_at":"2026-11-21T09:05:00Z"}' | take
	[ "$(case_of 1 | jq -c '.messages[2] | [.text, .state]')" = '["","deleted"]' ]
	[ "$(sme-case search noch --json)" = "" ]
	# What is gone stays gone, whoever brings it again, and is not in the list either.
	mention 2 kim 'Immer noch nicht' '.thread = "1" | .created_at = "2026-11-21T09:00:00Z"' | take
	[ "$(case_of 1 | jq -c '.messages[2] | [.text, .state]')" = '["","deleted"]' ]
	[ "$(case_of 1 | jq -r .subject)" = 'Kein Netz in Kiel' ]
	echo '{"type":"delete","id":"1","created_at":"2026-11-21T09:05:00Z"}' | take
	[ "$(case_of 1 | jq -r .subject)" = null ]
	run grep -a Kiel home/sme.db
	[ "$status" -eq 1 ]
}

@test "odd values of a route do no harm: the next case still comes" {
	mention 1 kim a '.route.priority = 1e300 | .route.relax = ["x", {at: 1, skills: 2}] | .route.skills = null' | take
	mention 2 lou b '.route.priority = "much" | .route.relax = "x" | .route.skills = "de" | .revision = 1e300' | take
	mention 3 max c '.direct = true' | take
	mention 4 eva d '.thread = "direct:@us:x:max"' | take
	[ "$(case_of direct:@us:x:max | jq '.messages | length')" = 1 ]
	sme-case close -a lea direct:@us:x:max
	run --separate-stderr sme-case wait -a lea direct:@us:x:max
	[ "$status" -eq 75 ]
	agent lea
	[ "$(for _ in 1 2 3; do sme-case claim -a lea; done | jq -r .case | paste -s -d ' ')" = '1 public:direct:@us:x:max 2' ]
	for bad in '.skills = "de"' '.capacity = "x"' '.capacity = 1.5' '.online = 1' '.networks = {x: "y"}' '.name = 1'; do
		run --separate-stderr agent lea "$bad"
		[ "$status" -eq 65 ]
	done
}

@test "a log that cannot be written to keeps nobody from looking" {
	mention 1 kim a | sme-case ingest --log /proc/none >/dev/null 2>&1 || true
	[ "$(sme-case list --json --log /proc/none 2>/dev/null | jq -r .case)" = 1 ]
	sme-case list >/dev/null # brings it there
	[ "$(sme-log cat home/log | jq -r .action)" = open ]
}

@test "rebuild: events that somebody forged, and those of another database, are left out" {
	work
	dump home/sme.db >old
	forge() { jq -nc "{type: \"case\", id: \"f:\(now)\", tenant: \"default\", case: \"1\", author: {id: \"x:k1\"}, created_at: \"2026-11-20T10:00:00Z\",
		actor: \"eve\", action: \"close\", data: {}, seq: 3, salt: \"s\", hash: \"h\"} | $1"; }
	{
		forge .
		forge '.seq = 1e300'
		forge '.seq = 2.5'
		forge '.seq = 999 | .seq -= 900 | .action = "none"' | sed 's/:99,/:'"$(sqlite3 home/sme.db 'SELECT max(seq) + 1 FROM case_event')"',/'
		forge '.action = "erase" | .data = {stubs: [[2, "c", "h"], 1, [1], [1, 2, 3]]}'
	} | sme-log append home/log >/dev/null
	(export SME_HOME=other; mention 50 eva x | sme-case ingest --log home/log >/dev/null; sme-case close -a eva 50 --log home/log)
	run --separate-stderr sme-case rebuild
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'were left out'* ]]
	dump home/sme.db | diff old -
	sme-case verify
}

@test "a claim: one holder, a token, a lease" {
	mention 1 kim 'Kein Netz' | take
	run sme-case claim -a lea --now 2026-11-20T10:01:00Z 1
	[ "$output" = '{"case":"1","fence":1,"lease_until":"2026-11-20T10:16:00Z"}' ]
	run --separate-stderr sme-case claim -a ben --now 2026-11-20T10:02:00Z 1
	[ "$status" -eq 75 ]
	[[ "$stderr" == 'sme-case claim: lea holds the case until 2026-11-20T10:16:00Z'* ]]
	# The same agent may claim again, and a lease runs out.
	[ "$(sme-case claim -a lea --now 2026-11-20T10:03:00Z --lease 1m 1 | jq .fence)" = 2 ]
	[ "$(sme-case claim -a ben --now 2026-11-20T10:04:00Z 1 | jq .fence)" = 3 ]
	# The old token is stale.
	run --separate-stderr sme-case reply -a ben --fence 2 --now 2026-11-20T10:05:00Z 1 <<<'Hallo'
	[ "$status" -eq 75 ]
	[ "$stderr" = 'sme-case reply: the claim is stale: its token is 2, that of the case 3' ]
	run --separate-stderr sme-case reply -a lea --now 2026-11-20T10:05:00Z 1 <<<'Hallo'
	[ "$stderr" = 'sme-case reply: ben holds the case' ]
	sme-case release -a ben --now 2026-11-20T10:06:00Z 1
	[ "$(case_of 1 | jq -c '[.holder, .agent, .fence]')" = '[null,null,3]' ]
	run sme-case claim -a ben nothing
	[ "$status" -eq 66 ]
}

@test "the next case: own ones, skills and levels, priority, then age; nothing is status 1" {
	mention 1 kim a '.created_at = "2026-11-20T10:02:00Z"' | take
	mention 2 lou b '.created_at = "2026-11-20T10:01:00Z"' | take
	mention 3 max c '.route.priority = 90 | .route.skills = ["de", "network:2"]' | take
	mention 4 eva d '.route.queue = "other"' | take
	agent lea '.queues = ["inbox"]'
	next() { sme-case claim -a "$1" | jq -r .case; }
	[ "$(next lea)" = 2 ]
	[ "$(next lea)" = 1 ] # 2 is held, by lea herself
	run sme-case claim -a lea
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	agent ben '.skills = ["de", "network:1"]'
	[ "$(next ben)" = 4 ]
	agent ada '.skills = ["de", "network:3"]'
	[ "$(next ada)" = 3 ]
	run sme-case claim -a nobody
	[ "$status" -eq 1 ]
}

@test "less will do later" {
	agent lea
	mention 1 kim a '.route.skills = ["de", "network"] | .route.relax = [{at: "2026-11-20T10:10:00Z", skills: ["de"]}]' |
		sme-case ingest --now 2026-11-20T10:00:00Z >/dev/null
	run sme-case claim -a lea --now 2026-11-20T10:09:00Z
	[ "$status" -eq 1 ]
	sme-case claim -a lea --now 2026-11-20T10:10:00Z
}

@test "what nobody has taken goes to another queue, and the log says the same" {
	agent lea '.queues = ["inbox"]'
	agent ben '.queues = ["second"]'
	for i in 1 2; do
		mention $i kim$i a '.route.overflow = {at: "2026-11-20T10:10:00Z", queue: "second"}'
	done >in
	sme-case ingest --now 2026-11-20T10:00:00Z in >/dev/null
	run sme-case claim -a ben --now 2026-11-20T10:09:00Z
	[ "$status" -eq 1 ]
	[ "$(sme-case claim -a lea --now 2026-11-20T10:09:00Z | jq -r .case)" = 1 ]
	[ "$(sme-case claim -a ben --now 2026-11-20T10:10:00Z | jq -r .case)" = 2 ]
	[ "$(sme-case list --json | jq -rs 'map(.queue) | sort | join(" ")')" = 'inbox second' ]
	sme-log append home/log <in >/dev/null
	dump home/sme.db >old
	sme-case rebuild
	dump home/sme.db | diff old -
}

@test "assign: capacity, who is offline, customers come back, freed room takes the oldest" {
	for i in 1 2 3 4 5 6; do mention $i "k$i" x ".created_at = \"2026-11-20T10:0$i:00Z\""; done | take
	agent lea '.capacity = 2'
	agent ben '.capacity = 2'
	agent off '.online = false'
	[ "$(sme-case assign --auto round-robin)" = '4 cases assigned' ]
	[ "$(sme-case agents --json | jq -c '[.agent, .open]' | paste -s -d ' ')" = '["ben",2] ["lea",2] ["off",0]' ]
	[ "$(sme-case list --json --unassigned | jq -rs 'map(.case) | join(" ")')" = '5 6' ]
	first=$(sme-case list --json -a lea | jq -rs '.[0].case')
	sme-case close -a lea "$first"
	[ "$(sme-case assign --auto least-loaded)" = '1 cases assigned' ]
	[ "$(case_of 5 | jq -r .agent)" = lea ]
	# The customer of the closed case writes anew: lea gets it, though ben has more room.
	sme-case close -a lea 5
	agent ben '.capacity = 9'
	mention 7 "k$first" wieder '.route.priority = 99' | take
	sme-case assign --auto least-loaded >/dev/null
	[ "$(case_of 7 | jq -r .agent)" = lea ]
	sme-case assign --to ben 7 -a boss
	[ "$(case_of 7 | jq -r .agent)" = ben ]
}

@test "list: each filter alone and with others, in each order" {
	for i in 1 2 3; do mention $i "k$i" x ".route.due_at = \"2026-11-20T1$i:00:00Z\" | .created_at = \"2026-11-20T10:0$i:00Z\" | .route.queue = \"q$i\""; done | take
	mention 4 k4 x '.tenant = "other"' | take
	sme-case tag -a lea 1 vip
	sme-case tag -a lea 3 vip
	sme-case tag -a lea --tenant other 4 vip
	sme-case assign -a boss --to lea 2 3
	list() { sme-case list --json --now 2026-11-20T12:30:00Z "$@" | jq -r .case | paste -s -d ' '; }
	for order in priority due last; do
		all=$(list --order $order)
		[ "$all" = "$([ $order = last ] && echo 3 2 1 || echo 1 2 3)" ]
		[ "$(list --order $order --queue q2)" = 2 ]
		[ "$(list --order $order -a lea | tr ' ' '\n' | sort | paste -s)" = "$(printf '2\t3')" ]
		[ "$(list --order $order -a lea --queue q3 --tag vip)" = 3 ]
		[ "$(list --order $order --tag vip | tr ' ' '\n' | sort | paste -s)" = "$(printf '1\t3')" ]
		[ "$(list --order $order --author x:k2)" = 2 ]
		[ "$(list --order $order --late --tag vip)" = 1 ]
		[ "$(list --order $order --unassigned)" = 1 ]
		[ "$(list --order $order --limit 1 --page 2)" = 2 ]
	done
	sme-case close -a lea 2
	[ "$(list --status closed -a lea)" = 2 ]
	[ "$(list --status closed --queue q2)" = 2 ]
	[ "$(list --status closed --late --author x:k2)" = 2 ]
	[ "$(list -a lea)" = 3 ]
}

@test "assign: so many of a network at a time and no more, of the others as the capacity allows" {
	for i in 1 2 3; do mention $i "k$i" x ".created_at = \"2026-11-20T10:0$i:00Z\""; done | take
	for i in 4 5 6; do mention $i "k$i" x ".network = \"mail\" | .created_at = \"2026-11-20T10:0$i:00Z\""; done | take
	agent lea '.capacity = 4 | .networks = {x: 1}'
	[ "$(sme-case assign --auto longest-waiting)" = '4 cases assigned' ]
	[ "$(sme-case list --json -a lea | jq -r .case | sort | paste -s -d ' ')" = '1 4 5 6' ]
	sme-case close -a lea 1
	[ "$(sme-case assign --auto longest-waiting)" = '1 cases assigned' ]
	[ "$(case_of 2 | jq -r .agent)" = lea ]
	agent ben '.queues = ["other"]'
	mention 9 k9 x '.network = "mail"' | take
	[ "$(sme-case assign --auto round-robin)" = '0 cases assigned' ]
}

@test "an answer goes out as a mention with an approved reply, the same text is the same reply" {
	mention 1 kim 'Kein Netz' '.ref = {uri: "at://x"}' | take
	fence=$(sme-case claim -a lea 1 | jq .fence)
	printf 'Wir sind\ndran "gleich"\n' | sme-case reply -a lea --fence "$fence" 1 >line
	[ "$(wc -l <line)" -eq 1 ]
	[ "$(jq -c '[.type, .id, .ref, .reply.state, .reply.text, .reply.by, .reply.case, .reply.fence]' line)" = \
		'["mention","1",{"uri":"at://x"},"approved",["Wir sind\ndran \"gleich\""],"lea","1",1]' ]
	printf 'Wir sind\ndran "gleich"\n' | sme-case reply -a lea --fence "$fence" 1 | cmp - line
	sme-publish -o out <line | tail -n 1 | jq -e '.type == "reply" and .state == "sent"'
	# Whoever holds the case answers with the token of the claim, given or not; nobody else has one.
	[ "$(echo Hallo | sme-case reply -a lea 1 | jq .reply.fence)" = "$fence" ]
	sme-case release -a lea 1
	[ "$(echo Hallo | sme-case reply -a lea 1 | jq .reply.fence)" = null ]
	run --separate-stderr sme-case reply -a lea 1 </dev/null
	[ "$status" -eq 65 ]
}

@test "notes, tags, departments, links and the journey" {
	mention 1 kim 'Kein Netz' | take
	jq -nc '{type: "mention", id: "m:1", network: "mastodon", channel: "@us", created_at: "2026-11-19T10:00:00Z", author: {id: "m:kim"},
		text: "Hallo", route: {queue: "inbox"}}' | take
	echo 'ruft zurück' | sme-case note -a lea 1
	sme-case tag -a lea 1 vip wut
	sme-case tag -a lea --remove 1 wut
	[ "$(sme-case list --tag vip --json | jq -r .case)" = 1 ]
	sme-case forward -a lea --to technik --due 2h --now 2026-11-20T11:00:00Z 1
	[ "$(case_of 1 | jq -c '[.department, .tags, (.messages[1] | .type, .text)]')" = '["technik",["vip"],"note","ruft zurück"]' ]
	[ "$(sme-case list --json --late --now 2026-11-20T10:30:00Z)" = "" ]
	mention 1 kim 'Kein Netz' '.route.due_at = "2026-11-21T10:00:00Z" | .revision = 1' | take
	late() { echo "$(sme-case list --json --late --now "$1" | jq -c '[.case, .late, .department_late]')" "$(sme-case queue --json --now "$1" | jq -c '[.late, .forwarded]')"; }
	[ "$(late 2026-11-20T13:00:00Z)" = ' [0,1]' ]
	[ "$(late 2026-11-20T13:00:01Z)" = '["1",true,true] [1,1]' ]
	# On to the next, but not round in a circle; what is not away does not come back.
	sme-case forward -a lea --to technik --due 3h --now 2026-11-20T11:00:00Z 1
	sme-case forward -a lea --to recht 1
	run sme-case forward -a lea --to technik 1
	[ "$status" -eq 75 ]
	[[ "$output" == *'technik had the case already, and recht has it now; take it back with --return first' ]]
	sme-case forward -a lea --return 1
	run sme-case forward -a lea --return 1
	[ "$status" -eq 75 ]
	[[ "$output" == *'no department has the case' ]]
	[ "$(late 2026-11-20T13:00:01Z)" = ' [0,0]' ]
	[ "$(case_of 1 | jq .department)" = null ]
	[ "$(sme-case journey x:kim --json | wc -l)" -eq 2 ]
	sme-case link -a lea --evidence 'same e-mail' --confidence 0.9 x:kim m:kim
	[ "$(sme-case journey x:kim --json | jq -r .id | paste -s -d ' ')" = "m:1 1 $(sme-case journey x:kim --json | tail -n 1 | jq -r .id)" ]
	[ "$(sme-case journey m:kim --json | wc -l)" -eq 3 ]
	# Not in another tenant, whose accounts may be called the same.
	[ "$(sme-case journey m:kim --json --tenant other)" = "" ]
	mention 1 kim 'bei den anderen' '.tenant = "other"' | take
	mention 2 max 'bei den anderen' '.tenant = "other" | .author.id = "m:kim"' | take
	[ "$(sme-case journey m:kim --json --tenant other | jq -r .id)" = 2 ]
	[ "$(sme-case journey m:kim --json | wc -l)" -eq 3 ]
	sme-case link -a lea --tenant other m:kim x:eva
	sme-case erase -a lea --tenant other m:kim >/dev/null
	[ "$(sme-case journey m:kim --json | wc -l)" -eq 3 ]
	[ "$(sme-case journey x:kim --json --tenant other | wc -l)" -eq 1 ]
	# What they wrote in the case of another.
	mention 7 max 'Bei mir auch' | take
	mention 8 kim 'Und bei mir' '.thread = "7"' | take
	[ "$(sme-case journey m:kim --json | tail -n 1 | jq -r '.id, .case' | paste -s -d ' ')" = '8 7' ] || sme-case journey m:kim --json
	[ "$(sme-case journey m:kim --json | wc -l)" -eq 4 ]
	sme-case unlink -a lea m:kim x:kim
	[ "$(sme-case journey m:kim --json | wc -l)" -eq 1 ]
	[ "$(sme-case journey x:kim --json | wc -l)" -eq 3 ]
}

@test "search: words, beginnings, no operators" {
	mention 1 kim 'Störung in Kiel, kein Netz' | take
	mention 2 lou 'Rechnung falsch' | take
	[ "$(sme-case search kiel netz --json | jq -r .case)" = 1 ]
	[ "$(sme-case search 'storung' --json | jq -r .case)" = 1 ]
	[ "$(sme-case search 'rech*' --json | jq -r .case)" = 2 ]
	[ "$(sme-case search 'OR' '"x' 'NEAR(' --json)" = "" ]
}

@test "the chain: an event that was altered, taken out or cut off is found" {
	for i in 1 2 3; do mention $i kim x; done | take
	[ "$(sme-case verify)" = '3 events, all well' ]
	cp home/sme.db good.db
	damage() {
		cp good.db bad.db
		sqlite3 bad.db "$1"
		run --separate-stderr sme-case verify --db bad.db --log nolog
		[ "$status" -eq 65 ]
	}
	damage "UPDATE case_event SET actor = 'eve' WHERE seq = 2"
	[ "$stderr" = 'sme-case verify: event 2 was altered' ]
	damage "DELETE FROM case_event WHERE seq = 2"
	[ "$stderr" = 'sme-case verify: events 2 to 2 are missing' ]
	damage "DELETE FROM case_event WHERE seq = 3"
	[ "$stderr" = 'sme-case verify: events 3 to 3 are missing' ]
	damage "UPDATE case_event SET salt = NULL, data = NULL, content = 'x' WHERE seq = 2"
	[[ "$stderr" == *'event 2 does not follow the one before'* ]]
}

# All that a database holds, but for row numbers.
dump() {
	for t in case_file case_tag case_agent case_link case_event case_count; do echo "== $t"; sqlite3 "$1" "SELECT * FROM $t ORDER BY 1, 2"; done
	sqlite3 "$1" "SELECT file, tenant, event, type, at, author, text, state, auto, revision, raw FROM case_message ORDER BY tenant, event"
	sqlite3 "$1" "SELECT text FROM case_search ORDER BY text"
}

work() { # a day at the desk
	for i in 1 2 3 4; do mention $i "k$i" "Text $i" ".created_at = \"2026-11-20T10:0$i:00Z\""; done | sme-case ingest | sme-log append home/log >/dev/null
	agent lea
	sme-case claim -a lea 1 >/dev/null
	echo Hallo | sme-case reply -a lea --fence 1 1 | sme-publish -o out | sme-log append home/log | sme-case ingest >/dev/null
	echo Notiz | sme-case note -a lea 2
	sme-case tag -a lea 2 vip
	sme-case close -a lea 2
	mention 9 k2 'noch was' '.thread = "2" | .created_at = "2026-11-20T11:00:00Z"' | sme-case ingest | sme-log append home/log >/dev/null
	sme-case assign --auto round-robin >/dev/null
	sme-case link -a lea x:k1 x:k2
}

@test "many processes at once: each case is claimed once, and all of it is in the log when they end" {
	for i in $(seq 40); do mention "$i" "k$i" x; done | take
	for i in 1 2 3 4 5 6 7 8; do agent "a$i"; done
	for i in 1 2 3 4 5 6 7 8; do
		for _ in 1 2 3 4 5; do sme-case claim -a "a$i"; done >"claims.$i" &
	done
	wait
	[ "$(cat claims.* | jq -r .case | sort -u | wc -l)" -eq 40 ]
	[ "$(sme-log cat home/log | jq -r 'select(.action == "claim") | .case' | sort -u | wc -l)" -eq 40 ]
	sme-case verify
}

@test "list: pages by number and behind a case, in every order, are the whole list" {
	for i in 1 2 3 4 5 6 7 8 9; do
		mention $i "k$i" x ".created_at = \"2026-11-20T10:0$((i % 3)):00Z\" | .route.priority = $((i % 2)) | if $i % 4 == 0 then .route.due_at = null else . end"
	done | take
	sme-case close -a lea 9
	for order in priority due last; do
		sme-case list --json --order $order | jq -r .case >all
		[ "$(wc -l <all)" -eq 8 ]
		for filter in '' '--queue inbox'; do
			for page in 1 2 3 4; do sme-case list --json --order $order --limit 3 --page $page $filter; done | jq -r .case | diff all -
			next="" n=0
			while page=$(sme-case list --json --order $order --limit 3 ${next:+--after $next} $filter | jq -r .case) && [ "$page" ]; do
				echo "$page"
				next=$(tail -n 1 <<<"$page") n=$((n + 1))
			done | diff all -
		done
	done
	# What has no time is not the most urgent.
	[ "$(sme-case list --json --order due | jq -rs '.[-2:] | map(.due_at) | unique | .[]')" = null ]
	run --separate-stderr sme-case list --after nothing
	[ "$status" -eq 66 ]
	run --separate-stderr sme-case list --after 1 --page 2
	[ "$status" -eq 64 ]
}

@test "rebuild: sme.db from the log is equal to the old one" {
	work
	dump home/sme.db >old
	sme-case rebuild
	dump home/sme.db | diff old -
	sme-case verify
	# In a pipe, in another order of events, too.
	[ -e home/sme.db.before-rebuild ]
}

@test "rebuild: who has the old database open is told, and nothing that came out is missing" {
	work
	mkfifo in
	sme-case ingest <in >came 2>err &
	pid=$!
	exec 7>in
	mention 50 eva x >&7
	for _ in $(seq 100); do [ -s came ] && break; sleep 0.05; done
	sme-log append home/log <came >/dev/null
	sme-case rebuild
	mention 51 ada y >&7
	exec 7>&-
	wait $pid && return 1
	[ $? -eq 75 ]
	grep -q 'was moved or made anew (sme-case rebuild?) since it was opened; start again' err
	[ "$(wc -l <came)" -eq 1 ]
	case_of 50
	run sme-case show 51
	[ "$status" -eq 66 ]
	sme-case verify
}

@test "ingest: what is no event goes to the rejects, the rest comes through" {
	printf '%s\n' '{"type":"alert","id":"a:1"}' 'no json' '[1]' >in
	run --separate-stderr sme-case ingest --rejects bad in
	[ "$status" -eq 1 ]
	[ "$output" = '{"type":"alert","id":"a:1"}' ]
	[ "$(jq -r .raw bad | paste -s -d ' ')" = 'no json [1]' ]
	[[ "$stderr" == *'in:2: '* ]]
}

@test "as of: lists, cases and queues as they were, with their clocks" {
	agent lea '.queues = ["inbox"]'
	for i in 1 2; do mention $i k$i x ".route.overflow = {at: \"2026-11-20T10:20:00Z\", queue: \"second\"}"; done >in
	sme-case ingest --now 2026-11-20T10:00:00Z in | sme-log append home/log >/dev/null
	sme-case claim -a lea --now 2026-11-20T10:05:00Z 1
	sme-case close -a lea --now 2026-11-20T10:40:00Z 1
	at() { sme-case "$1" --as-of "2026-11-20T$2Z" --json "${@:3}"; }
	[ "$(at list 10:04:00 | jq -c '[.case, .holder, .late]' | paste -s -d ' ')" = '["1",null,false] ["2",null,false]' ]
	[ "$(at list 10:06:00 | jq -c '[.case, .holder]' | paste -s -d ' ')" = '["1","lea"] ["2",null]' ]
	[ "$(at list 10:37:00 | jq -c '[.case, .queue, .late]' | paste -s -d ' ')" = '["1","inbox",true] ["2","second",true]' ]
	[ "$(at queue 10:10:00 | jq -c '[.queue, .open, .late]')" = '["inbox",2,0]' ]
	[ "$(at show 10:50:00 1 | jq -r .status)" = closed ]
	[ -z "$(at list 09:00:00)" ]
	# Today is as it is, and nothing is left behind.
	[ "$(sme-case list --json | jq -r .case)" = 2 ]
	mkdir tmp
	TMPDIR=$PWD/tmp at list 10:06:00 >/dev/null
	[ -z "$(ls tmp)" ]
	run sme-case list --as-of 2026-11-20T10:06:00Z --now 2026-11-20T10:06:00Z
	[ "$status" -eq 64 ]
}

@test "as of: the queue as it was then" {
	work
	sme-case rebuild --as-of 2026-11-20T10:02:30Z --db then.db --log home/log
	[ "$(sme-case list --db then.db --json)" = "" ] # the desk opened the cases later
	sme-case rebuild --as-of "$(date -u -d '+1 hour' +%FT%TZ)" --db now.db --log home/log
	[ "$(sme-case list --db now.db --log nolog --json | wc -l)" -eq "$(sme-case list --json | wc -l)" ]
	run sme-case rebuild --as-of 2026-11-20T10:02:30Z
	[ "$status" -eq 64 ]
}

# What a person leaves at the desk and in the log: two linked accounts, a case, a word in the case of another,
# answers, a note, and links made and undone.
person() {
	work
	mention 8 secretname 'mein geheimwort' '.author.name = "Geheim Person"' | sme-case ingest | sme-log append home/log >/dev/null
	mention 10 secretname 'geheimer Einwurf' '.thread = "4" | .created_at = "2026-11-20T09:00:00Z"' | sme-case ingest | sme-log append home/log >/dev/null
	mention 11 otherhandle 'geheim auch hier' '.author.id = "m:geheim:2"' | sme-case ingest | sme-log append home/log >/dev/null
	jq -nc '{type: "reply", id: "r:10", in_reply_to: "10", created_at: "2026-11-20T12:00:00Z", state: "sent", network: "x",
		text: "@secretname danke", to: {id: "x:secretname", handle: "secretname"}}' | sme-case ingest | sme-log append home/log >/dev/null
	sme-case claim -a lea 8 >/dev/null
	echo 'die Person mit dem geheimwort' | sme-case note -a lea 8
	echo 'Hallo @secretname' | sme-case reply -a lea 8 | sme-publish -o out | sme-log append home/log | sme-case ingest >/dev/null
	sme-case link -a lea --evidence 'geheim: gleicher Name' x:secretname m:geheim:2
	sme-case link -a lea x:k4 x:secretname
	sme-case unlink -a lea x:secretname x:k4
}

TRACE='secretname|geheim|otherhandle'

@test "erase: no trace of a person in any file, and the chain verifies" {
	person
	run sme-case erase x:secretname
	[ "$status" -eq 0 ]
	[ "$output" = "2 cases erased; erase the log, too:
sme-log erase --tenant 'default' --author 'x:secretname'
sme-log erase --tenant 'default' --author 'm:geheim:2'" ]
	sme-case verify
	run sme-case show 8
	[ "$status" -eq 66 ]
	[ "$(case_of 4 | jq -r .subject)" = 'Text 4' ]
	# Not even when the log has it still.
	sme-case rebuild 2>/dev/null
	run sme-case show 8
	[ "$status" -eq 66 ]
	sme-case verify
	# Of the others nothing is gone.
	[ "$(case_of 1 | jq -r .handle)" = k1 ]
	sme-case erase x:secretname >/dev/null
	rm home/*.before-rebuild
	run -1 grep -aiE "$TRACE" home/sme.db*
}

@test "erase: what sme-case says about the log leaves nothing in any file, and the desk can be made again" {
	person
	grep -rqaiE "$TRACE" home
	sme-case erase x:secretname | tail -n +2 >todo
	SME_HOME=$PWD/home sh -e todo >receipts
	[ "$(jq -s 'map(.events) | add' receipts)" -gt 8 ]
	run -1 grep -raiE "$TRACE" home
	sme-log verify home/log
	sme-case verify
	others() { sqlite3 home/sme.db 'SELECT * FROM case_event'; for i in 1 2 3 4; do case_of $i; done; sme-case list --json; }
	others >old
	sme-case rebuild
	sme-case verify
	others | diff old -
	run -1 grep -raiE "$TRACE" home
	# As it was before, but for what is erased: the chain has no gap.
	sme-case rebuild --as-of "$(date -u -d '+1 hour' +%FT%TZ)" --db then.db
	sme-case verify --db then.db
	run -1 grep -aiE "$TRACE" then.db
	# The desk goes on, and the next event follows.
	sme-case tag -a lea 1 later
	sme-case rebuild
	sme-case verify
}

@test "erase: the log alone, first, leaves no gap in the chain either" {
	person
	n=$(sme-case verify)
	for a in x:secretname m:geheim:2; do sme-log erase --author "$a" home/log; done >/dev/null
	run -1 grep -raiE "$TRACE" home/log
	sme-log verify home/log
	sme-case rebuild
	[ "$(sme-case verify)" = "$n" ]
	rm home/*.before-rebuild
	run -1 grep -raiE "$TRACE" home
	[ "$(case_of 1 | jq -r .handle)" = k1 ]
}

@test "a database that is foreign, newer or damaged, and one that is missing its place" {
	mkdir home
	sqlite3 home/sme.db 'CREATE TABLE x (y)'
	run --separate-stderr sme-case list
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'the database of another program'* ]]
	head -c 8192 /dev/urandom >home/sme.db
	run --separate-stderr sme-case list
	[ "$status" -eq 65 ]
	rm home/sme.db
	sme-case list >/dev/null
	sqlite3 home/sme.db 'PRAGMA user_version = 99'
	run --separate-stderr sme-case list
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'newer version'* ]]
	run sme-case list --db /proc/x/sme.db
	[ "$status" -eq 73 ]
}

@test "tables are for people: control bytes from outside do not reach the terminal" {
	mention 1 kim "$(printf 'a\033[31mb\302\233c\nd')" | take
	run sme-case list
	[[ "$output" != *$'\033'* ]]
	[[ "$output" == *'a [31mb c d'* ]]
	[ "${#lines[@]}" -eq 2 ]
}

@test "what cannot be written is an error: a claim that nobody saw is not status 0" {
	mention 1 kim a | take
	agent lea
	for c in list 'show 1' queue verify 'claim -a lea 1'; do
		run bash -c "sme-case $c >/dev/full"
		[ "$status" -eq 74 ] || { echo "$c: $status, $output"; false; }
	done
}

@test "wrong use is told" {
	for c in claim 'close' 'tag 1' 'link a' 'forward 1' 'assign 1' 'list --order x' 'search' 'journey' 'erase' 'list 1' 'assign --auto x'; do
		# shellcheck disable=SC2086
		run sme-case $c
		[ "$status" -eq 64 ] || { echo "$c: $status $output"; false; }
	done
	run --separate-stderr sme-case agents -a boss - <<<'{"name":"x"}'
	[ "$status" -eq 65 ]
	echo '{"type"' | run sme-case ingest
}

# Elsewhere messages came out in the order in which congested workers got to them, and the newest customers were served
# first.
@test "whatever arrives when: the order is that of the writing" {
	for i in $(seq 20); do
		jq -nc --arg i "$i" --arg t "t$((i % 4))" '{type: "mention", id: "x:1:\($i)", network: "x", channel: "@us", thread: $t, author: {id: "u\($t)"},
			created_at: ("2026-11-20T10:00:00Z" | fromdate + ($i | tonumber) * 7 | todate), fetched_at: "2026-11-20T11:00:00Z", text: "Nachricht \($i)"}'
	done >written
	for seed in 1 2 3 4; do
		rm -rf home log
		sort -R --random-source=<(yes $seed) written >arrived
		sme-log append log arrived | sme-route | sme-case ingest >passed
		sme-log cat log | cmp - written
		sme-case list --json | jq -r .case | paste -sd, | grep -Fx t1,t2,t3,t0 # who wrote first comes first
		for t in t0 t1 t2 t3; do
			sme-case show --json $t | jq -r '.opened_at, .messages[].id'
		done >shown
		jq -r 'select(.type == "mention") | .route.due_at, .id' passed | paste - - | sort >due
		if [ "$seed" = 1 ]; then
			cp shown want
			cp due due.want
		fi
		cmp shown want
		cmp due due.want
	done
	[ "$(sme-case show --json t2 | jq -r '[.messages[].id | ltrimstr("x:1:")] | join(",")')" = 2,6,10,14,18 ]
}
