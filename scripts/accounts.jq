# The rows of the two sets of labelled accounts, see share/models/CARD.md, as mentions of these accounts.
# usage: jq -c -f scripts/accounts.jq

def twitter_time: if . == null then null else (try (strptime("%a %b %d %H:%M:%S +0000 %Y") | mktime | todate) catch null) end;

# Names are kept in the sets as a shape only, and whether they hold "bot" beside it.
def handle: if .screen_name_has_bot and (.screen_name_shape | length) >= 3 then .screen_name_shape[:-3] + "bot" else .screen_name_shape end;

def profile: {
	id, "label": .label, set: "nyu2017", client, created_at: ((.last_status_at // .created_at) | twitter_time),
	author: {
		handle: handle,
		name: (.name_shape // ""), followers, following: .friends, posts: .statuses, listed, favourites,
		created_at: (.created_at | twitter_time), verified, default_profile,
		default_picture: .default_profile_image, url: .has_url, location: .has_location, description: .text
	}
};

# Ratios instead of counts, and followers only by their order of magnitude.
def ratios:
	({"1k": 1000, "100k": 100000, "1M": 1000000, "10M": 10000000}[.band]) as $followers
	| (.age_of_account_in_days | floor) as $days
	| {
		id, "label": .label, set: "gilani2017", created_at: "2016-04-30T00:00:00Z",
		author: {
			handle: handle,
			followers: $followers,
			following: (if .follower_friend_ratio > 0 then ($followers / .follower_friend_ratio | floor) else null end),
			posts: (.tweet_frequency * $days | floor),
			listed: (.lists_per_user * $followers | floor),
			favourites: (.user_favourited | floor),
			clients: [.source_identity[] | ["other", "web", "mobile", "manager", "automation", "marketing", "news"][.]],
			created_at: ("2016-04-30T00:00:00Z" | fromdate - $days * 86400 | todate)
		}
	};

if has("band") then ratios else profile end
