#include "model/corrections.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "stream/scan.h"

/* A mention that was corrected. */
struct entry {
	int64_t time;       /* of the correction that counts */
	struct slice label; /* p is NULL: it was taken back */
	struct slice id, text, group;
	int64_t revision;
	bool deleted;
};

struct corrections {
	const struct corrections_options *o;
	struct scan_plan *plan;
	struct scanner *scanner;
	int type, tenant, id, mention, created_at, revision, correct, text, group; /* in the plan */
	struct map entries; /* tenant, NUL, id → struct entry * */
	struct arena arena;
	struct buf line, key, scratch;
	struct corrections_count count;
};

struct corrections *
corrections_new(const struct corrections_options *o)
{
	struct corrections *c = xcalloc(1, sizeof *c);
	struct slice correct[2] = {SLICE("correct"), slice_of(o->head)};

	c->o = o;
	c->line = (struct buf)BUF_INIT_MAX(SCAN_LINE_MAX + 2 * SCAN_PADDING);
	c->key = c->scratch = (struct buf)BUF_INIT;
	c->plan = scan_plan_new();
	c->type = scan_plan_add(c->plan, "type");
	c->tenant = scan_plan_add(c->plan, "tenant");
	c->id = scan_plan_add(c->plan, "id");
	c->mention = scan_plan_add(c->plan, "mention");
	c->created_at = scan_plan_add(c->plan, "created_at");
	c->revision = scan_plan_add(c->plan, "revision");
	c->correct = scan_plan_add_keys(c->plan, correct, 2);
	c->text = scan_plan_add(c->plan, o->keys->text);
	c->group = o->keys->group ? scan_plan_add(c->plan, o->keys->group) : -1;
	c->scanner = scanner_new(c->plan);
	return c;
}

void
corrections_free(struct corrections *c)
{
	if (!c)
		return;
	scanner_free(c->scanner);
	scan_plan_free(c->plan);
	map_release(&c->entries);
	arena_release(&c->arena);
	buf_release(&c->line);
	buf_release(&c->key);
	buf_release(&c->scratch);
	free(c);
}

static const struct json_value *
value(const struct corrections *c, int path)
{
	return &c->scanner->values[path];
}

static bool
is_type(const struct corrections *c, struct slice type)
{
	return json_is(value(c, c->type), type);
}

/*
 * Who the mention is whose id stands at PATH, as a key of the entries; false when there is no id,
 * or it is another tenant's.
 */
static bool
identify(struct corrections *c, int path)
{
	struct slice tenant, id;

	buf_clear(&c->scratch);
	tenant = json_string(value(c, c->tenant), &c->scratch);
	if (!tenant.p)
		tenant = SLICE("default");
	if (c->o->tenant && !slice_is(tenant, c->o->tenant))
		return false;
	buf_clear(&c->key);
	buf_adds(&c->key, tenant);
	buf_addc(&c->key, '\0');
	buf_clear(&c->scratch);
	id = json_string(value(c, path), &c->scratch);
	buf_adds(&c->key, id);
	return id.p && id.n;
}

/* The mention's own id, behind the tenant. */
static struct slice
id_of(const struct corrections *c)
{
	size_t tenant = strlen(c->key.p) + 1;

	return (struct slice){c->key.p + tenant, c->key.n - tenant};
}

static int64_t
time_of(struct corrections *c)
{
	int64_t ms;

	buf_clear(&c->scratch);
	return rfc3339_parse(json_string(value(c, c->created_at), &c->scratch), &ms) ? ms
	                                                                             : TIME_NONE;
}

static struct entry *
entry_of(struct corrections *c)
{
	union map_value *v = map_put(&c->entries, buf_slice(&c->key));
	struct entry *e = v->ptr;

	if (e)
		return e;
	e = v->ptr = arena_zalloc(&c->arena, sizeof *e);
	e->time = TIME_NONE;
	e->id = arena_dup(&c->arena, id_of(c));
	return e;
}

/* A case that says what the mention is. */
static void
note(struct corrections *c)
{
	const struct json_value *correct = value(c, c->correct);
	struct slice label;
	struct entry *e;
	int64_t time;

	if (!is_type(c, SLICE("case")) || correct->type == JSON_MISSING || !identify(c, c->mention))
		return;
	c->count.events++;
	time = time_of(c);
	label = dataset_label(correct, &c->scratch);
	if (correct->type != JSON_NULL && (label.n == 0 || dataset_label_is_odd(label))) {
		c->count.odd++;
		return;
	}
	e = entry_of(c);
	if (time != TIME_NONE && e->time != TIME_NONE && time < e->time)
		return;
	if (time != TIME_NONE)
		e->time = time;
	e->label = label.p ? arena_dup(&c->arena, label) : label;
}

/* A mention that was corrected, or the news that it is gone. */
static void
find(struct corrections *c)
{
	bool deleted = is_type(c, SLICE("delete"));
	struct slice group;
	int64_t revision = 0;
	struct entry *e;

	if ((!deleted && !is_type(c, SLICE("mention"))) || !identify(c, c->id))
		return;
	e = map_ptr(&c->entries, buf_slice(&c->key));
	if (!e)
		return;
	e->deleted |= deleted;
	if (deleted || value(c, c->text)->type != JSON_STRING)
		return;
	json_int(value(c, c->revision), &revision);
	if (e->text.p && revision < e->revision)
		return;
	e->revision = revision;
	buf_clear(&c->scratch);
	e->text = arena_dup(&c->arena, json_string(value(c, c->text), &c->scratch));
	group = c->group >= 0 ? dataset_label(value(c, c->group), &c->scratch) : SLICE("");
	e->group = arena_dup(&c->arena, group);
}

/* The scanner may look some bytes beyond a line. */
static int
scan(struct corrections *c, struct slice line, size_t lineno, struct sme_err *err)
{
	buf_clear(&c->line);
	if (!buf_reserve(&c->line, line.n + SCAN_PADDING))
		return err_set(err, SME_DATA, "%s:%zu: the line is longer than %zu bytes",
		    c->o->source, lineno, SCAN_LINE_MAX);
	buf_adds(&c->line, line);
	if (scanner_scan(c->scanner, c->line.p, c->line.n) == 0)
		return 0;
	return err_set(err, SME_DATA, "%s:%zu: byte %zu: %s", c->o->source, lineno,
	    c->scanner->error_at, c->scanner->error);
}

static int
each_line(struct corrections *c, struct slice lines, size_t lineno,
    void (*fn)(struct corrections *c), struct sme_err *err)
{
	struct slice line;

	for (; slice_cut(&lines, '\n', &line); lineno++) {
		if (slice_trim(line).n == 0)
			continue;
		if (scan(c, line, lineno, err) < 0)
			return -1;
		if (c->scanner->root.type == JSON_OBJECT)
			fn(c);
	}
	return 0;
}

int
corrections_note(struct corrections *c, struct slice lines, size_t lineno, struct sme_err *err)
{
	return each_line(c, lines, lineno, note, err);
}

int
corrections_find(struct corrections *c, struct slice lines, size_t lineno, struct sme_err *err)
{
	return each_line(c, lines, lineno, find, err);
}

void
corrections_add(struct corrections *c, struct dataset *d)
{
	for (size_t i = 0; i < c->entries.n; i++) {
		const struct entry *e = c->entries.items[i].value.ptr;
		struct dataset_row row = {.text = e->text,
		    .label = e->label,
		    .id = e->id,
		    .file = c->o->source,
		    .corrected = true};

		c->count.deleted += e->deleted;
		c->count.withdrawn += !e->deleted && !e->label.p;
		if (e->deleted || !e->label.p)
			continue;
		if (!e->text.p) {
			c->count.missing++;
			continue;
		}
		if (c->o->keys->group)
			row.group = e->group;
		c->count.learned++;
		dataset_add(d, &row);
	}
}

const struct corrections_count *
corrections_count(const struct corrections *c)
{
	return &c->count;
}
