/* SPDX-License-Identifier: Apache-2.0 */
/* test_oracle.c - who checks the checker?  The oracle against hand-worked numbers, dense sampling and other
 * ways to the same answer. */
#include "oracle/geo.h"
#include "oracle/motion.h"
#include "oracle/random.h"
#include "oracle/vertical.h"
#include "oracle/world.h"
#include "tap.h"
#include <math.h>

#define NM 1852.0

static struct dcf_latlon ll(double lat, double lon)
{
	return (struct dcf_latlon){ (int32_t)llround(lat * 1e7), (int32_t)llround(lon * 1e7) };
}

/* hh:mm:ss.sss of one day, in microseconds */
static int64_t hms(int h, int m, double s)
{
	return (int64_t)llround(((h * 60.0 + m) * 60 + s) * 1e6);
}

static struct dcf_altitude fl(int level)
{
	return (struct dcf_altitude){ .e4 = (int64_t)level * DCF_FL_E4, .ref = DCF_REF_STD, .unit = DCF_UNIT_FL };
}

static struct dcf_altitude metres(int64_t m, enum dcf_alt_ref ref)
{
	return (struct dcf_altitude){ .e4 = m * DCF_M_E4, .ref = (uint8_t)ref, .unit = DCF_UNIT_M };
}

static struct dcf_atmosphere standard(void)
{
	return (struct dcf_atmosphere){ .qnh_hpa = { 1013.25, 1013.25 },
					.geoid_m = { 24, 24 },
					.terrain_e4 = { 0, 700 * DCF_FT_E4 } };
}

/* September 2015, US-B1-01 through RU-AIRLIFT-01 (issue's scenario s1; times computed there on WGS 84 with
 * two independent programs): radii 10,000 + 1,852 m, minimum 3 NM. */
static void bomber_and_corridor(void)
{
	static const struct {
		int m;
		double s, distance;
	} want[] = {
		{ 23, 48.515, 11852 + 3 * NM }, { 24, 43.778, 11852 }, { 28, 39.552, 11852 }, { 29, 34.815, 11852 + 3 * NM }
	};
	struct dcf_latlon line[] = { ll(36.8, 42.35), ll(35.6, 38.5), ll(35.4011, 35.9487) };
	struct dcf_latlon path[] = { ll(33.7856, 42.4412), ll(35.2854, 40.176), ll(36.51, 40.74) };
	struct dcf_waypoint way[] = { { hms(6, 50, 0), fl(290) }, { hms(7, 12, 0), fl(290) }, { hms(7, 30, 0), fl(290) } };
	struct dcf_feature a = { .shape = DCF_CORRIDOR,
				 .radius_m = 10000,
				 .points = line,
				 .point_count = 3,
				 .start_us = hms(6, 0, 0),
				 .end_us = hms(9, 0, 0) };
	struct dcf_feature b = { .shape = DCF_TRAJECTORY,
				 .radius_m = 1852,
				 .points = path,
				 .point_count = 3,
				 .waypoints = way,
				 .start_us = hms(6, 50, 0),
				 .end_us = hms(7, 30, 0) };
	struct dcf_ora_body x, y;

	dcf_ora_body_init(&x, &a);
	dcf_ora_body_init(&y, &b);
	for (int i = 0; i < 4; i++) {
		struct dcf_ora_point p = dcf_ora_place(&y, 1, (long double)hms(7, want[i].m, want[i].s));
		double d = dcf_ora_signed(&x.shape, &p);

		/* 1 ms at 130 m/s */
		CHECK_MSG(fabs(d - want[i].distance) < 0.15, "%d: %.3f m, not %.3f", i, d, want[i].distance);
	}
	dcf_ora_body_free(&x);
	dcf_ora_body_free(&y);
}

static void scenario_altitudes(void)
{
	struct dcf_feature f16 = { .shape = DCF_CORRIDOR, .lower = fl(230), .upper = fl(270), .end_us = 10 };
	struct dcf_feature lift = {
		.shape = DCF_CORRIDOR, .lower = metres(8600, DCF_REF_STD), .upper = metres(10600, DCF_REF_STD), .end_us = 10
	};
	struct dcf_feature mq1 = { .shape = DCF_POLYGON, .lower = fl(150), .upper = fl(200), .end_us = 10 };
	struct dcf_feature uav = {
		.shape = DCF_POLYGON, .lower = metres(3000, DCF_REF_MSL), .upper = metres(4500, DCF_REF_MSL), .end_us = 10
	};
	struct dcf_atmosphere air = standard();
	struct dcf_ora_offsets o = dcf_ora_offsets_of(&air, DCF_ORA_MUST);
	long double low, high;

	dcf_ora_vertical_gap(&o, (struct dcf_ora_stretch){ &f16, 0 }, (struct dcf_ora_stretch){ &lift, 0 }, 0, 0, true, &low,
			     &high);
	CHECK(floorl(low / 3048) == 1215 && low == high);
	dcf_ora_vertical_gap(&o, (struct dcf_ora_stretch){ &mq1, 0 }, (struct dcf_ora_stretch){ &uav, 0 }, 0, 0, true, &low,
			     &high);
	CHECK(floorl(low / 3048) == 236);
	air.qnh_hpa[0] = air.qnh_hpa[1] = 1008;
	o = dcf_ora_offsets_of(&air, DCF_ORA_MAY);
	dcf_ora_vertical_gap(&o, (struct dcf_ora_stretch){ &mq1, 0 }, (struct dcf_ora_stretch){ &uav, 0 }, 0, 0, true, &low,
			     &high);
	CHECK_MSG(low / 3048 > 85 && high / 3048 < 100, "%.3Lf ft", low / 3048);
	/* FORMAT.md's formula by hand: 145366.45 * (1 - (950 / 1013.25)^0.190284) = 1772.0 ft (bc, 20 digits: 1771.98) */
	air.qnh_hpa[0] = 950;
	o = dcf_ora_offsets_of(&air, DCF_ORA_MUST);
	CHECK_MSG(o.low[DCF_REF_STD] / 3048 > -1790 && o.low[DCF_REF_STD] / 3048 < -1750, "%lld",
		  (long long)o.low[DCF_REF_STD] / 3048);
}

/* Two bands that meet at a level, and a climb that reaches a band at an instant. */
static void levels(void)
{
	struct dcf_atmosphere air = standard();
	struct dcf_ora_offsets o = dcf_ora_offsets_of(&air, DCF_ORA_MUST);
	struct dcf_feature a = {
		.shape = DCF_CIRCLE, .lower = metres(1000, DCF_REF_MSL), .upper = metres(2000, DCF_REF_MSL), .end_us = 3000
	};
	struct dcf_feature b = {
		.shape = DCF_CIRCLE, .lower = metres(2000, DCF_REF_MSL), .upper = metres(3000, DCF_REF_MSL), .end_us = 3000
	};
	struct dcf_waypoint way[] = { { 0, metres(0, DCF_REF_MSL) }, { 3000, metres(1000, DCF_REF_MSL) } };
	struct dcf_feature c = { .shape = DCF_TRAJECTORY, .waypoints = way, .point_count = 2, .end_us = 3000 };
	struct dcf_ora_stretch sa = { &a, 0 }, sb = { &b, 0 }, sc = { &c, 0 };
	struct dcf_ora_set s = dcf_ora_vertical(&o, sa, sb, 0, 3000, 0, true);

	CHECK(!s.empty && s.from == 0 && s.to == 3000);
	b.lower.e4 += 1;
	CHECK(dcf_ora_vertical(&o, sa, sb, 0, 3000, 0, true).empty);
	CHECK(dcf_ora_vertical(&o, sa, sb, 0, 3000, 1, true).empty);
	CHECK(!dcf_ora_vertical(&o, sa, sb, 0, 3000, 2, true).empty);
	s = dcf_ora_vertical(&o, sa, sc, 0, 3000, 0, true);
	CHECK(!s.empty && s.from == 3000 && s.to == 3000);
	CHECK(dcf_ora_vertical(&o, sa, sc, 0, 2999, 0, true).empty);
	/* with a minimum of 500 m: from half way on */
	s = dcf_ora_vertical(&o, sa, sc, 0, 3000, 500 * DCF_M_E4, true);
	CHECK(!s.empty && s.from == 1500 && s.to == 3000);
	/* above the ground: exact on the same ground, in doubt by 700 ft elsewhere */
	a.upper = metres(1000, DCF_REF_AGL);
	b.lower = metres(1100, DCF_REF_AGL);
	CHECK(dcf_ora_by_ground(sa, sb) && dcf_ora_vertical(&o, sa, sb, 0, 3000, 0, true).empty);
	CHECK(!dcf_ora_vertical(&o, sa, sb, 0, 3000, 0, false).empty);
	/* 0 SFC reaches down to the ground wherever it is */
	b.lower = (struct dcf_altitude){ .ref = DCF_REF_SFC };
	a.upper = metres(-500, DCF_REF_MSL);
	CHECK(!dcf_ora_vertical(&o, sa, sb, 0, 3000, 0, true).empty);
}

/* Distance to an edge by looking at 20,001 points of it. */
static double sampled(struct dcf_latlon a, struct dcf_latlon b, bool lonlat, const struct dcf_ora_point *p)
{
	struct dcf_ora_point x = dcf_ora_of(a), y = dcf_ora_of(b);
	struct geod_geodesicline line;
	double best = INFINITY;

	geod_inverseline(&line, dcf_ora_wgs84(), x.lat, x.lon, y.lat, y.lon, 0);
	for (int i = 0; i <= 20000; i++) {
		double k = i / 20000.0, lat = x.lat + k * (y.lat - x.lat), lon = x.lon + k * remainder(y.lon - x.lon, 360);
		struct dcf_ora_point q;

		if (!lonlat)
			geod_position(&line, k * line.s13, &lat, &lon, NULL);
		q = dcf_ora_at(lat, lon);
		best = fmin(best, dcf_ora_distance(&q, p));
	}
	return best;
}

static void check_edge(int i, struct dcf_latlon end[2], bool lonlat, double size, const struct dcf_ora_point *p)
{
	struct dcf_feature f = {
		.shape = DCF_CORRIDOR, .points = end, .point_count = 2, .edges = lonlat ? DCF_EDGES_LONLAT : DCF_EDGES_GEODESIC
	};
	struct dcf_ora_shape s = dcf_ora_shape_of(&f);
	double is = dcf_ora_signed(&s, p), want = sampled(end[0], end[1], lonlat, p);
	/* a sample is at most half a step from the foot, so at most this much farther */
	double step = size / 20000 + 1e-6, late = fmin(step, step * step / (2 * fmax(is, 1e-9)));
	double doubt = 1e-4 + lonlat * DCF_ORA_LONLAT_M;

	CHECK_MSG(is <= want + doubt && is >= want - late - doubt, "edge %d of %.0f m: %.6f, sampled %.6f", i, size, is, want);
	dcf_ora_shape_free(&s);
}

static void edges_against_sampling(void)
{
	struct dcf_ora_random r = { 11 };

	for (int i = 0; i < 120; i++) {
		bool lonlat = i % 4 == 3;
		double lat = dcf_ora_uniform(&r, -85, 85), lon = dcf_ora_uniform(&r, lonlat ? -90 : -180, lonlat ? 90 : 180);
		double size = dcf_ora_log_uniform(&r, 1, lonlat ? 100e3 : 4000e3), far = dcf_ora_log_uniform(&r, 1, 6000e3);
		double azi[] = { dcf_ora_uniform(&r, 0, 360), 0, 0 };
		struct dcf_ora_point c = dcf_ora_at(lat, lon), p;
		struct dcf_latlon end[2];

		azi[1] = dcf_ora_uniform(&r, 0, 360);
		azi[2] = dcf_ora_uniform(&r, 0, 360);
		end[0] = dcf_ora_round(dcf_ora_go(c, azi[0], size));
		end[1] = dcf_ora_round(dcf_ora_go(c, azi[1], size));
		p = dcf_ora_go(c, azi[2], far);
		check_edge(i, end, lonlat, size, &p);
	}
}

/* Inside or not, by the sum of the turns of PROJ's azimuths along the boundary, sampled finely. */
static bool inside_by_azimuths(const struct dcf_feature *f, const struct dcf_ora_point *p)
{
	int turns = 0;

	for (uint32_t k = 0; k < f->ring_count; k++) {
		double sum = 0, last = NAN;

		for (uint32_t i = 0; i <= f->rings[k].count; i++) {
			struct dcf_ora_point q = dcf_ora_of(f->points[f->rings[k].first + i % f->rings[k].count]);
			double azi;

			geod_inverse(dcf_ora_wgs84(), p->lat, p->lon, q.lat, q.lon, NULL, &azi, NULL);
			if (i)
				sum += remainder(azi - last, 360);
			last = azi;
		}
		turns += fabs(sum) > 180;
	}
	return turns & 1;
}

static void inside_against_azimuths(void)
{
	struct dcf_ora_world w;
	size_t points = 0, in = 0;

	for (uint64_t n = 0; n < 300; n++) {
		struct dcf_ora_random r = { n };

		CHECK(dcf_ora_world_make(&w, 5, n, (struct dcf_ora_scale){ 1, 1 }, n & 1 ? "poles" : "holes"));
		for (int i = 0; i < 20 && w.plan.features[0].shape == DCF_POLYGON; i++) {
			const struct dcf_feature *f = &w.plan.features[0];
			struct dcf_ora_shape s = dcf_ora_shape_of(f);
			double azi = dcf_ora_uniform(&r, 0, 360), far = dcf_ora_uniform(&r, 0, s.ball.r);
			struct dcf_ora_point p = dcf_ora_go(dcf_ora_of(f->points[(uint32_t)i % f->point_count]), azi, far);
			double d = dcf_ora_signed(&s, &p);

			points++;
			in += d < 0;
			/* seen from the azimuths an edge must not pass behind the point */
			if (fabs(d) > 1e-3)
				CHECK_MSG(inside_by_azimuths(f, &p) == (d < 0), "world %d point %d: %.6f", (int)n, i, d);
			dcf_ora_shape_free(&s);
		}
		dcf_ora_world_free(&w);
	}
	CHECK(points > 2000 && in > points / 10);
}

/* Distance of two shapes against the least of many signed distances of points on one to the other. */
static void shapes_against_sampling(void)
{
	static const char *const family[] = { "grazing", "holes", "uneven", "date-line" };
	struct dcf_ora_world w;

	for (uint64_t n = 0; n < 120; n++) {
		struct dcf_ora_shape a, b;
		double is, best = INFINITY, step = 0;

		CHECK(dcf_ora_world_make(&w, 6, n, (struct dcf_ora_scale){ 2, 2 }, family[n % 4]));
		a = dcf_ora_shape_of(&w.plan.features[0]);
		b = dcf_ora_shape_of(&w.plan.features[1]);
		is = fmax(0, dcf_ora_between(&a, &b));
		for (size_t c = 0; c < a.count; c++)
			for (size_t i = 0; i < a.chain[c].count && i < 200; i++)
				for (int k = 0; k <= 50; k++) {
					struct dcf_ora_piece *e = &a.chain[c].piece[i];
					double len = dcf_ora_distance(&e->a, &e->b), azi;
					struct dcf_ora_point q;

					geod_inverse(dcf_ora_wgs84(), e->a.lat, e->a.lon, e->b.lat, e->b.lon, NULL, &azi, NULL);
					q = dcf_ora_go(e->a, azi, len * k / 50);
					step = fmax(step, len / 100);
					best = fmin(best, dcf_ora_signed(&b, &q));
				}
		for (size_t c = 0; c < b.count; c++) /* b may lie inside a, far from its boundary */
			if (dcf_ora_signed(&a, &b.chain[c].piece[0].a) < 0)
				best = -1;
		if (a.chain[0].count <= 200)
			CHECK_MSG(is <= fmax(0, best) + 0.01 && is >= fmax(0, best) - step - 0.01,
				  "%s %d: %.4f, sampled %.4f (%.4f)", family[n % 4], (int)n, is, best, step);
		CHECK(fabs(is - fmax(0, dcf_ora_between(&b, &a))) < 2e-4);
		dcf_ora_shape_free(&a);
		dcf_ora_shape_free(&b);
		dcf_ora_world_free(&w);
	}
}

/* The search for the least distance against plain steps. */
static bool each_least(void *ctx, struct dcf_ora_meeting *m)
{
	long double h = (long double)(m->end - m->start);
	struct dcf_ora_found f = dcf_ora_least(m, 0, h, -1e30, 1e-3, 4000);
	double best = INFINITY;

	for (int k = 0; k <= 2000; k++)
		best = fmin(best, dcf_ora_apart(m, h * k / 2000));
	CHECK_MSG(f.best <= best + 1e-3, "%.6f, sampled %.6f", f.best, best);
	if (f.sure)
		CHECK_MSG(f.best >= best - m->speed * (double)h / 4000 - 1e-3, "%.6f, sampled %.6f", f.best, best);
	++*(int *)ctx;
	return true;
}

static void least_against_steps(void)
{
	static const char *const family[] = { "encounters", "grazing-flight", "poles" };
	struct dcf_ora_world w;
	int seen = 0;

	for (uint64_t n = 0; n < 150; n++) {
		struct dcf_ora_body a, b;

		CHECK(dcf_ora_world_make(&w, 7, n, (struct dcf_ora_scale){ 2, 2 }, family[n % 3]));
		dcf_ora_body_init(&a, &w.plan.features[0]);
		dcf_ora_body_init(&b, &w.plan.features[1]);
		dcf_ora_meetings(&a, &b, each_least, &seen);
		dcf_ora_body_free(&a);
		dcf_ora_body_free(&b);
		dcf_ora_world_free(&w);
	}
	CHECK(seen > 50);
}

/* The same number makes the same world, another one another. */
static void worlds_repeat(void)
{
	struct dcf_ora_world w[3];
	char text[3][200000];

	for (int i = 0; i < 3; i++) {
		FILE *f = fmemopen(text[i], sizeof text[i], "w");

		CHECK(dcf_ora_world_make(&w[i], 9, i == 2 ? 8 : 7, (struct dcf_ora_scale){ 2, 6 }, "rules"));
		CHECK(f != NULL);
		if (f) {
			dcf_ora_world_dump(&w[i], f);
			fclose(f);
		}
		dcf_ora_world_free(&w[i]);
	}
	CHECK(strcmp(text[0], text[1]) == 0 && strcmp(text[0], text[2]) != 0);
}

int main(void)
{
	return TAP_RUN(TAP(bomber_and_corridor), TAP(scenario_altitudes), TAP(levels), TAP(edges_against_sampling),
		       TAP(inside_against_azimuths), TAP(shapes_against_sampling), TAP(least_against_steps),
		       TAP(worlds_repeat));
}
