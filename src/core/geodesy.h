/* SPDX-License-Identifier: Apache-2.0 */
/* geodesy.h - positions on WGS 84, as unit vectors on the conformal sphere.
 *
 * A position is held as the unit vector of (conformal latitude, longitude).  The map from the
 * ellipsoid to that sphere is conformal: near a point it only scales, by rho(z) metres a radian, a
 * slow function of the vector's z.  So distances over any length are angles times a mean of rho
 * (better than 1e-6), poles and the antimeridian are ordinary places, and great-circle pieces of at
 * most DCF_PIECE_M between points of a geodesic stay within 0.03 m of it.
 * All functions are pure, use only + - * / and sqrt, and give the same bits everywhere. */
#ifndef DCF_CORE_GEODESY_H
#define DCF_CORE_GEODESY_H

#include "core/num.h"
#include "core/plan.h"

/* Longest piece of a geodesic that is treated as a great circle of the conformal sphere: 10 NM. */
#define DCF_PIECE_M 18520.0

struct dcf_vec {
	double x, y, z;
};

static inline struct dcf_vec dcf_vec_add(struct dcf_vec a, struct dcf_vec b)
{
	return (struct dcf_vec){ a.x + b.x, a.y + b.y, a.z + b.z };
}
static inline struct dcf_vec dcf_vec_sub(struct dcf_vec a, struct dcf_vec b)
{
	return (struct dcf_vec){ a.x - b.x, a.y - b.y, a.z - b.z };
}
static inline struct dcf_vec dcf_vec_scale(struct dcf_vec a, double k)
{
	return (struct dcf_vec){ a.x * k, a.y * k, a.z * k };
}
static inline double dcf_vec_dot(struct dcf_vec a, struct dcf_vec b)
{
	return a.x * b.x + a.y * b.y + a.z * b.z;
}
static inline struct dcf_vec dcf_vec_cross(struct dcf_vec a, struct dcf_vec b)
{
	return (struct dcf_vec){ a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x };
}
static inline double dcf_vec_length(struct dcf_vec a)
{
	return dcf_sqrt(dcf_vec_dot(a, a));
}
/* a / |a|; the zero vector stays as it is. */
/* Two unit vectors that make a right-handed basis with the unit vector p: u, n, p. */
void dcf_vec_basis(struct dcf_vec p, struct dcf_vec *u, struct dcf_vec *n);

static inline struct dcf_vec dcf_vec_unit(struct dcf_vec a)
{
	double n = dcf_vec_length(a);

	return n > 0 ? dcf_vec_scale(a, 1 / n) : a;
}

/* Degrees times 1e7 to the conformal sphere and back (rounded to the nearest 1e-7 degree). */
struct dcf_vec dcf_vec_of(struct dcf_latlon p);
struct dcf_latlon dcf_latlon_of(struct dcf_vec v);

/* Metres a radian at height z of the sphere: 6,378,137 at the equator, less towards the poles. */
static inline double dcf_rho(double z)
{
	/* N(phi) cos(phi) / cos(chi) as a polynomial in z^2 = sin^2(chi), fitted at Chebyshev nodes in
	 * 40-digit arithmetic; differs from the formula by less than 4e-12 m. */
	double u = z * z, p = 2.3159710420374060755e-6;

	p = p * u - 0.00019316084364304505137;
	p = p * u + 0.016312192401089269632;
	p = p * u - 1.4962708737110563322;
	p = p * u + 157.24634142528458628;
	p = p * u - 21492.716766646035699;
	return p * u + 6378137.0;
}

/* Geodesic distance between two positions in metres: the great circle's angle times Simpson's mean of
 * rho, which differs from the geodesic by less than 1e-6 of it up to 7,500 km, 2e-6 up to 10,000 km, 2e-3 beyond. */
double dcf_distance_m(struct dcf_vec a, struct dcf_vec b);

/* Vincenty's inverse on WGS 84: distance in metres, azimuth at `a` in degrees clockwise from north,
 * 0..360 (0 for coincident points).  Better than 1 mm.
 * DCF_E_REFUSED for nearly antipodal points, where the series does not converge. */
DCF_CHECKED enum dcf_status dcf_inverse(struct dcf_latlon a, struct dcf_latlon b, double *distance_m, double *azimuth_deg);

/* The point `distance_m` along the geodesic that leaves `a` at `azimuth_deg` (Vincenty's direct). */
struct dcf_vec dcf_direct(struct dcf_latlon a, double azimuth_deg, double distance_m);

/* An edge between two positions and their vectors (as dcf_vec_of gives them). */
struct dcf_edge {
	struct dcf_latlon from, to;
	struct dcf_vec a, b;
	enum dcf_edges edges;
};

/* Number of pieces that the edge is cut into, at least 1, so that none is longer than `piece_m`
 * (and, for lonlat edges, so that great-circle pieces stay within 0.05 m of the straight line in
 * longitude and latitude).  DCF_E_REFUSED: a geodesic edge between nearly antipodal points, or a lonlat
 * edge that spans more than 180 degrees of longitude. */
DCF_CHECKED enum dcf_status dcf_edge_cut(const struct dcf_edge *e, double piece_m, uint32_t *pieces);

/* Writes the pieces - 1 inner points of the edge to `out`, at equal distances along a geodesic, equal steps
 * of longitude and latitude along a lonlat edge. */
void dcf_edge_inner(const struct dcf_edge *e, uint32_t pieces, struct dcf_vec *out);

/* The same two for callers without vectors. */
DCF_CHECKED enum dcf_status dcf_edge_pieces(struct dcf_latlon a, struct dcf_latlon b, enum dcf_edges edges, double piece_m,
					    uint32_t *pieces);
void dcf_edge_points(struct dcf_latlon a, struct dcf_latlon b, enum dcf_edges edges, uint32_t pieces, struct dcf_vec *out);

#endif
