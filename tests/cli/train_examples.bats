#!/usr/bin/env bats
# The examples of sme-train(1), as they stand there.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=/dev/null
	page=$BATS_TEST_DIRNAME/../../man/sme-train.1
	labelled >labelled.ndjson
	for source in reviews tweets letters; do
		judged $source >$source.ndjson
	done
	desk | sme-log append log >/dev/null
	sme-train -q --label-key label --name intent --no-refit -o used.model labelled.ndjson
}

# Rows with every key that the examples ask for.
labelled() {
	awk 'BEGIN {
		split("kein netz in kiel|router tot|rechnung falsch|danke euch|wann kommt das paket|störung seit gestern", text, "|")
		split("outage|outage|billing|praise|delivery|outage", label, "|")
		for (i = 1; i <= 240; i++) {
			k = i % 6 + 1
			printf "{\"id\":\"l%d\",\"text\":\"%s %d\",\"intent\":\"%s\",\"label\":\"%s\",\"urgent\":%s,\"desk\":{\"topic\":\"%s\"}}\n",
				i, text[k], i % 50, label[k], label[k], (k < 3 ? "true" : "false"), (k == 5 ? "delivery" : "other")
		}
	}'
}

# judged SOURCE: rows of it with a sentiment.
judged() {
	awk -v source="$1" 'BEGIN {
		split("good service|bad service|the shop opens|not good at all|very good|what a bad day", text, "|")
		split("positive|negative|neutral|negative|positive|negative", label, "|")
		for (i = 1; i <= 60; i++)
			printf "{\"id\":\"%s%d\",\"text\":\"%s %d %s\",\"sentiment\":\"%s\",\"source\":\"%s\"}\n",
				source, i, text[i % 6 + 1], i, source, label[i % 6 + 1], source
	}'
}

# Mentions with a label of their own and with corrections.
desk() {
	awk 'BEGIN {
		for (i = 1; i <= 60; i++) {
			printf "{\"type\":\"mention\",\"id\":\"m%d\",\"tenant\":\"talvio\",\"created_at\":\"2026-11-20T10:00:00Z\",\"text\":\"%s %d\",\"desk\":{\"topic\":\"%s\"}}\n",
				i, i % 2 ? "paket kommt nicht" : "netz geht nicht", i, i % 2 ? "delivery" : "other"
			printf "{\"type\":\"case\",\"id\":\"c%d\",\"tenant\":\"talvio\",\"created_at\":\"2026-11-20T11:00:00Z\",\"mention\":\"m%d\",\"correct\":{\"intent\":\"%s\"}}\n",
				i, i, i % 2 ? "delivery" : "outage"
		}
	}'
}

# The commands of the section, one a line.
examples() {
	awk '/^\.Sh / { on = $2 == "EXAMPLES" }
		on && /^\.Dl / { sub(/^\.Dl /, ""); print }
		on && /^\.Ed/ { literal = 0 }
		on && literal { if (sub(/\\e$/, "") || /\|$/) printf "%s", $0; else print }
		on && /^\.Bd/ { literal = 1 }' "$page"
}

@test "every example does what it says" {
	examples >commands
	# those of --background have a test of their own, and the shipped models take too long
	grep -v '^scripts/train\|--background\|own\.model' commands >mine
	[ "$(wc -l <mine)" -ge 6 ]
	while IFS= read -r command; do
		echo "# $command"
		run --separate-stderr bash -o pipefail -c "$command" </dev/null
		# nothing shows that what the night learned is better
		case $command in
		*--only-better*) [ "$status" -le 1 ] && only=1 ;;
		*) [ "$status" -eq 0 ] ;;
		esac || { echo "$status $output $stderr"; false; }
		# shellcheck disable=SC2154
		printf '%s\n' "$output" >>said
	done <mine
	[ "$only" = 1 ]
	for model in topic urgent intent sentiment used; do
		[ -s $model.model ]
	done
	grep -q '^head topic: ' said
	grep -q '^head urgent: ' said
	grep -q '^head sentiment: ' said
	grep -q '^label outage: a miss costs 20, a false alarm 1' said
	grep -q '^learned from ' said
	grep -q '^verdict: ' said
}

@test "the correction in the page is learned from" {
	awk '/^\.Ss Corrections/ { on = 1 } on && /^\.Ed/ { exit } on && text { print } on && /^\.Bd/ { text = 1 }' "$page" | tr -d '\n' >case
	echo >>case
	echo '{"type":"mention","id":"mastodon:social.example:1139","tenant":"talvio","text":"kein netz"}' >mention
	run --separate-stderr sme-train -v --name intent --label-key label -o x.model --from-log <(cat case mention) labelled.ndjson
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'1 corrections of "intent"; 1 mentions to learn from'* ]]
	[[ "$output" == 'head intent: 241 rows'* ]]
}
