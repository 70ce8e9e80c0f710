# Any API that lists what people wrote as JSON.  See sme-connector(5).
#
# What is where is said in the source's settings, by dotted paths ("data.items", "author.name", "0.id"):
#   url        the list; whole, or below base
#   query, headers   objects that go with each request; {secret:NAME} is a field of the vault
#   items      path of the list in the body; without it the body is the list
#   fields     {id, text or html, created_at, ...}: each a path in an item.  Known are id, text, html, title,
#              created_at, indexed_at, revision, url, lang, kind, direct, in_reply_to, thread, author, author_id,
#              author_name, followers, likes, shares, replies, views
#   kind       of the events, where no field tells; default "post"
#   next       how to go on: {path: PATH of the next URL}, {link: true} (the Link header), {cursor: PATH, query: NAME},
#              or {page: NAME, from: 1} (a number); without it there is one page
#   pages      so many pages in one poll, at most; default 10
#   since      {query: NAME, field: PATH in an item}: ask for what is newer than the newest seen
#   order      "oldest" when the list begins with the oldest; default "newest": then a page with an item that
#              is known ends the poll

def meta: {
	name: "json", title: "JSON API", version: "2026-11-26",
	as_of: {date: "2026-11-26", source: "RFC 8259 (JSON); RFC 8288 (Link)"},
	can: ["read.post", "read.comment"],
	records: {
		item: {required: {id: "string|number", content: "string"}},
		page: {required: {items: "array"}}
	},
	# The vault is opened for settings that name a secret.
	auth: {scheme: "none", fields: []}
};

def anonymous($account): $account.settings | tojson | contains("{secret:") | not;

# What stands at a dotted path; null when nothing does.
def at($path):
	reduce ($path | split("."))[] as $name (.;
		if type == "object" then .[$name]
		elif type == "array" and ($name | test("^[0-9]+$")) then .[$name | tonumber]
		else null end);

# What the settings call $name, in an item.
def field($f; $name): if $f[$name] then at($f[$name]) else null end;

def oldest($account): $account.settings.order == "oldest";

def request($account; $query; $context): {
	url: $account.settings.url, headers: ($account.settings.headers // {}), tag: "list",
	query: (($account.settings.query // {}) + $query), context: $context
} + if anonymous($account) then {auth: false} else {} end;

def start($account; $cursor):
	$account.settings as $s
	| if ($s.url | type) != "string" or ($s.fields.id | type) != "string"
		or ($s.fields.text // $s.fields.html | type) != "string"
	  then error("settings: expected url, and fields with id and text or html")
	  else
		(if $s.next.page then {($s.next.page): ($s.next.from // 1)} else {} end) as $page
		| (if $s.since and $cursor.mark != null then {($s.since.query): $cursor.mark} else {} end) as $since
		| [request($account; $page + $since; {page: 1, query: $since})]
	  end;

def link: [(.headers.link // "") | scan("<([^>]*)> *; *rel=\"?next\"?") | .[0]] | first;

# The request for the page behind this one, or null.
def following($account):
	$account.settings.next as $n | .request as $r
	| {page: ($r.page + 1), query: $r.query} as $context
	| (if $n.path then .body | at($n.path) elif $n.link == true then link else null end) as $url
	| (if $n.cursor then .body | at($n.cursor) else null end) as $cursor
	| if ($url | type) == "string" and $url != "" then
		request($account; {}; $context) | .url = $url | del(.query)
	  elif $cursor != null and $cursor != "" then request($account; $r.query + {($n.query): $cursor}; $context)
	  elif $n.page then
		request($account; $r.query + {($n.page): (($n.from // 1) + $r.page)}; $context)
	  else null end;

def page($account; $cursor):
	$account.settings as $s | .request as $r
	| (.body | if $s.items then at($s.items) else . end) as $list
	| (if ($list | type) == "array" then $list else [] end) as $items
	| [$items[] | at($s.fields.id) | select(. != null) | tostring] as $ids
	| (if $r.page == 1 then $ids[:100] else $r.first // [] end) as $first
	| (if $s.since == null then null
	   elif oldest($account) then $items[-1] | at($s.since.field) // $r.mark
	   else $r.mark // ($items[0] | at($s.since.field)) end) as $mark
	| ($cursor.known // []) as $known
	| (if $items == [] or $r.page >= ($s.pages // 10)
		or ((oldest($account) | not) and ($ids - $known | length) < ($ids | length))
	   then null else following($account) end) as $next
	| {
		records: {
			item: [$items[] | {
				id: at($s.fields.id), content: field($s.fields; if $s.fields.text then "text" else "html" end), item: .}],
			page: (if ($list | type) == "array" then [] else [{items: $list, url: $r.url}] end)
		},
		next: [$next | select(.) | .context += {first: $first, mark: $mark}],
		cursor: (if $next then {} else
			(if $first == [] then {} else {known: $first} end)
			+ (if $mark == null then {} else {mark: $mark} end) end)
	};

def event($account):
	if .kind != "item" then empty else
		$account.settings as $s | $s.fields as $f | .data as $d
		| $d.item
		| (field($f; "author") // field($f; "author_id") // field($f; "author_name")) as $author
		| {
			native: ($d.id | tostring),
			kind: (field($f; "kind") // $s.kind // "post"),
			revision: field($f; "revision"),
			created_at: field($f; "created_at"),
			indexed_at: field($f; "indexed_at"),
			author: {
				native: (field($f; "author_id") // $author),
				handle: $author,
				name: (field($f; "author_name") // $author),
				followers: field($f; "followers")
			},
			text: (if $f.text then $d.content else null end),
			html: (if $f.text then null else $d.content end),
			title: field($f; "title"),
			url: field($f; "url"),
			lang_hint: field($f; "lang"),
			direct: (field($f; "direct") == true),
			in_reply_to: field($f; "in_reply_to"),
			thread: field($f; "thread"),
			metrics: {
				likes: field($f; "likes"),
				shares: field($f; "shares"),
				replies: field($f; "replies"),
				views: field($f; "views")
			}
		}
	end;
