/* SPDX-License-Identifier: Apache-2.0 */
#include "format/notation_grid.h"
#include "core/num.h"
#include "format/notation_int.h"

#define A_M    6378137.0
#define E2     0.0066943799901413169961
#define E      0.081819190842621494335
#define A1_M   (A_M * 0.99832429843125277951) /* radius of the rectifying sphere: Karney's A */
#define UTM_K0 0.9996
/* 2 a k0 / sqrt((1+e)^(1+e) (1-e)^(1-e)) with k0 = 0.994: the distance from the pole is this times exp(-psi). */
#define UPS_M       12637318.498257403081
#define UPS_FALSE_M 2000000.0

/* Of n, in 40-digit arithmetic from the rational coefficients. */
static const double alpha[6] = { 8.37731820624469832037e-04, 7.60852777357230853699e-07, 1.19764550332945253500e-09,
				 2.42917060720135866317e-12, 5.71175767786580384507e-15, 1.49111773125838920205e-17 };
static const double beta[6] = { 8.37732164057948644649e-04, 5.90587015222020326660e-08, 1.67348266528399682607e-10,
				2.16479804006270585835e-13, 3.78797804616860526287e-16, 7.24874889069415449454e-19 };

/* ---- functions that the core does not need ---- */

static double asinh_of(double x)
{
	double ax = dcf_fabs(x), r;

	/* Below 1e-2 the logarithm would cancel: x - x^3/6 + 3 x^5/40 - 15 x^7/336 + 105 x^9/3456. */
	if (ax < 1e-2) {
		double z = x * x;

		return x + x * z * (-1.0 / 6 + z * (3.0 / 40 + z * (-15.0 / 336 + z * (105.0 / 3456))));
	}
	r = dcf_log(ax + dcf_sqrt(ax * ax + 1));
	return x < 0 ? -r : r;
}

static void sinh_cosh(double x, double *sh, double *ch)
{
	double up = dcf_exp(x), down = 1 / up;

	*ch = (up + down) / 2;
	*sh = (up - down) / 2;
	if (dcf_fabs(x) < 0.1) { /* to x^11/11!: 1e-20 */
		double z = x * x, p = 1.0 / 39916800;

		p = p * z + 1.0 / 362880;
		p = p * z + 1.0 / 5040;
		p = p * z + 1.0 / 120;
		p = p * z + 1.0 / 6;
		*sh = x + x * z * p;
	}
}

/* e atanh(e s) for |s| <= 1, as its series: the terms left out are below e^24. */
static double e_atanh(double s)
{
	double z = E2 * s * s, p = 1.0 / 21;

	for (int i = 19; i >= 1; i -= 2)
		p = p * z + 1.0 / i;
	return E2 * s * p;
}

/* Sine and cosine of 1e-7 degrees, exact at quarter turns. */
static void sincos_e7(int64_t e7, double *s, double *c)
{
	const int64_t quarter = 900000000;
	int64_t quarters = (e7 + (e7 < 0 ? -quarter / 2 : quarter / 2)) / quarter;
	double sine, cosine;

	dcf_sincos((double)(e7 - quarters * quarter) * 1e-7 * DCF_RAD_PER_DEG, &sine, &cosine);
	dcf_turn_quarters(quarters, sine, cosine, s, c);
}

/* ---- conformal latitude ---- */

/* tan of the conformal latitude from tan of the geographic one (Karney, equations 7 to 9). */
static double conformal_tan(double tau)
{
	double h = dcf_sqrt(1 + tau * tau), sigma, unused;

	sinh_cosh(e_atanh(tau / h), &sigma, &unused);
	return tau * dcf_sqrt(1 + sigma * sigma) - sigma * h;
}

/* And back, by Newton's method (equations 19 to 21): two steps reach the last bits, three are made. */
static double geographic_tan(double target)
{
	double tau = target / (1 - E2);

	if (!(dcf_fabs(tau) < 1e15))
		return tau;
	for (int i = 0; i < 4; i++) {
		double t = conformal_tan(tau);

		tau += (target - t) / dcf_sqrt(1 + t * t) * (1 + (1 - E2) * tau * tau) / ((1 - E2) * dcf_sqrt(1 + tau * tau));
	}
	return tau;
}

static double tan_of_lat(int32_t lat_e7)
{
	double s, c;

	sincos_e7(lat_e7, &s, &c);
	/* At a pole: far beyond what any other latitude of 1e-7 degree has. */
	return c == 0 ? (s < 0 ? -1e20 : 1e20) : s / c;
}

/* ---- zones ---- */

int dcf_utm_zone(struct dcf_latlon p)
{
	int64_t lon = p.lon_e7 >= 1800000000 ? (int64_t)p.lon_e7 - 3600000000 : p.lon_e7;
	int deg = (int)((lon + 1800000000) / 10000000) - 180; /* floor */

	if (p.lat_e7 < -800000000 || p.lat_e7 >= 840000000)
		return 0;
	if (p.lat_e7 >= 560000000 && p.lat_e7 < 640000000 && deg >= 3 && deg < 6)
		return 32;
	if (p.lat_e7 >= 720000000 && deg >= 0 && deg < 42)
		return deg < 9 ? 31 : deg < 21 ? 33 : deg < 33 ? 35 : 37;
	return (deg + 180) / 6 + 1;
}

static const char bands[] = "CDEFGHJKLMNPQRSTUVWX";

char dcf_utm_band(int32_t lat_e7)
{
	int i = (lat_e7 + 800000000) / 80000000;

	return bands[i > 19 ? 19 : i < 0 ? 0 : i];
}

void dcf_utm_band_edges(char band, int *south_deg, int *north_deg)
{
	const char *at = band ? strchr(bands, band) : NULL;
	int i = at ? (int)(at - bands) : 0;

	*south_deg = at ? -80 + 8 * i : 0;
	*north_deg = at ? (i == 19 ? 84 : *south_deg + 8) : 0;
}

/* ---- transverse Mercator ---- */

/* (xi, eta) + sign * the series of sin(2j xi) cosh(2j eta) and cos(2j xi) sinh(2j eta), from j = 6 down. */
static void add_series(const double k[6], double sign, double xi, double eta, double *xi_out, double *eta_out)
{
	double dxi = 0, deta = 0;

	for (int j = 6; j >= 1; j--) {
		double s, c, sh, ch;

		dcf_sincos(2 * j * xi, &s, &c);
		sinh_cosh(2 * j * eta, &sh, &ch);
		dxi += k[j - 1] * s * ch;
		deta += k[j - 1] * c * sh;
	}
	*xi_out = xi + sign * dxi;
	*eta_out = eta + sign * deta;
}

static int64_t meridian_e7(int zone)
{
	return (zone * 6 - 183) * (int64_t)10000000;
}

struct dcf_grid dcf_utm_forward(struct dcf_latlon p, int zone, bool south)
{
	double s, c, tau = conformal_tan(tan_of_lat(p.lat_e7)), xi, eta;
	int64_t apart = p.lon_e7 - meridian_e7(zone);

	apart += apart > 1800000000 ? -3600000000 : apart < -1800000000 ? 3600000000 : 0;
	sincos_e7(apart, &s, &c);
	add_series(alpha, 1, dcf_atan2(tau, c), asinh_of(s / dcf_sqrt(tau * tau + c * c)), &xi, &eta);
	return (struct dcf_grid){ 500000 + UTM_K0 * A1_M * eta, (south ? 10000000 : 0) + UTM_K0 * A1_M * xi };
}

void dcf_utm_reverse(struct dcf_grid g, int zone, bool south, double *lat_e7, double *lon_e7)
{
	double xi = (g.y - (south ? 10000000 : 0)) / (UTM_K0 * A1_M), eta = (g.x - 500000) / (UTM_K0 * A1_M);
	double s, c, sh, ch, tau;

	add_series(beta, -1, xi, eta, &xi, &eta);
	dcf_sincos(xi, &s, &c);
	sinh_cosh(eta, &sh, &ch);
	tau = geographic_tan(s / dcf_sqrt(sh * sh + c * c));
	*lat_e7 = dcf_atan2(tau, 1) / DCF_RAD_PER_DEG * 1e7;
	*lon_e7 = dcf_atan2(sh, c) / DCF_RAD_PER_DEG * 1e7 + (double)meridian_e7(zone);
	*lon_e7 += *lon_e7 > 1800000000 ? -3600000000.0 : *lon_e7 <= -1800000000 ? 3600000000.0 : 0;
}

/* ---- polar stereographic ---- */

struct dcf_grid dcf_ups_forward(struct dcf_latlon p, bool south)
{
	double s, c, tau = conformal_tan(tan_of_lat(south ? -p.lat_e7 : p.lat_e7)), h = dcf_sqrt(1 + tau * tau), rho;

	/* exp(-psi) with sinh(psi) = tau: the form that does not cancel on this side of the equator. */
	rho = UPS_M * (tau >= 0 ? 1 / (h + tau) : h - tau);
	if (p.lat_e7 == (south ? -900000000 : 900000000))
		rho = 0;
	sincos_e7(p.lon_e7, &s, &c);
	return (struct dcf_grid){ UPS_FALSE_M + rho * s, UPS_FALSE_M + (south ? rho : -rho) * c };
}

void dcf_ups_reverse(struct dcf_grid g, bool south, double *lat_e7, double *lon_e7)
{
	double x = g.x - UPS_FALSE_M, y = g.y - UPS_FALSE_M, rho = dcf_sqrt(x * x + y * y), t = rho / UPS_M, lat;

	*lon_e7 = dcf_atan2(x, south ? y : -y) / DCF_RAD_PER_DEG * 1e7;
	if (!(t > 1e-14)) {
		*lat_e7 = south ? -900000000 : 900000000;
		return;
	}
	lat = dcf_atan2(geographic_tan((1 / t - t) / 2), 1) / DCF_RAD_PER_DEG * 1e7;
	*lat_e7 = south ? -lat : lat;
}

struct dcf_latlon dcf_grid_latlon(double lat_e7, double lon_e7)
{
	return (struct dcf_latlon){ (int32_t)dcf_floor(lat_e7 + 0.5), dcf_lon_of((int64_t)dcf_floor(lon_e7 + 0.5)) };
}
