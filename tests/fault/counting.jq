# The network of tests/tools/counting_server.c.  OFFER is replaced by what a mode of it offers.
def meta: {
	name: "count",
	title: "Counting server",
	as_of: {date: "2026-11-26", source: "tests/tools/counting_server.c"},
	can: ["read.post", "read.direct", "post", "reply", "reply.private", "thread", "edit", "delete"],
	text: {limit: 40, count: "points"},
	auth: {scheme: "none"},
	limits: {buckets: {write: {n: 100, per: "1h"}, scarce: {n: 2, per: "1h"}},
		price: {reply: 0.5, post: 0.25, message: 0}},
	reply: {window_direct: "24h", tag_window: "7d"},
	publish: OFFER
};

def publish($account; $reply):
	{method: "POST", url: "/post", headers: {"Idempotency-Key": $reply.part_key},
	    bucket: ($account.settings.bucket // "write"),
	    json: {key: $reply.part_key, text: $reply.text, after: $reply.previous.id,
	        to: $reply.mention.native, at: $reply.created_at}};

def published($account): {id: .body.id, url: .body.url};

def edit($account; $reply):
	{method: "POST", url: "/post", json: {key: $reply.part_key, changes: $reply.sent.id, text: $reply.text}};

def delete($account; $reply):
	{method: "POST", url: "/post", json: {key: $reply.part_key, removes: $reply.sent.id}};

def find($account; $reply): {url: "/find", query: {key: $reply.part_key}};

def found($account; $reply):
	if (.body | type) != "object" then {unsure: "no list"}
	elif .body.items[0] then {id: .body.items[0].id}
	else null end;
