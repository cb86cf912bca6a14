/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of lines and trajectories over the ground: a parallel, a way around. */
#include "options/change_int.h"
#include "options/ways.h"

/* A leg may become this much faster before what follows is made later. */
#define FASTER 1.02

static bool is_line(const struct dcf_feature *f)
{
	return f->shape == DCF_CORRIDOR || f->shape == DCF_ORBIT || f->shape == DCF_TRAJECTORY;
}

static int64_t blend(int64_t a, int64_t b, double part)
{
	return a + (int64_t)dcf_floor((double)(b - a) * part + 0.5);
}

enum dcf_status dcf_station_at(const struct dcf_feature *f, uint32_t leg, double part, struct dcf_station *out)
{
	const struct dcf_waypoint *a = &f->waypoints[leg], *b = part > 0 ? a + 1 : a;
	bool end = part >= 1;

	*out = (struct dcf_station){ .at = end ? f->points[leg + 1] : f->points[leg], .w = end ? *b : *a };
	if (part <= 0 || end)
		return DCF_OK;
	if (a->altitude.unlimited || b->altitude.unlimited || a->altitude.ref != b->altitude.ref)
		return DCF_E_RANGE;
	out->w.altitude.e4 = blend(a->altitude.e4, b->altitude.e4, part);
	out->w.time_us = dcf_up_to_ms((double)(b->time_us - a->time_us) * part) + a->time_us;
	if (out->w.time_us >= b->time_us)
		out->w.time_us = blend(a->time_us, b->time_us, part);
	return dcf_leg_point(f->points[leg], f->points[leg + 1], f->edges, part, &out->at);
}

enum dcf_status dcf_take_stations(struct dcf_feature *f, const struct dcf_station *at, uint32_t count, struct dcf_arena *arena)
{
	struct dcf_latlon *points = dcf_arena_get(arena, count * sizeof *points);
	struct dcf_waypoint *w = dcf_arena_get(arena, count * sizeof *w);

	if (!points || !w)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0 && at[i].w.time_us <= at[i - 1].w.time_us)
			return DCF_E_RANGE;
		points[i] = at[i].at;
		w[i] = at[i].w;
	}
	f->points = points;
	f->waypoints = w;
	f->point_count = count;
	f->start_us = w[0].time_us;
	f->end_us = w[count - 1].time_us;
	return DCF_OK;
}

/* ---- a parallel ---- */

/* Metres a microsecond on the fastest leg. */
static enum dcf_status fastest(const struct dcf_feature *f, double *speed)
{
	enum dcf_status s = DCF_OK;
	struct dcf_leg leg;

	*speed = 0;
	for (uint32_t i = 1; i < f->point_count && s == DCF_OK; i++) {
		double dt = (double)(f->waypoints[i].time_us - f->waypoints[i - 1].time_us), v;

		s = dcf_leg_of(f->points[i - 1], f->points[i], f->edges, &leg);
		v = dt > 0 ? leg.metres / dt : 0;
		*speed = v > *speed ? v : *speed;
	}
	return s;
}

/* Microseconds that the leg between the points k - 1 and k of the way takes: as before, or, where that would make it
 * more than 2 % faster (or no time is left at all, at a corner that became two), at the old speed. */
static enum dcf_status leg_time(const struct dcf_feature *f, const struct dcf_way *way, uint32_t k, double top, int64_t *us)
{
	uint32_t a = way->from[k - 1], b = way->from[k];
	int64_t old_us = f->waypoints[b].time_us - f->waypoints[a].time_us;
	struct dcf_leg now, before;
	double speed;
	enum dcf_status s = dcf_leg_of(way->points[k - 1], way->points[k], f->edges, &now);

	if (s == DCF_OK)
		s = dcf_leg_of(f->points[a], f->points[b], f->edges, &before);
	if (s != DCF_OK)
		return s;
	speed = before.metres > 0 && old_us > 0 ? before.metres / (double)old_us : top;
	*us = old_us;
	if (now.metres > FASTER * speed * (double)old_us)
		*us = speed > 0 ? dcf_up_to_ms(now.metres / speed) : old_us;
	return DCF_OK;
}

static enum dcf_status track_along(struct dcf_feature *f, const struct dcf_way *way, struct dcf_arena *arena)
{
	struct dcf_station *at = dcf_arena_get(arena, way->count * sizeof *at);
	enum dcf_status s;
	int64_t us;
	double top;

	if (!at)
		return DCF_E_NOMEM;
	s = fastest(f, &top);
	for (uint32_t k = 0; k < way->count && s == DCF_OK; k++) {
		at[k] = (struct dcf_station){ way->points[k], f->waypoints[way->from[k]] };
		if (k > 0 && (s = leg_time(f, way, k, top, &us)) == DCF_OK)
			at[k].w.time_us = at[k - 1].w.time_us + us;
	}
	return s == DCF_OK ? dcf_take_stations(f, at, way->count, arena) : s;
}

static enum dcf_status offset_one(struct dcf_feature *f, double aside_m, struct dcf_arena *arena, double *extra_m)
{
	struct dcf_way way;
	double before, after;
	enum dcf_status s;

	if (!is_line(f))
		return DCF_E_RANGE;
	if ((s = dcf_way_aside(f->points, f->point_count, false, f->edges, aside_m, arena, &way)) != DCF_OK ||
	    (s = dcf_way_metres(f->points, f->point_count, f->edges, &before)) != DCF_OK ||
	    (s = dcf_way_metres(way.points, way.count, f->edges, &after)) != DCF_OK)
		return s;
	*extra_m += after - before;
	if (f->shape == DCF_TRAJECTORY)
		return track_along(f, &way, arena);
	f->points = way.points;
	f->point_count = way.count;
	return DCF_OK;
}

enum dcf_status dcf_apply_offset(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				 struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);

	c->extra_m = 0;
	for (uint32_t i = 0; i < out->count && s == DCF_OK; i++)
		s = offset_one(&out->at[i], c->distance_m, arena, &c->extra_m);
	c->extra_m = c->extra_m > 0 ? c->extra_m : 0;
	return s;
}

/* ---- a way around ---- */

static bool same(struct dcf_latlon a, struct dcf_latlon b)
{
	return a.lat_e7 == b.lat_e7 && a.lon_e7 == b.lon_e7;
}

/* The part of leg `leg` at which `at`, a point on it, lies. */
static enum dcf_status part_of(const struct dcf_feature *f, uint32_t leg, struct dcf_latlon at, double *part)
{
	struct dcf_leg whole, first;
	enum dcf_status s = dcf_leg_of(f->points[leg], f->points[leg + 1], f->edges, &whole);

	if (s == DCF_OK)
		s = dcf_leg_of(f->points[leg], at, f->edges, &first);
	if (s != DCF_OK)
		return s;
	*part = same(at, f->points[leg])       ? 0
		: same(at, f->points[leg + 1]) ? 1
		: whole.metres > 0             ? first.metres / whole.metres
					       : 0;
	*part = *part < 1 ? *part : 1;
	return DCF_OK;
}

/* The new line: the points of the way around are at[first] .. at[last]. */
struct around {
	struct dcf_latlon *at;
	uint32_t count, first, last;
};

static void put(struct around *a, struct dcf_latlon p)
{
	if (a->count == 0 || !same(a->at[a->count - 1], p))
		a->at[a->count++] = p;
}

static enum dcf_status lead_around(const struct dcf_feature *f, const struct dcf_change *c, struct dcf_arena *arena,
				   struct around *a)
{
	*a = (struct around){ .at = dcf_arena_get(arena, (f->point_count + 4) * sizeof *a->at) };
	if (!a->at)
		return DCF_E_NOMEM;
	/* points that a line declares twice stay: only the joints of the way around are merged */
	for (uint32_t i = 0; i <= c->leave_leg; i++)
		a->at[a->count++] = f->points[i];
	put(a, c->leave);
	a->first = a->count - 1;
	put(a, c->at);
	put(a, c->at2);
	put(a, c->rejoin);
	a->last = a->count - 1;
	for (uint32_t i = c->rejoin_leg + 1; i < f->point_count; i++) {
		if (i == c->rejoin_leg + 1 && same(c->rejoin, f->points[i]))
			continue;
		a->at[a->count++] = f->points[i];
	}
	return DCF_OK;
}

/* Metres of the declared line from `leave` to `rejoin`. */
static enum dcf_status direct_metres(const struct dcf_feature *f, const struct dcf_change *c, double *metres)
{
	struct dcf_latlon at = c->leave;
	enum dcf_status s = DCF_OK;
	struct dcf_leg leg;

	*metres = 0;
	for (uint32_t i = c->leave_leg + 1; i <= c->rejoin_leg && s == DCF_OK; i++) {
		s = dcf_leg_of(at, f->points[i], f->edges, &leg);
		*metres += leg.metres;
		at = f->points[i];
	}
	if (s == DCF_OK)
		s = dcf_leg_of(at, c->rejoin, f->edges, &leg);
	*metres += leg.metres;
	return s;
}

/* Times and levels of the way around: its mean speed is the one between `leave` and `rejoin` before, all that follows is
 * later by what it takes longer; levels change evenly along it. */
static enum dcf_status fly_around(struct dcf_feature *f, const struct dcf_change *c, const struct around *a, double before,
				  double after, struct dcf_arena *arena)
{
	struct dcf_station *at = dcf_arena_get(arena, a->count * sizeof *at), leave, rejoin;
	double part, done = 0, us;
	int64_t later;
	struct dcf_leg leg;
	enum dcf_status s;

	if (!at)
		return DCF_E_NOMEM;
	if ((s = part_of(f, c->leave_leg, c->leave, &part)) != DCF_OK ||
	    (s = dcf_station_at(f, c->leave_leg, part, &leave)) != DCF_OK ||
	    (s = part_of(f, c->rejoin_leg, c->rejoin, &part)) != DCF_OK ||
	    (s = dcf_station_at(f, c->rejoin_leg, part, &rejoin)) != DCF_OK)
		return s;
	us = (double)(rejoin.w.time_us - leave.w.time_us);
	if (!(us > 0 && before > 0) || leave.w.altitude.ref != rejoin.w.altitude.ref)
		return DCF_E_RANGE;
	us = after > before ? us * after / before : us;
	later = leave.w.time_us + dcf_up_to_ms(us) - rejoin.w.time_us;
	for (uint32_t i = 0; i < a->count; i++) {
		if (i < a->first) {
			at[i] = (struct dcf_station){ a->at[i], f->waypoints[i] };
			continue;
		}
		if (i > a->last) {
			at[i] = (struct dcf_station){ a->at[i], f->waypoints[f->point_count - (a->count - i)] };
			at[i].w.time_us += later;
			continue;
		}
		if (i > a->first && (s = dcf_leg_of(a->at[i - 1], a->at[i], f->edges, &leg)) != DCF_OK)
			return s;
		done += i > a->first ? leg.metres : 0;
		at[i] = (struct dcf_station){ a->at[i], leave.w };
		at[i].w.time_us += dcf_up_to_ms(us * done / after);
		at[i].w.altitude.e4 = blend(leave.w.altitude.e4, rejoin.w.altitude.e4, done < after ? done / after : 1);
	}
	return dcf_take_stations(f, at, a->count, arena);
}

/* Of one line or trajectory only: with several features a point does not say which of them is meant. */
enum dcf_status dcf_apply_dogleg(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				 struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);
	struct dcf_feature *f = out->at;
	double before, after;
	struct around a;

	if (s != DCF_OK)
		return s;
	if (out->count != 1 || !is_line(f) || f->shape == DCF_ORBIT || c->leave_leg > c->rejoin_leg ||
	    c->rejoin_leg + 1 >= f->point_count)
		return DCF_E_RANGE;
	if ((s = lead_around(f, c, arena, &a)) != DCF_OK || (s = direct_metres(f, c, &before)) != DCF_OK ||
	    (s = dcf_way_metres(a.at + a.first, a.last - a.first + 1, f->edges, &after)) != DCF_OK)
		return s;
	c->extra_m = after > before ? after - before : 0;
	if (f->shape == DCF_TRAJECTORY)
		return fly_around(f, c, &a, before, after, arena);
	f->points = a.at;
	f->point_count = a.count;
	return DCF_OK;
}
