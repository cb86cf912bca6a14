/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of a conflict move half: in time, in level, aside.  Only where the two could settle it between them alone. */
#include "core/num.h"
#include "options/desk_int.h"
#include "options/kind_int.h"
#include "options/shift.h"
#include "options/ways.h"

enum { SECOND_US = 1000000, PARTNERS = 3, LEVELS = 8, LEVEL_OFFERS = 3, DIRECTIONS = 36 };

/* The two of one clash, with their bodies as declared. */
struct couple {
	struct dcf_desk *desk;
	const struct dcf_case *c;
	uint32_t other;
	struct dcf_features theirs;
	struct dcf_body *own_bodies, *their_bodies;
};

static enum dcf_status offer(const struct couple *p, const struct dcf_change *own, const struct dcf_change *their,
			     uint8_t own_kind, uint8_t their_kind, enum dcf_verdict *verdict)
{
	struct dcf_proposal made = { .kind = DCF_OPTION_JOINT, .moved_count = 2 };

	made.moved[0] = (struct dcf_moved){ .operation = p->c->operation, .kind = own_kind, .change_count = 1 };
	made.moved[1] = (struct dcf_moved){ .operation = p->other, .kind = their_kind, .change_count = 1 };
	made.moved[0].change[0] = *own;
	made.moved[1].change[0] = *their;
	return dcf_desk_offer(p->desk, &made, verdict, NULL);
}

/* The body of a changed feature; one that only went higher or lower keeps the declared one's points. */
static enum dcf_status body_of(const struct couple *p, const struct dcf_body *declared, const struct dcf_feature *f,
			       uint8_t how, struct dcf_body *out)
{
	const char *why;

	if (how != DCF_CHANGE_LIFT && how != DCF_CHANGE_NONE)
		return dcf_body_build(f, &p->desk->verifier.scratch, out, &why);
	*out = *declared;
	out->feature = f;
	out->track.feature = f;
	return DCF_OK;
}

/* Do the two clear each other after these changes?  Quicker than an offer. */
static enum dcf_status settles(const struct couple *p, struct dcf_change *own, struct dcf_change *their, bool *clear)
{
	const struct dcf_standing *st = p->desk->st;
	struct dcf_trial *v = &p->desk->verifier;
	struct dcf_features a, b;
	enum dcf_status s = dcf_change_apply(&p->c->features, own, dcf_desk_arena(p->desk), &a);

	*clear = false;
	s = s == DCF_OK ? dcf_change_apply(&p->theirs, their, dcf_desk_arena(p->desk), &b) : s;
	if (s != DCF_OK)
		return s;
	*clear = true;
	dcf_arena_rewind(&v->scratch);
	for (uint32_t i = 0; i < a.count && s == DCF_OK && *clear; i++) {
		struct dcf_body x, y;

		s = body_of(p, &p->own_bodies[i], &a.at[i], own->how, &x);
		for (uint32_t k = 0; k < b.count && s == DCF_OK && *clear; k++) {
			const struct dcf_feature *f = &a.at[i], *g = &b.at[k];
			struct dcf_pair_times times;
			int64_t w0, w1;

			if (f->advisory || g->advisory || !dcf_pair_window(f, g, &w0, &w1))
				continue;
			s = body_of(p, &p->their_bodies[k], g, their->how, &y);
			s = s == DCF_OK ? dcf_pair_when(&x, &y, &st->offsets, dcf_standing_minima(st, f->party, g->party), w0,
							w1, &v->pair, &times)
					: s;
			*clear = s == DCF_OK && times.conflict->count == 0;
		}
	}
	return s;
}

static enum dcf_status no_sense(enum dcf_status s)
{
	return s == DCF_E_RANGE || s == DCF_E_REFUSED || s == DCF_E_LIMIT ? DCF_OK : s;
}

/* ---- time ---- */

static enum dcf_status relative_shifts(const struct couple *p, int64_t low_us, int64_t high_us, struct dcf_set *out)
{
	const struct dcf_standing *st = p->desk->st;
	enum dcf_status s = DCF_OK;

	for (uint32_t i = 0; i < p->c->features.count && s == DCF_OK; i++) {
		for (uint32_t k = 0; k < p->theirs.count && s == DCF_OK; k++) {
			const struct dcf_feature *f = &p->c->features.at[i], *g = &p->theirs.at[k];

			if (!f->advisory && !g->advisory)
				s = dcf_shift_pair(&p->own_bodies[i], &p->their_bodies[k], &st->offsets,
						   dcf_standing_minima(st, f->party, g->party), (double)low_us, (double)high_us,
						   &p->desk->verifier.pair, out);
		}
	}
	dcf_set_normalise(out);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

/* The relative shift in two: first halves, then what else is free. */
static enum dcf_status share_shift(const struct couple *p, int64_t shift_us)
{
	/* of how many parts, and seconds more for what rounding takes */
	static const int64_t parts[][3] = { { 1, 2, 0 }, { 1, 2, 2 }, { 1, 3, 0 }, { 2, 3, 0 } };
	int64_t sign = shift_us < 0 ? -1 : 1, whole = sign * shift_us / SECOND_US;
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < sizeof parts / sizeof *parts && s == DCF_OK && verdict == DCF_VERDICT_CONFLICT; i++) {
		int64_t all = whole + parts[i][2], own = (all * parts[i][0] + parts[i][1] - 1) / parts[i][1];
		struct dcf_change a = { .how = DCF_CHANGE_SHIFT, .shift_us = sign * own * SECOND_US };
		struct dcf_change b = { .how = DCF_CHANGE_SHIFT, .shift_us = -sign * (i == 0 ? own : all - own) * SECOND_US };
		bool later = sign > 0;

		if (a.shift_us == 0 || b.shift_us == 0)
			continue;
		s = offer(p, &a, &b, later ? DCF_OPTION_DELAY : DCF_OPTION_ADVANCE,
			  later ? DCF_OPTION_ADVANCE : DCF_OPTION_DELAY, &verdict);
	}
	return s;
}

static enum dcf_status try_times(const struct couple *p)
{
	struct dcf_set shifts = { .from = p->desk->from };
	const struct dcf_limits *l = &p->c->limits;
	int64_t earlier = 2 * l->max_advance_us, later = 2 * l->max_delay_us, shift;
	enum dcf_status s = relative_shifts(p, -earlier, later, &shifts);

	if (s == DCF_OK && dcf_next_free_shift(&shifts, true, 0, later, &shift))
		s = share_shift(p, shift);
	if (s == DCF_OK && dcf_next_free_shift(&shifts, false, 0, earlier, &shift))
		s = share_shift(p, shift);
	dcf_set_free(&shifts);
	return no_sense(s);
}

/* ---- levels ---- */

/* Ends are for CHECK to decide. */
static bool inside(const struct dcf_set *s, int64_t e4)
{
	for (size_t i = 0; i < s->count; i++)
		if ((double)e4 > s->at[i].low && (double)e4 < s->at[i].high)
			return true;
	return false;
}

/* Do all altitudes move alike when the operation is lifted? */
static bool lifts_whole(const struct dcf_features *f)
{
	for (uint32_t i = 0; i < f->count; i++)
		for (uint32_t k = 1; f->at[i].shape == DCF_TRAJECTORY && k < f->at[i].point_count; k++)
			if (f->at[i].waypoints[k].altitude.e4 != f->at[i].waypoints[0].altitude.e4)
				return false;
	return true;
}

/* Lifts of the one against the other that are forbidden.  Where both move whole only the difference of their lifts counts, so
 * one look at their shapes serves for all levels. */
static enum dcf_status relative_lifts(const struct couple *p, struct dcf_set *out)
{
	const struct dcf_standing *st = p->desk->st;
	struct dcf_set one = { .from = p->desk->from };
	enum dcf_status s = DCF_OK;

	for (uint32_t i = 0; i < p->c->features.count && s == DCF_OK; i++) {
		for (uint32_t k = 0; k < p->theirs.count && s == DCF_OK; k++) {
			const struct dcf_feature *f = &p->c->features.at[i], *g = &p->theirs.at[k];
			int64_t w0, w1;

			if (f->advisory || g->advisory || !dcf_pair_window(f, g, &w0, &w1))
				continue;
			s = dcf_pair_lifts(&p->own_bodies[i], &p->their_bodies[k], &st->offsets,
					   dcf_standing_minima(st, f->party, g->party), w0, w1, &p->desk->verifier.pair, &one);
			for (size_t m = 0; s == DCF_OK && m < one.count; m++)
				dcf_set_add(out, one.at[m].low, one.at[m].high);
		}
	}
	dcf_set_free(&one);
	dcf_set_normalise(out);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

/* Do the two clear each other at these levels, and neither by its own change alone?  `lifts` NULL: they do not move whole. */
static enum dcf_status share_levels(const struct couple *p, const struct dcf_set *lifts, struct dcf_change *x,
				    struct dcf_change *y, bool *clear, bool *alone)
{
	struct dcf_change none = { .how = DCF_CHANGE_NONE };
	enum dcf_status s;

	*clear = *alone = false;
	if (lifts) {
		*clear = !inside(lifts, x->lift_e4 - y->lift_e4);
		*alone = !inside(lifts, x->lift_e4) || !inside(lifts, -y->lift_e4);
		return DCF_OK;
	}
	s = settles(p, x, y, clear);
	if (s == DCF_OK && *clear)
		s = settles(p, x, &none, alone);
	return s == DCF_OK && *clear && !*alone ? settles(p, &none, y, alone) : s;
}

static enum dcf_status climb(const struct couple *p, const struct dcf_set *lifts, bool up)
{
	struct dcf_altitude own, their;
	int64_t step = dcf_desk_ask(p->desk)->level_step_e4, a, b;
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s = DCF_OK;
	int offers = 0;

	if (!dcf_change_level(&p->c->features, &own) || !dcf_change_level(&p->theirs, &their))
		return DCF_OK;
	a = own.e4;
	b = their.e4;
	/* one step of one, then one of the other, so that neither moves more than a step more */
	for (int i = 0; i < 2 * LEVELS && s == DCF_OK && offers < LEVEL_OFFERS && !dcf_desk_stopped(p->desk); i++) {
		struct dcf_change x = { .how = DCF_CHANGE_LIFT }, y = { .how = DCF_CHANGE_LIFT };
		bool clear, alone;

		if (i % 2 == 0)
			a = dcf_level_next(own, step, a, up);
		else
			b = dcf_level_next(their, step, b, !up);
		x.lift_e4 = a - own.e4;
		y.lift_e4 = b - their.e4;
		if (y.lift_e4 == 0)
			continue;
		s = share_levels(p, lifts, &x, &y, &clear, &alone);
		if (s != DCF_OK || !clear)
			continue;
		if (alone)
			break; /* nothing to share */
		s = offer(p, &x, &y, DCF_OPTION_ALTITUDE, DCF_OPTION_ALTITUDE, &verdict);
		offers++;
		if (verdict != DCF_VERDICT_CONFLICT)
			break;
	}
	return no_sense(s);
}

static enum dcf_status try_levels(const struct couple *p)
{
	struct dcf_set lifts = { .from = p->desk->from };
	bool whole = lifts_whole(&p->c->features) && lifts_whole(&p->theirs);
	enum dcf_status s = whole ? relative_lifts(p, &lifts) : DCF_OK;

	s = s == DCF_OK ? climb(p, whole ? &lifts : NULL, true) : s;
	s = s == DCF_OK ? climb(p, whole ? &lifts : NULL, false) : s;
	dcf_set_free(&lifts);
	return s;
}

/* ---- aside ---- */

static bool all_zones(const struct dcf_features *f)
{
	bool yes = f->count > 0;

	for (uint32_t i = 0; i < f->count; i++)
		yes = yes && f->at[i].shape != DCF_TRAJECTORY && f->at[i].shape != DCF_CORRIDOR;
	return yes;
}

static enum dcf_status try_zones(const struct couple *p, const struct dcf_clash *clash)
{
	struct dcf_blocks blocks = { .at = { { p->other, clash->start_us, clash->end_us, false } }, .count = 1 };
	struct dcf_plane plane = { clash->closest, 1 };
	struct dcf_hull own = { .at = NULL }, their = { .at = NULL };
	double least = 1e300;
	enum dcf_verdict verdict;
	enum dcf_status s = dcf_hull_add(p->desk, &p->c->features, &blocks, 0, false, &plane, &their);
	int best = 0;

	for (uint32_t i = 0; i < p->c->features.count && s == DCF_OK; i++)
		s = dcf_hull_add_own(p->desk, &p->c->features.at[i], &plane, &own);
	if (s != DCF_OK || own.count == 0 || their.count == 0)
		return no_sense(s);
	dcf_hull_close(&own);
	dcf_hull_close(&their);
	for (int k = 0; k < DIRECTIONS; k++) {
		double d = dcf_way_out_m(&own, &their, 1, DCF_PI / 2 - k * (2 * DCF_PI / DIRECTIONS));

		if (d > 0 && d < least) {
			least = d;
			best = k;
		}
	}
	if (least < 1e9) {
		double bearing = best * (360 / DIRECTIONS), half = least / 2 + 5;
		struct dcf_change x = { .how = DCF_CHANGE_MOVE,
					.distance_m = dcf_round_up_m(p->desk, p->c->operation, half),
					.bearing_deg = bearing };
		struct dcf_change y = { .how = DCF_CHANGE_MOVE,
					.distance_m = dcf_round_up_m(p->desk, p->other, half),
					.bearing_deg = bearing < 180 ? bearing + 180 : bearing - 180 };

		s = offer(p, &x, &y, DCF_OPTION_REROUTE, DCF_OPTION_REROUTE, &verdict);
	}
	return s;
}

/* Of lines that run nearly alongside, the same way or the opposite one; those that cross do not part by parallels. */
static bool alongside(const struct dcf_feature *f, const struct dcf_feature *g, bool *opposite)
{
	struct dcf_leg a, b;
	double turn;

	if ((f->shape != DCF_CORRIDOR && f->shape != DCF_TRAJECTORY) ||
	    (g->shape != DCF_CORRIDOR && g->shape != DCF_TRAJECTORY) ||
	    dcf_leg_of(f->points[0], f->points[f->point_count - 1], DCF_EDGES_GEODESIC, &a) != DCF_OK ||
	    dcf_leg_of(g->points[0], g->points[g->point_count - 1], DCF_EDGES_GEODESIC, &b) != DCF_OK)
		return false;
	turn = dcf_fabs(dcf_turn(a.out_deg, b.out_deg));
	*opposite = turn > 90;
	return turn < 30 || turn > 150;
}

static enum dcf_status part_lines(const struct couple *p, double side, bool opposite)
{
	struct dcf_change x = { .how = DCF_CHANGE_OFFSET }, y = { .how = DCF_CHANGE_OFFSET };
	double low = 0, high = 1000;
	enum dcf_verdict verdict;
	enum dcf_status s = DCF_OK;
	bool clear = false;

	while (s == DCF_OK && !clear && high < p->c->limits.max_detour_m && high < 100e3) {
		x.distance_m = side * high;
		y.distance_m = (opposite ? 1 : -1) * side * high;
		s = settles(p, &x, &y, &clear);
		low = clear ? low : high;
		high = clear ? high : 2 * high;
	}
	while (s == DCF_OK && clear && high - low > 50) {
		double mid = (low + high) / 2;
		bool here;

		x.distance_m = side * mid;
		y.distance_m = (opposite ? 1 : -1) * side * mid;
		s = settles(p, &x, &y, &here);
		*(here ? &high : &low) = mid;
	}
	if (s != DCF_OK || !clear)
		return no_sense(s);
	x.distance_m = side * dcf_round_up_m(p->desk, p->c->operation, high);
	y.distance_m = (opposite ? 1 : -1) * side * dcf_round_up_m(p->desk, p->other, high);
	return offer(p, &x, &y, DCF_OPTION_REROUTE, DCF_OPTION_REROUTE, &verdict);
}

static enum dcf_status try_aside(const struct couple *p, const struct dcf_clash *clash)
{
	enum dcf_status s = DCF_OK;
	bool opposite;

	if (all_zones(&p->c->features) && all_zones(&p->theirs))
		return try_zones(p, clash);
	if (p->c->features.count == 1 && p->theirs.count == 1 && alongside(p->c->features.at, p->theirs.at, &opposite)) {
		s = part_lines(p, 1, opposite);
		s = s == DCF_OK ? part_lines(p, -1, opposite) : s;
	}
	return s;
}

/* ---- the kind ---- */

static enum dcf_status settle(const struct couple *p, const struct dcf_clash *clash)
{
	enum dcf_status s;

	if ((s = try_times(p)) != DCF_OK || (s = try_levels(p)) != DCF_OK)
		return s;
	return try_aside(p, clash);
}

static enum dcf_status bodies_of(struct dcf_desk *desk, const struct dcf_features *f, struct dcf_body **out)
{
	enum dcf_status s = DCF_OK;
	const char *why;

	*out = dcf_arena_get(dcf_desk_arena(desk), f->count * sizeof **out);
	if (!*out)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < f->count && s == DCF_OK; i++)
		s = dcf_body_build(&f->at[i], dcf_desk_arena(desk), &(*out)[i], &why);
	return s;
}

/* Each pair is settled once, by the side that comes first in the order of operations. */
enum dcf_status dcf_propose_joint(struct dcf_desk *desk, const struct dcf_case *c)
{
	const struct dcf_standing *st = dcf_desk_standing(desk);
	enum dcf_status s = DCF_OK;
	int partners = 0;

	for (uint32_t i = 0; i < c->clash_count && partners < PARTNERS && s == DCF_OK && !dcf_desk_stopped(desk); i++) {
		struct couple p = { .desk = desk, .c = c, .other = c->clash[i].other };

		if (!c->clash[i].visible || st->rank[c->operation] > st->rank[p.other] || desk->only_one)
			continue;
		partners++;
		s = dcf_features_of(st, p.other, dcf_desk_arena(desk), &p.theirs);
		s = s == DCF_OK ? bodies_of(desk, &c->features, &p.own_bodies) : s;
		s = s == DCF_OK ? bodies_of(desk, &p.theirs, &p.their_bodies) : s;
		s = s == DCF_OK ? settle(&p, &c->clash[i]) : s;
	}
	return s;
}
