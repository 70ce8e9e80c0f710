#include "connector/program.h"

#include <stdlib.h>
#include <string.h>

#include "connector/salvage.h"
#include "core/file.h"
#include "core/mem.h"
#include "expr/lex.h"
#include "expr/program.h"

struct connector {
	char *path;
	jq_state *jq;
	struct arena arena;
	struct meta meta;
	jv left_out; /* of the last page or delivery */
	bool has_meta, has[CALL_COUNT];
};

/* The functions of the contract. */
static const struct function {
	const char *name;
	int args;
	const char *written; /* for messages */
} functions[] = {
    [CALL_EVENT] = {"event", 1, "event($account)"},
    [CALL_START] = {"start", 2, "start($account; $cursor)"},
    [CALL_PAGE] = {"page", 2, "page($account; $cursor)"},
    [CALL_WEBHOOK] = {"webhook", 1, "webhook($account)"},
    [CALL_PUBLISH] = {"publish", 2, "publish($account; $reply)"},
    [CALL_PUBLISHED] = {"published", 1, "published($account)"},
    [CALL_FIND] = {"find", 2, "find($account; $reply)"},
    [CALL_FOUND] = {"found", 2, "found($account; $reply)"},
    [CALL_EDIT] = {"edit", 2, "edit($account; $reply)"},
    [CALL_DELETE] = {"delete", 2, "delete($account; $reply)"},
};

/*
 * Stands before the text of the file, on its first line, so that libjq counts the lines of the file.
 * Of what the file does not define there is a function that yields null.  Three functions of libjq 1.6
 * end or hang the process on some data: a number beyond 64 bits modulo -1, implode of what are no code
 * points, and the place of an empty text.  The place in an array leaks what is looked for.
 */
static const char prelude[] =
    "def _m(a; b): a % b; def _mod(a; b): b as $b | a as $a | if ($a | type) == \"number\" and "
    "($b | type) == \"number\" and $b > -2 and $b <= -1 then 0 else _m($a; $b) end; "
    "def _implode: implode; def implode: if type == \"array\" and all(.[]; type == \"number\" and "
    ". >= 0 and . <= 1114111) then _implode else error(\"implode: expected code points\") end; "
    "def _indices($i): indices($i); def indices($i): if $i == \"\" then [] elif type == \"array\" then "
    ". as $a | (if $i | type == \"array\" then $i else [$i] end) as $b | ($b | length) as $n | "
    "if $n == 0 then [] else [range(0; ($a | length) - $n + 1) | select($a[.:. + $n] == $b)] end "
    "else _indices($i) end; "
    "def index($i): indices($i) | .[0]; def rindex($i): indices($i) | .[-1:][0]; "
    "def event($account): null; def start($account; $cursor): null; "
    "def page($account; $cursor): null; def webhook($account): null; "
    "def publish($account; $reply): null; def published($account): null; "
    "def find($account; $reply): null; def found($account; $reply): null; "
    "def edit($account; $reply): null; def delete($account; $reply): null; ";

/* Stands behind it.  Its input is [name, account, argument, input]; the most frequent comes first. */
static const char dispatcher[] =
    "\n. as [$call, $account, $arg, $input] | if $call == \"events\" then "
    "$input[] | try [event($account)] catch (if type == \"string\" then . else tojson end) "
    "elif $call == \"event\" then $input | event($account) "
    "elif $call == \"start\" then $input | start($account; $arg) "
    "elif $call == \"page\" then $input | page($account; $arg) "
    "elif $call == \"webhook\" then $input | webhook($account) "
    "elif $call == \"publish\" then $input | publish($account; $arg) "
    "elif $call == \"published\" then $input | published($account) "
    "elif $call == \"find\" then $input | find($account; $arg) "
    "elif $call == \"found\" then $input | found($account; $arg) "
    "elif $call == \"edit\" then $input | edit($account; $arg) "
    "elif $call == \"delete\" then $input | delete($account; $arg) "
    "else meta end\n";

const char *
connector_call_name(enum connector_call call)
{
	return functions[call].name;
}

bool
connector_call_parse(struct slice name, enum connector_call *call)
{
	for (size_t i = 0; i < CALL_COUNT; i++) {
		if (slice_is(name, functions[i].name)) {
			*call = (enum connector_call)i;
			return true;
		}
	}
	return false;
}

/* ---- the text of the file ---- */

static bool
is_op(const struct token *t, char c)
{
	return t->kind == TOK_OP && t->text.n == 1 && *t->text.p == c;
}

/* How many parameters the definition has whose name is T[0]. */
static int
parameters(const struct token *t)
{
	int n = 1;

	if (!is_op(&t[1], '('))
		return 0;
	for (t += 2; t->kind != TOK_END && t->kind != TOK_BAD && !is_op(t, ')'); t++)
		n += is_op(t, ';');
	return n;
}

static int
note_function(struct connector *c, struct slice text, const struct token *name, struct sme_err *err)
{
	enum connector_call call;
	size_t line, column;
	int n = parameters(name);

	c->has_meta |= slice_is(name->text, "meta") && n == 0;
	if (!connector_call_parse(name->text, &call))
		return 0;
	c->has[call] = true;
	if (n == functions[call].args)
		return 0;
	expr_place(text, name->at, &line, &column);
	return err_set(err, SME_CONFIG, "%s:%zu: \"%s\" has %d parameters; expected %s", c->path,
	    line, functions[call].name, n, functions[call].written);
}

/*
 * Note which functions the file defines.  A definition ends at the ";" that stands as deep in
 * brackets as its "def"; one inside of another is no function of the file.
 */
static int
note_functions(struct connector *c, struct slice text, struct sme_err *err)
{
	struct arena a = ARENA_INIT;
	size_t count, depth = 0, open[64], nopen = 0;
	const struct token *t = expr_lex(&a, text, &count);
	int r = 0;

	for (; r == 0 && t->kind != TOK_END && t->kind != TOK_BAD; t++) {
		if (t->kind == TOK_IDENT && slice_is(t->text, "def") && t[1].kind == TOK_IDENT) {
			if (nopen == 0)
				r = note_function(c, text, &t[1], err);
			if (nopen < sizeof open / sizeof *open)
				open[nopen++] = depth;
		} else if (t->kind == TOK_OP && strchr("([{", *t->text.p)) {
			depth++;
		} else if (t->kind == TOK_OP && strchr(")]}", *t->text.p)) {
			depth -= depth > 0;
		} else if (is_op(t, ';') && nopen && open[nopen - 1] == depth) {
			nopen--;
		}
	}
	arena_release(&a);
	return r;
}

static int
compile(struct connector *c, struct slice text, struct sme_err *err)
{
	struct buf program = BUF_INIT;
	struct refused which;
	size_t line, column;

	if (text.n && memchr(text.p, '\0', text.n))
		return err_set(err, SME_CONFIG, "%s: there is a NUL byte in it", c->path);
	if (expr_find_refused(text, &which)) {
		expr_place(text, which.at, &line, &column);
		return err_set(err, SME_CONFIG,
		    "%s:%zu: \"%s\" cannot be used here: a connector must not depend on %s; what it "
		    "needs is in $account", c->path, line, which.name, which.why);
	}
	if (note_functions(c, text, err) < 0)
		return -1;
	if (!c->has_meta)
		return err_set(err, SME_CONFIG, "%s: it does not define meta", c->path);
	buf_puts(&program, prelude);
	buf_adds(&program, text);
	buf_puts(&program, dispatcher);
	c->jq = jq_program(c->path, NULL, program.p, err);
	buf_release(&program);
	return c->jq ? 0 : -1;
}

/* ---- calls ---- */

/* All outputs of what the dispatcher does for CALL. */
static int
collect(struct connector *c, const char *call, jv account, jv arg, jv input, jv *out,
    struct sme_err *err)
{
	jv all = jv_array(), v;
	int n = 0;

	jq_start(c->jq, JV_ARRAY(jv_string(call), account, arg, input), 0);
	for (; jv_is_valid(v = jq_next(c->jq)) && n < CONNECTOR_OUTPUTS_MAX; n++)
		all = jv_array_append(all, v);
	if (jv_is_valid(v)) {
		jv_free(v);
		err_set(err, SME_DATA, "more than %d outputs", CONNECTOR_OUTPUTS_MAX);
	} else if (jq_program_end(c->jq, v, err) == 0) {
		*out = all;
		return 0;
	}
	jv_free(all);
	*out = jv_invalid();
	return err_prefix(err, "%s: %s", c->path, call);
}

/* For salvage: one call, as it was made. */
struct attempt {
	struct connector *c;
	const char *name;
	jv account, arg;
};

static bool
attempt(void *ctx, jv input, struct sme_err *err)
{
	struct attempt *a = ctx;
	jv out;

	if (collect(a->c, a->name, jv_copy(a->account), jv_copy(a->arg), input, &out, err) < 0)
		return false;
	jv_free(out);
	return true;
}

static int
run_salvaged(struct attempt *a, jv input, jv *out, struct sme_err *err)
{
	jv mended;

	if (collect(a->c, a->name, jv_copy(a->account), jv_copy(a->arg), jv_copy(input), out, err) == 0) {
		jv_free(input);
		return 0;
	}
	mended = salvage(input, attempt, a, &a->c->left_out);
	if (jv_is_valid(mended))
		return collect(a->c, a->name, jv_copy(a->account), jv_copy(a->arg), mended, out, err);
	jv_free(mended);
	return -1;
}

int
connector_run(struct connector *c, enum connector_call call, jv account, jv arg, jv input, jv *out,
    struct sme_err *err)
{
	struct attempt a = {c, functions[call].name, account, arg};
	int r;

	if (call != CALL_PAGE && call != CALL_WEBHOOK)
		return collect(c, a.name, account, arg, input, out, err);
	jv_free(connector_left_out(c));
	r = run_salvaged(&a, input, out, err);
	jv_free(account);
	jv_free(arg);
	return r;
}

jv
connector_left_out(struct connector *c)
{
	jv left_out = c->left_out;

	c->left_out = jv_array();
	return left_out;
}

int
connector_events(struct connector *c, jv account, jv inputs, jv *out, struct sme_err *err)
{
	return collect(c, "events", account, jv_null(), inputs, out, err);
}

/* ---- opening ---- */

static char *
path_of(const char *name, const char *dir, struct sme_err *err)
{
	struct slice s = slice_of(name);
	struct buf b = BUF_INIT;
	char *path;

	if (slice_ends(s, SLICE(".jq"))) {
		if (dir && *name != '/')
			buf_printf(&b, "%s/", dir);
		buf_puts(&b, name);
		return buf_detach(&b);
	}
	if (!s.n || strchr(name, '/') || *name == '.') {
		err_set(err, SME_CONFIG,
		    "connector \"%s\": expected a name, or a file that ends in .jq", name);
		return NULL;
	}
	buf_printf(&b, "connectors/%s.jq", name);
	path = sme_share(buf_str(&b));
	buf_release(&b);
	return path;
}

static int
load_meta(struct connector *c, struct sme_err *err)
{
	const struct json_node *root;
	jv out, text;

	if (collect(c, "meta", jv_null(), jv_null(), jv_null(), &out, err) < 0) {
		err->status = SME_CONFIG;
		return -1;
	}
	if (jv_array_length(jv_copy(out)) != 1) {
		jv_free(out);
		return err_set(err, SME_CONFIG, "%s: meta: expected one object", c->path);
	}
	text = jv_dump_string(jv_array_get(out, 0), 0);
	root = json_tree(&c->arena,
	    (struct slice){jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text))}, err);
	jv_free(text);
	if (!root)
		return err_prefix(err, "%s: meta", c->path);
	return meta_load(&c->meta, root, c->path, &c->arena, err);
}

struct connector *
connector_open(const char *name, const char *dir, struct sme_err *err)
{
	struct connector *c = xcalloc(1, sizeof *c);
	struct buf text = BUF_INIT_MAX(CONNECTOR_FILE_MAX);
	bool opened = false;

	c->left_out = jv_array();
	c->path = path_of(name, dir, err);
	if (c->path && file_read(c->path, &text, err) == 0) {
		opened = compile(c, (struct slice){buf_str(&text), text.n}, err) == 0 &&
		         load_meta(c, err) == 0;
	}
	buf_release(&text);
	if (opened)
		return c;
	connector_close(c);
	return NULL;
}

void
connector_close(struct connector *c)
{
	if (!c)
		return;
	if (c->jq)
		jq_teardown(&c->jq);
	meta_release(&c->meta);
	jv_free(c->left_out);
	arena_release(&c->arena);
	free(c->path);
	free(c);
}

const struct json_node *
connector_meta(const struct connector *c)
{
	return c->meta.root;
}

const struct meta *
connector_facts(const struct connector *c)
{
	return &c->meta;
}

const char *
connector_path(const struct connector *c)
{
	return c->path;
}

bool
connector_has(const struct connector *c, enum connector_call call)
{
	return c->has[call];
}
