#!/bin/bash
# sme-case killed with -9 at random points while it ingests, claims and closes: what was acknowledged is there
# afterwards, no case is held by two, the chain verifies, and the log makes the same database again.
# usage: case_kill.sh [ROUNDS] [SEED]
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/${B:-build}:$PATH"
rounds=${1:-8}
RANDOM=${2:-1}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export SME_HOME=$tmp/home SME_CONFIG=/dev/null

fail() {
	echo "not ok - round $round: $1"
	exit 1
}

mentions() { # FROM TO
	seq "$1" "$2" | awk '{ printf "{\"type\":\"mention\",\"id\":\"x:%d\",\"network\":\"x\",\"created_at\":\"2026-11-20T10:00:00Z\"," \
	    "\"author\":{\"id\":\"x:u%d\"},\"text\":\"Text %d\",\"thread\":\"x:%d\",\"route\":{\"queue\":\"inbox\"}}\n", $1, $1, $1, $1 }'
}

# An agent who claims and closes until the end comes; what was printed was acknowledged.
agent() {
	while sme-case claim -a "$1" --lease 1h; do
		key=$(tail -n 1 "$tmp/acts.$1" | jq -r .case)
		sme-case close -a "$1" "$key" || return
		echo "{\"closed\":\"$key\"}"
	done >>"$tmp/acts.$1" 2>/dev/null
}

# So that there is something to be killed in the middle of.
slowly() {
	while read -r line; do
		echo "$line"
		sleep 0.005
	done
}

echo '{"id":"a1","online":true}
{"id":"a2","online":true}' | sme-case agents -a boss - || exit 1
killed=0 total=0
: >"$tmp/acts.a1"
: >"$tmp/acts.a2"
for round in $(seq "$rounds"); do
	mentions $((total + 1)) $((total + 40)) >"$tmp/in"
	# The log first, as in a pipeline whose ingest is repeated after a crash.
	sme-log append "$SME_HOME/log" <"$tmp/in" >/dev/null || fail "log"
	TMP=$tmp WAIT=0.$((RANDOM % 30 + 1)) setsid -w bash -c "$(declare -f agent slowly)"'
		exec 2>/dev/null
		tmp=$TMP
		slowly <"$tmp/in" | sme-case ingest >"$tmp/out" &
		agent a1 &
		agent a2 &
		sleep "$WAIT"
		pkill -9 -g 0 -x sme-case
		wait'
	if [ "$(wc -l <"$tmp/out")" -lt 40 ]; then
		killed=$((killed + 1))
		sqlite3 "$SME_HOME/sme.db" 'SELECT key FROM case_file' | sort >"$tmp/there"
		lost=$(sed -n 's/.*"id":"\(x:[0-9]*\)","network".*}}$/\1/p' "$tmp/out" | sort | comm -23 - "$tmp/there")
		[ -z "$lost" ] || fail "came out and is not there: $lost"
		sme-case ingest <"$tmp/in" >/dev/null || fail "ingest once more"
	fi
	total=$((total + 40))
	n=$(sqlite3 "$SME_HOME/sme.db" 'SELECT count(*) FROM case_file')
	[ "$n" -eq "$total" ] || fail "$n cases, not $total"
	sme-case verify >/dev/null || fail "the chain"
done

# Each case was claimed by one agent only, and what was said to be closed is.
twice=$(cat "$tmp"/acts.* | jq -r 'select(.fence) | .case' | sort | uniq -d | head -n 3)
for key in $twice; do # a claim whose agent was killed may have been taken up again by the same one
	[ "$(grep -l "\"case\":\"$key\"" "$tmp"/acts.* | wc -l)" -eq 1 ] || fail "$key was claimed by two"
done
sqlite3 "$SME_HOME/sme.db" "SELECT key FROM case_file WHERE status = 'closed'" | sort >"$tmp/closed"
open=$(cat "$tmp"/acts.* | jq -r '.closed // empty' | sort | comm -23 - "$tmp/closed")
[ -z "$open" ] || fail "not closed: $open"

dump() {
	sqlite3 "$1" 'SELECT * FROM case_file ORDER BY id; SELECT * FROM case_event ORDER BY seq;
		SELECT file, event, type, at, author, text FROM case_message ORDER BY event'
}
sme-case list >/dev/null
dump "$SME_HOME/sme.db" >"$tmp/old"
sme-case rebuild 2>/dev/null || fail rebuild
dump "$SME_HOME/sme.db" | cmp -s - "$tmp/old" || fail "the log makes another database"
echo "ok - $rounds rounds, $killed ingests killed, $(cat "$tmp"/acts.* | wc -l) acts"
