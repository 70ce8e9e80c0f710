#!/bin/bash
# 10 000 queries of 8 terms on one core, against grep looking for the same words in the same texts
# in the same run, and against a loop of strcasestr(3) over all terms.  Then with one of the terms of each
# query of another kind, against the same loop, and fuzzy words against comparing each with each word.
# Processor time; prints a table.
# usage: tests/bench/query.sh [texts]
set -eu
cd "$(dirname "$0")/../.."
build=${B:-build}
n=${1:-300000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

make -s B="$build" "$build/libsme.a" >/dev/null
mkdir -p "$build/bench"
${CC:-gcc} -std=gnu17 -O2 -g -Ilib -D_GNU_SOURCE -o "$build/bench/query" tests/bench/query.c \
	"$build/libsme.a" -lutf8proc -lstemmer -lm

"$build/bench/query" texts "$n" >"$dir/texts"
"$build/bench/query" words 0 | sort -u >"$dir/words"

# grep has only to find the words, not to weigh them; it reads bytes, case and umlauts as given.
TIMEFORMAT=%U
took=$( { time LC_ALL=C grep -o -w -F -f "$dir/words" "$dir/texts" >"$dir/found"; } 2>&1)

"$build/bench/query" run "$n" 2>/dev/null >"$dir/ours"
"$build/bench/query" naive 40 >"$dir/naive"
awk -v n="$n" -v took="$took" -v words="$(wc -l <"$dir/words")" '
	FNR == 1 { rate[FILENAME] = $2; line[FILENAME] = $0 }
	END {
		ours = rate[ARGV[1]]; naive = rate[ARGV[2]]; grep = n / took
		printf "10000 queries of 8 terms (%d words); %s\n", words, line[ARGV[1]]
		printf "  queries    %9.0f texts/s\n", ours
		printf "  grep -owF  %9.0f texts/s  ratio %6.1f  (finds the words only)\n", grep, ours / grep
		printf "  strcasestr %9.0f texts/s  ratio %6.0f\n", naive, ours / naive
	}' "$dir/ours" "$dir/naive"

# kind, what it is, peer, command of the peer, its texts
rates() {
	"$build/bench/query" run "$n" "$1" 2>/dev/null >"$dir/ours"
	"$build/bench/query" "$4" "$5" "$1" >"$dir/peer"
	awk -v what="$2" -v peer="$3" '
		FNR == 1 { rate[FILENAME] = $2 }
		END {
			printf "  %-26s %9.0f texts/s  %-12s %7.1f texts/s  ratio %6.0f\n", what,
			    rate[ARGV[1]], peer, rate[ARGV[2]], rate[ARGV[1]] / rate[ARGV[2]]
		}' "$dir/ours" "$dir/peer"
}
echo 'one of the 8 terms of each query:'
rates near 'all of them in NEAR' strcasestr naive 20
rates wild 'a wildcard on both sides' strcasestr naive 20
rates fuzzy 'a fuzzy word' strcasestr naive 20
rates fuzzy 'a fuzzy word' 'each by each' compare 10
rates part 'a compound part' strcasestr naive 20
rates stem 'a stem' strcasestr naive 20
rates mixed 'each of these in turn' strcasestr naive 20
