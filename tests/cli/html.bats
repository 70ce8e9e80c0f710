#!/usr/bin/env bats
# List pages without an API: a site of questions and a board, robots.txt, redirects, redesigns.
bats_require_minimum_version 1.5.0

setup() {
	PATH="$BATS_TEST_DIRNAME/../../${B:-build}:$PATH"
	cd "$BATS_TEST_TMPDIR" || return
	export LC_ALL=C SME_CONFIG=$BATS_TEST_TMPDIR/sme.jq SME_HOME=$BATS_TEST_TMPDIR/home
	unset http_proxy https_proxy all_proxy
	now=2026-11-26T12:00:00Z
	mkdir www
	cp "$BATS_TEST_DIRNAME"/html/*.html www
	server='' base=''
}

teardown() {
	[ -z "$server" ] || kill "$server"
}

serve() {
	"$(dirname "$(command -v sme-fetch)")/tools/httpd_test" www port log &
	server=$!
	for _ in $(seq 100); do [ -s port ] && break; sleep 0.05; done
	base=http://127.0.0.1:$(cat port)
}

# questions [URL [SETTINGS]]: the account of the site of questions.
questions() {
	cat >sme.jq <<END
{sources: [{
  name: "rat", connector: "html", tenant: "talvio", network: "ratgeber", channel: "Talvio",
  base: "$base", instance: "rat.example", allow_private: ["127.0.0.1"],
  settings: {
    url: "${1:-/plain/questions.html}", interval: "10ms",
    list: {
      items: "//article[has-class('Question')]",
      fields: {
        id: "@data-id", url: ".//h2/a/@href", title: ".//h2", html: ".//div[has-class('Body')]",
        author: ".//a[has-class('Author')]", author_id: ".//a[has-class('Author')]/@data-user",
        date: ".//time/@datetime | .//time[not(@datetime)]", replies: ".//span[has-class('Answers')]",
        likes: ".//span[has-class('Likes')]", next: "//a[@rel='next']/@href"
      },
      dates: {zone: "Europe/Berlin"}
    }${2:+, $2}
  }}]}
END
}

board() {
	cat >sme.jq <<END
{sources: [{
  name: "brett", connector: "html", channel: "Talvio", network: "forum", instance: "brett.example",
  base: "$base", allow_private: ["127.0.0.1"],
  settings: {
    url: "/plain/board.html", interval: "10ms",
    list: {
      items: "//tr[has-class('topic')]",
      fields: {id: "substring-after(.//a/@href, 't=')", url: ".//a/@href", title: ".//a", replies: "td[2]"}
    },
    entries: {
      items: "//tr[has-class('post')]",
      fields: {id: ".//a/@name", author: ".//b[has-class('name')]", date: ".//*[has-class('postdate')]",
        html: ".//*[has-class('postbody')]"},
      dates: {format: "%d.%m.%Y %H:%M", zone: "Europe/Berlin"}
    }
  }}]}
END
}

mentions() { jq -c 'select(.type == "mention")'; }
fetch() { sme-fetch --all --now $now --backoff 10ms "$@"; }

@test "questions become mentions: text, author, time, numbers, links" {
	serve
	questions /plain/questions.html 'pages: 1'
	fetch >out
	[ "$(mentions <out | wc -l)" -eq 2 ]
	mentions <out | head -n 1 | jq -e '
		.id == "ratgeber:rat.example:482913" and .tenant == "talvio" and .network == "ratgeber"
		and .kind == "question" and .created_at == "2026-11-25T12:05:00Z"
		and .title == "Warum habe ich bei Talvio in Kiel kein Netz?"
		and .text == "Seit gestern geht nichts mehr.\n\nHat das noch jemand?"
		and .author.id == "ratgeber:rat.example:71" and .author.handle == "kim82"
		and (.url | endswith("/frage/warum-kein-netz-in-kiel"))
		and .metrics.replies == 3 and .metrics.likes == 12'
	mentions <out | tail -n 1 | jq -e '
		.created_at == "2026-11-25T08:30:00Z" and .title == "Talvio kündigen & Nummer behalten?"
		and .text == "Geht das <einfach> so?" and .metrics.replies == 1204'
	# Once: robots.txt, and the page.
	[ "$(cut -d ' ' -f 1 log | paste -sd ' ')" = '/robots.txt /plain/questions.html' ] || { cat log; false; }
}

@test "the next page is read while all is new, and no further than to what is known" {
	serve
	questions
	fetch >out
	[ "$(mentions <out | jq -r .id | paste -sd ' ')" = \
		'ratgeber:rat.example:482913 ratgeber:rat.example:482911 ratgeber:rat.example:482900' ]
	: >log
	fetch >again
	run ! grep questions2 log
	[ "$(grep -c questions.html log)" -eq 1 ]
	questions /plain/questions.html 'pages: 1'
	rm -r home
	: >log
	fetch >again
	run ! grep questions2 log
}

@test "a board of threads: windows-1252, tables, only what is new is opened" {
	serve
	board
	fetch >out
	[ "$(mentions <out | wc -l)" -eq 3 ]
	mentions <out | jq -se 'sort_by(.id) | (.[1].id == "forum:brett.example:p901")
		and .[1].text == "Hat noch wer keinen Empfang?\nHier seit 12 Uhr." and .[1].author.handle == "Jörg"
		and .[1].title == "Talvio: Störung in Kiel" and .[1].thread == "forum:brett.example:17"
		and .[1].created_at == "2026-11-25T12:55:00Z" and .[0].created_at == "2026-07-21T08:00:00Z"
		and .[2].links == ["https://status.example/"] and .[0].title == "Tarif für 9 €"'
	: >log
	[ -z "$(fetch | mentions)" ]
	run ! grep thread log
	# An answer more.
	sed -i 's|<TD align=center>0|<TD align=center>1|' www/board.html
	: >log
	fetch >out
	[ "$(grep -c thread log)" -eq 1 ]
	grep -q thread2 log
}

@test "robots.txt is obeyed: forbidden, for us, for all, and where a redirect leads" {
	serve
	questions
	printf 'User-agent: *\nDisallow: /plain/q\n' >www/robots.txt
	run fetch
	[[ $output == *'robots.txt of the host does not allow it'* ]]
	run ! grep -q '/plain/q' log
	printf 'User-agent: *\nDisallow: /\n\nUser-agent: sme\nAllow: /\n' >www/robots.txt
	[ "$(fetch | mentions | wc -l)" -eq 3 ]
	printf 'User-agent: *\nDisallow: /plain/\n' >www/robots.txt
	questions /redirect/1/questions.html
	: >log
	run fetch
	[ "$status" -ne 0 ]
	[[ $output == *'robots.txt'* ]]
	grep -q '/redirect/1/questions.html' log
	run ! grep -q '/plain/q' log
}

@test "a page that has changed its face raises an alert, and what is known stays known" {
	serve
	questions
	fetch >out
	sed -i 's/Question"/Frage"/' www/questions.html
	run --separate-stderr fetch --rejects rejects
	[ "$(jq -c 'select(.type == "alert") | [.kind, .record, .path]' <<<"$output")" = '["drift","page","items"]' ]
	[ "$(wc -l <rejects)" -eq 1 ]
	sed -i 's/Frage"/Question"/' www/questions.html
	[ "$(fetch | jq -c 'select(.type == "alert")' | wc -l)" -eq 0 ]
}

@test "selectors that are wrong, pages that are none" {
	serve
	questions
	sed -i 's|//article|//article[[|' sme.jq
	run fetch
	[ "$status" -ne 0 ]
	[[ $output == *'select.items: '* ]]
	for page in /status/404 /status/503 /short/questions.html /bomb /hang; do
		questions $page
		run fetch --timeout 1s --tries 1
		[ "$status" -ne 0 ] || { echo "$page: $output"; false; }
	done
	questions /plain/empty.html
	: >www/empty.html
	run fetch
	[[ $output == *'"alert"'* ]]
}
