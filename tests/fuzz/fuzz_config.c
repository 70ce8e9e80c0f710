/*
 * Any JSON as a configuration: the schema must cope.  jq programs are left out: one may rightly run
 * for ever, and libjq is not ours.
 */
#include "config/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct buf report = BUF_INIT;
	struct json_node *root = json_tree(&a, (struct slice){(const char *)data, size}, NULL);
	size_t lines = 0;

	if (root) {
		size_t errors = schema_check(&config_schema, root, "sme.jq", false, &report);

		for (size_t i = 0; i < report.n; i++)
			lines += report.p[i] == '\n';
		/* Each error is one line, whatever stands in the file. */
		if (lines != (errors > SCHEMA_REPORT_MAX ? SCHEMA_REPORT_MAX + 1 : errors))
			__builtin_trap();
	}
	buf_release(&report);
	arena_release(&a);
	return 0;
}
