/* SPDX-License-Identifier: Apache-2.0 */
/* lateral.h - distances over the ground: between bases, and over time between moving ones.
 *
 * Distances are geodesic on WGS 84.  What is computed differs from the truth by less than
 * dcf_error_m; the contract's tolerance (1 m or 1e-5, whichever is larger) is wider.  Callers ask
 * twice: with the tolerance, so that whatever is in doubt counts, and with the error alone, for the
 * times and gaps of what is not in doubt. */
#ifndef DCF_CORE_LATERAL_H
#define DCF_CORE_LATERAL_H

#include "core/shape.h"

/* Bound of our own error at a distance of t metres: pieces of geodesics taken as great circles (0.03 m
 * each, 0.05 m on lonlat edges), chords in place of arcs (1e-6 up to 50 km), mean scales beyond. */
static inline double dcf_error_m(double t)
{
	return 0.15 + 1e-6 * t;
}

/* How far beyond a limit of t metres a computed distance still counts: the tolerance less our error. */
static inline double dcf_doubt_m(double t)
{
	return (t > 1e5 ? 1e-5 * t : 1) - dcf_error_m(t);
}

/* More than any distance on Earth. */
#define DCF_FAR_M 1e12

/* Geodesic distance of two points: as dcf_distance_m, faster where they are near. */
double dcf_point_distance_m(struct dcf_vec p, struct dcf_vec q);

/* The point of the arc that is nearest to p (on the conformal sphere: beyond some 1,000 km the geodesic's
 * nearest point lies beside it, at a distance that differs by less than 1e-7). */
struct dcf_vec dcf_nearest_on_arc(const struct dcf_arc *arc, struct dcf_vec p);

/* Distance between two bases (not counting their radii), 0 where one lies in the other's area or they
 * cross; DCF_FAR_M when it is above `limit_m`.  pa and pb receive the points of each base that realise it. */
double dcf_base_distance(const struct dcf_base *a, const struct dcf_base *b, double limit_m, struct dcf_vec *pa,
			 struct dcf_vec *pb);

/* Do the two boundaries or lines only meet within `slack_m` of each other's boundary: no point of one
 * lies deeper than that in the other?  For shapes whose distance is 0 (within the tolerance). */
bool dcf_bases_only_touch(const struct dcf_base *a, const struct dcf_base *b, double slack_m);

/* The instants of [t0, t1] (microseconds after the track's feature's start) at which the track's point
 * is within reach_m of the base.  Added to `out`, not normalised.  A negative reach asks for the instants
 * at which the point lies deeper than that in the base's area. */
void dcf_track_near_base(const struct dcf_track *track, const struct dcf_base *base, double reach_m, double t0, double t1,
			 struct dcf_set *out);

/* The same for two moving points (a negative reach: never).  Times are microseconds after the first track's feature's start;
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
