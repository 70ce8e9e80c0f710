#!/bin/sh
# Due times in business hours on one core, against walking the calendar minute by minute.
# usage: tests/bench/clock.sh [N]       (default 2000000)
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
n=${1:-2000000}
SME_SHARE=$PWD/share
export SME_SHARE
make -s B="$B" "$B/bench/clock" >/dev/null

# The walk is slow: it gets a part of the cases, the same ones for both.
few=$((n / 500 + 1))
all=$("$B/bench/clock" ours "$n")
same=$("$B/bench/clock" ours "$few")
walk=$("$B/bench/clock" walk "$few")
[ "${same#* }" = "${walk#* }" ] || { echo "clock: the answers differ" >&2; exit 1; }
echo "${all% *} ${walk% *}" | awk '{
	printf "due times in business hours\n"
	printf "  lib/clock         %10.0f a second\n", $1
	printf "  minute by minute  %10.0f a second  ratio %.0f\n", $2, $1 / $2 }'
