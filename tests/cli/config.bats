#!/usr/bin/env bats
# sme.jq as every tool reads it, seen through sme-score.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset SME_CONFIG
	export XDG_CONFIG_HOME="$PWD/xdg" HOME="$PWD/home"
}

check() {
	run --separate-stderr sme-score --check-config "$@"
}

@test "a good configuration is silent" {
	cat >sme.jq <<-'EOF'
		# two brands that share their hours
		include "hours";
		def queues: [{name: "network", sla: "36m"}, {name: "inbox"}];
		{ tenants: {
		    o2:   {timezone: "UTC", hours: office, queues: queues,
		           rules: [{name: "outage", when: ".class.intent.label == \"outage\"", queue: "network"}]},
		    blau: {queues: queues, hours: office, _note: "one team for both"}},
		  queries: {stoerung: "netz AND NOT test"} }
	EOF
	echo 'def office: {mon: ["08:00-20:00"], sat: ["10:00-14:00"]};' >hours.jq
	check -c sme.jq
	[ "$status" -eq 0 ]
	[ "$output$stderr" = "" ]
}

@test "each mistake is a line with its path, and the status is 78" {
	cat >sme.jq <<-'EOF'
		{tenants: {o2: {
		  ruels: [],
		  queues: [{name: "a"}, {name: "b"}, {name: "c", sla: 36}],
		  holidays: ["2026-12-25", "25.12."]}}}
	EOF
	check -c sme.jq
	[ "$status" -eq 78 ]
	[ "$output" = "" ]
	[ "$stderr" = 'sme-score: sme.jq: .tenants.o2.ruels: unknown key, did you mean "rules"?
sme-score: sme.jq: .tenants.o2.queues[2].sla: expected a duration such as "36m", got 36
sme-score: sme.jq: .tenants.o2.holidays[1]: expected a date such as "2026-12-25", a region such as "DE-BY" or a file such as "days.ics", got "25.12."' ] || {
		echo "$stderr"
		false
	}
	run --separate-stderr sme-score -c sme.jq </dev/null
	[ "$status" -eq 78 ]
	[ "$stderr" = 'sme-score: sme.jq: .tenants.o2.ruels: unknown key, did you mean "rules"? (and 2 more: try --check-config)' ]
}

@test "holidays by region and from calendars: what is wrong is said with its place" {
	cat >sme.jq <<-'EOF'
		{tenants: {o2: {hours: {mon: ["08:00-20:00"]}, holidays: ["DE-XX"]},
		  e: {hours: {mon: ["08:00-20:00"]}, holidays: ["DE-BY", "none.ics"]},
		  d: {hours: {mon: ["08:00-20:00"]}, holidays: ["text.ics"]}}}
	EOF
	echo hello >text.ics
	check -c sme.jq
	[ "$status" -eq 78 ]
	grep -F '.tenants.o2.holidays[0]: no holidays are known for "DE-XX"; known are DE DE-BB' <<<"$stderr"
	grep -F '.tenants.e.holidays[1]: none.ics: No such file' <<<"$stderr"
	grep -F '.tenants.d.holidays[0]: text.ics: line 1: this is no iCalendar file' <<<"$stderr"
}

@test "an error in the program names file and line" {
	printf '{a: 1\n, b: 2 3}\n' >sme.jq
	check -c sme.jq
	[ "$status" -eq 78 ]
	[ "$stderr" = "sme-score: sme.jq:2: syntax error, unexpected LITERAL, expecting '}'" ]
}

@test "what stands in the file cannot drive a terminal" {
	printf '{"tenants":{"a":{"match":"\\u001b[31m\\nred","\\u001b]0;x\\u0007":1}}}' >sme.jq
	check -c sme.jq
	[ "$status" -eq 78 ]
	[[ "$stderr" != *$'\033'* ]]
	[ "${#stderr_lines[@]}" -eq 2 ]
}

@test "the usual places, in order" {
	mkdir -p xdg/sme home/.config/sme
	echo '{nonsense_in_home: 1}' >home/.config/sme/sme.jq
	echo '{nonsense_in_xdg: 1}' >xdg/sme/sme.jq
	echo '{nonsense_in_env: 1}' >env.jq
	echo '{nonsense_named: 1}' >named.jq
	SME_CONFIG=env.jq check -c named.jq
	[[ "$stderr" == *nonsense_named* ]]
	SME_CONFIG=env.jq check
	[[ "$stderr" == *nonsense_in_env* ]]
	check
	[[ "$stderr" == *nonsense_in_xdg* ]]
	XDG_CONFIG_HOME='' check
	[[ "$stderr" == *nonsense_in_home* ]]
}

@test "a file that was named must be there" {
	check -c nowhere.jq
	[ "$status" -eq 66 ]
	SME_CONFIG=nowhere.jq check
	[ "$status" -eq 66 ]
	[ "$stderr" = "sme-score: nowhere.jq: No such file or directory" ]
}

@test "an empty file and comments alone are an empty configuration" {
	: >empty.jq
	echo '# nothing yet' >comment.jq
	for f in empty.jq comment.jq /dev/null; do
		check -c "$f"
		[ "$status" -eq 0 ]
	done
}

@test "neither the environment nor ~/.jq changes it" {
	mkdir -p home
	echo 'def words: ["from home"];' >home/.jq
	echo '{keywords: words}' >sme.jq
	check -c sme.jq
	[ "$status" -eq 78 ]
	echo '{keywords: [$ENV.HOME]}' >sme.jq
	check -c sme.jq
	[ "$status" -eq 78 ]
	[[ "$stderr" == *".keywords[0]: expected a word"*"got null"* ]]
}
