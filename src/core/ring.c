/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ring.h"
#include "core/num.h"

#define CROSSES "self-intersecting ring"

struct edge {
	struct dcf_xy a, b;
	double x0, x1, y0, y1;
	uint32_t index, ring;
};

static double turn(struct dcf_xy a, struct dcf_xy b, struct dcf_xy c)
{
	return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static bool same(struct dcf_xy a, struct dcf_xy b)
{
	return a.x == b.x && a.y == b.y;
}

bool dcf_ring_is_star(const struct dcf_xy *xy, uint32_t first, uint32_t end, double slack)
{
	struct dcf_xy c = { 0, 0 };
	double share = 1.0 / (end - first);
	int sign = 0, turns = 0;

	for (uint32_t i = first; i < end; i++) {
		c.x += xy[2 * i].x * share;
		c.y += xy[2 * i].y * share;
	}
	for (uint32_t i = first; i < end; i++) {
		struct dcf_xy a = xy[2 * i], b = xy[2 * i + 1];
		double t = turn(c, a, b), ra = dcf_fabs(a.x - c.x) + dcf_fabs(a.y - c.y),
		       rb = dcf_fabs(b.x - c.x) + dcf_fabs(b.y - c.y);

		/* twice the triangle's area against what rounding, or a shift of the corners, could make of it */
		if (!(dcf_fabs(t) > 1e-9 * ra * rb + slack * (ra + rb)) || (sign && (t > 0 ? 1 : -1) != sign))
			return false;
		sign = t > 0 ? 1 : -1;
		/* crossings of the ray from c to the right, counted by direction */
		if (a.y <= c.y && b.y > c.y)
			turns += turn(a, b, c) > 0;
		else if (a.y > c.y && b.y <= c.y)
			turns -= turn(a, b, c) < 0;
	}
	return turns == 1 || turns == -1;
}

static bool folds_back(struct dcf_xy a, struct dcf_xy b, struct dcf_xy c)
{
	double ux = b.x - a.x, uy = b.y - a.y, vx = c.x - b.x, vy = c.y - b.y;
	double dot = ux * vx + uy * vy;

	return dot < 0 && dcf_fabs(ux * vy - uy * vx) <= 1e-11 * -dot;
}

static bool cross_properly(const struct edge *e, const struct edge *f)
{
	double d1 = turn(e->a, e->b, f->a), d2 = turn(e->a, e->b, f->b);
	double d3 = turn(f->a, f->b, e->a), d4 = turn(f->a, f->b, e->b);

	return ((d1 > 0 && d2 < 0) || (d1 < 0 && d2 > 0)) && ((d3 > 0 && d4 < 0) || (d3 < 0 && d4 > 0));
}

/* Do two edges make the boundary ambiguous?  Neighbours share a corner and may not fold back; others
 * of one ring may not meet at all; of different rings they may touch but not cross. */
static bool spoils(const struct edge *e, const struct edge *f, const uint32_t *ring_end)
{
	uint32_t first = e->ring ? ring_end[e->ring - 1] : 0, last = ring_end[e->ring] - 1;

	if (e->ring != f->ring)
		return cross_properly(e, f);
	if (f->index == e->index + 1 || (e->index == last && f->index == first))
		return folds_back(e->a, e->b, f->b);
	if (e->index == f->index + 1 || (f->index == last && e->index == first))
		return folds_back(f->a, f->b, e->b);
	return cross_properly(e, f) || same(e->a, f->a) || same(e->b, f->b) || same(e->a, f->b) || same(e->b, f->a);
}

static void sift(struct edge *e, size_t root, size_t n)
{
	for (;;) {
		size_t child = 2 * root + 1;
		struct edge t;

		if (child >= n)
			return;
		if (child + 1 < n && e[child].x0 < e[child + 1].x0)
			child++;
		if (e[root].x0 >= e[child].x0)
			return;
		t = e[root];
		e[root] = e[child];
		e[child] = t;
		root = child;
	}
}

static void sort_by_x(struct edge *e, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(e, i, n);
	for (size_t i = n; i-- > 1;) {
		struct edge t = e[0];

		e[0] = e[i];
		e[i] = t;
		sift(e, 0, i);
	}
}

static struct edge edge_of(const struct dcf_xy *xy, uint32_t i, uint32_t ring)
{
	struct edge e = { .a = xy[2 * i], .b = xy[2 * i + 1], .index = i, .ring = ring };

	e.x0 = e.a.x < e.b.x ? e.a.x : e.b.x;
	e.x1 = e.a.x < e.b.x ? e.b.x : e.a.x;
	e.y0 = e.a.y < e.b.y ? e.a.y : e.b.y;
	e.y1 = e.a.y < e.b.y ? e.b.y : e.a.y;
	return e;
}

static bool any_spoils(const struct edge *e, size_t n, const uint32_t *ring_end, const char **why)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n && e[k].x0 <= e[i].x1; k++)
			if (e[k].y0 <= e[i].y1 && e[i].y0 <= e[k].y1 && spoils(&e[i], &e[k], ring_end)) {
				*why = e[i].ring == e[k].ring ? CROSSES : "a hole that crosses another ring of its polygon";
				return true;
			}
	return false;
}

enum dcf_status dcf_rings_are_simple(const struct dcf_xy *xy, const uint32_t *ring_end, uint32_t rings, struct dcf_arena *arena,
				     const char **why)
{
	uint32_t n = ring_end[rings - 1], i = 0;
	struct edge *e;

	if (rings == 1 && dcf_ring_is_star(xy, 0, n, 0))
		return DCF_OK;
	e = dcf_arena_get(arena, n * sizeof *e);
	if (!e)
		return DCF_E_NOMEM;
	for (uint32_t r = 0; r < rings; r++)
		for (; i < ring_end[r]; i++)
			e[i] = edge_of(xy, i, r);
	sort_by_x(e, n);
	return any_spoils(e, n, ring_end, why) ? DCF_E_REFUSED : DCF_OK;
}
