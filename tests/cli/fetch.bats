#!/usr/bin/env bats
# sme-fetch as a command: files, a local web server, cursors.

bats_require_minimum_version 1.5.0

now=2026-11-22T00:00:00Z

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null SME_HOME=$BATS_TEST_TMPDIR/home
	unset http_proxy https_proxy all_proxy
	data=$BATS_TEST_DIRNAME/fetch
	base=
}

teardown() {
	[ -z "$server" ] || kill "$server"
}

serve() {
	tool=$(command -v sme-fetch)
	"${HTTPD_TEST:-${tool%/*}/tools/httpd_test}" "${1:-$data}" port log &
	server=$!
	for _ in $(seq 100); do
		[ -s port ] && break
		sleep 0.05
	done
	base=http://127.0.0.1:$(cat port)
}

fetch() {
	sme-fetch --now "$now" --backoff 10ms "$@"
}

same() {
	diff -u <(printf '%s\n' "$1") <(printf '%s\n' "$2")
}

# ---- files ----

@test "each fixture gives what is expected, byte for byte" {
	cd "$data"
	for out in *.out; do
		in=$(ls "${out%.out}".[xjc]*)
		run --separate-stderr sme-fetch --now "$now" "$in"
		[ "$status" -eq 0 ] || { echo "$in: $status $stderr"; false; }
		diff -u "$out" <(printf '%s\n' "$output")
	done
}

@test "every event has the keys of a mention in their order" {
	for f in "$data"/rss.xml "$data"/atom.xml "$data"/feed.json; do
		sme-fetch "$f"
	done >events
	run jq -se 'length == 6 and all(.[]; (keys_unsorted - ["title","metrics"]) ==
		["type","id","tenant","network","channel","kind","created_at","fetched_at","author",
		 "text","lang_hint","url","in_reply_to","thread","direct","media","links"])' events
	[ "$status" -eq 0 ]
}

@test "a broken feed gives its entries, and says so under -v" {
	run --separate-stderr sme-fetch -v "$data/broken.xml"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 4 ]
	[[ "$stderr" == *"broken.xml: not well-formed; what could be read was taken"* ]]
}

@test "entities cannot read files, call hosts or grow" {
	run --separate-stderr sme-fetch "$data/evil.xml"
	[ "$status" -eq 0 ]
	[ "${#output}" -lt 1000 ]
	[[ "$output" != *root:* ]]
}

@test "a document made to be slow is not" {
	for piece in '<!--' '<![CDATA[' '<a>' '<item>' '&' '<?' '<<<<>'; do
		{ printf '<rss><channel>'; yes "$piece" | head -c 1000000 | tr -d '\n'; } >slow.xml
		run --separate-stderr timeout -s KILL 20 sme-fetch slow.xml
		[ "$status" -eq 0 ] || { echo "$piece: $status"; false; }
	done
	{ printf '<rss><channel><x '; seq -f 'a%.0f="1"' 200000; echo '/></channel></rss>'; } >slow.xml
	run --separate-stderr timeout -s KILL 20 sme-fetch slow.xml
	[ "$status" -eq 0 ]
}

@test "a truncated document gives what is whole, at any length" {
	size=$(wc -c <"$data/rss.xml")
	for n in $(seq 0 37 "$size"); do
		head -c "$n" "$data/rss.xml" >cut.xml
		run --separate-stderr sme-fetch --type feed cut.xml
		[ "$status" -eq 0 ] || [ "$status" -eq 65 ] || { echo "$n: $status $stderr"; false; }
	done
	head -c 1800 "$data/rss.xml" >cut.xml
	[ "$(sme-fetch cut.xml | wc -l)" -ge 1 ]
}

@test "a page of HTML is refused with the address of its feed" {
	run --separate-stderr sme-fetch "$data/page.html"
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"page.html: a page in HTML, not a feed; it names the feed /feed.xml" ]]
}

@test "CSV: separator, quotes, line ends, zones; bad rows are rejected with their line" {
	run --separate-stderr fetch --network x -m timezone=Europe/Berlin --rejects rej "$data/export.csv"
	[ "$status" -eq 1 ]
	same '["x:export:1","2026-11-20T07:00:00Z","kim",1840,3,"Kein \"Netz\"; seit\ngestern"]
["x:export:2","2026-11-21T08:30:00Z","jo",12,null,"Alles gut"]' \
		"$(jq -c '[.id,.created_at,.author.handle,.author.followers,.metrics.likes,.text]' <<<"$output")"
	run jq -e '.line == 5 and .raw == "3;morgen;x;bad date;1;1" and .tool == "sme-fetch"' rej
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"export.csv:5: created_at: expected a time"* ]]
}

@test "CSV: windows-1252, UTF-16, byte order mark, CRLF, tab, gzip" {
	printf 'id\ttext\r\n1\tGr\xfc\xdfe \x80\r\n' >a.csv
	printf '\xef\xbb\xbfid,text\n1,Gr\xc3\xbc\xc3\x9fe \xe2\x82\xac\n' | gzip >b.csv.gz
	printf '\xff\xfe' >c.csv
	printf 'id;text\r\n1;Gr\xc3\xbc\xc3\x9fe \xe2\x82\xac' | iconv -f utf-8 -t utf-16le >>c.csv
	for f in a.csv b.csv.gz c.csv; do
		run --separate-stderr sme-fetch "$f"
		[ "$status" -eq 0 ]
		[ "$(jq -r .text <<<"$output")" = "Grüße €" ] || { echo "$f: $output"; false; }
		[ "$(jq -r .id <<<"$output")" = "export:${f%%.*}:1" ]
	done
}

@test "CSV: columns are mapped by --map; a column that is not there is an error" {
	printf 'Wer,Was,Wann\nkim,hallo,20.11.26 um 8\n' >m.csv
	run --separate-stderr fetch -m text=Was -m author.handle=Wer -m created_at=Wann \
		-m 'date_format=%d.%m.%y um %H' m.csv
	[ "$status" -eq 0 ]
	same '["hallo","kim","2026-11-20T08:00:00Z"]' "$(jq -c '[.text,.author.handle,.created_at]' <<<"$output")"
	run --separate-stderr fetch -m text=Wass m.csv
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'m.csv: no column "Wass"; the columns are: Wer, Was, Wann' ]]
	run --separate-stderr fetch -m txet=Was m.csv
	[ "$status" -eq 64 ]
	printf 'Titel,Etwas\nhallo,welt\n' >t.csv
	run --separate-stderr fetch t.csv
	[ "$status" -eq 65 ]
	[ "$(fetch -m title=Titel t.csv | jq -r .text)" = hallo ]
	run --separate-stderr fetch m.csv
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"no column for the text; name it with --map text=COLUMN"* ]]
}

@test "CSV: a quote that is never closed costs its own row only" {
	printf 'id,text\n1,ok\n2,"open\n3,fine\n4,fine\n' >q.csv
	run --separate-stderr sme-fetch q.csv
	[ "$status" -eq 1 ]
	same $'1\n3\n4' "$(jq -r '.id | split(":")[2]' <<<"$output")"
	[[ "$stderr" == *"q.csv:3: a quote is never closed"* ]]
}

@test "NDJSON: our events pass byte for byte, other records are mapped" {
	cat >in.ndjson <<-'EOF'
		{ "type":"mention", "id":"x:a:1",  "n":1.10, "s":"\u00e4\/" }
		{"id_str":"99","full_text":"Hallo","text":"Hal...","created_at":"Sat Nov 21 14:05:00 +0000 2026","user":{"screen_name":"kim","followers_count":5}}

		{"id":5
	EOF
	run --separate-stderr fetch in.ndjson
	[ "$status" -eq 1 ]
	same "$(head -1 in.ndjson)" "${lines[0]}"
	same '["export:in:99","Hallo","kim",5,"2026-11-21T14:05:00Z"]' \
		"$(jq -c '[.id,.text,.author.handle,.author.followers,.created_at]' <<<"${lines[1]}")"
	[[ "$stderr" == *"in.ndjson:4: byte 8: "* ]]
}

@test "a JSON array of records is read as one a line" {
	printf '[ {"id":"1","text":"a"},\n {"id":"2",\n"text":"b"} ]' >a.json
	run --separate-stderr sme-fetch a.json
	[ "$status" -eq 0 ]
	same $'a\nb' "$(jq -r .text <<<"$output")"
}

@test "a slow stream comes out line by line" {
	mkfifo in
	sme-fetch - <in >out &
	pid=$!
	exec 8>in
	for i in 1 2 3; do
		echo "{\"type\":\"mention\",\"id\":\"x:a:$i\",\"text\":\"a\"}" >&8
		for _ in $(seq 100); do
			[ "$(wc -l <out)" -eq $i ] && break
			sleep 0.05
		done
		[ "$(wc -l <out)" -eq $i ]
	done
	exec 8>&-
	wait $pid
}

@test "empty input is no error; garbage is" {
	: >empty
	run --separate-stderr sme-fetch empty
	[ "$status" -eq 0 ]
	[ "$output$stderr" = "" ]
	head -c 5000 /dev/zero >zero
	run --separate-stderr sme-fetch zero
	[ "$status" -eq 65 ]
	run --separate-stderr sme-fetch missing.xml
	[ "$status" -eq 66 ]
	run --separate-stderr sme-fetch
	[ "$status" -eq 64 ]
	run --separate-stderr sme-fetch ftp://a.example/x
	[ "$status" -eq 64 ]
}

@test "a full disk is an error, a reader that leaves is not" {
	run --separate-stderr bash -c 'sme-fetch "$1" >/dev/full' _ "$data/rss.xml"
	[ "$status" -eq 74 ]
	seq -f '{"id":"%g","text":"a line that fills the pipe"}' 100000 >many
	run --separate-stderr bash -c 'sme-fetch many | head -1; exit ${PIPESTATUS[0]}'
	[ "$status" -eq 141 ]
	[ "$stderr" = "" ]
}

# ---- the web ----

@test "gzip, chunks, redirects, charsets and relative links over HTTP" {
	serve
	for how in plain gzip chunked redirect/3 moved; do
		run --separate-stderr fetch "$base/$how/rss.xml"
		[ "$status" -eq 0 ] || { echo "$how: $status $stderr"; false; }
		[ "${#lines[@]}" -eq 2 ]
	done
	run --separate-stderr fetch "$base/charset/iso-8859-2/latin2.xml"
	[ "$(jq -r .text <<<"$output")" = "Łódź" ]
	grep -q 'agent=sme/[0-9]' log
}

@test "what was seen is not handed on again, --again does" {
	serve
	for how in etag modified plain; do
		run --separate-stderr fetch "$base/$how/rss.xml"
		[ "${#lines[@]}" -eq 2 ]
		run --separate-stderr fetch -v "$base/$how/rss.xml"
		[ "$status" -eq 0 ]
		[ "$output" = "" ]
		run --separate-stderr fetch --again "$base/$how/rss.xml"
		[ "${#lines[@]}" -eq 2 ]
	done
	grep -q '/etag/rss.xml .*If-None-Match: "' log
	grep -q '/modified/rss.xml .*If-Modified-Since: Sat' log
}

@test "an item keeps its id through new guids, dates and titles; edits raise the revision" {
	serve
	run --separate-stderr fetch "$base/seq/story.xml"
	same '["g2",null] ["g1",null]' "$(jq -c '[(.id | split(":")[2]), .revision]' <<<"$output" | paste -sd' ')"
	run --separate-stderr fetch "$base/seq/story.xml"
	same '["g2",1,"Wartung verschoben"]' "$(jq -c '[(.id | split(":")[2]), .revision, .title]' <<<"$output")"
	run --separate-stderr fetch "$base/seq/story.xml"
	same '["g3",null,"Drei"] ["blog.example/news/2",null,"Neue Wartung"] ["g1",1,"Stoerung"]' \
		"$(jq -c '[(.id | split(":")[2]), .revision, .title]' <<<"$output" | paste -sd' ')"
	run --separate-stderr fetch "$base/seq/story.xml"
	[ "$output" = "" ]
}

@test "items with one guid are all handed on, once" {
	serve
	run --separate-stderr fetch "$base/plain/sameguid.xml"
	[ "${#lines[@]}" -eq 3 ]
	run --separate-stderr fetch "$base/plain/sameguid.xml"
	[ "$output" = "" ]
}

@test "a server that stumbles is asked again, with Retry-After as seconds or date" {
	serve
	run --separate-stderr fetch "$base/flaky/2/rss.xml"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(grep -c /flaky/ log)" -eq 3 ]
	run --separate-stderr fetch "$base/retry/0/rss.xml"
	[ "${#lines[@]}" -eq 2 ]
	past=$(LC_ALL=C TZ=GMT date -d '-1 min' '+%a,_%d_%b_%Y_%H:%M:%S_GMT')
	run --separate-stderr fetch "$base/retry/$past/rss.xml"
	[ "${#lines[@]}" -eq 2 ]
}

@test "a server that asks for an hour of peace gets it, over runs" {
	serve
	run --separate-stderr fetch "$base/retry/3600/rss.xml"
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"/retry/3600/rss.xml: HTTP 503" ]]
	run --separate-stderr fetch -v "$base/retry/3600/rss.xml"
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"asked to be left alone until"* ]]
	[ "$(grep -c /retry/ log)" -eq 1 ]
}

@test "one bad source never stops the others" {
	serve
	run --separate-stderr fetch "$base/status/404" "$base/status/503" "$data/missing" \
		"$base/plain/page.html" "$base/plain/rss.xml" "$data/atom.xml"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 4 ]
	[[ "$stderr" == *"sme-fetch: $base/status/404: HTTP 404"* ]]
	[[ "$stderr" == *"sme-fetch: $base/status/503: HTTP 503 after 3 tries"* ]]
	[[ "$stderr" == *"missing: No such file or directory"* ]]
	[[ "$stderr" == *"names the feed $base/feed.xml"* ]]
	run --separate-stderr fetch "$base/status/404" "$base/status/500"
	[ "$status" -eq 69 ]
}

@test "limits: redirects, time, size, protocols, and a body that is too short" {
	serve
	run --separate-stderr fetch "$base/redirect/11/rss.xml"
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"more than 10 redirects"* ]]
	run --separate-stderr fetch --timeout 200ms --tries 1 "$base/hang"
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"imed out"* ]]
	run --separate-stderr fetch "$base/to/file:///etc/passwd"
	[ "$status" -eq 69 ]
	[[ "$output$stderr" != *root:* ]]
	run --separate-stderr fetch "$base/short/rss.xml"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "a redirect leads to no address that is not public, unless the source lists it" {
	serve
	there=http://localhost:${base##*:}/plain/rss.xml
	run --separate-stderr fetch "$base/to/$there"
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"not public; list it in allow_private"* ]]
	run ! grep -q '^/plain' log
	run --separate-stderr fetch "$base/to/http://[::1]:${base##*:}/plain/rss.xml"
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"allow_private"* ]]
	cat >c.jq <<-EOF
	{sources: [{name: "a", type: "feed", url: "$base/to/$there"},
		{name: "b", type: "feed", url: "$base/to/$there", allow_private: ["127.0.0.0/8", "::1"]}]}
	EOF
	run --separate-stderr fetch -c c.jq --source a
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"allow_private"* ]]
	run --separate-stderr fetch -c c.jq --source b
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "many feeds of one slow host do not time each other out" {
	serve
	run --separate-stderr fetch --timeout 700ms --tries 1 $(seq -f "$base/slow/%g/rss.xml" 301 312)
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "${#lines[@]}" -eq 24 ]
}

@test "a signal ends a run at once, and what was not handed on comes next time" {
	serve
	sme-fetch "$base/slow/60000/rss.xml" 2>err &
	pid=$!
	for _ in $(seq 100); do
		[ -s log ] && break
		sleep 0.05
	done
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 75 ]
	run --separate-stderr fetch "$base/plain/rss.xml"
	[ "${#lines[@]}" -eq 2 ]
}

@test "no password or token is shown or becomes part of a file's name" {
	serve
	secret=${base/\/\//\/\/u:p-s3cret@}
	run --separate-stderr fetch "$secret/status/500?token=t0ken" "${base/\/\//\/\/u:p@}/auth/rss.xml"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ "$stderr" == *"//***@127.0.0.1"*"token=***"* ]]
	[[ "$stderr$(ls -R home; cat home/cursors/*)" != *s3cret* ]]
	[[ "$stderr$(ls -R home; cat home/cursors/*)" != *t0ken* ]]
}

@test "the order of events is that of the sources, however fast they are" {
	serve
	fetch "$base/slow/300/rss.xml" "$data/atom.xml" "$base/plain/feed.json" >one
	rm -r home
	fetch "$base/slow/1/rss.xml" "$data/atom.xml" "$base/plain/feed.json" >two
	cmp one two
	[ "$(wc -l <one)" -eq 6 ]
}

@test "sources come from the configuration, by name or all, with tenant and map" {
	serve
	printf 'Wer;Was\nkim;hallo\n' >export.csv
	cat >c.jq <<-EOF
		{tenants: {o2: {}}, sources: [
		  {name: "blog", type: "feed", url: "$base/etag/rss.xml", tenant: "o2", network: "blog"},
		  {name: "old", type: "csv", path: "export.csv", map: {text: "Was", "author.handle": "Wer"}},
		  {name: "dead", type: "feed", url: "$base/status/410"}]}
	EOF
	run --separate-stderr fetch -c c.jq --all
	[ "$status" -eq 1 ]
	same '["blog","o2"] ["blog","o2"] ["export","default"]' "$(jq -c '[.network,.tenant]' <<<"$output" | paste -sd' ')"
	[[ "$stderr" == "sme-fetch: dead: gone for good, remove this source: $base/status/410: HTTP 410" ]]
	run --separate-stderr fetch -c c.jq --all --tenant o2
	[ "$status" -eq 0 ]
	[ "$output" = "" ]
	run --separate-stderr fetch -c c.jq --source old
	[ "$output" = "" ]
	printf 'jo;auch\n' >>export.csv
	run --separate-stderr fetch -c c.jq --source old
	[ "${#lines[@]}" -eq 2 ]
	run --separate-stderr fetch -c c.jq --source nope
	[ "$status" -eq 64 ]
	run --separate-stderr fetch --all
	[ "$status" -eq 78 ]
}

@test "one run at a time" {
	serve
	mkdir -p home/cursors
	exec 7>home/cursors/.lock
	flock 7
	run --separate-stderr fetch "$base/plain/rss.xml"
	[ "$status" -eq 75 ]
	[[ "$stderr" == *"another sme-fetch is running"* ]]
	run --separate-stderr fetch "$data/rss.xml"
	[ "$status" -eq 0 ]
}

@test "a reader that leaves early gets everything again next time" {
	serve
	fetch "$base/plain/rss.xml" | head -c 10 >/dev/null || true
	run --separate-stderr fetch "$base/plain/rss.xml"
	[ "${#lines[@]}" -eq 2 ]
}

@test "a damaged cursor is an error of its source only" {
	serve
	fetch "$base/plain/rss.xml" >/dev/null
	for f in home/cursors/*.cursor; do
		head -c 100 "$f" >cut && cp cut "$f"
	done
	run --separate-stderr fetch "$base/plain/rss.xml" "$data/atom.xml"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ "$stderr" == *"damaged; remove it to start this source anew" ]]
}

@test "--follow hands on what is new until it is told to stop" {
	serve
	sme-fetch --follow 100ms --metrics m.prom "$base/seq/story.xml" >out 2>err &
	pid=$!
	for _ in $(seq 100); do
		[ "$(wc -l <out)" -ge 6 ] && break
		sleep 0.05
	done
	sleep 0.3
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 0 ]
	[ "$(wc -l <out)" -eq 6 ]
	[ ! -s err ]
	grep -q '^sme_fetch_events_total{source="http://127.0.0.1:[0-9]*/seq/story.xml"} 6$' m.prom
	run --separate-stderr sme-fetch --follow 0 x
	[ "$status" -eq 64 ]
}
