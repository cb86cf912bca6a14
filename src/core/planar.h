/* SPDX-License-Identifier: Apache-2.0 */
/* planar.h - the real-valued heart of the kernel: motion along straight lines in local metres.
 *
 * Everything here is plane geometry with doubles in one unit (metres, or radians of the sphere where a
 * caller has projected so that lines stay straight); what is decided exactly (altitude, windows) and
 * what carries a tolerance is the callers' affair.  Pure functions, any thread. */
#ifndef DCF_CORE_PLANAR_H
#define DCF_CORE_PLANAR_H

#include "core/set.h"

struct dcf_xy {
	double x, y;
};

/* When is |s + v t| <= d, within [t0, t1]?  Writes the closed interval and returns true, or returns
 * false.  d >= 0; v may be 0.  Roots of the quadratic without cancellation. */
bool dcf_disc_interval(struct dcf_xy s, struct dcf_xy v, double d, double t0, double t1, double *in, double *out);

/* When is |sz + vz t| <= h, within [t0, t1]? */
bool dcf_band_interval(double sz, double vz, double h, double t0, double t1, double *in, double *out);

/* The cylinder test of two points in straight flight (CD3D): when is the horizontal distance < d and
 * the vertical distance < h, within [t0, t1]?  s, v: relative position and velocity {x, y, z}.
 * True only for an interval of positive length, so open and closed limits agree except for standing
 * exactly on a limit, which is outside. */
bool dcf_cylinder_interval(const double s[3], const double v[3], double d, double h, double t0, double t1, double *in,
			   double *out);

/* A segment seen by a point that moves in a straight line, in coordinates of the segment: `along` its
 * direction measured from its first end, `across` it, and `back` from its second end against its
 * direction (all at t = 0), with their rates.  On a plane back = length - along; on the sphere the
 * three are separate linear functions of the motion. */
struct dcf_approach {
	double along, across, back;
	double along_rate, across_rate, back_rate;
	double end_across, end_across_rate; /* distance across as seen from the second end: the same on a plane */
};

/* When is the point within d of the segment, within [t0, t1]?  A moving point is near a convex set for
 * one interval at most. */
bool dcf_capsule_interval(const struct dcf_approach *a, double d, double t0, double t1, double *in, double *out);

/* Is p inside the polygon (even-odd rule over n vertices, closing edge implied)?  Points on the
 * boundary may go either way. */
bool dcf_polygon_contains(const struct dcf_xy *polygon, size_t n, struct dcf_xy p);

/* When is a point that moves as p + v t within d of the polygon (or in it), within [t0, t1]?
 * The set is normalised; with d = 0 instants of touching may appear as intervals of no length. */
void dcf_polygon_crossing(const struct dcf_xy *polygon, size_t n, struct dcf_xy p, struct dcf_xy v, double d, double t0,
			  double t1, struct dcf_set *out);

struct dcf_box_xy {
	double x0, y0, x1, y1;
};

/* A simple ring of n >= 1 vertices (either winding, closing edge implied), borrowed, and the box around it. */
struct dcf_polygon {
	const struct dcf_xy *p;
	size_t n;
	struct dcf_box_xy box;
};

struct dcf_polygon dcf_polygon_of(const struct dcf_xy *p, size_t n);

/* Do the closed polygons a and b have a point in common?  Exact while the products of differences of coordinates
 * are, as for whole numbers below 2^25. */
bool dcf_polygons_meet(const struct dcf_polygon *a, const struct dcf_polygon *b);

#endif
