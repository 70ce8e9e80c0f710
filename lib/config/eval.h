/* Private to lib/config: a jq program evaluated once by libjq. */
#ifndef SME_CONFIG_EVAL_H
#define SME_CONFIG_EVAL_H

#include "core/buf.h"
#include "core/err.h"

/*
 * Evaluate PROGRAM, the text of the file PATH, on null and append its only output to OUT as JSON.
 * `include` and `import` look in the directory of PATH.  The program sees no environment and reads
 * no input, so that the same files always give the same configuration.  Not for several threads at
 * once: libjq reads the process's environ, which is put aside for the time of the call.
 */
int config_eval(const char *path, const char *program, struct buf *out, struct sme_err *err);

#endif
