# scripts/demo on the sample week, and the samples themselves.  It is run once for all tests.

top=$BATS_TEST_DIRNAME/../..

setup_file() {
	export DEMO=$BATS_FILE_TMPDIR/demo
	B=$(dirname "$(command -v sme-log)")
	[ -x "$B/tools/httpd_test" ] || make -s -C "$top" units >&2
	B=$B "$top/scripts/demo" --no-build "$DEMO" >"$BATS_FILE_TMPDIR/out" 2>"$BATS_FILE_TMPDIR/err"
}

# Events of the result that fulfil CONDITION.
count() {
	sme-grep -c "$1" "$DEMO/week.ndjson" || :
}

setup() {
	export SME_SHARE=$top/share
	cd "$BATS_FILE_TMPDIR" || return
}

@test "the demo says little, and nothing that is wrong" {
	[ ! -s err ]
	[ "$(wc -l <out)" -le 30 ]
	[ "$(tail -n 1 out)" = "report: $(cd "$DEMO" && pwd)/report.html" ]
	grep -q 'all well' out
}

@test "every event of the exports, the reviews and the feeds arrives once" {
	exports=$(cat "$top/samples/social.ndjson" <(zcat "$top/samples/messages.ndjson.gz") | wc -l)
	reviews=$(grep -c '^B-' "$top/samples/reviews.csv")
	items=$(cat "$top"/samples/feeds/* | grep -c -e '<item>' -e '<entry>')
	[ "$(count '.type != "reply"')" -eq $((exports + reviews + items)) ]
	[ "$(jq -r '[.type, .id, .revision, .state] | @tsv' "$DEMO/week.ndjson" | sort | uniq -d | wc -l)" -eq 0 ]
	[ "$(count '.network == "reviews"')" -eq "$reviews" ]
	[ "$(count '.network == "forum" or .network == "news"')" -eq "$items" ]
}

@test "every mention by others is classified, scored, routed and has a reply or a reason" {
	[ "$(count '.type == "mention" and (has("class") and has("score") | not)')" -eq 0 ]
	[ "$(count '.type == "mention" and (has("reply") | not)
		and (.author.handle | IN("talvio", "wuppdi", "kontorlink") | not)')" -eq 0 ]
	[ "$(count '.author.handle == "talvio" and has("route")')" -eq 0 ]
	[ "$(count '.reply.state == "none" and (.reply.why | length) == 0')" -eq 0 ]
}

@test "what went to the outbox is what was approved, each once" {
	approved=$(count '.reply.state == "approved"')
	[ "$approved" -ge 15 ]
	# One came shortly before it opened, and was seen when it was open.
	held=$(count '.type == "reply" and .state == "held" and .gate == "approval"')
	[ "$held" -le 1 ]
	sent=$((approved - held))
	[ "$(count '.type == "reply" and .state == "sent"')" -eq "$sent" ]
	[ "$(find "$DEMO/outbox" -maxdepth 1 -name '*.json' | wc -l)" -eq "$sent" ]
	grep -q "nothing new, nothing sent twice: $sent replies" out
}

@test "publishing the whole log once more changes and sends nothing" {
	sme-log cat "$DEMO/home/log" >before
	find "$DEMO/outbox" | sort >sent
	sme-publish -c "$DEMO/sme.jq" before | sme-log append "$DEMO/home/log" >new
	[ ! -s new ]
	sme-log cat "$DEMO/home/log" | cmp - before
	find "$DEMO/outbox" | sort | cmp - sent
}

@test "only acknowledgements go out without a person" {
	[ "$(count '.type == "reply" and (.source | test("^snippet:(outage|closed)-") | not)')" -eq 0 ]
	[ "$(count '.type == "reply" and (.source | startswith("snippet:outage")) and
		(.created_at < "2026-11-20T18:15" or .created_at > "2026-11-21")')" -eq 0 ]
}

@test "people at risk come to the lead within a quarter of an hour" {
	nurse='.text // "" | test("I am a night nurse on call")'
	[ "$(sme-grep "$nurse" "$DEMO/week.ndjson" | jq -r '[.route.queue, .route.sla] | @tsv')" = "lead	15m" ]
	[ "$(count '.route.queue == "lead" and .reply.state == "approved"')" -eq 0 ]
}

@test "nobody answers bots" {
	[ "$(count '.author.handle // "" | test("^(bot_|crypto_)")')" -ge 10 ]
	[ "$(count '(.author.handle // "" | test("^(bot_|crypto_)")) and .reply.state != "none"')" -eq 0 ]
}

@test "languages are those of the texts, nine times of ten" {
	# Only mastodon, x and bluesky say their language; in the samples it is always right.
	told='.class.lang.code != null and (.lang_hint // "") != ""'
	all=$(count "$told")
	right=$(count "$told and .class.lang.code == .lang_hint")
	echo "$right of $all"
	[ "$all" -ge 300 ]
	[ $((right * 10)) -ge $((all * 9)) ]
}

@test "the greatest burst is the outage" {
	burst=$(sme-stats summary --json -c "$DEMO/sme.jq" --now 2026-11-22T22:00:00Z "$DEMO/week.ndjson" |
		jq -r '.all.bursts | max_by(.mentions) | [.from, .topic] | @tsv')
	[ "$burst" = "2026-11-20T17:00:00Z	outage" ]
	grep -q '^! burst .*outage$' out
}

@test "the report is one page that loads nothing" {
	[ "$(head -c 15 "$DEMO/report.html")" = "<!DOCTYPE html>" ]
	! grep -qE '<(script|link|img|iframe)[^>]*(src|href)=' "$DEMO/report.html"
}

@test "the demo leaves a directory alone that is not its own" {
	mkdir mine
	: >mine/letter
	run env B="$(dirname "$(command -v sme-log)")" "$top/scripts/demo" --no-build mine
	[ "$status" -eq 1 ]
	[[ $output == *"not of an earlier demo"* ]]
	[ -e mine/letter ]
}

@test "the exports are what samples/build makes of the texts" {
	mkdir -p made
	"$top/samples/build" "$PWD/made"
	cmp made/social.ndjson "$top/samples/social.ndjson"
	cmp <(zcat made/messages.ndjson.gz) <(zcat "$top/samples/messages.ndjson.gz")
}

@test "every tool takes the configuration of the samples" {
	for tool in sme-fetch sme-classify sme-score sme-route sme-reply sme-publish; do
		"$tool" --check-config -c "$top/samples/sme.jq"
	done
	sme-stats summary --check-config -c "$top/samples/sme.jq"
}
