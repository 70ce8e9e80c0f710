/* Any bytes: every kernel says and finds what the plain scanner does, line by line and as a whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "stream/scan_int.h"

static struct scan_plan *plan;
static struct scanner *plain, *others[3];

static void
open_all(void)
{
	static const char *const names[] = {"sse2", "avx2", "avx512"};

	plan = scan_plan_new();
	scan_plan_add(plan, "a");
	scan_plan_add(plan, "a.b");
	scan_plan_add(plan, "author.followers");
	setenv("SME_SIMD", "plain", 1);
	plain = scanner_new(plan);
	for (int i = 0; i < 3; i++) {
		setenv("SME_SIMD", names[i], 1);
		if (strcmp(scan_simd(), names[i]) == 0)
			others[i] = scanner_new(plan);
	}
	unsetenv("SME_SIMD");
}

static void
compare(const struct scanner *s)
{
	for (size_t i = 0; i < scan_plan_count(plan); i++) {
		const struct json_value *v = &plain->values[i], *w = &s->values[i];

		if (v->type != w->type ||
		    (v->type && (v->p != w->p || v->n != w->n || v->escaped != w->escaped)))
			abort();
	}
	if (plain->root.p != s->root.p || plain->root.n != s->root.n)
		abort();
}

static void
check_lines(struct scanner *s, const char *p, size_t n)
{
	const char *end = p + n;
	struct slice line;
	int got;

	scanner_start(s, p, n);
	while ((got = scanner_next(s, &line)) != 0) {
		int want = scanner_scan(plain, line.p, line.n);

		if (line.p != p || line.n > (size_t)(end - p) || memchr(line.p, '\n', line.n))
			abort();
		if ((want == 0) != (got > 0))
			abort();
		if (want == 0)
			compare(s);
		p += line.n + 1;
	}
	if (p < end)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Exactly the padding that is promised, so that ASan sees what reads too far. */
	char *text = xmalloc(n + SCAN_PADDING);

	if (!plan)
		open_all();
	if (n)
		memcpy(text, data, n);
	memset(text + n, '7', SCAN_PADDING);
	for (int i = 0; i < 3; i++) {
		if (!others[i])
			continue;
		if (scanner_scan(plain, text, n) != scanner_scan(others[i], text, n))
			abort();
		check_lines(others[i], text, n);
		/* Once more: now the shapes are known. */
		check_lines(others[i], text, n);
	}
	free(text);
	return 0;
}
