/* What became of a request. */
#ifndef SME_CONNECTOR_ANSWER_H
#define SME_CONNECTOR_ANSWER_H

#include <jq.h>
#include <stdbool.h>
#include <stdint.h>

#include "connector/meta.h"
#include "core/err.h"

struct answer {
	enum answer_class class;
	bool maybe_done; /* it may have had its effect, though that is not known: no complete answer */
	long status;     /* 0: no answer */
	jv response;     /* as sme-connector(5) has it; null without an answer */
	int64_t retry_after; /* the network, or a limit of ours, wants so long a pause, in ms; 0 */
	struct sme_err err;  /* unless ANSWER_OK: what to tell a person, without secrets */
};

static inline void
answer_release(struct answer *a)
{
	jv_free(a->response);
	a->response = jv_null();
}

#endif
