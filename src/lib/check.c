/* SPDX-License-Identifier: Apache-2.0 */
#include "format/result_json.h"
#include "lib/lib_int.h"

#define HIGHEST_MINIMUM_E4 ((int64_t)1000000 * DCF_M_E4)
#define WIDEST_MINIMUM_M   3e6

_Static_assert((int)DCF_KIND_OVERLAP == (int)DCF_CLASS_OVERLAP && (int)DCF_KIND_SEPARATION == (int)DCF_CLASS_SEPARATION &&
		       (int)DCF_KIND_BRIEF == (int)DCF_CLASS_BRIEF && (int)DCF_KIND_ADVISORY == (int)DCF_CLASS_ADVISORY,
	       "kinds are numbered as in the core");
_Static_assert((int)DCF_PAIRS_CONFLICTS == (int)DCF_LIST_CONFLICTS && (int)DCF_PAIRS_BRIEF == (int)DCF_LIST_BRIEF &&
		       (int)DCF_PAIRS_ADVISORIES == (int)DCF_LIST_ADVISORIES &&
		       (int)DCF_PAIRS_INTERNAL == (int)DCF_LIST_INTERNAL && (int)DCF_PAIRS_END == (int)DCF_LIST_COUNT,
	       "lists are numbered as where they are written");
_Static_assert(DCF_NO_TIME == DCF_TIME_NONE, "absent times are the same");

struct dcf_question dcf_question_usual(void)
{
	return (struct dcf_question){ .max_dwell_us = -1 };
}

enum dcf_status dcf_options_of(const struct dcf_plan *plan, const struct dcf_question *q, struct dcf_check_options *o)
{
	if (!(q->lateral_m >= 0 && q->lateral_m <= WIDEST_MINIMUM_M) || q->vertical_e4 < 0 ||
	    q->vertical_e4 > HIGHEST_MINIMUM_E4)
		return DCF_E_RANGE;
	*o = (struct dcf_check_options){
		.lateral_m = q->lateral_m,
		.vertical_e4 = q->vertical_e4,
		.max_dwell_us = q->max_dwell_us < 0 ? DCF_NO_LIMIT : q->max_dwell_us,
		.for_party = DCF_NONE,
		.only_operation = DCF_NONE,
		.engine = q->brute ? DCF_ENGINE_BRUTE : DCF_ENGINE_INDEX,
		.parallel = { .run = q->run, .ctx = q->run_ctx, .threads = q->threads },
	};
	if (q->for_party) {
		o->for_party = dcf_plan_find_party(plan, dcf_span_of(q->for_party));
		if (o->for_party == DCF_NONE)
			return DCF_E_NOT_FOUND;
	}
	return q->only_operation ? dcf_plan_resolve(plan, dcf_span_of(q->only_operation), &o->only_operation) : DCF_OK;
}

/* Where each list's pairs stand among all; their order stays. */
static enum dcf_status split(struct dcf_answer *answer)
{
	const struct dcf_result *r = &answer->result;
	size_t at[DCF_PAIRS_END], before = 0;

	answer->pair_block = dcf_alloc_new(&answer->ops->alloc, r->conflict_count * sizeof *answer->pair_block);
	if (!answer->pair_block)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < r->conflict_count; i++)
		answer->pair_count[dcf_list_of(&r->conflicts[i])]++;
	for (int k = 0; k < DCF_PAIRS_END; k++) {
		answer->pairs[k] = answer->pair_block + before;
		before += answer->pair_count[k];
		at[k] = 0;
	}
	for (size_t i = 0; i < r->conflict_count; i++) {
		enum dcf_list k = dcf_list_of(&r->conflicts[i]);

		answer->pairs[k][at[k]++] = i;
	}
	return DCF_OK;
}

enum dcf_status dcf_check_operations(const struct dcf_operations *ops, const struct dcf_question *question,
				     struct dcf_answer **out)
{
	struct dcf_check_options options;
	struct dcf_answer *answer = NULL;
	enum dcf_status s;

	*out = NULL;
	if (!ops->finished)
		return DCF_E_USAGE;
	s = dcf_options_of(&ops->plan, question, &options);
	if (s != DCF_OK)
		return s;
	answer = dcf_alloc_new(&ops->alloc, sizeof *answer);
	if (!answer)
		return DCF_E_NOMEM;
	*answer = (struct dcf_answer){ .ops = ops };
	if ((s = dcf_check(&ops->plan, &options, &ops->alloc, &answer->result)) != DCF_OK || (s = split(answer)) != DCF_OK)
		goto done;
	*out = answer;
	answer = NULL;
done:
	dcf_answer_free(answer);
	return s;
}

void dcf_answer_free(struct dcf_answer *answer)
{
	const struct dcf_alloc *from;

	if (!answer)
		return;
	from = &answer->ops->alloc;
	dcf_alloc_free(from, answer->pair_block, answer->result.conflict_count * sizeof *answer->pair_block);
	dcf_result_free(&answer->result);
	dcf_alloc_free(from, answer, sizeof *answer);
}
