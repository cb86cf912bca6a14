/* SPDX-License-Identifier: Apache-2.0 */
/* nearest-miss: how close do two aircraft in straight flight come within the next ten minutes?
 *
 *     nearest-miss LAT LON FEET TRACK KNOTS FPM  LAT LON FEET TRACK KNOTS FPM
 *
 * Position in degrees, altitude in feet of one reference, true track in degrees, ground speed in knots, climb in
 * feet a minute.  Says when and how near, and when they are within 5 NM and 1,000 ft of each other. */
#include <deconflict/encounter.h>
#include <deconflict/geodesy.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FOOT_M       0.3048
#define KNOT_MPS     (1852.0 / 3600)
#define LOOK_AHEAD_S 600.0
#define RAD_PER_DEG  (3.14159265358979323846 / 180)

struct aircraft {
	struct dcf_position at;
	double altitude_m, east_mps, north_mps, climb_mps;
};

static bool number(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == 0;
}

static bool aircraft(char **words, struct aircraft *a)
{
	double v[6];

	for (int i = 0; i < 6; i++)
		if (!number(words[i], &v[i]))
			return false;
	*a = (struct aircraft){ .at = { v[0], v[1] },
				.altitude_m = v[2] * FOOT_M,
				.east_mps = v[4] * KNOT_MPS * sin(v[3] * RAD_PER_DEG),
				.north_mps = v[4] * KNOT_MPS * cos(v[3] * RAD_PER_DEG),
				.climb_mps = v[5] * FOOT_M / 60 };
	return true;
}

int main(int argc, char **argv)
{
	struct aircraft a, b;
	struct dcf_relative r;
	double distance, azimuth, when, least, in, out;
	bool meets;

	if (argc != 13 || !aircraft(argv + 1, &a) || !aircraft(argv + 7, &b)) {
		fprintf(stderr, "usage: nearest-miss LAT LON FEET TRACK KNOTS FPM  LAT LON FEET TRACK KNOTS FPM\n");
		return 2;
	}
	if (dcf_geo_inverse(a.at, b.at, &distance, &azimuth) != DCF_OK) {
		fprintf(stderr, "nearest-miss: a position out of range, or the other side of the Earth\n");
		return 2;
	}
	/* The other as seen from the first, on a plane: good for the distances of an encounter. */
	r = (struct dcf_relative){ .s_m = { distance * sin(azimuth * RAD_PER_DEG), distance * cos(azimuth * RAD_PER_DEG),
					    b.altitude_m - a.altitude_m },
				   .v_mps = { b.east_mps - a.east_mps, b.north_mps - a.north_mps, b.climb_mps - a.climb_mps } };
	if (dcf_encounter_nearest(&r, 0, LOOK_AHEAD_S, &when, &least) != DCF_OK ||
	    dcf_encounter_cylinder(&r, 5 * 1852.0, 1000 * FOOT_M, 0, LOOK_AHEAD_S, &meets, &in, &out) != DCF_OK)
		return 3;
	printf("nearest over the ground: %.2f NM after %.1f s\n", least / 1852, when);
	if (meets)
		printf("within 5 NM and 1000 ft: from %.1f s to %.1f s\n", in, out);
	else
		printf("not within 5 NM and 1000 ft in %.0f s\n", LOOK_AHEAD_S);
	return meets;
}
