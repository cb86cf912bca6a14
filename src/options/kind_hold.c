/* SPDX-License-Identifier: Apache-2.0 */
/* Wait on the way, for the least time that clears what follows.
 *
 * What comes after the hold is shifted as a whole, so the least wait is exact: the least shift that the part behind the
 * hold may have.  (Waiting at the very beginning is a delay, which occupies less.) */
#include "options/desk_int.h"
#include "options/kind_int.h"

enum { PLACES = 3, GAPS = 6 };

/* Nothing is asked to wait longer in the air: a delay on the ground does the same. */
#define LONGEST_US ((int64_t)3600 * 1000000)

/* Where no waypoint lies before the clash, wait this long before it. */
#define BEFORE_US ((int64_t)300 * 1000000)

/* What is flown from `us` on, as a trajectory of its own. */
static enum dcf_status tail_of(const struct dcf_feature *f, int64_t us, struct dcf_arena *arena, struct dcf_feature *tail)
{
	struct dcf_station *at = dcf_arena_get(arena, f->point_count * sizeof *at);
	uint32_t leg = 0, n = 0;
	double part;
	enum dcf_status s;

	if (!at)
		return DCF_E_NOMEM;
	while (f->waypoints[leg + 1].time_us <= us)
		leg++;
	part = (double)(us - f->waypoints[leg].time_us) / (double)(f->waypoints[leg + 1].time_us - f->waypoints[leg].time_us);
	if ((s = dcf_station_at(f, leg, part, &at[n])) != DCF_OK)
		return s;
	at[n++].w.time_us = us;
	for (uint32_t i = leg + 1; i < f->point_count; i++)
		at[n++] = (struct dcf_station){ f->points[i], f->waypoints[i] };
	*tail = *f;
	return dcf_take_stations(tail, at, n, arena);
}

static enum dcf_status hold_at(struct dcf_desk *desk, const struct dcf_case *c, int64_t us, enum dcf_verdict *verdict)
{
	struct dcf_set shifts = { .from = desk->from };
	int64_t beyond = 0, shift, most = c->limits.max_delay_us < LONGEST_US ? c->limits.max_delay_us : LONGEST_US;
	struct dcf_feature tail;
	enum dcf_status s = tail_of(c->features.at, us, dcf_desk_arena(desk), &tail);

	*verdict = DCF_VERDICT_CONFLICT;
	s = s == DCF_OK ? dcf_case_shifts(desk, &tail, 1, 0, most, &shifts) : s;
	for (int i = 0; i < GAPS && s == DCF_OK && dcf_next_free_shift(&shifts, true, beyond, most, &shift); i++) {
		struct dcf_change change = { .how = DCF_CHANGE_HOLD, .from_us = us, .shift_us = shift };

		s = dcf_offer_one(desk, c, DCF_OPTION_HOLD, &change, verdict, NULL);
		if (*verdict != DCF_VERDICT_CONFLICT)
			break;
		beyond = shift; /* rounding, or the wait itself is in the way: the next second, or the next gap */
	}
	dcf_set_free(&shifts);
	return s == DCF_E_RANGE || s == DCF_E_REFUSED ? DCF_OK : s;
}

enum dcf_status dcf_propose_hold(struct dcf_desk *desk, const struct dcf_case *c)
{
	const struct dcf_feature *f = c->features.at;
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s = DCF_OK;
	uint32_t i, clash = 0;
	int tried = 0;

	while (clash < c->clash_count && !c->clash[clash].visible)
		clash++;
	if (c->features.count != 1 || f->shape != DCF_TRAJECTORY || clash == c->clash_count)
		return DCF_OK;
	for (i = f->point_count - 1; i > 0 && s == DCF_OK && tried < PLACES && !dcf_settled(verdict); i--) {
		if (f->waypoints[i].time_us >= c->clash[clash].start_us || i + 1 == f->point_count || dcf_desk_stopped(desk))
			continue;
		s = hold_at(desk, c, f->waypoints[i].time_us, &verdict);
		tried++;
	}
	if (s == DCF_OK && tried == 0 && c->clash[clash].start_us - f->start_us > 2 * BEFORE_US) {
		int64_t us = c->clash[clash].start_us - BEFORE_US;

		s = hold_at(desk, c, us - us % 1000000, &verdict);
	}
	return s;
}
