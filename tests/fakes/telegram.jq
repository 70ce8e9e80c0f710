# Telegram, Bot API.  state: {token, bot, users: [...], chats: [...], updates: [...], messages: [...]}
def clean: with_entries(select(.value != null));
def ok($result): answer(200; {ok: true, result: $result});
def no($code; $why): answer($code; {ok: false, error_code: $code, description: $why});
def bot: .bot // {id: 7000000001, is_bot: true, first_name: "Talvio", username: "talvio_bot"};
def chat($id): [.chats[]? | select((.id | tostring) == ($id | tostring))][0];

def add($update; $now):
	((.update // 900000000) + 1) as $n | .update = $n |
	.updates = (.updates // []) + [{update_id: $n} + $update];

def add_message($from; $chat; $text; $more; $now):
	((.message // 0) + 1) as $n | .message = $n |
	.messages = (.messages // [])
		+ [({message_id: $n, from: $from, chat: $chat, date: ($now | floor), text: $text} + $more) |
		clean] |
	.last = .messages[-1];

def act($do; $now):
	if $do.do == "write" then
		([.users[]? | select(.id == $do.user)][0]) as $user |
		add_message($user; chat($do.chat); $do.text; $do.more // {}; $now) | add({message: .last}; $now)
	elif $do.do == "edit" then
		.messages |= map(if .message_id == $do.message then .text = $do.text |
			.edit_date = ($now + 60 | floor) else . end) |
		.last = [.messages[] | select(.message_id == $do.message)][0] |
			add({edited_message: .last}; $now)
	# Numbers of updates that are for nobody.
	elif $do.do == "skip" then .update = (.update // 900000000) + ($do.n // 5)
	# The same again: an update that was not confirmed comes as often as it is asked for anyway.
	elif $do.do == "again" then .updates += [.updates[-1]]
	else . end;

def handle:
	.request as $r | .state as $s |
	($r.path | capture("^/bot(?<token>[^/]+)/(?<method>[A-Za-z]+)$")?
		// {token: "", method: ""}) as $call |
	($r.query + (if ($r.body | type) == "object" then $r.body else {} end)) as $p |
	if $call.token != ($s.token // "7000000001:token") then .answer = no(401; "Unauthorized")
	elif $call.method == "getUpdates" then
		# An offset confirms all before it.
		(if $p.offset then .state.updates |= map(select(.update_id >= ($p.offset | tonumber)))
			else . end) |
		.answer = ok((.state.updates // [])[:($p.limit // 100 | tonumber)])
	elif $call.method == "sendMessage" then
		($s | chat($p.chat_id)) as $chat |
		if $chat == null then .answer = no(400; "Bad Request: chat not found")
		elif ($p.text // "") == "" then .answer = no(400; "Bad Request: message text is empty")
		elif [$p.text | explode[] | if . > 65535 then 2 else 1 end] | add > 4096
			then .answer = no(400; "Bad Request: message is too long")
		elif $chat.blocked then .answer = no(403; "Forbidden: bot was blocked by the user")
		else
			([$s.messages[]? | select(.message_id == $p.reply_parameters.message_id)][0]) as $to |
			.state |= add_message(bot; $chat | del(.blocked); $p.text;
				{message_thread_id: $p.message_thread_id,
				reply_to_message: (if $to then $to | del(.reply_to_message) else null end)}; $r.now) |
			.answer = ok(.state.last)
		end
	elif $call.method == "editMessageText" then
		([$s.messages[]? | select(.message_id == $p.message_id)][0]) as $old |
		if $old == null then .answer = no(400; "Bad Request: message to edit not found")
		elif $old.text == $p.text
			then .answer = no(400; "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
		else
			.state.messages |= map(if .message_id == $p.message_id then .text = $p.text |
				.edit_date = ($r.now | floor) else . end) |
			.answer = ok([.state.messages[] | select(.message_id == $p.message_id)][0])
		end
	elif $call.method == "deleteMessage" then
		if any($s.messages[]?; .message_id == $p.message_id) then
			.state.messages |= map(select(.message_id != $p.message_id)) | .answer = ok(true)
		else .answer = no(400; "Bad Request: message to delete not found") end
	else .answer = no(404; "Not Found") end;
