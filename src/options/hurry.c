/* SPDX-License-Identifier: Apache-2.0 */
#include "options/hurry.h"
#include "core/filter.h"

static bool apart(const struct dcf_standing *st, const struct dcf_feature *f, const struct dcf_feature *g)
{
	return dcf_filter_volumes(f, g, &st->offsets, dcf_standing_minima(st, f->party, g->party)) == DCF_FILTER_APART;
}

static bool both_volumes(const struct dcf_feature *f, const struct dcf_feature *g)
{
	return f->shape != DCF_TRAJECTORY && g->shape != DCF_TRAJECTORY;
}

bool dcf_surely_apart(const struct dcf_standing *st, const struct dcf_feature *f, const struct dcf_feature *g)
{
	return both_volumes(f, g) && apart(st, f, g);
}

bool dcf_apart_at_all_times(const struct dcf_standing *st, const struct dcf_feature *f, const struct dcf_feature *g)
{
	struct dcf_feature x = *f, y = *g;

	x.start_us = y.start_us = 0;
	x.end_us = y.end_us = 1000000;
	return both_volumes(f, g) && apart(st, &x, &y);
}

bool dcf_apart_at_all_levels(const struct dcf_standing *st, const struct dcf_feature *f, const struct dcf_feature *g)
{
	struct dcf_feature x = *f, y = *g;

	/* from the ground wherever it is to above everything */
	x.lower = y.lower = (struct dcf_altitude){ .ref = DCF_REF_SFC, .unit = DCF_UNIT_FT };
	x.upper = y.upper = (struct dcf_altitude){ .ref = DCF_REF_MSL, .unit = DCF_UNIT_FT, .unlimited = true };
	return both_volumes(f, g) && apart(st, &x, &y);
}
