#!/bin/sh
# sme-log: events appended a second when all are new and when 5 % are; cat and verify; memory an id.
# The peer does in the same run what one would do without it: sqlite3 with the id as primary key,
# INSERT OR IGNORE, one synchronised transaction for 8192 events.
# usage: tests/bench/log.sh [events [ids]]        (default 1000000 and 10000000; sqlite3 gets a quarter)
set -eu
cd "$(dirname "$0")/../.."
PATH="$PWD/${B:-build}:$PATH"
export LC_ALL=C
n=${1:-1000000} ids=${2:-10000000} now=2026-11-29T12:00:00Z
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

seconds() { # seconds COMMAND...: how long it took
	start=$(date +%s.%N)
	"$@"
	echo "$start $(date +%s.%N)" | awk '{ printf "%.3f", $2 - $1 }'
}
rate() { echo "$1 $2" | awk '{ printf "%d", $1 / $2 }'; }
append() { sme-log append --now "$now" "$dir/log" "$1" >"$dir/out"; }

echo "load:      $(cut -d ' ' -f 1 /proc/loadavg) on $(nproc) processors"
${CC:-cc} -O2 -o "$dir/gen" tests/bench/gen_mentions.c
extra=$((n / 19))
"$dir/gen" $((n + extra)) >"$dir/all"
head -n "$n" "$dir/all" >"$dir/old"
# Nineteen known ones, one new one, and so on.
tail -n "$extra" "$dir/all" | awk -v old="$dir/old" '{
	for (i = 0; i < 19 && (getline line <old) > 0; i++) print line
	print }' >"$dir/mixed"
rm "$dir/all"

# As they come: all of them belong to the day of their arrival, which is not over.
live() { sme-log append --now 2026-10-01T00:00:00Z "$dir/log" "$dir/old" >"$dir/out"; }
new=$(rate "$n" "$(seconds live)")
echo "all new:   $new events/s ($n events, $(wc -c <"$dir/old") bytes)"
cmp -s "$dir/old" "$dir/out"
rm -r "$dir/log"
# As an import: a month of days that are over, so the time of closing and compressing them is in it.
echo "import:    $(rate "$n" "$(seconds append "$dir/old")") events/s"
mixed=$(rate $((extra * 20)) "$(seconds append "$dir/mixed")")
[ "$(wc -l <"$dir/out")" = "$extra" ]
echo "5 % new:   $mixed events/s"
cat_log() { sme-log cat "$dir/log" >/dev/null; }
verify_log() { sme-log verify "$dir/log" >/dev/null; }
echo "cat:       $(rate $((n + extra)) "$(seconds cat_log)") events/s"
echo "verify:    $(rate $((n + extra)) "$(seconds verify_log)") events/s"
echo "on disk:   $(du -sk "$dir/log" | awk -v n=$((n + extra)) '{ printf "%d", $1 * 1024 / n }') bytes an event"

if command -v sqlite3 >/dev/null; then
	# Statements ready made, so that only the database is measured.
	statements() {
		awk 'BEGIN { print "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			print "CREATE TABLE IF NOT EXISTS event(id TEXT PRIMARY KEY, line TEXT) WITHOUT ROWID;" }
		NR % 8192 == 1 { if (NR > 1) print "COMMIT;"; print "BEGIN;" }
		{ match($0, /"id":"[^"]*"/); id = substr($0, RSTART + 6, RLENGTH - 7)
		  gsub(/\047/, "\047\047")
		  print "INSERT OR IGNORE INTO event VALUES(\047" id "\047,\047" $0 "\047);" }
		END { print "COMMIT;" }'
	}
	few=$((n / 4))
	head -n "$few" "$dir/old" | statements >"$dir/new.sql"
	head -n "$few" "$dir/mixed" | statements >"$dir/mixed.sql"
	peer() { sqlite3 "$dir/peer.db" <"$1" >/dev/null; }
	a=$(rate "$few" "$(seconds peer "$dir/new.sql")")
	b=$(rate "$few" "$(seconds peer "$dir/mixed.sql")")
	echo "sqlite3:   $a new/s, $b with 5 % new/s"
	echo "ratio:     $(echo "$new $a" | awk '{ printf "%.1f", $1 / $2 }') all new," \
		"$(echo "$mixed $b" | awk '{ printf "%.1f", $1 / $2 }') with 5 % new"
fi

# Memory: all ids are looked up, so that the whole index has been touched, and then it is asked.
rm -rf "$dir/log" "$dir/old" "$dir/mixed" "$dir"/*.sql "$dir"/peer.db* "$dir/out"
awk -v n="$ids" 'BEGIN { for (i = 0; i < n; i++) printf "{\"id\":\"x:y:%d\"}\n", i }' >"$dir/ids"
sme-log append --now "$now" "$dir/log" "$dir/ids" >/dev/null
mkfifo "$dir/in"
sme-log append --now "$now" "$dir/log" <"$dir/in" >/dev/null &
pid=$!
exec 7>"$dir/in"
cat "$dir/ids" >&7
sleep 1
awk -v n="$ids" '/^VmHWM/ { printf "memory:    %.1f bytes an id at %d ids (%d kB in all)\n",
	$2 * 1024 / n, n, $2 }' "/proc/$pid/status"
exec 7>&-
wait "$pid"
open_log() { sme-log append --now "$now" "$dir/log" </dev/null >/dev/null; }
echo "opening:   $(seconds open_log) s with $ids ids"
