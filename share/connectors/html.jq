# Questions, threads and reviews on pages that have no API.  See sme-connector(5).
#
# What is where on the page is said by XPath expressions in the source's settings:
#   url        the list, the newest first; whole, or below base
#   list       {items, fields, dates}: see sme-connector(5), "select"
#   entries    the same for the page that each item's url leads to, such as the posts of a thread; then
#              these are the events, and the list only says where something is new
#   pages      so many pages of the list, and of a thread, at most; default 3
#   threads    so many threads at most in one poll; default 20
#   kind       of the events; default "question", with entries "post"
#   interval   the least time between two requests to the site; default 5s
#
# Fields that mean something: id (else url), url, title, text or html, author, author_id, author_name,
# author_url, date, lang, replies, likes, views, thread, in_reply_to.  In the list with entries, `mark` says
# that something is new in a thread; default is replies.  robots.txt is honoured.

def meta: {
	name: "html", title: "HTML lists", version: "2026-11-26",
	as_of: {date: "2026-11-26", source: "RFC 9309 (robots.txt); W3C XPath 1.0"},
	can: ["read.post", "read.comment"],
	records: {
		# What the site's next redesign would take away.
		entry: {required: {id: "string", content: "string"}},
		page: {required: {items: "array"}}
	},
	auth: {scheme: "none"}
};

def arr: if type == "array" then . else [] end;
def native: .id // .url;

# `listed` is what the pages before it listed.
def list($account; $url; $page; $listed): {
	url: $url, tag: "list", select: $account.settings.list, context: {page: $page, listed: $listed}
};

def thread($account; $item; $url; $page): {
	url: $url, tag: "thread", select: $account.settings.entries, optional: true,
	context: {page: $page, thread: ($item | native), title: $item.title, mark: $item.mark}
};

def start($account; $cursor):
	if ($account.settings.url | type) != "string" or ($account.settings.list | type) != "object"
	then error("settings: expected url, and list with items and fields") else
		[list($account; $account.settings.url; 1; {})]
	end;

# A record says what an event needs, however the site calls it.
def record: . + {id: native, content: (.html // .text // .title)};

# A page on which nothing is found is one that has changed, not one on which nothing is new.
def empty_page: if (.body.items | arr) == [] then [{items: null, url: .request.url}] else [] end;

def mark: .mark // .replies // "";
def known: [.[] | select(native != null) | {(native): mark}] | add // {};

# Those that were not there last time, or have changed since.
def fresh($cursor): [.[] | select(native != null) | select(($cursor.seen // {})[native] != mark)];

# All pages of the list come first, then the threads.  What is seen is remembered when all of it is: with
# the last page, or with the last page of the thread.
def listed($account; $cursor; $items):
	.request as $r | ($items | fresh($cursor)) as $fresh | ($r.listed + ($items | known)) as $listed
	| (.body.next != null and $r.page < ($account.settings.pages // 3) and $items != []
		# While all of a page is new there may be more behind it.
		and ($fresh | length) == ($items | length)) as $more
	| {
		next: ([select($more) | list($account; .body.next; $r.page + 1; $listed)]
			+ [select($account.settings.entries)
				| limit($account.settings.threads // 20; $fresh[])
				| select(.url) | thread($account; . + {mark: mark}; .url; 1)]),
		cursor: (if $more then {}
			elif $account.settings.entries then
				{seen: ($listed | with_entries(select(($cursor.seen // {})[.key] == .value)))}
			else {seen: $listed} end)
	};

def continued($account; $cursor):
	.request as $r
	| if .body.next and $r.page < ($account.settings.pages // 3) then {
		next: [thread($account; {id: $r.thread, title: $r.title, mark: $r.mark}; .body.next; $r.page + 1)],
		cursor: {}
	} else {
		next: [],
		cursor: {seen: (($cursor.seen // {}) + {($r.thread): $r.mark})}
	} end;

def page($account; $cursor):
	(.body.items | arr) as $items
	| {records: {
		entry: [select(.request.tag == "thread" or ($account.settings.entries | not)) | $items[] | record],
		page: empty_page
	}} + (if .request.tag == "thread" then continued($account; $cursor)
		else listed($account; $cursor; $items) end);

# "1.204 Antworten" is 1204, "keine" is nothing.
def count:
	[strings | gsub("[.,\\s](?=[0-9]{3})"; "") | capture("(?<n>[0-9]+)").n | tonumber] | first;

def event($account):
	.kind as $kind | .data as $d | .context as $c
	| if $kind != "entry" then empty else {
		native: $d.id,
		kind: ($account.settings.kind // (if $account.settings.entries then "post" else "question" end)),
		created_at: $d.date,
		author: {native: ($d.author_id // $d.author), handle: $d.author, name: ($d.author_name // $d.author)},
		title: ($d.title // $c.title), text: $d.text, html: $d.html, url: $d.url, lang_hint: $d.lang,
		thread: ($d.thread // $c.thread), in_reply_to: $d.in_reply_to,
		metrics: {replies: ($d.replies | count), likes: ($d.likes | count), views: ($d.views | count)}
	} end;
