#!/usr/bin/env bats
# sme-score as a command.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
	mention='{"type":"mention","id":"x:a:1","network":"x","created_at":"2026-11-20T21:14:03Z","author":{"handle":"kim","followers":3000,"following":200,"posts":900,"created_at":"2019-02-01T00:00:00Z"},"text":"kein Netz in Kiel","metrics":{"likes":0},"class":{"sentiment":{"score":-0.8}}}'
}

@test "a mention gets a score as its last member" {
	run --separate-stderr sme-score <<<"$mention"
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[ "$output" = "${mention%\}}"',"score":{"priority":60.3,"reach":65,"bot":0.18,"credibility":null,"urgency":0.8,"why":[["urgency",24],["sentiment",20],["reach",16.3]]}}' ] || {
		echo "$output"
		false
	}
}

@test "the terms add up to the priority" {
	for i in 0 1 2 3 4 5 6 7 8 9; do
		echo "{\"type\":\"mention\",\"direct\":true,\"text\":\"urgent?\",\"author\":{\"followers\":1$i$i$i,\"following\":$i},\"metrics\":{\"likes\":1$i$i},\"class\":{\"sentiment\":{\"score\":-0.$i}}}"
	done >in
	echo '{score: {weights: {reach: 100, sentiment: 100, bot: 0}}}' >c.jq
	for c in /dev/null c.jq; do
		run jq -se 'all(.score | .priority >= 0 and .priority <= 100
			and ((.why | map(.[1]) | add // 0) - .priority | fabs < 1e-9)
			and (.why == (.why | sort_by(.[0]) | sort_by(.[1] | -fabs)))) and length == 10' \
			<<<"$(sme-score -c "$c" in)"
		[ "$status" -eq 0 ] || { echo "$c: $output"; false; }
	done
}

@test "twice is the same as once, and every other byte stays" {
	cat >in <<-'EOF'
		{ "type" : "mention" ,"n":1.10e+2,"big":9007199254740993, "s":"\u00e4\/","dup":1,"dup":2 }
		{"type":"mention","score":{"old":[1,2]},"text":"x"}
		{"type":"mention","score":1,"score":null,"z":0}
		  {"type":"\u006dention"}  
		{"type":"delete","id":"x"}
		{"type":"reply","score":7}
		{"no":"type"}
		{}
	EOF
	sme-score in >once
	sme-score once >twice
	cmp once twice
	jq -c 'del(.score)' in >want
	jq -c 'del(.score)' once >got
	cmp want got
	[ "$(sed -n 1p once)" = '{ "type" : "mention" ,"n":1.10e+2,"big":9007199254740993, "s":"\u00e4\/","dup":1,"dup":2 ,"score":{"priority":0,"reach":null,"bot":null,"credibility":null,"urgency":0,"why":[]}}' ] || {
		sed -n 1p once
		false
	}
	[ "$(sed -n 5,8p once)" = "$(sed -n 5,8p in)" ]
}

@test "whatever an event looks like, only the score is added" {
	awk 'BEGIN {
		srand(11)
		nv = split("1 -0 1.0 1E+2 9007199254740993 0.10 true null \"\" \"\\u00e4\\ud83d\\ude00\" " \
		    "\"\\/\\\"}\" [] {} [1,[2,{\"score\":3}]] {\"score\":{\"priority\":1}} \"äöü\"", value, " ")
		nk = split("a text author metrics class tenant direct created_at x_1 ü \\u0061b followers", key, " ")
		for (i = 0; i < 3000; i++) {
			line = sp() "{" sp() "\"type\"" sp() ":" sp() "\"mention\""
			for (n = int(rand() * 8); n > 0; n--)
				line = line sp() "," sp() "\"" key[1 + int(rand() * nk)] "\"" sp() ":" sp() value[1 + int(rand() * nv)]
			print line sp() "}" sp()
		}
	}
	function sp() { return rand() < 0.8 ? "" : rand() < 0.5 ? " " : rand() < 0.5 ? "\t " : "  " }' >in
	sme-score in >out
	grep -c '"score":{"priority":[^}]*"why":\[' out >scored
	[ "$(cat scored)" -eq 3000 ]
	sed -E 's/,"score":\{"priority":[^}]*"why":[^}]*\}//' out | cmp - in
	jq -e . out >/dev/null
	sme-score out | cmp - out
}

@test "any number of threads gives the same bytes" {
	for i in $(seq 3000); do
		echo "{\"type\":\"mention\",\"id\":\"$i\",\"author\":{\"followers\":$((i * i)),\"posts\":$i},\"text\":\"$i outage?\"}"
	done >in
	sme-score -j1 in >one
	for j in 2 3 8; do
		sme-score -j "$j" in | cmp - one
	done
	[ "$(wc -l <one)" -eq 3000 ]
}

@test "weights, intents and tenants come from the configuration" {
	cat >c.jq <<-'EOF'
		def half: . / 2;
		{ score: {weights: {sentiment: (100 | half), urgency: 0, reach: 0, bot: 0}, intents: {outage: 10}},
		  tenants: {loud: {score: {intents: {outage: 30}}}} }
	EOF
	run sme-score -c c.jq <<-'EOF'
		{"type":"mention","class":{"sentiment":{"score":-0.5},"intent":{"label":"outage","p":0.5}}}
		{"type":"mention","tenant":"loud","class":{"sentiment":{"score":0.5},"intent":{"label":"outage"}}}
	EOF
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == *'"why":[["sentiment",25],["intent:outage",5]]}}' ]]
	[[ "${lines[1]}" == *'"priority":30,'*'"why":[["intent:outage",30]]}}' ]]
}

@test "only a weight for age looks at the clock, and --now sets it" {
	echo '{score: {weights: {age: 10}, age: "10h"}}' >c.jq
	run sme-score -c c.jq --now 2026-11-21T02:14:03Z <<<"$mention"
	[[ "$output" == *'["age",5]'* ]]
	run sme-score -c c.jq --now 2026-11-20T00:00:00Z <<<"$mention"
	[[ "$output" != *'"age"'* ]]
	[ "$(sme-score --now 2000-01-01T00:00:00Z <<<"$mention")" = "$(sme-score <<<"$mention")" ]
}

@test "tables of one's own lie beside the configuration" {
	mkdir conf
	for f in followers likes shares replies views; do
		printf '*\t%s\t1\t2\t3\t4\n' $f
	done >conf/r.tsv
	printf '# mine\nkiel\t1\n' >conf/u.tsv
	echo '{score: {reach: "r.tsv", urgency: {file: "u.tsv"}}}' >conf/sme.jq
	run sme-score -c conf/sme.jq <<<"$mention"
	[[ "$output" == *'"reach":100,'*'"urgency":1,'* ]]
	printf 'x\tlikes\t1\t2\t3\n' >>conf/r.tsv
	run sme-score -c conf/sme.jq <<<"$mention"
	[ "$status" -eq 78 ]
	[ "$output" = "sme-score: conf/r.tsv:6: expected 6 or 7 fields with tabs between them" ]
	run sme-score -c conf/sme.jq --check-config
	[ "$status" -eq 78 ]
	rm conf/u.tsv
	run sme-score -c conf/sme.jq </dev/null
	[ "$status" -ne 0 ]
}

@test "lines that cannot be used are rejected and the rest goes on" {
	printf '%s\n' "$mention" 'nonsense' '[1]' "$mention" >in
	run --separate-stderr sme-score --rejects r in
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(jq -r .raw r)" = $'nonsense\n[1]' ]
	[[ "$stderr" == "sme-score: in:2: "* ]]
}

@test "empty input, a missing file, a full disk, a reader that leaves" {
	run sme-score </dev/null
	[ "$status" -eq 0 ]
	[ "$output" = "" ]
	run sme-score nothing-here
	[ "$status" -eq 66 ]
	run bash -c 'sme-score >/dev/full <<<"$1"' - "$mention"
	[ "$status" -eq 74 ]
	run bash -c 'yes "$1" | head -20000 | sme-score | head -1; echo "${PIPESTATUS[2]}"' - "$mention"
	[ "${#lines[@]}" -eq 2 ]
	[[ "${lines[1]}" == 0 || "${lines[1]}" == 141 ]]
}

@test "the last line may lack its newline, and gzip is read" {
	[ "$(printf '%s' "$mention" | sme-score)" = "$(sme-score <<<"$mention")" ]
	gzip -c <<<"$mention" >in.gz
	[ "$(sme-score in.gz)" = "$(sme-score <<<"$mention")" ]
}

@test "--tenant handles only that tenant's events" {
	run sme-score --tenant a <<-'EOF'
		{"type":"mention","tenant":"a"}
		{"type":"mention","tenant":"b"}
	EOF
	[[ "${lines[0]}" == *score* ]]
	[ "${lines[1]}" = '{"type":"mention","tenant":"b"}' ]
}
