#!/usr/bin/env bats
# The fake networks that other tests talk to: they do wrong what they are told to, and what they answer
# is what the networks' own descriptions allow.

bats_require_minimum_version 1.5.0
load ../fakes/fake

contracts=${SME_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/contracts

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	fake_stop
}

get() {
	curl -sS -H 'Authorization: Bearer token' "$@"
}

# send BODY URL
send() {
	get -H 'Content-Type: application/json' -d "$1" "$2"
}

x_users='{"users":[{"id":"2244994945","username":"talvio","name":"Talvio"},
	{"id":"1346889436626259968","username":"kim","name":"Kim"}]}'

x_say() {
	fake_do "{\"do\":\"post\",\"author\":\"1346889436626259968\",\"text\":\"$1\"}" | jq -r .id
}

@test "a limit is told in each way that networks have" {
	fake_start x
	fake_state "$x_users"
	fake_faults '[
		{"status":429,"headers":{"x-rate-limit-remaining":"0","x-rate-limit-reset":"@epoch+60"}},
		{"status":429,"headers":{"x-ratelimit-reset":"60"}},
		{"status":429,"headers":{"X-RateLimit-Reset":"@stamp+60"}},
		{"status":429,"headers":{"Retry-After":"60"}},
		{"status":429,"headers":{"Retry-After":"@date+60"}},
		{"status":429,"body":{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":60}}}]'
	for _ in 1 2 3 4 5 6; do
		get -o /dev/null -w '%{http_code} ' "$FAKE/2/users/me"
	done >codes
	[ "$(cat codes)" = '429 429 429 429 429 429 ' ]
	[ "$(get -o /dev/null -w '%{http_code}' "$FAKE/2/users/me")" = 200 ]
	jq -se 'map(select(.answer.status == 429)) | length == 6 and
		(.[0] | .answer.headers["x-rate-limit-reset"] | tonumber) > (.[0].request.now + 58) and
		(.[2].answer.headers["X-RateLimit-Reset"] | test("^20..-..-..T..:..:..Z$")) and
		(.[4].answer.headers["Retry-After"] | test(" GMT$")) and
		.[5].answer.body.parameters.retry_after == 60' fake.log
}

@test "a fault comes after so many requests, and so often" {
	fake_start x
	fake_state "$x_users"
	fake_faults '[{"path":"me$","skip":1,"times":2,"status":503,"body":"busy"}]'
	for _ in 1 2 3 4; do
		get -o /dev/null -w '%{http_code} ' "$FAKE/2/users/me"
	done >codes
	[ "$(cat codes)" = '200 503 503 200 ' ]
}

@test "an answer that is cut, one that never comes, one that drips" {
	fake_start x
	fake_state "$x_users"
	fake_faults '[{"cut":10},{"drop":true},{"pace":2}]'
	run -18 get -o cut "$FAKE/2/users/me"
	[ "$(wc -c <cut)" -eq 10 ]
	run get "$FAKE/2/users/me"
	[ "$status" -eq 52 ] || [ "$status" -eq 56 ]
	[ "$(get "$FAKE/2/users/me" | jq -r .data.username)" = talvio ]
}

@test "a lost answer is done, a lost request is not" {
	fake_start x
	fake_state "$x_users"
	id=$(x_say '@talvio kein Netz')
	fake_faults '[{"method":"POST","lose":true,"drop":true},{"method":"POST","drop":true}]'
	run send "{\"text\":\"eins\",\"reply\":{\"in_reply_to_tweet_id\":\"$id\"}}" "$FAKE/2/tweets"
	[ "$status" -ne 0 ]
	[ "$(fake_state | jq '[.posts[] | select(.author_id == "2244994945")] | length')" -eq 0 ]
	run send "{\"text\":\"eins\",\"reply\":{\"in_reply_to_tweet_id\":\"$id\"}}" "$FAKE/2/tweets"
	[ "$status" -ne 0 ]
	[ "$(fake_state | jq '[.posts[] | select(.author_id == "2244994945")] | length')" -eq 1 ]
	# X refuses the same words a second time.
	send "{\"text\":\"eins\",\"reply\":{\"in_reply_to_tweet_id\":\"$id\"}}" "$FAKE/2/tweets" | grep -q 'duplicate content'
}

@test "pages come in order, or out of it and with repeats" {
	fake_start x
	fake_state "$x_users"
	for i in 1 2 3 4 5; do
		x_say "@talvio $i" >/dev/null
	done
	fake_state '{"page":2}'
	get "$FAKE/2/users/2244994945/mentions" >first
	[ "$(jq -r '.data[].text' first | paste -sd ,)" = '@talvio 5,@talvio 4' ]
	get "$FAKE/2/users/2244994945/mentions?pagination_token=$(jq -r .meta.next_token first)" >second
	[ "$(jq -r '.data[].text' second | paste -sd ,)" = '@talvio 3,@talvio 2' ]
	fake_state '{"shuffle":true,"double":true}'
	[ "$(get "$FAKE/2/users/2244994945/mentions" | jq -r '.data[].text' | paste -sd ,)" = '@talvio 4,@talvio 5,@talvio 4' ]
}

@test "a token ends and is renewed" {
	fake_start x
	fake_state "$x_users"
	fake_state '{"token":"other"}'
	[ "$(get -o /dev/null -w '%{http_code}' "$FAKE/2/users/me")" = 401 ]
	curl -sS -d 'grant_type=refresh_token&refresh_token=refresh&client_id=c' "$FAKE/2/oauth2/token" >new
	[ "$(jq -r .access_token new)" = token1 ]
	[ "$(curl -sS -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer token1' "$FAKE/2/users/me")" = 200 ]
	# The refresh token works once.
	curl -sS -d 'grant_type=refresh_token&refresh_token=refresh&client_id=c' "$FAKE/2/oauth2/token" | grep -q invalid

	fake_stop
	fake_start meta
	fake_state '{"token":"other"}'
	[ "$(get "$FAKE/v25.0/104000000000001/feed" | jq -c '.error | [.code, .error_subcode]')" = '[190,463]' ]
	fake_state '{"password":true}'
	[ "$(get "$FAKE/v25.0/104000000000001/feed" | jq -c '.error | [.code, .error_subcode]')" = '[190,460]' ]
}

@test "X: what the fake answers is what the description allows" {
	[ -f "$contracts/x-api-v2.openapi.json" ] || skip "there is no API description here"
	fake_start x
	fake_state "$x_users"
	id=$(x_say '@talvio kein Netz in Kiel')
	send "{\"text\":\"Wir prüfen das.\",\"reply\":{\"in_reply_to_tweet_id\":\"$id\"}}" "$FAKE/2/tweets" >sent
	send "{\"text\":\"Wir prüfen das.\",\"reply\":{\"in_reply_to_tweet_id\":\"$id\"}}" "$FAKE/2/tweets" >/dev/null
	send '{"text":"x","reply":{"in_reply_to_tweet_id":"1"}}' "$FAKE/2/tweets" >/dev/null
	fake_do '{"do":"message","author":"1346889436626259968","text":"Mein Vertrag?"}' >/dev/null
	fake_do "{\"do\":\"edit\",\"author\":\"1346889436626259968\",\"id\":\"$id\",\"text\":\"@talvio kein Netz\"}" >/dev/null
	send '{"text":"Gern"}' "$FAKE/2/dm_conversations/with/1346889436626259968/messages" >/dev/null
	send '{"text":"Gern!"}' "$FAKE/2/dm_conversations/2244994945-1346889436626259968/messages" >/dev/null
	for path in /2/users/me /2/users/2244994945/mentions /2/users/2244994945/tweets /2/dm_events \
		'/2/tweets/search/recent?query=talvio' /2/dm_conversations/2244994945-1346889436626259968/dm_events \
		'/2/users/2244994945/mentions?start_time=2999-01-01T00:00:00Z'; do
		get "$FAKE$path" >/dev/null
	done
	get -X DELETE "$FAKE/2/tweets/$(jq -r .data.id sent)" >/dev/null
	[ "$(fake_log | wc -l)" -eq 13 ]
	run jq -r -L "$fakes" --slurpfile spec "$contracts/x-api-v2.openapi.json" \
		'include "schema"; openapi($spec[0])' <(fake_log)
	[ "$status" -eq 0 ]
	[ -z "$output" ] || { echo "$output"; false; }
}

@test "Telegram: what the fake answers is what the description allows" {
	[ -f "$contracts/telegram-bot-api-10.1.spec.json" ] || skip "there is no API description here"
	fake_start telegram
	fake_state '{"users":[{"id":5000000123,"is_bot":false,"first_name":"Kim","username":"kim","language_code":"de"}],
		"chats":[{"id":5000000123,"type":"private","first_name":"Kim","username":"kim"},
			{"id":-1001234567890,"type":"supergroup","title":"Hilfe","is_forum":true}]}'
	fake_do '{"do":"write","user":5000000123,"chat":5000000123,"text":"Kein Netz"}' >/dev/null
	fake_do '{"do":"skip"}' >/dev/null
	fake_do '{"do":"write","user":5000000123,"chat":-1001234567890,"text":"Hier auch","more":{"is_topic_message":true,"message_thread_id":3}}' >/dev/null
	fake_do '{"do":"edit","message":1,"text":"Kein Netz in Kiel"}' >/dev/null
	bot=$FAKE/bot7000000001:token
	send '{"limit":100,"timeout":0,"allowed_updates":["message"]}' "$bot/getUpdates" >updates
	[ "$(jq '.result | length' updates)" -eq 3 ]
	send '{"chat_id":"5000000123","text":"Wir prüfen das.","reply_parameters":{"message_id":1,"allow_sending_without_reply":true}}' "$bot/sendMessage" >sent
	send '{"chat_id":"-1001234567890","text":"hier","message_thread_id":3}' "$bot/sendMessage" >/dev/null
	send '{"chat_id":"1","text":"hier"}' "$bot/sendMessage" >/dev/null
	id=$(jq .result.message_id sent)
	send "{\"chat_id\":\"5000000123\",\"message_id\":$id,\"text\":\"Wir prüfen es.\"}" "$bot/editMessageText" >/dev/null
	send "{\"chat_id\":\"5000000123\",\"message_id\":$id}" "$bot/deleteMessage" >/dev/null
	send '{"offset":900000008}' "$bot/getUpdates" >updates
	[ "$(jq '.result | length' updates)" -eq 1 ]
	run jq -r -L "$fakes" --slurpfile spec "$contracts/telegram-bot-api-10.1.spec.json" \
		'include "schema"; telegram($spec[0])' <(fake_log)
	[ "$status" -eq 0 ]
	[ -z "$output" ] || { echo "$output"; false; }
}

@test "WhatsApp: what the fake delivers has the form of Meta's examples" {
	payloads=${contracts%/*}/payloads/meta-whatsapp-webhooks
	[ -d "$payloads" ] || skip "there are no sample payloads here"
	fake_start meta
	fake_state '{"people":[{"id":"491701234567","name":"Kim Muster"}]}'
	fake_do '{"do":"message","network":"whatsapp","person":"491701234567","text":"Kein Netz"}' | jq .told >told
	paths='[paths(scalars) | map(if type == "number" then 0 else . end) | map(tostring) | join(".")] | unique'
	jq -e --argjson want "$(jq "$paths" "$payloads/text-message.json")" "$paths == \$want" told
}

@test "the checks find what is wrong" {
	[ -f "$contracts/x-api-v2.openapi.json" ] || skip "there is no API description here"
	check() {
		jq -r -L "$fakes" --slurpfile spec "$contracts/$1" "include \"schema\"; $2(\$spec[0])" <<<"$3"
	}
	x='{"request":{"method":"GET","path":"/2/users/me"},"answer":{"status":200,"body":{"data":{"id":7,"odd":1}}}}'
	[ "$(check x-api-v2.openapi.json openapi "$x" | wc -l)" -eq 2 ]
	t='{"request":{"path":"/botT/getUpdates","query":{},"body":{}},"answer":{"status":200,"body":{"ok":true,"result":[{"message":{}}]}}}'
	check telegram-bot-api-10.1.spec.json telegram "$t" | grep -q 'is missing'
}
