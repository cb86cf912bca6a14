/* SPDX-License-Identifier: Apache-2.0 */
/* lateral.h - distances over the ground: between bases, and over time between moving ones.
 *
 * Distances are geodesic on WGS 84.  What is computed differs from the truth by less than half the
 * tolerance of the contract (1 m or 1e-5, whichever is larger), and every threshold is widened by that
 * half: so nothing within a limit is missed, and nothing beyond limit + tolerance is reported. */
#ifndef DCF_CORE_LATERAL_H
#define DCF_CORE_LATERAL_H

#include "core/shape.h"

/* Half the tolerance at a threshold of t metres. */
static inline double dcf_half_tolerance_m(double t)
{
	double relative = 0.5e-5 * t;

	return relative > 0.5 ? relative : 0.5;
}

/* More than any distance on Earth. */
#define DCF_FAR_M 1e12

/* Distance between two bases (not counting their radii), 0 where one lies in the other's area or they
 * cross; DCF_FAR_M when it is above `limit_m`.  pa and pb receive the points of each base that realise it. */
double dcf_base_distance(const struct dcf_base *a, const struct dcf_base *b, double limit_m, struct dcf_vec *pa,
			 struct dcf_vec *pb);

/* Do the two boundaries or lines only meet within `slack_m` of each other's boundary: no point of one
 * lies deeper than that in the other?  For shapes whose distance is 0 (within the tolerance). */
bool dcf_bases_only_touch(const struct dcf_base *a, const struct dcf_base *b, double slack_m);

/* The instants of [t0, t1] (microseconds after the track's feature's start) at which the track's point
 * is within reach_m of the base.  Added to `out`, not normalised. */
void dcf_track_near_base(const struct dcf_track *track, const struct dcf_base *base, double reach_m, double t0, double t1,
			 struct dcf_set *out);

/* The same for two moving points.  Times are microseconds after the first track's feature's start;
 * `shift_us` is added to them for the second's. */
void dcf_track_near_track(const struct dcf_track *a, const struct dcf_track *b, double shift_us, double reach_m, double t0,
			  double t1, struct dcf_set *out);

/* Where the track's point is at time t (clamped to the track). */
struct dcf_vec dcf_track_at(const struct dcf_track *track, double t_us);

/* Least distance within [t0, t1] and the first instant of it. */
double dcf_track_base_least(const struct dcf_track *track, const struct dcf_base *base, double t0, double t1, double *when);
double dcf_track_track_least(const struct dcf_track *a, const struct dcf_track *b, double shift_us, double t0, double t1,
			     double *when);

#endif
