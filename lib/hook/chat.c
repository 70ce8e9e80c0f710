#include "hook/chat.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "hook/chat_int.h"

/* ---- settings ---- */

/* "https://www.example.com", with a port maybe: as browsers send it. */
static bool
is_origin(const struct json_node *n)
{
	struct slice s = n->text;
	size_t from = slice_starts(s, SLICE("https://"))  ? 8
	              : slice_starts(s, SLICE("http://")) ? 7
	                                                  : 0;

	if (n->type != JSON_STRING || !from || s.n == from)
		return false;
	for (size_t i = from; i < s.n; i++)
		if (s.p[i] <= ' ' || strchr("/?#\"'<>,;*", s.p[i]))
			return false;
	return true;
}

static int
bad(struct sme_err *err, const char *key, const char *expected)
{
	return err_set(err, SME_CONFIG, ".settings.chat.%s: expected %s", key, expected);
}

static int
read_number(const struct json_node *n, unsigned max, unsigned *out, struct sme_err *err)
{
	char expected[60];

	snprintf(expected, sizeof expected, "a whole number from 1 to %u", max);
	if (n->type != JSON_NUMBER || !(n->number >= 1 && n->number <= max) ||
	    n->number != (unsigned)n->number)
		return bad(err, n->key.p, expected);
	*out = (unsigned)n->number;
	return 0;
}

static int
read_member(const struct json_node *n, struct chat_settings *s, struct sme_err *err)
{
	if (slice_is(n->key, "origins")) {
		if (n->type != JSON_ARRAY)
			return bad(err, "origins",
			    "a list of origins such as \"https://www.example.com\"");
		for (NODE_EACH(it, n))
			if (!is_origin(it))
				return bad(
				    err, "origins", "origins such as \"https://www.example.com\"");
		s->origins = n;
	} else if (slice_is(n->key, "guests")) {
		if (n->type != JSON_TRUE && n->type != JSON_FALSE)
			return bad(err, "guests", "true or false");
		s->guests = n->type == JSON_TRUE;
	} else if (slice_is(n->key, "per_minute")) {
		return read_number(n, 100000, &s->per_minute, err);
	} else if (slice_is(n->key, "guests_per_minute")) {
		return read_number(n, 100000, &s->guests_per_minute, err);
	} else if (slice_is(n->key, "text_max")) {
		return read_number(n, 100000, &s->text_max, err);
	} else if (slice_is(n->key, "keep")) {
		if (n->type != JSON_STRING || !duration_parse(n->text, &s->keep) || s->keep <= 0)
			return bad(err, "keep", "a duration such as \"90d\"");
	} else if (slice_is(n->key, "title")) {
		if (n->type != JSON_STRING)
			return bad(err, "title", "a text");
		s->title = n->text;
	} else {
		return err_set(err, SME_CONFIG,
		    ".settings.chat: unknown key \"%.*s\"; there are guests, guests_per_minute, "
		    "keep, "
		    "origins, per_minute, text_max and title",
		    SLICE_ARG(n->key));
	}
	return 0;
}

int
chat_read_settings(const struct json_node *node, struct chat_settings *s, struct sme_err *err)
{
	*s = (struct chat_settings){
	    .per_minute = 30, .guests_per_minute = 60, .text_max = 4000, .title = SLICE("Chat")};
	if (!node || node->type != JSON_OBJECT)
		return err_set(err, SME_CONFIG, ".settings.chat: expected an object, such as {}");
	for (NODE_EACH(it, node))
		if (read_member(it, s, err) < 0)
			return -1;
	return 0;
}

int
chat_check(const struct json_node *settings, struct sme_err *err)
{
	struct chat_settings s;

	return chat_read_settings(settings, &s, err);
}

struct chat *
chat_open(const struct json_node *settings, const char *dir, struct spool_pos pos,
    void (*say)(const char *text), struct sme_err *err)
{
	struct chat *c = xcalloc(1, sizeof *c);

	if (chat_read_settings(settings, &c->set, err) == 0)
		c->threads = threads_open(dir, pos, say, err);
	if (!c->threads) {
		free(c);
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL);
	threads_watch(c->threads, chat_news, c);
	return c;
}

void
chat_close(struct chat *c)
{
	if (!c)
		return;
	threads_close(c->threads);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct threads *
chat_threads(struct chat *c)
{
	return c->threads;
}

int64_t
chat_keep(const struct chat *c)
{
	return c->set.keep;
}

/* ---- who may ---- */

void
chat_allow_origin(struct call *r)
{
	struct slice origin = call_header(r, "Origin");

	if (!r->response)
		return;
	MHD_add_response_header(r->response, "Vary", "Origin");
	for (NODE_EACH(it, r->source->chat->set.origins))
		if (slice_eq_nocase(it->text, origin))
			MHD_add_response_header(
			    r->response, "Access-Control-Allow-Origin", it->text.p);
}

void
chat_preflight(struct call *r)
{
	call_answer(r, MHD_HTTP_NO_CONTENT, NULL, (struct slice){NULL, 0});
	MHD_add_response_header(r->response, "Access-Control-Allow-Methods", "GET, POST");
	MHD_add_response_header(r->response, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, Last-Event-ID");
	MHD_add_response_header(r->response, "Access-Control-Max-Age", "600");
	chat_allow_origin(r);
}

/* What stands behind "Bearer ", or p == NULL. */
static struct slice
bearer(const struct call *r)
{
	struct slice value = call_header(r, "Authorization");

	if (value.n < 7 || !slice_eq_nocase((struct slice){value.p, 7}, SLICE("Bearer ")))
		return (struct slice){NULL, 0};
	return slice_trim((struct slice){value.p + 7, value.n - 7});
}

static void
unauthorized(struct call *r, const char *why)
{
	atomic_fetch_add(&r->server->stats.refused, 1);
	call_error(r, MHD_HTTP_UNAUTHORIZED, why);
	MHD_add_response_header(r->response, "WWW-Authenticate", "Bearer");
	chat_allow_origin(r);
}

bool
chat_identity(struct call *r, struct arena *a, struct identity *id)
{
	struct sources *all = r->server->o->sources;
	enum identity_verdict verdict = identity_check(bearer(r),
	    sources_secret(all, r->source, "identity_secret"), server_now(r->server), a, id);

	sources_unlock(all);
	if (verdict == IDENTITY_FINE)
		return true;
	unauthorized(r, verdict == IDENTITY_EXPIRED ? "expired" : "unauthorized");
	return false;
}

/* The publisher, which writes the answers. */
static bool
is_publisher(struct call *r)
{
	struct sources *all = r->server->o->sources;
	bool fine = verify_equal(bearer(r), sources_secret(all, r->source, "reply_secret"));

	sources_unlock(all);
	if (!fine)
		unauthorized(r, "unauthorized");
	return fine;
}

/* ---- routes ---- */

struct chat_path {
	const char *path;
	call_fn *get, *post;
	bool publisher; /* with the publisher's secret */
	bool scripts;   /* for scripts of other pages */
};

static const struct chat_path paths[] = {
    {"/", chat_get_page, NULL, false, false},
    {"/chat.css", chat_get_style, NULL, false, false},
    {"/chat.js", chat_get_script, NULL, false, false},
    {"/guest", NULL, chat_post_guest, false, true},
    {"/info", chat_get_info, NULL, false, true},
    {"/messages", chat_get_messages, chat_post_message, false, true},
    {"/replies", NULL, chat_post_reply, true, false},
    {"/replies/", chat_get_reply, NULL, true, false},
};

static const struct chat_path *
find_path(struct slice rest)
{
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct slice p = slice_of(paths[i].path);

		if (slice_eq(rest, p))
			return &paths[i];
		/* With a key behind it. */
		if (p.n > 1 && p.p[p.n - 1] == '/' && rest.n > p.n && slice_starts(rest, p))
			return &paths[i];
	}
	return NULL;
}

static void
not_allowed(struct call *r, const struct chat_path *p)
{
	call_answer(r, MHD_HTTP_METHOD_NOT_ALLOWED, NULL, (struct slice){NULL, 0});
	MHD_add_response_header(r->response, "Allow",
	    p->get && p->post ? "GET, POST"
	    : p->get          ? "GET"
			      : "POST");
}

static void
to_directory(struct call *r)
{
	struct buf b = BUF_INIT;

	/* Relative, as the proxy in front may have put us below another path. */
	buf_puts(&b, strrchr(r->url, '/') + 1);
	buf_addc(&b, '/');
	call_answer(r, MHD_HTTP_MOVED_PERMANENTLY, NULL, (struct slice){NULL, 0});
	MHD_add_response_header(r->response, "Location", buf_str(&b));
	buf_release(&b);
}

void
chat_route(struct call *r)
{
	const struct chat_path *p = find_path(r->rest);

	if (!r->rest.n && strcmp(r->method, "GET") == 0) {
		to_directory(r);
	} else if (!p) {
		call_answer(r, MHD_HTTP_NOT_FOUND, NULL, (struct slice){NULL, 0});
	} else if (p->scripts && strcmp(r->method, "OPTIONS") == 0) {
		chat_preflight(r);
	} else {
		r->handle = strcmp(r->method, "GET") == 0    ? p->get
		            : strcmp(r->method, "POST") == 0 ? p->post
		                                             : NULL;
		if (!r->handle)
			not_allowed(r, p);
		else if (p->publisher && !is_publisher(r))
			r->handle = NULL;
	}
}
