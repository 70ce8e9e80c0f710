#!/bin/sh
# sme-log killed at random points: what came out is in the log, and nothing is in it twice.
# KILLS=N sets how often (default 300).
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/${B:-build}:$PATH"
export LC_ALL=C TZ=UTC
kills=${KILLS:-300} now=2026-11-22T12:00:00Z
# In memory where there is such a place: processes are killed here, not the machine.
if [ -z "$TMPDIR" ] && [ -w /dev/shm ]; then TMPDIR=/dev/shm; export TMPDIR; fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0

result() { # result STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}

# events FIRST COUNT: one a line, over five days and two tenants; every id has one line only.
events() {
	awk -v first="$1" -v count="$2" 'BEGIN {
		for (i = first; i < first + count; i++) {
			printf "{\"type\":\"mention\",\"id\":\"n:i:%d\",\"tenant\":\"t%d\",", i, i % 2
			printf "\"created_at\":\"2026-11-%02dT%02d:00:00Z\",", 18 + i % 5, i % 24
			printf "\"author\":{\"id\":\"a%d\"},\"text\":\"text of %d by a%d\"}\n", i % 50, i, i % 50
			if (i % 5 == 4)
				fflush()
		}
	}'
}

ids() { sed 's/.*"id":"\(n:i:[0-9]*\)".*/\1/' "$@" | sort; }

# The lines of $1 that are whole: the last one may have been cut by the kill.
whole() { awk 'NR > 1 { print last } { last = $0 } END { if (last ~ /}$/) print last }' "$1"; }

# The SEEDth of the numbers from 0 to MAX.
random() { # random SEED MAX
	awk -v s="$1" -v max="$2" 'BEGIN { printf "%.4f", (s * 0.6180339887) % 1 * max }'
}

# One run on input that comes in small pieces, so that it commits many groups, stopped after a
# random time.
killed_run() { # killed_run SEED
	start=$((($1 * 7919) % 40000))
	[ -p "$tmp/in" ] || mkfifo "$tmp/in"
	events "$start" 8000 2>/dev/null >"$tmp/in" &
	feeder=$!
	: >"$tmp/out" # killed before it was made anew, it would be that of the run before
	sme-log append -q --now "$now" "$tmp/log" <"$tmp/in" >"$tmp/out" 2>>"$tmp/err" &
	pid=$!
	sleep "$(random "$1" 0.025)"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	[ $? = 137 ] && hits=$((hits + 1))
	kill "$feeder" 2>/dev/null # it may still wait for a reader
	wait "$feeder" 2>/dev/null
	whole "$tmp/out" >>"$tmp/acked"
}

: >"$tmp/acked"; : >"$tmp/err"
hits=0 i=0
while [ "$hits" -lt "$kills" ] && [ "$i" -lt $((kills * 5)) ]; do
	i=$((i + 1))
	killed_run "$i"
	# Now and then an empty log, so that making one is hit as well.
	if [ $((i % 100)) = 0 ] || [ "$hits" = "$kills" ]; then
		sme-log append -q --now "$now" "$tmp/log" </dev/null 2>>"$tmp/err"
		sme-log cat "$tmp/log" >"$tmp/all"
		ids "$tmp/all" >"$tmp/ids"
		ids "$tmp/acked" >"$tmp/acked.ids"
		[ -z "$(uniq -d "$tmp/ids")" ] && [ -z "$(uniq -d "$tmp/acked.ids")" ]
		result $? "$hits kills: nothing twice"
		[ -z "$(comm -13 "$tmp/ids" "$tmp/acked.ids")" ]
		result $? "$hits kills: all $(wc -l <"$tmp/acked.ids") events that came out are in the log"
		sme-log verify "$tmp/log" >/dev/null
		result $? "$hits kills: the log is sound"
		if [ "$hits" -lt "$kills" ]; then rm -rf "$tmp/log"; : >"$tmp/acked"; fi
	fi
done
[ "$hits" = "$kills" ]
result $? "$hits of $i runs were killed in the middle"

# Erasing, killed: asked again, it is done, and nothing else is gone.
events 0 40000 | sme-log append -q --now "$now" "$tmp/log" >/dev/null
sme-log cat "$tmp/log" | ids >"$tmp/before"
i=0
while [ "$i" -lt $((kills / 10)) ]; do
	i=$((i + 1))
	sme-log erase -q --author "a$((i % 50))" --now "$now" "$tmp/log" >/dev/null 2>>"$tmp/err" &
	pid=$!
	sleep "$(random "$i" 0.03)"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
done
j=0
while [ "$j" -lt 50 ] && [ "$j" -lt "$i" ]; do
	j=$((j + 1))
	sme-log erase -q --author "a$((j % 50))" --now "$now" "$tmp/log" >/dev/null || echo "erase failed"
done
sme-log verify "$tmp/log" >/dev/null
result $? "$i erasures killed: the log is sound"
gone=$(sme-log cat --type mention "$tmp/log" | awk -v n="$j" '{
	match($0, /"a[0-9]+"/); a = substr($0, RSTART + 2, RLENGTH - 3) + 0
	if ((a >= 1 && a <= n) || (n == 50 && a == 0)) c++ } END { print c + 0 }')
[ "$gone" = 0 ]
result $? "nothing is left of those who were erased"
sme-log cat --type mention "$tmp/log" | ids >"$tmp/after"
lost=$(comm -23 "$tmp/before" "$tmp/after" | awk -F: -v n="$j" '{
	a = $3 % 50; if (!((a >= 1 && a <= n) || (n == 50 && a == 0))) c++ } END { print c + 0 }')
[ "$lost" = 0 ]
result $? "nothing else is gone"
[ -z "$(find "$tmp/log" -name '*.tmp*')" ]
result $? "no temporary file is left"
echo "1..$n"
exit "$failed"
