#!/bin/sh
# sme-publish killed with -9 at random points: never two files for a reply, never half a file, and
# every reply event that came out has its file.  Afterwards a run to the end makes everything good.
# Usage: publish_kill.sh [KILLS] [SEED]
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/${B:-build}:$PATH"
kills=${1:-240}
seed=${2:-1}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
replies=40
now=2026-11-22T09:30:00Z

awk -v n=$replies 'BEGIN {
	for (i = 1; i <= n; i++)
		printf "{\"type\":\"mention\",\"id\":\"x:%d\",\"reply\":{\"state\":\"approved\"," \
		    "\"text\":[\"answer %d\"],\"key\":\"%032d\"}}\n", i, i, i
}' >"$tmp/in"
sme-publish --now $now -o "$tmp/whole" "$tmp/in" >"$tmp/want" || exit 1

fail() {
	echo "not ok - round $round: $1"
	exit 1
}

# Every line that came out whole, and is a reply event, is the content of its file; and every file
# with a final name has the content that it should have.
check() {
	awk '/"type":"reply"/ && /}}$/ { match($0, /"key":"[0-9]*"/); print substr($0, RSTART + 7, RLENGTH - 8) }' \
		"$tmp/out" >"$tmp/keys"
	while read -r key; do
		[ -f "$tmp/box/$key.json" ] || fail "event without file: $key"
	done <"$tmp/keys"
	diff -rq "$tmp/box" "$tmp/whole" >"$tmp/diff"
	set -- "$tmp"/box/*.json
	[ -f "$1" ] && seen=$((seen + $#))
	bad=$(grep -v -e "^Only in $tmp/whole" -e '/box: \.unfinished-' "$tmp/diff") && fail "$bad"
}

# Line by line the second time, so that events come out between the writes.  The shell would tell
# of every kill.
run_and_kill() (
	exec 2>/dev/null
	if [ "$2" -eq 2 ]; then
		awk '{ print; fflush() }' "$tmp/in"
	else
		cat "$tmp/in"
	fi | timeout -s KILL "$1" sme-publish --now $now -o "$tmp/box" >"$tmp/out" 2>"$tmp/err"
)

# How long a run takes at best, so that the kills fall into it.
took=
for i in 1 2 3; do
	start=$(date +%s%N)
	sme-publish --now $now -o "$tmp/timed$i" <"$tmp/in" >/dev/null
	end=$(($(date +%s%N) - start))
	[ -n "$took" ] && [ "$took" -lt $end ] || took=$end
done

round=0 done=0 early=0 seen=0
while [ "$done" -lt "$kills" ]; do
	round=$((round + 1))
	rm -rf "$tmp/box"
	mkdir "$tmp/box"
	: >"$tmp/out"
	for try in 1 2 3; do
		delay=$(awk -v s="$seed$round$try" -v t="$took" -v n=$try \
		    'BEGIN { srand(s); printf "%.6f", 0.001 + rand() * t / 1e9 / n }')
		run_and_kill "$delay" $try
		status=$?
		case $status in
		137) done=$((done + 1)) ;;
		0) early=$((early + 1)) ;;
		*) fail "status $status: $(cat "$tmp/err")" ;;
		esac
		check
	done
	# Two at once finish it off.
	sme-publish --now $now -o "$tmp/box" "$tmp/in" >"$tmp/out2" &
	sme-publish --now $now -o "$tmp/box" "$tmp/in" >"$tmp/out" || fail "the run to the end"
	wait $! || fail "the second run to the end"
	cmp -s "$tmp/out" "$tmp/want" || fail "the output is not that of an undisturbed run"
	cmp -s "$tmp/out2" "$tmp/want" || fail "the output of the second run"
	check
	files=$(find "$tmp/box" -name '*.json' | wc -l)
	[ "$files" -eq $replies ] || fail "$files files for $replies replies"
done
echo "ok - $done kills in $round rounds ($early runs ended first), $replies replies each," \
    "$((seen / (4 * round))) of them there on average"
