/* SPDX-License-Identifier: Apache-2.0 */
/* geodesy.h - distances and directions on the WGS 84 ellipsoid.
 *
 * Positions are held in 1e-7 degree (1.1 cm at the equator), as every position of this library: what is given is
 * rounded to that first.  Poles and the antimeridian are ordinary places.  The same arguments give the same bits
 * on every machine: no function of the C library's mathematics is used but the square root.
 * Pure functions, any thread.
 *
 * dcf_geo_distance is the distance that a check decides with: the angle on the conformal sphere times Simpson's
 * mean of the local scale.  The others are T. Vincenty, "Direct and inverse solutions of geodesics on the
 * ellipsoid with application of nested equations", Survey Review 23 (1975). */
#ifndef DECONFLICT_GEODESY_H
#define DECONFLICT_GEODESY_H

#include <deconflict/export.h>
#include <deconflict/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dcf_position {
	double lat_deg; /* -90..90 */
	double lon_deg; /* -180..180; -180 and 180 are the same */
};

/* Metres from a to b along the geodesic: within 0.1 m + 1e-6 of the distance up to 7,500 km, 2e-6 of it up to
 * 10,000 km, and 2e-3 beyond, where several ways round may be nearly as short.  0 for the same place.
 * DCF_E_RANGE: a position out of range or not a number; `*distance_m` is then as before. */
DCF_API DCF_CHECKED enum dcf_status dcf_geo_distance(struct dcf_position a, struct dcf_position b, double *distance_m);

/* Metres from a to b to better than 1 mm, and the geodesic's direction where it leaves `a`, in degrees clockwise
 * from true north, 0..360 (0 for the same place; at a pole counted from the meridian of `a`'s longitude).
 * DCF_E_RANGE as above; DCF_E_REFUSED: the two are nearly antipodal (beyond some 19,900 km), where the direction
 * is not unique.  `*distance_m` and `*azimuth_deg` are then as before; either may be NULL. */
DCF_API DCF_CHECKED enum dcf_status dcf_geo_inverse(struct dcf_position a, struct dcf_position b, double *distance_m,
						    double *azimuth_deg);

/* The place reached from `a` after distance_m (0..20,000,000) along the geodesic that leaves it at azimuth_deg
 * (-360..360): to the nearest 1e-7 degree.  DCF_E_RANGE: an argument out of range or not a number; `*b` is then
 * as before. */
DCF_API DCF_CHECKED enum dcf_status dcf_geo_direct(struct dcf_position a, double azimuth_deg, double distance_m,
						   struct dcf_position *b);

#ifdef __cplusplus
}
#endif

#endif
