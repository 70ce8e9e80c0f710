#include "core/rfc3339.h"
#include "stats/output.h"
#include "stats/words.h"

/* Lines in all, columns in all, and columns before the figures of a line. */
#define LINES_MAX 25
#define WIDTH 80
#define LABEL 15

/* A name in a list, and the tenant's in the table. */
#define NAME_MAX 24

struct table {
	struct buf *b;
	enum stats_lang lang;
	size_t lines;
	size_t start; /* where the line begins in b */
};

static const char *
word(const struct table *t, enum stats_word w)
{
	return stats_word(t->lang, w);
}

static size_t
columns_used(const struct table *t)
{
	return stats_columns((struct slice){t->b->p + t->start, t->b->n - t->start});
}

static void
pad_to(const struct table *t, size_t column)
{
	for (size_t n = columns_used(t); n < column; n++)
		buf_addc(t->b, ' ');
}

static void
begin(struct table *t, const char *indent, enum stats_word label)
{
	t->start = t->b->n;
	buf_printf(t->b, "%s%s", indent, word(t, label));
	pad_to(t, LABEL);
}

static void
end(struct table *t)
{
	buf_addc(t->b, '\n');
	t->lines++;
	t->start = t->b->n;
}

/* " · 12 edited", when there are any. */
static void
put_some(const struct table *t, uint64_t n, enum stats_word w)
{
	if (!n)
		return;
	buf_puts(t->b, " · ");
	stats_put_whole(t->b, t->lang, n);
	buf_printf(t->b, " %s", word(t, w));
}

static void
put_heading(struct table *t, const struct stats_figures *f)
{
	const struct stats_section *s = &f->all;

	if (s->count.mentions == 0) {
		buf_printf(t->b, "%s", word(t, W_NO_MENTIONS));
	} else if (s->first != TIME_NONE) {
		stats_put_when(t->b, t->lang, STATS_FULL, s->zone, s->first);
		buf_printf(t->b, " %s ", word(t, W_TO));
		stats_put_when(t->b, t->lang, STATS_FULL, s->zone, s->last);
		buf_puts(t->b, ", ");
		stats_put_clean(t->b, s->zone_name, NAME_MAX);
	}
	end(t);
}

static void
put_mentions(struct table *t, const struct stats_section *s)
{
	begin(t, "", W_MENTIONS);
	stats_put_whole(t->b, t->lang, s->count.mentions);
	put_some(t, s->authors.distinct, W_AUTHORS_OF);
	put_some(t, s->direct, W_DIRECT);
	put_some(t, s->edited, W_EDITED);
	put_some(t, s->deleted, W_DELETED);
	put_some(t, s->own, W_OWN);
	put_some(t, s->undated, W_UNDATED);
	end(t);
}

static void
put_sentiment(struct table *t, const struct stats_section *s)
{
	static const enum stats_word words[] = {W_NEGATIVE, W_NEUTRAL, W_POSITIVE, W_UNCLEAR};
	uint64_t judged = stats_judged(&s->count);

	begin(t, "", W_SENTIMENT);
	if (!judged) {
		buf_puts(t->b, word(t, W_CLASSIFY));
		end(t);
		return;
	}
	for (int i = STATS_NEGATIVE; i <= STATS_UNCLEAR; i++) {
		if (i == STATS_UNCLEAR && !s->count.sentiment[i])
			continue;
		if (i)
			buf_puts(t->b, " · ");
		stats_put_percent(t->b, t->lang, s->count.sentiment[i], judged);
		buf_printf(t->b, " %s", word(t, words[i]));
	}
	if (s->scores) {
		buf_printf(t->b, " · %s ", word(t, W_MEAN));
		stats_put_decimal(
		    t->b, t->lang, (double)s->score_sum / (double)s->scores / 10000, 2);
	}
	put_some(t, s->count.sentiment[STATS_UNKNOWN], W_NOT_JUDGED);
	end(t);
}

static void
put_answers(struct table *t, const struct stats_section *s, int64_t now)
{
	uint64_t asked = (uint64_t)s->count.open + s->count.answered;

	begin(t, "", W_ANSWERS);
	stats_put_whole(t->b, t->lang, s->count.answered);
	buf_printf(t->b, " %s", word(t, W_ANSWERED));
	if (asked) {
		buf_puts(t->b, " (");
		stats_put_percent(t->b, t->lang, s->count.answered, asked);
		buf_puts(t->b, ")");
	}
	put_some(t, s->late, W_LATE);
	buf_puts(t->b, " · ");
	stats_put_whole(t->b, t->lang, s->count.open);
	buf_printf(t->b, " %s", word(t, W_OPEN));
	put_some(t, s->count.overdue, W_OVERDUE);
	if (s->oldest_open != TIME_NONE) {
		buf_printf(t->b, " · %s ", word(t, W_OLDEST_AGE));
		stats_put_span(t->b, t->lang, (double)(now - s->oldest_open));
	}
	end(t);
}

static void
put_times(
    struct table *t, const char *indent, enum stats_word label, const struct stats_times *times)
{
	if (!times->n)
		return;
	begin(t, indent, label);
	buf_printf(t->b, "%s ", word(t, W_MEDIAN));
	stats_put_span(t->b, t->lang, (double)times->median);
	buf_printf(t->b, " · %s ", word(t, W_P90));
	stats_put_span(t->b, t->lang, (double)times->p90);
	buf_printf(t->b, " · %s ", word(t, W_MEAN));
	stats_put_span(t->b, t->lang, times->mean);
	buf_puts(t->b, " (");
	stats_put_whole(t->b, t->lang, times->n);
	buf_puts(t->b, ")");
	end(t);
}

static void
put_drafts(struct table *t, const struct stats_section *s)
{
	static const enum stats_word words[] = {W_SUGGESTED, W_SUGGESTED, W_APPROVED, W_HELD};
	bool first = true;

	for (int i = STATS_DRAFT_SUGGESTED; i < STATS_DRAFTS; i++) {
		if (!s->drafts[i])
			continue;
		if (first)
			begin(t, "", W_DRAFTS);
		else
			buf_puts(t->b, " · ");
		stats_put_whole(t->b, t->lang, s->drafts[i]);
		buf_printf(t->b, " %s", word(t, words[i]));
		first = false;
	}
	if (!first)
		end(t);
}

static void
put_busiest(struct table *t, const struct stats_section *s)
{
	const struct stats_hour *best = NULL;

	for (size_t i = 0; i < s->nhours; i++)
		if (!best || s->hours[i].count.mentions > best->count.mentions)
			best = &s->hours[i];
	if (!best)
		return;
	begin(t, "", W_BUSIEST);
	stats_put_when(t->b, t->lang, STATS_DAY_TIME, s->zone, best->start);
	buf_puts(t->b, " · ");
	stats_put_whole(t->b, t->lang, best->count.mentions);
	buf_printf(t->b, " %s", word(t, W_MENTIONS));
	end(t);
}

static void
put_burst(struct table *t, const struct stats_section *s, const struct stats_burst *burst)
{
	begin(t, "! ", W_BURST);
	stats_put_when(t->b, t->lang, STATS_DAY_TIME, s->zone, burst->start);
	buf_puts(t->b, "–");
	stats_put_when(t->b, t->lang, STATS_TIME, s->zone, burst->end);
	buf_puts(t->b, " · ");
	stats_put_whole(t->b, t->lang, burst->count.mentions);
	buf_printf(t->b, " (%s ", word(t, W_USUAL));
	stats_put_decimal(t->b, t->lang, burst->usual, 0);
	buf_puts(t->b, ")");
	if (stats_judged(&burst->count)) {
		buf_puts(t->b, " · ");
		stats_put_percent(t->b, t->lang, burst->count.sentiment[STATS_NEGATIVE],
		    stats_judged(&burst->count));
		buf_printf(t->b, " %s", word(t, W_NEGATIVE));
	}
	if (burst->topic.p) {
		buf_puts(t->b, " · ");
		stats_put_clean(t->b, burst->topic, NAME_MAX);
	}
	end(t);
}

static double
excess(const struct stats_burst *burst)
{
	return burst->count.mentions - burst->usual;
}

/* Room for two: the greatest so far, and the last one, which may still go on. */
static void
put_bursts(struct table *t, const struct stats_section *s)
{
	const struct stats_burst *greatest = s->bursts, *last;

	if (!s->nbursts)
		return;
	last = s->bursts + s->nbursts - 1;
	for (const struct stats_burst *burst = s->bursts; burst < last; burst++)
		if (excess(burst) > excess(greatest))
			greatest = burst;
	if (greatest != last)
		put_burst(t, s, greatest);
	put_burst(t, s, last);
}

/* As many rows as fit on the line. */
static void
put_list(struct table *t, enum stats_word label, const struct stats_list *list)
{
	struct buf one = BUF_INIT;

	if (!list->n)
		return;
	begin(t, "", label);
	for (size_t i = 0; i < list->n; i++) {
		buf_clear(&one);
		if (i)
			buf_puts(&one, " · ");
		stats_put_clean(&one, list->rows[i].name, NAME_MAX);
		if (list->rows[i].network.p) {
			buf_addc(&one, '/');
			stats_put_clean(&one, list->rows[i].network, NAME_MAX);
		}
		buf_addc(&one, ' ');
		stats_put_whole(&one, t->lang, list->rows[i].count.mentions);
		if (columns_used(t) + stats_columns(buf_slice(&one)) > WIDTH)
			break;
		buf_adds(t->b, buf_slice(&one));
	}
	buf_release(&one);
	end(t);
}

static void
put_reach(struct table *t, const struct stats_list *list)
{
	struct buf one = BUF_INIT;

	if (!list->n)
		return;
	begin(t, "", W_REACH);
	for (size_t i = 0; i < list->n; i++) {
		const struct stats_row *row = &list->rows[i];

		buf_clear(&one);
		if (i)
			buf_puts(&one, " · ");
		stats_put_clean(&one, row->name, NAME_MAX);
		if (row->reach >= 0)
			buf_printf(&one, " %d", row->reach);
		if (row->followers >= 0) {
			buf_puts(&one, " (");
			stats_put_short(&one, t->lang, (uint64_t)row->followers);
			buf_puts(&one, ")");
		}
		if (columns_used(t) + stats_columns(buf_slice(&one)) > WIDTH)
			break;
		buf_adds(t->b, buf_slice(&one));
	}
	buf_release(&one);
	end(t);
}

/* Cells of the table of tenants end at these columns. */
static void
put_cell(struct table *t, struct buf *cell, size_t right)
{
	size_t width = stats_columns(buf_slice(cell));

	pad_to(t, right > width ? right - width : 0);
	buf_adds(t->b, buf_slice(cell));
	buf_clear(cell);
}

static void
put_tenant(struct table *t, const struct stats_section *s)
{
	struct buf cell = BUF_INIT;

	stats_put_clean(t->b, s->name, NAME_MAX);
	stats_put_whole(&cell, t->lang, s->count.mentions);
	put_cell(t, &cell, NAME_MAX + 12);
	stats_put_percent(
	    &cell, t->lang, s->count.sentiment[STATS_NEGATIVE], stats_judged(&s->count));
	put_cell(t, &cell, NAME_MAX + 22);
	stats_put_whole(&cell, t->lang, s->count.open);
	put_cell(t, &cell, NAME_MAX + 30);
	stats_put_percent(
	    &cell, t->lang, s->count.answered, (uint64_t)s->count.answered + s->count.open);
	put_cell(t, &cell, NAME_MAX + 42);
	if (s->times.n)
		stats_put_span(&cell, t->lang, (double)s->times.median);
	else
		buf_puts(&cell, "–");
	put_cell(t, &cell, NAME_MAX + 54);
	buf_release(&cell);
	end(t);
}

static void
put_tenants_head(struct table *t)
{
	static const enum stats_word words[] = {
	    W_MENTIONS, W_NEGATIVE, W_OPEN, W_ANSWERED, W_MEDIAN};
	static const size_t rights[] = {12, 22, 30, 42, 54};
	struct buf cell = BUF_INIT;

	end(t);
	buf_puts(t->b, word(t, W_TENANT));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		buf_puts(&cell, word(t, words[i]));
		put_cell(t, &cell, NAME_MAX + rights[i]);
	}
	buf_release(&cell);
	end(t);
}

static void
put_tenants(struct table *t, const struct stats_figures *f)
{
	size_t all = f->ntenants + f->tenants_more, shown = f->ntenants;

	if (all < 2)
		return;
	put_tenants_head(t);
	if (shown + !!f->tenants_more > LINES_MAX - t->lines)
		shown = LINES_MAX - t->lines - 1;
	for (size_t i = 0; i < shown; i++)
		put_tenant(t, &f->tenants[i]);
	if (shown < all) {
		buf_printf(t->b, word(t, W_AND_MORE), all - shown);
		end(t);
	}
}

void
stats_put_summary(struct buf *b, const struct stats_figures *f, enum stats_lang lang)
{
	struct table t = {.b = b, .lang = lang, .start = b->n};
	const struct stats_section *s = &f->all;
	const struct stats_times *by = s->times_by;

	put_heading(&t, f);
	if (f->outside) {
		begin(&t, "", W_LEFT_OUT);
		stats_put_whole(b, lang, f->outside);
		buf_printf(b, " %s", word(&t, W_OUTSIDE));
		end(&t);
	}
	if (!s->count.mentions)
		return;
	put_mentions(&t, s);
	put_sentiment(&t, s);
	put_answers(&t, s, f->now);
	put_times(&t, "", W_ANSWER_TIME, &s->times);
	put_times(&t, "  ", W_AUTOMATIC, &by[STATS_BY_AUTOMATIC]);
	put_times(&t, "  ", W_HUMAN, &by[STATS_BY_HUMAN]);
	if (by[STATS_BY_AUTOMATIC].n || by[STATS_BY_HUMAN].n)
		put_times(&t, "  ", W_NOT_STATED, &by[STATS_BY_UNKNOWN]);
	put_times(&t, "  ", W_OPEN_HOURS, &s->times_open);
	put_drafts(&t, s);
	put_busiest(&t, s);
	put_bursts(&t, s);
	put_list(&t, W_NETWORKS, &s->networks);
	put_list(&t, W_LANGUAGES, &s->languages);
	put_list(&t, W_QUEUES, &s->queues);
	put_list(&t, W_TOPICS, &s->topics);
	put_list(&t, W_KEYWORDS, &s->keywords);
	put_list(&t, W_AUTHORS, &s->authors);
	put_reach(&t, &s->reach);
	put_tenants(&t, f);
}
