/* SPDX-License-Identifier: Apache-2.0 */
/* Circles larger than the kernel takes, against PROJ's geodesics: what stands for one contains it, wherever it lies. */
#include "core/geodesy.h"
#include "format/utm.h"
#include "tap.h"

#include <geodesic.h>
#include <math.h>

static struct geod_geodesic earth;
static uint64_t state = 20261122;

static uint32_t random_below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) * n >> 32);
}

static struct dcf_latlon random_place(void)
{
	return (struct dcf_latlon){ (int32_t)random_below(1800000001) - 900000000,
				    (int32_t)((int64_t)random_below(3600000000u) - 1800000000) };
}

static double metres(double lat, double lon, struct dcf_latlon p)
{
	double d;

	geod_inverse(&earth, lat, lon, p.lat_e7 / 1e7, p.lon_e7 / 1e7, &d, NULL, NULL);
	return d;
}

static double angle(struct dcf_vec a, struct dcf_vec b)
{
	return atan2(dcf_vec_length(dcf_vec_cross(a, b)), dcf_vec_dot(a, b));
}

/* By PROJ, to the centre that is nearest on the sphere. */
static double to_nearest(double lat, double lon)
{
	struct dcf_vec v = dcf_vec_of((struct dcf_latlon){ (int32_t)lrint(lat * 1e7), (int32_t)lrint(lon * 1e7) });
	double least = 10;
	uint32_t nearest = 0;

	for (uint32_t i = 0; i < DCF_UTM_DISCS; i++) {
		double a = angle(v, dcf_vec_of(dcf_utm_disc_centre(i)));

		if (a < least) {
			least = a;
			nearest = i;
		}
	}
	return metres(lat, lon, dcf_utm_disc_centre(nearest));
}

/* No place on earth is farther than 40 km from one of these, which is less than what the discs have to spare. */
static void the_discs_contain_the_earth(void)
{
	double most = 0;

	for (int i = -180; i <= 180; i++) {
		double lat = i * 0.5;
		int n = (int)ceil(720 * cos(lat * DCF_RAD_PER_DEG)) + 1;

		for (int k = 0; k < n; k++) {
			double d = to_nearest(lat, -180 + 360.0 * k / n);

			most = d > most ? d : most;
		}
	}
	printf("# farthest from a centre: %.0f m\n", most);
	CHECK(most > 2.5e6 && most + 40e3 < DCF_UTM_DISC_M);
}

/* Points of it, with the edge of it and places beyond the other side of the earth. */
static void what_stands_for_a_circle_contains_it(void)
{
	for (int round = 0; round < 1000; round++) {
		struct dcf_latlon c = random_place();
		double radius = round % 50 == 0 ? 3000000.1 : 3e6 + 1.8e7 * random_below(1000001) / 1e6;
		struct dcf_latlon disc[DCF_UTM_DISCS];
		uint32_t n = dcf_utm_discs(c, radius, disc);

		CHECK(n >= 1 && n <= DCF_UTM_DISCS);
		for (int k = 0; k < 30; k++) {
			double share = k < 10 ? 1 : random_below(1000001) / 1e6, lat, lon, least = 1e9;

			geod_direct(&earth, c.lat_e7 / 1e7, c.lon_e7 / 1e7, random_below(360000) / 1e3, radius * share, &lat,
				    &lon, NULL);
			for (uint32_t i = 0; i < n && least > DCF_UTM_DISC_M; i++)
				least = fmin(least, metres(lat, lon, disc[i]));
			CHECK_MSG(least <= DCF_UTM_DISC_M, "%.7f %.7f, %.0f m around %d %d: %.0f", lat, lon, radius, c.lat_e7,
				  c.lon_e7, least);
		}
	}
}

/* So a subscription that contains an intent has every disc that the intent has. */
static void what_contains_a_circle_has_its_discs(void)
{
	struct dcf_latlon small[DCF_UTM_DISCS], large[DCF_UTM_DISCS], none = { 0, 0 };
	uint32_t most = 0;

	for (int round = 0; round < 1000; round++) {
		struct dcf_latlon a = random_place();
		struct dcf_latlon b = random_place();
		double r = 3e6 + random_below(8000001), apart = metres(a.lat_e7 / 1e7, a.lon_e7 / 1e7, b);
		uint32_t n = dcf_utm_discs(a, r, small), m = dcf_utm_discs(b, r + apart, large);

		for (uint32_t i = 0, k = 0; i < n; i++, k++) {
			while (k < m && (large[k].lat_e7 != small[i].lat_e7 || large[k].lon_e7 != small[i].lon_e7))
				k++;
			CHECK(k < m);
		}
		most = n > most ? n : most;
	}
	CHECK(most < DCF_UTM_DISCS);
	CHECK(dcf_utm_discs(none, 2.1e7, large) == DCF_UTM_DISCS && dcf_utm_discs(none, 1e300, large) == DCF_UTM_DISCS);
}

int main(void)
{
	geod_init(&earth, 6378137, 1 / 298.257223563);
	return TAP_RUN(TAP(the_discs_contain_the_earth), TAP(what_stands_for_a_circle_contains_it),
		       TAP(what_contains_a_circle_has_its_discs));
}
