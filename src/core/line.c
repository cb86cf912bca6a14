/* SPDX-License-Identifier: Apache-2.0 */
#include "core/line.h"
#include "core/num.h"

enum { PROLONGED_PIECES = 160 };

static struct dcf_arc arc_between(struct dcf_vec a, struct dcf_vec b)
{
	return (struct dcf_arc){ a, b, dcf_vec_unit(dcf_vec_cross(dcf_vec_add(a, b), dcf_vec_sub(b, a))) };
}

static bool same_point(struct dcf_latlon a, struct dcf_latlon b)
{
	return a.lat_e7 == b.lat_e7 && a.lon_e7 == b.lon_e7;
}

/* The geodesic of the leg that ends in points[0] (`step` 1) or in the last point (`step` -1), seen from
 * there, carried on: `out[k]` is k pieces beyond the end.  A great circle of the conformal sphere would leave it
 * by 3 m in 100 km and by 2 km at the end. */
static enum dcf_status prolong(const struct dcf_line_rule *rule, int step, struct dcf_vec out[static PROLONGED_PIECES + 1],
			       const char **why)
{
	uint32_t end = step > 0 ? 0 : rule->point_count - 1, k = end;
	double length, azimuth;
	enum dcf_status s;

	for (uint32_t i = 1; i < rule->point_count && same_point(rule->points[k], rule->points[end]); i++)
		k = step > 0 ? i : end - i;
	*why = "a line without length";
	if (same_point(rule->points[k], rule->points[end]))
		return DCF_E_REFUSED;
	*why = "an end of a line between nearly antipodal points";
	s = dcf_inverse(rule->points[end], rule->points[k], &length, &azimuth);
	out[0] = dcf_vec_of(rule->points[end]);
	for (int i = 1; i <= PROLONGED_PIECES && s == DCF_OK; i++)
		out[i] = dcf_direct(rule->points[end], azimuth + 180, i * DCF_PIECE_M);
	return s;
}

enum dcf_status dcf_line_build(const struct dcf_line_rule *rule, struct dcf_arena *arena, struct dcf_line *out,
			       const char **why)
{
	struct dcf_feature f = {
		.shape = DCF_CORRIDOR, .points = rule->points, .point_count = rule->point_count, .radius_m = 0
	};
	struct dcf_vec before[PROLONGED_PIECES + 1], after[PROLONGED_PIECES + 1];
	struct dcf_base plain;
	enum dcf_status s = dcf_base_build(&f, 0, arena, &plain, why);
	struct dcf_arc *arcs;
	uint32_t n;

	if (s != DCF_OK || (s = prolong(rule, 1, before, why)) != DCF_OK || (s = prolong(rule, -1, after, why)) != DCF_OK)
		return s;
	n = plain.arc_count + 2 * PROLONGED_PIECES;
	arcs = dcf_arena_get(arena, n * sizeof *arcs);
	if (!arcs)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < PROLONGED_PIECES; i++) {
		arcs[PROLONGED_PIECES - 1 - i] = arc_between(before[i + 1], before[i]);
		arcs[n - PROLONGED_PIECES + i] = arc_between(after[i], after[i + 1]);
	}
	for (uint32_t i = 0; i < plain.arc_count; i++)
		arcs[PROLONGED_PIECES + i] = plain.arcs[i];
	return dcf_base_of_arcs(arcs, n, arena, &out->base);
}

double dcf_line_side_m(const struct dcf_line *line, struct dcf_vec p)
{
	struct dcf_arc arc;
	struct dcf_box3 box;
	struct dcf_base point;
	struct dcf_vec on_line, x, normal = { 0, 0, 0 };
	double d;

	dcf_base_point(p, &arc, &box, &point);
	d = dcf_base_distance(&line->base, &point, 2.1e7, &on_line, &x);
	/* At a corner two arcs are nearest: the sum of their normals tells the side. */
	for (uint32_t i = 0; i < line->base.arc_count; i++) {
		const struct dcf_arc *a = &line->base.arcs[i];
		struct dcf_vec m = dcf_vec_scale(dcf_vec_add(a->a, a->b), 0.5), w = dcf_vec_sub(on_line, m),
			       e = dcf_vec_sub(a->b, a->a);

		if (dcf_vec_dot(w, w) <= dcf_vec_dot(e, e) * 0.2500001 + 1e-18 && dcf_fabs(dcf_vec_dot(on_line, a->n)) < 1e-9)
			normal = dcf_vec_add(normal, a->n);
	}
	return dcf_vec_dot(p, normal) >= 0 ? d : -d;
}

/* How far p is over the line on the side asked for; negative on the other. */
static double over_m(const struct dcf_line *line, bool left, struct dcf_vec p)
{
	double d = dcf_line_side_m(line, p);

	return left ? d : -d;
}

/* Does the great-circle arc p-q reach further than `beyond_m`?  The distance over the line changes by
 * no more than the way flown, so halves that cannot reach are dropped. */
static bool arc_reaches(const struct dcf_line *line, bool left, double beyond_m, struct dcf_vec p, struct dcf_vec q, double op,
			double oq, int depth)
{
	double length = dcf_distance_m(p, q);
	struct dcf_vec m;
	double om;

	if (op > beyond_m || oq > beyond_m)
		return true;
	if (op + oq + length < 2 * beyond_m || length < 0.5 || depth > 40)
		return false;
	m = dcf_vec_unit(dcf_vec_add(p, q));
	om = over_m(line, left, m);
	return arc_reaches(line, left, beyond_m, p, m, op, om, depth + 1) ||
	       arc_reaches(line, left, beyond_m, m, q, om, oq, depth + 1);
}

static bool base_reaches(const struct dcf_line *line, bool left, double beyond_m, const struct dcf_base *base)
{
	for (uint32_t i = 0; i < base->arc_count; i++) {
		const struct dcf_arc *a = &base->arcs[i];

		if (arc_reaches(line, left, beyond_m - base->radius_m, a->a, a->b, over_m(line, left, a->a),
				over_m(line, left, a->b), 0))
			return true;
	}
	return false;
}

/* A square of the polygon's gnomonic plane: its middle, and half a side. */
struct cell {
	double x, y, half;
	int depth;
};

/* Cells smaller than this are left to the boundary, which is looked at more finely. */
#define CELL_MIN_M 2.0

/* Does the inside reach where the boundary does not, as where the other side is a bay with a narrow mouth?
 * Quarters cells that may hold such a point: the distance over the line changes by no more than the way. */
static bool inside_reaches(const struct dcf_line *line, bool left, double beyond_m, const struct dcf_base *area, struct cell c)
{
	struct dcf_base boundary = *area, point;
	struct dcf_arc arc;
	struct dcf_box3 box;
	struct dcf_vec middle =
		dcf_vec_add(area->centre, dcf_vec_add(dcf_vec_scale(area->east, c.x), dcf_vec_scale(area->north, c.y)));
	struct dcf_vec a, b;
	/* the plane only stretches: a corner is no further than this */
	double reach_m = c.half * 1.4143 * 6400000, over = over_m(line, left, dcf_vec_unit(middle));
	bool in = dcf_base_contains(area, dcf_vec_unit(middle));

	if (over + reach_m <= beyond_m)
		return false;
	if (in && over > beyond_m)
		return true;
	boundary.area = false;
	dcf_base_point(dcf_vec_unit(middle), &arc, &box, &point);
	if (!in && dcf_base_distance(&boundary, &point, reach_m, &a, &b) == DCF_FAR_M)
		return false; /* all of it outside */
	if (reach_m < CELL_MIN_M || c.depth > 40)
		return false;
	for (int k = 0; k < 4; k++) {
		double h = c.half / 2;
		struct cell quarter = { c.x + (k & 1 ? h : -h), c.y + (k & 2 ? h : -h), h, c.depth + 1 };

		if (inside_reaches(line, left, beyond_m, area, quarter))
			return true;
	}
	return false;
}

static bool area_reaches(const struct dcf_line *line, bool left, double beyond_m, const struct dcf_base *area)
{
	double most = 0;

	for (uint32_t i = 0; i < 2 * area->arc_count; i++) {
		most = dcf_fabs(area->xy[i].x) > most ? dcf_fabs(area->xy[i].x) : most;
		most = dcf_fabs(area->xy[i].y) > most ? dcf_fabs(area->xy[i].y) : most;
	}
	return inside_reaches(line, left, beyond_m, area, (struct cell){ 0, 0, most, 0 });
}

struct flight {
	const struct dcf_line *line;
	bool left;
	double beyond_m;
	const struct dcf_track *track;
	struct dcf_set *out;
};

/* Add the times between t0 and t1 (points p and q of one piece) at which the point is over. */
static void times_over(const struct flight *f, double t0, double t1, struct dcf_vec p, struct dcf_vec q, double op, double oq,
		       int depth)
{
	double length = dcf_distance_m(p, q), om;
	struct dcf_vec m;

	if (op + oq + length < 2 * f->beyond_m)
		return;
	if (op + oq - length > 2 * f->beyond_m) {
		dcf_set_add(f->out, t0, t1);
		return;
	}
	if (length < 0.5 || depth > 40) {
		if (op > f->beyond_m || oq > f->beyond_m)
			dcf_set_add(f->out, t0, t1);
		return;
	}
	m = dcf_vec_unit(dcf_vec_add(p, q));
	om = over_m(f->line, f->left, m);
	times_over(f, t0, (t0 + t1) / 2, p, m, op, om, depth + 1);
	times_over(f, (t0 + t1) / 2, t1, m, q, om, oq, depth + 1);
}

void dcf_line_beyond(const struct dcf_line *line, const struct dcf_body *body, bool left, double beyond_m, struct dcf_set *out)
{
	const struct dcf_track *t = &body->track;
	struct flight f = { line, left, beyond_m - body->feature->radius_m, t, out };

	dcf_set_clear(out);
	for (uint32_t i = 0; i < body->base_count; i++)
		if (base_reaches(line, left, beyond_m, &body->bases[i]) ||
		    (body->bases[i].area && area_reaches(line, left, beyond_m, &body->bases[i]))) {
			dcf_set_add(out, 0, (double)(body->feature->end_us - body->feature->start_us));
			return;
		}
	for (uint32_t i = 0; body->base_count == 0 && i + 1 < t->n; i++)
		times_over(&f, t->t_us[i], t->t_us[i + 1], t->v[i], t->v[i + 1], over_m(line, left, t->v[i]),
			   over_m(line, left, t->v[i + 1]), 0);
	dcf_set_normalise(out);
	dcf_set_drop_instants(out);
}
