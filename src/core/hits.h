/* SPDX-License-Identifier: Apache-2.0 */
/* hits.h - from conflicts of features to one entry a pair of operations. */
#ifndef DCF_CORE_HITS_H
#define DCF_CORE_HITS_H

#include "core/check.h"
#include "core/pair.h"

/* One pair of features in conflict.  `a` belongs to the operation that sorts first. */
struct dcf_hit {
	uint32_t a_rank, b_rank; /* rank of the operations by (party id, operation id) */
	uint32_t a_feature, b_feature;
	bool advisory, internal, touch;
	int64_t w0_us;
	size_t first_range, range_count;  /* conflict intervals, microseconds after w0_us */
	double overlap_low, overlap_high; /* overlap_low > overlap_high: none */
	struct dcf_pair_measure measure;
	struct dcf_minima minima;
};

/* Zero-initialise and set `from`. */
struct dcf_hits {
	const struct dcf_alloc *from;
	struct dcf_hit *hit;
	size_t count, cap;
	struct dcf_range *range;
	bool *range_overlaps;
	size_t range_count, range_cap, overlaps_cap;
};

void dcf_hits_free(struct dcf_hits *h);
/* Record what dcf_pair_when and dcf_pair_measure found. */
DCF_CHECKED enum dcf_status dcf_hits_add(struct dcf_hits *h, const struct dcf_hit *hit, const struct dcf_pair_times *times);
/* Append all of `more`. */
DCF_CHECKED enum dcf_status dcf_hits_join(struct dcf_hits *h, const struct dcf_hits *more);
/* Group by pair of operations (advisory ones apart), in the order of the contract.  `by_rank` lists the operations
 * in the order of their ranks. */
DCF_CHECKED enum dcf_status dcf_hits_to_conflicts(struct dcf_hits *h, const struct dcf_plan *plan, const uint32_t *by_rank,
						  struct dcf_result *result);

#endif
