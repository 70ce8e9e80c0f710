/* What needles say of random texts, against the matcher itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <oniguruma.h>

#include "core/buf.h"
#include "core/hash.h"
#include "expr/needle.h"

static uint64_t seed;

static uint64_t
draw(uint64_t n)
{
	return hash_mix(++seed) % n;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof *(list))]

static const char *const pieces[] = {"ss", "st", "k", "s", "ff", "i", "a", "b", "ab", "netz", "kein", " ", "ü", "ß", "|",
    "|", ".", ".*", "a*", "b+", "s?", "t{0,2}", "t{2}", "[st]", "[^a]", "[a-k]+", "(a|b)", "(st)?", "(ss)*", "\\b", "\\w", "\\.",
    "\\s?", "^", "$", "\xe2\x84\xaa", "\xc5\xbf", "\xef\xac\x80", "}", "(?i)", "(?:st)", "(a(b))", "\\x61", "[[:alpha:]]", "{", "-"};
static const char *const words[] = {"ss", "SS", "st", "ST", "k", "K", "s", "S", "ff", "i", "a", "A", "b", "ab", "AB", "netz",
    "NETZ", "Kein", " ", "ü", "Ü", "ß", "ẞ", "\xe2\x84\xaa", "\xc5\xbf", "\xef\xac\x80", "\xef\xac\x86", "\xc4\xb0", "\xc5\x89",
    "\xc7\xb0", "\xe1\xba\x9a", "t", "tt", ".", "}", "-", "😀", "x"};

static void
build(struct buf *b, const char *const *list, size_t n, size_t parts)
{
	buf_clear(b);
	for (size_t i = 0; i < parts; i++)
		buf_puts(b, list[draw(n)]);
}

static bool
matches(regex_t *re, struct slice s)
{
	const OnigUChar *p = (const OnigUChar *)s.p;

	return onig_search(re, p, p + s.n, p, p + s.n, NULL, ONIG_OPTION_NONE) >= 0;
}

static regex_t *
compile(struct slice re, bool nocase)
{
	const OnigUChar *p = (const OnigUChar *)re.p;
	regex_t *out;
	OnigErrorInfo info;

	return onig_new(&out, p, p + re.n, ONIG_OPTION_CAPTURE_GROUP | (nocase ? ONIG_OPTION_IGNORECASE : 0U),
	           ONIG_ENCODING_UTF8, ONIG_SYNTAX_PERL_NG, &info) == ONIG_NORMAL ? out : NULL;
}

static void
test_random(void **state)
{
	struct buf re = BUF_INIT, text = BUF_INIT;
	size_t said = 0, asked = 0;

	(void)state;
	onig_initialize((OnigEncoding[]){ONIG_ENCODING_UTF8}, 1);
	for (int round = 0; round < 6000; round++) {
		struct arena a = ARENA_INIT;
		bool nocase = draw(2);
		const struct needles *n;
		regex_t *matcher;

		build(&re, pieces, sizeof pieces / sizeof *pieces, 1 + draw(6));
		matcher = compile(buf_slice(&re), nocase);
		n = matcher ? needles_of(&a, buf_slice(&re), nocase ? SLICE("i") : SLICE("")) : NULL;
		for (int i = 0; n && i < 40; i++) {
			enum needles_say say;
			bool is;

			build(&text, words, sizeof words / sizeof *words, draw(20));
			is = matches(matcher, buf_slice(&text));
			say = needles_look(n, buf_slice(&text));
			if (say != NEEDLES_ASK && is != (say == NEEDLES_YES))
				fail_msg("/%s/%s and \"%s\"", re.p, nocase ? "i" : "", buf_str(&text));
			said += say != NEEDLES_ASK;
			asked += say == NEEDLES_ASK;
		}
		onig_free(matcher);
		arena_release(&a);
	}
	assert_true(said > 10000 && asked > 1000);
	buf_release(&re);
	buf_release(&text);
}

static void
test_said(void **state)
{
	struct arena a = ARENA_INIT;
	const struct needles *n = needles_of(&a, SLICE("kein netz|Stromausfall|keine? Verbindung"), SLICE("i"));

	(void)state;
	assert_int_equal(needles_look(n, SLICE("Seit gestern KEIN Netz in Kiel")), NEEDLES_YES);
	assert_int_equal(needles_look(n, SLICE("Danke f\xc3\xbcr die Hilfe \xf0\x9f\x98\x80")), NEEDLES_NO);
	assert_int_equal(needles_look(n, SLICE("schlechte VERBINDUNG")), NEEDLES_ASK);
	assert_int_equal(needles_look(n, SLICE("gro\xc3\x9f")), NEEDLES_ASK);
	assert_null(needles_of(&a, SLICE("netz|"), SLICE("i")));
	assert_null(needles_of(&a, SLICE("kein netz"), SLICE("x")));
	assert_null(needles_of(&a, SLICE("(?!kein) netz"), SLICE("")));
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_said),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
