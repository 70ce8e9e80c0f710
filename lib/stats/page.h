/* Parts of the page.  For the files of this room only. */
#ifndef SME_STATS_PAGE_H
#define SME_STATS_PAGE_H

#include "core/buf.h"
#include "stats/figures.h"
#include "stats/text.h"
#include "stats/words.h"

/* What is being written.  PREFIX makes the ids of a section different from those of the others. */
struct page {
	struct buf *b;
	enum stats_lang lang;
	const char *prefix;
};

static inline const char *
page_word(const struct page *p, enum stats_word w)
{
	return stats_word(p->lang, w);
}

extern const char page_css[];

/* The charts of S. */
void page_volume(const struct page *p, const struct stats_section *s);
void page_sentiment(const struct page *p, const struct stats_section *s);
void page_open(const struct page *p, const struct stats_section *s);
void page_times(const struct page *p, const struct stats_section *s);
void page_week(const struct page *p, const struct stats_section *s);

/* The tables of S, those that have rows. */
void page_lists(const struct page *p, const struct stats_section *s);

#endif
