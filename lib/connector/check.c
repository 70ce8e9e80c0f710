#include "connector/check.h"

#include <stdlib.h>

#include "connector/check_int.h"
#include "connector/match.h"
#include "connector/value.h"
#include "core/file.h"
#include "core/rfc3339.h"

/* A longer line of cases is refused. */
#define CASES_MAX ((size_t)64 << 20)

void
check_problem(struct check *k, const char *fmt, ...)
{
	va_list ap;

	k->result->problems++;
	buf_puts(k->report, k->place);
	if (k->line)
		buf_printf(k->report, ":%zu", k->line);
	buf_puts(k->report, ": ");
	if (k->name.n)
		buf_printf(k->report, "%.*s: ", SLICE_ARG(k->name));
	va_start(ap, fmt);
	buf_vprintf(k->report, fmt, ap);
	va_end(ap);
	buf_addc(k->report, '\n');
}

/* ---- a page or a delivery ---- */

static void
keep_line(void *ctx, struct slice s)
{
	buf_adds(ctx, s);
}

static void
sort_lines(struct check_page *page, struct slice lines)
{
	struct slice line;
	struct sme_err err;

	while (slice_cut(&lines, '\n', &line) && line.n) {
		jv event = connector_parse(line, &err), type = value_get(event, "type");

		if (slice_is(value_text(type), "alert"))
			page->alerts = jv_array_append(page->alerts, event);
		else
			page->events = jv_array_append(page->events, event);
		jv_free(type);
	}
}

static int
map_records(struct check *k, const struct check_case *t, jv input, struct check_page *page,
    struct sme_err *err)
{
	struct buf lines = BUF_INIT;
	struct writer w;
	struct record_sink sink = {.out = &w, .html = k->html, .now = t->now};
	int r;

	writer_init_sink(&w, keep_line, &lines);
	r = record_output(k->c, &t->a, jv_copy(t->account), jv_copy(page->output), input, &sink, err);
	record_alerts(&sink, &t->a);
	writer_release(&w);
	sort_lines(page, buf_slice(&lines));
	page->rejected = sink.rejected;
	memcpy(page->odd, sink.odd, sizeof page->odd);
	buf_adds(&page->reasons, buf_slice(&sink.reasons));
	record_sink_release(&sink);
	buf_release(&lines);
	return r;
}

int
check_page(struct check *k, const struct check_case *t, jv input, struct check_page *page,
    struct sme_err *err)
{
	jv out, cursor = value_get(t->all, "cursor");

	*page = (struct check_page){
	    jv_invalid(), jv_array(), jv_array(), 0, BUF_INIT, ""};
	if (jv_get_kind(cursor) == JV_KIND_NULL)
		cursor = jv_object();
	if (connector_run(k->c, t->call, jv_copy(t->account), cursor, jv_copy(input), &out, err) < 0) {
		jv_free(input);
		return -1;
	}
	if (jv_array_length(jv_copy(out)) != 1) {
		jv_free(out);
		jv_free(input);
		return err_set(err, SME_DATA, "%s: %s: expected one output", connector_path(k->c),
		    connector_call_name(t->call));
	}
	page->output = jv_array_get(out, 0);
	return map_records(k, t, input, page, err);
}

void
check_page_release(struct check_page *page)
{
	jv_free(page->output);
	jv_free(page->events);
	jv_free(page->alerts);
	buf_release(&page->reasons);
}

/* ---- what a case wants ---- */

/* GOT is not what the case wants: that, and what was rejected, which mostly is why. */
static void
expect(struct check *k, jv want, jv got, const struct buf *reasons)
{
	struct buf path = BUF_INIT, why = BUF_INIT, rejected = BUF_INIT;
	struct slice rest = reasons ? buf_slice(reasons) : (struct slice){NULL, 0}, line;

	while (slice_cut(&rest, '\n', &line))
		if (line.n)
			buf_printf(&rejected, "; rejected: %.*s", SLICE_ARG(line));
	if (!match(want, got, &path, &why))
		check_problem(k, "want%s: %s%s", buf_str(&path), buf_str(&why), buf_str(&rejected));
	buf_release(&path);
	buf_release(&why);
	buf_release(&rejected);
}

/* What `want` of a page may name.  It may count the following requests in place of listing them. */
static jv
page_result(const struct check_page *page, jv want)
{
	jv next = value_get(page->output, "next"), wanted = value_get(want, "next");
	jv out = jv_object();

	if (jv_get_kind(wanted) == JV_KIND_NUMBER) {
		int n = jv_get_kind(next) == JV_KIND_ARRAY ? jv_array_length(jv_copy(next)) : 0;

		jv_free(next);
		next = jv_number(n);
	}
	jv_free(wanted);
	out = jv_object_set(out, jv_string("next"), next);
	out = jv_object_set(out, jv_string("cursor"), value_get(page->output, "cursor"));
	out = jv_object_set(out, jv_string("coverage"), value_get(page->output, "coverage"));
	out = jv_object_set(out, jv_string("events"), jv_copy(page->events));
	out = jv_object_set(out, jv_string("alerts"), jv_copy(page->alerts));
	return jv_object_set(out, jv_string("rejected"), jv_number((double)page->rejected));
}

static void
lint_page(struct check *k, const struct check_page *page)
{
	static const char *const members[] = {"records", "next", "cursor", "coverage", NULL};
	jv next = value_get(page->output, "next");

	if (jv_get_kind(page->output) == JV_KIND_OBJECT)
		lint_members(k, "output", page->output, members);
	lint_requests(k, "next", next);
	jv_free(next);
	if (page->odd[0])
		check_problem(k, "event: member \"%s\" is unknown or of a wrong type", page->odd);
}

/* Did the call fail, and was it to? */
static bool
expect_error(struct check *k, jv want, int r, const struct sme_err *err)
{
	jv error = value_get(want, "error");
	struct slice text = value_text(error);
	bool wanted = text.p != NULL;

	if (r < 0 && !wanted)
		check_problem(k, "%s", err->text);
	else if (r < 0 && slice_find(slice_of(err->text), text) < 0)
		check_problem(k, "want.error: expected \"%.*s\", got \"%s\"", SLICE_ARG(text), err->text);
	jv_free(error);
	return r < 0;
}

static void
run_page(struct check *k, const struct check_case *t, jv want)
{
	struct check_page page;
	struct sme_err err;
	jv got;

	if (!expect_error(k, want, check_page(k, t, jv_copy(t->input), &page, &err), &err)) {
		got = page_result(&page, want);
		expect(k, want, got, &page.reasons);
		jv_free(got);
		lint_page(k, &page);
		if (!k->options->as_recorded) {
			check_broken(k, t, &page);
			check_fields(k, t, &page);
		}
	}
	check_page_release(&page);
}

/* What a session takes from the answer to its request, for the vault and for $account.public. */
static jv
session_result(struct check *k, const struct check_case *t)
{
	const struct json_node *auth = node_get(connector_meta(k->c), "auth");
	jv body = value_get(t->input, "body"), out = jv_object();
	static const char *const parts[] = {"take", "public"};

	for (size_t i = 0; i < 2; i++) {
		jv part = jv_object();

		for (NODE_EACH(it, node_get(auth, parts[i])))
			part = jv_object_set(part, value_string(it->key), value_path(body, it->text));
		out = jv_object_set(out, jv_string(parts[i]), part);
	}
	jv_free(body);
	return out;
}

/* The second argument of the function: $cursor or $reply. */
static jv
argument(const struct check_case *t)
{
	jv arg = value_get(t->all, t->call == CALL_START ? "cursor" : "reply");

	return jv_get_kind(arg) == JV_KIND_NULL ? jv_object() : arg;
}

static void
lint_output(struct check *k, const struct check_case *t, jv got)
{
	switch (t->call) {
	case CALL_START:
		lint_requests(k, "start", got);
		break;
	case CALL_PUBLISH:
	case CALL_FIND:
	case CALL_EDIT:
	case CALL_DELETE:
		lint_request(k, connector_call_name(t->call), got);
		break;
	default:
		break;
	}
}

static void
run_function(struct check *k, const struct check_case *t, jv want)
{
	struct sme_err err;
	jv got;
	int r = connector_run(
	    k->c, t->call, jv_copy(t->account), argument(t), jv_copy(t->input), &got, &err);

	if (expect_error(k, want, r, &err))
		return;
	/* `event` may yield several; a want that is no list means the only output. */
	if (t->call != CALL_EVENT || jv_get_kind(want) != JV_KIND_ARRAY) {
		if (jv_array_length(jv_copy(got)) != 1)
			check_problem(k, "%s: expected one output, got %d",
			    connector_call_name(t->call), jv_array_length(jv_copy(got)));
		got = jv_array_get(got, 0);
	}
	lint_output(k, t, got);
	expect(k, want, got, NULL);
	jv_free(got);
}

/* ---- a case ---- */

static struct slice
text_member(struct arena *a, jv v, const char *key, struct slice fallback)
{
	jv text = value_get(v, key);
	struct slice s = value_text(text);

	s = s.p ? arena_dup(a, s) : fallback;
	jv_free(text);
	return s;
}

/* The account of the case; what it leaves out is as for a source that says no more than its name. */
static void
make_account(struct check *k, struct check_case *t)
{
	jv given = value_get(t->all, "account");
	struct account *a = &t->a;
	struct slice none = {NULL, 0};

	if (jv_get_kind(given) != JV_KIND_OBJECT) {
		jv_free(given);
		given = jv_object();
	}
	*a = (struct account){
	    .name = text_member(&t->arena, given, "name", connector_facts(k->c)->name),
	    .tenant = text_member(&t->arena, given, "tenant", SLICE("default")),
	    .network = text_member(&t->arena, given, "network", none),
	    .channel = text_member(&t->arena, given, "channel", none),
	    .instance = text_member(&t->arena, given, "instance", none),
	    .base = text_member(&t->arena, given, "base", none),
	    .handle = text_member(&t->arena, given, "handle", none),
	};
	account_complete(a, connector_meta(k->c));
	t->account = jv_object_merge(account_jv(a, t->now), given);
}

/* VALUE under KEY, unless the object has one. */
static jv
set_default(jv object, const char *key, jv value)
{
	if (jv_object_has(jv_copy(object), jv_string(key))) {
		jv_free(value);
		return object;
	}
	return jv_object_set(object, jv_string(key), value);
}

/* Which member of the case is the input of the function; NULL for one that has none. */
static const char *
input_key(enum connector_call call)
{
	switch (call) {
	case CALL_EVENT:
		return "record";
	case CALL_WEBHOOK:
		return "delivery";
	case CALL_PAGE:
	case CALL_PUBLISHED:
	case CALL_FOUND:
	case CALL_COUNT: /* a session */
		return "response";
	default:
		return NULL;
	}
}

/* A response or a delivery with all its members, or the record of `event`. */
static void
make_input(struct check *k, struct check_case *t)
{
	const char *key = input_key(t->call);
	char now[RFC3339_SIZE];
	jv input;

	if (!key)
		return;
	t->input = input = value_get(t->all, key);
	if (jv_get_kind(input) == JV_KIND_NULL)
		check_problem(k, "\"%s\" is missing", key);
	if (jv_get_kind(input) != JV_KIND_OBJECT || t->call == CALL_EVENT)
		return;
	input = set_default(input, "headers", jv_object());
	input = set_default(input, "now", jv_string(rfc3339_format(t->now, now)));
	if (t->call == CALL_WEBHOOK) {
		t->input = set_default(input, "query", jv_object());
		return;
	}
	input = set_default(input, "status", jv_number(200));
	t->input = set_default(input, "request", jv_object());
}

static void
run_case(struct check *k, struct check_case *t)
{
	static const char *const members[] = {"name", "call", "account", "cursor", "reply", "response",
	    "delivery", "record", "want", "now", NULL};
	jv call = value_get(t->all, "call"), want = value_get(t->all, "want"), got;
	struct slice now = text_member(&t->arena, t->all, "now", (struct slice){NULL, 0});
	bool session = slice_is(value_text(call), "session");

	k->name = text_member(&t->arena, t->all, "name", (struct slice){NULL, 0});
	lint_members(k, "case", t->all, members);
	t->now = k->options->now;
	if (now.p && !rfc3339_parse(now, &t->now))
		check_problem(k, "now: expected a time such as \"2026-11-26T12:00:00Z\"");
	if (jv_get_kind(want) == JV_KIND_NULL && !jv_object_has(jv_copy(t->all), jv_string("want"))) {
		check_problem(k, "\"want\" is missing");
	} else if (!session && !connector_call_parse(value_text(call), &t->call)) {
		check_problem(k, "call: expected a function such as \"page\", or \"session\"");
	} else {
		make_account(k, t);
		make_input(k, t);
		if (session) {
			got = session_result(k, t);
			expect(k, want, got, NULL);
			jv_free(got);
		} else if (t->call == CALL_PAGE || t->call == CALL_WEBHOOK) {
			run_page(k, t, want);
		} else {
			run_function(k, t, want);
		}
	}
	jv_free(call);
	jv_free(want);
}

static void
run_line(struct check *k, struct slice line)
{
	struct check_case t = {.account = jv_null(), .input = jv_null(), .call = CALL_COUNT};
	struct sme_err err;

	k->name = (struct slice){NULL, 0};
	k->result->cases++;
	t.all = connector_parse(line, &err);
	if (!jv_is_valid(t.all))
		check_problem(k, "%s", err.text);
	else if (jv_get_kind(t.all) != JV_KIND_OBJECT)
		check_problem(k, "expected an object");
	else
		run_case(k, &t);
	jv_free(t.all);
	jv_free(t.account);
	jv_free(t.input);
	arena_release(&t.arena);
}

/* ---- the whole ---- */

/* "x.jq" → "x.cases.ndjson" */
static char *
cases_path(const struct connector *c)
{
	struct slice path = slice_of(connector_path(c));
	struct buf b = BUF_INIT;

	buf_add(&b, path.p, path.n - strlen(".jq"));
	buf_puts(&b, ".cases.ndjson");
	return buf_detach(&b);
}

static int
run_cases(struct check *k, struct sme_err *err)
{
	char *path = cases_path(k->c);
	struct buf text = BUF_INIT_MAX(CASES_MAX);
	int r = file_read(path, &text, err);
	struct slice rest = buf_slice(&text), line;

	k->place = path;
	k->result->recorded = r == 0;
	for (k->line = 1; r == 0 && slice_cut(&rest, '\n', &line); k->line++)
		if (slice_trim(line).n)
			run_line(k, line);
	if (r < 0 && err->status == SME_NOINPUT)
		r = 0;
	buf_release(&text);
	free(path);
	return r;
}

int
connector_check(const char *name, const struct check_options *options, struct buf *report,
    struct check_result *result, struct sme_err *err)
{
	struct check k = {.options = options, .report = report, .result = result, .place = name};
	int r;

	*result = (struct check_result){0};
	k.c = connector_open(name, NULL, err);
	if (!k.c && err->status == SME_CONFIG) {
		result->problems++;
		buf_printf(report, "%s\n", err->text);
		return 0;
	}
	if (!k.c)
		return -1;
	k.place = connector_path(k.c);
	k.html = html_open();
	lint_meta(&k);
	r = run_cases(&k, err);
	html_close(k.html);
	connector_close(k.c);
	return r;
}
