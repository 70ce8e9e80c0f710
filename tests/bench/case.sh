#!/bin/bash
# The desk: 200 workers who claim the next case and close it, and pages of lists.  As a peer the queue that web
# applications keep in PostgreSQL: 200 clients, "for update skip locked", an event for each step, both on the
# same disk with every commit synced; without skills, queues of agents, hash chain and tokens.
# usage: tests/bench/case.sh [CASES]       (default 50000; 1000000 is what a large desk has)
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
n=${1:-50000}
dir=$(mktemp -d)
trap 'postgres_stop; rm -rf "$dir"' EXIT
make -s B="$B" "$B/bench/case" >/dev/null
bins=(/usr/lib/postgresql/*/bin)
bin=${bins[-1]}

# PostgreSQL does not run as root.
as_nobody() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid nobody --regid nogroup --clear-groups "$@"
	else
		"$@"
	fi
}

postgres_start() {
	chmod 755 "$dir"
	mkdir -m 700 "$dir/pg"
	[ "$(id -u)" != 0 ] || chown nobody "$dir/pg"
	as_nobody "$bin/initdb" -D "$dir/pg/data" -U test -A trust -E UTF8 --locale=C
	as_nobody "$bin/pg_ctl" -D "$dir/pg/data" -l "$dir/pg/log" -w \
		-o "-k $dir/pg -c listen_addresses='' -c max_connections=250" start
}

postgres_stop() {
	[ ! -d "$dir/pg" ] || as_nobody "$bin/pg_ctl" -D "$dir/pg/data" -m immediate stop >/dev/null 2>&1 || :
}

"$B/bench/case" fill "$dir/a.db" "$n" 8
"$B/bench/case" list "$dir/a.db" 50 "$n"
"$B/bench/case" work "$dir/a.db" 200 "$n" | tee "$dir/ours"
sqlite3 "$dir/a.db" "SELECT printf('claims before an older one of a higher rank: %d',
	count(*) FILTER (WHERE rank < before)) FROM (SELECT f.rank, max(f.rank) OVER (ORDER BY e.seq ROWS BETWEEN
	UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM case_event e JOIN case_file f ON f.tenant = e.tenant
	AND f.key = e.key WHERE e.action = 'claim')"

if [ ! -x "$bin/pgbench" ]; then
	echo '  PostgreSQL is not installed: scripts/deps --bench'
	exit 0
fi
postgres_start >/dev/null
"$bin/psql" -q -h "$dir/pg" -U test postgres <<SQL
CREATE TABLE c (id bigint PRIMARY KEY, tenant text NOT NULL, key text NOT NULL, queue text NOT NULL, rank bigint NOT NULL,
	status text NOT NULL, holder text, lease timestamptz, subject text);
INSERT INTO c SELECT i, 'default', 'x:' || i, 'q' || i % 8, i * 1000, 'open', NULL, NULL, 'Kein Netz seit gestern, Nummer ' || i
	FROM generate_series(1, $n) i;
CREATE INDEX ON c (tenant, rank, id) WHERE status = 'open' AND holder IS NULL;
CREATE INDEX ON c (tenant, status, rank, id);
CREATE INDEX ON c (tenant, key);
CREATE TABLE e (seq bigserial PRIMARY KEY, tenant text, key text, at timestamptz DEFAULT now(), actor text, action text);
CREATE INDEX ON e (tenant, key, seq);
ANALYZE;
SQL
cat >"$dir/work.sql" <<'SQL'
BEGIN;
UPDATE c SET holder = 'a' || :client_id, lease = now() + '10 min' WHERE id = (SELECT id FROM c WHERE tenant = 'default' AND status = 'open' AND
	holder IS NULL ORDER BY rank, id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id, key \gset
INSERT INTO e (tenant, key, actor, action) VALUES ('default', :key, 'a' || :client_id, 'claim');
COMMIT;
BEGIN;
UPDATE c SET status = 'closed', holder = NULL WHERE id = :id;
INSERT INTO e (tenant, key, actor, action) VALUES ('default', :key, 'a' || :client_id, 'close');
COMMIT;
SQL
"$bin/pgbench" -n -h "$dir/pg" -U test -f "$dir/work.sql" -M prepared -c 200 -j 2 -t $((n / 400 + 1)) postgres >"$dir/peer" 2>&1 ||
	cat "$dir/peer"
awk 'FNR == NR { for (i = 1; i <= NF; i++) if ($i == "s:") ours = $(i + 1); next }
	/^tps/ { printf "  PostgreSQL, skip locked, claimed and closed, too  %.0f a second  ratio %.1f\n", $3, ours / $3 }' "$dir/ours" "$dir/peer"
