#!/usr/bin/env bats
# The flows for cron and systemd that sme-pipelines(7) shows.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	flows=$BATS_TEST_DIRNAME/../../share/flows
	export SME_HOME=$BATS_TEST_TMPDIR/home SME_CONFIG=$BATS_TEST_TMPDIR/sme.jq LC_ALL=C
	for i in 1 2 3; do
		printf '{"id":"%s","tenant":"north","text":"kein Netz, %s","created_at":"2026-11-2%sT08:00:00Z"}\n' $i $i $i
	done >export.ndjson
	cat >sme.jq <<-'END'
		{tenants: {north: {snippets: [{name: "s", text: "Hallo", auto: true}]}, south: {}},
		 sources: [{name: "n", type: "ndjson", path: "export.ndjson", tenant: "north", network: "x"},
		           {name: "s", type: "ndjson", path: "export.ndjson", tenant: "south", network: "y"}]}
	END
}

sent() {
	find home/outbox -maxdepth 1 -name '*.json' | wc -l
}

@test "a sweep lets what is new through the chain, once" {
	run --separate-stderr "$flows/sweep"
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ -z "$output$stderr" ]
	[ "$(sme-log cat home/in | wc -l)" -eq 6 ]
	[ "$(sme-log cat --type mention home/log | jq -s 'length == 6 and (map([has("class", "score", "route", "reply")] | all) | all)')" = true ]
	sent=$(sent)
	[ "$sent" -ge 3 ]
	[ "$(sme-log cat --type reply home/log | wc -l)" -eq "$sent" ]
	run --separate-stderr "$flows/sweep"
	[ "$status" -eq 0 ]
	[ "$(sme-log cat home/in | wc -l)" -eq 6 ]
	[ "$(sent)" -eq "$sent" ]
}

@test "the sweep of one tenant" {
	"$flows/sweep" --all --tenant south
	[ "$(sme-log cat home/in | wc -l)" -eq 3 ]
}

@test "what a crash left behind the first log is made good" {
	sme-fetch --all | sme-log append home/in >/dev/null
	[ ! -e home/outbox ]
	"$flows/sweep" --replay 3650d
	sent=$(sent)
	[ "$sent" -ge 3 ]
	"$flows/sweep" --replay 3650d
	[ "$(sent)" -eq "$sent" ]
	[ "$(sme-log cat --type reply home/log | wc -l)" -eq "$sent" ]
}

@test "a sweep that was killed on the way is made good by the next" {
	mkdir bin
	printf '#!/bin/sh\ncat >/dev/null\nkill -9 0\n' >bin/sme-classify # all is in the first log, then all die
	chmod +x bin/sme-classify
	run env PATH="$PWD/bin:$PATH" setsid -w "$flows/sweep"
	[ "$status" -ne 0 ]
	[ "$(sme-log cat home/in | wc -l)" -eq 6 ]
	[ -z "$(find home/log -type f -name '*.seg*' 2>/dev/null)" ]
	"$flows/sweep"
	[ "$(sme-log cat --type mention home/log | wc -l)" -eq 6 ]
	sent=$(sent)
	[ "$sent" -ge 3 ]
	[ ! -e home/sweeping ]
	"$flows/sweep"
	[ "$(sent)" -eq "$sent" ]
	sme-case verify --db home/sme.db --log home/log
}

@test "two sweeps at a time: the second ends with 75 and touches nothing" {
	"$flows/sweep"
	before=$(cat home/digest)
	exec 8>home/sweep.lock
	flock 8
	run --separate-stderr "$flows/sweep"
	[ "$status" -eq 75 ]
	[[ "$stderr" == *'still at work'* ]]
	[ "$(cat home/digest)" = "$before" ]
	[ ! -e home/sweeping ]
	exec 8>&-
	"$flows/sweep"
}

@test "what is pushed goes through the chain, and nothing is left on the way at the end" {
	cat >sme.jq <<-'END'
		{hook: {listen: "unix:s"}, sources: [{name: "app", connector: "inapp", settings: {chat: {guests: true}}}],
		 tenants: {default: {snippets: [{name: "s", text: "Hallo"}]}}}
	END
	sme-vault init
	printf ids | sme-vault put app identity_secret
	"$flows/sweep" --hook -q &
	sweep=$!
	for _ in $(seq 100); do
		answer=$(curl -s --unix-socket s -X POST http://h/chat/app/guest) && break
		sleep 0.05
	done
	token=$(jq -r .token <<<"$answer")
	for i in 1 2 3; do
		curl -s --unix-socket s -H "Authorization: Bearer $token" -d "{\"id\":\"$i\",\"text\":\"kein Netz $i\"}" \
			http://h/chat/app/messages
	done
	kill -TERM $sweep
	wait $sweep
	[ "$(sme-log cat home/in | wc -l)" -eq 3 ]
	[ "$(sme-log cat --type mention home/log | jq -s 'length == 3 and (map([has("class", "score", "route", "reply")] | all) | all)')" = true ]
}

@test "a failing stage shows in the status" {
	echo '{tenants: 3}' >sme.jq
	run --separate-stderr "$flows/sweep"
	[ "$status" -eq 78 ]
}

@test "the units are such that systemd takes them" {
	command -v systemd-analyze >/dev/null || skip "no systemd"
	mkdir units
	cp "$flows/sweep" sweep # where no space is in the path
	for unit in "$flows"/*.service "$flows"/*.timer; do
		sed -e "s|/usr/local/share/sme/flows|$PWD|" -e '/^Documentation/d' "$unit" \
			>"units/${unit##*/}"
	done
	run systemd-analyze verify units/sme-follow.service units/sme-hook.service units/sme-sweep.service \
		units/sme-sweep@.service units/sme-sweep.timer
	[ "$status" -eq 0 ]
	[ -z "$output" ] || { echo "$output"; false; }
	for unit in units/*.service; do

		systemd-analyze security --offline=true --threshold=19 "$unit" >report 2>&1 || { cat report; false; }
	done
}
