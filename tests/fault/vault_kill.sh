#!/bin/sh
# Kill sme-vault with SIGKILL at every system call that matters, and at many instants, while it changes
# the vault and its key: afterwards the old vault or the new one opens, and nothing that was
# acknowledged is missing.
#
# usage: vault_kill.sh [rounds]
rounds=${1:-${KILLS:-150}}
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/${B:-build}:$PATH"
export LC_ALL=C SME_CONFIG=/dev/null
unset CREDENTIALS_DIRECTORY
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export SME_HOME="$tmp/home"
n=0 failed=0

result() { # result STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}

sme-vault init || exit 1
echo 0 | sme-vault put counter
echo stays | sme-vault put other

# What the vault says is the value before or after the change.
check() { # check BEFORE AFTER
	value=$(sme-vault get counter secret 2>>"$tmp/err") || return 1
	[ "$(sme-vault get other secret 2>>"$tmp/err")" = stays ] || return 1
	[ "$value" = "$1" ] || [ "$value" = "$2" ]
}

# The tool is killed when it has made STEP system calls of a kind.
bad=0 points=0
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	value=0
	for call in openat write pwrite64 fsync rename renameat fchmod close fcntl unlink; do
		step=1
		while [ "$step" -le 40 ]; do
			for what in put rotate; do
				case $what in
				put) echo $((value + 1)) >"$tmp/in" ;;
				rotate) : >"$tmp/in" ;;
				esac
				if [ $what = put ]; then set -- put counter; else set -- rotate; fi
				strace -qq -o /dev/null -e trace="$call" -e inject="$call":signal=KILL:when="$step" \
					sme-vault "$@" <"$tmp/in" >/dev/null 2>&1
				status=$?
				[ "$status" = 137 ] && points=$((points + 1))
				check "$value" "$(if [ $what = put ]; then cat "$tmp/in"; else echo "$value"; fi)" || {
					bad=$((bad + 1))
					echo "# $call:$step $what: got \"$value\""
				}
			done
			[ "$status" = 137 ] || [ "$step" -lt 3 ] || break
			step=$((step + 1))
		done
	done
	result "$((bad > 0))" "killed at $points system calls: the old vault or the new one"
	[ "$points" -gt 20 ]
	result $? 'enough of them were reached'
else
	echo "ok $((n = n + 1)) - killed at system calls # skip no strace"
fi

# At any instant, with readers at work.
round=0 bad=0 killed=0 acknowledged=$(sme-vault get counter secret)
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	echo "r$round" >"$tmp/in"
	if [ $((round % 3)) = 0 ]; then
		sme-vault rotate 2>>"$tmp/err" &
	else
		sme-vault put counter <"$tmp/in" 2>>"$tmp/err" &
	fi
	pid=$!
	sleep "$(awk -v r="$round" 'BEGIN { printf "%.5f", (r * 7919 % 60) / 10000 }')"
	kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
	wait "$pid" 2>/dev/null
	status=$?
	check "$acknowledged" "$(if [ $((round % 3)) = 0 ]; then echo "$acknowledged"; else cat "$tmp/in"; fi)" ||
		{ bad=$((bad + 1)); echo "# round $round"; }
	# Status 0: it was acknowledged, and must be the new one.
	if [ "$status" = 0 ] && [ $((round % 3)) != 0 ]; then
		[ "$value" = "r$round" ] || { bad=$((bad + 1)); echo "# round $round lost"; }
	fi
	acknowledged=$value
done
result "$((bad > 0))" "killed at $killed of $rounds instants: nothing acknowledged is missing"

jq -e . "$SME_HOME/vault.audit" >/dev/null 2>&1
result $? 'every line of the audit is whole'
echo "1..$n"
exit $failed
