#!/usr/bin/env bats
# The shipped connectors: what they say of themselves.

bats_require_minimum_version 1.5.0

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
dir=$root/share/connectors

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

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

@test "the manual names every connector, and each of its settings" {
	page=$root/man/sme-networks.7
	for file in "$dir"/*.jq; do
		name=$(basename "$file" .jq)
		awk -v "want=connector: ..dq$name..dq" '/^\.S[sh]/ { on = 0 } $0 ~ want { on = 1 } on' "$page" >section
		[ -s section ] || { echo "$name has no section in $page"; false; }
		# In the comment at the head of the file: "#   name, other   what they are".
		sed -n '/^#/!q; s/^#   \([a-z_]\+\(, [a-z_]\+\)*\)  *[^ ].*/\1/p' "$file" | tr -d , | tr ' ' '\n' | sort -u >settings
		while read -r setting; do
			grep -q "^\.It Ic.* $setting\( \|\$\)" section || { echo "$name: $setting is not in $page"; false; }
		done <settings
	done
}
