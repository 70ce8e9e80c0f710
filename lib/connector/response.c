#include "connector/response.h"

#include <ctype.h>

#include "connector/value.h"
#include "net/url.h"

/* Add a value to a header that is there already, as RFC 9110, 5.3 allows. */
static jv
add_header(jv headers, struct slice name, struct slice value)
{
	char key[100];
	jv before;
	struct buf all = BUF_INIT;

	if (!name.n || name.n >= sizeof key)
		return headers;
	for (size_t i = 0; i < name.n; i++)
		key[i] = (char)tolower((unsigned char)name.p[i]);
	key[name.n] = '\0';
	if (strcmp(key, "set-cookie") == 0)
		return headers;
	before = value_get(headers, key);
	value_put(&all, before);
	if (all.n)
		buf_puts(&all, ", ");
	buf_adds(&all, value);
	headers = jv_object_set(headers, jv_string(key), value_string(buf_slice(&all)));
	buf_release(&all);
	return headers;
}

jv
response_headers(struct slice all)
{
	struct slice line, name;
	jv headers = jv_object();

	while (slice_cut(&all, '\n', &line)) {
		if (slice_starts(line, SLICE("HTTP/")) || !memchr(line.p, ':', line.n))
			continue;
		slice_cut(&line, ':', &name);
		headers = add_header(headers, name, slice_trim(line));
	}
	return headers;
}

/* One of `<URL>; rel="next"; ...`: cut from *S. */
static bool
next_link(struct slice *s, struct slice *url, struct slice *rest)
{
	const char *open = s->n ? memchr(s->p, '<', s->n) : NULL, *close, *end;
	bool quoted = false;

	if (!open)
		return false;
	close = memchr(open, '>', s->n - (size_t)(open - s->p));
	if (!close)
		return false;
	*url = (struct slice){open + 1, (size_t)(close - open - 1)};
	end = s->p + s->n;
	for (open = close + 1; open < end && (quoted || *open != ','); open++)
		quoted ^= *open == '"';
	*rest = (struct slice){close + 1, (size_t)(open - close - 1)};
	*s = (struct slice){open, (size_t)(end - open)};
	return true;
}

static struct slice
rel_of(struct slice rest)
{
	struct slice one, key;

	while (slice_cut(&rest, ';', &one)) {
		slice_cut(&one, '=', &key);
		if (!slice_eq_nocase(slice_trim(key), SLICE("rel")))
			continue;
		one = slice_trim(one);
		if (one.n > 1 && one.p[0] == '"')
			one = (struct slice){one.p + 1, one.n - 2};
		return one;
	}
	return (struct slice){NULL, 0};
}

jv
response_links(jv headers, struct slice base)
{
	jv text = value_get(headers, "link"), links = jv_object();
	struct slice s = value_text(text), url, rest, rels, rel;

	while (next_link(&s, &url, &rest)) {
		struct buf full = BUF_INIT;

		rels = rel_of(rest);
		url_resolve(&full, base, url);
		while (slice_cut(&rels, ' ', &rel))
			if (rel.n)
				links = jv_object_set(links, value_string(rel), value_string(buf_slice(&full)));
		buf_release(&full);
	}
	jv_free(text);
	return links;
}
