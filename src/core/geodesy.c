/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: the conformal latitude as in C. F. F. Karney, "Transverse Mercator with an accuracy of a
 * few nanometers", J. Geodesy 85 (2011), eqs. 7-9; the inverse and direct problems as in
 * T. Vincenty, Survey Review 23 (1975).  WGS 84: a = 6378137 m, 1/f = 298.257223563. */
#include "core/geodesy.h"
#include "core/num.h"

void dcf_vec_basis(struct dcf_vec p, struct dcf_vec *u, struct dcf_vec *n)
{
	struct dcf_vec axis = { 0, 0, 1 };

	if (p.z > 0.9 || p.z < -0.9)
		axis = (struct dcf_vec){ 1, 0, 0 };
	*u = dcf_vec_unit(dcf_vec_cross(axis, p));
	*n = dcf_vec_cross(p, *u);
}

#define WGS84_A   6378137.0
#define WGS84_F   (1 / 298.257223563)
#define WGS84_B   (WGS84_A * (1 - WGS84_F))
#define WGS84_E2  (WGS84_F * (2 - WGS84_F))
#define E7_TO_RAD (DCF_PI / 1800000000.0)

/* sin and cos of an angle in 1e-7 degree; whole quarter turns are exact. */
static void sincos_e7(int32_t e7, double *s, double *c)
{
	int32_t quarters = e7 / 900000000, rest = e7 % 900000000;
	double sr, cr;

	dcf_sincos(rest * E7_TO_RAD, &sr, &cr);
	dcf_turn_quarters(quarters, sr, cr, s, c);
}

/* sinh(e atanh(e s)) for the eccentricity of WGS 84 and |s| <= 1: both series are short, since
 * e s <= 0.082 and the result is below 0.0068. */
static double sigma_of(double s)
{
	double y2 = WGS84_E2 * s * s, p = 1.0 / 13, x;

	p = p * y2 + 1.0 / 11;
	p = p * y2 + 1.0 / 9;
	p = p * y2 + 1.0 / 7;
	p = p * y2 + 1.0 / 5;
	p = p * y2 + 1.0 / 3;
	x = WGS84_E2 * s * (1 + y2 * p);
	return x * (1 + x * x / 6 * (1 + x * x / 20));
}

/* (sin, cos) of the geodetic latitude to (sin, cos) of the conformal one. */
static void conformal(double s, double c, double *sx, double *cx)
{
	double sigma = sigma_of(s), t = s * dcf_sqrt(1 + sigma * sigma) - sigma, h = dcf_sqrt(c * c + t * t);

	*sx = t / h;
	*cx = c / h;
}

struct dcf_vec dcf_vec_of(struct dcf_latlon p)
{
	double s, c, sl, cl, sx, cx;

	sincos_e7(p.lat_e7, &s, &c);
	sincos_e7(p.lon_e7, &sl, &cl);
	conformal(s, c, &sx, &cx);
	return (struct dcf_vec){ cx * cl, cx * sl, sx };
}

static struct dcf_vec vec_of_sincos(double s, double c, double lon)
{
	double sl, cl, sx, cx;

	dcf_sincos(lon, &sl, &cl);
	conformal(s, c, &sx, &cx);
	return (struct dcf_vec){ cx * cl, cx * sl, sx };
}

static int32_t to_e7(double rad)
{
	return (int32_t)dcf_floor(rad / E7_TO_RAD + 0.5);
}

/* phi - chi as a series in sin(2 k chi): J. P. Snyder, "Map Projections - A Working Manual" (1987), eq. 3-5,
 * here in powers of the third flattening n; the first term left out is below 1e-13 rad. */
static double from_conformal(double sin_chi, double cos_chi)
{
	const double n = WGS84_F / (2 - WGS84_F);
	const double c1 = n * (2 + n * (-2.0 / 3 + n * (-2 + n * 116 / 45)));
	const double c2 = n * n * (7.0 / 3 + n * (-8.0 / 5 - n * 227 / 45));
	const double c3 = n * n * n * (56.0 / 15 - n * 136 / 35);
	const double c4 = n * n * n * n * 4279 / 630;
	double s2 = 2 * sin_chi * cos_chi, c = 1 - 2 * sin_chi * sin_chi; /* of twice chi */
	/* Clenshaw: sin(2 chi) (c1 + 2 c c2 + (4 c^2 - 1) c3 + (8 c^3 - 4 c) c4) */
	double b4 = c4, b3 = c3 + 2 * c * b4, b2 = c2 + 2 * c * b3 - b4, b1 = c1 + 2 * c * b2 - b3;

	return s2 * b1;
}

struct dcf_latlon dcf_latlon_of(struct dcf_vec v)
{
	double r = dcf_sqrt(v.x * v.x + v.y * v.y), h = dcf_sqrt(r * r + v.z * v.z);
	double phi = dcf_atan2(v.z, r) + from_conformal(v.z / h, r / h);
	struct dcf_latlon p;

	p.lat_e7 = to_e7(phi);
	p.lon_e7 = to_e7(dcf_atan2(v.y, v.x));
	if (p.lat_e7 > 900000000)
		p.lat_e7 = 900000000;
	if (p.lat_e7 < -900000000)
		p.lat_e7 = -900000000;
	if (p.lon_e7 <= -1800000000)
		p.lon_e7 = 1800000000;
	return p;
}

/* Mean of rho along the great circle a-b by Simpson's rule, halved until a part is below 0.2 rad:
 * rho is so smooth that one rule is then good to 1e-8. */
static double mean_rho(struct dcf_vec a, struct dcf_vec b, double theta, int depth)
{
	struct dcf_vec m = dcf_vec_unit(dcf_vec_add(a, b));

	if (theta > 0.2 && depth < 5)
		return (mean_rho(a, m, theta / 2, depth + 1) + mean_rho(m, b, theta / 2, depth + 1)) / 2;
	return (dcf_rho(a.z) + 4 * dcf_rho(m.z) + dcf_rho(b.z)) / 6;
}

double dcf_distance_m(struct dcf_vec a, struct dcf_vec b)
{
	double theta = dcf_atan2(dcf_vec_length(dcf_vec_cross(a, b)), dcf_vec_dot(a, b));

	return theta * mean_rho(a, b, theta, 0);
}

/* (sin, cos) of the reduced latitude. */
static void reduced(int32_t lat_e7, double *s, double *c)
{
	double h;

	sincos_e7(lat_e7, s, c);
	*s *= 1 - WGS84_F;
	h = dcf_sqrt(*s * *s + *c * *c);
	*s /= h;
	*c /= h;
}

/* Vincenty's A and B for u^2 = cos^2(alpha) (a^2 - b^2) / b^2. */
static void vincenty_ab(double cos2_alpha, double *A, double *B)
{
	double u2 = cos2_alpha * (WGS84_A * WGS84_A - WGS84_B * WGS84_B) / (WGS84_B * WGS84_B);

	*A = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
	*B = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
}

static double vincenty_delta(double B, double ss, double cs, double c2m)
{
	return B * ss * (c2m + B / 4 * (cs * (-1 + 2 * c2m * c2m) - B / 6 * c2m * (-3 + 4 * ss * ss) * (-3 + 4 * c2m * c2m)));
}

static double vincenty_lon(double sin_alpha, double cos2_alpha, double sigma, double ss, double cs, double c2m)
{
	double C = WGS84_F / 16 * cos2_alpha * (4 + WGS84_F * (4 - 3 * cos2_alpha));

	return (1 - C) * WGS84_F * sin_alpha * (sigma + C * ss * (c2m + C * cs * (-1 + 2 * c2m * c2m)));
}

enum dcf_status dcf_inverse(struct dcf_latlon a, struct dcf_latlon b, double *distance_m, double *azimuth_deg)
{
	double s1, c1, s2, c2, L, lambda, A, B, az;
	int64_t dlon = (int64_t)b.lon_e7 - a.lon_e7;

	if (dlon > 1800000000)
		dlon -= 3600000000;
	if (dlon < -1800000000)
		dlon += 3600000000;
	reduced(a.lat_e7, &s1, &c1);
	reduced(b.lat_e7, &s2, &c2);
	lambda = L = (double)dlon * E7_TO_RAD;
	for (int i = 0; i < 200; i++) {
		double sl, cl, x, y, ss, cs, sigma, sin_alpha, cos2_alpha, c2m, next;

		dcf_sincos(lambda, &sl, &cl);
		x = c2 * sl;
		y = c1 * s2 - s1 * c2 * cl;
		ss = dcf_sqrt(x * x + y * y);
		if (ss == 0 && s1 * s2 + c1 * c2 * cl > 0) {
			*distance_m = *azimuth_deg = 0;
			return DCF_OK;
		}
		cs = s1 * s2 + c1 * c2 * cl;
		if (ss == 0)
			return DCF_E_REFUSED;
		sigma = dcf_atan2(ss, cs);
		sin_alpha = c1 * c2 * sl / ss;
		cos2_alpha = 1 - sin_alpha * sin_alpha;
		c2m = cos2_alpha > 1e-15 ? cs - 2 * s1 * s2 / cos2_alpha : 0;
		next = L + vincenty_lon(sin_alpha, cos2_alpha, sigma, ss, cs, c2m);
		if (!(dcf_fabs(next) <= DCF_PI))
			return DCF_E_REFUSED;
		if (dcf_fabs(next - lambda) < 1e-13) {
			vincenty_ab(cos2_alpha, &A, &B);
			*distance_m = WGS84_B * A * (sigma - vincenty_delta(B, ss, cs, c2m));
			az = dcf_atan2(x, y) / DCF_RAD_PER_DEG;
			*azimuth_deg = az < 0 ? az + 360 : az;
			return DCF_OK;
		}
		lambda = next;
	}
	return DCF_E_REFUSED;
}

struct dcf_vec dcf_direct(struct dcf_latlon a, double azimuth_deg, double distance_m)
{
	double s1, c1, sa, ca, sin_alpha, cos2_alpha, sigma1, A, B, sigma, ss, cs, c2m = 0, lambda, L, s, c, h;

	dcf_sincos(azimuth_deg * DCF_RAD_PER_DEG, &sa, &ca);
	reduced(a.lat_e7, &s1, &c1);
	sin_alpha = c1 * sa;
	cos2_alpha = 1 - sin_alpha * sin_alpha;
	sigma1 = dcf_atan2(s1, c1 * ca);
	vincenty_ab(cos2_alpha, &A, &B);
	sigma = distance_m / (WGS84_B * A);
	for (int i = 0; i < 50; i++) {
		double next, sine;

		dcf_sincos(2 * sigma1 + sigma, &sine, &c2m);
		dcf_sincos(sigma, &ss, &cs);
		next = distance_m / (WGS84_B * A) + vincenty_delta(B, ss, cs, c2m);
		if (dcf_fabs(next - sigma) < 1e-14)
			break;
		sigma = next;
	}
	dcf_sincos(sigma, &ss, &cs);
	lambda = dcf_atan2(ss * sa, c1 * cs - s1 * ss * ca);
	L = lambda - vincenty_lon(sin_alpha, cos2_alpha, sigma, ss, cs, c2m);
	/* Reduced back to geodetic latitude: tan(phi) = tan(beta) / (1 - f). */
	s = s1 * cs + c1 * ss * ca;
	c = (1 - WGS84_F) * dcf_sqrt(sin_alpha * sin_alpha + (s1 * ss - c1 * cs * ca) * (s1 * ss - c1 * cs * ca));
	h = dcf_sqrt(s * s + c * c);
	return vec_of_sincos(s / h, c / h, a.lon_e7 * E7_TO_RAD + L);
}

/* A step of dlon on a line at latitude phi bends away from the great circle by at most
 * dlon * (dlon + dlat) / 8 * R (sin(2 phi)/2 and the change of course); 0.025 m of that by this rule were
 * 0.05 m at most when measured. */
static enum dcf_status cut_lonlat(const struct dcf_edge *e, double piece_m, uint32_t *pieces)
{
	double dlon = dcf_fabs((double)e->from.lon_e7 - e->to.lon_e7) * E7_TO_RAD;
	double dlat = dcf_fabs((double)e->from.lat_e7 - e->to.lat_e7) * E7_TO_RAD;
	double length = WGS84_A * (dlon + dlat), n = dcf_sqrt(dlon * (dlon + dlat) * WGS84_A / (8 * 0.025));

	if (dlon > DCF_PI)
		return DCF_E_REFUSED;
	n = dcf_ceil(n > length / piece_m ? n : length / piece_m);
	*pieces = n < 1 ? 1 : (uint32_t)n;
	return DCF_OK;
}

/* Up to here inner points come from the great circle and a correction; beyond, from Vincenty. */
#define SHORT_EDGE_RAD 0.02

enum dcf_status dcf_edge_cut(const struct dcf_edge *e, double piece_m, uint32_t *pieces)
{
	struct dcf_vec w = dcf_vec_sub(e->b, e->a);
	double chord2 = dcf_vec_dot(w, w), d, azimuth, n;
	enum dcf_status s;

	*pieces = 1;
	if (e->edges == DCF_EDGES_LONLAT)
		return cut_lonlat(e, piece_m, pieces);
	if (chord2 <= SHORT_EDGE_RAD * SHORT_EDGE_RAD) {
		/* never short: the largest scale and a little for arc over chord */
		d = dcf_sqrt(chord2) * WGS84_A * 1.00002;
	} else {
		s = dcf_inverse(e->from, e->to, &d, &azimuth);
		if (s != DCF_OK)
			return s;
	}
	n = dcf_ceil(d / piece_m);
	*pieces = n < 1 ? 1 : (uint32_t)n;
	return DCF_OK;
}

enum dcf_status dcf_edge_pieces(struct dcf_latlon a, struct dcf_latlon b, enum dcf_edges edges, double piece_m,
				uint32_t *pieces)
{
	struct dcf_edge e = { a, b, dcf_vec_of(a), dcf_vec_of(b), edges };

	return dcf_edge_cut(&e, piece_m, pieces);
}

static struct dcf_vec lonlat_point(struct dcf_latlon a, struct dcf_latlon b, double t)
{
	double lat = (a.lat_e7 + ((double)b.lat_e7 - a.lat_e7) * t) * E7_TO_RAD;
	double lon = (a.lon_e7 + ((double)b.lon_e7 - a.lon_e7) * t) * E7_TO_RAD, s, c;

	dcf_sincos(lat, &s, &c);
	return vec_of_sincos(s, c, lon);
}

/* Points of a short geodesic: equal steps of the great circle (slerp, its sines as series: the angle is
 * below 0.02), moved aside and along by what the slope of the scale does.  A geodesic bends towards
 * smaller scale by kappa = d(ln rho)/dn per radian, so it leaves the chord by kappa x (theta - x) / 2;
 * distances along go as the scale, which changes by its slope g: the point at the fraction f lies at
 * x = f theta + g x (theta - x) / 2. */
static void short_points(const struct dcf_edge *e, uint32_t pieces, struct dcf_vec *out)
{
	struct dcf_vec w = dcf_vec_sub(e->b, e->a), m = dcf_vec_unit(dcf_vec_add(e->a, e->b));
	double c2 = dcf_vec_dot(w, w), c = dcf_sqrt(c2), theta = c * (1 + c2 / 24 * (1 + c2 * 9 / 80));
	struct dcf_vec along = c > 0 ? dcf_vec_scale(w, 1 / c) : w, side = dcf_vec_cross(m, along);
	/* d(ln rho)/dz at the middle; z grows along a direction u by u.z */
	double slope = (2 * m.z * -21492.716766646035699 + 4 * m.z * m.z * m.z * 157.24634142528458628) / dcf_rho(m.z);
	double across = slope * side.z, lengthwise = slope * along.z;

	for (uint32_t i = 1; i < pieces; i++) {
		double f = (double)i / pieces, x = theta * f, rest = theta - x, half = x * rest / 2;
		double p = f + lengthwise * half / (theta > 0 ? theta : 1), q = 1 - p;
		double wp = p * (1 + theta * theta / 6 * (1 - p * p)), wq = q * (1 + theta * theta / 6 * (1 - q * q));
		struct dcf_vec v = dcf_vec_add(dcf_vec_scale(e->a, wq), dcf_vec_scale(e->b, wp));

		out[i - 1] = dcf_vec_unit(dcf_vec_add(v, dcf_vec_scale(side, -across * half)));
	}
}

void dcf_edge_inner(const struct dcf_edge *e, uint32_t pieces, struct dcf_vec *out)
{
	struct dcf_vec w = dcf_vec_sub(e->b, e->a);
	double d = 0, azimuth = 0;

	if (pieces <= 1)
		return;
	if (e->edges == DCF_EDGES_GEODESIC && dcf_vec_dot(w, w) <= SHORT_EDGE_RAD * SHORT_EDGE_RAD) {
		short_points(e, pieces, out);
		return;
	}
	/* dcf_edge_cut has asked the same question and was answered; a caller that did not gets `from`. */
	if (e->edges == DCF_EDGES_GEODESIC && dcf_inverse(e->from, e->to, &d, &azimuth) != DCF_OK)
		d = 0;
	for (uint32_t i = 1; i < pieces; i++)
		out[i - 1] = e->edges == DCF_EDGES_LONLAT ? lonlat_point(e->from, e->to, (double)i / pieces)
							  : dcf_direct(e->from, azimuth, d * i / pieces);
}

void dcf_edge_points(struct dcf_latlon a, struct dcf_latlon b, enum dcf_edges edges, uint32_t pieces, struct dcf_vec *out)
{
	struct dcf_edge e = { a, b, dcf_vec_of(a), dcf_vec_of(b), edges };

	dcf_edge_inner(&e, pieces, out);
}
