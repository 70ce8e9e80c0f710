# Telegram, Bot API: private chats, groups with and without topics, channels, business accounts.
# See sme-connector(5).
#
# In the vault: token, as BotFather gives it; webhook_secret when webhooks are received (secret_token of
# setWebhook).
# settings:
#   webhook    true: updates come by webhook (sme-hook), so that nothing is polled
#   user_id    number of the bot, to recognise what it wrote itself
#   chat       number or @name of the chat that posts go to (default: the handle)
def meta: {
	name: "telegram",
	title: "Telegram",
	version: "2026-11-26",
	as_of: {date: "2026-10-01",
		source: "core.telegram.org: Bot API 10.1; Bots FAQ (limits on sending)"},
	base: "https://api.telegram.org",
	can: ["read.post", "read.comment", "read.mention", "read.direct", "webhook", "post", "reply",
		"reply.private",
		"thread", "edit", "delete", "media"],
	text: {limit: 4096, count: "utf16"},
	records: {
		message: {required: {"message.message_id": "number|string", "message.date": "number",
			"message.chat.id": "number|string", "message.chat.type": "string",
				"message.from": "object?",
			"message.text": "string?", "message.caption": "string?"}},
		gone: {required: {"chat.id": "number|string", "message_ids": "array"}}
	},
	auth: {scheme: "none", fields: ["token"]},
	limits: {
		retry_after: {body: "parameters.retry_after", unit: "s"},
		buckets: {send: {n: 30, per: "1s"}, group: {n: 20, per: "1m"}}
	},
	errors: [
		{path: "error_code", value: 401, class: "auth"},
		{path: "error_code", value: 404, class: "auth"},
		{path: "error_code", value: 409, class: "transient"},
		{path: "error_code", value: 429, class: "transient"},
		{path: "error_code", value: 403, class: "rule"},
		{path: "description", value: "Bad Request: message is not modified", class: "ok"},
		{path: "description", value: "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message", class: "ok"},
		{path: "description", value: "Bad Request: message to delete not found", class: "ok"},
		{path: "description", value: "Bad Request: message can't be deleted for everyone",
			class: "rule"},
		{path: "description", value: "Bad Request: message can't be edited", class: "rule"},
		{status: 200, path: "ok", value: false, class: "permanent"}
	],
	reply: {},
	publish: {idempotency: "none", lookup: false},
	webhook: {verify: "telegram", header: "X-Telegram-Bot-Api-Secret-Token"}
};

def kinds: ["message", "edited_message", "channel_post", "edited_channel_post", "business_message",
	"edited_business_message", "deleted_business_messages"];

# Asking with an offset makes Telegram forget what is older: the next page is asked for when what came
# before has been handed on and the offset is saved.
def updates($offset; $context): {
	method: "POST",
	url: "/bot{secret:token}/getUpdates",
	json: ({limit: 100, timeout: 0, allowed_updates: kinds}
		+ (if $offset then {offset: ($offset | tonumber)} else {} end)),
	tag: "updates", idempotent: true, context: $context
};

def start($account; $cursor):
	if $account.settings.webhook then [] else [updates($cursor.offset; {at: $account.now})] end;

def records:
	reduce .[] as $update ({message: [], gone: []};
		reduce kinds[] as $kind (.;
			if $update[$kind] == null then .
			elif $kind == "deleted_business_messages"
				then .gone += [$update[$kind] + {update_id: $update.update_id}]
			else .message += [{update_id: $update.update_id, form: $kind,
				message: $update[$kind]}] end));

def page($account; $cursor):
	(.body.result // []) as $updates | (.request | {at}) as $context |
	# Numbers that are left out are normal.
	(if $updates | length > 0 then [$updates[].update_id | tonumber] | max + 1
		else null end) as $offset |
	{
		records: ($updates | records),
		next: (if $updates | length >= 100 then [updates($offset; $context)] else [] end),
		cursor: (if $offset then {offset: $offset} else {} end),
		coverage: {to: $context.at}
	};

def webhook($account): {records: ([.body] | records)};

def native($chat; $message): "\($chat | tostring)/\($message | tostring)";

# Positions are counted in units of UTF-16.
def units($offset; $length):
	[explode[] | if . > 65535 then (., null) else . end] | .[$offset:$offset + $length] |
		map(select(.)) | implode;

def content: .text // .caption
	// (if .sticker then .sticker.emoji // "" else null end)
	// (if .venue then "\(.venue.title), \(.venue.address)" else null end)
	// (if .location then "\(.location.latitude), \(.location.longitude)" else null end)
	// (if .contact then [.contact.first_name, .contact.last_name, .contact.phone_number] |
		map(select(.)) | join(" ") else null end)
	// (if .poll then .poll.question else null end)
	// (if .photo or .video or .animation or .audio or .voice or .video_note or .document or .live_photo
		or .paid_media
			then "" else null end);

def file($type): select(.) | {type: $type, url: "telegram:file:\(.file_id)", alt: null};

def media: [
	(.photo | select(.) | .[-1] | file("image")),
	(.video | file("video")), (.video_note | file("video")), (.animation | file("gif")),
	(.audio | file("audio")), (.voice | file("audio")),
	(select(.animation | not) | .document | file("document")), (.sticker | file("image"))
];

def links:
	. as $m | (.text // .caption // "") as $text |
	[(.entities // .caption_entities // [])[] |
		if .type == "text_link" then .url
		elif .type == "url" then . as $e | $text | units($e.offset; $e.length) |
			if test("^[a-z]+://"; "i") then . else "https://" + . end
		else empty end];

def address:
	if .chat.type == "private" then null
	elif .chat.username then "https://t.me/\(.chat.username)/\(.message_id)"
	elif .chat.id | tostring | startswith("-100")
		then "https://t.me/c/\(.chat.id | tostring | .[4:])/\(.message_id)"
	else null end;

def thread:
	(.chat.id | tostring) as $chat |
	if .chat.type == "private" then $chat
	elif .message_thread_id then "\($chat)/topic/\(.message_thread_id)"
	elif .reply_to_message then native(.chat.id; .reply_to_message.message_id)
	else native(.chat.id; .message_id) end;

def author:
	if .sender_chat then {
		native: (.sender_chat.id | tostring), handle: .sender_chat.username, name: .sender_chat.title
	} elif .from then {
		native: (.from.id | tostring), handle: .from.username,
		name: ([.from.first_name, .from.last_name] | map(select(.)) | join(" ")), bot: .from.is_bot
	} else {native: (.chat.id | tostring), handle: .chat.username, name: .chat.title} end;

def event($account):
	if .kind == "gone" then
		.data | .chat.id as $chat | .message_ids[] | {type: "delete", native: native($chat; .)}
	else
		.data | .form as $form | .message |
		content as $text |
		# Joining, leaving, a new title: nobody wrote anything.
		if $text == null then empty else {
			native: native(.chat.id; .message_id),
			revision: (if .edit_date then [.edit_date - .date, 1] | max else null end),
			type: (if .sender_business_bot or (.from and $account.settings.user_id
				and (.from.id | tostring) == ($account.settings.user_id | tostring)) then "reply"
					else "mention" end),
			kind: (if .chat.type == "private" then "message"
				elif $form | endswith("channel_post") then "post"
				elif .reply_to_message then "comment" else "post" end),
			created_at: .date,
			author: author,
			text: $text,
			lang_hint: .from.language_code,
			url: address,
			in_reply_to: (if .reply_to_message then native(.chat.id; .reply_to_message.message_id)
				else null end),
			thread: thread,
			direct: (.chat.type == "private"),
			media: media,
			links: links,
			auto: (if .from.is_bot and (.sender_chat | not) then true else null end),
			ref: ({chat: (.chat.id | tostring), message: (.message_id | tostring), type: .chat.type}
				+ (if .message_thread_id and .is_topic_message
					then {topic: (.message_thread_id | tostring)} else {} end)
				+ (if .business_connection_id then {business: .business_connection_id} else {} end))
		} end
	end;

def method($name): "/bot{secret:token}/\($name)";

def call($name; $body; $context): {
	method: "POST", url: method($name), json: $body, context: $context,
	bucket: (if $context.type == "group" or $context.type == "supergroup" or $context.type == "channel"
		then "group" else "send" end)
};

def publish($account; $reply):
	$reply.mention as $mention |
	if $mention == null then
		($reply.previous.ref.chat // $account.settings.chat
			// ("@" + ($account.handle // "" | ltrimstr("@")))) as $chat |
		call("sendMessage"; {chat_id: $chat, text: $reply.text}
			+ (if $reply.previous then {reply_parameters: {message_id: ($reply.previous.ref.message |
				tonumber)}} else {} end);
			{type: "channel"})
	elif $reply.private and ($mention.direct | not) then
		# In private: only who has talked to the bot before can be written to.
		call("sendMessage"; {chat_id: $mention.author.native, text: $reply.text}; {type: "private"})
	else
		($mention.ref // ($mention.native | split("/") | {chat: .[0], message: .[1]})) as $ref |
		call("sendMessage"; {chat_id: $ref.chat, text: $reply.text}
			+ (if $ref.topic then {message_thread_id: ($ref.topic | tonumber)} else {} end)
			+ (if $ref.business then {business_connection_id: $ref.business} else {} end)
			+ {reply_parameters: {message_id: (($reply.previous.ref.message // $ref.message) |
				tonumber), allow_sending_without_reply: true}};
			{type: $ref.type})
	end;

def published($account):
	(.body | if type == "object" then . else {} end) as $body | .request as $request |
	if $body.ok and ($body.result | type) == "object" then
		($body.result | {
			id: native(.chat.id; .message_id), url: address,
			ref: {chat: (.chat.id | tostring), message: (.message_id | tostring)}
		})
	elif $body.ok or ($body.description // "" |
		test("message is not modified|message to delete not found")) then
		{id: ($request.id // "")}
	else
		{error: (($body.description // "status \(.status)")
			+ (if $body.parameters.migrate_to_chat_id
				then "; the group is now \($body.parameters.migrate_to_chat_id)" else "" end))}
	end;

def edit($account; $reply):
	($reply.sent.id | split("/")) as [$chat, $message] |
	call("editMessageText"; {chat_id: $chat, message_id: ($message | tonumber), text: $reply.text};
		{id: $reply.sent.id});

def delete($account; $reply):
	($reply.sent.id | split("/")) as [$chat, $message] |
	call("deleteMessage"; {chat_id: $chat, message_id: ($message | tonumber)}; {id: $reply.sent.id})
		+ {idempotent: true};
