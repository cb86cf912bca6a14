/* SPDX-License-Identifier: Apache-2.0 */
/* encounter.h - two points in straight flight: when are they too close?
 *
 * Plane geometry in double precision for short looks ahead; a check of declared operations (check.h) follows the
 * ellipsoid instead. */
#ifndef DECONFLICT_ENCOUNTER_H
#define DECONFLICT_ENCOUNTER_H

#include <deconflict/export.h>
#include <deconflict/status.h>

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The position of one aircraft relative to the other: x and y on the ground, z up. */
struct dcf_relative {
	double s_m[3];   /* at t = 0, metres */
	double v_mps[3]; /* rate of change, metres a second */
};

/* When, within [from_s, to_s] (seconds, from_s <= to_s), is the horizontal distance below distance_m AND the
 * vertical distance below height_m?  True with the interval in_s < out_s, false when that never holds for a
 * positive length of time (`*in_s` and `*out_s` are then 0).  A cylinder about one point, met by the other: the
 * intersection of the roots of |s + v t|^2 = distance^2 over the ground with the band |z + vz t| < height.
 * All numbers finite, distances 0 or more: anything else gives DCF_E_RANGE, nothing written.  Any thread. */
DCF_API DCF_CHECKED enum dcf_status dcf_encounter_cylinder(const struct dcf_relative *motion, double distance_m,
							   double height_m, double from_s, double to_s, bool *meets,
							   double *in_s, double *out_s);

/* The least horizontal distance within [from_s, to_s] and the first time of it: the foot of the perpendicular on
 * the line of motion, or an end.  Errors as above.  Any thread. */
DCF_API DCF_CHECKED enum dcf_status dcf_encounter_nearest(const struct dcf_relative *motion, double from_s, double to_s,
							  double *when_s, double *distance_m);

#ifdef __cplusplus
}
#endif

#endif
