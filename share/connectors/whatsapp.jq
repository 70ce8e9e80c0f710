# WhatsApp Cloud API: messages and their states by webhook; answers.  See sme-connector(5).
#
# In the vault: access_token, of a system user (whatsapp_business_messaging); app_secret and verify_token
# for webhooks (field messages).
# settings:
#   phone_number_id  number of the own telephone number at Meta (what is for others is left alone)
#   version          of the Graph API ("v23.0")
#   echo             false: do not send biz_opaque_callback_data, which comes back with the states
def meta: {
	name: "whatsapp",
	title: "WhatsApp",
	version: "2026-11-26",
	as_of: {date: "2026-11-05",
		source: "developers.facebook.com, WhatsApp Business Platform: error codes, messages webhooks, business-scoped user ids; Graph API description v23.0"},
	base: "https://graph.facebook.com",
	can: ["read.direct", "webhook", "reply", "reply.private", "thread", "media"],
	text: {limit: 4096, count: "points"},
	records: {
		message: {required: {"id": "string", "timestamp": "string|number", "type": "string",
			"from": "string?",
			"text.body": "string?", "contact.profile.name": "string?"}},
		echo: {required: {"id": "string", "timestamp": "string|number", "type": "string"}},
		state: {required: {"id": "string", "status": "string", "timestamp": "string|number"}}
	},
	auth: {scheme: "bearer", fields: ["access_token"], token: "access_token"},
	limits: {
		buckets: {send: {n: 80, per: "1s"}}
	},
	errors: [
		{path: "error.code", value: 0, class: "auth"},
		{path: "error.code", value: 190, class: "auth"},
		{path: "error.code", value: 368, class: "auth"},
		{path: "error.code", value: 131005, class: "auth"},
		{path: "error.code", value: 131031, class: "auth"},
		{path: "error.code", value: 131042, class: "auth"},
		{path: "error.code", value: 1, class: "transient"},
		{path: "error.code", value: 2, class: "transient"},
		{path: "error.code", value: 4, class: "transient"},
		{path: "error.code", value: 17, class: "transient"},
		{path: "error.code", value: 32, class: "transient"},
		{path: "error.code", value: 613, class: "transient"},
		{path: "error.code", value: 80007, class: "transient"},
		{path: "error.code", value: 130429, class: "transient"},
		{path: "error.code", value: 131000, class: "transient"},
		{path: "error.code", value: 131016, class: "transient"},
		{path: "error.code", value: 131056, class: "transient"},
		{path: "error.code", value: 131057, class: "transient"},
		{path: "error.code", value: 10, class: "rule"},
		{path: "error.code", value: 130472, class: "rule"},
		{path: "error.code", value: 131030, class: "rule"},
		{path: "error.code", value: 131047, class: "rule"},
		{path: "error.code", value: 131048, class: "rule"},
		{path: "error.code", value: 131049, class: "rule"},
		{path: "error.code", value: 131050, class: "rule"},
		{path: "error", present: true, class: "permanent"}
	],
	reply: {window: "24h"},
	publish: {idempotency: "echo", lookup: false},
	webhook: {verify: "meta", header: "X-Hub-Signature-256", challenge: "meta"}
};

# One delivery holds several entries, each with several changes, each with several messages; and what
# has been delivered once may come again.
def once: reduce .[] as $r ([]; if any(.[]; .id == $r.id and .status == $r.status) then . else .
	+ [$r] end);

def webhook($account):
	[.body.entry[]?.changes[]? | .value as $v | select($v | type == "object") |
		select(($account.settings.phone_number_id // null) as $own |
			$own == null or ($v.metadata.phone_number_id | tostring) == ($own | tostring)) |
		{field, value: $v}] as $changes |
	{records: {
		message: ([$changes[] | select(.field == "messages") | .value as $v | $v.messages[]? | . as $m |
			. + {
			contact: ([$v.contacts[]? |
				select(.wa_id == $m.from or (.user_id != null and .user_id == $m.from_user_id))][0]
				// $v.contacts[0]?),
			number: $v.metadata.phone_number_id
		}] | once),
		echo: ([$changes[] | select(.field == "smb_message_echoes") | .value.message_echoes[]?] | once),
		state: ([$changes[] | select(.field == "messages") | .value.statuses[]?] | once)
	}};

def number: tostring | ltrimstr("+");

def content:
	if .type == "text" then .text.body
	elif .type == "button" then .button.text
	elif .type == "interactive" then
		.interactive | (.button_reply.title // .list_reply.title // (.nfm_reply | select(.) | .body)
			// "")
	elif .type == "reaction" then .reaction.emoji
	elif .type == "location" then .location | [.name, .address // "\(.latitude), \(.longitude)"] |
		map(select(.)) | join(", ")
	elif .type == "contacts" then [.contacts[]? | .name.formatted_name] | join(", ")
	elif .type == "order" then (.order.text // "")
	elif .type == "unsupported" then (.errors[0].error_data.details // .errors[0].title // "")
	else (.[.type] | objects | .caption) // "" end;

def media:
	[("image", "video", "audio", "document", "sticker") as $type | .[$type] | select(.) | {
		type: (if $type == "sticker" then "image" else $type end),
		url: "whatsapp:media:\(.id)", alt: (.filename // null)
	}];

def message($account):
	(.group_id // .from // .from_user_id | number) as $thread |
	(.from // .from_user_id | number) as $from |
	{
		native: .id, kind: "message", created_at: (.timestamp | tonumber),
		author: {
			native: $from,
			handle: (.contact.profile.username // (if .from then "+" + $from else $from end)),
			name: .contact.profile.name
		},
		text: content,
		url: null, in_reply_to: .context.id, thread: $thread, direct: (.group_id | not),
		media: media,
		links: [.referral.source_url | select(.)],
		auto: (if .type == "reaction" then true else null end),
		ref: ({to: $from, message: .id}
			+ (if .group_id then {group: .group_id} else {} end)
			+ (if .from then {} else {scoped: true} end))
	};

# What was sent with the app instead of through us.
def echo:
	{
		type: "reply", native: .id, kind: "message", created_at: (.timestamp | tonumber),
		text: content, in_reply_to: .context.id, thread: (.to | number), direct: true, media: media
	};

def event($account):
	.kind as $kind | .data |
	if $kind == "state" then
		{sent: 0, delivered: 1, read: 2, failed: 3}[.status] as $step |
		if $step == null then empty else {
			type: "reply", native: .id, revision: (if $step > 0 then $step else null end),
				kind: "message",
			created_at: (.timestamp | tonumber), state: .status, direct: true,
			thread: ((.recipient_id // .recipient_user_id // "") | number),
			part_key: .biz_opaque_callback_data,
			error: (if .errors then .errors[0] |
				"\(.code): \(.error_data.details // .message // .title)" else null end)
		} end
	elif .type == "revoke" then {type: "delete", native: .revoke.original_message_id}
	elif .type == "edit" then
		. as $edit | (.edit.message
			+ {id: .edit.original_message_id, from, from_user_id, timestamp, contact}) |
		message($account) + {revision: ($edit.timestamp | tonumber)}
	elif $kind == "echo" then echo
	# A number that changed, a reaction taken back: nobody wrote anything.
	elif .type == "system" or (.type == "reaction" and ((.reaction.emoji // "") == "")) then empty
	else message($account) end;

def messages($account):
	"/\($account.settings.version // "v23.0")/\($account.settings.phone_number_id)/messages";

def publish($account; $reply):
	if $reply.mention == null then error("WhatsApp has no posts: answers only")
	else
		$reply.mention.ref as $ref |
		{
			method: "POST", url: messages($account),
			json: ({
				messaging_product: "whatsapp",
				recipient_type: (if $ref.group and ($reply.private | not) then "group"
					else "individual" end),
				type: "text",
				text: {body: $reply.text, preview_url: false},
				context: {message_id: ($ref.message // $reply.mention.native)}
			} + (if $account.settings.echo == false then {}
				else {biz_opaque_callback_data: $reply.part_key} end)
				+ (if $ref.group and ($reply.private | not) then {to: $ref.group}
				elif $ref.scoped then {recipient: $ref.to}
				else {to: ($ref.to // $reply.mention.author.native)} end)),
			bucket: "send"
		}
	end;

def published($account):
	(.body | if type == "object" then . else {} end) as $body |
	if $body.messages[0].id then {id: $body.messages[0].id}
	else {error: ($body.error.error_data.details // $body.error.message // "status \(.status)")} end;
