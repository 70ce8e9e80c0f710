/*
 * Events with approved replies from outside: what is kept of them must be JSON again and say the
 * same, and a text must come out of the cutting whole, in parts that fit unless they cannot be cut.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "outbox/job.h"
#include "reply/split.h"
#include "stream/tree.h"

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static size_t
without_space(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += !strchr(" \t\r\n\v\f", s.p[i]) || !s.p[i];
	return n;
}

static void
cut(struct slice text, const struct text_limit *limit)
{
	struct slice rest = slice_trim(text);
	size_t all = without_space(rest), got = 0;

	while (rest.n) {
		struct slice part = text_split(&rest, limit);
		struct text_atoms it = {part, limit, false};
		struct text_atom first;

		check(part.n > 0 && text_atom_next(&it, &first));
		check(text_fits(part, limit) || first.s.n == part.n);
		got += without_space(part);
	}
	check(got == all);
}

static void
cut_all(struct slice text, uint8_t how)
{
	struct text_limit limit = {
	    .limit = how >> 3,
	    .count = (enum text_count)(how % 5),
	    .url = how & 4 ? 23 : 0,
	    .mention_local = how & 2,
	    .bytes = how & 1 ? 40 : 0,
	};

	cut(text, &limit);
}

static void
read_event(const uint8_t *data, size_t n)
{
	struct scan_plan *plan = scan_plan_new();
	char *line = calloc(1, n + SCAN_PADDING);
	struct arena a = ARENA_INIT;
	struct buf json = BUF_INIT;
	struct scanner *s;
	int fields[J_COUNT], type = scan_plan_add(plan, "type");
	struct sme_err err;
	struct job job;

	memcpy(line, data, n);
	job_plan(plan, fields);
	s = scanner_new(plan);
	if (scanner_scan(s, line, n) == 0 && s->root.type == JSON_OBJECT) {
		struct event ev = {{line, n}, "stdin", 1, s->values, s->values[type]};

		if (job_read(fields, &ev, &a, &job, &err) == JOB_SEND) {
			job_put(fields, &ev, n & 1, &json);
			check(json_tree(&a, buf_slice(&json), &err) != NULL);
			check(job.row.parts > 0);
			for (int64_t i = 0; i < job.row.parts; i++)
				cut_all(job.texts[i], (uint8_t)n);
		}
	}
	scanner_free(s);
	scan_plan_free(plan);
	buf_release(&json);
	arena_release(&a);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n)
		return 0;
	if (data[0] == '{')
		read_event(data, n);
	else
		cut_all((struct slice){(const char *)data + 1, n - 1}, data[0]);
	return 0;
}
