/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/workload.h"

#include "core/geodesy.h"
#include "core/num.h"

/* WGS 84: radii of curvature along the meridian and across it. */
static void curvature(double sine, double *meridian, double *across)
{
	double e2 = 1 / 298.257223563 * (2 - 1 / 298.257223563), w2 = 1 - e2 * sine * sine, w = dcf_sqrt(w2);

	*across = 6378137 / w;
	*meridian = 6378137 * (1 - e2) / (w2 * w);
}

struct dcf_bench_frame dcf_bench_frame_of(struct dcf_latlon at, bool is_city)
{
	struct dcf_bench_frame f = { .at = at, .is_city = is_city };
	struct dcf_vec v = dcf_vec_of(at);
	double s, c, h = dcf_sqrt(v.x * v.x + v.y * v.y);

	dcf_sincos(at.lat_e7 * 1e-7 * DCF_RAD_PER_DEG, &s, &c);
	curvature(s, &f.meridian_m, &f.across_m);
	f.tangent = s / c;
	f.lat_e7_per_m = 1e7 / DCF_RAD_PER_DEG / f.meridian_m;
	f.lon_e7_per_m = 1e7 / DCF_RAD_PER_DEG / (f.across_m * c);
	f.rho = dcf_rho(v.z);
	f.c[0] = v.x, f.c[1] = v.y, f.c[2] = v.z;
	f.e[0] = -v.y / h, f.e[1] = v.x / h, f.e[2] = 0;
	f.n[0] = -v.z * v.x / h, f.n[1] = -v.z * v.y / h, f.n[2] = h;
	return f;
}

/* Second order in both: parallels bend towards the pole by x^2 t / 2N, and 1 / cos(lat + u) =
 * (1 + t u + (1/2 + t^2) u^2 + ...) / cos(lat), u below 0.002. */
static struct dcf_latlon place_near(const struct dcf_bench_frame *f, double x, double y)
{
	double t = f->tangent, north = y - x * x * t * 0.5 / f->across_m, u = north / f->meridian_m;
	double wider = 1 + u * (t + u * (0.5 + t * t));
	int64_t lon = f->at.lon_e7 + (int64_t)dcf_floor(x * f->lon_e7_per_m * wider + 0.5);

	if (lon > 1800000000)
		lon -= INT64_C(3600000000);
	if (lon <= -1800000000)
		lon += INT64_C(3600000000);
	return (struct dcf_latlon){ f->at.lat_e7 + (int32_t)dcf_floor(north * f->lat_e7_per_m + 0.5), (int32_t)lon };
}

static struct dcf_latlon place_far(const struct dcf_bench_frame *f, double x, double y)
{
	double r = dcf_sqrt(x * x + y * y), s, c, v[3];

	if (r == 0)
		return f->at;
	dcf_sincos(r / f->rho, &s, &c);
	for (int i = 0; i < 3; i++)
		v[i] = f->c[i] * c + s * (f->e[i] * (x / r) + f->n[i] * (y / r));
	return dcf_latlon_of((struct dcf_vec){ v[0], v[1], v[2] });
}

struct dcf_latlon dcf_bench_place(const struct dcf_bench_frame *frame, double x, double y)
{
	return frame->is_city ? place_near(frame, x, y) : place_far(frame, x, y);
}
