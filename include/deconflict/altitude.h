/* SPDX-License-Identifier: Apache-2.0 */
/* altitude.h - altitudes of different references, and what lies between them.
 *
 * Altitudes are integers of 0.1 mm, so that feet (3048), metres (10000) and flight levels (304800) are exact:
 * two aircraft exactly 1,000 ft apart stay exactly 1,000 ft apart.  What is not known exactly is an interval, and
 * every result is an interval rounded outward to 0.1 mm.
 *   MSL = STD - 145366.45 ft * (1 - (QNH / 1013.25 hPa)^0.190284)     (the altimeter equation of the standard
 *         atmosphere in feet, as in the U.S. National Weather Service's pressure altitude formula)
 *   MSL = AGL + terrain        MSL = W84 - geoid height
 * Pure functions, any thread. */
#ifndef DECONFLICT_ALTITUDE_H
#define DECONFLICT_ALTITUDE_H

#include <deconflict/export.h>
#include <deconflict/status.h>

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dcf_reference {
	DCF_ABOVE_MSL = 0, /* mean sea level (the geoid) */
	DCF_ABOVE_STD = 1, /* pressure altitude, 1013.25 hPa */
	DCF_ABOVE_AGL = 2, /* the ground below */
	DCF_ABOVE_SFC = 3, /* the same; as a lower limit 0 SFC is the ground wherever it is */
	DCF_ABOVE_W84 = 4, /* the WGS 84 ellipsoid */
	DCF_REFERENCE_END
};

enum dcf_unit { DCF_IN_FEET = 0, DCF_IN_METRES = 1, DCF_IN_FLIGHT_LEVELS = 2, DCF_UNIT_END };

struct dcf_level {
	int64_t e4; /* 0.1 mm above the reference */
	enum dcf_reference reference;
};

/* What is known of the air and the ground, as [low, high]. */
struct dcf_air {
	double qnh_hpa[2];     /* within 850..1100 */
	double geoid_m[2];     /* height of mean sea level above the ellipsoid, within -200..200 */
	int64_t terrain_e4[2]; /* ground above mean sea level, 0.1 mm, within -1000..10000 m */
};

/* Where nothing is known: QNH 950..1050 hPa, geoid -107..86 m, terrain -1,400..29,100 ft. */
DCF_API struct dcf_air dcf_air_widest(void);

/* `value` of `unit` above `reference`, to the nearest 0.1 mm.  Flight levels are above STD only.
 * DCF_E_RANGE: not a number, more than 1,000,000 m up or down, an unknown unit or reference, or a flight level of
 * another reference; `*out` is then as before. */
DCF_API DCF_CHECKED enum dcf_status dcf_level_of(double value, enum dcf_unit unit, enum dcf_reference reference,
						 struct dcf_level *out);

/* The same altitude above mean sea level: the interval low_high_e4[0]..[1].
 * DCF_E_RANGE: `level` or `air` out of range, or an interval with low above high; nothing is written then. */
DCF_API DCF_CHECKED enum dcf_status dcf_level_above_sea(const struct dcf_air *air, struct dcf_level level,
							int64_t low_high_e4[2]);

/* x - y.  Exact (low = high) for two of one reference, but for AGL and SFC, which are exact only over the same
 * ground (`same_ground`); an interval otherwise.  Errors as above. */
DCF_API DCF_CHECKED enum dcf_status dcf_level_difference(const struct dcf_air *air, struct dcf_level x, struct dcf_level y,
							 bool same_ground, int64_t low_high_e4[2]);

#ifdef __cplusplus
}
#endif

#endif
