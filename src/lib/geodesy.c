/* SPDX-License-Identifier: Apache-2.0 */
#include "core/geodesy.h"
#include "core/num.h"
#include "lib/lib_int.h"

#define LONGEST_M 2e7

static int32_t to_e7(double deg)
{
	return (int32_t)dcf_floor(deg * 1e7 + 0.5);
}

/* Positive statements: not-a-number fails them. */
bool dcf_position_in(struct dcf_position p, struct dcf_latlon *out)
{
	if (!(p.lat_deg >= -90 && p.lat_deg <= 90 && p.lon_deg >= -180 && p.lon_deg <= 180))
		return false;
	*out = (struct dcf_latlon){ to_e7(p.lat_deg), to_e7(p.lon_deg) };
	if (out->lon_e7 == -1800000000)
		out->lon_e7 = 1800000000;
	return true;
}

struct dcf_position dcf_position_out(struct dcf_latlon p)
{
	return (struct dcf_position){ p.lat_e7 / 1e7, p.lon_e7 / 1e7 };
}

enum dcf_status dcf_geo_distance(struct dcf_position a, struct dcf_position b, double *distance_m)
{
	struct dcf_latlon p, q;

	if (!dcf_position_in(a, &p) || !dcf_position_in(b, &q))
		return DCF_E_RANGE;
	*distance_m = dcf_distance_m(dcf_vec_of(p), dcf_vec_of(q));
	return DCF_OK;
}

enum dcf_status dcf_geo_inverse(struct dcf_position a, struct dcf_position b, double *distance_m, double *azimuth_deg)
{
	struct dcf_latlon p, q;
	double distance, azimuth;
	enum dcf_status s;

	if (!dcf_position_in(a, &p) || !dcf_position_in(b, &q))
		return DCF_E_RANGE;
	s = dcf_inverse(p, q, &distance, &azimuth);
	if (s == DCF_OK && distance_m)
		*distance_m = distance;
	if (s == DCF_OK && azimuth_deg)
		*azimuth_deg = azimuth;
	return s;
}

enum dcf_status dcf_geo_direct(struct dcf_position a, double azimuth_deg, double distance_m, struct dcf_position *b)
{
	struct dcf_latlon p;

	if (!dcf_position_in(a, &p) || !(azimuth_deg >= -360 && azimuth_deg <= 360) ||
	    !(distance_m >= 0 && distance_m <= LONGEST_M))
		return DCF_E_RANGE;
	*b = dcf_position_out(dcf_latlon_of(dcf_direct(p, azimuth_deg, distance_m)));
	return DCF_OK;
}
