# One request to settings.url of the network of tests/tools/api_test.c, with a token and a key.
def meta: {
	name: "plain", title: "Plain", version: "1",
	as_of: {date: "2026-11-26", source: "tests/tools/api_test.c"}, can: ["read.mention"],
	auth: {scheme: "bearer", fields: ["token"], token: "token", header: {"X-Key": "{secret:key}"}},
	limits: {buckets: {read: {n: 2, per: "1h"}}}
};
def start($account; $cursor): if $account.settings.nothing then [] else [{
	url: ($account.settings.url // "/v1/up"), bucket: ($account.settings.bucket // "none"),
	optional: $account.settings.optional}] end;
def page($account; $cursor): {records: {post: .body.data}, cursor: {},
	next: [(.links.next // empty) | select($account.settings.follow) | {url: ., bucket: "none"}]};
def event($account): .data | {native: .id, text: .text, author: {native: .by.name}};
