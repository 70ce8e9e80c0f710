#!/bin/bash
# sme-grep on one core against jq selecting by the same conditions, on mentions of the same kind in the
# same run; jq gets a twentieth of them.  Prints events by second of processor time, which neighbours
# on the machine disturb less than the clock on the wall, and the ratio.
# Usage: grep.sh [MENTIONS]        (default 1000000, 540 bytes each on average)
set -e
cd "$(dirname "$0")/../.."
build=${B:-build}
n=${1:-1000000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

generator=$build/bench/gen_mentions
[ -x "$generator" ] || {
	generator=$tmp/gen_mentions
	${CC:-cc} -O2 -o "$generator" tests/bench/gen_mentions.c
}
"$generator" "$n" >"$tmp/all"
"$generator" $((n / 20)) >"$tmp/slice"

# Seconds of processor time that a command takes, the best of three.
TIMEFORMAT='%U %S'
seconds() {
	for _ in 1 2 3; do
		{ time "$@" >/dev/null || [ $? -eq 1 ]; } 2>&1
	done | awk '{ t = $1 + $2; if (NR == 1 || t < best) best = t } END { print best }'
}

printf '%-58s %12s %10s %7s\n' 'condition (evaluator)' 'sme-grep/s' 'jq/s' 'ratio'
while IFS= read -r condition; do
	engine=$("$build/sme-grep" --explain "$condition" | sed -n 's/^evaluator: //p')
	ours=$(seconds "$build/sme-grep" -j1 "$condition" "$tmp/all")
	theirs=$(seconds jq -c "select($condition)" "$tmp/slice")
	awk -v n="$n" -v a="$ours" -v b="$theirs" -v what="$condition ($engine)" 'BEGIN {
		x = n / a; y = n / 20 / b
		printf "%-58s %12.0f %10.0f %7.1f\n", what, x, y, x / y
	}'
done <<'END'
.author.followers > 1000
.lang_hint == "de" and .author.followers > 1000
.text | test("kein netz"; "i")
any(.media[]?; .type == "image")
.text | contains("Netz")
END
