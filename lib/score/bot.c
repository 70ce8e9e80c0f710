#include "score/bot.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "core/file.h"

static bool
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Abbot, Talbot and Cabot are people. */
static bool
is_surname(const char *start, const char *bot)
{
	return bot - start >= 2 &&
	       (strncasecmp(bot - 2, "ab", 2) == 0 || strncasecmp(bot - 2, "al", 2) == 0 ||
		   strncasecmp(bot - 2, "ca", 2) == 0);
}

/* Does a word in S end in "bot", or begin with it before a capital: newsbot, bot_7, BotNews? */
static bool
says_bot(struct slice s)
{
	for (size_t i = 0; i + 3 <= s.n; i++) {
		const char *p = s.p + i;
		bool begins = i == 0 || !is_letter(p[-1]);

		if ((p[0] | 0x20) != 'b' || (p[1] | 0x20) != 'o' || (p[2] | 0x20) != 't')
			continue;
		if (i + 3 == s.n || !is_letter(p[3]))
			return !is_surname(s.p, p);
		if (begins && p[3] >= 'A' && p[3] <= 'Z')
			return true;
	}
	return false;
}

static double
log_of(double n)
{
	return n >= 0 ? log10(1 + n) : NAN;
}

static float
truth(int known)
{
	return known < 0 ? NAN : (float)(known != 0);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
handle_features(struct slice s, float *x)
{
	size_t digits = 0, upper = 0, separators = 0, tail = 0;

	if (!s.n)
		return;
	for (size_t i = 0; i < s.n; i++) {
		digits += is_digit(s.p[i]);
		upper += s.p[i] >= 'A' && s.p[i] <= 'Z';
		separators += s.p[i] == '_' || s.p[i] == '.' || s.p[i] == '-';
	}
	while (tail < s.n && is_digit(s.p[s.n - 1 - tail]))
		tail++;
	x[BOT_HANDLE_LENGTH] = (float)s.n;
	x[BOT_HANDLE_DIGITS] = (float)digits / (float)s.n;
	x[BOT_HANDLE_TAIL] = (float)tail;
	x[BOT_HANDLE_UPPER] = (float)upper / (float)s.n;
	x[BOT_HANDLE_SEPARATORS] = (float)separators;
}

static void
text_features(const struct bot_account *a, float *x)
{
	handle_features(a->handle, x);
	if (a->handle.n || a->name.n)
		x[BOT_SAYS_BOT] = says_bot(a->handle) || says_bot(a->name);
	if (a->name.n) {
		float words = 1;

		for (size_t i = 0; i < a->name.n; i++)
			words += a->name.p[i] == ' ';
		x[BOT_NAME_LENGTH] = (float)a->name.n;
		x[BOT_NAME_WORDS] = words;
	}
	if (a->description.p) {
		x[BOT_DESCRIPTION_LENGTH] = (float)a->description.n;
		x[BOT_DESCRIPTION_SAYS_BOT] = says_bot(a->description);
	}
}

void
bot_features(const struct bot_account *a, float x[BOT_FEATURES])
{
	double followers = log_of(a->followers), following = log_of(a->following);
	double posts = log_of(a->posts), listed = log_of(a->listed), liked = log_of(a->favourites);
	double days = a->age_days > 1 ? a->age_days : 1;

	for (int i = 0; i < BOT_FEATURES; i++)
		x[i] = NAN;
	x[BOT_FOLLOWERS] = (float)followers;
	x[BOT_FOLLOWING] = (float)following;
	x[BOT_POSTS] = (float)posts;
	x[BOT_LISTED] = (float)listed;
	x[BOT_FAVOURITES] = (float)liked;
	x[BOT_AGE] = (float)log_of(a->age_days);
	if (a->age_days >= 0 && a->posts >= 0)
		x[BOT_POSTS_A_DAY] = (float)log_of(a->posts / days);
	x[BOT_FAVOURITES_A_POST] = (float)(liked - posts);
	x[BOT_FOLLOWERS_A_FOLLOWED] = (float)(followers - following);
	x[BOT_LISTED_A_FOLLOWER] = (float)(listed - followers);
	x[BOT_VERIFIED] = truth(a->verified);
	x[BOT_DEFAULT_PROFILE] = truth(a->default_profile);
	x[BOT_DEFAULT_PICTURE] = truth(a->default_picture);
	x[BOT_HAS_URL] = truth(a->has_url);
	x[BOT_HAS_LOCATION] = truth(a->has_location);
	if (a->nclients) {
		x[BOT_CLIENTS] = (float)a->nclients;
		for (int k = 0; k < CLIENT_KINDS; k++)
			x[BOT_CLIENT + k] = (float)(a->clients >> k & 1);
	}
	text_features(a, x);
}

struct trees *
bot_trees(struct sme_err *err)
{
	char *path = sme_share("models/accounts.trees");
	struct trees *t = trees_open(path, BOT_FEATURES, BOT_KIND, err);

	free(path);
	return t;
}

double
bot_likelihood(const struct trees *t, const struct bot_account *a)
{
	float x[BOT_FEATURES];

	if (a->declared)
		return 1;
	if ((a->followers >= 0) + (a->following >= 0) + (a->posts >= 0) + (a->age_days >= 0) < 3)
		return -1;
	bot_features(a, x);
	return trees_probability(t, x);
}
