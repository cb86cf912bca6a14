/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes made smaller: a band trimmed to the next usable level, a shape made narrower, a window cut to begin later or end
 * earlier.  Smaller volumes meet nothing new, so only what they clash with is looked at before an offer. */
#include "core/altitude.h"
#include "core/num.h"
#include "options/desk_int.h"
#include "options/kind_int.h"

enum { SECOND_US = 1000000, LEVELS = 120, TRIES = 3, HALVINGS = 40 };

static bool all_volumes(const struct dcf_features *f)
{
	bool yes = f->count > 0;

	for (uint32_t i = 0; i < f->count; i++)
		yes = yes && f->at[i].shape != DCF_TRAJECTORY;
	return yes;
}

static enum dcf_status clears(struct dcf_desk *desk, const struct dcf_case *c, struct dcf_change *change, bool *clear)
{
	struct dcf_features next;
	enum dcf_status s = dcf_change_apply(&c->features, change, dcf_desk_arena(desk), &next);

	*clear = false;
	return s == DCF_OK ? dcf_clear_of_clashes(desk, c, &next, clear) : s;
}

/* ---- bands ---- */

/* The limit that is trimmed: the lowest floor or the highest ceiling.  One without an altitude of its own (the ground, no
 * limit) is trimmed in the reference of the other, and where neither has one, at standard pressure. */
static bool limit_of(const struct dcf_features *f, bool floor, bool in_feet, struct dcf_altitude *from)
{
	struct dcf_altitude stop = floor ? f->at[0].upper : f->at[0].lower;

	if (stop.unlimited || dcf_altitude_is_ground(stop))
		stop = (struct dcf_altitude){ .ref = DCF_REF_STD, .unit = in_feet ? DCF_UNIT_FL : DCF_UNIT_M };
	*from = floor ? f->at[0].lower : f->at[0].upper;
	for (uint32_t i = 1; i < f->count; i++) {
		struct dcf_altitude a = floor ? f->at[i].lower : f->at[i].upper;

		if (a.ref != from->ref || a.unlimited != from->unlimited)
			return false;
		if (floor ? a.e4 < from->e4 : a.e4 > from->e4)
			*from = a;
	}
	if (floor && dcf_altitude_is_ground(*from))
		*from = (struct dcf_altitude){ .e4 = 0, .ref = stop.ref, .unit = stop.unit };
	if (!floor && from->unlimited)
		*from = (struct dcf_altitude){ .e4 = (int64_t)60000 * DCF_FT_E4, .ref = stop.ref, .unit = stop.unit };
	return true;
}

static enum dcf_status trim(struct dcf_desk *desk, const struct dcf_case *c, bool floor)
{
	const struct dcf_plan *plan = dcf_desk_standing(desk)->plan;
	bool in_feet = plan->parties[plan->operations[c->operation].party].in_feet;
	struct dcf_altitude from;
	enum dcf_status s = DCF_OK;

	if (!limit_of(&c->features, floor, in_feet, &from))
		return DCF_OK;
	for (int i = 0; i < LEVELS && s == DCF_OK && !dcf_desk_stopped(desk); i++) {
		struct dcf_change change = { .how = floor ? DCF_CHANGE_FLOOR : DCF_CHANGE_CEILING };
		enum dcf_verdict verdict;
		bool clear;

		from.e4 = dcf_level_next(from, dcf_desk_ask(desk)->level_step_e4, from.e4, floor);
		change.to = from;
		s = clears(desk, c, &change, &clear);
		if (s != DCF_OK || !clear)
			continue;
		s = dcf_offer_one(desk, c, DCF_OPTION_RESIZE, &change, &verdict, NULL);
		if (verdict != DCF_VERDICT_CONFLICT && verdict != DCF_VERDICT_RULE)
			break;
	}
	return s == DCF_E_RANGE ? DCF_OK : s; /* nothing is left of the band */
}

/* ---- shapes ---- */

enum fit { TOO_LITTLE, ENOUGH, TOO_MUCH };

/* What is left of a radius or half width must be half of it: a patrol squeezed into less is another patrol. */
static bool keeps_half(const struct dcf_features *f, double metres)
{
	bool yes = true;

	for (uint32_t i = 0; i < f->count; i++)
		yes = yes && (f->at[i].shape == DCF_POLYGON || metres <= f->at[i].radius_m / 2);
	return yes;
}

static enum dcf_status fit_of(struct dcf_desk *desk, const struct dcf_case *c, double metres, enum fit *fit)
{
	struct dcf_change change = { .how = DCF_CHANGE_SHRINK, .distance_m = metres };
	bool clear;
	enum dcf_status s = keeps_half(&c->features, metres) ? clears(desk, c, &change, &clear) : DCF_E_RANGE;

	*fit = s == DCF_E_RANGE ? TOO_MUCH : clear ? ENOUGH : TOO_LITTLE;
	return s == DCF_E_RANGE ? DCF_OK : s;
}

/* The least shrinking that clears, to 10 m: more of it never clears less, until nothing is left of the shape. */
static enum dcf_status shrink(struct dcf_desk *desk, const struct dcf_case *c)
{
	double low = 0, high = 100;
	enum fit fit;
	enum dcf_status s = fit_of(desk, c, high, &fit);
	struct dcf_change change = { .how = DCF_CHANGE_SHRINK };
	enum dcf_verdict verdict;

	while (s == DCF_OK && fit == TOO_LITTLE && high < DCF_REACH_MAX_M) {
		low = high;
		high *= 2;
		s = fit_of(desk, c, high, &fit);
	}
	for (int i = 0; i < HALVINGS && s == DCF_OK && fit == TOO_MUCH && high - low > 10; i++) {
		double mid = (low + high) / 2;

		s = fit_of(desk, c, mid, &fit);
		*(fit == TOO_LITTLE ? &low : &high) = mid;
		fit = fit == TOO_LITTLE ? TOO_MUCH : fit;
	}
	if (s != DCF_OK || fit != ENOUGH)
		return s;
	for (int i = 0; i < HALVINGS && s == DCF_OK && high - low > 5; i++) {
		double mid = (low + high) / 2;

		s = fit_of(desk, c, mid, &fit);
		*(fit == ENOUGH ? &high : &low) = mid;
	}
	change.distance_m = dcf_round_up_m(desk, c->operation, high);
	return s == DCF_OK ? dcf_offer_one(desk, c, DCF_OPTION_RESIZE, &change, &verdict, NULL) : s;
}

/* ---- windows ---- */

static int64_t down_to_second(int64_t us)
{
	return us - ((us % SECOND_US) + SECOND_US) % SECOND_US;
}

/* Times of conflicts are rounded outward by up to this. */
enum { ROUNDED_US = 2 };

bool dcf_clash_hull(const struct dcf_case *c, int64_t *from_us, int64_t *to_us)
{
	*from_us = INT64_MAX;
	*to_us = INT64_MIN;
	for (uint32_t i = 0; i < c->clash_count; i++) {
		if (!c->clash[i].visible)
			continue;
		*from_us = c->clash[i].start_us < *from_us ? c->clash[i].start_us : *from_us;
		*to_us = c->clash[i].end_us > *to_us ? c->clash[i].end_us : *to_us;
	}
	if (*from_us > *to_us)
		return false;
	*from_us = down_to_second(*from_us + ROUNDED_US);
	*to_us = down_to_second(*to_us + SECOND_US - 1 - ROUNDED_US);
	return true;
}

/* End before the clash, or begin after it; a second more where its ends are in doubt. */
static enum dcf_status cut(struct dcf_desk *desk, const struct dcf_case *c, bool end)
{
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s = DCF_OK;
	int64_t from, to;

	if (!dcf_clash_hull(c, &from, &to))
		return DCF_OK;
	for (int i = 0; i < TRIES && s == DCF_OK && verdict == DCF_VERDICT_CONFLICT; i++) {
		struct dcf_change change = { .how = end ? DCF_CHANGE_END : DCF_CHANGE_BEGIN };

		change.to_us = end ? from - i * SECOND_US : 0;
		change.from_us = end ? 0 : to + i * SECOND_US;
		s = dcf_offer_one(desk, c, DCF_OPTION_RESIZE, &change, &verdict, NULL);
	}
	return s;
}

enum dcf_status dcf_propose_resize(struct dcf_desk *desk, const struct dcf_case *c)
{
	enum dcf_status s;
	int64_t from, to;

	if (!all_volumes(&c->features) || !dcf_clash_hull(c, &from, &to))
		return DCF_OK;
	if ((s = trim(desk, c, true)) == DCF_OK && (s = trim(desk, c, false)) == DCF_OK && (s = cut(desk, c, true)) == DCF_OK &&
	    (s = cut(desk, c, false)) == DCF_OK)
		s = shrink(desk, c);
	return s;
}
