#include "core/rfc3339.h"
#include "stats/page.h"
#include "stats/svg.h"

/* A name from outside in a table. */
#define NAME_MAX 40

/* Columns that not every list has. */
enum extra { ANSWERED = 1, TIMES = 2, PEOPLE = 4, BY_REACH = 8, JUDGED = 16 };

static void
put_head(const struct page *p, enum stats_word w, const char *css)
{
	buf_printf(p->b, "<th scope=\"col\"%s>%s</th>", css, page_word(p, w));
}

static void
put_heads(const struct page *p, enum stats_word first, unsigned extra)
{
	buf_puts(p->b, "<thead><tr>");
	put_head(p, first, "");
	if (extra & PEOPLE)
		put_head(p, W_NETWORK, " class=\"text\"");
	if (extra & BY_REACH) {
		put_head(p, W_REACH, "");
		put_head(p, W_FOLLOWERS, "");
	} else {
		buf_printf(p->b,
		    "<th scope=\"col\" class=\"wide\"><span class=\"unseen\">%s</span></th>",
		    page_word(p, W_BAR));
	}
	put_head(p, W_N_MENTIONS, "");
	if (extra & JUDGED)
		put_head(p, W_NEGATIVE, "");
	if (extra & ANSWERED) {
		put_head(p, W_OPEN, "");
		put_head(p, W_ANSWERED, "");
	}
	if (extra & TIMES)
		put_head(p, W_MEDIAN, "");
	buf_puts(p->b, "</tr></thead>\n");
}

static void
put_bar(const struct page *p, const struct stats_count *c, uint64_t longest)
{
	const struct svg_part parts[] = {
	    {"neg", c->sentiment[STATS_NEGATIVE]},
	    {"neu", c->sentiment[STATS_NEUTRAL]},
	    {"pos", c->sentiment[STATS_POSITIVE]},
	    {"unclear", c->sentiment[STATS_UNCLEAR]},
	    {"main", c->sentiment[STATS_UNKNOWN]},
	};

	buf_puts(p->b, "<td class=\"wide\">");
	svg_bar(p->b, parts, sizeof parts / sizeof *parts, longest);
	buf_puts(p->b, "</td>");
}

static void
put_whole_cell(const struct page *p, uint64_t n)
{
	buf_puts(p->b, "<td>");
	stats_put_whole(p->b, p->lang, n);
	buf_puts(p->b, "</td>");
}

static void
put_share_cell(const struct page *p, uint64_t a, uint64_t all)
{
	struct buf text = BUF_INIT;

	stats_put_percent(&text, p->lang, a, all);
	buf_puts(p->b, "<td>");
	stats_put_html(p->b, buf_slice(&text), NAME_MAX);
	buf_puts(p->b, "</td>");
	buf_release(&text);
}

static void
put_reach_cells(const struct page *p, const struct stats_row *row)
{
	if (row->reach >= 0)
		put_whole_cell(p, (uint64_t)row->reach);
	else
		buf_puts(p->b, "<td>–</td>");
	buf_puts(p->b, "<td>");
	if (row->followers >= 0)
		stats_put_short(p->b, p->lang, (uint64_t)row->followers);
	else
		buf_puts(p->b, "–");
	buf_puts(p->b, "</td>");
}

static void
put_row(const struct page *p, const struct stats_row *row, uint64_t longest, unsigned extra)
{
	const struct stats_count *c = &row->count;

	buf_puts(p->b, "<tr><th scope=\"row\"><bdi>");
	stats_put_html(p->b, row->name, NAME_MAX);
	buf_puts(p->b, "</bdi></th>");
	if (extra & PEOPLE) {
		buf_puts(p->b, "<td class=\"text\"><bdi>");
		stats_put_html(p->b, row->network, NAME_MAX);
		buf_puts(p->b, "</bdi></td>");
	}
	if (extra & BY_REACH)
		put_reach_cells(p, row);
	else
		put_bar(p, c, longest);
	put_whole_cell(p, c->mentions);
	if (extra & JUDGED)
		put_share_cell(p, c->sentiment[STATS_NEGATIVE], stats_judged(c));
	if (extra & ANSWERED) {
		put_whole_cell(p, c->open);
		put_share_cell(p, c->answered, (uint64_t)c->answered + c->open);
	}
	if (extra & TIMES) {
		buf_puts(p->b, "<td>");
		if (row->median != TIME_NONE)
			stats_put_span(p->b, p->lang, (double)row->median);
		else
			buf_puts(p->b, "–");
		buf_puts(p->b, "</td>");
	}
	buf_puts(p->b, "</tr>\n");
}

static void
put_list(const struct page *p, enum stats_word title, enum stats_word first,
    const struct stats_list *list, unsigned extra)
{
	uint64_t longest = list->n ? list->rows[0].count.mentions : 0;

	if (!list->n)
		return;
	buf_printf(p->b, "<section class=\"card list\"><h3>%s</h3>", page_word(p, title));
	if (list->distinct > list->n) {
		buf_puts(p->b, "<p>");
		buf_printf(
		    p->b, page_word(p, W_TOP_OF), list->n, (unsigned long long)list->distinct);
		buf_puts(p->b, "</p>");
	}
	buf_puts(p->b, "<div class=\"scroll\"><table>\n");
	put_heads(p, first, extra);
	buf_puts(p->b, "<tbody>\n");
	for (size_t i = 0; i < list->n; i++)
		put_row(p, &list->rows[i], longest, extra);
	buf_puts(p->b, "</tbody></table></div></section>\n");
}

/* Columns that would be empty all the way down are left out. */
void
page_lists(const struct page *p, const struct stats_section *s)
{
	unsigned judged = stats_judged(&s->count) ? JUDGED : 0;
	unsigned common = judged | (s->count.open || s->count.answered ? ANSWERED : 0);
	unsigned times = s->times.n ? TIMES : 0;

	put_list(p, W_T_QUEUES, W_QUEUE, &s->queues, common | times);
	put_list(p, W_T_NETWORKS, W_NETWORK, &s->networks, common | times);
	put_list(p, W_T_TOPICS, W_TOPIC, &s->topics, common);
	put_list(p, W_T_KEYWORDS, W_KEYWORD, &s->keywords, common);
	put_list(p, W_T_QUERIES, W_QUERY, &s->queries, common);
	put_list(p, W_T_LANGUAGES, W_LANGUAGE, &s->languages, common);
	put_list(p, W_T_AUTHORS, W_AUTHOR, &s->authors, judged | PEOPLE);
	put_list(p, W_T_REACH, W_AUTHOR, &s->reach, judged | PEOPLE | BY_REACH);
}
