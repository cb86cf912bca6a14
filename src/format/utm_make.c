/* SPDX-License-Identifier: Apache-2.0 */
#include "format/utm_make.h"
#include "core/num.h"

#define LOWEST_E4     ((int64_t)-8000 * DCF_M_E4) /* the standard's range of altitudes */
#define HIGHEST_E4    ((int64_t)100000 * DCF_M_E4)
#define PIECE_US      60000000.0
#define PIECE_MOVE_M  1000.0
#define PIECE_UP_E4   (300.0 * DCF_M_E4)
#define CAPSULE_MAX_M (DCF_OUTLINE_REACH_M / 3)
#define RADIUS_MIN_M  0.01 /* the standard wants it above 0 */

static const struct dcf_outline_want want = { DCF_OUTLINE_GEODESIC, 10 };

/* What one volume says beside its outline. */
struct extent {
	int64_t lower_e4, upper_e4; /* W84 */
	int64_t start_us, end_us;
};

static int64_t lower_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t higher_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* --- heights ---------------------------------------------------------------------------------------------- */

/* The W84 heights that a limit may stand for. */
static void w84_of(const struct dcf_utm_maker *m, struct dcf_altitude a, bool is_lower, int64_t *low, int64_t *high)
{
	static const struct dcf_altitude ellipsoid = { .ref = DCF_REF_W84, .unit = DCF_UNIT_M };

	if (a.unlimited)
		*low = *high = m->highest_e4;
	else if (is_lower && dcf_altitude_is_ground(a))
		*low = *high = m->lowest_e4;
	else
		dcf_altitude_difference(&m->offsets, a, ellipsoid, false, low, high);
}

/* The same through mean sea level, as a leg between different references is interpolated. */
static void w84_through_msl(const struct dcf_utm_maker *m, struct dcf_altitude a, int64_t *low, int64_t *high)
{
	dcf_altitude_msl(&m->offsets, a, false, low, high);
	*low -= m->offsets.high_e4[DCF_REF_W84];
	*high -= m->offsets.low_e4[DCF_REF_W84];
}

void dcf_utm_maker_init(struct dcf_utm_maker *m, const struct dcf_atmosphere *atmosphere, const struct dcf_alloc *from)
{
	*m = (struct dcf_utm_maker){ .offsets = dcf_offsets_of(atmosphere),
				     .lowest_e4 = LOWEST_E4,
				     .highest_e4 = HIGHEST_E4,
				     .outline = { .from = from } };
}

void dcf_utm_maker_free(struct dcf_utm_maker *m)
{
	const struct dcf_alloc *from = m->outline.from;

	dcf_outline_free(&m->outline);
	dcf_alloc_free(from, m->points, m->point_cap * sizeof *m->points);
	dcf_alloc_free(from, m->rings, m->ring_cap * sizeof *m->rings);
	*m = (struct dcf_utm_maker){ .outline = { .from = from } };
}

void dcf_utm_maker_range(struct dcf_utm_maker *m, const struct dcf_feature *f)
{
	int64_t low, high;

	if (f->shape == DCF_TRAJECTORY)
		return;
	w84_of(m, f->lower, true, &low, &high);
	m->lowest_e4 = lower_of(m->lowest_e4, low);
	w84_of(m, f->upper, false, &low, &high);
	m->highest_e4 = higher_of(m->highest_e4, high);
}

/* --- volumes ---------------------------------------------------------------------------------------------- */

static enum dcf_status give(struct dcf_utm_maker *m, const struct extent *e, const struct dcf_feature *footprint)
{
	struct dcf_utm_volume v = {
		.footprint = *footprint, .start_us = e->start_us, .end_us = e->end_us, .lower_e4 = e->lower_e4
	};

	/* The standard wants the lower limit below the upper one. */
	v.upper_e4 = higher_of(e->upper_e4, e->lower_e4 + 1);
	v.footprint.edges = DCF_EDGES_GEODESIC;
	return m->take(m->ctx, &v);
}

static enum dcf_status give_circle(struct dcf_utm_maker *m, struct dcf_latlon at, double radius_m, const struct extent *e)
{
	const struct dcf_feature f = { .shape = DCF_CIRCLE,
				       .points = &at,
				       .point_count = 1,
				       .radius_m = radius_m > RADIUS_MIN_M ? radius_m : RADIUS_MIN_M };

	return give(m, e, &f);
}

static bool same_place(struct dcf_latlon a, struct dcf_latlon b)
{
	return a.lat_e7 == b.lat_e7 && a.lon_e7 == b.lon_e7;
}

/* The ring's points behind those that are there, neighbours apart. */
static enum dcf_status put_ring(struct dcf_utm_maker *m, const struct dcf_outline_ring *ring, struct dcf_feature *f)
{
	const struct dcf_alloc *from = m->outline.from;
	const struct dcf_vec *v = m->outline.points + ring->first;
	void *points = m->points, *rings = m->rings;
	struct dcf_latlon first, last;
	uint32_t n = f->point_count;
	enum dcf_status s = dcf_grow(from, &points, &m->point_cap, n + ring->count, sizeof *m->points);

	m->points = points;
	if (s == DCF_OK)
		s = dcf_grow(from, &rings, &m->ring_cap, f->ring_count + 1, sizeof *m->rings);
	m->rings = rings;
	if (s != DCF_OK)
		return s;
	m->points[n++] = first = last = dcf_latlon_of(v[0]);
	for (size_t i = 1; i < ring->count; i++) {
		struct dcf_latlon p = dcf_latlon_of(v[i]);

		if (!same_place(p, last) && !same_place(p, first))
			m->points[n++] = p;
		last = p;
	}
	m->rings[f->ring_count++] = (struct dcf_ring){ f->point_count, n - f->point_count, ring->outer };
	f->point_count = n;
	return DCF_OK;
}

/* One volume for each outer ring, with its holes. */
static enum dcf_status give_rings(struct dcf_utm_maker *m, const struct extent *e)
{
	const struct dcf_outline *o = &m->outline;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0, k; s == DCF_OK && i < o->ring_count; i = k) {
		struct dcf_feature f = { .shape = DCF_POLYGON };

		for (k = i; s == DCF_OK && k < o->ring_count && (k == i || !o->rings[k].outer); k++)
			s = put_ring(m, &o->rings[k], &f);
		f.points = m->points;
		f.rings = m->rings;
		if (s == DCF_OK && o->rings[i].outer)
			s = give(m, e, &f);
	}
	return s;
}

/* Circles about points of a-b: what is within r of the line is within sqrt(r^2 + h^2) of the nearest of points 2 h apart. */
static enum dcf_status give_circles(struct dcf_utm_maker *m, struct dcf_latlon a, struct dcf_latlon b, const struct extent *e)
{
	double r = m->feature->radius_m, d, azimuth, h;
	uint32_t n;
	enum dcf_status s = dcf_inverse(a, b, &d, &azimuth);

	if (s != DCF_OK)
		return s;
	n = d > 0.1 ? (uint32_t)dcf_ceil(d / (r / 4)) : 0;
	h = n ? d / n / 2 : d;
	r = dcf_sqrt(r * r + h * h) * (1 + 1e-6);
	if (r > DCF_UTM_RADIUS_MAX_M)
		return DCF_E_LIMIT;
	for (uint32_t i = 0; s == DCF_OK && i <= n; i++)
		s = give_circle(m, i == 0 ? a : i == n ? b : dcf_latlon_of(dcf_direct(a, azimuth, d * i / n)), r + 0.1, e);
	return s;
}

/* Everything within the radius of a-b. */
static enum dcf_status give_capsule(struct dcf_utm_maker *m, struct dcf_latlon a, struct dcf_latlon b, const struct extent *e)
{
	double r = m->feature->radius_m, d, azimuth;
	enum dcf_status s;

	if (m->circles_beyond_m > 0 && r > m->circles_beyond_m)
		return give_circles(m, a, b, e);
	if (r > CAPSULE_MAX_M) {
		s = dcf_inverse(a, b, &d, &azimuth);
		return s == DCF_OK ? give_circle(m, dcf_latlon_of(dcf_direct(a, azimuth, d / 2)), r + d / 2 + 1, e) : s;
	}
	dcf_outline_clear(&m->outline);
	s = dcf_outline_capsule(&m->outline, a, b, r, &want);
	return s == DCF_OK ? give_rings(m, e) : s;
}

/* --- trajectories ----------------------------------------------------------------------------------------- */

/* Number of pieces of a leg. */
static uint32_t pieces_of(double d, double dt_us, double climb_e4)
{
	double by_length = dcf_ceil(d / DCF_PIECE_M), by_time = dcf_ceil(dt_us / PIECE_US);
	double moved = dcf_ceil(d / PIECE_MOVE_M), climbed = dcf_ceil(climb_e4 / PIECE_UP_E4);
	double useful = moved > climbed ? moved : climbed;
	double n = by_time < useful ? by_time : useful;

	n = n > by_length ? n : by_length;
	return n < 1 ? 1 : n > 1e6 ? 1000000u : (uint32_t)n;
}

/* Heights at both ends of a leg: [end][low, high]. */
static void leg_band(const struct dcf_utm_maker *m, const struct dcf_waypoint *p, int64_t band[2][2])
{
	bool mixed = p[0].altitude.ref != p[1].altitude.ref;

	for (int i = 0; i < 2; i++)
		if (mixed && !p[i].altitude.unlimited)
			w84_through_msl(m, p[i].altitude, &band[i][0], &band[i][1]);
		else
			w84_of(m, p[i].altitude, false, &band[i][0], &band[i][1]);
}

static int64_t part_way(int64_t a, int64_t b, double t, bool up)
{
	double v = (double)a + (double)(b - a) * t;

	return (int64_t)(up ? dcf_ceil(v) + 1 : dcf_floor(v) - 1);
}

/* The extent of the piece between the fractions t0 and t1 of a leg. */
static struct extent piece_extent(const struct dcf_feature *f, const struct dcf_waypoint *p, int64_t band[2][2], double t0,
				  double t1)
{
	double dt = (double)(p[1].time_us - p[0].time_us);
	struct extent e;

	e.start_us = t0 <= 0 ? p[0].time_us : p[0].time_us + (int64_t)dcf_floor(dt * t0) - 1;
	e.end_us = t1 >= 1 ? p[1].time_us : p[0].time_us + (int64_t)dcf_ceil(dt * t1) + 1;
	e.lower_e4 = lower_of(part_way(band[0][0], band[1][0], t0, false), part_way(band[0][0], band[1][0], t1, false));
	e.upper_e4 = higher_of(part_way(band[0][1], band[1][1], t0, true), part_way(band[0][1], band[1][1], t1, true));
	e.lower_e4 -= f->containment_e4;
	e.upper_e4 += f->containment_e4;
	return e;
}

static enum dcf_status make_leg(struct dcf_utm_maker *m, const struct dcf_feature *f, uint32_t i)
{
	const struct dcf_waypoint *p = f->waypoints + i;
	struct dcf_latlon a = f->points[i], b = f->points[i + 1], from = a;
	int64_t band[2][2];
	double d, azimuth, climb;
	uint32_t n;
	enum dcf_status s = dcf_inverse(a, b, &d, &azimuth);

	if (s != DCF_OK)
		return s;
	leg_band(m, p, band);
	climb = dcf_fabs((double)(band[1][0] - band[0][0]));
	n = pieces_of(d, (double)(p[1].time_us - p[0].time_us), climb);
	for (uint32_t k = 1; s == DCF_OK && k <= n; k++) {
		struct dcf_latlon to = k == n ? b : dcf_latlon_of(dcf_direct(a, azimuth, d * k / n));
		struct extent e = piece_extent(f, p, band, (k - 1.0) / n, (double)k / n);

		s = give_capsule(m, from, to, &e);
		from = to;
	}
	return s;
}

/* --- features --------------------------------------------------------------------------------------------- */

enum dcf_status dcf_utm_make(struct dcf_utm_maker *m, const struct dcf_feature *f)
{
	struct extent e = { .start_us = f->start_us, .end_us = f->end_us };
	enum dcf_status s = DCF_OK;
	int64_t ignored;

	m->feature = f;
	if (f->shape == DCF_TRAJECTORY) {
		for (uint32_t i = 0; s == DCF_OK && i + 1 < f->point_count; i++)
			s = make_leg(m, f, i);
		return s;
	}
	w84_of(m, f->lower, true, &e.lower_e4, &ignored);
	w84_of(m, f->upper, false, &ignored, &e.upper_e4);
	if (f->shape == DCF_CIRCLE)
		return give_circle(m, f->points[0], f->radius_m, &e);
	if (f->shape != DCF_POLYGON) {
		for (uint32_t i = 0; s == DCF_OK && i + 1 < f->point_count; i++)
			s = give_capsule(m, f->points[i], f->points[i + 1], &e);
		return s;
	}
	dcf_outline_clear(&m->outline);
	s = dcf_outline_feature(&m->outline, f, &want);
	return s == DCF_OK ? give_rings(m, &e) : s;
}
