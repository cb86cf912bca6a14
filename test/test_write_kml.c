/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes in KML contain the operation's: points of the true shape, made with PROJ's geodesics, must
 * lie inside the written polygons with their edges straight in longitude and latitude. */
#include "format/write_kml.h"
#include "tap.h"
#include "write_shapes.h"

#include <stdio.h>
#include <string.h>

#define WORLDS 400
#define POINTS 60

struct polygon {
	struct place *p;
	size_t count;
	double height;
};

struct drawing {
	struct polygon polygon[4096];
	size_t count;
};

/* All outer boundaries of a document.  The text is ours, so a plain scan will do; that it is XML is
 * another test's question. */
static void scan(const char *text, struct drawing *out)
{
	const char *p = text;

	out->count = 0;
	while ((p = strstr(p, "<outerBoundaryIs><LinearRing><coordinates>"))) {
		struct polygon *g = &out->polygon[out->count++];
		const char *end = strstr(p, "</coordinates>");
		size_t cap = 0;

		*g = (struct polygon){ 0 };
		p += strlen("<outerBoundaryIs><LinearRing><coordinates>");
		while (p < end && *p != '<') {
			int used = 0;
			struct place at;

			if (g->count == cap)
				g->p = realloc(g->p, (cap = cap ? cap * 2 : 256) * sizeof *g->p);
			if (sscanf(p, "%lf,%lf,%lf %n", &at.lon, &at.lat, &g->height, &used) != 3)
				break;
			g->p[g->count++] = at;
			p += used;
		}
		CHECK(g->count >= 4 && memcmp(&g->p[0], &g->p[g->count - 1], sizeof *g->p) == 0);
		if (out->count == 4096)
			break;
	}
}

static void forget(struct drawing *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->polygon[i].p);
	d->count = 0;
}

static bool winds_round(const struct polygon *g, struct place p)
{
	int winding = 0;

	for (size_t i = 0; i + 1 < g->count; i++) {
		struct place a = g->p[i], b = g->p[i + 1];
		double side = (b.lon - a.lon) * (p.lat - a.lat) - (p.lon - a.lon) * (b.lat - a.lat);

		if (a.lat <= p.lat && b.lat > p.lat && side > 0)
			winding++;
		if (a.lat > p.lat && b.lat <= p.lat && side < 0)
			winding--;
	}
	return winding != 0;
}

static bool covers(const struct drawing *d, struct place p)
{
	for (size_t i = 0; i < d->count; i++)
		if (winds_round(&d->polygon[i], p))
			return true;
	return false;
}

static void add_feature(struct dcf_plan *plan, struct dcf_feature *f)
{
	uint32_t party, operation;

	CHECK(dcf_plan_party(plan, DCF_SPAN("P"), &party) == DCF_OK);
	CHECK(dcf_plan_operation(plan, party, DCF_SPAN("OP"), &operation) == DCF_OK);
	f->party = party;
	f->operation = operation;
	f->id = DCF_SPAN("OP");
	f->lower = (struct dcf_altitude){ .e4 = 1000 * DCF_M_E4, .ref = DCF_REF_MSL, .unit = DCF_UNIT_M };
	f->upper = (struct dcf_altitude){ .e4 = 2000 * DCF_M_E4, .ref = DCF_REF_MSL, .unit = DCF_UNIT_M };
	f->start_us = 0;
	f->end_us = 3600000000;
	if (f->shape == DCF_TRAJECTORY) {
		f->waypoints = dcf_arena_get(&plan->arena, f->point_count * sizeof *f->waypoints);
		for (uint32_t i = 0; i < f->point_count; i++)
			f->waypoints[i] = (struct dcf_waypoint){ (int64_t)i * 600000000, f->lower };
		f->end_us = f->waypoints[f->point_count - 1].time_us;
	}
	CHECK(dcf_plan_add_feature(plan, f) == DCF_OK);
}

static bool draw(struct dcf_plan *plan, struct drawing *d)
{
	static struct dcf_alloc heap;
	struct dcf_buf out = { .from = &heap };
	enum dcf_status s;

	heap = dcf_alloc_heap();
	s = dcf_write_kml(plan, &out);
	dcf_buf_char(&out, '\0');
	if (s == DCF_OK)
		scan(out.p, d);
	dcf_buf_free(&out);
	return s == DCF_OK;
}

/* Largest distance from the true shape of a corner of the drawing. */
static double overreach(const struct drawing *d, const struct dcf_feature *f)
{
	double worst = 0;

	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < d->polygon[i].count; k += 7) {
			struct place p = d->polygon[i].p[k];
			double m;

			if (fabs(fabs(p.lon) - 180) < 1e-9 || fabs(p.lat) > 89.9999)
				continue; /* the cut and the pole are not the shape's own corners */
			m = metres(place_of(f->points[0]), p, NULL) - f->radius_m;
			worst = m > worst ? m : worst;
		}
	return worst;
}

static void try_world(uint64_t seed, bool lonlat)
{
	static struct drawing d;
	struct rng r = { seed };
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_plan plan;
	struct dcf_feature f = { 0 };
	struct place middle;

	dcf_plan_init(&plan, &heap);
	random_shape(&r, &plan.arena, &f, &middle);
	if (lonlat && f.shape == DCF_POLYGON)
		make_plane_star(&r, &f, &middle);
	add_feature(&plan, &f);
	CHECK_MSG(draw(&plan, &d), "seed %llu", (unsigned long long)seed);
	for (int i = 0; i < POINTS && d.count; i++) {
		uint32_t leg;
		double t;
		struct place p = random_point_of(&r, &f, middle, 0.02, &leg, &t);

		if (f.edges == DCF_EDGES_LONLAT)
			p = random_point_of_plane_star(&r, &f, middle, 0.002);
		if (fabs(p.lat) > 89.9999998)
			continue;
		CHECK_MSG(covers(&d, p), "seed %llu shape %d radius %.3f: %.9f %.9f leg %u t %.6f", (unsigned long long)seed,
			  f.shape, f.radius_m, p.lat, p.lon, leg, t);
	}
	if (f.shape == DCF_CIRCLE)
		CHECK_MSG(overreach(&d, &f) <= 10, "seed %llu: %.3f m beyond", (unsigned long long)seed, overreach(&d, &f));
	forget(&d);
	dcf_plan_free(&plan);
}

static void contains_the_true_shape(void)
{
	for (uint64_t seed = 1; seed <= WORLDS; seed++)
		try_world(seed * 7919, false);
}

static void contains_shapes_with_plane_edges(void)
{
	for (uint64_t seed = 1; seed <= WORLDS / 2; seed++)
		try_world(seed * 104729, true);
}

/* The open sea beyond the shape is not covered: a drawing of the whole earth would contain everything. */
static void is_no_larger_than_it_says(void)
{
	struct rng r = { 42 };

	for (int i = 0; i < WORLDS / 4; i++) {
		static struct drawing d;
		struct dcf_alloc heap = dcf_alloc_heap();
		struct dcf_plan plan;
		struct dcf_feature f = { 0 };
		struct place middle;

		dcf_plan_init(&plan, &heap);
		do
			random_shape(&r, &plan.arena, &f, &middle);
		while (f.shape != DCF_CIRCLE);
		add_feature(&plan, &f);
		CHECK(draw(&plan, &d));
		for (int k = 0; k < POINTS; k++) {
			struct place p = go(place_of(f.points[0]), rng_in(&r, 0, 360), f.radius_m + rng_in(&r, 10.1, 30));

			CHECK_MSG(!covers(&d, p), "%d: circle of %.3f m at %.7f %.7f: %.9f %.9f", i, f.radius_m,
				  f.points[0].lat_e7 / 1e7, f.points[0].lon_e7 / 1e7, p.lat, p.lon);
		}
		forget(&d);
		dcf_plan_free(&plan);
	}
}

static void is_within_longitudes(void)
{
	static struct drawing d;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_plan plan;
	struct dcf_latlon at = { 100000000, 1799999999 };
	struct dcf_feature f = { .shape = DCF_CIRCLE, .radius_m = 50000, .points = &at, .point_count = 1 };

	dcf_plan_init(&plan, &heap);
	add_feature(&plan, &f);
	CHECK(draw(&plan, &d));
	CHECK_MSG(d.count == 4, "%zu polygons", d.count); /* two halves, upper and lower */
	for (size_t i = 0; i < d.count; i++)
		for (size_t k = 0; k < d.polygon[i].count; k++)
			CHECK(fabs(d.polygon[i].p[k].lon) <= 180 && fabs(d.polygon[i].p[k].lon) > 179);
	forget(&d);
	dcf_plan_free(&plan);
}

/* A triangle with a corner at a pole is drawn as itself, not as the earth. */
static void keeps_a_corner_at_the_pole(void)
{
	for (int south = 0; south < 2; south++) {
		static struct drawing d;
		struct dcf_alloc heap = dcf_alloc_heap();
		struct dcf_plan plan;
		int32_t sign = south ? -1 : 1;
		struct dcf_latlon at[3] = { { sign * 900000000, 0 },
					    { sign * 800000000, 1700000000 },
					    { sign * 800000000, -1500000000 } };
		struct dcf_ring ring = { 0, 3, true };
		struct dcf_feature f = {
			.shape = DCF_POLYGON, .points = at, .point_count = 3, .rings = &ring, .ring_count = 1
		};

		dcf_plan_init(&plan, &heap);
		add_feature(&plan, &f);
		CHECK(draw(&plan, &d));
		CHECK(covers(&d, (struct place){ sign * 89, 175 }) && covers(&d, (struct place){ sign * 89, -170 }));
		CHECK(covers(&d, (struct place){ sign * 89.999, -155 }));
		CHECK(!covers(&d, (struct place){ sign * 89, 0 }) && !covers(&d, (struct place){ sign * 89, 160 }));
		CHECK(!covers(&d, (struct place){ sign * 70, 175 }) && !covers(&d, (struct place){ -sign * 89, 175 }));
		forget(&d);
		dcf_plan_free(&plan);
	}
}

/* Tags balance and nothing hostile survives as markup. */
static void is_well_formed(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_plan plan;
	struct dcf_latlon at = { 0, 0 };
	struct dcf_feature f = { .shape = DCF_CIRCLE, .radius_m = 1000, .points = &at, .point_count = 1 };
	static const char hostile[] = "<script>alert(1)</script> ]]> & \" ' \x01 \xff \xef\xbf\xbf \xe2\x80\xae \xe2\x81\xa6";
	const char *stack[64];
	size_t depth = 0, length[64];

	dcf_plan_init(&plan, &heap);
	plan.title = dcf_span_of(hostile);
	add_feature(&plan, &f);
	plan.features[0].id = dcf_span_of(hostile);
	plan.parties[0].name = dcf_span_of(hostile);
	CHECK(dcf_write_kml(&plan, &out) == DCF_OK);
	dcf_buf_char(&out, '\0');
	CHECK(!strstr(out.p, "<script") && !strstr(out.p, "]]>") && !strchr(out.p, '\x01') && !strchr(out.p, '\xff'));
	CHECK(!strstr(out.p, "\xe2\x80\xae") && !strstr(out.p, "\xe2\x81\xa6"));
	for (const char *p = strchr(out.p, '<'); p; p = strchr(p + 1, '<')) {
		size_t n = strcspn(p + 1, " />");

		if (p[1] == '?')
			continue;
		if (p[1] != '/') {
			CHECK(depth < 64 && strchr(p, '>')[-1] != '/');
			stack[depth] = p + 1;
			length[depth++] = n;
			continue;
		}
		n = strcspn(p + 2, ">");
		CHECK_MSG(depth > 0 && length[depth - 1] == n && memcmp(stack[depth - 1], p + 2, n) == 0, "%.40s", p);
		depth--;
	}
	CHECK(depth == 0);
	dcf_buf_free(&out);
	dcf_plan_free(&plan);
}

int main(void)
{
	return TAP_RUN(TAP(contains_the_true_shape), TAP(contains_shapes_with_plane_edges), TAP(is_no_larger_than_it_says),
		       TAP(is_within_longitudes), TAP(keeps_a_corner_at_the_pole), TAP(is_well_formed));
}
