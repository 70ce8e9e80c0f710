# Pages of 40 Mastodon notifications, as a server sends them.  Input: the number of pages.
def pick($n; $list): $list[$n % ($list | length)];
def words: ["kein", "Netz", "seit", "gestern", "in", "Kiel", "und", "der", "Router", "blinkt", "rot", "bitte",
	"help", "my", "line", "is", "down", "again", "thanks", "für", "die", "schnelle", "Antwort", "&amp;"];
def account($n): "kim\($n % 997)" as $name | {
	id: "\(109300000000000000 / 1000 | floor)\($n)", username: $name, acct: "\($name)@other.example",
	display_name: "Kim \($n % 997)", locked: false, bot: ($n % 40 == 0), discoverable: true, indexable: false,
	group: false, created_at: "2019-02-01T00:00:00.000Z", note: "<p>Reads, writes and rides a bicycle.</p>",
	url: "https://other.example/@\($name)", uri: "https://other.example/users/\($name)",
	avatar: "https://files.other.example/accounts/avatars/\($n)/original/a.png",
	avatar_static: "https://files.other.example/accounts/avatars/\($n)/original/a.png",
	header: "https://files.other.example/accounts/headers/\($n)/original/h.png",
	header_static: "https://files.other.example/accounts/headers/\($n)/original/h.png",
	followers_count: ($n * 7 % 5000), following_count: 210, statuses_count: 5120,
	last_status_at: "2026-11-25", hide_collections: null, noindex: false, emojis: [],
	roles: [], fields: [{name: "Web", value: "<a href=\"https://kim.example\">kim.example</a>", verified_at: null}]
};
def status($n): "\(115600000000 + $n)\($n * 31 % 1000 + 100000)" as $id | {
	id: $id, created_at: "2026-11-25T10:\($n % 60 + 100 | tostring | .[1:]):00.000Z",
	in_reply_to_id: (if $n % 3 == 0 then "115599999999\($n)" else null end), in_reply_to_account_id: null,
	sensitive: false, spoiler_text: "", visibility: (if $n % 10 == 0 then "direct" else "public" end),
	language: "de", uri: "https://other.example/users/kim/statuses/\($id)",
	url: "https://other.example/@kim/\($id)", replies_count: ($n % 4), reblogs_count: ($n % 7),
	favourites_count: ($n % 13), edited_at: (if $n % 20 == 0 then "2026-11-25T11:00:00.000Z" else null end),
	favourited: false, reblogged: false, muted: false, bookmarked: false,
	content: ("<p><span class=\"h-card\" translate=\"no\"><a href=\"https://social.example/@talvio\" "
		+ "class=\"u-url mention\">@<span>talvio</span></a></span> "
		+ ([range(12 + $n % 24) | pick(. * 7 + $n; words)] | join(" "))
		+ (if $n % 5 == 0 then "</p><p>" + ([range(10) | pick(. * 5 + $n; words)] | join(" "))
			+ "<br />\($n) <a href=\"https://blog.example/\($n)\" target=\"_blank\" rel=\"nofollow noopener\">"
			+ "<span class=\"invisible\">https://</span><span class=\"\">blog.example/\($n)</span></a>" else "" end)
		+ "</p>"),
	filtered: [], reblog: null, application: null, account: account($n),
	media_attachments: (if $n % 8 == 0 then [{id: "\($n)", type: "image",
		url: "https://files.other.example/media/\($n)/original/x.png",
		preview_url: "https://files.other.example/media/\($n)/small/x.png", remote_url: null, text_url: null,
		meta: {original: {width: 1200, height: 900, size: "1200x900", aspect: 1.3333333333333333}},
		description: "A router with a red light", blurhash: "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH"}] else [] end),
	mentions: [{id: "1", username: "talvio", url: "https://social.example/@talvio", acct: "talvio"}],
	tags: [], emojis: [], card: null, poll: null
};
range(.) as $page
| [range(40) | ($page * 40 + .) as $n | {id: "\(9000000 - $n)", type: "mention",
	created_at: "2026-11-25T10:00:00.000Z", group_key: "ungrouped-\($n)", account: account($n), status: status($n)}]
