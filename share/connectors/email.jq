# E-mail: a mailbox over IMAP or in files (mbox, Maildir), answers over SMTP.  See sme-connector(5).
#
# In the vault: password, and username unless it is the handle; with auth "oauth2" (Google, Microsoft)
# refresh_token, client_id, client_secret and token_url.
# settings:
#   auth          "oauth2": log in with a token
#   imap          "imaps://imap.example.com", or imap:// with STARTTLS
#   mailbox       instead of it: the path of an mbox or a Maildir
#   smtp          "smtps://smtp.example.com", or "smtp://smtp.example.com:587" with STARTTLS
#   folders       default ["INBOX"]
#   since         days that the first poll looks back; default 30
#   mark          what becomes of a mail that was handed on, with the next poll: "none" (default),
#                 "seen", or "move:FOLDER"
#   address, name our address, unless it is the handle, and the name that goes with it
#   domain        of our message ids, default that of the address
#   copies        {folder: "Sent", by: "server"}: where the server itself keeps a copy of what is sent;
#                 {folder: "Sent", by: "append"}: where a copy is to be put;
#                 {folder: "INBOX", by: "bcc"}: each mail is sent to ourselves, too
#   tls           "none": without TLS, to addresses in allow_private only
#   login         false: the SMTP server takes mail without a login
#   limit         mails of a page, default 50

def meta: {
	name: "email", title: "E-mail", version: "2026-11-26",
	as_of: {date: "2026-11-26",
		source: "RFC 3501 (IMAP), RFC 5321 and 5322, RFC 3834 (automatic mail), RFC 3464 (reports)"},
	can: ["read.direct", "reply", "reply.private", "media"],
	text: {limit: 100000, count: "points"},
	records: {
		mail: {required: {from: "array", references: "array", text: "string", hash: "string",
			attachments: "array", message_id: "string|null", received_at: "string|null"}}
	},
	auth: {
		scheme: "basic", fields: ["password"],
		alternatives: {oauth2: {
			scheme: "bearer", token: "access_token",
			fields: ["refresh_token", "client_id", "client_secret", "token_url"],
			refresh: {method: "POST", url: "{secret:token_url}", form: {
				grant_type: "refresh_token", refresh_token: "{secret:refresh_token}",
				client_id: "{secret:client_id}", client_secret: "{secret:client_secret}"}},
			take: {access_token: "access_token", refresh_token: "refresh_token", expires_in: "expires_in"}
		}}
	},
	limits: {buckets: {read: {n: 600, per: "1m"}, write: {n: 60, per: "1m"}}},
	# A Message-ID of ours is the same each time.  A server may show a copy only after a while.
	publish: {idempotency: "message-id", lookup: true, delay: "30s"}
};

def address($account): $account.settings.address // $account.handle // "";
def domain($account): $account.settings.domain // (address($account) | split("@")[1]) // "localhost.invalid";
def server($account; $mail):
	$mail + {user: ($account.handle // address($account)), tls: $account.settings.tls} | with_entries(select(.value != null));

# ---- reading ----

def days_before($days): sub("\\.[0-9]+"; "") | (fromdateiso8601 - $days * 86400) | todate;

# Where the folder's uids count anew, no mail is passed over that came since the last poll.
def since($account; $at):
	($account.settings.since // 30) as $days | ($account.now | days_before($days)) as $usual
	| if $at.seen then [$usual, ($at.seen | days_before(2))] | min else $usual end;

def in_folder($account; $folder; $at): {
	url: $account.settings.imap, tag: "folder", bucket: "read", context: {folder: $folder},
	mail: server($account; {do: "page", folder: $folder, cursor: $at, since: since($account; $at),
		limit: ($account.settings.limit // 50)})
};

def in_file($account; $at): {
	url: "file://\($account.settings.mailbox)", tag: "file", auth: false,
	context: {folder: "file"}, mail: {cursor: $at, limit: ($account.settings.limit // 50)}
};

def marking($account; $folder; $todo): ($account.settings.mark // "none") as $mark | {
	method: "POST", idempotent: true, url: $account.settings.imap, tag: "mark", bucket: "read",
	context: {folder: $folder},
	mail: server($account; $todo + {do: "mark", folder: $folder,
		move: (if $mark | startswith("move:") then $mark[5:] else null end)})
};

# What was handed on is marked first; that it was is known, for the cursor was saved behind it.
def start($account; $cursor):
	if $account.settings.mailbox then [in_file($account; $cursor["at:file"])]
	else [
		($account.settings.folders // ["INBOX"])[] as $folder
		| ($cursor["todo:\($folder)"] | select(. != null and .uids != []) | marking($account; $folder; .)),
		  in_folder($account; $folder; $cursor["at:\($folder)"])
	] end;

# What could not be marked is tried again with the next poll.
def marked($account): .body as $b | .request as $r | {
	cursor: (if $b.marked then {"todo:\($r.folder)": null} else {} end),
	coverage: (if $b.error then {gaps: [{from: .now, to: .now, reason: "could not mark: \($b.error)"}]} else {} end)
};

# Mails that are to be marked, together with those of earlier pages.
def todo($account; $cursor; $folder):
	if ($account.settings.mark // "none") == "none" then {} else
		{uidvalidity: .cursor.uidvalidity, uids: [.messages[].uid | select(. != null)]} as $new
		| $cursor["todo:\($folder)"] as $old
		| {"todo:\($folder)": (if $old.uidvalidity == $new.uidvalidity then $new | .uids = ($old.uids + .uids | unique | .[-10000:])
			else $new end)}
	end;

def gaps($cursor; $at; $now):
	[(.gap | select(. != null)), (.kind as $kind | (.unreadable // [])[]
		| if $kind == "imap" then "the server cannot hand out the mail with uid \(.)" else "the file \(.) cannot be read" end)
		| {from: $at.seen, to: $now, reason: .}];

def page($account; $cursor):
	.now as $now | .request.folder as $folder
	| if .request.tag == "mark" then marked($account)
	  else .body | $cursor["at:\($folder)"] as $at
		| {
			records: {mail: .messages},
			cursor: ({"at:\($folder)": (.cursor + {seen: $now})} + todo($account; $cursor; $folder)),
			coverage: {
				from: (if $at == null and .kind == "imap" then since($account; null) else null end),
				gaps: gaps($cursor; $at; $now)
			},
			next: (if .more | not then []
				elif .kind == "imap" then [in_folder($account; $folder; .cursor + {seen: $at.seen})]
				else [in_file($account; .cursor)] end)
		}
	  end;

# ---- mails ----

# RFC 3834, and what mail programs have made of it.  Expressions are slow, so they come last.
def is_robot:
	(split("@")[0] // "") as $name
	| ($name | IN("mailer-daemon", "postmaster", "bounce", "bounces"))
	or (($name | contains("reply") or startswith("bounce")) and
		($name | test("^(bounces?[+=.-].*|.*no-?reply|.*do-?not-?reply)([+=.-].*)?$")));

def is_automatic:
	(.auto_submitted // "no") != "no" or .return_path == "" or .list_id != null or .bulk == true
	or .autoreply != null or .report != null
	or ((.precedence // "") | IN("bulk", "junk", "list", "auto_reply", "auto-reply"))
	or (.auto_response_suppress != null and (.auto_response_suppress | test("\\b(all|oof|autoreply)\\b"; "i")))
	or ((.from[0].address // "") | ascii_downcase | is_robot);

def links: [.links[]?] + (if .text | contains("://") then
	[.text | match("https?://[^\\s<>\"]+[^\\s<>\".,;:!?)]"; "g").string] else [] end) | unique;

def media: .message_id as $id | [.attachments[] | {
	type: (.type | if test("^(image|video|audio)/") then split("/")[0] else "file" end),
	url: "mid:\($id // "" | @uri)/\(.content_id // .sha256 | @uri)",
	alt: .name
}];

# The first and the last ids of a thread; where a mail names none, its own begins one.
def ids: if length > 20 then .[:1] + .[-19:] else . end;

def about: {message_id, references: (.references | ids), subject,
	reply_to: (.reply_to[0] // .from[0]), return_path, received_at,
	attachments: [.attachments[:20][] | {name, type, size, sha256}]};

def mail($account): {
	native: (.message_id // .hash),
	kind: "message", direct: true,
	created_at: (.date // .received_at), indexed_at: .received_at,
	author: ((.from[0] // {address: "unknown", name: null}) | {native: (.address | ascii_downcase), handle: .address, name: .name}),
	text: (if .text == "" then .subject // "" else .text end), title: .subject, links: links, media: media,
	in_reply_to: (.in_reply_to // .references[-1]),
	thread: (.references[0] // .in_reply_to // .message_id // .hash),
	auto: (if is_automatic then true else null end),
	ref: about
};

# What became of a mail of ours: RFC 3464 and RFC 8098.
def outcome:
	.report as $r | ($r.recipients[0] // {}) as $to
	| if $r.type == "disposition-notification" then {state: "read"}
	  elif $r.type != "delivery-status" then null
	  elif $to.action == "failed" then {state: "failed",
		error: ([$to.status, $to.diagnostic, $to.address] | map(select(. != null)) | join(" "))}
	  elif $to.action == "delivered" then {state: "delivered"}
	  else null end;

def is_ours($account): (. // "") | test("^[0-9A-Za-z]+-[0-9]+@") and endswith("@" + domain($account));

def event($account):
	.data
	| if (.flags // []) | any(. == "draft" or . == "deleted") then empty
	  elif .report != null and outcome != null and (.report.original | is_ours($account)) then
		outcome + {type: "reply", native: .report.original, part_key: (.report.original | split("@")[0]), kind: "message", direct: true,
			created_at: (.date // .received_at), text: ""}
	  elif ((.from[0].address // "") | ascii_downcase) == (address($account) | ascii_downcase)
	       and address($account) != "" then
		(if .message_id | is_ours($account) then {part_key: (.message_id | split("@")[0])} else {} end) as $part
		| mail($account) + $part | .type = "reply" | del(.auto)
	  else mail($account) end;

# ---- writing ----

def message_id($account; $reply): "\($reply.part_key)@\(domain($account))";

# "Re: ", once, whatever stood there in whatever language.
def answered: "Re: " + ((. // "") | gsub("^\\s*((re|aw|antw|sv|vs|odp|ynt|rif)(\\[[0-9]+\\])?\\s*:\\s*)+"; ""; "i"));

def copy($account):
	$account.settings.copies as $c | if $c.by == "append" then {url: $account.settings.imap, folder: $c.folder} else null end;

# A person answers to Reply-To, a program to where the mail came from (RFC 3834, 4): anybody can write the
# address of a third one into a Reply-To.
def addressee($reply):
	$reply.mention.ref as $ref
	| if $reply.auto and ($ref.return_path // "") != "" then {address: $ref.return_path}
	  else $ref.reply_to // {address: $reply.mention.author.handle, name: $reply.mention.author.name} end;

def publish($account; $reply):
	$reply.mention.ref as $ref
	| (($ref.references // []) + [$ref.message_id] + [$reply.previous.id] | map(select(. != null)) | ids) as $before
	| address($account) as $me
	| {
		method: "POST", url: $account.settings.smtp, tag: "send", bucket: "write",
		mail: (server($account; {
			from: {address: $me, name: $account.settings.name},
			to: [addressee($reply)],
			bcc: (if $account.settings.copies.by == "bcc" then [{address: $me}] else null end),
			subject: ($ref.subject | answered), text: $reply.text, date: $reply.created_at,
			message_id: message_id($account; $reply), in_reply_to: ($reply.previous.id // $ref.message_id),
			references: $before, auto: $reply.auto, lang: $reply.lang, helo: domain($account),
			login: $account.settings.login, copy: copy($account)}))
	};

def published($account): {id: .body.message_id}
	+ (if .body.copy_error then {ref: {copy_error: .body.copy_error}} else {} end);

def find($account; $reply):
	$account.settings.copies as $c
	| if $c == null or $account.settings.imap == null then
		error("nobody keeps copies of what is sent; see the setting copies")
	  else {
		url: $account.settings.imap, tag: "find", bucket: "read",
		context: {id: message_id($account; $reply)},
		mail: server($account; {do: "find", folder: $c.folder, message_id: message_id($account; $reply)})
	  } end;

# A copy that we put there ourselves comes after the mail went out, and one that is sent takes its time in
# queues: without one the mail may have gone out.
def found($account; $reply):
	(.body.found? // null) as $n
	| if $n == null then {unsure: "the folder \($account.settings.copies.folder) cannot be read"}
	  elif $n > 0 then {id: .request.id}
	  elif $account.settings.copies.by != "server" then {unsure: "there is no copy in \($account.settings.copies.folder)"}
	  else null end;
