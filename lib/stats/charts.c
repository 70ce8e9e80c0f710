#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "stats/page.h"
#include "stats/svg.h"

/* With up to so many hours in all a column is an hour, a quarter of a day, a day; else a week.  The
 * main chart is twice as wide, so it has hours for as long as the others have quarters of a day. */
#define HOURLY_MAX 48
#define QUARTERLY_MAX (14 * 24)
#define DAILY_MAX (100 * 24)

/* Labels of the axis: not nearer to each other and to the right edge than this share of the width.
 */
#define TICK_ROOM 0.09
#define TICK_ROOM_LONG 0.18

/* Hours put together to columns. */
struct column {
	int64_t start, day;
	uint8_t hour;
	bool burst;
	struct stats_count count;
	double usual;
};

struct columns {
	struct column *list;
	size_t n;
	int step;        /* hours: 1, 6, 24 or 168 */
	struct buf text; /* labels, each with a NUL */
	const char **labels;
	uint64_t *values;
	double *usual;
	bool *burst;
	struct chart_tick *ticks;
	size_t nticks;
};

static int64_t
column_key(const struct stats_hour *h, int step)
{
	if (step == 168)
		return (h->day + 3) / 7;
	return h->day * (24 / step) + h->hour / step;
}

static void
add_count(struct stats_count *to, const struct stats_count *from)
{
	to->mentions += from->mentions;
	for (int i = 0; i < STATS_SENTIMENTS; i++)
		to->sentiment[i] += from->sentiment[i];
	to->open += from->open;
	to->answered += from->answered;
}

static void
gather(struct columns *cs, const struct stats_section *s, int step)
{
	int64_t key = 0;

	cs->step = step;
	cs->list = xcalloc(s->nhours + 1, sizeof *cs->list);
	for (size_t i = 0; i < s->nhours; i++) {
		const struct stats_hour *h = &s->hours[i];
		struct column *c;

		if (!cs->n || column_key(h, step) != key) {
			key = column_key(h, step);
			cs->list[cs->n++] = (struct column){.start = h->start,
			    .day = h->day,
			    .hour = h->hour,
			    .usual = step == 1 ? h->usual : -1};
		}
		c = &cs->list[cs->n - 1];
		add_count(&c->count, &h->count);
		c->burst |= step == 1 && h->burst;
	}
}

static void
put_label(const struct page *p, struct buf *b, const struct stats_section *s,
    const struct column *c, int step)
{
	stats_put_day(b, p->lang, c->day);
	if (step < 24) {
		buf_addc(b, ' ');
		stats_put_when(b, p->lang, STATS_TIME, s->zone, c->start);
	}
	if (step == 6)
		buf_printf(b, "–%02d:00", c->hour / 6 * 6 + 6);
	if (step == 168)
		buf_puts(b, p->lang == STATS_DE ? " (Woche)" : " (week)");
}

/* The text of each column and, behind these, that of each tick; buffers move, so offsets first. */
static void
make_labels(const struct page *p, struct columns *cs, const struct stats_section *s)
{
	size_t *at = xcalloc(cs->n + cs->nticks + 1, sizeof *at);

	for (size_t i = 0; i < cs->n; i++) {
		at[i] = cs->text.n;
		put_label(p, &cs->text, s, &cs->list[i], cs->step);
		buf_addc(&cs->text, '\0');
	}
	for (size_t i = 0; i < cs->nticks; i++) {
		const struct column *c = &cs->list[(size_t)cs->ticks[i].at];

		at[cs->n + i] = cs->text.n;
		if (cs->step == 1 && cs->n <= HOURLY_MAX && c->hour)
			stats_put_when(&cs->text, p->lang, STATS_TIME, s->zone, c->start);
		else if (cs->step < 24)
			stats_put_short_day(&cs->text, p->lang, c->day);
		else
			stats_put_day(&cs->text, p->lang, c->day);
		buf_addc(&cs->text, '\0');
	}
	cs->labels = xcalloc(cs->n + 1, sizeof *cs->labels);
	for (size_t i = 0; i < cs->n; i++)
		cs->labels[i] = cs->text.p + at[i];
	for (size_t i = 0; i < cs->nticks; i++)
		cs->ticks[i].label = cs->text.p + at[cs->n + i];
	free(at);
}

/* Where a label may stand: at the start of a day, or every six hours of a short time. */
static bool
is_tick(const struct columns *cs, size_t i)
{
	const struct column *c = &cs->list[i];

	if (i == 0 || cs->step >= 24)
		return true;
	if (cs->step == 1 && cs->n <= HOURLY_MAX)
		return c->hour % 6 == 0;
	return c->day != c[-1].day;
}

static void
make_ticks(struct columns *cs)
{
	double room = (double)cs->n * (cs->step < 24 ? TICK_ROOM : TICK_ROOM_LONG), next = 0;

	cs->ticks = xcalloc(cs->n + 1, sizeof *cs->ticks);
	for (size_t i = 0; i < cs->n; i++) {
		if (!is_tick(cs, i) || (double)i < next || (i && (double)i > (double)cs->n - room))
			continue;
		/* The first, incomplete day gives way to the next one. */
		if (i == 0 && cs->step < 24 && cs->n > HOURLY_MAX)
			for (size_t k = 1; (double)k < room && k < cs->n; k++)
				if (is_tick(cs, k))
					i = k;
		cs->ticks[cs->nticks].at = (double)i;
		cs->ticks[cs->nticks].minor = cs->nticks % 2;
		cs->nticks++;
		next = (double)i + room;
	}
}

static void
columns_open(const struct page *p, struct columns *cs, const struct stats_section *s, int step)
{
	*cs = (struct columns){.text = BUF_INIT};
	gather(cs, s, step);
	make_ticks(cs);
	make_labels(p, cs, s);
	cs->usual = xcalloc(cs->n + 1, sizeof *cs->usual);
	cs->burst = xcalloc(cs->n + 1, sizeof *cs->burst);
	for (size_t i = 0; i < cs->n; i++) {
		cs->usual[i] = cs->list[i].usual;
		cs->burst[i] = cs->list[i].burst;
	}
}

static void
columns_close(struct columns *cs)
{
	free(cs->list);
	free(cs->labels);
	free(cs->values);
	free(cs->usual);
	free(cs->burst);
	free(cs->ticks);
	buf_release(&cs->text);
}

static int
step_of(const struct stats_section *s, size_t hourly_max)
{
	if (s->nhours <= hourly_max)
		return 1;
	if (s->nhours <= QUARTERLY_MAX)
		return 6;
	return s->nhours <= DAILY_MAX ? 24 : 168;
}

/* A chart over time with N series whose values FILL writes. */
static void
put_chart(const struct page *p, struct columns *cs, struct chart *c,
    void (*fill)(const struct stats_count *count, uint64_t *values))
{
	struct buf id = BUF_INIT;

	cs->values = xcalloc(cs->n + 1, c->nseries * sizeof *cs->values);
	for (size_t i = 0; i < cs->n; i++)
		fill(&cs->list[i].count, cs->values + i * c->nseries);
	buf_printf(&id, "%s%s", p->prefix, c->id);
	c->id = buf_str(&id);
	c->lang = p->lang;
	c->column_name = page_word(p, cs->step < 24 ? W_TIME : cs->step == 24 ? W_DAY : W_WEEK_OF);
	c->table_name = page_word(p, W_TABLE);
	c->n = cs->n;
	c->labels = cs->labels;
	c->values = cs->values;
	c->ticks = cs->ticks;
	c->nticks = cs->nticks;
	svg_chart(p->b, c);
	buf_release(&id);
}

static void
fill_volume(const struct stats_count *count, uint64_t *values)
{
	values[0] = count->mentions;
}

static enum stats_word
volume_desc(const struct columns *cs)
{
	if (cs->step > 1)
		return cs->step == 24 ? W_VOLUME_DAYS : W_VOLUME_WEEKS;
	for (size_t i = 0; i < cs->n; i++)
		if (cs->usual[i] >= 0)
			return W_VOLUME_HOURS;
	return W_VOLUME_PLAIN;
}

void
page_volume(const struct page *p, const struct stats_section *s)
{
	const struct chart_series series[] = {{"main", page_word(p, W_MENTIONS), CHART_UP}};
	struct columns cs;
	struct chart c = {
	    .id = "volume",
	    .title = page_word(p, W_VOLUME),
	    .nseries = 1,
	    .series = series,
	    .line_name = page_word(p, W_USUAL_HOUR),
	    .mark_name = page_word(p, W_BURST),
	};

	columns_open(p, &cs, s, step_of(s, QUARTERLY_MAX));
	c.desc = page_word(p, volume_desc(&cs));
	c.line = cs.usual;
	c.marked = cs.burst;
	put_chart(p, &cs, &c, fill_volume);
	columns_close(&cs);
}

static void
fill_sentiment(const struct stats_count *count, uint64_t *values)
{
	values[0] = count->sentiment[STATS_POSITIVE];
	values[1] = count->sentiment[STATS_NEUTRAL];
	values[2] = count->sentiment[STATS_NEGATIVE];
	values[3] = count->sentiment[STATS_UNCLEAR];
}

void
page_sentiment(const struct page *p, const struct stats_section *s)
{
	const struct chart_series series[] = {
	    {"pos", page_word(p, W_POSITIVE), CHART_UP},
	    {"neu", page_word(p, W_NEUTRAL), CHART_TABLE_ONLY},
	    {"neg", page_word(p, W_NEGATIVE), CHART_DOWN},
	    {"unclear", page_word(p, W_UNCLEAR), CHART_TABLE_ONLY},
	};
	struct columns cs;
	struct chart c = {
	    .id = "sentiment",
	    .title = page_word(p, W_SENTIMENT_TIME),
	    .desc = page_word(p, W_SENTIMENT_DESC),
	    .nseries = 4,
	    .series = series,
	};

	columns_open(p, &cs, s, step_of(s, HOURLY_MAX));
	put_chart(p, &cs, &c, fill_sentiment);
	columns_close(&cs);
}

static void
fill_open(const struct stats_count *count, uint64_t *values)
{
	values[0] = count->answered;
	values[1] = count->open;
	values[2] = count->mentions - count->answered - count->open;
}

void
page_open(const struct page *p, const struct stats_section *s)
{
	const struct chart_series series[] = {
	    {"done", page_word(p, W_ANSWERED), CHART_UP},
	    {"open", page_word(p, W_OPEN), CHART_UP},
	    {"rest", page_word(p, W_NO_ANSWER), CHART_TABLE_ONLY},
	};
	struct columns cs;
	struct chart c = {
	    .id = "open",
	    .title = page_word(p, W_OPEN_TIME),
	    .desc = page_word(p, W_OPEN_DESC),
	    .nseries = 3,
	    .series = series,
	};

	columns_open(p, &cs, s, step_of(s, HOURLY_MAX));
	put_chart(p, &cs, &c, fill_open);
	columns_close(&cs);
}

static const char *const bin_labels[STATS_LANGS][STATS_TIME_BINS] = {
    [STATS_EN] = {"≤ 5 min", "≤ 15 min", "≤ 30 min", "≤ 1 h", "≤ 2 h", "≤ 4 h", "≤ 8 h", "≤ 1 d",
	"longer"},
    [STATS_DE] = {"≤ 5 min", "≤ 15 min", "≤ 30 min", "≤ 1 h", "≤ 2 h", "≤ 4 h", "≤ 8 h", "≤ 1 T",
	"länger"},
};

static const char *const bin_ticks[STATS_LANGS][STATS_TIME_BINS] = {
    [STATS_EN] = {"5 min", "15 min", "30 min", "1 h", "2 h", "4 h", "8 h", "1 d", "longer"},
    [STATS_DE] = {"5 min", "15 min", "30 min", "1 h", "2 h", "4 h", "8 h", "1 T", "länger"},
};

void
page_times(const struct page *p, const struct stats_section *s)
{
	const struct chart_series series[] = {
	    {"auto", page_word(p, W_AUTOMATIC), CHART_UP},
	    {"human", page_word(p, W_HUMAN), CHART_UP},
	    {"unk", page_word(p, W_NOT_STATED), CHART_UP},
	};
	struct chart_tick ticks[STATS_TIME_BINS];
	struct buf id = BUF_INIT;
	struct chart c = {
	    .title = page_word(p, W_TIMES_CHART),
	    .desc = page_word(p, W_TIMES_DESC),
	    .column_name = page_word(p, W_ANSWERED_WITHIN),
	    .table_name = page_word(p, W_TABLE),
	    .lang = p->lang,
	    .n = STATS_TIME_BINS,
	    .labels = bin_labels[p->lang],
	    .nseries = STATS_BYS,
	    .series = series,
	    .values = &s->time_bins[0][0],
	    .nticks = STATS_TIME_BINS,
	    .centred = true,
	    .ticks = ticks,
	};

	for (int i = 0; i < STATS_TIME_BINS; i++)
		ticks[i] = (struct chart_tick){i + .5, bin_ticks[p->lang][i], i % 2};
	buf_printf(&id, "%stimes", p->prefix);
	c.id = buf_str(&id);
	svg_chart(p->b, &c);
	buf_release(&id);
}

void
page_week(const struct page *p, const struct stats_section *s)
{
	struct buf id = BUF_INIT;

	buf_printf(&id, "%sweek", p->prefix);
	svg_week(p->b, buf_str(&id), page_word(p, W_WEEK), page_word(p, W_WEEK_DESC),
	    page_word(p, W_TABLE), page_word(p, W_HOUR), s->week, p->lang);
	buf_release(&id);
}
