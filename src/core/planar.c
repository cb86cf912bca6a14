/* SPDX-License-Identifier: Apache-2.0 */
#include "core/planar.h"
#include "core/num.h"

static double lesser(double a, double b)
{
	return a < b ? a : b;
}

static double greater(double a, double b)
{
	return a > b ? a : b;
}

/* Clip [*in, *out] to where p + r t >= 0.  False when nothing is left. */
static bool clip(double p, double r, double *in, double *out)
{
	if (r == 0)
		return p >= 0;
	if (r > 0)
		*in = greater(*in, -p / r);
	else
		*out = lesser(*out, -p / r);
	return *in <= *out;
}

bool dcf_disc_interval(struct dcf_xy s, struct dcf_xy v, double d, double t0, double t1, double *in, double *out)
{
	double a = v.x * v.x + v.y * v.y, b = s.x * v.x + s.y * v.y, c = s.x * s.x + s.y * s.y - d * d;
	double cross, disc, q, r0, r1;

	*in = t0;
	*out = t1;
	if (!(a > 0))
		return c <= 0 && t0 <= t1;
	/* b^2 - a c, written with the cross product so that nearly equal squares do not cancel. */
	cross = s.x * v.y - s.y * v.x;
	disc = a * d * d - cross * cross;
	if (!(disc >= 0))
		return false;
	q = -b + (b > 0 ? -dcf_sqrt(disc) : dcf_sqrt(disc)); /* never a difference of like numbers */
	r0 = q / a;
	r1 = q != 0 ? c / q : r0;
	*in = greater(t0, lesser(r0, r1));
	*out = lesser(t1, greater(r0, r1));
	return *in <= *out;
}

bool dcf_band_interval(double sz, double vz, double h, double t0, double t1, double *in, double *out)
{
	*in = t0;
	*out = t1;
	return t0 <= t1 && clip(h - sz, -vz, in, out) && clip(h + sz, vz, in, out);
}

bool dcf_cylinder_interval(const double s[3], const double v[3], double d, double h, double t0, double t1, double *in,
			   double *out)
{
	double a, b;
	bool standing_on_it =
		(v[0] == 0 && v[1] == 0 && s[0] * s[0] + s[1] * s[1] >= d * d) || (v[2] == 0 && dcf_fabs(s[2]) >= h);

	if (standing_on_it ||
	    !dcf_disc_interval((struct dcf_xy){ s[0], s[1] }, (struct dcf_xy){ v[0], v[1] }, d, t0, t1, in, out) ||
	    !dcf_band_interval(s[2], v[2], h, t0, t1, &a, &b))
		return false;
	*in = greater(*in, a);
	*out = lesser(*out, b);
	return *in < *out;
}

static void widen(bool *any, double *in, double *out, double low, double high)
{
	*in = *any ? lesser(*in, low) : low;
	*out = *any ? greater(*out, high) : high;
	*any = true;
}

bool dcf_capsule_interval(const struct dcf_approach *a, double d, double t0, double t1, double *in, double *out)
{
	double low = t0, high = t1;
	bool any = false;

	/* Beside the segment: between the planes through its ends, and no further than d across. */
	if (t0 <= t1 && clip(a->along, a->along_rate, &low, &high) && clip(a->back, a->back_rate, &low, &high) &&
	    clip(d - a->across, -a->across_rate, &low, &high) && clip(d + a->across, a->across_rate, &low, &high))
		widen(&any, in, out, low, high);
	/* Around its ends. */
	if (dcf_disc_interval((struct dcf_xy){ a->along, a->across }, (struct dcf_xy){ a->along_rate, a->across_rate }, d, t0,
			      t1, &low, &high))
		widen(&any, in, out, low, high);
	if (dcf_disc_interval((struct dcf_xy){ a->back, a->end_across }, (struct dcf_xy){ a->back_rate, a->end_across_rate }, d,
			      t0, t1, &low, &high))
		widen(&any, in, out, low, high);
	return any;
}

bool dcf_polygon_contains(const struct dcf_xy *polygon, size_t n, struct dcf_xy p)
{
	bool in = false;

	for (size_t i = 0, j = n - 1; i < n; j = i++) {
		struct dcf_xy a = polygon[j], b = polygon[i];

		if ((a.y > p.y) != (b.y > p.y)) {
			double side = (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);

			in ^= b.y > a.y ? side > 0 : side < 0;
		}
	}
	return in;
}

static struct dcf_approach approach_of(struct dcf_xy a, struct dcf_xy b, struct dcf_xy p, struct dcf_xy v)
{
	double dx = b.x - a.x, dy = b.y - a.y, length = dcf_sqrt(dx * dx + dy * dy);
	struct dcf_approach ap = { 0 };

	if (length > 0) {
		dx /= length;
		dy /= length;
	} else {
		dx = 1;
		dy = 0;
	}
	ap.along = (p.x - a.x) * dx + (p.y - a.y) * dy;
	ap.along_rate = v.x * dx + v.y * dy;
	ap.end_across = ap.across = (p.y - a.y) * dx - (p.x - a.x) * dy;
	ap.end_across_rate = ap.across_rate = v.y * dx - v.x * dy;
	ap.back = length - ap.along;
	ap.back_rate = -ap.along_rate;
	return ap;
}

void dcf_polygon_crossing(const struct dcf_xy *polygon, size_t n, struct dcf_xy p, struct dcf_xy v, double d, double t0,
			  double t1, struct dcf_set *out)
{
	size_t edges;
	double from = t0;

	dcf_set_clear(out);
	for (size_t i = 0, j = n - 1; i < n; j = i++) {
		struct dcf_approach ap = approach_of(polygon[j], polygon[i], p, v);
		double low, high;

		if (dcf_capsule_interval(&ap, d, t0, t1, &low, &high))
			dcf_set_add(out, low, high);
	}
	dcf_set_normalise(out);
	/* Between two meetings with the boundary the point stays inside or outside. */
	edges = out->count;
	for (size_t i = 0; i <= edges && !out->failed; i++) {
		double to = i < edges ? out->at[i].low : t1, t = (from + to) / 2;

		if (from < to && dcf_polygon_contains(polygon, n, (struct dcf_xy){ p.x + v.x * t, p.y + v.y * t }))
			dcf_set_add(out, from, to);
		if (i < edges)
			from = out->at[i].high;
	}
	dcf_set_normalise(out);
}

static double turn(struct dcf_xy a, struct dcf_xy b, struct dcf_xy c)
{
	return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static bool within_box(struct dcf_xy a, struct dcf_xy b, struct dcf_xy p)
{
	return p.x >= lesser(a.x, b.x) && p.x <= greater(a.x, b.x) && p.y >= lesser(a.y, b.y) && p.y <= greater(a.y, b.y);
}

static bool segments_meet(struct dcf_xy a, struct dcf_xy b, struct dcf_xy c, struct dcf_xy d)
{
	double d1 = turn(a, b, c), d2 = turn(a, b, d), d3 = turn(c, d, a), d4 = turn(c, d, b);

	if (((d1 > 0 && d2 < 0) || (d1 < 0 && d2 > 0)) && ((d3 > 0 && d4 < 0) || (d3 < 0 && d4 > 0)))
		return true;
	return (d1 == 0 && within_box(a, b, c)) || (d2 == 0 && within_box(a, b, d)) || (d3 == 0 && within_box(c, d, a)) ||
	       (d4 == 0 && within_box(c, d, b));
}

struct box_xy {
	double x0, y0, x1, y1;
};

static struct box_xy box_of(const struct dcf_xy *p, size_t n)
{
	struct box_xy b = { p[0].x, p[0].y, p[0].x, p[0].y };

	for (size_t i = 1; i < n; i++) {
		b.x0 = lesser(b.x0, p[i].x);
		b.x1 = greater(b.x1, p[i].x);
		b.y0 = lesser(b.y0, p[i].y);
		b.y1 = greater(b.y1, p[i].y);
	}
	return b;
}

static bool edge_outside(struct dcf_xy p, struct dcf_xy q, const struct box_xy *b)
{
	return (p.x < b->x0 && q.x < b->x0) || (p.x > b->x1 && q.x > b->x1) || (p.y < b->y0 && q.y < b->y0) ||
	       (p.y > b->y1 && q.y > b->y1);
}

/* Edges of `b` looked at in one go. */
enum { EDGES_AT_ONCE = 64 };

/* Do the edges of a meet edges [first, end) of b, of which only those near a's box are compared? */
static bool edges_meet(const struct dcf_xy *a, size_t na, const struct box_xy *ba, const struct dcf_xy *b, size_t nb,
		       const struct box_xy *bb, size_t first, size_t end)
{
	struct dcf_xy from[EDGES_AT_ONCE], to[EDGES_AT_ONCE];
	size_t n = 0;

	for (size_t k = first; k < end; k++) {
		struct dcf_xy p = b[k ? k - 1 : nb - 1], q = b[k];

		if (edge_outside(p, q, ba))
			continue;
		from[n] = p;
		to[n++] = q;
	}
	for (size_t i = 0, j = na - 1; n && i < na; j = i++) {
		if (edge_outside(a[j], a[i], bb))
			continue;
		for (size_t k = 0; k < n; k++)
			if (segments_meet(a[j], a[i], from[k], to[k]))
				return true;
	}
	return false;
}

bool dcf_polygons_meet(const struct dcf_xy *a, size_t na, const struct dcf_xy *b, size_t nb)
{
	struct box_xy ba = box_of(a, na), bb = box_of(b, nb);

	if (ba.x1 < bb.x0 || bb.x1 < ba.x0 || ba.y1 < bb.y0 || bb.y1 < ba.y0)
		return false;
	if (dcf_polygon_contains(a, na, b[0]) || dcf_polygon_contains(b, nb, a[0]))
		return true;
	for (size_t k = 0; k < nb; k += EDGES_AT_ONCE)
		if (edges_meet(a, na, &ba, b, nb, &bb, k, k + EDGES_AT_ONCE < nb ? k + EDGES_AT_ONCE : nb))
			return true;
	return false;
}
