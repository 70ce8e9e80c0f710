#!/usr/bin/env bats
# sme-classify: topics, keywords and queries of the configuration, global and per tenant.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset SME_CONFIG
	export XDG_CONFIG_HOME="$PWD/xdg" HOME="$PWD/home" LC_ALL=C.UTF-8
	cat >sme.jq <<-'EOF'
		{
		  topics: {network: "netz* OR (no NEAR/2 (signal OR service))", all: "NOT xyzzy"},
		  queries: {
		    "outage-kiel": "(\"kein netz\" OR ausfall OR störung*) AND kiel NOT author:spamme*",
		    reviews: "type:review OR site:forum.example.org"
		  },
		  keywords: ["kein Netz", "#Kiel", "AND"],
		  tenants: {
		    o2: {queries: {vip: "author:(kim OR \"Max Muster\")"}, keywords: ["O2", "kein Netz"],
		         topics: {price: "tarif* OR \"30 €\""}},
		    default: {queries: {home: "network:mastodon channel:o2de"}}
		  }
		}
	EOF
}

# The three lists for the mention whose members are given.
lists() {
	printf '{"type":"mention",%s}\n' "$1" >event
	run --separate-stderr sme-classify --heads lang -c sme.jq event
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	printf '%s\n' "$output" | jq -c '.class | [.topics, .keywords, .queries]' >got
	printf '%s\n' "$2" | diff - got
}

@test "topics, keywords and queries by name, in the order of the configuration" {
	lists '"text":"STOERUNG in #Kiel: kein Netz!"' \
		'[["network","all"],["kein Netz","#Kiel"],["outage-kiel"]]'
	lists '"text":"xyzzy and nothing"' '[[],["AND"],[]]'
	lists '"text":"no good signal"' '[["network","all"],[],[]]'
}

@test "escapes are decoded before the text is searched" {
	lists '"text":"St\u00f6rung \u0023Kiel\nkein\tNetz"' \
		'[["network","all"],["kein Netz","#Kiel"],["outage-kiel"]]'
	lists '"text":"xyzzy 30\u20ac kein\\nNetz","tenant":"o2"' '[["price"],[],[]]'
}

@test "fields of the mention" {
	lists '"text":"Kiel: Ausfall","author":{"handle":"Spammer7"}' '[["all"],[],[]]'
	lists '"text":"x","kind":"review"' '[["all"],[],["reviews"]]'
	lists '"text":"x","url":"https://Forum.example.org/t/1"' '[["all"],[],["reviews"]]'
	lists '"text":"x","url":"https://myforum.example.org/"' '[["all"],[],[]]'
}

@test "a tenant has its own and those of all; nobody has another's" {
	lists '"tenant":"o2","text":"O2 Tarif, kein Netz","author":{"name":"max muster","handle":"m"}' \
		'[["network","all","price"],["kein Netz","O2"],["vip"]]'
	lists '"tenant":"other","text":"O2 Tarif","author":{"handle":"kim"}' '[["all"],[],[]]'
	lists '"tenant":"o2","text":"x","network":"mastodon","channel":"@o2de"' '[["all"],[],[]]'
	lists '"text":"x","network":"mastodon","channel":"@o2de"' '[["all"],[],["home"]]'
}

@test "lang: is the language that was detected" {
	echo '{queries: {german: "lang:de", english: "lang:en", both: "lang:(de OR en)"}}' >sme.jq
	lists '"text":"Ich habe heute leider wieder kein Netz, was ist denn da los bei euch?"' \
		'[[],[],["german","both"]]'
	lists '"text":"I have been waiting for my new router since last week, please help me"' \
		'[[],[],["english","both"]]'
}

@test "a mention without text, or with one that is no string, matches only what is left" {
	lists '"id":"x"' '[["all"],[],[]]'
	lists '"text":17' '[["all"],[],[]]'
	lists '"text":null,"kind":"review"' '[["all"],[],["reviews"]]'
}

@test "without configuration the lists are empty" {
	printf '{"type":"mention","text":"kein Netz"}\n' >event
	run --separate-stderr sme-classify --heads lang event
	[ "$status" -eq 0 ]
	[ "$(printf '%s\n' "$output" | jq -c '.class | [.topics, .keywords, .queries]')" = '[[],[],[]]' ]
}

@test "a mistake in a query or keyword ends with 78, its path and its column" {
	echo '{topics: {network: "netz AND )"}}' >bad.jq
	run --separate-stderr sme-classify -c bad.jq /dev/null
	[ "$status" -eq 78 ]
	[ "$stderr" = 'sme-classify: bad.jq: .topics.network: column 10: expected a word or "(", found ")": netz AND <-- here )' ]
	run --separate-stderr sme-classify --check-config -c bad.jq
	[ "$status" -eq 78 ]
	[[ "$stderr" = *'.topics.network: column 10: '* ]]
	echo '{tenants: {o2: {keywords: ["gut", "?!"]}}}' >bad.jq
	run --separate-stderr sme-classify -c bad.jq /dev/null
	[ "$status" -eq 78 ]
	[[ "$stderr" = *'.tenants.o2.keywords[1]: column 1: there is no word in this'* ]]
}

@test "the same on two threads, and when run twice" {
	for i in $(seq 400); do
		printf '{"type":"mention","id":"%d","tenant":"o2","text":"netz%d kein Netz in Kiel%s"}\n' \
			"$i" "$i" "$( [ $((i % 3)) -eq 0 ] && echo " Tarif")"
	done >events
	sme-classify -c sme.jq -j1 events >one
	sme-classify -c sme.jq -j2 events >two
	cmp one two
	sme-classify -c sme.jq one | cmp - one
	[ "$(jq -c 'select(.class.topics | index("price"))' one | wc -l)" -eq 133 ]
}

@test "ten thousand queries" {
	jq -nc '{queries: ([range(10000) | {key: "q\(.)", value: "word\(.) AND (netz OR x\(.)*)"}]
		| from_entries)}' >many.json
	echo '{"type":"mention","text":"Netz word7 word9999 word10000"}' >event
	run sme-classify -c many.json event
	[ "$status" -eq 0 ]
	[ "$(printf '%s\n' "$output" | jq -c .class.queries)" = '["q7","q9999"]' ]
}
