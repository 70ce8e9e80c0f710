#!/usr/bin/env bats
# make install, dist and uninstall.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	root=$BATS_TEST_TMPDIR/root
	unset SME_SHARE SME_CONFIG MAKEFLAGS
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/none
	[ "${B:-build}" = build ] || skip "only for the plain build"
}

# With another PREFIX everything is linked again: in a copy, for other tests run what is in build/.
install_there() {
	[ -d "$BATS_FILE_TMPDIR/b" ] || cp -a build "$BATS_FILE_TMPDIR/b"
	make -s install B="$BATS_FILE_TMPDIR/b" DESTDIR="$root" PREFIX=/usr >/dev/null
}

# What has to be there: every tool, page and file of data, and the completions.
expected() {
	for tool in cmd/sme-*.c; do
		tool=$(basename "$tool" .c)
		echo "./usr/bin/$tool"
		echo "./usr/share/bash-completion/completions/$tool"
	done
	echo ./usr/share/bash-completion/completions/sme
	for page in man/*.[1578]; do
		echo "./usr/share/man/man${page##*.}/${page##*/}"
	done
	find share -type f | sed 's|^share|./usr/share/sme|'
}

@test "what is installed is what there is" {
	install_there
	(cd "$root" && find . ! -type d) | sort >"$BATS_TEST_TMPDIR/got"
	expected | sort | diff - "$BATS_TEST_TMPDIR/got"
	[ "$(stat -c %a "$root/usr/bin/sme-score" "$root/usr/share/man/man5/sme-event.5" \
		"$root/usr/share/sme/flows/sweep" | paste -s -d ' ')" = '755 644 755' ]
	# Nothing names the place where it was built.
	for file in "$root"/usr/share/bash-completion/completions/sme "$root"/usr/share/sme/flows/*; do
		[ "$(grep -c "$PWD" "$file")" -eq 0 ]
	done
}

@test "an installed tool finds its data, wherever the tree was put" {
	install_there
	echo '{"type":"mention","id":"x:1","network":"x","text":"Seit gestern kein Netz, was ist da los?","author":{"followers":3000}}' >"$BATS_TEST_TMPDIR/in"
	cd /
	run --separate-stderr bash -c "'$root/usr/bin/sme-classify' '$BATS_TEST_TMPDIR/in' | '$root/usr/bin/sme-score' | '$root/usr/bin/sme-reply'"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(jq -r '[.class.lang.code, (.score.reach > 0), .reply.state] | @csv' <<<"$output")" = '"de",true,"none"' ]
	mv "$root/usr/share/sme" "$root/usr/share/elsewhere"
	# Under its own PREFIX, not in the tree where it was built.
	run --separate-stderr "$root/usr/bin/sme-classify" "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 66 ] || [ "$status" -eq 78 ] || [ -f /usr/share/sme/models/lang.model ]
	SME_SHARE=$root/usr/share/elsewhere "$root/usr/bin/sme-classify" "$BATS_TEST_TMPDIR/in" | jq -e .class.lang.code
}

@test "uninstall takes away what install brought, and nothing else" {
	install_there
	echo mine >"$root/usr/bin/other"
	make -s uninstall B="$BATS_FILE_TMPDIR/b" DESTDIR="$root" PREFIX=/usr >/dev/null
	[ "$(cd "$root" && find . ! -type d)" = ./usr/bin/other ]
	[ ! -e "$root/usr/share/sme" ]
	[ -d "$root/usr/share/man" ]
}

@test "the tarball holds what is committed" {
	git rev-parse --verify -q HEAD >/dev/null 2>&1 || skip "not a git repository"
	version=$(sed -n 's/^VERSION *= *//p' Makefile)
	make -s dist DIST="$BATS_TEST_TMPDIR"
	tar -tzf "$BATS_TEST_TMPDIR/sme-$version.tar.gz" | grep -v '/$' | sort >"$BATS_TEST_TMPDIR/got"
	git -c core.quotePath=false ls-tree -r --name-only HEAD | sed "s|^|sme-$version/|" | sort |
		diff - "$BATS_TEST_TMPDIR/got"
}
