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

/* ---- polygons that meet ---- */

/* Two numbers side by side, which every processor of today computes at once; the same results as one by one. */
typedef double two __attribute__((vector_size(16)));
typedef int64_t yes2 __attribute__((vector_size(16))); /* -1: yes, 0: no */

/* Edges of a polygon, looked at in one go. */
enum { EDGES_AT_ONCE = 64 };

struct edges {
	size_t n;
	double x0[EDGES_AT_ONCE], y0[EDGES_AT_ONCE], x1[EDGES_AT_ONCE], y1[EDGES_AT_ONCE];
};

/* Those of edges [first, end) of which not both ends lie beyond the same side of the box.  Written without a branch
 * an edge, since which ones are kept cannot be foreseen. */
static void collect(struct edges *e, const struct dcf_xy *p, size_t n, size_t first, size_t end, const struct dcf_box_xy *box)
{
	struct dcf_xy from = p[first ? first - 1 : n - 1];
	two low = { box->x0, box->y0 }, high = { box->x1, box->y1 }, at = { from.x, from.y };
	yes2 from_below = at<low, from_above = at> high;

	e->n = 0;
	for (size_t k = first; k < end; k++) {
		struct dcf_xy to = p[k];
		two there = { to.x, to.y };
		yes2 to_below = there<low, to_above = there> high, out = (from_below & to_below) | (from_above & to_above);

		e->x0[e->n] = from.x;
		e->y0[e->n] = from.y;
		e->x1[e->n] = to.x;
		e->y1[e->n] = to.y;
		e->n += !(out[0] | out[1]);
		from = to;
		from_below = to_below;
		from_above = to_above;
	}
}

static two two_of(const double *p)
{
	return (two){ p[0], p[1] };
}

/* Have edge i of a and edges k and k + 1 of b no point in common?  Two segments meet when their boxes do and neither
 * lies strictly on one side of the other's line: touching and lying on one line are no cases of their own. */
static yes2 apart(const struct edges *a, size_t i, const struct edges *b, size_t k)
{
	double px = a->x0[i], py = a->y0[i], qx = a->x1[i], qy = a->y1[i], dx = qx - px, dy = qy - py;
	double x0 = lesser(px, qx), x1 = greater(px, qx), y0 = lesser(py, qy), y1 = greater(py, qy);
	two rx = two_of(b->x0 + k), ry = two_of(b->y0 + k), sx = two_of(b->x1 + k), sy = two_of(b->y1 + k);
	two ex = sx - rx, ey = sy - ry;
	two r = dx * (ry - py) - dy * (rx - px), s = dx * (sy - py) - dy * (sx - px);
	two p = ex * (py - ry) - ey * (px - rx), q = ex * (qy - ry) - ey * (qx - rx);

	return ((r > 0) & (s > 0)) | ((r < 0) & (s < 0)) | ((p > 0) & (q > 0)) | ((p < 0) & (q < 0)) | ((rx > x1) & (sx > x1)) |
	       ((rx < x0) & (sx < x0)) | ((ry > y1) & (sy > y1)) | ((ry < y0) & (sy < y0));
}

static bool edges_meet(const struct edges *a, struct edges *b)
{
	if (b->n % 2) { /* in twos: the last one stands for its missing neighbour */
		b->x0[b->n] = b->x0[b->n - 1];
		b->y0[b->n] = b->y0[b->n - 1];
		b->x1[b->n] = b->x1[b->n - 1];
		b->y1[b->n] = b->y1[b->n - 1];
	}
	for (size_t i = 0; i < a->n; i++) {
		yes2 none = { -1, -1 };

		for (size_t k = 0; k < b->n; k += 2)
			none &= apart(a, i, b, k);
		if (!(none[0] & none[1]))
			return true;
	}
	return false;
}

struct dcf_polygon dcf_polygon_of(const struct dcf_xy *p, size_t n)
{
	struct dcf_polygon g = { p, n, { p[0].x, p[0].y, p[0].x, p[0].y } };

	for (size_t i = 1; i < n; i++) {
		g.box.x0 = lesser(g.box.x0, p[i].x);
		g.box.x1 = greater(g.box.x1, p[i].x);
		g.box.y0 = lesser(g.box.y0, p[i].y);
		g.box.y1 = greater(g.box.y1, p[i].y);
	}
	return g;
}

/* Without edges that meet, one of two polygons can hold a point of the other only when it holds all of it. */
static bool holds(const struct dcf_polygon *a, const struct dcf_polygon *b)
{
	return b->box.x0 >= a->box.x0 && b->box.x1 <= a->box.x1 && b->box.y0 >= a->box.y0 && b->box.y1 <= a->box.y1 &&
	       dcf_polygon_contains(a->p, a->n, b->p[0]);
}

static size_t end_of_block(size_t first, size_t n)
{
	return n - first > EDGES_AT_ONCE ? first + EDGES_AT_ONCE : n;
}

bool dcf_polygons_meet(const struct dcf_polygon *a, const struct dcf_polygon *b)
{
	struct dcf_box_xy both = { greater(a->box.x0, b->box.x0), greater(a->box.y0, b->box.y0), lesser(a->box.x1, b->box.x1),
				   lesser(a->box.y1, b->box.y1) };
	struct edges ea, eb;

	if (both.x0 > both.x1 || both.y0 > both.y1)
		return false;
	for (size_t i = 0; i < a->n; i += EDGES_AT_ONCE) {
		collect(&ea, a->p, a->n, i, end_of_block(i, a->n), &both);
		for (size_t k = 0; ea.n && k < b->n; k += EDGES_AT_ONCE) {
			collect(&eb, b->p, b->n, k, end_of_block(k, b->n), &both);
			if (edges_meet(&ea, &eb))
				return true;
		}
	}
	return holds(a, b) || holds(b, a);
}
