#!/usr/bin/env bats
# sme-publish --plan: what cannot be served in a day, and what it costs.
bats_require_minimum_version 1.5.0

setup() {
	PATH="$BATS_TEST_DIRNAME/../../${B:-build}:$PATH"
	unset SME_CONFIG
	export LC_ALL=C XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/none" SME_HOME="$BATS_TEST_TMPDIR/home"
	export SME_SHARE="$BATS_TEST_DIRNAME/../../share"
	cd "$BATS_TEST_TMPDIR" || return
}

# line N MEMBERS: of the plan in $output.
line() { sed -n "$1p" <<<"$output" | jq -r "[$2] | map(tostring) | join(\" \")"; }

@test "a day of a large company: one account is not enough for X, nor a quota for YouTube" {
	cat >day.json <<-END
		{"volumes": [
		  {"network": "x", "mentions": 4500, "replies": 4410},
		  {"network": "x", "mentions": 4500, "replies": 4410, "links": 4410},
		  {"network": "youtube", "mentions": 300},
		  {"network": "mastodon", "mentions": 1000},
		  {"network": "bluesky", "mentions": 5000},
		  {"network": "elsewhere", "mentions": 7}]}
	END
	run --separate-stderr sme-publish --plan day.json
	[ "$status" -eq 1 ]
	[ "$(line 1 '.served, .fits, .left, .accounts_needed, .cost.read, .cost.reply')" = "false 2400 2010 2 22.5 44.1" ]
	[ "$(line 2 '.served, .cost.read, .cost.reply')" = "false 22.5 882" ]
	[ "$(line 3 '.served, .fits, .left')" = "false 200 100" ]
	[ "$(line 4 '.served, .left, .limit')" = "true 0 null" ]
	[ "$(line 5 '.served, .left, .limit')" = "true 0 null" ]
	[ "$(line 6 '.served, .fits, .reason')" = "false 0 no connector for this network" ]
	[ "$(line 7 '.total, .channels, .not_served, .cost.total')" = "true 6 4 971.1" ]
	[ ! -e home ]
}

@test "accounts of the configuration share the work, and keep to their budgets" {
	cat >sme.jq <<-END
		{publish: {budget: {accounts: {a: {day: 30}}}},
		 sources: [{name: "a", connector: "x", channel: "@brand"}, {name: "b", connector: "x", channel: "@brand"},
		           {name: "c", connector: "x", channel: "@other"}]}
	END
	echo '[{"network": "x", "channel": "@brand", "mentions": 4000}, {"network": "x", "channel": "@brand", "mentions": 6500},
	       {"network": "x", "channel": "@other", "mentions": 100}]' >day.json
	run --separate-stderr sme-publish -c sme.jq --plan day.json
	[ "$status" -eq 1 ]
	[ "$(line 1 '.served, .accounts, .left')" = "true 2 0" ]
	[ "$(line 2 '.served, .fits, .reason')" = "false 4800 4800 of 6500 replies fit into a day; the account's budget of a day is 30" ]
	[ "$(line 3 '.served, .accounts')" = "true 1" ]
}

@test "from mentions: the busiest day of each channel" {
	for _ in $(seq 5); do
		echo '{"type":"mention","id":"a","tenant":"t","network":"mastodon","channel":"@b","created_at":"2026-11-20T10:00:00Z"}'
	done >log
	for _ in $(seq 250); do
		echo '{"type":"mention","id":"a","network":"youtube","created_at":"2026-11-21T10:00:00Z"}'
		echo '{"type":"mention","id":"a","network":"youtube","created_at":"2026-11-22T10:00:00Z","reply":{"state":"none"}}'
		echo '{"type":"reply","id":"r"}'
	done >>log
	run --separate-stderr sme-publish --plan - <log
	[ "$status" -eq 1 ]
	[ "$(line 1 '.network, .channel, .tenant, .mentions, .served')" = "mastodon @b t 5 true" ]
	[ "$(line 2 '.network, .channel, .tenant, .mentions, .replies, .fits')" = "youtube null default 250 250 200" ]
	sed -i '/11-21/d' log
	run --separate-stderr sme-publish --plan log
	[ "$status" -eq 0 ]
	[ "$(line 2 '.mentions, .replies, .served')" = "250 0 true" ]
}

@test "what is no plan" {
	for bad in '[{"mentions": 5}]' '[{"network": "x", "mentions": -1}]' '[{"network": "x", "mentions": 1, "links": 2}]' '[5]'; do
		echo "$bad" >bad.json
		run sme-publish --plan bad.json
		[ "$status" -eq 65 ]
		[[ "$output" == *"expected volumes such as"* ]]
	done
	run sme-publish --plan nowhere.json
	[ "$status" -eq 66 ]
	printf 'x\n\n{}\n' >bad.json
	run sme-publish --plan bad.json
	[ "$status" -eq 1 ]
	[[ "$output" == *"bad.json: 1 lines are no events"* ]]
}
