#!/usr/bin/env bats
# The simulated day of samples/day: with the given roster our order keeps the promise, and the same each time.

@test "a day of a large desk: 98 % are answered, within 36 minutes on average, whatever the seed" {
	samples=$BATS_TEST_DIRNAME/../../samples
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=$samples/sme.jq
	tools=$(dirname "$(command -v sme-score)")/tools
	for seed in 1 2 3 4 5; do
		"$tools/desk_day" inquiries $seed >inquiries
		[ "$(wc -l <inquiries)" -eq 4500 ]
		sme-score inquiries | sme-route >day.$seed
	done
	run cmp -s day.1 day.2
	[ "$status" -eq 1 ]
	"$tools/desk_day" run 1 day.* >table
	cat table
	[ "$(wc -l <table)" -eq 4 ]
	grep '^ours .* on 5 of 5 days$' table
	"$tools/desk_day" run 1 day.* | cmp - table
	# With a third less no order keeps it on any day.
	"$tools/desk_day" run 0.66 day.* >less
	cat less
	[ "$(grep -c ' on 0 of 5 days$' less)" -eq 4 ]
	# Ours does with a smaller roster than those that let the rest lie.
	"$tools/desk_day" least day.* | sed 's/ %$//' >least
	cat least
	ours=$(awk '$1 == "ours" {print $NF}' least)
	[ "$ours" -lt 100 ]
	[ "$(awk -v ours="$ours" '/^(static|earliest)/ && $NF > ours' least | wc -l)" -eq 2 ]
}

@test "the same day through the cases of sme-case" {
	samples=$BATS_TEST_DIRNAME/../../samples
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=$samples/sme.jq SME_HOME=$PWD
	tools=$(dirname "$(command -v sme-score)")/tools
	"$tools/desk_day" inquiries 2 | head -n 400 | sme-score | sme-route >day
	sme-case ingest day >/dev/null
	"$tools/desk_day" store day 1 sme.db
	for tenant in talvio wuppdi kontorlink; do
		[ "$(sme-case queue --tenant $tenant --json | jq -s 'map(.unanswered) | add')" -eq 0 ]
	done
	sme-case verify
}
