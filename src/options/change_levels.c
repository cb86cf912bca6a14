/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of level: an operation higher or lower, or its band trimmed. */
#include "core/altitude.h"
#include "options/change_int.h"

/* Can the band of a volume be moved up and down at all? */
static bool band_moves(const struct dcf_feature *f)
{
	return !f->lower.unlimited && !f->upper.unlimited && !dcf_altitude_is_ground(f->lower) && f->lower.ref == f->upper.ref;
}

/* The highest waypoint; false where they are of different references and none is known to be the highest. */
static bool track_top(const struct dcf_feature *f, struct dcf_altitude *top)
{
	*top = f->waypoints[0].altitude;
	for (uint32_t i = 0; i < f->point_count; i++) {
		const struct dcf_altitude *a = &f->waypoints[i].altitude;

		if (a->unlimited || a->ref != top->ref)
			return false;
		if (a->e4 > top->e4)
			*top = *a;
	}
	return true;
}

bool dcf_change_level(const struct dcf_features *f, struct dcf_altitude *level)
{
	struct dcf_altitude lowest = { 0 };

	for (uint32_t i = 0; i < f->count; i++) {
		struct dcf_altitude own = f->at[i].lower;

		if (f->at[i].shape == DCF_TRAJECTORY ? !track_top(&f->at[i], &own) : !band_moves(&f->at[i]))
			return false;
		if (i > 0 && own.ref != lowest.ref)
			return false;
		if (i == 0 || own.e4 < lowest.e4)
			lowest = own;
	}
	*level = lowest;
	return f->count > 0;
}

/* Nothing is brought below the zero of its reference, nor above all levels. */
static bool sound(int64_t e4, int64_t lift)
{
	return lift < 0 ? e4 >= 0 : e4 < DCF_ALT_MAX;
}

static enum dcf_status lift_band(struct dcf_feature *f, int64_t lift)
{
	f->lower.e4 += lift;
	f->upper.e4 += lift;
	return sound(f->lower.e4, lift) && sound(f->upper.e4, lift) ? DCF_OK : DCF_E_RANGE;
}

static bool is_level(const struct dcf_feature *f)
{
	for (uint32_t i = 1; i < f->point_count; i++) {
		if (f->waypoints[i].altitude.e4 != f->waypoints[0].altitude.e4)
			return false;
	}
	return true;
}

/* Cap at its top plus lift (down), or raise what is at its top (up).  One that does not begin or end at its top
 * shall begin and end where it did: a cap below that is refused. */
static enum dcf_status lift_track(struct dcf_feature *f, int64_t lift)
{
	struct dcf_altitude top;
	uint32_t last = f->point_count - 1;
	bool level = is_level(f);

	if (!track_top(f, &top))
		return DCF_E_RANGE;
	for (uint32_t i = 0; i <= last; i++) {
		struct dcf_altitude *a = &f->waypoints[i].altitude;
		bool at_top = a->e4 == top.e4;

		if (!level && !at_top && (i == 0 || i == last) && a->e4 > top.e4 + lift)
			return DCF_E_RANGE;
		if (at_top || (lift < 0 && a->e4 > top.e4 + lift))
			a->e4 = top.e4 + lift;
	}
	return sound(top.e4 + lift, lift) ? DCF_OK : DCF_E_RANGE;
}

enum dcf_status dcf_apply_lift(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
			       struct dcf_features *out)
{
	enum dcf_status s = DCF_OK;

	if (!dcf_change_level(from, &c->from) || c->lift_e4 > DCF_ALT_MAX || c->lift_e4 < DCF_ALT_MIN)
		return DCF_E_RANGE;
	c->to = c->from;
	c->to.e4 += c->lift_e4;
	s = dcf_features_copy(from, from->count, arena, out);
	for (uint32_t i = 0; s == DCF_OK && i < out->count; i++) {
		struct dcf_feature *f = &out->at[i];

		if (f->shape != DCF_TRAJECTORY)
			s = lift_band(f, c->lift_e4);
		else if ((s = dcf_own_waypoints(f, arena)) == DCF_OK)
			s = lift_track(f, c->lift_e4);
	}
	return s;
}

/* ---- bands ---- */

/* Does `level` lie inside the band, so that something is cut off and something left?  Limits of other references than
 * the level's leave that open, but for the ground, above which every level is taken to lie, and no limit at all. */
static bool within(const struct dcf_feature *f, struct dcf_altitude level, bool *above_lower, bool *below_upper)
{
	bool ground = dcf_altitude_is_ground(f->lower);

	if (f->shape == DCF_TRAJECTORY || f->lower.unlimited || (!ground && f->lower.ref != level.ref) ||
	    (!f->upper.unlimited && f->upper.ref != level.ref))
		return false;
	*above_lower = ground || level.e4 > f->lower.e4;
	*below_upper = f->upper.unlimited || level.e4 < f->upper.e4;
	return true;
}

enum dcf_status dcf_apply_floor(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);
	bool any = false, above, below;

	for (uint32_t i = 0; i < out->count && s == DCF_OK; i++) {
		struct dcf_feature *f = &out->at[i];

		if (!within(f, c->to, &above, &below) || !below)
			return DCF_E_RANGE;
		if (!above)
			continue;
		if (!any || dcf_altitude_is_ground(f->lower) || f->lower.e4 < c->from.e4)
			c->from = f->lower;
		f->lower = c->to;
		any = true;
	}
	return s != DCF_OK || any ? s : DCF_E_RANGE;
}

/* What is unlimited is taken to end at 60,000 ft, where costs and limits ask how much is cut off. */
#define TOP_E4 ((int64_t)60000 * DCF_FT_E4)

enum dcf_status dcf_apply_ceiling(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				  struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);
	bool any = false, above, below;

	for (uint32_t i = 0; i < out->count && s == DCF_OK; i++) {
		struct dcf_feature *f = &out->at[i];

		if (!within(f, c->to, &above, &below) || !above)
			return DCF_E_RANGE;
		if (!below)
			continue;
		if (!any || f->upper.unlimited || (!c->from.unlimited && f->upper.e4 > c->from.e4))
			c->from = f->upper;
		if (c->from.unlimited)
			c->from.e4 = c->to.e4 > TOP_E4 ? c->to.e4 : TOP_E4;
		f->upper = c->to;
		any = true;
	}
	return s != DCF_OK || any ? s : DCF_E_RANGE;
}
