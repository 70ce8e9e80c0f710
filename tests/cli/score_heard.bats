#!/usr/bin/env bats
# How often authors are heard: their h from a log, and what it adds to the reach.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=$PWD/sme.jq
	echo '{}' >sme.jq
}

# mention ID AUTHOR METRICS [ANSWERS]
mention() {
	jq -nc --arg id "$1" --arg a "$2" --argjson m "$3" --arg r "${4:-}" '{type: "mention", id: $id, network: "x",
		created_at: "2026-11-20T10:00:00Z", author: {id: ("x:" + $a), handle: $a}, text: "hm",
		metrics: $m, in_reply_to: (if $r == "" then null else $r end)}'
}

# Posts of kim with 11, 10, 4, 4, 3 and 1 reactions; of lou with 1; of a bot with many.
events() {
	i=0
	for n in 10 3 3 2 0 9; do
		i=$((i + 1))
		mention "p$i" Kim "{\"likes\":$n,\"shares\":1,\"replies\":null}"
	done
	mention q1 lou '{"likes":1}'
	mention q2 lou '{"likes":0,"replies":1}'
	mention q3 lou '{}' q2 # he answers himself
	mention q4 max '{"likes":null}'
	for i in 1 2 3; do mention "b$i" bot '{"likes":99}' | jq -c '.score.bot = 0.95'; done
}

@test "graph --h-index: h of an author's mentions have at least h reactions" {
	events >log.ndjson
	sme-score graph --h-index log.ndjson >h.tsv
	[ "$(cat h.tsv)" = "$(printf '# author\th\nx:@kim\t4\nx:@lou\t1\nx:@bot\t0')" ] || { cat h.tsv; false; }
	[ "$(sme-score graph --h-index --top 1 log.ndjson)" = "$(head -2 h.tsv)" ]
	# What comes again counts once, with the most that was told; the order does not matter; a log says the same.
	{ tac log.ndjson; mention p6 Kim '{"likes":0}'; cat log.ndjson; } | sme-score graph --h-index | cmp - h.tsv
	sme-log append log <log.ndjson >/dev/null
	sme-score graph --h-index log | cmp - h.tsv
	# graph --json tells the same, and null where no figure is known.
	[ "$(sme-score graph --json log | jq -r '.author + " " + (.h | tostring)' | sort)" = "x:@bot 0
x:@kim 4
x:@lou 1
x:@max null" ]
	run sme-score graph --json --h-index log
	[ "$status" -eq 64 ]
}

@test "the h of the author adds to the reach, and where it is not known nothing changes" {
	events | sme-score graph --h-index >h.tsv
	{
		mention 1 kim '{"likes":30}' | jq -c '.author.followers = 3000'
		mention 2 kim '{"likes":0}'
		mention 3 kim '{}'
		mention 4 max '{"likes":30}' | jq -c '.author.followers = 3000'
		mention 5 max '{}'
		mention 6 bot '{"likes":30}' | jq -c '.author.followers = 3000'
	} >in
	sme-score in >without
	echo '{score: {h_index: "h.tsv"}}' >sme.jq
	sme-score in >with
	sed -n 4,6p without | cmp - <(sed -n 4,6p with)
	[ "$(jq -c .score.reach without | paste -sd' ')" = "77 0 null 77 null 77" ]
	[ "$(jq -c .score.reach with | paste -sd' ')" = "81 76 76 77 null 77" ]
	run sme-score --explain in
	[ "${lines[1]}" = "reach                      20.3  followers 3000: 64.9 (x), likes 30: 70 (*), h 4: 75.5 (*); built in" ] || { echo "$output"; false; }
	[[ "${lines[4]}" == *"19.0  likes 0: 0 (*), h 4: 75.5 (*); built in" ]] || { echo "$output"; false; }
	[[ "$output" == *"19.0  h 4: 75.5 (*); built in"* ]]
}

@test "reach learns which h is usual among people" {
	awk 'BEGIN {
		for (i = 0; i < 1500; i++)
			for (p = 0; p <= i % 5; p++)
				printf "{\"type\":\"mention\",\"id\":\"x:%d.%d\",\"network\":\"x\",\"created_at\":\"2026-11-20T10:00:00Z\"," \
				    "\"author\":{\"handle\":\"u%d\"},\"score\":{\"bot\":%s},\"metrics\":{\"likes\":9}}\n", i, p, i, i < 500 ? 0.95 : 0.1
	}' >events
	sme-score reach events >r.tsv
	# A fifth each has 1 to 5; the bots are left out.
	grep -qx 'x	h	3.5	5.5	5.95	5.995	1000' r.tsv
	grep -qx '[*]	h	1	3	8	20' r.tsv
	sme-score graph --h-index events >h.tsv
	echo '{score: {reach: "r.tsv", h_index: "h.tsv"}}' >sme.jq
	run sme-score --explain <<<'{"type":"mention","id":"x:1","network":"x","author":{"handle":"u999"}}'
	[[ "$output" == *"h 5: 6"*" (x, of 1000); r.tsv"* ]] || { echo "$output"; false; }
	run sme-score --explain <<<'{"type":"mention","id":"x:1","network":"x","author":{"handle":"u4"}}'
	[[ "$output" != *reach* ]]
}

@test "mistakes in the file of h are told with their place" {
	echo '{score: {h_index: "h.tsv"}}' >sme.jq
	bad() {
		printf '%b' "$1" >h.tsv
		run --separate-stderr sme-score --check-config
		[ "$status" -eq 78 ]
		[ "$stderr" = "sme-score: $PWD/h.tsv:$2" ] || { echo "$stderr"; false; }
	}
	bad 'x:@kim\t3\nx:@Kim\t3\n' '2: x:@Kim has a line already'
	bad '# h\nx:@kim\t3.5\n' '2: expected a whole number, got "3.5"'
	bad 'x:@kim\tmany\n' '1: expected a whole number, got "many"'
	bad 'x:@kim\n' '1: expected 2 fields with tabs between them'
	bad '\t3\n' '1: the author is missing'
	rm h.tsv
	run sme-score --check-config
	[[ "$output" == *"h.tsv: No such file"* ]]
}

@test "no handle forges a line, and tables of many authors are read" {
	{
		mention 1 $'a\nx:@me\t9' '{"likes":5}'
		mention 2 $'b\t7' '{"likes":5}'
		mention 3 'c ' '{"likes":5}'
		mention 4 c '{"likes":5}'
		mention 5 '' '{"likes":5}' | jq -c '.author.id = "#d"'
	} >events
	[ "$(sme-score graph --h-index events)" = "$(printf '# author\th\nx:@c\t1')" ]
	[ "$(sme-score graph events)" = "$(printf '# author\tinfluence\nx:@c\t0.0')" ]
	awk 'BEGIN { for (i = 0; i < 100000; i++) printf "x:@author%d\t%d\n", i, i % 9 }' >h.tsv
	[ "$(wc -c <h.tsv)" -gt 1048576 ]
	echo '{score: {h_index: "h.tsv"}}' >sme.jq
	[ "$(sme-score <<<'{"type":"mention","network":"x","author":{"handle":"author99998"}}' | jq .score.reach)" = 90 ]
}
