#include "score/client.h"

#include <stddef.h>
#include <strings.h>

static const char *const kinds[CLIENT_KINDS] = {
    "other", "web", "mobile", "manager", "automation", "marketing", "news"};

/* A part of the name, in any case; the first that stands in it decides. */
static const struct {
	const char *part;
	enum client_kind kind;
} known[] = {
    {"bot", CLIENT_AUTOMATION},       {"ebooks", CLIENT_AUTOMATION},
    {"ifttt", CLIENT_AUTOMATION},     {"zapier", CLIENT_AUTOMATION},
    {"dlvr", CLIENT_AUTOMATION},      {"twitterfeed", CLIENT_AUTOMATION},
    {"autotweet", CLIENT_AUTOMATION}, {"n8n", CLIENT_AUTOMATION},
    {"wordpress", CLIENT_AUTOMATION}, {"rss", CLIENT_AUTOMATION},
    {"tweetdeck", CLIENT_MANAGER},    {"hootsuite", CLIENT_MANAGER},
    {"buffer", CLIENT_MANAGER},       {"sprout", CLIENT_MANAGER},
    {"sprinklr", CLIENT_MANAGER},     {"socialflow", CLIENT_MANAGER},
    {"falcon", CLIENT_MANAGER},       {"agorapulse", CLIENT_MANAGER},
    {"swat.io", CLIENT_MANAGER},      {"khoros", CLIENT_MANAGER},
    {"emplifi", CLIENT_MANAGER},      {"postiz", CLIENT_MANAGER},
    {"mixpost", CLIENT_MANAGER},      {" ads", CLIENT_MARKETING},
    {"media studio", CLIENT_MARKETING}, {"mailchimp", CLIENT_MARKETING},
    {"marketing", CLIENT_MARKETING},  {"hubspot", CLIENT_MARKETING},
    {"iphone", CLIENT_MOBILE},        {"ipad", CLIENT_MOBILE},
    {"android", CLIENT_MOBILE},       {"blackberry", CLIENT_MOBILE},
    {"windows phone", CLIENT_MOBILE}, {" ios", CLIENT_MOBILE},
    {"instagram", CLIENT_MOBILE},     {"tusky", CLIENT_MOBILE},
    {"tweetcaster", CLIENT_MOBILE},   {"echofon", CLIENT_MOBILE},
    {"mobile web", CLIENT_MOBILE},    {"web client", CLIENT_WEB},
    {"web app", CLIENT_WEB},          {"web", CLIENT_WEB},
    {"news", CLIENT_NEWS},
};

static bool
holds(struct slice name, struct slice part)
{
	for (size_t i = 0; i + part.n <= name.n; i++)
		if (strncasecmp(name.p + i, part.p, part.n) == 0)
			return true;
	return false;
}

enum client_kind
client_kind(struct slice name)
{
	for (int k = 0; k < CLIENT_KINDS; k++)
		if (slice_is(name, kinds[k]))
			return (enum client_kind)k;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (holds(name, slice_of(known[i].part)))
			return known[i].kind;
	return CLIENT_OTHER;
}
