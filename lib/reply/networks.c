#include "reply/networks.h"

#include "core/file.h"
#include "stream/tree.h"

static const char *const counts[] = {[COUNT_POINTS] = "points",
    [COUNT_UTF16] = "utf16",
    [COUNT_GRAPHEMES] = "graphemes",
    [COUNT_WEIGHTED] = "weighted",
    [COUNT_BYTES] = "bytes"};

static const struct network unlimited;

static int
read_network(const struct json_node *node, struct network *net, struct sme_err *err)
{
	struct slice count = node_text(node, "count");
	double text = node_number(node, "text", 0), direct = node_number(node, "direct", text);
	size_t i = COUNT_POINTS;

	if (!(text >= 0 && text <= 1e9 && direct >= 0 && direct <= 1e9))
		return err_set(err, SME_DATA, "%.*s: expected limits from 0 to 1e9",
		    SLICE_ARG(node->key));
	while (count.p && i <= COUNT_WEIGHTED && !slice_is(count, counts[i]))
		i++;
	if (i > COUNT_WEIGHTED)
		return err_set(err, SME_DATA, "%.*s.count: expected points, utf16, graphemes, weighted "
		    "or bytes, got \"%.*s\"", SLICE_ARG(node->key), SLICE_ARG(count));
	*net = (struct network){
	    .text = {.limit = (int64_t)text, .count = (enum text_count)i},
	    .direct = {.limit = (int64_t)direct, .count = (enum text_count)i},
	};
	return 0;
}

static int
read_all(struct networks *n, const struct json_node *list, struct sme_err *err)
{
	if (!list || list->type != JSON_OBJECT)
		return err_set(err, SME_DATA, "expected an object with the member \"networks\"");
	for (NODE_EACH(it, list)) {
		struct network *net = arena_zalloc(&n->arena, sizeof *net);

		if (read_network(it, net, err) < 0)
			return -1;
		map_put(&n->by_name, it->key)->ptr = net;
	}
	return 0;
}

int
networks_load(struct networks *n, const char *path, struct sme_err *err)
{
	struct buf text = BUF_INIT;
	struct arena tree = ARENA_INIT;
	const struct json_node *root = NULL;
	int r = file_read(path, &text, err);

	if (r == 0) {
		root = json_tree(&tree, buf_slice(&text), err);
		r = root ? read_all(n, node_get(root, "networks"), err) : -1;
		if (r < 0)
			err_prefix(err, "%s", path);
	}
	arena_release(&tree);
	buf_release(&text);
	return r;
}

void
networks_release(struct networks *n)
{
	map_release(&n->by_name);
	arena_release(&n->arena);
}

const struct network *
networks_get(const struct networks *n, struct slice name)
{
	const struct network *net = map_ptr(&n->by_name, name);

	return net ? net : &unlimited;
}
