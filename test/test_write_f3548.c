/* SPDX-License-Identifier: Apache-2.0 */
/* F3548 is never smaller than what it was made from: points of the true shape, made with PROJ's
 * geodesics, at times and heights of the true band, must lie in a volume of what is read back. */
#include "core/altitude.h"
#include "format/write_f3548.h"
#include "read_fixture.h"
#include "tap.h"
#include "write_shapes.h"

#include <string.h>

#define WORLDS 250
#define POINTS 40

static struct dcf_alloc heap;

static bool through_f3548(const struct dcf_plan *plan, struct dcf_plan *again)
{
	struct dcf_buf out = { .from = &heap };
	enum dcf_status s = dcf_write_f3548(plan, &out);
	struct memory_source m = { .p = out.p, .len = out.len, .fail_at = SIZE_MAX };
	struct dcf_source source = memory_source(&m);
	struct dcf_read_options options = { .name = DCF_SPAN("x"), .party = DCF_SPAN("") };

	dcf_plan_init(again, &heap);
	CHECK(s == DCF_OK);
	s = dcf_read_plan(again, &options, &source);
	for (size_t i = 0; i < again->remark_count; i++)
		CHECK_MSG(!again->remarks[i].refused, "%.*s %.*s", (int)again->remarks[i].where.len, again->remarks[i].where.p,
			  (int)again->remarks[i].text.len, again->remarks[i].text.p);
	dcf_buf_free(&out);
	return s == DCF_OK;
}

/* How often the polygon goes round `p`: the sum of the turns of the direction from p to a point that
 * runs along its geodesic edges. */
static bool winds_round(const struct dcf_feature *f, struct place p)
{
	double sum = 0, az = 0, last = 0;

	for (uint32_t i = 0; i < f->point_count; i++) {
		struct place a = place_of(f->points[i]), b = place_of(f->points[(i + 1) % f->point_count]);
		double along, d = metres(a, b, &along), near = metres(p, a, &az);
		int pieces = d < near / 4 ? 1 : 64;

		for (int k = i ? 1 : 0; k <= pieces; k++) {
			double turn;

			if (k && metres(p, go(a, along, d * k / pieces), &az) < 0.001)
				return true;
			turn = remainder(az - last, 360);
			if (i || k)
				sum += turn;
			last = az;
		}
	}
	return fabs(sum) > 180;
}

static bool holds(const struct dcf_feature *f, struct place p, double height_m, double time_us)
{
	if ((double)f->start_us > time_us || (double)f->end_us < time_us)
		return false;
	if ((double)f->lower.e4 > height_m * 1e4 + 0.01 || (double)f->upper.e4 < height_m * 1e4 - 0.01)
		return false;
	if (f->shape == DCF_CIRCLE)
		return metres(place_of(f->points[0]), p, NULL) <= f->radius_m + 1e-6;
	return winds_round(f, p);
}

static bool held_by_any(const struct dcf_plan *plan, struct place p, double height_m, double time_us)
{
	for (size_t i = 0; i < plan->feature_count; i++)
		if (holds(&plan->features[i], p, height_m, time_us))
			return true;
	return false;
}

static struct dcf_altitude altitude_of(struct rng *r, double metres_up)
{
	static const uint8_t refs[] = { DCF_REF_MSL, DCF_REF_STD, DCF_REF_AGL, DCF_REF_W84 };

	return (struct dcf_altitude){ .e4 = (int64_t)(metres_up * 1e4), .ref = refs[rng_int(r, 4)], .unit = DCF_UNIT_M };
}

static void add(struct rng *r, struct dcf_plan *plan, struct dcf_feature *f)
{
	uint32_t party, operation;

	CHECK(dcf_plan_party(plan, DCF_SPAN("P"), &party) == DCF_OK);
	CHECK(dcf_plan_operation(plan, party, DCF_SPAN("OP"), &operation) == DCF_OK);
	f->party = party;
	f->operation = operation;
	f->id = DCF_SPAN("OP");
	f->acm = DCF_SPAN("");
	f->lower = altitude_of(r, rng_in(r, 0, 5000));
	f->upper = altitude_of(r, rng_in(r, 5000, 9000));
	f->start_us = 1000000000000001;
	f->end_us = f->start_us + 3600000001;
	if (f->shape == DCF_TRAJECTORY) {
		int64_t t = f->start_us;

		f->containment_e4 = rng_int(r, 5000000);
		f->radius_m = rng_int(r, 3) ? fmin(f->radius_m, 20000) : 0;
		f->waypoints = dcf_arena_get(&plan->arena, f->point_count * sizeof *f->waypoints);
		for (uint32_t i = 0; i < f->point_count; i++, t += 1 + (int64_t)(rng_next(r) % 7200000000))
			f->waypoints[i] = (struct dcf_waypoint){ t, altitude_of(r, rng_in(r, 100, 12000)) };
		f->end_us = f->waypoints[f->point_count - 1].time_us;
	}
	CHECK(dcf_plan_add_feature(plan, f) == DCF_OK);
}

/* A height above the ellipsoid that the declared altitude may be, if the geoid, pressure and ground are
 * what `at` (0..1 each) says: computed with the formulas of the format's page, not the program's. */
static double w84_of(const struct dcf_atmosphere *a, struct dcf_altitude alt, const double at[3])
{
	double geoid = a->geoid_m[0] + (a->geoid_m[1] - a->geoid_m[0]) * at[0];
	double qnh = a->qnh_hpa[0] + (a->qnh_hpa[1] - a->qnh_hpa[0]) * at[1];
	double ground = ((double)a->terrain_e4[0] + (double)(a->terrain_e4[1] - a->terrain_e4[0]) * at[2]) / 1e4;
	double v = (double)alt.e4 / 1e4;

	switch (alt.ref) {
	case DCF_REF_MSL:
		return v + geoid;
	case DCF_REF_STD:
		return v - 145366.45 * 0.3048 * (1 - pow(qnh / 1013.25, 0.190284)) + geoid;
	case DCF_REF_AGL:
		return v + ground + geoid;
	default:
		return v;
	}
}

static void random_atmosphere(struct rng *r, struct dcf_atmosphere *a)
{
	if (rng_int(r, 2)) {
		a->qnh_given = true;
		a->qnh_hpa[0] = rng_in(r, 960, 1030);
		a->qnh_hpa[1] = a->qnh_hpa[0] + rng_in(r, 0, 10);
	}
	if (rng_int(r, 2)) {
		a->geoid_given = true;
		a->geoid_m[0] = rng_in(r, -60, 60);
		a->geoid_m[1] = a->geoid_m[0] + rng_in(r, 0, 5);
	}
}

static void try_world(uint64_t seed)
{
	struct rng r = { seed };
	struct dcf_plan plan, again;
	struct dcf_feature f = { 0 };
	struct place middle;
	size_t bad = 0;

	dcf_plan_init(&plan, &heap);
	random_atmosphere(&r, &plan.atmosphere);
	random_shape(&r, &plan.arena, &f, &middle);
	if (f.shape == DCF_POLYGON && rng_int(&r, 2))
		make_plane_star(&r, &f, &middle);
	add(&r, &plan, &f);
	if (!through_f3548(&plan, &again)) {
		CHECK_MSG(false, "seed %llu: not read", (unsigned long long)seed);
		bad = POINTS;
	}
	for (int i = 0; i < POINTS && bad < 3; i++) {
		uint32_t leg;
		double t, at[3] = { rng_int(&r, 2), rng_int(&r, 2), rng_int(&r, 2) }, h, time;
		/* On a polygon's own edge either answer is right. */
		struct place p = random_point_of(&r, &f, middle, f.shape == DCF_POLYGON ? 0.002 : 0, &leg, &t);

		if (f.edges == DCF_EDGES_LONLAT)
			p = random_point_of_plane_star(&r, &f, middle, 0.002);
		if (f.shape == DCF_TRAJECTORY) {
			const struct dcf_waypoint *w = f.waypoints + leg;
			double h0 = w84_of(&plan.atmosphere, w[0].altitude, at),
			       h1 = w84_of(&plan.atmosphere, w[1].altitude, at);

			h = h0 + (h1 - h0) * t + rng_in(&r, -1, 1) * (double)f.containment_e4 / 1e4;
			time = (double)w[0].time_us + (double)(w[1].time_us - w[0].time_us) * t;
		} else {
			h = w84_of(&plan.atmosphere, rng_int(&r, 2) ? f.lower : f.upper, at);
			time = rng_int(&r, 2) ? (double)f.start_us : (double)f.end_us;
			/* A lower limit higher than the upper one under this atmosphere bounds nothing. */
			if (w84_of(&plan.atmosphere, f.lower, at) > w84_of(&plan.atmosphere, f.upper, at))
				continue;
		}
		if (held_by_any(&again, p, h, time))
			continue;
		bad++;
		CHECK_MSG(false, "seed %llu shape %d radius %.3f leg %u t %.4f: %.9f %.9f, %.4f m", (unsigned long long)seed,
			  f.shape, f.radius_m, leg, t, p.lat, p.lon, h);
	}
	dcf_plan_free(&plan);
	dcf_plan_free(&again);
}

static void is_never_smaller(void)
{
	for (uint64_t seed = 1; seed <= WORLDS; seed++)
		try_world(seed * 7907);
}

/* Distance from the geodesic a-b, by halving the range in which its nearest point lies. */
static double from_leg(struct place a, struct place b, struct place p)
{
	double azimuth, d = metres(a, b, &azimuth), low = 0, high = d;

	for (int i = 0; i < 80; i++) {
		double l = low + (high - low) / 3, h = high - (high - low) / 3;

		if (metres(go(a, azimuth, l), p, NULL) < metres(go(a, azimuth, h), p, NULL))
			high = h;
		else
			low = l;
	}
	return metres(go(a, azimuth, (low + high) / 2), p, NULL);
}

/* The middle of an edge is where a circumscribed outline comes nearest: no nearer than the radius, and no
 * corner farther than 10 m beyond it. */
static void outlines_are_circumscribed(void)
{
	struct rng r = { 4711 };

	for (int world = 0; world < 60; world++) {
		struct dcf_plan plan, again;
		struct dcf_feature f = { 0 };
		struct place middle, a, b;

		dcf_plan_init(&plan, &heap);
		do
			random_shape(&r, &plan.arena, &f, &middle);
		while (f.shape != DCF_ORBIT);
		a = place_of(f.points[0]);
		f.points[1] = e7_of(go(a, rng_in(&r, 0, 360), random_length(&r, 10, 400000))); /* one piece */
		b = place_of(f.points[1]);
		f.radius_m = random_length(&r, 1, 300000);
		add(&r, &plan, &f);
		CHECK(through_f3548(&plan, &again) && again.feature_count == 1);
		for (uint32_t i = 0; again.feature_count && i < again.features[0].point_count; i++) {
			const struct dcf_feature *g = &again.features[0];
			struct place p = place_of(g->points[i]), q = place_of(g->points[(i + 1) % g->point_count]);
			double azimuth, d = metres(p, q, &azimuth), near = from_leg(a, b, go(p, azimuth, d / 2)),
					far = from_leg(a, b, p);

			CHECK_MSG(near >= f.radius_m, "world %d, edge %u: %.4f of %.4f m", world, i, near, f.radius_m);
			CHECK_MSG(far <= f.radius_m + 10, "world %d, corner %u: %.4f of %.4f m", world, i, far, f.radius_m);
		}
		dcf_plan_free(&plan);
		dcf_plan_free(&again);
	}
}

static struct dcf_plan one_circle(struct dcf_altitude lower, struct dcf_altitude upper)
{
	static struct dcf_latlon at = { 350000000, 360000000 };
	struct dcf_feature f = { .shape = DCF_CIRCLE,
				 .radius_m = 1852,
				 .points = &at,
				 .point_count = 1,
				 .id = DCF_SPAN("A-1"),
				 .acm = DCF_SPAN(""),
				 .lower = lower,
				 .upper = upper,
				 .start_us = 1,
				 .end_us = 1999 };
	struct dcf_plan plan;

	dcf_plan_init(&plan, &heap);
	CHECK(dcf_plan_party(&plan, DCF_SPAN("P"), &f.party) == DCF_OK);
	CHECK(dcf_plan_operation(&plan, f.party, f.id, &f.operation) == DCF_OK);
	CHECK(dcf_plan_add_feature(&plan, &f) == DCF_OK);
	return plan;
}

static void ground_and_unlimited_are_the_ends(void)
{
	struct dcf_plan plan = one_circle((struct dcf_altitude){ .ref = DCF_REF_SFC, .unit = DCF_UNIT_FT },
					  (struct dcf_altitude){ .unlimited = true }),
			again;

	CHECK(through_f3548(&plan, &again) && again.feature_count == 1);
	CHECK(again.features[0].lower.e4 == -80000000 && again.features[0].upper.e4 == 1000000000);
	/* Windows grow to whole milliseconds. */
	CHECK(again.features[0].start_us == 0 && again.features[0].end_us == 2000);
	CHECK(again.features[0].shape == DCF_CIRCLE && again.features[0].radius_m == 1852);
	dcf_plan_free(&plan);
	dcf_plan_free(&again);
}

static void w84_stays_exact(void)
{
	struct dcf_plan plan = one_circle((struct dcf_altitude){ .e4 = 12345678, .ref = DCF_REF_W84, .unit = DCF_UNIT_M },
					  (struct dcf_altitude){ .e4 = 23456789, .ref = DCF_REF_W84, .unit = DCF_UNIT_M }),
			again;

	CHECK(through_f3548(&plan, &again) && again.feature_count == 1);
	CHECK(again.features[0].lower.e4 == 12345678 && again.features[0].upper.e4 == 23456789);
	dcf_plan_free(&plan);
	dcf_plan_free(&again);
}

/* 8-4-4-4-12 hexadecimal digits, version 4, variant 10; other names, other UUIDs. */
static void ids_are_uuids(void)
{
	char a[37], b[37], c[37];

	dcf_f3548_uuid(DCF_SPAN("P"), DCF_SPAN("A"), a);
	dcf_f3548_uuid(DCF_SPAN("P"), DCF_SPAN("B"), b);
	dcf_f3548_uuid(DCF_SPAN("PA"), DCF_SPAN(""), c);
	CHECK(strlen(a) == 36 && a[8] == '-' && a[13] == '-' && a[18] == '-' && a[23] == '-');
	CHECK(a[14] == '4' && strchr("89ab", a[19]) && strspn(a, "0123456789abcdef-") == 36);
	CHECK(strcmp(a, b) != 0 && strcmp(a, c) != 0);
	dcf_f3548_uuid(DCF_SPAN("P"), DCF_SPAN("A"), b);
	CHECK(strcmp(a, b) == 0);
}

static bool says(const struct dcf_buf *text, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= text->len; i++)
		if (memcmp(text->p + i, what, n) == 0)
			return true;
	return false;
}

/* What all features of an operation say makes it a constraint; what some say stays with these. */
static void constraints(void)
{
	const struct dcf_altitude lower = { .e4 = 1000000, .ref = DCF_REF_W84 }, upper = { .e4 = 2000000, .ref = DCF_REF_W84 };

	for (unsigned which = 0; which < 4; which++) {
		struct dcf_plan plan = one_circle(lower, upper), again;
		struct dcf_feature second = plan.features[0];
		struct dcf_buf text = { .from = &heap };

		plan.features[0].is_constraint = which & 1;
		second.is_constraint = which >> 1;
		second.id = DCF_SPAN("B-1");
		CHECK(dcf_plan_add_feature(&plan, &second) == DCF_OK);
		CHECK(dcf_write_f3548(&plan, &text) == DCF_OK);
		CHECK(says(&text, "\"constraint\": {") == (which == 3) &&
		      says(&text, "\"constraint\": true") == (which == 1 || which == 2));
		CHECK(says(&text, "\"state\"") == (which != 3) && says(&text, "\"subscription_id\"") == (which != 3) &&
		      says(&text, "\"off_nominal_volumes\"") == (which != 3) && says(&text, "\"priority\"") == (which != 3));
		if (through_f3548(&plan, &again)) {
			CHECK(again.operation_count == 1 && again.feature_count == 2);
			for (size_t i = 0; i < again.feature_count; i++)
				CHECK(again.features[i].is_constraint == plan.features[i].is_constraint &&
				      dcf_span_eq(again.features[i].id, plan.features[i].id));
		}
		dcf_buf_free(&text);
		dcf_plan_free(&again);
		dcf_plan_free(&plan);
	}
}

static enum dcf_status write_plan(const void *plan, struct dcf_buf *out)
{
	return dcf_write_f3548(plan, out);
}

static void short_memory_fails_cleanly(void)
{
	struct rng r = { 17 };
	struct dcf_plan plan;
	struct place middle;

	dcf_plan_init(&plan, &heap);
	for (int i = 0; i < 5; i++) {
		struct dcf_feature f = { 0 };

		random_shape(&r, &plan.arena, &f, &middle);
		add(&r, &plan, &f);
	}
	CHECK(short_memory_is_clean(write_plan, &plan));
	dcf_plan_free(&plan);
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(is_never_smaller), TAP(outlines_are_circumscribed), TAP(ground_and_unlimited_are_the_ends),
		       TAP(w84_stays_exact), TAP(ids_are_uuids), TAP(constraints), TAP(short_memory_fails_cleanly));
}
