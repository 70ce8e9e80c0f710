#!/bin/sh
# sme-score on one core against a jq program that computes a reach and a priority of the same kind.
# usage: tests/bench/score.sh [events]        (default 400000; jq gets a tenth of them)
set -eu
cd "$(dirname "$0")/../.."
PATH="$PWD/${B:-build}:$PATH"
n=${1:-400000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Mentions of some 540 bytes as they come from sme-classify; the same ones in every run.
awk -v n="$n" 'BEGIN {
	srand(7)
	split("Seit gestern kein Netz in der ganzen Stadt, wann geht es weiter?|" \
	    "Danke an den Laden am Markt, das ging heute wirklich schnell|" \
	    "Is the app down again? Nothing loads since this morning and nobody answers|" \
	    "Der neue Tarif klingt gut, hat den schon jemand ausprobiert|" \
	    "I have been on hold for hours, please help me with my invoice", text, "|")
	for (i = 0; i < n; i++) {
		net = i % 3 ? "mastodon" : "x"
		printf "{\"type\":\"mention\",\"id\":\"%s:social.example:%d\",\"network\":\"%s\"," \
		    "\"channel\":\"@brand\",\"kind\":\"post\",\"created_at\":\"2026-11-%02dT%02d:14:03Z\"," \
		    "\"author\":{\"id\":\"%s:social.example:@u%d\",\"handle\":\"u%d\",\"name\":\"Kim %d\"," \
		    "\"followers\":%d,\"following\":%d,\"posts\":%d,\"created_at\":\"2019-02-01T00:00:00Z\"," \
		    "\"verified\":false},\"text\":\"%s\",\"direct\":false,\"metrics\":{\"likes\":%d," \
		    "\"shares\":%d,\"replies\":%d,\"views\":null},\"class\":{\"lang\":{\"code\":\"de\"," \
		    "\"p\":0.99},\"sentiment\":{\"label\":\"x\",\"p\":0.93,\"score\":%.2f},\"topics\":[]}}\n",
		    net, i, net, 1 + i % 28, i % 24, net, i, i, i, int(exp(rand() * 12)),
		    int(exp(rand() * 7)), int(exp(rand() * 9)), text[1 + i % 5], int(exp(rand() * 6)),
		    int(exp(rand() * 4)), int(exp(rand() * 3)), rand() * 2 - 1
	}
}' >"$dir/in"

cat >"$dir/peer.jq" <<'EOF'
def points($marks): (1 + . | log10) as $x
	| reduce range(4) as $i ({x0: 0, p0: 0, p: null};
		($marks[$i] + 1 | log10) as $x1 | [40, 70, 90, 100][$i] as $p1
		| if .p == null and $x < $x1 then .p = .p0 + ($p1 - .p0) * ($x - .x0) / ($x1 - .x0) else . end
		| .x0 = $x1 | .p0 = $p1)
	| .p // 100;
((.author.followers // 0) | points([200, 3000, 60000, 1000000])) as $audience
| ([((.metrics.likes // 0) | points([2, 30, 800, 20000])), ((.metrics.shares // 0) | points([1, 8, 200, 5000]))]
	| max) as $engagement
| (100 - (100 - $audience) * (1 - $engagement / 200) | round) as $reach
| ([0, -(.class.sentiment.score // 0)] | max) as $negative
| ([["sentiment", 25 * $negative], ["reach", $reach / 4]] | sort_by(-.[1])) as $why
| .score = {priority: ($why | map(.[1]) | add), reach: $reach, why: $why}
EOF

# Seconds that a command takes, the best of three.
seconds() {
	for _ in 1 2 3; do
		s=$(date +%s.%N)
		"$@" >/dev/null
		e=$(date +%s.%N)
		echo "$s $e"
	done | awk '{ t = $2 - $1; if (NR == 1 || t < best) best = t } END { print best }'
}

head -n $((n / 10)) "$dir/in" >"$dir/tenth"
ours=$(seconds sme-score -j1 "$dir/in")
# The same where the h of a hundred thousand authors is known.
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "%s:@u%d\t%d\n", i % 3 ? "mastodon" : "x", i, i % 9 }' >"$dir/h.tsv"
echo '{score: {h_index: "h.tsv"}}' >"$dir/h.jq"
heard=$(seconds sme-score -c "$dir/h.jq" -j1 "$dir/in")
theirs=$(seconds jq -c -f "$dir/peer.jq" "$dir/tenth")
awk -v n="$n" -v bytes="$(wc -c <"$dir/in")" -v a="$ours" -v b="$theirs" -v h="$heard" 'BEGIN {
	printf "mentions of %d bytes, one core\n", bytes / n
	printf "  sme-score  %9.0f mentions/s  %7.0f MB/s\n", n / a, bytes / a / 1e6
	printf "  with h     %9.0f mentions/s\n", n / h
	printf "  jq         %9.0f mentions/s\n", n / 10 / b
	printf "  ratio      %9.1f\n", (n / a) / (n / 10 / b)
}'
