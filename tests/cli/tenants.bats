#!/usr/bin/env bats
# Tenants are strictly apart: whatever is done to the events of one of them, no byte of what another gets
# changes.  The events of all have the same ids, threads, authors and texts: only the tenant tells them apart.
bats_require_minimum_version 1.5.0

now=2026-11-29T12:00:00Z
seeds='1 2 3'

setup() {
	PATH="$BATS_TEST_DIRNAME/../../${B:-build}:$PATH"
	export LC_ALL=C SME_CONFIG="$BATS_TEST_TMPDIR/sme.jq"
	cd "$BATS_TEST_TMPDIR" || return
	declare -gA config
	config[north]='{timezone: "Europe/Berlin", accounts: ["@own"], languages: ["de", "en"], clock: "business",
		hours: {mon: ["08:00-20:00"], sat: ["22:00-02:00"]}, sweep: {page: 40}, vars: {sign: "Nord"},
		queues: [{name: "inbox", sla: "4h"}, {name: "network", skills: ["net:2"], sla: "36m", relax: [{after: "10m", skills: []}]}],
		rules: [{name: "net", when: ".text | test(\"netz\"; \"i\")", queue: "network", priority: 30},
			{name: "gone", when: ".text | contains(\"spam\")", action: "ignore"}],
		snippets: [{name: "net", when: ".route.queue == \"network\"", text: "Hallo {handle}, {sign}", auto: true},
			{name: "closed", when: ".route.after_hours", auto: true, text: "Ab {opens_at} wieder."}]}'
	config[south]='{match: "all", accounts: ["@u2"], score: {weights: {sentiment: 60}}, sweep: {page: 1},
		rules: [{name: "all", priority: 7, sla: "1h", skills: ["s"]}, {name: "bill", when: ".text | test(\"rechnung|netz\"; \"i\")", action: "hold"}],
		hours: {fri: ["00:00-24:00"]}, snippets: [{name: "s", text: "Ola {name}, {url}", auto: true}]}'
	config[default]='{queues: [{name: "d", sla: "1d"}]}'
	configure north south default
}

# configure TENANT...: those are configured; of the rest nothing is known.
configure() {
	local t
	{
		echo '{tenants: {'
		for t in "$@"; do echo "$t: ${config[$t]}, "; done | sed '$s/, $//'
		echo '}}'
	} >sme.jq
}

# events SEED TENANT: 60 of them.  "default" goes without a name.
events() {
	awk -v seed="$1" -v tenant="$2" 'BEGIN {
		srand(seed)
		split("Kein Netz in Kiel|Rechnung falsch, Frechheit!|spam|Danke, top|Why is there no signal?", text, "|")
		named = tenant == "default" ? "" : ",\"tenant\":\"" tenant "\""
		for (i = 1; i <= 60; i++) {
			id = int(rand() * 40)
			at = sprintf("2026-11-%02dT%02d:%02d:00Z", 23 + rand() * 6, rand() * 24, rand() * 60)
			if (rand() < .1)
				printf "{\"type\":\"delete\",\"id\":\"x:1:%d\"%s,\"deleted_at\":\"%s\"}\n", id, named, at
			else if (rand() < .15)
				printf "{\"type\":\"reply\",\"id\":\"r:1:%d\"%s,\"in_reply_to\":\"x:1:%d\",\"created_at\":\"%s\",\"state\":\"sent\",\"auto\":%s,\"text\":\"Wir sind dran %d\",\"parts\":[\"a\"],\"key\":\"%08d\"}\n",
				    i, named, id, at, rand() < .5 ? "true" : "false", i, i
			else
				printf "{\"type\":\"mention\",\"id\":\"x:1:%d\"%s,\"network\":\"x\",\"channel\":\"@own\",\"created_at\":\"%s\",\"author\":{\"id\":\"x:1:u%d\",\"handle\":\"u%d\",\"name\":\"Kim %d\",\"followers\":%d,\"posts\":%d},\"text\":\"%s %d\",\"thread\":\"x:1:t%d\",\"direct\":%s,\"metrics\":{\"likes\":%d},\"links\":[\"https://example.org/%d\"]}\n",
				    id, named, at, n = rand() * 6, n, n, rand() * 9e5, rand() * 3000, text[1 + int(rand() * 5)], i, rand() * 9, rand() < .3 ? "true" : "false", rand() * 99, i
		}
	}'
}

# merge SEED FILE...: their lines in any order, but those of a file in theirs.
merge() {
	awk -v seed="$1" 'BEGIN {
		srand(seed)
		for (f = 1; f < ARGC; f++)
			if ((getline line[f] < ARGV[f]) > 0)
				open[++n] = f
		while (n) {
			i = 1 + int(rand() * n)
			f = open[i]
			print line[f]
			if ((getline line[f] < ARGV[f]) <= 0)
				open[i] = open[n--]
		}
	}' "${@:2}"
}

# of TENANT: its lines on standard input.
of() {
	if [ "$1" = default ]; then
		grep -vE '"tenant":"(north|south)"'
	else
		grep -F "\"tenant\":\"$1\""
	fi
}

# apart COMMAND: it makes of standard input, for each of the tenants, the same whatever the others are.
apart() {
	local seed t other
	for seed in $seeds; do
		for t in north south default; do
			events "$seed" $t >own
			for other in north south default; do
				[ $other = $t ] || events "$((seed + 50))" $other >"as.$other"
				[ $other = $t ] || events "$((seed + 60))" $other | sort -R --random-source=<(yes "$seed") >"changed.$other"
			done
			configure $t
			"$@" $t <own >alone
			configure north south default
			merge "$seed" own as.* | "$@" $t >among
			merge "$((seed + 7))" own changed.* | "$@" $t >changed
			rm as.* changed.*
			[ -s alone ]
			echo "$* of $t, seed $seed"
			cmp alone among
			cmp alone changed
		done
	done
}

# Each of these gets the tenant as its last word.
classify() { sme-classify -q --now $now | of "$1"; }
score() { sme-classify -q --now $now | sme-score -q --now $now | of "$1"; }
chain() { sme-classify -q | sme-score -q --now $now; }
route() { chain | sme-route -q | of "$1"; }
sweep() { chain | sme-route -q --sweep --now $now --digest digest | of "$1"; }
reply() { chain | sme-route -q | sme-reply -q --now $now | of "$1"; }
publish() { rm -rf out; chain | sme-route -q | sme-reply -q | sme-publish -q -o out --now $now | of "$1"; }
# Without the receipts, which are numbered and hashed by what the log has as a whole.
logged() {
	rm -rf log
	sme-log append log | of "$1"
	sme-log cat --tenant "$1" log
	sme-log erase --tenant "$1" --author x:1:u1 log >/dev/null
	sme-log cat --tenant "$1" log | grep -v '"type":"erase"'
}
cases() {
	local t=$1 key
	rm -f sme.db*
	chain | sme-route -q | sme-case ingest --db sme.db --now $now | of "$t"
	desk() { sme-case "$@" --db sme.db --tenant "$t" --now $now; }
	desk list --json
	desk list --json --status closed
	desk queue --json
	desk search --json netz
	desk journey --json x:1:u1
	for key in $(desk list --json | jq -r .case); do
		desk show --json "$key"
	done
}
figures() {
	cat >all
	sme-stats summary -q --json --tenant "$1" --now $now all
	sme-stats report -q --tenant "$1" --now $now all
}

@test "sme-classify" { apart classify; }
@test "sme-score" { apart score; }
@test "sme-route" { apart route; }
@test "sme-route --sweep" { apart sweep; }
@test "sme-reply" { apart reply; }
@test "sme-publish" { apart publish; }
@test "sme-log" { apart logged; }
@test "sme-case" { apart cases; }
@test "sme-stats" { apart figures; }
