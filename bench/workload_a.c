/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/workload.h"

#include "bench/random.h"
#include "core/num.h"

enum { FOR_OPERATION = 'A', FOR_THEATRE = 'T', FOR_CITY = 'C', MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

static const double theatre_radius_m = 400 * DCF_BENCH_NM;
static const double city_side_m = 15000;
static const int32_t horizon_ms = 72 * HOUR_MS;

/* One operation being made. */
struct making {
	struct dcf_random random;
	struct dcf_bench_volume v;
	struct dcf_bench_sink sink;
};

uint32_t dcf_bench_sites(uint32_t n)
{
	return n <= DCF_BENCH_OPERATIONS_A_SITE ? 1 : n / DCF_BENCH_OPERATIONS_A_SITE;
}

struct dcf_latlon dcf_bench_site_at(const struct dcf_bench_spec *spec, uint32_t site, bool is_city)
{
	struct dcf_random r = dcf_random_of(spec->seed, is_city ? FOR_CITY : FOR_THEATRE, site);
	double sine, cosine, lat;

	dcf_sincos(60 * DCF_RAD_PER_DEG, &sine, &cosine);
	lat = dcf_asin(dcf_random_in(&r, -sine, sine)) / DCF_RAD_PER_DEG;
	return (struct dcf_latlon){ (int32_t)(lat * 1e7), (int32_t)(dcf_random_in(&r, -180, 180) * 1e7) };
}

static void in_disc(struct dcf_random *r, double radius, double *x, double *y)
{
	do {
		*x = dcf_random_in(r, -1, 1);
		*y = dcf_random_in(r, -1, 1);
	} while (*x * *x + *y * *y > 1);
	*x *= radius;
	*y *= radius;
}

/* A band of thousands of feet, `thick_low`..`thick_high` thousands high, above `floor` thousands. */
static void band_kft(struct making *m, int32_t low, int32_t high, int32_t thick_low, int32_t thick_high)
{
	int32_t lower = dcf_random_int(&m->random, low, high);

	m->v.lower_e4 = lower * 1000 * DCF_FT_E4;
	m->v.upper_e4 = m->v.lower_e4 + dcf_random_int(&m->random, thick_low, thick_high) * 1000 * DCF_FT_E4;
}

/* Pieces follow each other, each turned by up to 10 degrees, and are open one after the other as a
 * flight of 200 m/s passes them, for 20-60 minutes. */
static enum dcf_status make_corridor(struct making *m)
{
	struct dcf_random *r = &m->random;
	double length = dcf_random_in(r, 100, 250) * DCF_BENCH_NM;
	int32_t pieces = dcf_random_int(r, 1, 10), open_ms = dcf_random_int(r, 20, 60) * MINUTE_MS;
	double step = length / pieces, heading = dcf_random_in(r, 0, 2 * DCF_PI), x, y, s, c;
	int32_t step_ms = (int32_t)(step / 200 * 1000);
	enum dcf_status status = DCF_OK;

	in_disc(r, theatre_radius_m - length / 2, &x, &y);
	dcf_sincos(heading, &s, &c);
	x -= s * length / 2;
	y -= c * length / 2;
	m->v.shape = DCF_BENCH_CAPSULE;
	m->v.count = 2;
	m->v.radius = dcf_random_in(r, 2.5, 5) * DCF_BENCH_NM;
	m->v.start_ms = dcf_random_int(r, 0, horizon_ms - open_ms - step_ms * pieces);
	band_kft(m, 8, 39, 1, 4);
	for (int32_t k = 0; k < pieces && status == DCF_OK; k++) {
		m->v.x[0] = x;
		m->v.y[0] = y;
		m->v.x[1] = x += s * step;
		m->v.y[1] = y += c * step;
		m->v.end_ms = m->v.start_ms + open_ms;
		status = m->sink.take(m->sink.ctx, &m->v);
		m->v.start_ms += step_ms;
		heading += dcf_random_in(r, -10, 10) * DCF_RAD_PER_DEG;
		dcf_sincos(heading, &s, &c);
	}
	return status;
}

static enum dcf_status make_zone(struct making *m)
{
	struct dcf_random *r = &m->random;
	int32_t discs = dcf_random_int(r, 1, 3), open_ms = dcf_random_int(r, 60, 12 * 60) * MINUTE_MS;
	double x, y;
	enum dcf_status status = DCF_OK;

	in_disc(r, theatre_radius_m - 60 * DCF_BENCH_NM, &x, &y);
	m->v.shape = DCF_BENCH_DISC;
	m->v.count = 1;
	m->v.start_ms = dcf_random_int(r, 0, horizon_ms - open_ms);
	m->v.end_ms = m->v.start_ms + open_ms;
	band_kft(m, 5, 25, 5, 15);
	for (int32_t k = 0; k < discs && status == DCF_OK; k++) {
		double dx, dy;

		in_disc(r, 40 * DCF_BENCH_NM, &dx, &dy);
		m->v.x[0] = x + dx;
		m->v.y[0] = y + dy;
		m->v.radius = dcf_random_in(r, 5, 20) * DCF_BENCH_NM;
		status = m->sink.take(m->sink.ctx, &m->v);
	}
	return status;
}

/* Vertices at rising angles less than half a turn apart and at 50-100 % of the radius: star-shaped as
 * seen from the centre, so no two edges cross. */
static void make_star(struct making *m, double cx, double cy)
{
	int32_t n = dcf_random_int(&m->random, 4, DCF_BENCH_MAX_VERTICES);
	double radius = dcf_random_in(&m->random, 50, 500), turn = dcf_random_unit(&m->random);

	m->v.count = (uint32_t)n;
	for (int32_t i = 0; i < n; i++) {
		double angle = (turn + i + dcf_random_in(&m->random, 0, 0.8)) / n * (2 * DCF_PI);
		double r = radius * dcf_random_in(&m->random, 0.5, 1), s, c;

		dcf_sincos(angle, &s, &c);
		m->v.x[i] = cx + r * c;
		m->v.y[i] = cy + r * s;
	}
}

/* Volumes follow each other by 200-600 m, turning back at the city's border; each opens within the window
 * of the one before it. */
static enum dcf_status make_unmanned(struct making *m)
{
	struct dcf_random *r = &m->random;
	int32_t volumes = dcf_random_int(r, 1, 10), start_ms = dcf_random_int(r, 0, horizon_ms - 8 * HOUR_MS);
	double x = dcf_random_in(r, -0.5, 0.5) * city_side_m, y = dcf_random_in(r, -0.5, 0.5) * city_side_m, s, c;
	enum dcf_status status = DCF_OK;

	dcf_sincos(dcf_random_in(r, 0, 2 * DCF_PI), &s, &c);
	m->v.shape = DCF_BENCH_STAR;
	m->v.radius = 0;
	for (int32_t k = 0; k < volumes && status == DCF_OK; k++) {
		double step = dcf_random_in(r, 200, 600);
		int32_t open_ms = dcf_random_int(r, 10 * 60, 40 * 60) * 1000;

		make_star(m, x, y);
		m->v.lower_e4 = dcf_random_int(r, 0, 60) * DCF_M_E4;
		m->v.upper_e4 = m->v.lower_e4 + dcf_random_int(r, 30, 90) * DCF_M_E4;
		m->v.start_ms = start_ms;
		m->v.end_ms = start_ms + open_ms;
		status = m->sink.take(m->sink.ctx, &m->v);
		start_ms += (int32_t)((double)open_ms * dcf_random_in(r, 0.5, 1));
		x += s * step;
		y += c * step;
		if (dcf_fabs(x) > city_side_m / 2)
			s = -s;
		if (dcf_fabs(y) > city_side_m / 2)
			c = -c;
	}
	return status;
}

static const struct kind {
	int32_t until; /* per cent, cumulated */
	bool in_city;
	enum dcf_status (*make)(struct making *m);
} kinds[] = {
	{ 25, false, make_corridor },
	{ 35, false, make_zone },
	{ 100, true, make_unmanned },
};

enum dcf_status dcf_bench_make_a(const struct dcf_bench_spec *spec, struct dcf_bench_sink sink)
{
	uint32_t sites = dcf_bench_sites(spec->n);
	enum dcf_status status = DCF_OK;

	for (uint32_t i = 0; i < spec->n && status == DCF_OK; i++) {
		struct making m = { .random = dcf_random_of(spec->seed, FOR_OPERATION, i), .sink = sink };
		int32_t roll = dcf_random_int(&m.random, 0, 99);
		const struct kind *k = kinds;

		while (roll >= k->until)
			k++;
		m.v.operation = i;
		m.v.site = i % sites;
		m.v.in_city = k->in_city;
		m.v.party = k->in_city ? DCF_BENCH_THEATRE_PARTIES +
						 (uint32_t)dcf_random_int(&m.random, 0, DCF_BENCH_CITY_PARTIES - 1)
				       : (uint32_t)dcf_random_int(&m.random, 0, DCF_BENCH_THEATRE_PARTIES - 1);
		status = k->make(&m);
	}
	return status;
}
