/* SPDX-License-Identifier: Apache-2.0 */
/* Distances between bases that stand still. */
#include "core/lateral.h"
#include "core/num.h"

#define RHO_MIN 6356800.0 /* least metres a radian of the conformal sphere */

/* The short way for near points, the long one beyond 64 km. */
double dcf_point_distance_m(struct dcf_vec p, struct dcf_vec q)
{
	struct dcf_vec d = dcf_vec_sub(p, q);
	double c2 = dcf_vec_dot(d, d);

	if (c2 > 1e-4)
		return dcf_distance_m(p, q);
	/* 2 asin(c / 2), to c^7: 1e-11 relative here */
	return dcf_sqrt(c2) * (1 + c2 / 24 * (1 + c2 * 9 / 80 * (1 + c2 * 25 / 168))) * dcf_rho((p.z + q.z) / 2);
}

struct dcf_vec dcf_nearest_on_arc(const struct dcf_arc *arc, struct dcf_vec p)
{
	struct dcf_vec da, db;

	if (dcf_vec_dot(p, dcf_vec_cross(arc->n, arc->a)) > 0 && dcf_vec_dot(p, dcf_vec_cross(arc->b, arc->n)) > 0)
		return dcf_vec_unit(dcf_vec_sub(p, dcf_vec_scale(arc->n, dcf_vec_dot(p, arc->n))));
	da = dcf_vec_sub(p, arc->a);
	db = dcf_vec_sub(p, arc->b);
	return dcf_vec_dot(da, da) <= dcf_vec_dot(db, db) ? arc->a : arc->b;
}

/* Do the arcs cross, and where? */
static bool arcs_cross(const struct dcf_arc *a, const struct dcf_arc *b, struct dcf_vec *at)
{
	double b0 = dcf_vec_dot(b->a, a->n), b1 = dcf_vec_dot(b->b, a->n);
	double a0 = dcf_vec_dot(a->a, b->n), a1 = dcf_vec_dot(a->b, b->n);

	if (!((b0 > 0 && b1 < 0) || (b0 < 0 && b1 > 0)) || !((a0 > 0 && a1 < 0) || (a0 < 0 && a1 > 0)))
		return false;
	*at = dcf_vec_unit(dcf_vec_add(dcf_vec_scale(a->a, dcf_fabs(a1)), dcf_vec_scale(a->b, dcf_fabs(a0))));
	return dcf_vec_dot(*at, b->a) > 0; /* and not at the antipodes */
}

struct best {
	double m;
	struct dcf_vec pa, pb;
};

static void offer(struct best *best, struct dcf_vec pa, struct dcf_vec pb)
{
	double m = dcf_point_distance_m(pa, pb);

	if (m < best->m)
		*best = (struct best){ m, pa, pb };
}

static void arc_pair(const struct dcf_arc *a, const struct dcf_arc *b, struct best *best)
{
	struct dcf_vec x;

	if (arcs_cross(a, b, &x)) {
		*best = (struct best){ 0, x, x };
		return;
	}
	offer(best, a->a, dcf_nearest_on_arc(b, a->a));
	offer(best, a->b, dcf_nearest_on_arc(b, a->b));
	offer(best, dcf_nearest_on_arc(a, b->a), b->a);
	offer(best, dcf_nearest_on_arc(a, b->b), b->b);
}

static bool worth(const struct dcf_box3 *a, const struct dcf_box3 *b, const struct best *best)
{
	double reach = best->m / RHO_MIN;

	return dcf_box_gap2(a, b) <= reach * reach * (1 + 1e-12) && best->m > 0;
}

/* The end of the children of box i of a level. */
static uint32_t children_end(const struct dcf_base *base, int level, uint32_t i)
{
	uint32_t all = level > 0 ? base->box_count[level - 1] : base->arc_count, end = (i + 1) * DCF_FAN;

	return end < all ? end : all;
}

static void descend(const struct dcf_base *a, int la, uint32_t ia, const struct dcf_base *b, int lb, uint32_t ib,
		    struct best *best)
{
	if (!worth(&a->boxes[la][ia], &b->boxes[lb][ib], best))
		return;
	if (la == 0 && lb == 0) {
		for (uint32_t i = ia * DCF_FAN; i < children_end(a, 0, ia); i++)
			for (uint32_t k = ib * DCF_FAN; k < children_end(b, 0, ib); k++)
				arc_pair(&a->arcs[i], &b->arcs[k], best);
	} else if (la >= lb) {
		for (uint32_t i = ia * DCF_FAN; i < children_end(a, la, ia); i++)
			descend(a, la - 1, i, b, lb, ib, best);
	} else {
		for (uint32_t k = ib * DCF_FAN; k < children_end(b, lb, ib); k++)
			descend(a, la, ia, b, lb - 1, k, best);
	}
}

double dcf_base_distance(const struct dcf_base *a, const struct dcf_base *b, double limit_m, struct dcf_vec *pa,
			 struct dcf_vec *pb)
{
	struct best best = { limit_m + 1e-9 * limit_m + 1e-6, { 0, 0, 0 }, { 0, 0, 0 } };
	double start = best.m;

	if (!worth(&a->boxes[a->levels - 1][0], &b->boxes[b->levels - 1][0], &best) && !a->area && !b->area)
		return DCF_FAR_M;
	/* A base in the other's area has all its points there, its first as well. */
	if (a->area && dcf_base_contains(a, b->arcs[0].a)) {
		*pa = *pb = b->arcs[0].a;
		return 0;
	}
	if (b->area && dcf_base_contains(b, a->arcs[0].a)) {
		*pa = *pb = a->arcs[0].a;
		return 0;
	}
	descend(a, a->levels - 1, 0, b, b->levels - 1, 0, &best);
	*pa = best.pa;
	*pb = best.pb;
	return best.m < start ? best.m : DCF_FAR_M;
}

/* Is p deeper than slack in the area of `base`? */
static bool deep_inside(const struct dcf_base *base, struct dcf_vec p, double slack_m)
{
	struct dcf_arc arc;
	struct dcf_box3 box;
	struct dcf_base point, line = *base;
	struct dcf_vec x, y;

	if (!base->area || !dcf_base_contains(base, p))
		return false;
	dcf_base_point(p, &arc, &box, &point);
	line.area = false;
	return dcf_base_distance(&line, &point, slack_m, &x, &y) == DCF_FAR_M;
}

/* Does any vertex, arc middle or middle between two crossings of `a` lie deep in `b`?  When interiors meet,
 * some part of one boundary lies in the other's inside, or the boundaries coincide (see the caller). */
static bool reaches_into(const struct dcf_base *a, const struct dcf_base *b, double slack_m)
{
	for (uint32_t i = 0; i < a->arc_count; i++) {
		struct dcf_vec m = dcf_vec_unit(dcf_vec_add(a->arcs[i].a, a->arcs[i].b)), from = a->arcs[i].a, x;

		if (deep_inside(b, a->arcs[i].a, slack_m) || deep_inside(b, m, slack_m))
			return true;
		for (uint32_t k = 0; k < b->arc_count; k++) {
			if (!arcs_cross(&a->arcs[i], &b->arcs[k], &x))
				continue;
			if (deep_inside(b, dcf_vec_unit(dcf_vec_add(from, x)), slack_m) ||
			    deep_inside(b, dcf_vec_unit(dcf_vec_add(x, a->arcs[i].b)), slack_m))
				return true;
			from = x;
		}
	}
	return false;
}

/* Some point well inside an area: the middle of a chord between two points of its boundary. */
static bool inner_point(const struct dcf_base *a, double slack_m, struct dcf_vec *p)
{
	for (uint32_t i = 0; i < a->arc_count; i++)
		for (uint32_t k = i + 1; k < a->arc_count && k < i + 64; k++) {
			*p = dcf_vec_unit(
				dcf_vec_add(dcf_vec_add(a->arcs[i].a, a->arcs[i].b), dcf_vec_add(a->arcs[k].a, a->arcs[k].b)));
			if (deep_inside(a, *p, slack_m))
				return true;
		}
	return false;
}

bool dcf_bases_only_touch(const struct dcf_base *a, const struct dcf_base *b, double slack_m)
{
	double r = a->radius_m + b->radius_m;
	struct dcf_vec x, y, p;

	/* At least one has a width: the distance of the bases tells how deep they reach into each other. */
	if (r > slack_m)
		return dcf_base_distance(a, b, r, &x, &y) > r - slack_m;
	if (!a->area && !b->area)
		return false; /* two lines or points without width: they have nothing but a boundary */
	if ((uint64_t)a->arc_count * b->arc_count > 1000000)
		return false; /* not worth the time: the mark is an explanation only */
	if (reaches_into(a, b, slack_m) || reaches_into(b, a, slack_m))
		return false;
	/* Identical outlines: no boundary reaches inside, and yet they share it all. */
	return !(a->area && inner_point(a, slack_m, &p) && deep_inside(b, p, slack_m)) &&
	       !(b->area && inner_point(b, slack_m, &p) && deep_inside(a, p, slack_m));
}
