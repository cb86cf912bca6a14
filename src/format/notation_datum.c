/* SPDX-License-Identifier: Apache-2.0 */
/* notation_datum.c - latitudes and longitudes of other datums, as WGS 84.
 *
 * Seven parameters in the coordinate frame's sense, as the EPSG registry publishes them:
 *   SK-42     5044, from GOST R 51794-2008; made for Russia, elsewhere tens of metres may be left
 *   PZ-90     1244, from GOST R 51794-2001
 *   PZ-90.02  7961 reversed, from GOST R 51794-2008
 * Heights are taken as 0 on the old ellipsoid: for a place a few kilometres up that is some centimetres. */
#include "core/num.h"
#include "format/notation_grid.h"
#include "format/notation_int.h"

static const struct {
	double a, inverse_f;
	double t[3]; /* metres */
	double r[3]; /* seconds of arc */
	double ppm;
} helmert[DCF_DATUM_COUNT] = {
	[DCF_DATUM_SK42] = { 6378245, 298.3, { 23.57, -140.95, -79.8 }, { 0, -0.35, -0.79 }, -0.22 },
	[DCF_DATUM_PZ90] = { 6378136, 298.257839303, { -1.08, -0.27, -0.9 }, { 0, 0, -0.16 }, -0.12 },
	[DCF_DATUM_PZ90_02] = { 6378136, 298.257839303, { -0.36, 0.08, 0.18 }, { 0, 0, 0 }, 0 },
};

static const struct {
	const char *name;
	enum dcf_datum datum;
} names[] = {
	{ "WGS84", DCF_DATUM_WGS84 },      { "WGE", DCF_DATUM_WGS84 }, { "SK42", DCF_DATUM_SK42 },
	{ "PULKOVO1942", DCF_DATUM_SK42 }, { "S42", DCF_DATUM_SK42 },  { "PZ90", DCF_DATUM_PZ90 },
	{ "PZ90.02", DCF_DATUM_PZ90_02 },
};

enum dcf_datum dcf_datum_find(struct dcf_span name)
{
	char plain[16];
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		if (c == ' ' || c == '-' || c == '_')
			continue;
		if (n == sizeof plain)
			return DCF_DATUM_COUNT;
		plain[n++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (dcf_span_eq((struct dcf_span){ plain, n }, dcf_span_of(names[i].name)))
			return names[i].datum;
	}
	return DCF_DATUM_COUNT;
}

/* On the ellipsoid, height 0. */
static void to_earth(struct dcf_latlon p, double a, double e2, double v[3])
{
	double s, c, sl, cl, n;

	dcf_sincos(p.lat_e7 * 1e-7 * DCF_RAD_PER_DEG, &s, &c);
	dcf_sincos(p.lon_e7 * 1e-7 * DCF_RAD_PER_DEG, &sl, &cl);
	n = a / dcf_sqrt(1 - e2 * s * s);
	v[0] = n * c * cl;
	v[1] = n * c * sl;
	v[2] = n * (1 - e2) * s;
}

/* Bowring's formula, twice: near the surface exact to the last bits (B. R. Bowring, Survey Review 23, 1976). */
static struct dcf_latlon from_earth(const double v[3], double a, double f)
{
	double e2 = f * (2 - f), b = a * (1 - f), p = dcf_sqrt(v[0] * v[0] + v[1] * v[1]), lat;
	double s, c, u = dcf_atan2(v[2] * a, p * b);

	for (int i = 0;; i++) {
		dcf_sincos(u, &s, &c);
		lat = dcf_atan2(v[2] + e2 / (1 - e2) * b * s * s * s, p - e2 * a * c * c * c);
		if (i == 1)
			break;
		dcf_sincos(lat, &s, &c);
		u = dcf_atan2((1 - f) * s, c);
	}
	return dcf_grid_latlon(lat / DCF_RAD_PER_DEG * 1e7, dcf_atan2(v[1], v[0]) / DCF_RAD_PER_DEG * 1e7);
}

struct dcf_latlon dcf_datum_to_wgs84(enum dcf_datum datum, struct dcf_latlon p)
{
	double v[3], w[3], r[3], f, m;

	if (datum == DCF_DATUM_WGS84)
		return p;
	f = 1 / helmert[datum].inverse_f;
	m = 1 + helmert[datum].ppm * 1e-6;
	to_earth(p, helmert[datum].a, f * (2 - f), v);
	for (int i = 0; i < 3; i++)
		r[i] = helmert[datum].r[i] / 3600 * DCF_RAD_PER_DEG;
	w[0] = helmert[datum].t[0] + m * (v[0] + r[2] * v[1] - r[1] * v[2]);
	w[1] = helmert[datum].t[1] + m * (-r[2] * v[0] + v[1] + r[0] * v[2]);
	w[2] = helmert[datum].t[2] + m * (r[1] * v[0] - r[0] * v[1] + v[2]);
	return from_earth(w, 6378137.0, 1 / 298.257223563);
}
