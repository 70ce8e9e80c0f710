#!/usr/bin/env bats
# The in-app channel of sme-hook.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME="$PWD/home" SME_CONFIG="$PWD/sme.jq"
	unset SME_SHARE NOTIFY_SOCKET
	cat >sme.jq <<'JQ'
{hook: {listen: "unix:s"}, sources: [{name: "app", connector: "inapp", tenant: "t", channel: "@talvio",
	settings: {author: "Team", chat: {guests: true, guests_per_minute: 5, per_minute: 5, text_max: 20, title: "Talvio",
		origins: ["https://www.example.com"]}}}]}
JQ
	sme-vault init
	for it in identity_secret reply_secret webhook_secret; do
		printf 'planted-%s' $it | sme-vault put --tenant t app $it
	done
	kim=$(token '{"user":"kim","exp":4000000000,"name":"Kim Ø"}')
	lee=$(token '{"user":"lee","exp":4000000000}')
}

teardown() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || :
}

start() {
	rm -f err
	sme-hook -v "$@" >out 2>err &
	pid=$!
	for _ in $(seq 100); do
		! grep -qs listening err || return 0
		kill -0 $pid || break
		sleep 0.05
	done
	cat err
	return 1
}

stop() {
	kill -TERM "$pid"
	wait "$pid"
	pid=
}

# token CLAIMS [SECRET]: as sme-hook(1) says that the company's server makes it.
token() {
	local c
	c=v1.$(printf %s "$1" | basenc --base64url -w 0 | tr -d =)
	echo "$c.$(printf %s "$c" | openssl dgst -sha256 -hmac "${2:-planted-identity_secret}" | sed 's/.* //')"
}

ask() { curl -s --max-time 10 --unix-socket s "$@"; }
status() { ask -o body -w '%{http_code}' "$@"; }
as() { local t=$1; shift; ask -H "Authorization: Bearer $t" "$@"; }
code() { local t=$1; shift; status -H "Authorization: Bearer $t" "$@"; }

@test "a message becomes a mention, once however often it is sent" {
	start
	[ "$(code "$kim" -d '{"id":"c1","text":"Kein Netz","media":[{"type":"image","url":"https://x.example/1.png"}]}' \
		http://h/chat/app/messages)" = 201 ]
	id=$(jq -r .id body)
	[ "$(code "$kim" -d '{"id":"c1","text":"Kein Netz"}' http://h/chat/app/messages)" = 200 ]
	[ "$(jq -r .id body)" = "$id" ]
	[ "$(code "$lee" -d '{"id":"c1","text":"Hallo"}' http://h/chat/app/messages)" = 201 ]
	stop
	[ "$(wc -l <out)" = 2 ]
	jq -s -e --arg id "$id" '.[0] | .author.handle == "kim"
		and .type == "mention" and .id == "inapp:app:kim/\($id)" and .tenant == "t" and .channel == "@talvio"
		and .kind == "message" and .direct and .text == "Kein Netz" and .author.name == "Kim Ø"
		and .thread == "inapp:app:kim" and .media == [{"type":"image","url":"https://x.example/1.png"}]
		and .ref == {user: "kim", id: $id}' out
}

@test "only who is vouched for may write and read, each his own" {
	start
	for bad in '' x "${kim}0" "${kim%?}" "$(token '{"user":"kim","exp":4000000000}' other)" \
		"$(token '{"user":"kim","exp":1000}')" "$(token '{"user":"","exp":4000000000}')" \
		"$(token '{"user":"a\u0001","exp":4000000000}')" "$(token '{"exp":4000000000}')" "$(token 'no')" \
		"$(token '{"user":"kim"}')"; do
		[ "$(code "$bad" -d '{"id":"c1","text":"x"}' http://h/chat/app/messages)" = 401 ]
		[ "$(code "$bad" http://h/chat/app/messages)" = 401 ]
	done
	[ "$(code "$kim" -d '{"id":"c1","text":"von kim"}' http://h/chat/app/messages)" = 201 ]
	[ "$(as "$lee" http://h/chat/app/messages | jq -c .)" = '{"messages":[],"more":false}' ]
	[ "$(as "$kim" http://h/chat/app/messages | jq -r '.messages[].text')" = 'von kim' ]
	stop
	[ "$(wc -l <out)" = 1 ]
}

@test "what cannot be a message is refused with a word why" {
	start
	while IFS='|' read -r body why; do
		[ "$(code "$kim" -d "$body" http://h/chat/app/messages)" = 400 ]
		grep -q "$why" body || { echo "$body"; cat body; false; }
	done <<-'END'
		x|byte
		[]|object
		{"text":"a"}|id
		{"id":1,"text":"a"}|id
		{"id":"\u0000","text":"a"}|id
		{"id":"1"}|nothing
		{"id":"1","text":" "}|nothing
		{"id":"1","text":{}}|text
		{"id":"1","text":"123456789012345678901"}|longer
		{"id":"1","text":"a","media":{}}|media
		{"id":"1","text":"a","media":[{"type":"image","url":"javascript:alert(1)"}]}|http
		{"id":"1","text":"a","media":[{"type":"exe","url":"https://x.example/"}]}|type
	END
	[ "$(code "$kim" -d '{"id":"1","text":"12345678901234567890"}' http://h/chat/app/messages)" = 201 ]
	stop
}

@test "too many messages of one user are refused, and others may go on" {
	start
	for i in 1 2 3 4 5; do [ "$(code "$kim" -d "{\"id\":\"$i\",\"text\":\"x\"}" http://h/chat/app/messages)" = 201 ]; done
	[ "$(code "$kim" -d '{"id":"6","text":"x"}' http://h/chat/app/messages)" = 429 ]
	[ "$(code "$lee" -d '{"id":"6","text":"x"}' http://h/chat/app/messages)" = 201 ]
	stop
}

@test "answers: once for each key, found again, changed and taken back, only by the publisher" {
	start
	p=planted-reply_secret u=http://h/chat/app/replies
	[ "$(code $p -d '{"key":"k1","user":"kim","text":"Hallo"}' $u)" = 404 ]
	code "$kim" -d '{"id":"c1","text":"Kein Netz"}' http://h/chat/app/messages
	for bad in '' "$kim" planted-identity_secret "${p}x"; do
		[ "$(code "$bad" -d '{"key":"k1","user":"kim","text":"Hallo"}' $u)" = 401 ]
		[ "$(code "$bad" $u/k1)" = 401 ]
	done
	[ "$(code $p $u/k1)" = 404 ]
	[ "$(code $p -d '{"key":"k1","user":"kim","text":"Hallo","author":"Team"}' $u)" = 201 ]
	id=$(jq -r .id body)
	[ "$(code $p -d '{"key":"k1","user":"kim","text":"Hallo","author":"Team"}' $u)" = 200 ]
	[ "$(jq -r .id body)" = "$id" ]
	[ "$(as $p $u/k1 | jq -r .id)" = "$id" ]
	[ "$(code $p -d "{\"key\":\"k2\",\"user\":\"kim\",\"text\":\"Guten Tag\",\"edits\":\"$id\"}" $u)" = 201 ]
	[ "$(code $p -d "{\"key\":\"k3\",\"user\":\"kim\",\"deletes\":\"$id\"}" $u)" = 201 ]
	[ "$(code $p -d '{"key":"k4","user":"kim"}' $u)" = 400 ]
	as "$kim" http://h/chat/app/messages | jq -c '[.messages[] | [.from, .text, .author, has("edits"), has("deletes")]]' >got
	[ "$(cat got)" = '[["user","Kein Netz",null,false,false],["agent","Hallo","Team",false,false],["agent","Guten Tag",null,true,false],["agent",null,null,false,true]]' ]
	stop
	# Answers are no mentions.
	[ "$(wc -l <out)" = 1 ]
}

@test "a stream gives what is there, then what comes, and goes on behind the last id" {
	start
	code "$kim" -d '{"id":"c1","text":"eins"}' http://h/chat/app/messages
	one=$(jq -r .id body)
	curl -sN --unix-socket s -H "Authorization: Bearer $kim" -H 'Accept: text/event-stream' \
		http://h/chat/app/messages >stream &
	stream=$!
	for _ in $(seq 100); do ! grep -q eins stream || break; sleep 0.05; done
	code "$lee" -d '{"id":"c1","text":"fremd"}' http://h/chat/app/messages
	code planted-reply_secret -d '{"key":"k","user":"kim","text":"zwei"}' http://h/chat/app/replies
	for _ in $(seq 100); do ! grep -q zwei stream || break; sleep 0.05; done
	[ "$(sed -n 's/^data: //p' stream | jq -r .text | paste -s -d ' ')" = 'eins zwei' ]
	[ "$(sed -n 's/^id: //p' stream | head -n 1)" = "$one" ]
	kill $stream
	timeout 5 curl -sN --unix-socket s -H "Authorization: Bearer $kim" -H 'Accept: text/event-stream' \
		-H "Last-Event-ID: $one" http://h/chat/app/messages >stream &
	for _ in $(seq 100); do ! grep -q zwei stream || break; sleep 0.05; done
	[ "$(sed -n 's/^data: //p' stream | jq -r .text)" = zwei ]
	[ "$(as "$kim" "http://h/chat/app/messages?after=$one" | jq -r '.messages[].text')" = zwei ]
	[ "$(code "$kim" "http://h/chat/app/messages?after=x")" = 400 ]
	# A stream that is open does not keep it from ending.
	stop
}

@test "a user's fifth stream ends the first" {
	start
	for i in 1 2 3 4 5; do
		curl -sN --max-time 20 --unix-socket s -H "Authorization: Bearer $kim" -H 'Accept: text/event-stream' \
			http://h/chat/app/messages >"stream$i" &
		eval "p$i=$!"
		for _ in $(seq 100); do [ ! -s "stream$i" ] || break; sleep 0.05; done
	done
	wait "$p1"
	kill -0 "$p2"
	kill -0 "$p5"
	stop
}

@test "guests, when allowed, and not too many at once" {
	start
	[ "$(status -X POST http://h/chat/app/guest)" = 201 ]
	t=$(jq -r .token body) u=$(jq -r .user body)
	[ "$(code "$t" -d '{"id":"c1","text":"anonym"}' http://h/chat/app/messages)" = 201 ]
	for _ in 1 2 3 4; do [ "$(status -X POST http://h/chat/app/guest)" = 201 ]; done
	[ "$(status -X POST http://h/chat/app/guest)" = 429 ]
	stop
	[ "$(jq -r .author.handle out)" = "$u" ]
	sed -i 's/guests: true, //' sme.jq
	start
	[ "$(status -X POST http://h/chat/app/guest)" = 403 ]
	[ "$(ask http://h/chat/app/info | jq -c .)" = '{"title":"Talvio","guests":false,"text_max":20}' ]
	stop
}

@test "scripts of allowed origins may use it, others not" {
	start
	ask -D head -o /dev/null -X OPTIONS -H 'Origin: https://www.example.com' http://h/chat/app/messages
	grep -qi '^Access-Control-Allow-Origin: https://www.example.com.$' head
	grep -qi '^Access-Control-Allow-Headers:.*authorization' head
	ask -D head -o /dev/null -H 'Origin: https://www.example.com' http://h/chat/app/info
	grep -qi '^Access-Control-Allow-Origin: https://www.example.com.$' head
	for origin in https://evil.example null https://www.example.com.evil.example 'https://www.example.co'; do
		ask -D head -o /dev/null -H "Origin: $origin" http://h/chat/app/info
		run ! grep -qi '^Access-Control-Allow-Origin' head
	done
	# The publisher is no script.
	ask -D head -o /dev/null -X OPTIONS -H 'Origin: https://www.example.com' http://h/chat/app/replies
	run ! grep -qi '^Access-Control-Allow-Origin' head
	stop
}

@test "the page has no foreign scripts and a strict policy" {
	start
	ask -D head http://h/chat/app/ >page
	grep -qi "^Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" head
	grep -qi "frame-ancestors 'self' https://www.example.com.$" head
	run ! grep -E 'https?://|<script>|onclick|style=' page
	for file in chat.js chat.css; do
		[ "$(status "http://h/chat/app/$file")" = 200 ]
		run ! grep -E 'https?://|innerHTML|eval\(' body
	done
	[ "$(status http://h/chat/app)" = 301 ]
	[ "$(status http://h/chat/app/../../etc/passwd)" = 404 ]
	[ "$(status --path-as-is http://h/chat/app/../sme.jq)" = 404 ]
	xmllint --html --noout page 2>&1 | grep -v 'Tag \(main\|header\|footer\|template\|time\|dialog\|output\) invalid' | grep error && false
	stop
}

@test "what sme-publish sends is in the conversation, once" {
	sed -i 's/connector: "inapp"/&, allow_private: ["127.0.0.1"]/' sme.jq
	start --listen 127.0.0.1:0
	address=$(sed -n 's/.*listening on //p' err)
	sed -i "s|connector: \"inapp\"|&, base: \"http://$address\"|" sme.jq
	curl -s -H "Authorization: Bearer $kim" -d '{"id":"c1","text":"Kein Netz"}' "http://$address/chat/app/messages"
	for _ in $(seq 100); do [ ! -s out ] || break; sleep 0.05; done
	jq -c '.reply = {state: "approved", text: ["Guten Tag,", "wir prüfen das."], key: "0123456789abcdef"}' out >approved
	sme-publish approved | jq -e 'select(.type == "reply") | .state == "sent" and (.sent | length) == 2'
	rm -r home/sme.db*
	# As after a disaster: it sends all again, and it is there already.
	sme-publish approved >/dev/null
	curl -s -H "Authorization: Bearer $kim" "http://$address/chat/app/messages" |
		jq -r '[.messages[] | .author // "", .text] | join("|")' >got
	[ "$(cat got)" = '|Kein Netz|Team|Guten Tag,|Team|wir prüfen das.' ]
	grep -q '"in_reply_to"' <(curl -s -H "Authorization: Bearer $kim" "http://$address/chat/app/messages")
	stop
}

@test "conversations stay over restarts, and messages are mapped once" {
	start
	code "$kim" -d '{"id":"c1","text":"eins"}' http://h/chat/app/messages
	code planted-reply_secret -d '{"key":"k","user":"kim","text":"zwei"}' http://h/chat/app/replies
	stop
	cat out >all
	start
	[ "$(code "$kim" -d '{"id":"c1","text":"eins"}' http://h/chat/app/messages)" = 200 ]
	[ "$(code planted-reply_secret -d '{"key":"k","user":"kim","text":"zwei"}' http://h/chat/app/replies)" = 200 ]
	[ "$(code "$kim" -d '{"id":"c2","text":"drei"}' http://h/chat/app/messages)" = 201 ]
	[ "$(as "$kim" http://h/chat/app/messages | jq -r '[.messages[].text] | join(" ")')" = 'eins zwei drei' ]
	stop
	cat out >>all
	[ "$(jq -r .text all | paste -s -d ' ')" = 'eins drei' ]
	rm home/hook/chat/app/position
	sme-hook --drain | cmp - all
}

@test "what a person asks to be erased is gone, and nothing else" {
	start
	for t in "$kim" "$lee"; do
		code "$t" -d '{"id":"c1","text":"eins"}' http://h/chat/app/messages
		code "$t" -d "{\"id\":\"c2\",\"text\":\"von ${t:3:12}\"}" http://h/chat/app/messages
	done
	code planted-reply_secret -d '{"key":"k","user":"kim","text":"Antwort"}' http://h/chat/app/replies
	run -75 sme-hook erase app kim
	stop
	grep -qa '"client_id":"c2","name":"Kim' home/hook/chat/app/*.seg
	sme-hook erase -v app kim 2>said
	grep -q '3 entries' said
	run ! grep -raE 'Kim|kim|Antwort' home/hook
	run -1 sme-hook erase app kim
	run -64 sme-hook erase other kim
	run -64 sme-hook erase app
	rm home/hook/chat/app/position
	sme-hook --drain >again
	[ "$(jq -r '[.author.handle, .text] | join(" ")' again | paste -s -d ',')" = 'lee eins,lee von eyJ1c2VyIjoi' ]
	start
	[ "$(as "$kim" http://h/chat/app/messages | jq -c .messages)" = '[]' ]
	[ "$(as "$lee" http://h/chat/app/messages | jq '.messages | length')" = 2 ]
	[ "$(code planted-reply_secret -d '{"key":"k2","user":"kim","text":"x"}' http://h/chat/app/replies)" = 404 ]
	stop
}

@test "conversations are kept for as long as the settings say" {
	sed -i 's/chat: {/&keep: "1s", /' sme.jq
	start
	code "$kim" -d '{"id":"c1","text":"alt"}' http://h/chat/app/messages
	old=$(jq -r .id body)
	stop
	sleep 1.1
	start
	for _ in $(seq 50); do
		[ "$(as "$kim" http://h/chat/app/messages | jq -c .messages)" != '[]' ] || break
		sleep 0.1
	done
	[ "$(as "$kim" http://h/chat/app/messages | jq -c .messages)" = '[]' ]
	run ! grep -qra alt home/hook
	# A client that has seen the old ones sees the new ones too.
	code "$kim" -d '{"id":"c2","text":"neu"}' http://h/chat/app/messages
	[ "$(as "$kim" "http://h/chat/app/messages?after=$old" | jq -r '.messages[].text')" = neu ]
	stop
	[ "$(jq -r .text out)" = neu ]
}

@test "messages that the company's server delivers itself" {
	start
	body='{"events":[{"type":"message","user":"u","message":{"id":"1","created_at":"2026-11-26T09:00:00Z","text":"a"}},
		{"type":"message","user":"u","message":{"id":"1","created_at":"2026-11-26T09:00:00Z","text":"b","revision":1}},
		{"type":"delete","user":"u","message":{"id":"2"}}]}'
	mac=$(printf %s "$body" | openssl dgst -sha256 -hmac planted-webhook_secret | sed 's/.* //')
	[ "$(status -H "X-SME-Signature: sha256=$mac" -d "$body" -H 'Content-Type: application/json' http://h/hook/app)" = 200 ]
	stop
	[ "$(jq -c '[.type, .id, .text, .revision]' out | paste -s -d ' ')" = \
		'["mention","inapp:app:u/1","a",null] ["mention","inapp:app:u/1","b",1] ["delete","inapp:app:u/2",null,null]' ]
}

@test "neither texts nor tokens nor secrets are in the messages" {
	start
	code "$kim" -d '{"id":"c1","text":"geheim"}' http://h/chat/app/messages
	code "$kim" "http://h/chat/app/messages?after=1"
	code planted-reply_secret -d '{"key":"k","user":"kim","text":"geheim"}' http://h/chat/app/replies
	stop
	run ! grep -E 'geheim|planted|kim|v1\.|after' err
	run ! grep -ra planted home/hook
}

@test "two channels that would share their ids are refused" {
	sed -i 's/^{hook: .*sources: \[/&{name: "web", connector: "inapp", settings: {chat: {}}}, /' sme.jq
	run -78 --separate-stderr sme-hook
	[[ $stderr == *"source app"*"source web"*instance* ]]
}

@test "a mistake in the settings is named" {
	for bad in 'origins: ["*"]' 'origins: "x"' 'keep: 90' 'guests: 1' 'per_minute: 0' 'title: 1' 'colour: "red"'; do
		echo "{sources: [{name: \"a\", connector: \"inapp\", settings: {chat: {$bad}}}]}" >bad.jq
		run -78 --separate-stderr sme-hook -c bad.jq
		[[ $stderr == *"source a"*".settings.chat"*"${bad%%:*}"* ]] || { echo "$stderr"; false; }
	done
}
