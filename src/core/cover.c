/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cover.h"
#include "core/lateral.h"
#include <string.h>

/* Parts of the slack S: rings lie between RING and RING + STEP outside the outer shapes; a point of a ring is held when it is
 * within HELD of an outer shape; stretches shorter than SHORT are not cut further.  With our own error of S / 12 at most (that
 * is what the least slack is for) every stretch of SHORT that has a point in an inner shape that is inside the outer ones is
 * held: 3 / 12 + SHORT <= HELD; and what is held lies inside the rings: HELD + 2 / 12 < RING. */
#define RING  0.7
#define STEP  0.1
#define HELD  0.45
#define SHORT 0.19

#define RHO_MIN  6356800.0 /* least metres a radian of the conformal sphere */
#define RHO_MEAN 6371000.0

enum { COST_BOX = 1, COST_ARC = 4, COST_PAIR = 30, RING_CORNERS_MAX = 4096, DEPTH_MAX = 48 };

struct ready {
	struct dcf_base base, edge; /* edge: the boundary or line of it alone */
	struct dcf_box3 hull;       /* of the base with its inside */
};

struct cover {
	struct ready *outer;
	uint32_t outer_count;
	uint32_t *near; /* outer shapes that may have to do with the inner one */
	uint32_t near_count;
	const struct ready *inner;
	double slack_m;
	uint64_t work;
	bool failed; /* a point was found that is not covered, or the work is too much */
};

static void spend(struct cover *c, uint64_t steps)
{
	if (c->work < steps)
		c->failed = true;
	c->work -= c->work < steps ? c->work : steps;
}

/* --- distances ------------------------------------------------------------------------------------------ */

/* The arc of a base that is nearest to a point. */
struct foot {
	double m;
	uint32_t arc;
};

static double point_box_gap2(struct dcf_vec p, const struct dcf_box3 *b)
{
	const struct dcf_box3 at = { { p.x, p.y, p.z }, { p.x, p.y, p.z } };

	return dcf_box_gap2(&at, b);
}

static void descend(struct cover *c, const struct dcf_base *base, int level, uint32_t i, struct dcf_vec p, struct foot *best)
{
	uint32_t all = level > 0 ? base->box_count[level - 1] : base->arc_count, end = (i + 1) * DCF_FAN;
	double reach = best->m / RHO_MIN;

	spend(c, COST_BOX);
	if (point_box_gap2(p, &base->boxes[level][i]) > reach * reach)
		return;
	for (uint32_t k = i * DCF_FAN; k < end && k < all; k++) {
		double m;

		if (level > 0) {
			descend(c, base, level - 1, k, p, best);
			continue;
		}
		spend(c, COST_ARC);
		m = dcf_point_distance_m(p, dcf_nearest_on_arc(&base->arcs[k], p));
		if (m < best->m)
			*best = (struct foot){ m, k };
	}
}

/* Distance from the lines of a base and the arc that is so near; DCF_FAR_M beyond the limit. */
static struct foot foot_of(struct cover *c, const struct dcf_base *base, struct dcf_vec p, double limit_m)
{
	struct foot best = { limit_m, DCF_NONE };

	descend(c, base, base->levels - 1, 0, p, &best);
	if (best.arc == DCF_NONE)
		best.m = DCF_FAR_M;
	return best;
}

static bool contains(struct cover *c, const struct dcf_base *base, struct dcf_vec p)
{
	if (!base->area)
		return false;
	spend(c, COST_ARC + base->arc_count / 4);
	return dcf_base_contains(base, p);
}

/* A stretch of a great circle, ready for questions. */
struct stretch {
	struct dcf_vec a, b, middle;
	double half_m; /* no point is farther than this from the middle */
	struct dcf_arc arc;
	struct dcf_box3 box;
	struct dcf_base base;
};

static void make_stretch(struct stretch *s, struct dcf_vec a, struct dcf_vec b)
{
	struct dcf_vec d = dcf_vec_sub(b, a);
	double bulge = dcf_vec_dot(d, d) * 0.1251 + 1e-15;
	const double pa[3] = { a.x, a.y, a.z }, pb[3] = { b.x, b.y, b.z };

	*s = (struct stretch){ .a = a, .b = b, .middle = dcf_vec_unit(dcf_vec_add(a, b)) };
	s->arc = (struct dcf_arc){ a, b, dcf_vec_unit(dcf_vec_cross(dcf_vec_add(a, b), d)) };
	s->half_m = dcf_point_distance_m(a, b) / 2;
	s->half_m += 1e-3 * s->half_m + 1e-6; /* metres a radian differ a little between the halves */
	for (int k = 0; k < 3; k++) {
		s->box.low[k] = (pa[k] < pb[k] ? pa[k] : pb[k]) - bulge;
		s->box.high[k] = (pa[k] > pb[k] ? pa[k] : pb[k]) + bulge;
	}
	s->base = (struct dcf_base){ .arcs = &s->arc, .arc_count = 1, .levels = 1 };
	s->base.boxes[0] = &s->box;
	s->base.box_count[0] = 1;
}

/* Do the stretch and the base (or its inside, if it is an area) keep more than `m` metres from each other? */
static bool apart(struct cover *c, const struct stretch *s, const struct dcf_base *base, double m)
{
	struct dcf_vec x, y;

	spend(c, COST_PAIR + (base->area ? base->arc_count / 4 : 0));
	return dcf_base_distance(&s->base, base, m, &x, &y) == DCF_FAR_M;
}

/* How far the middle of a stretch may lie farther from an arc than its ends, `m` metres away: around an arc of a sphere what
 * lies within a distance is not quite convex. */
static double hollow_m(const struct stretch *s, double m)
{
	double angle = m / RHO_MIN, half = s->half_m / RHO_MIN;

	return RHO_MEAN * angle * half * half * (0.5 + angle * angle) + 1e-6 * m * half + 0.03;
}

static bool near_arc(const struct dcf_arc *arc, struct dcf_vec p, double m)
{
	return dcf_point_distance_m(p, dcf_nearest_on_arc(arc, p)) <= m;
}

/* --- is a stretch of a ring held, or outside? ---------------------------------------------------------- */

/* Is all of the stretch within `m` of the shape?  *least receives how far its middle is from it (0: inside), if less than
 * before. */
static bool holds(struct cover *c, const struct ready *o, const struct stretch *s, double m, double *least)
{
	double reach = o->base.radius_m + m, beyond;
	struct foot f = foot_of(c, &o->base, s->middle, reach + s->half_m);
	bool inside = contains(c, &o->base, s->middle);

	beyond = inside ? 0 : f.m - o->base.radius_m;
	*least = beyond < *least ? beyond : *least;
	if (inside ? f.m > s->half_m : f.m + s->half_m <= reach)
		return true;
	if (f.arc != DCF_NONE) {
		double flat = reach - hollow_m(s, reach);

		spend(c, 2 * COST_ARC);
		if (near_arc(&o->base.arcs[f.arc], s->a, flat) && near_arc(&o->base.arcs[f.arc], s->b, flat))
			return true;
	}
	return inside && apart(c, s, &o->edge, 0.01);
}

static bool outside_inner(struct cover *c, const struct stretch *s, bool *inside)
{
	const struct ready *i = c->inner;
	double r = i->base.radius_m, e = dcf_error_m(r);
	struct foot f = foot_of(c, &i->base, s->middle, r + e + s->half_m);

	*inside = contains(c, &i->base, s->middle);
	if (!*inside && f.arc == DCF_NONE)
		return true;
	*inside |= f.m <= r;
	return !*inside && apart(c, s, &i->base, r + e);
}

/* Sets c->failed when some point of the stretch is in the inner shape, but not held by an outer one. */
static void walk(struct cover *c, struct dcf_vec a, struct dcf_vec b, int depth)
{
	struct stretch s;
	double least = DCF_FAR_M, m = HELD * c->slack_m;
	bool inside;

	make_stretch(&s, a, b);
	if (c->failed || outside_inner(c, &s, &inside))
		return;
	for (uint32_t k = 0; k < c->near_count && !c->failed; k++) {
		uint32_t o = c->near[k];

		if (!holds(c, &c->outer[o], &s, m, &least))
			continue;
		/* the next stretch is most likely held by the same one */
		c->near[k] = c->near[0];
		c->near[0] = o;
		return;
	}
	if ((inside && least > m) || 2 * s.half_m <= SHORT * c->slack_m || depth == DEPTH_MAX)
		c->failed = true;
	if (c->failed)
		return;
	walk(c, a, s.middle, depth + 1);
	walk(c, s.middle, b, depth + 1);
}

/* --- rings ---------------------------------------------------------------------------------------------- */

/* The point at `m` metres from p in the direction of the unit vector d. */
static struct dcf_vec go(struct dcf_vec p, struct dcf_vec d, double m)
{
	double angle = m / dcf_rho(p.z), s, c;
	struct dcf_vec q = p;

	for (int i = 0; i < 3; i++) {
		double got;

		dcf_sincos(angle, &s, &c);
		q = dcf_vec_unit(dcf_vec_add(dcf_vec_scale(p, c), dcf_vec_scale(d, s)));
		got = dcf_point_distance_m(p, q);
		if (!(got > 0))
			break;
		angle *= m / got;
	}
	return q;
}

struct ring {
	double corner_m; /* of the corners from the arc, so that the chords keep the ring's distance */
	uint32_t half;   /* stretches of half a turn */
};

static struct ring ring_about(double radius_m, double slack_m)
{
	double r = radius_m + RING * slack_m, n = dcf_ceil(DCF_PI / 2 * dcf_sqrt(r / (2 * STEP * 0.8 * slack_m)));
	double s, c, half_s, half_c;
	struct ring ring;

	n = n < 3 ? 3 : n > RING_CORNERS_MAX ? RING_CORNERS_MAX : n;
	dcf_sincos(r / RHO_MEAN, &s, &c);
	dcf_sincos(DCF_PI / (2 * n), &half_s, &half_c);
	ring.half = (uint32_t)n;
	ring.corner_m = r + (dcf_atan2(s, c * half_c) * RHO_MEAN - r) * 1.01;
	return ring;
}

/* Half a turn about p, from the direction `from` through `over` (unit vectors at right angles). */
struct turn {
	struct dcf_vec p, from, over;
	const struct ring *ring;
};

static struct dcf_vec corner(struct cover *c, const struct turn *t, uint32_t i)
{
	double s, k;

	spend(c, COST_PAIR);
	dcf_sincos(DCF_PI * i / t->ring->half, &s, &k);
	return go(t->p, dcf_vec_add(dcf_vec_scale(t->from, k), dcf_vec_scale(t->over, s)), t->ring->corner_m);
}

/* Is everything within `m` of p surely outside the inner shape, or held by one outer shape? */
static bool ball_is_clear(struct cover *c, struct dcf_vec p, double m)
{
	const struct dcf_base *inner = &c->inner->base;
	double e = dcf_error_m(inner->radius_m);

	if (foot_of(c, inner, p, inner->radius_m + e + m).arc == DCF_NONE && !contains(c, inner, p))
		return true;
	for (uint32_t k = 0; k < c->near_count && !c->failed; k++) {
		const struct dcf_base *o = &c->outer[c->near[k]].base;
		double reach = o->radius_m + HELD * c->slack_m - m;
		struct foot f = { DCF_FAR_M, DCF_NONE };

		if (o->area)
			f = foot_of(c, o, p, m);
		else if (reach > 0)
			f = foot_of(c, o, p, reach);
		if (o->area ? f.arc == DCF_NONE && contains(c, o, p) : f.arc != DCF_NONE)
			return true;
	}
	return false;
}

/* From corner i to corner k: many at once where nothing is near. */
static void walk_turn(struct cover *c, const struct turn *t, uint32_t i, uint32_t k)
{
	uint32_t middle = i + (k - i) / 2;

	if (c->failed)
		return;
	if (k - i == 1) {
		walk(c, corner(c, t, i), corner(c, t, k), 0);
		return;
	}
	if (k - i > 3 &&
	    ball_is_clear(c, corner(c, t, middle), 1.01 * DCF_PI * (k - middle) / t->ring->half * t->ring->corner_m))
		return;
	walk_turn(c, t, i, middle);
	walk_turn(c, t, middle, k);
}

static void walk_half(struct cover *c, struct dcf_vec p, struct dcf_vec from, struct dcf_vec over, const struct ring *ring)
{
	const struct turn t = { p, from, over, ring };

	walk_turn(c, &t, 0, ring->half);
}

/* The ring around what lies within the radius of an arc. */
static void walk_around(struct cover *c, const struct dcf_arc *arc, const struct ring *ring)
{
	struct dcf_vec left, back, over;
	double m = ring->corner_m;

	if (dcf_vec_dot(arc->n, arc->n) < 0.5) {
		dcf_vec_basis(arc->a, &left, &over);
		walk_half(c, arc->a, left, over, ring);
		walk_half(c, arc->a, dcf_vec_scale(left, -1), dcf_vec_scale(over, -1), ring);
		return;
	}
	left = arc->n;
	back = dcf_vec_scale(left, -1);
	walk_half(c, arc->a, left, dcf_vec_cross(arc->a, left), ring);
	walk_half(c, arc->b, back, dcf_vec_cross(arc->b, back), ring);
	walk(c, go(arc->a, back, m), go(arc->b, back, m), 0);
	walk(c, go(arc->b, left, m), go(arc->a, left, m), 0);
}

/* Rings around all arcs of an outer shape that come near the inner one. */
static void walk_rings(struct cover *c, const struct ready *o)
{
	const struct dcf_base *inner = &c->inner->base;
	struct ring ring = ring_about(o->base.radius_m, c->slack_m);
	double reach = ring.corner_m + inner->radius_m + c->slack_m;
	double far2 = reach / RHO_MIN * (reach / RHO_MIN);

	for (uint32_t i = 0; i < o->base.box_count[0] && !c->failed; i++) {
		uint32_t end = (i + 1) * DCF_FAN;

		spend(c, COST_BOX);
		if (dcf_box_gap2(&o->base.boxes[0][i], &c->inner->hull) > far2)
			continue;
		for (uint32_t k = i * DCF_FAN; k < end && k < o->base.arc_count && !c->failed; k++) {
			struct stretch s;

			make_stretch(&s, o->base.arcs[k].a, o->base.arcs[k].b);
			if (!apart(c, &s, inner, reach))
				walk_around(c, &o->base.arcs[k], &ring);
		}
	}
}

/* --- quick ways ------------------------------------------------------------------------------------------- */

static bool same_footprint(const struct dcf_feature *a, const struct dcf_feature *b)
{
	if (a->shape != b->shape || a->edges != b->edges || a->point_count != b->point_count || a->ring_count != b->ring_count)
		return false;
	if (a->shape != DCF_POLYGON && a->radius_m != b->radius_m)
		return false;
	if (memcmp(a->points, b->points, a->point_count * sizeof *a->points) != 0)
		return false;
	for (uint32_t i = 0; i < a->ring_count; i++)
		if (a->rings[i].first != b->rings[i].first || a->rings[i].count != b->rings[i].count ||
		    a->rings[i].outer != b->rings[i].outer)
			return false;
	return true;
}

/* Does one outer shape hold all of the inner one, as far as distances tell? */
static bool held_alone(struct cover *c, const struct ready *o)
{
	const struct dcf_base *inner = &c->inner->base;
	double room = o->base.radius_m + HELD * c->slack_m - inner->radius_m, d;
	struct dcf_vec x, y;

	if (o->base.area) {
		if (!contains(c, &o->base, inner->arcs[0].a))
			return false;
		spend(c, COST_PAIR * (1 + inner->arc_count / DCF_FAN));
		d = dcf_base_distance(&o->edge, &c->inner->edge, inner->radius_m + 1, &x, &y);
		/* an outer hole may stand free inside the inner area */
		if (inner->area && o->base.ring_count > 1)
			for (uint32_t r = 1; r < o->base.ring_count; r++)
				if (contains(c, inner, o->base.arcs[o->base.ring_end[r - 1]].a))
					return false;
		return d > 0.01 && inner->radius_m <= d + HELD * c->slack_m;
	}
	if (o->base.arc_count > 1 || room < 0)
		return false;
	for (uint32_t i = 0; i < inner->arc_count && !c->failed; i++) {
		struct stretch s;

		make_stretch(&s, inner->arcs[i].a, inner->arcs[i].b);
		spend(c, 2 * COST_ARC);
		if (!near_arc(&o->base.arcs[0], s.a, room - hollow_m(&s, o->base.radius_m)) ||
		    !near_arc(&o->base.arcs[0], s.b, room - hollow_m(&s, o->base.radius_m)))
			return false;
	}
	return true;
}

/* Is everything within the inner shape's radius of the stretch of its line inside one outer shape?  *some: at least of its
 * middle. */
static bool holds_wide(struct cover *c, const struct ready *o, const struct stretch *s, bool *some)
{
	double r = c->inner->base.radius_m, room = o->base.radius_m + HELD * c->slack_m - r;
	struct foot f;

	if (o->base.area) {
		f = foot_of(c, &o->base, s->middle, r + s->half_m);
		if (!contains(c, &o->base, s->middle))
			return false;
		*some |= f.m + HELD * c->slack_m >= r;
		return f.m > s->half_m && f.m - s->half_m + HELD * c->slack_m >= r;
	}
	if (room < 0)
		return false;
	f = foot_of(c, &o->base, s->middle, room);
	if (f.arc == DCF_NONE)
		return false;
	*some = true;
	room -= hollow_m(s, o->base.radius_m);
	spend(c, 2 * COST_ARC);
	return near_arc(&o->base.arcs[f.arc], s->a, room) && near_arc(&o->base.arcs[f.arc], s->b, room);
}

/* Is the inner line with its width held stretch by stretch, each by one outer shape?  False where it is not seen so. */
static bool line_is_held(struct cover *c, struct dcf_vec a, struct dcf_vec b, int depth)
{
	struct stretch s;
	bool some = false;

	make_stretch(&s, a, b);
	for (uint32_t k = 0; k < c->near_count && !c->failed; k++) {
		uint32_t o = c->near[k];

		if (!holds_wide(c, &c->outer[o], &s, &some))
			continue;
		c->near[k] = c->near[0];
		c->near[0] = o;
		return !c->failed;
	}
	if (!some || c->failed || 2 * s.half_m <= SHORT * c->slack_m || depth == DEPTH_MAX)
		return false;
	return line_is_held(c, a, s.middle, depth + 1) && line_is_held(c, s.middle, b, depth + 1);
}

static bool lines_are_held(struct cover *c)
{
	const struct dcf_base *inner = &c->inner->base;

	if (inner->area)
		return false;
	for (uint32_t i = 0; i < inner->arc_count; i++)
		if (!line_is_held(c, inner->arcs[i].a, inner->arcs[i].b, 0))
			return false;
	return true;
}

/* Is a point of the inner shape, and so all of it if no ring cuts it, within the rings? */
static bool point_held(struct cover *c)
{
	struct dcf_vec p = c->inner->base.arcs[0].a;
	double m = HELD * c->slack_m;

	for (uint32_t k = 0; k < c->near_count; k++) {
		const struct dcf_base *o = &c->outer[c->near[k]].base;

		if (contains(c, o, p) || foot_of(c, o, p, o->radius_m + m).arc != DCF_NONE)
			return true;
	}
	return false;
}

/* Outer shapes whose box comes near that of the inner one. */
static void find_near(struct cover *c)
{
	const struct dcf_base *inner = &c->inner->base;

	c->near_count = 0;
	for (uint32_t i = 0; i < c->outer_count; i++) {
		const struct dcf_base *o = &c->outer[i].base;
		double reach = (o->radius_m + inner->radius_m + 2 * c->slack_m) / RHO_MIN;

		spend(c, COST_BOX);
		if (dcf_box_gap2(&c->outer[i].hull, &c->inner->hull) <= reach * reach)
			c->near[c->near_count++] = i;
	}
}

/* Is the one inner shape (a connected one) inside the union of the outer ones? */
static bool one_is_held(struct cover *c)
{
	uint32_t n;

	find_near(c);
	for (uint32_t k = 0; k < c->near_count && !c->failed; k++)
		if (held_alone(c, &c->outer[c->near[k]]))
			return !c->failed;
	if (c->failed || !point_held(c))
		return false;
	if (lines_are_held(c))
		return true;
	n = c->near_count; /* `near` changes its order meanwhile: the list of all is walked, by boxes */
	for (uint32_t i = 0; n > 0 && i < c->outer_count && !c->failed; i++)
		walk_rings(c, &c->outer[i]);
	return !c->failed;
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

static uint32_t parts_of(const struct dcf_feature *const *f, uint32_t count)
{
	uint32_t parts = 0;

	for (uint32_t i = 0; i < count; i++)
		parts += dcf_feature_parts(f[i]);
	return parts;
}

static enum dcf_status make_ready(const struct dcf_feature *f, uint32_t part, struct dcf_arena *arena, struct ready *out)
{
	const char *why;
	enum dcf_status s = dcf_base_build(f, part, arena, &out->base, &why);

	if (s != DCF_OK)
		return s;
	out->edge = out->base;
	out->edge.area = false;
	out->hull = dcf_base_hull(&out->base);
	return DCF_OK;
}

static enum dcf_status make_outer(struct cover *c, const struct dcf_feature *const *outer, uint32_t count,
				  struct dcf_arena *arena)
{
	uint32_t parts = parts_of(outer, count);

	c->outer = dcf_arena_get(arena, (parts + 1) * sizeof *c->outer);
	c->near = dcf_arena_get(arena, (parts + 1) * sizeof *c->near);
	if (!c->outer || !c->near)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t p = 0; p < dcf_feature_parts(outer[i]); p++) {
			enum dcf_status s = make_ready(outer[i], p, arena, &c->outer[c->outer_count]);

			if (s == DCF_E_NOMEM)
				return s;
			c->outer_count += s == DCF_OK;
		}
	}
	return DCF_OK;
}

/* Is there the same footprint among the outer ones? */
static bool stands_there(struct cover *c, const struct dcf_feature *f, const struct dcf_feature *const *outer, uint32_t count)
{
	for (uint32_t i = 0; i < count && c->work > 0; i++) {
		spend(c, COST_BOX);
		if (same_footprint(f, outer[i]))
			return true;
	}
	return false;
}

static enum dcf_status feature_is_held(struct cover *c, const struct dcf_feature *f, const struct dcf_alloc *from)
{
	struct dcf_arena arena = { .from = from };
	uint32_t parts = dcf_feature_parts(f);
	enum dcf_status s = DCF_OK;

	c->failed |= parts == 0;
	for (uint32_t p = 0; p < parts && s == DCF_OK && !c->failed; p++) {
		struct ready one;

		s = make_ready(f, p, &arena, &one);
		c->inner = &one;
		if (s == DCF_OK && !one_is_held(c))
			c->failed = true;
	}
	c->inner = NULL;
	dcf_arena_free(&arena);
	if (s != DCF_OK && s != DCF_E_NOMEM) {
		c->failed = true;
		s = DCF_OK;
	}
	return s;
}

double dcf_cover_slack_m(const struct dcf_feature *const *inner, uint32_t inner_count, const struct dcf_feature *const *outer,
			 uint32_t outer_count, double slack_m)
{
	double r = 0, least;

	for (uint32_t i = 0; i < inner_count; i++)
		if (inner[i]->shape != DCF_POLYGON && inner[i]->radius_m > r)
			r = inner[i]->radius_m;
	for (uint32_t i = 0; i < outer_count; i++)
		if (outer[i]->shape != DCF_POLYGON && outer[i]->radius_m > r)
			r = outer[i]->radius_m;
	least = 2 + 1.2e-5 * r;
	return slack_m > least ? slack_m : least;
}

enum dcf_status dcf_cover(const struct dcf_feature *const *inner, uint32_t inner_count, const struct dcf_feature *const *outer,
			  uint32_t outer_count, double slack_m, const struct dcf_alloc *from, bool *covered)
{
	struct cover c = { .slack_m = dcf_cover_slack_m(inner, inner_count, outer, outer_count, slack_m),
			   .work = DCF_COVER_WORK };
	struct dcf_arena arena = { .from = from };
	enum dcf_status s = DCF_OK;
	bool made = false;

	*covered = false;
	for (uint32_t i = 0; i < inner_count && s == DCF_OK && !c.failed; i++) {
		if (stands_there(&c, inner[i], outer, outer_count))
			continue;
		if (!made)
			s = make_outer(&c, outer, outer_count, &arena);
		made = true;
		if (s == DCF_OK)
			s = feature_is_held(&c, inner[i], from);
	}
	*covered = s == DCF_OK && !c.failed;
	dcf_arena_free(&arena);
	return s;
}
