/* sme.db from the log. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cases/cases_int.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "log/cat.h"

/* How often a moment is waited for in which nobody writes. */
#define REST_TRIES 100

/* Lines in one transaction. */
#define BATCH 5000

struct rebuild {
	struct cases *c;
	bool messages; /* the second pass: what was written; else the events */
	struct case_event *events; /* of the first pass, by seq; memory of ARENA */
	size_t n, cap;
	struct arena arena;
	int64_t until;
	size_t lines;
	struct sme_err *err;
	int r;
};

static struct slice
kept(struct rebuild *b, struct slice s)
{
	return s.p ? arena_dup(&b->arena, s) : s;
}

/* The text of the member "data" as it was written: the hash is of these bytes. */
static struct slice
data_of(struct rebuild *b, const struct json_node *line)
{
	const struct json_node *data = node_get(line, "data");
	struct buf text = BUF_INIT;
	struct slice out;

	if (!data)
		return SLICE("{}");
	node_put(&text, data);
	out = arena_dup(&b->arena, buf_slice(&text));
	buf_release(&text);
	return out;
}

/* The place in the chain; 0 when NUMBER is none. */
static int64_t
seq_of(double number)
{
	return number >= 1 && number <= 9007199254740992.0 ? (int64_t)number : 0;
}

static struct case_event *
add_event(struct rebuild *b, int64_t seq)
{
	b->events = xgrow(b->events, b->n, &b->cap, sizeof *b->events);
	b->events[b->n] = (struct case_event){.seq = seq};
	return &b->events[b->n++];
}

static void
put_hash(char out[CASE_HASH_SIZE], struct slice hash)
{
	snprintf(out, CASE_HASH_SIZE, "%.*s", SLICE_ARG(hash));
}

/* The hashes that stand for erased events: [[seq, content, hash], ...]; they have no salt. */
static void
keep_stubs(struct rebuild *b, const struct json_node *line, const struct json_node *stubs)
{
	struct slice tenant = kept(b, node_text(line, "tenant"));

	for (NODE_EACH(it, stubs)) {
		const struct json_node *seq = it->type == JSON_ARRAY && it->count == 3 ? it->child : NULL;
		struct case_event *e;

		if (!seq || seq->type != JSON_NUMBER || seq->next->type != JSON_STRING ||
		    seq->next->next->type != JSON_STRING)
			continue;
		e = add_event(b, seq_of(seq->number));
		e->tenant = tenant;
		put_hash(e->content, seq->next->text);
		put_hash(e->hash, seq->next->next->text);
	}
}

static void
keep_event(struct rebuild *b, const struct json_node *line)
{
	int64_t at, seq = seq_of(node_number(line, "seq", 0));
	struct case_event *e;

	if (!seq || !node_text(line, "salt").p || !rfc3339_parse(node_text(line, "created_at"), &at))
		return; /* written by somebody else */
	e = add_event(b, seq);
	*e = (struct case_event){.seq = seq,
	    .at = at,
	    .tenant = kept(b, node_text(line, "tenant")),
	    .key = kept(b, node_text(line, "case")),
	    .author = kept(b, node_text(node_get(line, "author"), "id")),
	    .actor = kept(b, node_text(line, "actor")),
	    .action = kept(b, node_text(line, "action")),
	    .data = data_of(b, line),
	    .salt = kept(b, node_text(line, "salt"))};
	put_hash(e->hash, node_text(line, "hash"));
	chain_content(e, e->content);
}

/* An event of the first pass.  What was erased since the moment that is asked for stays so, too. */
static void
take_event(struct rebuild *b, const struct json_node *line, bool late)
{
	struct slice type = node_text(line, "type");

	if (slice_is(type, "erase"))
		keep_stubs(b, line, node_get(line, "stubs"));
	if (!slice_is(type, "case"))
		return;
	if (slice_is(node_text(line, "action"), "erase"))
		keep_stubs(b, line, node_get(node_get(line, "data"), "stubs"));
	if (!late)
		keep_event(b, line);
}

static void
take_line(struct rebuild *b, struct slice line)
{
	struct arena a = ARENA_INIT;
	const struct json_node *n = json_tree(&a, line, b->err);
	int64_t at;
	bool late = n && rfc3339_parse(node_text(n, "created_at"), &at) && b->until != TIME_NONE && at > b->until;

	if (n && !b->messages)
		take_event(b, n, late);
	else if (n && !late && !slice_is(node_text(n, "type"), "case"))
		b->r = cases_take(b->c, n, b->err);
	arena_release(&a);
	if (b->r == 0 && b->messages && ++b->lines % BATCH == 0)
		b->r = db_commit(b->c->db, b->err) < 0 || db_begin(b->c->db, b->err) < 0 ? -1 : 0;
}

static void
take_lines(void *ctx, struct slice lines)
{
	struct rebuild *b = ctx;
	struct slice line;

	while (b->r == 0 && slice_cut(&lines, '\n', &line))
		if (slice_trim(line).n)
			take_line(b, line);
}

static int
read_log(struct rebuild *b, const char *log)
{
	struct cat_options o = {.since = TIME_NONE, .until = TIME_NONE};
	struct writer w;
	int r;

	writer_init_sink(&w, take_lines, b);
	r = log_cat(log, &o, &w, b->c->o.say, b->err);
	writer_release(&w);
	return r < 0 ? -1 : b->r;
}

/* What is erased stays so, even while the log has it still: the hashes alone come first. */
static int
by_seq(const void *a, const void *b)
{
	const struct case_event *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq > y->seq ? 1 : -1;
	return (x->salt.p != NULL) - (y->salt.p != NULL);
}

/* Does E follow an event with the hash PREV? */
static bool
follows(const struct case_event *e, const char *prev)
{
	char hash[CASE_HASH_SIZE];

	chain_hash(prev, e->seq, e->content, hash);
	return strcmp(hash, e->hash) == 0;
}

/*
 * How many events follow each of those of B, itself counted.  Two may follow the same one when the database was
 * once put back to an older state: work went on in the one from which more follow.
 */
static size_t *
count_followers(const struct rebuild *b)
{
	size_t *reach = xcalloc(b->n ? b->n : 1, sizeof *reach), next = b->n, end = b->n;

	for (size_t i = b->n; i-- > 0;) {
		/* From NEXT to END are those of the number behind. */
		if (i + 1 < b->n && b->events[i + 1].seq != b->events[i].seq) {
			next = end = i + 1;
			while (end < b->n && b->events[end].seq == b->events[next].seq)
				end++;
		}
		for (size_t k = next; k < end && b->events[k].seq == b->events[i].seq + 1; k++)
			if (reach[k] > reach[i] && follows(&b->events[k], b->events[i].hash))
				reach[i] = reach[k];
		reach[i]++;
	}
	return reach;
}

/*
 * The one of the N events at E, all of the same number, that follows PREV; NULL when none does: they were
 * forged, or belong to another database.  Where what stands before is missing nothing can be checked.
 */
static const struct case_event *
following(const struct case_event *e, const size_t *reach, size_t n, const char *prev)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		if (!prev)
			return &e[i];
		if ((best == n || reach[i] > reach[best]) && follows(&e[i], prev))
			best = i;
	}
	return best < n ? &e[best] : NULL;
}

static int
replay_one(struct rebuild *b, const struct case_event *e)
{
	if (case_event_put(b->c, e, b->err) < 0)
		return -1;
	return e->salt.p ? case_apply(b->c, e, b->err) : 0;
}

static void
say_left_out(const struct rebuild *b, size_t n)
{
	struct buf text = BUF_INIT;

	if (n && b->c->o.say) {
		buf_printf(&text, "%zu events of the log do not follow those before them and were left out", n);
		b->c->o.say(buf_str(&text));
	}
	buf_release(&text);
}

/* The chain, from event to event.  LEFT_OUT gets how many are in none of its places. */
static int
replay_chain(struct rebuild *b, const size_t *reach, size_t *left_out)
{
	const struct case_event *last = NULL;

	for (size_t i = 0, n; i < b->n; i += n) {
		const struct case_event *e;
		int64_t before = last ? last->seq : 0;

		for (n = 1; i + n < b->n && b->events[i + n].seq == b->events[i].seq; n++)
			;
		e = following(&b->events[i], &reach[i], n,
		    b->events[i].seq != before + 1 ? NULL : last ? last->hash : "");
		/* What was erased is there twice, with one hash. */
		for (size_t k = i; k < i + n; k++)
			*left_out += !e || strcmp(b->events[k].hash, e->hash) != 0;
		if (!e)
			continue;
		if (replay_one(b, e) < 0)
			return -1;
		last = e;
	}
	return 0;
}

static int
replay(struct rebuild *b)
{
	size_t left_out = 0, *reach;
	int r;

	if (b->n)
		qsort(b->events, b->n, sizeof *b->events, by_seq);
	/* Of what has no time: up to the last event before the moment that is asked for. */
	while (b->until != TIME_NONE && b->n && !b->events[b->n - 1].salt.p)
		b->n--;
	reach = count_followers(b);
	r = replay_chain(b, reach, &left_out);
	free(reach);
	if (r < 0)
		return -1;
	say_left_out(b, left_out);
	/* The log has them. */
	return db_run(b->c->db, "UPDATE case_logged SET seq = (SELECT coalesce(max(seq), 0) FROM case_event)", b->err,
	    "");
}

static bool
is_empty(const char *path, const char *suffix)
{
	struct buf name = BUF_INIT;
	struct stat st;
	int r;

	buf_printf(&name, "%s%s", path, suffix);
	r = stat(buf_str(&name), &st);
	buf_release(&name);
	return r < 0 || st.st_size == 0;
}

/* Begin a transaction in which all is in the log, and all of the database in its file. */
static int
begin_at_rest(struct cases *c, struct sme_err *err)
{
	for (int i = 0; i < REST_TRIES; i++) {
		int waits;

		if (cases_to_log(c, err) < 0 || db_checkpoint(c->db, err) < 0 || cases_begin(c, err) < 0)
			return -1;
		waits = c->log ? case_waits_for_log(c, err) : 0;
		if (waits == 0 && is_empty(c->path, "-wal"))
			return 0;
		cases_rollback(c);
		if (waits < 0)
			return -1;
	}
	return err_set(err, SME_TEMPFAIL, "%s: others write to it all the time; stop them, and try again", c->path);
}

static void
remove_beside(const char *path, const char *suffix)
{
	struct buf name = BUF_INIT;

	buf_printf(&name, "%s%s", path, suffix);
	unlink(buf_str(&name));
	buf_release(&name);
}

int
cases_put_aside(struct cases *c, const char *to, struct sme_err *err)
{
	int r = begin_at_rest(c, err);

	if (r < 0)
		return -1;
	r = rename(c->path, to);
	if (r < 0) {
		err_sys(err, SME_CANTCREAT, "%s", to);
	} else {
		/* Those who have the old file open keep these; the new one must not share them. */
		remove_beside(c->path, "-shm");
		remove_beside(c->path, "-wal");
		remove_beside(c->path, "-group");
	}
	cases_rollback(c);
	return r;
}

static int
check_empty(struct cases *c, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT (SELECT count(*) FROM case_event) + (SELECT count(*) FROM case_file)",
	    err, "");
	int r = st ? db_step(c->db, st, err) : -1;
	int64_t n;

	if (r <= 0)
		return -1;
	n = db_int(st, 0);
	db_done(st);
	return n ? err_set(err, SME_CANTCREAT, "%s holds cases already; rebuild into a new file", c->path) : 0;
}

/* What happened by itself until then, in all tenants. */
static int
step_all(struct cases *c, int64_t until, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT DISTINCT tenant FROM case_file WHERE step <= ?", err, "i", until);
	int r = st ? 0 : -1;

	while (r == 0 && (r = db_step(c->db, st, err)) > 0)
		r = case_step(c, db_text(st, 0), until, err);
	return r;
}

/*
 * First the events, for cases are opened by them; then what was written.  Both passes leave the same
 * rows as the first time, whatever order they came in then.
 */
int
cases_rebuild(struct cases *c, const char *log, int64_t until, struct sme_err *err)
{
	struct rebuild b = {.c = c, .until = until, .err = err};
	int r;

	if (check_empty(c, err) < 0)
		return -1;
	c->replaying = true;
	r = read_log(&b, log);
	if (r == 0)
		r = db_begin(c->db, err);
	if (r == 0) {
		r = replay(&b);
		b.messages = true;
		if (r == 0)
			r = read_log(&b, log);
		if (r == 0 && until != TIME_NONE)
			r = step_all(c, until, err);
		if (r == 0)
			r = db_commit(c->db, err);
		else
			db_rollback(c->db);
	}
	c->replaying = false;
	arena_release(&b.arena);
	free(b.events);
	return r;
}
