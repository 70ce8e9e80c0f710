#!/bin/bash
# How long each tool takes to start and end on empty input, in milliseconds, against true(1) and jq.
# The median of many runs.  usage: tests/bench/startup.sh [RUNS]
set -eu
cd "$(dirname "$0")/../.."
PATH="$PWD/${B:-build}:$PATH"
runs=${1:-101}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export SME_CONFIG=/dev/null SME_HOME=$dir/home
sme-log append "$dir/log" </dev/null

median() {
	for _ in $(seq "$runs"); do
		start=${EPOCHREALTIME/./}
		"$@" </dev/null >/dev/null 2>&1 || :
		echo $((${EPOCHREALTIME/./} - start))
	done | sort -n | awk '{ t[NR] = $1 } END { printf "%.1f", t[int((NR + 1) / 2)] / 1000 }'
}

base=$(median /bin/true)
row() {
	ms=$(median "$@")
	awk -v ms="$ms" -v base="$base" -v name="$*" -v dir="$dir/" 'BEGIN {
		gsub(dir, "", name)
		printf "  %-28s %6.1f ms  ratio %5.1f\n", name, ms, ms / base }'
}

echo "start and end on empty input (ratio: to true(1), $base ms)"
row sme-classify
row sme-score
row sme-route
row sme-reply
row sme-publish -o "$dir/out"
row sme-grep '.author.followers > 1000'
row sme-log append "$dir/log"
row sme-log cat "$dir/log"
row sme-stats summary
row sme-fetch --type ndjson -
row jq -c .
