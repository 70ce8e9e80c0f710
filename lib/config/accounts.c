#include "config/accounts.h"

static struct slice
bare(struct slice handle)
{
	if (handle.n && handle.p[0] == '@')
		return (struct slice){handle.p + 1, handle.n - 1};
	return handle;
}

bool
config_own_account(const struct json_node *tenant, struct slice handle)
{
	struct slice name = bare(handle);

	if (!name.n)
		return false;
	for (NODE_EACH(it, node_get(tenant, "accounts")))
		if (slice_eq_nocase(bare(it->text), name))
			return true;
	return false;
}
