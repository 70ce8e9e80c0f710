/* A jq program in libjq, kept from what would tie it to this machine. */
#ifndef SME_EXPR_PROGRAM_H
#define SME_EXPR_PROGRAM_H

#include <jq.h>

#include "core/err.h"

/*
 * Compile PROGRAM, the text of the file PATH.  `include` and `import` look in the directory LIBRARY
 * (NULL: nowhere).  The program sees no environment while it is compiled, `debug` says nothing and
 * `input` is an error.  Returns NULL with ERR ("PATH:LINE: what is wrong") when it cannot be
 * compiled; otherwise the caller ends it with jq_teardown.  Not for several threads at once: libjq
 * reads the process's environ, which is put aside for the time of the call.
 */
jq_state *jq_program(const char *path, const char *library, const char *program,
    struct sme_err *err);

/*
 * Why the last jq_next of JQ gave END, an invalid value, which is consumed: 0 when it was the end of
 * the outputs; -1 with ERR (SME_DATA, jq's own words) when it was an error.
 */
int jq_program_end(jq_state *jq, jv end, struct sme_err *err);

#endif
