/* The heads' kernel with the vectors that every x86-64 has, and plainly elsewhere. */
#include "model/exp.h"
#include "model/heads_joint.h"
#include "model/sums.h"

#define TARGET
#define KERNEL static inline

#define match_16 sums_match_16
#define add_4 sums_add_4
#define add_row sums_add_row
#define add_hits hits_add

#include "model/heads_kernel.h"

static void
kernel_sum(int32_t *total, void *const *memo, size_t n, size_t from, size_t to)
{
	size_t at = sizeof(struct memo), c = from;
	int32_t last[8];

	for (; c + 8 <= to; c += 8)
		sums_shorts_8(total + c, memo, n, at + c * sizeof(int16_t));
	if (c == to)
		return;
	sums_shorts_8(last, memo, n, at + c * sizeof(int16_t));
	memcpy(total + c, last, (to - c) * sizeof *last);
}

const struct heads_kernel *
heads_kernel_plain(void)
{
	static const struct heads_kernel kernel = {kernel_add, kernel_hits, kernel_sum, exp_minus};

	return &kernel;
}
