/*
 * How likely is it that a program writes this account, 0 to 1, from what the network says about it?
 * Boosted trees (trees.h) over the numbers below, learnt from labelled accounts by
 * `sme-train --accounts`; the likelihood is calibrated for as many bots as people.
 */
#ifndef SME_SCORE_BOT_H
#define SME_SCORE_BOT_H

#include <stdbool.h>

#include "core/slice.h"
#include "score/client.h"
#include "score/trees.h"

/* What is not known: a number below 0 or NaN, an empty text, a truth below 0. */
struct bot_account {
	double followers, following, posts, listed, favourites;
	double age_days; /* of the account when it wrote */
	struct slice handle, name, description;
	int verified, default_profile, default_picture, has_url, has_location;
	unsigned clients;  /* bits 1 << enum client_kind */
	unsigned nclients; /* different programs it writes with; 0: unknown */
	bool declared; /* the account says itself that it is a bot */
};

/* Nothing is known. */
#define BOT_ACCOUNT_UNKNOWN                                                                        \
	{.followers = -1, .following = -1, .posts = -1, .listed = -1, .favourites = -1,            \
	    .age_days = -1, .verified = -1, .default_profile = -1, .default_picture = -1,          \
	    .has_url = -1, .has_location = -1}

/* The numbers that the trees ask for, in their order; another list gets another BOT_KIND. */
enum bot_feature {
	BOT_FOLLOWERS, /* as log10(1 + n), like all counts */
	BOT_FOLLOWING,
	BOT_POSTS,
	BOT_LISTED,
	BOT_FAVOURITES,
	BOT_AGE,
	BOT_POSTS_A_DAY,
	BOT_FAVOURITES_A_POST, /* differences of logarithms */
	BOT_FOLLOWERS_A_FOLLOWED,
	BOT_LISTED_A_FOLLOWER,
	BOT_VERIFIED, /* 0 or 1 */
	BOT_DEFAULT_PROFILE,
	BOT_DEFAULT_PICTURE,
	BOT_HAS_URL,
	BOT_HAS_LOCATION,
	BOT_HANDLE_LENGTH, /* bytes */
	BOT_HANDLE_DIGITS, /* share */
	BOT_HANDLE_TAIL,   /* digits at the end */
	BOT_HANDLE_UPPER,  /* share */
	BOT_HANDLE_SEPARATORS,
	BOT_SAYS_BOT, /* handle or name */
	BOT_NAME_LENGTH,
	BOT_NAME_WORDS,
	BOT_DESCRIPTION_LENGTH,
	BOT_DESCRIPTION_SAYS_BOT,
	BOT_CLIENTS, /* how many */
	BOT_CLIENT,  /* 0 or 1 for each kind of client.h */
	BOT_CLIENT_LAST = BOT_CLIENT + CLIENT_KINDS - 1,
	BOT_FEATURES
};

#define BOT_KIND 1

/* The trees that are shipped, share/models/accounts.trees.  NULL with ERR. */
struct trees *bot_trees(struct sme_err *err);

void bot_features(const struct bot_account *a, float x[BOT_FEATURES]);

/* -1 when too little is known: without a declaration, fewer than three of followers, following,
 * posts and age. */
double bot_likelihood(const struct trees *t, const struct bot_account *a);

#endif
