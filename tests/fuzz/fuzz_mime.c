/* A mail, whatever its bytes: it becomes one JSON object, the same each time, in UTF-8. */
#include <stdint.h>
#include <stdlib.h>

#include "core/rfc3339.h"
#include "mail/mime.h"
#include "stream/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mime *mime;
	struct mime_origin o = {.received_at = INT64_C(1795339800000)};
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct slice mail = {(const char *)data, size};
	struct arena a = ARENA_INIT;

	if (!mime)
		mime = mime_open();
	mime_put(mime, mail, &o, &first);
	mime_put(mime, mail, &o, &second);
	if (!slice_eq(buf_slice(&first), buf_slice(&second)) || !json_tree(&a, buf_slice(&first), NULL))
		abort();
	arena_release(&a);
	buf_release(&first);
	buf_release(&second);
	return 0;
}
