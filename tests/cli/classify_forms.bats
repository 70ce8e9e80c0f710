#!/usr/bin/env bats
# sme-classify: fuzzy words, parts, stems, lists from files; --explain; what --check-config warns of.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset SME_CONFIG
	export XDG_CONFIG_HOME="$PWD/xdg" HOME="$PWD/home" LC_ALL=C.UTF-8
}

# The names of the queries in the file "sme.jq" that match the mention whose members are given.
found() {
	printf '{"type":"mention",%s}\n' "$1" >event
	run --separate-stderr sme-classify --heads lang -c sme.jq event
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	printf '%s\n' "$output" | jq -r '.class.queries | join(" ")' >got
	printf '%s\n' "$2" | diff - got
}

@test "fuzzy words, compound parts and stems" {
	cat >sme.jq <<-'EOF'
		{queries: {fuzzy: "störung~ NEAR/3 kiel", part: "part:netz", stem: "stem:\"kein vertrag\"",
		  english: "stem.en:(cancel OR refund)"}}
	EOF
	found '"text":"Stoehrung in Kiel"' fuzzy
	found '"text":"Mobilfunknetzausfall, Keine Verträge"' 'part stem'
	found '"text":"Internetzugang, kein neuer Vertrag"' ''
	found '"text":"They cancelled without refunds"' english
}

@test "followers, countries and links" {
	cat >sme.jq <<-'EOF'
		{queries: {big: "followers:>10k", small: "followers:0..99", de: "country:de",
		  shop: "links:shop.example/offers", any: "links:shop.example"}}
	EOF
	found '"text":"x","author":{"followers":10001,"country":"DE"}' 'big de'
	found '"text":"x","author":{"followers":99},"country":"de"' 'small de'
	found '"text":"x","author":{"followers":100},"place":{"country":"DE"}' 'de'
	found '"text":"x","author":{"followers":"10"}' ''
	found '"text":"x","links":["https://www.shop.example/offers/1",null,7]' 'shop any'
	found '"text":"x","links":["https:\/\/shop.example"]' 'any'
	found '"text":"see https://shop.example/offers"' 'shop any'
	found '"text":"x","links":"https://shop.example"' ''
}

@test "lists from files beside the configuration" {
	mkdir conf
	printf 'Kiel\n# cities\nBad Homburg\nlist:more.txt\n' >conf/cities.txt
	printf 'Lüb*\r\n#hamburg\r\n' >conf/more.txt
	printf '@Kim\nspam*\n' >'conf/bad people.txt'
	echo '{queries: {city: "list:cities.txt NOT author:list:\"bad people.txt\""}}' >conf/sme.jq
	for text in Kiel 'in bad-homburg' LUEBECK '#Hamburg'; do
		printf '{"type":"mention","text":"%s","author":{"handle":"max"}}\n' "$text"
	done >events
	printf '{"type":"mention","text":"%s","author":{"handle":"%s"}}\n' Kiel kim Kiel Spammer homburg max \
		hamburg max >>events
	sme-classify --heads lang -c conf/sme.jq events | jq -r '.class.queries | length' | tr '\n' ' ' >got
	echo -n '1 1 1 1 0 0 0 0 ' | diff - got
}

@test "a list of a hundred thousand entries" {
	seq 100000 | sed 's/^/entry/' >list.txt
	echo '{queries: {a: "list:list.txt", b: "author:list:list.txt"}}' >sme.jq
	found '"text":"x entry99999"' a
	found '"text":"entry100001","author":{"handle":"entry7"}' b
}

@test "a list that cannot be used ends with 78, its place and the reason" {
	check() {
		echo "{queries: {x: \"kiel OR list:$1\"}}" >sme.jq
		run --separate-stderr sme-classify -c sme.jq /dev/null
		[ "$status" -eq 78 ]
		[ "$stderr" = "sme-classify: sme.jq: .queries.x: column 14: $2: kiel OR list:<-- here $1" ]
		run --separate-stderr sme-classify --check-config -c sme.jq
		[ "$status" -eq 78 ]
		[ "$stderr" = "sme-classify: sme.jq: .queries.x: column 14: $2: kiel OR list:<-- here $1" ]
	}
	: >empty.txt
	printf 'ok\n\xff\n' >broken.txt
	printf 'ok\n\n!!\n' >wordless.txt
	printf 'list:loop2.txt\n' >loop.txt
	printf 'x\nlist:loop.txt\n' >loop2.txt
	mkdir dir.txt
	check none.txt 'none.txt: No such file or directory'
	check empty.txt 'empty.txt: no entries in the list'
	check broken.txt 'broken.txt: line 2: not UTF-8'
	check wordless.txt 'wordless.txt: line 3: column 1: there is no word in this: <-- here !!'
	check loop.txt 'loop.txt: line 1: loop2.txt: line 2: the list loop.txt holds itself'
	check dir.txt 'dir.txt: Is a directory'
}

@test "--explain tells which clause matched where, in characters as jq counts them" {
	cat >sme.jq <<-'EOF'
		{queries: {outage: "(\"kein netz\" OR störung*) kiel followers:>9 NOT test",
		  near: "kein NEAR/3 kiel"}, topics: {net: "part:netz"}, keywords: ["#Kiel"],
		 tenants: {o2: {queries: {outage: "author:kim"}}}}
	EOF
	cat >event <<-'EOF'
		{"type":"mention","tenant":"o2","text":"Störungen: \"kein\tNetz\" in #Kiel 😀, Kiel","author":{"handle":"kim","followers":12}}
	EOF
	sme-classify --heads lang --explain -c sme.jq event >out
	jq -c '.class.why_queries[] | [.in, .name, .clauses]' out >got
	cat >want <<-'EOF'
		["topics","net",[{"clause":"part:netz","at":[[17,21]]}]]
		["queries","outage",[{"clause":"\"kein netz\"","at":[[12,21]]},{"clause":"störung*","at":[[0,9]]},{"clause":"kiel","at":[[26,31],[35,39]]},{"clause":"followers:>9","field":"followers"},{"clause":"NOT test","absent":true}]]
		["queries","near",[{"clause":"kein NEAR/3 kiel","at":[[12,31]]}]]
		["keywords","#Kiel",[{"clause":"#Kiel","at":[[26,31]]}]]
		["queries","outage",[{"clause":"author:kim","field":"author"}]]
	EOF
	diff want got
	jq -r '.text as $t | .class.why_queries[1].clauses[0].at[0] as [$from, $to] | $t[$from:$to]' out >got
	printf 'kein\tNetz\n' | diff - got
	# Without it there is no such member, and the rest is the same.
	sme-classify --heads lang -c sme.jq event >plain
	jq -e '.class | has("why_queries") | not' plain
	diff <(jq -c '.class | [.topics, .keywords, .queries]' out) <(jq -c '.class | [.topics, .keywords, .queries]' plain)
	for j in 1 2; do sme-classify -j$j --heads lang --explain -c sme.jq event event event >"out$j"; done
	cmp out1 out2
}

@test "--check-config warns of clauses that do nothing, and -q keeps quiet" {
	cat >sme.jq <<-'EOF'
		{queries: {never: "a AND NOT a", "in": "netz OR netz* OR kiel", same: "x  y"}, topics: {fine: "a b"},
		 tenants: {o2: {topics: {all: "a OR NOT a"}, queries: {one: "b", two: "b"}}}}
	EOF
	run --separate-stderr sme-classify --check-config -c sme.jq
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	printf '%s\n' "$stderr" >got
	cat >want <<-'EOF'
		sme-classify: sme.jq: .queries.never: this never matches: its clauses exclude each other
		sme-classify: sme.jq: .queries.in: column 1: "netz" finds nothing more than "netz*"
		sme-classify: sme.jq: .tenants.o2.topics.all: this matches every mention
		sme-classify: sme.jq: .tenants.o2.queries.two: this is the same as .tenants.o2.queries.one
	EOF
	diff want got
	run --separate-stderr sme-classify -q --check-config -c sme.jq
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

@test "the example of the manual page" {
	cat >contract.jq <<-'EOF'
		{queries: {contract:
		  "stem:vertrag NEAR/6 (stem:kündigung OR kuendigugn~) followers:>=1k"}}
	EOF
	grep -qF '"stem:vertrag NEAR/6 (stem:kündigung OR kuendigugn~) followers:>=1k"}}' \
		"$BATS_TEST_DIRNAME/../../man/sme-classify.1"
	echo '{"type":"mention","text":"Zwei Verträge, zwei Kündigungen!",
		"author":{"handle":"kim","followers":1840}}' | tr -d '\n' |
		sme-classify --explain -c contract.jq |
		jq -c '.class.why_queries[].clauses[] | [.clause, .at]' >got
	cat >want <<-'EOF'
		["stem:vertrag NEAR/6 (stem:kündigung OR kuendigugn~)",[[5,31]]]
		["followers:>=1k",null]
	EOF
	diff want got
	while IFS= read -r line; do
		grep -qF -e "$line" "$BATS_TEST_DIRNAME/../../man/sme-classify.1"
	done <want
}

@test "queries that are no queries: deep, long, unbalanced, not UTF-8" {
	refused() {
		run --separate-stderr sme-classify suggest --match "$1" /dev/null
		[ "$status" -eq 78 ]
		[[ "$stderr" == *"$2"* ]] || { echo "$stderr"; false; }
	}
	refused "$(printf '(%.0s' $(seq 65))" 'column 65: more than 64 levels'
	refused "$(printf 'a%.0s' $(seq 256))" 'column 1: a word of more than 255 bytes'
	refused "$(printf 'a %.0s' $(seq 8193))" 'column 16385: more than 8192 words in one query'
	refused '(a OR b' 'column 1: the parenthesis that opens here is not closed'
	refused 'a OR b)' 'column 7: no parenthesis is open here'
	refused 'a "b' 'column 3: the quote that opens here is not closed'
	refused 'fans:>5' 'column 1: no operator "fans:"'
	refused 'followers:>5x' 'column 11: followers: takes a number'
	refused $'\xff\xfe' 'column 1: there is no word in this'
	jq -n '{queries: {x: ("a" * 65537)}}' >long.json
	run --separate-stderr sme-classify -c long.json /dev/null
	[ "$status" -eq 78 ]
	[[ "$stderr" == *'.queries.x: a query of more than 65536 bytes'* ]]
}
