#!/bin/sh
# sme-stats summary against jq that only counts, on the same mentions; prints the ratio.
# usage: tests/bench/stats.sh [SCALE]   (600 makes about 450 thousand mentions)
set -e
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C SME_CONFIG=/dev/null

awk -v scale="${1:-600}" -f tests/cli/stats/week.awk >"$tmp/all"
grep '"type":"mention"' "$tmp/all" >"$tmp/in"
head -n 50000 "$tmp/in" >"$tmp/part"
mentions=$(wc -l <"$tmp/in")
part=$(wc -l <"$tmp/part")

# Seconds of processor time that "$@" takes, the best of three.
seconds() {
	for _ in 1 2 3; do
		TIMEFORMAT=%U bash -c 'time "$@" >/dev/null' - "$@" 2>&1
	done | sort -n | head -n 1
}

# What one would write by hand: mentions by network, sentiment, hour and author.  Duplicates count.
# shellcheck disable=SC2016  # $m is jq's
count='reduce (inputs | select(.type == "mention")) as $m ({};
	.networks[$m.network] += 1 | .moods[$m.class.sentiment.label] += 1 |
	.hours[$m.created_at[:13]] += 1 | .authors[$m.author.id] += 1)'

ours=$(seconds build/sme-stats summary --now 2026-11-23T08:00:00Z "$tmp/in")
page=$(seconds build/sme-stats report --now 2026-11-23T08:00:00Z "$tmp/in")
peer=$(seconds jq -n "$count" "$tmp/part")
awk -v n="$mentions" -v p="$part" -v ours="$ours" -v page="$page" -v peer="$peer" \
    -v bytes="$(wc -c <"$tmp/in")" 'BEGIN {
	printf "sme-stats summary: %.0f mentions/s (%.0f MB/s)\n", n / ours, bytes / ours / 1e6
	printf "sme-stats report:  %.0f mentions/s\n", n / page
	printf "jq counting 4 of these figures: %.0f mentions/s\n", p / peer
	printf "ratio summary : jq = %.1f\n", (n / ours) / (p / peer)
}'
