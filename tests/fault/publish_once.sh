#!/bin/sh
# sme-publish against a network that counts: however it is killed, whatever becomes of requests and
# answers, and however many publishers are at work, no reply is ever seen twice, none that is "sent" is
# not seen, and none hangs without being shown.
#
# Each schedule has a network of its own (tests/tools/counting_server.c): one that takes a request once,
# one that can be asked, or one that can do neither.  In it a publisher is killed at one of its system
# calls, each of them in turn; every second network loses, delays, repeats and refuses requests and
# answers; in every fourth schedule a second publisher runs beside; in every fifth the next one is
# killed as well.  In every twelfth it is not killed but stopped, and goes on after another one has been at
# work for a while; and in as many its disk is full from that call on.  Then it runs to its end.
#
# usage: [SCHEDULES=60] [FIRST=0] publish_once.sh
cd "$(dirname "$0")/../.." || exit 1
here=$PWD
PATH="$PWD/${B:-build}:$PATH"
schedules=${SCHEDULES:-60} first=${FIRST:-0}
unset SME_CONFIG
# In memory where there is such a place: processes are killed here, not the machine.
if [ -z "$TMPDIR" ] && [ -w /dev/shm ]; then TMPDIR=/dev/shm; export TMPDIR; fi
tmp=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill $server; rm -rf "$tmp"' EXIT
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

if ! strace -qq -o /dev/null -e inject=none true 2>/dev/null &&
	! strace -qq -o /dev/null true 2>/dev/null; then
	echo "1..0 # SKIP no strace, or it may not trace"
	exit 0
fi

counting_server="$here/${B:-build}/tools/counting_server"
"$counting_server" "$tmp/port" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s "$tmp/port" ] && break
	sleep 0.1
done
url=http://127.0.0.1:$(cat "$tmp/port")

# The delay is far longer than the server needs, for it may be a while until a loaded machine lets it run.
for mode in k l n; do
	case $mode in
	k) offer='{idempotency: "header", repeat: "1h"}' ;;
	l) offer='{idempotency: "none", lookup: true, delay: "800ms"}' ;;
	n) offer='{idempotency: "none"}' ;;
	esac
	sed "s/OFFER/$offer/" tests/fault/counting.jq >"$tmp/count-$mode.jq"
done

# Three replies: one part, two parts, and a private one.
mention() { # mention N TEXT MEMBERS
	printf '{"type":"mention","id":"count:i:%d","tenant":"t","network":"count","channel":"@c",' "$1"
	printf '"created_at":"2026-11-22T09:00:00Z","author":{"id":"count:i:u%d"},"text":"hi"%s,' "$1" "$3"
	printf '"reply":{"state":"approved","text":["%s"],"by":"a","key":"%016d"}}\n' "$2" "$1"
}
{
	mention 1 "Short."
	mention 2 "This one is too long. It goes out in two parts."
	mention 3 "Between us." ',"direct":true'
} >"$tmp/in"

configure() { # configure MODE WORLD
	cat >"$tmp/sme.jq" <<-END
		{publish: {backoff: "20ms"}, sources: [{name: "acc", connector: "count-$1.jq", tenant: "t",
		    channel: "@c", instance: "i", base: "$url/$2", allow_private: ["127.0.0.1"]}]}
	END
}

publish() { sme-publish -c "$tmp/sme.jq" --wait 8s "$tmp/in"; }

# Under strace, which does INJECT; its number is in the file "pid".
traced() { # traced INJECT TRACE
	# shellcheck disable=SC2016  # for the inner shell
	strace -f -qq -o "$2" ${1:+-e "inject=$1"} sh -c 'echo $$ >"$0"; exec "$@"' "$tmp/pid" \
		sme-publish -c "$tmp/sme.jq" --wait 2s "$tmp/in" >"$tmp/traced.out" 2>"$tmp/traced.err"
}

# Its system calls in order, "NAME HOW-OFTEN", from where it knows its configuration.
calls_of() { # calls_of MODE
	configure "$1" "$1-0-0"
	rm -rf "$SME_HOME"
	traced "" "$tmp/trace" || return 1
	awk '{
		sub(/^[0-9]+ +/, "")
		if (!match($0, /^[a-z_0-9]+\(/))
			next
		name = substr($0, 1, RLENGTH - 1)
		count[name]++
		if (name == "openat" && /\/sme\.jq"/)
			started = 1
		if (started)
			print name, count[name]
	}' "$tmp/trace" >"$tmp/calls-$1"
	grep -E '^(pwrite64|fdatasync|fsync|ftruncate) ' "$tmp/calls-$1" >"$tmp/writes-$1"
}

export SME_HOME="$tmp/home"
calls_of k && calls_of l && calls_of n
ok $? "undisturbed runs ($(cat "$tmp"/calls-? | wc -l) system calls in three networks)"

# Something happens to it at its Kth call; whatever the shell says of a kill is no news.
disturbed_at() { # disturbed_at MODE K HOW
	how=$3
	case $how in full) list=$tmp/writes-$1 ;; *) list=$tmp/calls-$1 ;; esac
	# shellcheck disable=SC2046  # two words
	set -- $(awk -v k="$2" '{ call[NR] = $0 } END { print call[(k - 1) % NR + 1] }' "$list")
	case $how in
	full)
		traced "$1:error=ENOSPC:when=$2+" /dev/null
		case $? in 0 | 74) ;; *) bad "status $? on a full disk: $(cat "$tmp/traced.err")" ;; esac
		full=$((full + 1))
		;;
	stop)
		traced "$1:signal=STOP:when=$2" /dev/null &
		tracer=$!
		sleep 0.3
		sme-publish -c "$tmp/sme.jq" --wait 300ms "$tmp/in" >/dev/null 2>&1
		while kill -0 $tracer; do
			kill -CONT "$(cat "$tmp/pid")"
			sleep 0.05
		done
		wait $tracer
		stops=$((stops + 1))
		;;
	*)
		traced "$1:signal=KILL:when=$2" /dev/null
		[ $? = 137 ] && kills=$((kills + 1))
		;;
	esac
}

bad() {
	echo "# schedule $i ($world): $1"
	echo x >>"$tmp/bad"
}

# What the network shows, and what the publisher says.
check() { # check FINAL
	curl -s "$url/$world/count" >"$tmp/count"
	while read -r key count; do
		[ "$count" = 1 ] || bad "$key is seen $count times"
	done <"$tmp/count"
	jq -r 'select(.type == "reply") | "\(.key) \(.state) \(.parts | length) \(.reason)"' "$tmp/out" |
		awk '{ last[$1] = $0 } END { for (k in last) print last[k] }' >"$tmp/states"
	[ "$(wc -l <"$tmp/states")" = 3 ] || bad "not every reply is told of: $(cat "$tmp/states")"
	while read -r key state parts reason; do
		case $state in
		sent)
			[ "$(grep -c "^$key-" "$tmp/count")" = "$parts" ] || bad "$key is sent, but not seen"
			;;
		unknown)
			sme-publish --unknown >"$tmp/unknown"
			grep -q "\"key\":\"$key\"" "$tmp/unknown" || bad "$key hangs, and is not shown"
			[ "$mode$1" = n1 ] || bad "$key is unknown in the end: $reason"
			shown=$((shown + 1))
			;;
		*) bad "$key is $state in the end: $reason" ;;
		esac
	done <"$tmp/states"
}

# A person looks at the network, after what was on its way has arrived, and says what is there.
resolve_all() {
	sleep 0.2
	curl -s "$url/$world/count" >"$tmp/count"
	for _ in 1 2 3 4; do
		sme-publish --unknown | jq -r '"\(.key) \(.key)-\(.part)"' >"$tmp/unknown"
		[ -s "$tmp/unknown" ] || return
		while read -r key part; do
			if grep -q "^$part " "$tmp/count"; then
				set -- sent found-by-a-person
			else
				set -- not-sent
			fi
			sme-publish -c "$tmp/sme.jq" --tenant t --resolve "$key" "$@" >/dev/null ||
				bad "$part cannot be resolved"
		done <"$tmp/unknown"
		publish >"$tmp/out" 2>>"$tmp/err"
		sleep 0.2
		curl -s "$url/$world/count" >"$tmp/count"
	done
}

run_schedule() { # run_schedule I
	i=$1
	case $((i % 3)) in 0) mode=k ;; 1) mode=l ;; *) mode=n ;; esac
	world=$mode-$((i + 1))-$((i / 3 % 2 * 5))
	configure "$mode" "$world"
	rm -rf "$SME_HOME"
	beside=
	if [ $((i % 4)) = 3 ]; then
		publish >"$tmp/beside" 2>>"$tmp/err" &
		beside=$!
	fi
	case $((i / 3 % 12)) in 3) how=stop ;; 7) how=full ;; *) how=killed ;; esac
	disturbed_at "$mode" $((i / 3 + 1)) "$how" 2>/dev/null
	[ $((i % 5)) != 4 ] || disturbed_at "$mode" $((i * 7919 % 977)) killed 2>/dev/null
	[ -z "$beside" ] || wait "$beside"
	publish >"$tmp/out" 2>>"$tmp/err"
	check 1
	if [ "$mode" = n ]; then
		resolve_all
		check 2
	fi
}

: >"$tmp/bad"
: >"$tmp/err"
kills=0 stops=0 full=0 shown=0 i=$first
while [ $((i - first)) -lt "$schedules" ]; do
	run_schedule "$i"
	i=$((i + 1))
done
[ ! -s "$tmp/bad" ]
ok $? "$schedules schedules ($kills kills, $stops stops, $full full disks): every reply is seen once, or is \
shown ($shown were)"
[ "$kills" -ge $((schedules / 2)) ]
ok $? "enough were killed"
grep -qi "sanitizer\|bug" "$tmp/err" && cat "$tmp/err"
echo "1..$n"
exit $failed
