/* SPDX-License-Identifier: Apache-2.0 */
#include "core/overlap.h"
#include "core/num.h"

#define PLANE_REACH_M 400000.0 /* a plane is right to 0.07 % so far from its middle */
#define THICK_M       0.5 /* lines and boundaries count as that wide where rays are followed, so that none slips between two */
#define ROUNDING_M    0.2
#define BEND_MAX_M    300.0 /* lines that leave their chord by less count as straight, for how much they do */

enum {
	DIRECTIONS = 48,    /* of moves that are tried where shapes are not convex */
	NORMALS_MAX = 2000, /* edges whose direction is tried */
	PAIRS_MAX = 1024,   /* pairs of edges beyond which only hulls are looked at */
	JUMPS_MAX = 64
};

/* The outer ring or the line of a base on a plane. */
struct flat {
	struct dcf_xy *p;
	uint32_t n, edges;
	double bend_m; /* how far a line of several arcs leaves its chord: it lies within that of it, and the chord of it */
	bool area, convex;
};

struct interval {
	double from, to;
};

static uint32_t arcs_of(const struct dcf_base *b)
{
	return b->area ? b->ring_end[0] : b->arc_count;
}

static struct dcf_vec middle_of(const struct dcf_base *b)
{
	struct dcf_vec sum = { 0, 0, 0 };

	for (uint32_t i = 0; i < arcs_of(b); i++)
		sum = dcf_vec_add(sum, dcf_vec_add(b->arcs[i].a, b->arcs[i].b));
	return dcf_vec_unit(sum);
}

/* Metres from c to the point of the base farthest from it, with the radius. */
static double reach_from(const struct dcf_base *b, struct dcf_vec c)
{
	double most = 0;

	for (uint32_t i = 0; i < arcs_of(b); i++) {
		double d = dcf_point_distance_m(c, b->arcs[i].a), e = dcf_point_distance_m(c, b->arcs[i].b);

		d = d > e ? d : e;
		most = d > most ? d : most;
	}
	return most + b->radius_m;
}

/* Two circles around the shapes: right everywhere on earth. */
static double by_circles(const struct dcf_base *a, const struct dcf_base *b)
{
	struct dcf_vec ca = middle_of(a), cb = middle_of(b);
	double d = dcf_point_distance_m(ca, cb), m = reach_from(a, ca) + reach_from(b, cb) - d + dcf_error_m(d);

	return m > 0 ? m * 1.0001 : 0;
}

/* --- on a plane ----------------------------------------------------------------------------------------- */

struct plane {
	struct dcf_vec centre, u, n;
};

/* Distance and direction from the centre are kept. */
static struct dcf_xy onto(const struct plane *plane, struct dcf_vec v)
{
	double x = dcf_vec_dot(v, plane->u), y = dcf_vec_dot(v, plane->n), l = dcf_sqrt(x * x + y * y);
	double k = l > 0 ? dcf_point_distance_m(plane->centre, v) / l : 0;

	return (struct dcf_xy){ x * k, y * k };
}

static double turn_at(struct dcf_xy a, struct dcf_xy b, struct dcf_xy c)
{
	return (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
}

/* How far p lies beside the line a-b. */
static double beside(struct dcf_xy a, struct dcf_xy b, struct dcf_xy p)
{
	double l = dcf_sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));

	return l > 0 ? dcf_fabs(turn_at(a, b, p)) / l : 1e18;
}

/* Is the line nearly straight, and does it never go back?  Sets bend_m. */
static bool is_straight(struct flat *f)
{
	struct dcf_xy a = f->p[0], b = f->p[f->n - 1];

	for (uint32_t i = 1; i < f->n; i++) {
		struct dcf_xy p = f->p[i - 1], q = f->p[i];
		double m = beside(a, b, q);

		f->bend_m = m > f->bend_m ? m : f->bend_m;
		if ((q.x - p.x) * (b.x - a.x) + (q.y - p.y) * (b.y - a.y) < 0)
			return false;
	}
	return f->bend_m <= BEND_MAX_M;
}

/* Never turns to the other side, and goes round once: for rings that are known to be simple the first is enough. */
static bool is_convex(struct flat *f)
{
	double least = 0, most = 0;

	if (f->n < 3)
		return true;
	if (!f->area)
		return is_straight(f);
	for (uint32_t i = 0; i < f->n; i++) {
		struct dcf_xy a = f->p[i], b = f->p[(i + 1) % f->n], c = f->p[(i + 2) % f->n];
		/* how far the middle corner lies beside the line of its neighbours */
		double l = dcf_sqrt((c.x - a.x) * (c.x - a.x) + (c.y - a.y) * (c.y - a.y)),
		       t = l > 0 ? turn_at(a, b, c) / l : 0;

		least = t < least ? t : least;
		most = t > most ? t : most;
	}
	return least > -0.1 || most < 0.1;
}

static enum dcf_status flatten(const struct dcf_base *b, const struct plane *plane, struct dcf_arena *arena, struct flat *out)
{
	uint32_t arcs = arcs_of(b);

	*out = (struct flat){ .p = dcf_arena_get(arena, (arcs + 1) * sizeof *out->p), .area = b->area };
	if (!out->p)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < arcs; i++)
		out->p[out->n++] = onto(plane, b->arcs[i].a);
	if (!b->area && dcf_vec_dot(b->arcs[0].n, b->arcs[0].n) > 0.5)
		out->p[out->n++] = onto(plane, b->arcs[arcs - 1].b);
	out->edges = out->area ? out->n : out->n - 1;
	out->convex = is_convex(out);
	return DCF_OK;
}

static double along(struct dcf_xy p, struct dcf_xy u)
{
	return p.x * u.x + p.y * u.y;
}

/* How far b must move along the unit vector u until a line across u stands between it and a. */
static double width(const struct flat *a, const struct flat *b, struct dcf_xy u)
{
	double most = along(a->p[0], u), least = along(b->p[0], u);

	for (uint32_t i = 1; i < a->n; i++) {
		double h = along(a->p[i], u);

		most = h > most ? h : most;
	}
	for (uint32_t i = 1; i < b->n; i++) {
		double h = along(b->p[i], u);

		least = h < least ? h : least;
	}
	return most - least;
}

static struct dcf_xy second_of(const struct flat *f, uint32_t edge)
{
	return f->p[edge + 1 < f->n ? edge + 1 : 0];
}

/* The least width across the edges of one of them. */
static double across_edges(const struct flat *a, const struct flat *b, const struct flat *of, double best)
{
	uint32_t step = of->edges / NORMALS_MAX + 1;

	for (uint32_t i = 0; i < of->edges; i += step) {
		struct dcf_xy p = of->p[i], q = second_of(of, i), u = { p.y - q.y, q.x - p.x };
		double l = dcf_sqrt(u.x * u.x + u.y * u.y), w;

		if (!(l > 0.01))
			continue;
		u = (struct dcf_xy){ u.x / l, u.y / l };
		w = width(a, b, u);
		best = w < best ? w : best;
		w = width(a, b, (struct dcf_xy){ -u.x, -u.y });
		best = w < best ? w : best;
	}
	return best;
}

/* --- along rays ------------------------------------------------------------------------------------------- */

/* When is a point that moves from 0 along -u within r of the segment p-q? */
static void add_segment(struct dcf_xy p, struct dcf_xy q, struct dcf_xy u, double r, double t1, struct interval *out)
{
	double dx = q.x - p.x, dy = q.y - p.y, l = dcf_sqrt(dx * dx + dy * dy), in, end;
	struct dcf_xy e = l > 0 ? (struct dcf_xy){ dx / l, dy / l } : (struct dcf_xy){ 1, 0 };
	struct dcf_approach a = { .along = -(p.x * e.x + p.y * e.y), .across = p.x * e.y - p.y * e.x };

	a.back = l - a.along;
	a.along_rate = -(u.x * e.x + u.y * e.y);
	a.back_rate = -a.along_rate;
	a.across_rate = u.x * e.y - u.y * e.x;
	a.end_across = a.across;
	a.end_across_rate = a.across_rate;
	if (!dcf_capsule_interval(&a, r, 0, t1, &in, &end))
		return;
	out->from = in < out->from ? in : out->from;
	out->to = end > out->to ? end : out->to;
}

/* Clip [w->from, w->to] to when a point that moves from 0 along -u is between two lines across n that have the corners between
 * them. */
static void between(const struct dcf_xy c[4], struct dcf_xy n, struct dcf_xy u, double r, struct interval *w)
{
	double low = along(c[0], n), high = low, rate = -along(u, n), t0, t1;

	for (int i = 1; i < 4; i++) {
		double h = along(c[i], n);

		low = h < low ? h : low;
		high = h > high ? h : high;
	}
	low -= r;
	high += r;
	if (dcf_fabs(rate) < 1e-12) {
		if (low > 0 || high < 0)
			w->to = -1e18;
		return;
	}
	t0 = rate > 0 ? low / rate : high / rate;
	t1 = rate > 0 ? high / rate : low / rate;
	w->from = t0 > w->from ? t0 : w->from;
	w->to = t1 < w->to ? t1 : w->to;
}

static struct dcf_xy across(struct dcf_xy p, struct dcf_xy q)
{
	double dx = q.x - p.x, dy = q.y - p.y, l = dcf_sqrt(dx * dx + dy * dy);

	return l > 0 ? (struct dcf_xy){ -dy / l, dx / l } : (struct dcf_xy){ 0, 1 };
}

/* Four corners of a parallelogram around which r is little: between the lines through its sides and its box, each r farther
 * out. A little longer than exact at its corners. */
static struct interval within_sides(const struct dcf_xy c[4], struct dcf_xy u, double r, double t1)
{
	struct interval w = { 0, t1 };
	const struct interval none = { 1e18, -1e18 };

	between(c, (struct dcf_xy){ 1, 0 }, u, r, &w);
	if (w.from > w.to)
		return none;
	between(c, (struct dcf_xy){ 0, 1 }, u, r, &w);
	if (w.from > w.to)
		return none; /* most are by now */
	between(c, across(c[0], c[1]), u, r, &w);
	between(c, across(c[1], c[2]), u, r, &w);
	return w.from <= w.to ? w : none;
}

/* Exactly: near one of its sides, or inside. */
static struct interval within_reach(const struct dcf_xy c[4], struct dcf_xy u, double r, double t1)
{
	struct interval w = { 1e18, -1e18 };

	for (int n = 0; n < 4; n++)
		add_segment(c[n], c[(n + 1) % 4], u, r, t1, &w);
	/* The beginning may lie inside it, and the end of what is looked at. */
	if (dcf_polygon_contains(c, 4, (struct dcf_xy){ 0, 0 })) {
		w.from = 0;
		w.to = w.to > 0 ? w.to : 0;
	}
	if (dcf_polygon_contains(c, 4, (struct dcf_xy){ -u.x * t1, -u.y * t1 })) {
		w.from = w.from < t1 ? w.from : t1;
		w.to = t1;
	}
	return w;
}

/* When are the edges i of a and k of b within r of each other while b moves along u?  Their differences are a parallelogram. */
static struct interval edges_meet(const struct flat *a, uint32_t i, const struct flat *b, uint32_t k, struct dcf_xy u, double r,
				  double t1)
{
	struct dcf_xy a0 = a->p[i], a1 = a->edges ? second_of(a, i) : a0, b0 = b->p[k], b1 = b->edges ? second_of(b, k) : b0;
	struct dcf_xy c[4] = { { b0.x - a0.x, b0.y - a0.y },
			       { b1.x - a0.x, b1.y - a0.y },
			       { b1.x - a1.x, b1.y - a1.y },
			       { b0.x - a1.x, b0.y - a1.y } };
	struct interval w = { 1e18, -1e18 };

	if (!a->edges || !b->edges) {
		add_segment(c[0], c[2], u, r, t1, &w);
		return w;
	}
	return r <= 2 * THICK_M ? within_sides(c, u, r, t1) : within_reach(c, u, r, t1);
}

/* Is one inside the other, as no boundaries meet? */
static bool one_in_other(const struct flat *a, const struct flat *b, struct dcf_xy u, double t)
{
	struct dcf_xy into_b = { a->p[0].x - u.x * t, a->p[0].y - u.y * t },
		      into_a = { b->p[0].x + u.x * t, b->p[0].y + u.y * t };

	return (b->area && dcf_polygon_contains(b->p, b->n, into_b)) || (a->area && dcf_polygon_contains(a->p, a->n, into_a));
}

/* Edges i of a and k of b that can come near each other within the longest move that is thought of. */
struct couple {
	uint32_t i, k;
};

/* Scratch of rays. */
struct rays {
	struct couple *couple;
	struct interval *w;
	uint32_t count;
};

static void middle_of_edge(const struct flat *f, uint32_t edge, struct dcf_xy *middle, double *half)
{
	struct dcf_xy p = f->p[edge], q = f->edges ? second_of(f, edge) : p;
	double dx = (q.x - p.x) / 2, dy = (q.y - p.y) / 2;

	*middle = (struct dcf_xy){ p.x + dx, p.y + dy };
	*half = dcf_sqrt(dx * dx + dy * dy);
}

static void find_couples(const struct flat *a, const struct flat *b, double reach, struct rays *rays)
{
	uint32_t na = a->edges ? a->edges : 1, nb = b->edges ? b->edges : 1;

	for (uint32_t i = 0; i < na; i++) {
		struct dcf_xy p, q;
		double hp, hq;

		middle_of_edge(a, i, &p, &hp);
		for (uint32_t k = 0; k < nb; k++) {
			double far;

			middle_of_edge(b, k, &q, &hq);
			far = reach + hp + hq;
			if ((p.x - q.x) * (p.x - q.x) + (p.y - q.y) * (p.y - q.y) <= far * far)
				rays->couple[rays->count++] = (struct couple){ i, k };
		}
	}
}

/* The first t up to t1 at which b, moved t along u, is clear of a; t1 when there is none. */
static double along_ray(const struct flat *a, const struct flat *b, struct dcf_xy u, double r, double t1, struct rays *rays)
{
	struct interval *w = rays->w;
	uint32_t count = 0;
	double t = 0;

	for (uint32_t i = 0; i < rays->count; i++) {
		w[count] = edges_meet(a, rays->couple[i].i, b, rays->couple[i].k, u, r, t1);
		if (w[count].from <= 0 && w[count].to >= t1)
			return t1;
		count += w[count].to >= 0;
	}
	for (int jump = 0; jump < JUMPS_MAX; jump++) {
		double next = t1, end = t;

		for (uint32_t i = 0; i < count; i++) {
			if (w[i].from <= t && w[i].to > end)
				end = w[i].to;
			if (w[i].from > t && w[i].from < next)
				next = w[i].from;
		}
		if (end >= t1)
			return t1;
		if (end > t) {
			t = end;
			continue;
		}
		if (!one_in_other(a, b, u, t + 1e-3))
			return t + 1e-3;
		t = next; /* one is inside the other until boundaries meet again */
		if (t >= t1)
			return t1;
	}
	return t1;
}

static enum dcf_status along_rays(const struct flat *a, const struct flat *b, double r, struct dcf_arena *arena, double *best)
{
	uint64_t pairs = (uint64_t)(a->edges ? a->edges : 1) * (b->edges ? b->edges : 1);
	struct rays rays = { .count = 0 };

	if (pairs > PAIRS_MAX)
		return DCF_OK;
	rays.couple = dcf_arena_get(arena, pairs * sizeof *rays.couple);
	rays.w = dcf_arena_get(arena, pairs * sizeof *rays.w);
	if (!rays.couple || !rays.w)
		return DCF_E_NOMEM;
	find_couples(a, b, *best + r + THICK_M, &rays);
	for (int i = 0; i < DIRECTIONS; i++) {
		struct dcf_xy u;

		dcf_sincos(2 * DCF_PI * i / DIRECTIONS, &u.y, &u.x);
		*best = along_ray(a, b, u, r + THICK_M, *best, &rays);
	}
	return DCF_OK;
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

static enum dcf_status on_plane(const struct dcf_base *a, const struct dcf_base *b, const struct plane *plane,
				double distance_m, struct dcf_arena *arena, double *m)
{
	double r = a->radius_m + b->radius_m, best = 1e18;
	struct flat fa, fb;
	enum dcf_status s = flatten(a, plane, arena, &fa);

	if (s == DCF_OK)
		s = flatten(b, plane, arena, &fb);
	if (s != DCF_OK)
		return s;
	if (fa.convex && fb.convex && distance_m > 0) { /* straight away from each other */
		*m = r - distance_m + dcf_error_m(r) + 2 * (fa.bend_m + fb.bend_m);
		return DCF_OK;
	}
	best = across_edges(&fa, &fb, &fa, best);
	best = across_edges(&fa, &fb, &fb, best);
	if (fa.edges + fb.edges == 0)
		best = 0;
	best += r;
	if (!fa.convex || !fb.convex)
		s = along_rays(&fa, &fb, r, arena, &best);
	*m = best * 1.0007 + ROUNDING_M;
	return s;
}

enum dcf_status dcf_bases_overlap(const struct dcf_base *a, const struct dcf_base *b, double slack_m, struct dcf_arena *arena,
				  double *overlap_m)
{
	double r = a->radius_m + b->radius_m, d, circles;
	struct dcf_vec x, y;
	struct plane plane;
	enum dcf_status s = DCF_OK;

	*overlap_m = 0;
	d = dcf_base_distance(a, b, r, &x, &y);
	if (d == DCF_FAR_M || dcf_bases_only_touch(a, b, slack_m))
		return DCF_OK;
	*overlap_m = circles = by_circles(a, b);
	plane.centre = dcf_vec_unit(dcf_vec_add(middle_of(a), middle_of(b)));
	dcf_vec_basis(plane.centre, &plane.u, &plane.n);
	if (reach_from(a, plane.centre) <= PLANE_REACH_M && reach_from(b, plane.centre) <= PLANE_REACH_M)
		s = on_plane(a, b, &plane, d, arena, overlap_m);
	*overlap_m = circles < *overlap_m ? circles : *overlap_m;
	return s;
}
