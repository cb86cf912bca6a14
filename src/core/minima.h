/* SPDX-License-Identifier: Apache-2.0 */
/* minima.h - which separation minima hold between two parties. */
#ifndef DCF_CORE_MINIMA_H
#define DCF_CORE_MINIMA_H

#include "core/check.h"
#include "core/pair.h"

/* Between parties a and b (a == b: inside one party, where only a rule that names it twice holds): the
 * larger lateral, the larger vertical and the smaller dwell of all rules that apply, and of the
 * options' minima between different parties.  `article` is that of the first rule that gave one of
 * the two distances. */
struct dcf_minima dcf_minima_of(const struct dcf_plan *plan, const struct dcf_check_options *options, uint32_t a, uint32_t b);

/* Largest lateral and vertical minimum of any pair: how far the search must reach. */
void dcf_minima_largest(const struct dcf_plan *plan, const struct dcf_check_options *options, double *lateral_m,
			int64_t *vertical_e4);

#endif
