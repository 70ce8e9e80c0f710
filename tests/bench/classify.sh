#!/bin/sh
# sme-classify on one core, from NDJSON line to NDJSON line, against Debian's libcld2 (language) and
# Debian's fasttext (one head), which get the bare texts.  A peer that is not installed is left out.
# usage: tests/bench/classify.sh [mentions]       (default 300000)
#        MENTIONS=FILE tests/bench/classify.sh    measures with the mentions in FILE
set -eu
cd "$(dirname "$0")/../.."
PATH="$PWD/${B:-build}:$PATH"
SME_CONFIG=/dev/null
export SME_CONFIG
n=${1:-300000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if [ -n "${MENTIONS:-}" ]; then
	cat "$MENTIONS" >"$dir/in"
else
	${CC:-gcc} -O2 -o "$dir/gen" tests/bench/gen_mentions.c
	"$dir/gen" "$n" >"$dir/in"
fi
n=$(wc -l <"$dir/in")
jq -r '.text // "" | gsub("[\n\r]"; " ")' "$dir/in" >"$dir/texts"

cat >"$dir/cld2.cc" <<'CC'
#include <cstdio> // its header needs this first
#include <cld2/public/compact_lang_det.h>
#include <iostream>
#include <string>

int
main()
{
	std::string line;
	long known = 0;

	std::ios::sync_with_stdio(false);
	while (std::getline(std::cin, line)) {
		bool reliable;
		CLD2::Language l = CLD2::DetectLanguage(line.data(), (int)line.size(), true, &reliable);

		std::puts(CLD2::LanguageCode(l));
		known += reliable;
	}
	return known < 0;
}
CC

# Seconds of processor time that a command takes, the best of three.
seconds() {
	for _ in 1 2 3; do
		sh -c '"$@" >/dev/null; times' sh "$@" | sed -n 2p
	done | awk '{ split($1, u, /[ms]/); split($2, s, /[ms]/); t = u[1] * 60 + u[2] + s[1] * 60 + s[2]
		if (NR == 1 || t < best) best = t } END { print best }'
}

# line NAME SECONDS ROWS [SECONDS_OF_OURS]
line() {
	awk -v name="$1" -v t="$2" -v n="$3" -v ours="${4:-}" -v all="$n" 'BEGIN {
		printf "  %-38s %9.0f mentions/s", name, n / t
		if (ours != "") printf "   ratio %.1f", (all / ours) / (n / t)
		print ""
	}'
}

awk -v n="$n" -v b="$(wc -c <"$dir/in")" -v t="$(wc -c <"$dir/texts")" 'BEGIN {
	printf "%d mentions of %d bytes, texts of %d, one core\n", n, b / n, t / n }'
all=$(seconds sme-classify -j1 "$dir/in")
lang=$(seconds sme-classify -j1 --heads lang "$dir/in")
line "sme-classify, all heads" "$all" "$n"
line "sme-classify --heads lang" "$lang" "$n"
start=$(date +%s%N)
sme-classify -j1 "$dir/in" >/dev/null
one=$(($(date +%s%N) - start))
start=$(date +%s%N)
sme-classify -j2 "$dir/in" >/dev/null
awk -v one="$one" -v two="$(($(date +%s%N) - start))" 'BEGIN {
	printf "  %-38s %.2f x one, by the clock\n", "two threads (-j2)", one / two }'

if g++ -O2 -o "$dir/cld2" "$dir/cld2.cc" -lcld2 2>/dev/null; then
	line "libcld2, language" "$(seconds sh -c "exec $dir/cld2 <$dir/texts")" "$n" "$lang"
else
	echo "  libcld2 is not there (libcld2-dev)"
fi
if command -v fasttext >/dev/null; then
	# What it says does not matter here.  Once small, for speed, and once of its default width.
	sme-classify --min-p 0 --heads lang "$dir/in" | jq -r '"__label__\(.class.lang.code) \(.text // "" |
		gsub("[\n\r]"; " "))"' | head -n 50000 >"$dir/labelled"
	for dim in 16 100; do
		fasttext supervised -input "$dir/labelled" -output "$dir/ft" -minn 2 -maxn 5 -wordNgrams 2 \
			-dim $dim -epoch 1 -thread 1 -verbose 0 >/dev/null 2>&1
		line "fasttext predict, one head, dim $dim" "$(seconds fasttext predict "$dir/ft.bin" "$dir/texts")" \
			"$n" "$all"
	done
else
	echo "  fasttext is not there"
fi
