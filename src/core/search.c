/* SPDX-License-Identifier: Apache-2.0 */
#include "core/search.h"

void dcf_candidates_free(struct dcf_candidates *c)
{
	if (c->from)
		dcf_alloc_free(c->from, c->at, c->cap * sizeof *c->at);
	*c = (struct dcf_candidates){ .from = c->from };
}

bool dcf_search_wants(const struct dcf_check_options *options, const struct dcf_feature *a, const struct dcf_feature *b)
{
	if (a->operation == b->operation)
		return false;
	if (a->party == b->party && a->party != options->for_party)
		return false;
	return options->only_operation == DCF_NONE || a->operation == options->only_operation ||
	       b->operation == options->only_operation;
}

static enum dcf_status add(struct dcf_candidates *c, uint32_t a, uint32_t b)
{
	void *at = c->at;
	enum dcf_status s = DCF_OK;

	if (c->count == c->cap) {
		s = dcf_grow(c->from, &at, &c->cap, c->count + 1, sizeof *c->at);
		c->at = at;
	}
	if (s == DCF_OK)
		c->at[c->count++] = (struct dcf_candidate){ a, b };
	return s;
}

/* All pairs with a common window: the slow path, and the oracle of the other. */
static enum dcf_status all_pairs(const struct dcf_plan *plan, const struct dcf_check_options *options, const struct dcf_body *bodies,
				 struct dcf_candidates *out)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < plan->feature_count; i++)
		for (size_t k = i + 1; bodies[i].feature && k < plan->feature_count && s == DCF_OK; k++) {
			int64_t from, to;

			if (bodies[k].feature && dcf_search_wants(options, bodies[i].feature, bodies[k].feature) &&
			    dcf_pair_window(bodies[i].feature, bodies[k].feature, &from, &to))
				s = add(out, (uint32_t)i, (uint32_t)k);
		}
	out->seen = out->count;
	return s;
}

enum dcf_status dcf_search(const struct dcf_plan *plan, const struct dcf_check_options *options, const struct dcf_offsets *offsets,
			   const struct dcf_body *bodies, struct dcf_candidates *out)
{
	(void)offsets;
	return all_pairs(plan, options, bodies, out);
}
