/*
 * How likely is it that a program writes this account, 0 to 1, from what the network says about it?
 * A logistic formula; see bot.c for its coefficients and what they were tried on.
 */
#ifndef SME_SCORE_BOT_H
#define SME_SCORE_BOT_H

#include <stdbool.h>

#include "core/slice.h"

struct bot_account {
	double followers, following, posts; /* below 0 or NaN: unknown */
	double age_days;           /* of the account when it wrote; below 0 or NaN: unknown */
	struct slice handle, name; /* empty: unknown */
	bool verified, default_picture;
	bool declared; /* the account says itself that it is a bot */
};

/* -1 when too little is known: without a declaration, fewer than two of followers, following,
 * posts and age. */
double bot_likelihood(const struct bot_account *a);

#endif
