# XMPP (Jabber): messages to an address of ours, from the archive of the server; answers to them.  See
# sme-connector(5).
#
# In the vault: password, and username unless it is the handle, which is the address: brand@example.org.
# settings:
#   server   "xmpps://xmpp.example.org:5223": TLS from the first byte (XEP-0368); default is the domain of
#            the address.  xmpp://HOST is without TLS, to addresses in allow_private only.
#   since    days that the first poll looks back; default 30
#   limit    messages of a page; default 50
#
# The server must keep an archive (XEP-0313).  We never say that we are there, so nobody's presence changes.

def meta: {
	name: "xmpp", title: "XMPP", version: "2026-11-26",
	as_of: {date: "2026-11-26",
		source: "RFC 6120, 6121; XEP-0313 (archive), 0359 (ids), 0308 (edits), 0424 (deletes), 0461 (replies), 0368 (TLS)"},
	can: ["read.direct", "reply", "reply.private", "thread"],
	# Servers refuse stanzas of 64 to 256 KiB.
	text: {limit: 10000, count: "points"},
	records: {
		message: {required: {archive: "string", from: "string", body: "string|null", type: "string|null",
			stamp: "string|null", id: "string|null", origin_id: "string|null"}}
	},
	auth: {scheme: "basic", fields: ["password"]},
	limits: {buckets: {read: {n: 600, per: "1m"}, write: {n: 60, per: "1m"}}},
	# The id that we choose stands in the archive.
	publish: {idempotency: "echo", lookup: true, delay: "2s"}
};

def bare: split("/")[0] | ascii_downcase;
def own($account): $account.handle // "" | bare;
def server($account): $account.settings.server // "xmpps://\(own($account) | split("@")[1] // "")";
def days_before($days): sub("\\.[0-9]+"; "") | (fromdateiso8601 - $days * 86400) | todate;

def archive($account; $after; $start): {
	url: server($account), tag: "archive", bucket: "read", context: {start: $start},
	xmpp: {do: "page", after: $after, start: $start, limit: ($account.settings.limit // 50)}
};

# Where the archive forgets what it had, the next poll looks back from the last message that was seen.
def start($account; $cursor): [
	archive($account; $cursor.last;
		if $cursor.seen then $cursor.seen | days_before(1)
		else $account.now | days_before($account.settings.since // 30) end)
];

def page($account; $cursor):
	.body as $b | .request.start as $start | {
		records: {message: $b.messages},
		cursor: ([{last: $b.last}, {seen: ([$b.messages[]?.stamp | strings] | last)}]
			| map(with_entries(select(.value != null))) | add),
		coverage: (if $b.forgotten then {gaps: [{from: ($cursor.seen // $start), to: $start,
			reason: "the archive of the server does not go back so far"}]} else {} end),
		next: (if $b.complete == false and $b.last then [archive($account; $b.last; $start)] else [] end)
	};

# An id of the sender's own is the same in each archive, and edits and deletes name it.
def native($id): (.from | bare) as $from | if $id then "\($from)/\($id)" else .archive end;

def event($account):
	.data | (.from | bare) as $from | ($from == own($account)) as $ours
	| (if $ours then .to // "" | bare else $from end) as $peer
	| if .type == "error" or .type == "groupchat" or .type == "headline" then empty
	  elif .retract then {type: "delete", native: native(.retract), created_at: .stamp}
	  elif .body == null then empty
	  else {
		native: (if .replace then native(.replace) else native(.origin_id) end),
		kind: "message", direct: true, created_at: .stamp, text: .body, title: .subject, thread: $peer,
		author: {native: $from, handle: $from, name: (.nick // ($from | split("@")[0]))},
		revision: (if .replace then try (.stamp[0:19] + "Z" | fromdateiso8601) catch null else null end),
		ref: {from: .from, id: (.origin_id // .id), thread: .thread}
	  } + (if $ours then {type: "reply", part_key: .origin_id} | with_entries(select(.value != null)) else {} end)
	  end;

# ---- writing ----

def publish($account; $reply):
	$reply.mention as $m | {
		method: "POST", url: server($account), tag: "send", bucket: "write",
		xmpp: {do: "send", to: ($m.ref.from // $m.author.native | bare), id: $reply.part_key, body: $reply.text,
			thread: $m.ref.thread, reply_id: $m.ref.id, reply_to: $m.ref.from}
	};

def published($account): if .body.sent then {id: "\(own($account))/\(.body.sent)"} else {error: "the server did not take it"} end;

def find($account; $reply):
	$reply.mention as $m | {
		url: server($account), tag: "find", bucket: "read", context: {id: $reply.part_key},
		xmpp: {do: "find", id: $reply.part_key, with: ($m.ref.from // $m.author.native | bare),
			start: ($reply.created_at | days_before(1))}
	};

def found($account; $reply):
	if .body.found then {id: "\(own($account))/\(.request.id)"}
	elif .body.unsure then {unsure: "the archive holds too much since then"}
	else null end;
