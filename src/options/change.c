/* SPDX-License-Identifier: Apache-2.0 */
#include "options/change.h"
#include "core/num.h"
#include "options/change_int.h"

enum dcf_status dcf_features_copy(const struct dcf_features *from, uint32_t room, struct dcf_arena *arena,
				  struct dcf_features *out)
{
	struct dcf_feature *at = dcf_arena_get(arena, (size_t)room * sizeof *at);

	if (!at)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < from->count; i++)
		at[i] = from->at[i];
	*out = (struct dcf_features){ at, from->count };
	return DCF_OK;
}

enum dcf_status dcf_own_waypoints(struct dcf_feature *f, struct dcf_arena *arena)
{
	struct dcf_waypoint *w = dcf_arena_get(arena, f->point_count * sizeof *w);

	if (!w)
		return DCF_E_NOMEM;
	memcpy(w, f->waypoints, f->point_count * sizeof *w);
	f->waypoints = w;
	return DCF_OK;
}

enum dcf_status dcf_features_of(const struct dcf_standing *st, uint32_t operation, struct dcf_arena *arena,
				struct dcf_features *out)
{
	uint32_t first = st->first_feature[operation], end = st->first_feature[operation + 1];

	out->count = 0;
	out->at = dcf_arena_get(arena, (size_t)(end - first) * sizeof *out->at);
	if (!out->at)
		return DCF_E_NOMEM;
	for (uint32_t i = first; i < end; i++) {
		const struct dcf_feature *f = dcf_bodies_feature(&st->bodies, st->feature_of[i]);

		if (f)
			out->at[out->count++] = *f;
	}
	return DCF_OK;
}

static dcf_apply_fn *const apply[DCF_CHANGES] = {
	[DCF_CHANGE_SHIFT] = dcf_apply_shift,     [DCF_CHANGE_LIFT] = dcf_apply_lift,
	[DCF_CHANGE_SPEED] = dcf_apply_speed,     [DCF_CHANGE_OFFSET] = dcf_apply_offset,
	[DCF_CHANGE_DOGLEG] = dcf_apply_dogleg,   [DCF_CHANGE_MOVE] = dcf_apply_move,
	[DCF_CHANGE_SHRINK] = dcf_apply_shrink,   [DCF_CHANGE_FLOOR] = dcf_apply_floor,
	[DCF_CHANGE_CEILING] = dcf_apply_ceiling, [DCF_CHANGE_BEGIN] = dcf_apply_begin,
	[DCF_CHANGE_END] = dcf_apply_end,         [DCF_CHANGE_SPLIT] = dcf_apply_split,
	[DCF_CHANGE_HOLD] = dcf_apply_hold,
};

enum dcf_status dcf_change_apply(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				 struct dcf_features *out)
{
	if (c->how == DCF_CHANGE_NONE)
		return dcf_features_copy(from, from->count, arena, out);
	if (c->how >= DCF_CHANGES || !apply[c->how] || from->count == 0)
		return DCF_E_RANGE;
	return apply[c->how](from, c, arena, out);
}

static double magnitude(int64_t v)
{
	return v < 0 ? -(double)v : (double)v;
}

static double more(double extra_m)
{
	return extra_m > 0 ? extra_m : 0;
}

/* Seconds, feet and metres, not weighted. */
static struct dcf_cost amounts(const struct dcf_change *c)
{
	struct dcf_cost cost = { 0 };

	switch (c->how) {
	case DCF_CHANGE_SHIFT:
	case DCF_CHANGE_SPEED:
	case DCF_CHANGE_HOLD:
	case DCF_CHANGE_BEGIN:
	case DCF_CHANGE_END:
		cost.delay_s = magnitude(c->shift_us) / 1e6;
		break;
	case DCF_CHANGE_SPLIT:
		cost.delay_s = magnitude(c->to_us - c->from_us) / 1e6;
		break;
	case DCF_CHANGE_LIFT:
		cost.altitude_ft = magnitude(c->lift_e4) / DCF_FT_E4;
		break;
	case DCF_CHANGE_FLOOR:
	case DCF_CHANGE_CEILING:
		cost.altitude_ft = magnitude(c->to.e4 - c->from.e4) / DCF_FT_E4;
		break;
	case DCF_CHANGE_OFFSET:
		cost.extra_m = dcf_fabs(c->distance_m) + more(c->extra_m);
		break;
	case DCF_CHANGE_DOGLEG:
		cost.extra_m = more(c->extra_m);
		break;
	case DCF_CHANGE_MOVE:
	case DCF_CHANGE_SHRINK:
		cost.extra_m = dcf_fabs(c->distance_m);
		break;
	default:
		break;
	}
	return cost;
}

struct dcf_cost dcf_change_cost(const struct dcf_change *c, const struct dcf_costs *w)
{
	struct dcf_cost cost = amounts(c);

	cost.total = cost.delay_s * w->delay_s + cost.altitude_ft * w->altitude_ft + cost.extra_m * w->extra_m;
	return cost;
}

struct dcf_cost dcf_cost_sum(struct dcf_cost a, struct dcf_cost b)
{
	return (struct dcf_cost){ a.total + b.total, a.delay_s + b.delay_s, a.altitude_ft + b.altitude_ft,
				  a.extra_m + b.extra_m };
}
