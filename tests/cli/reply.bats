#!/usr/bin/env bats
# sme-reply as a stranger uses it.
bats_require_minimum_version 1.5.0

setup() {
	root="$BATS_TEST_DIRNAME/../.."
	PATH="$root/${B:-build}:$PATH"
	unset SME_CONFIG
	export LC_ALL=C XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/none" SME_SHARE="$root/share"
	cd "$BATS_TEST_TMPDIR" || return
	cat >sme.jq <<'END'
{tenants: {
  north: {name: "Nord", timezone: "Europe/Berlin", accounts: ["@north"], languages: ["de", "en"],
    hours: {mon: ["08:00-20:00"]}, vars: {phone: "0800 1", kind: "liebe"},
    snippets: [
      {name: "outage", lang: "de", topic: "network", auto: true,
       text: "Hallo {name}, wir arbeiten daran und melden uns bis {due_at}."},
      {name: "outage-plain", lang: "de", topic: "network", text: "Hallo, wir arbeiten daran. {phone}"},
      {name: "bill", lang: "de", intent: "billing", text: "Wegen der Rechnung: {phone}"},
      {name: "thanks", lang: "en", when: ".text | test(\"thank\"; \"i\")", text: "Glad to help, {handle}! {brand}"},
      {name: "closed", when: ".route.after_hours", auto: true, text: "{{open}} {opens_at}"}]},
  south: {snippets: [{name: "hi", text: "Ola {name}"}]}}}
END
}

# event KEY VALUE...: a mention of north with these members besides.
event() {
	local more=""
	while [ $# -gt 0 ]; do
		more="$more,\"$1\":$2"
		shift 2
	done
	printf '{"type":"mention","id":"x:1","tenant":"north"%s}\n' "$more"
}

outage() {
	event text '"kein Netz"' class '{"lang":{"code":"de"},"topics":["tariff","network"]}' "$@"
}

reply() {
	sme-reply -c sme.jq | jq -c .reply
}

due='{"due_at":"2026-11-20T21:50:03Z"}'

@test "without a configuration there is nothing to say" {
	run bash -c 'echo "{\"type\":\"mention\",\"id\":\"x:1\"}" | SME_SHARE=/nonexistent sme-reply'
	[ "$status" -eq 0 ]
	[ "$output" = '{"type":"mention","id":"x:1","reply":{"state":"none","why":["no snippets configured"]}}' ]
}

@test "variables are filled in, and an automatic snippet is approved" {
	run reply <<<"$(outage author '{"name":"Kim","handle":"kim"}' route "$due")"
	[ "$output" = '{"state":"approved","text":["Hallo Kim, wir arbeiten daran und melden uns bis 2026-11-20 22:50."],"source":"snippet:outage","p":null,"why":["language de","topic network"],"key":"216233adacc88b87bc998ba093617a03"}' ]
}

@test "a missing variable means that snippet is not used, and says so" {
	run reply <<<"$(outage author '{"handle":"kim"}' route "$due")"
	[ "$(jq -r '.state, .source, .why[0]' <<<"$output")" = "suggested
snippet:outage-plain
snippet \"outage\": no usable value for {name}" ]
	run reply <<<'{"type":"mention","id":"x:1","tenant":"south"}'
	[ "$output" = '{"state":"none","why":["snippet \"hi\": no usable value for {name}","no snippet fits"]}' ]
}

@test "names that carry links, handles or controls are not let out" {
	for name in 'http://evil.example' 'evil.example' '@everyone' '#tag' 'a\u001b[31m' 'x\u202ey' \
	    'a\nb' '   ' '<b>' "$(printf 'a%.0s' $(seq 61))"; do
		run reply <<<"{\"type\":\"mention\",\"id\":\"x:1\",\"tenant\":\"south\",\"author\":{\"name\":\"$name\"}}"
		[ "$(jq -r .state <<<"$output")" = none ]
	done
	for name in 'Dr. Kim' 'Zoë Ångström-Łuk' 'O\u0027Neil' '李明' 'Kim 👩‍🚀' 'Kim \"K\" L'; do
		run reply <<<"{\"type\":\"mention\",\"id\":\"x:1\",\"tenant\":\"south\",\"author\":{\"name\":\" $name \"}}"
		[ "$(jq -c .text <<<"$output")" = "$(jq -c . <<<"[\"Ola $name\"]")" ]
	done
}

@test "a variable of the tenant stands in when the mention has none" {
	cat >v.jq <<'END'
{tenants: {default: {vars: {name: "Kundin"}, snippets: [{name: "a", text: "Liebe {name}"}]}}}
END
	[ "$(echo '{"type":"mention","id":"1"}' | sme-reply -c v.jq | jq -r '.reply.text[]')" = "Liebe Kundin" ]
	[ "$(echo '{"type":"mention","id":"1","author":{"name":"Kim"}}' | sme-reply -c v.jq | jq -r '.reply.text[]')" = "Liebe Kim" ]
}

@test "language: the mention's, then any, then the tenant's in their order, never approved" {
	run reply <<<"$(event text '"thank you"' lang_hint '"en-GB"' author '{"handle":"@kim"}')"
	[ "$(jq -c '[.state,.text[0],.why]' <<<"$output")" = '["suggested","Glad to help, kim! Nord",["language en","condition holds"]]' ]
	run reply <<<"$(event text '"thank"' lang_hint '"tr"' author '{"handle":"kim"}' class '{"lang":{"code":"und"},"topics":["network"]}')"
	[ "$(jq -c '[.state,.source,.why[-2:]]' <<<"$output")" = '["suggested","snippet:outage-plain",["no snippet in tr: de instead","topic network"]]' ]
	run reply <<<"$(event text '"thank"' author '{"handle":"kim"}')"
	[ "$(jq -c '[.source,.why]' <<<"$output")" = '["snippet:thanks",["language not known: en","condition holds"]]' ]
}

@test "an automatic answer in a foreign language waits for a person" {
	run reply <<<"$(event lang_hint '"tr"' class '{"topics":["network"]}' author '{"name":"Kim"}' route "$due")"
	[ "$(jq -c '[.state,.source]' <<<"$output")" = '["suggested","snippet:outage"]' ]
}

@test "intent and topic" {
	run reply <<<"$(event class '{"lang":{"code":"de"},"intent":{"label":"billing","p":0.9},"topics":[]}')"
	[ "$(jq -c '[.source,.why[-1]]' <<<"$output")" = '["snippet:bill","intent billing"]' ]
	# Without an intent nothing that asks for one fits.
	run reply <<<"$(event class '{"lang":{"code":"de"},"topics":"network"}')"
	[ "$output" = '{"state":"none","why":["no snippet fits"]}' ]
}

@test "the next opening is told on the tenant's clock" {
	run reply <<<"$(event created_at '"2026-11-20T21:14:03Z"' route '{"after_hours":true}')"
	[ "$(jq -c '[.state,.text[0]]' <<<"$output")" = '["approved","{open} 2026-11-23 08:00"]' ]
}

@test "the next opening is that of the route, and an approved answer that names it ends with it" {
	closed() { event created_at '"2026-11-20T21:14:03Z"' route "{\"after_hours\":true,\"opens_at\":\"$1\"}"; }
	run reply <<<"$(closed 2026-11-21T05:30:00Z)"
	[ "$(jq -c '[.state,.text[0],.expires_at]' <<<"$output")" = '["approved","{open} 2026-11-21 06:30","2026-11-21T05:30:00Z"]' ]
	run reply <<<"$(outage author '{"name":"Kim"}' route '{"due_at":"2026-11-20T21:50:03Z","opens_at":"2026-11-21T05:30:00Z"}')"
	[ "$(jq -c '[.state,.expires_at]' <<<"$output")" = '["approved",null]' ]
}

@test "rules: hold keeps it back, ignore means none" {
	run reply <<<"$(outage author '{"name":"Kim"}' route '{"due_at":"2026-11-20T21:50:03Z","action":"hold"}')"
	[ "$(jq -c '[.state,.why[-1]]' <<<"$output")" = '["held","the rule says hold"]' ]
	run reply <<<"$(outage author '{"name":"Kim"}' route '{"action":"ignore"}')"
	[ "$output" = '{"state":"none","why":["the rule says ignore"]}' ]
}

@test "machines and addresses that nobody reads get no answer" {
	run reply <<<"$(outage author '{"name":"Kim"}' auto true route "$due")"
	[ "$output" = '{"state":"none","why":["a machine sent it"]}' ]
	for author in '{"name":"Kim","handle":"NoReply-Team"}' '{"name":"Kim","id":"mail:a:do-not-reply@example.org"}' \
		'{"name":"Kim","handle":"MAILER-DAEMON@example.org"}' '{"name":"Kim","handle":"no_reply"}'; do
		run reply <<<"$(outage author "$author" route "$due")"
		[ "$output" = '{"state":"none","why":["nobody reads what is sent to the author"]}' ]
	done
	run reply <<<"$(outage author '{"name":"Kim","handle":"replyguy"}' auto false route "$due")"
	[ "$(jq -r .state <<<"$output")" = approved ]
}

@test "own accounts and bots get no answer" {
	run reply <<<"$(outage author '{"name":"Nord","handle":"NORTH"}')"
	[ "$output" = '{"state":"none","why":["the author is one of our own accounts"]}' ]
	run reply <<<"$(outage author '{"name":"Kim","bot":true}')"
	[ "$output" = '{"state":"none","why":["the author is a bot"]}' ]
	run reply <<<"$(outage author '{"name":"Kim"}' score '{"bot":0.9}')"
	[ "$output" = '{"state":"none","why":["the author is a bot"]}' ]
	run reply <<<"$(outage author '{"name":"Kim"}' score '{"bot":0.89}' route "$due")"
	[ "$(jq -r .state <<<"$output")" = approved ]
}

@test "what is longer than the network takes becomes several parts; direct messages may be longer" {
	text="$(printf 'Ein Satz mit Inhalt. %.0s' $(seq 20))"
	echo "{tenants: {default: {snippets: [{name: \"long\", text: \"$text\"}]}}}" >l.jq
	parts() { echo "{\"type\":\"mention\",\"id\":\"1\",$1}" | sme-reply -c l.jq | jq -c '[.reply.text[] | length]'; }
	[ "$(parts '"network":"x"')" = '[272,146]' ]
	[ "$(parts '"network":"x","direct":true')" = '[419]' ]
	[ "$(parts '"network":"tiktok"')" = '[146,146,125]' ]
	[ "$(parts '"network":"unheard-of"')" = '[419]' ]
}

@test "the key is the same on every run and differs by tenant, mention and text" {
	key() { sme-reply -c sme.jq | jq -r .reply.key; }
	south() { echo "{\"type\":\"mention\",\"id\":\"$1\",\"tenant\":\"south\",\"author\":{\"name\":\"$2\"}}"; }
	a=$(south 1 Kim | key)
	[[ "$a" =~ ^[0-9a-f]{32}$ ]]
	[ "$a" = "$(south 1 Kim | key)" ]
	[ "$a" != "$(south 2 Kim | key)" ]
	[ "$a" != "$(south 1 Tim | key)" ]
}

@test "twice is once, other types pass, every other byte stays" {
	cat >in <<'END'
 { "type" : "mention" , "id":"x:1","tenant":"south",  "n":[1.10, 9007199254740993,1E2,-0.0], "author":{"name":"\u004bim"}, "x":1, "x":2 }	
{"reply":{"old":true},"type":"mention","id":"x:2"}
{"type":"reply","id":"r","text":"x"}
{"type":"mention"}
END
	sme-reply -c sme.jq <in >once
	sme-reply -c sme.jq <once | cmp - once
	sed -n 1p once | grep -F ' { "type" : "mention" , "id":"x:1","tenant":"south",  "n":[1.10, 9007199254740993,1E2,-0.0], "author":{"name":"\u004bim"}, "x":1, "x":2 ,"reply":{"state":"suggested","text":["Ola Kim"]'
	sed -n 2p once | grep -E '^\{"reply":\{"state":"none".*\},"type":"mention","id":"x:2"\}$'
	sed -n 3p once | grep -Fx '{"type":"reply","id":"r","text":"x"}'
}

@test "threads do not change the output" {
	yes "$(outage n NR author '{"name":"KNR@"}')" | head -n 3000 |
		awk '{ gsub(/NR/, NR % 7 ? NR : 0); print }' >in
	sme-reply -c sme.jq <in >one
	sme-reply -c sme.jq -j 4 <in | cmp - one
}

@test "mistakes in the configuration and a missing table" {
	echo '{tenants: {t: {snippets: [{name: "a", text: "x {"}]}}}' >bad.jq
	run sme-reply -c bad.jq </dev/null
	[ "$status" -eq 78 ]
	[[ "$output" == *".tenants.t.snippets[0].text"* ]]
	echo '{tenants: {t: {snippets: [{name: "a", text: "x", when: ".x |"}]}}}' >bad.jq
	run sme-reply -c bad.jq </dev/null
	[ "$status" -eq 78 ]
	[[ "$output" == *".tenants.t.snippets[0].when"* ]]
	SME_SHARE=/nonexistent run sme-reply -c sme.jq </dev/null
	[ "$status" -eq 66 ]
	[[ "$output" == *"/nonexistent/networks.json"* ]]
}

@test "a full disk, a closed pipe, empty input, bad lines" {
	run bash -c 'sme-reply </dev/null'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run bash -c 'echo "{x}" | sme-reply -q'
	[ "$status" -eq 1 ]
	yes "$(outage)" | head -n 20000 >in
	run --separate-stderr bash -c 'sme-reply -c sme.jq <in | head -n 1'
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 1 ]
	[ -w /dev/full ] || skip
	run bash -c 'sme-reply -c sme.jq <in >/dev/full'
	[ "$status" -eq 74 ]
}
