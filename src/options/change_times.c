/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of time: all of an operation earlier or later. */
#include "options/change_int.h"

/* Years 1 to 9999, as times are read. */
#define FIRST_US INT64_C(-62135596800000000)
#define LAST_US INT64_C(253402300800000000)

/* Move every time of `f` by shift_us; `f` has waypoints of its own.  False where that leaves the calendar. */
static bool shift_feature(struct dcf_feature *f, int64_t shift_us)
{
	if (shift_us > LAST_US - FIRST_US || shift_us < FIRST_US - LAST_US)
		return false;
	f->start_us += shift_us;
	f->end_us += shift_us;
	if (f->start_us < FIRST_US || f->end_us > LAST_US)
		return false;
	for (uint32_t i = 0; f->shape == DCF_TRAJECTORY && i < f->point_count; i++)
		f->waypoints[i].time_us += shift_us;
	return true;
}

enum dcf_status dcf_apply_shift(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);

	for (uint32_t i = 0; s == DCF_OK && i < out->count; i++) {
		struct dcf_feature *f = &out->at[i];

		if (f->shape == DCF_TRAJECTORY && (s = dcf_own_waypoints(f, arena)) != DCF_OK)
			return s;
		if (!shift_feature(f, c->shift_us))
			return DCF_E_RANGE;
	}
	return s;
}
