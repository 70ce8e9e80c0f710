#!/bin/sh
# What keywords, entities, the key of copies and the masked text add to sme-classify, on one core: in
# the tool from line to line, and by themselves; against jq and grep, which look for much simpler
# e-mail addresses, IBANs, phone and customer numbers in the bare texts.  Then how often near copies
# share a key.  usage: tests/bench/details.sh [mentions]       (default 200000)
#        TEXTS=FILE tests/bench/details.sh    measures the parts and the copies with the lines of FILE
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
PATH="$PWD/$B:$PATH"
SME_CONFIG=/dev/null
export SME_CONFIG
n=${1:-200000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
out=$dir/out
export out

${CC:-gcc} -O2 -o "$dir/gen" tests/bench/gen_mentions.c
"$dir/gen" "$n" | awk 'NR % 8 == 0 {
		sub(/"text":"/, "&Kundennr. 47110" NR ", Tel. 0431 12345" NR % 10 ", kim" NR "@example.org: ") } 1' >"$dir/in"
jq -r '.text // "" | gsub("[\n\r]"; " ")' "$dir/in" >"$dir/generated"
"$B/bench/details" places 100000 >"$dir/places"

# Seconds of processor time that a command takes, the best of three.
seconds() {
	for _ in 1 2 3; do
		# Not /dev/null: grep would stop at its first match.
		sh -c '"$@" >"$out"; times' sh "$@" | sed -n 2p
	done | awk '{ split($1, u, /[ms]/); split($2, s, /[ms]/); t = u[1] * 60 + u[2] + s[1] * 60 + s[2]
		if (NR == 1 || t < best) best = t } END { print best }'
}

# line NAME SECONDS [SECONDS_OF_OURS]: microseconds for a mention
line() {
	awk -v name="$1" -v t="$2" -v n="$n" -v ours="${3:-}" 'BEGIN {
		printf "  %-44s %8.2f us", name, t / n * 1e6
		if (ours != "") printf "   ratio %.1f", t / ours
		print ""
	}'
}

mail='[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}'
iban='\b[a-z]{2}[0-9]{2}( ?[a-z0-9]{4}){3,7}'
phone='(\+|\b0)[0-9][0-9 ()/-]{6,}[0-9]'
number='(kundennr|kundennummer|bestellnr|order no|ticket)[.: #]*[0-9]{3,}'
any="$mail|$iban|$phone|$number"

echo "$n mentions, one of eight with a customer number, a phone number and an address"
heads=$(seconds sme-classify -j1 --heads lang "$dir/in")
all=$(seconds sme-classify -j1 --heads lang,keywords,entities,dup "$dir/in")
entities=$(seconds sme-classify -j1 --heads entities "$dir/in")
none=$(seconds sme-classify -j1 --heads dup "$dir/in")
redact=$(seconds sme-classify -j1 --heads lang,keywords,entities,dup --redact "$dir/in")
line "sme-classify --heads lang" "$heads"
line "  with keywords, entities and dup" "$all"
line "  with --redact as well" "$redact"
line "sme-classify --heads dup" "$none"
line "sme-classify --heads entities" "$entities"
line "grep -Eoi on the bare texts, four patterns" "$(seconds env LC_ALL=C.UTF-8 grep -Eoi "$any" "$dir/generated")" "$entities"
# jq is slow: a tenth.
head -n "$((n / 10))" "$dir/in" >"$dir/few"
took=$(seconds jq -c --arg re "$any" '.class = {entities: [.text // "" | match($re; "gi") | .string]}' "$dir/few")
line "jq, one match of the four patterns" "$(awk -v t="$took" 'BEGIN { print t * 10 }')" "$entities"

echo "by themselves, with 100000 places"
"$B/bench/details" speed share/models/background.model "$dir/places" <"${TEXTS:-$dir/generated}"
echo "copies"
sort -u "${TEXTS:-$dir/generated}" | "$B/bench/details" copies
