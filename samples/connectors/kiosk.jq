# Kiosk, a network that does not exist: the example of sme-connector(5).

def meta: {
  name: "kiosk",
  title: "Kiosk",
  version: "2026-11-26",
  as_of: {date: "2026-11-26", source: "the example of sme-connector(5)"},
  can: ["read.mention", "read.direct", "reply", "reply.private", "thread"],
  text: {limit: 200, count: "points", url: 20},
  records: {
    note: {required: {id: "string|number", text: "string", posted: "number", "by.nick": "string",
                      parent: "string|number?"}},
    gone: {required: {id: "string|number"}}
  },
  auth: {scheme: "bearer", fields: ["access_token"], token: "access_token"},
  limits: {
    headers: {remaining: "kiosk-left", reset: "kiosk-reset", style: "seconds"},
    buckets: {read: {n: 30, per: "1m"}, write: {n: 10, per: "1m"}}
  },
  errors: [{status: 409, path: "error", value: "closed", class: "rule"}],
  reply: {window: "7d", visibility: "keep"},
  publish: {idempotency: "key", repeat: "1d", lookup: true}
};

# One request: what is newer than what we have seen.
def start($account; $cursor):
  [{url: "/api/notes", query: {after: $cursor.last, to: $account.handle}, bucket: "read"}];

# Kiosk lists the oldest first, so that the last id of a page is the new high-water mark.
def page($account; $cursor):
  .body as $b
  | {
      records: {note: ($b.notes // []), gone: ($b.gone // [])},
      next: (if $b.more == true and ($b.last | type) == "string"
             then [{url: "/api/notes", query: {after: $b.last, to: $account.handle}, bucket: "read"}]
             else [] end),
      cursor: (if ($b.last | type) == "string" then {last: $b.last} else {} end)
    };

def event($account):
  .data as $d
  | if .kind == "gone" then {type: "delete", native: $d.id}
    else {
      native: $d.id,
      type: (if $d.by.nick == $account.handle then "reply" else "mention" end),
      created_at: $d.posted,
      author: {native: $d.by.nick, handle: $d.by.nick, name: $d.by.name, followers: $d.by.fans},
      text: $d.text,
      in_reply_to: $d.parent,
      thread: $d.root,
      direct: ($d.private == true),
      url: (if $d.private == true then null else "\($account.base)/n/\($d.id)" end),
      metrics: {likes: $d.hearts},
      ref: {root: ($d.root // $d.id)}
    } end;

# The network drops a second note with the same "once".
def publish($account; $reply):
  {method: "POST", url: "/api/notes", bucket: "write", idempotent: true,
   json: {text: $reply.text, private: $reply.private, once: $reply.part_key,
          parent: ($reply.previous.id // $reply.mention.native)}};

def published($account):
  if (.body | type) != "object" then {error: "the answer is no JSON"}
  elif .body.id then {id: (.body.id | tostring), url: "\($account.base)/n/\(.body.id)"}
  else {error: (.body.error // "no id")} end;

def find($account; $reply):
  {url: "/api/notes", query: {once: $reply.part_key}, bucket: "read"};

def found($account; $reply):
  if (.body | type) != "object" or (.body.notes | type) != "array" then {unsure: "the answer has no list of notes"}
  else (.body.notes | map(select(.once == $reply.part_key)) | first) as $note
    | if $note then {id: ($note.id | tostring), url: "\($account.base)/n/\($note.id)"} else null end
  end;
