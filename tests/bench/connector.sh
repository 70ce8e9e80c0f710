#!/bin/sh
# Connectors: recorded pages of 40 Mastodon notifications to events, with the installed connector.
# The peer is jq with the same functions on the same pages in the same run; it makes no text of the
# HTML, checks nothing and completes no ids.
# usage: tests/bench/connector.sh [pages]       (default 500, of 40 events each)
set -eu
cd "$(dirname "$0")/../.."
build="$PWD/${B:-build}"
export LC_ALL=C SME_SHARE="$PWD/share"
n=${1:-500}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

echo "load:      $(cut -d ' ' -f 1 /proc/loadavg) on $(nproc) processors"
echo "$n" | jq -c -f tests/bench/pages.jq >"$dir/pages"
echo "pages:     $n, $(($(wc -c <"$dir/pages") / n / 40)) bytes a record"
"$build/bench/connector" mastodon notifications "$dir/pages" 4 >"$dir/events" 2>"$dir/rate"
read -r rate events rejected <"$dir/rate"
echo "sme:       $rate events/s ($events events, $rejected rejected)"
[ "$events" = $((n * 160)) ]

cat share/connectors/mastodon.jq - >"$dir/peer.jq" <<'JQ'
{name: "bench", handle: "talvio", settings: {}} as $account
| {status: 200, headers: {}, body: ., request: {tag: "notifications", key: "notifications", at: {}, page: 1}}
| page($account; {}) | .records | to_entries[] | .key as $kind | .value[]
| {kind: $kind, data: .} | event($account)
JQ
jq -c -f "$dir/peer.jq" /dev/null
user=$( { TIMEFORMAT=%U; time -p jq -c -f "$dir/peer.jq" "$dir/pages" >"$dir/peer"; } 2>&1 |
	awk '/^user|^sys/ { s += $2 } END { print s }')
[ "$(wc -l <"$dir/peer")" = $((n * 40)) ]
peer=$(echo "$((n * 40)) $user" | awk '{ printf "%d", $1 / $2 }')
echo "jq:        $peer events/s"
echo "ratio:     $(echo "$rate $peer" | awk '{ printf "%.1f", $1 / $2 }')"
