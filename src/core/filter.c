/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter.h"
#include "core/num.h"

/* Is the low end of the vertical gap 0 or under the minimum, exactly? */
static bool levels_near(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
			int64_t minimum)
{
	int64_t above = dcf_altitude_is_ground(b->lower) ? DCF_ALT_MIN : 0, below = dcf_altitude_is_ground(a->lower) ? DCF_ALT_MIN : 0;
	int64_t high;

	if (!above)
		dcf_altitude_difference(o, b->lower, a->upper, same_ground, &above, &high);
	if (!below)
		dcf_altitude_difference(o, a->lower, b->upper, same_ground, &below, &high);
	above = above > below ? above : below;
	return above <= 0 || above < minimum;
}

enum dcf_filter dcf_filter_volumes(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o,
				   const struct dcf_minima *minima)
{
	int64_t from, to;

	if (!dcf_pair_window(a, b, &from, &to) || !levels_near(a, b, o, false, minima->vertical_e4))
		return DCF_FILTER_APART;
	return DCF_FILTER_UNSURE;
}
