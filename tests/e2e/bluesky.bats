#!/usr/bin/env bats
# A user writes to the brand on a real Bluesky network: it is seen once, and answered once, in its thread.
bats_require_minimum_version 1.5.0
load peers

setup_file() {
	peers_open
	peer_need bluesky setpriv jq /usr/lib/postgresql npm:@atproto/dev-env || return 0
	bluesky_start
}

teardown_file() {
	peers_close
}

# xrpc METHOD BODY [TOKEN]: call the PDS.
xrpc() {
	curl -sS --fail-with-body "$PDS/xrpc/$1" -H 'content-type: application/json' -d "$2" ${3:+-H "authorization: Bearer $3"}
}

ask() { # ask METHOD QUERY TOKEN
	curl -sS --fail-with-body -G "$PDS/xrpc/$1?$2" -H "authorization: Bearer $3"
}

# join NAME: an account NAME.test; its DID and token in NAME_did and NAME_token.
join() {
	xrpc com.atproto.server.createAccount \
		"{\"handle\":\"$1.test\",\"email\":\"$1@example.test\",\"password\":\"pass-$1\"}" >joined
	eval "$1_did=$(jq .did joined) $1_token=$(jq .accessJwt joined)"
}

# say DID TOKEN TEXT [MEMBERS]: a post; {uri, cid} in the file said.
say() {
	jq -nc --arg did "$1" --arg text "$3" --argjson more "${4:-{\}}" '{repo: $did, collection: "app.bsky.feed.post",
		record: ({"$type": "app.bsky.feed.post", text: $text, createdAt: (now | todate)} + $more)}' >post
	xrpc com.atproto.repo.createRecord "$(<post)" "$2" >said
}

# What mentions the brand at the start of a text.
naming() {
	jq -nc --arg did "$1" --argjson n "$2" '{facets: [{index: {byteStart: 0, byteEnd: $n},
		features: [{"$type": "app.bsky.richtext.facet#mention", did: $did}]}]}'
}

setup() {
	peers_ready
	cd "$BATS_TEST_TMPDIR" || return
	export SME_CONFIG=$PWD/sme.jq SME_HOME=$PWD/home XDG_CONFIG_HOME=$PWD/none
	n=$BATS_TEST_NUMBER
	brand=brand$n user=user$n
	join $brand
	join $user
	did=${brand}_did token=${user}_token user_did=${user}_did
	did=${!did} token=${!token} user_did=${!user_did}
	cat >sme.jq <<-EOF
		{sources: [{name: "talvio", connector: "bluesky", tenant: "north", channel: "@$brand.test",
			handle: "$brand.test", base: "$PDS", allow_private: ["127.0.0.1", "::1"]}],
		 tenants: {north: {}}}
	EOF
	sme-vault init
	printf 'pass-%s' $brand | sme-vault put --tenant north talvio app_password
}

poll() {
	sme-fetch --all >polled
	sme-log append "$PWD/log" polled >new
}

# The mentions that came with the last poll, not counting what was known.
mentions() {
	jq -c 'select(.type == "mention")' new
}

# eventually COMMAND...: servers index what was written a moment later.
eventually() {
	local until=$((SECONDS + 60))
	until "$@"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}

# Has the AppView the post in the file said?
indexed() {
	ask app.bsky.feed.getPosts "uris=$(jq -r '.uri | @uri' said)" "$token" | jq -e '.posts | length == 1' >/dev/null
}

mentioned() { # mentioned COUNT
	poll
	mentions >>seen
	[ "$(wc -l <seen)" -ge "$1" ]
}

# approve TEXT...: what stands in the file seen, with an approved reply of these parts, in which % stands
# for the last word of the mention.
approve() {
	jq -c --args '. + {reply: {state: "approved", source: "snippet:s", p: null, why: [],
		text: ((.text | split(" ") | last) as $word | $ARGS.positional | map(gsub("%"; $word))),
		key: (.id | @base64 | explode | map(tostring) | join("") | .[-32:])}}' "$@" <seen >approved
}

# The answers below a post, depth first, as {text, author, below}.
thread() {
	ask app.bsky.feed.getPostThread "uri=$1&depth=10" "$token" |
		jq -c 'def walk: [.replies[]? | {text: .post.record.text, by: .post.author.handle, below: walk}]; .thread | walk'
}

@test "a mention and an answer are seen, each once" {
	text="@$brand.test seit gestern kein Netz in Köln"
	say "$user_did" "$token" "$text" "$(naming "$did" $((${#brand} + 6)))"
	eventually mentioned 1
	[ "$(jq -r .text seen)" = "$text" ]
	[ "$(jq -r .id seen)" = "bluesky:bsky.app:$(jq -r .uri said)" ]
	[ "$(jq -r .author.handle seen)" = $user.test ]
	[ "$(jq -r .author.id seen)" = "bluesky:bsky.app:$user_did" ]
	[ "$(jq -r .author.posts seen)" = 1 ]
	token_brand=${brand}_token
	say "$did" "${!token_brand}" 'Wir sind für Sie da'
	root=$(<said)
	eventually indexed
	say "$user_did" "$token" 'Immer noch nicht' "{\"reply\":{\"root\":$root,\"parent\":$root}}"
	eventually mentioned 2
	[ "$(jq -r 'select(.text == "Immer noch nicht") | .in_reply_to' seen)" = "bluesky:bsky.app:$(jq -r .uri <<<"$root")" ]
	# All of it comes again, and nothing of it is new.
	poll
	[ "$(jq -c 'select(.type == "mention")' polled | wc -l)" -eq 2 ]
	[ "$(mentions | wc -l)" -eq 0 ]
	[ "$(sme-log cat log | jq -c 'select(.type == "mention")' | wc -l)" -eq 2 ]
	# What the brand wrote itself, elsewhere, is there as a reply.
	[ "$(sme-log cat log | jq -r 'select(.type == "reply") | .text')" = 'Wir sind für Sie da' ]
}

@test "a post of the year 1 is seen, with the time at which it was written" {
	say "$user_did" "$token" "@$brand.test alt" "$(naming "$did" $((${#brand} + 6)))"
	eventually mentioned 1
	say "$user_did" "$token" "@$brand.test uralt" \
		"$(naming "$did" $((${#brand} + 6)) | jq -c '. + {createdAt: "0001-01-01T00:00:00Z"}')"
	eventually mentioned 2
	[[ "$(jq -r 'select(.text | endswith("uralt")) | .created_at' seen)" == "$(date -u +%Y-%m-%dT)"* ]]
}

@test "a mention that is gone comes as a delete" {
	say "$user_did" "$token" "@$brand.test eins" "$(naming "$did" $((${#brand} + 6)))"
	first=$(jq -r .uri said)
	say "$user_did" "$token" "@$brand.test zwei" "$(naming "$did" $((${#brand} + 6)))"
	eventually mentioned 2
	xrpc com.atproto.repo.deleteRecord \
		"{\"repo\":\"$user_did\",\"collection\":\"app.bsky.feed.post\",\"rkey\":\"${first##*/}\"}" "$token" >/dev/null
	deleted() { poll; grep -q '"type":"delete"' new; }
	eventually deleted
	[ "$(jq -r 'select(.type == "delete") | .id' new)" = "bluesky:bsky.app:$first" ]
	poll
	[ "$(jq -c 'select(.type == "delete")' new | wc -l)" -eq 0 ]
}

@test "a session that has ended is renewed, one that cannot be is opened anew" {
	poll
	sme-vault get --tenant north talvio >entry
	[ "$(jq -r 'has("access_token") and has("refresh_token")' entry)" = true ]
	# The same token, but it ended an hour ago: as the server would have signed it.
	jq -j .access_token entry | node -e '
		const crypto = require("crypto"), token = require("fs").readFileSync(0, "utf8").split(".")
		const claims = JSON.parse(Buffer.from(token[1], "base64url"))
		claims.iat -= 7200, claims.exp = claims.iat + 3600
		const text = token[0] + "." + Buffer.from(JSON.stringify(claims)).toString("base64url")
		process.stdout.write(text + "." + crypto.createHmac("sha256", "jwt-secret").update(text).digest("base64url"))
	' >ended
	run curl -sS "$PDS/xrpc/com.atproto.server.getSession" -H "authorization: Bearer $(<ended)"
	[[ "$output" == *ExpiredToken* ]]
	sme-vault put --tenant north talvio access_token <ended
	poll
	[ "$(sme-vault get --tenant north talvio access_token)" != "$(<ended)" ]
	# Both tokens are of no use any more: the password opens a new session.
	sme-vault put --tenant north talvio access_token <ended
	sme-vault put --tenant north talvio refresh_token <ended
	poll
	[ "$(sme-vault get --tenant north talvio access_token)" != "$(<ended)" ]
	[ "$(sme-vault get --tenant north talvio refresh_token)" != "$(<ended)" ]
}

@test "a wrong password is said once, and is no reason to try on" {
	printf 'wrong' | sme-vault put --tenant north talvio app_password
	run --separate-stderr sme-fetch --all
	[ "$status" -ne 0 ]
	[[ "$stderr" == *talvio* ]]
	[[ "$stderr" != *wrong* ]]
}

@test "an approved reply is visible once, in its thread" {
	say "$user_did" "$token" "@$brand.test kein Netz" "$(naming "$did" $((${#brand} + 6)))"
	eventually mentioned 1
	approve "Guten Tag @$user.test, siehe https://talvio.example/störung 👩‍🚀" 'Alle 30 Minuten neu.'
	sme-publish approved >published
	[ "$(jq -r 'select(.type == "reply") | .state' published)" = sent ]
	sme-publish approved >again
	uri=$(jq -r .ref.uri seen)
	answered() { [ "$(thread "$uri" | jq '[.. | objects] | length')" -ge 2 ]; }
	eventually answered
	[ "$(thread "$uri")" = "$(jq -nc --arg by $brand.test --arg user $user.test '[{text: "Guten Tag @\($user), siehe https://talvio.example/störung 👩‍🚀",
		by: $by, below: [{text: "Alle 30 Minuten neu.", by: $by, below: []}]}]')" ]
	# The name and the link are what they point to, by bytes.
	ask app.bsky.feed.getPostThread "uri=$uri" "$token" | jq -c '[.thread.replies[0].post.record | .facets[].features[0]]' >facets
	[ "$(jq -r '.[0].did' facets)" = "$user_did" ]
	[ "$(jq -r '.[1].uri' facets)" = 'https://talvio.example/störung' ]
	# The user was told.
	ask app.bsky.notification.listNotifications '' "$token" | jq -e '[.notifications[].reason] | index("reply") or index("mention")'
	# And it can be taken back, all of it.
	jq -c '.reply = {state: "approved", by: "lea", kind: "delete", of: .reply.key, key: (.reply.key[:20] + "00000000"), text: [""]}' \
		approved >back
	sme-publish back >outcome
	[ "$(jq -r 'select(.type == "reply") | .state' outcome)" = sent ]
	[ "$(ask com.atproto.repo.listRecords "repo=$did&collection=app.bsky.feed.post" "$token" | jq '.records | length')" -eq 0 ]
}

@test "killed at any moment, the publisher leaves one answer" {
	for i in $(seq 8); do
		say "$user_did" "$token" "@$brand.test Frage$i" "$(naming "$did" $((${#brand} + 6)))"
	done
	eventually mentioned 8
	approve 'Zu %: wir schauen nach.' 'Alle 30 Minuten neu.'
	kills=0
	for delay in 0.02 0.05 0.08 0.11 0.15 0.2 0.25 0.3 0.4 0.5 0.7; do
		timeout -s KILL $delay sme-publish approved >/dev/null 2>&1 || [ $? -ne 137 ] || kills=$((kills + 1))
	done
	[ $kills -ge 4 ]
	sme-publish approved >published
	[ "$(jq -r 'select(.type == "reply" and .state == "sent") | .key' published | sort -u | wc -l)" -eq 8 ]
	[ -z "$(sme-publish --unknown)" ]
	complete() {
		jq -r '.ref.uri + " " + (.text | split(" ") | last)' seen | while read -r uri word; do
			[ "$(thread "$uri" | jq -c '[.. | objects | .text]')" = \
				"[\"Zu $word: wir schauen nach.\",\"Alle 30 Minuten neu.\"]" ] || return
		done
	}
	eventually complete || { jq -r .ref.uri seen | while read -r uri; do thread "$uri"; done; false; }
}
