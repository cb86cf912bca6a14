/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmark's own parts: workloads that never change, a yardstick that is right, rivals that agree. */
#include "bench/engine.h"
#include "bench/figures.h"
#include "bench/random.h"
#include "core/geodesy.h"
#include "core/num.h"
#include "core/planar.h"
#include "tap.h"

static struct dcf_alloc heap;

/* FNV-1a over values, so that padding does not count. */
static uint64_t fold(uint64_t h, int64_t v)
{
	for (int i = 0; i < 8; i++)
		h = (h ^ ((uint64_t)v >> 8 * i & 255)) * 0x100000001b3u;
	return h;
}

static uint64_t fold_plan(const struct dcf_plan *plan)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct dcf_feature *f = &plan->features[i];

		h = fold(fold(fold(h, f->party), f->operation), f->start_us);
		h = fold(fold(fold(h, f->end_us), f->lower.e4), f->upper.e4);
		h = fold(h, (int64_t)(f->radius_m * 1024));
		for (uint32_t k = 0; k < f->point_count; k++)
			h = fold(fold(h, f->points[k].lat_e7), f->points[k].lon_e7);
		for (uint32_t k = 0; f->waypoints && k < f->point_count; k++)
			h = fold(fold(h, f->waypoints[k].time_us), f->waypoints[k].altitude.e4);
	}
	return h;
}

static uint64_t fold_planar(const struct dcf_planar_world *w)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < w->number_count; i++)
		h = fold(h, (int64_t)(w->xy[i] * DCF_PLANAR_UNITS_A_M));
	return h;
}

/* The same numbers from every compiler, at every optimisation, on every machine: figures taken years
 * apart are comparable.  A change of the workload has to change these on purpose. */
static void workloads_never_change(void)
{
	static const struct {
		uint32_t n;
		uint64_t seed, a, b, planar;
	} known[] = {
		{ 300, 1, 0xb951f7e48d10713c, 0x5917a04e1a48a619, 0x6fefec1d95b63626 },
		{ 6000, 42, 0xd3774df86e0da961, 0x2f0ffc7dcec90329, 0x87b79fa26ed9ae49 },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct dcf_bench_spec spec = { known[i].n, known[i].seed };
		struct dcf_planar_world world = { .from = NULL };
		struct dcf_plan a, b;

		dcf_plan_init(&a, &heap);
		dcf_plan_init(&b, &heap);
		CHECK(dcf_bench_plan_a(&spec, &a) == DCF_OK);
		CHECK(dcf_bench_plan_b(&spec, &b) == DCF_OK);
		CHECK(dcf_planar_make(&spec, &heap, &world) == DCF_OK);
		CHECK_MSG(fold_plan(&a) == known[i].a, "0x%016llx", (unsigned long long)fold_plan(&a));
		CHECK_MSG(fold_plan(&b) == known[i].b, "0x%016llx", (unsigned long long)fold_plan(&b));
		CHECK_MSG(fold_planar(&world) == known[i].planar, "0x%016llx", (unsigned long long)fold_planar(&world));
		CHECK(world.volume_count == a.feature_count && a.operation_count == spec.n && b.operation_count == spec.n);
		dcf_planar_free(&world);
		dcf_plan_free(&a);
		dcf_plan_free(&b);
	}
}

/* What the issue asks of workload A, counted. */
static void volumes_are_as_described(void)
{
	struct dcf_bench_spec spec = { 10000, 7 };
	size_t count[DCF_SHAPE_COUNT] = { 0 };
	struct dcf_plan plan;

	dcf_plan_init(&plan, &heap);
	CHECK(dcf_bench_plan_a(&spec, &plan) == DCF_OK);
	for (size_t i = 0; i < plan.feature_count; i++) {
		const struct dcf_feature *f = &plan.features[i];
		int64_t minutes = (f->end_us - f->start_us) / 60000000;

		count[f->shape]++;
		CHECK(f->start_us >= DCF_BENCH_EPOCH_US && f->end_us <= DCF_BENCH_EPOCH_US + INT64_C(72) * 3600 * 1000000);
		CHECK(f->lower.e4 < f->upper.e4 && f->party < plan.party_count);
		if (f->shape == DCF_CORRIDOR)
			CHECK(f->point_count == 2 && f->radius_m >= 2.5 * 1852 && f->radius_m <= 5 * 1852);
		if (f->shape == DCF_CIRCLE)
			CHECK(minutes >= 60 && minutes <= 720 && f->radius_m >= 5 * 1852 && f->radius_m <= 20 * 1852);
		if (f->shape == DCF_POLYGON)
			CHECK(minutes >= 10 && minutes <= 40 && f->point_count >= 4 && f->point_count <= 20);
	}
	CHECK(plan.feature_count > 50000 && plan.feature_count < 53000);
	CHECK(count[DCF_CORRIDOR] > 13000 && count[DCF_CORRIDOR] < 14500);
	CHECK(count[DCF_CIRCLE] > 1800 && count[DCF_CIRCLE] < 2200);
	dcf_plan_free(&plan);
}

static void check_flight(const struct dcf_feature *f)
{
	double length = 0, slowest = 1e9, fastest = 0;

	CHECK(f->point_count >= 20 && f->point_count <= 200);
	for (uint32_t k = 1; k < f->point_count; k++) {
		double d = dcf_distance_m(dcf_vec_of(f->points[k - 1]), dcf_vec_of(f->points[k]));
		double s = (double)(f->waypoints[k].time_us - f->waypoints[k - 1].time_us) * 1e-6;

		CHECK(s > 0);
		length += d;
		slowest = d / s < slowest ? d / s : slowest;
		fastest = d / s > fastest ? d / s : fastest;
	}
	CHECK_MSG(length > 90e3 && length < 3000e3, "%.0f m", length);
	/* Speeds are set in the plane, which stretches by up to 3 % 1,500 km from its centre. */
	CHECK_MSG(slowest > 180 && fastest < 270, "%.1f..%.1f m/s", slowest, fastest);
}

static void flights_are_as_described(void)
{
	struct dcf_bench_spec spec = { 2000, 7 };
	struct dcf_plan plan;

	dcf_plan_init(&plan, &heap);
	CHECK(dcf_bench_plan_b(&spec, &plan) == DCF_OK);
	CHECK(plan.feature_count == spec.n && plan.party_count == 20);
	for (size_t i = 0; i < plan.feature_count; i++)
		check_flight(&plan.features[i]);
	dcf_plan_free(&plan);
}

/* Distances in a site's plane are distances on the ground. */
static void sites_keep_distances(void)
{
	static const int32_t lats[] = { -600000000, -123456789, 1, 333333333, 599999999 };

	for (size_t i = 0; i < sizeof lats / sizeof *lats; i++)
		for (int city = 0; city < 2; city++) {
			struct dcf_latlon at = { lats[i], 1799999999 };
			struct dcf_bench_frame f = dcf_bench_frame_of(at, city);
			double r = city ? 7000 : 700e3;

			for (int k = 0; k < 12; k++) {
				double s, c, d;

				dcf_sincos(k * DCF_PI / 6, &s, &c);
				d = dcf_distance_m(dcf_vec_of(at), dcf_vec_of(dcf_bench_place(&f, r * s, r * c)));
				CHECK_MSG(dcf_fabs(d - r) < (city ? 1e-5 : 2e-3) * r, "%d %d: %.3f of %.0f", city, k, d, r);
			}
		}
}

/* Polygons of 1 m cells, by hand. */
static void yardstick_knows_touching(void)
{
	static const double square[] = { 0, 0, 4, 0, 4, 4, 0, 4 }, beside[] = { 4, 1, 8, 1, 8, 3, 4, 3 },
			    corner[] = { 4, 4, 8, 4, 8, 8 }, apart[] = { 4.015625, 0, 8, 0, 8, 4 },
			    inside[] = { 1, 1, 2, 1, 2, 2 },
			    horseshoe[] = { -2, -2, 6, -2, 6, 6, 5, 6, 5, -1, -1, -1, -1, 6, -2, 6 };
	static const struct {
		const double *xy;
		uint32_t n;
		bool meets;
	} other[] = {
		{ beside, 4, true }, { corner, 3, true }, { apart, 3, false }, { inside, 3, true }, { horseshoe, 8, false },
	};
	struct dcf_planar_volume a = { .xy = square, .count = 4 };

	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		struct dcf_planar_volume b = { .xy = other[i].xy, .count = other[i].n };

		CHECK_MSG(dcf_planar_polygons_meet(&a, &b) == other[i].meets, "%zu", i);
		CHECK_MSG(dcf_planar_polygons_meet(&b, &a) == other[i].meets, "%zu", i);
	}
}

/* A shape on a small grid, so that corners on edges and edges on edges are common: a triangle, or a
 * horseshoe open to one of four sides, at any place, either winding. */
static uint32_t grid_shape(struct dcf_random *r, double *xy)
{
	static const int8_t horseshoe[] = { 0, 0, 6, 0, 6, 5, 4, 5, 4, 2, 2, 2, 2, 5, 0, 5 };
	int dx = dcf_random_int(r, 0, 9), dy = dcf_random_int(r, 0, 9);
	double area;

	if (dcf_random_int(r, 0, 2) == 0) {
		int turn = dcf_random_int(r, 0, 3), flip = dcf_random_int(r, 0, 1);

		for (int i = 0; i < 8; i++) {
			int x = horseshoe[2 * i], y = horseshoe[2 * i + 1], at = flip ? 7 - i : i;

			xy[2 * at] = dx + (turn == 0 ? x : turn == 1 ? -y : turn == 2 ? -x : y);
			xy[2 * at + 1] = dy + (turn == 0 ? y : turn == 1 ? x : turn == 2 ? -y : -x);
		}
		return 8;
	}
	do {
		for (int i = 0; i < 6; i++)
			xy[i] = dcf_random_int(r, 0, 9);
		area = (xy[2] - xy[0]) * (xy[5] - xy[1]) - (xy[3] - xy[1]) * (xy[4] - xy[0]);
	} while (area == 0);
	return 3;
}

enum { STAR_CORNERS = 200 };

static bool kernel_says(const struct dcf_planar_volume *a, const struct dcf_planar_volume *b)
{
	struct dcf_polygon x = dcf_polygon_of((const struct dcf_xy *)a->xy, a->count);
	struct dcf_polygon y = dcf_polygon_of((const struct dcf_xy *)b->xy, b->count);

	return dcf_polygons_meet(&x, &y);
}

static void kernel_agrees_with_yardstick(void)
{
	struct dcf_random r = dcf_random_of(2026, 'K', 0);
	size_t met = 0;

	for (int i = 0; i < 300000; i++) {
		double p[16], q[16];
		struct dcf_planar_volume a = { .xy = p, .count = grid_shape(&r, p) },
					 b = { .xy = q, .count = grid_shape(&r, q) };
		bool yes = dcf_planar_polygons_meet(&a, &b);

		met += yes;
		CHECK_MSG(kernel_says(&a, &b) == yes, "%d: %u and %u corners, %s", i, a.count, b.count, yes ? "meet" : "apart");
	}
	CHECK_MSG(met > 100000 && met < 250000, "%zu", met);
}

/* A star of many corners around a point near `at`, in whole numbers. */
static uint32_t star(struct dcf_random *r, double at, double *xy)
{
	uint32_t n = (uint32_t)dcf_random_int(r, 3, STAR_CORNERS);
	double x = dcf_random_int(r, 0, (int32_t)at), y = dcf_random_int(r, 0, (int32_t)at),
	       size = dcf_random_in(r, 2000, 90000);

	for (uint32_t i = 0; i < n; i++) {
		double reach = size * dcf_random_in(r, 0.2, 1), s, c;

		dcf_sincos(2 * DCF_PI * i / n, &s, &c);
		xy[2 * i] = dcf_floor(x + reach * c);
		xy[2 * i + 1] = dcf_floor(y + reach * s);
	}
	return n;
}

/* More edges than the kernel looks at in one go. */
static void kernel_agrees_on_many_corners(void)
{
	struct dcf_random r = dcf_random_of(2026, 'L', 0);
	size_t met = 0, inside = 0;

	for (int i = 0; i < 10000; i++) {
		double p[2 * STAR_CORNERS], q[2 * STAR_CORNERS];
		struct dcf_planar_volume a = { .xy = p, .count = star(&r, 150000, p) },
					 b = { .xy = q, .count = star(&r, 150000, q) };
		bool yes = dcf_planar_polygons_meet(&a, &b);

		met += yes;
		inside += yes && dcf_polygon_contains((const struct dcf_xy *)p, a.count, (struct dcf_xy){ q[0], q[1] });
		CHECK_MSG(kernel_says(&a, &b) == yes, "%d: %u and %u corners, %s", i, a.count, b.count, yes ? "meet" : "apart");
	}
	CHECK_MSG(met > 2000 && met < 8000 && inside > 500, "%zu, %zu inside", met, inside);
}

static void windows_are_half_open_and_bands_closed(void)
{
	struct dcf_planar_volume a = { .party = 1, .lower_e4 = 0, .upper_e4 = 10, .start_ms = 0, .end_ms = 10 }, b = a;

	CHECK(!dcf_planar_may_meet(&a, &b));
	b.party = 2;
	CHECK(dcf_planar_may_meet(&a, &b));
	b.lower_e4 = 10, b.upper_e4 = 20;
	CHECK(dcf_planar_may_meet(&a, &b));
	b.start_ms = 10, b.end_ms = 20;
	CHECK(!dcf_planar_may_meet(&a, &b) && !dcf_planar_may_meet(&b, &a));
}

static void checksum_has_no_order(void)
{
	struct dcf_pairs p = { .from = &heap }, q = { .from = &heap };
	struct dcf_pairs_sum a, b;

	for (uint32_t i = 0; i < 100; i++)
		CHECK(dcf_pairs_add(&p, i, i + 1) == DCF_OK && dcf_pairs_add(&q, 100 - i, 99 - i) == DCF_OK &&
		      dcf_pairs_add(&q, 99 - i, 100 - i) == DCF_OK);
	dcf_pairs_unique(&p);
	dcf_pairs_unique(&q);
	a = dcf_pairs_sum_of(&p);
	b = dcf_pairs_sum_of(&q);
	CHECK(a.pairs == 100 && b.pairs == 100 && a.checksum == b.checksum);
	CHECK(dcf_pairs_add(&p, 5, 9) == DCF_OK);
	CHECK(dcf_pairs_sum_of(&p).checksum != a.checksum);
	dcf_pairs_free(&p);
	dcf_pairs_free(&q);
}

/* Rivals that need no server give brute force's pairs; so does our engine on any number of threads. */
static void rivals_agree(void)
{
	static const struct dcf_bench_spec specs[] = { { 300, 1 }, { 2000, 1 }, { 1000, 99 } };

	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		struct dcf_planar_world world = { .from = NULL };
		struct dcf_figures brute, f;

		CHECK(dcf_planar_make(&specs[i], &heap, &world) == DCF_OK);
		CHECK(dcf_figures_of_rival(&dcf_rival_brute, &world, 1, 1, &heap, &brute) == DCF_OK && brute.done &&
		      brute.pairs > 10);
		for (size_t k = 1; k < DCF_RIVAL_COUNT; k++) {
			if (!dcf_rivals[k].rival || dcf_span_eq(dcf_span_of(dcf_rivals[k].name), DCF_SPAN("postgis")))
				continue;
			CHECK(dcf_figures_of_rival(dcf_rivals[k].rival, &world, 1, 2, &heap, &f) == DCF_OK);
			CHECK_MSG(f.done && f.pairs == brute.pairs && f.checksum == brute.checksum && f.runs == 2,
				  "%s: %zu pairs, not %zu: %s", dcf_rivals[k].name, f.pairs, brute.pairs, f.note);
		}
		for (unsigned threads = 1; threads <= 3; threads++) {
			CHECK(dcf_figures_of_rival(&dcf_bench_engine, &world, threads, 2, &heap, &f) == DCF_OK);
			CHECK_MSG(f.done && f.pairs == brute.pairs && f.volume_pairs == brute.volume_pairs &&
					  f.checksum == brute.checksum,
				  "ours on %u threads: %zu pairs, not %zu: %s", threads, f.pairs, brute.pairs, f.note);
		}
		dcf_planar_free(&world);
	}
}

static void lists_of_rivals_are_read(void)
{
	bool chosen[DCF_RIVAL_COUNT];
	struct dcf_span unknown;

	CHECK(dcf_rival_choose(DCF_SPAN("none"), chosen, &unknown) && !chosen[0] && !chosen[1]);
	CHECK(dcf_rival_choose(DCF_SPAN("all"), chosen, &unknown) && chosen[0] && chosen[DCF_RIVAL_COUNT - 1]);
	CHECK(dcf_rival_choose(DCF_SPAN("geos,brute"), chosen, &unknown) && chosen[0] && chosen[1] && !chosen[2]);
	CHECK(!dcf_rival_choose(DCF_SPAN("geos,bogus"), chosen, &unknown) && dcf_span_eq(unknown, DCF_SPAN("bogus")));
	CHECK(!dcf_rival_choose(DCF_SPAN("geos,,brute"), chosen, &unknown) && unknown.len == 0);
}

static void medians_and_percentiles(void)
{
	double odd[] = { 5, 1, 3 }, even[] = { 4, 1, 3, 2 };

	CHECK(dcf_median(odd, 3) == 3 && dcf_median(even, 4) == 2.5 && dcf_median(odd, 1) == 1);
	CHECK(dcf_percentile(even, 4, 50) == 2 && dcf_percentile(even, 4, 99) == 4 && dcf_percentile(even, 4, 0) == 1);
}

static void counter_counts(void)
{
	struct dcf_counter c = { .from = heap };
	struct dcf_alloc a = dcf_counter_alloc(&c);
	void *p = dcf_alloc_new(&a, 100), *q = dcf_alloc_new(&a, 50);

	p = a.resize(a.ctx, p, 100, 10);
	CHECK(atomic_load(&c.live) == 60 && atomic_load(&c.peak) == 150);
	dcf_alloc_free(&a, p, 10);
	dcf_alloc_free(&a, q, 50);
	CHECK(atomic_load(&c.live) == 0 && atomic_load(&c.peak) == 150);
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(workloads_never_change), TAP(volumes_are_as_described), TAP(flights_are_as_described),
		       TAP(sites_keep_distances), TAP(yardstick_knows_touching), TAP(kernel_agrees_with_yardstick),
		       TAP(kernel_agrees_on_many_corners), TAP(windows_are_half_open_and_bands_closed),
		       TAP(checksum_has_no_order), TAP(rivals_agree), TAP(lists_of_rivals_are_read),
		       TAP(medians_and_percentiles), TAP(counter_counts));
}
