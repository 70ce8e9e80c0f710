#!/bin/sh
# Signed deliveries a second that are durable before their 200.  Peers in the same run: node's http
# server, which checks the same signature and syncs a file for each delivery before it answers, and
# nginx, which checks nothing and writes each body to a file without any sync.
#
# usage: hook.sh [seconds] [connections] [bytes]
seconds=${1:-5} connections=${2:-64} bytes=${3:-600}
root=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
PATH=$root/$B:$root/$B/tools:$PATH
tmp=$(mktemp -d) || exit 1
pids=
# shellcheck disable=SC2086  # a list of numbers
trap 'kill $pids 2>/dev/null; wait; rm -rf "$tmp"' EXIT
for need in sme-hook hook_client; do
	command -v $need >/dev/null || { echo "$need is not built: make all units" >&2; exit 1; }
done
cd "$tmp" || exit 1
export SME_HOME="$tmp/home" SME_CONFIG="$tmp/sme.jq"

cat >t.jq <<'JQ'
def meta: {name: "t", title: "T", as_of: {date: "2026-11-26", source: "none"}, can: ["webhook"], instance: "i",
	records: {item: {required: {id: "string", text: "string"}}}, webhook: {verify: "hmac"}};
def webhook($account): {records: {item: .body.items}};
def event($account): .data | {native: .id, text, created_at: "2026-11-26T09:00:00Z", author: {native: "a"}};
JQ
echo '{hook: {listen: "unix:hook"}, sources: [{name: "t", connector: "t.jq"}]}' >sme.jq
sme-vault init && printf key | sme-vault put t webhook_secret || exit 1

# rate ADDRESS: deliveries a second, the best of three; all must have had a 200.
rate() {
	for _ in 1 2 3; do
		hook_client -t "$seconds" -c "$connections" -b "$bytes" "$1" /hook/t key
	done | awk '$2 { bad = 1 } { r = $1 / $3; if (r > best) best = r } END { printf "%.0f", bad ? 0 : best }'
}

up() { # up SOCKET: wait for it
	for _ in $(seq 100); do [ ! -S "$1" ] || return 0; sleep 0.05; done
	echo "$1 does not come up" >&2
}

report() { # report NAME RATE OWN
	awk -v name="$1" -v rate="$2" -v own="$3" 'BEGIN {
		if (rate > 0)
			printf "%s: %d a second; sme-hook has %.2f times as many\n", name, rate, own / rate
		else
			printf "%s: not all answers were 200\n", name
	}'
}

sme-hook --log log --metrics metrics & pids=$!
up hook
own=$(rate unix:hook)
kill $pids
wait
pids=
groups=$(awk '/^sme_hook_groups_total/ { g = $2 } /^sme_hook_deliveries_total/ { d = $2 } END { printf "%.1f", d / g }' metrics)
echo "sme-hook: $own signed deliveries of $bytes bytes a second, durable before 200, $groups to a sync"

if command -v node >/dev/null; then
	cat >server.js <<'JS'
const http = require('http'), fs = require('fs'), crypto = require('crypto');
const fd = fs.openSync('node.spool', 'a');
http.createServer((req, res) => {
	const parts = [];
	req.on('data', (d) => parts.push(d));
	req.on('end', () => {
		const body = Buffer.concat(parts);
		const mac = 'sha256=' + crypto.createHmac('sha256', 'key').update(body).digest('hex');
		const got = Buffer.from(req.headers['x-sme-signature'] || '');
		if (got.length !== mac.length || !crypto.timingSafeEqual(got, Buffer.from(mac)))
			return res.writeHead(403).end();
		fs.write(fd, body, () => fs.fdatasync(fd, () => res.writeHead(200).end()));
	});
}).listen('node');
JS
	node server.js & pids=$!
	up node
	report "node, a sync for each" "$(rate unix:node)" "$own"
	kill $pids
	wait
	pids=
else
	echo "node is not installed" >&2
fi

nginx=$(command -v nginx || command -v /usr/sbin/nginx)
if [ -n "$nginx" ]; then
	mkdir bodies
	cat >nginx.conf <<CONF
$([ "$(id -u)" != 0 ] || echo "user root;")
worker_processes 1; daemon off; pid nginx.pid; error_log stderr crit;
events { worker_connections 4096; }
http {
	access_log off; keepalive_requests 1000000000; client_body_temp_path bodies 2 2; client_body_in_file_only on;
	server { listen unix:nginx; location / { proxy_pass http://unix:$tmp/back:/; } }
	server { listen unix:back; location / { return 200; } }
}
CONF
	"$nginx" -p "$tmp" -c nginx.conf & pids=$!
	up nginx
	report "nginx, unchecked and without a sync" "$(rate unix:nginx)" "$own"
else
	echo "nginx is not installed" >&2
fi
