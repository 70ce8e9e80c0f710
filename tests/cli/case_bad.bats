#!/usr/bin/env bats
# sme-case against a database that is old, damaged or locked, a full disk, and clocks that jump.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null SME_HOME=$PWD/home USER='' LC_ALL=C
	mkdir home
}

mentions() { # N
	for i in $(seq "$1"); do
		printf '{"type":"mention","id":"%s","network":"x","created_at":"2026-11-20T10:00:00Z","author":{"id":"x:a%s"},"text":"Netz %s","thread":"%s"}\n' \
			"$i" "$i" "$i" "$i"
	done | sme-route
}

fill() { mentions "$1" | sme-case ingest | sme-log append home/log >/dev/null; }

# All that people see of the cases.  Whether a claim that has ended raised the token differs between versions.
desk() {
	for status in open closed; do sme-case list --json --status $status; done | jq -c 'del(.fence)'
	sme-case show --json 1
	sme-case agents --json
}

@test "a database of the first version with cases: all of it is there, and the log gives the same" {
	sqlite3 home/sme.db <"$BATS_TEST_DIRNAME/case/first.sql"
	sqlite3 home/sme.db "SELECT raw FROM case_message WHERE type = 'mention'" | sme-log append home/log >/dev/null
	[ "$(sme-case verify)" = '11 events, all well' ]
	desk >before
	[ "$(jq -c 'select(.case) | [.case, .department, .tags]' before | head -n 3 | sort | tr '\n' ' ')" = \
		'["1",null,["vip"]] ["2","tech",[]] ["3",null,[]] ' ]
	[ "$(sme-case search schon --json | jq -r .case)" = 1 ]
	sme-case rebuild
	desk | diff before -
	[ "$(sme-case verify)" = '11 events, all well' ]
	sme-case claim -a lea 1
}

@test "damage: verify finds it where the chain is well, and says how the cases come back" {
	fill 300
	desk >before
	page=$(sqlite3 home/sme.db "SELECT rootpage FROM sqlite_schema WHERE name = 'case_file_author'")
	size=$(sqlite3 home/sme.db 'PRAGMA page_size')
	head -c "$size" /dev/zero | tr '\0' Z | dd of=home/sme.db bs="$size" seek=$((page - 1)) conv=notrunc status=none
	run --separate-stderr sme-case verify
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'damaged'*'sme-case rebuild'* ]]
	printf 'X' | dd of=home/sme.db conv=notrunc status=none
	run --separate-stderr sme-case list
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'move it away'*'sme-case rebuild'* ]]
	mv home/sme.db gone
	sme-case rebuild
	desk | diff before -
}

@test "sme.db of a backup: what was done before and since is in the log, and a rebuild has the longer one" {
	fill 3
	sme-case note -a lea 1 <<<first
	sqlite3 home/sme.db 'VACUUM INTO "backup"'
	sme-case note -a lea 2 <<<gone
	mv backup home/sme.db
	sme-case note -a lea 2 <<<second
	sme-case note -a lea 2 <<<third
	sme-case tag -a lea 3 vip
	desk >before
	[ "$(sme-log cat home/log | jq -r 'select(.action == "note").data.text' | sort | tr '\n' ' ')" = 'first gone second third ' ]
	run --separate-stderr sme-case rebuild
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'1 events of the log do not follow'* ]]
	desk | diff before -
	sme-case verify
}

@test "sme.db-group: of any size, damaged, a link, of another user" {
	fill 1
	for damage in ': >' 'truncate -s 9' 'truncate -s 9M' 'head -c 3000000 /dev/urandom >'; do
		eval "$damage home/sme.db-group"
		sme-case claim -a lea 1 >/dev/null
	done
	# Ours by what stands at its head, and no lock any more.
	head -c 4000 /dev/zero | tr '\0' '\377' | dd of=home/sme.db-group bs=1 seek=64 conv=notrunc status=none
	run --separate-stderr sme-case claim -a lea 1
	[ "$status" -eq 74 ]
	[[ "$stderr" == *'sme.db-group: damaged'*'remove this file'* ]]
	rm home/sme.db-group
	echo precious >else
	ln -s ../else home/sme.db-group
	run --separate-stderr sme-case claim -a lea 1
	[ "$status" -eq 73 ]
	[ "$(cat else)" = precious ]
	rm home/sme.db-group
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	chown -R nobody home
	chmod 660 home/sme.db
	sme-case claim -a lea 1 >/dev/null
	[ "$(stat -c '%U %a' home/sme.db-group)" = 'nobody 660' ]
	rm home/sme.db*
	sme-case list >/dev/null
	[ "$(stat -c %U home/sme.db home/sme.db-group | sort -u)" = nobody ]
}

@test "a full disk: what passed on is in the database, and all goes on when there is room" {
	unshare -rm true 2>/dev/null || skip "no namespaces"
	mentions 3000 >in
	cat >full <<-'END'
		mount -t tmpfs -o size=4500k tmpfs home
		sme-case ingest in >passed 2>told
		echo $? >status
		# The log has no room either, and says so; cases are read all the same.
		sme-case list --json --limit 5000 2>/dev/null | wc -l >cases
		mount -o remount,size=40m home
		sme-case ingest in >again
		sme-case list --json --limit 5000 | wc -l >>cases
		sme-case verify >>again
	END
	unshare -rm sh full
	[ "$(cat status)" = 74 ]
	grep -q 'sme.db: .*full' told
	passed=$(wc -l <passed)
	[ "$passed" -lt 3000 ]
	[ "$(tr '\n' ' ' <cases)" = "$passed 3000 " ]
	[ "$(tail -n 1 again)" = '3000 events, all well' ]
}

@test "clocks that jump: a claim from the future is taken away by assigning, and the log gives the same" {
	fill 2
	sme-case claim -a kim --now 2099-01-01T00:00:00Z 1 >/dev/null
	run --separate-stderr sme-case claim -a lea --now 2026-11-20T10:00:00Z 1
	[ "$status" -eq 75 ]
	[[ "$stderr" == *'kim holds the case until 2099'*assigning* ]]
	sme-case assign -a boss --to lea 1
	[ "$(sme-case claim -a lea --now 2026-11-20T10:01:00Z 1 | jq -r .lease_until)" = 2026-11-20T10:16:00Z ]
	# A token of before the jump is stale.
	run sme-case reply -a kim --fence 1 --now 2026-11-20T10:02:00Z 1 <<<hallo
	[ "$status" -eq 75 ]
	sme-case close -a lea --now 1980-01-01T00:00:00Z 1
	sme-case reopen -a lea --now 2026-11-20T10:03:00Z 1
	sme-case verify
	desk >before
	sme-case rebuild
	desk | diff before -
}

@test "a lease of nothing, a department without a name, somebody nobody knows" {
	fill 1
	run --separate-stderr sme-case claim -a lea --lease 0s 1
	[ "$status" -eq 64 ]
	run --separate-stderr sme-case forward -a lea --to '' 1
	[ "$status" -eq 64 ]
	run --separate-stderr sme-case claim -a lea
	[ "$status" -eq 1 ]
	[[ "$stderr" == *'"lea" is no agent of tenant "default"; sme-case agents'* ]]
}
