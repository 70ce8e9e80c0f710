#include "score/bot.h"

#include <math.h>
#include <strings.h>

/*
 * Log-odds.  The signs and sizes follow what studies of bot accounts report again and again (young,
 * prolific, few followers, follow nobody, call themselves bot, are not verified); the values are
 * set by hand and rounded, not learnt, and a fact that is missing adds nothing.
 */
#define BASE -2.2          /* one account in ten */
#define FOLLOWS_NOBODY 2.2 /* fewer than FEW */
#define FEW 10
#define FOLLOWER_DECADE -0.5 /* for each power of ten above FOLLOWERS_USUAL; below it adds */
#define FOLLOWERS_USUAL 2.5
#define RATE_DECADE 1.0 /* for each power of ten above RATE_USUAL posts a day */
#define RATE_USUAL 0.7
#define AGE_DECADE -1.0 /* for each power of ten above AGE_USUAL days */
#define AGE_USUAL 2.7
#define SAYS_BOT 2.5
#define VERIFIED -1.5
#define DEFAULT_PICTURE 0.6
#define DIGIT_SHARE 1.5 /* of a handle that is all digits; a birth year costs little */

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
digit_share(struct slice s)
{
	size_t digits = 0;

	for (size_t i = 0; i < s.n; i++)
		digits += s.p[i] >= '0' && s.p[i] <= '9';
	return s.n ? (double)digits / (double)s.n : 0;
}

static double
clamp(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

double
bot_likelihood(const struct bot_account *a)
{
	bool followers = a->followers >= 0, following = a->following >= 0;
	bool posts = a->posts >= 0, age = a->age_days >= 0;
	double days = a->age_days > 1 ? a->age_days : 1, z = BASE;

	if (a->declared)
		return 1;
	if (followers + following + posts + age < 2)
		return -1;
	if (following && a->following < FEW)
		z += FOLLOWS_NOBODY;
	if (followers)
		z += FOLLOWER_DECADE * clamp(log10(1 + a->followers) - FOLLOWERS_USUAL, -2.5, 2.5);
	if (posts && age)
		z += RATE_DECADE * clamp(log10(1 + a->posts / days) - RATE_USUAL, -0.7, 2.5);
	if (age)
		z += AGE_DECADE * clamp(log10(days) - AGE_USUAL, -2, 1);
	if (says_bot(a->handle) || says_bot(a->name))
		z += SAYS_BOT;
	if (a->verified)
		z += VERIFIED;
	if (a->default_picture)
		z += DEFAULT_PICTURE;
	return 1 / (1 + exp(-(z + DIGIT_SHARE * digit_share(a->handle))));
}
