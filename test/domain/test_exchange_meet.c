/* SPDX-License-Identifier: Apache-2.0 */
/* Which volumes of two entities meet, and how far one of two must move until they are clear: against the oracle's distances,
 * with PROJ's geodesics, and by moving one of them in every direction. */
#include "core/overlap.h"
#include "domain/exchange.h"
#include "oracle/geo.h"
#include "tap.h"
#include "write_shapes.h"

#include <string.h>
#include <time.h>

enum { VOLUMES_MAX = 8, POINTS_MAX = 12 };

static struct dcf_alloc heap;
static uint64_t first_seed = 20260501;

struct made {
	struct dcf_utm_volume v[VOLUMES_MAX];
	struct dcf_latlon points[VOLUMES_MAX][POINTS_MAX];
	struct dcf_ring rings[VOLUMES_MAX];
	struct dcf_utm_extents e;
};

static void outline(struct rng *r, struct made *m, uint32_t i, struct place at, double size)
{
	struct dcf_feature *f = &m->v[i].footprint;

	*f = (struct dcf_feature){ .edges = DCF_EDGES_GEODESIC, .points = m->points[i], .point_count = 1 };
	switch (rng_int(r, 4)) {
	case 0:
		f->shape = DCF_CIRCLE;
		f->radius_m = size * rng_in(r, 0.1, 1);
		f->points[0] = e7_of(at);
		return;
	case 1: /* what a polygon without area becomes */
		f->shape = DCF_CORRIDOR;
		f->point_count = 2;
		f->points[0] = e7_of(go(at, rng_in(r, 0, 360), size));
		f->points[1] = e7_of(go(at, rng_in(r, 0, 360), size));
		return;
	default:
		f->shape = DCF_POLYGON;
		f->point_count = 4 + (uint32_t)rng_int(r, POINTS_MAX - 4);
		for (uint32_t k = 0; k < f->point_count; k++)
			f->points[k] =
				e7_of(go(at, -360.0 * (k + rng_in(r, 0, 0.4)) / f->point_count, size * rng_in(r, 0.3, 1)));
		m->rings[i] = (struct dcf_ring){ 0, f->point_count, true };
		f->rings = &m->rings[i];
		f->ring_count = 1;
	}
}

static void fill(struct rng *r, struct made *m, struct place about, double size)
{
	*m = (struct made){ .e = { .volume = m->v } };
	m->e.count = 1 + (uint32_t)rng_int(r, VOLUMES_MAX - 1);
	for (uint32_t i = 0; i < m->e.count; i++) {
		struct dcf_utm_volume *v = &m->v[i];

		outline(r, m, i, go(about, rng_in(r, 0, 360), 2 * size * rng_unit(r)), size);
		/* few values, so that ends often coincide */
		v->start_us = rng_int(r, 8) ? rng_int(r, 4) : DCF_UTM_SINCE_EVER;
		v->end_us = rng_int(r, 8) ? (v->start_us > 0 ? v->start_us : 0) + rng_int(r, 4) : DCF_UTM_FOR_EVER;
		v->lower_e4 = rng_int(r, 8) ? rng_int(r, 4) : DCF_UTM_NO_LOWER;
		v->upper_e4 = rng_int(r, 8) ? (v->lower_e4 > 0 ? v->lower_e4 : 0) + rng_int(r, 4) : DCF_UTM_NO_UPPER;
		if (rng_int(r, 20) == 0)
			v->footprint = (struct dcf_feature){ .shape = DCF_SHAPE_COUNT };
	}
}

/* --- which pairs ------------------------------------------------------------------------------------------ */

struct found {
	struct dcf_entity_meeting m[VOLUMES_MAX * VOLUMES_MAX];
	size_t count;
};

static enum dcf_status take(void *ctx, const struct dcf_entity_meeting *m)
{
	struct found *f = ctx;

	f->m[f->count++] = *m;
	return DCF_OK;
}

static double gap_of(const struct dcf_feature *a, const struct dcf_feature *b)
{
	struct dcf_ora_shape sa = dcf_ora_shape_of(a), sb = dcf_ora_shape_of(b);
	double d = dcf_ora_between(&sa, &sb);

	dcf_ora_shape_free(&sa);
	dcf_ora_shape_free(&sb);
	d -= a->shape == DCF_POLYGON ? 0 : a->radius_m;
	return d - (b->shape == DCF_POLYGON ? 0 : b->radius_m);
}

static int met, missed;

static void compare_pair(uint64_t seed, const struct found *f, size_t *at, const struct made *a, uint32_t i,
			 const struct made *b, uint32_t k)
{
	const struct dcf_utm_volume *x = &a->v[i], *y = &b->v[k];
	const struct dcf_entity_meeting *m =
		*at < f->count && f->m[*at].volume[0] == i && f->m[*at].volume[1] == k ? &f->m[*at] : NULL;
	bool bounds = x->start_us <= y->end_us && y->start_us <= x->end_us && x->lower_e4 <= y->upper_e4 &&
		      y->lower_e4 <= x->upper_e4;
	double gap = 1e12;

	*at += m != NULL;
	met += m != NULL;
	missed += !m;
	if (x->footprint.shape != DCF_SHAPE_COUNT && y->footprint.shape != DCF_SHAPE_COUNT)
		gap = gap_of(&x->footprint, &y->footprint);
	CHECK_MSG(m || !bounds || gap > 0, "seed %llu: pair %u %u not told, gap %g", (unsigned long long)seed, i, k, gap);
	if (!m)
		return;
	CHECK_MSG(bounds && gap <= fmax(1, 1e-5 * (x->footprint.radius_m + y->footprint.radius_m)),
		  "seed %llu: pair %u %u told, bounds %d, gap %g", (unsigned long long)seed, i, k, bounds, gap);
	CHECK(m->start_us == (x->start_us > y->start_us ? x->start_us : y->start_us));
	CHECK(m->end_us == (x->end_us < y->end_us ? x->end_us : y->end_us));
	CHECK(m->lower_e4 == (x->lower_e4 > y->lower_e4 ? x->lower_e4 : y->lower_e4));
	CHECK(m->upper_e4 == (x->upper_e4 < y->upper_e4 ? x->upper_e4 : y->upper_e4));
	CHECK_MSG(m->overlap_m >= 0 && (gap <= 0 || m->overlap_m < 2), "seed %llu: gap %g, overlap %g",
		  (unsigned long long)seed, gap, m->overlap_m);
}

static void all_pairs_and_only_they(void)
{
	static struct made a, b;

	for (uint64_t seed = first_seed; seed < first_seed + 400; seed++) {
		struct rng r = { seed };
		struct place about = random_middle(&r);
		double size = random_length(&r, 30, 100000);
		struct found f = { .count = 0 };
		size_t at = 0;

		fill(&r, &a, about, size);
		fill(&r, &b, about, size);
		CHECK(dcf_entities_meet(&a.e, &b.e, &heap, take, &f) == DCF_OK);
		for (uint32_t i = 0; i < a.e.count; i++)
			for (uint32_t k = 0; k < b.e.count; k++)
				compare_pair(seed, &f, &at, &a, i, &b, k);
		CHECK_MSG(at == f.count, "seed %llu: pairs out of order", (unsigned long long)seed);
	}
	printf("# %d pairs met, %d did not\n", met, missed);
	CHECK(met > 500 && missed > 500);
}

static enum dcf_status stop(void *ctx, const struct dcf_entity_meeting *m)
{
	(void)m;
	return ++*(int *)ctx == 2 ? DCF_E_LIMIT : DCF_OK;
}

static void the_taker_ends_it(void)
{
	static struct made a;
	struct rng r = { 3 };
	int calls = 0;

	fill(&r, &a, (struct place){ 10, 20 }, 5000);
	a.e.count = 4;
	for (uint32_t i = 0; i < 4; i++) {
		outline(&r, &a, i, (struct place){ 10, 20 }, 5000);
		a.v[i] = (struct dcf_utm_volume){ .footprint = a.v[0].footprint, .end_us = 1, .upper_e4 = 1 };
	}
	CHECK(dcf_entities_meet(&a.e, &a.e, &heap, stop, &calls) == DCF_E_LIMIT && calls == 2);
}

/* --- how far ----------------------------------------------------------------------------------------------------------------
 */

/* Is `b`, moved m metres at an azimuth, clear of a? */
static bool clear_at(const struct dcf_feature *a, const struct dcf_feature *b, double azimuth, double m)
{
	struct dcf_latlon p[POINTS_MAX];
	struct dcf_feature moved = *b;

	for (uint32_t i = 0; i < b->point_count; i++)
		p[i] = e7_of(go(place_of(b->points[i]), azimuth, m));
	moved.points = p;
	return gap_of(a, &moved) > 0;
}

static bool convex(const struct dcf_feature *f)
{
	double least = 1e9;

	for (uint32_t i = 0; f->shape == DCF_POLYGON && i < f->point_count; i++) {
		struct place a = place_of(f->points[i]), b = place_of(f->points[(i + 1) % f->point_count]),
			     c = place_of(f->points[(i + 2) % f->point_count]);
		double k = cos(b.lat * 0.0174532925),
		       turn = (b.lon - a.lon) * k * (c.lat - b.lat) - (b.lat - a.lat) * (c.lon - b.lon) * k;

		least = fmin(least, turn);
	}
	return least > 0;
}

static double ratio_sum;
static int ratios;

static void try_overlap(uint64_t seed)
{
	struct rng r = { seed };
	struct place about = { rng_in(&r, -50, 50), rng_in(&r, -170, 170) };
	double size = random_length(&r, 100, 10000);
	static struct made m;
	struct found found = { .count = 0 };
	struct dcf_utm_extents a = { .volume = &m.v[0], .count = 1 }, b = { .volume = &m.v[1], .count = 1 };
	double told, least = 1e12;
	bool sure = false;

	m = (struct made){ .e = { .volume = m.v } };
	outline(&r, &m, 0, about, size);
	outline(&r, &m, 1, go(about, rng_in(&r, 0, 360), size * rng_unit(&r)), size * rng_in(&r, 0.2, 1));
	CHECK(dcf_entities_meet(&a, &b, &heap, take, &found) == DCF_OK);
	if (found.count == 0 || found.m[0].overlap_m == 0)
		return;
	told = found.m[0].overlap_m;
	/* some move of at most so many metres is enough; in a bay of the other's not any longer one */
	for (int i = 0; i < 96 * 5 && !sure; i++)
		sure = clear_at(&m.v[0].footprint, &m.v[1].footprint, 3.75 * (i % 96),
				told * (0.996 + 0.002 * (double)(i / 96)) + i / 96 / 4.0);
	CHECK_MSG(sure, "seed %llu: not clear after %g m in any direction", (unsigned long long)seed, told);
	/* the least that any of some directions needs */
	for (int i = 0; i < 24; i++)
		for (double t = 0.1; t < 1 && t * told < least; t += 0.1)
			if (clear_at(&m.v[0].footprint, &m.v[1].footprint, 15 * i, t * told))
				least = t * told;
	ratio_sum += least < told ? told / least : 1;
	ratios++;
	if (convex(&m.v[0].footprint) && convex(&m.v[1].footprint))
		CHECK_MSG(least > 0.85 * told - 2, "seed %llu: told %g m, clear after %g", (unsigned long long)seed, told,
			  least);
}

static void moving_so_far_clears(void)
{
	for (uint64_t i = 0; i < 250; i++)
		try_overlap(first_seed + 7000 + i);
	printf("# %d overlaps, on average told %.2f times what was found to be enough\n", ratios, ratio_sum / ratios);
	CHECK(ratios > 60 && ratio_sum / ratios < 1.2);
}

/* Two circles: the sum of the radii less the distance. */
static void circles_are_exact(void)
{
	for (uint64_t i = 0; i < 200; i++) {
		struct rng r = { first_seed + 9000 + i };
		struct dcf_latlon p[2];
		double ra = random_length(&r, 10, 1000000), rb = random_length(&r, 10, 1000000),
		       d = (ra + rb) * rng_in(&r, 0.02, 1.1);
		struct dcf_utm_volume v[2] = {
			{ .footprint = { .shape = DCF_CIRCLE, .points = p, .point_count = 1, .radius_m = ra },
			  .end_us = 1,
			  .upper_e4 = 1 },
			{ .footprint = { .shape = DCF_CIRCLE, .points = p + 1, .point_count = 1, .radius_m = rb },
			  .end_us = 1,
			  .upper_e4 = 1 }
		};
		struct dcf_utm_extents a = { .volume = &v[0], .count = 1 }, b = { .volume = &v[1], .count = 1 };
		struct found f = { .count = 0 };
		double depth;

		p[0] = e7_of(random_middle(&r));
		p[1] = e7_of(go(place_of(p[0]), rng_in(&r, 0, 360), d));
		depth = ra + rb - metres(place_of(p[0]), place_of(p[1]), NULL);
		CHECK(dcf_entities_meet(&a, &b, &heap, take, &f) == DCF_OK);
		CHECK(f.count == (depth >= 0) || fabs(depth) < 1 + 1e-5 * (ra + rb));
		if (f.count && depth > 1 + 1e-5 * (ra + rb))
			CHECK_MSG(f.m[0].overlap_m >= depth && f.m[0].overlap_m <= depth * 1.001 + 0.5 + 1e-5 * (ra + rb),
				  "%g told, %g are right", f.m[0].overlap_m, depth);
	}
}

/* Two squares with a side in common, and two with a corner. */
static void what_touches_has_no_overlap(void)
{
	struct dcf_latlon p[3][4] = {
		{ { 100000000, 200000000 }, { 100000000, 200100000 }, { 100100000, 200100000 }, { 100100000, 200000000 } },
		{ { 100000000, 200100000 }, { 100000000, 200200000 }, { 100100000, 200200000 }, { 100100000, 200100000 } },
		{ { 100100000, 200200000 }, { 100100000, 200300000 }, { 100200000, 200300000 }, { 100200000, 200200000 } }
	};
	struct dcf_ring ring = { 0, 4, true };
	struct dcf_utm_volume v[3];
	struct dcf_utm_extents e[3];

	for (int i = 0; i < 3; i++) {
		v[i] = (struct dcf_utm_volume){ .footprint = { .shape = DCF_POLYGON,
							       .points = p[i],
							       .point_count = 4,
							       .rings = &ring,
							       .ring_count = 1 },
						.end_us = 1,
						.upper_e4 = 1 };
		e[i] = (struct dcf_utm_extents){ .volume = &v[i], .count = 1 };
	}
	for (int i = 0; i < 2; i++) {
		struct found f = { .count = 0 };

		CHECK(dcf_entities_meet(&e[i], &e[i + 1], &heap, take, &f) == DCF_OK);
		CHECK(f.count == 1 && f.m[0].overlap_m == 0);
	}
}

/* --- figures: only told -------------------------------------------------------------------------------- */

static enum dcf_status count(void *ctx, const struct dcf_entity_meeting *m)
{
	(void)m;
	++*(size_t *)ctx;
	return DCF_OK;
}

static void tell(const char *what, uint8_t shape, uint32_t points, double least)
{
	enum { N = 30 };
	static struct dcf_utm_volume v[N];
	static struct dcf_latlon p[N][32];
	struct dcf_ring ring = { 0, points, true };
	struct dcf_utm_extents e = { .volume = v, .count = N };
	struct rng r = { 1 };
	struct timespec a, b;
	size_t n = 0;

	for (int i = 0; i < N; i++) {
		struct place at = go((struct place){ 47, 8 }, rng_in(&r, 0, 360), rng_in(&r, 0, 500));

		v[i] = (struct dcf_utm_volume){ .footprint = { .shape = shape,
							       .points = p[i],
							       .point_count = points,
							       .radius_m = 500,
							       .rings = &ring,
							       .ring_count = 1 },
						.end_us = 1,
						.upper_e4 = 1 };
		for (uint32_t k = 0; k < points; k++)
			p[i][k] = points == 1 ? e7_of(at) : e7_of(go(at, -360.0 * k / points, 500 * rng_in(&r, least, 1)));
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK(dcf_entities_meet(&e, &e, &heap, count, &n) == DCF_OK);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("# %s: %zu pairs that meet, %.1f us each\n", what, n,
	       ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / (double)n);
	CHECK(n > 100);
}

static void figures(void)
{
	tell("circles", DCF_CIRCLE, 1, 1);
	tell("squares", DCF_POLYGON, 4, 1);
	tell("convex polygons of 12 corners", DCF_POLYGON, 12, 1);
	tell("stars of 12 corners", DCF_POLYGON, 12, 0.4);
	tell("stars of 30 corners", DCF_POLYGON, 30, 0.4);
}

int main(int argc, char **argv)
{
	heap = dcf_alloc_heap();
	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	printf("# seed %llu\n", (unsigned long long)first_seed);
	return TAP_RUN(TAP(all_pairs_and_only_they), TAP(the_taker_ends_it), TAP(moving_so_far_clears), TAP(circles_are_exact),
		       TAP(what_touches_has_no_overlap), TAP(figures));
}
