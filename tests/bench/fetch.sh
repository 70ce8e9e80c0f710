#!/bin/sh
# How fast feeds and CSV become events.  Peers in the same run: xmllint, which only parses the XML, and
# Python's csv module, which only splits the rows; both write nothing.
#
# usage: fetch.sh [items] [rows]
items=${1:-20000} rows=${2:-1000000}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export SME_HOME="$tmp" SME_CONFIG=/dev/null
PATH=$(cd "$(dirname "$0")/../.." && pwd)/${B:-build}:$PATH
command -v sme-fetch >/dev/null || { echo "sme-fetch is not built: make" >&2; exit 1; }

awk -v n="$items" 'BEGIN {
	print "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>T</title><link>https://t.example/</link>"
	for (i = 0; i < n; i++)
		printf "<item><guid>g%d</guid><title>Item %d</title><link>https://t.example/%d?utm_source=rss</link>" \
		    "<pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate><description><![CDATA[<p>Since yesterday <b>no " \
		    "signal</b> in town %d.</p><ul><li>one</li><li>two</li></ul><p>More <a href=\"/h/%d\">here</a>, and " \
		    "some more text to make it as long as such items are.</p>]]></description></item>\n", i, i, i, i, i
	print "</channel></rss>"
}' >"$tmp/feed.xml"
awk -v n="$rows" 'BEGIN {
	print "id,created_at,username,text,followers,likes,url"
	for (i = 0; i < n; i++)
		printf "%d,2026-11-20T08:%02d:%02dZ,user%d,\"No signal in town, \"\"great\"\" %d\",%d,%d,https://x.example/s/%d\n", \
		    i, i / 60 % 60, i % 60, i % 5000, i, i % 9999, i % 30, i
}' >"$tmp/rows.csv"

# Seconds of processor time that the command takes, the best of three.
seconds() {
	for _ in 1 2 3; do
		LC_ALL=C bash -c 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1' _ "$@" 2>&1 | tail -1
	done | awk '{ t = $1 + $2; if (NR == 1 || t < best) best = t } END { print best }'
}

report() {
	awk -v what="$1" -v n="$2" -v unit="$3" -v own="$4" -v peer="$5" -v name="$6" 'BEGIN {
		printf "%s: %d %s in %.2f s, %.0f a second", what, n, unit, own, n / own
		if (peer > 0)
			printf "; %.2f times the time of %s (%.2f s)", own / peer, name, peer
		print ""
	}'
}

peer=0
command -v xmllint >/dev/null && peer=$(seconds xmllint --noout "$tmp/feed.xml")
report feed "$items" items "$(seconds sme-fetch "$tmp/feed.xml")" "$peer" "xmllint --noout"
peer=0
command -v python3 >/dev/null && peer=$(seconds python3 -c '
import csv, sys
for row in csv.reader(open(sys.argv[1], newline="")): pass' "$tmp/rows.csv")
report csv "$rows" rows "$(seconds sme-fetch "$tmp/rows.csv")" "$peer" "Python's csv.reader"
sme-fetch "$tmp/rows.csv" >"$tmp/rows.ndjson"
report events "$rows" "events passed on" "$(seconds sme-fetch "$tmp/rows.ndjson")" \
	"$(seconds cat "$tmp/rows.ndjson")" "cat"
