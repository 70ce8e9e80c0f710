# In-app messages and web chat: the company's own channel, served by sme-hook(1).  See
# sme-connector(5).
#
# In the vault: identity_secret, with which the company's server vouches for its users; reply_secret, a
# random text with which sme-publish proves that it may answer; webhook_secret, when the company's server
# delivers messages itself (POST /hook/SOURCE, signed as X-SME-Signature).
# settings:
#   chat      an object, maybe empty: sme-hook serves /chat/SOURCE/
#   author    name under which answers appear, such as the team's
#   replies   URL that takes answers; default: /chat/SOURCE/replies of the base, which is sme-hook's

def meta: {
	name: "inapp", title: "In-app messages and web chat", version: "2026-11-26",
	as_of: {date: "2026-11-26", source: "sme-hook(1)"},
	base: "http://127.0.0.1:8480", instance: "app",
	can: ["read.direct", "webhook", "reply", "edit", "delete", "thread"],
	text: {limit: 10000, count: "points"},
	records: {
		message: {required: {
			user: "string", "message.id": "string", "message.created_at": "string|number",
			"message.text": "string?", "message.name": "string|null?", "message.media": "array|null?",
			"message.revision": "number?"
		}},
		gone: {required: {user: "string", "message.id": "string"}}
	},
	auth: {scheme: "bearer", fields: ["reply_secret"], token: "reply_secret"},
	publish: {idempotency: "key", repeat: "always", lookup: true},
	webhook: {verify: "hmac", header: "X-SME-Signature"}
};

# A delivery is one happening, or {events: [...]} with several.
def webhook($account):
	[.body | objects | if has("events") then .events | arrays | .[] else . end] as $all
	| {records: {
		message: [$all[] | select(type != "object" or (.type | IN("delete") | not))],
		gone: [$all[] | objects | select(.type == "delete")]
	}};

def native($user; $id): "\($user)/\($id)";

def event($account):
	.data as $d | $d.message as $m
	| if .kind == "gone" then {type: "delete", native: native($d.user; $m.id)}
	  else {
		native: native($d.user; $m.id),
		revision: $m.revision,
		kind: "message",
		created_at: $m.created_at,
		author: {native: $d.user, handle: $d.user, name: $m.name},
		text: ($m.text // ""),
		thread: $d.user,
		direct: true,
		media: [$m.media // [] | .[] | {type, url, alt}],
		ref: {user: $d.user, id: $m.id}
	  } end;

# ---- answering ----

def replies($account): $account.settings.replies // "/chat/\($account.name | @uri)/replies";

def user($reply):
	$reply.mention.ref.user // $reply.mention.author.native
	// error("an in-app message needs somebody to go to");

# What stands behind the user in one of our ids.
def own_id: tostring | split("/") | last;

def send($account; $reply; $what): {
	method: "POST", url: replies($account), idempotent: true,
	json: ({key: $reply.part_key, user: user($reply)} + $what),
	context: {user: user($reply)}
};

def author($account):
	$account.settings.author | if . then {author: .} else {} end;

def publish($account; $reply):
	send($account; $reply; {text: $reply.text} + author($account)
		+ (if $reply.part == 0 and $reply.mention.ref.id then {in_reply_to: $reply.mention.ref.id} else {} end));

def edit($account; $reply):
	send($account; $reply; {text: $reply.text, edits: ($reply.sent.id | own_id)} + author($account));

def delete($account; $reply):
	send($account; $reply; {deletes: ($reply.sent.id | own_id)});

def published($account):
	if .status < 300 and .body.id then {id: native(.request.user; .body.id)}
	else {error: (.body.error? // "status \(.status)" | tostring)} end;

def find($account; $reply): {
	url: "\(replies($account))/\($reply.part_key | @uri)", context: {user: user($reply)}
};

def found($account; $reply):
	if .status == 200 and .body.id then {id: native(user($reply); .body.id)}
	elif .status == 404 then null
	else {unsure: "status \(.status)"} end;
