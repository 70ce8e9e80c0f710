/*
 * A vault file, whatever its bytes, is opened or refused with a reason; and so is content that was
 * sealed with the right key but is not in order.  What is in order can be changed, and a change undone
 * gives the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vault/items.h"
#include "vault/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
open_it(struct slice file, const struct locked *key)
{
	struct sme_err err = {.text = ""};
	struct locked content;

	if (seal_open(file, key, "f", &content, &err) == 0)
		abort(); /* nobody guesses a tag */
	if (!err.text[0] || content.p)
		abort();
}

static void
change(struct slice content)
{
	struct item add = {SLICE("t\x7e"), SLICE("n"), SLICE("f~~"), SLICE("v"), 1};
	struct item take = add;
	struct locked with, without;
	struct sme_err err;
	bool changed;

	if (items_merge(content, &add, 1, &with, &changed, &err) < 0)
		abort();
	take.value = (struct slice){NULL, 0};
	if (items_merge(locked_slice(&with), &take, 1, &without, &changed, &err) < 0)
		abort();
	if (changed && with.n > content.n && !slice_eq(locked_slice(&without), content))
		abort();
	locked_release(&with);
	locked_release(&without);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct locked key = locked_new(SEAL_KEY), content;
	struct seal_header h = seal_header_new(SEAL_GIVEN);
	struct sme_err err = {.text = ""};
	struct buf file = BUF_INIT;

	open_it(in, &key);
	if (items_check(in, "f", &err) == 0)
		change(in);
	else if (!err.text[0])
		abort();
	/* As content, it comes back as it was. */
	seal_close(&h, &key, in, &file);
	if (seal_open(buf_slice(&file), &key, "f", &content, &err) < 0 ||
	    !slice_eq(locked_slice(&content), in))
		abort();
	locked_release(&content);
	locked_release(&key);
	buf_release(&file);
	return 0;
}
