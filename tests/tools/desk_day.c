/*
 * A day of a large desk, minute by minute: inquiries that were scored and routed are answered by a roster.
 *
 *	desk_day inquiries SEED            the day's inquiries as mentions, in order of arrival
 *	desk_day run SCALE FILE...         answer those in each FILE (from sme-route), the roster scaled, in each order
 *	desk_day least FILE...             for each order the smallest roster that keeps the promise on every day
 *	desk_day store FILE SCALE DB       the same in our order through the cases of DB, which must agree
 *
 * The day is a Saturday with an outage: 4500 inquiries to three brands, a tenth of them in the peak hour, and
 * dialogues: two of five customers write again after an answer.  Two sites have hours of their own: one
 * answers for all brands from 6 to 22 o'clock, the other for two of them from 10 to 24; nobody is there at night.
 * Each agent answers one message at a time, five minutes on average.
 *
 * Answered is what has its first answer before the desk closes, at midnight; what came in the night before, too.
 * What is left over waits for Sunday, and its waiting counts in the mean.  What the rules ignore is no work
 * and not counted.  The promise: 98 % answered, and within 36 minutes on average.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases/cases.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"

#define INQUIRIES 4500
#define DAY       INT64_C(1795824000000) /* Saturday, 28 November 2026, 00:00 UTC */
#define MINUTE    INT64_C(60000)
#define CLOSES    (24 * 60) /* minutes from midnight: what counts as answered */
#define HORIZON   (48 * 60) /* so long the desk goes on */
#define AGENTS    400
#define BRANDS    3

static uint64_t random_state;

static double
dice(void)
{
	return (double)(hash_mix(++random_state) >> 11) / 9007199254740992.0;
}

/* ---- the inquiries ---- */

/* Of a thousand inquiries, how many come in each hour; the outage is at 18 o'clock. */
static const int profile[24] = {8, 5, 3, 2, 3, 6, 14, 28, 45, 58, 64, 62, 58, 55, 54, 53, 54, 60, 100, 96, 74, 52, 30, 16};

static const struct {
	const char *text, *topic;
	double urgency;
	int share; /* of a hundred */
} kinds[] = {
    {"Kein Netz seit einer Stunde, was ist los?", "outage", -0.8, 34},
    {"Meine Rechnung stimmt nicht, bitte prüfen", "billing", -0.5, 24},
    {"Wie stelle ich den Router um?", "device", 0.0, 18},
    {"Ich will kündigen, das reicht mir", "cancel", -0.9, 8},
    {"Wann kommt meine Bestellung?", "order", -0.1, 16},
};

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static const char *const brands[BRANDS] = {"talvio", "wuppdi", "kontorlink"};

/* Of a hundred. */
static const int brand_share[BRANDS] = {50, 33, 17};

static int
pick_of(const int *shares, double die)
{
	int at = 0, left = (int)(die * 100);

	while (left >= shares[at])
		left -= shares[at++];
	return at;
}

/* In the outage two of three ask about nothing else. */
static int
pick_kind(int64_t at)
{
	int hour = (int)((at - DAY) / (60 * MINUTE)), pick = (int)(dice() * 100), k = 0;

	if (hour >= 18 && hour < 21 && dice() < 0.5)
		return 0;
	while (pick >= kinds[k].share)
		pick -= kinds[k++].share;
	return k;
}

static void
inquiries(uint64_t seed)
{
	static int64_t at[INQUIRIES];
	char time[RFC3339_SIZE];
	int total = 0;

	random_state = seed << 32;
	for (int h = 0; h < 24; h++)
		total += profile[h];
	for (int i = 0; i < INQUIRIES; i++) {
		int pick = (int)(dice() * total), h = 0;

		while (pick >= profile[h])
			pick -= profile[h++];
		at[i] = DAY + h * 60 * MINUTE + (int64_t)(dice() * 3600) * 1000;
	}
	qsort(at, INQUIRIES, sizeof *at, by_number);
	for (int i = 0; i < INQUIRIES; i++) {
		const char *brand = brands[pick_of(brand_share, dice())];
		int k = pick_kind(at[i]);

		printf("{\"type\":\"mention\",\"id\":\"x:day:%d\",\"tenant\":\"%s\",\"network\":\"x\",\"channel\":\"@%s\",\"kind\":\"post\","
		       "\"created_at\":\"%s\",\"author\":{\"id\":\"x:day:u%d\",\"handle\":\"u%d\",\"followers\":%d},\"text\":\"@%s %s\","
		       "\"thread\":\"x:day:%d\",\"direct\":%s,\"class\":{\"lang\":{\"code\":\"de\"},\"sentiment\":{\"score\":%.1f},"
		       "\"topics\":[\"%s\"]}}\n", i, brand, brand, rfc3339_format(at[i], time), i, i, (int)exp(dice() * 9), brand,
		    kinds[k].text, i, dice() < 0.4 ? "true" : "false", kinds[k].urgency, kinds[k].topic);
	}
}

/* ---- the roster ---- */

/* Agents at work in each hour, in shifts, and the brands a site answers for. */
static const struct site {
	bool brands[BRANDS];
	int agents[24];
} sites[] = {
    {{true, true, true}, {0, 0, 0, 0, 0, 0, 14, 18, 24, 28, 28, 28, 26, 24, 24, 24, 22, 22, 20, 20, 12, 10, 0, 0}},
    {{true, true, false}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 8, 10, 10, 10, 10, 14, 20, 32, 32, 28, 24, 22, 14}},
};

#define SITES (sizeof sites / sizeof *sites)

static int
at_work(const struct site *s, int minute, double scale)
{
	int n = (int)lround(s->agents[minute / 60 % 24] * scale);

	return n < AGENTS ? n : AGENTS;
}

/* ---- answering ---- */

enum order { FIFO, PRIORITY, DEADLINE, OURS, ORDERS };

static const char *const order_names[ORDERS] = {"first in, first out", "static priority", "earliest deadline", "ours"};

struct message {
	const char *key, *tenant, *id; /* the case, and its first mention */
	int brand;
	double priority;
	int64_t arrived, due;
	int64_t answered; /* 0: not yet */
	double handling;  /* minutes */
	int follow_up;    /* minutes until the customer writes again after the answer; 0: never */
	bool first;       /* of its case */
	size_t number;
};

struct day {
	struct message *list;
	size_t n, cap;
	struct arena texts; /* of the day as it was read */
};

static struct message *
add_message(struct day *d)
{
	d->list = xgrow(d->list, d->n, &d->cap, sizeof *d->list);
	d->list[d->n] = (struct message){.number = d->n};
	return &d->list[d->n++];
}

/* Chance is fixed by the message, not by the order in which it is answered. */
static void
draw(struct message *m, uint64_t seed)
{
	random_state = seed * 7919;
	/* Lognormal with a mean of five minutes. */
	m->handling = 5 * exp(0.6 * sqrt(-2 * log(dice() + 1e-12)) * cos(6.283185307179586 * dice()) - 0.18);
	m->follow_up = m->first && dice() < 0.4 ? 10 + (int)(dice() * 50) : 0;
}

static int
brand_of(const char *tenant)
{
	int b = 0;

	while (b + 1 < BRANDS && strcmp(tenant, brands[b]) != 0)
		b++;
	return b;
}

/* The case that sme-case makes of it. */
static const char *
key_of(struct day *d, const struct json_node *n)
{
	struct buf b = BUF_INIT;
	const char *key;

	if (!node_bool(n, "direct", false))
		return arena_dup(&d->texts, node_text(n, "thread")).p;
	buf_printf(&b, "direct:%s:%s", node_text(n, "channel").p, node_text(node_get(n, "author"), "id").p);
	key = arena_dup(&d->texts, buf_slice(&b)).p;
	buf_release(&b);
	return key;
}

static void
read_day(struct day *d, const char *file)
{
	FILE *f = fopen(file, "r");
	static char line[65536];

	while (f && fgets(line, sizeof line, f)) {
		struct arena a = ARENA_INIT;
		struct sme_err err;
		const struct json_node *n = json_tree(&a, slice_trim(slice_of(line)), &err), *route = node_get(n, "route");
		struct message *m;

		if (route && !slice_is(node_text(route, "action"), "ignore")) {
			m = add_message(d);
			m->key = key_of(d, n);
			m->tenant = arena_dup(&d->texts, node_text(n, "tenant")).p;
			m->id = arena_dup(&d->texts, node_text(n, "id")).p;
			m->first = true;
			m->brand = brand_of(m->tenant);
			m->priority = node_number(route, "priority", 0);
			rfc3339_parse(node_text(n, "created_at"), &m->arrived);
			if (!rfc3339_parse(node_text(route, "due_at"), &m->due))
				m->due = m->arrived + 24 * 60 * MINUTE;
			draw(m, d->n);
		}
		arena_release(&a);
	}
	if (f)
		fclose(f);
}

/* Does A come before B? */
static bool
before(enum order how, const struct message *a, const struct message *b)
{
	switch (how) {
	case PRIORITY:
		if (a->priority != b->priority)
			return a->priority > b->priority;
		break;
	case DEADLINE:
		if (a->due != b->due)
			return a->due < b->due;
		break;
	case OURS: /* as case_file.rank */
		if (a->arrived - (int64_t)(a->priority * 60000) != b->arrived - (int64_t)(b->priority * 60000))
			return a->arrived - (int64_t)(a->priority * 60000) < b->arrived - (int64_t)(b->priority * 60000);
		break;
	case FIFO:
	case ORDERS:
		break;
	}
	return a->arrived != b->arrived ? a->arrived < b->arrived : a->number < b->number;
}

/* What waits, the next one on top. */
struct heap {
	enum order how;
	size_t *list, n, cap; /* numbers of messages */
};

static void
heap_push(struct heap *h, const struct day *d, size_t m)
{
	size_t at = h->n;

	h->list = xgrow(h->list, h->n, &h->cap, sizeof *h->list);
	for (h->n++; at && before(h->how, &d->list[m], &d->list[h->list[(at - 1) / 2]]); at = (at - 1) / 2)
		h->list[at] = h->list[(at - 1) / 2];
	h->list[at] = m;
}

static size_t
heap_pop(struct heap *h, const struct day *d)
{
	size_t top = h->list[0], last = h->list[--h->n], at = 0;

	for (size_t child; (child = 2 * at + 1) < h->n; at = child) {
		if (child + 1 < h->n && before(h->how, &d->list[h->list[child + 1]], &d->list[h->list[child]]))
			child++;
		if (!before(h->how, &d->list[h->list[child]], &d->list[last]))
			break;
		h->list[at] = h->list[child];
	}
	if (h->n)
		h->list[at] = last;
	return top;
}

struct desk {
	struct heap coming, waiting[BRANDS];
	double busy[SITES][AGENTS]; /* until this minute */
};

static void
let_arrive(struct desk *desk, const struct day *d, int64_t now)
{
	while (desk->coming.n && d->list[desk->coming.list[0]].arrived <= now) {
		size_t m = heap_pop(&desk->coming, d);

		heap_push(&desk->waiting[d->list[m].brand], d, m);
	}
}

/* The next message that SITE answers; NULL when none waits. */
static struct message *
next_message(struct desk *desk, const struct day *d, const struct site *site)
{
	struct heap *best = NULL;

	for (int b = 0; b < BRANDS; b++) {
		struct heap *h = &desk->waiting[b];

		if (site->brands[b] && h->n && (!best || before(h->how, &d->list[h->list[0]], &d->list[best->list[0]])))
			best = h;
	}
	return best ? &d->list[heap_pop(best, d)] : NULL;
}

/* The customer writes again in the same case. */
static void
follow_up(struct day *d, size_t i, int64_t at)
{
	struct message m = d->list[i], *again = add_message(d);

	*again = (struct message){.number = d->n - 1,
	    .brand = m.brand,
	    .key = m.key,
	    .tenant = m.tenant,
	    .id = m.id,
	    .priority = m.priority,
	    .arrived = at + m.follow_up * MINUTE,
	    .due = at + (m.follow_up + 60) * MINUTE};
	draw(again, d->n + 100000);
}

typedef void answered_fn(void *ctx, struct day *d, struct message *m, int64_t now);

struct work {
	struct day *d;
	struct desk *desk;
	answered_fn *tell;
	void *ctx;
};

/* An agent who is free until the minute's end takes what comes next. */
static void
work_minute(struct work *w, const struct site *site, double *busy, int minute)
{
	int64_t now = DAY + minute * MINUTE;

	while (*busy < minute + 1) {
		struct message *m = next_message(w->desk, w->d, site);
		size_t i;

		if (!m)
			return;
		*busy = (*busy > minute ? *busy : minute) + m->handling;
		m->answered = DAY + (int64_t)(*busy * 60000);
		i = m->number;
		if (w->tell)
			w->tell(w->ctx, w->d, m, now);
		if (w->d->list[i].follow_up) {
			follow_up(w->d, i, w->d->list[i].answered);
			heap_push(&w->desk->coming, w->d, w->d->n - 1);
		}
	}
}

static void
work(struct day *d, enum order how, double scale, answered_fn *tell, void *ctx)
{
	static const struct desk none;
	struct desk desk = none;
	struct work w = {d, &desk, tell, ctx};

	desk.coming.how = FIFO;
	for (int b = 0; b < BRANDS; b++)
		desk.waiting[b].how = how;
	for (size_t i = 0; i < d->n; i++)
		heap_push(&desk.coming, d, i);
	for (int minute = 0; minute < HORIZON; minute++) {
		let_arrive(&desk, d, DAY + minute * MINUTE);
		for (size_t s = 0; s < SITES; s++)
			for (int a = 0; a < at_work(&sites[s], minute, scale); a++)
				work_minute(&w, &sites[s], &desk.busy[s][a], minute);
	}
	free(desk.coming.list);
	for (int b = 0; b < BRANDS; b++)
		free(desk.waiting[b].list);
}

/* ---- figures ---- */

struct figures {
	double answered, minutes, in_time; /* shares, and the mean of what has an answer */
};

static struct figures
figures_of(const struct day *d)
{
	double sum = 0;
	size_t first = 0, told = 0, answered = 0, in_time = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct message *m = &d->list[i];

		first += m->first;
		if (!m->first || !m->answered)
			continue;
		sum += (double)(m->answered - m->arrived) / 60000;
		told++;
		answered += m->answered <= DAY + CLOSES * MINUTE;
		in_time += m->answered <= m->due;
	}
	return (struct figures){(double)answered / (double)first, told ? sum / (double)told : 1e9,
	    (double)in_time / (double)first};
}

static bool
is_kept(struct figures f)
{
	return f.answered >= 0.98 && f.minutes <= 36;
}

/* Mean and largest distance from it. */
struct spread {
	double mean, off;
};

static struct spread
spread_of(const double *values, int n)
{
	struct spread s = {0, 0};

	for (int i = 0; i < n; i++)
		s.mean += values[i] / n;
	for (int i = 0; i < n; i++)
		s.off = fmax(s.off, fabs(values[i] - s.mean));
	return s;
}

#define DAYS_MAX 32

static void
print_row(const struct figures *f, int n, const char *name, double scale)
{
	double answered[DAYS_MAX], minutes[DAYS_MAX], in_time[DAYS_MAX];
	struct spread a, m, t;
	int kept = 0;

	for (int i = 0; i < n; i++) {
		answered[i] = 100 * f[i].answered;
		minutes[i] = f[i].minutes;
		in_time[i] = 100 * f[i].in_time;
		kept += is_kept(f[i]);
	}
	a = spread_of(answered, n);
	m = spread_of(minutes, n);
	t = spread_of(in_time, n);
	printf("%-20s  %4.0f %%  %6.1f +-%4.1f %%  %6.1f +-%5.1f min  %6.1f +-%4.1f %%  on %d of %d days\n", name, scale * 100,
	    a.mean, a.off, m.mean, m.off, t.mean, t.off, kept, n);
}

static struct day
copy_of(const struct day *d)
{
	struct day c = {.list = xmalloc((d->n + 1) * sizeof *d->list), .n = d->n, .cap = d->n + 1};

	memcpy(c.list, d->list, d->n * sizeof *d->list);
	return c;
}

static struct figures
one_day(const struct day *day, enum order how, double scale)
{
	struct day d = copy_of(day);
	struct figures f;

	work(&d, how, scale, NULL, NULL);
	f = figures_of(&d);
	free(d.list);
	return f;
}

static void
run(const struct day *days, int n, double scale)
{
	struct figures f[DAYS_MAX];

	for (int how = 0; how < ORDERS; how++) {
		for (int i = 0; i < n; i++)
			f[i] = one_day(&days[i], (enum order)how, scale);
		print_row(f, n, order_names[how], scale);
	}
}

/* Downwards, until the promise is broken on one of the days. */
static int
least(const struct day *days, int n, enum order how)
{
	for (int percent = 150; percent > 0; percent--)
		for (int i = 0; i < n; i++)
			if (!is_kept(one_day(&days[i], how, percent / 100.0)))
				return percent + 1;
	return 1;
}

static void
with_days(char **files, int n, double scale)
{
	static struct day days[DAYS_MAX];

	for (int i = 0; i < n; i++)
		read_day(&days[i], files[i]);
	if (scale > 0)
		run(days, n, scale);
	else
		for (int how = 0; how < ORDERS; how++)
			printf("%-20s  %4d %%\n", order_names[how], least(days, n, (enum order)how));
	for (int i = 0; i < n; i++) {
		free(days[i].list);
		arena_release(&days[i].texts);
	}
}

/* ---- through the store ---- */

struct stored {
	struct cases *c;
	size_t claims, others;
};

static void
die(const struct sme_err *err)
{
	fprintf(stderr, "desk_day: %s\n", err->text);
	exit(1);
}

/* The store must give the same case, and takes the answer. */
static void
claim_same(void *ctx, struct day *d, struct message *m, int64_t now)
{
	struct stored *s = ctx;
	struct case_claim claim;
	struct sme_err err;
	char event[700], at[RFC3339_SIZE];
	struct arena a = ARENA_INIT;
	int r;

	(void)d;
	cases_set_now(s->c, now);
	r = cases_claim(s->c, slice_of(m->tenant), slice_of(m->key), SLICE("agent"), 1, &claim, &err);
	if (r < 0)
		die(&err);
	s->claims++;
	snprintf(event, sizeof event, "{\"type\":\"reply\",\"id\":\"r:%s:%" PRId64 "\",\"tenant\":\"%s\",\"in_reply_to\":\"%s\",\"created_at\":"
	    "\"%s\",\"state\":\"sent\",\"source\":\"desk\",\"text\":\"Danke\"}", m->key, m->answered, m->tenant, m->id,
	    rfc3339_format(m->answered, at));
	if (cases_begin(s->c, &err) < 0 || cases_take(s->c, json_tree(&a, slice_of(event), &err), &err) < 0 ||
	    cases_commit(s->c, &err) < 0)
		die(&err);
	buf_release(&claim.key);
	arena_release(&a);
}

static void
through_store(const char *file, double scale, const char *db)
{
	struct day day = {0};
	struct sme_err err;
	struct cases_options o = {.path = db, .now = DAY};
	struct stored s = {.c = cases_open(&o, &err)};
	int64_t events;

	if (!s.c)
		die(&err);
	read_day(&day, file);
	work(&day, OURS, scale, claim_same, &s);
	if (cases_verify(s.c, &events, &err) < 0)
		die(&err);
	printf("through the store: %zu claims, %" PRId64 " events\n", s.claims, events);
	cases_close(s.c);
	free(day.list);
	arena_release(&day.texts);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "inquiries") == 0)
		inquiries((uint64_t)atoll(argv[2]));
	else if (argc > 3 && argc <= 3 + DAYS_MAX && strcmp(argv[1], "run") == 0)
		with_days(argv + 3, argc - 3, atof(argv[2]));
	else if (argc > 2 && argc <= 2 + DAYS_MAX && strcmp(argv[1], "least") == 0)
		with_days(argv + 2, argc - 2, 0);
	else if (argc == 5 && strcmp(argv[1], "store") == 0)
		through_store(argv[2], atof(argv[3]), argv[4]);
	else
		return 64;
	return 0;
}
