#!/usr/bin/env bats
# The networks end to end, on fakes of them: somebody writes, it is seen once, the answer goes out once.

bats_require_minimum_version 1.5.0
load ../fakes/fake

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME="$PWD/home" SME_CONFIG="$PWD/sme.jq"
	unset SME_SHARE NOTIFY_SOCKET http_proxy https_proxy all_proxy
	echo '{}' >sme.jq
	sme-vault init
}

teardown() {
	fake_stop
	[ -z "$hook" ] || kill -9 "$hook" 2>/dev/null || :
}

# secret SOURCE FIELD VALUE
secret() {
	printf %s "$3" | sme-vault put --tenant talvio "$1" "$2"
}

# ---- webhooks ----

hex() {
	openssl dgst -sha256 -hmac "$1" | sed 's/.* //'
}

# hook_start: sme-hook into the log, on a socket.
hook_start() {
	sme-hook -v --log log >out 2>err &
	hook=$!
	for _ in $(seq 100); do
		! grep -q listening err || return 0
		kill -0 $hook || break
		sleep 0.05
	done
	cat err
	return 1
}

hook_stop() {
	kill -TERM "$hook"
	wait "$hook"
	hook=
}

# deliver SOURCE FILE: what a network posts, signed as it does.
deliver() {
	local header
	case $1 in
	telegram) header='X-Telegram-Bot-Api-Secret-Token: planted' ;;
	x) header="x-twitter-webhooks-signature: sha256=$(openssl dgst -sha256 -hmac planted -binary <"$2" | base64)" ;;
	*) header="X-Hub-Signature-256: sha256=$(hex planted <"$2")" ;;
	esac
	[ "$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket s -H "$header" -H 'Content-Type: application/json' \
		--data-binary @"$2" "http://h/hook/$1")" = 200 ]
}

hook_config() {
	cat >sme.jq <<-'EOF'
		{hook: {listen: "unix:s"}, sources: [
			{name: "whatsapp", settings: {phone_number_id: "106540352242922"}},
			{name: "messenger", settings: {page_id: "104000000000001"}},
			{name: "facebook", settings: {page_id: "104000000000001"}},
			{name: "instagram", handle: "talvio", settings: {user_id: "17841400000000001"}},
			{name: "telegram", settings: {webhook: true}},
			{name: "x", handle: "talvio", settings: {user_id: "2244994945"}}
		] | map(. + {connector: .name, tenant: "talvio", channel: .name})}
	EOF
	for it in whatsapp messenger facebook instagram; do
		secret $it app_secret planted
		secret $it verify_token word
	done
	secret telegram webhook_secret planted
	secret x consumer_secret planted
}

@test "what the networks push is seen once, however often it comes" {
	hook_config
	hook_start
	fake_start meta
	fake_state '{"people":[{"id":"491701234567","name":"Kim"},{"id":"24000000000000017","name":"Kim"}],
		"posts":[{"id":"104000000000001_5001","from":{"id":"104000000000001"},"message":"Neu"}]}'
	fake_do '{"do":"message","network":"whatsapp","person":"491701234567","text":"Netz weg wa"}' | jq -c .told >whatsapp
	fake_do '{"do":"message","network":"messenger","person":"24000000000000017","text":"Netz weg me"}' | jq -c .told >messenger
	fake_do '{"do":"message","network":"instagram","person":"9010000000000017","text":"Netz weg ig"}' | jq -c .told >instagram
	fake_do '{"do":"comment","on":"104000000000001_5001","person":"24000000000000017","text":"Netz weg fb"}' | jq -c .told >facebook
	echo '{"update_id":9,"message":{"message_id":7,"date":1795341600,"text":"Netz weg te","chat":{"id":5000000123,"type":"private"},
		"from":{"id":5000000123,"is_bot":false,"first_name":"Kim"}}}' >telegram
	echo '{"data":{"event_type":"post.mention.create","filter":{"user_id":"2244994945"},"payload":{"id":"1990000000000000010",
		"text":"@talvio Netz weg x","author_id":"7","created_at":"2026-11-22T09:58:00.000Z"}}}' >x
	# Meta signs the bytes as they are, escapes and all.
	sed -i 's/Netz weg ig/Netz weg f\\u00fcr ig \/ \\u00e4/; s|/ |\\/ |' instagram
	for it in whatsapp messenger instagram facebook telegram x; do
		deliver $it $it
		deliver $it $it
	done
	hook_stop
	sme-log cat log | jq -r 'select(.text | contains("Netz weg")) | [.network, .direct] | @tsv' | sort >seen
	diff -u - seen <<-EOF
		facebook	false
		instagram	true
		messenger	true
		telegram	true
		whatsapp	true
		x	false
	EOF
}

@test "a delivery that is signed with another secret is refused" {
	hook_config
	hook_start
	echo '{"object":"page","entry":[]}' >body
	run deliver telegram body
	[ "$status" -eq 0 ]
	for it in whatsapp messenger facebook instagram; do
		header="X-Hub-Signature-256: sha256=$(hex other <body)"
		[ "$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket s -H "$header" --data-binary @body "http://h/hook/$it")" = 403 ]
	done
	hook_stop
}

@test "WhatsApp: Meta's own examples become events" {
	payloads=${SME_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/payloads/meta-whatsapp-webhooks
	[ -d "$payloads" ] || skip "there are no sample payloads here"
	hook_config
	hook_start
	for file in "$payloads"/*.json; do
		deliver whatsapp "$file"
	done
	hook_stop
	# The picture and the text have the id of the contact; a changed number and a group say nothing.
	diff -u - <(sme-log cat log | jq -r '.author.handle + ": " + .text' | sort) <<-EOF
		+16505551234: Cancel
		+16505551234: Hello! Can I get more info on this?
		+16505551234: Lucía Gómez
		+16505551234: Unsubscribe
	EOF
}

# ---- polling ----

# accounts FILTER: sme.jq with the sources that FILTER yields, each on the fake.
accounts() {
	cat >sme.jq <<-EOF
		{sources: [$1 | {connector: .name, tenant: "talvio", handle: "talvio", base: "$FAKE",
			allow_private: ["127.0.0.1"]} + . + {channel: "@talvio"}]}
	EOF
}

# Everything is due now, however short ago it was asked for.
poll() {
	sme-fetch --all --backoff 10ms 2>poll.err | sme-log append log
}

texts() {
	sme-log cat log | jq -r 'select(.type == "mention") | .text' | sort
}

x_start() {
	fake_start x
	fake_state '{"users":[{"id":"2244994945","username":"talvio","name":"Talvio"},
		{"id":"1346889436626259968","username":"kim","name":"Kim"}]}'
	secret x access_token token
}

x_say() {
	fake_do "{\"do\":\"post\",\"author\":\"1346889436626259968\",\"text\":\"$1\"}" | jq -r .id
}

@test "X: each mention is seen once: pages out of order, with repeats, polls that overlap" {
	x_start
	accounts '{name: "x"}'
	for i in 1 2 3 4 5; do
		x_say "@talvio Netz weg $i" >/dev/null
	done
	fake_do '{"do":"message","author":"1346889436626259968","text":"Mein Vertrag?"}' >/dev/null
	fake_state '{"page":2,"shuffle":true,"double":true}'
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first | wc -l)" -eq 6 ]
	poll >second
	[ "$(jq -r 'select(.type == "mention")' second | wc -l)" -eq 0 ]
	x_say '@talvio noch eins' >/dev/null
	poll >third
	[ "$(jq -r 'select(.type == "mention") | .text' third)" = '@talvio noch eins' ]
	[ "$(texts | wc -l)" -eq 7 ]
	# The second poll looked ten minutes back, and no further.
	fake_log | jq -se '[.[] | select(.request.path | endswith("/mentions")) | .request.query.start_time] | unique | length >= 2'
	sme-log cat log | jq -e 'select(.type == "coverage") | .gaps == []'
}

@test "X: an edit is a revision, a token that ended is renewed, a limit is waited for" {
	x_start
	accounts '{name: "x", settings: {direct: false}}'
	id=$(x_say '@talvio Netz weg')
	secret x refresh_token refresh
	secret x client_id client
	fake_state '{"token":"other"}'
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first)" = '@talvio Netz weg' ]
	fake_do "{\"do\":\"edit\",\"author\":\"1346889436626259968\",\"id\":\"$id\",\"text\":\"@talvio Netz weg in Kiel\"}" >/dev/null
	fake_faults '[{"path":"mentions","status":429,"headers":{"x-rate-limit-remaining":"0","x-rate-limit-reset":"@epoch+1"}}]'
	poll >second
	[ -s second ] || poll >second
	[ "$(jq -c 'select(.type == "mention") | [.id, .revision, .text]' second)" = \
		"[\"x:x.com:$id\",1,\"@talvio Netz weg in Kiel\"]" ]
	! grep -rq 'token1\|refresh1' poll.err second
}

@test "X: OAuth 1.0a instead of OAuth 2" {
	x_start
	accounts '{name: "x", settings: {auth: "oauth1", direct: false}}'
	x_say '@talvio Netz weg' >/dev/null
	for it in consumer_key consumer_secret access_token_secret; do
		secret x $it $it
	done
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first)" = '@talvio Netz weg' ]
	fake_log | jq -e '.request.headers.authorization | startswith("OAuth ")' >/dev/null
	accounts '{name: "x", settings: {auth: "magic"}}'
	run sme-fetch --all
	[ "$status" -ne 0 ]
	[[ $output == *'settings.auth of x is "magic"'* ]]
}

@test "X: answers that are cut, slow, lost or no JSON cost nothing" {
	x_start
	accounts '{name: "x", settings: {direct: false}}'
	x_say '@talvio Netz weg' >/dev/null
	for fault in '{"cut":20}' '{"drop":true}' '{"status":503,"body":"busy"}' '{"pace":1}' \
		'{"status":200,"body":"<html>proxy</html>"}'; do
		fake_faults "$(jq -nc "[{path: \"mentions\"} + $fault]")"
		poll >>all || :
		poll >>all || :
	done
	[ "$(jq -r 'select(.type == "mention") | .text' all)" = '@talvio Netz weg' ]
}

telegram_start() {
	fake_start telegram
	fake_state '{"users":[{"id":5000000123,"is_bot":false,"first_name":"Kim","username":"kim","language_code":"de"}],
		"chats":[{"id":5000000123,"type":"private","first_name":"Kim","username":"kim"},
			{"id":-1001234567890,"type":"supergroup","title":"Hilfe","is_forum":true}]}'
	secret telegram token 7000000001:token
}

telegram_say() {
	fake_do "{\"do\":\"write\",\"user\":5000000123,\"chat\":5000000123,\"text\":\"$1\"}" >/dev/null
}

@test "Telegram: updates are confirmed only once they are safe, gaps are normal, an edit is a revision" {
	telegram_start
	accounts '{name: "telegram", settings: {user_id: "7000000001"}}'
	for i in $(seq 120); do
		telegram_say "Netz weg $i"
	done
	fake_do '{"do":"skip","n":7}' >/dev/null
	telegram_say 'nach der Lücke'
	fake_do '{"do":"edit","message":3,"text":"Netz weg in Kiel"}' >/dev/null
	poll >first
	[ "$(jq 'select(.type == "mention") | .id' first | sort -u | wc -l)" -eq 121 ]
	[ "$(jq -r 'select(.revision) | .text' first)" = 'Netz weg in Kiel' ]
	# What is confirmed is gone at Telegram; nothing comes twice.
	poll >second
	[ "$(jq -r 'select(.type == "mention")' second | wc -l)" -eq 0 ]
	[ "$(fake_state | jq '.updates | length')" -eq 0 ]
	fake_log | jq -se 'map(.request.body.offset) | .[0] == null and .[1] == 900000101 and .[2] == 900000130'
	! grep -q '7000000001:token' poll.err first
}

@test "Telegram: nothing is lost when the reader of the pipe dies" {
	telegram_start
	accounts '{name: "telegram"}'
	for i in 1 2 3; do
		telegram_say "Netz weg $i"
	done
	run bash -c 'sme-fetch --all 2>/dev/null | exec 0<&-'
	[ "$(fake_state | jq '.updates | length')" -eq 3 ]
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first | wc -l)" -eq 3 ]
}

@test "Telegram: the wait that a 429 asks for is in its body" {
	telegram_start
	accounts '{name: "telegram"}'
	telegram_say 'Netz weg'
	fake_faults '[{"status":429,"body":{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}}]'
	poll >first || :
	[ -s first ] || { sleep 1; poll >first; }
	[ "$(jq -r 'select(.type == "mention") | .text' first)" = 'Netz weg' ]
	fake_log | jq -se '(.[1].request.now - .[0].request.now) >= 1'
}

meta_start() {
	fake_start meta
	fake_state '{"people":[{"id":"24000000000000017","name":"Kim","username":"kim"},{"id":"491701234567","name":"Kim"}]}'
	for it in facebook instagram messenger whatsapp; do
		secret $it access_token token
	done
}

@test "Facebook, Instagram, Messenger: posts, comments and messages are seen once" {
	meta_start
	accounts '({name: "facebook", settings: {page_id: "104000000000001"}},
		{name: "messenger", settings: {page_id: "104000000000001"}},
		{name: "instagram", settings: {user_id: "17841400000000001", page_id: "104000000000001"}})'
	post=$(fake_do '{"do":"post","text":"Neu: Glasfaser"}' | jq -r .id)
	fake_do '{"do":"post","person":"24000000000000017","text":"Wann geht es?"}' >/dev/null
	top=$(fake_do "{\"do\":\"comment\",\"on\":\"$post\",\"person\":\"24000000000000017\",\"text\":\"Netz weg\"}" | jq -r .id)
	fake_do "{\"do\":\"comment\",\"on\":\"$post\",\"parent\":\"$top\",\"person\":\"24000000000000017\",\"text\":\"Immer noch\"}" >/dev/null
	fake_do '{"do":"message","network":"messenger","person":"24000000000000017","text":"Mein Vertrag?"}' >/dev/null
	fake_do '{"do":"message","network":"instagram","person":"9010000000000017","text":"Hallo?"}' >/dev/null
	fake_state '{"shuffle":true,"double":true}'
	poll >first
	jq -r 'select(.type == "mention") | [.network, .kind, .direct, .text] | @tsv' first | sort >seen
	diff -u - seen <<-EOF
		facebook	comment	false	Immer noch
		facebook	comment	false	Netz weg
		facebook	post	false	Wann geht es?
		instagram	message	true	Hallo?
		messenger	message	true	Mein Vertrag?
	EOF
	poll >second
	[ "$(jq -r 'select(.type == "mention")' second | wc -l)" -eq 0 ]
}

@test "Meta: a token that has ended says so, and what to do; the other accounts go on" {
	meta_start
	accounts '({name: "facebook", settings: {page_id: "104000000000001"}},
		{name: "messenger", settings: {page_id: "104000000000001"}})'
	printf %s dead | sme-vault put --tenant talvio facebook access_token
	fake_do '{"do":"message","network":"messenger","person":"24000000000000017","text":"Mein Vertrag?"}' >/dev/null
	run --separate-stderr sme-fetch --all
	[ "$status" -ne 0 ]
	[ "$(jq -r 'select(.type == "mention") | .text' <<<"$output")" = 'Mein Vertrag?' ]
	[[ $stderr == *facebook* ]]
	[[ $stderr != *dead* ]]
}

@test "Instagram: a token is renewed long before it ends; until then the old one does" {
	meta_start
	sed 's|https://graph.instagram.com/|/|' "$BATS_TEST_DIRNAME/../../share/connectors/instagram.jq" >instagram.jq
	accounts '{name: "instagram", connector: "instagram.jq", settings: {user_id: "17841400000000001", direct: false, auth: "instagram"}}'
	secret instagram expires_at "$(date -u -d '+30 days' +%FT%TZ)"
	poll >/dev/null
	[ "$(fake_log | jq -r .request.path | grep -c refresh)" -eq 0 ]
	secret instagram expires_at "$(date -u -d '+10 days' +%FT%TZ)"
	fake_faults '[{"path":"refresh","lose":true,"status":400,"body":{"error":{"code":190,"message":"no"}}}]'
	sme-fetch --all >out
	jq -e 'select(.type == "coverage") | .gaps == []' out
	sme-fetch --all >out
	jq -e 'select(.type == "coverage") | .gaps == []' out
	[ "$(fake_log | jq -r 'select(.request.path | endswith("/media")) | .request.headers.authorization' | uniq | paste -sd ,)" = \
		'Bearer token,Bearer renewed' ]
	fake_log >log1
	sme-fetch --all >out
	[ "$(fake_log | tail -n +$(($(wc -l <log1) + 1)) | jq -r .request.path | grep -c refresh)" -eq 0 ]
}

@test "X: a post that turns up late is seen" {
	x_start
	accounts '{name: "x", settings: {direct: false}}'
	x_say '@talvio eins' >/dev/null
	poll >first
	fake_do '{"do":"post","author":"1346889436626259968","text":"@talvio von eben","ago":240}' >/dev/null
	poll >second
	[ "$(jq -r 'select(.type == "mention") | .text' second)" = '@talvio von eben' ]
}

@test "X: a field that is renamed is told of in the same run, and nothing is lost" {
	x_start
	accounts '{name: "x", settings: {direct: false}}'
	x_say '@talvio Netz weg' >/dev/null
	fake_faults '[{"path":"mentions","status":200,"body":{"meta":{"result_count":2},"data":[
		{"id":"1990000000000009000","body":"@talvio umbenannt","author_id":"7","created_at":"2026-11-22T09:58:00.000Z"},
		{"id":"1990000000000009001","text":"@talvio daneben","author_id":"7","created_at":"2026-11-22T09:59:00.000Z"}]}}]'
	run --separate-stderr sme-fetch --all --rejects rejects
	[ "$(jq -r 'select(.type == "mention") | .text' <<<"$output")" = '@talvio daneben' ]
	[ "$(jq -r 'select(.type == "alert") | [.kind, .record, .path, .got] | @tsv' <<<"$output")" = "$(printf 'drift\tpost\ttext\tmissing')" ]
	grep -q umbenannt rejects
}

@test "Messenger: what comes by webhook and by polling is one message" {
	meta_start
	cat >sme.jq <<-EOF
		{hook: {listen: "unix:s"}, sources: [{name: "messenger", connector: "messenger", tenant: "talvio", channel: "@talvio",
			base: "$FAKE", allow_private: ["127.0.0.1"], settings: {page_id: "104000000000001"}}]}
	EOF
	secret messenger app_secret planted
	secret messenger verify_token word
	fake_do '{"do":"message","network":"messenger","person":"24000000000000017","text":"Mein Vertrag?"}' | jq -c .told >told
	hook_start
	deliver messenger told
	hook_stop
	poll >first
	[ "$(jq -r 'select(.type == "mention")' first | wc -l)" -eq 0 ]
	[ "$(texts)" = 'Mein Vertrag?' ]
}

# ---- answers ----

# The shipped connector NAME, but for the time until a look-up is worth something.
hasty() {
	sed 's/delay: "[0-9]*s"/delay: "200ms"/' "$BATS_TEST_DIRNAME/../../share/connectors/$1.jq" >"$1.jq"
}

# answer KEY TEXT [MEMBERS]: approve that for the newest mention in `first`, and send it; what became of it
# is in `sent`.  TEXT may be several, apart by "|".
answer() {
	jq -c --arg key "$1" --arg text "$2" 'select(.type == "mention") |
		.reply = ({state: "approved", text: ($text / "|"), key: $key, by: "lea"} + '"${3:-{\}}"')' first | tail -n 1 >approved
	sme-publish --wait "${patience:-15s}" <approved >sent 2>publish.err || :
	jq -rs 'map(select(.type == "reply")) | last | .state' sent
}

x_visible() {
	fake_state | jq -c --arg text "$1" '[.posts[], .messages[]? | select((.author_id // .sender_id) == "2244994945" and .text == $text)] | length'
}

x_asked() {
	x_start
	hasty x
	accounts '{name: "x", connector: "x.jq", settings: {user_id: "2244994945"}}'
	x_say '@talvio Netz weg in Kiel' >/dev/null
	poll >first
}

@test "X: an answer goes out once although answers are lost, limits are hit and the server fails" {
	x_asked
	n=0
	for fault in '{}' '{"drop":true}' '{"lose":true,"drop":true}' '{"cut":3}' '{"status":503,"body":"busy"}' \
		'{"lose":true,"status":503,"body":""}' '{"status":500,"body":"","times":2}' \
		'{"lose":true,"status":429,"body":{},"headers":{"x-rate-limit-remaining":"0","x-rate-limit-reset":"@epoch+1"}}' \
		'{"lose":true,"status":429,"body":{},"headers":{"Retry-After":"1"}}' \
		'{"lose":true,"status":429,"body":{},"headers":{"Retry-After":"@date+2"}}'; do
		n=$((n + 1))
		[ "$fault" = '{}' ] || fake_faults "$(jq -nc "[{method: \"POST\", path: \"tweets\"} + $fault]")"
		state=$(answer "answer-0000$n" "Antwort $n")
		[ "$state" = sent ] || { echo "$fault: $state"; cat sent publish.err; false; }
		[ "$(x_visible "Antwort $n")" -eq 1 ] || { echo "$fault: $(x_visible "Antwort $n") times"; false; }
	done
	# Another run changes nothing.
	sme-publish <approved >again
	[ "$(x_visible "Antwort $n")" -eq 1 ]
	# What we wrote is no mention.
	poll >second
	[ "$(jq -r 'select(.type == "mention") | .text' second | grep -c Antwort)" -eq 0 ]
}

@test "X: parts hang together, and a lost answer in the middle breaks nothing" {
	x_asked
	fake_faults '[{"method":"POST","path":"tweets","skip":1,"drop":true}]'
	[ "$(answer thread-00001 'Teil eins|Teil zwei|Teil drei')" = sent ]
	fake_state | jq -e '[.posts[] | select(.author_id == "2244994945")] |
		map(.text) == ["Teil eins", "Teil zwei", "Teil drei"] and
		.[1].referenced_posts[0].id == .[0].id and .[2].referenced_posts[0].id == .[1].id'
}

@test "X: who did not call us is not answered; the same words twice are looked up" {
	x_asked
	x_say 'talvio ist doof' >/dev/null
	accounts '{name: "x", connector: "x.jq", settings: {user_id: "2244994945", query: "talvio"}}'
	poll >first
	[ "$(answer unasked-0001 'Das tut uns leid')" = held ]
	[ "$(x_visible 'Das tut uns leid')" -eq 0 ]
	[ "$(jq -r 'select(.type == "reply") | .gate' sent)" = rule ]
	# Somebody, or something, has just sent these words.
	x_say '@talvio und jetzt?' >/dev/null
	poll >first
	id=$(jq -r 'select(.type == "mention") | .ref.id' first | tail -n 1)
	curl -sS -H 'Authorization: Bearer token' -d "{\"text\":\"Geht wieder.\",\"reply\":{\"in_reply_to_tweet_id\":\"$id\"}}" \
		"$FAKE/2/tweets" >/dev/null
	[ "$(answer already-0001 'Geht wieder.')" = sent ]
	[ "$(x_visible 'Geht wieder.')" -eq 1 ]
}

@test "X: a private message is answered in private, once" {
	x_asked
	fake_do '{"do":"message","author":"1346889436626259968","text":"Mein Vertrag?"}' >/dev/null
	poll >first
	fake_faults '[{"method":"POST","path":"messages","drop":true}]'
	[ "$(answer private-0001 'Gern, einen Moment.')" = sent ]
	[ "$(fake_state | jq '[.messages[] | select(.text == "Gern, einen Moment.")] | length')" -eq 1 ]
	[ "$(fake_state | jq '[.posts[] | select(.author_id == "2244994945")] | length')" -eq 0 ]
}

@test "X: an answer is deleted again" {
	x_asked
	[ "$(answer delete-00001 'Oh nein')" = sent ]
	[ "$(x_visible 'Oh nein')" -eq 1 ]
	[ "$(answer delete-00002 '-' '{kind: "delete", of: "delete-00001"}')" = sent ]
	[ "$(x_visible 'Oh nein')" -eq 0 ]
}

telegram_visible() {
	fake_state | jq -c --arg text "$1" '[.messages[] | select(.from.is_bot and .text == $text)] | length'
}

@test "Telegram: an answer goes out once; what nobody can tell is left to a person" {
	telegram_start
	accounts '{name: "telegram", settings: {user_id: "7000000001"}}'
	telegram_say 'Netz weg'
	poll >first
	[ "$(answer telegram-001 'Wir prüfen das.')" = sent ]
	[ "$(telegram_visible 'Wir prüfen das.')" -eq 1 ]
	fake_faults '[{"path":"sendMessage","lose":true,"status":429,
		"body":{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}}]'
	[ "$(answer telegram-002 'Gleich geht es.')" = sent ]
	[ "$(telegram_visible 'Gleich geht es.')" -eq 1 ]
	fake_log | jq -se 'map(select(.request.path | endswith("sendMessage"))) | (.[2].request.now - .[1].request.now) >= 1'
	# Telegram cannot be asked what was sent.
	patience=1s
	fake_faults '[{"path":"sendMessage","drop":true}]'
	[ "$(answer telegram-003 'Es geht wieder.')" = unknown ]
	[ "$(telegram_visible 'Es geht wieder.')" -eq 1 ]
	sme-publish --wait 0s <approved >again 2>/dev/null || :
	[ "$(telegram_visible 'Es geht wieder.')" -eq 1 ]
	sme-publish --unknown | grep -q telegram-003
	! grep -q '7000000001:token' publish.err sent again
}

@test "Telegram: an answer in a topic of a group, an edit of it, a deletion" {
	telegram_start
	accounts '{name: "telegram"}'
	fake_do '{"do":"write","user":5000000123,"chat":-1001234567890,"text":"Hier auch","more":{"is_topic_message":true,"message_thread_id":3}}' >/dev/null
	poll >first
	[ "$(answer topic-000001 'Wir prüfen das.')" = sent ]
	fake_state | jq -e '.messages[-1] | .message_thread_id == 3 and .reply_to_message.text == "Hier auch"'
	[ "$(answer topic-000002 'Wir prüfen es.' '{kind: "edit", of: "topic-000001"}')" = sent ]
	[ "$(telegram_visible 'Wir prüfen es.')" -eq 1 ]
	[ "$(telegram_visible 'Wir prüfen das.')" -eq 0 ]
	[ "$(answer topic-000003 '-' '{kind: "delete", of: "topic-000001"}')" = sent ]
	[ "$(fake_state | jq '[.messages[] | select(.from.is_bot)] | length')" -eq 0 ]
}

meta_visible() {
	fake_state | jq -c --arg text "$1" '[.comments[]?, .messages[]? | select(.message == $text)] | length'
}

@test "Facebook: a comment is answered once in public, and once in private" {
	meta_start
	hasty facebook
	accounts '{name: "facebook", connector: "facebook.jq", settings: {page_id: "104000000000001"}}'
	post=$(fake_do '{"do":"post","text":"Neu: Glasfaser"}' | jq -r .id)
	fake_do "{\"do\":\"comment\",\"on\":\"$post\",\"person\":\"24000000000000017\",\"text\":\"Netz weg\"}" >/dev/null
	poll >first
	n=0
	for fault in '{"drop":true}' '{"lose":true,"drop":true}' '{"cut":1}' '{"status":500,"body":{"error":{"code":2,"message":"later"}}}' \
		'{"lose":true,"status":400,"body":{"error":{"code":32,"message":"limit"}},"headers":{"Retry-After":"1"}}'; do
		n=$((n + 1))
		fake_faults "$(jq -nc "[{method: \"POST\", path: \"comments\"} + $fault]")"
		state=$(answer "comment-000$n" "Antwort $n")
		[ "$state" = sent ] || { echo "$fault: $state"; cat sent publish.err; false; }
		[ "$(meta_visible "Antwort $n")" -eq 1 ]
	done
	fake_faults '[{"method":"POST","path":"messages","drop":true}]'
	[ "$(answer private-0001 'Bitte Ihre Nummer' '{private: true}')" = sent ]
	[ "$(meta_visible 'Bitte Ihre Nummer')" -eq 1 ]
	# A second time is one too many.
	[ "$(answer private-0002 'Und Ihr Name?' '{private: true}')" = held ]
	[ "$(meta_visible 'Und Ihr Name?')" -eq 0 ]
}

@test "Messenger and Instagram: a message is answered once, later than a day by a person only" {
	meta_start
	hasty messenger
	hasty instagram
	accounts '({name: "messenger", connector: "messenger.jq", settings: {page_id: "104000000000001"}},
		{name: "instagram", connector: "instagram.jq", settings: {user_id: "17841400000000001", page_id: "104000000000001"}})'
	for it in messenger instagram; do
		fake_do "{\"do\":\"message\",\"network\":\"$it\",\"person\":\"2400000$it\",\"text\":\"Mein Vertrag?\"}" >/dev/null
		poll >first
		fake_faults '[{"method":"POST","drop":true}]'
		[ "$(answer "$it-0001" "Gern, $it")" = sent ]
		[ "$(meta_visible "Gern, $it")" -eq 1 ]
		fake_faults '[{"method":"POST","lose":true,"drop":true}]'
		[ "$(answer "$it-0002" "Noch da, $it")" = sent ]
		[ "$(meta_visible "Noch da, $it")" -eq 1 ]
	done
	# Two days later.
	fake_state "$(fake_state | jq -c '{messages: (.messages | map(.at -= 172800))}')"
	jq -c '.created_at = (now - 172800 | todate)' first >old
	mv old first
	[ "$(answer late-000001 'Automatisch' '{by: null, source: "snippet:x"}')" = held ]
	[ "$(meta_visible 'Automatisch')" -eq 0 ]
	[ "$(answer late-000002 'Von Hand')" = sent ]
	fake_state | jq -e '.messages[-1].message == "Von Hand"'
	fake_log | jq -se 'last | .request.body.tag == "HUMAN_AGENT"'
}

@test "WhatsApp: answers within a day, the states of them, and what nobody can tell" {
	meta_start
	cat >sme.jq <<-EOF
		{hook: {listen: "unix:s"}, sources: [{name: "whatsapp", connector: "whatsapp", tenant: "talvio", channel: "@talvio",
			base: "$FAKE", allow_private: ["127.0.0.1"], settings: {phone_number_id: "106540352242922"}}]}
	EOF
	secret whatsapp app_secret planted
	secret whatsapp verify_token word
	hook_start
	fake_do '{"do":"message","network":"whatsapp","person":"491701234567","text":"Netz weg"}' | jq -c .told >told
	deliver whatsapp told
	hook_stop
	sme-log cat log >first
	[ "$(answer whatsapp-001 'Wir prüfen das.')" = sent ]
	[ "$(meta_visible 'Wir prüfen das.')" -eq 1 ]
	id=$(jq -r 'select(.type == "reply") | .id' sent)
	# The network says what became of it.
	jq -nc --arg id "${id##*:}" '{object: "whatsapp_business_account", entry: [{id: "1", changes: [{field: "messages", value: {
		messaging_product: "whatsapp", metadata: {phone_number_id: "106540352242922"}, statuses: ["delivered", "read"] | map({
			id: $id, status: ., timestamp: "1795341700", recipient_id: "491701234567", biz_opaque_callback_data: "whatsapp-001-0"})}}]}]}' |
		sed 's/statuses":\(\[.*\]\)}}\]}\]}/statuses":\1}}]}]}/' >states
	hook_start
	deliver whatsapp states
	hook_stop
	[ "$(sme-log cat log | jq -r 'select(.type == "reply") | [.id, .state, .part_key] | @tsv')" = \
		"$(printf '%s\tdelivered\twhatsapp-001-0\n%s\tread\twhatsapp-001-0' "$id" "$id")" ]
	fake_faults '[{"method":"POST","lose":true,"status":400,"body":{"error":{"code":131056,"message":"(#131056) pair rate limit hit"}}}]'
	[ "$(answer whatsapp-002 'Gleich geht es.')" = sent ]
	[ "$(meta_visible 'Gleich geht es.')" -eq 1 ]
	patience=1s
	fake_faults '[{"method":"POST","drop":true}]'
	[ "$(answer whatsapp-003 'Es geht wieder.')" = unknown ]
	[ "$(meta_visible 'Es geht wieder.')" -eq 1 ]
	# Two days later nothing but a template may go.
	jq -c 'select(.type == "mention") | .created_at = (now - 172800 | todate) |
		.id += "old" | .author.id += "0" | .thread += "0"' first >old
	mv old first
	[ "$(answer whatsapp-004 'Zu spät')" = held ]
	[ "$(meta_visible 'Zu spät')" -eq 0 ]
}

@test "Instagram: comments below a picture are seen once and answered once" {
	meta_start
	hasty instagram
	accounts '{name: "instagram", connector: "instagram.jq", settings: {user_id: "17841400000000001", direct: false}}'
	fake_state '{"posts":[{"id":"17900000000000001","instagram":true,"created_time":"2026-11-22T08:00:00+0000"}]}'
	top=$(fake_do '{"do":"comment","on":"17900000000000001","person":"24000000000000017","text":"Netz weg"}' | jq -r .id)
	fake_do "{\"do\":\"comment\",\"on\":\"17900000000000001\",\"parent\":\"$top\",\"person\":\"24000000000000017\",\"text\":\"Immer noch\"}" >/dev/null
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first | sort | paste -sd ,)" = 'Immer noch,Netz weg' ]
	fake_faults '[{"method":"POST","drop":true}]'
	[ "$(answer instagram-01 'Wir prüfen das.')" = sent ]
	[ "$(meta_visible 'Wir prüfen das.')" -eq 1 ]
	# Below the same comment, whichever was answered.
	fake_state | jq -e --arg top "$top" '.comments[-1].parent == $top'
	poll >second
	[ "$(jq -r 'select(.type == "mention")' second | wc -l)" -eq 0 ]
	[ "$(answer instagram-02 '-' '{kind: "delete", of: "instagram-01"}')" = sent ]
	[ "$(meta_visible 'Wir prüfen das.')" -eq 0 ]
}

@test "LinkedIn: comments and answers to them are seen once, an answer goes out once, is edited and deleted" {
	fake_start linkedin
	secret linkedin access_token token
	hasty linkedin
	accounts '{name: "linkedin", connector: "linkedin.jq", settings: {organization: "5583111"}}'
	post=$(fake_do '{"do":"post","text":"Neu: Glasfaser"}' | jq -r .id)
	top=$(fake_do "{\"do\":\"comment\",\"on\":\"$post\",\"actor\":\"urn:li:person:kim\",\"text\":\"Netz weg\"}" | jq -r .commentUrn)
	fake_do "{\"do\":\"comment\",\"on\":\"$post\",\"parent\":\"$top\",\"actor\":\"urn:li:person:lea\",\"text\":\"Hier auch\"}" >/dev/null
	poll >first
	[ "$(jq -r 'select(.type == "mention") | .text' first | sort | paste -sd ,)" = 'Hier auch,Netz weg' ]
	fake_do "{\"do\":\"edit\",\"urn\":\"$top\",\"text\":\"Netz weg in Kiel\"}" >/dev/null
	poll >second
	[ "$(jq -r 'select(.type == "mention") | [.revision, .text] | @tsv' second)" = "$(printf '60000\tNetz weg in Kiel')" ]
	n=0
	for fault in '{"drop":true}' '{"lose":true,"drop":true}' '{"cut":4}' '{"lose":true,"status":429,"body":{},"headers":{"Retry-After":"1"}}'; do
		n=$((n + 1))
		fake_faults "$(jq -nc "[{method: \"POST\"} + $fault]")"
		[ "$(answer "linkedin-0$n" "Antwort $n")" = sent ]
		[ "$(fake_state | jq --arg text "Antwort $n" '[.comments[] | select(.message.text == $text)] | length')" -eq 1 ]
	done
	fake_state | jq -e --arg top "$top" '.comments[-1] | .parentComment == $top and .actor == "urn:li:organization:5583111"'
	[ "$(answer linkedin-11 'Antwort eins' '{kind: "edit", of: "linkedin-01"}')" = sent ]
	fake_state | jq -e '[.comments[].message.text] | index("Antwort eins") and (index("Antwort 1") | not)'
	[ "$(answer linkedin-12 '-' '{kind: "delete", of: "linkedin-01"}')" = sent ]
	fake_state | jq -e '[.comments[].message.text] | index("Antwort eins") | not'
	# A version that has ended is no passing trouble.
	fake_state '{"version":"202801"}'
	run --separate-stderr sme-fetch --all
	[ "$status" -ne 0 ]
	[[ $stderr == *'202607 is not active'* ]]
}

@test "TikTok: comments are seen once, an answer goes out once; a refusal inside of a 200 is one" {
	fake_start tiktok
	secret tiktok access_token token
	hasty tiktok
	accounts '{name: "tiktok", connector: "tiktok.jq", settings: {business_id: "-000open"}}'
	fake_state '{"videos":[{"item_id":"7301242590496705810","create_time":"1795300000"}]}'
	fake_do '{"do":"comment","video":"7301242590496705810","user":"kim","text":"Netz weg"}' >/dev/null
	poll >first
	[ "$(jq -r 'select(.type == "mention") | [.text, .author.handle] | @tsv' first)" = "$(printf 'Netz weg\tkim')" ]
	fake_faults '[{"path":"create","drop":true},{"path":"create","lose":true,"status":200,"body":{"code":40100,"message":"Too many requests","data":{}}}]'
	[ "$(answer tiktok-0001 'Wir prüfen das.')" = sent ]
	[ "$(answer tiktok-0002 'Gleich geht es.')" = sent ]
	for text in 'Wir prüfen das.' 'Gleich geht es.'; do
		[ "$(fake_state | jq --arg text "$text" '[.comments[] | select(.text == $text)] | length')" -eq 1 ]
	done
	poll >second
	[ "$(jq -r 'select(.type == "mention")' second | wc -l)" -eq 0 ]
	fake_state '{"token":"other"}'
	run --separate-stderr sme-fetch --all
	[ "$status" -ne 0 ]
	[[ $stderr == *'has been revoked'* ]]
}
