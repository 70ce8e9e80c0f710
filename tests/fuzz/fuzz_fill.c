/*
 * Text from outside in a request, whatever it is: guarded it is never filled and comes out as it went in,
 * in a header, in JSON and in a query; unguarded it is what it was.  A request made of any JSON is
 * refused or has no line break in URL or headers.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "connector/program.h"
#include "connector/request.h"
#include "connector/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice
secret(void *ctx, struct slice name)
{
	(void)ctx;
	return name.n & 1 ? SLICE("planted secret") : SLICE("planted\nsecret");
}

static void
check_text(struct slice text)
{
	struct filler f = {.secret = secret};
	struct buf out = BUF_INIT;
	jv plain = value_string(text), guarded = fill_guard(jv_copy(plain));

	if (fill(&f, &out, value_text(guarded), FILL_RAW, NULL) < 0 || f.filled ||
	    !slice_eq(buf_slice(&out), value_text(plain)))
		abort();
	for (int as = FILL_QUERY; as <= FILL_JSON; as++)
		if (fill(&f, &out, value_text(guarded), (enum fill_as)as, NULL) < 0 || f.filled)
			abort();
	if (!jv_equal(fill_unguard(jv_copy(guarded)), jv_copy(plain)))
		abort();
	jv_free(guarded);
	jv_free(plain);
	buf_release(&out);
}

static void
check_line(const char *line)
{
	if (strpbrk(line, "\r\n"))
		abort();
}

static void
check_request(jv value, bool guarded)
{
	static const struct account account = {.name = SLICE("a"), .base = SLICE("https://h.example")};
	struct filler f = {.secret = secret};
	struct request r = REQUEST_INIT;
	struct sme_err err;

	if (request_build(&r, value, &account, &f, &err) == 0) {
		check_line(buf_str(&r.url));
		for (size_t i = 0; i < r.headers.n; i++)
			check_line(r.headers.lines[i]);
		for (size_t i = 0; i < r.secret_headers.n; i++)
			check_line(r.secret_headers.lines[i]);
		if (guarded && r.secret && !r.secret_headers.n)
			abort();
	}
	request_release(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	jv value;

	check_text(text);
	value = connector_parse(text, NULL);
	if (jv_is_valid(value)) {
		check_request(value, false);
		value = fill_guard(value);
		check_request(value, true);
	}
	jv_free(value);
	return 0;
}
