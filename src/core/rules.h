/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - the agreement's other rules: notice, lines, areas. */
#ifndef DCF_CORE_RULES_H
#define DCF_CORE_RULES_H

#include "core/check.h"
#include "core/pair.h"

/* Does the area's rule hold for `party`? */
bool dcf_area_binds(const struct dcf_area_rule *rule, uint32_t party);
/* The area as a feature with a window: what gives none stands always.  Borrows from the rule. */
struct dcf_feature dcf_area_volume(const struct dcf_area_rule *rule);
/* An area is entered when both gaps are 0. */
static inline struct dcf_minima dcf_area_minima(void)
{
	return (struct dcf_minima){ 0, 0, DCF_NO_LIMIT, { "", 0 } };
}

/* Evaluate notice_min, lines and areas for every operation; append breaches (sorted) and warnings for
 * rules that cannot be evaluated to `result`.  rank[o]: order of operations by (party, operation). */
DCF_CHECKED enum dcf_status dcf_rules_evaluate(const struct dcf_plan *plan, const struct dcf_bodies *bodies,
					       const uint32_t *rank, struct dcf_result *result);

#endif
