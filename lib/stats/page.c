#include "stats/page.h"

#include <stdio.h>

#include "core/rfc3339.h"
#include "stats/output.h"
#include "stats/svg.h"

#define NAME_MAX 60

static void
put_some(const struct page *p, const char *before, uint64_t n, enum stats_word w)
{
	if (!n)
		return;
	buf_puts(p->b, before);
	stats_put_whole(p->b, p->lang, n);
	buf_printf(p->b, " %s", page_word(p, w));
}

static void
put_share(const struct page *p, uint64_t a, uint64_t all)
{
	struct buf text = BUF_INIT;

	stats_put_percent(&text, p->lang, a, all);
	stats_put_html(p->b, buf_slice(&text), NAME_MAX);
	buf_release(&text);
}

static void
kpi_begin(const struct page *p, enum stats_word title)
{
	buf_printf(
	    p->b, "<li class=\"card kpi\"><h3>%s</h3><p class=\"big\">", page_word(p, title));
}

static void
kpi_mentions(const struct page *p, const struct stats_section *s)
{
	kpi_begin(p, W_K_MENTIONS);
	stats_put_whole(p->b, p->lang, s->count.mentions);
	buf_puts(p->b, "</p><p>");
	stats_put_whole(p->b, p->lang, s->authors.distinct);
	buf_printf(p->b, " %s", page_word(p, W_AUTHORS_OF));
	put_some(p, " · ", s->direct, W_DIRECT);
	put_some(p, " · ", s->edited, W_EDITED);
	put_some(p, " · ", s->deleted, W_DELETED);
	put_some(p, " · ", s->own, W_OWN);
	put_some(p, " · ", s->undated, W_UNDATED);
	put_some(p, " · ", s->earlier, W_EARLIER);
	buf_puts(p->b, "</p></li>\n");
}

static void
kpi_negative(const struct page *p, const struct stats_section *s)
{
	const uint32_t *n = s->count.sentiment;
	const struct svg_part parts[] = {{"neg", n[STATS_NEGATIVE]}, {"neu", n[STATS_NEUTRAL]},
	    {"pos", n[STATS_POSITIVE]}, {"unclear", n[STATS_UNCLEAR]}};
	uint64_t judged = stats_judged(&s->count);

	if (!judged)
		return;
	kpi_begin(p, W_K_NEGATIVE);
	put_share(p, n[STATS_NEGATIVE], judged);
	buf_puts(p->b, "</p>");
	svg_bar(p->b, parts, sizeof parts / sizeof *parts, judged);
	buf_puts(p->b, "<p>");
	put_share(p, n[STATS_NEUTRAL], judged);
	buf_printf(p->b, " %s · ", page_word(p, W_NEUTRAL));
	put_share(p, n[STATS_POSITIVE], judged);
	buf_printf(p->b, " %s", page_word(p, W_POSITIVE));
	if (n[STATS_UNCLEAR]) {
		buf_puts(p->b, " · ");
		put_share(p, n[STATS_UNCLEAR], judged);
		buf_printf(p->b, " %s", page_word(p, W_UNCLEAR));
	}
	put_some(p, " · ", n[STATS_UNKNOWN], W_NOT_JUDGED);
	buf_puts(p->b, "</p></li>\n");
}

static void
kpi_open(const struct page *p, const struct stats_section *s, int64_t now)
{
	kpi_begin(p, W_K_OPEN);
	stats_put_whole(p->b, p->lang, s->count.open);
	buf_puts(p->b, "</p><p>");
	if (s->count.overdue) {
		buf_puts(p->b, "<span class=\"warn\">");
		put_some(p, "", s->count.overdue, W_OVERDUE);
		buf_puts(p->b, "</span>");
	}
	if (s->oldest_open != TIME_NONE) {
		buf_printf(
		    p->b, "%s%s ", s->count.overdue ? " · " : "", page_word(p, W_OLDEST_AGE));
		stats_put_span(p->b, p->lang, (double)(now - s->oldest_open));
	}
	put_some(p, " · ", s->drafts[STATS_DRAFT_SUGGESTED], W_SUGGESTED);
	put_some(p, " · ", s->drafts[STATS_DRAFT_APPROVED], W_APPROVED);
	put_some(p, " · ", s->drafts[STATS_DRAFT_HELD], W_HELD);
	buf_puts(p->b, "</p></li>\n");
}

static void
kpi_answered(const struct page *p, const struct stats_section *s)
{
	uint64_t asked = (uint64_t)s->count.answered + s->count.open;

	if (!asked)
		return;
	kpi_begin(p, W_K_ANSWERED);
	put_share(p, s->count.answered, asked);
	buf_puts(p->b, "</p><p>");
	stats_put_whole(p->b, p->lang, s->count.answered);
	buf_printf(p->b, " %s ", page_word(p, W_OF));
	stats_put_whole(p->b, p->lang, asked);
	put_some(p, " · ", s->in_time, W_IN_TIME);
	put_some(p, " · ", s->late, W_LATE);
	buf_puts(p->b, "</p></li>\n");
}

static void
kpi_time(const struct page *p, const struct stats_section *s)
{
	if (!s->times.n)
		return;
	kpi_begin(p, W_K_TIME);
	stats_put_span(p->b, p->lang, (double)s->times.median);
	buf_printf(p->b, "</p><p>%s ", page_word(p, W_P90));
	stats_put_span(p->b, p->lang, (double)s->times.p90);
	if (s->times_by[STATS_BY_HUMAN].n) {
		buf_printf(p->b, " · %s ", page_word(p, W_HUMAN));
		stats_put_span(p->b, p->lang, (double)s->times_by[STATS_BY_HUMAN].median);
	}
	buf_puts(p->b, "</p></li>\n");
}

static void
put_burst(const struct page *p, const struct stats_section *s, const struct stats_burst *burst)
{
	buf_puts(p->b, "<li><strong>");
	stats_put_when(p->b, p->lang, STATS_DAY_TIME, s->zone, burst->start);
	buf_puts(p->b, "–");
	stats_put_when(p->b, p->lang, STATS_TIME, s->zone, burst->end);
	buf_puts(p->b, "</strong>: ");
	stats_put_whole(p->b, p->lang, burst->count.mentions);
	buf_printf(p->b, " %s (%s ", page_word(p, W_MENTIONS), page_word(p, W_USUALLY));
	stats_put_decimal(p->b, p->lang, burst->usual, 0);
	buf_puts(p->b, ")");
	if (stats_judged(&burst->count)) {
		buf_puts(p->b, ", ");
		put_share(p, burst->count.sentiment[STATS_NEGATIVE], stats_judged(&burst->count));
		buf_printf(p->b, " %s", page_word(p, W_NEGATIVE));
	}
	buf_printf(p->b, "; %s ", page_word(p, W_MOSTLY));
	if (burst->topic.p) {
		buf_puts(p->b, "<bdi>");
		stats_put_html(p->b, burst->topic, NAME_MAX);
		buf_printf(p->b, "</bdi> (%u), ", burst->topic_mentions);
	}
	buf_puts(p->b, "<bdi>");
	stats_put_html(p->b, burst->network, NAME_MAX);
	buf_printf(p->b, "</bdi> (%u)</li>\n", burst->network_mentions);
}

static void
put_bursts(const struct page *p, const struct stats_section *s)
{
	if (!s->nbursts)
		return;
	buf_printf(p->b, "<section class=\"card alert\"><h3>%s</h3><ul>\n", page_word(p, W_BURSTS));
	for (size_t i = 0; i < s->nbursts; i++)
		put_burst(p, s, &s->bursts[i]);
	if (s->bursts_more) {
		buf_puts(p->b, "<li>");
		buf_printf(p->b, page_word(p, W_AND_MORE), s->bursts_more);
		buf_puts(p->b, "</li>\n");
	}
	buf_puts(p->b, "</ul></section>\n");
}

static void
put_time_row(const struct page *p, enum stats_word who, const struct stats_times *t)
{
	const double times[] = {(double)t->median, (double)t->p90, t->mean, (double)t->max};

	if (!t->n)
		return;
	buf_printf(p->b, "<tr><th scope=\"row\">%s</th><td>", page_word(p, who));
	stats_put_whole(p->b, p->lang, t->n);
	buf_puts(p->b, "</td>");
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		buf_puts(p->b, "<td>");
		stats_put_span(p->b, p->lang, times[i]);
		buf_puts(p->b, "</td>");
	}
	buf_puts(p->b, "</tr>\n");
}

static void
put_times_table(const struct page *p, const struct stats_section *s)
{
	static const enum stats_word heads[] = {W_WHO, W_COUNT, W_MEDIAN, W_P90, W_MEAN, W_LONGEST};

	buf_printf(p->b,
	    "<section class=\"card list\"><h3>%s</h3><div class=\"scroll\"><table>\n"
	    "<thead><tr>",
	    page_word(p, W_ANSWER_TIMES));
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		buf_printf(p->b, "<th scope=\"col\">%s</th>", page_word(p, heads[i]));
	buf_puts(p->b, "</tr></thead>\n<tbody>\n");
	put_time_row(p, W_ANYBODY, &s->times);
	put_time_row(p, W_BY_AUTOMATIC, &s->times_by[STATS_BY_AUTOMATIC]);
	put_time_row(p, W_BY_HUMAN, &s->times_by[STATS_BY_HUMAN]);
	put_time_row(p, W_BY_UNKNOWN, &s->times_by[STATS_BY_UNKNOWN]);
	if (s->times_open.n)
		put_time_row(p, W_IN_OPEN_HOURS, &s->times_open);
	buf_puts(p->b, "</tbody></table></div></section>\n");
}

static void
half(const struct page *p, void (*chart)(const struct page *p, const struct stats_section *s),
    const struct stats_section *s)
{
	buf_puts(p->b, "<div class=\"half\">");
	chart(p, s);
	buf_puts(p->b, "</div>\n");
}

static void
put_section(const struct page *p, const struct stats_section *s, int64_t now)
{
	bool asked = s->count.open || s->count.answered;

	buf_puts(p->b, "<ul class=\"kpis\">\n");
	kpi_mentions(p, s);
	kpi_negative(p, s);
	kpi_open(p, s, now);
	kpi_answered(p, s);
	kpi_time(p, s);
	buf_puts(p->b, "</ul>\n");
	put_bursts(p, s);
	buf_puts(p->b, "<div class=\"grid\">\n");
	if (s->nhours) {
		buf_puts(p->b, "<div class=\"tall\">");
		page_volume(p, s);
		buf_puts(p->b, "</div>\n");
		if (stats_judged(&s->count))
			half(p, page_sentiment, s);
		if (asked)
			half(p, page_open, s);
		half(p, page_week, s);
	}
	if (s->times.n)
		half(p, page_times, s);
	buf_puts(p->b, "</div>\n<div class=\"lists\">\n");
	if (s->times.n)
		put_times_table(p, s);
	page_lists(p, s);
	buf_puts(p->b, "</div>\n");
}

static void
put_tenant_row(const struct page *p, const struct stats_section *s)
{
	buf_puts(p->b, "<tr><th scope=\"row\"><bdi>");
	stats_put_html(p->b, s->name, NAME_MAX);
	buf_puts(p->b, "</bdi></th><td>");
	stats_put_whole(p->b, p->lang, s->count.mentions);
	buf_puts(p->b, "</td><td>");
	put_share(p, s->count.sentiment[STATS_NEGATIVE], stats_judged(&s->count));
	buf_puts(p->b, "</td><td>");
	stats_put_whole(p->b, p->lang, s->count.open);
	buf_puts(p->b, "</td><td>");
	stats_put_whole(p->b, p->lang, s->count.overdue);
	buf_puts(p->b, "</td><td>");
	put_share(p, s->count.answered, (uint64_t)s->count.answered + s->count.open);
	buf_puts(p->b, "</td><td>");
	if (s->times.n)
		stats_put_span(p->b, p->lang, (double)s->times.median);
	else
		buf_puts(p->b, "–");
	buf_puts(p->b, "</td></tr>\n");
}

static void
put_tenants_table(const struct page *p, const struct stats_figures *f)
{
	static const enum stats_word heads[] = {
	    W_TENANT, W_MENTIONS, W_NEGATIVE, W_OPEN, W_OVERDUE, W_ANSWERED, W_MEDIAN};

	buf_puts(p->b, "<section class=\"card\"><div class=\"scroll\"><table>\n<thead><tr>");
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		buf_printf(p->b, "<th scope=\"col\">%s</th>", page_word(p, heads[i]));
	buf_puts(p->b, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < f->ntenants; i++)
		put_tenant_row(p, &f->tenants[i]);
	buf_puts(p->b, "</tbody></table></div>");
	if (f->tenants_more) {
		buf_puts(p->b, "<p>");
		buf_printf(p->b, page_word(p, W_AND_MORE), f->tenants_more);
		buf_puts(p->b, "</p>");
	}
	buf_puts(p->b, "</section>\n");
}

/* A section of each tenant, closed until somebody opens it. */
static void
put_tenants(const struct page *all, const struct stats_figures *f)
{
	char prefix[32];
	struct page p = *all;

	p.prefix = prefix;
	buf_printf(p.b, "<h2>%s</h2>\n", page_word(all, W_TENANTS));
	put_tenants_table(all, f);
	for (size_t i = 0; i < f->ntenants; i++) {
		const struct stats_section *s = &f->tenants[i];

		snprintf(prefix, sizeof prefix, "t%zu-", i + 1);
		buf_puts(p.b, "<details class=\"tenant\"><summary><h2><bdi>");
		stats_put_html(p.b, s->name, NAME_MAX);
		buf_puts(p.b, "</bdi></h2><span>");
		stats_put_whole(p.b, p.lang, s->count.mentions);
		buf_printf(p.b, " %s · ", page_word(all, W_MENTIONS));
		stats_put_whole(p.b, p.lang, s->count.open);
		buf_printf(p.b, " %s · %s ", page_word(all, W_OPEN), page_word(all, W_TIMES_IN));
		stats_put_html(p.b, s->zone_name, NAME_MAX);
		buf_puts(p.b, "</span></summary>\n");
		put_section(&p, s, f->now);
		buf_puts(p.b, "</details>\n");
	}
}

static void
put_names(const struct page *p, const struct stats_figures *f)
{
	if (f->ntenants == 1) {
		stats_put_html(p->b, f->tenants[0].name, NAME_MAX);
		return;
	}
	buf_puts(p->b, page_word(p, W_ALL_TENANTS));
}

static void
put_head(const struct page *p, const struct stats_figures *f)
{
	buf_printf(p->b,
	    "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"%s\">\n"
	    "<head>\n<meta charset=\"utf-8\"/>\n<title>%s: ",
	    p->lang == STATS_DE ? "de" : "en", page_word(p, W_TITLE));
	put_names(p, f);
	buf_puts(p->b, "</title>\n"
		       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		       "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
		       "<meta http-equiv=\"Content-Security-Policy\" "
		       "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<style>\n");
	buf_puts(p->b, page_css);
	buf_puts(p->b, "</style>\n</head>\n<body>\n<header class=\"top\">\n<h1>");
	buf_printf(p->b, "%s: <bdi>", page_word(p, W_TITLE));
	put_names(p, f);
	buf_puts(p->b, "</bdi></h1>\n");
}

static void
put_period(const struct page *p, const struct stats_figures *f)
{
	const struct stats_section *s = &f->all;

	buf_puts(p->b, "<p>");
	if (s->first != TIME_NONE) {
		stats_put_when(p->b, p->lang, STATS_FULL, s->zone, s->first);
		buf_printf(p->b, " %s ", page_word(p, W_TO));
		stats_put_when(p->b, p->lang, STATS_FULL, s->zone, s->last);
		buf_printf(p->b, " · ");
	}
	buf_printf(p->b, "%s ", page_word(p, W_AS_OF));
	stats_put_when(p->b, p->lang, STATS_FULL, s->zone, f->now);
	buf_printf(p->b, " · %s ", page_word(p, W_TIMES_IN));
	stats_put_html(p->b, s->zone_name, NAME_MAX);
	put_some(p, " · ", f->outside, W_OUTSIDE);
	buf_puts(p->b, "</p>\n</header>\n<main>\n");
}

static void
put_foot(const struct page *p)
{
	static const enum stats_word meanings[] = {
	    W_D_MENTION, W_D_OPEN, W_D_TIME, W_D_BURST, W_D_REACH};

	buf_printf(p->b, "</main>\n<footer><h2>%s</h2>\n<ul>\n", page_word(p, W_COUNTING));
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		buf_printf(p->b, "<li>%s</li>\n", page_word(p, meanings[i]));
	buf_puts(p->b, "</ul></footer>\n</body>\n</html>\n");
}

void
stats_put_page(struct buf *b, const struct stats_figures *f, enum stats_lang lang)
{
	const struct page p = {.b = b, .lang = lang, .prefix = ""};

	put_head(&p, f);
	put_period(&p, f);
	if (f->all.count.mentions) {
		buf_printf(b, "<h2 class=\"unseen\">%s</h2>\n", page_word(&p, W_OVERVIEW));
		put_section(&p, &f->all, f->now);
	} else {
		buf_printf(b, "<p class=\"card\">%s</p>\n", page_word(&p, W_NO_MENTIONS));
	}
	if (f->ntenants > 1)
		put_tenants(&p, f);
	put_foot(&p);
}
