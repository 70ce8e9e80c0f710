#!/usr/bin/env bats
# The shipped connectors: what they say of themselves.

bats_require_minimum_version 1.5.0

root=$BATS_TEST_DIRNAME/../..
dir=$root/share/connectors

# meta NAME FILTER
meta() {
	jq -n -c -L "$dir" "include \"$1\"; meta | $2"
}

@test "how long a text may be is the same here and in networks.json" {
	for file in "$dir"/*.jq; do
		name=$(basename "$file" .jq)
		[ "$(meta "$name" 'has("text")')" = true ] || continue
		own=$(meta "$name" '.text | {text: .limit, count, direct: (.direct.limit // null)}')
		shared=$(jq -c --arg name "$name" '.networks[$name] | {text, count, direct}' "$root/share/networks.json")
		[ "$own" = "$shared" ] || { echo "$name: connector $own, share/networks.json $shared: make them agree"; false; }
	done
}

@test "every connector says from when and from where its values are" {
	for file in "$dir"/*.jq; do
		name=$(basename "$file" .jq)
		[ "$(meta "$name" '.name')" = "\"$name\"" ]
		[ "$(meta "$name" '.as_of | (.date | test("^202[0-9]-[0-9]{2}-[0-9]{2}$")) and (.source | length > 10)')" = true ]
	done
}
