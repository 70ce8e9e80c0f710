#!/bin/sh
# sme-hook killed at random points while deliveries and in-app messages come in: what had its 200 is
# mapped in the end, whole and once.  KILLS=N sets how often (default 60).
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/${B:-build}:$PWD/${B:-build}/tools:$PATH"
export LC_ALL=C TZ=UTC
kills=${KILLS:-60}
# In memory where there is such a place: processes are killed here, not the machine.
if [ -z "$TMPDIR" ] && [ -w /dev/shm ]; then TMPDIR=/dev/shm; export TMPDIR; fi
tmp=$(mktemp -d) || exit 1
pid='' clients=''
# shellcheck disable=SC2086  # lists of numbers
trap 'kill -9 $pid $clients 2>/dev/null; wait; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
export SME_HOME="$tmp/home" SME_CONFIG="$tmp/sme.jq"
n=0 failed=0

result() { # result STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}

cat >t.jq <<'JQ'
def meta: {name: "t", title: "T", as_of: {date: "2026-11-26", source: "none"}, can: ["webhook"], instance: "i",
	records: {item: {required: {id: "string", text: "string"}}}, webhook: {verify: "hmac"}};
def webhook($account): {records: {item: .body.items}};
def event($account): .data | {native: .id, text, created_at: "2026-11-26T09:00:00Z", author: {native: "a"}};
JQ
cat >sme.jq <<'JQ'
{hook: {listen: "unix:hook"}, sources: [
	{name: "t", connector: "t.jq"},
	{name: "app", connector: "inapp", settings: {chat: {per_minute: 100000}}}]}
JQ
sme-vault init
printf key | sme-vault put t webhook_secret
printf ids | sme-vault put app identity_secret
claims=v1.$(printf '{"user":"kim","exp":4000000000}' | basenc --base64url -w 0 | tr -d =)
token=$claims.$(printf %s "$claims" | openssl dgst -sha256 -hmac ids | sed 's/.* //')

# The SEEDth of the numbers from 0 to MAX.
random() { # random SEED MAX
	awk -v s="$1" -v max="$2" 'BEGIN { printf "%.4f", (s * 0.6180339887) % 1 * max }'
}

: >acked.hook; : >acked.chat
hook_client -a acked.hook -m 3 -c 16 -b 200 unix:hook /hook/t key >sent.hook & clients=$!
hook_client -C -a acked.chat -c 4 -b 100 unix:hook /chat/app/messages "$token" >sent.chat & clients="$clients $!"
i=0 hits=0
while [ "$i" -lt "$kills" ]; do
	i=$((i + 1))
	# In turn to standard output, whose last line the kill may cut, and straight into the log.
	if [ $((i % 2)) = 0 ]; then
		sme-hook -q >"out.$i" 2>>err & pid=$!
	else
		sme-hook -q --log log 2>>err & pid=$!
	fi
	sleep "$(random "$i" 0.3)"
	kill -9 $pid
	wait $pid 2>/dev/null
	[ $? = 137 ] && hits=$((hits + 1))
	pid=
done
# shellcheck disable=SC2086
{ kill $clients; wait; } 2>/dev/null
clients=
[ "$hits" = "$kills" ]
result $? "$hits of $i runs were killed in the middle"

sme-hook -q --drain --log log 2>>err
result $? "what is left in the spool is mapped without a reject"
for out in out.*; do
	awk 'NR > 1 { print last } { last = $0 } END { if (last ~ /}$/) print last }' "$out"
done | sme-log append -q log >/dev/null
result $? "all that came to standard output is whole"
sme-log verify log >/dev/null
result $? "the log is sound"

sme-log cat log >all
sed -n 's/.*"id":"t:i:\([0-9]*-[0-9]\)".*/\1/p' all | sort >ids
[ -z "$(uniq -d ids)" ]
result $? "nothing twice"
awk '{ for (i = 0; i < 3; i++) print $1 "-" i }' acked.hook | sort >want
[ -s want ] && [ -z "$(comm -13 ids want)" ]
result $? "all $(wc -l <acked.hook) deliveries that had their 200 are there, with each of their items"
[ -z "$(sed 's/-.*//' ids | uniq -c | awk '$1 != 3')" ]
result $? "no delivery is there in part"

sed -n 's/.*"id":"inapp:app:kim\/\([0-9]*\)".*/\1/p' all | sort >messages
[ -z "$(uniq -d messages)" ]
result $? "no message twice"
sme-hook -q >/dev/null 2>>err & pid=$!
for _ in $(seq 100); do [ "$(curl -s --unix-socket hook http://h/health)" != ok ] || break; sleep 0.05; done
after=0
while :; do
	curl -s --unix-socket hook -H "Authorization: Bearer $token" "http://h/chat/app/messages?after=$after" >page
	jq -r '.messages[] | [.id, .client_id] | @tsv' page >>thread
	[ "$(jq .more page)" = true ] || break
	after=$(jq -r '.messages[-1].id' page)
done
kill $pid
wait $pid
result $? "sme-hook ends well"
pid=
cut -f 2 thread | sort >clients
sort acked.chat >want
[ -z "$(uniq -d clients)" ] && [ -s want ] && [ -z "$(comm -13 clients want)" ]
result $? "all $(wc -l <acked.chat) messages that had their 201 are in the conversation, once"
cut -f 1 thread | sort >want
cmp -s want messages
result $? "and those are the mentions in the log"
[ -z "$(find home log -name '*.tmp*' -o -name '*.damaged')" ] && [ ! -s home/hook/rejects.ndjson ]
result $? "no temporary file is left, and nothing was rejected or damaged"
echo "1..$n"
exit "$failed"
