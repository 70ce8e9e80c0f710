/*
 * json_check FILE...: does the scanner take each file as one JSON document?  Prints "FILE: ok" or
 * "FILE: byte N: reason"; exits 1 when one was refused.  For conformance suites, which also have
 * documents that are no events.  SME_SIMD=plain|sse2|avx2|avx512 chooses the scanner.
 */
#include <stdio.h>

#include "core/file.h"
#include "stream/scan.h"

int
main(int argc, char **argv)
{
	struct scan_plan *plan = scan_plan_new();
	struct scanner *s = scanner_new(plan);
	struct buf b = BUF_INIT;
	struct sme_err err;
	int refused = 0;

	for (int i = 1; i < argc; i++) {
		buf_clear(&b);
		if (file_read(argv[i], &b, &err) < 0)
			sme_die(err.status, "%s", err.text);
		buf_reserve(&b, SCAN_PADDING);
		if (scanner_scan(s, b.p, b.n) == 0) {
			printf("%s: ok\n", argv[i]);
			continue;
		}
		printf("%s: byte %zu: %s\n", argv[i], s->error_at + 1, s->error);
		refused = 1;
	}
	buf_release(&b);
	scanner_free(s);
	scan_plan_free(plan);
	return refused;
}
