/* SPDX-License-Identifier: Apache-2.0 */
/* Slower or faster along the same way: in steps of half a percent, the least change of arrival first. */
#include "options/kind_int.h"

/* Steps of 0.5 %, to 10 % either way: what a flight can usually give without another height or configuration. */
enum { STEPS = 20 };

static enum dcf_status propose(struct dcf_desk *desk, const struct dcf_case *c, int sign)
{
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s = DCF_OK;

	for (int k = 1; k <= STEPS && s == DCF_OK && !dcf_desk_stopped(desk); k++) {
		struct dcf_change change = { .how = DCF_CHANGE_SPEED, .factor = (1000 + sign * 5 * k) / 1000.0 };
		struct dcf_features next;
		bool clear;

		s = dcf_change_apply(&c->features, &change, dcf_desk_arena(desk), &next);
		s = s == DCF_OK ? dcf_clear_of_clashes(desk, c, &next, &clear) : s;
		if (s != DCF_OK || !clear)
			continue;
		s = dcf_offer_one(desk, c, DCF_OPTION_SPEED, &change, &verdict, NULL);
		/* limits only grow narrower with each step */
		if (dcf_settled(verdict) || verdict == DCF_VERDICT_LIMIT)
			break;
	}
	return s == DCF_E_RANGE ? DCF_OK : s;
}

enum dcf_status dcf_propose_speed(struct dcf_desk *desk, const struct dcf_case *c)
{
	enum dcf_status s;
	int64_t from, to;

	if (!dcf_clash_hull(c, &from, &to))
		return DCF_OK;
	for (uint32_t i = 0; i < c->features.count; i++)
		if (c->features.at[i].shape != DCF_TRAJECTORY)
			return DCF_OK;
	s = propose(desk, c, -1);
	return s == DCF_OK ? propose(desk, c, 1) : s;
}
