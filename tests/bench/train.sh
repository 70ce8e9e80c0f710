#!/bin/sh
# sme-train against Debian's fasttext (supervised, its usual options for small sets), each with the same
# rows to learn and the same ones, one in five, to be measured with: processor time and accuracy.
# usage: tests/bench/train.sh [rows]                     (default 10000, made up)
#        tests/bench/train.sh FILE.ndjson[.gz] KEY       with the labels under KEY
set -eu
cd "$(dirname "$0")/../.."
PATH="$PWD/${B:-build}:$PATH"
SME_CONFIG=/dev/null
export SME_CONFIG
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Texts of twelve words of a hundred, half of which lean towards one of four labels.
made_up() {
	awk -v n="$1" 'BEGIN {
		srand(7)
		for (i = 1; i <= n; i++) {
			c = int(rand() * 4)
			text = ""
			for (w = 0; w < 12; w++) {
				lean = rand() < 0.3
				text = text " w" (lean ? 100 + c * 25 + int(rand() * 25) : 100 + int(rand() * 100))
			}
			printf "{\"text\":\"%s\",\"label\":\"label%d\"}\n", substr(text, 2), c
		}
	}'
}

if [ $# -eq 2 ]; then
	key=$2
	if [ "${1%.gz}" = "$1" ]; then cat "$1"; else gzip -dc "$1"; fi >"$dir/rows"
else
	key=label
	made_up "${1:-10000}" >"$dir/rows"
fi
jq -c --arg key "$key" '{type: "mention", text, label: (getpath($key / ".") | tostring)} | select(.text)' "$dir/rows" |
	awk -v dir="$dir" '{ print >(dir (NR % 5 ? "/learn" : "/test")) }'
for part in learn test; do
	jq -r '"__label__\(.label | gsub("[ \t]"; "_")) \(.text | gsub("[\n\r]"; " "))"' "$dir/$part" >"$dir/$part.txt"
done

# Run a command, and print the seconds of processor time that it took.
seconds() {
	sh -c '"$@" >/dev/null 2>&1; times' sh "$@" | sed -n 2p |
		awk '{ split($1, u, /[ms]/); split($2, s, /[ms]/); print u[1] * 60 + u[2] + s[1] * 60 + s[2] }'
}

line() {
	awk -v name="$1" -v t="$2" -v right="$3" -v n="$4" -v size="$5" -v ours="${6:-}" 'BEGIN {
		printf "  %-26s %7.1f s   accuracy %.4f   %6.2f MiB", name, t, right / n, size / 1048576
		if (ours != "") printf "   ratio %.1f", t / ours
		print ""
	}'
}

n=$(wc -l <"$dir/test")
echo "$(wc -l <"$dir/learn") rows to learn, $n to measure with, processor time"
t=$(seconds sme-train -q --label-key label --name bench -o "$dir/bench.model" "$dir/learn")
right=$(sme-classify --model "$dir/bench.model" --heads bench --min-p 0 "$dir/test" |
	jq -r 'select(.class.heads.bench.label == .label) | 1' | wc -l)
line "sme-train, with its grid" "$t" "$right" "$n" "$(stat -c %s "$dir/bench.model")"
if command -v fasttext >/dev/null; then
	f=$(seconds fasttext supervised -input "$dir/learn.txt" -output "$dir/ft" -wordNgrams 2 -minn 2 -maxn 5 \
		-dim 50 -epoch 25 -lr 0.5 -bucket 200000 -thread 1)
	right=$(fasttext predict "$dir/ft.bin" "$dir/test.txt" | paste -d ' ' - "$dir/test.txt" |
		awk '$1 == $2' | wc -l)
	line "fasttext supervised" "$f" "$right" "$n" "$(stat -c %s "$dir/ft.bin")" "$t"
else
	echo "  fasttext is not there (fasttext)"
fi
