/* SPDX-License-Identifier: Apache-2.0 */
/* Is a union of footprints inside another?  Against points of the inner shapes and their distances from the outer ones, both
 * with PROJ's geodesics, and against worlds that are covered, or are not, by the way they are made. */
#include "core/cover.h"
#include "../oracle/geo.h"
#include "tap.h"
#include "write_shapes.h"

#include <string.h>
#include <time.h>

enum { SHAPES_MAX = 64 };

static struct dcf_alloc heap;
static uint64_t first_seed = 20260101;

/* Features made up in one arena. */
struct bag {
	struct dcf_arena arena;
	struct dcf_feature f[SHAPES_MAX];
	const struct dcf_feature *list[SHAPES_MAX];
	uint32_t count;
};

static struct dcf_feature *more(struct bag *b, enum dcf_shape_kind shape, uint32_t points, double radius_m)
{
	struct dcf_feature *f = &b->f[b->count];

	b->list[b->count++] = f;
	*f = (struct dcf_feature){
		.shape = (uint8_t)shape, .edges = DCF_EDGES_GEODESIC, .point_count = points, .radius_m = radius_m
	};
	f->points = dcf_arena_get(&b->arena, points * sizeof *f->points);
	if (shape == DCF_POLYGON) {
		f->rings = dcf_arena_get(&b->arena, sizeof *f->rings);
		f->rings[0] = (struct dcf_ring){ 0, points, true };
		f->ring_count = 1;
	}
	return f;
}

static void empty(struct bag *b)
{
	dcf_arena_free(&b->arena);
	*b = (struct bag){ .arena = { .from = &heap } };
}

static bool covered(const struct bag *inner, const struct bag *outer, double slack_m)
{
	bool yes = false;

	CHECK(dcf_cover(inner->list, inner->count, outer->list, outer->count, slack_m, &heap, &yes) == DCF_OK);
	return yes;
}

static double slack_of(const struct bag *inner, const struct bag *outer, double slack_m)
{
	return dcf_cover_slack_m(inner->list, inner->count, outer->list, outer->count, slack_m);
}

/* --- worlds by construction ------------------------------------------------------------------------------- */

/* A star-shaped ring about `middle`, corners between 0.6 and 1 of `size`. */
static void star(struct rng *r, struct place middle, double size, uint32_t n, struct place *out)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = place_of(e7_of(go(middle, -360.0 * (i + rng_in(r, 0, 0.4)) / n, size * rng_in(r, 0.6, 1))));
}

static void polygon(struct bag *b, const struct place *p, uint32_t n)
{
	struct dcf_feature *f = more(b, DCF_POLYGON, n, 0);

	for (uint32_t i = 0; i < n; i++)
		f->points[i] = e7_of(p[i]);
}

/* The star in wedges from its middle, of which `without` is left out; a hole of `hole_m` in the middle where they do not reach.
 */
static void wedges(struct bag *b, struct place middle, const struct place *p, uint32_t n, uint32_t without, double hole_m)
{
	for (uint32_t i = 0; i < n; i++) {
		struct place a = p[i], c = p[(i + 1) % n], wedge[4];
		double azimuth;

		if (i == without)
			continue;
		if (!(hole_m > 0)) {
			wedge[0] = middle, wedge[1] = a, wedge[2] = c;
			polygon(b, wedge, 3);
			continue;
		}
		metres(middle, a, &azimuth);
		wedge[0] = go(middle, azimuth, hole_m), wedge[1] = a, wedge[2] = c;
		metres(middle, c, &azimuth);
		wedge[3] = go(middle, azimuth, hole_m);
		polygon(b, wedge, 4);
	}
}

static void try_wedges(uint64_t seed)
{
	struct rng r = { seed };
	struct bag inner = { .arena = { .from = &heap } }, outer = inner;
	struct place middle = place_of(e7_of(random_middle(&r))), p[12];
	double size = random_length(&r, 100, 300000), slack = rng_in(&r, 1, 20), s;
	uint32_t n = 3 + (uint32_t)rng_int(&r, 9);

	if (n == 3)
		n = 4; /* the middle lies in no doubt inside */
	star(&r, middle, size, n, p);
	polygon(&inner, p, n);
	wedges(&outer, middle, p, n, DCF_NONE, 0);
	s = slack_of(&inner, &outer, slack);
	CHECK_MSG(covered(&inner, &outer, slack), "seed %llu: wedges of %g m", (unsigned long long)seed, size);
	/* a circle and a corridor inside it too */
	more(&inner, DCF_CIRCLE, 1, size * 0.1)->points[0] = e7_of(middle);
	{
		struct dcf_feature *f = more(&inner, DCF_CORRIDOR, 2, size * 0.02);

		f->points[0] = e7_of(go(middle, rng_in(&r, 0, 360), size * 0.1));
		f->points[1] = e7_of(go(middle, rng_in(&r, 0, 360), size * 0.1));
	}
	CHECK_MSG(covered(&inner, &outer, slack), "seed %llu: circle and corridor", (unsigned long long)seed);
	/* the same the other way round: the wedges in the star */
	CHECK_MSG(covered(&outer, &inner, slack), "seed %llu: wedges in the star", (unsigned long long)seed);
	empty(&outer);
	if (size * 0.2 > 3 * s) {
		wedges(&outer, middle, p, n, (uint32_t)rng_int(&r, (int)n), 0);
		CHECK_MSG(!covered(&inner, &outer, slack), "seed %llu: without a wedge", (unsigned long long)seed);
		empty(&outer);
		wedges(&outer, middle, p, n, DCF_NONE, 4 * s);
		CHECK_MSG(!covered(&inner, &outer, slack), "seed %llu: hole of %g m", (unsigned long long)seed, 4 * s);
	}
	empty(&outer);
	empty(&inner);
}

static void wedges_cover_their_star(void)
{
	for (uint64_t i = 0; i < 200; i++)
		try_wedges(first_seed + i);
}

/* How far the point is outside of the nearest of them. */
static double outside(const struct bag *b, struct place p)
{
	struct dcf_ora_point q = dcf_ora_at(p.lat, p.lon);
	double least = 1e12;

	for (uint32_t i = 0; i < b->count; i++) {
		struct dcf_ora_shape s = dcf_ora_shape_of(b->list[i]);

		least = fmin(least, dcf_ora_signed(&s, &q) - (b->list[i]->shape == DCF_POLYGON ? 0 : b->list[i]->radius_m));
		dcf_ora_shape_free(&s);
	}
	return least;
}

/* The point along both sides of a leg that is farthest outside. */
static double leg_outside(const struct bag *b, struct dcf_latlon from, struct dcf_latlon to, double width)
{
	double azimuth, d = metres(place_of(from), place_of(to), &azimuth), most = -1e12;

	for (int i = 0; i < 12; i++) {
		struct place p = go(place_of(from), azimuth, d * (i / 2) / 5);
		double side, left = metres(p, place_of(to), &side);

		p = go(p, (left > 1 ? side : azimuth) + (i % 2 ? 90 : -90), width * 0.999);
		most = fmax(most, outside(b, p));
	}
	return most;
}

/* A corridor against its own legs, cut anew, as corridors of the same width, and with one left out. */
static int held_anyway;

static void try_corridor(uint64_t seed)
{
	struct rng r = { seed };
	struct bag inner = { .arena = { .from = &heap } }, outer = inner;
	struct place at = random_middle(&r);
	double width = random_length(&r, 10, 20000), slack = rng_in(&r, 1, 20), azimuth = rng_in(&r, 0, 360);
	uint32_t n = 3 + (uint32_t)rng_int(&r, 5), gone;
	struct dcf_feature *f = more(&inner, DCF_CORRIDOR, n, width);

	for (uint32_t i = 0; i < n; i++, azimuth += rng_in(&r, -60, 60)) {
		f->points[i] = e7_of(at);
		at = go(at, azimuth, random_length(&r, 3 * width + 100, 6 * width + 100000));
	}
	gone = (uint32_t)rng_int(&r, (int)n - 1);
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i + 1 < n; i++) {
			struct place a = place_of(f->points[i]), b = place_of(f->points[i + 1]);
			double d = metres(a, b, &azimuth);
			struct dcf_latlon m = e7_of(go(a, azimuth, d * rng_in(&r, 0.2, 0.8)));

			if (pass == 1 && i == gone)
				continue;
			for (int k = 0; k < 2; k++) {
				struct dcf_feature *g = more(&outer, DCF_CORRIDOR, 2, width);

				g->points[0] = k ? m : f->points[i];
				g->points[1] = k ? f->points[i + 1] : m;
			}
		}
		/* where the way turns back on itself its other legs may hold the one that is gone */
		if (pass == 0)
			CHECK_MSG(covered(&inner, &outer, slack), "seed %llu: corridor", (unsigned long long)seed);
		else if (leg_outside(&outer, f->points[gone], f->points[gone + 1], width) > slack_of(&inner, &outer, slack))
			CHECK_MSG(!covered(&inner, &outer, slack), "seed %llu: corridor without leg %u",
				  (unsigned long long)seed, gone);
		else
			held_anyway++;
		CHECK_MSG(covered(&outer, &inner, slack), "seed %llu: legs in the corridor, pass %d", (unsigned long long)seed,
			  pass);
		empty(&outer);
	}
	empty(&inner);
}

static void legs_cover_their_corridor(void)
{
	for (uint64_t i = 0; i < 150; i++)
		try_corridor(first_seed + 1000 + i);
	CHECK(held_anyway < 30);
}

/* A circle under seven circles: six about it, one over the hole that they leave in the middle. */
static void try_circles(uint64_t seed)
{
	struct rng r = { seed };
	struct bag inner = { .arena = { .from = &heap } }, outer = inner;
	struct place middle = random_middle(&r);
	double size = random_length(&r, 50, 200000), slack = rng_in(&r, 1, 20);
	struct dcf_feature *f = more(&inner, DCF_CIRCLE, 1, size);

	f->points[0] = e7_of(middle);
	/* Six discs of radius 0.6 about points at 0.85 cover the ring from 0.35 to 1.0 of a unit disc: at an angle of 30
	 * degrees they meet at 0.736 -+ 0.422. */
	for (int i = 0; i < 6; i++)
		more(&outer, DCF_CIRCLE, 1, size * 0.6)->points[0] = e7_of(go(middle, 60 * i, size * 0.85));
	if (size > 100 * slack)
		CHECK_MSG(!covered(&inner, &outer, slack), "seed %llu: ring of circles of %g m", (unsigned long long)seed,
			  size);
	more(&outer, DCF_CIRCLE, 1, size * 0.4)->points[0] = e7_of(middle);
	CHECK_MSG(covered(&inner, &outer, slack), "seed %llu: seven circles of %g m", (unsigned long long)seed, size);
	empty(&outer);
	empty(&inner);
}

static void seven_circles_cover_one(void)
{
	for (uint64_t i = 0; i < 150; i++)
		try_circles(first_seed + 2000 + i);
}

/* --- worlds at random -------------------------------------------------------------------------------------- */

static void random_feature(struct rng *r, struct bag *b, struct place about, double size)
{
	struct place at = go(about, rng_in(r, 0, 360), size * rng_unit(r)), p[8];
	double s = size * rng_in(r, 0.2, 1.5);

	switch (rng_int(r, 3)) {
	case 0:
		more(b, DCF_CIRCLE, 1, s)->points[0] = e7_of(at);
		break;
	case 1:
		star(r, at, s, 8, p);
		polygon(b, p, 8);
		break;
	default: {
		struct dcf_feature *f = more(b, DCF_CORRIDOR, 3, s * 0.5);

		for (uint32_t i = 0; i < 3; i++)
			f->points[i] = e7_of(go(at, rng_in(r, 0, 360), s));
	}
	}
}

/* A point of the feature, its boundary as often as not. */
static struct place point_of(struct rng *r, const struct dcf_feature *f)
{
	struct place middle = { 0, 0 };
	uint32_t leg;
	double t;

	if (f->shape == DCF_POLYGON) {
		/* towards the middle of a corner and its neighbours' middle: inside for the stars made here, or nearly: see the
		 * caller */
		struct place a = place_of(f->points[0]), b = place_of(f->points[f->point_count / 2]);
		double azimuth, d = metres(a, b, &azimuth);

		middle = go(a, azimuth, d / 2);
	}
	return random_point_of(r, f, middle, 0, &leg, &t);
}

static int answered[2], doubted;

static void try_random(uint64_t seed)
{
	struct rng r = { seed };
	struct bag inner = { .arena = { .from = &heap } }, outer = inner;
	struct place about = random_middle(&r);
	double size = random_length(&r, 50, 300000), slack = rng_in(&r, 1, 20), worst = -1e12, s;
	struct dcf_ora_shape in[SHAPES_MAX], out[SHAPES_MAX];
	uint32_t inners = 1 + (uint32_t)rng_int(&r, 2), outers = 1 + (uint32_t)rng_int(&r, 6);
	bool yes;

	for (uint32_t i = 0; i < inners; i++)
		random_feature(&r, &inner, about, size * 0.4);
	for (uint32_t i = 0; i < outers; i++)
		random_feature(&r, &outer, about, size);
	s = slack_of(&inner, &outer, slack);
	yes = covered(&inner, &outer, slack);
	for (uint32_t i = 0; i < inners; i++)
		in[i] = dcf_ora_shape_of(inner.list[i]);
	for (uint32_t i = 0; i < outers; i++)
		out[i] = dcf_ora_shape_of(outer.list[i]);
	for (int i = 0; i < 100; i++) {
		uint32_t k = (uint32_t)rng_int(&r, (int)inners);
		struct place p = point_of(&r, inner.list[k]);
		struct dcf_ora_point q = dcf_ora_at(p.lat, p.lon);

		if (dcf_ora_signed(&in[k], &q) <= inner.list[k]->radius_m * (inner.list[k]->shape != DCF_POLYGON)) {
			double w = 1e12;

			for (uint32_t o = 0; o < outers; o++)
				w = fmin(w, dcf_ora_signed(&out[o], &q) -
						    (outer.list[o]->shape == DCF_POLYGON ? 0 : outer.list[o]->radius_m));
			worst = fmax(worst, w);
		}
	}
	answered[yes]++;
	CHECK_MSG(!yes || worst <= s, "seed %llu: said covered, but a point is %g m away (slack %g)", (unsigned long long)seed,
		  worst, s);
	doubted += !yes && worst <= 0;
	for (uint32_t i = 0; i < inners; i++)
		dcf_ora_shape_free(&in[i]);
	for (uint32_t i = 0; i < outers; i++)
		dcf_ora_shape_free(&out[i]);
	empty(&outer);
	empty(&inner);
}

static void never_says_covered_of_what_is_not(void)
{
	for (uint64_t i = 0; i < 800; i++)
		try_random(first_seed + 10000 + i);
	printf("# %d covered, %d not; of these %d without a point found outside\n", answered[1], answered[0], doubted);
	CHECK(answered[1] > 150 && answered[0] > 150);
}

/* --- figures: only told --------------------------------------------------------------------------------- */

static void tell(const char *what, const struct bag *inner, const struct bag *outer, int times)
{
	struct timespec a, b;
	bool yes = false;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < times; i++)
		yes = covered(inner, outer, 2);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("# %s: %s, %.1f us\n", what, yes ? "covered" : "not covered",
	       ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / times);
	CHECK(yes);
}

static void figures(void)
{
	struct rng r = { 5 };
	struct bag inner = { .arena = { .from = &heap } }, outer = inner;
	struct place middle = { 47, 8 }, p[12];

	more(&inner, DCF_CIRCLE, 1, 300)->points[0] = e7_of(middle);
	more(&outer, DCF_CIRCLE, 1, 300)->points[0] = e7_of(middle);
	tell("equal circles", &inner, &outer, 2000);
	outer.f[0].radius_m = 5000;
	tell("a circle in a circle", &inner, &outer, 2000);
	empty(&outer);
	star(&r, middle, 5000, 12, p);
	polygon(&outer, p, 12);
	tell("a circle in a polygon of 12 corners", &inner, &outer, 2000);
	empty(&inner);
	for (int i = 0; i < 12; i++)
		p[i] = go(middle, -30 * i, 2000);
	polygon(&inner, p, 12);
	tell("a polygon of 12 corners in a larger one", &inner, &outer, 2000);
	empty(&outer);
	wedges(&outer, middle, p, 12, DCF_NONE, 0);
	tell("the same in its 12 wedges", &inner, &outer, 50);
	empty(&inner);
	for (int i = 0; i < 6; i++)
		more(&outer, DCF_CIRCLE, 1, 3000)->points[0] = e7_of(go(middle, 60 * i, 4250));
	more(&inner, DCF_CIRCLE, 1, 5000)->points[0] = e7_of(middle);
	tell("a circle of 5 km in 6 circles and 12 wedges", &inner, &outer, 20);
	empty(&inner);
	empty(&outer);
}

int main(int argc, char **argv)
{
	heap = dcf_alloc_heap();
	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	printf("# seed %llu\n", (unsigned long long)first_seed);
	return TAP_RUN(TAP(wedges_cover_their_star), TAP(legs_cover_their_corridor), TAP(seven_circles_cover_one),
		       TAP(never_says_covered_of_what_is_not), TAP(figures));
}
