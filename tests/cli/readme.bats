#!/usr/bin/env bats
# The examples of the README give what it shows.

bats_require_minimum_version 1.5.0

setup() {
	top=$BATS_TEST_DIRNAME/../..
	cd "$BATS_TEST_TMPDIR" || return
	ln -s "$top/samples" samples
	export SME_HOME=$BATS_TEST_TMPDIR/home XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/none LC_ALL=C.UTF-8
	unset SME_CONFIG
}

@test "what is shown is what comes out" {
	# Commands begin with "$ " and go on with "> "; what follows them is their output.
	awk '/^## / { on = /examples/ } on && sub(/^    /, "")' "$top/README.md" >shown
	# Each command is said before it runs.
	awk '
		/^\$ / { if (cmd != "") flush_it(); cmd = substr($0, 3); said = $0; next }
		/^> / { cmd = cmd "\n" substr($0, 3); said = said "\n" $0; next }
		END { if (cmd != "") flush_it() }
		function flush_it() {
			print "cat <<'\''SAID'\''\n" said "\nSAID"
			print cmd
		}' shown >script
	bash -o pipefail script >got 2>&1 || true
	diff -u shown got
	[ "$(grep -c '^\$ ' shown)" -ge 8 ]
}

@test "the table of tools is that of the tools" {
	bin=$(dirname "$(command -v sme-score)")
	sed -n '/^## The tools/,/^## How/s/^| `\(sme-[a-z]*\)` .*/\1/p' "$top/README.md" | sort >named
	(cd "$bin" && printf '%s\n' sme-*) | sort | diff named -
}
