#include "stream/metrics.h"

#include <string.h>

#include "core/file.h"
#include "stream/json.h"

int
metrics_write(const char *path, const struct metric *samples, size_t n, struct sme_err *err)
{
	struct buf b = BUF_INIT;
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct metric *m = &samples[i];

		if (i == 0 || strcmp(m->name, samples[i - 1].name) != 0)
			buf_printf(&b, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, m->type);
		buf_printf(&b, *m->labels ? "%s{%s} " : "%s%s ", m->name, m->labels);
		json_put_number(&b, m->value);
		buf_addc(&b, '\n');
	}
	r = file_write_atomic(path, buf_slice(&b), 0644, err);
	buf_release(&b);
	return r;
}
