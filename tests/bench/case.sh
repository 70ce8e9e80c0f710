#!/bin/sh
# The desk: 200 workers who claim the next case and close it, pages of lists, and as a peer claims by the sqlite3
# shell, a process for each, without events, chain and log.
# usage: tests/bench/case.sh [CASES]       (default 50000; 1000000 is what a large desk has)
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
n=${1:-50000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make -s B="$B" "$B/bench/case" >/dev/null

"$B/bench/case" fill "$dir/a.db" "$n" 8
"$B/bench/case" list "$dir/a.db" 50 "$n"
"$B/bench/case" work "$dir/a.db" 200 "$n" | tee "$dir/ours"

few=400
sqlite3 "$dir/b.db" "PRAGMA journal_mode = WAL; CREATE TABLE c (id INTEGER PRIMARY KEY, holder TEXT);
	INSERT INTO c (id) SELECT value FROM generate_series(1, $few)" >/dev/null
start=$(date +%s.%N)
for _ in $(seq "$few"); do
	sqlite3 -cmd '.timeout 20000' "$dir/b.db" 'UPDATE c SET holder = 1 WHERE id = (SELECT id FROM c WHERE holder IS NULL LIMIT 1) RETURNING id' >/dev/null
done
end=$(date +%s.%N)
awk -v few="$few" -v start="$start" -v end="$end" '{ for (i = 1; i <= NF; i++) if ($i == "s:") ours = $(i + 1) }
	END { peer = few / (end - start); printf "  sqlite3 shell, a process for each claim  %.0f a second  ratio %.0f\n", peer, ours / peer }' "$dir/ours"
