#!/usr/bin/env bats
# Phone calls: what a telephone system exports, as mentions of the network "phone".

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME=$BATS_TEST_TMPDIR/home
	samples=$BATS_TEST_DIRNAME/../../samples
	now=2026-11-21T00:00:00Z
}

@test "the sample of call records, by its mapping" {
	sme-fetch --now $now -c "$samples/calls.jq" --all >out
	[ "$(wc -l <out)" = 4 ]
	head -n 1 out | jq -e '.type == "mention" and .id == "phone:calls:T-3001" and .tenant == "talvio"
		and .network == "phone" and .kind == "call" and .channel == "hotline-nord" and .direct
		and .created_at == "2026-11-20T17:52:07Z" and .author.handle == "+49 30 23125 014"
		and .author.name == "Renate S." and (.text | startswith("Seit 18:47"))'
	# The same caller is the same author; a call without a name is one all the same.
	[ "$(jq -r .author.id out | sort -u | wc -l)" = 3 ]
	[ "$(jq -r 'select(.id == "phone:calls:T-3002").author.name' out)" = '+49 30 23125 027' ]
	# Nothing comes twice.
	sme-fetch --now $now -c "$samples/calls.jq" --all >again
	[ ! -s again ]
}

@test "they go on through the pipeline" {
	sme-fetch --now $now -c "$samples/calls.jq" --all | sme-classify | sme-score --now $now |
		sme-route --now $now >out
	[ "$(jq -r 'select(.class and .score and .route).network' out | sort | uniq -c | tr -d ' ')" = 4phone ]
	[ "$(jq -r 'select(.id == "phone:calls:T-3004").class.lang.code' out)" = en ]
}

@test "records of another system, as NDJSON with members in members" {
	cat >calls.ndjson <<-'END'
		{"call":{"uuid":"9f-1","start":1795200727,"from":"+4930231250014","note":"Rechnung doppelt abgebucht","lang":"de"}}
		{"call":{"uuid":"9f-2","start":"1795200800","from":"anonymous","note":"Kündigung","lang":"de"}}
	END
	sme-fetch --now $now --network phone --kind call -m id=call.uuid -m created_at=call.start \
		-m author.handle=call.from -m text=call.note -m lang_hint=call.lang calls.ndjson >out
	[ "$(jq -c '[.id, .created_at, .author.handle, .kind, .lang_hint]' out | paste -s -d ' ')" = \
		'["phone:calls:9f-1","2026-11-20T18:52:07Z","+4930231250014","call","de"] ["phone:calls:9f-2","2026-11-20T18:53:20Z","anonymous","call","de"]' ]
}
