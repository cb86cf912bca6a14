/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lateral.h"
#include "core/num.h"
#include "options/hurry.h"
#include "options/shift.h"
#include "options/verify.h"

/* How far is looked for what would be in the way; near first, since most is found there and there is less of it. */
#define FAR_US (6 * 3600 * (int64_t)1000000)
#define FAR_E4 (20000 * (int64_t)DCF_FT_E4)
#define FAR_M  50000.0

struct room {
	double lateral_m, vertical_e4, time_us; /* least so far; above the far ones when nothing is in the way */
};

/* Distance of 0 from the nearest interval. */
static double room_in(const struct dcf_set *s, double far)
{
	for (size_t i = 0; i < s->count; i++) {
		double d = s->at[i].low > 0 ? s->at[i].low : s->at[i].high < 0 ? -s->at[i].high : 0;

		far = d < far ? d : far;
	}
	return far;
}

static bool counts(const struct dcf_trial *v, const struct dcf_feature *f, const struct dcf_feature *g)
{
	return f->party != g->party && !f->advisory && !g->advisory && dcf_ask_may_know(v->ask, v->st->plan, g->operation);
}

static enum dcf_status room_in_time(struct dcf_trial *v, const struct dcf_body *x, const struct dcf_body *y,
				    const struct dcf_minima *minima, struct dcf_set *set, struct room *room)
{
	enum dcf_status s;

	dcf_set_clear(set);
	s = dcf_shift_pair(x, y, &v->st->offsets, minima, -room->time_us, room->time_us, &v->pair, set);
	room->time_us = room_in(set, room->time_us);
	return s;
}

static enum dcf_status room_in_levels(struct dcf_trial *v, const struct dcf_body *x, const struct dcf_body *y,
				      const struct dcf_minima *minima, struct dcf_set *set, struct room *room)
{
	int64_t w0, w1;
	enum dcf_status s;

	if (!dcf_pair_window(x->feature, y->feature, &w0, &w1))
		return DCF_OK;
	s = dcf_pair_lifts(x, y, &v->st->offsets, minima, w0, w1, &v->pair, set);
	room->vertical_e4 = room_in(set, room->vertical_e4);
	return s;
}

static enum dcf_status room_aside(struct dcf_trial *v, const struct dcf_body *x, const struct dcf_body *y,
				  const struct dcf_minima *minima, struct room *room)
{
	double gap;
	int64_t w0, w1;
	enum dcf_status s;

	if (!dcf_pair_window(x->feature, y->feature, &w0, &w1))
		return DCF_OK;
	s = dcf_pair_gap_m(x, y, &v->st->offsets, minima, w0, w1, minima->lateral_m + room->lateral_m + 2, &v->pair, &gap);
	/* what is in doubt counts as a conflict, so the room ends where doubt begins */
	gap -= minima->lateral_m + dcf_doubt_m(gap + x->feature->radius_m + y->feature->radius_m);
	if (gap < room->lateral_m)
		room->lateral_m = gap > 0 ? gap : 0;
	return s;
}

enum axis { AXIS_TIME, AXIS_LEVEL, AXIS_ASIDE, AXES };

static enum dcf_status room_against(struct dcf_trial *v, enum axis axis, const struct dcf_body *x, const struct dcf_body *y,
				    struct dcf_set *set, struct room *room)
{
	const struct dcf_minima *minima = dcf_standing_minima(v->st, x->feature->party, y->feature->party);

	if (axis == AXIS_TIME)
		return room_in_time(v, x, y, minima, set, room);
	if (axis == AXIS_LEVEL)
		return room_in_levels(v, x, y, minima, set, room);
	return room_aside(v, x, y, minima, room);
}

enum { RANGES = 3 };

static const struct dcf_stray stray_of[AXES][RANGES] = {
	[AXIS_TIME] = { { .earlier_us = FAR_US / 36, .later_us = FAR_US / 36 },
			{ .earlier_us = FAR_US / 6, .later_us = FAR_US / 6 },
			{ .earlier_us = FAR_US, .later_us = FAR_US } },
	[AXIS_LEVEL] = { { .lower_e4 = FAR_E4 / 20, .higher_e4 = FAR_E4 / 20 },
			 { .lower_e4 = FAR_E4 / 5, .higher_e4 = FAR_E4 / 5 },
			 { .lower_e4 = FAR_E4, .higher_e4 = FAR_E4 } },
	[AXIS_ASIDE] = { { .aside_m = FAR_M / 50 }, { .aside_m = FAR_M / 5 }, { .aside_m = FAR_M } },
};

/* Nothing known to be in the way within the range. */
static struct room room_of(const struct dcf_stray *stray)
{
	return (struct room){ stray->aside_m, (double)stray->higher_e4, (double)stray->later_us };
}

static bool hurried(const struct dcf_standing *st, enum axis axis, const struct dcf_feature *f, const struct dcf_feature *g)
{
	if (axis == AXIS_TIME)
		return dcf_apart_at_all_times(st, f, g);
	return axis == AXIS_LEVEL && dcf_apart_at_all_levels(st, f, g);
}

static enum dcf_status room_along(struct dcf_trial *v, enum axis axis, const struct dcf_stray *stray,
				  const struct dcf_body *body, const struct dcf_moved *moved, uint32_t count,
				  struct dcf_set *set, struct room *room)
{
	const struct dcf_standing *st = v->st;
	enum dcf_status s = dcf_standing_near(st, body, body->feature->operation, stray, &v->nears);

	for (size_t i = 0; i < v->nears.count && s == DCF_OK; i++) {
		const struct dcf_near *n = &v->nears.at[i];
		const struct dcf_feature *g = &st->plan->features[n->feature];
		/* moving in time asks for pairs of stretches, the rest for whole features, once each */
		bool again = axis != AXIS_TIME && i && n[-1].feature == n->feature, moves = false;
		struct dcf_body x = axis == AXIS_TIME ? dcf_near_part(body, n) : *body, y;

		for (uint32_t m = 0; m < count; m++)
			moves |= moved[m].operation == g->operation;
		if (again || moves || !counts(v, body->feature, g) || hurried(st, axis, body->feature, g))
			continue;
		s = axis == AXIS_TIME ? dcf_standing_item(st, n->item, &v->scratch, &y)
				      : dcf_bodies_get(&st->bodies, n->feature, &v->scratch, &y);
		s = s == DCF_OK ? room_against(v, axis, &x, &y, set, room) : s;
	}
	return s;
}

/* Between the two that move in a joint option. */
static enum dcf_status room_between(struct dcf_trial *v, enum axis axis, const struct dcf_moved *moved, struct dcf_set *set,
				    struct room *room)
{
	enum dcf_status s = DCF_OK;
	const char *why;

	for (uint32_t i = 0; i < moved[0].feature_count; i++)
		for (uint32_t k = 0; k < moved[1].feature_count && s == DCF_OK; k++) {
			struct dcf_body x, y;

			if (!counts(v, &moved[0].features[i], &moved[1].features[k]))
				continue;
			s = dcf_body_build(&moved[0].features[i], &v->scratch, &x, &why);
			s = s == DCF_OK ? dcf_body_build(&moved[1].features[k], &v->scratch, &y, &why) : s;
			s = s == DCF_OK ? room_against(v, axis, &x, &y, set, room) : s;
		}
	return s;
}

static enum dcf_status room_within(struct dcf_trial *v, enum axis axis, const struct dcf_stray *stray,
				   const struct dcf_moved *moved, uint32_t count, struct dcf_set *set, struct room *room)
{
	enum dcf_status s = DCF_OK;
	const char *why;

	*room = room_of(stray);
	dcf_arena_rewind(&v->scratch);
	for (uint32_t m = 0; m < count; m++)
		for (uint32_t i = 0; i < moved[m].feature_count && s == DCF_OK; i++) {
			struct dcf_body body;

			s = dcf_body_build(&moved[m].features[i], &v->scratch, &body, &why);
			s = s == DCF_OK ? room_along(v, axis, stray, &body, moved, count, set, room) : s;
		}
	return s == DCF_OK && count > 1 ? room_between(v, axis, moved, set, room) : s;
}

/* `steps` parts of a unit, rounded down. */
static double rounded(double x, double far, double a_unit, double steps)
{
	return x >= far ? DCF_MARGIN_NONE : dcf_floor(x / a_unit * steps) / steps;
}

enum dcf_status dcf_verify_margin(struct dcf_trial *v, const struct dcf_moved *moved, uint32_t count, struct dcf_margin *out)
{
	struct dcf_set set = { .from = v->scratch.from };
	struct room room[AXES];
	enum dcf_status s = DCF_OK;

	for (int axis = 0; axis < AXES && s == DCF_OK; axis++)
		for (int k = 0; k < RANGES && s == DCF_OK; k++) {
			const struct dcf_stray *stray = &stray_of[axis][k];
			struct room all = room_of(stray);

			s = room_within(v, (enum axis)axis, stray, moved, count, &set, &room[axis]);
			if (room[axis].time_us < all.time_us || room[axis].vertical_e4 < all.vertical_e4 ||
			    room[axis].lateral_m < all.lateral_m)
				break;
		}
	if (s == DCF_OK)
		*out = (struct dcf_margin){ rounded(room[AXIS_ASIDE].lateral_m, FAR_M, 1, 10),
					    rounded(room[AXIS_LEVEL].vertical_e4, (double)FAR_E4, DCF_FT_E4, 10),
					    rounded(room[AXIS_TIME].time_us, (double)FAR_US, 1e6, 1000) };
	dcf_set_free(&set);
	return s;
}
