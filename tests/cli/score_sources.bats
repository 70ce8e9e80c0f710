#!/usr/bin/env bats
# What tables say of pages and people, the influence of authors, and a score as a table.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=$PWD/sme.jq
	printf '# domains\ntagesblatt.example\t0.9\nblog.example\t0.6\nblog.example/@troll\t0.1\nlies.example\t0\n' >domains
	echo '{score: {sources: "domains", weights: {credibility: 10}}}' >sme.jq
}

# The credibility of a mention with these links, and what it imitates.
judge() {
	printf '%s\n' "$@" | jq -Rnc '{type: "mention", links: [inputs]}' | sme-score | jq -c '.score | [.credibility, .imitates]'
}

@test "a listed page has its credibility, the least of several counts" {
	[ "$(judge https://www.tagesblatt.example/a?utm_source=x)" = '[0.9,null]' ]
	[ "$(judge https://news.tagesblatt.example:443/)" = '[0.9,null]' ]
	[ "$(judge https://blog.example/@kim/1)" = '[0.6,null]' ]
	[ "$(judge https://blog.example/@troll/1)" = '[0.1,null]' ]
	[ "$(judge https://blog.example/@trolls/1)" = '[0.6,null]' ]
	[ "$(judge https://tagesblatt.example https://lies.example https://blog.example)" = '[0,null]' ]
	[ "$(judge https://unknown.example https://bit.ly/xyz)" = '[null,null]' ]
	[ "$(judge)" = '[null,null]' ]
	[ "$(judge 'https://out.example/?u=https%3A%2F%2Flies.example%2Fa')" = '[0,null]' ]
}

@test "hosts that look like a listed one are forgeries" {
	for host in tagesblat.example tagesblaatt.example tagesb1att.example tageslbatt.example TAGESBLATT.test tagesblatt.example.evil.test \
		tagesblatt-login.test tägesblatt.example xn--tgesblatt-v2a.example tаgesblatt.example; do
		[ "$(judge "https://$host/")" = '[0.05,"tagesblatt.example"]' ] || { echo "$host: $(judge "https://$host/")"; false; }
	done
	# Not the untrusted ones, and nothing that is farther away.
	[ "$(judge https://l1es.example)" = '[null,null]' ]
	[ "$(judge https://tageblatter.example)" = '[null,null]' ]
}

@test "the same host, however it is written, and what leads elsewhere" {
	printf 'm\303\274nchen.example\t0.8\n' >>domains
	same() { for url in "${@:2}"; do [ "$(judge "$url")" = "$1" ] || { echo "$url: $(judge "$url")"; false; }; done; }
	same '[0.9,null]' https://tagesblatt.example. https://WWW.tagesblatt.example./a tagesblatt.example/a \
		https://user:pw@tagesblatt.example/ 'https://tagesblatt.example\@evil.test/' https://ｔagesblatt.example \
		https://tagesblatt。example/x $'https://tages\tblatt.example'
	same '[0.8,null]' https://münchen.example https://xn--mnchen-3ya.example https://XN--MNCHEN-3YA.EXAMPLE/a
	same '[0.05,"münchen.example"]' https://munchen.example https://muenchen.example
	# Redirectors, caches and archives are judged by where they lead.
	same '[0.9,null]' 'https://www.google.de/url?sa=t&url=https%3A%2F%2Ftagesblatt.example%2F' \
		'https://l.facebook.com/l.php?h=A&u=https%3A%2F%2Ftagesblatt.example%2F' \
		https://tagesblatt-example.cdn.ampproject.org/c/s/tagesblatt.example/a https://www.google.com/amp/s/tagesblatt.example/a \
		https://web.archive.org/web/20200101/https://tagesblatt.example/a
	same '[0,null]' 'https://www.google.co.uk/url?q=https://lies.example/' https://web.archive.org/web/2020/https://lies.example \
		'https://l.facebook.com/l.php?u=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttps%253A%252F%252Flies.example'
	# Whoever names a good page in a parameter is not that page; naming a bad one does not help either.
	same '[null,null]' 'https://evil.test/?u=https://tagesblatt.example/' 'https://google.evil.test/url?q=https://tagesblatt.example/' \
		'https://l.facebook.com.evil.test/l.php?u=https://tagesblatt.example/' 'https://evil.test/?u=%' 'https://evil.test/?u=https:%2'
	same '[0,null]' 'https://lies.example/?u=https://tagesblatt.example/' 'https://evil.test/?u=https://lies.example/'
	same '[0.9,null]' 'https://tagesblatt.example/?u=https://blog.example/'
	same '[0.05,"tagesblatt.example"]' 'https://tagesb1att.example/?u=https://blog.example' 'https://blog.example/?u=https://tagesb1att.example' \
		https://tagesblatt.example@evil.test/ https://tagesblatt.example:x@evil.test/
	same '[null,null]' https://kim.lou@evil.test/
}

@test "short names have many neighbours that are no forgeries" {
	printf 'heise.example\t0.9\nkicker.example\t0.9\n' >domains
	[ "$(judge https://reise.example https://heide.example https://ticker.example)" = '[null,null]' ]
	[ "$(judge https://he1se.example)" = '[0.05,"heise.example"]' ]
	[ "$(judge https://kiccer.example)" = '[0.05,"kicker.example"]' ]
}

@test "the term of a page that is not credible" {
	run sme-score <<<'{"type":"mention","links":["https://lies.example/x"]}'
	[ "$(jq -c .score.why <<<"$output")" = '[["credibility",10]]' ]
}

@test "customers and influence by id and by handle" {
	printf 'x:a:7\t1\nmastodon:@Kim\t0.5\n' >customers
	printf 'x:@troll\t80\n' >influence
	echo '{score: {customers: "customers", influence: "influence"}}' >sme.jq
	why() { sme-score <<<"$1" | jq -c .score.why; }
	[ "$(why '{"type":"mention","network":"x","author":{"id":"x:a:7"}}')" = '[["customer",15]]' ]
	[ "$(why '{"type":"mention","network":"mastodon","author":{"id":"m:1","handle":"kim"}}')" = '[["customer",7.5]]' ]
	[ "$(why '{"type":"mention","network":"x","author":{"handle":"Troll"}}')" = '[["influence",8]]' ]
	[ "$(why '{"type":"mention","network":"x","author":{"handle":"kim"}}')" = '[]' ]
}

@test "mistakes in the tables are told with their place" {
	printf 'tagesblatt.example\t2\n' >domains
	run --separate-stderr sme-score </dev/null
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"domains:1: "* ]]
	printf 'localhost\t1\n' >domains
	run --separate-stderr sme-score </dev/null
	[ "$stderr" = "sme-score: $PWD/domains:1: \"localhost\" is no domain" ]
	rm domains
	run --separate-stderr sme-score </dev/null
	[[ "$stderr" == *"domains: No such file"* ]]
}

# mention ID AUTHOR TEXT [ANSWERS]
mention() {
	jq -nc --arg id "$1" --arg a "$2" --arg t "$3" --arg r "${4:-}" '{type: "mention", id: $id, network: "x",
		created_at: "2026-11-20T10:00:00Z", author: {id: ("x:" + $a), handle: $a}, text: $t, in_reply_to: (if $r == "" then null else $r end)}'
}

@test "graph: who is mentioned and answered has influence, a ring of bots has none" {
	{
		mention 2 kim 'ja!' 1 # before what it answers
		mention 1 brand hello
		mention 3 lou '@Brand und @kim. Schreibt an x@lou.example'
		mention 4 max '@brand'
		mention 5 eva '@brand'
		mention 6 ida '@brand'
		for i in 1 2 3 4 5; do mention "b$i" "bot$i" "@bot$((i % 5 + 1)) @brand"; done
	} >events
	sme-score graph events >table
	[ "$(sed -n 1p table)" = "$(printf '# author\tinfluence')" ]
	[ "$(sed -n 2p table)" = "$(printf 'x:@brand\t100.0')" ]
	[ "$(sed -n 3p table)" = "$(printf 'x:@kim\t90.0')" ]
	# All others, the bots too, share the last place.
	[ "$(tail -n +4 table | cut -f 2 | sort -u)" = 0.0 ]
	[ "$(wc -l <table)" -eq 12 ]
	# A log says the same, and sme-score reads the table.
	sme-log append log <events >/dev/null
	sme-score graph log | cmp - table
	echo '{score: {influence: "table"}}' >sme.jq
	[ "$(sme-score <<<"$(mention 9 kim x)" | jq .score.influence)" = 90 ]
	sme-score graph --json --top 1 events >one
	[ "$(jq -c '[.author, .influence, .pointed_to_by]' one)" = '["x:@brand",100,10]' ]
	run --separate-stderr sme-score graph <<<'{'
	[ "$status" -eq 1 ]
}

@test "graph: likely bots have no influence and push nobody up, what comes again counts once" {
	bot() { jq -c ".score.bot = $1"; }
	{
		mention 1 kim '@lou' | bot 0.1
		mention 2 zoe '@lou @kim' | bot 0.1
		mention 3 abe x | bot 0.1
		mention 4 lou x | bot 0.1
		for i in $(seq 20); do mention "b$i" "bot$i" "@bot1 @bot$((i % 20 + 1))" | bot 0.95; done
		mention 5 kim '@bot1' | bot 0.1
	} >events
	sme-score graph events >table
	[ "$(grep -v bot table)" = "$(printf '# author\tinfluence\nx:@lou\t100.0\nx:@kim\t66.7\nx:@abe\t0.0\nx:@zoe\t0.0')" ] || { cat table; false; }
	[ "$(grep bot table | cut -f 2 | sort -u)" = 0.0 ]
	# The same mentions in another order, and twice.
	{ tac events; cat events; } | sme-score graph | cmp - table
	# Mentions without an id are all different.
	jq -c 'del(.id)' events | sme-score graph | cmp - table
}

@test "a weight for age bounds waiting" {
	echo '{score: {weights: {age: 100}, age: "10h"}}' >sme.jq
	score() { jq -nc --arg at "$1" --arg t "$2" '{type: "mention", created_at: $at, text: $t, class: {sentiment: {score: -1}}}' |
		sme-score --now 2026-11-20T20:00:00Z | jq .score.priority; }
	new=$(score 2026-11-20T20:00:00Z 'kein Netz, outage, urgent, gekündigt!')
	mild=$(jq -nc '{type: "mention", created_at: "2026-11-20T20:00:00Z", text: "ok"}' | sme-score --now 2026-11-21T06:00:00Z | jq .score.priority)
	[ "$mild" = 100 ]
	[ "$(jq -n "$new < 100")" = true ]
}

@test "--explain prints the terms for people, and terminals are safe" {
	run sme-score --explain <<<'{"type":"mention","id":"x\u001b[31m:1","links":["https://lies.example"]}'
	[ "$output" = "x?[31m:1
credibility                10.0
= priority                 10.0" ]
	echo '{score: {topics: {"störung": 5}}}' >sme.jq
	[ "$(sme-score --explain <<<'{"type":"mention","id":"1","class":{"topics":["störung"]}}')" = "1
topic:störung               5.0
= priority                  5.0" ]
}

@test "reach: what is usual is learned from a log, built in where it says too little" {
	awk 'BEGIN {
		for (i = 0; i < 2400; i++)
			printf "{\"type\":\"mention\",\"id\":\"m:%d\",\"network\":\"mastodon\",\"created_at\":\"2026-11-20T10:00:00Z\"," \
			    "\"author\":{\"id\":\"m:u%d\",\"followers\":%d},\"metrics\":{\"likes\":%d}}\n", i, i % 1200, i % 1200, i % 10 ? 0 : i
		print "{\"type\":\"mention\",\"id\":\"x:1\",\"network\":\"x\",\"created_at\":\"2026-11-20T10:00:00Z\",\"author\":{\"handle\":\"kim\",\"followers\":9}}"
		print "{\"type\":\"reply\",\"id\":\"m:r\",\"network\":\"mastodon\",\"metrics\":{\"likes\":1000000}}"
	}' >events
	sme-score reach events >r.tsv
	# Each account once, each post once; "x" has too few accounts, and nobody knows the shares.
	[ "$(grep -c '^[^#].*	[0-9.]*	[0-9.]*	[0-9.]*	[0-9.]*	[0-9]*$' r.tsv)" -eq 3 ]
	grep -q '^mastodon	h	0\..*	1200$' r.tsv
	grep -qx 'mastodon	followers	600	1080	1188	1198.8	1200' r.tsv
	grep -q '^mastodon	likes	0\..*	2400$' r.tsv
	grep -qx 'mastodon	shares	1	6	80	1000' r.tsv
	grep -qx 'x	followers	250	5000	100000	2000000' r.tsv
	# A log says the same, in any order.
	sme-log append log <events >/dev/null
	sme-score reach log | cmp - r.tsv
	tac events | sme-score reach | cmp - r.tsv
	echo '{score: {reach: "r.tsv"}}' >sme.jq
	run sme-score --explain <<<'{"type":"mention","id":"m:1","network":"mastodon","author":{"followers":1080}}'
	[ "$output" = "m:1
reach                      17.5  followers 1080: 70 (mastodon, of 1200); r.tsv
= priority                 17.5" ]
	# Nothing to learn from: a table all the same, and a word about it.
	run --separate-stderr sme-score reach --least 1201 --tenant nobody events
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"no network has 1201 accounts or posts"* ]]
	[ "$(sed 1,3d <<<"$output")" = "$(sme-score reach </dev/null 2>/dev/null | sed 1,3d)" ]
	run sme-score reach --least 0 events
	[ "$status" -eq 64 ]
}

@test "a tenant may have tables of its own beside those of all" {
	printf 'x:a:7\t1\n' >all
	printf 'x:a:7\t0.4\n' >own
	echo '{score: {customers: "all", influence: "all", sources: "domains"},
		tenants: {b: {score: {customers: "own", sources: "domains"}}}}' >sme.jq
	run sme-score <<-'EOF'
		{"type":"mention","author":{"id":"x:a:7"}}
		{"type":"mention","tenant":"b","author":{"id":"x:a:7"}}
	EOF
	[ "$status" -eq 0 ]
	[ "$(jq -r '.score.why[0] | join(" ")' <<<"$output")" = "customer 15
customer 6" ]
}
