/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/name.h"
#include "bench/random.h"
#include "bench/workload.h"
#include "core/num.h"

enum { FOR_FLIGHT = 'B', FOR_HUB = 'H', AIRLINES = 20, MAX_WAYPOINTS = 200, FLIGHTS_A_HUB = 500 };

static const double flights_at_density = 100e3, side_at_density_m = 3000 * DCF_BENCH_NM;
static const double shortest_m = 100e3, longest_m = 2500e3, spread_m = 60e3;
static const double day_s = 24 * 3600;

struct hub {
	double x, y;
};

struct sky {
	struct hub *hubs;
	uint32_t hub_count;
	struct dcf_bench_frame frame;
	struct dcf_plan *plan;
	uint64_t seed;
};

/* What a flight is made of before its points are laid out. */
struct route {
	double ax, ay, bx, by, length; /* metres */
	double speed, climb;           /* m/s */
	double low, cruise;            /* metres of altitude in 0.1 mm: climb from and to `low` */
	double sway, waves, phase;     /* metres to the side, waves along the way, where it begins */
	uint32_t count;
	double start_s;
};

static double distance(double dx, double dy)
{
	return dcf_sqrt(dx * dx + dy * dy);
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

/* Two hubs 100-2,500 km apart with the flight's own ends near them, so that climbs and descents are
 * spread out.  Where chance gives none (few hubs, all far apart) the flight ends in the open, 100-2,500 km away. */
static void choose_ends(const struct sky *sky, struct dcf_random *r, struct route *route)
{
	double dx, dy;

	for (int tries = 0; tries < 64; tries++) {
		struct hub a = sky->hubs[dcf_random_int(r, 0, (int32_t)sky->hub_count - 1)];
		struct hub b = sky->hubs[dcf_random_int(r, 0, (int32_t)sky->hub_count - 1)];

		in_disc(r, spread_m, &dx, &dy);
		route->ax = a.x + dx;
		route->ay = a.y + dy;
		in_disc(r, spread_m, &dx, &dy);
		route->bx = b.x + dx;
		route->by = b.y + dy;
		route->length = distance(route->bx - route->ax, route->by - route->ay);
		if (route->length >= shortest_m && route->length <= longest_m)
			return;
	}
	do {
		in_disc(r, longest_m / 4, &dx, &dy);
		route->length = distance(dx, dy);
	} while (!(route->length >= shortest_m));
	route->bx = route->ax + dx;
	route->by = route->ay + dy;
}

static struct route choose_route(const struct sky *sky, struct dcf_random *r)
{
	struct route f = { .speed = dcf_random_in(r, 190, 260), .climb = dcf_random_in(r, 8, 14) };
	double flying_s;

	choose_ends(sky, r, &f);
	f.low = dcf_random_int(r, 40, 110) * 100 * DCF_FT_E4;
	f.cruise = dcf_random_int(r, 18, 41) * 1000 * DCF_FT_E4;
	f.sway = dcf_random_in(r, -0.04, 0.04) * f.length;
	f.waves = dcf_random_in(r, 0.5, 2);
	f.phase = dcf_random_in(r, 0, 2 * DCF_PI);
	f.count = (uint32_t)dcf_random_int(r, 20, MAX_WAYPOINTS);
	flying_s = 1.2 * f.length / f.speed;
	f.start_s = dcf_random_in(r, 0, day_s - flying_s);
	return f;
}

/* The altitude after `since` seconds with `left` seconds to go. */
static double altitude_at(const struct route *f, double since, double left)
{
	double up = f->low + since * f->climb * DCF_M_E4, down = f->low + left * f->climb * DCF_M_E4;
	double e4 = up < down ? up : down;

	return e4 < f->cruise ? e4 : f->cruise;
}

/* Where the flight is at its waypoint `i`: on the straight way, and swaying to its side. */
static void point_at(const struct route *f, uint32_t i, double *x, double *y)
{
	double t = (double)i / (f->count - 1), s, c, aside;

	dcf_sincos(f->phase + t * f->waves * 2 * DCF_PI, &s, &c);
	aside = f->sway * s / f->length;
	*x = f->ax + (f->bx - f->ax) * t - (f->by - f->ay) * aside;
	*y = f->ay + (f->by - f->ay) * t + (f->bx - f->ax) * aside;
}

static enum dcf_status lay_out(const struct sky *sky, const struct route *f, struct dcf_feature *out)
{
	struct dcf_arena *arena = &sky->plan->arena;
	double x[MAX_WAYPOINTS], y[MAX_WAYPOINTS], at[MAX_WAYPOINTS];

	out->points = dcf_arena_get(arena, f->count * sizeof *out->points);
	out->waypoints = dcf_arena_get(arena, f->count * sizeof *out->waypoints);
	if (!out->points || !out->waypoints)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < f->count; i++) {
		point_at(f, i, &x[i], &y[i]);
		at[i] = i ? at[i - 1] + distance(x[i] - x[i - 1], y[i] - y[i - 1]) / f->speed : 0;
		out->points[i] = dcf_bench_place(&sky->frame, x[i], y[i]);
	}
	for (uint32_t i = 0; i < f->count; i++)
		out->waypoints[i] = (struct dcf_waypoint){
			.time_us = DCF_BENCH_EPOCH_US + (int64_t)((f->start_s + at[i]) * 1e6),
			.altitude = { .e4 = (int64_t)altitude_at(f, at[i], at[f->count - 1] - at[i]),
				      .ref = DCF_REF_STD,
				      .unit = DCF_UNIT_FT },
		};
	out->point_count = f->count;
	out->start_us = out->waypoints[0].time_us;
	out->end_us = out->waypoints[f->count - 1].time_us;
	return DCF_OK;
}

static enum dcf_status add_flight(const struct sky *sky, uint32_t i)
{
	struct dcf_random r = dcf_random_of(sky->seed, FOR_FLIGHT, i);
	struct route f = choose_route(sky, &r);
	struct dcf_feature out = { .where = DCF_SPAN("workload B"),
				   .acm = DCF_SPAN(""),
				   .shape = DCF_TRAJECTORY,
				   .edges = DCF_EDGES_GEODESIC,
				   .sent_us = DCF_TIME_NONE,
				   .received_us = DCF_TIME_NONE };
	char text[DCF_BENCH_NAME];
	enum dcf_status s;

	out.party = (uint32_t)dcf_random_int(&r, 0, AIRLINES - 1);
	s = dcf_plan_operation(sky->plan, out.party, dcf_bench_name(text, 'B', i), &out.operation);
	if (s == DCF_OK)
		s = lay_out(sky, &f, &out);
	if (s != DCF_OK)
		return s;
	out.id = sky->plan->operations[out.operation].id;
	return dcf_plan_add_feature(sky->plan, &out);
}

enum dcf_status dcf_bench_plan_b(const struct dcf_bench_spec *spec, struct dcf_plan *plan)
{
	const struct dcf_alloc *a = plan->arena.from;
	struct sky sky = { .plan = plan, .seed = spec->seed, .hub_count = spec->n / FLIGHTS_A_HUB };
	double half = side_at_density_m * dcf_sqrt(spec->n / flights_at_density) / 2;
	enum dcf_status s = DCF_OK;
	char text[DCF_BENCH_NAME];

	if (sky.hub_count < 2)
		sky.hub_count = 2;
	sky.frame = dcf_bench_frame_of((struct dcf_latlon){ 400000000, 100000000 }, false);
	sky.hubs = dcf_alloc_new(a, sky.hub_count * sizeof *sky.hubs);
	if (!sky.hubs)
		return DCF_E_NOMEM;
	for (uint32_t k = 0; k < sky.hub_count; k++) {
		struct dcf_random r = dcf_random_of(spec->seed, FOR_HUB, k);

		sky.hubs[k].x = dcf_random_in(&r, -half, half);
		sky.hubs[k].y = dcf_random_in(&r, -half, half);
	}
	for (uint32_t p = 0; p < AIRLINES && s == DCF_OK; p++) {
		uint32_t index;

		s = dcf_plan_party(plan, dcf_bench_name(text, 'P', p), &index);
	}
	for (uint32_t i = 0; i < spec->n && s == DCF_OK; i++)
		s = add_flight(&sky, i);
	dcf_alloc_free(a, sky.hubs, sky.hub_count * sizeof *sky.hubs);
	return s;
}
