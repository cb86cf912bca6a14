/* SPDX-License-Identifier: Apache-2.0 */
/* altitude.h - differences between altitudes of different references, as intervals.
 *
 * Every altitude becomes MSL = value + [low, high] of its reference's offset:
 *   MSL 0; STD -offset(QNH), offset_ft = 145366.45 * (1 - (QNH/1013.25)^0.190284); AGL and SFC the
 *   terrain; W84 minus the geoid height.
 * The difference of two altitudes of one reference is exact, except AGL against AGL at different
 * places.  Bounds round outward to 0.1 mm, so a doubt can only add conflicts. */
#ifndef DCF_CORE_ALTITUDE_H
#define DCF_CORE_ALTITUDE_H

#include "core/plan.h"

/* Below and above everything, in 0.1 mm: far enough away that sums do not overflow. */
#define DCF_ALT_MIN (-((int64_t)1 << 40))
#define DCF_ALT_MAX ((int64_t)1 << 40)

/* What holds where nothing is given: QNH 950..1050 hPa, geoid -107..86 m, terrain -1400..29100 ft. */
struct dcf_atmosphere dcf_atmosphere_widest(void);

/* Join `b` into `a`: each interval that either gives becomes the widest of those given. */
void dcf_atmosphere_join(struct dcf_atmosphere *a, const struct dcf_atmosphere *b);

/* Offsets to MSL by reference, computed once for a plan. */
struct dcf_offsets {
	int64_t low_e4[DCF_REF_COUNT], high_e4[DCF_REF_COUNT];
};
struct dcf_offsets dcf_offsets_of(const struct dcf_atmosphere *atmosphere);

/* Low and high end of the altitude above MSL; UNL gives DCF_ALT_MAX; `0 SFC` as a lower limit
 * (`is_lower`) gives DCF_ALT_MIN for both. */
void dcf_altitude_msl(const struct dcf_offsets *o, struct dcf_altitude alt, bool is_lower, int64_t *low_e4, int64_t *high_e4);

/* The interval of (x - y).  `same_ground`: both stand over the same ground (lateral gap 0), so two AGL
 * altitudes compare exactly. */
void dcf_altitude_difference(const struct dcf_offsets *o, struct dcf_altitude x, struct dcf_altitude y, bool same_ground,
			     int64_t *low_e4, int64_t *high_e4);

/* Is `alt` the lower limit "0 SFC": down to the ground wherever it is? */
bool dcf_altitude_is_ground(struct dcf_altitude alt);

#endif
