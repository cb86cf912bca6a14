/* SPDX-License-Identifier: Apache-2.0 */
/* geo.h - the oracle's geometry on WGS 84, from PROJ's geodesics (Karney 2013) and plain 3D vectors.
 *
 * Shares nothing with src/core: distances are geod_inverse of PROJ's geodesic.h, feet of perpendiculars
 * come from iterating it, "inside" is a winding number in the tangent plane of the point, and bounds
 * are chords of the Earth-centred frame.  Lengths are metres, angles degrees, errors below 0.1 mm for
 * geodesic edges (lonlat edges are cut so finely that they stay within DCF_ORA_LONLAT_M). */
#ifndef DCF_TEST_ORACLE_GEO_H
#define DCF_TEST_ORACLE_GEO_H

#include "core/plan.h"
#include <geodesic.h>

#define DCF_ORA_EPS      2e-4  /* what the oracle does not trust of its own distances */
#define DCF_ORA_LONLAT_M 0.004 /* farthest a piece of a lonlat edge may lie from the edge */

/* A position: degrees, and metres in the Earth-centred frame. */
struct dcf_ora_point {
	double lat, lon;
	double x[3];
};

/* A geodesic of at most 200 km.  `len` below 0: azimuth and length not yet computed. */
struct dcf_ora_piece {
	struct dcf_ora_point a, b;
	double azi, len;
};

struct dcf_ora_ball {
	double x[3], r;
};

/* Pieces one after the other (a line, a ring, or one piece without length: a point), under a binary
 * tree of balls in preorder: the left child of a node of k pieces follows it, the right one comes
 * 2 * (k / 2) later. */
struct dcf_ora_chain {
	struct dcf_ora_piece *piece;
	size_t count, cap;
	struct dcf_ora_ball *ball;
	bool ring;
};

/* What a feature is without its radius: chains, and for polygons the area that their rings enclose
 * (even-odd, so holes and several polygons need no care). */
struct dcf_ora_shape {
	struct dcf_ora_chain *chain;
	size_t count;
	bool area;
	bool lonlat;
	struct dcf_ora_ball ball;
};

const struct geod_geodesic *dcf_ora_wgs84(void);
struct dcf_ora_point dcf_ora_at(double lat, double lon);
struct dcf_ora_point dcf_ora_of(struct dcf_latlon p);
struct dcf_ora_point dcf_ora_go(struct dcf_ora_point from, double azi, double metres);
struct dcf_latlon dcf_ora_round(struct dcf_ora_point p);
double dcf_ora_distance(const struct dcf_ora_point *p, const struct dcf_ora_point *q);

/* Least geodesic distance that a chord of `c` metres can have; 0 for negative `c`. */
double dcf_ora_arc_low(double c);

/* The shape of a volume, or of a trajectory's path.  Free with dcf_ora_shape_free. Aborts without memory. */
struct dcf_ora_shape dcf_ora_shape_of(const struct dcf_feature *f);
void dcf_ora_shape_free(struct dcf_ora_shape *s);

/* Distance from the point to the shape; of areas negative inside: minus the distance to the boundary. */
double dcf_ora_signed(const struct dcf_ora_shape *s, const struct dcf_ora_point *p);

/* Distance between two shapes.  0: they meet, perhaps only within the oracle's own error.
 * Negative: they surely share a point. */
double dcf_ora_between(const struct dcf_ora_shape *a, const struct dcf_ora_shape *b);

/* A bound from below, quick. */
double dcf_ora_between_low(const struct dcf_ora_shape *a, const struct dcf_ora_shape *b);

#endif
