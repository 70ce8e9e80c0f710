#include "stream/tree.h"

#include <stdlib.h>
#include <string.h>

#include "core/map.h"
#include "core/mem.h"

static struct json_node *build(struct arena *a, const struct json_value *v);

static struct slice
keep_string(struct arena *a, const struct json_value *v)
{
	struct buf b = BUF_INIT;
	struct slice s = arena_dup(a, json_string(v, &b));

	buf_release(&b);
	return s;
}

/* Up to so many members a list is searched faster than a map is filled. */
#define FEW_MEMBERS 16

/* The member of PARENT that is called KEY, or NULL.  SEEN indexes those of a large object. */
static struct json_node *
find_member(const struct json_node *parent, struct map *seen, struct slice key)
{
	if (parent->count <= FEW_MEMBERS) {
		for (struct json_node *it = parent->child; it; it = it->next)
			if (slice_eq(it->key, key))
				return it;
		return NULL;
	}
	if (!seen->n)
		for (struct json_node *it = parent->child; it; it = it->next)
			map_put(seen, it->key)->ptr = it;
	return map_ptr(seen, key);
}

static void
build_children(struct arena *a, const struct json_value *v, struct json_node *node)
{
	struct json_iter it = json_each(v);
	struct json_value key, value;
	struct json_node **tail = &node->child;
	struct map seen = MAP_INIT;

	while (json_next(&it, &key, &value)) {
		struct json_node *child = build(a, &value), *old = NULL;

		if (key.type == JSON_STRING) {
			child->key = keep_string(a, &key);
			old = find_member(node, &seen, child->key);
		}
		if (old) {
			child->next = old->next;
			*old = *child;
			continue;
		}
		*tail = child;
		tail = &child->next;
		if (seen.n)
			map_put(&seen, child->key)->ptr = child;
		node->count++;
	}
	map_release(&seen);
}

static struct json_node *
build(struct arena *a, const struct json_value *v)
{
	struct json_node *node = arena_zalloc(a, sizeof *node);

	node->type = v->type;
	if (v->type == JSON_STRING) {
		node->text = keep_string(a, v);
	} else if (v->type == JSON_NUMBER) {
		node->text = arena_dup(a, json_raw(v));
		node->number = json_number(v, 0);
	} else {
		build_children(a, v, node);
	}
	return node;
}

struct json_node *
json_tree(struct arena *a, struct slice text, struct sme_err *err)
{
	struct scan_plan *plan = scan_plan_new();
	struct scanner *s = scanner_new_once(plan);
	char *padded = xcalloc(text.n + SCAN_PADDING, 1);
	struct json_node *root = NULL;

	if (text.n)
		memcpy(padded, text.p, text.n);
	if (scanner_scan(s, padded, text.n) < 0)
		err_set(err, SME_DATA, "byte %zu: %s", s->error_at + 1, s->error);
	else
		root = build(a, &s->root);
	free(padded);
	scanner_free(s);
	scan_plan_free(plan);
	return root;
}

const struct json_node *
node_get(const struct json_node *node, const char *key)
{
	if (!node || node->type != JSON_OBJECT)
		return NULL;
	for (NODE_EACH(it, node))
		if (slice_is(it->key, key))
			return it;
	return NULL;
}

struct slice
node_text(const struct json_node *node, const char *key)
{
	const struct json_node *it = node_get(node, key);

	return it && it->type == JSON_STRING ? it->text : (struct slice){NULL, 0};
}

double
node_number(const struct json_node *node, const char *key, double fallback)
{
	const struct json_node *it = node_get(node, key);

	return it && it->type == JSON_NUMBER ? it->number : fallback;
}

bool
node_bool(const struct json_node *node, const char *key, bool fallback)
{
	const struct json_node *it = node_get(node, key);

	if (!it || (it->type != JSON_TRUE && it->type != JSON_FALSE))
		return fallback;
	return it->type == JSON_TRUE;
}

static void
put_children(struct buf *b, const struct json_node *node)
{
	bool object = node->type == JSON_OBJECT;

	buf_addc(b, object ? '{' : '[');
	for (NODE_EACH(it, node)) {
		if (it != node->child)
			buf_addc(b, ',');
		if (object) {
			json_put_string(b, it->key);
			buf_addc(b, ':');
		}
		node_put(b, it);
	}
	buf_addc(b, object ? '}' : ']');
}

void
node_put(struct buf *b, const struct json_node *node)
{
	switch (node->type) {
	case JSON_STRING:
		json_put_string(b, node->text);
		break;
	case JSON_NUMBER:
		buf_adds(b, node->text);
		break;
	case JSON_TRUE:
		buf_puts(b, "true");
		break;
	case JSON_FALSE:
		buf_puts(b, "false");
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		put_children(b, node);
		break;
	default:
		buf_puts(b, "null");
	}
}
