# From the lines of week/*.txt to events as sme-event(5) has them; called by `build`.
# Everything is worked out from the lines alone: the same lines always give the same bytes.

def network: {ma: "mastodon", x: "x", fb: "facebook", ig: "instagram", bs: "bluesky",
	yt: "youtube", wa: "whatsapp", me: "messenger"}[.];
def tenant: {t: "talvio", w: "wuppdi", k: "kontorlink"}[.];
def day: {"1": 16, "2": 17, "3": 18, "4": 19, "5": 20, "6": 21, "7": 22}[.];

def hash: reduce explode[] as $c (7; (. * 131 + $c) % 1000003);
def pick($n): hash % $n;
def utc: todate;

# 3.2 to 7.8 on a logarithmic scale: from two dozen to two and a half thousand
def usual_followers: (hash % 1000 / 1000) as $u | (3.2 + 4.6 * $u * $u) | exp | floor;

def known($authors): $authors | split("\n") | map(select(test("^[^#]")) | split("|"))
	| map({key: .[0], value: {name: .[1], followers: .[2], following: .[3], posts: .[4],
		since: .[5], flag: .[6]}}) | from_entries;

def options: if . == "-" then {} else
	split(",") | map(split("=") | {key: .[0], value: (.[1] // true)}) | from_entries end;

def line: capture("^(?<at>[0-9:]{5}) (?<net>[a-z]+) (?<brand>[a-z]) (?<lang>[a-z]+) (?<who>[^ ]+) (?<opts>[^ ]+) (?<text>.*)$")
	// error("not a line: \(.)");

# Lines as "06:41 fb t de Sabine.Krohn id=mo01 Guten ..." of Berlin's winter time; some have no
# options and no "-" for them.
def parse($file): . as $raw | line
	| if .opts | test("^(-$|dm\\b|id=|re=|edit=|del=|m=)") then .
	  else .text = .opts + " " + .text | .opts = "-" end
	| .opts |= options
	| .seconds = ("2026-11-\($file | match("([0-9])-[a-z]+.txt$").captures[0].string | day)T\(.at):00Z"
		| fromdate) - 3600
	| .network = (.net | network) | .tenant = (.brand | tenant)
	| .own = (.who | IN("talvio", "wuppdi", "kontorlink"))
	| .jitter = ($raw | pick(60));

def instance: if .network == "mastodon" then ["social.example", "toot.example", "nordisch.example"][.who | pick(3)]
	elif .network == "youtube" then "video.example" else .tenant end;
def base_id: "\(.network):\(if .network == "mastodon" then "social.example" else .tenant end)";
def native: "\((.seconds + .jitter) * 1000 + ("\(.who)\(.text)" | pick(1000)))";

def host: {mastodon: "social.example", x: "kurznachricht.example", facebook: "freunde.example",
	instagram: "bilder.example", bluesky: "himmel.example", youtube: "video.example"}[.];
def channel: {mastodon: "@", x: "@", instagram: "@", bluesky: "@"}[.network] as $at
	| if .network == "whatsapp" then {talvio: "+49 30 23125 100", wuppdi: "+49 30 23125 200",
		kontorlink: "+49 30 23125 300"}[.tenant] else "\($at // "")\(.tenant)" end;

def number_or($n): if . == null then $n elif . == "" then null else tonumber end;
def pretty: gsub("[._]"; " ") | sub(" +$"; "");

def author($known): .who as $who | .network as $net | ($known[$who] // {}) as $k
	| ($net | IN("whatsapp", "messenger")) as $private
	| (if $net == "whatsapp" and (.own | not) then "+49 30 23125 \(400 + ($who | pick(500)))" else $who end) as $handle
	| {id: (if $net == "mastodon" then "mastodon:\(instance):@\($who)"
			elif $private and (.own | not) then "\($net):\(.tenant):\($handle | gsub("[^A-Za-z0-9]"; ""))"
			else "\($net):\($who)" end),
		handle: $handle,
		name: ($k.name // ($who | pretty))}
	+ if $private or ($net == "facebook" and (.own | not)) then {} else {
		followers: ($k.followers | number_or($who | usual_followers)),
		following: ($k.following | number_or(40 + ($who + "f" | pick(700)))),
		posts: ($k.posts | number_or(60 + ($who + "p" | pick(6000)))),
		created_at: "\($k.since // "\(2010 + ($who | pick(15)))-0\(1 + ($who | pick(9)))-1\($who | pick(10))")T00:00:00Z",
		verified: ($k.flag == "verified"),
		bot: ($k.flag == "bot")} end;

# What a post of this author usually gets, unless the line says m=likes/shares/replies/views.
def metrics($followers): if .opts.dm then null
	elif .opts.m then (.opts.m | split("/") | map(tonumber)) as $m
		| {likes: $m[0], shares: $m[1], replies: $m[2], views: $m[3]}
	else (.text | pick(100) / 100) as $u | ((($followers // 120) | sqrt) * $u * $u) as $n
		| {likes: ($n | floor), shares: ($n / 5 | floor), replies: ($n / 7 | floor), views: null} end;

def kind: if .opts.dm then "message"
	elif .network == "youtube" then (if .who == "tilda_technik" then "video" else "comment" end)
	elif .network == "facebook" and .opts.re then "comment" else "post" end;

def media($id): .text | [scan("\\[(img|video): ([^\\]]*)\\]") | {
	type: (if .[0] == "img" then "image" else "video" end),
	url: "https://media.example/\($id | split(":") | last).\(if .[0] == "img" then "jpg" else "mp4" end)",
	alt: .[1]}];
def links: [.text | scan("https://[^ ]+[^ .,!?)]")];
def words: .text | gsub(" ?\\[(img|video): [^\\]]*\\]"; "");

# The desk sweeps every five minutes.
def fetched: (. / 300 | floor + 1) * 300 | utc;

def mention($known; $seen): author($known) as $a
	| (if .opts.edit then $seen[.opts.edit] // error("edit of unknown \(.opts.edit)") else null end) as $old
	| (if .opts.re then $seen[.opts.re] // error("reply to unknown \(.opts.re)") else null end) as $to
	| if $to and $to.network != .network then error("reply to another network: \(.who) \(.at)") else . end
	| ($old.id // "\(base_id):\(native)") as $id
	| (.seconds + .jitter) as $s
	| {type: "mention", id: $id}
	+ (if $old then {revision: 1} else {} end)
	+ {tenant, network, channel: channel, kind: kind, created_at: ($old.created_at // ($s | utc)),
		fetched_at: ($s | fetched), author: $a, text: words,
		lang_hint: (if .network | IN("mastodon", "x", "bluesky") then .lang else null end),
		url: (if .opts.dm then null else "https://\(.network | host)/\(if .network == "mastodon" then "@" else "" end)\(.who)/\($id | split(":") | last)" end),
		in_reply_to: ($to.id // $old.in_reply_to),
		thread: ($to.thread // $old.thread // (if .opts.dm then "\(base_id):with-\($a.id | split(":") | last)" else $id end)),
		direct: (.opts.dm // false), metrics: metrics($a.followers), media: media($id), links: links}
	+ (if $old then {edited_at: ($s | utc)} else {} end)
	| if .metrics == null then del(.metrics) else . end;

def removal($seen): ($seen[.opts.del] // error("removal of unknown \(.opts.del)")) as $old
	| (.seconds + .jitter) as $s
	| {type: "delete", id: $old.id, tenant, network, created_at: ($s | utc), fetched_at: ($s | fetched)};

known($authors) as $known
| reduce (inputs | select(test("^[^#]")) | parse(input_filename)) as $l ({seen: {}, out: []};
	.seen as $seen
	| ($l | if .opts.del then removal($seen) else mention($known; $seen) end) as $e
	| .out += [$e]
	| if $l.opts.id then .seen[$l.opts.id] = ($e | {id, thread, network, created_at, in_reply_to}) else . end)
| .out | sort_by(.fetched_at, .created_at)[]
