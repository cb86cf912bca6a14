/* SPDX-License-Identifier: Apache-2.0 */
/* An operation that shall move: what it clashes with, what it can bear, what is forbidden to it. */
#include "core/rules.h"
#include "options/desk_int.h"
#include "options/hurry.h"
#include "options/shift.h"

/* Does this neighbour forbid anything?  The answer for its operation is kept in `last`, since neighbours come sorted. */
struct asked {
	uint32_t operation;
	bool meets;
};

static enum dcf_status forbids(struct dcf_desk *desk, const struct dcf_feature *f, const struct dcf_feature *g,
			       struct asked *last, bool *yes)
{
	enum dcf_status s = DCF_OK;

	*yes = false;
	if (f->advisory || g->advisory || !dcf_ask_may_know(desk->ask, desk->st->plan, g->operation))
		return DCF_OK;
	if (f->party == g->party && last->operation != g->operation) {
		int64_t dwell_us;

		/* those of one party that meet as declared may go on: how long is for verifying */
		s = dcf_verify_dwell(&desk->verifier, f->operation, g->operation, &dwell_us);
		*last = (struct asked){ g->operation, s == DCF_OK && dwell_us > 0 };
	}
	*yes = f->party != g->party || !last->meets;
	return s;
}

static enum dcf_status shifts_of(struct dcf_desk *desk, const struct dcf_body *body, int64_t low_us, int64_t high_us,
				 struct dcf_set *out)
{
	const struct dcf_standing *st = desk->st;
	struct dcf_trial *v = &desk->verifier;
	struct dcf_stray stray = { .earlier_us = low_us < 0 ? -low_us : 0, .later_us = high_us > 0 ? high_us : 0 };
	struct asked last = { DCF_NONE, false };
	enum dcf_status s = dcf_standing_near(st, body, body->feature->operation, &stray, &v->nears);
	bool yes = false;

	for (size_t i = 0; i < v->nears.count && s == DCF_OK; i++) {
		const struct dcf_near *n = &v->nears.at[i];
		const struct dcf_feature *g = &st->plan->features[n->feature];
		struct dcf_body x = dcf_near_part(body, n), y;

		if (i == 0 || n[-1].feature != n->feature)
			s = forbids(desk, body->feature, g, &last, &yes);
		if (s != DCF_OK || !yes || dcf_apart_at_all_times(st, body->feature, g))
			continue;
		s = dcf_standing_item(st, n->item, &v->scratch, &y);
		if (s == DCF_OK)
			s = dcf_shift_pair(&x, &y, &st->offsets, dcf_standing_minima(st, body->feature->party, g->party),
					   (double)low_us, (double)high_us, &v->pair, out);
	}
	return s;
}

/* Areas that the party may not enter forbid shifts as another's operation does, where they are not entered already. */
static enum dcf_status area_shifts(struct dcf_desk *desk, const struct dcf_body *body, int64_t low_us, int64_t high_us,
				   struct dcf_set *out)
{
	const struct dcf_agreement *g = &desk->st->plan->agreement;
	const struct dcf_minima minima = dcf_area_minima();
	struct dcf_trial *v = &desk->verifier;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < g->area_count && s == DCF_OK; i++) {
		struct dcf_feature volume = dcf_area_volume(&g->areas[i]);
		struct dcf_body area;
		const char *why;
		bool entered;

		if (g->areas[i].kind != DCF_AREA_NO_ENTRY || !dcf_area_binds(&g->areas[i], body->feature->party))
			continue;
		s = dcf_verify_enters(v, body->feature->operation, g->areas[i].id, &entered);
		if (s != DCF_OK || entered)
			continue;
		s = dcf_body_build(&volume, &v->scratch, &area, &why);
		if (s == DCF_OK)
			s = dcf_shift_pair(body, &area, &desk->st->offsets, &minima, (double)low_us, (double)high_us, &v->pair,
					   out);
		else if (s == DCF_E_REFUSED)
			s = DCF_OK; /* CHECK warns of it */
	}
	return s;
}

enum dcf_status dcf_case_shifts(struct dcf_desk *desk, const struct dcf_feature *features, uint32_t count, int64_t low_us,
				int64_t high_us, struct dcf_set *out)
{
	enum dcf_status s = DCF_OK;
	const char *why;

	dcf_set_clear(out);
	dcf_arena_rewind(&desk->verifier.scratch);
	for (uint32_t i = 0; i < count && s == DCF_OK; i++) {
		struct dcf_body body;

		s = dcf_body_build(&features[i], &desk->verifier.scratch, &body, &why);
		s = s == DCF_OK ? shifts_of(desk, &body, low_us, high_us, out) : s;
		s = s == DCF_OK ? area_shifts(desk, &body, low_us, high_us, out) : s;
	}
	dcf_set_normalise(out);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

static enum dcf_status lifts_of(struct dcf_desk *desk, const struct dcf_body *body, const struct dcf_stray *stray,
				struct dcf_set *one, struct dcf_set *out)
{
	const struct dcf_standing *st = desk->st;
	struct dcf_trial *v = &desk->verifier;
	struct asked last = { DCF_NONE, false };
	enum dcf_status s = dcf_standing_near(st, body, body->feature->operation, stray, &v->nears);

	for (size_t i = 0; i < v->nears.count && s == DCF_OK; i++) {
		uint32_t k = v->nears.at[i].feature;
		const struct dcf_feature *g = &st->plan->features[k];
		struct dcf_body y;
		int64_t w0, w1;
		bool yes = false;

		if ((i && v->nears.at[i - 1].feature == k) || !dcf_pair_window(body->feature, g, &w0, &w1))
			continue;
		s = forbids(desk, body->feature, g, &last, &yes);
		if (s != DCF_OK || !yes || dcf_apart_at_all_levels(st, body->feature, g))
			continue;
		s = dcf_bodies_get(&st->bodies, k, &v->scratch, &y);
		if (s == DCF_OK)
			s = dcf_pair_lifts(body, &y, &st->offsets, dcf_standing_minima(st, body->feature->party, g->party), w0,
					   w1, &v->pair, one);
		for (size_t m = 0; s == DCF_OK && m < one->count; m++)
			dcf_set_add(out, one->at[m].low, one->at[m].high);
	}
	return s;
}

/* Do all its altitudes move alike when it is lifted? */
static bool lifts_whole(const struct dcf_features *f)
{
	for (uint32_t i = 0; i < f->count; i++)
		for (uint32_t k = 1; f->at[i].shape == DCF_TRAJECTORY && k < f->at[i].point_count; k++)
			if (f->at[i].waypoints[k].altitude.e4 != f->at[i].waypoints[0].altitude.e4)
				return false;
	return true;
}

static enum dcf_status find_lifts(struct dcf_desk *desk, struct dcf_case *c, struct dcf_set *lifts)
{
	const struct dcf_stray stray = { .lower_e4 = 2 * (int64_t)60000 * DCF_FT_E4,
					 .higher_e4 = 2 * (int64_t)60000 * DCF_FT_E4 };
	struct dcf_set one = { .from = desk->from };
	struct dcf_altitude level;
	enum dcf_status s = DCF_OK;
	const char *why;

	dcf_set_clear(lifts);
	if (!dcf_change_level(&c->features, &level) || !lifts_whole(&c->features))
		return DCF_OK;
	dcf_arena_rewind(&desk->verifier.scratch);
	for (uint32_t i = 0; i < c->features.count && s == DCF_OK; i++) {
		struct dcf_body body;

		s = dcf_body_build(&c->features.at[i], &desk->verifier.scratch, &body, &why);
		s = s == DCF_OK ? lifts_of(desk, &body, &stray, &one, lifts) : s;
	}
	dcf_set_free(&one);
	dcf_set_normalise(lifts);
	c->lifts = lifts;
	return s == DCF_OK && lifts->failed ? DCF_E_NOMEM : s;
}

/* No shift is looked at beyond this, whatever the limits: a year. */
#define LONGEST_US ((int64_t)366 * 86400 * 1000000)

enum dcf_status dcf_case_open(struct dcf_desk *desk, uint32_t operation, struct dcf_set *shifts, struct dcf_set *lifts,
			      struct dcf_case *c)
{
	enum dcf_status s;

	dcf_desk_clear(desk);
	*c = (struct dcf_case){ .operation = operation, .limits = dcf_desk_limits(desk, operation), .shifts = shifts };
	c->limits.max_delay_us = c->limits.max_delay_us < LONGEST_US ? c->limits.max_delay_us : LONGEST_US;
	c->limits.max_advance_us = c->limits.max_advance_us < LONGEST_US ? c->limits.max_advance_us : LONGEST_US;
	s = dcf_features_of(desk->st, operation, &desk->arena, &c->features);
	for (uint32_t i = 0; s == DCF_OK && i < c->features.count; i++)
		c->is_protected |= c->features.at[i].is_protected;
	s = s == DCF_OK ? dcf_case_clashes(desk, c) : s;
	dcf_set_clear(shifts);
	if (s != DCF_OK || c->clash_count == 0)
		return s;
	if (s == DCF_OK)
		s = dcf_case_shifts(desk, c->features.at, c->features.count, -c->limits.max_advance_us, c->limits.max_delay_us,
				    shifts);
	return s == DCF_OK ? find_lifts(desk, c, lifts) : s;
}
