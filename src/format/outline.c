/* SPDX-License-Identifier: Apache-2.0 */
#include "format/outline.h"
#include "core/num.h"

/* Added to radii: rounding to 1e-7 degree (0.008 m), the ellipsoid under spherical formulas (below
 * 0.05 m for the few metres they bridge), and for DCF_OUTLINE_PLANE the bend of an edge read straight
 * in longitude and latitude. */
static const double margin_m[] = { [DCF_OUTLINE_GEODESIC] = 0.2, [DCF_OUTLINE_PLANE] = 1.2, [DCF_OUTLINE_PICTURE] = 0 };
#define PLANE_BEND_M    0.25 /* a plane edge is halved until it bends less than this from the great circle */
#define PLANE_IGNORE_M  0.005
#define GEODESIC_BEND_M 0.05 /* promised by dcf_edge_pieces for lonlat edges and for DCF_PIECE_M */
#define LONLAT_IGNORE_M 0.0001
#define COINCIDENT_M    0.02
#define LEG_MAX_M       500000.0
#define PICTURE_PIECES  48u

void dcf_outline_clear(struct dcf_outline *o)
{
	o->point_count = o->ring_count = 0;
	o->everything = false;
}

void dcf_outline_free(struct dcf_outline *o)
{
	dcf_alloc_free(o->from, o->points, o->point_cap * sizeof *o->points);
	dcf_alloc_free(o->from, o->rings, o->ring_cap * sizeof *o->rings);
	*o = (struct dcf_outline){ .from = o->from };
}

static enum dcf_status reserve(struct dcf_outline *o, size_t more)
{
	void *p = o->points;
	enum dcf_status s = dcf_grow(o->from, &p, &o->point_cap, o->point_count + more, sizeof *o->points);

	o->points = p;
	return s;
}

static enum dcf_status put_point(struct dcf_outline *o, struct dcf_vec v)
{
	enum dcf_status s = reserve(o, 1);

	if (s == DCF_OK)
		o->points[o->point_count++] = v;
	return s;
}

/* Make a ring of the points put since `first`; fewer than 3 enclose nothing and are dropped. */
static enum dcf_status end_ring(struct dcf_outline *o, size_t first, bool outer, uint32_t leg)
{
	void *p = o->rings;
	enum dcf_status s = dcf_grow(o->from, &p, &o->ring_cap, o->ring_count + 1, sizeof *o->rings);

	o->rings = p;
	if (s != DCF_OK)
		return s;
	if (o->point_count - first < 3) {
		o->point_count = first;
		return DCF_OK;
	}
	o->rings[o->ring_count++] = (struct dcf_outline_ring){ first, o->point_count - first, outer, leg };
	return DCF_OK;
}

static double metres_between(struct dcf_vec a, struct dcf_vec b)
{
	return dcf_vec_length(dcf_vec_sub(a, b)) * dcf_rho((a.z + b.z) / 2);
}

/* From the true edge a-b to points on it: `emit` more than once where the reading asks for it. */
static double plane_bend_m(struct dcf_vec a, struct dcf_vec b)
{
	struct dcf_latlon p = dcf_latlon_of(a), q = dcf_latlon_of(b), m;
	int64_t dlon = (int64_t)q.lon_e7 - p.lon_e7, lon;

	if (dlon > 1800000000)
		dlon -= 3600000000;
	if (dlon < -1800000000)
		dlon += 3600000000;
	lon = p.lon_e7 + dlon / 2;
	if (lon > 1800000000)
		lon -= 3600000000;
	if (lon < -1800000000)
		lon += 3600000000;
	m = (struct dcf_latlon){ p.lat_e7 + (q.lat_e7 - p.lat_e7) / 2, (int32_t)lon };
	return metres_between(dcf_vec_unit(dcf_vec_add(a, b)), dcf_vec_of(m));
}

/* Does the edge turn so far around a pole that its direction in longitude would be in doubt? */
static bool swings_round_pole(struct dcf_vec a, struct dcf_vec b)
{
	return a.x * b.x + a.y * b.y < 0;
}

/* Points between a and b (both exclusive) so that the edge may be read in either way.  `force`: at
 * least one where it bends at all, as a corner cannot be moved outward. */
static enum dcf_status put_between(struct dcf_outline *o, struct dcf_vec a, struct dcf_vec b, double bend_m, double *worst_m,
				   int depth)
{
	double bend = plane_bend_m(a, b);
	struct dcf_vec m;
	enum dcf_status s;

	if (depth >= 40 || (bend <= bend_m && (!swings_round_pole(a, b) || metres_between(a, b) < COINCIDENT_M))) {
		if (bend > *worst_m)
			*worst_m = bend;
		return DCF_OK;
	}
	m = dcf_vec_unit(dcf_vec_add(a, b));
	s = put_between(o, a, m, PLANE_BEND_M, worst_m, depth + 1);
	if (s == DCF_OK)
		s = put_point(o, m);
	return s == DCF_OK ? put_between(o, m, b, PLANE_BEND_M, worst_m, depth + 1) : s;
}

uint32_t dcf_outline_corners(double radius_m, double within_m)
{
	double n = dcf_ceil(DCF_PI * dcf_sqrt(radius_m / (2 * within_m)) / 2) * 2;

	return !(n >= 4) ? 4 : n > 4096 ? 4096 : (uint32_t)n;
}

/* Where the corners of a regular n-gon stand so that its edges keep `radius_m` from the middle; for a
 * cap of a sphere: tan(corner) = tan(radius) / cos(pi / n). */
static double corner_distance(double radius_m, uint32_t n)
{
	double s, c, half_s, half_c;

	dcf_sincos(radius_m / 6371000, &s, &c);
	dcf_sincos(DCF_PI / n, &half_s, &half_c);
	return dcf_atan2(s, c * half_c) * 6371000;
}

struct rounding {
	double corner_m;
	uint32_t corners;
};

static struct rounding rounding_of(double radius_m, const struct dcf_outline_want *want)
{
	double r = radius_m + margin_m[want->reading];
	/* Half of what is allowed: the rest is for margins and for how far the ellipsoid is off a sphere. */
	struct rounding k = { 0, dcf_outline_corners(r, want->within_m / 2) };

	/* A point without extent still needs an outline that has an inside. */
	k.corner_m = corner_distance(r > 0.05 ? r : 0.05, k.corners);
	return k;
}

/* `count + 1` corners counter-clockwise about `at`, from azimuth `from` through `sweep` degrees. */
static enum dcf_status put_arc(struct dcf_outline *o, struct dcf_latlon at, const struct rounding *k, double from, double sweep,
			       uint32_t count)
{
	enum dcf_status s = DCF_OK;

	for (uint32_t i = 0; s == DCF_OK && i <= count; i++)
		s = put_point(o, dcf_direct(at, from - sweep * i / count, k->corner_m));
	return s;
}

/* Replace the points since `first` by the same with what the plane reading needs between them. */
static enum dcf_status bend_ring(struct dcf_outline *o, size_t first, const struct dcf_outline_want *want)
{
	struct dcf_outline copy = { .from = o->from };
	size_t n = o->point_count - first;
	double worst = 0;
	enum dcf_status s = DCF_OK;

	if (want->reading != DCF_OUTLINE_PLANE)
		return DCF_OK;
	for (size_t i = 0; s == DCF_OK && i < n; i++) {
		struct dcf_vec a = o->points[first + i], b = o->points[first + (i + 1) % n];

		s = put_point(&copy, a);
		if (s == DCF_OK)
			s = put_between(&copy, a, b, PLANE_BEND_M, &worst, 0);
	}
	if (s == DCF_OK)
		s = reserve(o, copy.point_count);
	if (s == DCF_OK) {
		memcpy(o->points + first, copy.points, copy.point_count * sizeof *copy.points);
		o->point_count = first + copy.point_count;
	}
	dcf_outline_free(&copy);
	return s;
}

enum dcf_status dcf_outline_circle(struct dcf_outline *o, struct dcf_latlon at, double radius_m,
				   const struct dcf_outline_want *want)
{
	struct rounding k = rounding_of(radius_m, want);
	size_t first = o->point_count;
	enum dcf_status s;

	if (!(radius_m <= DCF_OUTLINE_REACH_M)) {
		o->everything = true;
		return DCF_OK;
	}
	s = put_arc(o, at, &k, 0, 360 - 360.0 / k.corners, k.corners - 1);
	if (s == DCF_OK)
		s = bend_ring(o, first, want);
	return s == DCF_OK ? end_ring(o, first, true, 0) : s;
}

/* One side of a capsule: from beside `a` to beside `b`, the corners between them (the ends belong to
 * the arcs).  `nodes`: the inner points of a-b. */
static enum dcf_status put_side(struct dcf_outline *o, const struct dcf_vec *nodes, uint32_t pieces, struct dcf_latlon b,
				const struct rounding *k)
{
	enum dcf_status s = DCF_OK;

	for (uint32_t i = 0; s == DCF_OK && i + 1 < pieces; i++) {
		struct dcf_latlon at = dcf_latlon_of(nodes[i]);
		double d, azimuth;

		s = dcf_inverse(at, b, &d, &azimuth);
		if (s == DCF_OK)
			s = put_point(o, dcf_direct(at, azimuth + 90, k->corner_m));
	}
	return s;
}

/* Around: the right side from a to b, the arc at b, the side back, the arc at a. */
static enum dcf_status put_capsule(struct dcf_outline *o, struct dcf_latlon a, struct dcf_latlon b, double there, double back,
				   struct dcf_vec *nodes, uint32_t pieces, const struct rounding *k)
{
	enum dcf_status s = put_side(o, nodes, pieces, b, k);

	for (uint32_t i = 0; i < (pieces - 1) / 2; i++) {
		struct dcf_vec swap = nodes[i];

		nodes[i] = nodes[pieces - 2 - i];
		nodes[pieces - 2 - i] = swap;
	}
	if (s == DCF_OK)
		s = put_arc(o, b, k, back - 90, 180, k->corners / 2);
	if (s == DCF_OK)
		s = put_side(o, nodes, pieces, a, k);
	return s == DCF_OK ? put_arc(o, a, k, there - 90, 180, k->corners / 2) : s;
}

static enum dcf_status capsule_piece(struct dcf_outline *o, struct dcf_latlon a, struct dcf_latlon b, double radius_m,
				     const struct dcf_outline_want *want, uint32_t leg)
{
	double piece_m = want->reading == DCF_OUTLINE_PICTURE ? LEG_MAX_M / 4 : DCF_PIECE_M, d, there, back;
	struct rounding k = rounding_of(radius_m, want);
	size_t first = o->point_count, nodes_size;
	struct dcf_vec *nodes = NULL;
	uint32_t pieces;
	enum dcf_status s = dcf_inverse(a, b, &d, &there);

	if (s == DCF_OK)
		s = dcf_inverse(b, a, &d, &back);
	if (s == DCF_OK)
		s = dcf_edge_pieces(a, b, DCF_EDGES_GEODESIC, piece_m, &pieces);
	if (s != DCF_OK)
		return s;
	nodes_size = pieces * sizeof *nodes;
	nodes = dcf_alloc_new(o->from, nodes_size);
	if (!nodes)
		return DCF_E_NOMEM;
	dcf_edge_points(a, b, DCF_EDGES_GEODESIC, pieces, nodes);
	/* Azimuths of the arcs are those towards the other end: the arc at b sweeps the half circle that
	 * faces away from a, counter-clockwise from the right of the way there. */
	s = put_capsule(o, a, b, there, back, nodes, pieces, &k);
	if (s == DCF_OK)
		s = bend_ring(o, first, want);
	if (s == DCF_OK)
		s = end_ring(o, first, true, leg);
	dcf_alloc_free(o->from, nodes, nodes_size);
	return s;
}

static enum dcf_status capsule(struct dcf_outline *o, struct dcf_latlon a, struct dcf_latlon b, double radius_m,
			       const struct dcf_outline_want *want, uint32_t leg)
{
	double d, azimuth;
	uint32_t pieces;
	struct dcf_latlon from = a;
	enum dcf_status s = dcf_inverse(a, b, &d, &azimuth);

	if (s != DCF_OK)
		return s;
	if (!(radius_m <= DCF_OUTLINE_REACH_M / 3)) { /* with its leg it would pass the reach */
		o->everything = true;
		return DCF_OK;
	}
	if (d < COINCIDENT_M)
		return dcf_outline_circle(o, a, radius_m + d, want);
	/* Short capsules keep the ring far from half the earth. */
	pieces = (uint32_t)dcf_ceil(d / LEG_MAX_M);
	for (uint32_t i = 1; s == DCF_OK && i <= pieces; i++) {
		struct dcf_latlon to = i == pieces ? b : dcf_latlon_of(dcf_direct(a, azimuth, d * i / pieces));

		s = capsule_piece(o, from, to, radius_m, want, leg);
		from = to;
	}
	return s;
}

enum dcf_status dcf_outline_capsule(struct dcf_outline *o, struct dcf_latlon a, struct dcf_latlon b, double radius_m,
				    const struct dcf_outline_want *want)
{
	return capsule(o, a, b, radius_m, want, 0);
}

/* Gauss-Bonnet: the area on the left is 2 pi less the sum of the turns to the left. */
bool dcf_ring_is_left(const struct dcf_vec *v, size_t count)
{
	double turns = 0;

	for (size_t i = 0; i < count; i++) {
		struct dcf_vec at = v[i], before = v[(i + count - 1) % count], after = v[(i + 1) % count];
		struct dcf_vec in = dcf_vec_sub(dcf_vec_scale(at, dcf_vec_dot(at, before)), before);
		struct dcf_vec out = dcf_vec_sub(after, dcf_vec_scale(at, dcf_vec_dot(at, after)));

		turns += dcf_atan2(dcf_vec_dot(dcf_vec_cross(in, out), at), dcf_vec_dot(in, out));
	}
	return turns > 0;
}

/* The true edge a-b as points: a, then what lies between, each reading as it needs; `moved_m`: how far
 * the points between must go outward so that the edge never cuts into the shape. */
static enum dcf_status put_edge(struct dcf_outline *o, struct dcf_latlon a, struct dcf_latlon b, enum dcf_edges edges,
				const struct dcf_outline_want *want, double *moved_m)
{
	bool picture = want->reading == DCF_OUTLINE_PICTURE, plane = want->reading == DCF_OUTLINE_PLANE;
	struct dcf_vec from = dcf_vec_of(a), to = dcf_vec_of(b), *inner = NULL;
	double worst = edges == DCF_EDGES_LONLAT && !picture ? GEODESIC_BEND_M : 0;
	uint32_t pieces;
	enum dcf_status s = dcf_edge_pieces(a, b, edges, picture ? LEG_MAX_M / 4 : DCF_PIECE_M, &pieces);
	size_t inner_size;

	*moved_m = 0;
	if (s != DCF_OK)
		return s;
	if (picture && pieces > PICTURE_PIECES)
		pieces = PICTURE_PIECES;
	if (want->reading == DCF_OUTLINE_GEODESIC && edges == DCF_EDGES_GEODESIC)
		pieces = 1; /* the reader's edge is ours */
	/* An edge that is not cut may yet bend outward of what is read: its middle can be moved, its ends cannot. */
	if (want->reading == DCF_OUTLINE_GEODESIC && edges == DCF_EDGES_LONLAT && pieces == 1 &&
	    plane_bend_m(from, to) > LONLAT_IGNORE_M)
		pieces = 2;
	inner_size = pieces * sizeof *inner;
	inner = dcf_alloc_new(o->from, inner_size);
	if (!inner)
		return DCF_E_NOMEM;
	dcf_edge_points(a, b, edges, pieces, inner);
	inner[pieces - 1] = to;
	for (uint32_t i = 0; s == DCF_OK && i < pieces; i++) {
		s = put_point(o, from);
		if (s == DCF_OK && plane)
			s = put_between(o, from, inner[i], pieces == 1 ? PLANE_IGNORE_M : PLANE_BEND_M, &worst, 0);
		from = inner[i];
	}
	/* Next to a corner, which stays where it is, the edge lies within 4 times its largest bend. */
	if (!picture && (plane || edges == DCF_EDGES_LONLAT))
		*moved_m = 4 * worst + GEODESIC_BEND_M;
	dcf_alloc_free(o->from, inner, inner_size);
	return s;
}

/* Move the points behind `corner` (up to the end) by `by_m` to the right of the way a-b. */
static void move_right(struct dcf_outline *o, size_t corner, struct dcf_vec to, double by_m)
{
	struct dcf_vec before = o->points[corner];

	for (size_t i = corner + 1; i < o->point_count; i++) {
		struct dcf_vec at = o->points[i], after = i + 1 < o->point_count ? o->points[i + 1] : to;
		struct dcf_vec right = dcf_vec_unit(dcf_vec_cross(dcf_vec_sub(after, before), at));

		o->points[i] = dcf_vec_unit(dcf_vec_add(at, dcf_vec_scale(right, by_m / dcf_rho(at.z))));
		before = at;
	}
}

static void reverse(struct dcf_vec *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct dcf_vec swap = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = swap;
	}
}

/* All edges of a ring without moving anything: only to learn which side is inside. */
static enum dcf_status ring_side(struct dcf_outline *o, const struct dcf_feature *f, const struct dcf_ring *r, bool *left)
{
	static const struct dcf_outline_want rough = { DCF_OUTLINE_PICTURE, 1000 };
	size_t first = o->point_count, n = 0;
	enum dcf_status s = DCF_OK;
	double moved;

	for (uint32_t i = 0; s == DCF_OK && i < r->count; i++)
		s = put_edge(o, f->points[r->first + i], f->points[r->first + (i + 1) % r->count], f->edges, &rough, &moved);
	if (s == DCF_OK) {
		struct dcf_vec *v = o->points + first;

		/* Repeated points have no direction. */
		for (size_t i = 0; i < o->point_count - first; i++)
			if (n == 0 || metres_between(v[n - 1], v[i]) > 0.001)
				v[n++] = v[i];
		*left = n >= 3 && dcf_ring_is_left(v, n);
	}
	o->point_count = first;
	return s;
}

static enum dcf_status outline_ring(struct dcf_outline *o, const struct dcf_feature *f, const struct dcf_ring *r,
				    const struct dcf_outline_want *want)
{
	size_t first = o->point_count;
	bool left = false;
	enum dcf_status s = ring_side(o, f, r, &left);

	for (uint32_t k = 0; s == DCF_OK && k < r->count; k++) {
		/* Outward is to the right of a ring that has its inside on the left. */
		struct dcf_latlon a = f->points[r->first + k], b = f->points[r->first + (k + 1) % r->count];
		size_t corner = o->point_count;
		double moved;

		s = put_edge(o, a, b, f->edges, want, &moved);
		if (s == DCF_OK && moved > 0)
			move_right(o, corner, dcf_vec_of(b), left == r->outer ? moved : -moved);
	}
	if (s == DCF_OK && !left)
		reverse(o->points + first, o->point_count - first);
	return s == DCF_OK ? end_ring(o, first, r->outer, 0) : s;
}

enum dcf_status dcf_outline_feature(struct dcf_outline *o, const struct dcf_feature *f, const struct dcf_outline_want *want)
{
	enum dcf_status s = DCF_OK;

	if (f->shape == DCF_CIRCLE)
		return dcf_outline_circle(o, f->points[0], f->radius_m, want);
	if (f->shape == DCF_POLYGON) {
		for (uint32_t i = 0; s == DCF_OK && i < f->ring_count; i++)
			s = outline_ring(o, f, &f->rings[i], want);
		return s;
	}
	for (uint32_t i = 0; s == DCF_OK && i + 1 < f->point_count; i++)
		s = capsule(o, f->points[i], f->points[i + 1], f->radius_m, want, i);
	return s;
}
