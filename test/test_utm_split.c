/* SPDX-License-Identifier: Apache-2.0 */
/* Operations as volumes for the exchange: never smaller than the features, each polygon small enough, holes kept.  Points of
 * the true shape are made with PROJ's geodesics, areas are PROJ's. */
#include "base/json_writer.h"
#include "core/altitude.h"
#include "core/check.h"
#include "core/time.h"
#include "format/feed.h"
#include "format/json.h"
#include "format/utm.h"
#include "oracle/geo.h"
#include "read_fixture.h"
#include "tap.h"
#include "write_shapes.h"

#include <string.h>
#include <time.h>

static struct dcf_alloc heap;
static uint64_t first_seed = 20260301;

struct split {
	struct dcf_arena arena;
	struct dcf_utm_extents e;
	uint32_t *of;
	struct dcf_ora_shape *shape;
	enum dcf_status status;
};

static struct split split_of(const struct dcf_feature *f, uint32_t count)
{
	struct split s = { .arena = { .from = &heap } };
	struct dcf_atmosphere a = dcf_atmosphere_widest();

	s.status = dcf_utm_of_features(f, count, &a, &s.arena, &s.e, &s.of);
	if (s.status != DCF_OK)
		return s;
	s.shape = calloc(s.e.count + 1, sizeof *s.shape);
	for (uint32_t i = 0; i < s.e.count; i++)
		s.shape[i] = dcf_ora_shape_of(&s.e.volume[i].footprint);
	return s;
}

static void free_split(struct split *s)
{
	for (uint32_t i = 0; s->shape && i < s->e.count; i++)
		dcf_ora_shape_free(&s->shape[i]);
	free(s->shape);
	dcf_arena_free(&s->arena);
}

static double area_m2(const struct dcf_feature *f)
{
	struct geod_polygon p;
	double area, perimeter;

	geod_polygon_init(&p, 0);
	for (uint32_t i = 0; i < f->rings[0].count; i++)
		geod_polygon_addpoint(wgs84(), &p, f->points[i].lat_e7 / 1e7, f->points[i].lon_e7 / 1e7);
	geod_polygon_compute(wgs84(), &p, 0, 1, &area, &perimeter);
	return fabs(area);
}

/* How far the point is outside of the nearest volume; 0 or less inside. */
static double beyond(const struct split *s, struct place p)
{
	struct dcf_ora_point q = dcf_ora_at(p.lat, p.lon);
	double least = 1e12;

	for (uint32_t i = 0; i < s->e.count && least > 0; i++) {
		const struct dcf_feature *f = &s->e.volume[i].footprint;
		double r = f->shape == DCF_POLYGON ? 0 : f->radius_m, d;

		for (int k = 0; k < 3; k++) /* chords of the middle, before exact distances */
			if (fabs(q.x[k] - s->shape[i].ball.x[k]) > s->shape[i].ball.r + r + 10)
				goto next;
		d = dcf_ora_signed(&s->shape[i], &q) - r;
		least = d < least ? d : least;
	next:;
	}
	return least;
}

static void check_volumes(const struct split *s, const struct dcf_feature *f, uint32_t count, uint64_t seed)
{
	for (uint32_t i = 0; i < s->e.count; i++) {
		const struct dcf_utm_volume *v = &s->e.volume[i];

		CHECK(s->of[i] < count);
		CHECK(v->lower_e4 < v->upper_e4 && v->lower_e4 >= s->e.lower_e4 && v->upper_e4 <= s->e.upper_e4);
		CHECK(v->start_us >= s->e.start_us && v->end_us <= s->e.end_us);
		CHECK(s->of[i] >= count || f[s->of[i]].shape == DCF_TRAJECTORY ||
		      (v->start_us == f[s->of[i]].start_us && v->end_us == f[s->of[i]].end_us));
		if (v->footprint.shape == DCF_CIRCLE) {
			CHECK(v->area_m2 == 0 && v->footprint.radius_m <= DCF_UTM_RADIUS_MAX_M);
			continue;
		}
		CHECK(v->footprint.shape == DCF_POLYGON && v->footprint.ring_count == 1 &&
		      v->footprint.rings[0].count == v->footprint.point_count);
		CHECK_MSG(area_m2(&v->footprint) <= DCF_UTM_AREA_MAX_M2, "seed %llu: %g m2", (unsigned long long)seed,
			  area_m2(&v->footprint));
		CHECK_MSG(fabs(area_m2(&v->footprint) - v->area_m2) <= 1e-3 * v->area_m2 + 1, "seed %llu: %g m2, said %g",
			  (unsigned long long)seed, area_m2(&v->footprint), v->area_m2);
	}
}

static void give_bounds(struct rng *r, struct dcf_feature *f, struct dcf_arena *arena)
{
	f->lower = (struct dcf_altitude){ .e4 = 1000000, .ref = (uint8_t)rng_int(r, 3), .unit = DCF_UNIT_M };
	f->upper = (struct dcf_altitude){
		.e4 = 9000000, .ref = f->lower.ref, .unit = DCF_UNIT_M, .unlimited = rng_int(r, 9) == 0
	};
	f->start_us = 1000000000000001;
	f->end_us = f->start_us + 3600000001;
	if (f->shape != DCF_TRAJECTORY)
		return;
	f->waypoints = dcf_arena_get(arena, f->point_count * sizeof *f->waypoints);
	f->containment_e4 = 1000000;
	for (uint32_t i = 0; i < f->point_count; i++)
		f->waypoints[i] = (struct dcf_waypoint){ f->start_us + i * INT64_C(600000000), f->lower };
	f->end_us = f->waypoints[f->point_count - 1].time_us;
}

static int limited, parts_most;

static void try_shape(uint64_t seed)
{
	struct rng r = { seed };
	struct dcf_arena arena = { .from = &heap };
	struct dcf_feature f = { 0 };
	struct place middle;
	struct split s;

	random_shape(&r, &arena, &f, &middle);
	if (f.shape == DCF_POLYGON && rng_int(&r, 2))
		make_plane_star(&r, &f, &middle);
	give_bounds(&r, &f, &arena);
	s = split_of(&f, 1);
	CHECK_MSG(s.status == DCF_OK || s.status == DCF_E_LIMIT, "seed %llu: status %d", (unsigned long long)seed, s.status);
	if (s.status == DCF_E_LIMIT) {
		double size = f.shape == DCF_POLYGON ? area_m2(&f) : 1e14;

		limited++;
		CHECK_MSG(size > 0.6 * DCF_UTM_AREA_MAX_M2 * 10000, "seed %llu: %g m2 are too large?", (unsigned long long)seed,
			  size);
	}
	if (s.status == DCF_OK)
		check_volumes(&s, &f, 1, seed);
	parts_most = (int)s.e.count > parts_most ? (int)s.e.count : parts_most;
	for (int i = 0; s.status == DCF_OK && i < 25; i++) {
		uint32_t leg;
		double t, d;
		struct place p = random_point_of(&r, &f, middle, f.shape == DCF_POLYGON ? 0.002 : 0, &leg, &t);

		if (f.edges == DCF_EDGES_LONLAT)
			p = random_point_of_plane_star(&r, &f, middle, 0.002);
		d = beyond(&s, p);
		CHECK_MSG(d <= 2e-4, "seed %llu: shape %d: (%.9f, %.9f) is %g m outside of all %u volumes",
			  (unsigned long long)seed, f.shape, p.lat, p.lon, d, s.e.count);
	}
	free_split(&s);
	dcf_arena_free(&arena);
}

static void never_smaller(void)
{
	for (uint64_t i = 0; i < 250; i++)
		try_shape(first_seed + i);
	printf("# %d too large, at most %d volumes\n", limited, parts_most);
	CHECK(limited < 60);
}

/* A star with holes: stars of a third of its inner radius, somewhere inside. */
static void try_holes(uint64_t seed)
{
	struct rng r = { seed };
	struct place middle = random_middle(&r), hole[3];
	double size = random_length(&r, 1000, 600000), hole_size = size * 0.1;
	struct dcf_latlon points[64];
	struct dcf_ring rings[4];
	struct dcf_feature f = { .shape = DCF_POLYGON, .edges = DCF_EDGES_GEODESIC, .points = points, .rings = rings };
	struct split s;
	int holes = 1 + rng_int(&r, 3);

	for (int k = 0; k <= holes; k++) {
		struct place at = k ? go(middle, 120 * k, size * 0.25) : middle;
		uint32_t n = 3 + (uint32_t)rng_int(&r, 10);
		bool back = rng_int(&r, 2);
		double z = k ? hole_size : size;

		if (k)
			hole[k - 1] = at;
		else if (n < 6)
			n = 6;
		rings[f.ring_count++] = (struct dcf_ring){ f.point_count, n, k == 0 };
		for (uint32_t i = 0; i < n; i++)
			points[f.point_count + i] =
				e7_of(go(at, (back ? 360.0 : -360.0) * (i + rng_in(&r, 0, 0.4)) / n, z * rng_in(&r, 0.7, 1)));
		f.point_count += n;
	}
	give_bounds(&r, &f, NULL);
	s = split_of(&f, 1);
	CHECK_MSG(s.status == DCF_OK, "seed %llu: status %d", (unsigned long long)seed, s.status);
	if (s.status == DCF_OK) {
		struct dcf_ora_shape truth = dcf_ora_shape_of(&f);

		check_volumes(&s, &f, 1, seed);
		for (int i = 0; i < 60; i++) {
			struct place p = rng_int(&r, 3)
						 ? go(middle, rng_in(&r, 0, 360), size * rng_unit(&r))
						 : go(hole[rng_int(&r, holes)], rng_in(&r, 0, 360), hole_size * rng_unit(&r));
			struct dcf_ora_point q = dcf_ora_at(p.lat, p.lon);
			double real = dcf_ora_signed(&truth, &q), made = beyond(&s, p);

			CHECK_MSG(real > -2e-4 || made <= 2e-4, "seed %llu: a point %g m inside is %g m outside of all volumes",
				  (unsigned long long)seed, -real, made);
			/* and hardly larger: a few centimetres */
			CHECK_MSG(real < 0.2 || made > 0, "seed %llu: a point %g m outside is in a volume",
				  (unsigned long long)seed, real);
		}
		dcf_ora_shape_free(&truth);
	}
	free_split(&s);
}

static void holes_stay_holes(void)
{
	for (uint64_t i = 0; i < 200; i++)
		try_holes(first_seed + 5000 + i);
}

/* Polygons that no straight cut leaves in two pieces: combs and spirals. */
static void combs_come_apart(void)
{
	enum { TEETH = 20 };
	struct dcf_latlon points[4 * TEETH + 2];
	struct dcf_ring ring = { 0, 0, true };
	struct dcf_feature f = {
		.shape = DCF_POLYGON, .edges = DCF_EDGES_GEODESIC, .points = points, .rings = &ring, .ring_count = 1
	};
	struct rng r = { 1 };
	struct split s;
	double truth, sum = 0;

	for (int i = 0; i < TEETH; i++) {
		points[f.point_count++] = (struct dcf_latlon){ 500000000, 100000000 + 4000000 * i };
		points[f.point_count++] = (struct dcf_latlon){ 530000000, 100000000 + 4000000 * i };
		points[f.point_count++] = (struct dcf_latlon){ 530000000, 102000000 + 4000000 * i };
		points[f.point_count++] = (struct dcf_latlon){ 500000000, 102000000 + 4000000 * i };
	}
	points[f.point_count++] = (struct dcf_latlon){ 499000000, 102000000 + 4000000 * (TEETH - 1) };
	points[f.point_count++] = (struct dcf_latlon){ 499000000, 100000000 };
	ring.count = f.point_count;
	give_bounds(&r, &f, NULL);
	s = split_of(&f, 1);
	CHECK(s.status == DCF_OK);
	if (s.status == DCF_OK) {
		check_volumes(&s, &f, 1, 0);
		truth = area_m2(&f);
		for (uint32_t i = 0; i < s.e.count; i++)
			sum += area_m2(&s.e.volume[i].footprint);
		printf("# a comb of %.0f km2 in %u parts\n", truth / 1e6, s.e.count);
		CHECK(sum >= truth * 0.999999 && sum <= truth * 1.00001);
	}
	free_split(&s);
}

/* What the demands name. */
static void the_corridor_of_250_nm(void)
{
	struct dcf_latlon points[2] = { e7_of((struct place){ 48, 5 }), { 0, 0 } };
	struct dcf_feature f = {
		.shape = DCF_CORRIDOR, .edges = DCF_EDGES_GEODESIC, .points = points, .point_count = 2, .radius_m = 5 * 1852.0
	};
	struct rng r = { 1 };
	struct split s;
	struct timespec a, b;

	points[1] = e7_of(go(place_of(points[0]), 70, 250 * 1852.0));
	give_bounds(&r, &f, NULL);
	clock_gettime(CLOCK_MONOTONIC, &a);
	s = split_of(&f, 1);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(s.status == DCF_OK && s.e.count >= 4 && s.e.count <= 8);
	check_volumes(&s, &f, 1, 0);
	printf("# 250 NM, 5 NM to either side: %u volumes, %.0f us\n", s.e.count,
	       (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3);
	free_split(&s);
}

static void the_polygon_of_200_by_300_km(void)
{
	struct place corner = { 45, 10 };
	struct dcf_latlon points[4];
	struct dcf_ring ring = { 0, 4, true };
	struct dcf_feature f = { .shape = DCF_POLYGON,
				 .edges = DCF_EDGES_GEODESIC,
				 .points = points,
				 .point_count = 4,
				 .rings = &ring,
				 .ring_count = 1 };
	struct rng r = { 1 };
	struct split s;

	points[0] = e7_of(corner);
	points[1] = e7_of(go(corner, 90, 300000));
	points[2] = e7_of(go(go(corner, 0, 200000), 90, 300000));
	points[3] = e7_of(go(corner, 0, 200000));
	give_bounds(&r, &f, NULL);
	s = split_of(&f, 1);
	CHECK(s.status == DCF_OK && s.e.count >= 24 && s.e.count <= 40);
	check_volumes(&s, &f, 1, 0);
	printf("# 200 by 300 km: %u volumes\n", s.e.count);
	free_split(&s);
}

/* --- over the wire and back
 * ------------------------------------------------------------------------------------------------------ */

static void put_point(struct dcf_buf *out, struct dcf_latlon p)
{
	char text[64];

	snprintf(text, sizeof text, "{\"lat\": %.7f, \"lng\": %.7f}", p.lat_e7 / 1e7, p.lon_e7 / 1e7);
	dcf_buf_z(out, text);
}

static void put_volume(struct dcf_buf *out, const struct dcf_utm_volume *v)
{
	struct dcf_json j = { .out = out };
	char text[300];

	dcf_buf_z(out, "{\"volume\": {");
	if (v->footprint.shape == DCF_CIRCLE) {
		dcf_buf_z(out, "\"outline_circle\": {\"center\": ");
		put_point(out, v->footprint.points[0]);
		snprintf(text, sizeof text, ", \"radius\": {\"value\": %.17g, \"units\": \"M\"}}", v->footprint.radius_m);
		dcf_buf_z(out, text);
	} else {
		dcf_buf_z(out, "\"outline_polygon\": {\"vertices\": [");
		for (uint32_t i = 0; i < v->footprint.point_count; i++) {
			dcf_buf_z(out, i ? ", " : "");
			put_point(out, v->footprint.points[i]);
		}
		dcf_buf_z(out, "]}");
	}
	snprintf(text, sizeof text,
		 ", \"altitude_lower\": {\"value\": %.4f, \"reference\": \"W84\", \"units\": \"M\"}, \"altitude_upper\": "
		 "{\"value\": %.4f, "
		 "\"reference\": \"W84\", \"units\": \"M\"}}, ",
		 (double)v->lower_e4 / 1e4, (double)v->upper_e4 / 1e4);
	dcf_buf_z(out, text);
	dcf_buf_z(out, "\"time_start\": {\"value\": \"");
	dcf_time_put(out, v->start_us, DCF_TIME_US);
	dcf_buf_z(out, "\", \"format\": \"RFC3339\"}, \"time_end\": {\"value\": \"");
	dcf_time_put(out, v->end_us, DCF_TIME_US);
	dcf_buf_z(out, "\", \"format\": \"RFC3339\"}");
	if (v->parts) {
		struct dcf_buf part = { .from = &heap };

		j.out = &part;
		dcf_json_begin(&j, '{');
		dcf_utm_put_part(&j, v);
		dcf_json_end(&j, '}');
		/* the member alone */
		dcf_buf_z(out, ", ");
		dcf_buf_span(out, (struct dcf_span){ part.p + 1, part.len - 2 });
		dcf_buf_free(&part);
	}
	dcf_buf_z(out, "}");
}

/* The volumes but the `without`th as a document, read again. */
static void read_back(const struct dcf_utm_extents *e, uint32_t without, struct dcf_plan *plan)
{
	struct dcf_buf out = { .from = &heap };
	struct memory_source m;
	struct dcf_source source;
	struct dcf_read_options options = { .name = DCF_SPAN("x"), .party = DCF_SPAN("") };

	dcf_buf_z(&out, "{\"reference\": {\"id\": \"X\", \"manager\": \"P\"}, \"details\": {\"volumes\": [");
	for (uint32_t i = 0, n = 0; i < e->count; i++) {
		if (i == without)
			continue;
		dcf_buf_z(&out, n++ ? ", " : "");
		put_volume(&out, &e->volume[i]);
	}
	dcf_buf_z(&out, "]}}");
	m = (struct memory_source){ .p = out.p, .len = out.len, .fail_at = SIZE_MAX };
	source = memory_source(&m);
	dcf_plan_init(plan, &heap);
	CHECK(dcf_read_plan(plan, &options, &source) == DCF_OK);
	CHECK_MSG(!dcf_plan_any_refused(plan), "%.*s", (int)plan->remarks[0].text.len, plan->remarks[0].text.p);
	dcf_buf_free(&out);
}

static void add(struct dcf_plan *plan, struct dcf_span party, struct dcf_span id, const struct dcf_feature *like)
{
	struct dcf_feature f = *like;

	f.id = id;
	f.acm = f.where = f.properties_json = DCF_SPAN("");
	f.sent_us = f.received_us = DCF_TIME_NONE;
	CHECK(dcf_plan_party(plan, party, &f.party) == DCF_OK &&
	      dcf_plan_operation(plan, f.party, id, &f.operation) == DCF_OK && dcf_plan_add_feature(plan, &f) == DCF_OK);
}

enum { OTHERS = 40 };

/* Circles of another party here and there. */
static void add_others(struct dcf_plan *plan, uint64_t seed, struct place about)
{
	struct rng r = { seed };

	for (int i = 0; i < OTHERS; i++) {
		struct dcf_feature f = { .shape = DCF_CIRCLE,
					 .edges = DCF_EDGES_GEODESIC,
					 .point_count = 1,
					 .radius_m = random_length(&r, 100, 20000) };
		char *name = dcf_arena_get(&plan->arena, 8);

		snprintf(name, 8, "O%d", i);
		f.points = dcf_arena_get(&plan->arena, sizeof *f.points);
		f.points[0] = e7_of(go(about, rng_in(&r, 0, 360), rng_in(&r, 0, 400000)));
		give_bounds(&r, &f, &plan->arena);
		f.lower.ref = f.upper.ref = DCF_REF_W84;
		f.upper.unlimited = false;
		add(plan, DCF_SPAN("Q"), dcf_span_of(name), &f);
	}
}

static size_t conflicts_of(const struct dcf_plan *plan, int64_t *sum_us)
{
	struct dcf_check_options options = { .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE };
	struct dcf_result result = { 0 };
	size_t n;

	CHECK(dcf_check(plan, &options, &heap, &result) == DCF_OK);
	n = result.conflict_count;
	*sum_us = 0;
	for (size_t i = 0; i < n; i++)
		*sum_us += (result.conflicts[i].start_us - 1000000000000000) / 1000 +
			   (int64_t)i * (result.conflicts[i].end_us - result.conflicts[i].start_us);
	dcf_result_free(&result);
	return n;
}

static size_t told_conflicts;

static void try_wire(uint64_t seed)
{
	struct rng r = { seed };
	struct place about = { rng_in(&r, -75, 75), rng_int(&r, 2) ? 179.5 : rng_in(&r, -180, 180) };
	struct dcf_latlon points[16];
	struct dcf_ring ring = { 0, 9, true };
	struct dcf_feature f[3] = {
		{ .shape = DCF_POLYGON, .points = points, .point_count = 9, .rings = &ring, .ring_count = 1 },
		{ .shape = DCF_CORRIDOR, .points = points + 9, .point_count = 3, .radius_m = 9260 },
		{ .shape = DCF_CIRCLE, .points = points + 12, .point_count = 1, .radius_m = 60000 }
	};
	struct dcf_plan was = { .arena = { 0 } }, is;
	struct split s;
	int64_t sum[2];
	size_t n[2];

	for (uint32_t i = 0; i < 9; i++)
		points[i] = e7_of(go(about, -360.0 * (i + rng_in(&r, 0, 0.4)) / 9, rng_in(&r, 80000, 200000)));
	points[9] = e7_of(about);
	points[10] = e7_of(go(about, rng_in(&r, 0, 360), 250 * 1852.0));
	points[11] = e7_of(go(place_of(points[10]), rng_in(&r, 0, 360), 50000));
	points[12] = e7_of(go(about, rng_in(&r, 0, 360), 300000));
	for (int i = 0; i < 3; i++) {
		give_bounds(&r, &f[i], NULL);
		f[i].lower.ref = f[i].upper.ref = DCF_REF_W84;
		f[i].upper.unlimited = false;
		f[i].start_us += 1000000 * i;
	}
	s = split_of(f, 3);
	CHECK(s.status == DCF_OK && s.e.count > 6 && s.e.volume[0].parts > 1);
	/* as it was, and as it is read again: the same number of features, the same conflicts at the same times */
	dcf_plan_init(&was, &heap);
	for (int i = 0; i < 3; i++)
		add(&was, DCF_SPAN("P"), DCF_SPAN("X"), &f[i]);
	read_back(&s.e, DCF_NONE, &is);
	CHECK_MSG(is.feature_count == 3, "seed %llu: %zu features", (unsigned long long)seed, is.feature_count);
	add_others(&was, seed, about);
	add_others(&is, seed, about);
	n[0] = conflicts_of(&was, &sum[0]);
	n[1] = conflicts_of(&is, &sum[1]);
	/* corridors are circumscribed by up to 10 m, and so may meet what they nearly met */
	CHECK_MSG(n[0] == n[1] && sum[0] == sum[1], "seed %llu: %zu conflicts became %zu", (unsigned long long)seed, n[0],
		  n[1]);
	told_conflicts += n[0];
	dcf_plan_free(&is);
	/* a part too few: the others stay volumes */
	read_back(&s.e, 1, &is);
	CHECK_MSG(is.feature_count == 2 + s.e.volume[0].parts - 1, "seed %llu: %zu features of %u parts",
		  (unsigned long long)seed, is.feature_count, s.e.volume[0].parts);
	dcf_plan_free(&is);
	dcf_plan_free(&was);
	free_split(&s);
}

static void parts_are_joined_again(void)
{
	for (uint64_t i = 0; i < 25; i++)
		try_wire(first_seed + 9000 + i);
	printf("# %zu conflicts\n", told_conflicts);
	CHECK(told_conflicts > 50);
}

/* Through the record, too. */
static void the_record_keeps_parts(void)
{
	struct dcf_latlon points[2] = { e7_of((struct place){ -20, 179 }), e7_of((struct place){ -20, -176 }) };
	struct dcf_feature f = { .shape = DCF_CORRIDOR, .points = points, .point_count = 2, .radius_m = 9260 };
	struct dcf_utm_ask ask = { .state = DCF_UTM_ACCEPTED }, again = { 0 };
	struct dcf_arena arena = { .from = &heap };
	struct dcf_buf out = { .from = &heap };
	struct dcf_json j = { .out = &out };
	struct dcf_jdoc doc = { .parser = NULL };
	size_t len;
	struct rng r = { 1 };
	struct split s;
	const char *why = "";

	give_bounds(&r, &f, NULL);
	s = split_of(&f, 1);
	CHECK(s.status == DCF_OK && s.e.count > 2 && s.e.volume[0].parts == s.e.count);
	ask.extents = s.e;
	dcf_json_begin(&j, '{');
	dcf_utm_ask_put(&j, DCF_UTM_INTENT_PUT, &ask);
	dcf_json_end(&j, '}');
	len = out.len;
	dcf_buf_fill(&out, '\0', DCF_FEED_SLACK);
	CHECK(dcf_jparse(&doc, out.p, len, &why) == DCF_OK);
	CHECK_MSG(dcf_utm_ask_read_back(dcf_jroot(&doc), DCF_UTM_INTENT_PUT, &arena, &again, &why) == DCF_OK, "%s", why);
	CHECK(again.extents.count == s.e.count);
	for (uint32_t i = 0; i < again.extents.count; i++)
		CHECK(again.extents.volume[i].whole == 1 && again.extents.volume[i].part == i + 1 &&
		      again.extents.volume[i].parts == s.e.count && again.extents.volume[i].area_m2 > 0);
	dcf_jfree(&doc);
	dcf_buf_free(&out);
	dcf_arena_free(&arena);
	free_split(&s);
}

/* An allocator that fails after a number of calls. */
static int calls_left;

static void *scarce(void *ctx, void *p, size_t old, size_t now)
{
	(void)ctx;
	if (now && calls_left-- <= 0)
		return NULL;
	return heap.resize(heap.ctx, p, old, now);
}

static void short_memory_fails_cleanly(void)
{
	struct dcf_alloc few = { .resize = scarce };
	struct dcf_arena kept = { .from = &heap };
	struct dcf_atmosphere a = dcf_atmosphere_widest();
	struct rng r = { 7 };
	struct dcf_feature f[3] = { 0 };
	struct place middle = { 60, 180 };
	enum dcf_status s = DCF_E_NOMEM;
	int n = 0;

	for (int i = 0; i < 3; i++) {
		f[i] = (struct dcf_feature){ .shape = i == 0   ? DCF_POLYGON
						      : i == 1 ? DCF_CORRIDOR
							       : DCF_TRAJECTORY,
					     .radius_m = 8000 };
		f[i].points = dcf_arena_get(&kept, 8 * sizeof *f[i].points);
		f[i].rings = dcf_arena_get(&kept, 2 * sizeof *f[i].rings);
		f[i].point_count = i ? 2 : 8;
		for (uint32_t k = 0; k < 8; k++)
			f[i].points[k] = e7_of(go(middle, i ? 90 : -90.0 * k, i ? 60000.0 * k : k < 4 ? 60000 : 20000));
		f[i].rings[0] = (struct dcf_ring){ 0, 4, true };
		f[i].rings[1] = (struct dcf_ring){ 4, 4, false };
		f[i].ring_count = i ? 0 : 2;
		give_bounds(&r, &f[i], &kept);
	}
	for (; s == DCF_E_NOMEM && n < 5000; n++) {
		struct dcf_arena arena = { .from = &few };
		struct dcf_utm_extents e;
		uint32_t *of;

		calls_left = n;
		s = dcf_utm_of_features(f, 3, &a, &arena, &e, &of);
		dcf_arena_free(&arena);
	}
	CHECK_MSG(s == DCF_OK && n > 10, "status %d with %d calls", s, n);
	dcf_arena_free(&kept);
}

int main(int argc, char **argv)
{
	heap = dcf_alloc_heap();
	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	printf("# seed %llu\n", (unsigned long long)first_seed);
	return TAP_RUN(TAP(never_smaller), TAP(holes_stay_holes), TAP(combs_come_apart), TAP(the_corridor_of_250_nm),
		       TAP(the_polygon_of_200_by_300_km), TAP(parts_are_joined_again), TAP(the_record_keeps_parts),
		       TAP(short_memory_fails_cleanly));
}
