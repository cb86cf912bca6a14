/* SPDX-License-Identifier: Apache-2.0 */
/* change_int.h - what the files that apply changes share: one function for each way to change. */
#ifndef DCF_OPTIONS_CHANGE_INT_H
#define DCF_OPTIONS_CHANGE_INT_H

#include "core/num.h"
#include "options/change.h"

typedef enum dcf_status dcf_apply_fn(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				     struct dcf_features *out);

dcf_apply_fn dcf_apply_shift, dcf_apply_speed, dcf_apply_hold;   /* change_times.c */
dcf_apply_fn dcf_apply_lift, dcf_apply_floor, dcf_apply_ceiling; /* change_levels.c */
dcf_apply_fn dcf_apply_offset, dcf_apply_dogleg;                 /* change_paths.c */
dcf_apply_fn dcf_apply_move, dcf_apply_shrink;                   /* change_zones.c */
dcf_apply_fn dcf_apply_begin, dcf_apply_end, dcf_apply_split;    /* change_windows.c */

/* A shallow copy with room for `room` features (at least as many as there are), or DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_features_copy(const struct dcf_features *from, uint32_t room, struct dcf_arena *arena,
					      struct dcf_features *out);

/* Give `f` waypoints of its own, to be changed. */
DCF_CHECKED enum dcf_status dcf_own_waypoints(struct dcf_feature *f, struct dcf_arena *arena);

/* A trajectory's point, time and level at one place of its path: `part` (0..1) of leg `leg`.  DCF_E_RANGE where the levels at
 * the ends of the leg are of different references and `part` is neither 0 nor 1. */
struct dcf_station {
	struct dcf_latlon at;
	struct dcf_waypoint w;
};
DCF_CHECKED enum dcf_status dcf_station_at(const struct dcf_feature *f, uint32_t leg, double part, struct dcf_station *out);

/* Replace points and waypoints of a trajectory; DCF_E_RANGE unless times strictly increase.  Sets its window. */
DCF_CHECKED enum dcf_status dcf_take_stations(struct dcf_feature *f, const struct dcf_station *at, uint32_t count,
					      struct dcf_arena *arena);

/* Up to whole milliseconds. */
static inline int64_t dcf_up_to_ms(double us)
{
	return (int64_t)dcf_ceil(us / 1000) * 1000;
}

#endif
