/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h - declared geometry made ready for exact tests.
 *
 * A BASE is a set of great-circle arcs on the conformal sphere: the rings of one polygon (then it also
 * covers their inside) or the line of a corridor, an orbit or a circle's centre.  The shape is every
 * point within `radius_m` of the base; polygons have radius 0.  So one routine, the distance between
 * two bases, serves every pair of shapes.
 * A TRACK is a trajectory cut into pieces of at most 10 NM: points with times.
 *
 * Arcs are at most DCF_PIECE_M long.  Over each run of eight arcs stands a box in space, over each
 * eight boxes another: arcs bulge out of the box of their ends by their sagitta, which is added. */
#ifndef DCF_CORE_SHAPE_H
#define DCF_CORE_SHAPE_H

#include "core/geodesy.h"
#include "core/planar.h"

struct dcf_arc {
	struct dcf_vec a, b;
	struct dcf_vec n; /* unit normal of the plane through a and b; zero for a single point */
};

struct dcf_box3 {
	double low[3], high[3];
};

enum { DCF_FAN = 8, DCF_BOX_LEVELS = 8 };

struct dcf_base {
	struct dcf_arc *arcs;
	uint32_t arc_count; /* at least 1 */
	bool area;          /* the inside belongs to it */
	double radius_m;
	/* boxes[level]: box_count[level] of them; level 0 stands over arcs, level k over level k - 1 */
	struct dcf_box3 *boxes[DCF_BOX_LEVELS];
	uint32_t box_count[DCF_BOX_LEVELS];
	int levels;
	/* area only: gnomonic coordinates about `centre` (in which arcs are straight), two an arc */
	struct dcf_vec centre, east, north;
	struct dcf_xy *xy;
	uint32_t *ring_end; /* arcs of ring i end before ring_end[i]; ring 0 is the outer one */
	uint32_t ring_count;
};

struct dcf_track {
	const struct dcf_feature *feature;
	struct dcf_vec *v; /* n points on the sphere */
	double *t_us;      /* n times after feature->start_us; not decreasing */
	uint32_t *leg;     /* leg (waypoint index) of each of the n - 1 pieces */
	uint32_t n;
};

/* Largest radius, half width, containment or minimum: beyond it "nearest point" stops being unique. */
#define DCF_REACH_MAX_M 3000000.0

/* Number of bases of a feature: its polygons (outer rings), 1 for every other shape but trajectories. */
uint32_t dcf_feature_parts(const struct dcf_feature *f);

/* Build base `part` of `f` in `arena`.  DCF_E_REFUSED with `*why` a sentence: an edge between nearly
 * antipodal points, a lonlat edge across more than 180 degrees, a ring that crosses or touches itself
 * or folds back, a ring without area, a hole that crosses its outer ring, a polygon that does not fit
 * within 80 degrees of its centre.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_base_build(const struct dcf_feature *f, uint32_t part, struct dcf_arena *arena,
					   struct dcf_base *out, const char **why);

/* A base without radius or area of arcs that the caller made (kept, not copied); boxes come from `arena`. */
DCF_CHECKED enum dcf_status dcf_base_of_arcs(struct dcf_arc *arcs, uint32_t n, struct dcf_arena *arena, struct dcf_base *out);

/* A base of the single point `p` without radius. */
void dcf_base_point(struct dcf_vec p, struct dcf_arc *arc, struct dcf_box3 *box, struct dcf_base *out);

DCF_CHECKED enum dcf_status dcf_track_build(const struct dcf_feature *f, struct dcf_arena *arena, struct dcf_track *out,
					    const char **why);

/* Is p inside the area (not for bases without one)?  On the boundary either answer may come. */
bool dcf_base_contains(const struct dcf_base *base, struct dcf_vec p);

/* A box around the base with its inside. */
struct dcf_box3 dcf_base_hull(const struct dcf_base *base);

/* Squared chord between two boxes: a lower bound for everything in them. */
double dcf_box_gap2(const struct dcf_box3 *a, const struct dcf_box3 *b);

#endif
