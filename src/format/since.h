/* SPDX-License-Identifier: Apache-2.0 */
/* since.h - what is new, gone and changed between two checks.
 *
 * Pairs are the same when both (party, operation) names are; indices mean nothing across plans.  A pair
 * changed when its class, its window or one of its gaps did. */
#ifndef DCF_FORMAT_SINCE_H
#define DCF_FORMAT_SINCE_H

#include "core/check.h"

enum dcf_since_kind { DCF_SINCE_NEW, DCF_SINCE_GONE, DCF_SINCE_CHANGED, DCF_SINCE_COUNT };

struct dcf_since_change {
	uint8_t kind;                      /* enum dcf_since_kind */
	const struct dcf_conflict *before; /* in old_result; NULL when new */
	const struct dcf_conflict *after;  /* in the new result; NULL when gone */
};

/* `name`, the old plan and the old result are borrowed and must outlive this. */
struct dcf_since {
	const struct dcf_alloc *from;
	struct dcf_span name; /* of the old file */
	const struct dcf_plan *old_plan;
	const struct dcf_result *old_result;
	struct dcf_since_change *changes; /* new ones first, then gone, then changed; each in the order of its result */
	size_t count, cap;
	size_t counts[DCF_SINCE_COUNT];
};

/* Fill `since` (zeroed, but for name, old_plan and old_result).  O(n log n).  DCF_E_NOMEM leaves it freed. */
DCF_CHECKED enum dcf_status dcf_since_compare(const struct dcf_plan *plan, const struct dcf_result *result,
					      const struct dcf_alloc *a, struct dcf_since *since);
void dcf_since_free(struct dcf_since *since);

#endif
