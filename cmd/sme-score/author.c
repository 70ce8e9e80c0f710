#include "sme-score/author.h"

#include "score/people.h"

void
author_reader_init(struct author_reader *r, struct scan_plan *plan)
{
	*r = (struct author_reader){.id = scan_plan_add(plan, "author.id"),
	    .network = scan_plan_add(plan, "network"),
	    .handle = scan_plan_add(plan, "author.handle"),
	    .texts = {BUF_INIT, BUF_INIT, BUF_INIT}};
}

void
author_reader_release(struct author_reader *r)
{
	for (size_t i = 0; i < sizeof r->texts / sizeof *r->texts; i++)
		buf_release(&r->texts[i]);
}

static struct slice
text(struct buf *b, const struct json_value *v)
{
	buf_clear(b);
	return json_string(v, b);
}

bool
author_name(struct author_reader *r, const struct json_value *values, struct buf *name)
{
	struct slice id = text(&r->texts[0], &values[r->id]);
	struct slice network = text(&r->texts[1], &values[r->network]);
	struct slice handle = text(&r->texts[2], &values[r->handle]);

	buf_clear(name);
	return people_name(id, network, handle, name);
}
