#include "mail/put.h"

#include "core/rfc3339.h"
#include "stream/json.h"

void
put_key(struct buf *out, const char *key)
{
	if (out->n && out->p[out->n - 1] != '{' && out->p[out->n - 1] != ',')
		buf_addc(out, ',');
	buf_addc(out, '"');
	buf_puts(out, key);
	buf_puts(out, "\":");
}

void
put_string(struct buf *out, const char *key, struct slice s)
{
	put_key(out, key);
	json_put_string(out, s.p ? s : SLICE(""));
}

void
put_or_null(struct buf *out, const char *key, struct slice s)
{
	if (s.n) {
		put_string(out, key, s);
		return;
	}
	put_key(out, key);
	buf_puts(out, "null");
}

void
put_known(struct buf *out, const char *key, struct slice s)
{
	if (s.n)
		put_string(out, key, s);
}

void
put_moment(struct buf *out, const char *key, int64_t ms)
{
	char text[RFC3339_SIZE];

	put_or_null(out, key, ms == TIME_NONE ? SLICE("") : slice_of(rfc3339_format(ms, text)));
}

void
put_number(struct buf *out, const char *key, uint64_t n)
{
	put_key(out, key);
	buf_printf(out, "%llu", (unsigned long long)n);
}
