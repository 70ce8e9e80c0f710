#!/bin/bash
# A stage that only passes its input on, against cat doing the same: posts of 540 bytes on average
# through sme-score, which handles mentions only.  usage: tests/bench/cat.sh [EVENTS]
set -eu
cd "$(dirname "$0")/../.."
PATH="$PWD/${B:-build}:$PATH"
n=${1:-1000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export SME_CONFIG=/dev/null
gen_mentions=${B:-build}/bench/gen_mentions
[ -x "$gen_mentions" ] || make -s "$gen_mentions" B="${B:-build}" >/dev/null
"$gen_mentions" "$n" | sed 's/"type":"mention"/"type":"post"/' >"$dir/in"
bytes=$(stat -c %s "$dir/in")

# Seconds on the clock, the best of five.
seconds() {
	for _ in 1 2 3 4 5; do
		start=${EPOCHREALTIME/./}
		"$@"
		echo $((${EPOCHREALTIME/./} - start))
	done | sort -n | awk 'NR == 1 { printf "%.4f", $1 / 1e6 }'
}
# shellcheck disable=SC2002  # cat is the peer
peer() { cat "$dir/in" | cat >/dev/null; }
# shellcheck disable=SC2002
pipe() { cat "$dir/in" | sme-score -j1 >/dev/null; }
file() { sme-score -j1 "$dir/in" >/dev/null; }
# shellcheck disable=SC2002
grep_all() { cat "$dir/in" | sme-grep true >/dev/null; }

[ "$(sme-score "$dir/in" | cksum)" = "$(cksum <"$dir/in")" ]
p=$(seconds peer)
{
	echo "cat FILE | cat $p"
	echo "cat FILE | sme-score $(seconds pipe)"
	echo "sme-score FILE $(seconds file)"
	echo "cat FILE | sme-grep true $(seconds grep_all)"
} | awk -v bytes="$bytes" -v n="$n" -v p="$p" '
	BEGIN { printf "%d posts of %d bytes, passed on\n", n, bytes / n }
	{
		t = $NF
		sub(/ [0-9.]+$/, "")
		printf "  %-26s %7.0f MB/s  %9.0f events/s  ratio %5.2f\n", $0, bytes / t / 1e6, n / t, p / t
	}'
