#!/bin/sh
# The scanner, which validates whole lines, against simdjson On-Demand, which does not, fetching the
# same two fields of generated mentions.  usage: tests/bench/scan.sh [MENTIONS]
set -eu
cd "$(dirname "$0")/../.."
build=${B:-build}
n=${1:-1000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make -s B="$build" "$build/bench/gen_mentions" "$build/bench/scan" >/dev/null
"$build/bench/gen_mentions" "$n" >"$dir/in"
"$build/bench/scan" "$dir/in"
