/* SPDX-License-Identifier: Apache-2.0 */
/* pairs.h - the answer of an engine: which volumes, and so which operations, meet. */
#ifndef DCF_BENCH_PAIRS_H
#define DCF_BENCH_PAIRS_H

#include "base/alloc.h"
#include <stdint.h>

/* Zero-initialise, set `from`. */
struct dcf_pairs {
	const struct dcf_alloc *from;
	uint64_t *pair; /* smaller number << 32 | larger number */
	size_t count, cap;
};

/* Order-independent: the sum modulo 2^64 of a mixed hash of each pair of operations. */
struct dcf_pairs_sum {
	size_t pairs; /* different pairs of operations */
	uint64_t checksum;
};

DCF_CHECKED enum dcf_status dcf_pairs_add(struct dcf_pairs *pairs, uint32_t a, uint32_t b);
/* Sort, and drop what stands twice. */
void dcf_pairs_unique(struct dcf_pairs *pairs);
void dcf_pairs_free(struct dcf_pairs *pairs);

/* Count and checksum of pairs that are unique already. */
struct dcf_pairs_sum dcf_pairs_sum_of(const struct dcf_pairs *pairs);

#endif
