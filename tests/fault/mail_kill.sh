#!/bin/sh
# Kill sme-fetch with SIGKILL at many instants while it hands on an mbox and a Maildir that grow, whose
# mails a reader moves from new to cur meanwhile, and that mbox is rewritten now and then.  Afterwards the
# log has every mail, once.
#
# usage: mail_kill.sh [rounds]
rounds=${1:-40}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
export SME_HOME="$tmp/home" SME_CONFIG="$tmp/sme.jq"
mkdir -p md/new md/cur md/tmp
: >in.mbox
cat >sme.jq <<'END'
{sources: [
	{name: "mbox", connector: "email", handle: "a@brand.example", channel: "a", settings: {mailbox: "in.mbox", limit: 7}},
	{name: "maildir", connector: "email", handle: "b@brand.example", channel: "b", settings: {mailbox: "md", limit: 7}}]}
END
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

# mail NAME
mail() {
	printf 'From: Kim <kim@example.org>\nMessage-ID: <%s@example.org>\nSubject: %s\n\n%s goes on for a while.\n' "$1" "$1" "$1"
}

# The mails of one round, in both.
grow() {
	i=0
	while [ $((i = i + 1)) -le 20 ]; do
		{
			echo 'From kim@example.org Sun Nov 22 09:30:00 2026'
			mail "f$1.$i"
			echo
		} >>in.mbox
		mail "m$1.$i" >"md/tmp/$1.$i"
		mv "md/tmp/$1.$i" "md/new/$1.$i"
	done
}

# A person reads what is new.
read_some() {
	for file in md/new/*; do
		[ ! -e "$file" ] || mv "$file" "md/cur/${file##*/}:2,S"
	done
}

SME_HOME="$tmp/timing" sme-fetch --all >/dev/null 2>&1
begun=$(date +%s%N)
SME_HOME="$tmp/timing" sme-fetch --all >/dev/null 2>&1
whole=$((($(date +%s%N) - begun) / 1000 + 1))
: >got
round=0 killed=0 partly=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	grow "$round"
	sme-fetch --all >out 2>>err &
	pid=$!
	awk -v r="$round" -v whole="$whole" 'BEGIN { printf "%.6f\n", (r * 7919 % 160) / 1e8 * whole }' >pause
	sleep "$(cat pause)"
	[ $((round % 3)) -ne 0 ] || read_some
	kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
	wait "$pid" 2>/dev/null
	# The line that was being written when the kill came is not one.
	sed -n '/}$/p' out >>got
	[ ! -s out ] || partly=$((partly + 1))
	if [ $((round % 20)) -eq 0 ]; then
		# A mail program takes the first mail out.
		awk '/^From kim@/ { n++ } n != 1' in.mbox >in.new && cat in.new >in.mbox
	fi
done
sme-fetch --all >out 2>>err
ok $? "the last run ends well"
sed -n '/}$/p' out >>got
[ "$killed" -gt $((rounds / 8)) ] && [ "$partly" -gt $((rounds / 8)) ]
ok $? "$killed of $rounds runs were killed, $partly had written something"
sme-log append log <got >kept 2>>err
jq -r 'select(.type == "mention") | .ref.message_id' kept | sort >seen
# What was taken out of the mbox before it was read is the reader's loss, not ours: it was the oldest one.
i=0
while [ $((i = i + 1)) -le "$rounds" ]; do
	j=0
	while [ $((j = j + 1)) -le 20 ]; do printf '%s\n' "f$i.$j@example.org" "m$i.$j@example.org"; done
done | sort >written
cmp seen written
ok $? "every mail is in the log, once"
echo "1..$n"
exit $failed
