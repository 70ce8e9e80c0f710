# The network of tests/tools/api_test.c.  settings.way: "down" (newest first, the default), "up".
def meta: {
	name: "chirp", title: "Chirp", version: "1",
	as_of: {date: "2026-11-26", source: "tests/tools/api_test.c"},
	can: ["read.mention", "reply"],
	text: {limit: 200, count: "points"},
	records: {post: {required: {id: "string|number", text: "string", "by.name": "string"}}},
	auth: {
		scheme: "session", fields: ["password"], token: "access_token",
		session: {method: "POST", url: "/login", json: {user: "{account:handle}", password: "{secret:password}"}},
		refresh: {method: "POST", url: "/refresh", form: {grant_type: "refresh_token",
			refresh_token: "{secret:refresh_token}"}},
		take: {access_token: "token", refresh_token: "refresh", expires_in: "expires_in"},
		public: {did: "did"}
	},
	limits: {
		headers: {limit: "X-Limit", remaining: "X-Remaining", reset: "X-Reset", style: "epoch"},
		retry_after: {body: "parameters.retry_after", unit: "s"}
	},
	errors: [{status: 200, path: "problem", value: "busy", class: "transient"},
		{status: 200, path: "problem", present: true, class: "rule"}]
};

def size($account): $account.settings.size // 5;

def start($account; $cursor):
	if $account.settings.way == "up"
	then [{url: "/v1/up", tag: "up", query: {limit: size($account), after: $cursor.last}}]
	else [{url: "/v1/mentions", tag: "down", query: {limit: size($account), after: $cursor.last},
		context: {top: null, stop: $cursor.last}}] end;

def page($account; $cursor):
	.request as $r | .body.data as $d
	| if $r.tag == "up" then {
		records: {post: $d},
		cursor: (if $d == [] then {} else {last: ($d[-1].id | tostring)} end),
		next: (if .body.next then [{url: "/v1/up", tag: "up",
			query: {limit: size($account), after: .body.next}}] else [] end)
	  } else ($r.top // $d[0].id // $r.stop) as $top | {
		records: {post: $d},
		cursor: (if .body.next then {} else {last: ($top | if . == null then . else tostring end)} end),
		next: (if .body.next then [{url: "/v1/mentions", tag: "down",
			query: {limit: size($account), before: .body.next, after: $r.stop},
			context: {top: ($top | tostring), stop: $r.stop}}] else [] end)
	  } end;

def event($account): .data | {native: .id, kind: "post", created_at: .at, text: .text,
	author: {native: .by.name, handle: .by.name}};

def publish($account; $reply): {url: "/v1/posts", json: {text: $reply.text, by: $account.public.did}};
def published($account): {id: .body.id};
