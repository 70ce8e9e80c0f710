#include "connector/classify.h"

#include "connector/value.h"

static bool
matches(const struct meta_error *e, long status, jv body)
{
	jv at;

	if (e->status && e->status != status)
		return false;
	if (!e->path.p)
		return true;
	at = value_path(body, e->path);
	if (e->value)
		return value_equals(at, e->value);
	return value_is_nothing(at) != e->present;
}

static enum answer_class
by_status(long status)
{
	if (status == 401)
		return ANSWER_AUTH;
	if (status == 408 || status == 425 || status == 429 || status >= 500)
		return ANSWER_TRANSIENT;
	return status >= 300 ? ANSWER_PERMANENT : ANSWER_OK;
}

enum answer_class
answer_classify(const struct meta *meta, long status, jv body)
{
	for (size_t i = 0; i < meta->nerrors; i++)
		if (matches(&meta->errors[i], status, body))
			return meta->errors[i].class;
	return by_status(status);
}

static bool
put_reason(struct buf *out, jv v)
{
	struct slice text = value_text(v);
	size_t n = text.n < 200 ? text.n : 200;

	while (n && n < text.n && (text.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		buf_addc(out, (unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f ? ' ' : text.p[i]);
	jv_free(v);
	return n > 0;
}

void
answer_reason(struct buf *out, jv body)
{
	static const char *const places[] = {"error_description", "error.message", "error.error_user_msg",
	    "description", "message", "detail", "errors.0.message", "errors.0.detail", "errors.0",
	    "title", "error"};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (put_reason(out, value_path(body, slice_of(places[i]))))
			return;
}
