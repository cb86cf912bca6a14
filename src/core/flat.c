/* SPDX-License-Identifier: Apache-2.0 */
#include "core/flat.h"
#include "core/num.h"

#define RAD_PER_E7 (DCF_PI / 1800000000.0)
#define WGS84_A    6378137.0
#define WGS84_E2   0.00669437999014131699614
#define TURN_E7    3600000000

bool dcf_flat_suits(const struct dcf_feature *f)
{
	return f->point_count <= DCF_FLAT_POINTS && f->ring_count <= 1 && f->edges == DCF_EDGES_GEODESIC;
}

struct dcf_flat_map dcf_flat_map_at(int32_t lat_e7, int32_t lon_e7)
{
	struct dcf_flat_map m = { .lat_e7 = lat_e7, .lon_e7 = lon_e7 };
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

double dcf_flat_lay(const struct dcf_flat_map *m, const struct dcf_latlon *p, uint32_t n, struct dcf_flat *out)
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
static uint32_t edges_near(const struct dcf_flat *f, const struct dcf_flat *g, double reach,
			   uint8_t out[static DCF_FLAT_POINTS])
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

double dcf_flat_distance2(const struct dcf_flat *a, const struct dcf_flat *b, double enough2, double far2)
{
	uint8_t ea[DCF_FLAT_POINTS], eb[DCF_FLAT_POINTS];
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
			double d2 = segments2(a->p[ea[i] ? ea[i] - 1u : a->n - 1], a->p[ea[i]],
					      b->p[eb[k] ? eb[k] - 1u : b->n - 1], b->p[eb[k]]);

			if (d2 < best) {
				best = d2;
				if (best <= enough2)
					return best;
			}
		}
	return best;
}

double dcf_flat_error_m(const struct dcf_flat_map *m, double most_m)
{
	return 0.2 + most_m * most_m * most_m * m->sec2 / (WGS84_A * WGS84_A);
}
