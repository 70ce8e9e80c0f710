/*
 * A day of a large desk, minute by minute: inquiries that were scored and routed are answered by a roster.
 *
 *	desk_day inquiries SEED            the day's inquiries as mentions, in order of arrival
 *	desk_day run FILE SCALE            answer those in FILE (from sme-route), the roster scaled, in each order
 *	desk_day store FILE SCALE DB       the same in our order through the cases of DB, which must agree
 *
 * The day is a Saturday with an outage: 4500 inquiries to three brands, a tenth of them in the peak hour, and
 * dialogues: two of five customers write again after an answer.  Two sites answer from 6 to 24 o'clock, each
 * agent one message at a time, five minutes on average.  A first answer counts when it comes before the
 * next evening; so long the desk goes on.  What the rules ignore is no work and not counted.
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
#define HORIZON   (42 * 60) /* minutes from midnight: the next evening */
#define AGENTS    400

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

static void
inquiries(uint64_t seed)
{
	static const char *const brands[] = {"talvio", "talvio", "talvio", "wuppdi", "wuppdi", "kontorlink"};
	static int64_t at[INQUIRIES];
	char time[RFC3339_SIZE];
	int total = 0;

	random_state = seed;
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
		int pick = (int)(dice() * 100), k = 0;
		const char *brand = brands[(int)(dice() * 6)];

		while (pick >= kinds[k].share)
			pick -= kinds[k++].share;
		printf("{\"type\":\"mention\",\"id\":\"x:day:%d\",\"tenant\":\"%s\",\"network\":\"x\",\"channel\":\"@%s\",\"kind\":\"post\","
		       "\"created_at\":\"%s\",\"author\":{\"id\":\"x:day:u%d\",\"handle\":\"u%d\",\"followers\":%d},\"text\":\"@%s %s\","
		       "\"thread\":\"x:day:%d\",\"direct\":%s,\"class\":{\"lang\":{\"code\":\"de\"},\"sentiment\":{\"score\":%.1f},"
		       "\"topics\":[\"%s\"]}}\n", i, brand, brand, rfc3339_format(at[i], time), i, i, (int)exp(dice() * 9), brand,
		    kinds[k].text, i, dice() < 0.4 ? "true" : "false", kinds[k].urgency, kinds[k].topic);
	}
}

/* ---- the roster ---- */

/* Agents at work in each hour, both sites together: the early, the late and the split shift. */
static const int roster[24] = {0, 0, 0, 0, 0, 0, 12, 16, 24, 30, 32, 32, 30, 30, 30, 30, 32, 36, 48, 48, 40, 30, 20, 12};

static int
at_work(int minute, double scale)
{
	return (int)lround(roster[minute / 60 % 24] * scale);
}

/* ---- answering ---- */

enum order { FIFO, PRIORITY, DEADLINE, OURS, ORDERS };

static const char *const order_names[ORDERS] = {"first in, first out", "static priority", "earliest deadline", "ours"};

struct message {
	const char *key, *tenant, *id; /* the case, and its first mention */
	double priority;
	int64_t arrived, due;
	int64_t answered; /* 0: not yet */
	double handling;  /* minutes */
	int follow_up;    /* minutes until the customer writes again after the answer; 0: never */
	bool first;       /* of its case */
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
	d->list[d->n] = (struct message){0};
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
	return a->arrived < b->arrived || (a->arrived == b->arrived && a < b);
}

static struct message *
next_message(struct day *d, enum order how, int64_t now)
{
	struct message *best = NULL;

	for (size_t i = 0; i < d->n; i++) {
		struct message *m = &d->list[i];

		if (!m->answered && m->arrived <= now && (!best || before(how, m, best)))
			best = m;
	}
	return best;
}

/* The customer writes again in the same case. */
static void
follow_up(struct day *d, size_t i, int64_t at)
{
	struct message m = d->list[i], *again = add_message(d);

	*again = (struct message){.key = m.key,
	    .tenant = m.tenant,
	    .id = m.id,
	    .priority = m.priority,
	    .arrived = at + m.follow_up * MINUTE,
	    .due = at + (m.follow_up + 60) * MINUTE};
	draw(again, d->n + 100000);
}

typedef void answered_fn(void *ctx, struct day *d, struct message *m, int64_t now);

/* Answer all day; AGENT is free again when the message is handled. */
static void
work(struct day *d, enum order how, double scale, answered_fn *tell, void *ctx)
{
	double busy[AGENTS] = {0}; /* until this minute */

	for (int minute = 0; minute < HORIZON; minute++) {
		int64_t now = DAY + minute * MINUTE;

		for (int a = 0; a < at_work(minute, scale) && a < AGENTS; a++) {
			while (busy[a] < minute + 1) {
				struct message *m = next_message(d, how, now);
				size_t i;

				if (!m)
					break;
				busy[a] = (busy[a] > minute ? busy[a] : minute) + m->handling;
				m->answered = DAY + (int64_t)(busy[a] * 60000);
				i = (size_t)(m - d->list);
				if (tell)
					tell(ctx, d, m, now);
				if (d->list[i].follow_up)
					follow_up(d, i, d->list[i].answered);
			}
		}
	}
}

/* ---- figures ---- */

static void
print_row(const struct day *d, const char *name, double scale)
{
	double sum = 0, *wait = xcalloc(d->n, sizeof *wait);
	size_t first = 0, answered = 0, in_time = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct message *m = &d->list[i];

		first += m->first;
		if (!m->first || !m->answered || m->answered > DAY + HORIZON * MINUTE)
			continue;
		wait[answered] = (double)(m->answered - m->arrived) / 60000;
		sum += wait[answered++];
		in_time += m->answered <= m->due;
	}
	printf("%-20s  %4.0f %%  %6.1f %%  %8.1f min  %6.1f %%  %s\n", name, scale * 100, 100.0 * (double)answered / (double)first,
	    sum / (double)answered, 100.0 * (double)in_time / (double)first,
	    (double)answered / (double)first >= 0.98 && sum / (double)answered <= 36 ? "reached" : "-");
	free(wait);
}

static struct day
copy_of(const struct day *d)
{
	struct day c = {.list = xmalloc((d->n + 1) * sizeof *d->list), .n = d->n, .cap = d->n + 1};

	memcpy(c.list, d->list, d->n * sizeof *d->list);
	return c;
}

static void
run(const char *file, double scale)
{
	struct day day = {0};

	read_day(&day, file);
	for (int how = 0; how < ORDERS; how++) {
		struct day d = copy_of(&day);

		work(&d, (enum order)how, scale, NULL, NULL);
		print_row(&d, order_names[how], scale);
		free(d.list);
	}
	free(day.list);
	arena_release(&day.texts);
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
	else if (argc == 4 && strcmp(argv[1], "run") == 0)
		run(argv[2], atof(argv[3]));
	else if (argc == 5 && strcmp(argv[1], "store") == 0)
		through_store(argv[2], atof(argv[3]), argv[4]);
	else
		return 64;
	return 0;
}
