/* SPDX-License-Identifier: Apache-2.0 */
/* flight.c - bands, windows and flights, laid against those of an earlier feature. */
#include "oracle/motion.h"
#include "oracle/world_int.h"
#include <stdlib.h>

enum { FT = DCF_FT_E4, SECOND = 1000000 };

double dcf_ora_aim(struct maker *m)
{
	static const double off[] = { 0, 0, 0.3, -0.3, 0.9, 2, -2, 10, -10 };
	double l = m->lateral;

	if (m->family->gaps == GAP_NONE)
		return -1;
	if (m->family->gaps == GAP_GRAZE || dcf_ora_chance(&m->r, 0.5)) {
		double gap = dcf_ora_chance(&m->r, 0.7) ? l : 0;

		gap += DCF_ORA_PICK(&m->r, off);
		/* beyond 100 km the tolerance is 1e-5 of the distance: stand clear of that too */
		return gap > 1e5 && dcf_ora_chance(&m->r, 0.5) ? gap * (1 + dcf_ora_uniform(&m->r, -3e-5, 3e-5)) : gap;
	}
	return dcf_ora_chance(&m->r, 0.3) ? -1 : dcf_ora_uniform(&m->r, 0, 2 * l + m->family->size[0]);
}

/* The band of an earlier feature, whatever its reference. */
static void band_of(const struct dcf_feature *f, int64_t *low, int64_t *high)
{
	*low = f->lower.e4;
	*high = f->upper.unlimited ? f->lower.e4 + 1000 * FT : f->upper.e4;
	if (f->shape == DCF_TRAJECTORY) {
		*low = f->waypoints[f->point_count / 2].altitude.e4 - f->containment_e4;
		*high = *low + 2 * f->containment_e4;
	}
}

static void choose_band(struct maker *m, const struct dcf_feature *other, int64_t *low, int64_t *high)
{
	static const int64_t off[] = { 0, 0, 0, 1, -1, FT, -FT, 10 * FT, -100 * FT };
	int64_t thick = FT * dcf_ora_between_i(&m->r, dcf_ora_chance(&m->r, 0.1) ? 0 : 10, 3000), lo, hi;
	double p = m->family->levels == LEVEL_EXACT ? 0.9 : m->family->levels == LEVEL_SAME ? 0 : 0.4;

	*low = FT * dcf_ora_between_i(&m->r, 10, 40000);
	if (other) {
		int64_t gap = dcf_ora_chance(&m->r, 0.7) ? m->vertical : 0;

		gap += DCF_ORA_PICK(&m->r, off);
		band_of(other, &lo, &hi);
		hi = hi < lo ? lo : hi; /* limits of different references may seem upside down */
		if (!dcf_ora_chance(&m->r, p))
			*low = lo + dcf_ora_between_i(&m->r, -thick, hi - lo);
		else
			*low = dcf_ora_chance(&m->r, 0.5) ? hi + gap : lo - gap - thick;
	}
	/* large worlds walk from band to band: bring them back to where readers accept an altitude */
	if (*low < -1000 * (int64_t)FT || *low > 60000 * (int64_t)FT)
		*low = 10000 * (int64_t)FT;
	*high = *low + thick;
}

static uint8_t reference(struct maker *m)
{
	return m->family->levels == LEVEL_REFS ? (uint8_t)dcf_ora_below(&m->r, DCF_REF_COUNT) : m->ref;
}

void dcf_ora_band(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other)
{
	int64_t low, high;

	choose_band(m, other, &low, &high);
	f->lower = (struct dcf_altitude){ .e4 = low, .ref = reference(m), .unit = DCF_UNIT_M };
	f->upper = (struct dcf_altitude){ .e4 = high, .ref = reference(m), .unit = DCF_UNIT_M };
	if (dcf_ora_chance(&m->r, 0.04))
		f->lower = (struct dcf_altitude){ .ref = DCF_REF_SFC };
	if (dcf_ora_chance(&m->r, 0.04))
		f->upper.unlimited = true;
}

void dcf_ora_window(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other)
{
	int64_t length = SECOND * dcf_ora_between_i(&m->r, 60, 20000),
		start = m->time + SECOND * dcf_ora_between_i(&m->r, -900, 900);
	uint32_t how = dcf_ora_below(&m->r, 8);

	if (other && (m->family->windows == WINDOW_EDGE || (m->family->windows == WINDOW_MIX && dcf_ora_chance(&m->r, 0.2)))) {
		if (how == 0) /* it begins when the other ends: no conflict */
			start = other->end_us;
		else if (how == 1)
			start = other->start_us - length;
		else if (how == 2) /* one microsecond together */
			start = other->end_us - 1;
		else if (how == 3)
			start = other->start_us - length + 1;
		else if (how == 4) { /* an instant of one microsecond */
			start = dcf_ora_between_i(&m->r, other->start_us, other->end_us - 1);
			length = 1;
		} else if (how == 5)
			start = other->start_us - SECOND * dcf_ora_between_i(&m->r, 0, 9000);
		else
			start = dcf_ora_between_i(&m->r, other->start_us, other->end_us);
	} else if (other && m->family->windows == WINDOW_SAME) {
		start = other->start_us;
		length = other->end_us - start;
	}
	f->start_us = start;
	f->end_us = start + length;
}

static void *taken(void *p)
{
	if (!p)
		abort();
	return p;
}

/* Level, stepping or climbing through the band of the other. */
static void altitudes(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other)
{
	static const int64_t contain[] = { 0, 0, 100 * FT, 500 * FT };
	uint8_t ref = reference(m);
	int64_t low, high, step;
	uint32_t how = dcf_ora_below(&m->r, 4);

	choose_band(m, other, &low, &high);
	f->containment_e4 = dcf_ora_chance(&m->r, 0.5) ? (high - low) / 2 : DCF_ORA_PICK(&m->r, contain);
	step = FT * dcf_ora_between_i(&m->r, -3000, 3000);
	for (uint32_t i = 0; i < f->point_count; i++) {
		struct dcf_altitude *a = &f->waypoints[i].altitude;

		*a = (struct dcf_altitude){ .e4 = low + f->containment_e4, .ref = ref, .unit = DCF_UNIT_M };
		if (how == 1)
			a->e4 += step * ((int64_t)i - f->point_count / 2);
		else if (how == 2)
			a->e4 += step * (i & 1);
		else if (how == 3 && i > 0)
			a->e4 += dcf_ora_between_i(&m->r, -2000 * FT, 2000 * FT);
		if (m->family->levels == LEVEL_REFS && dcf_ora_chance(&m->r, 0.4))
			a->ref = (uint8_t)dcf_ora_below(&m->r, DCF_REF_COUNT);
	}
}

void dcf_ora_fly(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other)
{
	double speed = dcf_ora_log_uniform(&m->r, 1, 300);
	int64_t at, total;

	f->waypoints = taken(dcf_arena_get(&m->plan->arena, f->point_count * sizeof *f->waypoints));
	f->waypoints[0].time_us = 0;
	for (uint32_t i = 1; i < f->point_count; i++) {
		struct dcf_ora_point p = dcf_ora_of(f->points[i - 1]), q = dcf_ora_of(f->points[i]);
		double d = dcf_ora_distance(&p, &q);

		f->waypoints[i].time_us =
			f->waypoints[i - 1].time_us + 1 + (int64_t)(d / speed * dcf_ora_uniform(&m->r, 0.8, 1.2) * 1e6);
		if (d == 0 || dcf_ora_chance(&m->r, 0.05))
			f->waypoints[i].time_us += dcf_ora_between_i(&m->r, 0, 600 * (int64_t)SECOND);
	}
	total = f->waypoints[f->point_count - 1].time_us;
	at = m->time - total / 2;
	if (other)
		at = dcf_ora_between_i(&m->r, other->start_us - total, other->end_us);
	for (uint32_t i = 0; i < f->point_count; i++)
		f->waypoints[i].time_us += at;
	f->start_us = f->waypoints[0].time_us;
	f->end_us = f->waypoints[f->point_count - 1].time_us;
	altitudes(m, f, other);
}

enum meeting { CROSSING, PARALLEL, OVERTAKING, HEAD_ON, HOVERING, CONVERGING, MEETINGS };

/* Course and speed (m/s) of the second flight against those of the first. */
static void course(struct maker *m, double azi, double speed, double *to, double *how_fast)
{
	static const double less[] = { 0.001, 0.05, 1, -0.02, 7 };

	*to = dcf_ora_uniform(&m->r, 0, 360);
	*how_fast = dcf_ora_log_uniform(&m->r, 1, 300);
	switch ((enum meeting)dcf_ora_below(&m->r, MEETINGS)) {
	case PARALLEL:
		*to = azi;
		*how_fast = speed;
		break;
	case OVERTAKING:
		*to = azi;
		*how_fast = fmax(0, speed + DCF_ORA_PICK(&m->r, less));
		break;
	case HEAD_ON:
		*to = azi + 180;
		break;
	case HOVERING:
		*how_fast = 0;
		break;
	case CONVERGING:
		*to = azi + dcf_ora_uniform(&m->r, -1, 1);
		break;
	case CROSSING:
	default:
		break;
	}
}

/* Where, when, and how fast the other flies at a time in one of its legs. */
struct state {
	struct dcf_ora_point p;
	int64_t at;
	double azi, speed;
};

static struct state pick_state(struct maker *m, const struct dcf_feature *other)
{
	struct dcf_ora_body body;
	struct state s = { .azi = 0 };
	uint32_t leg = dcf_ora_below(&m->r, other->point_count - 1);
	struct dcf_ora_point end = dcf_ora_of(other->points[leg + 1]);

	dcf_ora_body_init(&body, other);
	s.at = dcf_ora_between_i(&m->r, other->waypoints[leg].time_us, other->waypoints[leg + 1].time_us);
	s.p = dcf_ora_place(&body, leg, (long double)s.at);
	s.speed = body.speed[leg] * 1e6;
	geod_inverse(dcf_ora_wgs84(), s.p.lat, s.p.lon, end.lat, end.lon, NULL, &s.azi, NULL);
	dcf_ora_body_free(&body);
	return s;
}

void dcf_ora_encounter(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other)
{
	const double rad = acos(-1.0) / 180;
	struct state o = pick_state(m, other);
	double azi, speed, e, n, gap = dcf_ora_aim(m), before = dcf_ora_log_uniform(&m->r, 1, 3600);
	double after = dcf_ora_log_uniform(&m->r, 1, 3600), reach = 3e6;
	struct dcf_ora_point q;

	course(m, o.azi, o.speed, &azi, &speed);
	e = speed * sin(azi * rad) - o.speed * sin(o.azi * rad);
	n = speed * cos(azi * rad) - o.speed * cos(o.azi * rad);
	f->radius_m = dcf_ora_chance(&m->r, 0.3) ? 0 : dcf_ora_log_uniform(&m->r, 1, 10e3);
	q = dcf_ora_go(o.p, hypot(e, n) < 1e-9 ? o.azi + 90 : atan2(e, n) / rad + 90,
		       fmax(0, gap + f->radius_m + other->radius_m));
	if (speed * fmax(before, after) > reach)
		before = after = reach / speed;
	f->shape = DCF_TRAJECTORY;
	f->point_count = 3;
	f->points = taken(dcf_arena_get(&m->plan->arena, 3 * sizeof *f->points));
	f->waypoints = taken(dcf_arena_get(&m->plan->arena, 3 * sizeof *f->waypoints));
	f->points[0] = dcf_ora_round(dcf_ora_go(q, azi + 180, speed * before));
	f->points[1] = dcf_ora_round(dcf_ora_go(q, azi, speed * after));
	f->points[2] = dcf_ora_round(dcf_ora_go(q, azi + 20, 2 * speed * after));
	f->waypoints[0].time_us = o.at - 1 - (int64_t)(before * 1e6);
	f->waypoints[1].time_us = o.at + 1 + (int64_t)(after * 1e6);
	f->waypoints[2].time_us = o.at + 2 + (int64_t)(after * 2e6);
	if (dcf_ora_chance(&m->r, 0.3))
		f->point_count = 2;
	f->start_us = f->waypoints[0].time_us;
	f->end_us = f->waypoints[f->point_count - 1].time_us;
	altitudes(m, f, other);
}
