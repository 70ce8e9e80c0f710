#!/bin/bash
# The most memory that each tool of the chain holds on a long stream; it must not grow with the input.
# usage: tests/bench/memory.sh [MEGABYTES]        (default 2000)
set -eu
cd "$(dirname "$0")/../.."
PATH="$PWD/${B:-build}:$PATH"
mb=${1:-2000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export SME_CONFIG=/dev/null SME_HOME=$dir/home
gen_mentions=${B:-build}/bench/gen_mentions
[ -x "$gen_mentions" ] || make -s "$gen_mentions" B="${B:-build}" >/dev/null
"$gen_mentions" 40000 >"$dir/block"
block=$(stat -c %s "$dir/block")

stream() { # stream MEGABYTES
	for _ in $(seq $(($1 * 1000000 / block + 1))); do
		cat "$dir/block"
	done
}

row() {
	stream 10 | command time -f %M -o "$dir/small" "$@" >/dev/null
	start=${EPOCHREALTIME/./}
	stream "$mb" | command time -f %M -o "$dir/large" "$@" >/dev/null
	took=$((${EPOCHREALTIME/./} - start))
	awk -v small="$(cat "$dir/small")" -v large="$(cat "$dir/large")" -v mb="$mb" -v took="$took" \
	    -v name="${*##*/}" 'BEGIN {
		printf "  %-28s %6.1f MiB  ratio %5.2f  %5.0f MB/s\n", name, large / 1024, large / small, mb * 1e6 / took }'
}

echo "most memory on $mb MB of mentions (ratio: to that on 10 MB)"
row sme-score -j1
row sme-score -j2
row sme-route
row sme-reply
row sme-grep '.author.followers > 1000'
row sme-classify -j1
row sme-classify -j2
