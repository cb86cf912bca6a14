/* SPDX-License-Identifier: Apache-2.0 */
/* workload.h - what the benchmark measures, made from a seed.
 *
 * A: volumes.  One theatre (a disc of 400 NM radius, three parties) and one city (a square of 15 km,
 * ten parties) for every 2,500 operations, 72 h.
 *   25 %  corridors of 100-250 NM, cut in 1-10 pieces, 5-10 NM wide    in a theatre
 *   10 %  restricted zones: 1-3 discs of 5-20 NM radius, 1-12 h        in a theatre
 *   65 %  unmanned flights: 1-10 star-shaped polygons of 4-20 vertices, 100-1,000 m across,
 *         30-90 m high, 10-40 min                                      in a city
 * B: trajectories.  100,000 flights in a square of 3,000 NM over 24 h, other numbers at the same
 * density; one hub for every 500 flights; routes of 100-2,500 km, 20-200 waypoints, 190-260 m/s,
 * cruise at FL180-FL410 in thousands, climb and descent at positions spread around the hubs.
 *
 * Shapes are made in a plane, metres east and north of their site's centre; whoever takes them puts
 * them on the ellipsoid or beside each other on one plane.  Only our own arithmetic shapes the data:
 * the same seed gives the same bits on every machine. */
#ifndef DCF_BENCH_WORKLOAD_H
#define DCF_BENCH_WORKLOAD_H

#include "core/plan.h"

#define DCF_BENCH_NM 1852.0
/* Windows count from 2015-09-20T00:00:00Z. */
#define DCF_BENCH_EPOCH_US (INT64_C(1442707200) * 1000000)

enum {
	DCF_BENCH_OPERATIONS_A_SITE = 2500,
	DCF_BENCH_THEATRE_PARTIES = 3,
	DCF_BENCH_CITY_PARTIES = 10,
	DCF_BENCH_MAX_VERTICES = 20,
};

struct dcf_bench_spec {
	uint32_t n; /* operations, 1..10,000,000 */
	uint64_t seed;
};

enum dcf_bench_shape { DCF_BENCH_CAPSULE, DCF_BENCH_DISC, DCF_BENCH_STAR };

/* One volume of workload A. */
struct dcf_bench_volume {
	uint32_t operation, party; /* party: 0..2 those of the theatres, 3..12 those of the cities */
	uint32_t site;             /* number of its theatre or city */
	bool in_city;              /* metres above the ellipsoid; otherwise flight levels */
	uint8_t shape;             /* enum dcf_bench_shape */
	uint32_t count;            /* points: 2 of a capsule, 1 of a disc, 4..20 of a star */
	double x[DCF_BENCH_MAX_VERTICES], y[DCF_BENCH_MAX_VERTICES]; /* metres east and north of the site's centre */
	double radius;                                               /* metres; capsule and disc */
	int32_t lower_e4, upper_e4;                                  /* 0.1 mm */
	int32_t start_ms, end_ms;                                    /* since DCF_BENCH_EPOCH_US */
};

/* Takes one volume; a status other than DCF_OK ends the making and is passed on.  `v` is borrowed. */
struct dcf_bench_sink {
	enum dcf_status (*take)(void *ctx, const struct dcf_bench_volume *v);
	void *ctx;
};

/* Makes every volume of workload A, operation by operation. */
DCF_CHECKED enum dcf_status dcf_bench_make_a(const struct dcf_bench_spec *spec, struct dcf_bench_sink sink);

/* Theatres, which are as many as cities. */
uint32_t dcf_bench_sites(uint32_t n);
/* Where a theatre or city lies: uniform by area between 60 south and 60 north. */
struct dcf_latlon dcf_bench_site_at(const struct dcf_bench_spec *spec, uint32_t site, bool is_city);

/* Points of a site, from its plane to the ellipsoid.  Cities: the local series of the ellipsoid, right
 * to 1e-5 over 15 km.  Theatres: distance and direction from the centre on the conformal sphere. */
struct dcf_bench_frame {
	struct dcf_latlon at;
	bool is_city;
	double lat_e7_per_m, lon_e7_per_m, meridian_m, across_m, tangent; /* city */
	double c[3], e[3], n[3], rho;                                     /* theatre: centre, east, north; metres a radian */
};
struct dcf_bench_frame dcf_bench_frame_of(struct dcf_latlon at, bool is_city);
struct dcf_latlon dcf_bench_place(const struct dcf_bench_frame *frame, double x, double y);

/* Fill `plan` (initialised, empty) with the workload, as the exact answer takes it. */
DCF_CHECKED enum dcf_status dcf_bench_plan_a(const struct dcf_bench_spec *spec, struct dcf_plan *plan);
DCF_CHECKED enum dcf_status dcf_bench_plan_b(const struct dcf_bench_spec *spec, struct dcf_plan *plan);

#endif
