/* SPDX-License-Identifier: Apache-2.0 */
/* The map: with p and l the differences of latitude and longitude from the origin,
 *     x = N cos(phi) l - M sin(phi) p l
 *     y = M p + N sin(phi) cos(phi) l^2 / 2 + M' p^2 / 2
 * which is transverse Mercator to second order (its scale is 1 + x^2 / 2R^2).  Neglected are terms of
 * third order in the distance d from the origin, times at most sec^2(phi), and the bend of geodesics on
 * such a map, also d^3 / R^2.  The error allowed for is d^3 sec^2(phi) / R^2: the distances of 600,000
 * random pairs of lines, of 300 m to 400 km and up to 70 degrees, needed less than a third of it. */
#include "core/filter.h"
#include "core/num.h"
#include "core/ring.h"

#define RAD_PER_E7 (DCF_PI / 1800000000.0)
#define WGS84_A    6378137.0
#define WGS84_E2   0.00669437999014131699614
#define TURN_E7    3600000000

enum { MAX_POINTS = 96 };

/* Is the low end of the vertical gap 0 or under the minimum, exactly? */
static bool levels_near(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
			int64_t minimum)
{
	int64_t above = DCF_ALT_MIN, below = DCF_ALT_MIN, high;

	if (!dcf_altitude_is_ground(b->lower))
		dcf_altitude_difference(o, b->lower, a->upper, same_ground, &above, &high);
	if (!dcf_altitude_is_ground(a->lower))
		dcf_altitude_difference(o, a->lower, b->upper, same_ground, &below, &high);
	above = above > below ? above : below;
	return above <= 0 || above < minimum;
}

/* ---- on the plane ---- */

struct flat {
	struct dcf_xy p[MAX_POINTS];
	uint32_t n;
	bool area;
	double x0, x1, y0, y1;
};

struct map {
	int32_t lat_e7, lon_e7;
	double xl, xpl, yp, yll, ypp; /* coefficients, of differences in 1e-7 degree */
	double sec2;
};

static struct map map_at(int32_t lat_e7, int32_t lon_e7)
{
	struct map m = { .lat_e7 = lat_e7, .lon_e7 = lon_e7 };
	double s, c, w2, n, mm;

	dcf_sincos(lat_e7 * RAD_PER_E7, &s, &c);
	w2 = 1 - WGS84_E2 * s * s;
	n = WGS84_A / dcf_sqrt(w2);
	mm = n * (1 - WGS84_E2) / w2;
	m.xl = n * c * RAD_PER_E7;
	m.xpl = -mm * s * RAD_PER_E7 * RAD_PER_E7;
	m.yp = mm * RAD_PER_E7;
	m.yll = n * s * c / 2 * RAD_PER_E7 * RAD_PER_E7;
	m.ypp = 1.5 * mm * WGS84_E2 * s * c / w2 * RAD_PER_E7 * RAD_PER_E7;
	m.sec2 = 1 / (c * c);
	return m;
}

/* Lays `n` points on the plane; returns the largest distance from the origin squared. */
static double lay(const struct map *m, const struct dcf_latlon *p, uint32_t n, struct flat *out)
{
	double most = 0;

	out->n = n;
	out->x0 = out->y0 = 1e30;
	out->x1 = out->y1 = -1e30;
	for (uint32_t i = 0; i < n; i++) {
		int64_t dlon = (int64_t)p[i].lon_e7 - m->lon_e7;
		double u = (double)(p[i].lat_e7 - m->lat_e7), l, x, y, d2;

		if (dlon > TURN_E7 / 2)
			dlon -= TURN_E7;
		else if (dlon < -TURN_E7 / 2)
			dlon += TURN_E7;
		l = (double)dlon;
		x = (m->xl + m->xpl * u) * l;
		y = (m->yp + m->ypp * u) * u + m->yll * l * l;
		d2 = x * x + y * y;
		most = d2 > most ? d2 : most;
		out->p[i] = (struct dcf_xy){ x, y };
		out->x0 = x < out->x0 ? x : out->x0;
		out->x1 = x > out->x1 ? x : out->x1;
		out->y0 = y < out->y0 ? y : out->y0;
		out->y1 = y > out->y1 ? y : out->y1;
	}
	return most;
}

static double cross(struct dcf_xy a, struct dcf_xy b, struct dcf_xy c)
{
	return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static double point_segment2(struct dcf_xy p, struct dcf_xy a, struct dcf_xy b)
{
	double dx = b.x - a.x, dy = b.y - a.y, ux = p.x - a.x, uy = p.y - a.y, len2 = dx * dx + dy * dy;
	double t = ux * dx + uy * dy;

	t = t <= 0 || len2 <= 0 ? 0 : t >= len2 ? 1 : t / len2;
	ux -= t * dx;
	uy -= t * dy;
	return ux * ux + uy * uy;
}

static double segments2(struct dcf_xy a, struct dcf_xy b, struct dcf_xy c, struct dcf_xy d)
{
	double c1 = cross(a, b, c), c2 = cross(a, b, d), c3 = cross(c, d, a), c4 = cross(c, d, b), m, k;

	if (((c1 > 0) != (c2 > 0)) && ((c3 > 0) != (c4 > 0)) && c1 != c2 && c3 != c4)
		return 0;
	m = point_segment2(a, c, d);
	k = point_segment2(b, c, d);
	m = k < m ? k : m;
	k = point_segment2(c, a, b);
	m = k < m ? k : m;
	k = point_segment2(d, a, b);
	return k < m ? k : m;
}

/* Indices of the edges of `f` (edge i runs from point i - 1, or the last, to point i) that come within
 * `reach` of the box of `g`. */
static uint32_t edges_near(const struct flat *f, const struct flat *g, double reach, uint8_t out[static MAX_POINTS])
{
	uint32_t n = 0, i = f->area || f->n == 1 ? 0 : 1;
	double x0 = g->x0 - reach, x1 = g->x1 + reach, y0 = g->y0 - reach, y1 = g->y1 + reach;

	for (; i < f->n; i++) {
		struct dcf_xy a = f->p[i ? i - 1 : f->n - 1], b = f->p[i];

		if ((a.x < x0 && b.x < x0) || (a.x > x1 && b.x > x1) || (a.y < y0 && b.y < y0) || (a.y > y1 && b.y > y1))
			continue;
		out[n++] = (uint8_t)i;
	}
	return n;
}

/* Squared distance of the two on the plane; stops looking once it is at most enough2, and may return
 * anything above far2 when it is. */
static double flat_distance2(const struct flat *a, const struct flat *b, double enough2, double far2)
{
	uint8_t ea[MAX_POINTS], eb[MAX_POINTS];
	uint32_t na, nb;
	double best = 1e30, reach = dcf_sqrt(far2);

	if (a->x0 - b->x1 > reach || b->x0 - a->x1 > reach || a->y0 - b->y1 > reach || b->y0 - a->y1 > reach)
		return best;
	if ((a->area && dcf_polygon_contains(a->p, a->n, b->p[0])) || (b->area && dcf_polygon_contains(b->p, b->n, a->p[0])))
		return 0;
	na = edges_near(a, b, reach, ea);
	nb = edges_near(b, a, reach, eb);
	for (uint32_t i = 0; i < na; i++)
		for (uint32_t k = 0; k < nb; k++) {
			double d2 = segments2(a->p[ea[i] ? ea[i] - 1u : a->n - 1], a->p[ea[i]], b->p[eb[k] ? eb[k] - 1u : b->n - 1],
					      b->p[eb[k]]);

			if (d2 < best) {
				best = d2;
				if (best <= enough2)
					return best;
			}
		}
	return best;
}

/* One ring or one line, geodesic or short, with few points, away from the poles. */
static bool suits(const struct dcf_feature *f)
{
	return f->point_count <= MAX_POINTS && f->ring_count <= 1 && f->edges == DCF_EDGES_GEODESIC;
}

static int32_t middle_lon(const struct dcf_feature *a)
{
	return a->points[0].lon_e7;
}

static enum dcf_filter over_the_ground(const struct dcf_feature *a, const struct dcf_feature *b, double minimum_m)
{
	struct flat fa, fb;
	double widths = (a->shape == DCF_POLYGON ? 0 : a->radius_m) + (b->shape == DCF_POLYGON ? 0 : b->radius_m);
	double limit = minimum_m + widths, most, other, error, d2, near_m, far_m;
	struct map m;

	limit += dcf_doubt_m(limit);
	if (!suits(a) || !suits(b))
		return DCF_FILTER_UNSURE;
	/* the shape with fewer points is usually the one the other passes by */
	m = map_at(a->points[0].lat_e7 / 2 + b->points[0].lat_e7 / 2, middle_lon(a->point_count <= b->point_count ? b : a));
	if (m.sec2 > 8.6) /* above 70 degrees */
		return DCF_FILTER_UNSURE;
	fa.area = a->shape == DCF_POLYGON;
	fb.area = b->shape == DCF_POLYGON;
	most = lay(&m, a->points, a->point_count, &fa);
	other = lay(&m, b->points, b->point_count, &fb);
	most = dcf_sqrt(most > other ? most : other) + limit;
	if (most > 600000)
		return DCF_FILTER_UNSURE;
	error = 0.2 + most * most * most * m.sec2 / (WGS84_A * WGS84_A);
	near_m = limit - error;
	far_m = limit + error;
	d2 = flat_distance2(&fa, &fb, near_m > 0 ? near_m * near_m : -1, far_m * far_m);
	if (d2 > far_m * far_m)
		return DCF_FILTER_APART;
	return near_m > 0 && d2 < near_m * near_m ? DCF_FILTER_CONFLICT : DCF_FILTER_UNSURE;
}

enum dcf_filter dcf_filter_volumes(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o,
				   const struct dcf_minima *minima)
{
	enum dcf_filter f;
	int64_t from, to;

	if (!dcf_pair_window(a, b, &from, &to) || !levels_near(a, b, o, false, minima->vertical_e4))
		return DCF_FILTER_APART;
	f = over_the_ground(a, b, minima->lateral_m);
	/* heights over the ground may compare otherwise where both stand on the same ground */
	return f == DCF_FILTER_CONFLICT && !levels_near(a, b, o, true, minima->vertical_e4) ? DCF_FILTER_UNSURE : f;
}

bool dcf_filter_is_sound(const struct dcf_feature *f)
{
	uint32_t end;
	struct flat flat;
	struct dcf_xy ends[2 * MAX_POINTS];
	struct map m;

	if (!suits(f) || !(f->radius_m >= 0 && f->radius_m <= DCF_REACH_MAX_M))
		return false;
	m = map_at(f->points[0].lat_e7, f->points[0].lon_e7);
	if (m.sec2 > 8.6 || lay(&m, f->points, f->point_count, &flat) > 1e10)
		return false;
	if (f->shape != DCF_POLYGON)
		return true;
	/* Within 10 km the map's error and the bend of edges stay below a metre, and the star test keeps a
	 * margin of a billionth of the sizes: so ask for 10 km, and leave slivers to the long look. */
	if (flat.x1 - flat.x0 > 10000 || flat.y1 - flat.y0 > 10000 || f->rings[0].first != 0 || f->point_count < 3)
		return false;
	for (uint32_t i = 0; i < flat.n; i++) {
		ends[2 * i] = flat.p[i];
		ends[2 * i + 1] = flat.p[i + 1 < flat.n ? i + 1 : 0];
	}
	end = flat.n;
	return dcf_ring_is_star(ends, 0, end, 0.01);
}
