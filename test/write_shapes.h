/* SPDX-License-Identifier: Apache-2.0 */
/* write_shapes.h - made-up features for the tests of written documents, and points of their true shape
 * found with PROJ's geodesics: no code in common with what is tested. */
#ifndef DCF_TEST_WRITE_SHAPES_H
#define DCF_TEST_WRITE_SHAPES_H

#include "core/plan.h"
#include <geodesic.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

struct rng {
	uint64_t s;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->s += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline double rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

static inline double rng_in(struct rng *r, double low, double high)
{
	return low + (high - low) * rng_unit(r);
}

static inline int rng_int(struct rng *r, int n)
{
	return (int)(rng_next(r) % (uint64_t)n);
}

struct place {
	double lat, lon;
};

static inline struct dcf_latlon e7_of(struct place p)
{
	struct dcf_latlon q = { (int32_t)lround(p.lat * 1e7), (int32_t)lround(p.lon * 1e7) };

	if (q.lon_e7 <= -1800000000)
		q.lon_e7 = 1800000000;
	return q;
}

static inline struct place place_of(struct dcf_latlon p)
{
	return (struct place){ p.lat_e7 / 1e7, p.lon_e7 / 1e7 };
}

static inline const struct geod_geodesic *wgs84(void)
{
	static struct geod_geodesic g;

	if (g.a == 0)
		geod_init(&g, 6378137, 1 / 298.257223563);
	return &g;
}

static inline struct place go(struct place p, double azimuth, double metres)
{
	struct place q;

	geod_direct(wgs84(), p.lat, p.lon, azimuth, metres, &q.lat, &q.lon, NULL);
	return q;
}

static inline double metres(struct place a, struct place b, double *azimuth)
{
	double d, az, back;

	geod_inverse(wgs84(), a.lat, a.lon, b.lat, b.lon, &d, &az, &back);
	if (azimuth)
		*azimuth = az;
	return d;
}

/* A middle anywhere, often near a pole or the antimeridian. */
static inline struct place random_middle(struct rng *r)
{
	switch (rng_int(r, 6)) {
	case 0:
		return (struct place){ 90, 0 };
	case 1:
		return (struct place){ rng_in(r, 0, 1) < 0.5 ? -89.99 : 89.9, rng_in(r, -180, 180) };
	case 2:
		return (struct place){ rng_in(r, -80, 80), rng_in(r, -1, 1) + 180 > 180 ? -179.7 : 179.8 };
	default:
		return (struct place){ asin(rng_in(r, -1, 1)) * 180 / 3.14159265358979, rng_in(r, -180, 180) };
	}
}

/* Lengths over several orders of magnitude. */
static inline double random_length(struct rng *r, double low, double high)
{
	return low * pow(high / low, rng_unit(r));
}

/* Make the star anew about a middle from which its first corner is a pole. */
static inline void corner_at_pole(struct rng *r, struct dcf_feature *f, struct place *middle)
{
	double to_pole = rng_int(r, 2) ? 0 : 180, size = random_length(r, 1000, 2000000);

	*middle = go((struct place){ to_pole > 0 ? -90 : 90, 0 }, rng_in(r, 0, 360), size);
	for (uint32_t i = 1; i < f->point_count; i++)
		f->points[i] = e7_of(
			go(*middle, to_pole - 360.0 * (i + rng_in(r, 0, 0.4)) / f->point_count, size * rng_in(r, 0.5, 1.5)));
	f->points[0] = (struct dcf_latlon){ to_pole > 0 ? -900000000 : 900000000, 0 };
}

/* Fill a feature's shape; points come from the arena.  Polygons are star-shaped about `*middle`. */
static inline void random_shape(struct rng *r, struct dcf_arena *arena, struct dcf_feature *f, struct place *middle)
{
	uint32_t n = 2 + (uint32_t)rng_int(r, 3);

	*middle = random_middle(r);
	f->shape = (uint8_t)rng_int(r, DCF_SHAPE_COUNT);
	f->edges = DCF_EDGES_GEODESIC;
	f->radius_m = random_length(r, 1, 500000);
	if (f->shape == DCF_CIRCLE)
		n = 1;
	else if (f->shape == DCF_ORBIT)
		n = 2;
	else if (f->shape == DCF_POLYGON)
		n = 3 + (uint32_t)rng_int(r, 9);
	f->point_count = n;
	f->points = dcf_arena_get(arena, n * sizeof *f->points);
	f->points[0] = e7_of(*middle);
	if (f->shape == DCF_POLYGON) {
		double size = random_length(r, 20, 3000000);

		for (uint32_t i = 0; i < n; i++)
			f->points[i] = e7_of(go(*middle, -360.0 * (i + rng_in(r, 0, 0.4)) / n, size * rng_in(r, 0.5, 1)));
		if (rng_int(r, 5) == 0)
			corner_at_pole(r, f, middle);
		*middle = place_of(e7_of(*middle));
		f->ring_count = 1;
		f->rings = dcf_arena_get(arena, sizeof *f->rings);
		f->rings[0] = (struct dcf_ring){ 0, n, true };
		return;
	}
	for (uint32_t i = 1; i < n; i++)
		f->points[i] = rng_int(r, 8)
				       ? e7_of(go(place_of(f->points[i - 1]), rng_in(r, 0, 360), random_length(r, 1, 3000000)))
				       : f->points[i - 1];
}

/* A point of the true shape, `inside_m` inside its boundary at least, often just there; `leg` is the leg
 * it belongs to and `t` how far along. */
static inline struct place random_point_of(struct rng *r, const struct dcf_feature *f, struct place middle, double inside_m,
					   uint32_t *leg, double *t)
{
	double reach = rng_int(r, 2) ? 1 : rng_unit(r), d, azimuth;
	struct place a, b;

	*t = rng_int(r, 4) ? rng_unit(r) : rng_int(r, 2);
	*leg = 0;
	if (f->shape == DCF_CIRCLE)
		return go(place_of(f->points[0]), rng_in(r, 0, 360), fmax(0, f->radius_m * reach - inside_m));
	*leg = (uint32_t)rng_int(r, (int)f->point_count - (f->shape != DCF_POLYGON));
	a = place_of(f->points[*leg]);
	b = place_of(f->points[(*leg + 1) % f->point_count]);
	d = metres(a, b, &azimuth);
	if (f->edges == DCF_EDGES_LONLAT)
		a = (struct place){ a.lat + (b.lat - a.lat) * *t, a.lon + (b.lon - a.lon) * *t };
	else
		a = go(a, azimuth, d * *t);
	if (f->shape != DCF_POLYGON)
		return go(a, rng_in(r, 0, 360), fmax(0, f->radius_m * reach - inside_m));
	/* Obliquely, so that `inside_m` across the edge needs more along the way. */
	d = metres(middle, a, &azimuth);
	return go(middle, azimuth, fmax(0, d * reach - 10 * inside_m));
}

/* Turn a polygon into one with edges straight in longitude and latitude that is a star there too: no
 * pole, no antimeridian. */
static inline void make_plane_star(struct rng *r, struct dcf_feature *f, struct place *middle)
{
	double size = random_length(r, 0.001, 15);

	*middle = (struct place){ rng_in(r, -70, 70), rng_in(r, -140, 140) };
	for (uint32_t i = 0; i < f->point_count; i++) {
		double a = 6.2831853 * (i + rng_in(r, 0, 0.4)) / f->point_count, q = size * rng_in(r, 0.5, 1);

		f->points[i] = e7_of((struct place){ middle->lat + q * sin(a), middle->lon + q * cos(a) });
	}
	f->edges = DCF_EDGES_LONLAT;
}

/* A point of such a polygon, `inside_m` inside at least where the edge is not too oblique. */
static inline struct place random_point_of_plane_star(struct rng *r, const struct dcf_feature *f, struct place middle,
						      double inside_m)
{
	uint32_t i = (uint32_t)rng_int(r, (int)f->point_count);
	struct place a = place_of(f->points[i]), b = place_of(f->points[(i + 1) % f->point_count]);
	double t = rng_unit(r), k;
	struct place edge = { a.lat + (b.lat - a.lat) * t, a.lon + (b.lon - a.lon) * t };

	k = 1 - 10 * inside_m / metres(middle, edge, NULL) - (rng_int(r, 2) ? 0 : rng_unit(r) * 0.9);
	return (struct place){ middle.lat + (edge.lat - middle.lat) * k, middle.lon + (edge.lon - middle.lon) * k };
}

#endif
