# The network of tests/tools/counting_server.c.  OFFER is replaced by what a mode of it offers.
def meta: {
	name: "count",
	title: "Counting server",
	as_of: {date: "2026-11-26", source: "tests/tools/counting_server.c"},
	can: ["read.post", "read.direct", "post", "reply", "reply.private", "thread", "edit", "delete"],
	text: {limit: 40, count: "points"},
	auth: {scheme: "none"},
	publish: OFFER
};

def publish($account; $reply):
	{method: "POST", url: "/post", headers: {"Idempotency-Key": $reply.part_key},
	    json: {key: $reply.part_key, text: $reply.text, after: $reply.previous.id,
	        to: $reply.mention.native, at: $reply.created_at}};

def published($account): {id: .body.id, url: .body.url};

def find($account; $reply): {url: "/find", query: {key: $reply.part_key}};

def found($account; $reply):
	if (.body | type) != "object" then {unsure: "no list"}
	elif .body.items[0] then {id: .body.items[0].id}
	else null end;
