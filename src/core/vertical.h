/* SPDX-License-Identifier: Apache-2.0 */
/* vertical.h - vertical gaps over time, decided in integers.
 *
 * A band is two limits; over one leg of a trajectory (or for ever, for a volume) each limit is a
 * straight line in time between two integers.  Whether a gap is under a minimum at an instant is a sign
 * of an exact 128-bit expression; only the place of a crossing in time is a double.  Altitudes of
 * different references differ by an interval, and its low end decides. */
#ifndef DCF_CORE_VERTICAL_H
#define DCF_CORE_VERTICAL_H

#include "core/altitude.h"
#include "core/set.h"

/* Add to `out` the instants of [w0_us, w1_us] (as microseconds after w0_us, closed) at which the low end
 * of the vertical gap between two features is 0 or below minimum_e4 (>= 0).  Not normalised: legs that
 * meet give intervals that touch. */
void dcf_vertical_near(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
		       int64_t minimum_e4, int64_t w0_us, int64_t w1_us, struct dcf_set *out);

/* The instants at which the bands share more than a level: the insides meet. */
void dcf_vertical_inside(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, int64_t w0_us,
			 int64_t w1_us, struct dcf_set *out);

/* Add to `out` the lifts of `a` (0.1 mm, all its altitudes by the same) at which the low end of the vertical gap is 0
 * or below minimum_e4 at some instant of [t0, t1] (microseconds after w0_us): one interval a leg, rounded outward to
 * whole 0.1 mm.  With a minimum above 0 its ends are clear, otherwise they share a level.  Not normalised. */
void dcf_vertical_lifts(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
			int64_t minimum_e4, int64_t w0_us, double t0, double t1, struct dcf_set *out);

/* The smallest vertical gap within [t0, t1] (microseconds after w0_us): its low end in 0.1 mm, and the
 * high end that belongs to it. */
void dcf_vertical_least(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
			int64_t w0_us, double t0, double t1, double *low_e4, double *high_e4);

/* Lowest and highest altitude of a feature in the frame of reference `ref`: conservative, for boxes. */
void dcf_vertical_extent(const struct dcf_feature *f, const struct dcf_offsets *o, uint8_t ref, int64_t *low_e4,
			 int64_t *high_e4);

/* The same for waypoints first..last of a trajectory. */
void dcf_vertical_leg_extent(const struct dcf_feature *f, const struct dcf_offsets *o, uint8_t ref, uint32_t first,
			     uint32_t last, int64_t *low_e4, int64_t *high_e4);

#endif
