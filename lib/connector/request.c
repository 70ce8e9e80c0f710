#include "connector/request.h"

#include <ctype.h>
#include <stdlib.h>

#include "connector/value.h"
#include "core/mem.h"
#include "net/url.h"
#include "stream/json.h"

/* ---- headers ---- */

static bool
is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && !strchr("!#$%&'*+-.^_`|~", s.p[i]))
			return false;
	return s.n > 0;
}

static bool
is_header_value(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			return false;
	return true;
}

static void
list_add(struct header_list *l, char *line)
{
	if (l->n + 2 > l->cap)
		l->lines = xgrow(l->lines, l->n + 1, &l->cap, sizeof *l->lines);
	l->lines[l->n++] = line;
	l->lines[l->n] = NULL;
}

static void
list_release(struct header_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		explicit_bzero(l->lines[i], strlen(l->lines[i]));
		free(l->lines[i]);
	}
	free(l->lines);
}

int
request_header(struct request *r, struct slice name, struct slice value, bool secret,
    struct filler *f, struct sme_err *err)
{
	struct buf line = BUF_INIT_MAX(REQUEST_URL_MAX);
	bool before = f->filled;
	int rc = -1;

	f->filled = false;
	buf_printf(&line, "%.*s: ", SLICE_ARG(name));
	if (!is_token(name))
		err_set(err, SME_DATA, "\"%.*s\" is no name of a header", (int)(name.n < 60 ? name.n : 60),
		    name.p);
	else if (fill(f, &line, value, FILL_RAW, err) < 0)
		err_prefix(err, "header %.*s", SLICE_ARG(name));
	else if (!is_header_value(buf_slice(&line)) || line.over)
		err_set(err, SME_DATA, "header %.*s: its value has a line break, or is too long",
		    SLICE_ARG(name));
	else
		rc = 0;
	secret |= f->filled || slice_eq_nocase(name, SLICE("Authorization"));
	r->secret |= secret;
	f->filled |= before;
	if (rc == 0)
		list_add(secret ? &r->secret_headers : &r->headers, buf_detach(&line));
	buf_release(&line);
	return rc;
}

static int
add_headers(struct request *r, jv headers, struct filler *f, struct sme_err *err)
{
	int rc = 0;

	if (jv_get_kind(headers) != JV_KIND_OBJECT) {
		bool none = value_is_nothing(headers);

		return none ? 0 : err_set(err, SME_DATA, "\"headers\" is no object");
	}
	jv_object_foreach(headers, key, it) {
		struct buf value = BUF_INIT;
		bool skip = jv_get_kind(it) == JV_KIND_NULL;

		value_put(&value, it);
		if (rc == 0 && !skip)
			rc = request_header(r, value_text(key), buf_slice(&value), false, f, err);
		buf_release(&value);
		jv_free(key);
	}
	jv_free(headers);
	return rc;
}

static bool
has_header(const struct request *r, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < r->headers.n; i++)
		if (strncasecmp(r->headers.lines[i], name, n) == 0 && r->headers.lines[i][n] == ':')
			return true;
	return false;
}

static int
add_default_header(struct request *r, const char *name, const char *value, struct filler *f,
    struct sme_err *err)
{
	if (has_header(r, name))
		return 0;
	return request_header(r, slice_of(name), slice_of(value), false, f, err);
}

/* ---- names and values ---- */

struct pairs {
	struct buf *out;
	struct filler *f;
	char before; /* the next pair */
};

/* KEY and IT are the caller's. */
static int
put_pair(struct pairs *p, jv key, jv it, struct sme_err *err)
{
	struct buf value = BUF_INIT;
	jv_kind kind = jv_get_kind(it);
	int rc = 0;

	if (kind == JV_KIND_NULL)
		return 0;
	if (kind == JV_KIND_OBJECT || kind == JV_KIND_ARRAY)
		return err_set(err, SME_DATA, "\"%s\" is neither text nor number", jv_string_value(key));
	if (kind == JV_KIND_TRUE || kind == JV_KIND_FALSE)
		buf_puts(&value, kind == JV_KIND_TRUE ? "true" : "false");
	else
		value_put(&value, jv_copy(it));
	if (p->before)
		buf_addc(p->out, p->before);
	p->before = '&';
	rc = fill(p->f, p->out, value_text(key), FILL_QUERY, err);
	buf_addc(p->out, '=');
	if (rc == 0)
		rc = fill(p->f, p->out, buf_slice(&value), FILL_QUERY, err);
	buf_release(&value);
	return rc;
}

/* The members of OBJECT as "k=v&k=v", arrays as one pair for each element.  Consumes OBJECT. */
static int
put_pairs(struct pairs *p, jv object, const char *what, struct sme_err *err)
{
	int rc = 0;

	if (jv_get_kind(object) != JV_KIND_OBJECT) {
		bool none = value_is_nothing(object);

		return none ? 0 : err_set(err, SME_DATA, "\"%s\" is no object", what);
	}
	jv_object_foreach(object, key, it) {
		if (rc == 0 && jv_get_kind(it) == JV_KIND_ARRAY) {
			jv_array_foreach(it, i, one) {
				rc = rc < 0 ? rc : put_pair(p, key, one, err);
				jv_free(one);
			}
		} else if (rc == 0) {
			rc = put_pair(p, key, it, err);
		}
		jv_free(key);
		jv_free(it);
	}
	jv_free(object);
	if (rc < 0)
		err_prefix(err, "%s", what);
	return rc;
}

/* ---- the parts ---- */

int
request_put_url(struct buf *out, jv value, const struct account *a, struct filler *f,
    struct sme_err *err)
{
	jv url = value_get(value, "url");
	struct slice text = value_text(url), base = a->base;
	int rc = 0;

	if (!text.n)
		rc = err_set(err, SME_DATA, "a request without \"url\"");
	else if (text.p[0] == '/' && !base.n)
		rc = err_set(err, SME_CONFIG, "\"%.*s\" needs a base, add it to the account: base: "
		    "\"https://...\"", (int)(text.n < 100 ? text.n : 100), text.p);
	while (rc == 0 && text.p[0] == '/' && base.n && base.p[base.n - 1] == '/')
		base.n--;
	if (rc == 0 && text.p[0] == '/')
		buf_adds(out, base);
	if (rc == 0)
		rc = fill(f, out, text, FILL_URL, err);
	jv_free(url);
	return rc;
}

static int
put_url(struct request *r, jv value, const struct account *a, struct filler *f, struct sme_err *err)
{
	struct pairs p = {&r->url, f, '?'};
	struct slice path;

	if (request_put_url(&r->url, value, a, f, err) < 0)
		return -1;
	path = buf_slice(&r->url);
	if (memchr(path.p, '?', path.n))
		p.before = path.p[path.n - 1] == '?' ? '\0' : '&';
	return put_pairs(&p, value_get(value, "query"), "query", err);
}

/* V with its templates filled; text written anew, the rest as libjq does.  Consumes V. */
static int
put_json(struct buf *out, jv v, struct filler *f, struct sme_err *err)
{
	const char *sep = "";
	int rc = 0;

	switch (jv_get_kind(v)) {
	case JV_KIND_STRING:
		buf_addc(out, '"');
		rc = fill(f, out, value_text(v), FILL_JSON, err);
		buf_addc(out, '"');
		break;
	case JV_KIND_ARRAY:
		buf_addc(out, '[');
		jv_array_foreach(v, i, it) {
			buf_puts(out, sep);
			sep = ",";
			rc = put_json(out, it, f, err) < 0 ? -1 : rc;
		}
		buf_addc(out, ']');
		break;
	case JV_KIND_OBJECT:
		buf_addc(out, '{');
		jv_object_foreach(v, key, it) {
			buf_puts(out, sep);
			sep = ",";
			rc = put_json(out, key, f, err) < 0 ? -1 : rc;
			buf_addc(out, ':');
			rc = put_json(out, it, f, err) < 0 ? -1 : rc;
		}
		buf_addc(out, '}');
		break;
	default:
		value_dump(out, jv_copy(v));
		break;
	}
	jv_free(v);
	return rc;
}

/* VALUE has the member KEY, and it is not null. */
static bool
has(jv value, const char *key)
{
	jv v = value_get(value, key);
	bool is = jv_get_kind(v) != JV_KIND_NULL;

	jv_free(v);
	return is;
}

static int
put_text(struct request *r, jv body, struct filler *f, struct sme_err *err)
{
	int rc;

	if (jv_get_kind(body) == JV_KIND_STRING)
		rc = fill(f, &r->body, value_text(body), FILL_RAW, err);
	else
		rc = err_set(err, SME_DATA, "\"body\" is no text; \"json\" takes other values");
	jv_free(body);
	return rc;
}

static int
put_body(struct request *r, jv value, struct filler *f, struct sme_err *err)
{
	struct pairs p = {&r->body, f, '\0'};
	bool json = has(value, "json"), form = has(value, "form"), text = has(value, "body");
	int rc = 0;

	if (json + form + text > 1)
		return err_set(err, SME_DATA, "a request has one of \"json\", \"form\" and \"body\"");
	r->has_body = json || form || text;
	r->form = form;
	if (json)
		rc = put_json(&r->body, value_get(value, "json"), f, err);
	else if (form)
		rc = put_pairs(&p, value_get(value, "form"), "form", err);
	else if (text)
		rc = put_text(r, value_get(value, "body"), f, err);
	if (rc == 0 && json)
		rc = add_default_header(r, "Content-Type", "application/json", f, err);
	if (rc == 0 && form)
		rc = add_default_header(r, "Content-Type", "application/x-www-form-urlencoded", f, err);
	return rc;
}

static int
put_method(struct request *r, jv value, struct sme_err *err)
{
	jv method = value_get(value, "method");
	struct slice text = value_text(method);
	int rc = 0;

	if (!text.p)
		text = r->has_body ? SLICE("POST") : SLICE("GET");
	if (text.n >= sizeof r->method || !is_token(text))
		rc = err_set(err, SME_DATA, "\"method\" is no method");
	else
		memcpy(r->method, text.p, text.n);
	jv_free(method);
	return rc;
}

int
request_build(struct request *r, jv value, const struct account *a, struct filler *f,
    struct sme_err *err)
{
	f->filled = false;
	if (jv_get_kind(value) != JV_KIND_OBJECT)
		return err_set(err, SME_DATA, "a request is no object");
	if (put_url(r, value, a, f, err) < 0 || add_headers(r, value_get(value, "headers"), f, err) < 0 ||
	    put_body(r, value, f, err) < 0 || put_method(r, value, err) < 0)
		return -1;
	r->secret |= f->filled;
	if (r->url.over || r->body.over)
		return err_set(err, SME_DATA, "a request is too large");
	return 0;
}

bool
request_only_reads(const struct request *r)
{
	return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
}

void
request_show(const struct request *r, struct buf *out)
{
	buf_printf(out, "%s %s\n", r->method, buf_str(&r->url));
	for (size_t i = 0; i < r->headers.n; i++)
		buf_printf(out, "%s\n", r->headers.lines[i]);
	for (size_t i = 0; i < r->secret_headers.n; i++)
		buf_printf(out, "%s\n", r->secret_headers.lines[i]);
	if (!r->has_body)
		return;
	buf_addc(out, '\n');
	buf_adds(out, buf_slice(&r->body));
	buf_addc(out, '\n');
}

void
request_release(struct request *r)
{
	if (r->url.p)
		explicit_bzero(r->url.p, r->url.cap);
	if (r->body.p)
		explicit_bzero(r->body.p, r->body.cap);
	buf_release(&r->url);
	buf_release(&r->body);
	list_release(&r->headers);
	list_release(&r->secret_headers);
}
