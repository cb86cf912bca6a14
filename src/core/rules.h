/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - the agreement's other rules: notice, lines, areas. */
#ifndef DCF_CORE_RULES_H
#define DCF_CORE_RULES_H

#include "core/check.h"
#include "core/pair.h"

/* Evaluate notice_min, lines and areas for every operation; append breaches (sorted) and warnings for
 * rules that cannot be evaluated to `result`.  rank[o]: order of operations by (party, operation). */
DCF_CHECKED enum dcf_status dcf_rules_evaluate(const struct dcf_plan *plan, const struct dcf_bodies *bodies, const uint32_t *rank,
					       struct dcf_result *result);

#endif
