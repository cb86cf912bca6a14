/* SPDX-License-Identifier: Apache-2.0 */
#include "core/minima.h"

static bool applies(const struct dcf_separation_rule *r, uint32_t a, uint32_t b)
{
	uint32_t times_a = 0, times_b = 0;

	if (r->party_count == 0)
		return a != b;
	for (uint32_t i = 0; i < r->party_count; i++) {
		times_a += r->parties[i] == a;
		times_b += r->parties[i] == b;
	}
	return a == b ? times_a >= 2 : times_a && times_b;
}

struct dcf_minima dcf_minima_of(const struct dcf_plan *plan, const struct dcf_check_options *options, uint32_t a, uint32_t b)
{
	struct dcf_minima m = { 0, 0, DCF_NO_LIMIT, { "", 0 } };
	const struct dcf_agreement *g = &plan->agreement;

	if (a != b)
		m = (struct dcf_minima){ options->lateral_m, options->vertical_e4, options->max_dwell_us, { "", 0 } };
	for (size_t i = 0; i < g->separation_count; i++) {
		const struct dcf_separation_rule *r = &g->separation[i];

		if (!applies(r, a, b))
			continue;
		if (r->lateral_m > m.lateral_m || r->vertical_e4 > m.vertical_e4 || m.article.len == 0)
			m.article = r->article;
		m.lateral_m = r->lateral_m > m.lateral_m ? r->lateral_m : m.lateral_m;
		m.vertical_e4 = r->vertical_e4 > m.vertical_e4 ? r->vertical_e4 : m.vertical_e4;
		m.max_dwell_us = r->max_dwell_us < m.max_dwell_us ? r->max_dwell_us : m.max_dwell_us;
	}
	return m;
}

void dcf_minima_largest(const struct dcf_plan *plan, const struct dcf_check_options *options, double *lateral_m,
			int64_t *vertical_e4)
{
	const struct dcf_agreement *g = &plan->agreement;

	*lateral_m = options->lateral_m;
	*vertical_e4 = options->vertical_e4;
	for (size_t i = 0; i < g->separation_count; i++) {
		*lateral_m = g->separation[i].lateral_m > *lateral_m ? g->separation[i].lateral_m : *lateral_m;
		*vertical_e4 = g->separation[i].vertical_e4 > *vertical_e4 ? g->separation[i].vertical_e4 : *vertical_e4;
	}
}
