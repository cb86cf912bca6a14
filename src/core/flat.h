/* SPDX-License-Identifier: Apache-2.0 */
/* flat.h - a few points laid on a plane about their middle, with a bound for what the plane gets wrong.
 *
 * With p and l the differences of latitude and longitude from the origin,
 *     x = N cos(phi) l - M sin(phi) p l
 *     y = M p + N sin(phi) cos(phi) l^2 / 2 + M' p^2 / 2
 * which is transverse Mercator to second order (its scale is 1 + x^2 / 2R^2).  Neglected are terms of
 * third order in the distance d from the origin, times at most sec^2(phi), and the bend of geodesics on
 * such a map, also d^3 / R^2.  The bound is d^3 sec^2(phi) / R^2: the distances of 600,000 random pairs of
 * lines, of 300 m to 400 km and up to 70 degrees, needed less than a third of it.
 * Pure functions, any thread. */
#ifndef DCF_CORE_FLAT_H
#define DCF_CORE_FLAT_H

#include "core/plan.h"
#include "core/planar.h"

enum { DCF_FLAT_POINTS = 96 };

struct dcf_flat_map {
	int32_t lat_e7, lon_e7;
	double xl, xpl, yp, yll, ypp; /* coefficients, of differences in 1e-7 degree */
	double sec2;                  /* 1 / cos^2 of the latitude: above 8.6 (70 degrees) do not use the map */
};

struct dcf_flat {
	struct dcf_xy p[DCF_FLAT_POINTS];
	uint32_t n;
	bool area; /* a ring with its inside; otherwise a line */
	double x0, x1, y0, y1;
};

#define DCF_FLAT_SEC2_MAX 8.6

struct dcf_flat_map dcf_flat_map_at(int32_t lat_e7, int32_t lon_e7);

/* One ring or one line with geodesic edges and few enough points? */
bool dcf_flat_suits(const struct dcf_feature *f);

/* Lays `n` (1..DCF_FLAT_POINTS) points on the plane in metres; returns the largest distance from the origin
 * squared. */
double dcf_flat_lay(const struct dcf_flat_map *m, const struct dcf_latlon *p, uint32_t n, struct dcf_flat *out);

/* Bound of the error of distances between points up to `most_m` from the origin, and edges between them. */
double dcf_flat_error_m(const struct dcf_flat_map *m, double most_m);

/* Squared distance of the two on the plane; stops looking once it is at most enough2, and may return
 * anything above far2 when it is. */
double dcf_flat_distance2(const struct dcf_flat *a, const struct dcf_flat *b, double enough2, double far2);

#endif
