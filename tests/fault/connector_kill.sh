#!/bin/sh
# Kill sme-fetch with SIGKILL at many instants while it reads accounts of tests/tools/api_test.c, newest
# first and oldest first, with tokens that end meanwhile.  Afterwards every mention must have reached a
# reader, and the vault must hold what it held.
#
# usage: connector_kill.sh [rounds]
rounds=${1:-100}
tmp=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill $server; rm -rf "$tmp"' EXIT
tool=$(command -v sme-fetch) || exit 1
connector=$(cd "$(dirname "$0")/../cli/connector" && pwd)/chirp.jq
export SME_HOME="$tmp/home" SME_CONFIG="$tmp/sme.jq"
unset http_proxy https_proxy all_proxy
mkdir "$tmp/api" || exit 1
n=0 failed=0

ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# Mentions $1 to $2.
mentions() {
	seq "$1" "$2" | sed 's/.*/{"id":&,"text":"mention &, which goes on for a while so that pipes fill up",'`
		`'"at":"2026-11-20T10:00:00Z","by":{"name":"kim"}}/' >>"$tmp/api/mentions"
}

"${tool%/*}/tools/api_test" "$tmp/api" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s "$tmp/api/port" ] && break
	sleep 0.1
done
printf right >"$tmp/api/password"
echo none >"$tmp/api/token"
# Both have one token, so they renew it for each other.
cat >"$tmp/sme.jq" <<EOF
[{connector: "$connector", handle: "@us", base: "http://127.0.0.1:$(cat "$tmp/api/port")", secret: "us",
	allow_private: ["127.0.0.1"]}] as [\$a]
| {sources: [\$a + {name: "down", instance: "down", settings: {size: 20}},
	\$a + {name: "up", instance: "up", settings: {size: 20, way: "up"}}]}
EOF
sme-vault init && printf right | sme-vault put us password || exit 1

: >"$tmp/got"
mentions 1 200
begun=$(date +%s%N)
SME_HOME="$tmp/timing" && export SME_HOME
cp -r "$tmp/home" "$tmp/timing"
sme-fetch --all >/dev/null 2>>"$tmp/err"
whole=$((($(date +%s%N) - begun) / 1000 + 1))
SME_HOME="$tmp/home"
round=0 killed=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	mentions $((180 + round * 21)) $((200 + round * 21))
	[ $((round % 7)) -ne 0 ] || echo ended >"$tmp/api/token"
	[ $((round % 21)) -ne 0 ] || echo ended >"$tmp/api/refresh"
	rm -f "$tmp/pid"
	: >"$tmp/out"
	# Into a file, or into a pipe whose reader lives on.
	if [ $((round % 2)) -eq 0 ]; then
		sme-fetch --backoff 10ms --all >"$tmp/out" 2>>"$tmp/err" &
		pid=$! reader=
	else
		{
			sme-fetch --backoff 10ms --all 2>>"$tmp/err" &
			echo $! >"$tmp/pid"
			wait $!
		} 2>/dev/null | cat >"$tmp/out" &
		reader=$!
		until [ -s "$tmp/pid" ]; do :; done
		pid=$(cat "$tmp/pid")
	fi
	awk -v r="$round" -v whole="$whole" 'BEGIN { printf "%.6f\n", (r * 7919 % 400) / 4e8 * whole }' \
		>"$tmp/pause"
	sleep "$(cat "$tmp/pause")"
	# A run that was gone already says that pauses are too long for this machine.
	if [ $((round % 10)) -eq 0 ]; then
		:
	elif kill -9 "$pid" 2>/dev/null; then
		killed=$((killed + 1)) whole=$((whole * 11 / 10))
	else
		whole=$((whole * 3 / 4 + 1000))
	fi
	wait "$pid" 2>/dev/null
	[ -z "$reader" ] || wait "$reader"
	# What was written before the kill counts as received, a torn last line does not.
	sed '$!b; /}$/!d' "$tmp/out" >>"$tmp/got"
done
sme-fetch --all >>"$tmp/got" 2>>"$tmp/err"
ok $? "the last run succeeds"

jq -r 'select(.type == "mention").id' "$tmp/got" >"$tmp/ids" 2>"$tmp/jq.err"
ok $? "everything that came out is whole"

for name in down up; do
	jq -r .id "$tmp/api/mentions" | sed "s/^/chirp:$name:/" 
done | sort >"$tmp/want"
sort -u "$tmp/ids" >"$tmp/have"
comm -23 "$tmp/want" "$tmp/have" >"$tmp/lost"
[ ! -s "$tmp/lost" ]
ok $? "nothing is lost ($(wc -l <"$tmp/lost") of $(wc -l <"$tmp/want"))"

comm -13 "$tmp/want" "$tmp/have" >"$tmp/strange"
[ ! -s "$tmp/strange" ]
ok $? "nothing comes under another name"

[ -z "$(sme-fetch --all 2>>"$tmp/err" | grep '"type":"mention"')" ]
ok $? "what was handed on by a run that ended well does not come again"

sme-vault list | jq -e '.fields | contains(["password", "access_token", "refresh_token"])' >/dev/null
ok $? "the vault holds what it held"

[ "$killed" -ge $((rounds / 4)) ]
ok $? "enough runs were killed ($killed of $rounds)"
echo "1..$n"
exit $failed
