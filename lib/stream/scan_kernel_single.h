/* The primitives that look at the text of tokens, one by one, for kernels that cannot gather. */

KERNEL uint64_t
token_names(const char *base, const uint16_t *place, uint64_t colons, const struct scan_plan *plan)
{
	uint64_t names = 0;

	for (; colons; colons &= colons - 1) {
		unsigned i = (unsigned)__builtin_ctzll(colons);
		uint64_t head = kernel_head(base + place[(ptrdiff_t)i - 1] + 1);

		names |= (uint64_t)(plan->heads[scan_hash(head, plan->multiplier)] == head) << i;
	}
	return names;
}

KERNEL bool
token_scalars(const char *base, const uint16_t *place, uint64_t scalars, const char *end)
{
	bool good = true;

	for (; scalars; scalars &= scalars - 1)
		good &= kernel_scalar(base + place[__builtin_ctzll(scalars)], end);
	return good;
}
