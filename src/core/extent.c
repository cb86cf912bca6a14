/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extent.h"
#include "core/num.h"

#define E7_PER_RAD (1800000000.0 / DCF_PI)
#define POLE_E7    900000000
#define HALF_E7    1800000000

/* Least metres a radian of geodetic latitude (at the equator, along the meridian). */
#define MERIDIAN_MIN_M 6335000.0

static void count_ref(size_t count[DCF_REF_COUNT], struct dcf_altitude a)
{
	count[a.ref] += !a.unlimited;
}

static uint8_t common_ref(const struct dcf_plan *plan)
{
	size_t count[DCF_REF_COUNT] = { 0 }, step = plan->feature_count / 1000 + 1;
	uint8_t best = DCF_REF_MSL;

	for (size_t i = 0; i < plan->feature_count; i += step) {
		const struct dcf_feature *f = &plan->features[i];

		count_ref(count, f->shape == DCF_TRAJECTORY ? f->waypoints[0].altitude : f->upper);
	}
	for (uint8_t r = 0; r < DCF_REF_COUNT; r++)
		if (count[r] > count[best])
			best = r;
	/* over the ground nothing is exact between two places: MSL serves as well */
	return best == DCF_REF_AGL || best == DCF_REF_SFC ? DCF_REF_MSL : best;
}

enum { WINDOW_SHARES = 32 };

struct window {
	const struct dcf_plan *plan;
	int64_t first[WINDOW_SHARES], last[WINDOW_SHARES];
};

static void window_share(void *arg, unsigned k)
{
	struct window *w = arg;
	size_t n = w->plan->feature_count, end = n * (k + 1) / WINDOW_SHARES;
	int64_t first = INT64_MAX, last = INT64_MIN;

	for (size_t i = n * k / WINDOW_SHARES; i < end; i++) {
		first = w->plan->features[i].start_us < first ? w->plan->features[i].start_us : first;
		last = w->plan->features[i].end_us > last ? w->plan->features[i].end_us : last;
	}
	w->first[k] = first;
	w->last[k] = last;
}

struct dcf_axes dcf_axes_of(const struct dcf_plan *plan, const struct dcf_offsets *offsets, double lateral_m,
			    int64_t vertical_e4, const struct dcf_parallel *parallel)
{
	struct dcf_axes x = { .offsets = *offsets, .ref = common_ref(plan) };
	struct window w = { .plan = plan };
	int64_t first = INT64_MAX, last = INT64_MIN;

	dcf_parallel_run(parallel, WINDOW_SHARES, window_share, &w);
	for (int k = 0; k < WINDOW_SHARES; k++) {
		first = w.first[k] < first ? w.first[k] : first;
		last = w.last[k] > last ? w.last[k] : last;
	}
	x.time_origin_us = first;
	while (last > first && (uint64_t)(last - first) >> x.time_shift > 2000000000)
		x.time_shift++;
	x.reach_m = lateral_m / 2;
	x.reach_e4 = (vertical_e4 + 1) / 2;
	return x;
}

static int32_t clamp_i32(int64_t v)
{
	/* one short of the ends, which mark empty lanes */
	return v > INT32_MAX - 1 ? INT32_MAX - 1 : v < INT32_MIN + 1 ? INT32_MIN + 1 : (int32_t)v;
}

static int64_t shift_down(int64_t v, unsigned by)
{
	return v >= 0 ? v >> by : -((-v + ((int64_t)1 << by) - 1) >> by);
}

static int64_t shift_up(int64_t v, unsigned by)
{
	return -shift_down(-v, by);
}

static void set_levels(const struct dcf_axes *x, int64_t low_e4, int64_t high_e4, struct dcf_box4 *b)
{
	b->low[DCF_AXIS_ALT] = clamp_i32(shift_down(low_e4 - x->reach_e4, 4));
	b->high[DCF_AXIS_ALT] = clamp_i32(shift_up(high_e4 + x->reach_e4, 4));
}

static void set_window(const struct dcf_axes *x, int64_t start_us, int64_t end_us, struct dcf_box4 *b)
{
	b->low[DCF_AXIS_TIME] = clamp_i32(shift_down(start_us - x->time_origin_us, x->time_shift));
	b->high[DCF_AXIS_TIME] = clamp_i32(shift_up(end_us - x->time_origin_us, x->time_shift));
}

/* A box over the ground in 1e-7 degree; lon_high may pass 180 degrees. */
struct ground {
	int64_t lat_low, lat_high, lon_low, lon_high;
};

static const struct ground everywhere = { -POLE_E7, POLE_E7, -HALF_E7, HALF_E7 };

/* 1 / cos of whole degrees 0..81, rounded up in the third decimal: for the many small boxes away from the
 * poles no function need be computed. */
static const double secant[] = { 1.000, 1.001, 1.001, 1.002, 1.003, 1.004, 1.006, 1.008, 1.010, 1.013, 1.016, 1.019,
				 1.023, 1.027, 1.031, 1.036, 1.041, 1.046, 1.052, 1.058, 1.065, 1.072, 1.079, 1.087,
				 1.095, 1.104, 1.113, 1.123, 1.133, 1.144, 1.155, 1.167, 1.180, 1.193, 1.207, 1.221,
				 1.237, 1.253, 1.270, 1.287, 1.306, 1.326, 1.346, 1.368, 1.391, 1.415, 1.440, 1.467,
				 1.495, 1.525, 1.556, 1.590, 1.625, 1.662, 1.702, 1.744, 1.789, 1.837, 1.888, 1.942,
				 2.000, 2.063, 2.131, 2.203, 2.282, 2.367, 2.459, 2.560, 2.670, 2.791, 2.924, 3.072,
				 3.237, 3.421, 3.628, 3.864, 4.134, 4.446, 4.810, 5.241, 5.759, 6.393 };

/* Half the longitude that a cap of angle d about the latitude spans, in 1e-7 degree: asin(sin d / cos phi);
 * -1 when it reaches around the pole.  One part in fifty covers the ellipsoid and the short forms. */
static int64_t spread_of(double d, int64_t lat_e7)
{
	double s, c, sd, cd;

	if (d < 0.02 && lat_e7 < 800000000) /* d / cos stays below 0.13, where asin x < 1.003 x */
		return (int64_t)(d * secant[lat_e7 / 10000000 + 1] * 1.02 * E7_PER_RAD) + 2;
	dcf_sincos((double)lat_e7 / E7_PER_RAD, &s, &c);
	dcf_sincos(d, &sd, &cd);
	if ((double)lat_e7 / E7_PER_RAD + d >= DCF_PI / 2 || sd >= c)
		return -1;
	return (int64_t)(dcf_asin(sd / c) * 1.02 * E7_PER_RAD) + 2;
}

/* Everything within `metres` of the box. */
static struct ground widened(struct ground g, double metres)
{
	double d = metres * 1.01 / MERIDIAN_MIN_M + 2 / E7_PER_RAD;
	int64_t most = g.lat_high > -g.lat_low ? g.lat_high : -g.lat_low, dlat, dlon;

	if (d > 1.5)
		return everywhere;
	dlat = (int64_t)(d * E7_PER_RAD) + 2;
	dlon = spread_of(d, most < 0 ? 0 : most);
	if (dlon < 0) {
		g.lon_low = -HALF_E7;
		g.lon_high = HALF_E7;
	} else {
		g.lon_low -= dlon;
		g.lon_high += dlon;
	}
	g.lat_low = g.lat_low - dlat < -POLE_E7 ? -POLE_E7 : g.lat_low - dlat;
	g.lat_high = g.lat_high + dlat > POLE_E7 ? POLE_E7 : g.lat_high + dlat;
	return g;
}

/* Add a step from the last longitude by the short way round. */
static int64_t short_way(int64_t from, int64_t to)
{
	int64_t d = to - from;

	if (d > HALF_E7 || d < -HALF_E7) {
		d %= 2 * (int64_t)HALF_E7;
		d = d > HALF_E7 ? d - 2 * (int64_t)HALF_E7 : d < -HALF_E7 ? d + 2 * (int64_t)HALF_E7 : d;
	}
	return from + d;
}

/* Box of a run of points joined by edges.  `bend_m` receives how far an edge may leave the box of its
 * ends: the sagitta of the longest, at most a third of its length. */
static struct ground points_box(const struct dcf_latlon *p, uint32_t n, bool closed, enum dcf_edges edges, double *bend_m,
				bool *polar)
{
	struct ground g = { p[0].lat_e7, p[0].lat_e7, p[0].lon_e7, p[0].lon_e7 };
	int64_t lon = p[0].lon_e7, step, longest = 0, climb = 0;
	double rad;

	for (uint32_t i = 1; i < n; i++) {
		int64_t to = edges == DCF_EDGES_LONLAT ? p[i].lon_e7 + (lon - p[i - 1].lon_e7) : short_way(lon, p[i].lon_e7);
		int64_t up = (int64_t)p[i].lat_e7 - p[i - 1].lat_e7;

		step = to - lon;
		longest = step > longest ? step : -step > longest ? -step : longest;
		climb = up > climb ? up : -up > climb ? -up : climb;
		lon = to;
		g.lat_low = p[i].lat_e7 < g.lat_low ? p[i].lat_e7 : g.lat_low;
		g.lat_high = p[i].lat_e7 > g.lat_high ? p[i].lat_e7 : g.lat_high;
		g.lon_low = lon < g.lon_low ? lon : g.lon_low;
		g.lon_high = lon > g.lon_high ? lon : g.lon_high;
	}
	*polar = false;
	if (closed) {
		/* A ring whose longitudes do not come back to where they began runs around a pole. */
		int64_t back = short_way(lon, p[0].lon_e7);

		step = back - lon;
		longest = step > longest ? step : -step > longest ? -step : longest;
		*polar = back != p[0].lon_e7;
	}
	rad = (double)longest / E7_PER_RAD;
	/* an edge across dlon at latitude phi bulges by dlon^2 sin(2 phi) / 16 at most, doubled for safety */
	*bend_m = rad * rad / 8 * MERIDIAN_MIN_M + (double)climb / E7_PER_RAD * rad * MERIDIAN_MIN_M / 4;
	if (edges == DCF_EDGES_LONLAT)
		*bend_m = 0;
	*polar = *polar || (edges == DCF_EDGES_GEODESIC && (rad > 1 || (double)climb / E7_PER_RAD > 1));
	return g;
}

static struct dcf_extent split(struct ground g, struct dcf_box4 b)
{
	struct dcf_extent e = { .count = 1 };
	const int64_t turn = 2 * (int64_t)HALF_E7;

	if (g.lon_high - g.lon_low >= turn) {
		g.lon_low = -HALF_E7;
		g.lon_high = HALF_E7;
	}
	while (g.lon_low > HALF_E7) {
		g.lon_low -= turn;
		g.lon_high -= turn;
	}
	while (g.lon_low < -HALF_E7) {
		g.lon_low += turn;
		g.lon_high += turn;
	}
	b.low[DCF_AXIS_LAT] = (int32_t)g.lat_low;
	b.high[DCF_AXIS_LAT] = (int32_t)g.lat_high;
	e.box[0] = e.box[1] = b;
	e.box[0].low[DCF_AXIS_LON] = (int32_t)g.lon_low;
	e.box[0].high[DCF_AXIS_LON] = (int32_t)(g.lon_high < HALF_E7 ? g.lon_high : HALF_E7);
	if (g.lon_high >= HALF_E7) {
		/* 180 and -180 are one meridian: what ends there continues from -180 */
		e.count = 2;
		e.box[1].low[DCF_AXIS_LON] = -HALF_E7;
		e.box[1].high[DCF_AXIS_LON] = (int32_t)(g.lon_high - turn);
	}
	return e;
}

struct dcf_extent dcf_extent_of_feature(const struct dcf_axes *x, const struct dcf_feature *f)
{
	struct ground g = everywhere;
	struct dcf_box4 b = { { 0 }, { 0 } };
	double bend = 0, radius = f->shape == DCF_POLYGON ? 0 : f->radius_m;
	bool polar = false;
	int64_t low, high;

	if (f->shape != DCF_POLYGON) {
		g = points_box(f->points, f->point_count, false, f->edges, &bend, &polar);
	} else if (f->ring_count == 1) {
		g = points_box(f->points + f->rings[0].first, f->rings[0].count, true, f->edges, &bend, &polar);
	} else {
		for (uint32_t r = 0; r < f->ring_count && !polar; r++) {
			double bend_r;
			struct ground o;

			if (!f->rings[r].outer)
				continue;
			o = points_box(f->points + f->rings[r].first, f->rings[r].count, true, f->edges, &bend_r, &polar);
			bend = bend_r > bend ? bend_r : bend;
			if (r == 0) {
				g = o;
				continue;
			}
			g.lat_low = o.lat_low < g.lat_low ? o.lat_low : g.lat_low;
			g.lat_high = o.lat_high > g.lat_high ? o.lat_high : g.lat_high;
			g.lon_low = o.lon_low < g.lon_low ? o.lon_low : g.lon_low;
			g.lon_high = o.lon_high > g.lon_high ? o.lon_high : g.lon_high;
		}
	}
	g = polar ? everywhere : widened(g, x->reach_m * 1.00001 + radius * 1.00001 + bend + 1);
	dcf_vertical_extent(f, &x->offsets, x->ref, &low, &high);
	set_levels(x, low, high, &b);
	set_window(x, f->start_us, f->end_us, &b);
	return split(g, b);
}

struct dcf_extent dcf_extent_of_legs(const struct dcf_axes *x, const struct dcf_feature *f, uint32_t first, uint32_t last)
{
	struct dcf_box4 b = { { 0 }, { 0 } };
	double bend;
	bool polar;
	int64_t low, high;
	struct ground g = points_box(f->points + first, last - first + 2, false, f->edges, &bend, &polar);

	g = polar ? everywhere : widened(g, x->reach_m * 1.00001 + f->radius_m * 1.00001 + bend + 1);
	dcf_vertical_leg_extent(f, &x->offsets, x->ref, first, last + 1, &low, &high);
	set_levels(x, low, high, &b);
	set_window(x, f->waypoints[first].time_us, f->waypoints[last + 1].time_us, &b);
	return split(g, b);
}

struct dcf_extent dcf_extent_of_track(const struct dcf_axes *x, const struct dcf_track *t, uint32_t first, uint32_t last)
{
	const struct dcf_feature *f = t->feature;
	struct dcf_box4 b = { { 0 }, { 0 } };
	struct dcf_latlon p[2];
	struct ground g = { 0 };
	double bend = 0;
	int64_t low, high, lon = 0;

	for (uint32_t i = first; i <= last + 1; i++) {
		p[0] = dcf_latlon_of(t->v[i]);
		lon = i == first ? p[0].lon_e7 : short_way(lon, p[0].lon_e7);
		if (i == first)
			g = (struct ground){ p[0].lat_e7, p[0].lat_e7, lon, lon };
		if (i > first) {
			/* sagitta of a piece, with room for the meridian's convergence near poles */
			struct dcf_vec d = dcf_vec_sub(t->v[i], t->v[i - 1]);
			double chord2 = dcf_vec_dot(d, d), m = chord2 * MERIDIAN_MIN_M;

			bend = m > bend ? m : bend;
		}
		g.lat_low = p[0].lat_e7 < g.lat_low ? p[0].lat_e7 : g.lat_low;
		g.lat_high = p[0].lat_e7 > g.lat_high ? p[0].lat_e7 : g.lat_high;
		g.lon_low = lon < g.lon_low ? lon : g.lon_low;
		g.lon_high = lon > g.lon_high ? lon : g.lon_high;
	}
	/* within 20 NM of a pole a piece may pass it: all longitudes */
	if (g.lat_high > POLE_E7 - 4000000 || g.lat_low < -POLE_E7 + 4000000) {
		g.lon_low = -HALF_E7;
		g.lon_high = HALF_E7;
		bend += 2 * DCF_PIECE_M;
	}
	g = widened(g, x->reach_m * 1.00001 + f->radius_m * 1.00001 + bend + 1);
	dcf_vertical_leg_extent(f, &x->offsets, x->ref, t->leg[first], t->leg[last] + 1, &low, &high);
	set_levels(x, low, high, &b);
	set_window(x, f->start_us + (int64_t)dcf_floor(t->t_us[first]), f->start_us + (int64_t)dcf_ceil(t->t_us[last + 1]), &b);
	return split(g, b);
}
