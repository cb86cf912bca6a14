/* SPDX-License-Identifier: Apache-2.0 */
/* test_grazing.c - on the limits themselves: what is in doubt is a conflict, what is not has exact times. */
#include "core/check.h"
#include "core/geodesy.h"
#include "core/lateral.h"
#include "tap.h"
#include <geodesic.h>
#include <math.h>
#include <string.h>

static struct dcf_alloc heap;

#define HOUR_US INT64_C(3600000000)

/* Two operations of two parties, made ready to differ in one thing. */
struct pair {
	struct dcf_plan plan;
	struct dcf_feature f[2];
	struct dcf_latlon p[2][2];
	struct dcf_waypoint w[2][2];
	struct dcf_check_options options;
	double qnh_hpa; /* 0: not given */
};

static struct dcf_altitude ft(int64_t feet, enum dcf_alt_ref ref)
{
	return (struct dcf_altitude){ .e4 = feet * DCF_FT_E4, .ref = (uint8_t)ref };
}

static struct pair circles(double lat, double lon, double apart_m, double azimuth)
{
	struct geod_geodesic g;
	struct pair s = { .options = { .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE } };
	double to_lat, to_lon;

	geod_init(&g, 6378137, 1 / 298.257223563);
	geod_direct(&g, lat, lon, azimuth, apart_m, &to_lat, &to_lon, NULL);
	s.p[0][0] = (struct dcf_latlon){ (int32_t)lround(lat * 1e7), (int32_t)lround(lon * 1e7) };
	s.p[1][0] = (struct dcf_latlon){ (int32_t)lround(to_lat * 1e7), (int32_t)lround(to_lon * 1e7) };
	for (int i = 0; i < 2; i++)
		s.f[i] = (struct dcf_feature){ .shape = DCF_CIRCLE,
					       .radius_m = 1000,
					       .start_us = 0,
					       .end_us = HOUR_US,
					       .lower = ft(1000, DCF_REF_MSL),
					       .upper = ft(2000, DCF_REF_MSL),
					       .point_count = 1,
					       .sent_us = DCF_TIME_NONE,
					       .received_us = DCF_TIME_NONE };
	return s;
}

/* The first conflict, if there is one: by both engines, which must agree. */
static bool conflict(struct pair *s, struct dcf_conflict *out)
{
	static const char *const party[] = { "A", "B" };
	size_t n[2];

	memset(out, 0, sizeof *out);
	dcf_plan_init(&s->plan, &heap);
	if (s->qnh_hpa > 0)
		s->plan.atmosphere.qnh_hpa[0] = s->plan.atmosphere.qnh_hpa[1] = s->qnh_hpa;
	for (int i = 0; i < 2; i++) {
		s->f[i].points = s->p[i];
		if (s->f[i].shape == DCF_TRAJECTORY)
			s->f[i].waypoints = s->w[i];
		CHECK(dcf_plan_party(&s->plan, dcf_span_of(party[i]), &s->f[i].party) == DCF_OK);
		CHECK(dcf_plan_operation(&s->plan, s->f[i].party, DCF_SPAN("1"), &s->f[i].operation) == DCF_OK);
		s->f[i].id = DCF_SPAN("1");
		CHECK(dcf_plan_add_feature(&s->plan, &s->f[i]) == DCF_OK);
	}
	for (int k = 0; k < 2; k++) {
		struct dcf_result r = { 0 };

		s->options.engine = k ? DCF_ENGINE_BRUTE : DCF_ENGINE_INDEX;
		CHECK(dcf_check(&s->plan, &s->options, &heap, &r) == DCF_OK && r.remark_count == 0);
		n[k] = r.conflict_count;
		if (n[k])
			*out = r.conflicts[0];
		dcf_result_free(&r);
	}
	CHECK_MSG(n[0] == n[1], "index %zu, brute force %zu", n[0], n[1]);
	dcf_plan_free(&s->plan);
	return n[1] > 0;
}

/* The tolerance is 1 m or 1e-5: surely a conflict up to half of it, surely none from twice. */
static void what_is_in_doubt_over_the_ground_is_a_conflict(void)
{
	static const double place[][2] = { { 0, 0 }, { 36.3, 40.5 }, { -61, 179.999 }, { 71, -180 }, { 89.99, 12 } };
	static const double minimum[] = { 0, 5556, 92600, 400000 };
	struct dcf_conflict c;

	for (size_t i = 0; i < sizeof place / sizeof *place; i++)
		for (size_t k = 0; k < sizeof minimum / sizeof *minimum; k++)
			for (double azimuth = 0; azimuth < 360; azimuth += 47) {
				double limit = minimum[k] + 2000, tolerance = limit > 1e5 ? 1e-5 * limit : 1;
				struct pair near = circles(place[i][0], place[i][1], limit + tolerance / 2, azimuth);
				struct pair far = circles(place[i][0], place[i][1], limit + 2 * tolerance, azimuth);

				near.options.lateral_m = far.options.lateral_m = minimum[k];
				CHECK_MSG(conflict(&near, &c), "%.0f m, %.3f %.3f, %.0f deg: missed", minimum[k], place[i][0],
					  place[i][1], azimuth);
				CHECK_MSG(c.start_us == 0 && c.end_us == HOUR_US, "all the time");
				CHECK_MSG(c.class == (minimum[k] > 0 ? DCF_CLASS_SEPARATION : DCF_CLASS_OVERLAP), "class %d",
					  c.class);
				CHECK_MSG(!conflict(&far, &c), "%.0f m, %.3f %.3f, %.0f deg: one too many", minimum[k],
					  place[i][0], place[i][1], azimuth);
			}
}

/* Bands that only touch do meet; a gap of exactly the minimum is enough; 0.1 mm less is not. */
static void levels_are_decided_to_a_tenth_of_a_millimetre(void)
{
	static const enum dcf_alt_ref ref[] = { DCF_REF_MSL, DCF_REF_STD, DCF_REF_AGL, DCF_REF_W84 };
	struct dcf_conflict c;

	for (int k = 0; k < 4; k++)
		for (int64_t minimum = 0; minimum <= 1000; minimum += 1000)
			for (int64_t more = -1; more <= 1; more++) {
				struct pair s = circles(36, 40, 500, 90);
				bool want = minimum ? more < 0 : more <= 0;

				for (int i = 0; i < 2; i++)
					s.f[i].lower.ref = s.f[i].upper.ref = (uint8_t)ref[k];
				s.options.vertical_e4 = minimum * DCF_FT_E4;
				s.f[1].lower.e4 = s.f[0].upper.e4 + minimum * DCF_FT_E4 + more;
				s.f[1].upper.e4 = s.f[1].lower.e4 + 100;
				CHECK_MSG(conflict(&s, &c) == want, "reference %d, minimum %lld ft, %lld beyond", k,
					  (long long)minimum, (long long)more);
				if (want && !minimum)
					CHECK(c.touch == (more == 0));
			}
}

/* Half open: what ends when the other begins does not meet it; a microsecond is enough. */
static void windows_that_touch_do_not_meet(void)
{
	struct dcf_conflict c;

	for (int64_t more = -1; more <= 1; more++) {
		struct pair s = circles(36, 40, 500, 90);

		s.f[1].start_us = HOUR_US + more;
		s.f[1].end_us = 2 * HOUR_US;
		CHECK_MSG(conflict(&s, &c) == (more < 0), "%lld us after", (long long)more);
		if (more < 0)
			CHECK(c.start_us == HOUR_US - 1 && c.end_us == HOUR_US);
	}
}

/* A flight along the equator through a circle: the times are those of the true distance, not of the doubt. */
static void times_are_without_the_tolerance(void)
{
	struct pair s = circles(0, 0, 0, 0);
	struct dcf_conflict c;
	/* one degree either side in 2,000 s: 111.3194908 m/s; the circle reaches 1,000 m */
	double half = 1000 / 111.31949079327 * 1e6, middle = 1e9;

	s.f[1].shape = DCF_TRAJECTORY;
	s.f[1].radius_m = 0;
	s.f[1].point_count = 2;
	s.f[1].end_us = 2000000000;
	s.p[1][0] = (struct dcf_latlon){ 0, -10000000 };
	s.p[1][1] = (struct dcf_latlon){ 0, 10000000 };
	s.w[1][0] = (struct dcf_waypoint){ 0, ft(1500, DCF_REF_MSL) };
	s.w[1][1] = (struct dcf_waypoint){ 2000000000, ft(1500, DCF_REF_MSL) };
	CHECK(conflict(&s, &c) && c.class == DCF_CLASS_OVERLAP);
	/* dcf_error_m at 1 km is 0.151 m: 1.4 ms at this speed */
	CHECK_MSG(fabs((double)c.start_us - (middle - half)) < 2000 && fabs((double)c.end_us - (middle + half)) < 2000,
		  "%lld to %lld", (long long)c.start_us, (long long)c.end_us);
}

/* Climbing out of a band: one root, on the right side of it. */
static void a_climb_leaves_the_band_when_it_does(void)
{
	struct pair s = circles(36, 40, 0, 0);
	struct dcf_conflict c;

	s.f[0].radius_m = 500000;
	s.f[1].shape = DCF_TRAJECTORY;
	s.f[1].radius_m = 0;
	s.f[1].point_count = 2;
	s.f[1].end_us = 1000000000;
	s.p[1][1] = (struct dcf_latlon){ s.p[1][0].lat_e7 + 1000000, s.p[1][0].lon_e7 };
	s.w[1][0] = (struct dcf_waypoint){ 0, ft(1500, DCF_REF_MSL) };
	s.w[1][1] = (struct dcf_waypoint){ 1000000000, ft(3500, DCF_REF_MSL) };
	CHECK(conflict(&s, &c) && c.start_us == 0 && c.end_us == 250000000);
	s.options.vertical_e4 = 1000 * DCF_FT_E4;
	CHECK(conflict(&s, &c) && c.start_us == 0 && c.end_us == 750000000);
	CHECK(c.overlap_end_us == 250000000);
}

/* A flight level against feet above the sea: on a low QNH the level stands lower, and only then they meet. */
static void the_pressure_moves_flight_levels(void)
{
	static const struct {
		double qnh;
		int64_t feet;
		bool meets;
	} want[] = { { 983, 18164, true }, { 983, 19535, false }, { 1033, 19535, true }, { 1033, 18164, false } };
	struct dcf_conflict c;

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct pair s = circles(36, 40, 500, 90);

		s.f[0].lower = s.f[0].upper = (struct dcf_altitude){ .e4 = 190 * DCF_FL_E4, .ref = DCF_REF_STD };
		s.f[1].lower = ft(want[i].feet - 1, DCF_REF_MSL);
		s.f[1].upper = ft(want[i].feet + 1, DCF_REF_MSL);
		s.qnh_hpa = want[i].qnh;
		CHECK_MSG(conflict(&s, &c) == want[i].meets, "%lld ft on %.0f hPa", (long long)want[i].feet, want[i].qnh);
	}
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(what_is_in_doubt_over_the_ground_is_a_conflict), TAP(levels_are_decided_to_a_tenth_of_a_millimetre),
		       TAP(windows_that_touch_do_not_meet), TAP(times_are_without_the_tolerance),
		       TAP(a_climb_leaves_the_band_when_it_does), TAP(the_pressure_moves_flight_levels));
}
