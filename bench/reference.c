/* SPDX-License-Identifier: Apache-2.0 */
/* The yardstick for polygons: plain, slow, exact.  Shares no line with the kernel that it judges. */
#include "bench/planar.h"

struct point {
	int64_t x, y;
};

void dcf_planar_bounds(const struct dcf_planar_volume *v, double bounds[4])
{
	bounds[0] = bounds[2] = v->xy[0];
	bounds[1] = bounds[3] = v->xy[1];
	for (uint32_t i = 1; i < v->count; i++)
		for (int k = 0; k < 2; k++) {
			double at = v->xy[2 * i + (uint32_t)k];

			bounds[k] = at < bounds[k] ? at : bounds[k];
			bounds[k + 2] = at > bounds[k + 2] ? at : bounds[k + 2];
		}
}

static struct point vertex(const struct dcf_planar_volume *v, uint32_t i)
{
	i = i < v->count ? i : 0;
	return (struct point){ (int64_t)(v->xy[2 * i] * DCF_PLANAR_UNITS_A_M),
			       (int64_t)(v->xy[2 * i + 1] * DCF_PLANAR_UNITS_A_M) };
}

/* 1, 0 or -1: `c` is left of, on or right of the line a-b. */
static int side(struct point a, struct point b, struct point c)
{
	int64_t d = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

	return (d > 0) - (d < 0);
}

static bool between(int64_t a, int64_t b, int64_t c)
{
	return a < b ? a <= c && c <= b : b <= c && c <= a;
}

/* `c`, known to be on the line a-b, lies on the segment. */
static bool on_segment(struct point a, struct point b, struct point c)
{
	return between(a.x, b.x, c.x) && between(a.y, b.y, c.y);
}

static bool segments_meet(struct point a, struct point b, struct point c, struct point d)
{
	int abc = side(a, b, c), abd = side(a, b, d), cda = side(c, d, a), cdb = side(c, d, b);

	if (abc * abd < 0 && cda * cdb < 0)
		return true;
	return (!abc && on_segment(a, b, c)) || (!abd && on_segment(a, b, d)) || (!cda && on_segment(c, d, a)) ||
	       (!cdb && on_segment(c, d, b));
}

/* `p` is inside or on the boundary (crossings of a ray to the right, half-open in y). */
static bool contains(const struct dcf_planar_volume *v, struct point p)
{
	bool inside = false;

	for (uint32_t i = 0; i < v->count; i++) {
		struct point a = vertex(v, i), b = vertex(v, i + 1);
		int s = side(a, b, p);

		if (!s && on_segment(a, b, p))
			return true;
		if ((a.y > p.y) != (b.y > p.y) && (s > 0) == (b.y > a.y))
			inside = !inside;
	}
	return inside;
}

bool dcf_planar_polygons_meet(const struct dcf_planar_volume *a, const struct dcf_planar_volume *b)
{
	double p[4], q[4];

	dcf_planar_bounds(a, p);
	dcf_planar_bounds(b, q);
	if (p[0] > q[2] || q[0] > p[2] || p[1] > q[3] || q[1] > p[3])
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		for (uint32_t k = 0; k < b->count; k++)
			if (segments_meet(vertex(a, i), vertex(a, i + 1), vertex(b, k), vertex(b, k + 1)))
				return true;
	return contains(a, vertex(b, 0)) || contains(b, vertex(a, 0));
}
