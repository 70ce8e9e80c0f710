#!/bin/sh
# Kill sme-fetch with SIGKILL at many instants while it hands on a feed that grows; afterwards every
# item must have reached a reader that had read it, or come again.  Nothing may be lost, nothing may
# come under two names, and no edit may be missed.
#
# usage: fetch_kill.sh [rounds]
rounds=${1:-120}
tmp=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill $server; rm -rf "$tmp"' EXIT
tool=$(command -v sme-fetch) || exit 1
export SME_HOME="$tmp/home" SME_CONFIG=/dev/null
mkdir "$tmp/www" || exit 1
n=0 failed=0

ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# A feed of items 1 to $1, the newest 400 of them; each third says what round it is.
write_feed() {
	awk -v last="$1" 'BEGIN {
		print "<rss version=\"2.0\"><channel><title>T</title><link>https://t.example/</link>"
		first = last > 400 ? last - 399 : 1
		for (i = last; i >= first; i--)
			printf "<item><guid>g%d</guid><title>Item %d</title><link>https://t.example/%d</link>" \
			    "<description>This is item %d%s, and it goes on for a while so that pipes fill up. " \
			    "%s</description></item>\n", i, i, i, i, i % 3 ? "" : " edited", \
			    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor."
		print "</channel></rss>"
	}' >"$tmp/www/feed.new" && mv "$tmp/www/feed.new" "$tmp/www/feed.xml"
}

"${tool%/*}/tools/httpd_test" "$tmp/www" "$tmp/port" "$tmp/log" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s "$tmp/port" ] && break
	sleep 0.1
done
url=http://127.0.0.1:$(cat "$tmp/port")/plain/feed.xml

: >"$tmp/got"
round=0 killed=0
# How long the pause before a kill may be, in microseconds: first what a whole run takes.
write_feed 400
begun=$(date +%s%N)
SME_HOME="$tmp/timing" sme-fetch "$url" >/dev/null 2>>"$tmp/err"
whole=$((($(date +%s%N) - begun) / 1000 + 1))
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	write_feed $((round * 20))
	rm -f "$tmp/pid"
	: >"$tmp/out"
	# Into a file, or into a pipe whose reader lives on.
	if [ $((round % 2)) -eq 0 ]; then
		sme-fetch --backoff 10ms "$url" >"$tmp/out" 2>>"$tmp/err" &
		pid=$! reader=
	else
		{
			sme-fetch --backoff 10ms "$url" 2>>"$tmp/err" &
			echo $! >"$tmp/pid"
			wait $!
		} 2>/dev/null | cat >"$tmp/out" &
		reader=$!
		until [ -s "$tmp/pid" ]; do :; done
		pid=$(cat "$tmp/pid")
	fi
	# From before the first byte to after the cursor is saved.
	awk -v r="$round" -v whole="$whole" 'BEGIN { printf "%.6f\n", (r * 7919 % 400) / 4e8 * whole }' \
		>"$tmp/pause"
	sleep "$(cat "$tmp/pause")"
	# Each fifth may end: an item stays in the feed for 20 rounds, and is to come out by then.
	# A run that was gone already says that pauses are too long for this machine, a kill that they
	# may be longer.
	if [ $((round % 5)) -eq 0 ]; then
		:
	elif kill -9 "$pid" 2>/dev/null; then
		killed=$((killed + 1)) whole=$((whole * 11 / 10))
	else
		whole=$((whole * 3 / 4 + 1000))
	fi
	wait "$pid" 2>/dev/null
	[ -z "$reader" ] || wait "$reader"
	# What was written before the kill counts as received, a torn last line does not.
	sed '$!b; /}$/!d' "$tmp/out" >>"$tmp/got"
done
sme-fetch "$url" >>"$tmp/got" 2>>"$tmp/err"
ok $? "the last run succeeds"

jq -r .id "$tmp/got" >"$tmp/ids" 2>"$tmp/jq.err"
ok $? "everything that came out is whole"

seq -f 'feed:127.0.0.1:g%.0f' 1 $((rounds * 20)) | sort >"$tmp/want"
sort -u "$tmp/ids" >"$tmp/have"
comm -23 "$tmp/want" "$tmp/have" >"$tmp/lost"
[ ! -s "$tmp/lost" ]
ok $? "nothing is lost ($(wc -l <"$tmp/lost") items)"

comm -13 "$tmp/want" "$tmp/have" >"$tmp/strange"
[ ! -s "$tmp/strange" ]
ok $? "nothing comes under another name ($(wc -l <"$tmp/strange") items)"

[ -z "$(sme-fetch "$url" 2>>"$tmp/err")" ]
ok $? "what was handed on by a run that ended well does not come again"

[ -z "$(find "$SME_HOME/cursors" -name '*.cursor' -newer "$tmp/www/feed.xml" -size 0)" ]
ok $? "no cursor is empty"

[ "$killed" -ge $((rounds / 4)) ]
ok $? "enough runs were killed ($killed of $rounds)"
echo "1..$n"
exit $failed
