#!/bin/bash
# A process that is stopped while it has the lock of sme.db: others say so in the end, and nothing is lost.
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/${B:-build}:$PATH"
cd "$(mktemp -d)" || exit 70
trap 'kill -CONT "$stopped" 2>/dev/null; rm -rf "$PWD"' EXIT
export SME_HOME=$PWD/home SME_CONFIG=/dev/null LC_ALL=C
echo 1..4

for i in 1 2 3; do
	printf '{"type":"mention","id":"%s","created_at":"2026-11-20T10:00:00Z","author":{"id":"x:a"},"text":"a","thread":"%s"}\n' $i $i
done | sme-route | sme-case ingest | sme-log append home/log >/dev/null

# It gets the lock of SME and waits for SQLite's, which another program has.
coproc sqlite3 home/sme.db
echo 'BEGIN IMMEDIATE; SELECT 1;' >&"${COPROC[1]}"
read -r _ <&"${COPROC[0]}"
sme-case note -a kim 1 <<<first &
stopped=$!
sleep 0.5
kill -STOP $stopped
echo 'ROLLBACK;' >&"${COPROC[1]}"
eval "exec ${COPROC[1]}>&-"

ok() { # STATUS WANTED NAME
	[ "$1" -eq "$2" ] || printf 'not '
	echo "ok $3"
	[ "$1" -eq "$2" ] || echo "# status $1"
}

timeout 90 sme-case claim -a lea 2 >/dev/null 2>claim &
claim=$!
timeout 90 sme-case note -a lea 3 <<<second 2>note
ok $? 75 "1 - a note ends with 75"
wait $claim
ok $? 75 "2 - a claim ends with 75"
kill -CONT $stopped
wait $stopped
ok $? 0 "3 - what was stopped goes on"
sme-case claim -a lea 2 >/dev/null && sme-case note -a lea 3 <<<second && sme-case verify >/dev/null &&
	[ "$(sme-log cat home/log | grep -c '"action":"note"')" -eq 2 ]
ok $? 0 "4 - and so do all others"
