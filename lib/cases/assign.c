/*
 * Giving free cases to agents: once through the cases in the order of their rank.  How much the agents have is
 * counted once at the start, and who may have a case is looked up once for all that ask for the same.
 */
#include <stdint.h>

#include "cases/cases_int.h"
#include "core/arena.h"
#include "core/map.h"
#include "core/rfc3339.h"

struct worker {
	struct slice id;
	int64_t open, capacity;
	int64_t turn; /* of the last case that was given */
	int64_t last; /* when something was written in the cases they have; INT64_MIN: they have none */
};

/* A worker who may have a case, and how many of its network: MOST at a time. */
struct choice {
	struct worker *w;
	int64_t most, *open;
};

struct choices {
	struct choice *list;
	size_t n;
};

struct assign {
	struct cases *c;
	struct slice tenant;
	enum case_strategy how;
	struct arena arena;
	struct map workers; /* by id */
	struct map of_network; /* "ID\0NETWORK": an int64_t, how many are open */
	struct map choices; /* "QUEUE\0NETWORK\0SKILLS": who may have such a case */
	int64_t room; /* for so many more cases, of whatever network */
	struct buf key; /* scratch */
	struct sme_err *err;
};

/* A case to give away; its texts belong to the row. */
struct free_case {
	struct slice key, queue, network, skills, author;
	int64_t last;
};

static struct slice
joined(struct assign *s, struct slice a, struct slice b, struct slice c)
{
	buf_clear(&s->key);
	buf_adds(&s->key, a);
	buf_addc(&s->key, '\0');
	buf_adds(&s->key, b);
	buf_addc(&s->key, '\0');
	buf_adds(&s->key, c);
	return buf_slice(&s->key);
}

static int64_t *
network_count(struct assign *s, struct slice id, struct slice network)
{
	union map_value *v = map_put(&s->of_network, joined(s, id, network, SLICE("")));

	if (!v->ptr)
		v->ptr = arena_zalloc(&s->arena, sizeof(int64_t));
	return v->ptr;
}

/* ---- who there is ---- */

static int
load_workers(struct assign *s)
{
	struct sqlite3_stmt *st = db_query(s->c->db, "SELECT id, capacity, turn FROM case_agent WHERE tenant = ? AND online = 1 "
	    "ORDER BY id", s->err, "t", s->tenant);
	int r = -1;

	while (st && (r = db_step(s->c->db, st, s->err)) > 0) {
		struct worker *w = arena_zalloc(&s->arena, sizeof *w);

		*w = (struct worker){.id = arena_dup(&s->arena, db_text(st, 0)),
		    .capacity = db_int(st, 1),
		    .turn = db_int(st, 2),
		    .last = INT64_MIN};
		map_put(&s->workers, w->id)->ptr = w;
	}
	return r;
}

static int
count_cases(struct assign *s)
{
	struct sqlite3_stmt *st = db_query(s->c->db, "SELECT agent, coalesce(network, ''), count(*), max(last) FROM case_file "
	    "INDEXED BY case_file_agent WHERE tenant = ? AND status = 'open' AND agent IS NOT NULL GROUP BY agent, network",
	    s->err, "t", s->tenant);
	int r = -1;

	while (st && (r = db_step(s->c->db, st, s->err)) > 0) {
		struct worker *w = map_ptr(&s->workers, db_text(st, 0));

		if (!w)
			continue;
		*network_count(s, w->id, db_text(st, 1)) = db_int(st, 2);
		w->open += db_int(st, 2);
		if (db_int(st, 3) > w->last)
			w->last = db_int(st, 3);
	}
	return r;
}

static void
sum_room(struct assign *s)
{
	for (size_t i = 0; i < s->workers.n; i++) {
		const struct worker *w = s->workers.items[i].value.ptr;

		if (w->capacity > w->open)
			s->room += w->capacity - w->open;
	}
}

/* ---- who may have what ---- */

static int
load_choices(struct assign *s, const struct free_case *f, struct choices *list)
{
	struct sqlite3_stmt *st = db_query(s->c->db, "SELECT id, networks ->> ?2, queues, skills FROM case_agent WHERE tenant = ?1 AND "
	    "online = 1 ORDER BY id", s->err, "tt", s->tenant, f->network);
	int r = -1;

	list->list = arena_alloc(&s->arena, (s->workers.n + 1) * sizeof *list->list);
	while (st && (r = db_step(s->c->db, st, s->err)) > 0) {
		struct worker *w = map_ptr(&s->workers, db_text(st, 0));

		if (!queues_have(db_text(st, 2), f->queue) || !skills_cover(db_text(st, 3), f->skills))
			continue;
		list->list[list->n++] = (struct choice){.w = w,
		    .most = db_text(st, 1).p ? db_int(st, 1) : INT64_MAX,
		    .open = network_count(s, w->id, f->network)};
	}
	return r;
}

/* NULL with ERR. */
static const struct choices *
choices_for(struct assign *s, const struct free_case *f)
{
	struct choices *list = map_ptr(&s->choices, joined(s, f->queue, f->network, f->skills));

	if (list)
		return list;
	list = arena_zalloc(&s->arena, sizeof *list);
	if (load_choices(s, f, list) < 0)
		return NULL;
	map_put(&s->choices, joined(s, f->queue, f->network, f->skills))->ptr = list;
	return list;
}

static bool
has_room(const struct choice *c)
{
	return c->w->open < c->w->capacity && *c->open < c->most;
}

/* Does A come before B?  Who was given one longest ago where all else is the same. */
static bool
before(enum case_strategy how, const struct worker *a, const struct worker *b)
{
	int64_t x = 0, y = 0;

	if (how == ASSIGN_LEAST_LOADED) {
		x = a->open * b->capacity;
		y = b->open * a->capacity;
	} else if (how == ASSIGN_LONGEST_WAITING) {
		x = a->last;
		y = b->last;
	}
	return x != y ? x < y : a->turn < b->turn;
}

/* Who had the customer's last case, into ID. */
static int
last_agent(struct assign *s, const struct free_case *f, struct buf *id)
{
	struct sqlite3_stmt *st = db_query(s->c->db, "SELECT agent FROM case_file INDEXED BY case_file_author WHERE tenant = ? "
	    "AND author = ? AND agent IS NOT NULL ORDER BY last DESC LIMIT 1", s->err, "tt", s->tenant, f->author);
	int r = st ? db_step(s->c->db, st, s->err) : -1;

	if (r > 0) {
		buf_adds(id, db_text(st, 0));
		db_done(st);
	}
	return r;
}

/* 1 with the one who gets F, 0 when nobody can, -1 with ERR. */
static int
choose(struct assign *s, const struct free_case *f, const struct choice **best)
{
	const struct choices *list = choices_for(s, f);
	struct buf id = BUF_INIT;
	int r;

	*best = NULL;
	if (!list)
		return -1;
	for (size_t i = 0; i < list->n; i++)
		if (has_room(&list->list[i]) && (!*best || before(s->how, list->list[i].w, (*best)->w)))
			*best = &list->list[i];
	if (!*best)
		return 0;
	r = last_agent(s, f, &id);
	for (size_t i = 0; r > 0 && i < list->n; i++)
		if (has_room(&list->list[i]) && slice_eq(list->list[i].w->id, buf_slice(&id)))
			*best = &list->list[i];
	buf_release(&id);
	return r < 0 ? -1 : 1;
}

/* ---- giving ---- */

static int
give(struct assign *s, const struct free_case *f, const struct choice *to)
{
	struct case_action a = {.tenant = s->tenant, .key = f->key, .action = SLICE("assign"), .at = TIME_NONE};
	struct buf data = BUF_INIT;
	int r;

	buf_puts(&data, "{\"agent\":");
	json_put_string(&data, to->w->id);
	buf_addc(&data, '}');
	a.data = buf_slice(&data);
	r = case_record(s->c, &a, &to->w->turn, s->err);
	buf_release(&data);
	if (r < 0)
		return -1;
	to->w->open++;
	++*to->open;
	s->room--;
	if (f->last > to->w->last)
		to->w->last = f->last;
	return 1;
}

/* Nothing that the order of the rows goes by is changed by giving one away. */
static int64_t
give_all(struct assign *s)
{
	struct sqlite3_stmt *st = db_query(s->c->db, "SELECT f.key, f.queue, coalesce(f.network, ''), f.need, f.author, "
	    "f.last FROM case_file f INDEXED BY case_file_work WHERE f.tenant = ? AND f.status = 'open' "
	    "AND f.agent IS NULL AND f.unanswered IS NOT NULL ORDER BY f.rank, f.id", s->err, "t", s->tenant);
	const struct choice *to;
	int64_t given = 0;
	int r = st ? 0 : -1;

	while (r >= 0 && s->room > 0 && (r = db_step(s->c->db, st, s->err)) > 0) {
		struct free_case f = {.key = db_text(st, 0),
		    .queue = db_text(st, 1),
		    .network = db_text(st, 2),
		    .skills = db_text(st, 3),
		    .author = db_text(st, 4),
		    .last = db_int(st, 5)};

		r = choose(s, &f, &to);
		if (r > 0)
			r = give(s, &f, to);
		given += r > 0;
	}
	if (st)
		db_done(st);
	return r < 0 ? -1 : given;
}

int64_t
cases_assign(struct cases *c, struct slice tenant, enum case_strategy how, struct sme_err *err)
{
	struct assign s = {.c = c, .tenant = tenant, .how = how, .err = err, .key = BUF_INIT};
	int64_t n = -1;

	if (db_begin(c->db, err) < 0)
		return -1;
	if (case_step(c, tenant, cases_now(c), err) == 0 && load_workers(&s) == 0 && count_cases(&s) == 0) {
		sum_room(&s);
		n = give_all(&s);
	}
	map_release(&s.workers);
	map_release(&s.of_network);
	map_release(&s.choices);
	arena_release(&s.arena);
	buf_release(&s.key);
	if (n < 0) {
		db_rollback(c->db);
		return -1;
	}
	return cases_commit(c, err) < 0 ? -1 : n;
}
