#!/bin/bash
# sme-route with 30 native rules on one core, against jq choosing by the same conditions in the same
# run.  The rules are tried to the end for most mentions, which is the worst case.  Then as a real desk has
# it: expressions, business clocks, calendars with holidays, skills that relax.  Prints a table.
# Usage: route.sh [MENTIONS]
set -e
cd "$(dirname "$0")/../.."
build=${B:-build}
n=${1:-500000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

[ -x "$build/bench/gen_mentions" ] || {
	mkdir -p "$build/bench"
	${CC:-cc} -O2 -o "$build/bench/gen_mentions" tests/bench/gen_mentions.c
}
"$build/bench/gen_mentions" "$n" >"$tmp/all"
# jq is given a fiftieth, or this would take minutes.
head -n $((n / 50)) "$tmp/all" >"$tmp/some"

# 30 conditions of the kinds that people write; most of them miss.
i=0
while [ $i -lt 10 ]; do
	echo ".author.followers > $((2000000 + i))"
	echo "(.text | contains(\"stromausfall$i\")) and .network == \"x\""
	echo ".kind == \"review\" and .metrics.likes >= $((90000 + i))"
	i=$((i + 1))
done >"$tmp/conditions"

{
	printf '{"tenants":{"default":{"queues":[{"name":"inbox","sla":"4h"},{"name":"q","sla":"36m"}],"rules":['
	awk '{gsub(/"/, "\\\""); printf "%s{\"name\":\"r%d\",\"queue\":\"q\",\"when\":\"%s\"}", (NR > 1 ? "," : ""), NR, $0}' \
	    "$tmp/conditions"
	printf ']}}}\n'
} >"$tmp/sme.json"
# The tenant of the generated mentions is not "default".
tenant=$(head -n 1 "$tmp/all" | jq -r '.tenant // "default"')
sed -i "s/\"default\"/\"$tenant\"/" "$tmp/sme.json"

{
	awk '{printf "%s %s then {queue:\"q\",rule:\"r%d\"}\n", (NR > 1 ? "elif" : ". + {route: (if"), $0, NR}' \
	    "$tmp/conditions"
	echo 'else {queue:"inbox",rule:null} end)}'
} >"$tmp/route.jq"

# Processor time, so that other work on the machine does not count.
seconds() {
	local TIMEFORMAT='%U %S'
	{ time "$@" >"$tmp/out"; } 2>&1 | awk '{printf "%.4f", $1 + $2}'
}

"$build/sme-route" -c "$tmp/sme.json" <"$tmp/some" | jq -c '[.route.queue, .route.rule]' >"$tmp/ours"
jq -c -f "$tmp/route.jq" <"$tmp/some" | jq -c '[.route.queue, .route.rule]' >"$tmp/theirs"
cmp "$tmp/ours" "$tmp/theirs"

# A desk: half of the rules look for words in any case, as people write them.
{
	printf '{tenants: {"%s": {timezone: "Europe/Berlin", clock: "business", holidays: ["DE-BY", "2026-11-20"],\n' "$tenant"
	printf 'languages: ["de", "en", "fr"], hours: ("mon tue wed thu fri sat" | split(" ") | map({key: ., value: ["08:00-12:30", "13:00-20:00"]}) | from_entries),\n'
	printf 'calendars: {late: {hours: {fri: ["08:00-24:00"], sat: ["22:00-02:00"]}, holidays: ["DE-BE"], channels: ["@late"]}},\n'
	printf 'queues: [{name: "inbox", sla: "4h", skills: ["social"], relax: [{after: "30m", skills: []}]},\n'
	printf '{name: "q", sla: "36m", skills: ["net:2"], calendar: "late", overflow: {queue: "inbox", after: "2h"}}], rules: [\n'
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		printf '{name: "w%d", queue: "q", skills: ["s%d"], when: ".text | test(\\"stromausfall%d|wasserrohr%d\\"; \\"i\\")"},\n' $i $i $i $i
		printf '{name: "p%d", sla: "%dm", priority: 5, when: ".author.followers > %d and (.lang_hint | IN(\\"de\\", \\"fr\\"))"},\n' $i $i $((500000 + i))
	done
	printf '{name: "rest", skills: ["public"]}]}}}\n'
} >"$tmp/desk.jq"

desk=$(seconds taskset -c 0 "$build/sme-route" -c "$tmp/desk.jq" "$tmp/all")
ours=$(seconds taskset -c 0 "$build/sme-route" -c "$tmp/sme.json" "$tmp/all")
theirs=$(seconds taskset -c 0 jq -c -f "$tmp/route.jq" "$tmp/some")
echo "$n $ours $((n / 50)) $theirs $desk" | awk '{
	printf "sme-route  %9.0f mentions/s  (%d in %s s, 30 native rules, one core)\n", $1 / $2, $1, $2
	printf "jq         %9.0f mentions/s  (%d in %s s, the same rules)\n", $3 / $4, $3, $4
	printf "ratio      %9.1f\n", ($1 / $2) / ($3 / $4)
	printf "as a desk  %9.0f mentions/s  (%d in %s s, 31 rules with expressions, business clocks, calendars)\n", $1 / $5, $1, $5
}'
