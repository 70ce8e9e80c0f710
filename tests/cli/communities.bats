#!/usr/bin/env bats
# Mastodon, Reddit, Discourse, Matrix, YouTube and Threads end to end, on fakes of them: what somebody
# writes is seen once, and the answer goes out once, whatever goes wrong on the way.
bats_require_minimum_version 1.5.0
load ../fakes/fake

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export SME_HOME="$PWD/home" SME_CONFIG="$PWD/sme.jq"
	unset SME_SHARE NOTIFY_SOCKET http_proxy https_proxy all_proxy
	echo '{}' >sme.jq
	sme-vault init
	: >keys
}

teardown() {
	fake_stop
}

# network NAME SECRETS [SETTINGS]: an account on a fake of the network.  The connector is the shipped one,
# but for the time until a look-up is worth something.
network() {
	fake_start "$1"
	sed 's/delay: "[0-9]*s"/delay: "100ms"/' "$BATS_TEST_DIRNAME/../../share/connectors/$1.jq" >"$1.jq"
	cat >sme.jq <<-EOF
		{sources: [{name: "account", connector: "$1.jq", tenant: "talvio", channel: "@talvio", handle: "${handle:-talvio}",
			base: "$FAKE", allow_private: ["127.0.0.1"], settings: ${3:-{\}}}]}
	EOF
	printf %s "$2" | sme-vault put --tenant talvio account
}

# What is new with this poll, in the file new.
poll() {
	sme-fetch --all --backoff 10ms --rejects rejects 2>poll.err | sme-log append log >new
	[ ! -s rejects ] || { cat rejects; return 1; }
}

texts() { # texts [TYPE]: of what is new
	jq -r --arg type "${1:-mention}" 'select(.type == $type) | .text' new
}

none_new() {
	poll
	[ -z "$(texts)" ]
}

# answer TEXT [MEMBERS]: approve that for the last mention of the log, send it, and tell what became of it.
# TEXT may be several, apart by "|".
answer() {
	echo x >>keys
	sme-log cat log | jq -c --arg key "answer-$(printf %05d "$(wc -l <keys)")" --arg text "$1" 'select(.type == "mention") |
		.reply = ({state: "approved", text: ($text / "|"), key: $key, by: "lea"} + '"${2:-{\}}"')' | tail -n 1 >approved
	sme-publish --wait "${patience:-15s}" <approved >sent 2>publish.err || :
	sme-log append log sent >/dev/null
	jq -rs 'map(select(.type == "reply")) | last | .state' sent
}

# change KIND TEXT: change or take back the last answer; what became of that.
change() {
	local of
	of=$(jq -rs 'map(select(.type == "reply")) | last | .key' sent)
	jq -c --arg kind "$1" --arg text "$2" --arg of "$of" '.reply = {state: "approved", by: "lea", kind: $kind, of: $of,
		key: "\($of)-\($kind)", text: [$text]}' approved >changed
	sme-publish --wait 5s <changed >outcome 2>publish.err || :
	jq -rs 'map(select(.type == "reply")) | last | .state' outcome
}

# changeable COUNT [no-edits]: an answer, another text in its place, nothing in its place.
changeable() {
	[ "$(answer 'Wir schauen gleich nach.')" = sent ]
	[ "$($1 'Wir schauen gleich nach.')" -eq 1 ]
	if [ -z "$2" ]; then
		[ "$(change edit 'Wir haben nachgesehen.')" = sent ] || { cat outcome publish.err; return 1; }
		[ "$($1 'Wir schauen gleich nach.')" -eq 0 ]
		[ "$($1 'Wir haben nachgesehen.')" -eq 1 ]
	fi
	[ "$(change delete '')" = sent ] || { cat outcome publish.err; return 1; }
	[ "$($1 'Wir haben nachgesehen.')" -eq 0 ]
	[ "$($1 'Wir schauen gleich nach.')" -eq 0 ]
}

# conforms DESCRIPTION [PATTERN]: what the fake answered is what the API's description allows, but for
# complaints that match PATTERN.  Without the descriptions there is nothing to compare with.
conforms() {
	local description=${SME_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/contracts/$1
	[ -f "$description" ] || return 0
	fake_log | jq -r -L "$fakes" --slurpfile spec "$description" 'include "schema"; openapi($spec[0])' >odd
	! grep -v "${2:-^$}" odd
}

# What goes wrong with requests: for one network all of it, for the others what a connector can do wrong.
faults() { # faults KIND
	case $1:$BATS_TEST_DESCRIPTION in
	write:*) printf '%s\n' '{}' '{"drop":true}' '{"status":200,"body":"<html>proxy</html>"}' ;;
	*) printf '%s\n' '{"cut":20}' '{"status":200,"body":"<html>proxy</html>"}' '{"status":200,"body":{}}' ;;
	esac
	case $1:$BATS_TEST_DESCRIPTION in
	write:Mastodon*)
		printf '%s\n' '{"lose":true,"drop":true}' '{"cut":3}' '{"status":503,"body":"busy"}' '{"lose":true,"status":503,"body":""}' \
			'{"lose":true,"status":429,"body":{},"headers":{"Retry-After":"1"}}'
		;;
	read:Mastodon*)
		printf '%s\n' '{"drop":true}' '{"status":503,"body":"busy"}' '{"pace":1}' '{"status":429,"headers":{"Retry-After":"1"}}'
		;;
	esac
}

# each_fault PATH COUNT: an answer for each way in which sending goes wrong; COUNT TEXT says how often the
# network shows it.
each_fault() {
	local fault text
	while read -r fault; do
		[ "$fault" = '{}' ] || fake_faults "$(jq -nc --arg path "$1" "[{path: \$path} + {method: \"${method:-POST}\"} + $fault]")"
		text="Wir schauen nach, Versuch $(wc -l <keys)."
		state=$(answer "$text")
		[ "$state" = sent ] || { echo "$fault: $state"; cat sent publish.err; return 1; }
		[ "$($2 "$text")" -eq 1 ] || { echo "$fault: $($2 "$text") times"; return 1; }
		sme-publish <approved >/dev/null
		[ "$($2 "$text")" -eq 1 ]
	done < <(faults write)
	# What we said is no mention, and known already, under the name that the network gave it.
	none_new
	[ -z "$(texts reply)" ] || { texts reply; return 1; }
}

# each_bad_page PATH WRITE: each way in which reading goes wrong: nothing is lost, nothing comes twice.
each_bad_page() {
	local fault i=0
	while read -r fault; do
		i=$((i + 1))
		$2 "Zeile $i" >/dev/null
		fake_faults "$(jq -nc --arg path "$1" "[{path: \$path, method: \"GET\"} + $fault]")"
		for _ in 1 2; do
			rm -f rejects
			poll || :
			texts >>all
		done
	done < <(faults read)
	sleep 1
	rm -f rejects
	poll
	texts >>all
	[ "$(sed -n 's/.*\(Zeile .\).*/\1/p' all | sort)" = "$(seq -f 'Zeile %g' $i)" ] || { cat all poll.err; false; }
}

# ---- Mastodon ----

toot() {
	fake_do "$(jq -nc --arg text "@talvio $1" '{do: "post", text: $text}')" | jq -r .id
}

tooted() {
	fake_state | jq --arg text "$1" '[.statuses[] | select(.account.acct == "talvio" and (.plain | endswith($text)))] | length'
}

@test "Mastodon: pages, edits, deletes, tags and what we wrote, each once" {
	network mastodon '{"access_token":"token"}' '{tags: ["kiel"]}'
	fake_state '{"users":[{"id":"1","username":"talvio","acct":"talvio","display_name":"Talvio","bot":false,
		"created_at":"2020-01-01T00:00:00.000Z","followers_count":9,"following_count":1,"statuses_count":3}],"page":3}'
	first=$(toot 'Netz weg 1')
	poll
	[ "$(texts)" = '@talvio Netz weg 1' ]
	for i in $(seq 2 12); do
		toot "Netz weg $i" >/dev/null
	done
	fake_do '{"do":"post","text":"kein Netz #kiel"}' >/dev/null
	fake_do '{"do":"post","author":"talvio","text":"Wir sind dran"}' >/dev/null
	poll
	[ "$(texts | grep -c 'Netz weg')" -eq 11 ]
	[ "$(texts | grep -c '#kiel')" -eq 1 ]
	[ "$(texts reply)" = 'Wir sind dran' ]
	none_new
	fake_do "{\"do\":\"edit\",\"id\":\"$first\",\"text\":\"@talvio Netz wieder da\"}" >/dev/null
	poll
	[ "$(jq -c 'select(.type == "mention") | [.id, .revision > 0, .text]' new)" = "[\"mastodon:127.0.0.1:$first\",true,\"@talvio Netz wieder da\"]" ]
	fake_do "{\"do\":\"delete\",\"id\":\"$first\"}" >/dev/null
	poll
	[ "$(jq -r 'select(.type == "delete") | .id' new)" = "mastodon:127.0.0.1:$first" ]
	none_new
	[ "$(jq -r 'select(.type == "delete") | .id' new)" = '' ]
	conforms mastodon-4.7.openapi.json
}

@test "Mastodon: bad pages cost nothing" {
	network mastodon '{"access_token":"token"}'
	each_bad_page notifications toot
}

@test "Mastodon: an answer goes out once, whatever goes wrong" {
	network mastodon '{"access_token":"token"}'
	toot 'Netz weg' >/dev/null
	poll
	each_fault statuses tooted
	fake_state | jq -e '[.statuses[] | select(.account.acct == "talvio")] | all(.plain | startswith("@kim ")) and
		all(.in_reply_to_id == "1001") and all(.visibility == "public")'
}

@test "Mastodon: parts hang together, and stay private when they are" {
	network mastodon '{"access_token":"token"}'
	toot 'Netz weg' >/dev/null
	poll
	fake_faults '[{"method":"POST","path":"statuses","skip":1,"drop":true}]'
	[ "$(answer 'Teil eins|Teil zwei|Teil drei' '{private: true}')" = sent ]
	fake_state | jq -e '[.statuses[] | select(.account.acct == "talvio")] | map(.plain) == ["@kim Teil eins", "@kim Teil zwei", "@kim Teil drei"]
		and all(.visibility == "direct") and .[0].in_reply_to_id == "1001" and .[1].in_reply_to_id == .[0].id and .[2].in_reply_to_id == .[1].id'
}

# ---- Reddit ----

reddit() {
	network reddit "{\"access_token\":\"token\",\"refresh_token\":\"refresh\",\"basic\":\"$(printf id:secret | base64)\"}" '{subreddits: ["talvio"]}'
	sed -i "s|https://www.reddit.com/api/v1/access_token|$FAKE/api/v1/access_token|" reddit.jq
}

post() {
	fake_do "$(jq -nc --arg text "$1" '{do: "post", title: $text}')" | jq -r .data.name
}

commented() {
	fake_state | jq --arg text "$1" '[.things[] | select(.data.author == "talvio" and .data.body == $text)] | length'
}

comment() { # comment ON TEXT [INBOX]
	fake_do "$(jq -nc --arg on "$1" --arg text "$2" --argjson inbox "${3:-false}" \
		'{do: "comment", $on, $text, $inbox}')" | jq -r .data.name
}

@test "Reddit: posts, comments and messages, each once; edits, deletes, a token that ended" {
	reddit
	fake_state '{"page":3}'
	top=$(post 'Netz weg')
	poll
	[ "$(texts)" = 'Netz weg' ]
	for i in $(seq 8); do
		comment "$top" "bei mir auch $i" >/dev/null
	done
	one=$(comment "$top" '@talvio und nun?' true)
	poll
	[ "$(texts | sort | uniq -c | wc -l)" -eq 9 ]
	[ "$(texts | wc -l)" -eq 9 ]
	none_new
	fake_do '{"do":"message","text":"Mein Vertrag?"}' >/dev/null
	fake_state '{"token":"other"}'
	poll
	[ "$(jq -c 'select(.type == "mention") | [.kind, .direct, .text]' new)" = '["message",true,"Mein Vertrag?"]' ]
	fake_do "{\"do\":\"edit\",\"id\":\"$one\",\"text\":\"wieder da\"}" >/dev/null
	poll
	[ "$(jq -c 'select(.type == "mention") | [.id, .revision > 0, .text]' new)" = "[\"reddit:reddit:$one\",true,\"wieder da\"]" ]
	fake_do "{\"do\":\"delete\",\"id\":\"$one\"}" >/dev/null
	poll
	[ "$(jq -r 'select(.type == "delete") | .id' new)" = "reddit:reddit:$one" ]
	none_new
}

@test "Reddit: bad pages cost nothing" {
	reddit
	each_bad_page r/talvio/new post
}

@test "Reddit: an answer goes out once, whatever goes wrong" {
	reddit
	post 'Netz weg' >/dev/null
	poll
	each_fault api/comment commented
	# A wait is told in an answer of 200, and is waited for; a rule holds the answer.
	fake_state '{"wait":true}'
	[ "$(answer 'Nach der Pause.')" = sent ]
	[ "$(commented 'Nach der Pause.')" -eq 1 ]
	fake_state '{"locked":true}'
	state=$(answer 'Gegen die Regel.')
	[ "$state" != sent ]
	grep -q 'Comments are locked' sent
	[ "$(commented 'Gegen die Regel.')" -eq 0 ]
}

@test "Reddit: a private answer, and an answer to a private message" {
	reddit
	post 'Netz weg' >/dev/null
	poll
	fake_faults '[{"method":"POST","path":"compose","drop":true}]'
	[ "$(answer 'Ihre Nummer bitte.' '{private: true}')" = sent ]
	fake_do '{"do":"message","text":"Mein Vertrag?"}' >/dev/null
	poll
	fake_faults '[{"method":"POST","path":"comment","drop":true}]'
	[ "$(answer 'Danke.')" = sent ]
	fake_state | jq -e '[.things[] | select(.data.author == "talvio") | [.kind, .data.dest, .data.body]] ==
		[["t4", "kim", "Ihre Nummer bitte."], ["t4", "kim", "Danke."]]'
}

# ---- Discourse ----

topic() {
	fake_do "$(jq -nc --arg text "$1" '{do: "topic", title: "Kein Netz", text: $text}')" | jq -r .id
}

posted() {
	fake_state | jq --arg text "$1" '[.posts[] | select(.username == "talvio" and .raw == $text)] | length'
}

@test "Discourse: topics, posts and conversations, each once; edits and deletes" {
	network discourse '{"api_key":"key"}'
	fake_state '{"page":4}'
	first=$(topic 'Netz weg in Kiel')
	poll
	[ "$(texts)" = 'Netz weg in Kiel' ]
	for i in $(seq 9); do
		fake_do "{\"do\":\"post\",\"topic\":11,\"text\":\"bei mir auch $i\"}" | jq -r .id >last
	done
	fake_do '{"do":"topic","title":"Vertrag","private":true,"text":"Mein Vertrag?"}' >/dev/null
	poll
	[ "$(texts | wc -l)" -eq 10 ]
	[ "$(jq -c 'select(.direct) | [.kind, .title, .text]' new)" = '["message","Vertrag","Mein Vertrag?"]' ]
	none_new
	fake_do "{\"do\":\"edit\",\"id\":$(<last),\"text\":\"wieder da\"}" >/dev/null
	poll
	[ "$(jq -c 'select(.type == "mention") | [.revision, .text]' new)" = '[1,"wieder da"]' ]
	fake_do "{\"do\":\"post\",\"topic\":11,\"text\":\"danach\"}" >/dev/null
	fake_do "{\"do\":\"delete\",\"id\":$(<last)}" >/dev/null
	poll
	[ "$(jq -r 'select(.type == "delete") | .id' new)" = "discourse:127.0.0.1:$(<last)" ]
	none_new
	[ "$first" -lt "$(<last)" ]
	# The description asks for all members that some forum once had.
	conforms discourse.openapi.json ' is missing$'
}

@test "Discourse: bad pages cost nothing" {
	network discourse '{"api_key":"key"}'
	each_bad_page posts.json topic
}

@test "Discourse: an answer goes out once, whatever goes wrong" {
	network discourse '{"api_key":"key"}'
	topic 'Netz weg' >/dev/null
	poll
	each_fault posts.json posted
	fake_state | jq -e '[.posts[] | select(.username == "talvio") | .topic_id] | unique == [11]'
	fake_faults '[{"method":"POST","path":"posts.json","drop":true}]'
	[ "$(answer 'Ihre Nummer bitte.|Und den Namen.' '{private: true}')" = sent ]
	fake_state | jq -e '[.topics[] | select(.private) | .id] as $private | [.posts[] | select([.topic_id] | inside($private)) | .raw] == ["Ihre Nummer bitte.", "Und den Namen."]'
}

# ---- Matrix ----

matrix() {
	handle=@talvio:m.example network matrix '{"access_token":"token"}'
}

say() {
	fake_do "$(jq -nc --arg text "$1" '{do: "say", text: $text}')" | jq -r .event_id
}

said() {
	fake_state | jq --arg text "$1" '[.events[] | select(.sender == "@talvio:m.example" and .content.body == $text)] | length'
}

@test "Matrix: messages over gaps, each once; edits and redactions" {
	matrix
	fake_state '{"limit":4}'
	first=$(say 'Netz weg')
	poll
	[ "$(jq -c 'select(.type == "mention") | [.text, .direct, .author.name]' new)" = '["Netz weg",true,"Kim"]' ]
	for i in $(seq 15); do
		say "Zeile $i" >/dev/null
	done
	poll
	[ "$(texts | sort -u | wc -l)" -eq 15 ]
	none_new
	fake_do "{\"do\":\"say\",\"text\":\"* wieder da\",\"content\":{\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"wieder da\"},
		\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$first\"}}}" >/dev/null
	poll
	[ "$(jq -c 'select(.type == "mention") | [.id, .revision > 0, .text]' new)" = "[\"matrix:127.0.0.1:$first\",true,\"wieder da\"]" ]
	fake_do "{\"do\":\"redact\",\"id\":\"$first\"}" >/dev/null
	poll
	[ "$(jq -r 'select(.type == "delete") | .id' new)" = "matrix:127.0.0.1:$first" ]
}

@test "Matrix: bad pages cost nothing" {
	matrix
	each_bad_page sync say
}

@test "Matrix: an answer goes out once, whatever goes wrong" {
	matrix
	say 'Netz weg' >/dev/null
	poll
	method=PUT each_fault send/m.room.message said
	fake_state | jq -e '[.events[] | select(.sender == "@talvio:m.example") | .content["m.relates_to"]["m.in_reply_to"].event_id] | unique == ["$e1"]'
}

# ---- YouTube ----

youtube() {
	network youtube '{"access_token":"token","client_id":"i","client_secret":"s","refresh_token":"r"}' '{channel_id: "UCbrand"}'
}

remark() {
	fake_do "$(jq -nc --arg text "$1" '{do: "comment", text: $text}')" | jq -r .id
}

remarked() {
	fake_state | jq --arg text "$1" '[.comments[] | select(.snippet.authorChannelId.value == "UCbrand" and (.snippet.textOriginal | endswith($text)))] | length'
}

@test "YouTube: threads and all answers in them, each once; edits" {
	youtube
	fake_state '{"page":3}'
	first=$(remark 'Netz weg')
	poll
	for i in $(seq 8); do
		fake_do "{\"do\":\"comment\",\"parent\":\"$first\",\"name\":\"@jo\",\"text\":\"bei mir auch $i\"}" >/dev/null
	done
	poll
	[ "$(texts | sort -u | wc -l)" -eq 8 ]
	for i in 1 2 3 4 5; do
		remark "neu $i" >/dev/null
	done
	poll
	[ "$(texts | wc -l)" -eq 5 ]
	none_new
	fake_do "{\"do\":\"edit\",\"id\":\"$first\",\"text\":\"wieder da\"}" >/dev/null
	# The newest hundred threads are read each time.
	fake_state '{"page":100}'
	poll
	[ "$(jq -c 'select(.revision) | [.revision > 0, .text]' new)" = '[true,"wieder da"]' ]
	conforms youtube-v3.openapi.json
}

@test "YouTube: bad pages cost nothing" {
	youtube
	each_bad_page commentThreads remark
}

@test "YouTube: an answer goes out once, whatever goes wrong; the quota ends it for today" {
	youtube
	remark 'Netz weg' >/dev/null
	poll
	each_fault youtube/v3/comments remarked
	fake_state "{\"quota\":$(fake_state | jq .used)}"
	[ "$(patience=1s answer 'Zu viel.')" != sent ]
	[ "$(remarked 'Zu viel.')" -eq 0 ]
}

# ---- Threads ----

thread() {
	fake_do "$(jq -nc --arg text "@talvio $1" '{do: "post", text: $text}')" | jq -r .id
}

threaded() {
	fake_state | jq --arg text "$1" '[.posts[] | select(.username == "talvio" and .text == $text)] | length'
}

@test "Threads: answers below our posts and mentions, each once" {
	network threads '{"access_token":"token"}'
	ours=$(fake_do '{"do":"post","user":"talvio","text":"Neuer Tarif"}' | jq -r .id)
	thread 'Netz weg' >/dev/null
	fake_do "{\"do\":\"post\",\"to\":\"$ours\",\"text\":\"Was kostet er?\"}" >/dev/null
	poll
	[ "$(texts | sort | paste -sd '|')" = '@talvio Netz weg|Was kostet er?' ]
	[ "$(texts reply)" = 'Neuer Tarif' ]
	none_new
	thread 'noch eins' >/dev/null
	poll
	[ "$(texts)" = '@talvio noch eins' ]
}

@test "Threads: bad pages cost nothing" {
	network threads '{"access_token":"token"}'
	each_bad_page mentions thread
}

@test "Threads: an answer goes out once, whatever goes wrong" {
	network threads '{"access_token":"token"}'
	thread 'Netz weg' >/dev/null
	poll
	each_fault me/threads threaded
}

@test "what we said can be changed, and taken back" {
	network mastodon '{"access_token":"token"}'
	toot 'Netz weg' >/dev/null
	poll
	changeable tooted
	fake_stop
	reddit
	post 'Netz weg auf reddit' >/dev/null
	poll
	changeable commented
	fake_stop
	network discourse '{"api_key":"key"}'
	topic 'Netz weg im Forum' >/dev/null
	poll
	changeable posted
	fake_stop
	youtube
	remark 'Netz weg im Video' >/dev/null
	poll
	changeable remarked
	fake_stop
	network threads '{"access_token":"token"}'
	thread 'Netz weg' >/dev/null
	poll
	changeable threaded no-edits
	fake_stop
	matrix
	say 'Netz weg im Raum' >/dev/null
	poll
	[ "$(answer 'Wir schauen gleich nach.')" = sent ]
	[ "$(change edit 'Wir haben nachgesehen.')" = sent ]
	[ "$(change delete '')" = sent ]
	fake_state | jq -e '[.events[] | select(.sender == "@talvio:m.example")] | .[1].content["m.relates_to"] ==
		{rel_type: "m.replace", event_id: .[0].event_id} and .[2].redacts == .[0].event_id'
}
