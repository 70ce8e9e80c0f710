#include "sme-score/heard.h"

enum { N_LIKES, N_SHARES, N_REPLIES, N_BOT };
enum { T_ID, T_ANSWERS, T_NETWORK, TEXTS };

void
heard_reader_init(struct heard_reader *r, struct scan_plan *plan)
{
	static const char *const numbers[] = {
	    "metrics.likes", "metrics.shares", "metrics.replies", "score.bot"};
	static const char *const texts[] = {"id", "in_reply_to", "network"};

	*r = (struct heard_reader){.h = hindex_new(), .buffers = {BUF_INIT, BUF_INIT, BUF_INIT}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		r->numbers[i] = scan_plan_add(plan, numbers[i]);
	for (size_t i = 0; i < TEXTS; i++)
		r->texts[i] = scan_plan_add(plan, texts[i]);
}

void
heard_reader_release(struct heard_reader *r)
{
	hindex_free(r->h);
	for (size_t i = 0; i < TEXTS; i++)
		buf_release(&r->buffers[i]);
}

void
heard_take(struct heard_reader *r, const struct json_value *values, struct slice author)
{
	struct slice texts[TEXTS];

	for (size_t i = 0; i < TEXTS; i++) {
		buf_clear(&r->buffers[i]);
		texts[i] = json_string(&values[r->texts[i]], &r->buffers[i]);
	}
	hindex_add(r->h,
	    &(struct hindex_post){.id = texts[T_ID],
	        .answers = texts[T_ANSWERS],
	        .author = author,
	        .network = texts[T_NETWORK],
	        .likes = json_number(&values[r->numbers[N_LIKES]], -1),
	        .shares = json_number(&values[r->numbers[N_SHARES]], -1),
	        .replies = json_number(&values[r->numbers[N_REPLIES]], -1),
	        .bot = json_number(&values[r->numbers[N_BOT]], -1)});
}
