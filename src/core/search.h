/* SPDX-License-Identifier: Apache-2.0 */
/* search.h - which pairs of features could be in conflict?  May name too many, never too few. */
#ifndef DCF_CORE_SEARCH_H
#define DCF_CORE_SEARCH_H

#include "core/check.h"
#include "core/index.h"
#include "core/pair.h"

struct dcf_candidate {
	uint32_t a, b; /* features, a < b */
};

/* Zero-initialise and set `from`. */
struct dcf_candidates {
	const struct dcf_alloc *from;
	struct dcf_candidate *at; /* sorted, no pair twice */
	size_t count, cap;
	uint64_t seen; /* pairs of boxes that the index named */
	size_t index_bytes, index_items;
};

void dcf_candidates_free(struct dcf_candidates *c);

/* Candidates among the features with a body: of different parties (or inside options->for_party), with
 * options->only_operation if that is asked for. */
DCF_CHECKED enum dcf_status dcf_search(const struct dcf_bodies *bodies, const struct dcf_check_options *options,
				       const struct dcf_offsets *offsets, struct dcf_candidates *out);

/* The pairs alone: every pair of features in conflict, exactly, without times or gaps.  The plan must be
 * sound: shapes are not validated (dcf_check does). */
DCF_CHECKED enum dcf_status dcf_detect(const struct dcf_plan *plan, const struct dcf_check_options *options,
				       struct dcf_candidates *out);

/* Is this pair asked for at all? */
bool dcf_search_wants(const struct dcf_check_options *options, const struct dcf_feature *a, const struct dcf_feature *b);

#endif
