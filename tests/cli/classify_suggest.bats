#!/usr/bin/env bats
# sme-classify suggest: terms that a query lacks.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset SME_CONFIG
	export XDG_CONFIG_HOME="$PWD/xdg" HOME="$PWD/home" LC_ALL=C.UTF-8
	# Ten mentions of an outage, four that the query misses, three that only share a word, many others.
	{
		for _ in 1 2 3 4 5 6 7 8 9 10; do say "Störung: Router blinkt rot, Internet weg"; done
		for _ in 1 2 3 4; do say "Router blinkt rot, Internet weg"; done
		for _ in 1 2 3; do say "Router zum Backen? Kuchen backen!"; done
		for _ in $(seq 200); do say "Kuchen backen ist schön"; done
	} >events
	cat >sme.jq <<-'EOF'
		{queries: {outage: "störung*"}, topics: {cake: "kuchen", outage: "xyzzy"},
		 tenants: {o2: {queries: {own: "list:words.txt"}}}}
	EOF
	echo Störung >words.txt
}

say() {
	printf '{"type":"mention","text":"%s"%s}\n' "$1" "${2-}"
}

@test "a table with counts, gain and noise" {
	run --separate-stderr sme-classify suggest -c sme.jq --query outage --top 3 events
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	printf '%s\n' "$output" >got
	cat >want <<-'EOF'
		10 mentions match, 207 do not

		      g2  matched   others     gain    noise  term
		    64.3       10        4        4        0  Internet
		    64.3       10        4        4        0  "Internet weg"
		    64.3       10        4        4        0  "Router blinkt"
	EOF
	diff want got
}

@test "the same as JSON, from standard input, compressed, and for a query given at once" {
	sme-classify suggest -c sme.jq --query outage --json events >one
	jq -e -s 'length == 8 and (map(.term) | index("Router")) != null' one
	jq -c 'select(.term == "Router")' one >got
	echo '{"term":"Router","words":1,"g2":58.04,"matched":10,"background":7,"gain":7,"noise":3}' >want
	diff want got
	gzip -c events | sme-classify suggest --match 'störung*' --json >two
	cmp one two
}

@test "a background of its own" {
	for _ in $(seq 100); do say 'Internet weg'; done >others
	sme-classify suggest --match störung --background others events --json >out
	jq -e -s 'map(.term) | index("Internet") == null and index("rot") != null' out
	jq -e 'select(.term == "rot") | .background == 0 and .gain == 4' out
}

@test "what the query knows already is not suggested, and limits hold" {
	sme-classify suggest --match 'störung AND router' --json events >out
	jq -e -s 'map(.term) | index("Router") == null and index("Router blinkt") != null' out
	[ "$(sme-classify suggest --match störung --json --min-gain 5 events | jq -r .term)" = Router ]
	[ "$(sme-classify suggest --match störung --json --min-count 11 events | wc -l)" -eq 0 ]
	[ "$(sme-classify suggest --match störung --json --min-g2 60 --top 1 events | wc -l)" -eq 1 ]
	sme-classify suggest --match xyzzy events | grep -q 'no term stands out'
}

@test "of one tenant: its mentions, its queries and their lists" {
	say 'Störung: Router weg' ',"tenant":"o2"' >own
	say 'Router weg' ',"tenant":"o2"' >>own
	say 'Router weg' ',"tenant":"x"' >>own
	for _ in 1 2 3 4 5; do say 'Kuchen' ',"tenant":"o2"'; done >>own
	run sme-classify suggest -c sme.jq --tenant o2 --query own --min-count 1 --min-g2 0 own
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = '1 mentions match, 6 do not' ]
	run --separate-stderr sme-classify suggest -c sme.jq --query own own
	[ "$status" -eq 64 ]
	[[ "$stderr" = *'no query or topic named "own" in sme.jq'* ]]
}

@test "fields of the mention count, and the language that was found" {
	say x ',"class":{"lang":{"code":"de"}},"lang_hint":"en"' >own
	say y ',"lang_hint":"de"' >>own
	say z ',"lang_hint":"en","author":{"followers":5}' >>own
	sme-classify suggest --match 'lang:de' own | grep -q '^2 mentions match, 1 do not'
	sme-classify suggest --match 'followers:5' own | grep -q '^1 mentions match, 2 do not'
}

@test "mistakes" {
	run --separate-stderr sme-classify suggest events
	[ "$status" -eq 64 ]
	[[ "$stderr" = *'say which query'* ]]
	run --separate-stderr sme-classify suggest --match 'a AND' events
	[ "$status" -eq 78 ]
	[[ "$stderr" = *'--match: column 6: expected a word'* ]]
	run --separate-stderr sme-classify suggest --match 'list:none.txt' events
	[ "$status" -eq 78 ]
	[[ "$stderr" = *'none.txt: No such file'* ]]
	run --separate-stderr sme-classify suggest --match a missing
	[ "$status" -eq 66 ]
	run --separate-stderr sme-classify suggest --match a --top 0 events
	[ "$status" -eq 64 ]
	echo '{"type":' >bad
	run --separate-stderr sme-classify suggest --match störung --rejects rejects events bad
	[ "$status" -eq 1 ]
	[ "$(wc -l <rejects)" -eq 1 ]
	run sme-classify suggest --match störung events >/dev/full
	[ "$(sh -c 'sme-classify suggest --match störung events >/dev/full 2>&1; echo $?')" -eq 74 ]
}

@test "--help names the command, and the command has its own help" {
	sme-classify --help | grep -q '^  suggest  *suggest words'
	sme-classify suggest --help | grep -q -e '--background FILE'
}
