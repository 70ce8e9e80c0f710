#!/usr/bin/env bats
# What every tool of the stream promises, tried on each of them; and that a stage touches nothing but
# its own key, on generated events.

bats_require_minimum_version 1.5.0

# The tools that hand events on.  A row is a command line; files come behind it.
tools='sme-classify
sme-score
sme-route
sme-reply
sme-publish -o out
sme-grep true
sme-log append log'

# All commands, for what does not need input.
commands="$tools
sme-log cat log
sme-log verify log
sme-log erase log
sme-stats summary
sme-stats report
sme-hook
sme-hook erase
sme-fetch
sme-train"

mention='{"type":"mention","id":"x:a:1","text":"Kein Netz in Kiel","author":{"handle":"kim","followers":7}}'
other='{"type":"mention","id":"x:a:2","text":"Danke!"}'

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null SME_HOME=$BATS_TEST_TMPDIR/home LC_ALL=C
	unset SME_SHARE
	extra=$(dirname "$(command -v sme-score)")/tools
	now='--now 2026-11-22T09:30:00Z'
}

# each FUNCTION [LIST]: call it for every tool, in a directory of its own, and say which one failed.
# shellcheck disable=SC2086  # a row is a list of words
each() {
	while read -r row; do
		rm -rf here
		mkdir here
		echo "with: $row"
		# Not behind || or if: set -e would not hold inside.
		(
			cd here || exit
			"$1" $row
		)
	done <<<"${2:-$tools}"
}

# The status and standard error of a run, as $got and $said; standard output in the file "out1".
try() {
	got=0
	"$@" >out1 2>err1 </dev/null || got=$?
	said=$(cat err1)
}

empty() {
	try "$@"
	[ $got -eq 0 ] || { [ "$1" = sme-grep ] && [ $got -eq 1 ]; }
	[ -z "$said" ]
	[ ! -s out1 ]
}
@test "no input is no output" { each empty; }

no_newline() {
	printf '%s\n%s' "$mention" "$other" >in
	"$@" in >got1
	[ "$(wc -l <got1)" -eq 2 ]
	[ "$(jq -r .id <got1 | paste -s -d ' ')" = 'x:a:1 x:a:2' ]
}
@test "a last line without a newline is a line" { each no_newline; }

blank() {
	printf '\n%s\n  \n\t\r\n%s\n\n' "$mention" "$other" >in
	"$@" in >got1
	[ "$(wc -l <got1)" -eq 2 ]
}
@test "blank lines are skipped" { each blank; }

garbage() {
	printf 'x\0y\n%s\n{"id":"\377"}\n{"a":"\0"}\n[1]\n{"a":1}}\n{"a":\n%s\n' "$mention" "$other" >in
	try "$@" --rejects rejects in
	[ $got -eq 1 ]
	[ "$(wc -l <out1)" -eq 2 ]
	[ "$(wc -l <rejects)" -eq 6 ]
	[ "$(jq -s 'map(.line) == [1,3,4,5,6,7] and all(.type == "reject" and .error != "")' rejects)" = true ]
	[[ $said == *"in:1: byte 1: "* ]]
	[[ $said == *"in:3: byte "*"UTF-8"* ]]
}
@test "NUL, bad UTF-8 and what is no JSON object are rejected, the rest goes on" { each garbage; }

long() {
	{
		echo "$mention"
		printf '{"id":"long","text":"'
		head -c 17825792 /dev/zero | tr '\0' a
		printf '"}\n%s\n' "$other"
	} >in
	try "$@" --rejects rejects in
	[ $got -eq 1 ]
	[ "$(wc -l <out1)" -eq 2 ]
	[[ $said == *"in:2: "* ]]
	[ "$(wc -l <rejects)" -eq 1 ]
	[ "$(wc -c <rejects)" -gt 17825792 ]
	# As long as may be.
	{
		printf '{"id":"long","text":"'
		head -c 16777000 /dev/zero | tr '\0' a
		printf '"}\n'
	} >in
	"$@" in >got1
	[ "$(wc -l <got1)" -eq 1 ]
	[ "$(wc -c <got1)" -gt 16777000 ]
}
@test "a line of 17 MiB is rejected, one of 16 goes through" { each long; }

deep() {
	{
		echo "$mention"
		printf '{"a":'
		head -c 100000 /dev/zero | tr '\0' '['
		head -c 100000 /dev/zero | tr '\0' ']'
		printf '}\n%s\n' "$other"
	} >in
	try "$@" in
	[ $got -eq 1 ]
	[ "$(wc -l <out1)" -eq 2 ]
	[[ $said == *"in:2: "*deep* ]]
}
@test "100 000 levels are rejected" { each deep; }

crlf() {
	printf '%s\r\n%s\r\n' "$mention" "$other" >in
	"$@" in >got1
	[ "$(grep -c $'}\r$' got1)" -eq 2 ]
	jq -e . got1 >/dev/null
}
@test "CR LF stays as it is" { each crlf; }

bom() {
	printf '\357\273\277%s\n%s\n' "$mention" "$other" >in
	try "$@" in
	# Taken for nothing at the start of a file, or rejected: never handed on in the middle of a stream.
	[ "$(tail -n 1 out1 | jq -r .id)" = x:a:2 ]
	jq -e . out1 >/dev/null
}
@test "a byte order mark does not spoil the stream" { each bom; }

zipped() {
	printf '%s\n%s\n' "$mention" "$other" | gzip >in.gz
	printf '%s\n' "$mention" | sed 's/x:a:1/x:a:3/' >in
	"$@" in.gz in >got1
	[ "$(jq -r .id <got1 | paste -s -d ' ')" = 'x:a:1 x:a:2 x:a:3' ]
	rm -rf log out
	"$@" <in.gz >got2
	[ "$(wc -l <got2)" -eq 2 ]
	rm -rf log out
	cat in.gz - <<<"$other" | "$@" - in >got3 2>/dev/null || true
	[ "$(tail -n 1 got3 | jq -r .id)" = x:a:3 ]
	head -c 60 in.gz >cut.gz
	try "$@" cut.gz
	[ $got -eq 65 ] || [ $got -eq 74 ]
	[[ $said == *cut.gz* ]]
}
@test "gzip, several files, - for standard input" { each zipped; }

full() {
	echo "$mention" >in
	got=0
	"$@" in >/dev/full 2>err1 || got=$?
	[ $got -eq 74 ]
	[ "$(wc -l <err1)" -eq 1 ]
}
@test "a full disk is an error" {
	[ -w /dev/full ] || skip
	each full
	echo "$mention" >in
	each full 'sme-stats summary'
	each full 'sme-stats report'
	while read -r tool; do
		for option in --help --version; do
			run bash -c "$tool $option >/dev/full"
			[ "$status" -eq 74 ] || { echo "$tool $option: $status"; false; }
		done
	done <<<"$commands"
}

reader_leaves() {
	"$@" ../many 2>err1 | head -n 1 >got1
	[ "$(wc -l <got1)" -eq 1 ]
	[ ! -s err1 ]
}
@test "a reader that leaves is no error" {
	yes "$mention" | head -n 5000 | awk '{ sub(/x:a:1/, "x:a:" NR); print }' >many
	each reader_leaves
}

pauses() {
	mkfifo fifo
	"$@" <fifo >got1 &
	pid=$!
	exec 7>fifo
	echo "$mention" >&7
	for _ in $(seq 200); do
		[ ! -s got1 ] || break
		sleep 0.05
	done
	[ "$(wc -l <got1)" -eq 1 ]
	printf '%s' "$other" >&7
	exec 7>&-
	wait "$pid"
	[ "$(wc -l <got1)" -eq 2 ]
}
@test "an event comes out before the next one goes in" {
	each pauses
	each pauses 'sme-score -j 2'
	each pauses 'sme-classify -j 2'
}

missing() {
	echo "$mention" >in
	try "$@" nowhere in
	[ $got -eq 66 ]
	[ "$(wc -l <err1)" -eq 1 ]
	[[ $said == *"nowhere: No such file"* ]]
	[ "$(wc -l <out1)" -eq 1 ] # the other file is read all the same
	rm -rf log out
	mkdir dir
	try "$@" dir
	[ $got -eq 66 ] || [ $got -eq 74 ]
	[[ $said == *"dir: Is a directory"* ]]
}
@test "a file that is not there, or is a directory" { each missing; }

unreadable() {
	echo "$mention" >in
	chmod 0 in
	try "$@" in
	[ $got -eq 66 ] || [ $got -eq 77 ]
	[[ $said == *"in: Permission denied"* ]]
}
@test "a file that must not be read" {
	[ "$(id -u)" -ne 0 ] || skip "root may read everything"
	each unreadable
}

closed() {
	echo "$mention" >in
	got=0
	"$@" <&- >out1 2>err1 || got=$?
	[ $got -eq 74 ]
	[ ! -s out1 ]
	got=0
	"$@" in >&- 2>err1 || got=$?
	[ $got -eq 74 ]
	[[ $(cat err1) == *"stdout: "* ]]
	got=0
	"$@" nowhere 2>&- >out1 || got=$?
	[ $got -eq 66 ]
}
@test "closed standard files are errors, and no other file gets into their place" { each closed; }

usage() {
	for option in --no-such-option -Y; do
		try "$@" $option
		[ $got -eq 64 ]
		[ "$(wc -l <err1)" -eq 1 ]
		[[ $said == "$1"*": unknown option $option "* ]]
		[ ! -s out1 ]
	done
	try "$@" --help
	[ $got -eq 0 ]
	[ -z "$said" ]
	grep -q '^usage: sme-' out1
	try "$@" -V
	[ $got -eq 0 ]
	grep -qE '^sme-[a-z]+ [0-9]+\.[0-9]+\.[0-9]+$' out1
}
@test "--help, --version and mistakes in the usage" {
	each usage "$commands"
	for tool in sme-log sme-stats; do
		run --separate-stderr $tool
		[ "$status" -eq 64 ]
		run --separate-stderr $tool nonsense
		[ "$status" -eq 64 ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		run --separate-stderr $tool --help
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
	done
}

terminal() {
	printf '{"type":"mention","\033[2J\233":\n' >in
	try "$@" in
	[ $got -eq 1 ]
	[ "$(grep -c "$(printf '[\033\233]')" err1)" -eq 0 ]
	try "$@" "$(printf 'no\033[2Jfile')"
	[ "$(grep -c "$(printf '\033')" err1)" -eq 0 ]
}
@test "no control character gets from the input to the terminal" { each terminal; }

# ---- generated events ----

stages='class sme-classify
score sme-score
route sme-route
reply sme-reply'

config() {
	cat >sme.jq <<-'END'
		{tenants: {default: {queues: [{name: "q", sla: "36m"}], hours: {mon: ["08:00-20:00"]},
		   keywords: ["netz", "kim"], queries: {q: "netz OR author:kim"},
		   rules: [{name: "r", when: "(.text // \"\" | test(\"a\"))?", queue: "q", priority: 1.5}],
		   snippets: [{name: "s", text: "Hi {handle}", auto: true}, {name: "t", text: "Hello"}]}}}
	END
	export SME_CONFIG=$PWD/sme.jq
}

# Byte for byte; and valid, but for the lone surrogates that Debian's jq refuses.
stage_keeps() {
	"$extra/gen_events" 4000 "$3" >in
	config
	$2 $now in >out1
	"$extra/only_added" "$1" in out1 >verdict || { cat verdict; return 1; }
	grep -qE '^[1-9][0-9]* same, [1-9][0-9]* added, [1-9][0-9]* replaced$' verdict
	grep -v 'u[dD]8' out1 | jq -e . >/dev/null
	$2 $now out1 | cmp - out1
	for jobs in 1 2 4; do
		$2 $now -j $jobs in | cmp - out1
	done
}
@test "a stage adds its own key and leaves every other byte; twice is once; any number of threads" {
	while read -r stage; do
		each stage_keeps "$stage 1"
		each stage_keeps "$stage 20261122"
	done <<<"$stages"
}

@test "the checker finds a byte that is not the same" {
	check() {
		printf '%s\n' "$2" >a
		printf '%s\n' "$3" >b
		run "$extra/only_added" score a b
		[ "$status" -eq "$1" ] || { echo "$2 -> $3: $output"; false; }
	}
	check 0 '{"a":1}' '{"a":1,"score":{"b":[2]}}'
	check 0 '{ }' '{ "score":2}'
	check 0 '{"score":1,"a":1}' '{"score":{},"a":1}'
	check 1 '{"a":1}' '{"score":2,"a":1}'
	check 1 '{"a":1}' '{"a":1 ,"score":2}'
	check 1 '{"a":1.0}' '{"a":1,"score":2}'
	check 1 '{"a":1}' '{"a":1,"b":2}'
	check 1 '{"score":1,"a":1}' '{"score":2,"a":1,"score":2}'
	check 1 '{"score":1,"score":2}' '{"score":3,"score":2}'
	check 1 '{"a":1}' ''
}

@test "through the whole chain and back every byte is there" {
	"$extra/gen_events" 3000 3 >in
	config
	sme-log append --now 2026-11-22T09:30:00Z log <in >kept
	# Only what is the same event as an earlier one is left out.
	[ "$(diff in kept | grep -c '^>')" -eq 0 ]
	[ "$(wc -l <kept)" -gt 2500 ]
	sme-log verify log 2>/dev/null
	sme-log cat log | sort | cmp - <(sort kept)
	before=kept
	while read -r key tool; do
		# shellcheck disable=SC2086  # two words
		$tool $now "$before" >"after.$key"
		"$extra/only_added" "$key" "$before" "after.$key"
		before=after.$key
	done <<<"$stages"
	# shellcheck disable=SC2086
	sme-publish $now -o out "$before" >published
	# It adds events of its own behind those that it answered, and changes none.
	grep -Fxf "$before" published | cmp - "$before"
	sme-grep true published | cmp - published
	run sme-grep -v true published
	[ -z "$output" ]
}
