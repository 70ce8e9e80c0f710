/*
 * only_added KEY BEFORE AFTER: has a stage kept the stream's contract?  Line by line, AFTER must be
 * BEFORE itself, or BEFORE with one member KEY put in as the last one, or BEFORE with the value of the
 * last member KEY replaced.  Every other byte must be the same.  Prints how many lines were the same,
 * added to and replaced; the status is 1, and the line is shown, when one is anything else.
 *
 * It walks the text by itself and shares nothing with the product.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span {
	size_t at, end;
};

static size_t
skip_space(const char *s, size_t i)
{
	while (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n')
		i++;
	return i;
}

static size_t
skip_string(const char *s, size_t i)
{
	for (i++; s[i] && s[i] != '"'; i++)
		if (s[i] == '\\' && s[i + 1])
			i++;
	return i + (s[i] == '"');
}

/* Behind the value at I; brackets are only counted. */
static size_t
skip_value(const char *s, size_t i)
{
	int depth = 0;

	if (s[i] == '"')
		return skip_string(s, i);
	if (s[i] != '{' && s[i] != '[')
		return i + strcspn(s + i, ",]} \t\r\n");
	do {
		if (s[i] == '"') {
			i = skip_string(s, i);
			continue;
		}
		depth += (s[i] == '{' || s[i] == '[') - (s[i] == '}' || s[i] == ']');
		i++;
	} while (s[i] && depth > 0);
	return i;
}

/* Is the string at S the name KEY?  Letters may be written as \u00XX. */
static bool
names(const char *s, struct span name, const char *key)
{
	size_t i = name.at + 1;

	for (; *key && i + 1 < name.end; key++) {
		unsigned c = (unsigned char)s[i++];

		if (c == '\\' && s[i] == 'u') {
			if (sscanf(s + i + 1, "%4x", &c) != 1)
				return false;
			i += 5;
		}
		if (c != (unsigned char)*key)
			return false;
	}
	return !*key && i + 1 == name.end;
}

struct found {
	struct span name, value;
	bool last; /* no member behind it */
};

/* The last member KEY of the object in S. */
static bool
find(const char *s, const char *key, struct found *f)
{
	size_t i = skip_space(s, 0);
	bool any = false;

	if (s[i] != '{')
		return false;
	i = skip_space(s, i + 1);
	while (s[i] == '"') {
		struct span name = {i, skip_string(s, i)}, value;

		i = skip_space(s, name.end);
		if (s[i] != ':')
			return false;
		value.at = skip_space(s, i + 1);
		value.end = skip_value(s, value.at);
		i = skip_space(s, value.end);
		if (any)
			f->last = false;
		if (names(s, name, key)) {
			*f = (struct found){name, value, true};
			any = true;
		}
		if (s[i] == ',')
			i = skip_space(s, i + 1);
	}
	return any;
}

/* BEFORE is the first A bytes of AFTER, then REPLACED bytes of its own, then AFTER from B on. */
static bool
framed(const char *before, const char *after, size_t a, size_t b, size_t replaced)
{
	return strlen(before) == a + replaced + strlen(after + b) && memcmp(before, after, a) == 0 &&
	    strcmp(before + a + replaced, after + b) == 0;
}

/* 0: the same, 1: added, 2: replaced, 3: anything else. */
static int
judge(const char *key, const char *before, const char *after)
{
	struct found had, has;
	size_t at;

	if (strcmp(before, after) == 0)
		return 0;
	if (!find(after, key, &has))
		return 3;
	if (find(before, key, &had))
		return had.value.at == has.value.at &&
			framed(before, after, has.value.at, has.value.end, had.value.end - had.value.at)
		    ? 2
		    : 3;
	at = has.name.at;
	if (at > 0 && after[at - 1] == ',')
		at--;
	else if (after[skip_space(before, skip_space(before, 0) + 1)] == '}')
		return 3;
	return has.last && framed(before, after, at, has.value.end, 0) ? 1 : 3;
}

int
main(int argc, char **argv)
{
	size_t counts[3] = {0, 0, 0}, cap[2] = {0, 0}, line = 0;
	char *text[2] = {NULL, NULL};
	FILE *f[2];

	if (argc != 4 || !(f[0] = fopen(argv[2], "r")) || !(f[1] = fopen(argv[3], "r"))) {
		fputs("usage: only_added KEY BEFORE AFTER\n", stderr);
		return 64;
	}
	for (;;) {
		ssize_t a = getline(&text[0], &cap[0], f[0]), b = getline(&text[1], &cap[1], f[1]);
		int verdict;

		line++;
		if (a < 0 && b < 0)
			break;
		verdict = a < 0 || b < 0 ? 3 : judge(argv[1], text[0], text[1]);
		if (verdict == 3) {
			printf("line %zu\nbefore: %safter:  %s", line, a < 0 ? "-\n" : text[0],
			    b < 0 ? "-\n" : text[1]);
			return 1;
		}
		counts[verdict]++;
	}
	printf("%zu same, %zu added, %zu replaced\n", counts[0], counts[1], counts[2]);
	free(text[0]);
	free(text[1]);
	fclose(f[0]);
	fclose(f[1]);
	return 0;
}
