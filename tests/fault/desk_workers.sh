#!/bin/bash
# Forty workers at one desk, one of whom is killed with -9 again and again while they claim, answer and close.
# usage: desk_workers.sh [ROUNDS] [SEED]
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/${B:-build}/tools:$PATH"
rounds=${1:-3}
seed=${2:-1}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
for round in $(seq "$rounds"); do
	mkdir "$tmp/$round"
	desk_workers "$tmp/$round/sme.db" 40 4000 300 $((seed + round)) || exit 1
done
