#!/usr/bin/env bats
# sme-train --from-log: what agents corrected at the desk is learned.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
}

# Mentions of three intents, 30 of each for every TENANT, and a correction of each by a case event.
events() {
	awk -v tenants="${*:-talvio}" 'BEGIN {
		split("outage billing praise", label, " ")
		what["outage"] = "kein netz empfang ausfall"; what["billing"] = "rechnung betrag abbuchung konto"
		what["praise"] = "danke super toll klasse"
		split("heute seit gestern mal wieder hier bei mir noch immer", any, " ")
		n = split(tenants, tenant, " ")
		for (t = 1; t <= n; t++)
			for (l = 1; l <= 3; l++) {
				split(what[label[l]], words, " ")
				for (i = 1; i <= 30; i++) {
					id = sprintf("x:%s:%s%d", tenant[t], substr(label[l], 1, 1), i)
					printf "{\"type\":\"mention\",\"id\":\"%s\",\"tenant\":\"%s\",\"created_at\":\"2026-11-20T%02d:%02d:00Z\",\"author\":{\"id\":\"x:%s\"},\"text\":\"%s %s %s %s %d\"}\n",
						id, tenant[t], l, i, i % 7 ? "kim" : "lee", words[i % 4 + 1], any[i % 10 + 1], words[(i + 1) % 4 + 1], any[(3 * i) % 10 + 1], i
					printf "{\"type\":\"case\",\"id\":\"case:%s\",\"tenant\":\"%s\",\"created_at\":\"2026-11-21T%02d:%02d:00Z\",\"mention\":\"%s\",\"by\":\"agent-7\",\"correct\":{\"intent\":\"%s\"}}\n",
						id, tenant[t], l, i, id, label[l]
				}
			}
	}'
}

# The first line of the report: rows and labels.
first() {
	head -n 1 | sed 's/, [0-9]* held out.*//'
}

learn() {
	sme-train --grid 3 --name intent -o m.model "$@"
}

@test "a log is learned from: as a directory, a file, compressed and through a pipe" {
	events >in
	sme-log append log in >/dev/null
	learn --from-log log -v >dir 2>said
	[ "$(first <dir)" = 'head intent: 90 rows, 3 labels' ]
	grep -q 'log: 90 corrections of "intent"; 90 mentions to learn from, 0 deleted, 0 taken back' said
	cp m.model dir.model
	sme-log cat log >file
	gzip -c file >file.gz
	learn -q --from-log file
	cmp m.model dir.model
	learn -q --from-log file.gz
	cmp m.model dir.model
	learn -q --from-log - <file.gz
	cmp m.model dir.model
	sme-log cat log | learn -q --from-log -
	cmp m.model dir.model
	learn -q --from-log <(sme-log cat log)
	cmp m.model dir.model
	mkdir tmp
	TMPDIR=$PWD/tmp learn -q --from-log - <file
	cmp m.model dir.model
	rmdir tmp
	TMPDIR=$PWD/tmp run --separate-stderr learn --from-log - <file
	[ "$status" -eq 73 ]
	[[ "$stderr" == *"$PWD/tmp/sme-train."*': No such file'* ]]
	echo '{"type":"mention","text":"schon wieder kein empfang"}' |
		sme-classify --model m.model --heads intent | jq -e '.class.heads.intent.label == "outage"'
}

@test "the latest correction counts, and null takes one back" {
	events >in
	sme-log append log in >/dev/null
	{
		echo '{"type":"case","id":"c1","tenant":"talvio","created_at":"2026-11-22T10:00:00Z","mention":"x:talvio:o1","correct":{"intent":"network"}}'
		echo '{"type":"case","id":"c2","tenant":"talvio","created_at":"2026-11-22T09:00:00Z","mention":"x:talvio:o1","correct":{"intent":"praise"}}'
		echo '{"type":"case","id":"c3","tenant":"talvio","created_at":"2026-11-22T09:00:00Z","mention":"x:talvio:b1","correct":{"intent":null,"sentiment":"negative"}}'
		echo '{"type":"case","id":"c4","tenant":"talvio","created_at":"2026-11-22T09:00:00Z","mention":"x:talvio:b2","correct":{"sentiment":"negative"}}'
	} | sme-log append log >/dev/null
	learn --from-log log >report 2>warned
	[ "$(first <report)" = 'head intent: 89 rows, 4 labels' ]
	grep -q '"network" (1)' warned
	run --separate-stderr sme-train --name sentiment -o s.model --from-log log
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'only 2 usable rows'* ]]
}

@test "what was deleted or erased is not learned from" {
	events >in
	sme-log append log in >/dev/null
	echo '{"type":"delete","id":"x:talvio:o1","tenant":"talvio","created_at":"2026-11-22T10:00:00Z"}' |
		sme-log append log >/dev/null
	learn --from-log log | first >got
	[ "$(cat got)" = 'head intent: 89 rows, 3 labels' ]
	sme-log erase --author x:lee log >/dev/null
	learn --from-log log >report 2>warned
	[ "$(first <report)" = 'head intent: 77 rows, 3 labels' ]
	[ ! -s warned ]
	learn -q --from-log log --misses misses --holdout 60
	run ! grep -q 'x:talvio:[obp]\(7\|14\|21\|28\)"' misses
}

@test "--tenant: only what one tenant's agents said" {
	events talvio nordnet >in
	sme-log append log in >/dev/null
	learn --from-log log | first | grep -qx 'head intent: 180 rows, 3 labels'
	learn --from-log log --tenant nordnet | first | grep -qx 'head intent: 90 rows, 3 labels'
	sme-log cat log | learn --from-log - --tenant nordnet | first | grep -qx 'head intent: 90 rows, 3 labels'
	run --separate-stderr learn --from-log log --tenant nobody
	[ "$status" -eq 65 ]
	run --separate-stderr learn --tenant nordnet in
	[ "$status" -eq 64 ]
}

@test "corrections join labelled files, and overrule them" {
	events >in
	sme-log append log in >/dev/null
	{
		echo '{"id":"x:talvio:o1","text":"an old label for a mention that was corrected","kind":"praise"}'
		for i in $(seq 20); do echo '{"id":"base'"$i"'","text":"kündigung zum monatsende '"$i"'","kind":"cancel"}'; done
	} >base.ndjson
	run --separate-stderr learn -v --label-key kind --from-log log base.ndjson
	[ "$status" -eq 0 ]
	[ "$(first <<<"$output")" = 'head intent: 110 rows, 4 labels' ]
	[[ "$stderr" == *'1 rows were left out: their labels were corrected'* ]]
	# without --name, the label key names the head
	sme-train --grid 3 --label-key meta.intent -o m.model --from-log log | first | grep -qx 'head intent: 90 rows, 3 labels'
	run --separate-stderr sme-train -o m.model --from-log log
	[ "$status" -eq 64 ]
	[[ "$stderr" == *'--label-key is missing'* ]]
}

@test "a log that helps nobody, and one that cannot be read" {
	events >in
	run --separate-stderr sme-train --name topic -o m.model --from-log in
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'in: no case event has "correct" with a member "topic"'* ]]
	grep '"case"' in >cases
	run --separate-stderr learn --from-log cases
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'cases: 90 mentions that were corrected are not there, or have no text'* ]]
	run --separate-stderr learn --from-log missing
	[ "$status" -eq 66 ]
	[[ "$stderr" == *'missing: No such file'* ]]
	mkdir empty
	run --separate-stderr learn --from-log empty
	[ "$status" -eq 66 ]
	[[ "$stderr" == *'empty: no log there'* ]]
	{ cat in; echo '{"type":'; } >torn
	run --separate-stderr learn --from-log torn
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'torn:181: byte '* ]]
	sed '2s/"outage"/"a\\u0007b"/' in >odd
	run --separate-stderr learn --from-log odd
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'odd: 1 corrections of "intent" are no labels'* ]]
	run --separate-stderr learn --strict --from-log odd
	[ "$status" -eq 65 ]
}

@test "memory does not grow with what was not corrected" {
	events >in
	peak() {
		/usr/bin/time -f %M sme-train -q --grid 3 --name intent -o m.model --from-log "$1" 2>&1
	}
	[ -x /usr/bin/time ] || skip "no time(1)"
	small=$(peak in)
	awk '{ print } END { for (i = 1; i <= 200000; i++)
		printf "{\"type\":\"mention\",\"id\":\"y:%d\",\"tenant\":\"talvio\",\"text\":\"nobody has looked at this one, number %d, and it is longer than others\"}\n", i, i }' in >large
	large=$(peak large)
	[ "$large" -lt $((small + 3000)) ]
}
