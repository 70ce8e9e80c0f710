/* Where a link leads, as far as it says so itself. */
#ifndef SME_SCORE_LINK_H
#define SME_SCORE_LINK_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/slice.h"

/*
 * Append the page that URL leads to, for looking it up: as url_canonical, and the host as a browser takes
 * it: no dot at the end, other scripts as Punycode, full-width letters as plain ones.
 */
void link_page(struct buf *out, struct slice url);

enum link_inner {
	LINK_NONE,    /* it carries no link */
	LINK_CARRIED, /* it carries one in a parameter; nobody can say whether it leads there */
	LINK_LEADS    /* it is the address of a redirector, a cache or an archive: it does lead there */
};

/* OUT gets the link that URL carries. */
enum link_inner link_inner(struct slice url, struct buf *out);

/* Do the links of HOST lead elsewhere without saying where? */
bool link_is_shortener(struct slice host);

/* Where the host of a page, as link_page makes it, ends. */
size_t link_host_end(struct slice page);

#endif
