/* SPDX-License-Identifier: Apache-2.0 */
/* extent.h - boxes of features for the index, rounded outward. */
#ifndef DCF_CORE_EXTENT_H
#define DCF_CORE_EXTENT_H

#include "core/altitude.h"
#include "core/index.h"
#include "core/pair.h"

/* How a plan's values become int32 axes: latitude and longitude in 1e-7 degree, altitude in 0.1 mm of
 * the frame of one reference divided by 16 (so +-3,400 km fit), time in units of 2^time_shift us after
 * time_origin. */
struct dcf_axes {
	struct dcf_offsets offsets;
	uint8_t ref; /* the reference most features use: between those, levels are exact */
	int64_t time_origin_us;
	unsigned time_shift;
	double reach_m;   /* half the largest lateral minimum, added all round */
	int64_t reach_e4; /* half the largest vertical minimum, rounded up */
};

struct dcf_axes dcf_axes_of(const struct dcf_plan *plan, const struct dcf_offsets *offsets, double lateral_m,
			    int64_t vertical_e4, const struct dcf_parallel *parallel);

/* One box over the ground may become two where it crosses the antimeridian: the caller adds both. */
struct dcf_extent {
	struct dcf_box4 box[2];
	int count;
};

/* A volume (any shape but a trajectory). */
struct dcf_extent dcf_extent_of_feature(const struct dcf_axes *axes, const struct dcf_feature *f);

/* Legs first..last (inclusive) of a trajectory, from its waypoints alone. */
struct dcf_extent dcf_extent_of_legs(const struct dcf_axes *axes, const struct dcf_feature *f, uint32_t first, uint32_t last);

/* Pieces first..last (inclusive) of a track: for legs so long that one box would hold too much. */
struct dcf_extent dcf_extent_of_track(const struct dcf_axes *axes, const struct dcf_track *t, uint32_t first, uint32_t last);

#endif
