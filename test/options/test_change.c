/* SPDX-License-Identifier: Apache-2.0 */
/* test_change.c - operations after a change: figures worked by hand, and what must hold of random ones. */
#include "options/change.h"
#include "options/ways.h"
#include "oracle/geo.h"
#include "oracle/random.h"
#include "tap.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 20150920;
static struct dcf_alloc heap;
static struct dcf_arena arena;

enum { SECOND = 1000000, MAX_POINTS = 16 };

/* ---- makers ---- */

static struct dcf_altitude level(int64_t feet, uint8_t ref)
{
	return (struct dcf_altitude){ feet * DCF_FT_E4, ref, DCF_UNIT_FT, false };
}

static struct dcf_latlon at(double lat, double lon)
{
	return (struct dcf_latlon){ (int32_t)lround(lat * 1e7), (int32_t)lround(lon * 1e7) };
}

struct drawn {
	struct dcf_feature f;
	struct dcf_latlon p[MAX_POINTS];
	struct dcf_waypoint w[MAX_POINTS];
	struct dcf_ring ring;
};

static void tie(struct drawn *d)
{
	d->f.points = d->p;
	d->f.waypoints = d->f.shape == DCF_TRAJECTORY ? d->w : NULL;
	d->f.rings = d->f.shape == DCF_POLYGON ? &d->ring : NULL;
	d->f.ring_count = d->f.shape == DCF_POLYGON;
	d->ring = (struct dcf_ring){ 0, d->f.point_count, true };
}

static struct drawn volume(uint8_t shape, int64_t lower_ft, int64_t upper_ft)
{
	struct drawn d = { .f = { .shape = shape,
				  .start_us = 3600 * (int64_t)SECOND,
				  .end_us = 7200 * (int64_t)SECOND,
				  .lower = level(lower_ft, DCF_REF_STD),
				  .upper = level(upper_ft, DCF_REF_STD),
				  .radius_m = 5000,
				  .id = DCF_SPAN("X") } };

	d.p[0] = at(35, 40);
	d.p[1] = at(35, 41);
	d.f.point_count = shape == DCF_CIRCLE ? 1 : 2;
	return d;
}

/* n waypoints a minute apart, about 0.1 degree north of each other, at the levels given (feet STD). */
static struct drawn flight(uint32_t n, const int64_t *feet)
{
	struct drawn d = { .f = { .shape = DCF_TRAJECTORY, .point_count = n, .radius_m = 1000 } };

	for (uint32_t i = 0; i < n; i++) {
		d.p[i] = at(35 + 0.1 * i, 40);
		d.w[i] = (struct dcf_waypoint){ (int64_t)i * 60 * SECOND, level(feet[i], DCF_REF_STD) };
	}
	d.f.start_us = d.w[0].time_us;
	d.f.end_us = d.w[n - 1].time_us;
	return d;
}

static enum dcf_status apply(struct drawn *d, struct dcf_change *c, struct dcf_features *out)
{
	struct dcf_features from = { &d->f, 1 };

	tie(d);
	return dcf_change_apply(&from, c, &arena, out);
}

/* ---- levels ---- */

static void levels_are_the_usual_ones(void)
{
	static const struct {
		uint8_t ref, unit;
		int64_t from, step, up, down; /* in the unit: feet, metres, or FL in feet */
	} rows[] = {
		{ DCF_REF_STD, DCF_UNIT_FL, 29000, 0, 30000, 28000 },   { DCF_REF_STD, DCF_UNIT_FT, 29001, 0, 30000, 29000 },
		{ DCF_REF_STD, DCF_UNIT_FL, 29500, 500, 30000, 29000 }, { DCF_REF_STD, DCF_UNIT_M, 8000, 0, 8100, 7800 },
		{ DCF_REF_STD, DCF_UNIT_M, 8100, 0, 8600, 7800 },       { DCF_REF_STD, DCF_UNIT_M, 8600, 0, 9100, 8100 },
		{ DCF_REF_STD, DCF_UNIT_M, 10600, 0, 11100, 10100 },    { DCF_REF_STD, DCF_UNIT_M, 12100, 0, 13100, 11600 },
		{ DCF_REF_STD, DCF_UNIT_M, 13100, 0, 14100, 12100 },    { DCF_REF_STD, DCF_UNIT_M, 15100, 0, 16100, 14100 },
		{ DCF_REF_STD, DCF_UNIT_M, 8350, 0, 8600, 8100 },       { DCF_REF_MSL, DCF_UNIT_FT, 4000, 0, 4500, 3500 },
		{ DCF_REF_W84, DCF_UNIT_FT, 4001, 0, 4500, 4000 },      { DCF_REF_AGL, DCF_UNIT_FT, 1900, 0, 2000, 1800 },
		{ DCF_REF_AGL, DCF_UNIT_FT, 2000, 0, 2500, 1900 },      { DCF_REF_SFC, DCF_UNIT_FT, 2600, 0, 3000, 2500 },
		{ DCF_REF_MSL, DCF_UNIT_M, 1000, 0, 1050, 900 },        { DCF_REF_AGL, DCF_UNIT_M, 600, 0, 750, 570 },
		{ DCF_REF_AGL, DCF_UNIT_M, 100, 0, 120, 90 },           { DCF_REF_MSL, DCF_UNIT_FT, 0, 0, 500, -500 },
		{ DCF_REF_MSL, DCF_UNIT_FT, -200, 0, 0, -500 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t unit = rows[i].unit == DCF_UNIT_M ? DCF_M_E4 : DCF_FT_E4;
		struct dcf_altitude like = { 0, rows[i].ref, rows[i].unit, false };
		int64_t up = dcf_level_next(like, rows[i].step * unit, rows[i].from * unit, true);
		int64_t down = dcf_level_next(like, rows[i].step * unit, rows[i].from * unit, false);

		CHECK_MSG(up == rows[i].up * unit, "row %zu: %lld", i, (long long)(up / unit));
		CHECK_MSG(down == rows[i].down * unit, "row %zu: %lld", i, (long long)(down / unit));
	}
}

static void level_is_the_lowest_band_or_the_top(void)
{
	struct drawn two[2] = { volume(DCF_CIRCLE, 20000, 25000), volume(DCF_CIRCLE, 18000, 19000) };
	struct drawn climb = flight(4, (const int64_t[]){ 1000, 9000, 9000, 2000 });
	struct dcf_feature f[2];
	struct dcf_features all = { f, 2 };
	struct dcf_altitude l;

	tie(&climb);
	f[0] = two[0].f;
	f[1] = two[1].f;
	CHECK(dcf_change_level(&all, &l) && l.e4 == level(18000, DCF_REF_STD).e4);
	f[1].lower = level(0, DCF_REF_SFC);
	CHECK(!dcf_change_level(&all, &l));
	f[1] = two[1].f;
	f[1].upper.unlimited = true;
	CHECK(!dcf_change_level(&all, &l));
	f[1].upper = f[1].lower = level(500, DCF_REF_AGL);
	CHECK(!dcf_change_level(&all, &l)); /* two references: no one level */
	f[1] = climb.f;
	CHECK(dcf_change_level(&all, &l) && l.e4 == level(9000, DCF_REF_STD).e4);
	climb.w[1].altitude.ref = DCF_REF_MSL;
	CHECK(!dcf_change_level(&all, &l));
}

static void lifts_move_bands_and_keep_ends_of_climbs(void)
{
	struct drawn v = volume(DCF_CIRCLE, 20000, 25000), climb = flight(5, (const int64_t[]){ 1000, 6000, 9000, 9000, 2000 });
	struct drawn even = flight(3, (const int64_t[]){ 9000, 9000, 9000 });
	struct dcf_change down = { .how = DCF_CHANGE_LIFT, .lift_e4 = -4000 * DCF_FT_E4 };
	struct dcf_change up = { .how = DCF_CHANGE_LIFT, .lift_e4 = 1000 * DCF_FT_E4 };
	struct dcf_change deep = { .how = DCF_CHANGE_LIFT, .lift_e4 = -8000 * (int64_t)DCF_FT_E4 };
	struct dcf_features out;

	CHECK(apply(&v, &down, &out) == DCF_OK && out.count == 1);
	CHECK(out.at[0].lower.e4 == level(16000, 0).e4 && out.at[0].upper.e4 == level(21000, 0).e4);
	CHECK(down.from.e4 == level(20000, 0).e4 && down.to.e4 == level(16000, 0).e4);
	CHECK(v.f.lower.e4 == level(20000, 0).e4);
	CHECK(apply(&climb, &down, &out) == DCF_OK);
	for (uint32_t i = 0; i < 5; i++) {
		static const int64_t want[] = { 1000, 5000, 5000, 5000, 2000 };

		CHECK(out.at[0].waypoints[i].altitude.e4 == level(want[i], 0).e4);
	}
	CHECK(climb.w[2].altitude.e4 == level(9000, 0).e4); /* the declared one is as it was */
	CHECK(apply(&climb, &up, &out) == DCF_OK);
	for (uint32_t i = 0; i < 5; i++) {
		static const int64_t want[] = { 1000, 6000, 10000, 10000, 2000 };

		CHECK(out.at[0].waypoints[i].altitude.e4 == level(want[i], 0).e4);
	}
	CHECK(apply(&climb, &deep, &out) == DCF_E_RANGE); /* 1,000 ft would cut off its end at 2,000 ft */
	CHECK(apply(&even, &deep, &out) == DCF_OK && out.at[0].waypoints[0].altitude.e4 == level(1000, 0).e4);
	v.f.lower = level(0, DCF_REF_SFC);
	CHECK(apply(&v, &up, &out) == DCF_E_RANGE);
	v.f.lower = level(3000, DCF_REF_AGL);
	v.f.upper = level(5000, DCF_REF_AGL);
	CHECK(apply(&v, &down, &out) == DCF_E_RANGE); /* below the ground */
}

static void bands_are_trimmed(void)
{
	struct drawn v = volume(DCF_CIRCLE, 20000, 25000);
	struct dcf_change floor = { .how = DCF_CHANGE_FLOOR, .to = level(22000, DCF_REF_STD) };
	struct dcf_change ceiling = { .how = DCF_CHANGE_CEILING, .to = level(21000, DCF_REF_STD) };
	const struct dcf_costs w = { 1, 0.1, 0.01, false };
	struct dcf_features out;

	CHECK(apply(&v, &floor, &out) == DCF_OK && out.at[0].lower.e4 == level(22000, 0).e4 &&
	      out.at[0].upper.e4 == level(25000, 0).e4);
	CHECK(dcf_change_cost(&floor, &w).altitude_ft == 2000 && dcf_change_cost(&floor, &w).total == 200);
	CHECK(apply(&v, &ceiling, &out) == DCF_OK && out.at[0].upper.e4 == level(21000, 0).e4);
	CHECK(dcf_change_cost(&ceiling, &w).altitude_ft == 4000);
	floor.to = level(25000, DCF_REF_STD);
	CHECK(apply(&v, &floor, &out) == DCF_E_RANGE);
	ceiling.to = level(20000, DCF_REF_STD);
	CHECK(apply(&v, &ceiling, &out) == DCF_E_RANGE);
	ceiling.to = level(25000, DCF_REF_STD);
	CHECK(apply(&v, &ceiling, &out) == DCF_E_RANGE); /* nothing would change */
	floor.to = level(22000, DCF_REF_MSL);
	CHECK(apply(&v, &floor, &out) == DCF_E_RANGE);
	v.f.lower = level(0, DCF_REF_SFC);
	v.f.upper.unlimited = true;
	CHECK(apply(&v, &floor, &out) == DCF_OK && dcf_altitude_is_ground(v.f.lower) &&
	      !dcf_altitude_is_ground(out.at[0].lower));
	ceiling.to = level(21000, DCF_REF_STD);
	CHECK(apply(&v, &ceiling, &out) == DCF_OK && !out.at[0].upper.unlimited);
	CHECK(dcf_change_cost(&ceiling, &w).altitude_ft == 39000); /* of 60,000 */
}

/* ---- times ---- */

static void a_shift_changes_nothing_but_times(void)
{
	struct dcf_ora_random r = { seed };

	for (int world = 0; world < 2000; world++) {
		struct drawn d = dcf_ora_chance(&r, 0.5) ? volume(DCF_CORRIDOR, 1000, 2000)
							 : flight(6, (const int64_t[]){ 0, 1, 2, 3, 4, 5 });
		struct dcf_change there = { .how = DCF_CHANGE_SHIFT,
					    .shift_us =
						    dcf_ora_between_i(&r, -86400 * (int64_t)SECOND, 86400 * (int64_t)SECOND) };
		struct dcf_change back = { .how = DCF_CHANGE_SHIFT, .shift_us = -there.shift_us };
		struct dcf_features out, again;
		struct dcf_feature g;

		CHECK(apply(&d, &there, &out) == DCF_OK && out.count == 1);
		CHECK(out.at[0].start_us == d.f.start_us + there.shift_us && out.at[0].end_us == d.f.end_us + there.shift_us);
		CHECK(out.at[0].points == d.f.points && out.at[0].lower.e4 == d.f.lower.e4);
		for (uint32_t i = 0; d.f.waypoints && i < d.f.point_count; i++)
			CHECK(out.at[0].waypoints[i].time_us == d.w[i].time_us + there.shift_us &&
			      out.at[0].waypoints[i].altitude.e4 == d.w[i].altitude.e4);
		CHECK(dcf_change_apply(&out, &back, &arena, &again) == DCF_OK);
		g = again.at[0];
		CHECK(!g.waypoints || memcmp(g.waypoints, d.w, g.point_count * sizeof *d.w) == 0);
		g.waypoints = d.f.waypoints;
		CHECK(memcmp(&g, &d.f, sizeof g) == 0);
	}
	{
		struct drawn d = volume(DCF_CIRCLE, 1000, 2000);
		struct dcf_change far = { .how = DCF_CHANGE_SHIFT, .shift_us = INT64_MAX };
		struct dcf_features out;

		CHECK(apply(&d, &far, &out) == DCF_E_RANGE);
	}
}

static void speed_stretches_from_the_start(void)
{
	struct drawn d = flight(3, (const int64_t[]){ 9000, 9000, 9000 }), v = volume(DCF_CIRCLE, 1000, 2000);
	struct dcf_change slow = { .how = DCF_CHANGE_SPEED, .factor = 0.95 },
			  fast = { .how = DCF_CHANGE_SPEED, .factor = 1.05 };
	const struct dcf_costs w = { 1, 0.1, 0.01, false };
	struct dcf_features out;

	CHECK(apply(&d, &slow, &out) == DCF_OK);
	/* 60 / 0.95 = 63.1579 s and 120 / 0.95 = 126.3158 s, rounded up to the millisecond */
	CHECK(out.at[0].start_us == 0 && out.at[0].waypoints[1].time_us == 63158000 && out.at[0].end_us == 126316000);
	CHECK(slow.shift_us == 6316000 && fabs(dcf_change_cost(&slow, &w).total - 6.316) < 1e-9);
	CHECK(apply(&d, &fast, &out) == DCF_OK && out.at[0].end_us == 114286000 && fast.shift_us == -5714000);
	CHECK(apply(&v, &slow, &out) == DCF_E_RANGE);
	slow.factor = 0;
	CHECK(apply(&d, &slow, &out) == DCF_E_RANGE);
}

static void a_hold_waits_where_it_is(void)
{
	struct drawn d = flight(3, (const int64_t[]){ 9000, 9000, 11000 });
	struct dcf_change c = { .how = DCF_CHANGE_HOLD, .from_us = 60 * (int64_t)SECOND, .shift_us = 300 * (int64_t)SECOND };
	struct dcf_features out;
	const struct dcf_feature *f;

	CHECK(apply(&d, &c, &out) == DCF_OK && out.at[0].point_count == 4);
	f = out.at;
	CHECK(f->waypoints[1].time_us == 60 * SECOND && f->waypoints[2].time_us == 360 * SECOND && f->end_us == 420 * SECOND);
	CHECK(memcmp(&f->points[1], &f->points[2], sizeof *f->points) == 0 && f->points[1].lat_e7 == d.p[1].lat_e7);
	CHECK(c.at.lat_e7 == d.p[1].lat_e7 && c.at.lon_e7 == d.p[1].lon_e7);
	c.from_us = 90 * SECOND; /* half way up the second leg */
	CHECK(apply(&d, &c, &out) == DCF_OK && out.at[0].point_count == 5);
	f = out.at;
	CHECK(f->waypoints[2].altitude.e4 == level(10000, 0).e4 && f->waypoints[3].altitude.e4 == level(10000, 0).e4);
	CHECK(f->waypoints[2].time_us == 90 * SECOND && f->waypoints[3].time_us == 390 * SECOND &&
	      f->waypoints[4].time_us == 420 * SECOND);
	CHECK(labs((long)f->points[2].lat_e7 - 351500000) <= 5); /* equal metres are nearly equal degrees here */
	c.from_us = 120 * SECOND;
	CHECK(apply(&d, &c, &out) == DCF_E_RANGE); /* it has arrived */
	c.from_us = 0;
	c.shift_us = 0;
	CHECK(apply(&d, &c, &out) == DCF_E_RANGE);
}

/* ---- windows ---- */

static void windows_are_cut(void)
{
	struct drawn a = volume(DCF_CIRCLE, 1000, 2000), b = a, d = flight(2, (const int64_t[]){ 1, 1 });
	struct dcf_change end = { .how = DCF_CHANGE_END, .to_us = 5000 * (int64_t)SECOND };
	struct dcf_change begin = { .how = DCF_CHANGE_BEGIN, .from_us = 5000 * (int64_t)SECOND };
	const struct dcf_costs w = { 1, 0.1, 0.01, false };
	struct dcf_feature f[2];
	struct dcf_features both = { f, 2 }, out;

	tie(&a);
	tie(&b);
	f[0] = a.f;
	f[1] = b.f;
	f[1].start_us = 6000 * (int64_t)SECOND;
	f[1].end_us = 8000 * (int64_t)SECOND;
	CHECK(dcf_change_apply(&both, &end, &arena, &out) == DCF_OK && out.count == 1);
	CHECK(out.at[0].start_us == 3600 * (int64_t)SECOND && out.at[0].end_us == end.to_us);
	CHECK(end.shift_us == 3000 * (int64_t)SECOND && dcf_change_cost(&end, &w).delay_s == 3000);
	CHECK(dcf_change_apply(&both, &begin, &arena, &out) == DCF_OK && out.count == 2);
	CHECK(out.at[0].start_us == begin.from_us && out.at[1].start_us == 6000 * (int64_t)SECOND &&
	      begin.shift_us == 1400 * (int64_t)SECOND);
	begin.from_us = 8000 * (int64_t)SECOND;
	CHECK(dcf_change_apply(&both, &begin, &arena, &out) == DCF_E_RANGE);
	begin.from_us = 3600 * (int64_t)SECOND;
	CHECK(dcf_change_apply(&both, &begin, &arena, &out) == DCF_E_RANGE);
	end.to_us = 60;
	CHECK(apply(&d, &end, &out) == DCF_E_RANGE);
}

static void a_split_leaves_the_old_window_less_the_gap(void)
{
	struct dcf_ora_random r = { seed + 1 };
	int made = 0;

	for (int world = 0; world < 3000; world++) {
		struct drawn v = volume(DCF_CIRCLE, 1000, 2000);
		struct dcf_feature f[3];
		struct dcf_features from = { f, 1 + dcf_ora_below(&r, 3) }, out;
		struct dcf_change c = { .how = DCF_CHANGE_SPLIT };
		enum dcf_status s;

		tie(&v);
		for (uint32_t i = 0; i < from.count; i++) {
			f[i] = v.f;
			f[i].start_us = dcf_ora_between_i(&r, 0, 100);
			f[i].end_us = f[i].start_us + dcf_ora_between_i(&r, 1, 60);
		}
		c.from_us = dcf_ora_between_i(&r, 0, 120);
		c.to_us = c.from_us + dcf_ora_between_i(&r, 1, 40);
		s = dcf_change_apply(&from, &c, &arena, &out);
		CHECK(s == DCF_OK || s == DCF_E_RANGE);
		if (s != DCF_OK)
			continue;
		made++;
		for (int64_t t = 0; t < 200; t++) {
			int before = 0, after = 0;

			for (uint32_t i = 0; i < from.count; i++)
				before += f[i].start_us <= t && t < f[i].end_us;
			for (uint32_t i = 0; i < out.count; i++)
				after += out.at[i].start_us <= t && t < out.at[i].end_us;
			CHECK(after == (t >= c.from_us && t < c.to_us ? 0 : before));
		}
		for (uint32_t i = 0; i < out.count; i++)
			CHECK(out.at[i].start_us < out.at[i].end_us);
	}
	CHECK_MSG(made > 500, "%d", made);
}

static void split_parts_have_names(void)
{
	struct drawn v = volume(DCF_CIRCLE, 1000, 2000);
	struct dcf_change c = { .how = DCF_CHANGE_SPLIT, .from_us = 4000 * (int64_t)SECOND, .to_us = 5000 * (int64_t)SECOND };
	const struct dcf_costs w = { 1, 0.1, 0.01, false };
	struct dcf_features out;

	CHECK(apply(&v, &c, &out) == DCF_OK && out.count == 2);
	CHECK(dcf_span_eq(out.at[0].id, DCF_SPAN("X/1")) && dcf_span_eq(out.at[1].id, DCF_SPAN("X/2")));
	CHECK(dcf_change_cost(&c, &w).delay_s == 1000);
	c.from_us = v.f.start_us;
	CHECK(apply(&v, &c, &out) == DCF_E_RANGE); /* that is a later beginning, not a split */
}

/* ---- lines ---- */

/* A line that goes on with turns below `sharp` degrees. */
static struct drawn random_line(struct dcf_ora_random *r, uint8_t shape, double sharp)
{
	struct drawn d = { .f = { .shape = shape, .radius_m = 1000, .start_us = 0, .end_us = 3600 * (int64_t)SECOND } };
	double lat = dcf_ora_uniform(r, -75, 75), lon = dcf_ora_uniform(r, -170, 170), azi = dcf_ora_uniform(r, 0, 360);
	struct dcf_ora_point p = dcf_ora_at(lat, lon);
	int64_t t = 0;

	d.f.point_count = 2 + dcf_ora_below(r, 5);
	for (uint32_t i = 0; i < d.f.point_count; i++) {
		double length = dcf_ora_uniform(r, 30e3, 150e3);

		d.p[i] = dcf_ora_round(p);
		d.w[i] = (struct dcf_waypoint){ t, level(9000, DCF_REF_STD) };
		p = dcf_ora_go(p, azi, length);
		azi += dcf_ora_uniform(r, -sharp, sharp);
		t += (int64_t)(length / dcf_ora_uniform(r, 100, 250) * 1e6);
	}
	d.f.start_us = d.w[0].time_us;
	if (shape == DCF_TRAJECTORY)
		d.f.end_us = d.w[d.f.point_count - 1].time_us;
	tie(&d);
	return d;
}

static double length_of(struct dcf_latlon a, struct dcf_latlon b)
{
	struct dcf_ora_point p = dcf_ora_of(a), q = dcf_ora_of(b);

	return dcf_ora_distance(&p, &q);
}

static double top_speed(const struct dcf_feature *f)
{
	double top = 0;

	for (uint32_t i = 1; i < f->point_count; i++) {
		int64_t us = f->waypoints[i].time_us - f->waypoints[i - 1].time_us;
		double v = length_of(f->points[i - 1], f->points[i]) / (double)us;

		/* over a few seconds, milliseconds and centimetres make a part in a thousand */
		top = us >= 5 * SECOND && v > top ? v : top;
	}
	return top * 1e6;
}

/* Distances from points along the line `f` to the line `other`. */
static void along(const struct dcf_feature *f, const struct dcf_feature *other, double *low, double *high)
{
	struct dcf_ora_shape shape = dcf_ora_shape_of(other);

	*low = 1e9;
	*high = 0;
	for (uint32_t i = 0; i + 1 < f->point_count; i++) {
		struct dcf_ora_point a = dcf_ora_of(f->points[i]), b = dcf_ora_of(f->points[i + 1]), p;
		double length, azi;

		geod_inverse(dcf_ora_wgs84(), a.lat, a.lon, b.lat, b.lon, &length, &azi, NULL);
		for (int k = 0; k <= 10; k++) {
			double d;

			p = dcf_ora_go(a, azi, length * k / 10);
			d = dcf_ora_signed(&shape, &p);
			*low = d < *low ? d : *low;
			*high = d > *high ? d : *high;
		}
	}
	dcf_ora_shape_free(&shape);
}

static void a_parallel_keeps_its_distance(void)
{
	struct dcf_ora_random r = { seed + 2 };
	int made = 0;

	for (int world = 0; world < 600; world++) {
		bool sharp = world % 3 == 0;
		struct drawn d = random_line(&r, dcf_ora_chance(&r, 0.5) ? DCF_CORRIDOR : DCF_TRAJECTORY, sharp ? 140 : 60);
		double aside = dcf_ora_uniform(&r, 200, 8000), low, high;
		struct dcf_change c = { .how = DCF_CHANGE_OFFSET, .distance_m = dcf_ora_chance(&r, 0.5) ? aside : -aside };
		struct dcf_features out;
		enum dcf_status s = apply(&d, &c, &out);

		CHECK(s == DCF_OK || (sharp && s == DCF_E_RANGE));
		if (s != DCF_OK)
			continue;
		made++;
		along(&out.at[0], &d.f, &low, &high);
		/* never nearer where the line does not come back to itself (turns of 60 degrees at most, six points: it may
		 * turn round in all, but not within 16 km; or one corner), and never farther than a mitre */
		if (!sharp || d.f.point_count <= 3)
			CHECK_MSG(low > aside - 0.05 - 1e-4 * aside, "world %d: %.3f of %.3f", world, low, aside);
		CHECK_MSG(high < aside * (sharp ? 1.42 : 1.16) + 0.05 + 2e-3 * aside, "world %d: %.3f of %.3f", world, high,
			  aside);
		if (d.f.shape == DCF_TRAJECTORY) {
			CHECK(top_speed(&out.at[0]) <= 1.021 * top_speed(&d.f));
			CHECK(out.at[0].end_us >= d.f.end_us && out.at[0].start_us == d.f.start_us);
		}
	}
	CHECK_MSG(made > 450, "%d", made);
}

static void a_parallel_lies_on_the_side_asked_for(void)
{
	struct drawn d = volume(DCF_CORRIDOR, 1000, 2000);
	struct dcf_change right = { .how = DCF_CHANGE_OFFSET, .distance_m = 11000 },
			  left = { .how = DCF_CHANGE_OFFSET, .distance_m = -11000 };
	const struct dcf_costs w = { 1, 0.1, 0.01, false };
	struct dcf_features out;

	/* eastward along 35 N: its right is south; one degree there is some 111 km */
	CHECK(apply(&d, &right, &out) == DCF_OK && out.at[0].points[0].lat_e7 < 349100000 &&
	      out.at[0].points[0].lat_e7 > 349000000);
	CHECK(fabs(dcf_change_cost(&right, &w).total - 110 - 0.01 * right.extra_m) < 1e-9);
	CHECK(apply(&d, &left, &out) == DCF_OK && out.at[0].points[1].lat_e7 > 350900000 &&
	      out.at[0].points[1].lat_e7 < 351000000);
	/* a line there and back: two points round its tip */
	d.f.point_count = 3;
	d.p[2] = at(35, 40.2);
	CHECK(apply(&d, &right, &out) == DCF_OK && out.at[0].point_count == 4);
	CHECK(out.at[0].points[1].lat_e7 < 350000000 && out.at[0].points[2].lat_e7 > 350000000);
	d.f.shape = DCF_CIRCLE;
	CHECK(apply(&d, &right, &out) == DCF_E_RANGE);
}

/* On the equator metres east are exact: 1 degree is 111,319.4908 m; 10 km north is 0.0904369 degrees. */
static void a_way_around_costs_its_extra_path(void)
{
	double deg = 111319.4908, north = 10000 / 110574.2758;
	struct drawn d = flight(3, (const int64_t[]){ 9000, 9000, 9000 });
	struct dcf_change c = { .how = DCF_CHANGE_DOGLEG, .distance_m = -10000 };
	struct dcf_features out;
	const struct dcf_feature *f;
	double side = sqrt(2e4 * 2e4 + 1e4 * 1e4), extra = 2 * (side - 2e4);

	for (int i = 0; i < 3; i++) {
		d.p[i] = at(0, 50e3 / deg * i);
		d.w[i].time_us = 250 * (int64_t)i * SECOND; /* 200 m/s */
	}
	d.f.end_us = d.w[2].time_us;
	c.leave = at(0, 20e3 / deg);
	c.at = at(north, 40e3 / deg);
	c.at2 = at(north, 60e3 / deg);
	c.rejoin = at(0, 80e3 / deg);
	c.rejoin_leg = 1;
	CHECK(apply(&d, &c, &out) == DCF_OK && out.at[0].point_count == 6);
	f = out.at;
	CHECK_MSG(fabs(c.extra_m - extra) < 1, "%.3f, not %.3f", c.extra_m, extra);
	CHECK(f->waypoints[0].time_us == 0 && llabs(f->waypoints[1].time_us - 100 * SECOND) < 2000);
	CHECK(llabs(f->waypoints[2].time_us - (int64_t)(100e6 + side / 200 * 1e6)) < 5000);
	CHECK(llabs(f->end_us - (int64_t)(500e6 + extra / 200 * 1e6)) < 10000);
	CHECK(top_speed(f) <= 200.01);
	/* a single point aside, leaving at the start and coming back at the last waypoint */
	c.leave = d.p[0];
	c.at2 = c.at;
	c.rejoin = d.p[2];
	CHECK(apply(&d, &c, &out) == DCF_OK && out.at[0].point_count == 3);
	d.f.shape = DCF_CORRIDOR;
	d.f.start_us = 0;
	d.f.end_us = 7;
	CHECK(apply(&d, &c, &out) == DCF_OK && out.at[0].point_count == 3 && out.at[0].end_us == 7 &&
	      out.at[0].points[1].lat_e7 > 0);
	c.leave_leg = 2;
	CHECK(apply(&d, &c, &out) == DCF_E_RANGE);
}

static void a_way_around_is_never_faster(void)
{
	struct dcf_ora_random r = { seed + 3 };

	for (int world = 0; world < 1000; world++) {
		struct drawn d = random_line(&r, DCF_TRAJECTORY, 60);
		struct dcf_change c = { .how = DCF_CHANGE_DOGLEG };
		double pa = dcf_ora_uniform(&r, 0, 1), pb = dcf_ora_uniform(&r, 0, 1), azi = dcf_ora_uniform(&r, 0, 360);
		struct dcf_features out;
		struct dcf_ora_point p;
		enum dcf_status s;

		c.leave_leg = dcf_ora_below(&r, d.f.point_count - 1);
		c.rejoin_leg = c.leave_leg + dcf_ora_below(&r, d.f.point_count - 1 - c.leave_leg);
		if (c.leave_leg == c.rejoin_leg && pa + 0.05 > pb)
			continue; /* too short a stretch to tell its speed from centimetres and milliseconds */
		CHECK(dcf_leg_point(d.p[c.leave_leg], d.p[c.leave_leg + 1], DCF_EDGES_GEODESIC, pa, &c.leave) == DCF_OK);
		CHECK(dcf_leg_point(d.p[c.rejoin_leg], d.p[c.rejoin_leg + 1], DCF_EDGES_GEODESIC, pb, &c.rejoin) == DCF_OK);
		p = dcf_ora_go(dcf_ora_of(c.leave), azi, 20e3);
		c.at = dcf_ora_round(p);
		c.at2 = dcf_ora_round(dcf_ora_go(p, azi + 40, 30e3));
		s = apply(&d, &c, &out);
		CHECK(s == DCF_OK);
		if (s != DCF_OK)
			continue;
		CHECK_MSG(top_speed(&out.at[0]) <= top_speed(&d.f) * 1.0005, "world %d: %.4f over %.4f", world,
			  top_speed(&out.at[0]), top_speed(&d.f));
		CHECK(out.at[0].start_us == d.f.start_us && out.at[0].end_us >= d.f.end_us);
		CHECK(c.extra_m >= 0);
	}
}

/* ---- zones ---- */

/* Corners on a circle, so convex. */
static struct drawn random_zone(struct dcf_ora_random *r, double radius)
{
	struct drawn d = { .f = { .shape = DCF_POLYGON, .start_us = 0, .end_us = 1 } };
	double lat = dcf_ora_uniform(r, -70, 70), lon = dcf_ora_uniform(r, -170, 170);
	struct dcf_ora_point centre = dcf_ora_at(lat, lon);
	uint32_t n = 3 + dcf_ora_below(r, 8);
	bool left = dcf_ora_chance(r, 0.5);

	d.f.point_count = n;
	for (uint32_t i = 0; i < n; i++) {
		double azi = (i + dcf_ora_uniform(r, 0, 0.5)) * 360 / n;

		d.p[i] = dcf_ora_round(dcf_ora_go(centre, left ? -azi : azi, radius));
	}
	return d;
}

static void a_moved_zone_keeps_its_form(void)
{
	struct dcf_ora_random r = { seed + 4 };
	struct drawn c = volume(DCF_CIRCLE, 1000, 2000);
	struct dcf_change move = { .how = DCF_CHANGE_MOVE, .distance_m = 30000, .bearing_deg = 90 };
	struct dcf_features out;
	double metres, azi;

	CHECK(apply(&c, &move, &out) == DCF_OK);
	CHECK(dcf_inverse(c.p[0], out.at[0].points[0], &metres, &azi) == DCF_OK);
	CHECK(fabs(metres - 30000) < 0.02 && fabs(azi - 90) < 1e-4 && out.at[0].radius_m == 5000);
	for (int world = 0; world < 500; world++) {
		struct drawn d = random_zone(&r, dcf_ora_uniform(&r, 5e3, 50e3));

		move.distance_m = dcf_ora_uniform(&r, 100, 100e3);
		move.bearing_deg = dcf_ora_uniform(&r, 0, 360);
		CHECK(apply(&d, &move, &out) == DCF_OK);
		for (uint32_t i = 0; i < d.f.point_count; i++) {
			double far = length_of(d.p[i], out.at[0].points[i]);

			CHECK_MSG(fabs(far - move.distance_m) < 1e-3 * move.distance_m + 0.1, "%.3f, not %.3f", far,
				  move.distance_m);
			for (uint32_t k = 0; k < i; k++) {
				double before = length_of(d.p[i], d.p[k]),
				       after = length_of(out.at[0].points[i], out.at[0].points[k]);

				CHECK_MSG(fabs(after - before) < 1e-4 * before + 0.1, "%.3f, not %.3f", after, before);
			}
		}
	}
	c = volume(DCF_CORRIDOR, 1000, 2000);
	CHECK(apply(&c, &move, &out) == DCF_E_RANGE);
}

static void a_shrunk_zone_lies_inside(void)
{
	struct dcf_ora_random r = { seed + 5 };
	struct drawn c = volume(DCF_CIRCLE, 1000, 2000);
	struct dcf_change shrink = { .how = DCF_CHANGE_SHRINK, .distance_m = 1200 };
	struct dcf_features out;
	int made = 0;

	CHECK(apply(&c, &shrink, &out) == DCF_OK && out.at[0].radius_m == 3800);
	shrink.distance_m = 5000;
	CHECK(apply(&c, &shrink, &out) == DCF_E_RANGE);
	shrink.distance_m = 0;
	CHECK(apply(&c, &shrink, &out) == DCF_E_RANGE);
	for (int world = 0; world < 500; world++) {
		struct drawn d = random_zone(&r, dcf_ora_uniform(&r, 5e3, 50e3));
		struct dcf_ora_shape whole;
		enum dcf_status s;

		d.f.edges = world % 4 == 0 ? DCF_EDGES_LONLAT : DCF_EDGES_GEODESIC;
		shrink.distance_m = dcf_ora_uniform(&r, 10, 2500);
		s = apply(&d, &shrink, &out);
		CHECK(s == DCF_OK || s == DCF_E_RANGE);
		if (s != DCF_OK)
			continue;
		made++;
		whole = dcf_ora_shape_of(&d.f);
		for (uint32_t i = 0; i < d.f.point_count; i++) {
			for (int k = 0; k < 4; k++) {
				struct dcf_latlon q;
				struct dcf_ora_point p;
				double deep;

				CHECK(dcf_leg_point(out.at[0].points[i], out.at[0].points[(i + 1) % d.f.point_count], d.f.edges,
						    0.25 * k, &q) == DCF_OK);
				p = dcf_ora_of(q);
				deep = -dcf_ora_signed(&whole, &p);
				/* edges straight in longitude and latitude are no two of them parallel */
				CHECK_MSG(deep > (d.f.edges == DCF_EDGES_LONLAT ? 0.99 : 0.998) * shrink.distance_m - 0.1,
					  "world %d: %.2f, not %.2f", world, deep, shrink.distance_m);
			}
		}
		dcf_ora_shape_free(&whole);
	}
	CHECK_MSG(made > 350, "%d", made);
}

static void a_notched_zone_is_not_shrunk(void)
{
	struct drawn d = { .f = { .shape = DCF_POLYGON, .point_count = 5, .end_us = 1 } };
	struct dcf_change shrink = { .how = DCF_CHANGE_SHRINK, .distance_m = 100 };
	struct dcf_features out;

	d.p[0] = at(35, 40);
	d.p[1] = at(35, 41);
	d.p[2] = at(35.5, 40.5); /* the notch */
	d.p[3] = at(36, 41);
	d.p[4] = at(36, 40);
	CHECK(apply(&d, &shrink, &out) == DCF_E_RANGE);
	d.p[2] = at(35.5, 41.5);
	CHECK(apply(&d, &shrink, &out) == DCF_OK);
	d.p[2] = at(35.5, 41); /* on the edge, as far as a degree's seventh decimal goes */
	CHECK(apply(&d, &shrink, &out) != DCF_E_NOMEM);
}

static void costs_add_up(void)
{
	const struct dcf_costs w = { 2, 0.5, 0.25, true };
	struct dcf_change shift = { .how = DCF_CHANGE_SHIFT, .shift_us = -90 * (int64_t)SECOND };
	struct dcf_change lift = { .how = DCF_CHANGE_LIFT, .lift_e4 = -1000 * DCF_FT_E4 };
	struct dcf_change move = { .how = DCF_CHANGE_MOVE, .distance_m = 400 };
	struct dcf_cost a = dcf_change_cost(&shift, &w), b = dcf_change_cost(&lift, &w), c = dcf_change_cost(&move, &w);
	struct dcf_cost sum = dcf_cost_sum(dcf_cost_sum(a, b), c);

	CHECK(a.total == 180 && a.delay_s == 90);
	CHECK(b.total == 500 && b.altitude_ft == 1000);
	CHECK(c.total == 100 && c.extra_m == 400);
	CHECK(sum.total == 780 && sum.delay_s == 90 && sum.altitude_ft == 1000 && sum.extra_m == 400);
}

int main(void)
{
	int failed;

	heap = dcf_alloc_heap();
	arena.from = &heap;
	if (getenv("DCF_SEED"))
		seed = strtoull(getenv("DCF_SEED"), NULL, 10);
	printf("# DCF_SEED=%llu\n", (unsigned long long)seed);
	failed = TAP_RUN(TAP(levels_are_the_usual_ones), TAP(level_is_the_lowest_band_or_the_top),
			 TAP(lifts_move_bands_and_keep_ends_of_climbs), TAP(bands_are_trimmed),
			 TAP(a_shift_changes_nothing_but_times), TAP(speed_stretches_from_the_start),
			 TAP(a_hold_waits_where_it_is), TAP(windows_are_cut), TAP(a_split_leaves_the_old_window_less_the_gap),
			 TAP(split_parts_have_names), TAP(a_parallel_keeps_its_distance),
			 TAP(a_parallel_lies_on_the_side_asked_for), TAP(a_way_around_costs_its_extra_path),
			 TAP(a_way_around_is_never_faster), TAP(a_moved_zone_keeps_its_form), TAP(a_shrunk_zone_lies_inside),
			 TAP(a_notched_zone_is_not_shrunk), TAP(costs_add_up));
	dcf_arena_free(&arena);
	return failed;
}
