#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/map.h"
#include "core/mem.h"
#include "outbox/plan.h"
#include "sme-publish/sme-publish.h"
#include "stream/scan.h"
#include "stream/tree.h"
#include "stream/writer.h"

/* The largest file of volumes or mentions, in bytes. */
#define FILE_MAX ((size_t)1 << 30)

/* Mentions of one channel on one day. */
struct day {
	double mentions, with_reply, answered, links, direct;
};

enum { C_TYPE, C_TENANT, C_NETWORK, C_CHANNEL, C_CREATED, C_DIRECT, C_REPLY, C_COUNT };

static const char *const paths[C_COUNT] = {
    "type", "tenant", "network", "channel", "created_at", "direct", "reply"};

struct counter {
	struct scanner *scanner;
	int fields[C_COUNT];
	struct map channels; /* tenant NUL network NUL channel → the map of its days */
	size_t bad;
};

static void
fail(const struct sme_err *err)
{
	sme_die(err->status, "%s", err->text);
}

/* ---- a JSON file of volumes ---- */

static int
read_volume(const struct json_node *n, struct volume *v, struct sme_err *err)
{
	*v = (struct volume){
	    .tenant = node_text(n, "tenant"),
	    .network = node_text(n, "network"),
	    .channel = node_text(n, "channel"),
	    .mentions = node_number(n, "mentions", -1),
	    .links = node_number(n, "links", 0),
	    .direct = node_number(n, "direct", 0),
	};
	v->replies = node_number(n, "replies", v->mentions);
	if (!v->network.n || v->mentions < 0 || v->replies < 0 || v->links < 0 || v->direct < 0 ||
	    v->links + v->direct > v->replies)
		return err_set(err, SME_DATA, "expected volumes such as {\"network\": \"x\", \"mentions\": "
		    "4500, \"replies\": 4410, \"links\": 0, \"direct\": 100}");
	return 0;
}

static bool
plan_tree(struct planner *p, const struct json_node *root, struct buf *out)
{
	const struct json_node *list = root->type == JSON_ARRAY ? root : node_get(root, "volumes");
	struct volume v;
	struct sme_err err;

	if (!list || list->type != JSON_ARRAY)
		return false;
	for (NODE_EACH(it, list))
		if (read_volume(it, &v, &err) < 0 || plan_volume(p, &v, out, &err) < 0)
			fail(&err);
	return true;
}

/* ---- mentions, one a line ---- */

static void
add_key(struct buf *key, const struct json_value *v, const char *otherwise)
{
	struct buf scratch = BUF_INIT;
	struct slice s = json_string(v, &scratch);

	buf_adds(key, s.p ? s : slice_of(otherwise));
	buf_addc(key, '\0');
	buf_release(&scratch);
}

static bool
has_link(const struct json_value *reply)
{
	return slice_find(json_raw(reply), SLICE("http")) >= 0;
}

static struct day *
day_of(struct counter *c, const struct json_value *values)
{
	struct buf key = BUF_INIT, scratch = BUF_INIT;
	struct slice date = json_string(&values[c->fields[C_CREATED]], &scratch);
	union map_value *channel, *day;

	add_key(&key, &values[c->fields[C_TENANT]], "default");
	add_key(&key, &values[c->fields[C_NETWORK]], "");
	add_key(&key, &values[c->fields[C_CHANNEL]], "");
	channel = map_put(&c->channels, buf_slice(&key));
	if (!channel->ptr)
		channel->ptr = xcalloc(1, sizeof(struct map));
	date.n = date.n > 10 ? 10 : date.n;
	day = map_put(channel->ptr, date.p ? date : SLICE(""));
	if (!day->ptr)
		day->ptr = xcalloc(1, sizeof(struct day));
	buf_release(&key);
	buf_release(&scratch);
	return day->ptr;
}

static void
count_mention(struct counter *c, const struct json_value *values)
{
	const struct json_value *reply = &values[c->fields[C_REPLY]];
	struct day *d = day_of(c, values);
	struct json_value state;

	d->mentions++;
	if (reply->type == JSON_OBJECT) {
		state = json_member(reply, SLICE("state"));
		d->with_reply++;
		if (json_is(&state, SLICE("none")))
			return;
		d->answered++;
	}
	if (json_bool(&values[c->fields[C_DIRECT]]))
		d->direct++;
	else if (reply->type == JSON_OBJECT && has_link(reply))
		d->links++;
}

static void
count_lines(struct counter *c, struct slice text)
{
	struct slice line;

	scanner_start(c->scanner, text.p, text.n);
	for (int r; (r = scanner_next(c->scanner, &line)) != 0;) {
		if (r < 0 || c->scanner->root.type != JSON_OBJECT)
			c->bad += slice_trim(line).n > 0;
		else if (json_is(&c->scanner->values[c->fields[C_TYPE]], SLICE("mention")))
			count_mention(c, c->scanner->values);
	}
}

/* The day that brings most. */
static void
plan_channel(struct planner *p, const struct map_item *channel, struct buf *out)
{
	struct map *days = channel->value.ptr;
	const struct day *busiest = days->items[0].value.ptr;
	struct slice rest = channel->key, name;
	struct volume v = {0};
	struct sme_err err;

	for (size_t i = 1; i < days->n; i++)
		if (((const struct day *)days->items[i].value.ptr)->mentions > busiest->mentions)
			busiest = days->items[i].value.ptr;
	slice_cut(&rest, '\0', &v.tenant);
	slice_cut(&rest, '\0', &v.network);
	slice_cut(&rest, '\0', &name);
	v.channel = name.n ? name : (struct slice){NULL, 0};
	v.mentions = busiest->mentions;
	v.replies = busiest->mentions - busiest->with_reply + busiest->answered;
	v.links = busiest->links;
	v.direct = busiest->direct;
	if (plan_volume(p, &v, out, &err) < 0)
		fail(&err);
}

static void
free_days(struct map *days)
{
	for (size_t i = 0; i < days->n; i++)
		free(days->items[i].value.ptr);
	map_release(days);
	free(days);
}

static size_t
plan_mentions(struct planner *p, struct slice text, struct buf *out)
{
	struct scan_plan *plan = scan_plan_new();
	struct counter c = {.channels = MAP_INIT};
	size_t bad;

	for (int i = 0; i < C_COUNT; i++)
		c.fields[i] = scan_plan_add(plan, paths[i]);
	c.scanner = scanner_new(plan);
	count_lines(&c, text);
	for (size_t i = 0; i < c.channels.n; i++) {
		plan_channel(p, &c.channels.items[i], out);
		free_days(c.channels.items[i].value.ptr);
	}
	bad = c.bad;
	map_release(&c.channels);
	scanner_free(c.scanner);
	scan_plan_free(plan);
	return bad;
}

int
plan_volumes(const struct config *config, const char *file)
{
	struct buf text = BUF_INIT_MAX(FILE_MAX), out = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct planner *p = planner_new(config);
	const struct json_node *root;
	struct writer w;
	struct sme_err err;
	size_t bad = 0, not_served;

	if (file_read(file, &text, &err) < 0)
		fail(&err);
	if (!buf_reserve(&text, SCAN_PADDING))
		sme_die(SME_DATA, "%s: too large", file);
	root = json_tree(&a, buf_slice(&text), &err);
	if (!root || !plan_tree(p, root, &out))
		bad = plan_mentions(p, buf_slice(&text), &out);
	if (bad)
		sme_warn("%s: %zu lines are no events", file, bad);
	not_served = plan_total(p, &out);
	writer_init(&w, STDOUT_FILENO, "stdout");
	writer_put(&w, buf_slice(&out));
	writer_release(&w);
	planner_free(p);
	arena_release(&a);
	buf_release(&text);
	buf_release(&out);
	return not_served || bad ? SME_REJECTED : SME_OK;
}
