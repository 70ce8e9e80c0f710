#!/usr/bin/env bats
# Feeds from a real web server: conditional requests, compression, what is new goes on once.
bats_require_minimum_version 1.5.0
load peers

setup_file() {
	peers_open
	peer_need nginx nginx || return 0
	nginx_start
}

teardown_file() {
	peers_close
}

setup() {
	peers_ready
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null SME_HOME=$BATS_TEST_TMPDIR/home
	feed=$NGINX/$BATS_TEST_NUMBER/feed.rss
	mkdir -p "$PEERS/www/$BATS_TEST_NUMBER"
}

# feed N: the newest N of the items, in a file with the time N minutes ago.
feed() {
	local file=$PEERS/www/$BATS_TEST_NUMBER/feed.rss
	{
		echo '<rss version="2.0"><channel><title>News</title>'
		for i in $(seq "$1" -1 1); do
			printf '<item><guid isPermaLink="false">g%d</guid><title>Kein Netz %d</title>' "$i" "$i"
			printf '<description>Seit gestern kein Netz in Kiel, Meldung %d</description>' "$i"
			printf '<pubDate>Fri, 20 Nov 2026 0%d:00:00 GMT</pubDate></item>\n' "$i"
		done
		echo '</channel></rss>'
	} >"$file.new"
	touch -d "@$((1795000000 + $1))" "$file.new"
	mv "$file.new" "$file"
}

requests() {
	awk -v path="/$BATS_TEST_NUMBER/feed.rss" '$3 == path { print $1 }' "$PEERS/nginx/access.log" | paste -sd ' '
}

poll() {
	sme-fetch --network feed "$feed" | sme-log append "$PWD/log"
}

@test "an unchanged feed costs a 304, a changed one hands on what is new, once" {
	feed 3
	[ "$(poll | wc -l)" -eq 3 ]
	[ "$(poll | wc -l)" -eq 0 ]
	feed 5
	run --separate-stderr poll
	[ "${#lines[@]}" -eq 2 ]
	[ "$(jq -r .text <<<"${lines[1]}")" = 'Seit gestern kein Netz in Kiel, Meldung 5' ]
	[ "$(poll | wc -l)" -eq 0 ]
	[ "$(requests)" = '200 304 200 304' ]
	[ "$(sme-log cat log | jq -r .id | sort -u | wc -l)" -eq 5 ]
	[ "$(sme-log cat log | wc -l)" -eq 5 ]
}

@test "the feed comes compressed" {
	feed 9
	[ "$(poll | wc -l)" -eq 9 ]
	sent=$(awk -v path="/$BATS_TEST_NUMBER/feed.rss" '$3 == path { print $4 }' "$PEERS/nginx/access.log")
	[ "$sent" -lt "$(stat -c %s "$PEERS/www/$BATS_TEST_NUMBER/feed.rss")" ]
}
