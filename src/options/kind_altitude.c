/* SPDX-License-Identifier: Apache-2.0 */
/* Higher or lower as a whole, to the next usable level: from the exact set of forbidden lifts. */
#include "core/altitude.h"
#include "options/desk_int.h"

enum { LEVELS_MAX = 240, OFFERS_MAX = 40 };

/* Is the lift inside the set?  Its ends are for CHECK to decide. */
static bool forbidden(const struct dcf_set *lifts, int64_t lift_e4)
{
	for (size_t i = 0; lifts && i < lifts->count; i++)
		if ((double)lift_e4 > lifts->at[i].low && (double)lift_e4 < lifts->at[i].high)
			return true;
	return false;
}

/* No level is proposed that may lie below ground that is known to be there. */
static int64_t lowest_of(const struct dcf_desk *desk, const struct dcf_case *c, uint8_t ref)
{
	const struct dcf_atmosphere *a = &desk->st->plan->atmosphere;
	int64_t lowest = c->limits.lowest_e4, ground;

	if (!a->terrain_given || ref == DCF_REF_AGL || ref == DCF_REF_SFC)
		return lowest;
	ground = a->terrain_e4[1] - desk->st->offsets.low_e4[ref];
	return ground > lowest ? ground : lowest;
}

static enum dcf_status propose(struct dcf_desk *desk, const struct dcf_case *c, struct dcf_altitude level, bool up)
{
	int64_t low = lowest_of(desk, c, level.ref), e4 = level.e4;
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s = DCF_OK;
	int offers = 0;

	for (int i = 0; i < LEVELS_MAX && offers < OFFERS_MAX && s == DCF_OK; i++) {
		struct dcf_proposal p = { .kind = DCF_OPTION_ALTITUDE, .moved_count = 1 };
		int64_t next = dcf_level_next(level, desk->ask->level_step_e4, e4, up);

		if (next == e4 || (up ? next > c->limits.highest_e4 : next < low))
			break;
		e4 = next;
		if (forbidden(c->lifts, e4 - level.e4))
			continue;
		p.moved[0] = (struct dcf_moved){ .operation = c->operation, .kind = DCF_OPTION_ALTITUDE, .change_count = 1 };
		p.moved[0].change[0] = (struct dcf_change){ .how = DCF_CHANGE_LIFT, .lift_e4 = e4 - level.e4 };
		s = dcf_desk_offer(desk, &p, &verdict, NULL);
		offers++;
		if (verdict != DCF_VERDICT_CONFLICT && verdict != DCF_VERDICT_INTERNAL && verdict != DCF_VERDICT_RULE)
			break;
	}
	return s;
}

enum dcf_status dcf_propose_altitude(struct dcf_desk *desk, const struct dcf_case *c)
{
	struct dcf_altitude level;
	enum dcf_status s = DCF_OK;

	if (!dcf_change_level(&c->features, &level))
		return DCF_OK;
	s = propose(desk, c, level, false);
	return s == DCF_OK ? propose(desk, c, level, true) : s;
}
