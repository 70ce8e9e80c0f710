#include "stream/json.h"
#include "core/rfc3339.h"
#include "stats/output.h"

/* Times are seconds with up to three decimals. */
static void
put_seconds(struct buf *b, double ms)
{
	json_put_fixed(b, ms / 1000, 3);
}

static void
put_time(struct buf *b, int64_t ms)
{
	if (ms == TIME_NONE) {
		buf_puts(b, "null");
		return;
	}
	buf_addc(b, '"');
	rfc3339_put(b, ms);
	buf_addc(b, '"');
}

static void
put_named_time(struct buf *b, const char *name, int64_t ms)
{
	buf_printf(b, "\"%s\":", name);
	put_time(b, ms);
}

/* A mean of whole numbers that stand for N / SCALE, null when there are none. */
static void
put_mean(struct buf *b, int64_t sum, uint64_t n, double scale)
{
	if (n)
		json_put_fixed(b, (double)sum / (double)n / scale, 4);
	else
		buf_puts(b, "null");
}

/* The members that every count has, without braces. */
static void
put_count(struct buf *b, const struct stats_count *c)
{
	buf_printf(b,
	    "\"mentions\":%u,\"negative\":%u,\"neutral\":%u,\"positive\":%u,\"unclear\":%u,"
	    "\"open\":%u,\"overdue\":%u,\"answered\":%u",
	    c->mentions, c->sentiment[STATS_NEGATIVE], c->sentiment[STATS_NEUTRAL],
	    c->sentiment[STATS_POSITIVE], c->sentiment[STATS_UNCLEAR], c->open, c->overdue,
	    c->answered);
}

static void
put_row(struct buf *b, const struct stats_row *r)
{
	buf_puts(b, "{\"name\":");
	json_put_string(b, r->name);
	if (r->network.p) {
		buf_puts(b, ",\"network\":");
		json_put_string(b, r->network);
	}
	buf_addc(b, ',');
	put_count(b, &r->count);
	if (r->reach >= 0)
		buf_printf(b, ",\"reach\":%d", r->reach);
	if (r->followers >= 0)
		buf_printf(b, ",\"followers\":%lld", (long long)r->followers);
	if (r->median != TIME_NONE) {
		buf_puts(b, ",\"answer_median\":");
		put_seconds(b, (double)r->median);
	}
	buf_addc(b, '}');
}

static void
put_list(struct buf *b, const char *name, const struct stats_list *list)
{
	buf_printf(b, ",\"%s\":{\"distinct\":%llu,\"mentions\":%llu,\"top\":[", name,
	    (unsigned long long)list->distinct, (unsigned long long)list->mentions);
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_addc(b, ',');
		put_row(b, &list->rows[i]);
	}
	buf_puts(b, "]}");
}

static void
put_times(struct buf *b, const char *name, const struct stats_times *t)
{
	buf_printf(b, "\"%s\":{\"n\":%llu", name, (unsigned long long)t->n);
	if (t->n) {
		buf_puts(b, ",\"median\":");
		put_seconds(b, (double)t->median);
		buf_puts(b, ",\"p90\":");
		put_seconds(b, (double)t->p90);
		buf_puts(b, ",\"mean\":");
		put_seconds(b, t->mean);
		buf_puts(b, ",\"max\":");
		put_seconds(b, (double)t->max);
	}
	buf_addc(b, '}');
}

static void
put_answers(struct buf *b, const struct stats_section *s)
{
	static const int limits[] = STATS_TIME_LIMITS;
	uint64_t asked = (uint64_t)s->count.open + s->count.answered;

	buf_printf(b,
	    ",\"answers\":{\"open\":%u,\"overdue\":%u,\"answered\":%u,\"rate\":", s->count.open,
	    s->count.overdue, s->count.answered);
	put_mean(b, s->count.answered, asked, 1);
	buf_printf(b, ",\"in_time\":%llu,\"late\":%llu,", (unsigned long long)s->in_time,
	    (unsigned long long)s->late);
	put_named_time(b, "oldest_open", s->oldest_open);
	buf_puts(b, ",\"times\":{");
	put_times(b, "first", &s->times);
	buf_addc(b, ',');
	put_times(b, "automatic", &s->times_by[STATS_BY_AUTOMATIC]);
	buf_addc(b, ',');
	put_times(b, "human", &s->times_by[STATS_BY_HUMAN]);
	buf_addc(b, ',');
	put_times(b, "not_stated", &s->times_by[STATS_BY_UNKNOWN]);
	buf_addc(b, ',');
	put_times(b, "open_hours", &s->times_open);
	buf_puts(b, "},\"distribution\":[");
	for (size_t i = 0; i < STATS_TIME_BINS; i++) {
		const uint64_t *bin = s->time_bins[i];

		buf_puts(b, i ? ",{\"up_to\":" : "{\"up_to\":");
		if (i < STATS_TIME_BINS - 1)
			buf_printf(b, "%d", limits[i] * 60);
		else
			buf_puts(b, "null");
		buf_printf(b, ",\"automatic\":%llu,\"human\":%llu,\"not_stated\":%llu}",
		    (unsigned long long)bin[STATS_BY_AUTOMATIC],
		    (unsigned long long)bin[STATS_BY_HUMAN],
		    (unsigned long long)bin[STATS_BY_UNKNOWN]);
	}
	buf_puts(b, "]}");
}

static void
put_bursts(struct buf *b, const struct stats_section *s)
{
	buf_puts(b, ",\"bursts\":[");
	for (size_t i = 0; i < s->nbursts; i++) {
		const struct stats_burst *burst = &s->bursts[i];

		buf_puts(b, i ? ",{" : "{");
		put_named_time(b, "from", burst->start);
		buf_addc(b, ',');
		put_named_time(b, "to", burst->end);
		buf_puts(b, ",\"usual\":");
		json_put_fixed(b, burst->usual, 2);
		buf_addc(b, ',');
		put_count(b, &burst->count);
		if (burst->topic.p) {
			buf_puts(b, ",\"topic\":");
			json_put_string(b, burst->topic);
			buf_printf(b, ",\"topic_mentions\":%u", burst->topic_mentions);
		}
		if (burst->network.p) {
			buf_puts(b, ",\"network\":");
			json_put_string(b, burst->network);
			buf_printf(b, ",\"network_mentions\":%u", burst->network_mentions);
		}
		buf_addc(b, '}');
	}
	buf_printf(b, "],\"bursts_more\":%zu", s->bursts_more);
}

/* Hours and days without a mention are left out. */
static void
put_hours(struct buf *b, const struct stats_section *s)
{
	const char *comma = "";

	buf_puts(b, ",\"hours\":[");
	for (size_t i = 0; i < s->nhours; i++) {
		const struct stats_hour *h = &s->hours[i];

		if (!h->count.mentions)
			continue;
		buf_printf(b, "%s{", comma);
		put_named_time(b, "start", h->start);
		buf_addc(b, ',');
		put_count(b, &h->count);
		if (h->usual >= 0) {
			buf_puts(b, ",\"usual\":");
			json_put_fixed(b, h->usual, 2);
		}
		buf_puts(b, h->burst ? ",\"burst\":true}" : "}");
		comma = ",";
	}
	buf_puts(b, "]");
}

static void
put_days(struct buf *b, const struct stats_section *s)
{
	const char *comma = "";

	buf_puts(b, ",\"days\":[");
	for (size_t i = 0; i < s->ndays; i++) {
		const struct stats_day *d = &s->days[i];

		if (!d->count.mentions)
			continue;
		buf_printf(b, "%s{\"date\":\"", comma);
		stats_put_date(b, d->day);
		buf_puts(b, "\",");
		put_count(b, &d->count);
		buf_puts(b, ",\"score\":");
		put_mean(b, d->score_sum, d->scores, 10000);
		buf_addc(b, '}');
		comma = ",";
	}
	buf_puts(b, "],\"week\":[");
	for (int day = 0; day < 7; day++)
		for (int hour = 0; hour < 24; hour++)
			buf_printf(b, "%s%llu%s",
			    hour  ? ","
			    : day ? ",["
				  : "[",
			    (unsigned long long)s->week[day][hour], hour == 23 ? "]" : "");
	buf_addc(b, ']');
}

static void
put_totals(struct buf *b, const struct stats_section *s)
{
	buf_addc(b, ',');
	put_named_time(b, "first", s->first);
	buf_addc(b, ',');
	put_named_time(b, "last", s->last);
	buf_printf(b,
	    ",\"mentions\":%u,\"own\":%llu,\"edited\":%llu,"
	    "\"deleted\":%llu,\"direct\":%llu,\"undated\":%llu,\"earlier\":%llu",
	    s->count.mentions, (unsigned long long)s->own, (unsigned long long)s->edited,
	    (unsigned long long)s->deleted, (unsigned long long)s->direct,
	    (unsigned long long)s->undated, (unsigned long long)s->earlier);
	buf_printf(b,
	    ",\"sentiment\":{\"negative\":%u,\"neutral\":%u,\"positive\":%u,\"unclear\":%u,"
	    "\"none\":%u,\"score\":",
	    s->count.sentiment[STATS_NEGATIVE], s->count.sentiment[STATS_NEUTRAL],
	    s->count.sentiment[STATS_POSITIVE], s->count.sentiment[STATS_UNCLEAR],
	    s->count.sentiment[STATS_UNKNOWN]);
	put_mean(b, s->score_sum, s->scores, 10000);
	buf_puts(b, "},\"reach_mean\":");
	put_mean(b, (int64_t)s->reach_sum, s->reaches, 1);
	buf_printf(b, ",\"drafts\":{\"suggested\":%llu,\"approved\":%llu,\"held\":%llu}",
	    (unsigned long long)s->drafts[STATS_DRAFT_SUGGESTED],
	    (unsigned long long)s->drafts[STATS_DRAFT_APPROVED],
	    (unsigned long long)s->drafts[STATS_DRAFT_HELD]);
}

static void
put_section(struct buf *b, const struct stats_section *s)
{
	buf_puts(b, "{\"tenant\":");
	if (s->tenant.p)
		json_put_string(b, s->tenant);
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"name\":");
	if (s->tenant.p)
		json_put_string(b, s->name);
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"timezone\":");
	json_put_string(b, s->zone_name);
	put_totals(b, s);
	put_answers(b, s);
	put_bursts(b, s);
	put_list(b, "networks", &s->networks);
	put_list(b, "languages", &s->languages);
	put_list(b, "queues", &s->queues);
	put_list(b, "topics", &s->topics);
	put_list(b, "keywords", &s->keywords);
	put_list(b, "queries", &s->queries);
	put_list(b, "authors", &s->authors);
	put_list(b, "authors_by_reach", &s->reach);
	put_hours(b, s);
	put_days(b, s);
	buf_addc(b, '}');
}

void
stats_put_json(struct buf *b, const struct stats_figures *f)
{
	buf_addc(b, '{');
	put_named_time(b, "now", f->now);
	buf_addc(b, ',');
	put_named_time(b, "since", f->since);
	buf_addc(b, ',');
	put_named_time(b, "until", f->until);
	buf_printf(b,
	    ",\"events\":{\"mention\":%llu,\"reply\":%llu,\"delete\":%llu,\"other\":%llu},"
	    "\"outside\":%llu,\"all\":",
	    (unsigned long long)f->events[0], (unsigned long long)f->events[1],
	    (unsigned long long)f->events[2], (unsigned long long)f->events[3],
	    (unsigned long long)f->outside);
	put_section(b, &f->all);
	buf_puts(b, ",\"tenants\":[");
	for (size_t i = 0; i < f->ntenants; i++) {
		if (i)
			buf_addc(b, ',');
		put_section(b, &f->tenants[i]);
	}
	buf_printf(b, "],\"tenants_more\":%zu}\n", f->tenants_more);
}
