/* What kind of program a mention was written with, by the name that the network shows. */
#ifndef SME_SCORE_CLIENT_H
#define SME_SCORE_CLIENT_H

#include "core/slice.h"

/* The kinds of Gilani et al. 2017, table 2. */
enum client_kind {
	CLIENT_OTHER,
	CLIENT_WEB,        /* the network's own site in a browser */
	CLIENT_MOBILE,     /* an app on a telephone or tablet */
	CLIENT_MANAGER,    /* a desk for several accounts */
	CLIENT_AUTOMATION, /* posts by rule or by feed */
	CLIENT_MARKETING,
	CLIENT_NEWS,
	CLIENT_KINDS
};

/* NAME such as "Twitter for iPhone"; a kind's own name, such as "mobile", is that kind. */
enum client_kind client_kind(struct slice name);

#endif
