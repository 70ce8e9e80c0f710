#include "text/emoticon.h"

#include <string.h>

/* Whole ones, longest first where one is the start of another. */
static const struct {
	const char *text, *canon;
} fixed[] = {
    {"</3", "</3"},
    {"<3", "<3"},
    {"^_^", "^^"},
    {"^.^", "^^"},
    {"^-^", "^^"},
    {"^^", "^^"},
    {"-_-", "-_-"},
    {"-.-", "-_-"},
    {">_<", ">_<"},
    {">.<", ">_<"},
};

/* What may follow the eyes, and how it is written. */
static const struct {
	char mouth, canon;
} mouths[] = {
    {')', ')'},
    {']', ')'},
    {'}', ')'},
    {'>', ')'},
    {'(', '('},
    {'[', '('},
    {'{', '('},
    {'<', '('},
    {'D', 'D'},
    {'P', 'P'},
    {'p', 'P'},
    {'O', 'o'},
    {'o', 'o'},
    {'/', '/'},
    {'\\', '/'},
    {'*', '*'},
    {'|', '|'},
    {'$', '|'},
    {'S', '/'},
    {'s', '/'},
};

static char
mouth_of(char c)
{
	for (size_t i = 0; i < sizeof mouths / sizeof *mouths; i++)
		if (mouths[i].mouth == c)
			return mouths[i].canon;
	return '\0';
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Is the mouth C at P[AT] the start of a word (":Das") or of a path ("://")? */
static bool
goes_on(const char *p, size_t n, size_t at)
{
	if (at + 1 >= n)
		return false;
	return is_alnum(p[at]) ? is_alnum(p[at + 1]) || (unsigned char)p[at + 1] >= 0x80
	                       : p[at] == '/' && (p[at + 1] == '/' || is_alnum(p[at + 1]));
}

/* "(:" and "):" read from right to left; only when they stand alone. */
static size_t
reversed(const char *p, size_t n, char *canon)
{
	if (n < 2 || (p[1] != ':' && p[1] != ';') || (p[0] != '(' && p[0] != ')'))
		return 0;
	if (n > 2 && p[2] != ' ' && p[2] != '\n')
		return 0;
	canon[0] = p[1];
	canon[1] = p[0] == '(' ? ')' : '(';
	canon[2] = '\0';
	return 2;
}

static size_t
fixed_at(const char *p, size_t n, char *canon)
{
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
		size_t len = strlen(fixed[i].text);

		if (n < len || memcmp(p, fixed[i].text, len) != 0 ||
		    (n > len && p[len - 1] == '3' && p[len] >= '0' && p[len] <= '9'))
			continue;
		memcpy(canon, fixed[i].canon, strlen(fixed[i].canon) + 1);
		return len;
	}
	return 0;
}

size_t
emoticon_at(const char *p, size_t n, bool after_word, char canon[EMOTICON_MAX + 1])
{
	size_t at = 1, out = 1;
	char mouth;

	if (n < 2)
		return 0;
	if (*p != ':' && *p != ';' && *p != '=') {
		size_t len = after_word ? 0 : reversed(p, n, canon);

		return len                                     ? len
		       : *p == '<' || *p == '^' || !after_word ? fixed_at(p, n, canon)
		                                               : 0;
	}
	canon[0] = *p == '=' ? ':' : *p;
	if (at + 1 < n && p[at] == '\'' && mouth_of(p[at + 1]))
		canon[out++] = p[at++];
	else if (at + 1 < n && (p[at] == '-' || p[at] == '^' || p[at] == 'o'))
		at += mouth_of(p[at + 1]) != '\0';
	mouth = mouth_of(p[at]);
	if (!mouth || goes_on(p, n, at) ||
	    (after_word && mouth != ')' && mouth != '(' && mouth != '*'))
		return 0;
	canon[out++] = mouth;
	canon[out] = '\0';
	for (char c = p[at]; at < n && p[at] == c;)
		at++;
	return at;
}
