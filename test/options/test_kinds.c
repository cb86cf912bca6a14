/* SPDX-License-Identifier: Apache-2.0 */
/* test_kinds.c - what each kind proposes in small worlds whose answer is known by hand, and how much it asks. */
#include "options/desk_int.h"
#include "options/ways.h"
#include "oracle/geo.h"
#include "oracle/world.h"
#include "tap.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 20150920;
static struct dcf_alloc heap;

enum { SECOND = 1000000, CO = 0, RU = 1 };

/* ---- a small world ---- */

struct world {
	struct dcf_plan plan;
	struct dcf_check_options question;
	struct dcf_ask ask;
	struct dcf_standing st;
	struct dcf_arena keep;
	struct dcf_desk desk;
	struct dcf_case c;
	struct dcf_set shifts, lifts;
};

/* Two parties CO and RU, minima of `lateral_m` and `vertical_ft`. */
static struct world *world_new(double lateral_m, int64_t vertical_ft)
{
	struct world *w = calloc(1, sizeof *w);
	uint32_t party;

	dcf_plan_init(&w->plan, &heap);
	CHECK(dcf_plan_party(&w->plan, DCF_SPAN("CO"), &party) == DCF_OK && party == CO);
	CHECK(dcf_plan_party(&w->plan, DCF_SPAN("RU"), &party) == DCF_OK && party == RU);
	w->plan.parties[CO].in_feet = w->plan.parties[RU].in_feet = false; /* distances in kilometres */
	w->question = (struct dcf_check_options){ .lateral_m = lateral_m,
						  .vertical_e4 = vertical_ft * DCF_FT_E4,
						  .max_dwell_us = DCF_NO_LIMIT,
						  .for_party = DCF_NONE,
						  .only_operation = DCF_NONE };
	w->ask = dcf_ask_usual(&w->plan);
	return w;
}

static struct dcf_altitude level(int64_t fl)
{
	return (struct dcf_altitude){ fl * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL, false };
}

static struct dcf_latlon at(double lat, double lon)
{
	return (struct dcf_latlon){ (int32_t)lround(lat * 1e7), (int32_t)lround(lon * 1e7) };
}

/* Kilometres east and north of (0, 0): exact on the equator, where the worlds lie. */
static struct dcf_latlon km(double east, double north)
{
	return at(north * 1000 / 110574.2758, east * 1000 / 111319.4908);
}

static void add(struct world *w, uint32_t party, const char *id, struct dcf_feature f, const struct dcf_latlon *p, uint32_t n)
{
	f.party = party;
	f.id = dcf_arena_copy(&w->plan.arena, dcf_span_of(id));
	f.sent_us = f.received_us = DCF_TIME_NONE;
	f.points = dcf_arena_get(&w->plan.arena, n * sizeof *p);
	memcpy(f.points, p, n * sizeof *p);
	f.point_count = n;
	if (f.shape == DCF_POLYGON) {
		f.rings = dcf_arena_get(&w->plan.arena, sizeof *f.rings);
		*f.rings = (struct dcf_ring){ 0, n, true };
		f.ring_count = 1;
	}
	CHECK(dcf_plan_operation(&w->plan, party, f.id, &f.operation) == DCF_OK);
	CHECK(dcf_plan_add_feature(&w->plan, &f) == DCF_OK);
}

static void circle(struct world *w, uint32_t party, const char *id, struct dcf_latlon p, double radius_m, int64_t low_fl,
		   int64_t high_fl, int64_t from_s, int64_t to_s)
{
	struct dcf_feature f = { .shape = DCF_CIRCLE,
				 .radius_m = radius_m,
				 .lower = level(low_fl),
				 .upper = level(high_fl),
				 .start_us = from_s * SECOND,
				 .end_us = to_s * SECOND };

	add(w, party, id, f, &p, 1);
}

/* Level, along the points at 200 m/s from time 0. */
static void flight(struct world *w, uint32_t party, const char *id, int64_t fl, const struct dcf_latlon *p, uint32_t n)
{
	struct dcf_feature f = { .shape = DCF_TRAJECTORY };
	double metres = 0;

	f.waypoints = dcf_arena_get(&w->plan.arena, n * sizeof *f.waypoints);
	for (uint32_t i = 0; i < n; i++) {
		struct dcf_leg leg = { 0 };

		if (i > 0)
			CHECK(dcf_leg_of(p[i - 1], p[i], DCF_EDGES_GEODESIC, &leg) == DCF_OK);
		metres += leg.metres;
		f.waypoints[i] = (struct dcf_waypoint){ llround(metres / 200 * SECOND), level(fl) };
	}
	f.end_us = f.waypoints[n - 1].time_us;
	add(w, party, id, f, p, n);
}

/* Make operation `id` the case at hand. */
static void ready(struct world *w, uint32_t party, const char *id)
{
	uint32_t operation = dcf_plan_find_operation(&w->plan, party, dcf_span_of(id));

	CHECK(dcf_standing_build(&w->plan, &w->question, &heap, &w->st) == DCF_OK);
	w->keep.from = w->shifts.from = w->lifts.from = &heap;
	dcf_desk_init(&w->desk, &w->st, &w->ask, &w->keep, &heap);
	CHECK(dcf_case_open(&w->desk, operation, &w->shifts, &w->lifts, &w->c) == DCF_OK);
}

static void world_free(struct world *w)
{
	dcf_set_free(&w->shifts);
	dcf_set_free(&w->lifts);
	dcf_desk_free(&w->desk);
	dcf_arena_free(&w->keep);
	dcf_standing_free(&w->st);
	dcf_plan_free(&w->plan);
	free(w);
}

static size_t propose(struct world *w, dcf_propose_fn *fn)
{
	CHECK(fn(&w->desk, &w->c) == DCF_OK);
	return w->desk.option_count;
}

/* The accepted option whose first change is made like this; the first one with `skip` 0. */
static const struct dcf_change *made(const struct world *w, uint8_t how, int skip)
{
	static const struct dcf_change none;

	for (size_t i = 0; i < w->desk.option_count; i++)
		if (w->desk.options[i].moved[0].change[0].how == how && skip-- == 0)
			return &w->desk.options[i].moved[0].change[0];
	return &none;
}

static size_t count_of(const struct world *w, uint8_t how)
{
	size_t n = 0;

	for (size_t i = 0; i < w->desk.option_count; i++)
		n += w->desk.options[i].moved[0].change[0].how == how;
	return n;
}

/* Least distance from the first accepted option's line to a point. */
static double clearance(const struct world *w, uint8_t how, struct dcf_latlon p)
{
	double least = -1;

	for (size_t i = 0; i < w->desk.option_count; i++) {
		const struct dcf_moved *m = &w->desk.options[i].moved[0];

		if (m->change[0].how == how) {
			struct dcf_ora_shape s = dcf_ora_shape_of(&m->features[0]);
			struct dcf_ora_point q = dcf_ora_of(p);
			double d = dcf_ora_signed(&s, &q);

			least = least < 0 || d < least ? d : least;
			dcf_ora_shape_free(&s);
		}
	}
	return least;
}

/* ---- reroute ---- */

/* F flies east along the equator to 200 km, at FL300; Z is a circle of 10 km that is there at all times, centre
 * `north_km` from the equator. */
static void past_a_circle(struct world *w, double from_km, double north_km)
{
	const struct dcf_latlon line[] = { km(from_km, 0), km(200, 0) };

	flight(w, CO, "F", 300, line, 2);
	circle(w, RU, "Z", km(0, north_km), 10000, 290, 310, 0, 100000);
}

/* East along the equator through the middle of a circle of 10 km with 5 km to keep: 15 km aside and a little; a way
 * around with tangents of 20 degrees is longer by 2 r tan(10 deg). */
static void a_flight_passes_a_circle(void)
{
	struct world *w = world_new(5000, 1000);
	double extra = 2 * 15003 * tan(10 * DCF_RAD_PER_DEG);

	past_a_circle(w, -200, 0);
	ready(w, CO, "F");
	CHECK(propose(w, dcf_propose_reroute) == 4);
	CHECK_MSG(made(w, DCF_CHANGE_OFFSET, 0)->distance_m == -15100, "%.1f", made(w, DCF_CHANGE_OFFSET, 0)->distance_m);
	CHECK_MSG(made(w, DCF_CHANGE_OFFSET, 1)->distance_m == 15100, "%.1f", made(w, DCF_CHANGE_OFFSET, 1)->distance_m);
	for (int i = 0; i < 2; i++) {
		const struct dcf_change *c = made(w, DCF_CHANGE_DOGLEG, i);

		CHECK_MSG(fabs(c->extra_m - extra) < 20, "%.1f, not %.1f", c->extra_m, extra);
		CHECK_MSG(fabs(fabs(c->distance_m) - 15003) < 5, "%.1f", c->distance_m);
		CHECK((c->distance_m < 0) == (c->at.lat_e7 > 0));
	}
	CHECK_MSG(clearance(w, DCF_CHANGE_DOGLEG, km(0, 0)) > 15001 && clearance(w, DCF_CHANGE_DOGLEG, km(0, 0)) < 15010,
		  "%.2f", clearance(w, DCF_CHANGE_DOGLEG, km(0, 0)));
	world_free(w);
}

static void distances_are_said_in_the_partys_own_unit(void)
{
	struct world *w = world_new(5000, 1000);

	w->plan.parties[CO].in_feet = true;
	past_a_circle(w, -200, 0);
	ready(w, CO, "F");
	CHECK(propose(w, dcf_propose_reroute) == 4);
	CHECK(fabs(made(w, DCF_CHANGE_OFFSET, 0)->distance_m + 15186.4) < 1e-6); /* 15,003 m are 8.101 NM: 8.2 */
	world_free(w);
}

static void the_nearer_side_is_shorter_and_the_margin_is_kept(void)
{
	struct world *w = world_new(5000, 1000);

	w->ask.margin_m = 1000;
	past_a_circle(w, -200, 2);
	ready(w, CO, "F");
	CHECK(propose(w, dcf_propose_reroute) == 4);
	CHECK(made(w, DCF_CHANGE_OFFSET, 0)->distance_m == -18100 && made(w, DCF_CHANGE_OFFSET, 1)->distance_m == 14100);
	CHECK(clearance(w, DCF_CHANGE_DOGLEG, km(0, 2)) > 16001 && clearance(w, DCF_CHANGE_DOGLEG, km(0, 2)) < 16020);
	world_free(w);
}

/* What is found in the way on the one side is led around too. */
static void two_circles_are_passed_together(void)
{
	struct world *w = world_new(5000, 1000);
	const struct dcf_latlon line[] = { km(-300, 0), km(300, 0) };

	flight(w, CO, "F", 300, line, 2);
	circle(w, RU, "Z", km(0, 0), 10000, 290, 310, 0, 100000);
	circle(w, RU, "Y", km(0, 28), 10000, 290, 310, 0, 100000); /* 13 km from the line: in the way of the left side only */
	ready(w, CO, "F");
	CHECK(w->c.clash_count == 1);
	CHECK(propose(w, dcf_propose_reroute) == 4);
	CHECK_MSG(made(w, DCF_CHANGE_OFFSET, 0)->distance_m == -43100, "%.1f", made(w, DCF_CHANGE_OFFSET, 0)->distance_m);
	CHECK(made(w, DCF_CHANGE_OFFSET, 1)->distance_m == 15100);
	CHECK(fabs(made(w, DCF_CHANGE_DOGLEG, 0)->distance_m + 43003) < 20);
	world_free(w);
}

/* Not without room to turn: a flight that begins inside what it must keep clear of has no way around it. */
static void no_way_around_from_within(void)
{
	struct world *w = world_new(5000, 1000);

	past_a_circle(w, -5, 0);
	ready(w, CO, "F");
	CHECK(propose(w, dcf_propose_reroute) == 2 && count_of(w, DCF_CHANGE_OFFSET) == 2);
	world_free(w);
}

static void a_corridor_is_led_around_with_its_width(void)
{
	struct world *w = world_new(0, 0);
	const struct dcf_latlon line[] = { km(-200, 0), km(200, 0) };
	struct dcf_feature f = { .shape = DCF_CORRIDOR,
				 .radius_m = 4000,
				 .lower = level(290),
				 .upper = level(310),
				 .end_us = 3600 * (int64_t)SECOND };

	add(w, CO, "C", f, line, 2);
	circle(w, RU, "Z", km(0, 1), 10000, 290, 310, 0, 100000);
	ready(w, CO, "C");
	CHECK(propose(w, dcf_propose_reroute) == 4);
	CHECK(made(w, DCF_CHANGE_OFFSET, 0)->distance_m == -15100 && made(w, DCF_CHANGE_OFFSET, 1)->distance_m == 13100);
	CHECK(w->desk.options[0].moved[0].features[0].end_us == 3600 * (int64_t)SECOND);
	world_free(w);
}

/* Crossing at the same level, time and speed: on a parallel at d the two come within d / sqrt(2) of each other, so 5 NM need
 * 13.096 km; what is found lies above that by less than a 64th of where the other one is during the clash and after. */
static void a_flight_passes_behind_another(void)
{
	struct world *w = world_new(9260, 1000);
	const struct dcf_latlon east[] = { km(-200, 0), km(200, 0) }, north[] = { km(0, -200), km(0, 200) };
	double right = 1e9, left = 1e9;

	flight(w, CO, "E", 300, east, 2);
	flight(w, RU, "N", 300, north, 2);
	ready(w, CO, "E");
	CHECK(propose(w, dcf_propose_reroute) >= 4);
	for (size_t i = 0; i < w->desk.option_count; i++) {
		const struct dcf_change *c = &w->desk.options[i].moved[0].change[0];
		double d = fabs(c->distance_m);

		if (c->how == DCF_CHANGE_OFFSET)
			*(c->distance_m > 0 ? &right : &left) = d < (c->distance_m > 0 ? right : left) ? d
								: c->distance_m > 0                    ? right
												       : left;
	}
	CHECK_MSG(right >= 13096 && right <= 13600 && left >= 13096 && left <= 13600, "%.1f, %.1f", right, left);
	CHECK(w->desk.offers <= 60);
	world_free(w);
}

/* Circles of 10 km whose centres lie 15 km apart, 5 km to keep: 10 km and a little, straight away. */
static void a_circle_moves_straight_away(void)
{
	struct world *w = world_new(5000, 1000);
	const struct dcf_change *c;

	circle(w, CO, "A", km(15, 0), 10000, 290, 310, 0, 3600);
	circle(w, RU, "B", km(0, 0), 10000, 290, 310, 0, 3600);
	ready(w, CO, "A");
	CHECK(propose(w, dcf_propose_reroute) == 2);
	c = made(w, DCF_CHANGE_MOVE, 0);
	CHECK_MSG(c->distance_m == 10100 && fabs(c->bearing_deg - 90) <= 0.2, "%.1f to %.1f", c->distance_m, c->bearing_deg);
	/* the other one goes quite otherwise: straight across it is sqrt(25^2 - 15^2) = 20 km, at 80 degrees 17.6 km */
	c = made(w, DCF_CHANGE_MOVE, 1);
	CHECK_MSG(c->distance_m >= 17500 && c->distance_m <= 20300, "%.1f to %.1f", c->distance_m, c->bearing_deg);
	world_free(w);
}

/* Squares that overlap by 4 km from west to east and 12 km from south to north: 4 km to the east. */
static void a_square_moves_by_its_least_overlap(void)
{
	struct world *w = world_new(0, 0);
	struct dcf_feature f = {
		.shape = DCF_POLYGON, .lower = level(290), .upper = level(310), .end_us = 3600 * (int64_t)SECOND
	};
	const struct dcf_latlon a[] = { km(6, 0), km(26, 0), km(26, 20), km(6, 20) },
				b[] = { km(-10, -8), km(10, -8), km(10, 12), km(-10, 12) };

	add(w, CO, "A", f, a, 4);
	add(w, RU, "B", f, b, 4);
	ready(w, CO, "A");
	CHECK(propose(w, dcf_propose_reroute) >= 1);
	CHECK_MSG(made(w, DCF_CHANGE_MOVE, 0)->distance_m == 4100 && fabs(made(w, DCF_CHANGE_MOVE, 0)->bearing_deg - 90) < 2,
		  "%.1f to %.1f", made(w, DCF_CHANGE_MOVE, 0)->distance_m, made(w, DCF_CHANGE_MOVE, 0)->bearing_deg);
	world_free(w);
}

static void nothing_moves_beyond_its_limit(void)
{
	struct world *w = world_new(5000, 1000);
	const struct dcf_latlon line[] = { km(-200, 0), km(200, 0) };

	w->ask.limits.max_detour_m = 10000;
	circle(w, CO, "A", km(15, 0), 10000, 290, 310, 0, 3600);
	circle(w, RU, "B", km(0, 0), 10000, 290, 310, 0, 3600);
	flight(w, CO, "F", 400, line, 2);
	circle(w, RU, "Z", km(0, 0), 10000, 390, 410, 0, 3600);
	ready(w, CO, "A");
	CHECK(propose(w, dcf_propose_reroute) == 0);
	world_free(w);
}

/* ---- speed, hold ---- */

/* At 200 m/s the circle is entered after 950 s and left after 1,050 s. */
static struct world *crossing(int64_t from_s, int64_t to_s)
{
	struct world *w = world_new(0, 0);
	const struct dcf_latlon line[] = { km(0, 0), km(100, 0), km(400, 0) };

	flight(w, CO, "F", 300, line, 3);
	circle(w, RU, "Z", km(200, 0), 10000, 290, 310, from_s, to_s);
	ready(w, CO, "F");
	return w;
}

static void speeds_are_the_least_that_clear(void)
{
	struct world *w = crossing(1040, 20000);

	/* out by 1,040 s: 1050 / 1040 = 1.0096; in after 20,000 s: never */
	CHECK(propose(w, dcf_propose_speed) == 1);
	CHECK(made(w, DCF_CHANGE_SPEED, 0)->factor == 1.010);
	world_free(w);
	w = crossing(0, 960);
	/* in after 960 s: 950 / 960 = 0.9896 */
	CHECK(propose(w, dcf_propose_speed) == 1);
	CHECK(made(w, DCF_CHANGE_SPEED, 0)->factor == 0.985);
	world_free(w);
}

static void speeds_keep_their_limits(void)
{
	struct world *w = crossing(0, 960);

	w->ask.limits.min_speed_mps = 199; /* read by the desk at each offer */
	CHECK(propose(w, dcf_propose_speed) == 0);
	world_free(w);
}

static void a_hold_is_the_least_that_clears(void)
{
	struct world *w = crossing(0, 960);

	/* ten seconds and what a metre of doubt takes, at the waypoint that is passed after 500 s */
	CHECK(propose(w, dcf_propose_hold) == 1);
	CHECK_MSG(made(w, DCF_CHANGE_HOLD, 0)->shift_us == 11 * SECOND, "%lld",
		  (long long)made(w, DCF_CHANGE_HOLD, 0)->shift_us);
	CHECK(made(w, DCF_CHANGE_HOLD, 0)->from_us / SECOND == 500 || made(w, DCF_CHANGE_HOLD, 0)->from_us / SECOND == 499);
	CHECK(made(w, DCF_CHANGE_HOLD, 0)->at.lon_e7 == km(100, 0).lon_e7);
	world_free(w);
}

/* ---- resize, split ---- */

/* A is a circle of 10 km from FL100 to FL200 in the second hour; B, as large, lies `east_km` to the east. */
static void second_hour(struct world *w, double east_km, int64_t low_fl, int64_t high_fl, int64_t from_s, int64_t to_s)
{
	circle(w, CO, "A", km(0, 0), 10000, 100, 200, 3600, 7200);
	circle(w, RU, "B", km(east_km, 0), 10000, low_fl, high_fl, from_s, to_s);
	ready(w, CO, "A");
}

static void bands_windows_and_radii_are_cut_as_little_as_need_be(void)
{
	struct world *w = world_new(0, 1000);
	const struct dcf_change *c;

	second_hour(w, 17, 180, 300, 4800, 5400);
	CHECK(propose(w, dcf_propose_resize) == 4);
	/* a ceiling at FL170 leaves 1,000 ft; no floor does */
	CHECK(count_of(w, DCF_CHANGE_FLOOR) == 0 && made(w, DCF_CHANGE_CEILING, 0)->to.e4 == level(170).e4);
	CHECK(w->desk.options[0].cost.altitude_ft == 3000);
	CHECK(made(w, DCF_CHANGE_END, 0)->to_us == 4800 * (int64_t)SECOND &&
	      made(w, DCF_CHANGE_END, 0)->shift_us == 2400 * (int64_t)SECOND);
	CHECK(made(w, DCF_CHANGE_BEGIN, 0)->from_us == 5400 * (int64_t)SECOND);
	c = made(w, DCF_CHANGE_SHRINK, 0);
	CHECK_MSG(c->distance_m == 3100, "%.1f", c->distance_m);
	w->desk.option_count = 0;
	CHECK(propose(w, dcf_propose_split) == 1);
	c = made(w, DCF_CHANGE_SPLIT, 0);
	CHECK(c->from_us == 4800 * (int64_t)SECOND && c->to_us == 5400 * (int64_t)SECOND &&
	      w->desk.options[0].moved[0].feature_count == 2);
	CHECK(w->desk.options[0].cost.total == 600);
	world_free(w);
}

/* From the ground to no limit at all: below or above the other one, in the party's own levels (which are metric here). */
static void what_has_no_limits_is_trimmed_at_standard_pressure(void)
{
	struct world *w = world_new(0, 1000);

	circle(w, CO, "A", km(0, 0), 10000, 0, 0, 3600, 7200);
	w->plan.features[0].lower.ref = DCF_REF_SFC;
	w->plan.features[0].upper.unlimited = true;
	circle(w, RU, "B", km(0, 0), 10000, 180, 300, 0, 9000);
	ready(w, CO, "A");
	CHECK(propose(w, dcf_propose_resize) == 2);
	/* FL310 is 9,449 m and FL170 5,182 m: the next levels beyond are 9,600 m and 5,100 m */
	CHECK(made(w, DCF_CHANGE_FLOOR, 0)->to.e4 == 9600 * (int64_t)DCF_M_E4 &&
	      made(w, DCF_CHANGE_FLOOR, 0)->to.ref == DCF_REF_STD);
	CHECK(made(w, DCF_CHANGE_CEILING, 0)->to.e4 == 5100 * (int64_t)DCF_M_E4 &&
	      made(w, DCF_CHANGE_CEILING, 0)->to.unit == DCF_UNIT_M);
	world_free(w);
}

static void at_least_half_a_radius_is_left(void)
{
	struct world *w = world_new(0, 1000);

	second_hour(w, 14, 180, 300, 0, 9000);
	CHECK(propose(w, dcf_propose_resize) == 1 && count_of(w, DCF_CHANGE_CEILING) == 1);
	world_free(w);
}

/* The other one begins in the middle and outlasts it: only an earlier end helps, and there is nothing to split. */
static void a_window_ends_where_the_other_begins(void)
{
	struct world *w = world_new(0, 0);

	second_hour(w, 0, 100, 200, 5400, 9000);
	CHECK(propose(w, dcf_propose_resize) == 1 && made(w, DCF_CHANGE_END, 0)->to_us == 5400 * (int64_t)SECOND);
	w->desk.option_count = 0;
	CHECK(propose(w, dcf_propose_split) == 0);
	world_free(w);
}

/* ---- pairs ---- */

/* Circles of 10 km at the same level and time, 6 km apart. */
static struct world *side_by_side(void)
{
	struct world *w = world_new(0, 1000);

	circle(w, CO, "A", km(0, 0), 10000, 100, 110, 86400, 90000);
	circle(w, RU, "B", km(6, 0), 10000, 100, 110, 86400, 90000);
	return w;
}

/* One is there all day around its level, others above and below until 7,500 s: only another level and a delay of 3,900 s. */
static void a_level_and_a_delay_together(void)
{
	struct world *w = world_new(0, 1000);
	const struct dcf_option *o;

	w->ask.limits.max_delay_us = 4000 * (int64_t)SECOND;
	w->ask.limits.max_advance_us = 0;
	circle(w, CO, "A", km(0, 0), 10000, 300, 310, 3600, 7200);
	circle(w, RU, "DAY", km(0, 0), 10000, 295, 315, 0, 100000);
	circle(w, RU, "HIGH", km(0, 0), 10000, 315, 600, 3600, 7500);
	circle(w, RU, "LOW", km(0, 0), 10000, 0, 295, 3600, 7500);
	ready(w, CO, "A");
	CHECK(propose(w, dcf_propose_delay) == 0 && propose(w, dcf_propose_altitude) == 0);
	CHECK(propose(w, dcf_propose_combined) == 2);
	for (size_t i = 0; i < w->desk.option_count; i++) {
		o = &w->desk.options[i];
		CHECK(o->kind == DCF_OPTION_COMBINED && o->moved[0].change_count == 2 &&
		      o->moved[0].kind == DCF_OPTION_ALTITUDE);
		CHECK(llabs(o->moved[0].change[0].lift_e4) == 3000 * DCF_FT_E4 &&
		      o->moved[0].change[1].shift_us == 3900 * (int64_t)SECOND);
		CHECK(o->cost.total == 4200);
	}
	world_free(w);
}

static void both_move_half(void)
{
	struct world *w = side_by_side();
	int times = 0, levels = 0, aside = 0;

	ready(w, CO, "A");
	CHECK(propose(w, dcf_propose_joint) == 5);
	for (size_t i = 0; i < w->desk.option_count; i++) {
		const struct dcf_option *o = &w->desk.options[i];
		const struct dcf_change *a = &o->moved[0].change[0], *b = &o->moved[1].change[0];

		CHECK(o->kind == DCF_OPTION_JOINT && o->moved_count == 2 && o->moved[0].operation != o->moved[1].operation);
		times += a->how == DCF_CHANGE_SHIFT && a->shift_us == -b->shift_us &&
			 llabs(a->shift_us) == 1800 * (int64_t)SECOND;
		levels += a->how == DCF_CHANGE_LIFT && a->lift_e4 == -b->lift_e4 && llabs(a->lift_e4) == 1000 * DCF_FT_E4;
		/* 14 km between them: straight apart, so that A goes west and B east */
		aside += a->how == DCF_CHANGE_MOVE && a->distance_m == 7100 && b->distance_m == 7100 && a->bearing_deg == 270 &&
			 b->bearing_deg == 90;
	}
	CHECK(times == 2 && levels == 2 && aside == 1);
	world_free(w);
}

/* Towards each other on lines 0.95 km apart, with 5 km to keep: both 2.025 km to the right, or 2.975 km to the left. */
static void both_keep_to_one_side(void)
{
	struct world *w = world_new(5000, 1000);
	const struct dcf_latlon east[] = { km(-200, 0), km(200, 0) }, west[] = { km(200, 0.95), km(-200, 0.95) };
	double right = 0, left = 0;

	flight(w, CO, "E", 300, east, 2);
	flight(w, RU, "W", 300, west, 2);
	ready(w, CO, "E");
	CHECK(propose(w, dcf_propose_joint) >= 2);
	for (size_t i = 0; i < w->desk.option_count; i++) {
		const struct dcf_change *a = &w->desk.options[i].moved[0].change[0],
					*b = &w->desk.options[i].moved[1].change[0];

		if (a->how != DCF_CHANGE_OFFSET)
			continue;
		CHECK(a->distance_m == b->distance_m);
		*(a->distance_m > 0 ? &right : &left) = a->distance_m;
	}
	CHECK_MSG(right == 2100 && left == -3000, "%.1f, %.1f", right, left);
	world_free(w);
}

static void one_side_alone_shares_nothing(void)
{
	struct world *w = side_by_side();

	ready(w, RU, "B");
	CHECK(propose(w, dcf_propose_joint) == 0); /* A comes first, and has asked already */
	world_free(w);
	w = side_by_side();
	w->plan.operations[1].limits.fixed = true;
	ready(w, CO, "A");
	CHECK(propose(w, dcf_propose_joint) == 0);
	world_free(w);
}

/* ---- what may be known, and when to end ---- */

static dcf_propose_fn *const all_kinds[] = { dcf_propose_reroute, dcf_propose_speed, dcf_propose_hold,
					     dcf_propose_resize,  dcf_propose_split, dcf_propose_joint };

static void hidden_operations_shape_no_candidate(void)
{
	struct world *w = world_new(5000, 1000);
	const struct dcf_latlon line[] = { km(-200, 0), km(200, 0) };
	uint32_t nobody[1] = { RU };

	flight(w, CO, "F", 300, line, 2);
	circle(w, CO, "A", km(0, 0), 10000, 290, 310, 0, 3600);
	circle(w, RU, "Z", km(0, 0), 10000, 290, 310, 0, 100000);
	for (size_t i = 0; i < w->plan.operation_count; i++) {
		if (w->plan.operations[i].party == RU) {
			w->plan.operations[i].disclosed_to = nobody;
			w->plan.operations[i].disclosed_count = 1;
		}
	}
	w->ask.reader = CO;
	ready(w, CO, "F");
	CHECK(w->c.clash_count == 1 && !w->c.clash[0].visible);
	for (size_t i = 0; i < sizeof all_kinds / sizeof *all_kinds; i++)
		CHECK(propose(w, all_kinds[i]) == 0);
	CHECK(w->desk.offers == 0);
	world_free(w);
}

static bool at_once(void *ctx)
{
	(void)ctx;
	return true;
}

static void kinds_end_when_time_is_up(void)
{
	struct world *w = world_new(5000, 1000);

	w->ask.stop = at_once;
	circle(w, CO, "A", km(15, 0), 10000, 290, 310, 0, 3600);
	circle(w, RU, "B", km(0, 0), 10000, 290, 310, 0, 3600);
	ready(w, CO, "A");
	for (size_t i = 0; i < sizeof all_kinds / sizeof *all_kinds; i++)
		CHECK(propose(w, all_kinds[i]) == 0);
	CHECK(propose(w, dcf_propose_combined) == 0);
	world_free(w);
}

/* The heap until the `fail_at`th call, which and all later ones fail. */
struct short_heap {
	size_t calls, fail_at;
	int64_t blocks;
};

static void *short_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct short_heap *h = ctx;

	if (new_size > 0 && ++h->calls >= h->fail_at)
		return NULL;
	h->blocks += (new_size > 0) - (p != NULL);
	return heap.resize(heap.ctx, p, old_size, new_size);
}

/* All kinds with memory that ends at call `fail_at`; true when it lasted. */
static bool with_memory(struct world *w, uint32_t operation, size_t fail_at)
{
	struct short_heap h = { .fail_at = fail_at };
	const struct dcf_alloc a = { .ctx = &h, .resize = short_resize };
	struct dcf_arena keep = { .from = &a };
	struct dcf_set shifts = { .from = &a }, lifts = { .from = &a };
	struct dcf_desk desk;
	struct dcf_case c;
	enum dcf_status s;

	dcf_desk_init(&desk, &w->st, &w->ask, &keep, &a);
	s = dcf_case_open(&desk, operation, &shifts, &lifts, &c);
	for (const struct dcf_kind *k = dcf_kinds; k->propose && s == DCF_OK; k++)
		s = k->propose(&desk, &c);
	CHECK(s == DCF_OK || s == DCF_E_NOMEM);
	CHECK(s != DCF_OK || h.calls < fail_at);
	dcf_set_free(&shifts);
	dcf_set_free(&lifts);
	dcf_desk_free(&desk);
	dcf_arena_free(&keep);
	CHECK(h.blocks == 0);
	return s == DCF_OK;
}

static void kinds_survive_any_failed_allocation(void)
{
	struct world *w = world_new(5000, 1000);
	const struct dcf_latlon line[] = { km(-200, 0), km(-100, 0), km(200, 0) }, north[] = { km(0, -200), km(0, 200) };
	size_t n = 0;

	flight(w, CO, "F", 300, line, 3);
	flight(w, RU, "G", 300, north, 2);
	circle(w, RU, "Z", km(0, 20), 10000, 290, 310, 0, 1800);
	circle(w, CO, "A", km(0, 20), 10000, 290, 310, 0, 1800);
	ready(w, CO, "F");
	for (uint32_t i = 0; i < w->plan.operation_count; i++)
		for (n = 1; !with_memory(w, i, n); n++)
			;
	CHECK_MSG(n > 10, "%zu", n);
	world_free(w);
}

/* No kind floods the desk, whatever the world. */
enum { OFFERS_MAX = 60 };

static void try_kinds(struct dcf_desk *desk, const struct dcf_case *c, uint64_t number, size_t *most)
{
	for (const struct dcf_kind *k = dcf_kinds; k->propose; k++) {
		size_t before = desk->offers, n;

		CHECK(k->propose(desk, c) == DCF_OK);
		n = desk->offers - before;
		most[k->kind] = n > most[k->kind] ? n : most[k->kind];
		if (k->kind != DCF_OPTION_DELAY && k->kind != DCF_OPTION_ADVANCE && k->kind != DCF_OPTION_ALTITUDE)
			CHECK_MSG(n <= OFFERS_MAX, "world %llu, %s: %zu", (unsigned long long)number,
				  dcf_option_kind_name(k->kind), n);
	}
}

static void offers_are_few(void)
{
	size_t most[DCF_OPTION_KINDS] = { 0 };
	struct dcf_ora_scale scale = { 4, 12 };

	for (uint64_t number = 0; number < 80; number++) {
		struct dcf_ora_world ow;
		struct world *w = calloc(1, sizeof *w);

		if (!dcf_ora_world_make(&ow, seed, number, scale, NULL)) {
			free(w);
			continue;
		}
		w->ask = dcf_ask_usual(&ow.plan);
		CHECK(dcf_standing_build(&ow.plan, &ow.options, &heap, &w->st) == DCF_OK);
		w->keep.from = w->shifts.from = w->lifts.from = &heap;
		dcf_desk_init(&w->desk, &w->st, &w->ask, &w->keep, &heap);
		for (uint32_t i = 0; i < ow.plan.operation_count && i < 6; i++) {
			CHECK(dcf_case_open(&w->desk, i, &w->shifts, &w->lifts, &w->c) == DCF_OK);
			if (w->c.clash_count > 0)
				try_kinds(&w->desk, &w->c, number, most);
		}
		dcf_set_free(&w->shifts);
		dcf_set_free(&w->lifts);
		dcf_desk_free(&w->desk);
		dcf_arena_free(&w->keep);
		dcf_standing_free(&w->st);
		dcf_ora_world_free(&ow);
		free(w);
	}
	for (uint8_t k = 0; k < DCF_OPTION_KINDS; k++)
		printf("# %s: at most %zu offers\n", dcf_option_kind_name(k), most[k]);
}

int main(void)
{
	heap = dcf_alloc_heap();
	if (getenv("DCF_SEED"))
		seed = strtoull(getenv("DCF_SEED"), NULL, 10);
	printf("# DCF_SEED=%llu\n", (unsigned long long)seed);
	return TAP_RUN(TAP(a_flight_passes_a_circle), TAP(distances_are_said_in_the_partys_own_unit),
		       TAP(the_nearer_side_is_shorter_and_the_margin_is_kept), TAP(two_circles_are_passed_together),
		       TAP(no_way_around_from_within), TAP(a_corridor_is_led_around_with_its_width),
		       TAP(a_flight_passes_behind_another), TAP(a_circle_moves_straight_away),
		       TAP(a_square_moves_by_its_least_overlap), TAP(nothing_moves_beyond_its_limit),
		       TAP(speeds_are_the_least_that_clear), TAP(speeds_keep_their_limits),
		       TAP(a_hold_is_the_least_that_clears), TAP(bands_windows_and_radii_are_cut_as_little_as_need_be),
		       TAP(a_window_ends_where_the_other_begins), TAP(at_least_half_a_radius_is_left),
		       TAP(what_has_no_limits_is_trimmed_at_standard_pressure), TAP(a_level_and_a_delay_together),
		       TAP(both_move_half), TAP(both_keep_to_one_side), TAP(one_side_alone_shares_nothing),
		       TAP(hidden_operations_shape_no_candidate), TAP(kinds_end_when_time_is_up),
		       TAP(kinds_survive_any_failed_allocation), TAP(offers_are_few));
}
