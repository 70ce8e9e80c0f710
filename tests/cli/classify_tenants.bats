#!/usr/bin/env bats
# sme-classify with models from the configuration, and with those of single tenants.

bats_require_minimum_version 1.5.0

# Two heads of the same name that give everything different labels, and one of another name.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	head_of() { # FILE NAME LABEL LABEL
		for i in $(seq 20); do
			printf '{"text":"kein netz ausfall störung %d","label":"%s"}\n{"text":"danke rechnung tarif %d","label":"%s"}\n' \
				"$i" "$3" "$i" "$4"
		done | SME_CONFIG=/dev/null sme-train -q --label-key label --name "$2" --grid 3 --release "$3" -o "$1" -
	}
	mkdir models dir
	head_of models/all.model intent outage other
	head_of models/own.model intent stoerung sonstiges
	head_of dir/extra.model extra bad good
	head_of models/mood.model sentiment negative positive
	head_of models/given.model intent given1 given2
	for tenant in o2 dm; do
		printf '{"type":"mention","id":"%s","tenant":"%s","text":"kein netz, ausfall"}\n' $tenant $tenant
	done >mentions
	echo '{"type":"mention","id":"none","text":"kein netz, ausfall"}' >>mentions
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	export SME_CONFIG=$BATS_TEST_TMPDIR/sme.jq
}

config() {
	printf '%s\n' "$1" | sed "s|@|$PWD/|g" >"$SME_CONFIG"
}

intents() {
	sme-classify "$@" mentions | jq -r '[.class.heads.intent.label, .class.heads.extra.label] | map(. // "-") | join(" ")' | paste -sd,
}

@test "models of the configuration are for all, and a tenant's only for its mentions" {
	config '{models: ["@models/all.model"], tenants: {o2: {models: ["@models/own.model"]}}}'
	[ "$(intents)" = 'stoerung -,outage -,outage -' ]
	config '{models: ["@models/all.model"], tenants: {o2: {models: ["@dir"]}, dm: {models: ["@models/own.model"]}}}'
	[ "$(intents)" = 'outage bad,stoerung -,outage -' ]
	config '{tenants: {o2: {models: ["@models/own.model", "@dir/extra.model"]}}}'
	[ "$(intents)" = 'stoerung bad,- -,- -' ]
	config '{tenants: {default: {models: ["@models/own.model"]}}}'
	[ "$(intents)" = '- -,- -,stoerung -' ]
}

@test "--model is for all tenants, and a tenant's own counts before it" {
	config '{models: ["@models/all.model"], tenants: {o2: {models: ["@models/own.model"]}}}'
	[ "$(intents --model models/given.model)" = 'stoerung -,given1 -,given1 -' ]
}

@test "what others get is what they would get without that tenant, byte for byte" {
	config '{models: ["@models/all.model"]}'
	sme-classify mentions >without
	config '{models: ["@models/all.model"], tenants: {o2: {models: ["@models/own.model", "@dir"]}}}'
	sme-classify mentions >with
	diff <(tail -n 2 without) <(tail -n 2 with)
	# and of o2, whatever is not its own
	[ "$(head -n 1 without | jq -c .class.lang,.class.sentiment)" = "$(head -n 1 with | jq -c .class.lang,.class.sentiment)" ]
	[ "$(head -n 1 with | jq -r '.class.model | endswith("+stoerung+bad")')" = true ]
	[ "$(tail -n 1 with | jq -r '.class.model | endswith("+outage")')" = true ]
}

@test "a tenant may have its own sentiment and words that decided" {
	config '{tenants: {o2: {models: ["@models/mood.model"]}}}'
	sme-classify --explain mentions >out
	head -n 1 out | jq -e '.class.sentiment | .label == "negative" and .p > 0.7 and (.why | length > 0)'
	head -n 1 out | jq -e '.class.heads.sentiment.label == "negative"'
	tail -n 1 out | jq -e '.class | has("heads") | not'
	run sme-classify --heads sentiment mentions
	[ "$(head -n 1 <<<"$output" | jq -r '.class.model')" = negative ]
}

@test "threads change nothing" {
	config '{models: ["@models/all.model"], tenants: {o2: {models: ["@models/own.model"]}, dm: {models: ["@dir"]}}}'
	for i in $(seq 300); do sed "s/ausfall/ausfall $((i % 17)) danke/" mentions; done >many
	sme-classify many >one
	sme-classify -j4 many | cmp - one
	sme-classify one | cmp - one
}

@test "--heads finds the heads of tenants, too" {
	config '{tenants: {o2: {models: ["@dir"]}}}'
	[ "$(intents --heads extra)" = '- bad,- -,- -' ]
	run --separate-stderr sme-classify --heads extr mentions
	[ "$status" -eq 64 ]
	[[ "$stderr" == *'there is no model named "extr"'* ]]
}

@test "a model that is missing or damaged is named with its place" {
	config '{tenants: {o2: {models: ["@models/missing.model"]}}}'
	run --separate-stderr sme-classify mentions
	[ "$status" -eq 66 ]
	[[ "$stderr" == *'sme.jq: .tenants.o2.models: '*'missing.model: No such file'* ]]
	head -c 500 models/own.model >models/torn
	config '{models: ["@models/torn"]}'
	run --separate-stderr sme-classify mentions
	[ "$status" -eq 65 ]
	[[ "$stderr" == *'models/torn: '*'truncated'* ]]
	config '{models: "one.model"}'
	run --separate-stderr sme-classify --check-config
	[ "$status" -eq 78 ]
	[[ "$stderr" == *'.models: expected a list of files and directories of models'* ]]
}

@test "the example of the manual page" {
	cp mentions mentions.ndjson
	mkdir -p talvio
	cp models/all.model talvio/intent.model
	sed -n '/^{tenants: {talvio: {models/p' "$BATS_TEST_DIRNAME/../../man/sme-classify.1" >sme.jq
	grep -q talvio sme.jq
	{
		echo '{"type":"mention","tenant":"talvio","text":"ausfall, kein netz"}'
		echo '{"type":"mention","tenant":"nordnet","text":"ausfall, kein netz"}'
	} >mentions.ndjson
	# the path is relative to the file, not to where we are
	cd /
	run sme-classify -c "$BATS_FILE_TMPDIR/sme.jq" "$BATS_FILE_TMPDIR/mentions.ndjson"
	[ "$(jq -c '[.tenant, .class.heads.intent.label]' <<<"$output")" = $'["talvio","outage"]\n["nordnet",null]' ]
}
