/* SPDX-License-Identifier: Apache-2.0 */
/* ways.h - lines over the ground as people draw them: courses, lengths, parallels.  For those who change shapes.
 *
 * Points are in 1e-7 degree, so everything here is right to about a centimetre.  DCF_E_RANGE where an edge joins nearly
 * antipodal points or a construction has no answer; DCF_E_NOMEM.  Pure but for the arena. */
#ifndef DCF_OPTIONS_WAYS_H
#define DCF_OPTIONS_WAYS_H

#include "core/geodesy.h"

/* One edge: metres, and the courses (degrees clockwise from north) at both ends.  Of an edge without length the
 * courses are 0.  Metres are those of the geodesic, also of an edge straight in longitude and latitude. */
struct dcf_leg {
	double metres, out_deg, in_deg;
};
DCF_CHECKED enum dcf_status dcf_leg_of(struct dcf_latlon a, struct dcf_latlon b, enum dcf_edges edges, struct dcf_leg *leg);

/* The point at `part` (0..1) of the edge. */
DCF_CHECKED enum dcf_status dcf_leg_point(struct dcf_latlon a, struct dcf_latlon b, enum dcf_edges edges, double part,
					  struct dcf_latlon *out);

/* Sum over the edges of an open line. */
DCF_CHECKED enum dcf_status dcf_way_metres(const struct dcf_latlon *p, uint32_t n, enum dcf_edges edges, double *metres);

/* -180 < result <= 180, the turn from course a to course b, positive to the right. */
double dcf_turn(double a_deg, double b_deg);

/* A line made from another: each point comes from vertex `from` of it. */
struct dcf_way {
	struct dcf_latlon *points;
	uint32_t *from;
	uint32_t count;
};

/* The parallel at `aside_m` to the right (negative: left) of an open line, or of a ring where `closed`.  Corners are
 * mitred; on the outside of turns sharper than 90 degrees two points keep the corner within 1.42 times aside_m.
 * DCF_E_RANGE where an edge would vanish or turn round. */
DCF_CHECKED enum dcf_status dcf_way_aside(const struct dcf_latlon *p, uint32_t n, bool closed, enum dcf_edges edges,
					  double aside_m, struct dcf_arena *arena, struct dcf_way *out);

/* +1 where a ring turns to the right at every corner that it has (its inside is on the right), -1 to the left, 0 where it
 * is not convex or winds more than once. */
int dcf_ring_convex(const struct dcf_latlon *p, uint32_t n, enum dcf_edges edges);

#endif
