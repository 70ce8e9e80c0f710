/*
 * The scanner: one pass over a raw line that validates it as RFC 8259 JSON in UTF-8 and finds the
 * paths that a tool asked for.  No tree, no allocation per line.  SIMD where the machine has it
 * (AVX-512, AVX2 or SSE2 on x86-64, chosen at run time), plain C elsewhere, with the same results.
 *
 * A plan is the set of paths, made once and then shared read-only; a scanner holds the scratch
 * memory of one thread.
 */
#ifndef SME_STREAM_SCAN_H
#define SME_STREAM_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"
#include "stream/json.h"

/* A line may be followed by anything, but this many bytes behind it must be readable. */
#define SCAN_PADDING 64

/* Arrays and objects inside each other; deeper ones are refused. */
#define SCAN_DEPTH_MAX 512

/* The longest line, in bytes without the newline. */
#define SCAN_LINE_MAX ((size_t)16 << 20)

struct scan_plan;

struct scan_plan *scan_plan_new(void);
void scan_plan_free(struct scan_plan *plan);

/*
 * Ask for a path: member names joined by dots, such as "author.followers".  The index into
 * scanner->values; the same path twice gives the same index.  Only members of objects are reached,
 * not elements of arrays (walk those with json_each).
 */
int scan_plan_add(struct scan_plan *plan, const char *path);

/* The same for member names that may contain dots.  N >= 1. */
int scan_plan_add_keys(struct scan_plan *plan, const struct slice *keys, size_t n);

/* How many values the plan yields. */
size_t scan_plan_count(const struct scan_plan *plan);

struct scanner {
	/*
	 * One for each path of the plan, by index; of duplicate keys the last one counts, as in jq.
	 * They point into the line and die with it or with the next scan.
	 */
	struct json_value *values;
	/* The top-level value itself. */
	struct json_value root;
	/* Where the line went wrong, in bytes from its start, and why.  For messages. */
	size_t error_at;
	const char *error;
	struct scan_state *state; /* private */
};

/* A scanner for PLAN, which must not change any more and must outlive it. */
struct scanner *scanner_new(const struct scan_plan *plan);

/* As scanner_new, for a text or two: slower with many, but made in no time. */
struct scanner *scanner_new_once(const struct scan_plan *plan);
void scanner_free(struct scanner *s);

/*
 * Scan the N bytes at LINE (SCAN_PADDING more must be readable; their content does not matter).
 * Returns 0, or -1 with error and error_at set.  White space around the value is allowed; an empty
 * line is an error.  Numbers are checked for form, never for range.
 */
int scanner_scan(struct scanner *s, const char *line, size_t n);

/*
 * Line by line, faster than finding the newlines first.  scanner_start names the N bytes at P
 * (SCAN_PADDING more must be readable); they stay the caller's and must not change while
 * scanner_next is called.  The last line may lack its newline.
 */
void scanner_start(struct scanner *s, const char *p, size_t n);

/* The next line, without its newline: 1; 0 when there is none; -1 when it is no JSON, as
 * scanner_scan, with *LINE set. */
int scanner_next(struct scanner *s, struct slice *line);

/* "avx512", "avx2", "sse2" or "plain": what this machine runs.  SME_SIMD in the environment
 * forces one that the machine has. */
const char *scan_simd(void);

#endif
