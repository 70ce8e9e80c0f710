/* iCalendar (RFC 5545), as far as it says which days are off. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock/holidays.h"
#include "clock/recur.h"
#include "core/buf.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"

/* A longer event is a mistake: an absence, not a holiday. */
#define EVENT_DAYS_MAX 62
#define EXCEPTIONS_MAX 512

struct event {
	bool all_day, cancelled;
	uint64_t uid;
	int64_t instead;    /* it stands for the repetition of this day; INT64_MIN: for none */
	int64_t start, end; /* END is the day behind the last one; INT64_MIN: not said */
	int64_t length;     /* of DURATION, or 0 */
	struct recur repeat;
	const char *fault; /* matters only where the event is all day */
	size_t fault_at;
	int64_t except[EXCEPTIONS_MAX], more[EXCEPTIONS_MAX];
	size_t nexcept, nmore;
};

/* A repetition that was moved or cancelled. */
struct moved {
	uint64_t uid;
	int64_t day;
};

struct ical {
	bool looking; /* for repetitions that were moved: the first of two times */
	struct moved *moved;
	size_t nmoved, cap;
	struct slice rest;
	const char *name;
	size_t line, at; /* of the property that is read */
	struct buf text; /* the property, unfolded */
	struct event event;
	bool in_event, seen_calendar, open; /* OPEN: its end is still to come */
	int inner; /* components inside the event, such as alarms */
	struct holidays *out;
};

static int
bad(const struct ical *c, struct sme_err *err, const char *what)
{
	return err_set(err, SME_CONFIG, "%s: line %zu: %s", c->name, c->at, what);
}

/* The next property, without its folds.  False at the end. */
static bool
next_property(struct ical *c)
{
	buf_clear(&c->text);
	c->at = c->line + 1;
	while (c->rest.n) {
		const char *nl = memchr(c->rest.p, '\n', c->rest.n);
		size_t n = nl ? (size_t)(nl - c->rest.p) : c->rest.n;
		size_t text = n && c->rest.p[n - 1] == '\r' ? n - 1 : n;

		buf_add(&c->text, c->rest.p, text);
		n += nl != NULL;
		c->rest = (struct slice){c->rest.p + n, c->rest.n - n};
		c->line++;
		if (!c->rest.n || (*c->rest.p != ' ' && *c->rest.p != '\t'))
			return true;
		c->rest = (struct slice){c->rest.p + 1, c->rest.n - 1};
	}
	return false;
}

static bool
is_word(struct slice s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* The name and the value of "NAME;A=B;C=D:VALUE"; a parameter in quotes may hold a colon. */
static bool
split(struct slice line, struct slice *name, struct slice *value)
{
	size_t i = 0, head;
	bool quoted = false;

	while (i < line.n && line.p[i] != ';' && line.p[i] != ':')
		i++;
	head = i;
	while (i < line.n && (quoted || line.p[i] != ':')) {
		quoted ^= line.p[i] == '"';
		i++;
	}
	if (i == line.n)
		return false;
	*name = (struct slice){line.p, head};
	*value = slice_trim((struct slice){line.p + i + 1, line.n - i - 1});
	return true;
}

/* Why the event cannot be used, unless it has a time of day or was cancelled. */
static void
fault(struct ical *c, const char *what)
{
	if (c->event.fault)
		return;
	c->event.fault = what;
	c->event.fault_at = c->at;
}

static void
read_days(struct ical *c, struct slice value, int64_t *days, size_t *n)
{
	struct slice one;

	while (slice_cut(&value, ',', &one)) {
		if (*n == EXCEPTIONS_MAX)
			fault(c, "too many dates in one event");
		else if (!recur_parse_day(slice_trim(one), &days[*n]))
			fault(c, "expected dates such as 20261225");
		else
			++*n;
	}
}

/* "P1D", "P1W", "PT48H": days, a part of one for a whole one. */
static bool
parse_duration(struct slice s, int64_t *days)
{
	static const char units[] = "WDHMS";
	static const int64_t seconds[] = {604800, 86400, 3600, 60, 1};
	int64_t sum = 0, n = -1;

	if (s.n && *s.p == '+')
		s = (struct slice){s.p + 1, s.n - 1};
	if (s.n < 3 || *s.p != 'P')
		return false;
	for (size_t i = 1; i < s.n; i++) {
		const char *unit = memchr(units, s.p[i], sizeof units - 1);

		if (s.p[i] >= '0' && s.p[i] <= '9' && n < 100000000) {
			n = (n < 0 ? 0 : n) * 10 + (s.p[i] - '0');
		} else if (unit && n >= 0) {
			sum += n * seconds[unit - units];
			n = -1;
		} else if (s.p[i] != 'T' || n >= 0) {
			return false;
		}
	}
	*days = (sum + 86399) / 86400;
	return n < 0;
}

static int
read_property(struct ical *c, struct slice name, struct slice value, struct sme_err *err)
{
	struct event *e = &c->event;

	if (is_word(name, "DTSTART")) {
		e->all_day |= value.n == 8;
		return recur_parse_day(value, &e->start) ? 0 : bad(c, err, "DTSTART is no date");
	}
	if (is_word(name, "DTEND") && !recur_parse_day(value, &e->end))
		fault(c, "DTEND is no date");
	if (is_word(name, "DURATION") && !parse_duration(value, &e->length))
		fault(c, "DURATION is none such as P1D");
	/* How Exchange writes an event of whole days, from midnight to midnight. */
	if (is_word(name, "X-MICROSOFT-CDO-ALLDAYEVENT"))
		e->all_day |= is_word(value, "TRUE");
	if (is_word(name, "STATUS"))
		e->cancelled = is_word(value, "CANCELLED");
	if (is_word(name, "UID"))
		e->uid = hash64(value.p, value.n, 0);
	if (is_word(name, "RECURRENCE-ID") && !recur_parse_day(value, &e->instead))
		fault(c, "RECURRENCE-ID is no date");
	if (is_word(name, "RRULE") && !recur_parse(value, &e->repeat))
		fault(c, "a repetition that is not understood; export the dates one by one");
	if (is_word(name, "EXDATE"))
		read_days(c, value, e->except, &e->nexcept);
	if (is_word(name, "RDATE"))
		read_days(c, value, e->more, &e->nmore);
	return 0;
}

/* ---- days ---- */

struct adding {
	const struct ical *c;
	int64_t length;
};

static bool
is_off(const struct ical *c, int64_t start)
{
	const struct event *e = &c->event;

	for (size_t i = 0; i < e->nexcept; i++)
		if (e->except[i] == start)
			return false;
	for (size_t i = 0; i < c->nmoved && e->instead == INT64_MIN; i++)
		if (c->moved[i].uid == e->uid && c->moved[i].day == start)
			return false;
	return true;
}

static void
add_days(void *ctx, int64_t start)
{
	const struct adding *a = ctx;

	if (is_off(a->c, start))
		for (int64_t i = 0; i < a->length; i++)
			holidays_add_day(a->c->out, start + i);
}

static void
keep_moved(struct ical *c)
{
	const struct event *e = &c->event;

	if (e->instead == INT64_MIN || !e->uid)
		return;
	c->moved = xgrow(c->moved, c->nmoved, &c->cap, sizeof *c->moved);
	c->moved[c->nmoved++] = (struct moved){e->uid, e->instead};
}

static int
end_event(struct ical *c, struct sme_err *err)
{
	const struct event *e = &c->event;
	struct adding a = {.c = c, .length = e->length};

	if (c->looking) {
		keep_moved(c);
		return 0;
	}
	if (e->start == INT64_MIN)
		return bad(c, err, "an event without DTSTART");
	if (!e->all_day || e->cancelled)
		return 0;
	if (e->fault) {
		c->at = e->fault_at;
		return bad(c, err, e->fault);
	}
	if (e->end != INT64_MIN)
		a.length = e->end - e->start;
	if (a.length == 0) /* not said, or how some programs write a single day */
		a.length = 1;
	if (a.length < 0 || a.length > EVENT_DAYS_MAX)
		return bad(c, err, "an event that ends before it begins, or lasts longer than two months");
	if (e->repeat.freq != RECUR_NONE)
		recur_each(&e->repeat, e->start, HOLIDAYS_YEAR_LAST, add_days, &a);
	else
		add_days(&a, e->start);
	for (size_t i = 0; i < e->nmore; i++)
		add_days(&a, e->more[i]);
	return 0;
}

static void
begin(struct ical *c, struct slice what)
{
	if (is_word(what, "VCALENDAR"))
		c->seen_calendar = c->open = true;
	if (c->in_event) {
		c->inner++;
	} else if (is_word(what, "VEVENT")) {
		c->in_event = true;
		c->event.start = c->event.end = c->event.instead = INT64_MIN;
		c->event.length = 0;
		c->event.uid = 0;
		c->event.fault = NULL;
		c->event.all_day = c->event.cancelled = false;
		c->event.nexcept = c->event.nmore = 0;
		c->event.repeat.freq = RECUR_NONE;
	}
}

static int
end(struct ical *c, struct slice what, struct sme_err *err)
{
	if (c->in_event && c->inner) {
		c->inner--;
		return 0;
	}
	if (c->in_event && !is_word(what, "VEVENT"))
		return bad(c, err, "an event that does not end");
	if (is_word(what, "VCALENDAR"))
		c->open = false;
	if (!c->in_event)
		return 0;
	c->in_event = false;
	return end_event(c, err);
}

static int
read_all(struct ical *c, struct sme_err *err)
{
	struct slice name, value;

	while (next_property(c)) {
		int r = 0;

		if (!c->text.n)
			continue;
		if (!split(buf_slice(&c->text), &name, &value))
			return bad(c, err, c->seen_calendar ?
			    "a line without a colon; what goes on from the line before begins with a space" :
			    "this is no iCalendar file");
		if (is_word(name, "BEGIN"))
			begin(c, value);
		else if (!c->seen_calendar)
			return bad(c, err, "this is no iCalendar file");
		else if (is_word(name, "END"))
			r = end(c, value, err);
		else if (c->in_event && !c->inner)
			r = read_property(c, name, value, err);
		if (r < 0)
			return -1;
	}
	if (!c->seen_calendar || c->in_event)
		return bad(c, err, c->in_event ? "the file ends in the middle of an event" :
		    "this is no iCalendar file");
	return c->open ? bad(c, err, "the file is cut short: END:VCALENDAR is missing") : 0;
}

int
holidays_add_ical(struct holidays *h, struct slice text, const char *name, struct sme_err *err)
{
	struct ical *c = xcalloc(1, sizeof *c);
	int r = 0;

	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = (struct slice){text.p + 3, text.n - 3};
	c->name = name;
	c->out = h;
	c->text = (struct buf)BUF_INIT;
	/* A repetition may be moved before it is told. */
	for (int pass = 0; pass < 2 && r == 0; pass++) {
		c->looking = pass == 0;
		c->rest = text;
		c->line = 0;
		c->seen_calendar = c->open = false;
		r = read_all(c, err);
	}
	buf_release(&c->text);
	free(c->moved);
	free(c);
	return r;
}
