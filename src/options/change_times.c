/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of time: all of an operation earlier or later, faster or slower, or waiting for a while. */
#include "options/change_int.h"

/* Years 1 to 9999, as times are read. */
#define FIRST_US INT64_C(-62135596800000000)
#define LAST_US  INT64_C(253402300800000000)

/* Move every time of `f` by shift_us; `f` has waypoints of its own.  False where that leaves the calendar. */
static bool shift_feature(struct dcf_feature *f, int64_t shift_us)
{
	if (shift_us > LAST_US - FIRST_US || shift_us < FIRST_US - LAST_US)
		return false;
	f->start_us += shift_us;
	f->end_us += shift_us;
	if (f->start_us < FIRST_US || f->end_us > LAST_US)
		return false;
	for (uint32_t i = 0; f->shape == DCF_TRAJECTORY && i < f->point_count; i++)
		f->waypoints[i].time_us += shift_us;
	return true;
}

enum dcf_status dcf_apply_shift(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);

	for (uint32_t i = 0; s == DCF_OK && i < out->count; i++) {
		struct dcf_feature *f = &out->at[i];

		if (f->shape == DCF_TRAJECTORY && (s = dcf_own_waypoints(f, arena)) != DCF_OK)
			return s;
		if (!shift_feature(f, c->shift_us))
			return DCF_E_RANGE;
	}
	return s;
}

/* ---- speed ---- */

static enum dcf_status speed_one(struct dcf_feature *f, int64_t origin_us, double factor, struct dcf_arena *arena)
{
	enum dcf_status s = f->shape == DCF_TRAJECTORY ? dcf_own_waypoints(f, arena) : DCF_E_RANGE;

	for (uint32_t i = 0; s == DCF_OK && i < f->point_count; i++) {
		/* up, so that no leg from the beginning is flown faster than asked */
		double us = (double)(f->waypoints[i].time_us - origin_us) / factor;

		if (!(us < (double)(LAST_US - origin_us)))
			return DCF_E_RANGE;
		f->waypoints[i].time_us = origin_us + dcf_up_to_ms(us);
		if (i > 0 && f->waypoints[i].time_us <= f->waypoints[i - 1].time_us)
			return DCF_E_RANGE;
	}
	if (s != DCF_OK)
		return s;
	f->start_us = f->waypoints[0].time_us;
	f->end_us = f->waypoints[f->point_count - 1].time_us;
	return DCF_OK;
}

static int64_t first_start(const struct dcf_features *f)
{
	int64_t us = f->at[0].start_us;

	for (uint32_t i = 1; i < f->count; i++)
		us = f->at[i].start_us < us ? f->at[i].start_us : us;
	return us;
}

static int64_t last_end(const struct dcf_features *f)
{
	int64_t us = f->at[0].end_us;

	for (uint32_t i = 1; i < f->count; i++)
		us = f->at[i].end_us > us ? f->at[i].end_us : us;
	return us;
}

enum dcf_status dcf_apply_speed(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);
	int64_t origin_us = first_start(from);

	if (!(c->factor > 0.01 && c->factor < 100))
		return DCF_E_RANGE;
	for (uint32_t i = 0; s == DCF_OK && i < out->count; i++)
		s = speed_one(&out->at[i], origin_us, c->factor, arena);
	if (s == DCF_OK)
		c->shift_us = last_end(out) - last_end(from);
	return s;
}

/* ---- hold ---- */

/* The leg that is flown at `us`, and how much of it is done then. */
static bool leg_at(const struct dcf_feature *f, int64_t us, uint32_t *leg, double *part)
{
	if (us < f->start_us || us >= f->end_us)
		return false;
	for (*leg = 0; f->waypoints[*leg + 1].time_us <= us; ++*leg)
		;
	*part = (double)(us - f->waypoints[*leg].time_us) /
		(double)(f->waypoints[*leg + 1].time_us - f->waypoints[*leg].time_us);
	return true;
}

/* Two waypoints at one place, shift_us apart.  Of one trajectory only: a hold does not say of which of several. */
enum dcf_status dcf_apply_hold(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
			       struct dcf_features *out)
{
	const struct dcf_feature *f = from->at;
	struct dcf_station *at, here;
	uint32_t leg, n = 0;
	double part;
	enum dcf_status s;

	if (from->count != 1 || f->shape != DCF_TRAJECTORY || c->shift_us <= 0 || c->shift_us > LAST_US - f->end_us ||
	    !leg_at(f, c->from_us, &leg, &part))
		return DCF_E_RANGE;
	if ((s = dcf_features_copy(from, 1, arena, out)) != DCF_OK || (s = dcf_station_at(f, leg, part, &here)) != DCF_OK)
		return s;
	at = dcf_arena_get(arena, (f->point_count + 2) * sizeof *at);
	if (!at)
		return DCF_E_NOMEM;
	here.w.time_us = c->from_us;
	for (uint32_t i = 0; i < leg + (part > 0); i++)
		at[n++] = (struct dcf_station){ f->points[i], f->waypoints[i] };
	at[n++] = here;
	here.w.time_us += c->shift_us;
	at[n++] = here;
	for (uint32_t i = leg + 1; i < f->point_count; i++) {
		at[n] = (struct dcf_station){ f->points[i], f->waypoints[i] };
		at[n++].w.time_us += c->shift_us;
	}
	c->at = here.at;
	return dcf_take_stations(out->at, at, n, arena);
}
