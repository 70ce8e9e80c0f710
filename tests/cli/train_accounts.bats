#!/usr/bin/env bats
# sme-train --accounts: which authors are bots, and sme-score with what was learned.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
}

# N accounts of each label; bots post a lot and are followed by few.
accounts() {
	awk -v n="$1" 'BEGIN {
		srand(4)
		for (i = 1; i <= n; i++) {
			printf "{\"id\":\"b%d\",\"label\":\"bot\",\"set\":\"a\",\"created_at\":\"2026-11-01T00:00:00Z\",\"author\":{\"followers\":%d," \
			    "\"following\":%d,\"posts\":%d,\"created_at\":\"2026-0%d-01T00:00:00Z\",\"handle\":\"u%d\"}}\n", i,
			    rand() * 50, 1000 + rand() * 4000, 9000 + rand() * 90000, 1 + i % 9, rand() * 1e6
			printf "{\"id\":\"h%d\",\"label\":\"human\",\"set\":\"b\",\"created_at\":\"2026-11-01T00:00:00Z\",\"author\":{\"followers\":%d," \
			    "\"following\":%d,\"posts\":%d,\"created_at\":\"201%d-01-01T00:00:00Z\",\"handle\":\"kim%d\"}}\n", i,
			    20 + rand() * 5000, rand() * 900, rand() * 9000, i % 9, rand() * 9
		}
	}'
}

@test "trees are learned, the same each time, and sme-score uses them" {
	accounts 150 >rows
	sme-train --accounts --by set -o one.trees rows >report
	sme-train --accounts -q -o two.trees rows
	cmp one.trees two.trees
	grep -q '^all  *300  *150 ' report
	awk '/^all/ { exit !($4 > 0.95 && $5 < 0.1) }' report
	mkdir -p share/models
	cp one.trees share/models/accounts.trees
	likely() { SME_SHARE=$PWD/share sme-score <<<"$1" | jq .score.bot; }
	bot=$(likely '{"type":"mention","created_at":"2026-11-01T00:00:00Z","author":{"followers":3,"following":4000,"posts":80000,"created_at":"2026-03-01T00:00:00Z","handle":"u4711"}}')
	human=$(likely '{"type":"mention","created_at":"2026-11-01T00:00:00Z","author":{"followers":700,"following":300,"posts":4000,"created_at":"2014-03-01T00:00:00Z","handle":"kim"}}')
	[ "$(jq -n "$bot > 0.9 and $human < 0.1")" = true ]
	[ "$(likely '{"type":"mention","author":{"followers":3,"handle":"newsbot"}}')" = null ]
}

@test "the report says how well the others tell a set that was not learned from" {
	# Bots of set "b" are the other way round: nothing that "a" has taught helps there.
	accounts 120 | jq -c '.set = "a"' >rows
	accounts 120 | jq -c '.id += "x" | .set = "b" | .label = (if .label == "bot" then "human" else "bot" end)' >>rows
	accounts 10 | jq -c '.id += "y" | .set = "few"' >>rows
	sme-train --accounts --by set -o x.trees rows >report
	[ "$(head -n 1 report)" = '5 folds             accounts    bots     AUC     ECE  AUC +/-  unseen' ]
	awk '/^[ab] / { n += $6 > 0 && $6 < 0.5 && $7 < 0.2 } END { exit n != 2 }' report || { cat report; false; }
	[ "$(awk '/^(few|all) / { print $7 }' report | paste -s -d ' ')" = '- -' ]
}

@test "too few rows, other labels, lines that are no JSON" {
	accounts 20 >rows
	run --separate-stderr sme-train --accounts -o x.trees rows
	[ "$status" -eq 65 ]
	[ "$stderr" = "sme-train: 20 bots and 20 people are too few to learn from; there must be 50 of each" ]
	[ ! -e x.trees ]
	accounts 60 >rows
	echo '{"id":"x","label":"cyborg"}' >>rows
	echo '{"id":' >>rows
	run --separate-stderr sme-train --accounts -q -o x.trees rows
	[ "$status" -eq 0 ]
	run --separate-stderr sme-train --accounts --strict -o x.trees rows
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"rows:122: "* ]]
	run sme-train --accounts rows
	[ "$status" -eq 64 ]
}

@test "damaged trees are refused with the name of the file" {
	mkdir -p share/models
	accounts 60 | sme-train --accounts -q -o share/models/accounts.trees -
	head -c 5000 share/models/accounts.trees >cut && mv cut share/models/accounts.trees
	export SME_SHARE=$PWD/share
	run --separate-stderr sme-score <<<'{"type":"mention"}'
	[ "$status" -eq 65 ]
	[ "$stderr" = "sme-score: $PWD/share/models/accounts.trees: damaged, or no file of sme-train --accounts" ]
}
