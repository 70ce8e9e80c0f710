#!/bin/sh
# sme-log stopped at each call that changes something on disk, in turn: by a kill in the middle of it,
# and by a full disk.  STEPS=N limits how many are tried of each scene.
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/${B:-build}:$PATH"
export LC_ALL=C TZ=UTC
now=2026-11-22T12:00:00Z steps=${STEPS:-400}
# In memory where there is such a place: processes are killed here, not the machine.
if [ -z "$TMPDIR" ] && [ -w /dev/shm ]; then TMPDIR=/dev/shm; export TMPDIR; fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0

result() { # result STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}

if ! ${CC:-cc} -shared -fPIC -O1 -o "$tmp/stop_at.so" tests/fault/stop_at.c -ldl 2>/dev/null ||
	! env LD_PRELOAD="$tmp/stop_at.so" sme-log --version >/dev/null 2>&1; then
	echo "1..0 # SKIP no compiler, or a build that cannot be preloaded"
	exit 0
fi

events() { # events FIRST COUNT
	awk -v first="$1" -v count="$2" 'BEGIN {
		for (i = first; i < first + count; i++) {
			printf "{\"type\":\"mention\",\"id\":\"n:i:%d\",\"tenant\":\"t%d\",", i, i % 2
			printf "\"created_at\":\"2026-11-%02dT%02d:00:00Z\",", 18 + i % 5, i % 24
			printf "\"author\":{\"id\":\"a%d\"},\"text\":\"text of %d\"}\n", i % 10, i
		}
	}'
}

ids() { sed 's/.*"id":"\(n:i:[0-9]*\)".*/\1/' "$@" | sort; }

events 0 200 >"$tmp/first"
events 100 300 >"$tmp/second"

# shellcheck disable=SC2317  # called by name
{
scene_new() { sme-log append -q --now "$now" "$tmp/log" "$tmp/first"; }
scene_more() { sme-log append -q --now "$now" "$tmp/log" "$tmp/second"; }
scene_late() { sme-log append -q --now 2026-12-22T12:00:00Z "$tmp/log" "$tmp/second"; }
scene_erase() { sme-log erase -q --now "$now" --author a3 "$tmp/log"; }

# What there is before a scene: kept, and copied for each step.
before_new() { :; }
before_more() { scene_new >/dev/null; }
before_late() { sme-log append -q --now 2026-11-18T12:00:00Z "$tmp/log" "$tmp/first" >/dev/null; }
before_erase() { scene_new >/dev/null; scene_more >/dev/null; }
}

# After a stop: the log is sound once more has been appended, what came out is in it, nothing twice.
check() { # check SCENE STEP HOW STATUS
	scene=$1 what="$1, step $2, $3"
	if [ "$3" = fail ] && [ "$4" = 0 ]; then echo "$what: status 0" >>"$tmp/bad"; fi
	if [ "$scene" = erase ]; then
		scene_erase >/dev/null 2>&1 || echo "$what: cannot be asked again" >>"$tmp/bad"
		sme-log cat "$tmp/log" | grep -c '"a3"' | grep -qx 0 || echo "$what: content left" >>"$tmp/bad"
		sme-log cat --type mention "$tmp/log" | ids >"$tmp/ids"
		[ "$(wc -l <"$tmp/ids")" = 360 ] || echo "$what: $(wc -l <"$tmp/ids") left" >>"$tmp/bad"
	else
		"scene_$scene" >"$tmp/out2" 2>>"$tmp/err" || echo "$what: cannot go on" >>"$tmp/bad"
		sme-log cat "$tmp/log" | ids >"$tmp/ids"
		{ awk '/}$/' "$tmp/out"; cat "$tmp/out2"; } | ids >"$tmp/acked"
		[ -z "$(uniq -d "$tmp/acked")" ] || echo "$what: handed on twice" >>"$tmp/bad"
		[ -z "$(comm -13 "$tmp/ids" "$tmp/acked")" ] || echo "$what: lost" >>"$tmp/bad"
		ids "$tmp/input" | cmp -s - "$tmp/ids" || echo "$what: not all is in" >>"$tmp/bad"
		# A full disk, unlike a kill, keeps nothing that was not handed on.
		if [ "$3" = fail ]; then
			ids "$tmp/fresh" | cmp -s - "$tmp/acked" || echo "$what: kept back" >>"$tmp/bad"
		fi
	fi
	[ -z "$(uniq -d "$tmp/ids")" ] || echo "$what: twice in the log" >>"$tmp/bad"
	sme-log verify "$tmp/log" >>"$tmp/err" 2>&1 || echo "$what: not sound" >>"$tmp/bad"
}

run_scene() { # run_scene SCENE HOW
	rm -rf "$tmp/log" "$tmp/base"
	"before_$1"
	if [ -d "$tmp/log" ]; then mv "$tmp/log" "$tmp/base"; fi
	case $1 in
	new) cp "$tmp/first" "$tmp/input"; cp "$tmp/first" "$tmp/fresh" ;;
	*) cat "$tmp/first" "$tmp/second" | sort -u >"$tmp/input"; events 200 200 >"$tmp/fresh" ;;
	esac
	: >"$tmp/bad"
	step=0 status=1
	while [ "$status" != 0 ] && [ "$step" -lt "$steps" ]; do
		step=$((step + 1))
		rm -rf "$tmp/log"
		if [ -d "$tmp/base" ]; then cp -a "$tmp/base" "$tmp/log"; fi
		# The functions call sme-log by its name: the preload goes in by the environment.
		(
			LD_PRELOAD="$tmp/stop_at.so" STOP_AT=$step STOP_HOW=$2
			export LD_PRELOAD STOP_AT STOP_HOW
			"scene_$1"
		) >"$tmp/out" 2>>"$tmp/err"
		status=$?
		[ "$status" = 0 ] || check "$1" "$step" "$2" "$status"
	done
	sed 's/^/# /' "$tmp/bad"
	[ ! -s "$tmp/bad" ]
	result $? "$1: $((step - 1)) steps, $2"
}

# Another process has the log open, and goes on when the one beside it was stopped.
run_beside() { # run_beside SCENE
	: >"$tmp/bad"
	step=0 status=1
	while [ "$status" != 0 ] && [ "$step" -lt "$steps" ]; do
		step=$((step + 1))
		rm -rf "$tmp/log" "$tmp/in"
		mkfifo "$tmp/in"
		: >"$tmp/outa"
		sme-log append -q --now "$now" "$tmp/log" <"$tmp/in" >"$tmp/outa" 2>>"$tmp/err" &
		pid=$!
		exec 7>"$tmp/in"
		cat "$tmp/first" >&7
		tries=0
		while [ "$(wc -l <"$tmp/outa")" -lt 200 ] && [ "$tries" -lt 500 ]; do
			tries=$((tries + 1))
			sleep 0.01
		done
		(
			LD_PRELOAD="$tmp/stop_at.so" STOP_AT=$step
			export LD_PRELOAD STOP_AT
			"scene_$1"
		) >"$tmp/out" 2>>"$tmp/err" 7>&-
		status=$?
		events 300 200 >&7
		exec 7>&-
		wait "$pid" || echo "$1 beside, step $step: the other ends with an error" >>"$tmp/bad"
		sme-log cat --type mention "$tmp/log" | ids >"$tmp/ids"
		if [ "$1" = erase ]; then
			scene_erase >/dev/null 2>>"$tmp/err" || echo "$1 beside, step $step: again" >>"$tmp/bad"
			sme-log cat "$tmp/log" | grep -q '"a3"' && echo "$1 beside, step $step: left" >>"$tmp/bad"
			grep -v '"a3"' "$tmp/outa" | ids >"$tmp/acked"
		else
			{ awk '/}$/' "$tmp/out"; cat "$tmp/outa"; } | ids >"$tmp/acked"
		fi
		[ -z "$(uniq -d "$tmp/acked")$(uniq -d "$tmp/ids")" ] ||
			echo "$1 beside, step $step: twice" >>"$tmp/bad"
		[ -z "$(comm -13 "$tmp/ids" "$tmp/acked")" ] ||
			echo "$1 beside, step $step: lost" >>"$tmp/bad"
		sme-log verify "$tmp/log" >>"$tmp/err" 2>&1 ||
			echo "$1 beside, step $step: not sound" >>"$tmp/bad"
	done
	sed 's/^/# /' "$tmp/bad"
	[ ! -s "$tmp/bad" ]
	result $? "$1 beside another: $((step - 1)) steps, kill"
}

for scene in new more late erase; do
	run_scene "$scene" kill
	run_scene "$scene" fail
done
for scene in more late erase; do
	run_beside "$scene"
done
echo "1..$n"
exit "$failed"
