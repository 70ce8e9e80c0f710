#include "connector/limits.h"

#include <stdlib.h>

#include "connector/program.h"
#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/date.h"

/* No reset is further away than this, in ms: a mistaken clock must not silence an account. */
#define RESET_MAX INT64_C(86400000)

#define DAY INT64_C(86400000)

/* All is used up, and nobody says for how long, in ms. */
#define USED_UP INT64_C(300000)

/* "America/Los_Angeles midnight" */
static struct zone *
quota_zone(const struct meta *meta)
{
	struct slice rest = node_text(node_get(meta->root, "quota_day"), "reset"), name;

	if (!slice_cut(&rest, ' ', &name) || !slice_is(rest, "midnight"))
		return NULL;
	return zone_open(name, NULL);
}

void
limits_init(struct limits *l, const struct meta *meta)
{
	*l = (struct limits){.meta = meta, .next = INT64_MIN, .zone = quota_zone(meta)};
}

void
limits_release(struct limits *l)
{
	free(l->buckets);
	zone_close(l->zone);
	l->buckets = NULL;
	l->zone = NULL;
	l->n = l->cap = 0;
}

static const struct meta_bucket *
meta_of(const struct meta *meta, struct slice name)
{
	for (size_t i = 0; i < meta->nbuckets; i++)
		if (slice_eq(meta->buckets[i].name, name))
			return &meta->buckets[i];
	return NULL;
}

static struct limits_bucket *
bucket_of(struct limits *l, struct slice name)
{
	struct limits_bucket *b;

	if (name.n >= sizeof b->name)
		name.n = sizeof b->name - 1;
	for (size_t i = 0; i < l->n; i++)
		if (slice_is(name, l->buckets[i].name))
			return &l->buckets[i];
	l->buckets = xgrow(l->buckets, l->n, &l->cap, sizeof *l->buckets);
	b = &l->buckets[l->n++];
	*b = (struct limits_bucket){.remaining = -1,
	    .reset = TIME_NONE,
	    .not_before = TIME_NONE,
	    .meta = meta_of(l->meta, name)};
	b->daily = l->zone && b->meta && b->meta->per == DAY;
	if (name.n)
		memcpy(b->name, name.p, name.n);
	return b;
}

/* ---- our own count ---- */

/* The length of a piece; one piece more than fits into the time counts, so that no window of that
 * time, wherever it begins, holds more than n. */
static int64_t
piece(const struct limits_bucket *b)
{
	int64_t ms = b->meta->per / LIMITS_SLOTS;

	return ms > 0 ? ms : 1;
}

/* The time on the wall in the zone of the quota. */
static int64_t
wall(const struct limits *l, int64_t now)
{
	return now + (int64_t)zone_offset(l->zone, now / 1000) * 1000;
}

/* The same for a day that begins at midnight, a time at which a piece begins, too. */
static int64_t
wait_for_midnight(const struct limits *l, const struct limits_bucket *b, double cost, int64_t now)
{
	int64_t today = wall(l, now) / DAY, next = (today + 1) * DAY;
	double used = 0;

	for (size_t i = 0; i <= LIMITS_SLOTS; i++)
		if (b->slot[i] / LIMITS_SLOTS == today)
			used += b->used[i];
	if (used <= 0 || used + cost <= b->meta->n)
		return 0;
	/* The clocks may be changed in between. */
	next -= wall(l, next - (wall(l, now) - now)) - (next - (wall(l, now) - now));
	return next - now;
}

/* How long until COST fits. */
static int64_t
wait_for_room(const struct limits *l, const struct limits_bucket *b, double cost, int64_t now)
{
	int64_t slot, oldest = INT64_MAX;
	double used = 0;

	if (!b->meta || b->meta->per <= 0)
		return 0;
	if (b->daily)
		return wait_for_midnight(l, b, cost, now);
	slot = now / piece(b);
	for (size_t i = 0; i <= LIMITS_SLOTS; i++) {
		if (b->used[i] <= 0 || b->slot[i] <= slot - LIMITS_SLOTS - 1)
			continue;
		used += b->used[i];
		if (b->slot[i] < oldest)
			oldest = b->slot[i];
	}
	/* What never fits goes when nothing else does. */
	if (used <= 0 || used + cost <= b->meta->n)
		return 0;
	return (oldest + LIMITS_SLOTS + 1) * piece(b) - now;
}

static void
count(struct limits_bucket *b, double cost, int64_t slot)
{
	size_t i = (size_t)(slot % (LIMITS_SLOTS + 1));

	if (b->slot[i] != slot)
		b->used[i] = 0;
	b->slot[i] = slot;
	b->used[i] += cost;
}

int64_t
limits_wait(struct limits *l, struct slice bucket, double cost, int64_t now)
{
	struct limits_bucket *b = bucket_of(l, bucket);
	int64_t wait = wait_for_room(l, b, cost, now);

	if (l->next > now && l->next - now > wait)
		wait = l->next - now;
	if (b->not_before != TIME_NONE && b->not_before - now > wait)
		wait = b->not_before - now;
	if (b->remaining >= 0 && b->remaining < cost && b->reset != TIME_NONE && b->reset - now > wait)
		wait = b->reset - now;
	return wait;
}

void
limits_take(struct limits *l, struct slice bucket, double cost, int64_t now)
{
	struct limits_bucket *b = bucket_of(l, bucket);

	if (b->meta && b->meta->per > 0)
		count(b, cost, (b->daily ? wall(l, now) : now) / piece(b));
	if (b->reset != TIME_NONE && b->reset <= now)
		b->remaining = -1;
	if (b->remaining >= 0)
		b->remaining = b->remaining > cost ? b->remaining - cost : 0;
	l->next = now + l->meta->interval;
}

/* ---- what the network says ---- */

static jv
header(jv response, struct slice name)
{
	jv headers = value_get(response, "headers"), found;
	char key[100];
	size_t n = name.n < sizeof key ? name.n : sizeof key - 1;

	for (size_t i = 0; i < n; i++)
		key[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] + 32) : name.p[i];
	key[n] = '\0';
	found = value_get(headers, key);
	jv_free(headers);
	return found;
}

/* "12", "12.0", and the first number of "12, 34;w=60" (RateLimit fields). */
static bool
leading_number(jv v, double *x)
{
	struct slice text = value_text(v);
	char *end = NULL;

	if (text.p)
		*x = strtod(text.p, &end);
	jv_free(v);
	return text.p && end && *end != '.' && *x >= 0 && *x < 1e15 && text.n &&
	       (text.p[0] >= '0' && text.p[0] <= '9');
}

static int64_t
reset_time(jv v, struct slice style, int64_t now)
{
	struct slice text = slice_trim(value_text(v));
	int64_t at = TIME_NONE;
	double x;

	if (slice_is(style, "timestamp")) {
		if (!text.p || (!rfc3339_parse(text, &at) && !date_parse(text, &at)))
			at = TIME_NONE;
		jv_free(v);
	} else if (leading_number(v, &x)) {
		at = slice_is(style, "seconds") ? now + (int64_t)(x * 1000) : (int64_t)(x * 1000);
	}
	if (at == TIME_NONE || at <= now)
		return TIME_NONE;
	return at - now > RESET_MAX ? now + RESET_MAX : at;
}

/* The highest share that is used up, of 100, and in how many minutes access comes back. */
struct usage {
	double used, minutes;
};

/* {"call_count": 28, "total_time": 25, ...}, alone or in lists and objects.  Consumes V. */
static void
measure(struct usage *u, jv v, const char *name)
{
	double x;

	if (jv_get_kind(v) == JV_KIND_ARRAY) {
		jv_array_foreach(v, i, it)
			measure(u, it, "");
	} else if (jv_get_kind(v) == JV_KIND_OBJECT) {
		jv_object_foreach(v, key, it) {
			measure(u, it, jv_string_value(key));
			jv_free(key);
		}
	} else if (value_number(jv_copy(v), &x)) {
		if (strcmp(name, "estimated_time_to_regain_access") == 0)
			u->minutes = x > u->minutes ? x : u->minutes;
		else if (strcmp(name, "call_count") == 0 || strncmp(name, "total_", 6) == 0)
			u->used = x > u->used ? x : u->used;
	}
	jv_free(v);
}

static void
learn_percent(struct limits_bucket *b, jv text, int64_t now)
{
	jv v = connector_parse(value_text(text), NULL);
	struct usage u = {0, 0};
	int64_t ms;

	jv_free(text);
	measure(&u, v, "");
	b->remaining = -1;
	if (u.used < 100 && u.minutes <= 0)
		return;
	ms = u.minutes > 0 && u.minutes < 1440 ? (int64_t)(u.minutes * 60000) : USED_UP;
	b->remaining = 0;
	b->reset = now + ms;
}

static void
learn_headers(struct limits *l, struct limits_bucket *b, jv response, int64_t now)
{
	const struct json_node *names = node_get(node_get(l->meta->root, "limits"), "headers");
	struct slice remaining = node_text(names, "remaining"), used = node_text(names, "used"),
	             limit = node_text(names, "limit");
	double x, most;

	if (slice_is(node_text(names, "style"), "percent")) {
		jv text = header(response, used);

		if (value_text(text).p)
			learn_percent(b, text, now);
		else
			jv_free(text);
		return;
	}
	if (!names)
		return;
	if (remaining.p && leading_number(header(response, remaining), &x))
		b->remaining = x;
	else if (used.p && limit.p && leading_number(header(response, used), &x) &&
	         leading_number(header(response, limit), &most))
		b->remaining = most > x ? most - x : 0;
	else
		return;
	b->reset = reset_time(
	    header(response, node_text(names, "reset")), node_text(names, "style"), now);
}

static int64_t
body_retry_after(const struct limits *l, jv response)
{
	const struct json_node *rule = node_get(node_get(l->meta->root, "limits"), "retry_after");
	jv body;
	double x;

	if (!rule)
		return 0;
	body = value_get(response, "body");
	if (!value_number(value_path(body, node_text(rule, "body")), &x) || x < 0)
		x = 0;
	jv_free(body);
	x *= slice_is(node_text(rule, "unit"), "ms") ? 1 : 1000;
	return x < (double)RESET_MAX ? (int64_t)x : RESET_MAX;
}

int64_t
limits_learn(struct limits *l, struct slice bucket, jv response, enum answer_class class,
    int64_t retry_after, int64_t now)
{
	struct limits_bucket *b = bucket_of(l, bucket);
	double status = 0;
	int64_t wait;

	learn_headers(l, b, response, now);
	if (class != ANSWER_TRANSIENT)
		return 0;
	value_number(value_get(response, "status"), &status);
	wait = body_retry_after(l, response);
	if (retry_after > wait)
		wait = retry_after;
	/* Too much, and not said for how long: until the window is over. */
	if (!wait && status == 429 && b->remaining >= 0 && b->remaining < 1 && b->reset != TIME_NONE)
		wait = b->reset - now;
	if (wait > 0)
		b->not_before = now + wait;
	return wait;
}

/* ---- between runs ---- */

static jv
time_jv(int64_t ms)
{
	char text[RFC3339_SIZE];

	return ms == TIME_NONE ? jv_null() : jv_string(rfc3339_format(ms, text));
}

static int64_t
jv_time(jv v)
{
	int64_t ms;

	if (!rfc3339_parse(value_text(v), &ms))
		ms = TIME_NONE;
	jv_free(v);
	return ms;
}

static jv
bucket_state(const struct limits_bucket *b)
{
	jv out = jv_object(), used = jv_array();

	for (size_t i = 0; b->meta && i <= LIMITS_SLOTS; i++)
		if (b->used[i] > 0)
			used = jv_array_append(used,
			    JV_ARRAY(jv_number((double)b->slot[i]), jv_number(b->used[i])));
	if (jv_array_length(jv_copy(used)) > 0) {
		out = jv_object_set(out, jv_string("per"), jv_number((double)b->meta->per));
		out = jv_object_set(out, jv_string("used"), used);
	} else {
		jv_free(used);
	}
	if (b->remaining >= 0 && b->reset != TIME_NONE) {
		out = jv_object_set(out, jv_string("remaining"), jv_number(b->remaining));
		out = jv_object_set(out, jv_string("reset"), time_jv(b->reset));
	}
	if (b->not_before != TIME_NONE)
		out = jv_object_set(out, jv_string("not_before"), time_jv(b->not_before));
	return out;
}

jv
limits_state(const struct limits *l)
{
	jv out = jv_object();

	for (size_t i = 0; i < l->n; i++) {
		jv state = bucket_state(&l->buckets[i]);

		if (jv_object_length(jv_copy(state)) > 0)
			out = jv_object_set(out, jv_string(l->buckets[i].name), state);
		else
			jv_free(state);
	}
	return out;
}

static void
restore_counts(struct limits_bucket *b, jv state)
{
	jv used = value_get(state, "used");
	double per = 0;

	value_number(value_get(state, "per"), &per);
	memset(b->used, 0, sizeof b->used);
	if (b->meta && per == (double)b->meta->per && jv_get_kind(used) == JV_KIND_ARRAY) {
		jv_array_foreach(used, i, pair) {
			double slot = -1, x = 0;

			if (value_number(value_path(pair, SLICE("0")), &slot) && slot >= 0 && slot < 1e15 &&
			    value_number(value_path(pair, SLICE("1")), &x) && x > 0)
				count(b, x, (int64_t)slot);
			jv_free(pair);
		}
	}
	jv_free(used);
}

void
limits_restore(struct limits *l, jv state)
{
	if (jv_get_kind(state) == JV_KIND_OBJECT) {
		jv_object_foreach(state, key, it) {
			struct limits_bucket *b = bucket_of(l, value_text(key));

			restore_counts(b, it);
			if (!value_number(value_get(it, "remaining"), &b->remaining))
				b->remaining = -1;
			b->reset = jv_time(value_get(it, "reset"));
			b->not_before = jv_time(value_get(it, "not_before"));
			jv_free(key);
			jv_free(it);
		}
	}
	jv_free(state);
}
