/* SPDX-License-Identifier: Apache-2.0 */
/* test_numbers.c - elementary functions against long double, geodesy against PROJ, times and altitudes against
 * worked values. */
#include "core/altitude.h"
#include "core/geodesy.h"
#include "core/num.h"
#include "core/time.h"
#include "oracle/random.h"
#include "tap.h"
#include <float.h>
#include <geodesic.h>
#include <stdlib.h>

/* Units in the last place of `want`, beside a floor for values next to nothing. */
static double ulps(double got, long double want, double floor)
{
	double size = fabs((double)want) > floor ? fabs((double)want) : floor, unit = nextafter(size, INFINITY) - size;

	return (double)(fabsl((long double)got - want) / (long double)unit);
}

static void elementary_functions_are_as_right_as_they_say(void)
{
	struct dcf_ora_random r = { 1 };
	double worst[7] = { 0 };

	for (int i = 0; i < 400000; i++) {
		double x = dcf_ora_uniform(&r, -7, 7), s, c, y = dcf_ora_uniform(&r, -1, 1),
		       z = dcf_ora_log_uniform(&r, 1e-12, 1e12);
		double e[7];

		dcf_sincos(x, &s, &c);
		/* sine and cosine near their zeros: absolute error counts, as for the vectors they make */
		e[0] = ulps(s, sinl((long double)x), 1e-3);
		e[1] = ulps(c, cosl((long double)x), 1e-3);
		e[2] = ulps(dcf_atan2(y, x), atan2l((long double)y, (long double)x), 1e-300);
		e[3] = ulps(dcf_asin(y), asinl((long double)y), 1e-300);
		e[4] = ulps(dcf_acos(y), acosl((long double)y), 1e-8);
		e[5] = ulps(dcf_exp(x), expl((long double)x), 1e-300);
		e[6] = ulps(dcf_log(z), logl((long double)z), 1e-3);
		for (int k = 0; k < 7; k++)
			worst[k] = e[k] > worst[k] ? e[k] : worst[k];
	}
	for (int k = 0; k < 7; k++)
		CHECK_MSG(worst[k] < (k == 5 ? 5 : 4), "function %d: %.1f ulp", k, worst[k]);
	printf("# worst ulp: sin %.1f cos %.1f atan2 %.1f asin %.1f acos %.1f exp %.1f log %.1f\n", worst[0], worst[1],
	       worst[2], worst[3], worst[4], worst[5], worst[6]);
}

static void elementary_functions_at_their_ends(void)
{
	double s, c;

	dcf_sincos(0, &s, &c);
	CHECK(s == 0 && c == 1);
	CHECK(dcf_atan2(0, 0) == 0 && dcf_atan2(0, 1) == 0);
	CHECK(dcf_atan2(0, -1) == DCF_PI && dcf_atan2(1, 0) == DCF_PI / 2 && dcf_atan2(-1, 0) == -DCF_PI / 2);
	CHECK(dcf_asin(2) == dcf_asin(1) && dcf_acos(-2) == dcf_acos(-1) && dcf_acos(1) == 0);
	CHECK(dcf_exp(0) == 1 && dcf_log(1) == 0 && dcf_sqrt(4) == 2);
	CHECK(dcf_floor(-0.5) == -1 && dcf_floor(2) == 2 && dcf_ceil(-0.5) == 0 && dcf_ceil(2.1) == 3 && dcf_fabs(-3) == 3);
	CHECK(dcf_floor(4e18) == 4e18 && dcf_ceil(-4e18) == -4e18);
	dcf_sincos((double)NAN, &s, &c);
	CHECK(isnan(s) && isnan(c) && isnan(dcf_exp((double)NAN)) && isnan(dcf_log((double)NAN)));
}

/* --- geodesy -------------------------------------------------------------------------------------- */

static struct dcf_latlon somewhere(struct dcf_ora_random *r)
{
	static const int32_t lat[] = { 900000000, -900000000, 0, 899999999, 1, -450000000 };
	static const int32_t lon[] = { 1800000000, -1799999999, 0, 900000000, 1 };
	struct dcf_latlon p;

	p.lat_e7 = dcf_ora_chance(r, 0.1) ? DCF_ORA_PICK(r, lat) : (int32_t)dcf_ora_between_i(r, -900000000, 900000000);
	p.lon_e7 = dcf_ora_chance(r, 0.1) ? DCF_ORA_PICK(r, lon) : (int32_t)dcf_ora_between_i(r, -1799999999, 1800000000);
	return p;
}

static struct dcf_latlon near(struct dcf_ora_random *r, struct dcf_latlon p)
{
	double reach = dcf_ora_log_uniform(r, 1, 3e7), lat = p.lat_e7 + dcf_ora_uniform(r, -reach, reach);
	double lon = p.lon_e7 + dcf_ora_uniform(r, -reach, reach);

	lat = lat > 9e8 ? 9e8 : lat < -9e8 ? -9e8 : lat;
	lon = lon > 18e8 ? lon - 36e8 : lon <= -18e8 ? lon + 36e8 : lon;
	return (struct dcf_latlon){ (int32_t)lat, (int32_t)lon };
}

static double angle_apart(double a, double b)
{
	double d = fmod(fabs(a - b), 360);

	return d > 180 ? 360 - d : d;
}

static void distances_are_those_of_another_program(void)
{
	struct geod_geodesic g;
	struct dcf_ora_random r = { 2 };
	double worst = 0, worst_near = 0, worst_inverse = 0;
	size_t refused = 0;

	geod_init(&g, 6378137, 1 / 298.257223563);
	for (int i = 0; i < 200000; i++) {
		struct dcf_latlon p = somewhere(&r), q = i % 2 ? near(&r, p) : somewhere(&r);
		double want, az1, az2, d = dcf_distance_m(dcf_vec_of(p), dcf_vec_of(q)), v, az;

		geod_inverse(&g, p.lat_e7 / 1e7, p.lon_e7 / 1e7, q.lat_e7 / 1e7, q.lon_e7 / 1e7, &want, &az1, &az2);
		if (want <= 1e7) {
			double e = fabs(d - want) / (0.1 + (want < 7.5e6 ? 1e-6 : 2e-6) * want);

			worst = e > worst ? e : worst;
			if (want < 2e5)
				worst_near = fabs(d - want) > worst_near ? fabs(d - want) : worst_near;
		} else {
			CHECK_MSG(fabs(d - want) <= 2e-3 * want, "%.0f m, not %.0f", d, want);
		}
		if (dcf_inverse(p, q, &v, &az) != DCF_OK) {
			refused++;
			CHECK_MSG(want > 19.9e6, "refused at %.0f m", want);
			continue;
		}
		worst_inverse = fabs(v - want) > worst_inverse ? fabs(v - want) : worst_inverse;
		/* A millimetre beside the end is all that an azimuth may be off. */
		if (want > 1 && want < 1.9e7)
			CHECK_MSG(angle_apart(az, az1) * DCF_RAD_PER_DEG * sin(want / 6371000) * 6371000 < 0.01,
				  "azimuth %.9f, not %.9f, over %.0f m from %d %d", az, az1, want, p.lat_e7, p.lon_e7);
	}
	CHECK_MSG(worst <= 1, "%.2f of what is allowed", worst);
	CHECK_MSG(worst_inverse < 0.001, "%.6f m", worst_inverse);
	printf("# worst: %.3f of the allowed, %.4f m below 200 km; inverse %.6f m; %zu nearly antipodal\n", worst, worst_near,
	       worst_inverse, refused);
}

static void going_there_arrives(void)
{
	struct geod_geodesic g;
	struct dcf_ora_random r = { 3 };

	geod_init(&g, 6378137, 1 / 298.257223563);
	for (int i = 0; i < 100000; i++) {
		struct dcf_latlon p = somewhere(&r), q;
		double az = dcf_ora_uniform(&r, -360, 360), d = dcf_ora_log_uniform(&r, 1, 2e7), lat, lon, az2, off;

		q = dcf_latlon_of(dcf_direct(p, az, d));
		geod_direct(&g, p.lat_e7 / 1e7, p.lon_e7 / 1e7, az, d, &lat, &lon, &az2);
		geod_inverse(&g, lat, lon, q.lat_e7 / 1e7, q.lon_e7 / 1e7, &off, NULL, NULL);
		CHECK_MSG(off < 0.02, "%.4f m beside it: from %d %d, %.6f deg, %.1f m", off, p.lat_e7, p.lon_e7, az, d);
	}
}

static void positions_survive_the_sphere(void)
{
	struct dcf_ora_random r = { 4 };

	for (int i = 0; i < 200000; i++) {
		struct dcf_latlon p = somewhere(&r), q = dcf_latlon_of(dcf_vec_of(p));
		bool pole = p.lat_e7 == 900000000 || p.lat_e7 == -900000000;

		CHECK_MSG(q.lat_e7 == p.lat_e7 && (pole || q.lon_e7 == p.lon_e7), "%d %d became %d %d", p.lat_e7, p.lon_e7,
			  q.lat_e7, q.lon_e7);
		CHECK(fabs(dcf_vec_length(dcf_vec_of(p)) - 1) < 1e-15);
	}
}

/* --- time ----------------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	bool up;
	int64_t us;
} times[] = {
	{ "1970-01-01T00:00:00Z", false, 0 },
	{ "1969-12-31T23:59:59.999999Z", false, -1 },
	{ "2015-09-20T07:24:43.778Z", false, 1442733883778000 },
	{ "2015-09-20t09:54:43.778+02:30", false, 1442733883778000 },
	{ "2015-09-20 07:24:43.7780001z", false, 1442733883778000 },
	{ "2015-09-20 07:24:43.7780001z", true, 1442733883778001 },
	{ "2015-09-20 07:24:43.7780000000z", true, 1442733883778000 },
	{ "2000-02-29T12:00:00-00:30", false, 951827400000000 },
	{ "2016-12-31T23:59:60Z", false, 1483228800000000 },
	{ "0001-01-01T00:00:00Z", false, -62135596800000000 },
	{ "9999-12-31T23:59:59.999999Z", false, 253402300799999999 },
	{ "9999-12-31T23:59:59.9999999Z", false, 253402300799999999 },
	{ "0001-01-01T23:59:00+23:59", false, -62135596800000000 },
};

static const char *const no_times[] = {
	"",
	"2015",
	"2015-09-20",
	"2015-09-20T07:24Z",
	"2015-09-20T07:24:43",
	"2015-09-20T07:24:43.Z",
	"2015-09-20T07:24:43+2",
	"2015-09-20T07:24:43+02",
	"2015-09-20T07:24:43+0200",
	"2015-09-20T07:24:43+24:00",
	"2015-02-29T00:00:00Z",
	"1900-02-29T00:00:00Z",
	"2015-13-01T00:00:00Z",
	"2015-00-01T00:00:00Z",
	"2015-04-31T00:00:00Z",
	"2015-01-00T00:00:00Z",
	"2015-01-01T24:00:00Z",
	"2015-01-01T23:60:00Z",
	"2015-01-01T23:58:60Z",
	"2015-01-01T00:00:61Z",
	"0000-01-01T00:00:00Z",
	"2015-01-01T00:00:00ZZ",
	" 2015-01-01T00:00:00Z",
	"2015-1-01T00:00:00Z",
	"+015-01-01T00:00:00Z",
	"2015-01-01T00:00:00,5Z",
	"9999-12-31T23:59:59-00:01",
	"9999-12-31T23:59:60Z",
	"0001-01-01T23:58:59.999999+23:59",
};

static void times_are_read(void)
{
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		int64_t us = 7;
		const char *wrong = dcf_time_parse(dcf_span_of(times[i].text), times[i].up, &us);

		CHECK_MSG(!wrong && us == times[i].us, "%s: %lld (%s)", times[i].text, (long long)us, wrong ? wrong : "");
	}
	for (size_t i = 0; i < sizeof no_times / sizeof *no_times; i++) {
		int64_t us = 7;
		const char *wrong = dcf_time_parse(dcf_span_of(no_times[i]), false, &us);

		CHECK_MSG(wrong && us == 7, "%s was read as %lld", no_times[i], (long long)us);
	}
}

static void times_are_written_and_read_again(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_ora_random r = { 5 };

	for (int i = 0; i < 100000; i++) {
		int64_t us = dcf_ora_between_i(&r, times[9].us, times[10].us), back = 0;
		struct dcf_buf b = { .from = &heap };
		struct dcf_civil c = dcf_civil_of(us);

		dcf_time_put(&b, us, DCF_TIME_US);
		CHECK(!dcf_time_parse(dcf_buf_as_span(&b), false, &back) && back == us);
		CHECK(c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31 && c.hour < 24 && c.minute < 60 &&
		      c.second < 60);
		dcf_buf_free(&b);
		dcf_time_put(&b, us, DCF_TIME_MS_DOWN);
		CHECK(!dcf_time_parse(dcf_buf_as_span(&b), false, &back) && back <= us && us - back < 1000);
		dcf_buf_free(&b);
	}
}

/* --- altitude ------------------------------------------------------------------------------------- */

static struct dcf_altitude alt(int64_t e4, enum dcf_alt_ref ref)
{
	return (struct dcf_altitude){ .e4 = e4, .ref = (uint8_t)ref };
}

static void pressure_levels_stand_where_the_formula_says(void)
{
	static const struct {
		double qnh;
		int level;
		double ft;
	} want[] = { { 983, 190, 18164 }, { 1033, 190, 19535 }, { 1013.25, 190, 19000 } };

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct dcf_atmosphere a = dcf_atmosphere_widest();
		struct dcf_offsets o;
		int64_t low, high;

		a.qnh_hpa[0] = a.qnh_hpa[1] = want[i].qnh;
		o = dcf_offsets_of(&a);
		dcf_altitude_msl(&o, alt(want[i].level * (int64_t)DCF_FL_E4, DCF_REF_STD), false, &low, &high);
		CHECK_MSG(round((double)low / DCF_FT_E4) == want[i].ft && high - low <= 1, "%.2f hPa: %.1f ft", want[i].qnh,
			  (double)low / DCF_FT_E4);
	}
	for (double qnh = 900; qnh <= 1060; qnh += 0.37) {
		struct dcf_atmosphere a = dcf_atmosphere_widest();
		long double ft = 145366.45L * (1 - powl((long double)qnh / 1013.25L, 0.190284L));
		struct dcf_offsets o;

		a.qnh_hpa[0] = a.qnh_hpa[1] = qnh;
		o = dcf_offsets_of(&a);
		CHECK_MSG(fabsl((long double)o.low_e4[DCF_REF_STD] + ft * DCF_FT_E4) <= 1.01L &&
				  o.high_e4[DCF_REF_STD] >= o.low_e4[DCF_REF_STD],
			  "%.2f hPa", qnh);
	}
}

static void differences_hold_every_possible_one(void)
{
	struct dcf_ora_random r = { 6 };

	for (int i = 0; i < 100000; i++) {
		struct dcf_atmosphere a = dcf_atmosphere_widest(), one;
		struct dcf_altitude x =
			alt(dcf_ora_between_i(&r, -4000000, 200000000), (enum dcf_alt_ref)dcf_ora_below(&r, DCF_REF_COUNT));
		struct dcf_altitude y =
			alt(dcf_ora_between_i(&r, -4000000, 200000000), (enum dcf_alt_ref)dcf_ora_below(&r, DCF_REF_COUNT));
		bool same = dcf_ora_chance(&r, 0.5);
		struct dcf_offsets o, p;
		int64_t low, high, xl, xh, yl, yh;

		o = dcf_offsets_of(&a);
		dcf_altitude_difference(&o, x, y, same, &low, &high);
		/* one atmosphere out of those that are possible */
		one = a;
		one.qnh_hpa[0] = one.qnh_hpa[1] = dcf_ora_uniform(&r, 950, 1050);
		one.geoid_m[0] = one.geoid_m[1] = dcf_ora_uniform(&r, -107, 86);
		one.terrain_e4[0] = one.terrain_e4[1] = dcf_ora_between_i(&r, a.terrain_e4[0], a.terrain_e4[1]);
		p = dcf_offsets_of(&one);
		dcf_altitude_msl(&p, x, false, &xl, &xh);
		dcf_altitude_msl(&p, y, false, &yl, &yh);
		CHECK_MSG(low <= xh - yl && xl - yh <= high, "%d above %d: %lld..%lld without %lld", x.ref, y.ref,
			  (long long)low, (long long)high, (long long)(xl - yl));
		if (x.ref == y.ref && (same || (x.ref != DCF_REF_AGL && x.ref != DCF_REF_SFC)))
			CHECK(low == high && low == x.e4 - y.e4);
	}
}

static void the_ground_and_unlimited_have_no_number(void)
{
	struct dcf_atmosphere a = dcf_atmosphere_widest();
	struct dcf_offsets o = dcf_offsets_of(&a);
	struct dcf_altitude unl = { .unlimited = true, .e4 = 123 };
	int64_t low, high;

	CHECK(dcf_altitude_is_ground(alt(0, DCF_REF_SFC)) && !dcf_altitude_is_ground(alt(0, DCF_REF_AGL)));
	CHECK(!dcf_altitude_is_ground(alt(1, DCF_REF_SFC)) && !dcf_altitude_is_ground(unl));
	dcf_altitude_msl(&o, alt(0, DCF_REF_SFC), true, &low, &high);
	CHECK(low == DCF_ALT_MIN && high == DCF_ALT_MIN);
	dcf_altitude_msl(&o, alt(0, DCF_REF_SFC), false, &low, &high);
	CHECK(low == a.terrain_e4[0] && high == a.terrain_e4[1]);
	dcf_altitude_difference(&o, unl, alt(100, DCF_REF_MSL), false, &low, &high);
	CHECK(low == DCF_ALT_MAX);
	dcf_altitude_difference(&o, unl, unl, false, &low, &high);
	CHECK(low == 0 && high == 0);
}

static void atmospheres_join_to_the_widest(void)
{
	struct dcf_atmosphere a = dcf_atmosphere_widest(), b = a, c = a;

	b.qnh_given = c.qnh_given = true;
	b.qnh_hpa[0] = b.qnh_hpa[1] = 1000;
	c.qnh_hpa[0] = c.qnh_hpa[1] = 1020;
	dcf_atmosphere_join(&a, &b);
	CHECK(a.qnh_given && a.qnh_hpa[0] == 1000 && a.qnh_hpa[1] == 1000);
	dcf_atmosphere_join(&a, &c);
	CHECK(a.qnh_hpa[0] == 1000 && a.qnh_hpa[1] == 1020);
	CHECK(!a.terrain_given && a.geoid_m[0] == -107 && a.geoid_m[1] == 86);
}

int main(void)
{
	return TAP_RUN(TAP(elementary_functions_are_as_right_as_they_say), TAP(elementary_functions_at_their_ends),
		       TAP(distances_are_those_of_another_program), TAP(going_there_arrives), TAP(positions_survive_the_sphere),
		       TAP(times_are_read), TAP(times_are_written_and_read_again),
		       TAP(pressure_levels_stand_where_the_formula_says), TAP(differences_hold_every_possible_one),
		       TAP(the_ground_and_unlimited_have_no_number), TAP(atmospheres_join_to_the_widest));
}
