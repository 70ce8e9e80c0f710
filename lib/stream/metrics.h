/* Prometheus text exposition format 0.0.4, written as a file for the node exporter's textfile
 * collector (or any other reader). */
#ifndef SME_STREAM_METRICS_H
#define SME_STREAM_METRICS_H

#include "core/buf.h"
#include "core/err.h"

/* One sample: name, HELP text, TYPE ("counter" or "gauge"), labels without braces or "", value. */
struct metric {
	const char *name, *help, *type, *labels;
	double value;
};

/* Replace PATH atomically by the N samples (mode 0644).  Rows of one name must stand together. */
int metrics_write(const char *path, const struct metric *samples, size_t n, struct sme_err *err);

#endif
