/* What the linter says of queries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "text/query.h"

static int
read_file(void *ctx, const char *file, struct buf *out, struct sme_err *err)
{
	(void)ctx;
	(void)file;
	(void)err;
	buf_puts(out, "kiel\nbad homburg\nlüb*\n");
	return 0;
}

/* The lines for the query, each cut off at its end. */
static void
check_query(const char *query, const char *want)
{
	struct query_set *set = query_set_new();
	struct buf out = BUF_INIT;
	struct sme_err err;

	query_set_reader(set, read_file, NULL);
	if (query_set_add(set, SLICE("q"), slice_of(query), QUERY_GLOBAL, &err) < 0)
		fail_msg("%s: %s", query, err.text);
	query_set_compile(set);
	query_lint(set, 0, &out);
	if (strcmp(buf_str(&out), want) != 0)
		fail_msg("%s:\n%sexpected\n%s", query, buf_str(&out), want);
	buf_release(&out);
	query_set_free(set);
}

#define NEVER "this never matches: its clauses exclude each other\n"
#define ALWAYS "this matches every mention\n"

static void
test_never(void **state)
{
	static const char *const queries[] = {"a AND NOT a", "lang:de AND lang:en",
	    "lang:de NOT lang:d*", "followers:>10 followers:<=10", "followers:1..5 followers:6..9",
	    "netz NEAR/3 kiel NOT kiel", "(a NEAR/3f b) NOT (a NEAR/5 b)",
	    "(b NEAR/3 a) NOT (a NEAR/3 b)", "\"kein netz\" NOT netz", "raw:Netz NOT netz*",
	    "netz NOT netz~", "#netz NOT netz", "type:post NOT (type:post OR type:reply)",
	    "network:x network:mast*", "site:a.example site:b.example", "NOT (a OR NOT a)",
	    "kiel NOT list:f", "\"bad homburg\" NOT list:f", "lübeck NOT list:f",
	    "list:f NOT (kiel OR \"bad homburg\" OR lüb*) kiel", "stem:verträge NOT stem:vertrag",
	    "part:netz NOT *netz*", "netze NOT part:netz", "(a OR b) NOT a NOT b",
	    "\"a b c\" NOT (a NEAR/1 c)"};

	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
		check_query(queries[i], NEVER);
}

static void
test_always(void **state)
{
	static const char *const queries[] = {"a OR NOT a", "NOT (a AND NOT a)",
	    "netz* OR NOT netz", "NOT lang:de OR NOT lang:en", "a OR b OR NOT (a b)",
	    "followers:>5 OR NOT followers:>7"};

	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
		check_query(queries[i], ALWAYS);
}

static void
test_idle(void **state)
{
	static const char *const examples[][2] = {
	    {"netz OR netz*", "column 1: \"netz\" finds nothing more than \"netz*\"\n"},
	    {"kiel OR bonn OR kiel", "column 17: \"kiel\" finds nothing more than \"kiel\"\n"},
	    {"störung OR (x y) OR (y x)", "column 22: \"y x\" finds nothing more than \"x y\"\n"},
	    {"netz AND (netz OR kiel)",
		"column 11: \"netz OR kiel\" demands nothing more than \"netz\"\n"},
	    {"netz netz*", "column 6: \"netz*\" demands nothing more than \"netz\"\n"},
	    {"x OR (a NOT a)",
		"column 7: \"a NOT a\" never matches: its clauses exclude each other\n"},
	    {"x (a OR NOT a)", "column 4: \"a OR NOT a\" holds for every mention\n"},
	    {"\"kein netz\" OR kein NEAR/2 netz",
		"column 1: \"kein netz\" finds nothing more than \"kein NEAR/2 netz\"\n"},
	    {"x NEAR/2 (netze OR netz*)",
		"column 11: \"netze\" finds nothing more than \"netz*\"\n"},
	    {"kiel OR list:f", "column 1: \"kiel\" finds nothing more than \"list:f\"\n"},
	    {"a OR b OR (a c) OR d", "column 12: \"a c\" finds nothing more than \"a\"\n"},
	    {"followers:>5 OR followers:>7",
		"column 17: \"followers:>7\" finds nothing more than \"followers:>5\"\n"},
	    {"links:a.example/x/y OR links:a.example/x",
		"column 1: \"links:a.example/x/y\" finds nothing more than "
		"\"links:a.example/x\"\n"},
	    {"lang:de NOT lang:en",
		"column 9: \"NOT lang:en\" demands nothing more than \"lang:de\"\n"},
	    {"(a OR b) NOT (c OR d) (e OR NOT (c OR d))",
		"column 24: \"e OR NOT (c OR d)\" demands nothing more than \"NOT (c OR d)\"\n"},
	    {"x (a b OR a NOT b OR NOT a)",
		"column 4: \"a b OR a NOT b OR NOT a\" holds for every mention\n"},
	    {"a* OR (b (a OR ax*))", "column 8: \"b (a OR ax*)\" finds nothing more than \"a*\"\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
		check_query(examples[i][0], examples[i][1]);
}

/* Where nothing is wrong nothing is said. */
static void
test_quiet(void **state)
{
	static const char *const queries[] = {"netz", "netz OR kiel", "netz NOT kiel", "NOT netz",
	    "netz* NOT netzwerk", "a?c OR abc*", "a?b OR a*c", "netz NEAR/3 netz",
	    "(\"a b\" OR a) NEAR/2 c", "author:kim author:max", "country:de country:at",
	    "followers:>5 followers:<10", "followers:1..5 followers:5..9",
	    "site:example.org NOT site:forum.example.org", "lang:de OR lang:en",
	    "\"a b\" OR \"b a\"", "a NEAR/2f b OR a NEAR/1 b", "raw:Netz OR raw:netz",
	    "netz NOT raw:Netz", "*netz* NOT part:netz", "stem:vertrag NOT vertrag",
	    "list:f NOT kiel", "netz~ NOT netz", "(a OR b) AND (b OR c) AND (c OR a)"};

	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
		check_query(queries[i], "");
}

/* Many clauses take their time, too many are left alone. */
static void
test_large(void **state)
{
	struct buf b = BUF_INIT, want = BUF_INIT;

	(void)state;
	for (unsigned i = 0; i < QUERY_LINT_MAX; i++)
		buf_printf(&b, "w%u OR ", i % (QUERY_LINT_MAX - 1));
	b.n -= 4;
	b.p[b.n] = '\0';
	buf_printf(&want, "column %zu: \"w0\" finds nothing more than \"w0\"\n", b.n - 1);
	check_query(buf_str(&b), buf_str(&want));
	buf_puts(&b, " OR w0");
	check_query(buf_str(&b), "");
	buf_release(&b);
	buf_release(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_never),
	    cmocka_unit_test(test_always),
	    cmocka_unit_test(test_idle),
	    cmocka_unit_test(test_quiet),
	    cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
