/* SPDX-License-Identifier: Apache-2.0 */
/* outline.h - what a feature covers on the ground, as rings of points: shared by every output that knows
 * polygons only.
 *
 * An outline is circumscribed: it contains the true shape (all points within a radius of a point or a
 * line, or inside a polygon) and reaches at most `within_m` beyond it.  Rings are unit vectors of
 * core/geodesy.h, without the first point repeated, with what they enclose on the left; consecutive
 * points are joined by the short great circle, which between them stays within 0.05 m of the geodesic.
 *
 * Corridors, orbits and trajectories give one ring a leg (the union is the shape).  A shape that reaches
 * farther than DCF_OUTLINE_REACH_M from its middle sets `everything` instead: polygons larger than that
 * cannot be told from their complement. */
#ifndef DCF_FORMAT_OUTLINE_H
#define DCF_FORMAT_OUTLINE_H

#include "core/geodesy.h"

#define DCF_OUTLINE_REACH_M 9000000.0

enum dcf_outline_reading {
	DCF_OUTLINE_GEODESIC, /* who reads the points takes the edges as geodesics */
	DCF_OUTLINE_PLANE,    /* ... or as straight in longitude and latitude: valid for both */
	DCF_OUTLINE_PICTURE   /* only to be looked at: no margins, `within_m` in both directions */
};

struct dcf_outline_want {
	enum dcf_outline_reading reading;
	double within_m; /* at least 10 for DCF_OUTLINE_PLANE, 2 for DCF_OUTLINE_GEODESIC */
};

struct dcf_outline_ring {
	size_t first, count;
	bool outer;   /* otherwise a hole of the last outer ring: what it encloses is not covered */
	uint32_t leg; /* of corridors, orbits, trajectories: the leg's first point */
};

/* Zero-initialise, set `from`.  One may be used for many features: _clear between them. */
struct dcf_outline {
	const struct dcf_alloc *from;
	struct dcf_vec *points;
	size_t point_count, point_cap;
	struct dcf_outline_ring *rings;
	size_t ring_count, ring_cap;
	bool everything;
};

void dcf_outline_clear(struct dcf_outline *o);
void dcf_outline_free(struct dcf_outline *o);

/* Append the rings of a whole feature.  DCF_E_REFUSED for an edge that has no one shortest way.  On
 * failure the outline holds a part. */
DCF_CHECKED enum dcf_status dcf_outline_feature(struct dcf_outline *o, const struct dcf_feature *f,
						const struct dcf_outline_want *want);
/* Append everything within `radius_m` (0 is allowed) of a point, or of the geodesic a-b. */
DCF_CHECKED enum dcf_status dcf_outline_circle(struct dcf_outline *o, struct dcf_latlon at, double radius_m,
					       const struct dcf_outline_want *want);
DCF_CHECKED enum dcf_status dcf_outline_capsule(struct dcf_outline *o, struct dcf_latlon a, struct dcf_latlon b,
						double radius_m, const struct dcf_outline_want *want);

/* How many points a circumscribed circle needs: even, 4..4096. */
uint32_t dcf_outline_corners(double radius_m, double within_m);

/* Is the smaller of the two areas that a ring encloses on its left?  Points count 3 or more; edges are
 * great circles. */
bool dcf_ring_is_left(const struct dcf_vec *v, size_t count);

#endif
